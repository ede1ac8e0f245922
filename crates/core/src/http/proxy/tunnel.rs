//! Through a proxy: CONNECT (RFC 9110, 9.3.6) and SOCKS 5 (RFC 1928, RFC 1929).

use std::fmt;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderMap, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use psbridge_auth::{AuthenticateHeader, scheme};
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;

use super::super::connect::{address, dial, resolve};
use crate::exchange::{ProxyFailure, SocksReply};
use crate::secret::Secret;

/// A proxy to go through.
pub(in crate::http) struct Route {
    pub(super) socks: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) credential: Option<(String, Secret)>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.socks { "socks5" } else { "http" };
        write!(f, "{scheme}://{}", address(&self.host, self.port))
    }
}

impl Route {
    /// Connects to the proxy itself.
    pub(in crate::http) async fn dial(&self) -> Result<TcpStream, ProxyFailure> {
        let addresses = resolve(&self.host, self.port)
            .await
            .map_err(|source| ProxyFailure::Resolve {
                proxy: self.to_string(),
                source,
            })?;
        dial(&addresses)
            .await
            .map_err(|source| ProxyFailure::Unreachable {
                proxy: self.to_string(),
                source,
            })
    }

    /// Has the proxy connect to the target. The name is resolved there.
    pub(in crate::http) async fn tunnel(
        &self,
        stream: TcpStream,
        host: &str,
        port: u16,
    ) -> Result<TcpStream, ProxyFailure> {
        if self.socks {
            self.socks(stream, host, port).await
        } else {
            self.connect(stream, host, port).await
        }
    }

    fn not_a_proxy(&self, reason: impl fmt::Display) -> ProxyFailure {
        ProxyFailure::NotAProxy {
            proxy: self.to_string(),
            reason: reason.to_string(),
        }
    }

    async fn connect(&self, stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, ProxyFailure> {
        let target = address(host, port);
        let request = self.connect_request(&target)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.not_a_proxy(error))?;
        let driver = AbortOnDrop(tokio::spawn(connection.with_upgrades()));
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| self.not_a_proxy(error))?;
        let status = response.status().as_u16();
        match status {
            200..=299 => {}
            407 => {
                return Err(ProxyFailure::SignIn {
                    proxy: self.to_string(),
                    offered: offered(response.headers()),
                    tried: self.credential.is_some(),
                });
            }
            _ => {
                return Err(ProxyFailure::Refused {
                    proxy: self.to_string(),
                    target,
                    status,
                });
            }
        }
        let upgraded = hyper::upgrade::on(response)
            .await
            .map_err(|error| self.not_a_proxy(error))?;
        drop(driver);
        let parts = upgraded
            .downcast::<TokioIo<TcpStream>>()
            .map_err(|_| self.not_a_proxy("the connection cannot be taken over"))?;
        // Neither TLS nor HTTP lets the server speak first.
        if !parts.read_buf.is_empty() {
            return Err(self.not_a_proxy("it sent more than its answer"));
        }
        Ok(parts.io.into_inner())
    }

    fn connect_request(&self, target: &str) -> Result<Request<Empty<Bytes>>, ProxyFailure> {
        let wrong = |reason: String| ProxyFailure::Address { reason };
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(target)
            .header(HOST, target)
            .body(Empty::new())
            .map_err(|error| wrong(error.to_string()))?;
        if let Some((user, password)) = &self.credential {
            let text = scheme::basic(user, password.expose()).map_err(|error| wrong(error.to_string()))?;
            let mut value = HeaderValue::from_str(&text).map_err(|error| wrong(error.to_string()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(PROXY_AUTHORIZATION, value);
        }
        Ok(request)
    }

    async fn socks(&self, stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, ProxyFailure> {
        let connected = match &self.credential {
            Some((user, password)) => {
                let password = password.expose();
                Socks5Stream::connect_with_password_and_socket(stream, (host, port), user, password).await
            }
            None => Socks5Stream::connect_with_socket(stream, (host, port)).await,
        };
        connected
            .map(Socks5Stream::into_inner)
            .map_err(|error| self.socks_failure(&error, host, port))
    }

    fn socks_failure(&self, error: &tokio_socks::Error, host: &str, port: u16) -> ProxyFailure {
        use tokio_socks::Error as E;
        let reply = match error {
            E::GeneralSocksServerFailure => SocksReply::General,
            E::ConnectionNotAllowedByRuleset => SocksReply::NotAllowed,
            E::NetworkUnreachable => SocksReply::NetworkUnreachable,
            E::HostUnreachable => SocksReply::HostUnreachable,
            E::ConnectionRefused => SocksReply::Refused,
            E::TtlExpired => SocksReply::Expired,
            E::CommandNotSupported => SocksReply::Command,
            E::AddressTypeNotSupported => SocksReply::AddressType,
            E::UnknownError => SocksReply::Unknown,
            E::PasswordAuthFailure(_) => {
                return ProxyFailure::SignIn {
                    proxy: self.to_string(),
                    offered: vec!["user and password".to_owned()],
                    tried: true,
                };
            }
            E::NoAcceptableAuthMethods | E::UnknownAuthMethod => {
                return ProxyFailure::SignIn {
                    proxy: self.to_string(),
                    offered: Vec::new(),
                    tried: self.credential.is_some(),
                };
            }
            E::InvalidAuthValues(reason) | E::InvalidTargetAddress(reason) => {
                return ProxyFailure::Address {
                    reason: (*reason).to_owned(),
                };
            }
            other => return self.not_a_proxy(other),
        };
        ProxyFailure::Socks {
            proxy: self.to_string(),
            target: address(host, port),
            reply,
        }
    }
}

/// Ends the task that serves the connection to the proxy, whatever became of it.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The schemes that a proxy offers. A header that cannot be read offers nothing.
fn offered(headers: &HeaderMap) -> Vec<String> {
    let values = headers
        .get_all(PROXY_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    AuthenticateHeader::parse(values)
        .map(|offers| {
            offers
                .challenges()
                .iter()
                .map(|challenge| challenge.scheme.name().to_owned())
                .collect()
        })
        .unwrap_or_default()
}
