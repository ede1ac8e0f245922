//! The way through a proxy.

use crate::secret::Secret;

/// The proxy between here and the endpoint. None unless asked for.
///
/// Requests to plain http endpoints go through a tunnel (`CONNECT`) too, because signing in is bound to a connection.
///
/// ```
/// use psbridge::{Proxy, Secret};
///
/// let corporate = Proxy::url("http://proxy.example.com:3128").credential("me", Secret::from("pass"));
/// let tor = Proxy::url("socks5://127.0.0.1:9050");
/// let as_curl_does = Proxy::from_environment();
/// ```
#[expect(missing_debug_implementations, reason = "it may hold a secret")]
#[derive(Clone, Default)]
pub struct Proxy {
    source: Source,
    credential: Option<(String, Secret)>,
}

#[derive(Clone, Default)]
enum Source {
    #[default]
    None,
    /// A URL, which may hold a password.
    Url(Secret),
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` said when it was made.
    Environment(Environment),
}

#[derive(Clone, Default)]
struct Environment {
    http: Option<Secret>,
    https: Option<Secret>,
    all: Option<Secret>,
    except: String,
}

impl Proxy {
    /// Straight to the endpoint.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Through this one: `http://[user[:password]@]host[:port]` (CONNECT) or `socks5://…` (the proxy resolves the name
    /// of the endpoint, as with `socks5h://`). A text that is no such URL is told when the session is opened.
    #[must_use]
    pub fn url(url: impl Into<Secret>) -> Self {
        Self {
            source: Source::Url(url.into()),
            credential: None,
        }
    }

    /// Through the one that the environment names at present: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the
    /// endpoint, else `ALL_PROXY`, unless `NO_PROXY` lists its host; each in lower case too.
    #[must_use]
    pub fn from_environment() -> Self {
        let first = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|name| std::env::var(name).ok())
                .filter(|text| !text.is_empty())
        };
        // A CGI request can set HTTP_PROXY by a header of its own.
        let cgi = std::env::var_os("REQUEST_METHOD").is_some();
        Self {
            source: Source::Environment(Environment {
                http: first(["HTTP_PROXY", "http_proxy"])
                    .filter(|_| !cgi)
                    .map(Secret::from),
                https: first(["HTTPS_PROXY", "https_proxy"]).map(Secret::from),
                all: first(["ALL_PROXY", "all_proxy"]).map(Secret::from),
                except: first(["NO_PROXY", "no_proxy"]).unwrap_or_default(),
            }),
            credential: None,
        }
    }

    /// Who signs in at the proxy; goes before what stands in the URL.
    #[must_use]
    pub fn credential(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.credential = Some((user.into(), password.into()));
        self
    }
}
