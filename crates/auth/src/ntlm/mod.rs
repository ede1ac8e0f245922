//! NTLMv2 ([MS-NLMP], protocol section 3.5), with what WinRM's message encryption needs of it.
//!
//! A context comes to be only with signing, sealing, 128-bit keys, key exchange and extended session security; anything
//! less in the peer's messages is [`Error::Weak`](crate::Error::Weak), be it an old peer or a changed message. NTLMv1,
//! LAN Manager and anonymous sign-ins are neither made nor accepted.

mod acceptor;
mod crypto;
mod initiator;
mod message;
mod sealing;
mod target_info;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub use acceptor::{Acceptor, AcceptorOptions, BindingPolicy, ServerNames};
pub use initiator::{Initiator, Target};
pub(crate) use message::is_ntlm;
pub(crate) use sealing::SIGNATURE;
