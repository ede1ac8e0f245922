//! Listeners: HTTP/1.1 over TCP and TLS.

mod auth;
pub(crate) mod body;
pub(crate) mod certificates;
mod connection;
pub(crate) mod credssp;
pub(crate) mod front_end;
mod html;
mod kerberos;
pub(crate) mod tls;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::builder::Limits;
use crate::faults::{FaultPlan, Operation, Ordered};
use crate::journal::Journal;
use crate::stats::Counters;
use crate::wsman::Service;
pub(crate) use auth::{Guard, Policy};
pub(crate) use body::Receipt;
use connection::Connection;
use front_end::Redirect;

/// How long a TLS handshake may take.
const TLS_TIME: Duration = Duration::from_secs(30);
/// How long exchanges in flight have when the lab stops.
const GRACE: Duration = Duration::from_secs(5);

/// What all listeners of a lab have in common.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    pub(crate) service: Arc<Service>,
    pub(crate) journal: Journal,
    pub(crate) redirect: Option<Redirect>,
    /// Requests about a shell need the cookie that names its back end.
    pub(crate) sticky: bool,
    pub(crate) plan: FaultPlan,
    pub(crate) exchanges: Mutex<(u64, HashMap<Operation, u64>)>,
    pub(crate) connections: Arc<Semaphore>,
    pub(crate) next_connection: AtomicU64,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Shared {
    /// Counts one exchange and tells what the fault plan wants of it.
    fn ordered(&self, operation: Operation) -> Ordered {
        let mut counts = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        counts.0 += 1;
        let nth = counts.1.entry(operation).or_default();
        *nth += 1;
        let nth = *nth;
        self.plan.ordered(operation, counts.0, nth)
    }
}

/// One address that is listened on.
pub(crate) struct Listener {
    pub(crate) shared: Arc<Shared>,
    pub(crate) policy: Policy,
    /// `http://127.0.0.1:5985`.
    pub(crate) origin: String,
    /// The host of the origin, which faults name as the machine.
    pub(crate) host: String,
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Accepts connections until the lab stops, then lets them finish.
    pub(crate) async fn run(self: Arc<Self>, socket: TcpListener) {
        let mut stop = self.shared.stop.clone();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = socket.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer, &mut connections),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of descriptors, most likely: give those in use time to close.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(socket);
        let finish = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finish).await.is_err() {
            connections.shutdown().await;
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, connections: &mut JoinSet<()>) {
        let Ok(permit) = Arc::clone(&self.shared.connections).try_acquire_owned() else {
            tracing::warn!(%peer, "too many connections");
            return;
        };
        self.shared.counters.connections(1);
        let listener = Arc::clone(self);
        connections.spawn(async move {
            // Answers are written whole; waiting for more to send would only slow them.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            match listener.tls.clone() {
                None => listener.serve(stream, peer, None).await,
                Some(tls) => match tokio::time::timeout(TLS_TIME, tls.accept(stream)).await {
                    Ok(Ok(stream)) => {
                        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                        let account = shown.and_then(|leaf| listener.policy.certificates.account(leaf));
                        let account = account.map(str::to_owned);
                        listener.serve(stream, peer, account).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                    Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                },
            }
            drop(permit);
        });
    }

    /// Serves a connection; `account` is the one whose certificate was shown.
    async fn serve(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: SocketAddr,
        account: Option<String>,
    ) {
        let id = self.shared.next_connection.fetch_add(1, Ordering::Relaxed);
        let limits = self.shared.limits;
        let mut stop = self.shared.stop.clone();
        let connection = Arc::new(Connection {
            id,
            peer,
            listener: Arc::clone(&self),
            guard: tokio::sync::Mutex::new(Guard::new(account)),
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.connection_idle)
            // hyper takes no less than 8 KiB.
            .max_buf_size(limits.max_header_size.max(8_192))
            .serve_connection(
                TokioIo::new(stream),
                service_fn(move |request| Arc::clone(&connection).serve(request)),
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
            tracing::debug!(%peer, %error, "connection ended");
        }
    }
}

/// Waits until the lab stops; a lab that is gone has stopped.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stopped| *stopped).await);
}

/// Binds an address.
pub(crate) async fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await
}
