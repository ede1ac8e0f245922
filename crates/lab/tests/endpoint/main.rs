//! The endpoint as clients see it: every answer compared with Windows, every fault, sign-in, limits, cmdlets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests state their expectations by panicking"
)]

mod client;
mod cmdlets;
mod faults;
mod limits;
mod recordings;
mod signin;
mod windows;
