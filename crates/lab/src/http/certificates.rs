//! Client certificates: asked for in the TLS handshake, each of them an account.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};

use crate::error::LabError;

/// What `Authorization` says when the certificate speaks for the client (DSP0226, C.3.1.7).
pub(crate) const MUTUAL: &str = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";

/// The certificates that are accounts, as Windows' `WSMan:\localhost\ClientCertificate` maps them. Nobody's signature
/// counts, only the certificate itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Certificates(HashMap<Vec<u8>, String>);

impl Certificates {
    /// Reads pairs of an account and a certificate in PEM or DER.
    pub(crate) fn read(pairs: &[(String, Vec<u8>)]) -> Result<Self, LabError> {
        let mut all = HashMap::new();
        for (account, bytes) in pairs {
            let der = if bytes.first() == Some(&0x30) {
                bytes.clone()
            } else {
                CertificateDer::from_pem_slice(bytes)
                    .map_err(|error| LabError::ClientCertificate {
                        account: account.clone(),
                        reason: error.to_string(),
                    })?
                    .to_vec()
            };
            all.insert(der, account.to_lowercase());
        }
        Ok(Self(all))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The account of a certificate.
    pub(crate) fn account(&self, leaf: &CertificateDer<'_>) -> Option<&str> {
        self.0.get(leaf.as_ref()).map(String::as_str)
    }

    /// Asks for a certificate in the handshake, and ends it when the one shown is no account.
    pub(crate) fn verifier(&self, provider: &Arc<CryptoProvider>) -> Arc<dyn ClientCertVerifier> {
        Arc::new(Verifier {
            certificates: self.clone(),
            provider: Arc::clone(provider),
        })
    }
}

#[derive(Debug)]
struct Verifier {
    certificates: Certificates,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        // The other schemes do without.
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        match self.certificates.account(leaf) {
            Some(_) => Ok(ClientCertVerified::assertion()),
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
