//! Where a session goes: the URL rules of the command line, in one place.

use std::fmt;

use crate::error::{Error, ErrorKind};

const CONFIGURATION_BASE: &str = "http://schemas.microsoft.com/powershell/";
/// The version of PowerShell that sessions ask for.
const PS_VERSION: &str = "PSVersion=5.1";
/// The configuration that every Windows endpoint has.
pub const DEFAULT_CONFIGURATION: &str = "Microsoft.PowerShell";
/// The configuration of an Exchange server.
pub const EXCHANGE_CONFIGURATION: &str = "Microsoft.Exchange";

/// Whether the way to the endpoint is protected by TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP; every body is sealed by the security context.
    Http,
    /// HTTP inside TLS.
    Https,
}

impl Scheme {
    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// An endpoint: origin, path and the session configuration to ask for.
///
/// The rules: a path in the target wins; without one, `Microsoft.Exchange` means `/PowerShell/` and anything else
/// `/wsman`. Without a configuration, a path that begins with `/powershell` means `Microsoft.Exchange`, any other
/// `Microsoft.PowerShell`. A URL without a port uses 80 or 443; a bare host name uses WinRM's 5985, or 80 for
/// Exchange.
///
/// ```
/// use psbridge::Endpoint;
///
/// let endpoint = Endpoint::parse("https://mail.example.com/PowerShell/", None)?;
/// assert_eq!(endpoint.configuration(), "Microsoft.Exchange");
/// assert_eq!(Endpoint::parse("server01", None)?.url(), "http://server01:5985/wsman");
/// # Ok::<(), psbridge::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    /// Without the brackets of an IPv6 literal.
    host: String,
    port: u16,
    path: String,
    configuration: String,
}

impl Endpoint {
    /// Reads a URL or host name.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the text is no URL or host name, names another scheme than http and https, or holds a
    /// password.
    pub fn parse(target: &str, configuration: Option<&str>) -> Result<Self, Error> {
        let target = target.trim();
        let (scheme, rest) = match target.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(Scheme::Http), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(Scheme::Https), rest),
            Some((scheme, _)) => {
                return Err(usage(
                    target,
                    format!("the scheme {scheme:?} is not http or https"),
                ));
            }
            None => (None, target),
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(usage(
                "(hidden)",
                "a user or password does not belong in the target; give it as the credential".into(),
            ));
        }
        if path.contains('#') {
            return Err(usage(
                target,
                "a fragment (#…) means nothing to an endpoint".into(),
            ));
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(usage(
                target,
                "the path holds characters that must be percent-encoded".into(),
            ));
        }
        let (host, port) = split_authority(authority).ok_or_else(|| {
            usage(
                target,
                "expected a URL such as https://server:5986/wsman or a host name".into(),
            )
        })?;

        let has_path = !matches!(path.split('?').next(), None | Some("" | "/"));
        let exchange_path = path
            .get(..11)
            .is_some_and(|head| head.eq_ignore_ascii_case("/powershell"));
        let configuration = match configuration {
            Some(name) if name.is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace()) => {
                return Err(usage(
                    target,
                    "the configuration name is empty or holds blanks".into(),
                ));
            }
            Some(name) => name.to_owned(),
            None if exchange_path => EXCHANGE_CONFIGURATION.to_owned(),
            None => DEFAULT_CONFIGURATION.to_owned(),
        };
        let exchange = configuration.eq_ignore_ascii_case(EXCHANGE_CONFIGURATION);
        let path = if has_path {
            path.to_owned()
        } else {
            let query = path.trim_start_matches('/');
            format!("{}{query}", if exchange { "/PowerShell/" } else { "/wsman" })
        };
        let (scheme, port) = match (scheme, port) {
            (Some(scheme), port) => (scheme, port.unwrap_or_else(|| scheme.default_port())),
            (None, Some(port @ (443 | 5986))) => (Scheme::Https, port),
            (None, Some(port)) => (Scheme::Http, port),
            (None, None) if exchange || exchange_path => (Scheme::Http, 80),
            (None, None) => (Scheme::Http, 5985),
        };
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            path,
            configuration,
        })
    }

    /// Whether TLS protects the way.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// True for https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Host name or address, an IPv6 literal without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path with query, as it is sent.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Path and query as requests to a shell name them. For Exchange they get PowerShell's version, by which its front
    /// ends choose a server and whether they redirect, in the form of PowerShell's own client: `?PSVersion=5.1` instead
    /// of a slash at the end, `;PSVersion=5.1` after another query. A version that is there already stays.
    #[must_use]
    pub fn request_path(&self) -> String {
        let path = self.path.as_str();
        if !self.is_exchange() {
            return path.to_owned();
        }
        match path.split_once('?') {
            None => format!("{}?{PS_VERSION}", path.trim_end_matches('/')),
            Some((head, "")) => format!("{}?{PS_VERSION}", head.trim_end_matches('/')),
            Some((_, query)) if names_version(query) => path.to_owned(),
            Some(_) => format!("{path};{PS_VERSION}"),
        }
    }

    /// The session configuration, for example `Microsoft.PowerShell`.
    #[must_use]
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// True for the configuration of an Exchange server.
    #[must_use]
    pub fn is_exchange(&self) -> bool {
        self.configuration.eq_ignore_ascii_case(EXCHANGE_CONFIGURATION)
    }

    /// `host[:port]`, the port only where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port == self.scheme.default_port() {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// `scheme://host[:port]`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.authority())
    }

    /// The whole URL, as the `wsa:To` header repeats it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.path)
    }

    /// The resource URI of the shell (protocol.md 1.2). A configuration that is a URI already is taken as it is.
    #[must_use]
    pub fn resource_uri(&self) -> String {
        if self.configuration.contains("://") {
            self.configuration.clone()
        } else {
            format!("{CONFIGURATION_BASE}{}", self.configuration)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin(), self.path)
    }
}

