use std::fmt;
use std::io;
use std::time::Duration;

use super::{ProxyFailure, RedirectRefusal};
use crate::certificate::CertificateError;
use crate::sign_in::TokenError;

/// Why an exchange brought no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The host name is unknown.
    #[error("the name {host} does not resolve: {source}")]
    Resolve {
        /// The name asked for.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Nobody accepts connections there.
    #[error("no connection to {address}: {source}")]
    Connect {
        /// Host and port.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody answered in time.
    #[error("no connection to {address} within {} s", waited.as_secs())]
    ConnectTimeout {
        /// Host and port.
        address: String,
        /// How long was waited.
        waited: Duration,
    },
    /// TLS did not come about.
    #[error("TLS refused: {0}")]
    Tls(TlsFailure),
    /// What came back is not HTTP.
    #[error("the answer is not HTTP{}", if *tls_likely { " (the port seems to speak TLS)" } else { "" })]
    NotHttp {
        /// The bytes look like TLS.
        tls_likely: bool,
    },
    /// The endpoint refused the credential.
    #[error("the endpoint refused the sign-in with {scheme} (status {status})")]
    Rejected {
        /// The scheme tried.
        scheme: String,
        /// HTTP status of the refusal.
        status: u16,
        /// What the endpoint offers.
        offered: Vec<String>,
    },
    /// The endpoint does not offer the way of signing in that was asked for.
    #[error("the endpoint does not offer {wanted}; it offers {}", list(offered))]
    NotOffered {
        /// The scheme asked for.
        wanted: String,
        /// What the endpoint offers.
        offered: Vec<String>,
    },
    /// The endpoint answered the first leg of signing in with something else than a challenge.
    #[error("the endpoint answered the sign-in with status {status} ({}) instead of a challenge", kind(content_type.as_deref()))]
    NoChallenge {
        /// HTTP status.
        status: u16,
        /// Content type of the answer.
        content_type: Option<String>,
    },
    /// The endpoint is elsewhere. It is not gone there: a credential must not follow whoever asks it to.
    #[error("the endpoint redirects to {} (status {status}), which is not followed: {refusal}", location.as_deref().unwrap_or("an address that it does not name"))]
    Redirected {
        /// HTTP status; 500 when a fault says so.
        status: u16,
        /// The address as the endpoint gave it.
        location: Option<String>,
        /// Why it is not followed.
        refusal: RedirectRefusal,
    },
    /// The proxy on the way does not let it through.
    #[error("{0}")]
    Proxy(#[source] ProxyFailure),
    /// There is no token to sign in with.
    #[error("there is no token to sign in with: {0}")]
    Token(#[source] Box<TokenError>),
    /// The token that the shell was opened with is not taken any more. The shell cannot change to another one.
    #[error("the token of the session is not taken any more{}", if *expired { ", it has expired" } else { "" })]
    TokenExpired {
        /// Its time is over by our clock, too.
        expired: bool,
    },
    /// The client certificate cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    Certificate(#[source] CertificateError),
    /// The credential that this way of signing in needs is missing.
    #[error("{scheme} needs {needs}")]
    MissingCredential {
        /// The scheme asked for.
        scheme: String,
        /// What is missing.
        needs: &'static str,
    },
    /// This build cannot do it.
    #[error("{feature} is not in this build")]
    Unsupported {
        /// What was asked for.
        feature: String,
    },
    /// Something would have left in clear on plain HTTP.
    #[error("{what} over plain HTTP would leave the content readable on the way")]
    ClearRefused {
        /// What would have left.
        what: String,
    },
    /// A handshake, a signature or a sealed body is wrong.
    #[error("message security failed: {0}")]
    Security(#[source] psbridge_auth::Error),
    /// Kerberos did not come about.
    #[error("{0}")]
    Kerberos(#[source] psbridge_auth::KerberosError),
    /// A sealed request was answered in clear.
    #[error("a sealed request was answered in clear (status {status}, {}); the answer was not read", kind(content_type.as_deref()))]
    Unsealed {
        /// HTTP status of the answer.
        status: u16,
        /// Its content type.
        content_type: Option<String>,
    },
    /// The answer is no SOAP, so that it comes from something else than WinRM, or from something before it.
    #[error("status {status} ({}) is not what WinRM says", kind(content_type.as_deref()))]
    NotSoap {
        /// HTTP status.
        status: u16,
        /// Content type of the answer, if it has one and a body.
        content_type: Option<String>,
        /// What the answer says about trying again (`Retry-After`).
        retry_after: Option<String>,
    },
    /// The connection broke.
    #[error("the connection was lost {}: {reason}", if *answer_begun { "in the middle of the answer" } else { "before the answer" })]
    Lost {
        /// Part of the answer had arrived.
        answer_begun: bool,
        /// What the connection said.
        reason: String,
    },
    /// The endpoint did not answer in time.
    #[error("no {} within {} s", if *answer_begun { "more of the answer" } else { "answer" }, waited.as_secs())]
    Timeout {
        /// Part of the answer had arrived.
        answer_begun: bool,
        /// How long was waited.
        waited: Duration,
    },
    /// The body is larger than allowed.
    #[error("the answer is larger than max_response_body ({limit} bytes)")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The request could not be formed.
    #[error("the request cannot be formed: {0}")]
    Request(String),
    /// The recording has no answer to this request.
    #[error("the recording does not match: {0}")]
    Replay(String),
    /// The recording could not be written.
    #[error("the recording could not be written: {0}")]
    Recording(String),
}

impl From<psbridge_auth::Error> for ExchangeError {
    fn from(error: psbridge_auth::Error) -> Self {
        match error {
            psbridge_auth::Error::Kerberos(error) => Self::Kerberos(error),
            error => Self::Security(error),
        }
    }
}

impl From<psbridge_auth::KerberosError> for ExchangeError {
    fn from(error: psbridge_auth::KerberosError) -> Self {
        Self::Kerberos(error)
    }
}

impl ExchangeError {
    /// The connection broke or fell silent before any byte of the answer.
    #[must_use]
    pub fn is_lost_before_answer(&self) -> bool {
        matches!(
            self,
            Self::Lost {
                answer_begun: false,
                ..
            } | Self::Timeout {
                answer_begun: false,
                ..
            }
        )
    }
}

/// Why TLS did not come about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// No trusted authority has signed the certificate.
    UnknownIssuer {
        /// SHA-256 of the leaf certificate, hexadecimal.
        fingerprint: Option<String>,
    },
    /// The certificate is for another name.
    WrongName {
        /// The name asked for.
        host: String,
        /// SHA-256 of the leaf certificate, hexadecimal.
        fingerprint: Option<String>,
    },
    /// The certificate's time is over.
    Expired {
        /// SHA-256 of the leaf certificate, hexadecimal.
        fingerprint: Option<String>,
    },
    /// The certificate's time has not begun.
    NotYetValid,
    /// The certificate was revoked.
    Revoked,
    /// The leaf is not the pinned one.
    PinMismatch {
        /// SHA-256 of the leaf certificate, hexadecimal.
        fingerprint: String,
    },
    /// The two sides share no cipher suite, or the endpoint does not say what they do not share.
    NothingInCommon,
    /// The endpoint speaks only versions before TLS 1.2.
    OldProtocol,
    /// The endpoint wants a client certificate, and none was given.
    ClientCertificateMissing,
    /// The endpoint does not take the client certificate.
    ClientCertificateRefused {
        /// The name of its alert (RFC 8446, section 6.2), if it sent one.
        alert: Option<String>,
    },
    /// The endpoint did not ask for a client certificate in the handshake, and refused the sign-in without it.
    ClientCertificateNotAsked,
    /// The port does not speak TLS.
    NotTls,
    /// The endpoint broke the connection during the handshake.
    Closed,
    /// The trusted authorities could not be loaded.
    Roots(String),
    /// A certificate that was handed in cannot be read.
    BadCertificate(String),
    /// Anything else, in the words of the TLS library.
    Other(String),
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sha = |f: &mut fmt::Formatter<'_>, fingerprint: &Option<String>| match fingerprint {
            Some(fingerprint) => write!(f, " (sha-256 {fingerprint})"),
            None => Ok(()),
        };
        match self {
            Self::UnknownIssuer { fingerprint } => {
                f.write_str("the certificate is not signed by a trusted authority")?;
                sha(f, fingerprint)
            }
            Self::WrongName { host, fingerprint } => {
                write!(f, "the certificate is not for {host}")?;
                sha(f, fingerprint)
            }
            Self::Expired { fingerprint } => {
                f.write_str("the certificate has expired")?;
                sha(f, fingerprint)
            }
            Self::NotYetValid => f.write_str("the certificate is not valid yet; is the clock right?"),
            Self::Revoked => f.write_str("the certificate was revoked"),
            Self::PinMismatch { fingerprint } => {
                write!(f, "the certificate is not the pinned one, its sha-256 is {fingerprint}")
            }
            Self::NothingInCommon => f.write_str(
                "no cipher suite in common; TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or TLS 1.3, is needed",
            ),
            Self::OldProtocol => {
                f.write_str("the endpoint speaks only versions before TLS 1.2, which are not safe any more")
            }
            Self::ClientCertificateMissing => f.write_str("the endpoint wants a client certificate"),
            Self::ClientCertificateRefused { alert } => {
                f.write_str("the endpoint does not take the client certificate")?;
                match alert {
                    Some(alert) => write!(f, " (alert {alert})"),
                    None => Ok(()),
                }
            }
            Self::ClientCertificateNotAsked => {
                f.write_str("the endpoint did not ask for the client certificate in the handshake")
            }
            Self::NotTls => f.write_str("the port does not speak TLS"),
            Self::Closed => f.write_str("the endpoint closed the connection during the handshake"),
            Self::Roots(text) => write!(f, "the trusted authorities could not be loaded: {text}"),
            Self::BadCertificate(text) => write!(f, "a certificate cannot be read: {text}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

fn list(offered: &[String]) -> String {
    if offered.is_empty() {
        "nothing".to_owned()
    } else {
        offered.join(", ")
    }
}

fn kind(content_type: Option<&str>) -> &str {
    content_type.unwrap_or("no content type")
}
