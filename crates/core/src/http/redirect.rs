//! Which redirections are followed.

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
