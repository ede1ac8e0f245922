//! PKCS#12.

use std::sync::Arc;

use p12_keystore::{Pkcs12Archive, error::Error};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;

use super::CertificateError;
use super::pem::supported;
use crate::secret::Secret;

/// All certificates of a PFX, and its key. Of several keys the first that has a certificate is taken.
pub(super) fn read(
    bytes: &[u8],
    password: &Secret,
) -> Result<(Vec<CertificateDer<'static>>, Arc<dyn SigningKey>), CertificateError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password.expose()).map_err(|error| match error {
        // The signature over the content is checked first; without one, the padding tells.
        Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_) => CertificateError::WrongPassword,
        other => CertificateError::Unreadable {
            what: "the PFX",
            reason: other.to_string(),
        },
    })?;
    let linked = archive.keys.iter().find(|key| {
        let id = key.local_key_id.as_ref().map(AsRef::as_ref);
        id.is_some() && archive.certs.iter().any(|one| one.local_key_id.as_deref() == id)
    });
    let key = linked
        .or_else(|| archive.keys.first())
        .ok_or(CertificateError::NoKey)?;
    let key = supported(&PrivatePkcs8KeyDer::from(key.key.as_der()).into())?;
    let certificates = archive
        .certs
        .iter()
        .map(|one| CertificateDer::from(one.cert.as_der().to_vec()))
        .collect();
    Ok((certificates, key))
}
