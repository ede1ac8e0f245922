//! Certificates that apps register and vaults keep.

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use super::clock;
use crate::error::LabError;

/// What the cloud knows of a certificate.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) der: Vec<u8>,
    /// Seconds since 1970.
    pub(crate) not_before: u64,
    pub(crate) not_after: u64,
    /// An RSA public key in the form of PKCS#1.
    pub(crate) public_key: Vec<u8>,
}

impl Registered {
    /// `None` when it is no certificate.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let content = certificate.tbs_certificate();
        let validity = content.validity();
        Some(Self {
            der: der.to_vec(),
            not_before: validity.not_before.to_unix_duration().as_secs(),
            not_after: validity.not_after.to_unix_duration().as_secs(),
            public_key: content
                .subject_public_key_info()
                .subject_public_key
                .raw_bytes()
                .to_vec(),
        })
    }

    pub(crate) fn sha256(&self) -> Vec<u8> {
        digest(&SHA256, &self.der).as_ref().to_vec()
    }

    pub(crate) fn sha1(&self) -> Vec<u8> {
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref().to_vec()
    }

    /// `x5t#S256` of an assertion.
    pub(crate) fn sha256_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha256())
    }

    /// `x5t` of an assertion.
    pub(crate) fn sha1_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha1())
    }
}

/// A new self-signed certificate and its key in the form of PKCS#8.
pub(crate) fn generate(subject: &str) -> Result<(Registered, Zeroizing<Vec<u8>>), LabError> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    let start = clock::now().saturating_sub(3_600);
    let date = |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = date(start);
    params.not_after = date(start + 180 * 86_400);
    let der = params.self_signed(&key)?.der().to_vec();
    let registered = Registered::read(&der).ok_or(LabError::Key)?;
    Ok((registered, Zeroizing::new(key.serialize_der())))
}
