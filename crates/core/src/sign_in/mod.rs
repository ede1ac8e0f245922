//! Tokens: who gives them, how long they last, what they say.
//!
//! A [`TokenSource`] asks for a token for a resource. The grants here are such sources; [`CachedTokens`] around one of
//! them keeps tokens until shortly before they expire and asks once for all who wait.

mod ask;
mod assertion;
mod cache;
mod credentials;
mod device;
mod error;
mod fixed;
mod managed;
mod reason;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod token;
mod vault;
mod workload;

pub use cache::CachedTokens;
pub use credentials::ClientCredentials;
pub use device::{DeviceCode, DevicePrompt, EXCHANGE_PUBLIC_CLIENT};
pub use error::{DeviceCodeFailure, Refusal, TokenError};
pub use fixed::FixedToken;
pub use managed::{IdentityEndpoint, ManagedIdentity};
pub use reason::RefusalReason;
pub use token::{AccessToken, Claims, ClaimsError};
pub use vault::{KeyVault, VaultError, VaultSecret};
pub use workload::WorkloadIdentity;

use crate::exchange::BoxFuture;

/// Gives tokens.
///
/// # Example: a token that somebody else keeps fresh
///
/// ```
/// use psbridge::Secret;
/// use psbridge::exchange::BoxFuture;
/// use psbridge::sign_in::{AccessToken, TokenError, TokenSource};
///
/// struct Agent;
///
/// impl TokenSource for Agent {
///     fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
///         Box::pin(async move {
///             let text = std::env::var("AGENT_TOKEN")
///                 .map_err(|_| TokenError::configuration(format!("AGENT_TOKEN has no token for {resource}")))?;
///             Ok(AccessToken::new(Secret::from(text), None))
///         })
///     }
///     fn describe(&self) -> String {
///         "the agent".to_owned()
///     }
/// }
/// ```
pub trait TokenSource: Send + Sync + 'static {
    /// A token for `resource`, such as `https://outlook.office365.com` (without `/.default`).
    ///
    /// # Errors
    /// [`TokenError`] says why there is none and what to do.
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>>;

    /// Says that the tokens given so far were refused: the next one must be a new one.
    fn invalidate(&self) {}

    /// Who gives the tokens, for people: the kind, the app, the tenant. No secret.
    fn describe(&self) -> String;
}
