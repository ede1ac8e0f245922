//! What a certificate says about itself.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// A certificate as an endpoint showed it. Nothing of it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSeen {
    /// Distinguished name of the owner.
    pub subject: String,
    /// Distinguished name of the signer.
    pub issuer: String,
    /// DNS names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is valid; `None` when the certificate cannot be read.
    pub not_before: Option<SystemTime>,
    /// Until when it is valid; `None` when the certificate cannot be read.
    pub not_after: Option<SystemTime>,
    /// SHA-256 of its DER form, hexadecimal.
    pub sha256: String,
}

impl CertificateSeen {
    /// Reads what can be read; of something that is no certificate only the hash remains.
    pub(crate) fn read(der: &[u8]) -> Self {
        let sha256 = digest::digest(&digest::SHA256, der)
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let Ok(certificate) = Certificate::from_der(der) else {
            return Self {
                subject: String::new(),
                issuer: String::new(),
                names: Vec::new(),
                not_before: None,
                not_after: None,
                sha256,
            };
        };
        let certificate = certificate.tbs_certificate();
        let names = match certificate.get_extension::<SubjectAltName>() {
            Ok(Some((_, names))) => names.0.iter().filter_map(name).collect(),
            _ => Vec::new(),
        };
        let validity = certificate.validity();
        let at = |time: x509_cert::time::Time| SystemTime::UNIX_EPOCH + time.to_unix_duration();
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names,
            not_before: Some(at(validity.not_before)),
            not_after: Some(at(validity.not_after)),
            sha256,
        }
    }

    /// True for a certificate that names itself as its signer.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whole days from `now` until it expires; negative when it has expired.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> Option<i64> {
        const DAY: u64 = 24 * 60 * 60;
        let days = |time: Duration| i64::try_from(time.as_secs() / DAY).unwrap_or(i64::MAX);
        self.not_after.map(|end| match end.duration_since(now) {
            Ok(left) => days(left),
            Err(over) => -days(over.duration()) - 1,
        })
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => match bytes.as_bytes() {
            v4 if v4.len() == 4 => <[u8; 4]>::try_from(v4)
                .ok()
                .map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            v6 => <[u8; 16]>::try_from(v6)
                .ok()
                .map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_days_are_read() {
        let mut parameters = rcgen::CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
        parameters
            .subject_alt_names
            .push(rcgen::SanType::IpAddress("127.0.0.1".parse().unwrap()));
        parameters.not_after = rcgen::date_time_ymd(2030, 1, 2);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let seen = CertificateSeen::read(certificate.der());
        assert_eq!(seen.names, ["mail.example.com", "127.0.0.1"]);
        assert!(seen.is_self_signed());
        let end = seen.not_after.unwrap();
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(seen.days_left(end - day * 30), Some(30));
        assert_eq!(seen.days_left(end + Duration::from_secs(1)), Some(-1));
    }

    #[test]
    fn what_is_no_certificate_keeps_its_hash() {
        let seen = CertificateSeen::read(b"none");
        assert_eq!((seen.sha256.len(), seen.not_after), (64, None));
        assert_eq!(seen.days_left(SystemTime::now()), None);
    }
}
