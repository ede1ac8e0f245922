//! One TCP connection that speaks HTTP/1.1, before anybody has signed in on it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HeaderMap;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::tls::{Secured, Tls};
use crate::exchange::{ExchangeError, Timing, Traffic};

/// Opens connections to one host.
pub(super) struct Connector {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Tls>,
    pub(super) connect_timeout: Duration,
    /// Longest silence in the middle of an answer.
    pub(super) body_timeout: Duration,
    pub(super) max_body: u64,
    pub(super) counters: Arc<Counters>,
}

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
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    limits: LinkLimits,
    counters: Arc<Counters>,
}

#[derive(Clone, Copy)]
struct LinkLimits {
    body_timeout: Duration,
    max_body: u64,
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

impl Connector {
    /// Connects and, on https, completes the TLS handshake.
    pub(super) async fn connect(&self) -> Result<Link, ExchangeError> {
        timeout(self.connect_timeout, self.connect_unbounded())
            .await
            .map_err(|_| self.late())?
    }

    /// Connects and completes the TLS handshake, for whoever wants to look at it.
    pub(super) async fn secure(&self, tls: &Tls) -> Result<Secured, ExchangeError> {
        let work = async { tls.connect(self.tcp().await?).await };
        timeout(self.connect_timeout, work)
            .await
            .map_err(|_| self.late())?
    }

    fn late(&self) -> ExchangeError {
        ExchangeError::ConnectTimeout {
            address: self.address(),
            waited: self.connect_timeout,
        }
    }

    async fn connect_unbounded(&self) -> Result<Link, ExchangeError> {
        let stream = self.tcp().await?;
        let (sender, driver, leaf) = match &self.tls {
            Some(tls) => {
                let secured = tls.connect(stream).await?;
                let (sender, driver) = drive(TokioIo::new(secured.stream)).await?;
                (sender, driver, Some(secured.leaf))
            }
            None => {
                let (sender, driver) = drive(TokioIo::new(stream)).await?;
                (sender, driver, None)
            }
        };
        let number = self.counters.connections.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::debug!(connection = number, host = %self.host, port = self.port, "connected");
        let limits = LinkLimits {
            body_timeout: self.body_timeout,
            max_body: self.max_body,
        };
        Ok(Link {
            number,
            leaf,
            sender,
            driver,
            limits,
            counters: Arc::clone(&self.counters),
        })
    }

    async fn tcp(&self) -> Result<TcpStream, ExchangeError> {
        let addresses = resolve(&self.host, self.port)
            .await
            .map_err(|source| ExchangeError::Resolve {
                host: self.host.clone(),
                source,
            })?;
        let stream =
            TcpStream::connect(addresses.as_slice())
                .await
                .map_err(|source| ExchangeError::Connect {
                    address: self.address(),
                    source,
                })?;
        // Small requests must not wait for the acknowledgement of the one before.
        stream
            .set_nodelay(true)
            .map_err(|source| ExchangeError::Connect {
                address: self.address(),
                source,
            })?;
        Ok(stream)
    }

    fn address(&self) -> String {
        if self.host.parse::<Ipv6Addr>().is_ok() {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// The addresses of a host. Names below `localhost` are this machine without asking anybody (RFC 6761 section 6.3),
/// which not every system's resolver knows.
async fn resolve(host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with(".localhost") {
        return Ok(vec![
            (Ipv4Addr::LOCALHOST, port).into(),
            (Ipv6Addr::LOCALHOST, port).into(),
        ]);
    }
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}

async fn drive<T>(io: TokioIo<T>) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), ExchangeError>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .handshake(io)
        .await
        .map_err(|error| ExchangeError::Lost {
            answer_begun: false,
            reason: reason(&error),
        })?;
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = %reason(&error), "connection ended");
        }
    });
    Ok((sender, driver))
}

impl Link {
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
            Ok(Err(failed)) => return Err(SendError::Failed(explain(failed.error(), false))),
            Ok(Ok(head)) => head,
        };
        let first_byte = began.elapsed();
        let status = head.status().as_u16();
        let (headers, body) = self.gather(head).await.map_err(SendError::Failed)?;
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
                Ok(Some(Err(error))) => return Err(explain(&error, true)),
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

fn explain(error: &hyper::Error, answer_begun: bool) -> ExchangeError {
    if error.is_parse() {
        let text = reason(error);
        return ExchangeError::NotHttp {
            tls_likely: text.contains("version"),
        };
    }
    ExchangeError::Lost {
        answer_begun,
        reason: reason(error),
    }
}

/// hyper's text and that of its cause.
fn reason(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
