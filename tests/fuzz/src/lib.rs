//! The oracles of psbridge-tests, without the rest of that package: built with the sanitizer, each crate counts.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "an oracle says what is wrong by panicking"
)]

#[path = "../../src/oracles/mod.rs"]
pub mod oracles;
