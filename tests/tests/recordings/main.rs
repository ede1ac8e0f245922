//! Real traffic, recorded: what it decodes to, what its envelopes say, and that it replays.
//!
//! The recordings of others are not part of the project (`PSBRIDGE_RECORDINGS`, else `../shared/recordings`); where
//! they are absent, each test says so in one line.

mod decoded;
mod envelopes;
mod expectations;
mod replay;
