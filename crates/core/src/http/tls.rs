//! TLS by rustls: who is trusted, and clear words when it fails. The choice of the cryptographic provider is here only.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, PeerIncompatible,
    PeerMisbehaved, ProtocolVersion, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::identity::{ClientCertificateUse, Identity};
use crate::certificate::ClientCertificate;
use crate::exchange::{ExchangeError, TlsFailure};

/// Whom to trust on https. By default the authorities of the system.
///
/// ```
/// use psbridge::TlsOptions;
///
/// let lab = TlsOptions::new().ca_file("lab-ca.pem");
/// let pinned = TlsOptions::new().pin_sha256([0x5a; 32]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    authorities: Vec<Authority>,
    pin: Option<[u8; 32]>,
    insecure: bool,
}

#[derive(Debug, Clone)]
enum Authority {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl TlsOptions {
    /// The authorities of the system.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificates of a file (PEM, any number, or one in DER) besides those of the system. The file is read
    /// when the session is opened.
    #[must_use]
    pub fn ca_file(mut self, path: impl AsRef<Path>) -> Self {
        self.authorities.push(Authority::File(path.as_ref().to_owned()));
        self
    }

    /// Trusts these certificates (PEM, any number, or one in DER) besides those of the system.
    #[must_use]
    pub fn ca_certificates(mut self, pem_or_der: impl Into<Vec<u8>>) -> Self {
        self.authorities.push(Authority::Bytes(pem_or_der.into()));
        self
    }

    /// Trusts exactly the leaf certificate with this SHA-256 hash of its DER form, whoever signed it and whatever name
    /// it carries. The usual answer to the self-signed certificates of WinRM's port 5986.
    #[must_use]
    pub fn pin_sha256(mut self, sha256: [u8; 32]) -> Self {
        self.pin = Some(sha256);
        self
    }

    /// Trusts any certificate. The endpoint still has to prove that it holds the certificate's key, but anybody on the
    /// way can present a certificate of his own: for experiments only.
    #[must_use]
    pub fn insecure_skip_verify(mut self) -> Self {
        self.insecure = true;
        self
    }

    fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, TlsFailure> {
        let mut certificates = Vec::new();
        for authority in &self.authorities {
            let (bytes, name) = match authority {
                Authority::File(path) => {
                    let name = path.display().to_string();
                    (
                        std::fs::read(path)
                            .map_err(|error| TlsFailure::BadCertificate(format!("{name}: {error}")))?,
                        name,
                    )
                }
                Authority::Bytes(bytes) => (bytes.clone(), "the given authority".to_owned()),
            };
            let before = certificates.len();
            if bytes.first() == Some(&0x30) {
                certificates.push(CertificateDer::from(bytes));
            } else {
                for certificate in CertificateDer::pem_slice_iter(&bytes) {
                    certificates.push(
                        certificate
                            .map_err(|error| TlsFailure::BadCertificate(format!("{name}: {error}")))?,
                    );
                }
            }
            if certificates.len() == before {
                return Err(TlsFailure::BadCertificate(format!("{name} holds no certificate")));
            }
        }
        Ok(certificates)
    }
}

/// The TLS side of a connector: one configuration for all connections to an endpoint.
pub(super) struct Tls {
    config: ClientConfig,
    certificate: Option<ClientCertificate>,
    verifier: Arc<Verifier>,
    name: ServerName<'static>,
    host: String,
}

/// A finished handshake.
pub(super) struct Secured {
    pub(super) stream: TlsStream<TcpStream>,
    /// DER of the server's leaf certificate, for channel bindings.
    pub(super) leaf: Vec<u8>,
    /// What became of a client certificate.
    pub(super) certificate: ClientCertificateUse,
}

impl Tls {
    pub(super) fn new(
        host: &str,
        options: &TlsOptions,
        certificate: Option<ClientCertificate>,
    ) -> Result<Self, ExchangeError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let trust = if options.insecure {
            Trust::Anyone
        } else if let Some(pin) = options.pin {
            Trust::Pin(pin)
        } else {
            Trust::Authorities(authorities(options, &provider).map_err(ExchangeError::Tls)?)
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            ExchangeError::Tls(TlsFailure::Other(format!(
                "{host} is not a name that TLS can check"
            )))
        })?;
        let verifier = Arc::new(Verifier {
            trust,
            provider: Arc::clone(&provider),
            host: host.to_owned(),
            shown: Mutex::default(),
        });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ExchangeError::Tls(TlsFailure::Other(error.to_string())))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        // A resumed session shows no certificate, and channel bindings need it.
        config.resumption = Resumption::disabled();
        Ok(Self {
            config,
            certificate,
            verifier,
            name,
            host: host.to_owned(),
        })
    }

    /// The certificates that the endpoint showed last, its own first.
    pub(super) fn shown(&self) -> Vec<CertificateDer<'static>> {
        let shown = self.verifier.shown.lock();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn connect(&self, stream: TcpStream) -> Result<Secured, ExchangeError> {
        // One for each connection, so that it knows what was asked on this one.
        let identity = Arc::new(Identity::new(self.certificate.as_ref()));
        let mut config = self.config.clone();
        config.client_auth_cert_resolver = Arc::clone(&identity) as Arc<dyn ResolvesClientCert>;
        let handshake = TlsConnector::from(Arc::new(config)).connect(self.name.clone(), stream);
        let remote = self
            .certificate
            .as_ref()
            .is_some_and(ClientCertificate::signs_remotely);
        let secured = if remote {
            // rustls waits for the signature within its call, and whoever signs may be a service far away.
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || runtime.block_on(handshake))
                .await
                .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        } else {
            handshake.await
        };
        let stream = secured.map_err(|error| self.explain(&error, identity.seen(false)))?;
        let session = stream.get_ref().1;
        let leaf = session
            .peer_certificates()
            .and_then(<[_]>::first)
            .map(|leaf| leaf.to_vec());
        let tls13 = session.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        Ok(Secured {
            stream,
            leaf: leaf.unwrap_or_default(),
            certificate: identity.seen(tls13),
        })
    }

    fn explain(&self, error: &std::io::Error, certificate: ClientCertificateUse) -> ExchangeError {
        let failure = match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            Some(error) => certificate
                .refusal(Some(error))
                .unwrap_or_else(|| self.explain_tls(error)),
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => TlsFailure::Closed,
            None => {
                return ExchangeError::Lost {
                    answer_begun: false,
                    reason: format!("TLS handshake: {error}"),
                };
            }
        };
        ExchangeError::Tls(failure)
    }

    fn explain_tls(&self, error: &rustls::Error) -> TlsFailure {
        let fingerprint = || self.verifier.seen();
        match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::UnknownIssuer => TlsFailure::UnknownIssuer {
                    fingerprint: fingerprint(),
                },
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    TlsFailure::WrongName {
                        host: self.host.clone(),
                        fingerprint: fingerprint(),
                    }
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFailure::Expired {
                    fingerprint: fingerprint(),
                },
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    TlsFailure::NotYetValid
                }
                CertificateError::Revoked => TlsFailure::Revoked,
                CertificateError::ApplicationVerificationFailure => TlsFailure::PinMismatch {
                    fingerprint: fingerprint().unwrap_or_default(),
                },
                // webpki's name for a self-signed certificate that is marked as an authority.
                CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                    TlsFailure::UnknownIssuer {
                        fingerprint: fingerprint(),
                    }
                }
                other => TlsFailure::Other(format!("the certificate cannot be used: {other}")),
            },
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
            | rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => TlsFailure::OldProtocol,
            rustls::Error::AlertReceived(
                AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
            )
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite) => {
                TlsFailure::NothingInCommon
            }
            rustls::Error::InvalidMessage(_) => TlsFailure::NotTls,
            other => TlsFailure::Other(other.to_string()),
        }
    }
}

fn authorities(
    options: &TlsOptions,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TlsFailure> {
    let own = options.authorities()?;
    let system = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(system.certs);
    for certificate in own {
        roots
            .add(certificate)
            .map_err(|error| TlsFailure::BadCertificate(error.to_string()))?;
    }
    if roots.is_empty() {
        let reason = system
            .errors
            .first()
            .map_or_else(|| "the system names none".to_owned(), ToString::to_string);
        return Err(TlsFailure::Roots(reason));
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|error| TlsFailure::Roots(error.to_string()))
}

fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[derive(Debug)]
enum Trust {
    Authorities(Arc<WebPkiServerVerifier>),
    Pin([u8; 32]),
    Anyone,
}

/// Checks the certificate by [`Trust`]; signatures of the handshake are verified in every case.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    host: String,
    /// The certificates shown last, the leaf first, so that an error can name them.
    shown: Mutex<Vec<CertificateDer<'static>>>,
}

impl Verifier {
    /// Hash of the leaf shown last.
    fn seen(&self) -> Option<String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = sha256(shown.first()?);
        Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let hash = sha256(leaf);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = std::iter::once(leaf)
            .chain(intermediates)
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        match &self.trust {
            Trust::Authorities(inner) => {
                inner
                    .verify_server_cert(leaf, intermediates, name, ocsp, now)
                    .map_err(|error| match error {
                        // An authority of the same name, but another key.
                        rustls::Error::InvalidCertificate(CertificateError::BadSignature) => {
                            CertificateError::UnknownIssuer.into()
                        }
                        other => other,
                    })
            }
            Trust::Pin(pin) if *pin == hash => Ok(ServerCertVerified::assertion()),
            Trust::Pin(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            Trust::Anyone => {
                tracing::warn!(host = %self.host, "the certificate of the endpoint is not checked");
                Ok(ServerCertVerified::assertion())
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
