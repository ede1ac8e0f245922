/// Why a redirection is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectRefusal {
    /// Nobody has allowed it.
    #[error("redirection is not allowed")]
    NotAllowed,
    /// It came when the shell was open: only its creation can begin anew elsewhere.
    #[error("the shell is open already")]
    Midway,
    /// It names no address.
    #[error("it names no address")]
    NoLocation,
    /// The address is none that can be used.
    #[error("the address cannot be used: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// From https to http.
    #[error("it leads from https to http")]
    Downgrade,
    /// Another host, which nobody has listed, and not of the same Exchange cloud.
    #[error("{host} is another host")]
    OtherHost {
        /// The host.
        host: String,
    },
    /// It was redirected as often as allowed.
    #[error("it was redirected {max} times before")]
    TooMany {
        /// How often is allowed.
        max: u32,
    },
}
