//! The listener of the cloud: one address, TLS for the services with names and plain HTTP for the machine's identity.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::form_urlencoded;

use super::handle::Shared;
use super::order::{Ordered, ordered};
use super::seen::SeenRequest;
use super::{exchange, graph, identity, login, vault};
use crate::http::body::Cut;
use crate::http::stopped;

const MAX_BODY: usize = 1 << 20;
const TIME: Duration = Duration::from_secs(30);

/// A service of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// The token endpoint and device codes.
    Login,
    /// Microsoft Graph.
    Graph,
    /// The key vaults.
    Vault,
    /// Exchange Online's REST front.
    Exchange,
    /// The identity of a virtual machine.
    Imds,
    /// The identity of App Service, Functions and Container Apps.
    AppService,
    /// The identity of Automation.
    Automation,
    /// A host that is none of the cloud's.
    Unknown,
}

impl Service {
    /// What the service says with a status that was ordered.
    pub(crate) fn words(self, code: u16) -> Reply {
        let text = match code {
            401 => "The token is not accepted.",
            403 => "Insufficient privileges to complete the operation.",
            404 => "Resource not found.",
            410 => "The service is being updated.",
            429 => "Too many requests.",
            _ => "The service is temporarily unavailable.",
        };
        match self {
            Self::Graph => graph::refuse(code, graph::code_of(code), text),
            Self::Vault => vault::refuse(code, if code == 429 { "Throttled" } else { "Unavailable" }, text),
            Self::Exchange if code == 403 => exchange::forbidden(),
            Self::Exchange => Reply::text(code, text),
            _ => Reply::json(
                code,
                &json!({"error": "temporarily_unavailable", "error_description": text}),
            ),
        }
    }
}

/// A request, read.
pub(crate) struct Call {
    /// It came by TLS.
    pub(crate) secure: bool,
    /// In lower case, without the port.
    pub(crate) host: String,
    /// The whole of it, as it was addressed.
    pub(crate) origin: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        field(&self.query, name)
    }

    /// The fields of a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn is_form(&self) -> bool {
        self.media_type() == Some("application/x-www-form-urlencoded")
    }

    /// The body as JSON, when it says that it is.
    pub(crate) fn json(&self) -> Option<Value> {
        (self.media_type() == Some("application/json"))
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    fn media_type(&self) -> Option<&str> {
        self.header("content-type")?.split(';').next().map(str::trim)
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }
}

/// The field of this name, if it is there once.
pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(key, _)| key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, "text/plain", body.into())
    }

    pub(crate) fn bytes(status: u16, kind: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type", kind.to_owned())],
            body,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            match HeaderValue::from_str(&value) {
                Ok(value) => {
                    response
                        .headers_mut()
                        .append(HeaderName::from_static(name), value);
                }
                Err(error) => tracing::error!(name, %error, "an answer's header is left out"),
            }
        }
        response
    }
}

/// Serves until the lab stops.
pub(crate) async fn run(
    shared: Arc<Shared>,
    socket: TcpListener,
    tls: TlsAcceptor,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = socket.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(admit(Arc::clone(&shared), stream, peer, tls.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(socket);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(5), finish)
        .await
        .is_err()
    {
        connections.shutdown().await;
    }
}

async fn admit(
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: TlsAcceptor,
    stop: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut first = [0];
    // The first byte of a TLS handshake is 22; no HTTP method begins with it.
    let secure = match tokio::time::timeout(TIME, stream.peek(&mut first)).await {
        Ok(Ok(1)) => first == [22],
        _ => return,
    };
    if !secure {
        return serve(shared, stream, None, stop).await;
    }
    match tokio::time::timeout(TIME, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let name = stream
                .get_ref()
                .1
                .server_name()
                .unwrap_or_default()
                .to_ascii_lowercase();
            serve(shared, stream, Some(name), stop).await;
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

/// `name` is the one that the client gave in its TLS handshake, none without TLS.
async fn serve(
    shared: Arc<Shared>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    name: Option<String>,
    mut stop: watch::Receiver<bool>,
) {
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_mins(2))
        .serve_connection(
            TokioIo::new(stream),
            service_fn(|request| answer(Arc::clone(&shared), name.clone(), request)),
        );
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer(
    shared: Arc<Shared>,
    name: Option<String>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(TIME, Limited::new(body, MAX_BODY).collect())
        .await
        .map_err(|_| Cut)?
        .map_err(|_| Cut)?
        .to_bytes();
    let addressed = head
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let host = match addressed.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host.to_owned(),
        _ => addressed.clone(),
    };
    let query = head.uri.query().unwrap_or_default();
    let scheme = if name.is_some() { "https" } else { "http" };
    let call = Call {
        secure: name.is_some(),
        origin: format!("{scheme}://{addressed}"),
        method: head.method,
        path: head.uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: head.headers,
        body,
        host,
    };
    if name.is_some_and(|name| name != call.host) {
        return Ok(Reply::text(421, "The host is not the one of the TLS handshake.").into_response());
    }
    decide(&shared, &call).map(Reply::into_response)
}

/// The answer; an error closes the connection.
fn decide(shared: &Shared, call: &Call) -> Result<Reply, Cut> {
    let service = shared.names.service(call);
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let mut seen = SeenRequest::new(service, call);
    let reply = match ordered(&mut state.orders, service, call) {
        Some(Ordered::Close) => None,
        Some(Ordered::Answer(reply)) => Some(reply),
        Some(Ordered::Refuse(refusal)) => {
            seen.refused = Some(refusal.number());
            Some(refusal.reply())
        }
        None => Some(match service {
            Service::Login => login::answer(shared, &mut state, call, &mut seen),
            Service::Graph => graph::answer(shared, &mut state, call, &mut seen),
            Service::Vault => vault::answer(shared, &mut state, call, &mut seen),
            Service::Exchange => exchange::answer(shared, &mut state, call, &mut seen),
            Service::Imds | Service::AppService | Service::Automation => {
                identity::answer(service, shared, &mut state, call, &mut seen)
            }
            Service::Unknown if call.secure => Reply::empty(404),
            Service::Unknown => Reply::text(403, "Nothing is answered here without TLS."),
        }),
    };
    seen.status = reply.as_ref().map(|reply| reply.status);
    tracing::debug!(?service, method = %call.method, path = %call.path, status = ?seen.status, "the cloud answered");
    state.seen.push(seen);
    reply.ok_or(Cut)
}
