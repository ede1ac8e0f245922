//! The authentication headers of HTTP (RFC 9110 section 11), for both ends.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::{AccountName, Error};

/// `Authorization` of a connection that signs in with a TLS client certificate ([MS-WSMV] 2.2.4).
pub const CERTIFICATE_AUTHORIZATION: &str =
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";

/// The longest header text that is read: a Kerberos ticket with many groups stays below.
const MAX_HEADER: usize = 128 * 1024;

/// An authentication scheme of HTTP. Names are compared without case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// SPNEGO or a raw mechanism token (RFC 4559).
    Negotiate,
    /// Kerberos alone.
    Kerberos,
    /// NTLM alone.
    Ntlm,
    /// CredSSP.
    CredSsp,
    /// User and password in clear (RFC 7617).
    Basic,
    /// A token (RFC 6750).
    Bearer,
    /// Any other, as it was written.
    Other(String),
}

impl Scheme {
    /// The scheme with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        [
            Self::Negotiate,
            Self::Kerberos,
            Self::Ntlm,
            Self::CredSsp,
            Self::Basic,
            Self::Bearer,
        ]
        .into_iter()
        .find(|scheme| scheme.name().eq_ignore_ascii_case(name))
        .unwrap_or_else(|| Self::Other(name.into()))
    }

    /// The name as it is sent.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Negotiate => "Negotiate",
            Self::Kerberos => "Kerberos",
            Self::Ntlm => "NTLM",
            Self::CredSsp => "CredSSP",
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
            Self::Other(name) => name,
        }
    }

    /// True for schemes whose tokens this crate's contexts make: they travel as `scheme base64`.
    #[must_use]
    pub fn carries_tokens(&self) -> bool {
        matches!(
            self,
            Self::Negotiate | Self::Kerberos | Self::Ntlm | Self::CredSsp
        )
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One challenge of a `WWW-Authenticate` header. No `Debug`: it may hold a handshake token.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "holds handshake tokens")]
pub struct Challenge {
    /// The scheme.
    pub scheme: Scheme,
    /// The token of schemes that carry one, decoded from base64.
    pub token: Option<Vec<u8>>,
    /// `realm="…"`, if given.
    pub realm: Option<String>,
}

/// Everything that the `WWW-Authenticate` headers of one answer offer, in their order.
#[derive(Clone, PartialEq, Eq, Default)]
#[expect(missing_debug_implementations, reason = "holds handshake tokens")]
pub struct AuthenticateHeader {
    challenges: Vec<Challenge>,
}

impl AuthenticateHeader {
    /// Reads all values of the header; several headers and comma-joined challenges mean the same.
    ///
    /// # Errors
    /// [`Error::Malformed`] when a value is not a list of challenges, a token is not base64, or a text is longer than
    /// 128 KiB.
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let mut challenges = Vec::new();
        for value in values {
            parse_value(value, &mut challenges)?;
        }
        Ok(Self { challenges })
    }

    /// The challenges in the order of the server.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// True when the server offers this scheme.
    #[must_use]
    pub fn offers(&self, scheme: &Scheme) -> bool {
        self.challenges
            .iter()
            .any(|challenge| challenge.scheme == *scheme)
    }

    /// The token that came with this scheme, if any.
    #[must_use]
    pub fn token(&self, scheme: &Scheme) -> Option<&[u8]> {
        self.challenges
            .iter()
            .filter(|c| c.scheme == *scheme)
            .find_map(|c| c.token.as_deref())
    }

    /// The offered schemes, for people: `Negotiate, Basic`.
    #[must_use]
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for challenge in &self.challenges {
            if !names.contains(&challenge.scheme.name()) {
                names.push(challenge.scheme.name());
            }
        }
        names.join(", ")
    }
}

const WWW: &str = "www-authenticate header";

fn parse_value(value: &str, challenges: &mut Vec<Challenge>) -> Result<(), Error> {
    if value.len() > MAX_HEADER {
        return Err(Error::malformed(WWW, "too long"));
    }
    // Where parameters of the header's own last challenge may go on; challenges of other headers take none.
    let first = challenges.len();
    for item in split_list(value)? {
        let item = item.trim_matches([' ', '\t']);
        if item.is_empty() {
            continue;
        }
        if let Some((name, text)) = parameter(item) {
            let Some(challenge) = challenges.get_mut(first..).and_then(<[_]>::last_mut) else {
                return Err(Error::malformed(WWW, "a parameter without a scheme"));
            };
            challenge.set(name, text);
            continue;
        }
        let (name, rest) = item.split_once([' ', '\t']).unwrap_or((item, ""));
        if !is_token(name) {
            return Err(Error::malformed(WWW, "a scheme name with forbidden characters"));
        }
        let mut challenge = Challenge {
            scheme: Scheme::from_name(name),
            token: None,
            realm: None,
        };
        let rest = rest.trim_matches([' ', '\t']);
        if let Some((name, text)) = parameter(rest) {
            challenge.set(name, text);
        } else if !rest.is_empty() && challenge.scheme.carries_tokens() {
            let token = STANDARD
                .decode(rest)
                .map_err(|_| Error::malformed(WWW, "a token that is not base64"))?;
            challenge.token = Some(token);
        }
        challenges.push(challenge);
    }
    Ok(())
}

impl Challenge {
    fn set(&mut self, name: &str, text: String) {
        if name.eq_ignore_ascii_case("realm") && self.realm.is_none() {
            self.realm = Some(text);
        }
    }
}

