//! The upper seam: a shell that takes and gives PSRP fragments.
//!
//! [`Session`](crate::Session) and its pipelines know nothing below this. Acknowledgements, ids that the server gives and
//! the size of envelopes stay behind it.

use bytes::Bytes;
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::fragment::Outbox;
use uuid::Uuid;

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

/// Where data goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputStream {
    /// Ordinary data.
    Default,
    /// Answers to host calls, which go past waiting input.
    PromptResponse,
}

/// A piece of a stream of fragments. It may begin and end anywhere.
#[derive(Debug, Clone)]
pub enum Chunk {
    /// Base64 text (ASCII) as it lies in the received body, so that it is decoded straight into its place.
    Base64(Bytes),
    /// Bytes.
    Raw(Bytes),
}

/// What one receive brought.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Pieces of the target's stream, in order.
    pub chunks: Vec<Chunk>,
    /// No more data will come for the target: do not receive again.
    pub done: bool,
}

/// Carries the fragments of one shell.
///
/// Sends to one target are carried out one after the other, in the order of the calls. Everything else may run at once;
/// a caller has at most one receive per target under way.
pub trait ShellTransport: Send + Sync + 'static {
    /// Creates the shell with the opening messages of the pool.
    fn open(&self, pool: Uuid, messages: Outbox) -> BoxFuture<'_, Result<(), Error>>;

    /// The server has said which version it speaks: it may take larger requests.
    fn negotiated(&self, version: ProtocolVersion);

    /// Starts a pipeline with its creating message.
    fn start(&self, pipeline: Uuid, messages: Outbox) -> BoxFuture<'_, Result<(), Error>>;

    /// Sends messages.
    fn send(&self, target: Target, stream: InputStream, messages: Outbox)
    -> BoxFuture<'_, Result<(), Error>>;

    /// Waits for data, for as long as it takes.
    fn receive(&self, target: Target) -> BoxFuture<'_, Result<Received, Error>>;

    /// Asks the server to stop a pipeline; its final state comes by [`receive`](Self::receive).
    fn stop(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>>;

    /// Frees what the server holds for a pipeline. A pipeline that is gone already is none the worse.
    fn free(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>>;

    /// Closes the shell. A shell that is gone already is none the worse.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// What has travelled so far.
    fn traffic(&self) -> Traffic;

    /// The endpoint, for messages.
    fn endpoint(&self) -> &str;
}
