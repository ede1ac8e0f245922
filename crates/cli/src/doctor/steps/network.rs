//! Names, addresses and TLS.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use psbridge::HttpExchange;
use psbridge::exchange::ExchangeError;
use psbridge::probe::{CertificateSeen, TlsSeen};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::doctor::finding::{Finding, count};
use crate::doctor::walk::Seen;

/// How long one address may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// From how many days on the end of a certificate is worth a warning.
pub(crate) const SOON: i64 = 30;

/// All addresses of the host.
pub(crate) async fn dns(exchange: &HttpExchange, host: &str) -> Result<Seen<Vec<SocketAddr>>, Finding> {
    let unknown = |reason: String| Finding::NameUnknown {
        host: host.to_owned(),
        reason,
    };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in exchange
        .addresses()
        .await
        .map_err(|error| unknown(error.to_string()))?
    {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(unknown("the resolver knows no address".into()));
    }
    let detail = match host.parse::<IpAddr>() {
        Ok(_) => format!("{host} is an address"),
        Err(_) => addresses
            .iter()
            .map(|address| address.ip().to_string())
            .collect::<Vec<_>>()
            .join(", "),
    };
    Ok(Seen::new(addresses, detail))
}

/// Connects to one address after the other until one accepts.
pub(crate) async fn tcp(addresses: &[SocketAddr]) -> Result<Seen<()>, Finding> {
    let mut refused: Option<(String, std::io::Error)> = None;
    let mut tried = Vec::new();
    for address in addresses {
        let error = match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                let before = match tried.len() {
                    0 => String::new(),
                    _ => format!(", after {}", tried.join(", ")),
                };
                return Ok(Seen::new((), format!("{address} accepts connections{before}")));
            }
            Ok(Err(error)) => error,
            Err(_) => std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                format!(
                    "no answer within {}",
                    count(PATIENCE.as_secs().try_into().unwrap_or(0), "second")
                ),
            ),
        };
        tried.push(format!("{address}: {error}"));
        // The answer of a host says more than silence.
        let tells_more = |old: &std::io::Error| old.kind() == std::io::ErrorKind::TimedOut;
        if refused.as_ref().is_none_or(|(_, old)| tells_more(old)) {
            refused = Some((address.to_string(), error));
        }
    }
    Err(match refused {
        Some((_, error)) => Finding::of_connect_all(&tried, &error),
        None => Finding::Unreachable {
            tried: "there is no address".into(),
        },
    })
}

/// Opens a connection through the proxy.
pub(crate) async fn proxy(exchange: &HttpExchange) -> Result<Seen<()>, Finding> {
    exchange
        .reach()
        .await
        .map_err(|error| Finding::of_exchange(&error))?;
    Ok(Seen::new((), "the proxy connects to the endpoint"))
}

/// Completes the TLS handshake.
pub(crate) async fn tls(exchange: &HttpExchange) -> Result<Seen<()>, Finding> {
    match exchange.look_at_tls().await {
        Ok(Some(seen)) => {
            let now = SystemTime::now();
            let days = seen.chain.first().and_then(|leaf| leaf.days_left(now));
            let warning = days
                .filter(|days| *days < SOON)
                .map(|days| Finding::TlsEnds { days });
            Ok(Seen::new((), describe(&seen, now)).warn(warning))
        }
        Ok(None) => Ok(Seen::new((), "no TLS")),
        Err(refused) => Err(match refused.error {
            ExchangeError::Tls(failure) => Finding::Tls {
                failure,
                leaf: refused.chain.into_iter().next().map(Box::new),
            },
            error => Finding::of_exchange(&error),
        }),
    }
}

fn describe(seen: &TlsSeen, now: SystemTime) -> String {
    let mut parts = vec![format!("{} with {}", seen.version, seen.cipher)];
    if let Some(leaf) = seen.chain.first() {
        parts.push(certificate(leaf, now));
    }
    match seen.chain.len() {
        0 | 1 => {}
        more => parts.push(format!("{} certificates shown", more)),
    }
    parts.join("; ")
}

fn certificate(leaf: &CertificateSeen, now: SystemTime) -> String {
    let names = match leaf.names.as_slice() {
        [] => leaf.subject.clone(),
        names => names.join(", "),
    };
    let issuer = match leaf.is_self_signed() {
        true => "signed by itself".to_owned(),
        false => format!("signed by {}", leaf.issuer),
    };
    let days = match leaf.days_left(now) {
        Some(days) => format!(", {} left", count(days, "day")),
        None => String::new(),
    };
    format!("for {names}, {issuer}{days}")
}
