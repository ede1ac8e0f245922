//! Signing in with tokens: the header of each request is made from what the source gives.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use hyper::header::HeaderValue;
use psbridge_auth::scheme;
use zeroize::Zeroizing;

use crate::exchange::ExchangeError;
use crate::secret::Secret;
use crate::sign_in::{AccessToken, TokenSource};

/// Tokens for one shell.
pub(super) struct Tokens {
    source: Arc<dyn TokenSource>,
    resource: String,
    /// Who stands in a Basic header; none for Bearer.
    basic_user: Option<String>,
    /// The token that the shell was opened with, where it has to stay with it.
    kept: Mutex<Option<AccessToken>>,
}

impl Tokens {
    pub(super) fn new(source: Arc<dyn TokenSource>, resource: String, basic_user: Option<String>) -> Self {
        Self {
            source,
            resource,
            basic_user,
            kept: Mutex::default(),
        }
    }

    /// True when a shell cannot change its token: the front end that took tokens in Basic ties the two together.
    pub(super) fn stays(&self) -> bool {
        self.basic_user.is_some()
    }

    /// The header for the next request.
    pub(super) async fn header(&self) -> Result<HeaderValue, ExchangeError> {
        let token = match self.kept() {
            Some(token) => token,
            None => {
                let token = self
                    .source
                    .token(&self.resource)
                    .await
                    .map_err(|error| ExchangeError::Token(Box::new(error)))?;
                if self.stays() {
                    *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
                }
                token
            }
        };
        match &self.basic_user {
            Some(user) => basic(user, token.secret()),
            None => bearer(token.secret()),
        }
    }

    /// Whether the token of the shell is over by our clock.
    pub(super) fn is_expired(&self) -> bool {
        let end = self.kept().and_then(|token| token.expires_at());
        end.is_some_and(|end| end <= SystemTime::now())
    }

    /// The endpoint does not take the token.
    pub(super) fn refused(&self) {
        self.source.invalidate();
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn kept(&self) -> Option<AccessToken> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// `Bearer` and the token.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, ExchangeError> {
    sensitive(&scheme::bearer(token.expose())?)
}

/// Basic with `Bearer ` and the token in the place of the password, which Exchange Online's front end turned into a
/// bearer token (`BasicAuthToOAuthConversion`). Tokens are long; no length is too long here.
pub(super) fn basic(user: &str, token: &Secret) -> Result<HeaderValue, ExchangeError> {
    let password = Zeroizing::new(format!("Bearer {}", token.expose()));
    sensitive(&scheme::basic(user, &password)?)
}

/// A header that is not shown in logs.
pub(super) fn sensitive(text: &str) -> Result<HeaderValue, ExchangeError> {
    let mut value = HeaderValue::from_str(text).map_err(|error| ExchangeError::Request(error.to_string()))?;
    value.set_sensitive(true);
    Ok(value)
}
