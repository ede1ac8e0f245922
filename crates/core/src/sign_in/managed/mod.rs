//! Managed identities: the platform vouches for the machine or the app.
//!
//! The identity endpoints are on the machine itself or on its link. They are spoken to by plain HTTP, never through a
//! proxy, and nowhere else.

mod arc;
mod endpoint;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use serde::Deserialize;

pub use self::endpoint::IdentityEndpoint;
use super::ask::{Retry, ask, bounded, granted, unexpected};
use super::credentials::required;
use super::{AccessToken, TokenError, TokenSource};
use crate::exchange::{BoxFuture, ExchangeError};
use crate::web::{Clear, WebClient, WebError, WebRequest, WebResponse};

/// Who is not on Azure finds nobody at the link-local address; one must not wait long to learn that.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TIMEOUT: Duration = Duration::from_secs(30);

/// As Azure's documentation asks: 404 and 410 while identities and hosts are being updated, 429, and 5xx.
pub(super) const IMDS: Retry = Retry {
    attempts: 6,
    first: Duration::from_millis(800),
    gone: Duration::from_secs(3),
    again: |status| matches!(status, 404 | 410 | 429 | 500..),
};

/// The managed identity of this machine or app: the system's, or one that was assigned by a user.
///
/// ```no_run
/// use psbridge::Cloud;
/// use psbridge::sign_in::{ManagedIdentity, TokenSource};
/// use psbridge::web::WebClient;
///
/// # async fn example() -> Result<(), psbridge::sign_in::TokenError> {
/// let identity = ManagedIdentity::client_id(&WebClient::default(), "00001111-aaaa-2222-bbbb-3333cccc4444");
/// let token = identity.token(Cloud::default().audience()).await?;
/// # Ok(())
/// # }
/// ```
#[expect(missing_debug_implementations, reason = "its endpoint may hold a secret")]
pub struct ManagedIdentity {
    web: WebClient,
    which: Which,
    endpoint: Option<IdentityEndpoint>,
    /// How a metadata service that is not ready is asked again.
    patience: Retry,
}

/// Which identity.
enum Which {
    System,
    Client(String),
    Object(String),
    Resource(String),
}

impl ManagedIdentity {
    fn new(web: &WebClient, which: Which) -> Self {
        Self {
            web: web.direct().within(CONNECT_TIMEOUT, TIMEOUT),
            which,
            endpoint: None,
            patience: IMDS,
        }
    }

    /// The identity of the machine or app itself.
    #[must_use]
    pub fn system(web: &WebClient) -> Self {
        Self::new(web, Which::System)
    }

    /// An assigned identity, by its client id.
    #[must_use]
    pub fn client_id(web: &WebClient, id: impl Into<String>) -> Self {
        Self::new(web, Which::Client(id.into()))
    }

    /// An assigned identity, by the object id of its service principal.
    #[must_use]
    pub fn object_id(web: &WebClient, id: impl Into<String>) -> Self {
        Self::new(web, Which::Object(id.into()))
    }

    /// An assigned identity, by its resource id (`/subscriptions/…`).
    #[must_use]
    pub fn resource_id(web: &WebClient, id: impl Into<String>) -> Self {
        Self::new(web, Which::Resource(id.into()))
    }

    /// Asks this endpoint instead of the one that the environment names.
    #[must_use]
    pub fn endpoint(mut self, endpoint: IdentityEndpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    async fn request(&self, resource: &str) -> Result<AccessToken, TokenError> {
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => IdentityEndpoint::from_environment()?,
        };
        let url = endpoint.address(resource.trim_end_matches("/.default"), self.selector(&endpoint)?)?;
        let origin = url.origin().ascii_serialization();
        let mut request = WebRequest::get(url.as_str());
        for (name, value) in endpoint.headers() {
            request = request.header(name, value);
        }
        let retry = if matches!(endpoint, IdentityEndpoint::Imds { .. }) {
            self.patience
        } else {
            Retry::SERVICE
        };
        let mut response = ask(&self.web, &request, Clear::Local, retry)
            .await
            .map_err(|error| nobody(&endpoint, error))?;
        if matches!(endpoint, IdentityEndpoint::Arc { .. }) && response.status == 401 {
            let proof = arc::answer(&response).await?;
            let request = request.header("Authorization", proof.as_str());
            response = ask(&self.web, &request, Clear::Local, retry).await?;
        }
        if response.is_success() {
            return Ok(granted(&origin, &response)?.token(SystemTime::now()));
        }
        Err(refused(&origin, &response))
    }

