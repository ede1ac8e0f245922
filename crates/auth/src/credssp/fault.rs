//! What CredSSP's own part of a sign-in can come to.

/// Why CredSSP did not come about. A refused account is [`Error::Denied`](crate::Error::Denied), a changed or repeated
/// message [`Error::Signature`](crate::Error::Signature).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredSspFault {
    /// The two ends share no TLS version or cipher suite.
    #[error("no tls version or cipher suite in common; tls 1.2 with ECDHE and AES-GCM or newer is needed")]
    NothingInCommon,
    /// The TLS handshake inside the tokens failed.
    #[error("tls inside credssp: {reason}")]
    Tls {
        /// In the words of the TLS library.
        reason: String,
    },
    /// The peer speaks a version that does not bind the server's key to the sign-in (CVE-2018-0886).
    #[error(
        "the peer speaks version {peer}; versions below {least} are refused, because somebody in between could use such a sign-in (CVE-2018-0886)"
    )]
    Version {
        /// The peer's version.
        peer: u32,
        /// The least version that is accepted.
        least: u32,
    },
    /// The proof does not belong to the TLS key that was shown: the peer is not the one that knows the password.
    #[error("the peer's proof does not belong to its tls key: somebody stands in between")]
    PublicKey,
}
