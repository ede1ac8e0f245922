//! WS-Management and PSRP for both roles, without I/O.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod fragment;
pub mod message;
pub mod payload;
mod version;
pub mod wsman;

pub use version::{ParseVersionError, ProtocolVersion};
