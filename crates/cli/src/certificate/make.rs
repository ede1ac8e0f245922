//! Keys and certificates, new.

use std::time::{Duration, SystemTime};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// Clocks of other machines may be behind by so much.
const BACKDATED: Duration = Duration::from_mins(10);
/// Rounds of the key derivation of a PFX: as many as Windows takes without a noticeable wait.
const ROUNDS: u32 = 100_000;

/// A new certificate with its key.
pub(super) struct Made {
    pub(super) der: Vec<u8>,
    pub(super) certificate_pem: String,
    pub(super) key_pem: Zeroizing<String>,
    pub(super) pfx: Zeroizing<Vec<u8>>,
}

/// Reads a subject: `CN=name, O=organisation`, or a bare common name.
pub(super) fn subject(text: &str) -> Result<DistinguishedName, Failure> {
    let mut subject = DistinguishedName::new();
    if !text.contains('=') {
        subject.push(DnType::CommonName, common(text)?);
        return Ok(subject);
    }
    for part in text.split(',') {
        let (kind, value) = part.split_once('=').unwrap_or((part, ""));
        let kind = match kind.trim().to_ascii_uppercase().as_str() {
            "CN" => DnType::CommonName,
            "O" => DnType::OrganizationName,
            "OU" => DnType::OrganizationalUnitName,
            "L" => DnType::LocalityName,
            "ST" | "S" => DnType::StateOrProvinceName,
            "C" => DnType::CountryName,
            _ => return Err(wrong_subject()),
        };
        subject.push(kind, common(value)?);
    }
    Ok(subject)
}

fn common(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err(wrong_subject());
    }
    Ok(text.to_owned())
}

fn wrong_subject() -> Failure {
    Failure::new(Exit::Usage, "the subject cannot be read")
        .advice("write --subject 'CN=name, O=organisation', each of 1 to 64 letters")
}

/// A self-signed certificate over a new RSA key, for signing in.
pub(super) fn certificate(
    subject: DistinguishedName,
    bits: &str,
    days: u32,
    password: &str,
) -> Result<Made, Failure> {
    let fail = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Protocol, format!("cannot make the certificate: {error}"))
    };
    let size = match bits {
        "2048" => RsaKeySize::_2048,
        "4096" => RsaKeySize::_4096,
        _ => RsaKeySize::_3072,
    };
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).map_err(|error| fail(&error))?;
    let mut params = CertificateParams::new(Vec::new()).map_err(|error| fail(&error))?;
    params.distinguished_name = subject;
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|error| fail(&error))?;
    let date = |since: Duration| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(since.as_secs());
    params.not_before = date(now.saturating_sub(BACKDATED));
    params.not_after = date(now + Duration::from_hours(24) * days);
    let certificate = params.self_signed(&key).map_err(|error| fail(&error))?;
    let der = certificate.der().to_vec();
    let key_der = Zeroizing::new(key.serialize_der());
    Ok(Made {
        certificate_pem: certificate.pem(),
        key_pem: Zeroizing::new(key.serialize_pem()),
        pfx: pfx(&der, &key_der, password).map_err(|error| fail(&error))?,
        der,
    })
}

fn pfx(der: &[u8], key: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, p12_keystore::error::Error> {
    let id = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let chain = PrivateKeyChain::new(
        id.as_ref().to_vec(),
        PrivateKey::from_der(key)?,
        [Certificate::from_der(der)?],
    );
    let mut store = KeyStore::new();
    store.add_entry("psbridge", KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password)
        .encryption_iterations(ROUNDS)
        .mac_iterations(ROUNDS)
        .write()
        .map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use psbridge::Secret;
    use psbridge::certificate::ClientCertificate;

    #[test]
    fn subjects_are_read() {
        assert!(subject("Exchange sync").is_ok());
        assert!(subject("CN=sync, O=Corp, C=DE").is_ok());
        for wrong in ["", "CN=", "X=1", "CN=a, b", &"x".repeat(65), "a\u{7}"] {
            assert_eq!(subject(wrong).unwrap_err().exit(), Exit::Usage, "{wrong:?}");
        }
    }

    #[test]
    fn all_three_files_hold_the_same_certificate() {
        let made = certificate(subject("CN=sync, O=Corp").unwrap(), "2048", 30, "pässword").unwrap();
        let password = Secret::from("pässword");
        let from_pfx = ClientCertificate::from_pfx(&made.pfx, &password).unwrap();
        let from_pem =
            ClientCertificate::from_pem(made.certificate_pem.as_bytes(), made.key_pem.as_bytes()).unwrap();
        assert_eq!(from_pfx.thumbprint_sha256(), from_pem.thumbprint_sha256());
        assert_eq!(from_pfx.days_left(SystemTime::now()), 29);
        assert!(ClientCertificate::from_pfx(&made.pfx, &Secret::from("wrong")).is_err());
    }
}
