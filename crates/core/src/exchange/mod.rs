//! The lower seam: one plain request, one plain response.
//!
//! Whoever implements [`Exchange`] owns what lies below: TCP and TLS, signing in, sealing and unsealing, cookies. What
//! crosses the seam is plain text, which is what makes recording and replay possible at this place.

mod error;
mod proxy_failure;
mod recording;
mod redirect_refusal;
mod replay;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

pub use error::{ExchangeError, TlsFailure};
pub use proxy_failure::{ProxyFailure, SocksReply};
pub use recording::RecordingExchange;
pub use redirect_refusal::RedirectRefusal;
pub use replay::ReplayExchange;

/// A boxed future, so that the seams can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a request is for. It decides how long the answer may take and which connection serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Asks or changes something once.
    Operation,
    /// A long poll: waits at the server for output. The only kind that may be sent again after a broken connection.
    Receive,
    /// Stopping, freeing, closing: goes ahead while everything else is torn down.
    CleanUp,
}

/// One request in plain text.
#[derive(Debug, Clone)]
pub struct PlainRequest {
    /// The HTTP method; WS-Management only knows `POST`.
    pub method: &'static str,
    /// Path and query on the endpoint.
    pub path: String,
    /// Headers beyond those that the layer below writes itself (host, length, cookies, authorization).
    pub headers: Vec<(String, String)>,
    /// The body before sealing.
    pub body: Bytes,
    /// What the request is for.
    pub lane: Lane,
}

impl PlainRequest {
    /// A SOAP request as WS-Management sends it.
    #[must_use]
    pub fn soap(path: impl Into<String>, body: impl Into<Bytes>, lane: Lane) -> Self {
        Self {
            method: "POST",
            path: path.into(),
            headers: vec![("Content-Type".into(), SOAP_CONTENT_TYPE.into())],
            body: body.into(),
            lane,
        }
    }
}

/// The content type of a plain SOAP 1.2 body.
pub const SOAP_CONTENT_TYPE: &str = "application/soap+xml;charset=UTF-8";

/// One response in plain text.
#[derive(Debug, Clone)]
pub struct PlainResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers as received; after unsealing, `Content-Type` is the one of the plain body.
    pub headers: Vec<(String, String)>,
    /// The body after unsealing.
    pub body: Bytes,
    /// Numbers the connection that carried the exchange, from 1.
    pub connection: u64,
    /// How long it took.
    pub timing: Timing,
    /// Bytes of both bodies as they travelled.
    pub wire: WireBytes,
}

impl PlainResponse {
    /// The first header of this name, compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// How long an exchange took, counted from the moment its request was handed to the connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timing {
    /// Until the head of the response.
    pub first_byte: Duration,
    /// Until the end of its body.
    pub total: Duration,
}

/// Body sizes on the wire, sealed where sealing is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WireBytes {
    /// Bytes of the request body.
    pub request: u64,
    /// Bytes of the response body.
    pub response: u64,
}

/// What an exchange has moved since it began, the legs of signing in included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were answered.
    pub round_trips: u64,
    /// TCP connections opened.
    pub connections: u64,
    /// Bytes of request bodies as they travelled.
    pub bytes_sent: u64,
    /// Bytes of response bodies as they travelled.
    pub bytes_received: u64,
}

/// Sends one plain request and brings its plain response.
///
/// Any number of exchanges may run at once; each occupies a connection of its own for as long as it lasts. Dropping the
/// future abandons the exchange together with its connection.
///
/// # Example: an endpoint made of canned answers
///
/// ```
/// use psbridge::exchange::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Traffic};
///
/// struct AlwaysBusy;
///
/// impl Exchange for AlwaysBusy {
///     fn exchange(&self, _request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
///         Box::pin(async {
///             Ok(PlainResponse {
///                 status: 503,
///                 headers: Vec::new(),
///                 body: Default::default(),
///                 connection: 1,
///                 timing: Default::default(),
///                 wire: Default::default(),
///             })
///         })
///     }
///     fn traffic(&self) -> Traffic {
///         Traffic::default()
///     }
/// }
/// ```
pub trait Exchange: Send + Sync + 'static {
    /// Sends `request` and gathers the whole response.
    ///
    /// # Errors
    /// [`ExchangeError`] for everything that is not an HTTP response: no connection, TLS, signing in, sealing, a
    /// connection that broke, a body over the limit. A response of any status is `Ok`.
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>>;

    /// What has travelled so far.
    fn traffic(&self) -> Traffic;

    /// Called once after the session is closed: idle connections go, a recording is flushed.
    ///
    /// # Errors
    /// What could not be completed, for example a recording that cannot be written.
    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        Box::pin(async { Ok(()) })
    }
}
