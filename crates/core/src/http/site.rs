//! One host that is spoken to: its connections, cookies and sign-in. A redirection, or a session that is made again, begins
//! a new one, so that nothing of one shell reaches another host or another back end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use psbridge_auth::encrypted::{self, EncryptedType};

use super::HttpOptions;
use super::connect::Connector;
use super::cookies::Cookies;
use super::kerberos::KerberosTicket;
use super::link::{Counters, Link, RawResponse, SendError};
use super::request::RequestHead;
use super::routing::{self, BackEnd};
use super::sign_in::{SignIn, Signed, names, offers};
use super::tls::Tls;
use super::tokens::Tokens;
use crate::exchange::{ExchangeError, PlainRequest, PlainResponse, RedirectRefusal, TlsFailure, WireBytes};
use crate::options::Authentication;

/// What `Authorization` says when the TLS certificate speaks for the client (DSP0226, C.3.1.7).
const MUTUAL: HeaderValue =
    HeaderValue::from_static("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual");
/// The name of the scheme in messages.
const CERTIFICATE: &str = "certificate";
/// A connection that was closed sooner than this had another reason than being idle: a restart of the server, say.
const SHORTEST_IDLE: Duration = Duration::from_secs(1);

/// One host, for the life of one shell.
pub(super) struct Site {
    pub(super) connector: Connector,
    sign_in: SignIn,
    cookies: Cookies,
    authority: HeaderValue,
    hints: HeaderMap,
    back_end: BackEnd,
    https: bool,
    operation_wait: Duration,
    idle: Mutex<Idle>,
    /// The endpoint has taken the credential once.
    accepted: AtomicBool,
}

/// Connections that wait for the next exchange.
#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    /// The server closes connections that were idle about this long.
    limit: Option<Duration>,
}

/// A connection that is signed in.
pub(super) struct Connection {
    link: Link,
    pub(super) signed: Signed,
}

impl Site {
    pub(super) fn new(options: &HttpOptions, counters: Arc<Counters>) -> Result<Self, ExchangeError> {
        let endpoint = &options.endpoint;
        let (host, port, https) = (endpoint.host(), endpoint.port(), endpoint.is_https());
        let sign_in = sign_in(options)?;
        if !https && sign_in.sends_clear_bodies() && !options.allow_basic_over_http {
            return Err(ExchangeError::ClearRefused {
                what: match options.authentication {
                    Authentication::Basic => "a password sent by Basic".into(),
                    Authentication::Bearer | Authentication::BasicBearer => "a bearer token".into(),
                    _ => "a session without sign-in".into(),
                },
            });
        }
        let tls = https
            .then(|| Tls::new(host, &options.tls, options.client_certificate.clone()))
            .transpose()?;
        let limits = &options.limits;
        let authority = HeaderValue::try_from(endpoint.authority())
            .map_err(|error| ExchangeError::Request(format!("host name: {error}")))?;
        Ok(Self {
            connector: Connector {
                host: host.to_owned(),
                port,
                tls,
                route: options.proxy.route(host, port, https)?,
                resolve: options.resolve.clone(),
                connect_timeout: limits.connect_timeout,
                body_timeout: limits.connect_timeout,
                max_body: limits.response_body(),
                counters,
            },
            sign_in,
            cookies: Cookies::default(),
            authority,
            hints: routing::hints(&options.routing_hints)?,
            back_end: BackEnd::default(),
            https,
            operation_wait: limits.operation_timeout + limits.network_delay,
            idle: Mutex::default(),
            accepted: AtomicBool::new(false),
        })
    }

