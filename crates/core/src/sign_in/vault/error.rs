//! Why a vault gave nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::certificate::CertificateError;
use crate::sign_in::TokenError;
use crate::sign_in::ask::bounded;
use crate::web::{WebError, WebResponse};

/// Why a key vault gave nothing. No variant holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The address is no vault's.
    #[error("{url} is not the address of a key vault: {reason}")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No certificate, secret or version can be called this.
    #[error("{name:?} cannot be a name in a key vault (letters, digits and hyphens)")]
    Name {
        /// As given.
        name: String,
    },
    /// There is no token for the vault.
    #[error("no token for the key vault: {0}")]
    Token(TokenError),
    /// The vault was not reached.
    #[error("no answer from the key vault: {0}")]
    Unreachable(Arc<WebError>),
    /// The vault wants tokens of somebody else: a foreign authority, another tenant, another resource.
    #[error("the key vault asks for a token of {authority}, which it does not get: {reason}")]
    Challenge {
        /// Whom it names.
        authority: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is none of this name and version.
    #[error("there is no {kind} {name} in {origin}")]
    NotFound {
        /// Origin of the vault.
        origin: String,
        /// `certificate`, `secret` or `key`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// We are known, but may not.
    #[error("{origin} refused access to the {kind} {name} (status {status}, {code}): {message}")]
    Forbidden {
        /// Origin of the vault.
        origin: String,
        /// `certificate`, `secret` or `key`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// HTTP status.
        status: u16,
        /// Its innermost error code: `AccessDenied`, `ForbiddenByFirewall`, `SecretDisabled`.
        code: String,
        /// Its words.
        message: String,
    },
    /// Too many requests, even after waiting.
    #[error("{origin} is too busy (status {status})")]
    Throttled {
        /// Origin of the vault.
        origin: String,
        /// HTTP status.
        status: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Another error of the vault.
    #[error("{origin} refused (status {status}, {code}): {message}")]
    Refused {
        /// Origin of the vault.
        origin: String,
        /// HTTP status.
        status: u16,
        /// Its error code.
        code: String,
        /// Its words.
        message: String,
    },
    /// The answer is not that of a vault.
    #[error("{origin} answered with status {status} ({}) instead of what was asked for", content_type.as_deref().unwrap_or("no content type"))]
    Unexpected {
        /// Origin of the vault.
        origin: String,
        /// HTTP status.
        status: u16,
        /// Its content type.
        content_type: Option<String>,
    },
    /// What came out of the vault cannot be used.
    #[error("the certificate of the key vault: {0}")]
    Certificate(CertificateError),
}

impl VaultError {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Address { .. } => {
                "give the address as the portal shows it (Vault URI), and the cloud it is in"
            }
            Self::Name { .. } | Self::NotFound { .. } => "check name and version in the vault",
            Self::Token(error) => error.advice(),
            Self::Unreachable(_) => "check the name of the vault, the network and the proxy",
            Self::Challenge { .. } => "check the cloud, and that the identity is of the vault's own tenant",
            Self::Forbidden { code, .. } if code == "ForbiddenByFirewall" => {
                "let this address through the firewall of the vault"
            }
            Self::Forbidden { kind: "key", .. } => {
                "give the identity the role \"Key Vault Crypto User\" (or the permission keys/sign)"
            }
            Self::Forbidden { .. } => {
                "give the identity the role \"Key Vault Certificate User\" (or the permissions certificates/get and \
                 secrets/get)"
            }
            Self::Throttled { .. } => "wait, and ask less often",
            Self::Refused { .. } | Self::Unexpected { .. } => "check the address of the vault",
            Self::Certificate(error) => error.advice(),
        }
    }

    /// HTTP status of the vault's answer, if it gave one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NotFound { .. } => Some(404),
            Self::Challenge { .. } => Some(401),
            Self::Forbidden { status, .. }
            | Self::Throttled { status, .. }
            | Self::Refused { status, .. }
            | Self::Unexpected { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// The error that an answer without success stands for.
pub(super) fn refused(
    origin: &str,
    kind: &'static str,
    name: &str,
    response: &WebResponse,
    now: SystemTime,
) -> VaultError {
    #[derive(Deserialize)]
    struct Body {
        error: Outer,
    }
    #[derive(Deserialize)]
    struct Outer {
        #[serde(default)]
        code: String,
        #[serde(default)]
        message: String,
        #[serde(default)]
        innererror: Option<Inner>,
    }
    #[derive(Deserialize)]
    struct Inner {
        #[serde(default)]
        code: String,
    }
    let (origin, name, status) = (origin.to_owned(), name.to_owned(), response.status);
    match (status, response.json::<Body>()) {
        (429 | 503, _) => VaultError::Throttled {
            origin,
            status,
            retry_after: response.retry_after(now),
        },
        (404, Ok(_)) => VaultError::NotFound { origin, kind, name },
        (_, Ok(Body { error })) => {
            let code = error.innererror.map_or(error.code, |inner| inner.code);
            let (code, message) = (bounded(&code), bounded(&error.message));
            if status == 401 || status == 403 {
                VaultError::Forbidden {
                    origin,
                    kind,
                    name,
                    status,
                    code,
                    message,
                }
            } else {
                VaultError::Refused {
                    origin,
                    status,
                    code,
                    message,
                }
            }
        }
        (_, Err(_)) => VaultError::Unexpected {
            origin,
            status,
            content_type: response.header("content-type").map(bounded),
        },
    }
}
