//! The exchange over HTTP: connections, TLS, signing in, sealing, cookies.
//!
//! A connection owns its security context. Both serve one exchange at a time and are dropped together after any error,
//! because the cipher state of a context moves on with every message.

mod cookies;
mod kerberos;
mod link;
mod plain;
mod proxy;
mod redirect;
pub mod probe;
mod request;
mod sign_in;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tls;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use psbridge_auth::encrypted::{self, EncryptedType};

use self::cookies::Cookies;
use self::link::{Connector, Counters, Link, RawResponse, SendError};
use self::request::RequestHead;
use self::sign_in::{SignIn, Signed, names, offers};
use self::tls::Tls;
pub use self::proxy::Proxy;
pub use self::redirect::Redirection;
pub use self::kerberos::{KerberosOptions, KerberosSource};
pub use self::tls::TlsOptions;
pub(crate) use self::plain::{PlainClient, PlainOptions};
use crate::endpoint::Endpoint;
use crate::exchange::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Traffic, WireBytes};
use crate::options::{Authentication, Limits};
use crate::secret::Secret;

/// What [`HttpExchange::new`] needs to know.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
#[derive(Clone)]
pub struct HttpOptions {
    /// Where to.
    pub endpoint: Endpoint,
    /// How to sign in.
    pub authentication: Authentication,
    /// Who signs in: `user`, `DOMAIN\user` or `user@domain`.
    pub user: Option<String>,
    /// The password, or the token for [`Authentication::Bearer`].
    pub secret: Option<Secret>,
    /// Whom to trust on https.
    pub tls: TlsOptions,
    /// Sizes and times.
    pub limits: Limits,
    /// Lets passwords, tokens and content leave unprotected on plain HTTP. Off unless insisted on.
    pub allow_basic_over_http: bool,
    /// The service principal name of the endpoint; `HTTP/host` for Exchange, else `host/host`, when not given.
    pub spn: Option<String>,
    /// How Kerberos signs in.
    pub kerberos: KerberosOptions,
    /// Lets [`Authentication::Negotiate`] fall back to NTLM when Kerberos was tried and failed.
    pub allow_ntlm: bool,
    /// The proxy on the way.
    pub proxy: Proxy,
    /// Headers that lead a request to the right server behind a balancer, `X-AnchorMailbox` for example. Their names
    /// begin with `X-`.
    pub routing_hints: Vec<(String, String)>,
}

impl HttpOptions {
    /// Options without a credential.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            authentication: Authentication::None,
            user: None,
            secret: None,
            tls: TlsOptions::default(),
            limits: Limits::default(),
            allow_basic_over_http: false,
            spn: None,
            kerberos: KerberosOptions::default(),
            allow_ntlm: false,
            proxy: Proxy::none(),
            routing_hints: Vec::new(),
        }
    }
}

/// [`Exchange`] over HTTP/1.1.
#[expect(missing_debug_implementations, reason = "it holds a credential")]
pub struct HttpExchange {
    connector: Connector,
    sign_in: SignIn,
    cookies: Cookies,
    authority: HeaderValue,
    https: bool,
    operation_wait: Duration,
    idle: Mutex<Vec<Connection>>,
}

/// A connection that is signed in.
struct Connection {
    link: Link,
    signed: Signed,
}

