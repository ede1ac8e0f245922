//! Who am I, and how is what I say protected: sign-in and message encryption of WinRM, for both ends.
//!
//! # How it works here
//!
//! Over plain HTTP a WinRM server accepts nothing but sealed messages (`AllowUnencrypted=false`), so a sign-in is not
//! only a proof of the password: it makes the keys that seal every later request and answer of the same TCP connection.
//!
//! 1. The server answers `401` with one or several `WWW-Authenticate` headers; [`AuthenticateHeader`] reads what they
//!    offer (RFC 9110 section 11, protocol section 3.2).
//! 2. The client makes a context, [`spnego::Initiator`] as a rule, and carries tokens back and forth in empty requests:
//!    `Authorization: Negotiate <token>` ([`scheme::token_header`]) there, `WWW-Authenticate: Negotiate <token>` back,
//!    each put through [`SecurityContext::step`]. The server does the same with [`spnego::Acceptor`].
//!    Inside are the three messages of NTLM ([MS-NLMP] 2.2.1, [`ntlm`]) or the ticket and the proof of Kerberos (RFC 4121,
//!    `kerberos` and `kerberos_gss`, each behind the feature of its name), around them SPNEGO (RFC 4178, [MS-SPNG]). Under
//!    the scheme `Kerberos` its tokens travel alone. Under `CredSSP` they travel inside a TLS connection that is carried
//!    in the tokens, and at the end the password itself is handed over ([`credssp`]).
//! 3. From then on [`encrypted::seal_body`] and [`encrypted::open_body`] turn SOAP messages into
//!    `multipart/encrypted` bodies and back ([MS-WSMV] 2.2.9.1, protocol section 3.4). Faults are sealed too; a `401` never
//!    is.
//!
//! NTLM seals with one RC4 stream for each direction that runs on over all messages of the connection, and numbers them
//! ([MS-NLMP] 3.4.4.2). A message that is lost, repeated or reordered therefore ends the connection: a context cannot be
//! cloned, any error makes it unusable, and it belongs to exactly one connection.
//!
//! # What is refused
//!
//! * Contexts without signing, sealing, 128-bit keys, key exchange and extended session security, on either end and at
//!   every message ([`Error::Weak`]): also when somebody in between takes a flag away.
//! * NTLMv1, LAN Manager and anonymous sign-ins ([`Error::Legacy`]).
//! * Handshakes whose messages were changed on their way: the MIC over NTLM's messages is always sent and is checked
//!   when it is announced; `mechListMIC` over SPNEGO's list of mechanisms is made and required with NTLM, and whenever the
//!   server chooses another mechanism than our favourite ([`Error::Integrity`]).
//! * Endpoints that do not prove themselves: Kerberos is always mutual ([`KerberosError::Unproved`]).
//! * Channel bindings of another TLS connection (RFC 5929, [`ChannelBindings`], [`ntlm::BindingPolicy`]).
//! * Servers that ask for a password by CredSSP and show a TLS key that is not their own, or could be made to by
//!   somebody in between ([`credssp::CredSspFault`]).
//! * Passwords that do not prove themselves: an acceptor compares the whole `NTProofStr`, in constant time.
//!
//! # What comes from outside
//!
//! The crate opens no socket and has no clock and no source of randomness: the time is a parameter, randomness an
//! [`Entropy`], and KDCs are asked by the caller ([`Step::NeedIo`]). Two libraries take what they need themselves:
//! picky-krb the random block before each Kerberos encryption, the system's krb5 (`kerberos_gss`) everything, which is
//! why its contexts [block](SecurityContext::blocks). Keys, hashes and passwords are wiped when dropped, are compared in constant time and have no `Debug`.
//!
//! # Example
//!
//! Both ends in one program; `core` and `lab` put HTTP between them.
//!
//! ```
//! use std::sync::Arc;
//! use psbridge_auth::ntlm::{AcceptorOptions, ServerNames, Target};
//! use psbridge_auth::{Accounts, Credential, EntropyError, SecurityContext, Step, encrypted, spnego};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let filetime = 133_700_000_000_000_000;
//! // Stands for the operating system's source of randomness.
//! let mut count = 0_u8;
//! let mut entropy = |out: &mut [u8]| -> Result<(), EntropyError> {
//!     out.iter_mut().for_each(|byte| { count = count.wrapping_mul(5).wrapping_add(1); *byte = count });
//!     Ok(())
//! };
//!
//! let credential = Credential::new("CORP\\alice", "correct horse");
//! let mut client = spnego::Initiator::new(&credential, Target::new("HTTP/mail.corp.example"))?;
//! let accounts = Arc::new(Accounts::new().with("CORP\\alice", "correct horse"));
//! let mut server = spnego::Acceptor::new(accounts, AcceptorOptions::new(ServerNames::standalone("mail")));
//!
//! let mut answer = None;
//! while !client.is_complete() {
//!     let (Step::Continue(token) | Step::Done(Some(token))) = client.step(answer.as_deref(), filetime, &mut entropy)?
//!     else { break };
//!     answer = match server.step(Some(&token), filetime, &mut entropy)? {
//!         Step::Continue(token) => Some(token),
//!         Step::Done(token) => token,
//!         Step::NeedIo(_) => unreachable!("NTLM asks nobody else"),
//!     };
//! }
//! assert_eq!(server.account().map(ToString::to_string).as_deref(), Some("CORP\\alice"));
//!
//! let sealed = encrypted::seal_body(&mut client, b"<s:Envelope/>")?;
//! let opened = encrypted::open_body(&mut server, &sealed.content_type, sealed.body)?;
//! assert_eq!(&opened.body[..], b"<s:Envelope/>");
//! # Ok(())
//! # }
//! ```
//!
//! [MS-NLMP]: https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/
//! [MS-SPNG]: https://learn.microsoft.com/openspecs/windows_protocols/ms-spng/
//! [MS-WSMV]: https://learn.microsoft.com/openspecs/windows_protocols/ms-wsmv/

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![warn(missing_docs)]

mod account;
mod channel_bindings;
mod context;
pub mod credssp;
mod denial;
pub mod encrypted;
mod entropy;
mod error;
#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
pub mod kerberos;
mod kerberos_error;
#[cfg(feature = "kerberos-gss")]
pub mod kerberos_gss;
pub mod ntlm;
pub mod scheme;
pub mod spnego;
#[cfg(test)]
mod testing;
mod text;

pub use account::{AccountName, AccountStore, Accounts, Credential, NtHash};
pub use channel_bindings::ChannelBindings;
pub use context::{
    CREDSSP_PROTOCOL, IoRequest, KERBEROS_PROTOCOL, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step,
    Unsealed,
};
pub use denial::Denial;
pub use entropy::{Entropy, EntropyError};
pub use error::{Error, Legacy, SignatureFault};
pub use kerberos_error::KerberosError;
pub use scheme::{AuthenticateHeader, Authorization, Scheme};
