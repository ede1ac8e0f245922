//! PKCS#12.

mod null;

use std::sync::Arc;

use p12_keystore::{Pkcs12Archive, error::Error};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::SigningKey;

use super::CertificateError;
use super::pem::supported;
use crate::secret::Secret;

type Found = (Vec<CertificateDer<'static>>, Arc<dyn SigningKey>);

/// All certificates of a PFX, and its key. Of several keys the first that has a certificate is taken.
pub(super) fn read(bytes: &[u8], password: &Secret) -> Result<Found, CertificateError> {
    let archive = match Pkcs12Archive::from_pkcs12(bytes, password.expose()) {
        Ok(archive) => archive,
        // The signature over the content is checked first; without one, the padding tells.
        Err(Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_)) => {
            return match null::read(bytes).filter(|_| password.expose().is_empty()) {
                Some(contents) => without_password(&contents),
                None => Err(CertificateError::WrongPassword),
            };
        }
        Err(other) => {
            return Err(CertificateError::Unreadable {
                what: "the PFX",
                reason: other.to_string(),
            });
        }
    };
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

fn without_password(contents: &null::Contents) -> Result<Found, CertificateError> {
    let key = contents.keys.first().ok_or(CertificateError::NoKey)?;
    let key = supported(&PrivatePkcs8KeyDer::from(key.as_slice()).into())?;
    let certificates = contents
        .certificates
        .iter()
        .cloned()
        .map(CertificateDer::from)
        .collect();
    Ok((certificates, key))
}
