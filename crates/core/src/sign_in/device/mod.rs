//! Device code: somebody signs in in a browser, on whatever machine (RFC 8628).

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::ask::{Granted, Retry, ask, bounded, granted, refused, unexpected};
use super::credentials::{required, scope_of, tenant_of, token_endpoint};
use super::{AccessToken, DeviceCodeFailure, RefusalReason, TokenError, TokenSource};
use crate::cloud::Cloud;
use crate::exchange::BoxFuture;
use crate::secret::Secret;
use crate::web::{Clear, WebClient, WebRequest};

/// The public client of Exchange's own module, which every tenant knows.
pub const EXCHANGE_PUBLIC_CLIENT: &str = "fb78d390-0c51-40cd-8e17-fdbfab77341b";

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How often it is asked whether the person is done.
#[derive(Clone, Copy)]
struct Pace {
    least: Duration,
    /// When the server names none.
    usual: Duration,
    /// How much slower a server that says `slow_down` wants us to be.
    slower: Duration,
    most: Duration,
}

const PACE: Pace = Pace {
    least: Duration::from_secs(1),
    usual: Duration::from_secs(5),
    slower: Duration::from_secs(5),
    most: Duration::from_secs(60),
};

/// What a person needs to know for signing in. Text of the server, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DevicePrompt {
    /// The code to enter.
    pub user_code: String,
    /// Where to enter it.
    pub verification_uri: String,
    /// Both in a sentence.
    pub message: String,
    /// How long the code holds.
    pub expires_in: Duration,
}

/// Tokens of a person who signs in elsewhere. Dropping the request gives up.
///
/// Later tokens come by the refresh token, which stays in memory; when it is not taken any more, the person is asked
/// again. Put it into [`super::CachedTokens`], so that nobody is asked twice.
#[expect(missing_debug_implementations, reason = "it holds a refresh token")]
pub struct DeviceCode {
    web: WebClient,
    cloud: Cloud,
    tenant: String,
    client_id: String,
    show: Arc<dyn Fn(&DevicePrompt) + Send + Sync>,
    refresh: Mutex<Option<Secret>>,
    pace: Pace,
}

/// Answer of the device authorization endpoint.
#[derive(Deserialize)]
struct Authorization {
    device_code: Zeroized,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    message: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

struct Zeroized(Zeroizing<String>);

impl<'de> Deserialize<'de> for Zeroized {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl DeviceCode {
    /// Signs in to `tenant` (`organizations` when it is not known) as a user of the public client `client_id`, for
    /// example [`EXCHANGE_PUBLIC_CLIENT`]. `show` is called with the code; it must not block.
    #[must_use]
    pub fn new(
        web: &WebClient,
        cloud: &Cloud,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        show: impl Fn(&DevicePrompt) + Send + Sync + 'static,
    ) -> Self {
        Self {
            web: web.clone(),
            cloud: cloud.clone(),
            tenant: tenant.into(),
            client_id: client_id.into(),
            show: Arc::new(show),
            refresh: Mutex::default(),
            pace: PACE,
        }
    }

    async fn request(&self, resource: &str) -> Result<AccessToken, TokenError> {
        let scope = format!("{} offline_access", scope_of(resource));
        let known = self
            .refresh
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(known) = known {
            match self.renew(&known, &scope).await {
                Err(TokenError::Refused(refusal)) if refusal.error == "invalid_grant" => {
                    tracing::debug!(reason = ?refusal.reason, "the refresh token is not taken any more");
                }
                answer => return answer.map(|granted| self.keep(granted)),
            }
        }
        self.sign_in(&scope).await.map(|granted| self.keep(granted))
    }

    fn keep(&self, granted: Granted) -> AccessToken {
        let mut granted = granted;
        if let Some(refresh) = granted.refresh_token.take() {
            *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(refresh);
        }
        granted.token(SystemTime::now())
    }

    async fn renew(&self, known: &Secret, scope: &str) -> Result<Granted, TokenError> {
        let request = WebRequest::post_form(
            token_endpoint(&self.cloud, &self.tenant)?,
            &[
                ("grant_type", "refresh_token"),
                ("client_id", required(&self.client_id, "app (client) id")?),
                ("scope", scope),
                ("refresh_token", known.expose()),
            ],
        );
        let response = ask(&self.web, &request, Clear::Never, Retry::SERVICE).await?;
        granted(self.cloud.authority(), &response)
    }

    async fn sign_in(&self, scope: &str) -> Result<Granted, TokenError> {
        let origin = self.cloud.authority();
        let client_id = required(&self.client_id, "app (client) id")?;
        let request = WebRequest::post_form(
            self.cloud.endpoint(tenant_of(&self.tenant)?, "devicecode"),
            &[("client_id", client_id), ("scope", scope)],
        );
        let response = ask(&self.web, &request, Clear::Never, Retry::SERVICE).await?;
        if !response.is_success() {
            return Err(refused(origin, &response));
        }
        let authorization: Authorization = response.json().map_err(|_| unexpected(origin, &response))?;
        let life = Duration::from_secs(authorization.expires_in);
        let ends = Instant::now() + life;
        (self.show)(&authorization.prompt(life));

        let Pace {
            least,
            usual,
            slower,
            most,
        } = self.pace;
        let mut interval = authorization
            .interval
            .map_or(usual, Duration::from_secs)
            .clamp(least, most);
        let request = WebRequest::post_form(
            token_endpoint(&self.cloud, &self.tenant)?,
            &[
                ("grant_type", GRANT),
                ("client_id", client_id),
                ("device_code", &authorization.device_code.0),
            ],
        );
        loop {
            if Instant::now() + interval >= ends {
                return Err(TokenError::DeviceCode(DeviceCodeFailure::Expired));
            }
            tokio::time::sleep(interval).await;
            let answer = match ask(&self.web, &request, Clear::Never, Retry::SERVICE).await {
                Ok(response) => granted(origin, &response),
                Err(error) => Err(error.into()),
            };
            let error = match answer {
                // The person may be half-way: the code is worth more patience than one failed question.
                Err(error) if error.is_transient() => {
                    tracing::warn!(%error, "asking whether the sign-in is done failed; going on");
                    interval = (interval * 2).min(most);
                    continue;
                }
                Err(TokenError::Refused(refusal)) => refusal,
                answer => return answer,
            };
            match error.error.as_str() {
                "authorization_pending" => {}
                "slow_down" => interval = (interval + slower).min(most),
                "authorization_declined" | "access_denied" if error.reason == RefusalReason::Other => {
                    return Err(TokenError::DeviceCode(DeviceCodeFailure::Declined));
                }
                "expired_token" | "code_expired" => {
                    return Err(TokenError::DeviceCode(DeviceCodeFailure::Expired));
                }
                _ => return Err(TokenError::Refused(error)),
            }
        }
    }
}

impl Authorization {
    fn prompt(&self, expires_in: Duration) -> DevicePrompt {
        let (user_code, verification_uri) = (bounded(&self.user_code), bounded(&self.verification_uri));
        let message = match &self.message {
            Some(message) => bounded(message),
            None => format!("To sign in, open {verification_uri} and enter the code {user_code}."),
        };
        DevicePrompt {
            user_code,
            verification_uri,
            message,
            expires_in,
        }
    }
}

impl TokenSource for DeviceCode {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        Box::pin(self.request(resource))
    }

    fn describe(&self) -> String {
        format!(
            "a person in tenant {} ({}) by device code",
            self.tenant,
            self.cloud.name()
        )
    }
}
