//! Kerberos by the system's krb5: ticket cache and keytab, AES and RC4.
//!
//! The library asks KDCs, reads files and looks at the clock itself; contexts of this module therefore say that they
//! [block](crate::SecurityContext::blocks).

mod acceptor;
mod initiator;
mod wrap;

pub use acceptor::Acceptor;
pub use initiator::{Client, Initiator, Source};

/// The routine error of a major status (RFC 2743 section 1.2.1.1): a number, not flags.
fn routine_error(error: &libgssapi::error::Error) -> u32 {
    (error.major.bits() >> 16) & 0xff
}
