//! Access tokens, and what they say about themselves.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// More than any token of Entra has.
const MAX_TOKEN: usize = 64 * 1024;

/// A token and when it ends. Wiped from memory when dropped; `Debug` shows the end only.
#[derive(Clone)]
pub struct AccessToken {
    secret: Secret,
    expires_at: Option<SystemTime>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl AccessToken {
    /// A token that ends at `expires_at`, if that is known.
    #[must_use]
    pub fn new(secret: Secret, expires_at: Option<SystemTime>) -> Self {
        Self { secret, expires_at }
    }

    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends, as far as known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// What the token says about itself. **Not verified**: the signature is for the resource to check. For finding
    /// out what is wrong, never for deciding what somebody may do.
    ///
    /// # Errors
    /// [`ClaimsError`] when it is no JWT; that is not a fault of a token, which may be opaque.
    pub fn claims(&self) -> Result<Claims, ClaimsError> {
        let token = self.secret.expose();
        if token.len() > MAX_TOKEN {
            return Err(ClaimsError::TooLarge);
        }
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ClaimsError::NotJwt);
        };
        let payload = URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map(Zeroizing::new)
            .map_err(|_| ClaimsError::NotJwt)?;
        serde_json::from_slice(&payload).map_err(|_| ClaimsError::NotJson)
    }
}

/// Why a token says nothing that we understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// It has not the three parts of a JWT.
    #[error("the token is no JWT")]
    NotJwt,
    /// Its middle part is not a JSON object of claims.
    #[error("the token's claims are not JSON")]
    NotJson,
    /// More than 64 KiB.
    #[error("the token is too large")]
    TooLarge,
}

/// The claims of a token that help to find out what is wrong. Not verified.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// Whom the token is for.
    #[serde(default, deserialize_with = "one_or_many")]
    pub aud: Vec<String>,
    /// Who made it.
    #[serde(default)]
    pub iss: Option<String>,
    /// The tenant.
    #[serde(default)]
    pub tid: Option<String>,
    /// The app (version 1 tokens).
    #[serde(default)]
    pub appid: Option<String>,
    /// The app (version 2 tokens).
    #[serde(default)]
    pub azp: Option<String>,
    /// The object that signed in: the service principal or the user.
    #[serde(default)]
    pub oid: Option<String>,
    /// The user, for tokens of people.
    #[serde(default)]
    pub upn: Option<String>,
    /// Permissions of the app: `Exchange.ManageAsApp`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Directory roles of a user, by template id.
    #[serde(default)]
    pub wids: Vec<String>,
    /// Permissions that a user lends to the app.
    #[serde(default)]
    pub scp: Option<String>,
    /// `app` for tokens of apps.
    #[serde(default)]
    pub idtyp: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(default)]
    pub exp: Option<u64>,
    /// When it begins, in seconds since 1970.
    #[serde(default)]
    pub nbf: Option<u64>,
}

impl Claims {
    /// The app, by whichever claim names it.
    #[must_use]
    pub fn app(&self) -> Option<&str> {
        self.appid.as_deref().or(self.azp.as_deref())
    }

    /// When the token ends.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.exp?))
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}