fn names_version(query: &str) -> bool {
    query.split(['&', ';']).any(|part| {
        let name = part.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("PSVersion")
    })
}

fn usage(target: &str, detail: String) -> Error {
    Error::new(ErrorKind::Usage, "read the target", detail).at(target)
}

fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, tail) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        match tail.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if tail.is_empty() => (host, None),
            None => return None,
        }
    } else if authority.parse::<std::net::Ipv6Addr>().is_ok() {
        (authority, None)
    } else {
        match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    let valid = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if host.is_empty() || !host.chars().all(valid) {
        return None;
    }
    let port = match port {
        Some(text) => Some(text.parse::<u16>().ok().filter(|port| *port != 0)?),
        None => None,
    };
    Some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(target: &str, configuration: Option<&str>) -> (String, String) {
        let endpoint = Endpoint::parse(target, configuration).unwrap();
        (endpoint.url(), endpoint.configuration().to_owned())
    }

    #[test]
    fn path_and_configuration_default_each_other() {
        let expect = |target, configuration, url_: &str, name: &str| {
            assert_eq!(
                url(target, configuration),
                (url_.to_owned(), name.to_owned()),
                "{target}"
            );
        };
        expect(
            "http://h:5985",
            None,
            "http://h:5985/wsman",
            "Microsoft.PowerShell",
        );
        expect(
            "http://h:5985/",
            None,
            "http://h:5985/wsman",
            "Microsoft.PowerShell",
        );
        expect(
            "http://h/",
            Some("Microsoft.Exchange"),
            "http://h/PowerShell/",
            "Microsoft.Exchange",
        );
        expect(
            "https://h/powershell-liveid/",
            None,
            "https://h/powershell-liveid/",
            "Microsoft.Exchange",
        );
        expect("https://h/PowerShell", Some("Jea"), "https://h/PowerShell", "Jea");
        expect(
            "https://h/wsman",
            Some("Microsoft.Exchange"),
            "https://h/wsman",
            "Microsoft.Exchange",
        );
        expect("h", None, "http://h:5985/wsman", "Microsoft.PowerShell");
        expect(
            "h",
            Some("microsoft.exchange"),
            "http://h/PowerShell/",
            "microsoft.exchange",
        );
        expect("h:5986", None, "https://h:5986/wsman", "Microsoft.PowerShell");
        expect(
            "[::1]:5985",
            None,
            "http://[::1]:5985/wsman",
            "Microsoft.PowerShell",
        );
        expect("::1", None, "http://[::1]:5985/wsman", "Microsoft.PowerShell");
        expect(
            "HTTPS://h:443/wsman?a=b",
            None,
            "https://h/wsman?a=b",
            "Microsoft.PowerShell",
        );
        expect(
            "http://h:1/?a=b",
            None,
            "http://h:1/wsman?a=b",
            "Microsoft.PowerShell",
        );
    }

    #[test]
    fn requests_to_exchange_name_the_version_as_powershell_does() {
        let path = |url: &str| Endpoint::parse(url, None).unwrap().request_path();
        assert_eq!(path("http://h/PowerShell/"), "/PowerShell?PSVersion=5.1");
        assert_eq!(
            path("https://h/powershell-liveid"),
            "/powershell-liveid?PSVersion=5.1"
        );
        assert_eq!(
            path("https://h/powershell-liveid/?BasicAuthToOAuthConversion=true&a=b"),
            "/powershell-liveid/?BasicAuthToOAuthConversion=true&a=b;PSVersion=5.1"
        );
        assert_eq!(
            path("http://h/powershell?serializationLevel=Full;psversion=5.1.1"),
            "/powershell?serializationLevel=Full;psversion=5.1.1"
        );
        assert_eq!(path("http://h:5985/wsman?a=b"), "/wsman?a=b");
    }

    #[test]
    fn resource_uri_takes_a_full_uri_as_it_is() {
        let endpoint =
            Endpoint::parse("h", Some("http://schemas.microsoft.com/powershell/PowerShell.7")).unwrap();
        assert_eq!(
            endpoint.resource_uri(),
            "http://schemas.microsoft.com/powershell/PowerShell.7"
        );
        assert!(
            Endpoint::parse("h", None)
                .unwrap()
                .resource_uri()
                .ends_with("/powershell/Microsoft.PowerShell")
        );
    }

    #[test]
    fn nonsense_is_a_usage_error_and_passwords_are_not_repeated() {
        for target in [
            "",
            "ftp://h",
            "http://",
            "http://h:0",
            "http://h:99999",
            "http://h/#x",
            "a b",
            "http://[::1",
            "h/ä",
        ] {
            assert_eq!(
                Endpoint::parse(target, None).unwrap_err().kind(),
                ErrorKind::Usage,
                "{target}"
            );
        }
        let error = Endpoint::parse("http://me:secret@h/", None).unwrap_err();
        assert!(!error.to_string().contains("secret"));
        assert!(Endpoint::parse("h", Some("")).is_err());
    }
}