    /// What every request on `path` carries.
    pub(super) fn head<'a>(&'a self, method: &'a str, path: &'a str) -> RequestHead<'a> {
        RequestHead {
            method,
            path,
            authority: &self.authority,
            hints: &self.hints,
            cookies: &self.cookies,
            https: self.https,
        }
    }

    pub(super) async fn run(&self, request: PlainRequest) -> Result<PlainResponse, ExchangeError> {
        let head = self.head(request.method, &request.path);
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
                Err(SendError::NotSent) => return Err(connection.link.why_closed().await),
                Err(SendError::Failed(error)) => return Err(error),
            };
            self.cookies.store(&response.headers, &request.path);
            self.back_end.observe(&response.headers);
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
                match self.token_refused(refused)? {
                    true => {
                        refused = true;
                        continue;
                    }
                    false => return Err(self.refusal(&connection, &response)),
                }
            }
            // Front ends that redirect or are not up have not looked at the credential.
            if matches!(response.status, 200..=299 | 500) {
                self.accepted.store(true, Ordering::Relaxed);
            }
            return self.finish_response(connection, response, wire);
        }
    }

    /// After a 401: whether another token may do better. `again` tells that another one has been tried.
    fn token_refused(&self, again: bool) -> Result<bool, ExchangeError> {
        let accepted = self.accepted.load(Ordering::Relaxed);
        match &self.sign_in {
            SignIn::Tokens(tokens) => {
                let expired = tokens.is_expired();
                tokens.refused();
                if accepted && (tokens.stays() || again) {
                    return Err(ExchangeError::TokenExpired { expired });
                }
                Ok(!again)
            }
            SignIn::Header { token: true, .. } if accepted => {
                Err(ExchangeError::TokenExpired { expired: false })
            }
            _ => Ok(false),
        }
    }

    pub(super) fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle();
        // The one used last is the least likely to have been closed by the server.
        while let Some(connection) = idle.connections.pop() {
            if let Some(after) = connection
                .link
                .closed_after()
                .filter(|after| *after >= SHORTEST_IDLE)
            {
                // A request that crosses the closing cannot be sent again: the next ones are not left to chance.
                let sooner = after * 3 / 4;
                idle.limit = Some(idle.limit.map_or(sooner, |limit| limit.min(sooner)));
            }
            let waited = connection.link.idle();
            if connection.link.is_open() && idle.limit.is_none_or(|limit| waited < limit) {
                return Some(connection);
            }
            tracing::debug!(
                connection = connection.link.number,
                ms = waited.as_millis() as u64,
                "not using an idle connection again"
            );
        }
        None
    }

    /// Closes the connections that wait.
    pub(super) fn hang_up(&self) {
        self.idle().connections.clear();
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the Kerberos ticket for this host says.
    pub(super) fn ticket(&self) -> Option<KerberosTicket> {
        self.sign_in.ticket()
    }

    /// Connects and signs in.
    pub(super) async fn connect(&self, head: &RequestHead<'_>) -> Result<Connection, ExchangeError> {
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
        match (&connection.signed, &self.sign_in) {
            (Signed::Header(value), _) => {
                request.headers_mut().insert(AUTHORIZATION, value.clone());
            }
            (Signed::None, SignIn::Tokens(tokens)) => {
                let value = tokens.header().await.map_err(failed)?;
                request.headers_mut().insert(AUTHORIZATION, value);
            }
            _ => {}
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
            _ if seals && !body.is_empty() => {
                return Err(match redirected(status, &headers) {
                    Some(redirected) => redirected,
                    None => ExchangeError::Unsealed { status, content_type },
                });
            }
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
    pub(super) fn keep(&self, connection: Connection) {
        if connection.link.is_open() {
            self.idle().connections.push(connection);
        }
    }

    fn refusal(&self, connection: &Connection, response: &RawResponse) -> ExchangeError {
        let offered = match offers(response) {
            Ok(offers) => names(&offers),
            Err(error) => return error.into(),
        };
        match &self.sign_in {
            SignIn::None => ExchangeError::NotOffered {
                wanted: "sessions without sign-in".into(),
                offered,
            },
            SignIn::Header {
                scheme: CERTIFICATE, ..
            } if !connection.link.certificate.asked => {
                ExchangeError::Tls(TlsFailure::ClientCertificateNotAsked)
            }
            SignIn::Header { scheme, .. }
                if *scheme != CERTIFICATE
                    && !offered.iter().any(|name| name.eq_ignore_ascii_case(scheme)) =>
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
            SignIn::Tokens(tokens) => ExchangeError::Rejected {
                scheme: if tokens.stays() { "Basic" } else { "Bearer" }.into(),
                status: response.status,
                offered,
            },
            SignIn::CredSsp { .. } => ExchangeError::Rejected {
                scheme: "CredSSP".into(),
                status: response.status,
                offered,
            },
            SignIn::Handshake(_) | SignIn::Ntlm(_) => ExchangeError::Rejected {
                scheme: "Negotiate".into(),
                status: response.status,
                offered,
            },
        }
    }
}

/// How the options sign in.
fn sign_in(options: &HttpOptions) -> Result<SignIn, ExchangeError> {
    let endpoint = &options.endpoint;
    let missing = |needs| ExchangeError::MissingCredential {
        scheme: options.authentication.name().into(),
        needs,
    };
    match (options.authentication, &options.tokens) {
        (Authentication::Bearer | Authentication::BasicBearer, Some(source)) => {
            let user = match (options.authentication, &options.user) {
                (Authentication::BasicBearer, None) => return Err(missing("a user")),
                (Authentication::BasicBearer, user) => user.clone(),
                _ => None,
            };
            Ok(SignIn::Tokens(Tokens::new(
                Arc::clone(source),
                options.resource(),
                user,
            )))
        }
        (Authentication::Certificate, _) => {
            if !endpoint.is_https() {
                return Err(ExchangeError::ClearRefused {
                    what: "signing in with a client certificate, which is a part of TLS,".into(),
                });
            }
            let certificate = options
                .client_certificate
                .as_ref()
                .ok_or_else(|| missing("a client certificate"))?;
            certificate
                .check_validity(SystemTime::now())
                .map_err(ExchangeError::Certificate)?;
            Ok(SignIn::Header {
                scheme: CERTIFICATE,
                value: MUTUAL,
                token: false,
            })
        }
        _ => SignIn::new(options),
    }
}

/// Where a status and its headers send the client, as data.
pub(super) fn redirected(status: u16, headers: &HeaderMap) -> Option<ExchangeError> {
    matches!(status, 301 | 302 | 303 | 307 | 308).then(|| ExchangeError::Redirected {
        status,
        location: headers
            .get(LOCATION)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        refusal: RedirectRefusal::NotAllowed,
    })
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
pub(super) fn readable_headers(headers: &HeaderMap, content_type: Option<String>) -> Vec<(String, String)> {
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