    /// The query parameter that names an assigned identity; each platform has its own.
    fn selector(&self, endpoint: &IdentityEndpoint) -> Result<Option<(&'static str, &str)>, TokenError> {
        let (name, id) = match (&self.which, endpoint) {
            (Which::System, _) => return Ok(None),
            (_, IdentityEndpoint::Arc { .. }) => {
                return Err(TokenError::configuration(
                    "Azure Arc knows the identity of the system only; do not name one",
                ));
            }
            (Which::Client(id), _) => ("client_id", id),
            (Which::Object(id), IdentityEndpoint::AppService { .. }) => ("principal_id", id),
            (Which::Object(id), _) => ("object_id", id),
            (Which::Resource(id), IdentityEndpoint::Imds { .. }) => ("msi_res_id", id),
            (Which::Resource(id), _) => ("mi_res_id", id),
        };
        Ok(Some((name, required(id, "id of the managed identity")?)))
    }
}

impl TokenSource for ManagedIdentity {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        Box::pin(self.request(resource))
    }

    fn describe(&self) -> String {
        match &self.which {
            Which::System => "the managed identity of the system".to_owned(),
            Which::Client(id) => format!("the managed identity with client id {id}"),
            Which::Object(id) => format!("the managed identity with object id {id}"),
            Which::Resource(id) => format!("the managed identity {id}"),
        }
    }
}

/// Nobody at the address means that this is no machine with an identity.
fn nobody(endpoint: &IdentityEndpoint, error: WebError) -> TokenError {
    match error.exchange() {
        Some(
            ExchangeError::Connect { .. }
            | ExchangeError::ConnectTimeout { .. }
            | ExchangeError::Resolve { .. },
        ) => TokenError::NoManagedIdentity {
            reason: format!("nobody answers at {} ({error})", endpoint.kind()),
        },
        _ => error.into(),
    }
}

/// The errors of the identity endpoints: OAuth's, or those of App Service.
fn refused(origin: &str, response: &WebResponse) -> TokenError {
    #[derive(Deserialize)]
    struct Refused {
        #[serde(default)]
        error: Option<serde_json::Value>,
        #[serde(default)]
        error_description: Option<String>,
        #[serde(default, alias = "Message")]
        message: Option<String>,
        #[serde(default, rename = "statusCode")]
        _status: Option<u16>,
    }
    if response.status == 429 || response.status == 503 {
        return TokenError::Throttled {
            endpoint: origin.to_owned(),
            status: response.status,
            retry_after: response.retry_after(SystemTime::now()),
        };
    }
    let Ok(refused) = response.json::<Refused>() else {
        return unexpected(origin, response);
    };
    let (mut error, mut message) = (String::new(), refused.error_description.or(refused.message));
    match refused.error {
        Some(serde_json::Value::String(text)) => error = bounded(&text),
        Some(serde_json::Value::Object(inner)) => {
            let text = |name: &str| inner.get(name).and_then(serde_json::Value::as_str);
            error = text("code").map(bounded).unwrap_or_default();
            message = message.or_else(|| text("message").map(str::to_owned));
        }
        _ => {}
    }
    if error.is_empty() && message.is_none() {
        return unexpected(origin, response);
    }
    TokenError::ManagedIdentity {
        status: response.status,
        error,
        message: bounded(message.as_deref().unwrap_or("no reason given").trim()),
    }
}
