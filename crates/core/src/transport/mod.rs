//! The upper seam: a shell that takes and gives PSRP fragments.
//!
//! [`Session`](crate::Session) and its pipelines know nothing below this. Acknowledgements, ids that the server gives and
//! the size of envelopes stay behind it.

mod classify;
#[cfg(test)]
mod tests;
mod wsman;

use bytes::Bytes;
use psbridge_protocol::ProtocolVersion;
pub use psbridge_protocol::client::Lane as InputLane;
use psbridge_protocol::client::Outgoing;
use uuid::Uuid;

pub(crate) use self::wsman::OPEN as OPEN_SHELL;
pub use self::wsman::{WsmanOptions, WsmanTransport};
use crate::error::Error;
use crate::exchange::{BoxFuture, Traffic};

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The runspace pool.
    Pool,
    /// A pipeline, by the id that its messages carry.
    Pipeline(Uuid),
}

/// A request that carries fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// Opening the shell.
    Open,
    /// Starting a pipeline.
    Start,
    /// Sending to the pool or a pipeline.
    Send,
}

/// A piece of a stream of fragments. It may begin and end anywhere.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Base64 text as it lies in the received body, so that it is decoded straight into its place.
    Base64(Bytes),
    /// Bytes.
    Raw(Bytes),
}

/// What one receive brought.
#[derive(Debug, Clone, Default)]
pub struct Delivery {
    /// Pieces of the target's stream, in order.
    pub chunks: Vec<Chunk>,
    /// No more data will come for the target: do not receive again.
    pub done: bool,
}

/// Carries the fragments of one shell.
///
/// A caller has at most one [`receive`](Self::receive) and one [`send`](Self::send) per target under way; everything
/// else may run at once. An error of a kind other than a fault means that the connection is lost and that nobody knows
/// what the server has done.
pub trait ShellTransport: Send + Sync + 'static {
    /// How many bytes of fragments fit into such a request at present.
    fn room(&self, carrier: Carrier) -> usize;

    /// Creates the shell with the first fragments of the pool.
    fn open(&self, pool: Uuid, fragments: Vec<u8>) -> BoxFuture<'_, Result<(), Error>>;

    /// The server has said which version it speaks: it may take larger requests.
    fn negotiated(&self, version: ProtocolVersion);

    /// Starts a pipeline with the first fragment of its creating message.
    fn start(&self, pipeline: Uuid, fragment: Vec<u8>) -> BoxFuture<'_, Result<(), Error>>;

    /// Sends whole fragments.
    fn send(&self, target: Target, outgoing: Outgoing) -> BoxFuture<'_, Result<(), Error>>;

    /// Waits for data, for as long as it takes.
    fn receive(&self, target: Target) -> BoxFuture<'_, Result<Delivery, Error>>;

    /// Asks the server to stop a pipeline; its final state comes by [`receive`](Self::receive).
    fn stop(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>>;

    /// Frees what the server holds for a pipeline. A pipeline that is gone already is none the worse.
    fn free(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>>;

    /// Closes the shell. A shell that is gone already is none the worse.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// Called once when nothing will be asked any more: idle connections go, a recording is completed.
    fn finish(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// What has travelled so far.
    fn traffic(&self) -> Traffic;

    /// The endpoint, for messages.
    fn endpoint(&self) -> &str;
}
