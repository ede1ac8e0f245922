//! Kerberos in pure Rust: a password or a keytab, AES (RFC 4120, RFC 4121, RFC 3962, [MS-KILE]).
//!
//! 1. [`Client`] is the user and its proof. [`Initiator`] asks KDCs for a ticket ([`Step::NeedIo`](crate::Step::NeedIo):
//!    the crate opens no socket), and its clones share the tickets.
//! 2. The ticket goes to the endpoint with our time; the endpoint proves itself by giving that time back. The keys of the
//!    connection come out of it.
//! 3. Every message is sealed by one Wrap token in the layout of WinRM (protocol section 3.4).
//!
//! # What is checked
//!
//! The nonce, the user and the service of every answer of a KDC; the time in the endpoint's proof; in every message the
//! header that is encrypted with it, the direction, the key and that its number is the next one. A context without a
//! proof of the endpoint is never given out. Clocks that are more than 5 minutes apart are refused before a password
//! is tried.
//!
//! # What it does not do
//!
//! RC4 and DES, the newer SHA-2 types, ticket caches, delegation, smart cards and FAST: for the first four use
//! the feature `kerberos-gss`.
//!
//! The messages are ours; the ciphers are picky-krb's, which takes the random block before each encryption from the
//! operating system by itself.
//!
//! [MS-KILE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-kile/

// What the other implementation needs too: the endpoint's refusals have the same form for both.
pub(crate) mod asn1;
mod etype;
pub(crate) mod refusal;

#[cfg(feature = "kerberos")]
mod client;
#[cfg(feature = "kerberos")]
mod crypto;
#[cfg(feature = "kerberos")]
mod initiator;
#[cfg(feature = "kerberos")]
mod kdc;
#[cfg(feature = "kerberos")]
mod keytab;
#[cfg(feature = "kerberos")]
mod messages;
#[cfg(feature = "kerberos")]
#[cfg(test)]
mod tests;
#[cfg(feature = "kerberos")]
mod wrap;

#[cfg(feature = "kerberos")]
pub use client::{Client, TicketSeen};
#[cfg(feature = "kerberos")]
pub use initiator::Initiator;
#[cfg(feature = "kerberos")]
pub use keytab::Keytab;
pub use refusal::wants_tcp;
