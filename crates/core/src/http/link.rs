//! One TCP connection that speaks HTTP/1.1, before anybody has signed in on it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::identity::ClientCertificateUse;
use crate::exchange::{ExchangeError, Timing, TlsFailure, Traffic};

/// What has travelled over all connections.
#[derive(Default)]
pub(super) struct Counters {
    connections: AtomicU64,
    round_trips: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    pub(super) fn snapshot(&self) -> Traffic {
        // Relaxed: the numbers are independent of each other and of everything else.
        Traffic {
            round_trips: self.round_trips.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            bytes_sent: self.sent.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
        }
    }
}

/// A connection. Dropping it closes it.
pub(super) struct Link {
    pub(super) number: u64,
    /// DER of the server's certificate; none without TLS.
    pub(super) leaf: Option<Vec<u8>>,
    /// What became of a client certificate in the TLS handshake.
    pub(super) certificate: ClientCertificateUse,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    ended: Arc<OnceLock<Ended>>,
    /// Nothing was answered on it so far.
    fresh: bool,
    used: Instant,
    limits: LinkLimits,
    counters: Arc<Counters>,
}

/// What goes on longest and largest on a link.
#[derive(Clone, Copy)]
pub(super) struct LinkLimits {
    pub(super) body_timeout: Duration,
    pub(super) max_body: u64,
}

/// The end of a connection, as seen by the task that drives it.
struct Ended {
    at: Instant,
    /// What the endpoint thinks of our certificate, if it said so.
    refusal: Option<TlsFailure>,
}

/// A response whose body has been gathered into one buffer.
pub(super) struct RawResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) timing: Timing,
}

