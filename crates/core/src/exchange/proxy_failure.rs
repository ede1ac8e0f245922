use std::io;
use std::time::Duration;

/// Why the way through a proxy did not come about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFailure {
    /// The proxy's address is none.
    #[error("the address of the proxy cannot be used: {reason}")]
    Address {
        /// What is wrong with it; without the text itself, which may hold a password.
        reason: String,
    },
    /// The proxy's host name is unknown.
    #[error("the name of the proxy {proxy} does not resolve: {source}")]
    Resolve {
        /// Scheme, host and port.
        proxy: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody accepts connections there.
    #[error("no connection to the proxy {proxy}: {source}")]
    Unreachable {
        /// Scheme, host and port.
        proxy: String,
        /// What the system said.
        source: io::Error,
    },
    /// The proxy did not come to an end in time.
    #[error("no answer from the proxy {proxy} within {} s", waited.as_secs())]
    Silent {
        /// Scheme, host and port.
        proxy: String,
        /// How long was waited.
        waited: Duration,
    },
    /// What answers does not speak the protocol of the proxy.
    #[error("{proxy} is no such proxy: {reason}")]
    NotAProxy {
        /// Scheme, host and port.
        proxy: String,
        /// What was wrong with the answer.
        reason: String,
    },
    /// The proxy wants somebody else to sign in, or in another way.
    #[error("the proxy {proxy} {} ({})", if *tried { "refused the sign-in" } else { "wants a sign-in" }, wants(offered))]
    SignIn {
        /// Scheme, host and port.
        proxy: String,
        /// What it offers.
        offered: Vec<String>,
        /// A user and password had been sent.
        tried: bool,
    },
    /// The proxy does not connect to this target.
    #[error("the proxy {proxy} refused to connect to {target} (status {status})")]
    Refused {
        /// Scheme, host and port.
        proxy: String,
        /// Host and port of the endpoint.
        target: String,
        /// HTTP status: 403 is a rule of the proxy, 502 to 504 mean that it could not reach the target.
        status: u16,
    },
    /// The SOCKS proxy did not connect to this target.
    #[error("the proxy {proxy} did not connect to {target}: {reply}")]
    Socks {
        /// Scheme, host and port.
        proxy: String,
        /// Host and port of the endpoint.
        target: String,
        /// Its reply.
        reply: SocksReply,
    },
}

/// The reasons that a SOCKS 5 proxy can give (RFC 1928, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SocksReply {
    /// Code 1.
    #[error("general failure")]
    General,
    /// Code 2.
    #[error("its rules do not allow it")]
    NotAllowed,
    /// Code 3.
    #[error("the network is unreachable")]
    NetworkUnreachable,
    /// Code 4.
    #[error("the host is unreachable")]
    HostUnreachable,
    /// Code 5.
    #[error("the connection was refused")]
    Refused,
    /// Code 6.
    #[error("the time to live expired")]
    Expired,
    /// Code 7.
    #[error("it does not know the command")]
    Command,
    /// Code 8.
    #[error("it does not know this type of address")]
    AddressType,
    /// Any other code.
    #[error("a reason that is not in the standard")]
    Unknown,
}

fn wants(offered: &[String]) -> String {
    if offered.is_empty() {
        "it names no way".to_owned()
    } else {
        format!("it offers {}", offered.join(", "))
    }
}
