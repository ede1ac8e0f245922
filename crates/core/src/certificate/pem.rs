//! Certificates and keys in PEM.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::SigningKey;
use zeroize::Zeroize;

use super::CertificateError;
use crate::secret::Secret;

const ENCRYPTED_BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CertificateError::Unreadable {
            what: "the certificate",
            reason: error.to_string(),
        })
}

/// The first private key of a PEM.
pub(super) fn key(pem: &[u8], password: Option<&Secret>) -> Result<Arc<dyn SigningKey>, CertificateError> {
    let text = std::str::from_utf8(pem).map_err(|error| unreadable(error.to_string()))?;
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(unreadable(
            "its encryption is that of old OpenSSL; convert it: openssl pkcs8 -topk8 -in OLD -out NEW".into(),
        ));
    }
    match PrivateKeyDer::from_pem_slice(pem) {
        Ok(mut key) => {
            let signing = supported(&key);
            key.zeroize();
            signing
        }
        Err(pem::Error::NoItemsFound) => match text.split_once(ENCRYPTED_BEGIN) {
            Some((_, body)) => encrypted(body, password.ok_or(CertificateError::PasswordNeeded)?),
            None => Err(CertificateError::NoKey),
        },
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// The key as something that signs; only that form stays in memory.
pub(super) fn supported(key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, CertificateError> {
    any_supported_type(key).map_err(|error| unreadable(error.to_string()))
}

fn unreadable(reason: String) -> CertificateError {
    CertificateError::Unreadable {
        what: "the key",
        reason,
    }
}

/// Decrypts PKCS#8; `body` begins behind the first line.
#[cfg(feature = "pfx")]
fn encrypted(body: &str, password: &Secret) -> Result<Arc<dyn SigningKey>, CertificateError> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use pkcs8::EncryptedPrivateKeyInfoRef;
    use rustls::pki_types::PrivatePkcs8KeyDer;

    let base64: String = body
        .split("-----END")
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .collect();
    let der = STANDARD
        .decode(base64)
        .map_err(|error| unreadable(error.to_string()))?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der.as_slice())
        .map_err(|error| unreadable(error.to_string()))?;
    let key = encrypted
        .decrypt(password.expose().as_bytes())
        .map_err(|error| match error {
            // A wrong key leaves a wrong padding or, rarely, something that is no key.
            pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed) | pkcs8::Error::Asn1(_) => {
                CertificateError::WrongPassword
            }
            other => unreadable(other.to_string()),
        })?;
    supported(&PrivatePkcs8KeyDer::from(key.as_bytes()).into())
}

#[cfg(not(feature = "pfx"))]
fn encrypted(_body: &str, _password: &Secret) -> Result<Arc<dyn SigningKey>, CertificateError> {
    Err(CertificateError::Unsupported {
        feature: "encrypted PKCS#8",
    })
}
