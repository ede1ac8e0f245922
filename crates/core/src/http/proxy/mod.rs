//! The way through a proxy.

mod tunnel;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

pub(super) use self::tunnel::Route;
use crate::exchange::{ExchangeError, ProxyFailure};
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

impl Proxy {
    /// The proxy for this endpoint, if any.
    pub(super) fn route(&self, host: &str, port: u16, https: bool) -> Result<Option<Route>, ExchangeError> {
        let url = match &self.source {
            Source::None => return Ok(None),
            Source::Url(url) => url,
            Source::Environment(environment) => match environment.choose(host, port, https) {
                Some(url) => url,
                None => return Ok(None),
            },
        };
        let mut route =
            parse(url.expose()).map_err(|reason| ExchangeError::Proxy(ProxyFailure::Address { reason }))?;
        if let Some((user, password)) = &self.credential {
            route.credential = Some((user.clone(), password.clone()));
        }
        Ok(Some(route))
    }
}

impl Environment {
    fn choose(&self, host: &str, port: u16, https: bool) -> Option<&Secret> {
        let own = if https { &self.https } else { &self.http };
        let url = own.as_ref().or(self.all.as_ref())?;
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let target = format!("{}://{host}:{port}/", if https { "https" } else { "http" });
        // The rules of NO_PROXY are curl's; which proxy it would be does not matter for them.
        let rules = Matcher::builder()
            .all("http://proxy.invalid")
            .no(self.except.as_str())
            .build();
        let wanted = target
            .parse::<Uri>()
            .is_ok_and(|target| rules.intercept(&target).is_some());
        wanted.then_some(url)
    }
}

/// Reads a proxy's URL. What is wrong is told without the text, which may hold a password.
fn parse(text: &str) -> Result<Route, String> {
    let text = text.trim();
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
    let (socks, default_port) = match url.scheme() {
        "http" => (false, 80),
        "socks5" | "socks5h" => (true, 1080),
        "https" => {
            return Err("a connection to the proxy by TLS is not in this build; use http://".to_owned());
        }
        other => return Err(format!("the scheme {other:?} is not http or socks5")),
    };
    let host = match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => return Err("it names no host".to_owned()),
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("it has a path, which means nothing to a proxy".to_owned());
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let credential = (!url.username().is_empty()).then(|| {
        let password = url.password().map(decoded).unwrap_or_default();
        (decoded(url.username()), Secret::from(password))
    });
    Ok(Route {
        socks,
        host,
        port: url.port().unwrap_or(default_port),
        credential,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(proxy: &Proxy) -> Option<String> {
        let route = proxy.route("mail.example.com", 443, true).unwrap()?;
        let user = route
            .credential
            .as_ref()
            .map(|(user, password)| format!("{user}:{}@", password.expose()));
        Some(format!("{}{route}", user.unwrap_or_default()))
    }

    #[test]
    fn addresses_are_read_as_other_tools_read_them() {
        let url = |text: &str| route(&Proxy::url(text));
        assert_eq!(url("proxy:3128").as_deref(), Some("http://proxy:3128"));
        assert_eq!(url("http://proxy").as_deref(), Some("http://proxy:80"));
        assert_eq!(url("socks5://[::1]").as_deref(), Some("socks5://[::1]:1080"));
        assert_eq!(
            url("http://a%40b:c%3Ad@proxy:1/").as_deref(),
            Some("a@b:c:d@http://proxy:1")
        );
        let given = Proxy::url("http://me@proxy:1").credential("you", "pass");
        assert_eq!(route(&given).as_deref(), Some("you:pass@http://proxy:1"));
        for text in [
            "https://proxy",
            "socks4://proxy",
            "ftp://p",
            "http://",
            "http://me:secret@proxy/path",
            "http://me:secret@pro xy",
        ] {
            let error = Proxy::url(text).route("h", 80, false).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_environment_chooses_by_scheme_and_exception() {
        let environment = |except: &str| Proxy {
            source: Source::Environment(Environment {
                http: None,
                https: Some("http://tls:1".into()),
                all: Some("socks5://all:2".into()),
                except: except.to_owned(),
            }),
            credential: None,
        };
        let to = |proxy: &Proxy, host: &str, https: bool| {
            proxy
                .route(host, 80, https)
                .unwrap()
                .map(|route| route.to_string())
        };
        let proxy = environment("");
        assert_eq!(to(&proxy, "h", true).as_deref(), Some("http://tls:1"));
        assert_eq!(to(&proxy, "h", false).as_deref(), Some("socks5://all:2"));
        let proxy = environment("corp.example, 10.0.0.0/8,::1");
        for host in ["corp.example", "mail.corp.example", "10.1.2.3", "::1"] {
            assert_eq!(to(&proxy, host, true), None, "{host}");
        }
        assert!(to(&proxy, "notcorp.example", true).is_some());
        assert_eq!(to(&environment("*"), "h", true), None);
        assert!(route(&Proxy::none()).is_none());
    }
}
