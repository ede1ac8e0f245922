//! The TLS connection inside the tokens, driven without a socket.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use der::asn1::AnyRef;
use der::{Class, Decode, SliceReader, Tag};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Connection, DigitallySignedStruct, ProtocolVersion,
    ServerConfig, ServerConnection, SignatureScheme, SupportedProtocolVersion,
};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::CredSspFault;
use crate::{Error, SignatureFault};

const RECORDS: &str = "tls records";
/// The longest record of TLS 1.2; those of 1.3 are shorter (RFC 5246 section 6.2.3).
const MAX_RECORD: usize = (1 << 14) + 2048;
/// Units of 100 ns from 1601-01-01 to 1970-01-01.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

/// One end of a TLS connection.
pub(super) struct Channel {
    tls: Connection,
}

impl Channel {
    /// The client's end. Any certificate is taken: that its key belongs to the one who knows the password is proved
    /// later. No session is resumed, because only a full handshake shows the certificate.
    pub(super) fn client(provider: &Arc<CryptoProvider>, filetime: u64) -> Result<Self, Error> {
        let clock = Arc::new(Clock::default());
        clock.set(filetime);
        let mut config = ClientConfig::builder_with_details(Arc::clone(provider), clock)
            .with_safe_default_protocol_versions()
            .map_err(|error| fault(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(Arc::clone(provider))))
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        // Neither sent nor checked.
        let name = ServerName::try_from("credssp").map_err(|error| {
            Error::CredSsp(CredSspFault::Tls {
                reason: error.to_string(),
            })
        })?;
        let tls = ClientConnection::new(Arc::new(config), name).map_err(|error| fault(&error))?;
        Ok(Self::over(Connection::Client(tls)))
    }

    /// The server's end.
    pub(super) fn server(identity: &ServerIdentity, filetime: u64) -> Result<Self, Error> {
        identity.clock.set(filetime);
        let tls = ServerConnection::new(Arc::clone(&identity.config)).map_err(|error| fault(&error))?;
        Ok(Self::over(Connection::Server(tls)))
    }

    fn over(mut tls: Connection) -> Self {
        // Messages are bounded before they come here.
        tls.set_buffer_limit(None);
        Self { tls }
    }

    pub(super) fn is_handshaking(&self) -> bool {
        self.tls.is_handshaking()
    }

    /// Takes whole records of the peer and gives the plain text in them; the handshake's have none.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything but whole records, [`Error::Signature`] for a changed, repeated or reordered
    /// one, [`Error::CredSsp`] when the handshake fails.
    pub(super) fn receive(&mut self, token: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        whole_records(token)?;
        // Plain text is shorter than its records, so that the buffer never grows and leaves no copies behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(token.len()));
        let mut rest = token;
        while !rest.is_empty() {
            let taken = self.tls.read_tls(&mut rest).map_err(|error| said(&error))?;
            let state = self.tls.process_new_packets().map_err(|error| fault(&error))?;
            let mut waiting = self.tls.reader().take(state.plaintext_bytes_to_read() as u64);
            waiting.read_to_end(&mut plain).map_err(|error| said(&error))?;
            if taken == 0 || state.peer_has_closed() {
                return Err(CredSspFault::Tls {
                    reason: "the peer has closed the channel".to_owned(),
                }
                .into());
            }
        }
        Ok(plain)
    }

    /// What the handshake wants to send; empty when it is the peer's turn.
    pub(super) fn flight(&mut self) -> Result<Vec<u8>, Error> {
        let mut token = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut token).map_err(|error| said(&error))?;
        }
        Ok(token)
    }

    /// Protects `plain`.
    pub(super) fn send(&mut self, plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.tls.writer().write_all(plain).map_err(|error| said(&error))?;
        self.flight()
    }

    /// `SubjectPublicKey` of the certificate that the server has shown.
    pub(super) fn server_key(&self) -> Result<Vec<u8>, Error> {
        let shown = self.tls.peer_certificates().and_then(<[_]>::first);
        subject_public_key(shown.ok_or(Error::malformed(CERTIFICATE, "none was shown"))?)
    }

    /// Bytes that a record has behind its text, as [MS-WSMV] 2.2.9.1.3 counts them for the framing: the tag of the
    /// suite, which is 16 bytes for all that rustls has (AES-GCM and ChaCha20-Poly1305), and in TLS 1.3 the content
    /// type too.
    pub(super) fn trailer(&self) -> usize {
        match self.tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => 17,
            _ => 16,
        }
    }
}

