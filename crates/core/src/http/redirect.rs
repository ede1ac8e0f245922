//! Which redirections are followed.

use url::Url;

use crate::cloud::Cloud;
use crate::endpoint::Endpoint;
use crate::exchange::RedirectRefusal;

/// Whether an endpoint may send the session elsewhere, and where to. The credential goes with it, therefore nothing is
/// followed unless allowed.
///
/// Once allowed, a redirection is followed to the same host, to a host of the list and, without a list, over https to
/// other hosts of the same Exchange cloud; never from https to http.
///
/// ```
/// use psbridge::Redirection;
///
/// let same_host_or_cloud = Redirection::allowed();
/// let these = Redirection::allowed().hosts(["pod1.example.com", "*.pods.example.com"]).max(2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    allowed: bool,
    hosts: Option<Vec<String>>,
    max: u32,
}

/// As often as PowerShell follows.
const DEFAULT_MAX: u32 = 5;

impl Default for Redirection {
    fn default() -> Self {
        Self::refused()
    }
}

impl Redirection {
    /// Follows none; the default.
    #[must_use]
    pub fn refused() -> Self {
        Self {
            allowed: false,
            hosts: None,
            max: DEFAULT_MAX,
        }
    }

    /// Follows up to 5.
    #[must_use]
    pub fn allowed() -> Self {
        Self {
            allowed: true,
            ..Self::refused()
        }
    }

    /// Follows only to the same host and to these: names, or `*.domain` for everything below a domain.
    #[must_use]
    pub fn hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.hosts
            .get_or_insert_default()
            .extend(hosts.into_iter().map(Into::into));
        self
    }

    /// How many redirections in a row are followed, 5 by default.
    #[must_use]
    pub fn max(mut self, count: u32) -> Self {
        self.max = count;
        self
    }

    /// True when redirections are followed at all.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.allowed
    }
}

impl Redirection {
    /// Where a redirection of `from` leads, if it may be followed as the first one.
    ///
    /// # Errors
    /// [`RedirectRefusal`] says why not.
    pub fn follow(
        &self,
        from: &Endpoint,
        location: &str,
        cloud: Option<&Cloud>,
    ) -> Result<Endpoint, RedirectRefusal> {
        self.next((from, from), Some(location), 0, cloud)
    }

    /// The same in mid-way: `wanted` is the caller's endpoint, `from` the one that redirects, `followed` counts those
    /// before.
    ///
    /// # Errors
    /// [`RedirectRefusal`] says why not.
    pub fn next(
        &self,
        (wanted, from): (&Endpoint, &Endpoint),
        location: Option<&str>,
        followed: usize,
        cloud: Option<&Cloud>,
    ) -> Result<Endpoint, RedirectRefusal> {
        if !self.allowed {
            return Err(RedirectRefusal::NotAllowed);
        }
        let location = location.ok_or(RedirectRefusal::NoLocation)?;
        let next = resolve(from, location)?;
        if from.is_https() && !next.is_https() {
            return Err(RedirectRefusal::Downgrade);
        }
        let host = next.host();
        let same = |endpoint: &Endpoint| endpoint.host().eq_ignore_ascii_case(host);
        let trusted = same(wanted)
            || match &self.hosts {
                Some(hosts) => hosts.iter().any(|listed| matches(listed, host)),
                // The cloud that the caller wanted, not one that somebody has led to.
                None => {
                    next.is_https()
                        && cloud.is_some_and(|cloud| cloud.owns_host(wanted.host()) && cloud.owns_host(host))
                }
            };
        if !trusted {
            return Err(RedirectRefusal::OtherHost {
                host: host.to_owned(),
            });
        }
        if followed >= self.max as usize {
            return Err(RedirectRefusal::TooMany { max: self.max });
        }
        Ok(next)
    }
}

/// The address as an endpoint with the configuration of the one before.
fn resolve(from: &Endpoint, location: &str) -> Result<Endpoint, RedirectRefusal> {
    let invalid = |reason: String| RedirectRefusal::Invalid { reason };
    let base = Url::parse(&from.url()).map_err(|error| invalid(error.to_string()))?;
    let url = base
        .join(location.trim())
        .map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(format!("its scheme is {:?}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it holds a user or password".to_owned()));
    }
    let mut url = url;
    url.set_fragment(None);
    Endpoint::parse(url.as_str(), Some(from.configuration()))
        .map_err(|error| invalid(error.detail().to_owned()))
}

