//! Certificates as people look at them.

use std::path::Path;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p12_keystore::Pkcs12Archive;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use x509_cert::der::Decode as _;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::terminal::safe;

/// A certificate, read.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    der: Vec<u8>,
    subject: String,
    issuer: String,
    not_before: SystemTime,
    not_after: SystemTime,
}

impl Seen {
    pub(crate) fn of(der: &[u8]) -> Result<Self, Failure> {
        let read = x509_cert::Certificate::from_der(der).map_err(|error| {
            Failure::new(Exit::Protocol, format!("the certificate cannot be read: {error}"))
        })?;
        let content = read.tbs_certificate();
        let validity = content.validity();
        Ok(Self {
            der: der.to_vec(),
            subject: content.subject().to_string(),
            issuer: content.issuer().to_string(),
            not_before: validity.not_before.to_system_time(),
            not_after: validity.not_after.to_system_time(),
        })
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    pub(crate) fn not_after(&self) -> SystemTime {
        self.not_after
    }

    pub(crate) fn sha256(&self) -> String {
        hex(digest(&SHA256, &self.der).as_ref())
    }

    pub(crate) fn sha1(&self) -> String {
        hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.der).as_ref())
    }

    /// Whole days until it ends; negative when it has.
    pub(crate) fn days_left(&self, now: SystemTime) -> i64 {
        let days = |time: std::time::Duration| i64::try_from(time.as_secs() / 86_400).unwrap_or(i64::MAX);
        match self.not_after.duration_since(now) {
            Ok(left) => days(left),
            Err(over) => -days(over.duration()) - 1,
        }
    }

    pub(super) fn json(&self, now: SystemTime) -> Value {
        json!({
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": super::date(self.not_before),
            "not_after": super::date(self.not_after),
            "days_left": self.days_left(now),
            "thumbprint_sha1": self.sha1(),
            "thumbprint_sha256": self.sha256(),
        })
    }

    pub(super) fn lines(&self, now: SystemTime) -> Vec<String> {
        let days = self.days_left(now);
        let left = if days < 0 {
            "EXPIRED".to_owned()
        } else {
            format!("{days} days left")
        };
        let mut lines = vec![format!("{:<12} {}", "subject", safe(&self.subject))];
        if self.issuer != self.subject {
            lines.push(format!("{:<12} {}", "issuer", safe(&self.issuer)));
        }
        lines.push(format!("{:<12} {}", "from", super::date(self.not_before)));
        lines.push(format!(
            "{:<12} {} ({left})",
            "until",
            super::date(self.not_after)
        ));
        lines.push(format!("{:<12} {}", "SHA-1", self.sha1()));
        lines.push(format!("{:<12} {}", "SHA-256", self.sha256()));
        lines
    }
}

/// Upper-case hexadecimal, as the portals show thumbprints.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The first certificate of a file: PEM, DER, or PKCS#12, for which `password` is asked.
pub(crate) fn from_file(
    path: &Path,
    password: impl Fn() -> Result<Option<Zeroizing<String>>, Failure>,
) -> Result<Seen, Failure> {
    let content = super::bytes(path)?;
    if let Some(found) = CertificateDer::pem_slice_iter(&content).next() {
        let der = found.map_err(|error| unreadable(path, &error))?;
        return Seen::of(&der);
    }
    if let Ok(seen) = Seen::of(&content) {
        return Ok(seen);
    }
    // What portals hand out as text.
    let plain: String = String::from_utf8_lossy(&content)
        .split_ascii_whitespace()
        .collect();
    let content = STANDARD.decode(plain).map_or(content, Zeroizing::new);
    if let Ok(seen) = Seen::of(&content) {
        return Ok(seen);
    }
    let given = password()?;
    let archive = match Pkcs12Archive::from_pkcs12(&content, given.as_deref().map_or("", String::as_str)) {
        Ok(archive) => archive,
        Err(error) if given.is_none() => {
            return Err(unreadable(path, &error).advice(
                "if it is a PFX with a password, set PSBRIDGE_PFX_PASSWORD or use --pfx-password-file",
            ));
        }
        Err(error) => return Err(unreadable(path, &error).advice("check the password of the PFX")),
    };
    let first = archive
        .certs
        .iter()
        .find(|certificate| certificate.local_key_id.is_some())
        .or_else(|| archive.certs.first());
    match first {
        Some(certificate) => Seen::of(certificate.cert.as_der()),
        None => Err(unreadable(path, &"it holds no certificate")),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::Protocol,
        format!("{}: no certificate can be read from it: {error}", path.display()),
    )
}
