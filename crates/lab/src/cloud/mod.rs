//! A cloud on loopback: the services that a client of Exchange Online meets before and beside its sessions.
//!
//! | host | service |
//! |---|---|
//! | `login.psbridge.localhost` | token endpoint (client credentials by assertion and secret, federated assertion, device code, refresh token) |
//! | `graph.psbridge.localhost` | Graph: applications, service principals, app roles, directory roles |
//! | `NAME.vault.psbridge.localhost` | key vaults: certificates, secrets, keys that sign |
//! | `outlook.psbridge.localhost` | the REST front of Exchange Online, with a few commands |
//! | plain HTTP | the identity of the machine: IMDS, App Service, Automation |
//!
//! All on one port; names below `localhost` are the machine's own, and where a resolver does not know that, clients
//! must (ours does). Every header, claim and signature is checked as the real services do, and refusals have their
//! numbers and forms. Access tokens are real ones, signed by RS256, and are checked as such wherever they are shown.

mod aadsts;
mod assertion;
mod certificate;
mod clock;
mod contents;
mod exchange;
mod graph;
mod handle;
mod http;
mod identity;
mod jwt;
mod login;
mod names;
mod order;
mod random;
mod seen;
mod state;
mod tokens;
mod vault;

pub use contents::{App, Identity, Rights};
pub use handle::CloudHandle;
pub use http::Service;
pub(crate) use http::run;
pub(crate) use names::Names;
pub use order::Order;
pub use seen::SeenRequest;
pub use vault::VaultFormat;
