use std::time::SystemTime;

use super::{AccessToken, TokenError, TokenSource};
use crate::exchange::BoxFuture;
use crate::secret::Secret;

/// A token that the caller has. It is given for every resource, until it says itself that it has expired.
#[derive(Debug)]
pub struct FixedToken {
    token: AccessToken,
}

impl FixedToken {
    /// From the token, without `Bearer`. When it is a JWT, its end is read from it.
    #[must_use]
    pub fn new(token: Secret) -> Self {
        let token = AccessToken::new(token, None);
        let expires_at = token.claims().ok().and_then(|claims| claims.expires_at());
        Self {
            token: AccessToken::new(token.secret().clone(), expires_at),
        }
    }
}

impl TokenSource for FixedToken {
    fn token<'a>(&'a self, _resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        let expired = self
            .token
            .expires_at()
            .is_some_and(|end| end <= SystemTime::now());
        let answer = if expired {
            Err(TokenError::Expired)
        } else {
            Ok(self.token.clone())
        };
        Box::pin(std::future::ready(answer))
    }

    fn describe(&self) -> String {
        "a token that was given".to_owned()
    }
}
