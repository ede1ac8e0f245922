//! `psbridge doctor` in front of doors that are open and of every kind of shut one: each case is produced for real and
//! its diagnosis compared, as text and as JSON, with the one that people were promised.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests state their expectations by panicking"
)]

mod certificate;
mod endpoint;
mod front;
mod healthy;
mod kerberos;
mod network;
mod online;
mod sign_in;
mod support;
mod tls;
