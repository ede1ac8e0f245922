//! The one interface of all mechanisms.

use std::ops::Range;

use crate::{Entropy, Error};

/// `protocol` of a body sealed under the `Negotiate` scheme, by NTLM or Kerberos ([MS-WSMV] 2.2.9.1).
pub const SPNEGO_PROTOCOL: &str = "application/HTTP-SPNEGO-session-encrypted";
/// `protocol` of a body sealed under the `Kerberos` scheme.
pub const KERBEROS_PROTOCOL: &str = "application/HTTP-Kerberos-session-encrypted";
/// `protocol` of a body sealed under the `CredSSP` scheme.
pub const CREDSSP_PROTOCOL: &str = "application/HTTP-CredSSP-session-encrypted";

/// One end of one authenticated connection.
///
/// A context belongs to one TCP connection: its cipher state and sequence numbers advance with every message, so it can
/// neither be cloned nor shared, and it is thrown away together with the connection after any error. Every error of
/// `step`, `seal` and `unseal` is final: later calls fail with [`Error::State`].
///
/// Initiators begin with `step(None, …)`, acceptors with the first token of the peer.
///
/// ```compile_fail
/// fn twice(context: &psbridge_auth::spnego::Initiator) -> psbridge_auth::spnego::Initiator {
///     context.clone()
/// }
/// ```
pub trait SecurityContext: Send {
    /// Takes the peer's token (or the answer to a [`Step::NeedIo`]) and gives the next one.
    ///
    /// `filetime` is the present time in units of 100 ns since 1601-01-01 UTC. A `401` that answers the last token is a
    /// refusal and no input; a final answer without a token is `step(None, …)`.
    ///
    /// # Errors
    /// A token that is malformed, weak or wrong; see [`Error`].
    fn step(&mut self, input: Option<&[u8]>, filetime: u64, entropy: &mut dyn Entropy)
    -> Result<Step, Error>;

    /// True when the handshake is over and the peer has proved itself as far as the mechanism does.
    fn is_complete(&self) -> bool;

    /// True when [`seal`](Self::seal) works. An initiator can seal as soon as it has made its last token, one leg before
    /// [`is_complete`](Self::is_complete): the first sealed request may travel with that token.
    fn can_seal(&self) -> bool;

    /// Seals one message. Most mechanisms give one block; CredSSP gives one for each 16 KiB.
    ///
    /// # Errors
    /// [`Error::State`] before keys exist or after an error, [`Error::Signature`] when sequence numbers are used up.
    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error>;

    /// Opens one block in place. `block` is header and data in one piece, `header_length` says where the data begins.
    /// The plain text is at [`Unsealed::range`] of `block` afterwards; after an error `block` holds no plain text.
    ///
    /// # Errors
    /// [`Error::Signature`] when the block was changed, repeated or reordered; [`Error::State`] before the handshake is
    /// complete.
    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error>;

    /// The `protocol` parameter of an encrypted body, such as [`SPNEGO_PROTOCOL`].
    fn protocol_name(&self) -> &'static str;

    /// True when [`step`](Self::step) may wait for the network or for files: then it belongs on a thread that may block.
    fn blocks(&self) -> bool {
        false
    }
}

/// What [`SecurityContext::step`] asks of its caller.
///
/// No `Debug`: tokens are material for offline guessing of passwords and belong in no log.
#[expect(missing_debug_implementations, reason = "holds handshake tokens")]
pub enum Step {
    /// Send this token and come back with the peer's answer.
    Continue(Vec<u8>),
    /// Nothing more to receive. A token, if there is one, must still be sent.
    Done(Option<Vec<u8>>),
    /// Perform this request (a Kerberos KDC is asked this way) and come back with its answer.
    NeedIo(IoRequest),
}

/// A request that the caller performs for the context.
#[derive(Debug)]
#[non_exhaustive]
pub struct IoRequest {
    /// Where to send it, such as `tcp://kdc.example:88`.
    pub url: String,
    /// What to send.
    pub data: Vec<u8>,
}

/// One sealed block, before framing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBlock {
    /// The signature or token header that stands before the data.
    pub header: Vec<u8>,
    /// The sealed data.
    pub data: Vec<u8>,
    /// Length of the plain text and its padding, in bytes: the `Length` of the framing.
    pub plain_length: usize,
}

/// Where the plain text of an opened block lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// The plain text within the block.
    pub range: Range<usize>,
    /// Bytes of padding that the mechanism has taken off; the `Length` of the framing counts them.
    pub padding: usize,
}