/// `*.domain` stands for everything below the domain, anything else for one host.
fn matches(listed: &str, host: &str) -> bool {
    let (listed, host) = (listed.trim_end_matches('.'), host.trim_end_matches('.'));
    match listed.strip_prefix("*.") {
        Some(domain) => host
            .len()
            .checked_sub(domain.len() + 1)
            .filter(|at| *at > 0)
            .and_then(|at| host.get(at..))
            .and_then(|end| end.strip_prefix('.'))
            .is_some_and(|end| end.eq_ignore_ascii_case(domain)),
        None => listed.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::parse(url, Some("Microsoft.Exchange")).unwrap()
    }

    fn follow(policy: &Redirection, from: &str, location: &str) -> Result<String, RedirectRefusal> {
        let from = endpoint(from);
        let cloud = Cloud::for_host(from.host());
        policy
            .follow(&from, location, cloud.as_ref())
            .map(|next| next.url())
    }

    #[test]
    fn nothing_is_followed_unless_allowed() {
        let refused = follow(
            &Redirection::refused(),
            "https://h/PowerShell/",
            "https://h/other",
        );
        assert_eq!(refused, Err(RedirectRefusal::NotAllowed));
    }

    #[test]
    fn the_same_host_and_the_same_cloud_are_followed_and_nobody_else() {
        let allowed = Redirection::allowed();
        let from = "https://outlook.office365.com/powershell-liveid/?BasicAuthToOAuthConversion=true";
        let to = "https://pod51043psh.outlook.com/powershell-liveid?PSVersion=5.1";
        assert_eq!(follow(&allowed, from, to).as_deref(), Ok(to));
        assert_eq!(
            follow(&allowed, from, "/elsewhere/?a=b").as_deref(),
            Ok("https://outlook.office365.com/elsewhere/?a=b")
        );
        for (location, host) in [
            ("https://evil.example/", "evil.example"),
            ("https://outlook.com.evil.example/", "outlook.com.evil.example"),
            ("https://evil-outlook.com/", "evil-outlook.com"),
            ("//evil.example/x", "evil.example"),
            ("https://outlook.office365.us/", "outlook.office365.us"),
        ] {
            let refusal = RedirectRefusal::OtherHost {
                host: host.to_owned(),
            };
            assert_eq!(follow(&allowed, from, location), Err(refusal), "{location}");
        }
        // A host that belongs to no cloud leads to none.
        let refusal = RedirectRefusal::OtherHost {
            host: "pod1.outlook.com".to_owned(),
        };
        assert_eq!(
            follow(
                &allowed,
                "https://mail.example.com/PowerShell/",
                "https://pod1.outlook.com/"
            ),
            Err(refusal)
        );
    }

    #[test]
    fn a_list_stands_for_itself_and_takes_the_place_of_the_cloud() {
        let list = Redirection::allowed().hosts(["b.example", "*.pods.example"]);
        let from = "https://outlook.office365.com/powershell-liveid/";
        for location in [
            "https://b.example/x",
            "https://B.EXAMPLE/x",
            "https://a.b.pods.example/x",
        ] {
            assert!(follow(&list, from, location).is_ok(), "{location}");
        }
        for location in [
            "https://pods.example/x",
            "https://xpods.example/",
            "https://pod1.outlook.com/",
            "https://a.b.example/",
        ] {
            assert!(
                matches!(
                    follow(&list, from, location),
                    Err(RedirectRefusal::OtherHost { .. })
                ),
                "{location}"
            );
        }
    }

    #[test]
    fn the_scheme_is_never_downgraded_and_the_address_must_be_one() {
        let allowed = Redirection::allowed();
        let secure = "https://h/PowerShell/";
        assert_eq!(
            follow(&allowed, secure, "http://h/PowerShell/"),
            Err(RedirectRefusal::Downgrade)
        );
        assert_eq!(
            follow(&allowed, "http://h/PowerShell/", "https://h/x").as_deref(),
            Ok("https://h/x")
        );
        for location in ["ftp://h/", "https://me:pw@h/", "https://", "https://h:99999/"] {
            assert!(
                matches!(
                    follow(&allowed, secure, location),
                    Err(RedirectRefusal::Invalid { .. })
                ),
                "{location}"
            );
        }
        let from = endpoint(secure);
        assert_eq!(
            allowed.next((&from, &from), None, 0, None),
            Err(RedirectRefusal::NoLocation)
        );
        let once = Redirection::allowed().max(1);
        assert_eq!(
            once.next((&from, &from), Some("/x"), 1, None),
            Err(RedirectRefusal::TooMany { max: 1 })
        );
    }
}
