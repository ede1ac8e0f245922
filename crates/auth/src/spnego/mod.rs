//! SPNEGO (RFC 4178, [MS-SPNG]) around NTLM: what travels under `Negotiate`.
//!
//! Both ends also speak NTLM without SPNEGO under the same scheme: an acceptor answers raw with raw, an initiator
//! accepts a raw answer because it offers NTLM alone, so that there is nothing to be talked out of.
//!
//! The list of mechanisms is protected by `mechListMIC`. After it is made or verified the cipher of its direction starts
//! again while the sequence number goes on: the first sealed message has the number 1 ([MS-SPNG] 3.3.5.1).

mod acceptor;
mod initiator;
#[cfg(test)]
mod tests;
mod token;

pub use acceptor::Acceptor;
pub use initiator::Initiator;
