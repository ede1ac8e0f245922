//! A WinRM endpoint for tests: PSRP over HTTP and HTTPS with a simulated Exchange directory.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(
    clippy::result_large_err,
    reason = "errors of commands are rare, and values nearly everywhere"
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests state their expectations"
    )
)]

mod builder;
mod cmdlets;
mod directory;
mod engine;
mod error;
pub mod faults;
mod http;
mod journal;
mod psrp;
mod running;
mod stats;
mod wsman;

pub use builder::{AuthScheme, DEFAULT_ACCOUNT, LabBuilder, Limits};
pub use error::LabError;
pub use faults::FaultPlan;
pub use running::Lab;
pub use stats::Stats;
