//! The client's side: a [`Pool`] of runspaces and its [`Pipeline`]s, as state machines without I/O
//! (protocol.md 4.3.6, 4.4).
//!
//! Bytes that were received go in by `receive`, events come out of `next_event`, bytes to send out of
//! `next_outgoing`. A pool and its pipelines are separate values that share only the negotiated version and the
//! source of object ids, so that each may live in a task of its own.

mod event;
mod options;
mod pipeline;
mod pool;

pub use event::{Event, PoolEvent};
pub use options::{ClientPoolState, PoolOptions};
pub use pipeline::Pipeline;
pub use pool::Pool;

use crate::codec::Undecodable as UndecodableMessage;

/// A message whose data could not be read.
pub type Undecodable = UndecodableMessage;

/// Where bytes go: the `Name` of the stream in a Send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// `stdin`.
    Input,
    /// `pr`: answers to host calls.
    PromptResponse,
}

impl Lane {
    /// Name of the stream over WS-Management.
    pub fn stream_name(self) -> &'static str {
        match self {
            Self::Input => "stdin",
            Self::PromptResponse => "pr",
        }
    }

    /// The lane with this stream name.
    pub fn from_stream_name(name: &str) -> Option<Self> {
        match name {
            "stdin" => Some(Self::Input),
            "pr" => Some(Self::PromptResponse),
            _ => None,
        }
    }
}

/// Whole fragments to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// On which stream.
    pub lane: Lane,
    /// The fragments.
    pub data: Vec<u8>,
}
