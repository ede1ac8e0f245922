//! WS-Management and PSRP for both roles, without I/O.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod client;
mod codec;
mod error;
pub mod fragment;
pub mod message;
mod negotiation;
pub mod payload;
pub mod secure;
pub mod server;
mod version;
pub mod wsman;

pub use error::{DecodeError, Error};
pub use version::{ParseVersionError, ProtocolVersion};
