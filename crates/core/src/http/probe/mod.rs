//! Looking at an endpoint step by step, for a diagnosis: what TLS agrees on, what is answered to a stranger, and whether
//! the sign-in succeeds, each by itself.

mod certificate;

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;

pub use self::certificate::CertificateSeen;
use super::HttpExchange;
use super::link::SendError;
use super::site::readable_headers;
use crate::exchange::{ExchangeError, PlainResponse, WireBytes};
use crate::http::sign_in::Signed;

/// What a TLS handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSeen {
    /// `TLS 1.3`.
    pub version: String,
    /// The cipher suite by its registered name, as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The certificates that the endpoint showed, its own first.
    pub chain: Vec<CertificateSeen>,
}

/// A TLS handshake that failed, with the certificates that had been shown until then.
#[derive(Debug)]
pub struct TlsRefused {
    /// Why it failed.
    pub error: ExchangeError,
    /// What the endpoint showed, its own certificate first; empty when it failed before.
    pub chain: Vec<CertificateSeen>,
}

impl HttpExchange {
    /// The addresses of the endpoint's host. Nothing is connected.
    ///
    /// # Errors
    /// What the resolver says.
    pub async fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        self.site().connector.addresses().await
    }

    /// True when connections lead through a proxy.
    #[must_use]
    pub fn is_proxied(&self) -> bool {
        self.site().connector.route.is_some()
    }

    /// Connects, through the proxy if there is one, and hangs up before anything is said.
    ///
    /// # Errors
    /// As for every exchange: the name, the proxy, the connection.
    pub async fn reach(&self) -> Result<(), ExchangeError> {
        self.site().connector.reach().await
    }

    /// Connects, completes the TLS handshake and hangs up. `None` on plain HTTP, where nothing is done.
    ///
    /// # Errors
    /// [`TlsRefused`]: as for every exchange, and what the endpoint had shown.
    pub async fn look_at_tls(&self) -> Result<Option<TlsSeen>, TlsRefused> {
        let site = self.site();
        let Some(tls) = &site.connector.tls else {
            return Ok(None);
        };
        let chain = || tls.shown().iter().map(|der| CertificateSeen::read(der)).collect();
        let secured = match site.connector.secure(tls).await {
            Ok(secured) => secured,
            Err(error) => {
                return Err(TlsRefused {
                    error,
                    chain: chain(),
                });
            }
        };
        let session = secured.stream.get_ref().1;
        let version = session.protocol_version().and_then(|version| version.as_str());
        let cipher = session
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str());
        Ok(Some(TlsSeen {
            version: version.unwrap_or("unknown").replace("TLSv1_", "TLS 1."),
            cipher: cipher.unwrap_or("unknown").to_owned(),
            chain: chain(),
        }))
    }

    /// Sends one request without a body and without any credential: the answer shows whether something speaks HTTP at
    /// the path, what it offers to sign in with, whether it redirects, and what time it thinks it is.
    ///
    /// # Errors
    /// As for every exchange; an answer of any status is `Ok`.
    pub async fn ask_as_a_stranger(&self, path: &str) -> Result<PlainResponse, ExchangeError> {
        let site = self.site();
        let mut link = site.connector.connect().await?;
        let head = site.head("POST", path);
        let began = Instant::now();
        let request = head.build(Full::new(Bytes::new()), 0)?;
        let answer = match link.send(request, site.connector.connect_timeout).await {
            Ok(answer) => answer,
            Err(SendError::Failed(error)) => return Err(error),
            Err(SendError::NotSent) => {
                return Err(ExchangeError::Lost {
                    answer_begun: false,
                    reason: "the endpoint closed it at once".into(),
                });
            }
        };
        tracing::debug!(status = answer.status, elapsed = ?began.elapsed(), "asked as a stranger");
        let content_type = answer.content_type().map(str::to_owned);
        let wire = WireBytes {
            request: 0,
            response: answer.body.len() as u64,
        };
        Ok(PlainResponse {
            status: answer.status,
            headers: readable_headers(&answer.headers, content_type),
            body: Bytes::from(answer.body),
            connection: link.number,
            timing: answer.timing,
            wire,
        })
    }

    /// Signs a connection in by a handshake and keeps it for the next exchange. `false` where there is no handshake:
    /// those ways of signing in send the same header with every request, so that only a request can tell.
    ///
    /// # Errors
    /// As for every exchange.
    pub async fn sign_in(&self, path: &str) -> Result<bool, ExchangeError> {
        let site = self.site();
        let connection = site.connect(&site.head("POST", path)).await?;
        let handshake = matches!(connection.signed, Signed::Context(_));
        site.keep(connection);
        Ok(handshake)
    }
}
