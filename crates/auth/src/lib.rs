//! Security contexts for WinRM: NTLM, SPNEGO, sealing, channel bindings.
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
pub mod encrypted;
mod entropy;
mod error;
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
pub use entropy::{Entropy, EntropyError};
pub use error::{Error, Legacy, SignatureFault};
pub use scheme::{AuthenticateHeader, Authorization, Scheme};
