//! CredSSP ([MS-CSSP]): what travels under the scheme `CredSSP`, and how messages are sealed with it.
//!
//! A TLS connection is carried inside the tokens. Within it another mechanism, SPNEGO as a rule, proves the password;
//! then each end proves, sealed by that mechanism, that it sees the same TLS key as the other; at last the client hands
//! its password to the server. The certificate of the server is not validated, its key is bound instead: somebody in
//! between can show a key of his own, but cannot make the proof for it.
//!
//! Messages are sealed by the TLS connection afterwards, in blocks of 16 KiB of plain text each ([MS-WSMV] 2.2.9.1.3).
//!
//! Version 6 is spoken. Versions below 5 prove the key in a form that somebody in between can turn around
//! (CVE-2018-0886) and are refused, unless [`Initiator::allow_vulnerable_versions`] says otherwise.
//!
//! [MS-CSSP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-cssp/
//! [MS-WSMV]: https://learn.microsoft.com/openspecs/windows_protocols/ms-wsmv/

mod acceptor;
mod binding;
mod fault;
mod initiator;
mod message;
mod seal;
#[cfg(test)]
mod tests;
mod tls;

pub use acceptor::Acceptor;
pub use fault::CredSspFault;
pub use initiator::Initiator;
pub use tls::ServerIdentity;

const NEGOTIATION: &str = "credssp negotiation";
