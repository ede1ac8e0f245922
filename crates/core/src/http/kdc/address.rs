//! `host`, `host:port`, and how to talk to it.

use std::fmt;
use std::net::Ipv6Addr;

const PORT: u16 = 88;

/// Where a KDC listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) struct KdcAddress {
    pub(super) host: String,
    pub(super) port: u16,
    /// Ask by datagram first.
    pub(super) udp: bool,
}

impl KdcAddress {
    pub(super) fn tcp(host: &str, port: u16) -> Self {
        Self {
            host: host.trim_end_matches('.').to_owned(),
            port,
            udp: false,
        }
    }

    /// Reads `host`, `host:port`, `[::1]:port`, with `tcp/`, `udp/`, `tcp://` or `udp://` before it.
    pub(in crate::http) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (udp, rest) = ["tcp", "udp"]
            .into_iter()
            .find_map(|name| {
                let rest = text.strip_prefix(name)?;
                let rest = rest.strip_prefix("://").or_else(|| rest.strip_prefix('/'))?;
                Some((name == "udp", rest))
            })
            .unwrap_or((false, text));
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, port.strip_prefix(':'))
            }
            None if rest.parse::<Ipv6Addr>().is_ok() => (rest, None),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let allowed = |c: char| c.is_alphanumeric() || ".-_:".contains(c);
        if host.is_empty() || !host.chars().all(allowed) {
            return None;
        }
        let port = match port {
            Some(digits) => digits.parse().ok().filter(|port| *port != 0)?,
            None => PORT,
        };
        Some(Self {
            host: host.to_owned(),
            port,
            udp,
        })
    }
}

impl fmt::Display for KdcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let udp = if self.udp { "udp/" } else { "" };
        if self.host.contains(':') {
            write!(f, "{udp}[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{udp}{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form_that_krb5_conf_has() {
        for (text, shown) in [
            ("dc1.corp.example", "dc1.corp.example:88"),
            ("dc1:750", "dc1:750"),
            ("tcp/dc1", "dc1:88"),
            ("udp/dc1:750", "udp/dc1:750"),
            ("tcp://127.0.0.1:1088", "127.0.0.1:1088"),
            ("::1", "[::1]:88"),
            ("[::1]:750", "[::1]:750"),
        ] {
            assert_eq!(KdcAddress::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in [
            "",
            "https://proxy/KdcProxy",
            "dc1:0",
            "dc1:99999",
            "[::1",
            "a b",
            ":88",
        ] {
            assert_eq!(KdcAddress::parse(text), None, "{text}");
        }
    }
}
