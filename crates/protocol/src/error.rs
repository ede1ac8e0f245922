use crate::ProtocolVersion;
use crate::fragment::FragmentError;
use crate::message::{MessageError, MessageType};
use crate::payload::PayloadError;
use crate::secure::CryptoError;

/// What ends a pool or a pipeline, or forbids what was asked of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream of fragments is broken.
    #[error("the stream of messages is broken: {0}")]
    Fragment(#[from] FragmentError),
    /// A message's header is broken.
    #[error("the stream of messages is broken: {0}")]
    Message(#[from] MessageError),
    /// A message without which nothing can go on cannot be read.
    #[error("{message_type} cannot be read: {error}")]
    Undecodable {
        /// Its type.
        message_type: MessageType,
        /// Why.
        error: DecodeError,
    },
    /// A value cannot be written as CLIXML.
    #[error("a value cannot be sent: {0}")]
    Encode(psbridge_clixml::Error),
    /// The two sides do not speak the same.
    #[error("the versions of the two sides do not fit: ours is {ours}, the other's {theirs}")]
    Negotiation {
        /// Our version of PSRP, or what of the capability differs.
        ours: String,
        /// The other side's.
        theirs: String,
    },
    /// The pool or pipeline is not in a state for this.
    #[error("cannot {action}: {subject} is {state}")]
    State {
        /// What was asked.
        action: &'static str,
        /// `the pool` or `the pipeline`.
        subject: &'static str,
        /// Its state.
        state: String,
    },
    /// The negotiated version lacks this.
    #[error("{feature} needs version {needs} of the protocol, the server speaks {negotiated}")]
    Version {
        /// What was asked.
        feature: &'static str,
        /// The version that has it.
        needs: ProtocolVersion,
        /// The version of the session.
        negotiated: ProtocolVersion,
    },
    /// The first fragment does not fit into the room that is given.
    #[error("{message_type} does not fit: {max} bytes are too few")]
    NoRoom {
        /// What was to be sent.
        message_type: MessageType,
        /// The room.
        max: usize,
    },
    /// There is no host call with this id that waits for a response.
    #[error("no host call with id {call_id} waits for a response")]
    HostCall {
        /// The id.
        call_id: i64,
    },
    /// The key exchange failed.
    #[error("the key exchange failed: {0}")]
    Crypto(#[from] CryptoError),
}

/// Why the data of a message could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Its CLIXML is broken.
    #[error(transparent)]
    Clixml(#[from] psbridge_clixml::Error),
    /// It does not say what it must.
    #[error(transparent)]
    Payload(#[from] PayloadError),
}
