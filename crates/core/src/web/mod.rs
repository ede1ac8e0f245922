//! Plain HTTPS calls: tokens, identity endpoints, key vaults, Graph.
//!
//! The same connections, TLS options and proxies as sessions use, none of their sign-in. Redirections are not followed,
//! answers are bounded in size and time, and plain HTTP is refused but to the identity endpoints of the machine itself.

mod client;
mod error;
mod message;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use client::Clear;
pub use client::{WebClient, WebOptions};
pub use error::WebError;
pub use message::{WebRequest, WebResponse};
