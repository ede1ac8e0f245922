//! Who calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::header::{ACCEPT, HOST, HeaderName, HeaderValue, USER_AGENT};
use url::Url;
use zeroize::Zeroizing;

use super::{WebError, WebRequest, WebResponse};
use crate::http::{PlainClient, PlainOptions, Proxy, TlsOptions};

const OWN_NAME: &str = concat!("psbridge/", env!("CARGO_PKG_VERSION"));

/// How calls are made.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the proxy may hold a secret")]
pub struct WebOptions {
    /// Whom to trust.
    pub tls: TlsOptions,
    /// The proxy on the way.
    pub proxy: Proxy,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for an answer to begin, and longest silence in the middle of it.
    pub timeout: Duration,
    /// Largest answer in bytes.
    pub max_body: u64,
}

impl Default for WebOptions {
    fn default() -> Self {
        Self {
            tls: TlsOptions::default(),
            proxy: Proxy::none(),
            connect_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            max_body: 4 * 1024 * 1024,
        }
    }
}

/// Calls https addresses. Cheap to clone; connections are kept open and used again by all clones, and closed when the
/// last one is dropped.
///
/// ```no_run
/// use psbridge::web::{WebClient, WebOptions, WebRequest};
///
/// # async fn example() -> Result<(), psbridge::web::WebError> {
/// let web = WebClient::new(WebOptions::default());
/// let response = web.send(WebRequest::get("https://graph.microsoft.com/v1.0/$metadata")).await?;
/// println!("{}", response.status);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the proxy may hold a secret")]
pub struct WebClient {
    inner: Arc<Inner>,
}

struct Inner {
    options: WebOptions,
    origins: Mutex<HashMap<String, Arc<PlainClient>>>,
}

/// Which plain HTTP is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clear {
    /// None.
    Never,
    /// The caller has made sure that the address is one of this machine.
    Local,
}

impl Default for WebClient {
    fn default() -> Self {
        Self::new(WebOptions::default())
    }
}

impl WebClient {
    /// Prepares calls; authorities are read at the first one.
    #[must_use]
    pub fn new(options: WebOptions) -> Self {
        Self {
            inner: Arc::new(Inner {
                options,
                origins: Mutex::default(),
            }),
        }
    }

    /// The same without a proxy: for the identity endpoints of the machine itself.
    pub(crate) fn direct(&self) -> Self {
        let mut options = self.inner.options.clone();
        options.proxy = Proxy::none();
        Self::new(options)
    }

    /// The same with shorter waits.
    pub(crate) fn within(&self, connect_timeout: Duration, timeout: Duration) -> Self {
        let mut options = self.inner.options.clone();
        options.connect_timeout = connect_timeout;
        options.timeout = timeout;
        Self::new(options)
    }

    /// Calls, and gathers the whole answer. Redirections are answers like any other.
    ///
    /// # Errors
    /// [`WebError::ClearRefused`] for anything but https, [`WebError::Url`], [`WebError::Exchange`]. An answer of any
    /// status is `Ok`.
    pub async fn send(&self, request: WebRequest) -> Result<WebResponse, WebError> {
        self.send_with(request, Clear::Never).await
    }

    pub(crate) async fn send_with(&self, request: WebRequest, clear: Clear) -> Result<WebResponse, WebError> {
        let url = Url::parse(&request.url).map_err(|error| WebError::Url {
            url: without_query(&request.url).to_owned(),
            reason: error.to_string(),
        })?;
        let wrong = |reason: String| WebError::Url {
            url: without_query(&request.url).to_owned(),
            reason,
        };
        let https = match url.scheme() {
            "https" => true,
            "http" if clear == Clear::Local => false,
            _ => {
                return Err(WebError::ClearRefused {
                    origin: url.origin().ascii_serialization(),
                });
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it holds a user or password".into()));
        }
        let origin = url.origin().ascii_serialization();
        let client = self.client(&url, https, &origin)?;
        let path = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let mut head = Request::builder()
            .method(request.method)
            .uri(path)
            .header(HOST, origin.split("//").nth(1).unwrap_or_default())
            .header(USER_AGENT, OWN_NAME)
            .header(ACCEPT, "application/json");
        for (name, value) in &request.headers {
            let name = HeaderName::try_from(name.as_str()).map_err(|error| wrong(error.to_string()))?;
            // The error of a wrong value must not show it.
            let mut value = HeaderValue::try_from(value.as_str())
                .map_err(|_| wrong(format!("the value of the header {name} is none")))?;
            value.set_sensitive(true);
            head = head.header(name, value);
        }
        let message = head
            .body(Full::new(request.body.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        tracing::debug!(method = request.method, %origin, path = url.path(), "calling");
        let (status, headers, body) = client.call(message).await.map_err(|source| WebError::Exchange {
            origin: origin.clone(),
            source,
        })?;
        tracing::debug!(status, %origin, "answered");
        let headers = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        Ok(WebResponse {
            status,
            headers,
            body: Zeroizing::new(body),
        })
    }

    fn client(&self, url: &Url, https: bool, origin: &str) -> Result<Arc<PlainClient>, WebError> {
        let mut origins = self.inner.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = origins.get(origin) {
            return Ok(Arc::clone(client));
        }
        let options = &self.inner.options;
        let host = match url.host() {
            Some(url::Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let client = PlainClient::new(&PlainOptions {
            host: &host,
            port: url.port_or_known_default().unwrap_or_default(),
            tls: https.then_some(&options.tls),
            proxy: &options.proxy,
            connect_timeout: options.connect_timeout,
            timeout: options.timeout,
            max_body: options.max_body,
        })
        .map(Arc::new)
        .map_err(|source| WebError::Exchange {
            origin: origin.to_owned(),
            source,
        })?;
        origins.insert(origin.to_owned(), Arc::clone(&client));
        Ok(client)
    }
}

/// An address without what may be secret in it.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
