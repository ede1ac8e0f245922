use crate::exchange::ExchangeError;

/// Why a call brought no response. A response of any status is none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// The address is none, or one that is not called.
    #[error("{url} cannot be called: {reason}")]
    Url {
        /// The address, without its query.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Plain HTTP.
    #[error("{origin} is not https; nothing was sent")]
    ClearRefused {
        /// Scheme, host and port.
        origin: String,
    },
    /// The connection, TLS, the proxy or the answer failed.
    #[error("{origin}: {source}")]
    Exchange {
        /// Scheme, host and port.
        origin: String,
        /// Why.
        source: ExchangeError,
    },
    /// The answer is not the JSON that was expected.
    #[error("the answer is not the JSON that was expected (status {status}, {}): {reason}", content_type.as_deref().unwrap_or("no content type"))]
    NotJson {
        /// HTTP status.
        status: u16,
        /// Its content type.
        content_type: Option<String>,
        /// What the parser said. Nothing of the body.
        reason: String,
    },
}

impl WebError {
    /// The failure of the connection, if it was that.
    #[must_use]
    pub fn exchange(&self) -> Option<&ExchangeError> {
        match self {
            Self::Exchange { source, .. } => Some(source),
            _ => None,
        }
    }
}
