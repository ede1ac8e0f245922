//! Why there is no token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::reason::RefusalReason;
use crate::certificate::CertificateError;
use crate::web::WebError;

/// Why there is no token. No variant holds a secret. Cheap to clone: one failure reaches all who wait.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token endpoint said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Too many requests, even after waiting.
    #[error("{endpoint} is too busy to give a token (status {status})")]
    Throttled {
        /// Origin that was asked.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// How long it asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The endpoint was not reached, or its answer broke off.
    #[error("no answer to the request for a token: {0}")]
    Unreachable(Arc<WebError>),
    /// The endpoint answered something that is neither a token nor an OAuth error.
    #[error("{endpoint} answered with status {status} ({}) instead of a token", content_type.as_deref().unwrap_or("no content type"))]
    Unexpected {
        /// Origin that was asked.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// Its content type.
        content_type: Option<String>,
    },
    /// There is no managed identity here: nobody answers at the identity endpoint.
    #[error("this machine has no managed identity: {reason}")]
    NoManagedIdentity {
        /// What was looked for, and what happened.
        reason: String,
    },
    /// The identity endpoint said no: usually the identity is not assigned to this machine or app.
    #[error("the identity endpoint refused (status {status}{}): {message}", dashed(error))]
    ManagedIdentity {
        /// HTTP status.
        status: u16,
        /// Its error code, such as `invalid_request` or `identity_not_found`.
        error: String,
        /// Its words.
        message: String,
    },
    /// The certificate cannot be used for the assertion.
    #[error("{0}")]
    Certificate(CertificateError),
    /// The federated token file cannot be used.
    #[error("the federated token file {path} cannot be used: {reason}")]
    FederatedToken {
        /// The path as given.
        path: String,
        /// Why.
        reason: String,
    },
    /// Signing in by device code came to nothing.
    #[error("{0}")]
    DeviceCode(DeviceCodeFailure),
    /// The token that was given has expired.
    #[error("the token has expired")]
    Expired,
    /// Something that was given is wrong or missing.
    #[error("{0}")]
    Configuration(String),
}

/// How signing in by device code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceCodeFailure {
    /// The person said no.
    #[error("the sign-in was declined")]
    Declined,
    /// Nobody entered the code in time.
    #[error("the code expired before anybody signed in")]
    Expired,
    /// The caller gave up.
    #[error("the sign-in was cancelled")]
    Cancelled,
}

/// The answer of a token endpoint that refuses (RFC 6749, 5.2, and Entra's additions).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Origin that was asked.
    pub endpoint: String,
    /// HTTP status.
    pub status: u16,
    /// The OAuth error: `invalid_client`.
    pub error: String,
    /// Entra's number: 700016 of `AADSTS700016`.
    pub code: Option<u32>,
    /// What the number means.
    pub reason: RefusalReason,
    /// The first line of the description. Text of the server.
    pub description: String,
    /// For the support of the provider.
    pub correlation_id: Option<String>,
    /// For the support of the provider.
    pub trace_id: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refused to give a token ({}", self.endpoint, self.error)?;
        if let Some(code) = self.code {
            write!(f, ", AADSTS{code}")?;
        }
        write!(f, ")")?;
        if !self.description.is_empty() {
            write!(f, ": {}", self.description)?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, " (correlation {id})")?;
        }
        Ok(())
    }
}

fn dashed(error: &str) -> String {
    if error.is_empty() {
        String::new()
    } else {
        format!(", {error}")
    }
}

impl TokenError {
    /// Something that was given is wrong or missing.
    #[must_use]
    pub fn configuration(text: impl Into<String>) -> Self {
        Self::Configuration(text.into())
    }

    /// The refusal of a token endpoint, if it was that.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Entra's number, if it gave one.
    #[must_use]
    pub fn aadsts(&self) -> Option<u32> {
        self.refusal()?.code
    }

    /// Whether the same request may succeed a little later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unreachable(_) => true,
            Self::Unexpected { status, .. } => *status >= 500,
            Self::Refused(refusal) => refusal.reason == RefusalReason::Unavailable,
            _ => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.reason.advice(),
            Self::Throttled { .. } => "wait, and ask less often: keep tokens until they expire",
            Self::Unreachable(_) => "check the network, the proxy and the cloud that was chosen",
            Self::Unexpected { .. } => {
                "check the address of the cloud, and whether a proxy answers in its place"
            }
            Self::NoManagedIdentity { .. } => {
                "run it on a machine or app of Azure with a managed identity, or sign in by a certificate"
            }
            Self::ManagedIdentity { .. } => {
                "assign the identity to this machine or app, and check its client, object or resource id"
            }
            Self::Certificate(error) => error.advice(),
            Self::FederatedToken { .. } => {
                "check the service account, its label azure.workload.identity/use and AZURE_FEDERATED_TOKEN_FILE"
            }
            Self::DeviceCode(_) => "start again, and enter the code in time",
            Self::Expired => "get a new token",
            Self::Configuration(_) => "check what was given",
        }
    }
}

impl From<CertificateError> for TokenError {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}

impl From<WebError> for TokenError {
    fn from(error: WebError) -> Self {
        Self::Unreachable(Arc::new(error))
    }
}
