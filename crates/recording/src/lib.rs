//! What went over the wire: record, scrub, match, replay.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod decode;
mod edit;
mod error;
mod format;
mod reader;
pub mod replay;
mod salvage;
mod scrub;
mod writer;

pub use error::{LineError, ReadError, WriteError};
pub use format::{
    Body, FORMAT_VERSION, Header, Millis, Packet, RecordedExchange, RecordedRequest, RecordedResponse,
    Recording, Side, WireBytes,
};
pub use reader::{Capture, Outcome, Reader};
pub use replay::{Answer, Mismatch, Replayer, Ticket};
pub use scrub::Scrubber;
pub use writer::Writer;
