//! The client's side of TLS client authentication.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, SignatureScheme};

use crate::certificate::ClientCertificate;
use crate::exchange::TlsFailure;

/// Gives the certificate when it is asked for, and knows whether it was.
pub(super) struct Identity {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl Identity {
    pub(super) fn new(certificate: Option<&ClientCertificate>) -> Self {
        Self {
            key: certificate.map(ClientCertificate::tls_identity),
            asked: AtomicBool::new(false),
        }
    }

    /// What became of it in a handshake that is over.
    pub(super) fn seen(&self, tls13: bool) -> ClientCertificateUse {
        ClientCertificateUse {
            had: self.key.is_some(),
            asked: self.asked.load(Ordering::Relaxed),
            tls13,
        }
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("has_certificate", &self.key.is_some())
            .finish_non_exhaustive()
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        // The authorities that the endpoint names are a hint that many leave empty or wrong; it judges for itself.
        let key = self.key.as_ref()?;
        key.key.choose_scheme(schemes).map(|_| Arc::clone(key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// What became of a client certificate in a handshake.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ClientCertificateUse {
    /// There was one to give.
    had: bool,
    /// The endpoint asked for one.
    pub(super) asked: bool,
    /// The endpoint judges it only after the handshake.
    tls13: bool,
}

impl ClientCertificateUse {
    /// What an error of TLS says about the certificate, if it does.
    pub(super) fn refusal(self, error: Option<&rustls::Error>) -> Option<TlsFailure> {
        let Some(rustls::Error::AlertReceived(alert)) = error else {
            return None;
        };
        match alert {
            AlertDescription::CertificateRequired if !self.had => Some(TlsFailure::ClientCertificateMissing),
            // TLS 1.2 has no better alert for it.
            AlertDescription::HandshakeFailure if self.asked && !self.had => {
                Some(TlsFailure::ClientCertificateMissing)
            }
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
                if self.asked =>
            {
                Some(if self.had {
                    TlsFailure::ClientCertificateRefused {
                        alert: Some(name(*alert)),
                    }
                } else {
                    TlsFailure::ClientCertificateMissing
                })
            }
            _ => None,
        }
    }

    /// What it most likely means that the endpoint hung up right after a handshake in which it had asked.
    pub(super) fn silent_refusal(self) -> Option<TlsFailure> {
        match (self.tls13 && self.asked, self.had) {
            (true, true) => Some(TlsFailure::ClientCertificateRefused { alert: None }),
            (true, false) => Some(TlsFailure::ClientCertificateMissing),
            (false, _) => None,
        }
    }
}

/// The alert as the standard spells it: `unknown_ca`.
fn name(alert: AlertDescription) -> String {
    let mut name = String::new();
    let text = match alert {
        AlertDescription::UnknownCA => "UnknownCa".to_owned(),
        other => format!("{other:?}"),
    };
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