impl HttpExchange {
    /// Prepares the exchange; nothing is sent before the first request.
    ///
    /// # Errors
    /// [`ExchangeError::MissingCredential`], [`ExchangeError::Unsupported`], [`ExchangeError::ClearRefused`] when a
    /// password or content would leave unprotected, [`ExchangeError::Tls`] when authorities cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Self, ExchangeError> {
        let endpoint = &options.endpoint;
        let service = if endpoint.is_exchange() { "HTTP" } else { "host" };
        let service = options
            .spn
            .clone()
            .unwrap_or_else(|| format!("{service}/{}", endpoint.host()));
        let sign_in = SignIn::new(
            options.authentication,
            options.user.as_deref(),
            options.secret.as_ref(),
            service,
        )?;
        if !endpoint.is_https() && sign_in.sends_clear_bodies() && !options.allow_basic_over_http {
            return Err(ExchangeError::ClearRefused {
                what: match options.authentication {
                    Authentication::Basic => "a password sent by Basic".into(),
                    Authentication::Bearer => "a bearer token".into(),
                    _ => "a session without sign-in".into(),
                },
            });
        }
        let tls = endpoint
            .is_https()
            .then(|| Tls::new(endpoint.host(), &options.tls))
            .transpose()?;
        let limits = &options.limits;
        let authority = HeaderValue::try_from(endpoint.authority())
            .map_err(|error| ExchangeError::Request(format!("host name: {error}")))?;
        Ok(Self {
            connector: Connector {
                host: endpoint.host().to_owned(),
                port: endpoint.port(),
                tls,
                connect_timeout: limits.connect_timeout,
                body_timeout: limits.connect_timeout,
                max_body: limits.response_body(),
                counters: Arc::new(Counters::default()),
            },
            sign_in,
            cookies: Cookies::default(),
            authority,
            https: endpoint.is_https(),
            operation_wait: limits.operation_timeout + limits.network_delay,
            idle: Mutex::default(),
        })
    }

    async fn run(&self, request: PlainRequest) -> Result<PlainResponse, ExchangeError> {
        let head = RequestHead {
            method: request.method,
            path: &request.path,
            authority: &self.authority,
            cookies: &self.cookies,
            https: self.https,
        };
        let headers = plain_headers(&request.headers)?;
        let mut refused = false;
        loop {
            // After a refusal only a connection that signs in anew can do better.
            let idle = if refused { None } else { self.take_idle() };
            let fresh = idle.is_none();
            let mut connection = match idle {
                Some(connection) => connection,
                None => self.connect(&head).await?,
            };
            let (response, wire) = match self.send(&mut connection, &head, &headers, &request.body).await {
                Ok(sent) => sent,
                Err(SendError::NotSent) if !fresh => continue,
                Err(SendError::NotSent) => {
                    let reason = "the endpoint closed it at once".to_owned();
                    return Err(ExchangeError::Lost {
                        answer_begun: false,
                        reason,
                    });
                }
                Err(SendError::Failed(error)) => return Err(error),
            };
            self.cookies.store(&response.headers, &request.path);
            // Either says that nothing was processed, and that this connection is not signed in (any more).
            if (response.status == 401 || (response.status == 400 && response.body.is_empty()))
                && matches!(connection.signed, Signed::Context(_))
                && !refused
            {
                tracing::debug!(
                    connection = connection.link.number,
                    status = response.status,
                    "signing in again"
                );
                refused = true;
                continue;
            }
            if response.status == 401 {
                return Err(self.refusal(&response));
            }
            return self.finish_response(connection, response, wire);
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The one used last is the least likely to have been closed by the server.
        while let Some(connection) = idle.pop() {
            if connection.link.is_open() {
                return Some(connection);
            }
            tracing::debug!(
                connection = connection.link.number,
                "the endpoint has closed an idle connection"
            );
        }
        None
    }

    async fn connect(&self, head: &RequestHead<'_>) -> Result<Connection, ExchangeError> {
        let mut link = self.connector.connect().await?;
        let signed = self.sign_in.run(&self.connector, &mut link, head).await?;
        Ok(Connection { link, signed })
    }

    fn seals(&self, connection: &Connection) -> bool {
        // TLS protects the whole exchange already.
        !self.https && matches!(connection.signed, Signed::Context(_))
    }

    async fn send(
        &self,
        connection: &mut Connection,
        head: &RequestHead<'_>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<(RawResponse, WireBytes), SendError> {
        let seals = self.seals(connection);
        let (body, sealed_type) = match &mut connection.signed {
            Signed::Context(context) if seals => {
                let sealed =
                    encrypted::seal_body(context.as_mut(), body).map_err(|error| failed(error.into()))?;
                (Bytes::from(sealed.body), Some(sealed.content_type))
            }
            _ => (body.clone(), None),
        };
        let sent = body.len();
        let mut request = head.build(Full::new(body), sent).map_err(failed)?;
        request.headers_mut().extend(headers.clone());
        if let Some(text) = sealed_type {
            let value = HeaderValue::try_from(text)
                .map_err(|error| failed(ExchangeError::Request(error.to_string())))?;
            request.headers_mut().insert(CONTENT_TYPE, value);
        }
        if let Signed::Header(value) = &connection.signed {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        let response = connection.link.send(request, self.operation_wait).await?;
        let wire = WireBytes {
            request: sent as u64,
            response: response.body.len() as u64,
        };
        Ok((response, wire))
    }

    /// Unseals the body and puts the connection back.
    fn finish_response(
        &self,
        mut connection: Connection,
        response: RawResponse,
        wire: WireBytes,
    ) -> Result<PlainResponse, ExchangeError> {
        let seals = self.seals(&connection);
        let content_type = response.content_type().map(str::to_owned);
        let RawResponse {
            status,
            headers,
            body,
            timing,
        } = response;
        let encrypted = content_type
            .as_deref()
            .filter(|text| EncryptedType::parse(text).is_some());
        let (body, content_type) = match (&mut connection.signed, encrypted) {
            (Signed::Context(context), Some(sealed_type)) => {
                let opened = encrypted::open_body(context.as_mut(), sealed_type, body)?;
                (opened.body, Some(opened.content_type))
            }
            // Nothing to believe or disbelieve in an empty body; the status alone only ever makes an error.
            _ if seals && !body.is_empty() => return Err(ExchangeError::Unsealed { status, content_type }),
            _ => (Bytes::from(body), content_type),
        };
        let response = PlainResponse {
            status,
            headers: readable_headers(&headers, content_type),
            body,
            connection: connection.link.number,
            timing,
            wire,
        };
        self.keep(connection);
        Ok(response)
    }

    /// Keeps the connection for the next exchange.
    fn keep(&self, connection: Connection) {
        if connection.link.is_open() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
        }
    }

    fn refusal(&self, response: &RawResponse) -> ExchangeError {
        let offered = match offers(response) {
            Ok(offers) => names(&offers),
            Err(error) => return error.into(),
        };
        match &self.sign_in {
            SignIn::None => ExchangeError::NotOffered {
                wanted: "sessions without sign-in".into(),
                offered,
            },
            SignIn::Header { scheme, .. }
                if !offered.iter().any(|name| name.eq_ignore_ascii_case(scheme)) =>
            {
                ExchangeError::NotOffered {
                    wanted: (*scheme).to_owned(),
                    offered,
                }
            }
            SignIn::Header { scheme, .. } => ExchangeError::Rejected {
                scheme: (*scheme).to_owned(),
                status: response.status,
                offered,
            },
            SignIn::Handshake { .. } => ExchangeError::Rejected {
                scheme: "Negotiate".into(),
                status: response.status,
                offered,
            },
        }
    }
}

impl Exchange for HttpExchange {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        Box::pin(self.run(request))
    }

    fn traffic(&self) -> Traffic {
        self.connector.counters.snapshot()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Box::pin(async { Ok(()) })
    }
}

fn failed(error: ExchangeError) -> SendError {
    SendError::Failed(error)
}

fn plain_headers(headers: &[(String, String)]) -> Result<HeaderMap, ExchangeError> {
    let wrong = |error: &dyn std::fmt::Display| ExchangeError::Request(error.to_string());
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|error| wrong(&error))?;
        map.append(
            name,
            HeaderValue::try_from(value.as_str()).map_err(|error| wrong(&error))?,
        );
    }
    Ok(map)
}

/// The headers of the plain response: as received, but the content type is that of the plain body.
fn readable_headers(headers: &HeaderMap, content_type: Option<String>) -> Vec<(String, String)> {
    let mut plain: Vec<(String, String)> = headers
        .iter()
        .filter(|(name, _)| *name != CONTENT_TYPE)
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    if let Some(content_type) = content_type {
        plain.insert(0, ("content-type".to_owned(), content_type));
    }
    plain
}
