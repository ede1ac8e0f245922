use std::fmt;
use std::time::SystemTime;

use x509_cert::der::DateTime;

/// Why a certificate or its key cannot be used. No variant holds key material or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    File {
        /// The path as given.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The environment variable is not set, or holds no text.
    #[error("the environment variable {name} is not set")]
    Environment {
        /// Its name.
        name: String,
    },
    /// More bytes than any certificate has.
    #[error("the certificate is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The key or the PFX is encrypted and no password was given.
    #[error("the key is encrypted and no password was given")]
    PasswordNeeded,
    /// The file is sound as far as can be told, the password is not its own.
    #[error("the password is not that of the key")]
    WrongPassword,
    /// The bytes are damaged, or of another kind.
    #[error("{what} cannot be read: {reason}")]
    Unreadable {
        /// `the certificate`, `the key`, `the PFX`.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no certificate in it.
    #[error("it holds no certificate")]
    NoCertificate,
    /// There is no private key in it.
    #[error("it holds no private key")]
    NoKey,
    /// The key is not that of any of the certificates.
    #[error("the private key does not belong to the certificate {subject}")]
    Mismatch {
        /// Whose certificate it is.
        subject: String,
    },
    /// The key cannot do what is asked of it.
    #[error("a key of this kind cannot sign by {algorithm}")]
    Algorithm {
        /// The name of the algorithm in JOSE.
        algorithm: &'static str,
    },
    /// Its time is over.
    #[error("the certificate {subject} expired on {}", Day(*.not_after))]
    Expired {
        /// Whose certificate it is.
        subject: String,
        /// When.
        not_after: SystemTime,
    },
    /// Its time has not begun.
    #[error("the certificate {subject} is valid only from {} on", Day(*.not_before))]
    NotYetValid {
        /// Whose certificate it is.
        subject: String,
        /// From when on.
        not_before: SystemTime,
    },
    /// Whoever signs for us could not.
    #[error("signing failed: {0}")]
    Signing(String),
    /// This build cannot do it.
    #[error("{feature} is not in this build (feature pfx)")]
    Unsupported {
        /// What was asked for.
        feature: &'static str,
    },
}

impl CertificateError {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Environment { .. } => "check the name, and who may read it",
            Self::TooLarge { .. } => "give the certificate and its key only",
            Self::PasswordNeeded => "give the password of the key",
            Self::WrongPassword => "give the password with which the file was exported",
            Self::Unreadable { .. } => {
                "give PEM or PFX (PKCS#12); `openssl pkcs12 -in FILE -info -noout` shows whether a PFX is sound"
            }
            Self::NoCertificate => "give the certificate too, as PEM or inside the PFX",
            Self::NoKey => "export the certificate with its private key",
            Self::Mismatch { .. } => "give the key with which this certificate was requested",
            Self::Algorithm { .. } => "use a certificate with an RSA key",
            Self::Expired { .. } => "make a new certificate (psbridge certificate new) and add it to the app",
            Self::NotYetValid { .. } => "check the clock of this machine",
            Self::Signing(_) => "check the service that holds the key, and whether it lets us sign",
            Self::Unsupported { .. } => "use a build with the feature pfx, or give an unencrypted PEM",
        }
    }
}

/// A moment as people write it: `2026-11-21T20:40:00Z`.
struct Day(SystemTime);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_system_time(self.0) {
            Ok(time) => write!(f, "{time}"),
            // Years before 1970 and after 9999 have no name in a certificate.
            Err(_) => f.write_str("an unknown day"),
        }
    }
}
