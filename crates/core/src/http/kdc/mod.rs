//! Finding the KDCs of a realm and asking them (RFC 4120 section 7.2).

#[cfg(feature = "kerberos")]
mod address;
mod config;
#[cfg(feature = "kerberos")]
mod exchange;

#[cfg(feature = "kerberos")]
pub(super) use address::KdcAddress;
pub(super) use config::Krb5Config;
#[cfg(feature = "kerberos")]
pub(super) use exchange::Kdcs;
