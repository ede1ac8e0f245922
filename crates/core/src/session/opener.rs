//! Opening a session wherever the endpoint leads to, and once more later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Session, open};
use crate::cloud::Cloud;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::exchange::{
    BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, RecordingExchange, Traffic,
};
use crate::http::{HttpExchange, Redirection};
use crate::options::Limits;
use crate::transport::{OPEN_SHELL, WsmanOptions, WsmanTransport};

const RELOCATE: &str = "prepare the session";

/// How a session reaches its endpoint.
pub(crate) struct Way {
    /// Everything that carries requests, what lies above HTTP included.
    pub(crate) exchange: Arc<dyn Exchange>,
    /// The HTTP layer, unless the caller has brought an exchange of his own.
    pub(crate) http: Option<Arc<HttpExchange>>,
    pub(crate) recording: Option<Arc<RecordingExchange>>,
    /// Where the caller wants to go.
    pub(crate) endpoint: Endpoint,
    pub(crate) cloud: Option<Cloud>,
    pub(crate) limits: Limits,
    pub(crate) no_profile: bool,
    pub(crate) redirection: Redirection,
}

/// Opens the session, and opens it again.
pub(crate) struct Opener {
    way: Way,
    /// Another session will follow: the end of this one does not complete the exchange.
    followed: AtomicUsize,
    /// A session has been opened, or tried.
    used: AtomicBool,
}

impl Opener {
    pub(crate) fn new(way: Way) -> Self {
        Self {
            way,
            followed: AtomicUsize::new(0),
            used: AtomicBool::new(false),
        }
    }

    /// Opens a session, at the address that the endpoint redirects to if that is allowed.
    pub(crate) async fn open(self: &Arc<Self>) -> Result<Session, Error> {
        let opened = self.follow().await;
        if opened.is_err()
            && let Err(error) = self.way.exchange.finish().await
        {
            // The first error counts.
            tracing::warn!(error = %error, "the exchange of a session that did not open was not completed");
        }
        opened
    }

    /// Ends a session that came from here, and opens another one in its place.
    pub(crate) async fn replace(self: &Arc<Self>, old: &Session) -> Result<Session, Error> {
        self.followed.fetch_add(1, Ordering::SeqCst);
        let closed = old.close().await;
        self.followed.fetch_sub(1, Ordering::SeqCst);
        if let Err(error) = closed {
            tracing::info!(error = %error, "the shell of the session before is left to its idle time");
        }
        self.open().await
    }

    async fn follow(self: &Arc<Self>) -> Result<Session, Error> {
        let way = &self.way;
        let mut endpoint = way.endpoint.clone();
        let mut redirections = Vec::new();
        loop {
            // The first time everything is new already.
            if self.used.swap(true, Ordering::SeqCst) {
                self.go_to(&endpoint)?;
            }
            let options = WsmanOptions {
                endpoint: endpoint.clone(),
                limits: way.limits.clone(),
                no_profile: way.no_profile,
            };
            // A new transport is a new WS-Management session, and `open` makes a new pool and new fragments.
            let transport = Arc::new(WsmanTransport::new(Arc::new(Shared(Arc::clone(self))), options));
            let origin = Origin {
                opener: Arc::clone(self),
                redirections: redirections.clone(),
            };
            let error = match open(transport, way.limits.clone(), Some(origin)).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let Some(ExchangeError::Redirected { location, status, .. }) = error.exchange() else {
                return Err(error);
            };
            if error.operation() != OPEN_SHELL {
                return Err(error);
            }
            let next = way.redirection.next(
                (&way.endpoint, &endpoint),
                location.as_deref(),
                redirections.len(),
                way.cloud.as_ref(),
            );
            let next = match next {
                Ok(next) => next,
                Err(refusal) => {
                    let refused = ExchangeError::Redirected {
                        status: *status,
                        location: location.clone(),
                        refusal,
                    };
                    return Err(Error::from_exchange(OPEN_SHELL, refused).at(endpoint.url()));
                }
            };
            tracing::warn!(from = %endpoint, to = %next, "the connection was redirected");
            redirections.push(next.clone());
            endpoint = next;
        }
    }

    /// Begins anew at the endpoint: no connection, cookie or token of another host or shell stays.
    fn go_to(&self, endpoint: &Endpoint) -> Result<(), Error> {
        if let Some(http) = &self.way.http {
            http.relocate(endpoint)
                .map_err(|error| Error::from_exchange(RELOCATE, error).at(endpoint.url()))?;
        }
        if let Some(recording) = &self.way.recording {
            recording.relocate(endpoint);
        }
        Ok(())
    }
}

/// Where a session comes from.
pub(crate) struct Origin {
    pub(super) opener: Arc<Opener>,
    /// The addresses that the endpoint has led to, in order.
    pub(super) redirections: Vec<Endpoint>,
}

/// The exchange as one of the sessions sees it.
struct Shared(Arc<Opener>);

impl Exchange for Shared {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        self.0.way.exchange.exchange(request)
    }

    fn traffic(&self) -> Traffic {
        self.0.way.exchange.traffic()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        if self.0.followed.load(Ordering::SeqCst) > 0 {
            return match &self.0.way.http {
                Some(http) => http.finish(),
                None => Box::pin(async { Ok(()) }),
            };
        }
        self.0.way.exchange.finish()
    }
}
