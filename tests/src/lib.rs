//! What the tests of this package share: the built binary, the other implementations, and what to do without them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "everything here runs inside tests, which state their expectations by panicking"
)]

pub mod domain;
pub mod oracles;
mod process;
mod require;
pub mod sessions;

pub use process::{Child, Finished, Python, psbridge_bin, run, workspace};
pub use require::{recordings, required, skip};
