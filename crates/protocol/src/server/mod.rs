//! The server's side: what an endpoint makes of a client's messages, and says to it (protocol.md 4.3.6, 4.4, 7).
//!
//! Bytes that were received go in by `receive`, events come out of `next_event`, fragments to send out of
//! `next_fragment`. A pool and its pipelines are separate values; a client that answers the host calls of a pipeline
//! on the pool's stream is served by [`PoolEvent::ForPipeline`] and [`Pipeline::accept`].

mod pipeline;
mod pool;

pub use pipeline::{Pipeline, PipelineEvent};
pub use pool::{Pool, PoolEvent, PoolOptions};

pub use crate::client::{Lane, Undecodable};