/// The certificate and key of an accepting end. Cheap to clone; one serves all connections.
#[derive(Clone)]
pub struct ServerIdentity {
    config: Arc<ServerConfig>,
    clock: Arc<Clock>,
    public_key: Arc<[u8]>,
}

impl ServerIdentity {
    /// An identity of any certificate, a self-signed one as a rule. An RSA key serves every client.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a certificate that cannot be read, [`Error::CredSsp`] when the key does not fit it or
    /// the provider cannot use it.
    pub fn new(
        provider: Arc<CryptoProvider>,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, Error> {
        Self::with_versions(provider, certificate, key, rustls::DEFAULT_VERSIONS)
    }

    pub(super) fn with_versions(
        provider: Arc<CryptoProvider>,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Self, Error> {
        let public_key = subject_public_key(&certificate)?.into();
        let clock = Arc::new(Clock::default());
        let time: Arc<dyn TimeProvider> = Arc::<Clock>::clone(&clock);
        let mut config = ServerConfig::builder_with_details(provider, time)
            .with_protocol_versions(versions)
            .map_err(|error| fault(&error))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(|error| fault(&error))?;
        // No session is resumed.
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            clock,
            public_key,
        })
    }

    pub(super) fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

impl std::fmt::Debug for ServerIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerIdentity").finish_non_exhaustive()
    }
}

/// The time that was handed in last.
#[derive(Debug, Default)]
struct Clock(AtomicU64);

impl Clock {
    fn set(&self, filetime: u64) {
        let seconds = filetime.saturating_sub(UNIX_EPOCH) / 10_000_000;
        // Relaxed: nothing else is published by it.
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = std::time::Duration::from_secs(self.0.load(Ordering::Relaxed));
        Some(UnixTime::since_unix_epoch(seconds))
    }
}

/// Takes any certificate; that the server holds its key is verified.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Refuses what ends in the middle of a record: a token or block is always made of whole ones.
fn whole_records(token: &[u8]) -> Result<(), Error> {
    let mut rest = token;
    while !rest.is_empty() {
        let Some(([kind, 3, _, high, low], tail)) = rest.split_first_chunk::<5>() else {
            return Err(Error::malformed(RECORDS, "no record header"));
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if !matches!(kind, 20..=23) || length > MAX_RECORD {
            return Err(Error::malformed(RECORDS, "no record"));
        }
        rest = tail
            .get(length..)
            .ok_or(Error::malformed(RECORDS, "a record is cut"))?;
    }
    Ok(())
}

const CERTIFICATE: &str = "tls certificate";

/// The bits of `SubjectPublicKeyInfo.subjectPublicKey`. Nothing else of the certificate is looked at, so that one with
/// odd contents still binds.
fn subject_public_key(certificate: &[u8]) -> Result<Vec<u8>, Error> {
    let read = || -> Result<Option<Vec<u8>>, der::Error> {
        let whole = AnyRef::from_der(certificate)?;
        let mut reader = SliceReader::new(whole.value())?;
        let to_be_signed = AnyRef::decode(&mut reader)?;
        let mut reader = SliceReader::new(to_be_signed.value())?;
        // The version may be left out; behind it stand serial number, algorithm, issuer, validity and subject.
        let version = Tag::peek(&reader)?.class() == Class::ContextSpecific;
        for _ in 0..5 + u8::from(version) {
            AnyRef::decode(&mut reader)?;
        }
        let info = SubjectPublicKeyInfoRef::decode(&mut reader)?;
        Ok(info.subject_public_key.as_bytes().map(<[u8]>::to_vec))
    };
    match read() {
        Ok(Some(key)) => Ok(key),
        _ => Err(Error::malformed(CERTIFICATE, "its key cannot be read")),
    }
}

fn fault(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::DecryptError => Error::Signature(SignatureFault::Checksum),
        rustls::Error::AlertReceived(AlertDescription::BadRecordMac) => {
            Error::Signature(SignatureFault::Checksum)
        }
        rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        )
        | rustls::Error::PeerIncompatible(_) => CredSspFault::NothingInCommon.into(),
        other => said(other),
    }
}

fn said(error: &dyn std::fmt::Display) -> Error {
    Error::CredSsp(CredSspFault::Tls {
        reason: error.to_string(),
    })
}
