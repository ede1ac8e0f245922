//! SPNEGO (RFC 4178, [MS-SPNG]) around Kerberos and NTLM: what travels under `Negotiate`.
//!
//! An initiator offers a list of [`Mechanism`]s and sends the first token of its favourite at once. The list is protected
//! by `mechListMIC`: always with NTLM, with Kerberos when it was not the favourite or the server asks for it (RFC 4178
//! section 5). A server can therefore choose, but nobody on the way can talk the two out of a better mechanism.
//!
//! Both ends also speak NTLM without SPNEGO under the same scheme: an acceptor answers raw with raw, an initiator that
//! offers NTLM alone accepts a raw answer, because there is nothing to be talked out of.
//!
//! With NTLM the cipher of a direction starts again after its code is made or verified while the sequence number goes on:
//! the first sealed message has the number 1 ([MS-SPNG] 3.3.5.1).

mod acceptor;
mod initiator;
mod mechanism;
#[cfg(test)]
mod tests;
mod token;

pub use acceptor::Acceptor;
pub use initiator::Initiator;
pub use mechanism::{Accepting, Mechanism, MechanismKind};
