//! Every way in, and what each refuses.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests state their expectations by panicking"
)]

mod certificate;
mod credssp;
mod exo_session;
mod fronts;
mod grant;
mod plain;
mod proxy;
mod redirect;
mod secrets;
mod soak;
mod tls;
mod tokens;
