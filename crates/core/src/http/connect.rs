//! Opening connections: names, proxies, TCP, TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::identity::ClientCertificateUse;
use super::link::{Counters, Link, LinkLimits};
use super::proxy::Route;
use super::tls::{Secured, Tls};
use crate::exchange::{ExchangeError, ProxyFailure};

/// Opens connections to one host.
pub(super) struct Connector {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Option<Tls>,
    /// The proxy on the way.
    pub(super) route: Option<Route>,
    /// Addresses of names, which go before DNS.
    pub(super) resolve: Vec<(String, IpAddr)>,
    pub(super) connect_timeout: Duration,
    /// Longest silence in the middle of an answer.
    pub(super) body_timeout: Duration,
    pub(super) max_body: u64,
    pub(super) counters: Arc<Counters>,
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
        let counters = Arc::clone(&self.counters);
        let limits = LinkLimits {
            body_timeout: self.body_timeout,
            max_body: self.max_body,
        };
        let link = match &self.tls {
            Some(tls) => {
                let secured = tls.connect(stream).await?;
                let (leaf, certificate) = (Some(secured.leaf), secured.certificate);
                Link::new(secured.stream, leaf, certificate, limits, counters).await?
            }
            None => Link::new(stream, None, ClientCertificateUse::default(), limits, counters).await?,
        };
        tracing::debug!(connection = link.number, host = %self.host, port = self.port, "connected");
        Ok(link)
    }

    async fn tcp(&self) -> Result<TcpStream, ExchangeError> {
        match &self.route {
            Some(route) => {
                let work = async {
                    let proxy = route.dial().await?;
                    route.tunnel(proxy, &self.host, self.port).await
                };
                // A limit of its own, so that the error names who is silent.
                let through = timeout(self.connect_timeout, work).await;
                let silent = |_| ProxyFailure::Silent {
                    proxy: route.to_string(),
                    waited: self.connect_timeout,
                };
                through
                    .map_err(silent)
                    .and_then(|result| result)
                    .map_err(ExchangeError::Proxy)
            }
            None => self.direct().await,
        }
    }

    async fn direct(&self) -> Result<TcpStream, ExchangeError> {
        let addresses = self.addresses().await.map_err(|source| ExchangeError::Resolve {
            host: self.host.clone(),
            source,
        })?;
        dial(&addresses).await.map_err(|source| ExchangeError::Connect {
            address: self.address(),
            source,
        })
    }

    /// The addresses of the host: those given for its name, else what DNS says.
    pub(super) async fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        let given = self
            .resolve
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(&self.host))
            .map(|(_, address)| SocketAddr::new(*address, self.port));
        let addresses: Vec<SocketAddr> = given.collect();
        if addresses.is_empty() {
            return resolve(&self.host, self.port).await;
        }
        Ok(addresses)
    }

    /// Connects, through the proxy if there is one, and hangs up.
    pub(super) async fn reach(&self) -> Result<(), ExchangeError> {
        timeout(self.connect_timeout, self.tcp())
            .await
            .map_err(|_| self.late())?
            .map(drop)
    }

    fn address(&self) -> String {
        address(&self.host, self.port)
    }
}

/// Connects to the first address that answers.
pub(super) async fn dial(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(addresses).await?;
    // Small requests must not wait for the acknowledgement of the one before.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// `host:port`, with brackets around an IPv6 literal.
pub(super) fn address(host: &str, port: u16) -> String {
    if host.parse::<Ipv6Addr>().is_ok() {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The addresses of a name. Names below `.localhost` are this machine, whatever DNS says (RFC 6761, 6.3); the resolvers
/// of many systems only know `localhost` itself.
pub(super) async fn resolve(host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with(".localhost") {
        return Ok(vec![
            (Ipv4Addr::LOCALHOST, port).into(),
            (Ipv6Addr::LOCALHOST, port).into(),
        ]);
    }
    Ok(tokio::net::lookup_host((host, port)).await?.collect())
}
