//! psbridge against implementations that owe it nothing: pyspnego, psrpcore, pypsrp.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests state their expectations by panicking"
)]

mod auth;
mod client;
mod endpoint;
mod hostile;
mod lab;
mod peer;
mod session;
