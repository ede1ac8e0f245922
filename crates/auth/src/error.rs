//! What can go wrong while signing in or sealing.

use crate::Denial;
use crate::KerberosError;
use crate::credssp::CredSspFault;
use crate::entropy::EntropyError;

/// Errors of this crate. None of them carries a password, a key or the text of a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A token, header or message does not have the form that its specification gives it.
    #[error("malformed {what}: {reason}")]
    Malformed {
        /// The thing that was read, such as `ntlm challenge`.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The peer did not agree to a property that every context must have (protection, key length, key exchange).
    /// Either the peer is too old or somebody changed the negotiation on its way.
    #[error("the peer's {message} lacks {missing}, and a context without it is not protected")]
    Weak {
        /// The message that was read, such as `ntlm challenge`.
        message: &'static str,
        /// The first property that is missing.
        missing: &'static str,
    },

    /// The peer asks for a form of authentication that is never answered or accepted.
    #[error("{0} is refused")]
    Legacy(Legacy),

    /// Acceptor: the account is not known or the password is wrong; which of the two is not told.
    #[error("logon denied: unknown account or wrong password")]
    LogonDenied,

    /// Initiator: the server ended the negotiation.
    #[error("the server refused the sign-in")]
    Refused,

    /// Initiator: the server said why it does not let the account in.
    #[error("the server refused the sign-in: {0}")]
    Denied(Denial),

    /// CredSSP did not come about.
    #[error("credssp: {0}")]
    CredSsp(#[from] CredSspFault),

    /// The code that protects the handshake itself is missing or wrong: the handshake was changed on its way, or the
    /// two sides do not share the password.
    #[error("the integrity code of the {what} is {}", if *.missing { "missing" } else { "wrong" })]
    Integrity {
        /// What the code protects: `ntlm messages` or `mechanism list`.
        what: &'static str,
        /// True when there was no code at all.
        missing: bool,
    },

    /// Acceptor: the channel bindings do not belong to this TLS connection.
    #[error("channel bindings are {}", if *.missing { "required and absent" } else { "those of another connection" })]
    ChannelBindings {
        /// True when the initiator sent none and the policy requires them.
        missing: bool,
    },

    /// No mechanism in common.
    #[error("no common mechanism: the peer offers {offered}")]
    Mechanism {
        /// The object identifiers that the peer named, comma-separated.
        offered: String,
    },

    /// A sealed or signed message was changed, repeated, left out or reordered.
    #[error("message signature refused: {0}")]
    Signature(SignatureFault),

    /// A call that the state of the context does not allow, such as sealing before the handshake has given keys.
    #[error("{operation} is not possible {when}")]
    State {
        /// The call.
        operation: &'static str,
        /// The state that forbids it.
        when: &'static str,
    },

    /// The framing of an encrypted body is broken.
    #[error("encrypted body, offset {offset}: {reason}")]
    Framing {
        /// Byte offset into the body.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },

    /// The `Content-Type` of a body is not that of an encrypted body of this context.
    #[error("content type is not an encrypted body of this context: {reason}")]
    ContentType {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// Kerberos did not come about.
    #[error(transparent)]
    Kerberos(#[from] KerberosError),

    /// A user name, password or token cannot be sent in the form that the scheme has.
    #[error("unusable credential: {reason}")]
    Credential {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The source of random bytes failed.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

/// Forms of authentication that are neither answered nor accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Legacy {
    /// A 24-byte NT response ([MS-NLMP] 2.2.2.6).
    NtlmV1,
    /// A LAN Manager response without an NT response.
    Lm,
    /// A sign-in without a user name.
    Anonymous,
}

impl std::fmt::Display for Legacy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NtlmV1 => "ntlm version 1",
            Self::Lm => "a sign-in with a lan manager response alone",
            Self::Anonymous => "anonymous sign-in",
        })
    }
}

/// Why a message signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// It is not a signature of this mechanism.
    #[error("not a signature of this mechanism")]
    Form,
    /// The sequence number is not the next one: a message was repeated, left out or reordered.
    #[error("sequence number {received} instead of {expected}")]
    Sequence {
        /// The number that had to come next.
        expected: u32,
        /// The number in the signature.
        received: u32,
    },
    /// The message is not the next one: it was repeated, left out or reordered. For mechanisms that do not tell which.
    #[error("the message was repeated, left out or reordered")]
    Order,
    /// The checksum does not belong to the message.
    #[error("the checksum does not belong to the message")]
    Checksum,
    /// The context has used up its sequence numbers.
    #[error("the sequence numbers of this context are used up")]
    Exhausted,
}

impl Error {
    pub(crate) fn malformed(what: &'static str, reason: &'static str) -> Self {
        Self::Malformed { what, reason }
    }
}