impl RawResponse {
    /// The content type, if one is named in readable characters.
    pub(super) fn content_type(&self) -> Option<&str> {
        self.headers
            .get(hyper::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
    }
}

/// How sending failed.
pub(super) enum SendError {
    /// Not a byte has left: any request may be sent again on another connection.
    NotSent,
    /// It may have left.
    Failed(ExchangeError),
}

impl Link {
    /// Begins to speak HTTP. `leaf` is the certificate that the endpoint has shown, on TLS.
    pub(super) async fn new<T>(
        io: T,
        leaf: Option<Vec<u8>>,
        certificate: ClientCertificateUse,
        limits: LinkLimits,
        counters: Arc<Counters>,
    ) -> Result<Self, ExchangeError>
    where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .title_case_headers(true)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| ExchangeError::Lost {
                answer_begun: false,
                reason: reason(&error),
            })?;
        let ended = Arc::new(OnceLock::new());
        let end = Arc::clone(&ended);
        let driver = tokio::spawn(async move {
            let refusal = match connection.await {
                Ok(()) => None,
                Err(error) => {
                    tracing::debug!(error = %reason(&error), "connection ended");
                    certificate.refusal(tls_error(&error))
                }
            };
            end.get_or_init(|| Ended {
                at: Instant::now(),
                refusal,
            });
        });
        let number = counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Self {
            number,
            leaf,
            certificate,
            sender,
            driver,
            ended,
            fresh: true,
            used: Instant::now(),
            limits,
            counters,
        })
    }

    /// How long it has been idle.
    pub(super) fn idle(&self) -> Duration {
        self.used.elapsed()
    }

    /// How long it had been idle when the server closed it, if it has.
    pub(super) fn closed_after(&self) -> Option<Duration> {
        self.ended
            .get()
            .map(|ended| ended.at.saturating_duration_since(self.used))
    }

    /// Why a connection that was never used is closed.
    pub(super) async fn why_closed(&mut self) -> ExchangeError {
        // The driver ends with the connection; the limit is for a driver that does not.
        drop(timeout(Duration::from_secs(1), &mut self.driver).await);
        match self.ended.get().and_then(|ended| ended.refusal.clone()) {
            Some(refusal) => ExchangeError::Tls(refusal),
            None => self.judge(ExchangeError::Lost {
                answer_begun: false,
                reason: "the endpoint closed it at once".to_owned(),
            }),
        }
    }

    /// With TLS 1.3 an endpoint refuses a client certificate only after the handshake, and may be gone before its alert
    /// is read.
    fn judge(&self, error: ExchangeError) -> ExchangeError {
        match error {
            ExchangeError::Lost {
                answer_begun: false, ..
            } if self.fresh => match self.certificate.silent_refusal() {
                Some(refusal) => ExchangeError::Tls(refusal),
                None => error,
            },
            other => other,
        }
    }

    fn explain(&self, error: &hyper::Error, answer_begun: bool) -> ExchangeError {
        if let Some(refusal) = self.certificate.refusal(tls_error(error)) {
            return ExchangeError::Tls(refusal);
        }
        if error.is_parse() {
            let text = reason(error);
            return ExchangeError::NotHttp {
                tls_likely: text.contains("version"),
            };
        }
        self.judge(ExchangeError::Lost {
            answer_begun,
            reason: reason(error),
        })
    }

    /// False as soon as the server has closed the connection.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a request and gathers the response. After an error the connection must not be used again.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
        wait: Duration,
    ) -> Result<RawResponse, SendError> {
        // Between two exchanges the driver task has to see the end of the last one first.
        if self.sender.ready().await.is_err() {
            return Err(SendError::NotSent);
        }
        let sent = request.body().size_hint().exact().unwrap_or_default();
        let began = Instant::now();
        let head = match timeout(wait, self.sender.try_send_request(request)).await {
            Err(_) => {
                return Err(SendError::Failed(ExchangeError::Timeout {
                    answer_begun: false,
                    waited: wait,
                }));
            }
            Ok(Err(failed)) if failed.message().is_some() => return Err(SendError::NotSent),
            Ok(Err(failed)) => return Err(SendError::Failed(self.explain(failed.error(), false))),
            Ok(Ok(head)) => head,
        };
        let first_byte = began.elapsed();
        let status = head.status().as_u16();
        let (headers, body) = self.gather(head).await.map_err(SendError::Failed)?;
        self.fresh = false;
        self.used = Instant::now();
        self.counters.round_trips.fetch_add(1, Ordering::Relaxed);
        self.counters.sent.fetch_add(sent, Ordering::Relaxed);
        self.counters
            .received
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        Ok(RawResponse {
            status,
            headers,
            body,
            timing: Timing {
                first_byte,
                total: began.elapsed(),
            },
        })
    }

    async fn gather(&self, response: Response<Incoming>) -> Result<(HeaderMap, Vec<u8>), ExchangeError> {
        let LinkLimits {
            body_timeout,
            max_body,
        } = self.limits;
        let (parts, mut body) = response.into_parts();
        let announced = body.size_hint().exact();
        if announced.is_some_and(|length| length > max_body) {
            return Err(ExchangeError::TooLarge { limit: max_body });
        }
        // An announced length is a promise of the peer: room is made for it only as far as the limit allows.
        let capacity = announced
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or_default();
        let mut gathered = Vec::with_capacity(capacity);
        loop {
            let frame = match timeout(body_timeout, body.frame()).await {
                Err(_) => {
                    return Err(ExchangeError::Timeout {
                        answer_begun: true,
                        waited: body_timeout,
                    });
                }
                Ok(None) => break,
                Ok(Some(Err(error))) => return Err(self.explain(&error, true)),
                Ok(Some(Ok(frame))) => frame,
            };
            let Some(data) = frame.data_ref() else { continue };
            if (gathered.len() + data.len()) as u64 > max_body {
                return Err(ExchangeError::TooLarge { limit: max_body });
            }
            gathered.extend_from_slice(data);
        }
        Ok((parts.headers, gathered))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// hyper's text and that of its cause.
fn reason(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// The TLS library's own error, if it was one.
fn tls_error(error: &hyper::Error) -> Option<&rustls::Error> {
    std::error::Error::source(error)?
        .downcast_ref::<std::io::Error>()?
        .get_ref()?
        .downcast_ref()
}
