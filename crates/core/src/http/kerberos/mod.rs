//! Signing in with Kerberos: whether, as whom, and with which implementation.

#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
mod identity;
#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
mod means;
mod negotiator;
mod options;

pub use negotiator::KerberosTicket;
pub(super) use negotiator::{Asker, Attempt, Negotiator};
pub use options::{KerberosOptions, KerberosSource};