/// Splits at commas outside quoted strings.
fn split_list(value: &str) -> Result<Vec<&str>, Error> {
    let (mut items, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(value.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err(Error::malformed(WWW, "an open quotation mark"));
    }
    items.push(value.get(start..).unwrap_or_default());
    Ok(items)
}

/// `name = token` or `name = "text"`. A base64 token with padding is none: nothing or `=` follows its equals sign.
fn parameter(item: &str) -> Option<(&str, String)> {
    let (name, text) = item.split_once('=')?;
    let (name, text) = (
        name.trim_end_matches([' ', '\t']),
        text.trim_start_matches([' ', '\t']),
    );
    if !is_token(name) {
        return None;
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
        let mut plain = String::with_capacity(inner.len());
        let mut chars = inner.chars();
        while let Some(c) = chars.next() {
            plain.extend(if c == '\\' { chars.next() } else { Some(c) });
        }
        return Some((name, plain));
    }
    is_token(text).then(|| (name, text.to_owned()))
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// `scheme base64(token)`: the value of an `Authorization` or `WWW-Authenticate` header that carries a token.
#[must_use]
pub fn token_header(scheme: &Scheme, token: &[u8]) -> String {
    format!("{scheme} {}", STANDARD.encode(token))
}

/// The value of an `Authorization` header with a user and a password (RFC 7617, UTF-8). Wiped when dropped.
///
/// # Errors
/// [`Error::Credential`] for a user name with a colon and for control characters, which the scheme cannot carry.
pub fn basic(user: &str, password: &str) -> Result<Zeroizing<String>, Error> {
    if user.contains(':') {
        return Err(Error::Credential {
            reason: "basic authentication cannot carry a colon in the user name",
        });
    }
    if user.chars().chain(password.chars()).any(char::is_control) {
        return Err(Error::Credential {
            reason: "basic authentication cannot carry control characters",
        });
    }
    let mut pair = Zeroizing::new(String::with_capacity(user.len() + password.len() + 1));
    pair.push_str(user);
    pair.push(':');
    pair.push_str(password);
    // One allocation of the final size, so that no copy is left behind by growing.
    let mut header = Zeroizing::new(String::with_capacity(6 + pair.len().div_ceil(3) * 4));
    header.push_str("Basic ");
    STANDARD.encode_string(pair.as_bytes(), &mut header);
    Ok(header)
}

/// The value of an `Authorization` header with a bearer token (RFC 6750). Wiped when dropped.
///
/// # Errors
/// [`Error::Credential`] when the token is empty or has characters that a token cannot have, a line end for example.
pub fn bearer(token: &str) -> Result<Zeroizing<String>, Error> {
    let body = token.trim_end_matches('=');
    if body.is_empty()
        || !body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
    {
        return Err(Error::Credential {
            reason: "not a bearer token",
        });
    }
    let mut header = Zeroizing::new(String::with_capacity(7 + token.len()));
    header.push_str("Bearer ");
    header.push_str(token);
    Ok(header)
}

/// What a client sends in its `Authorization` header, for the accepting end. No `Debug`: it holds secrets.
#[expect(missing_debug_implementations, reason = "holds passwords and tokens")]
#[non_exhaustive]
pub enum Authorization {
    /// A name and a password in clear.
    Basic {
        /// The account, split by [`AccountName::parse`].
        name: AccountName,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A bearer token.
    Bearer(Zeroizing<String>),
    /// A handshake token for a security context.
    Token {
        /// `Negotiate`, `Kerberos`, `NTLM` or `CredSSP`.
        scheme: Scheme,
        /// The token.
        token: Vec<u8>,
    },
    /// [`CERTIFICATE_AUTHORIZATION`].
    Certificate,
    /// A scheme that this crate does not know.
    Other(Scheme),
}

impl Authorization {
    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the value does not have the form of its scheme or is longer than 128 KiB.
    pub fn parse(value: &str) -> Result<Self, Error> {
        const WHAT: &str = "authorization header";
        if value.len() > MAX_HEADER {
            return Err(Error::malformed(WHAT, "too long"));
        }
        let value = value.trim_matches([' ', '\t']);
        if value.eq_ignore_ascii_case(CERTIFICATE_AUTHORIZATION) {
            return Ok(Self::Certificate);
        }
        let (name, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        if !is_token(name) {
            return Err(Error::malformed(WHAT, "no scheme"));
        }
        let rest = rest.trim_matches([' ', '\t']);
        let scheme = Scheme::from_name(name);
        match scheme {
            Scheme::Basic => {
                let pair = STANDARD
                    .decode(rest)
                    .map_err(|_| Error::malformed(WHAT, "not base64"))?;
                let pair = Zeroizing::new(pair);
                let pair = std::str::from_utf8(&pair).map_err(|_| Error::malformed(WHAT, "not utf-8"))?;
                let (user, password) = pair.split_once(':').ok_or(Error::malformed(WHAT, "no colon"))?;
                Ok(Self::Basic {
                    name: AccountName::parse(user),
                    password: Zeroizing::new(password.to_owned()),
                })
            }
            Scheme::Bearer if !rest.is_empty() => Ok(Self::Bearer(Zeroizing::new(rest.to_owned()))),
            Scheme::Bearer => Err(Error::malformed(WHAT, "no token")),
            Scheme::Negotiate | Scheme::Kerberos | Scheme::Ntlm | Scheme::CredSsp => {
                let token = STANDARD
                    .decode(rest)
                    .map_err(|_| Error::malformed(WHAT, "not base64"))?;
                if token.is_empty() {
                    return Err(Error::malformed(WHAT, "no token"));
                }
                Ok(Self::Token { scheme, token })
            }
            Scheme::Other(_) => Ok(Self::Other(scheme)),
        }
    }
}
