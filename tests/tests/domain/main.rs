//! Kerberos and NTLM of a domain: real KDCs, and endpoints and clients that owe psbridge nothing.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests state their expectations by panicking"
)]

mod client;
mod credssp;
mod failures;
mod hostile;
#[cfg(feature = "kerberos-gss")]
mod lab;
mod ntlm;
mod sign_in;
