//! Requests without signing in: the calls of [`crate::web`], over the same connections as everything else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::header::HeaderMap;

use super::connect::Connector;
use super::link::{Counters, Link, SendError};
use super::proxy::Proxy;
use super::tls::{Tls, TlsOptions};
use crate::exchange::ExchangeError;

/// Where to, and how.
pub(crate) struct PlainOptions<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// Whom to trust; none on plain HTTP.
    pub(crate) tls: Option<&'a TlsOptions>,
    pub(crate) proxy: &'a Proxy,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_body: u64,
}

/// Calls one origin. Connections that were not closed serve the next calls.
pub(crate) struct PlainClient {
    connector: Connector,
    timeout: Duration,
    idle: Mutex<Vec<Link>>,
}

impl PlainClient {
    pub(crate) fn new(options: &PlainOptions<'_>) -> Result<Self, ExchangeError> {
        let tls = options
            .tls
            .map(|tls| Tls::new(options.host, tls, None))
            .transpose()?;
        Ok(Self {
            connector: Connector {
                host: options.host.to_owned(),
                port: options.port,
                route: options.proxy.route(options.host, options.port, tls.is_some())?,
                resolve: Vec::new(),
                tls,
                connect_timeout: options.connect_timeout,
                body_timeout: options.timeout,
                max_body: options.max_body,
                counters: Arc::new(Counters::default()),
            },
            timeout: options.timeout,
            idle: Mutex::default(),
        })
    }

    /// Sends a request that carries its own `Host`; status, headers and body of the answer. What may have left is not
    /// sent again.
    pub(crate) async fn call(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, HeaderMap, Vec<u8>), ExchangeError> {
        loop {
            let idle = self.take_idle();
            let fresh = idle.is_none();
            let mut link = match idle {
                Some(link) => link,
                None => self.connector.connect().await?,
            };
            match link.send(request.clone(), self.timeout).await {
                Ok(response) => {
                    if link.is_open() {
                        self.lock().push(link);
                    }
                    return Ok((response.status, response.headers, response.body));
                }
                Err(SendError::NotSent) if !fresh => {}
                Err(SendError::NotSent) => {
                    return Err(ExchangeError::Lost {
                        answer_begun: false,
                        reason: "the server closed it at once".to_owned(),
                    });
                }
                Err(SendError::Failed(error)) => return Err(error),
            }
        }
    }

    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.lock();
        while let Some(link) = idle.pop() {
            if link.is_open() {
                return Some(link);
            }
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
