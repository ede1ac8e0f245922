//! Client assertions: the tokens by which an app proves who it is.

use uuid::Uuid;

use super::aadsts::Refusal;
use super::clock;
use super::handle::Shared;
use super::jwt::Token;
use super::seen::SeenRequest;
use super::state::{App, Federation, State};

/// An assertion may not last longer, in seconds.
const LONGEST: u64 = 600;
/// How much clocks may differ, in seconds.
const SKEW: u64 = 300;

/// What an assertion was checked against.
pub(crate) struct Expected<'a> {
    pub(crate) client: Uuid,
    /// The token endpoint, as it was addressed.
    pub(crate) endpoint: &'a str,
}

/// Checks every header and claim of an assertion, notes its claims and remembers its `jti`.
///
/// # Errors
/// With the number that the real endpoint has for what is wrong.
pub(crate) fn check(
    shared: &Shared,
    state: &mut State,
    expected: &Expected<'_>,
    text: &str,
    seen: &mut SeenRequest,
) -> Result<(), Refusal> {
    let token =
        Token::parse(text).ok_or_else(|| Refusal::new(50027, "JWT token is invalid or malformed."))?;
    let app = state
        .tenants
        .iter()
        .find_map(|tenant| tenant.app(expected.client))
        .ok_or_else(|| Refusal::new(700_016, "Application was not found in the directory."))?;
    let own = token.claim("iss").and_then(|iss| Uuid::parse_str(iss).ok());
    let thumbprint = token.header("x5t#S256").is_some() || token.header("x5t").is_some();
    if own.is_some() || thumbprint {
        certificate(app, expected, &token)?;
        let jti = token
            .claim("jti")
            .filter(|jti| !jti.is_empty())
            .ok_or_else(|| Refusal::new(50027, "JWT token is invalid or malformed. It has no jti."))?;
        if !state.used.insert((expected.client, jti.to_owned())) {
            let text = "JWT token is invalid or malformed. Its jti was used before.";
            return Err(Refusal::new(50027, text));
        }
    } else {
        federated(shared, app, &token)?;
    }
    seen.claims = Some(token.claims);
    Ok(())
}

/// An assertion signed by a certificate that the app has registered.
fn certificate(app: &App, expected: &Expected<'_>, token: &Token) -> Result<(), Refusal> {
    if token.header("typ") != Some("JWT") {
        return Err(Refusal::new(
            50027,
            "JWT token is invalid or malformed. Its typ is not JWT.",
        ));
    }
    let shown = token.header("x5t#S256").or_else(|| token.header("x5t"));
    let key = app.keys.iter().find(|key| {
        token.header("x5t#S256").map_or_else(
            || token.header("x5t") == Some(&key.certificate.sha1_text()),
            |sha256| sha256 == key.certificate.sha256_text(),
        )
    });
    let Some(key) = key else {
        return Err(Refusal::new(
            700_027,
            format!(
                "The certificate with identifier used to sign the client assertion is not registered on \
                 application. [Reason - The key was not found., Thumbprint of key used by client: '{}', Please \
                 visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id \
                 '{}'.]",
                printable(shown),
                app.id
            ),
        ));
    };
    if !token.signed_by(&key.certificate.public_key) {
        return Err(Refusal::new(
            700_027,
            "Client assertion failed signature validation. [Reason - The key was found, but use of the key to \
             verify the signature failed.]",
        ));
    }
    let now = clock::now();
    if now < key.certificate.not_before || now >= key.certificate.not_after {
        return Err(Refusal::new(
            700_027,
            "The certificate with identifier used to sign the client assertion is expired on application. [Reason - \
             The key used is expired.]",
        ));
    }
    let client = expected.client.to_string();
    for claim in ["iss", "sub"] {
        if !token
            .claim(claim)
            .is_some_and(|value| value.eq_ignore_ascii_case(&client))
        {
            return Err(Refusal::new(
                700_021,
                format!(
                    "Client assertion application identifier ({claim}) doesn't match 'client_id' parameter."
                ),
            ));
        }
    }
    if token.claim("aud") != Some(expected.endpoint) {
        return Err(Refusal::new(
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    times(token)?;
    let end = token.time("exp").unwrap_or_default();
    if end > now + LONGEST + SKEW {
        return Err(Refusal::new(
            700_024,
            "Client assertion is not within its valid time range. It lasts longer than 10 minutes.",
        ));
    }
    Ok(())
}

/// An assertion of another issuer that the app trusts (workload identity).
fn federated(shared: &Shared, app: &App, token: &Token) -> Result<(), Refusal> {
    let issuer = token.claim("iss");
    let by_issuer: Vec<&Federation> = app
        .federations
        .iter()
        .filter(|federation| issuer == Some(&federation.issuer))
        .collect();
    if by_issuer.is_empty() {
        return Err(Refusal::new(
            700_211,
            format!(
                "No matching federated identity record found for presented assertion issuer '{}'.",
                printable(issuer)
            ),
        ));
    }
    let subject = token.claim("sub");
    let Some(federation) = by_issuer
        .into_iter()
        .find(|federation| subject == Some(&federation.subject))
    else {
        return Err(Refusal::new(
            700_213,
            format!(
                "No matching federated identity record found for presented assertion subject '{}'.",
                printable(subject)
            ),
        ));
    };
    let audience = token.claims.get("aud").and_then(|aud| match aud {
        serde_json::Value::Array(all) => all.first()?.as_str(),
        one => one.as_str(),
    });
    if audience != Some(&federation.audience) {
        return Err(Refusal::new(
            700_212,
            format!(
                "No matching federated identity record found for presented assertion audience '{}'.",
                printable(audience)
            ),
        ));
    }
    if !token.signed_by(&federation.certificate.public_key) {
        return Err(Refusal::new(
            700_027,
            format!(
                "Client assertion failed signature validation at {}.",
                shared.names.login()
            ),
        ));
    }
    times(token)
}

fn times(token: &Token) -> Result<(), Refusal> {
    let now = clock::now();
    let start = token.time("nbf").or_else(|| token.time("iat"));
    let end = token.time("exp");
    let within = start.is_some_and(|start| start <= now + SKEW) && end.is_some_and(|end| end > now);
    if within {
        return Ok(());
    }
    Err(Refusal::new(
        700_024,
        format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry \
             time of assertion {}.",
            clock::iso(now),
            start.map_or_else(|| "none".to_owned(), clock::iso),
            end.map_or_else(|| "none".to_owned(), clock::iso),
        ),
    ))
}

/// What came from a client, as far as it can be said back.
fn printable(text: Option<&str>) -> String {
    text.unwrap_or("none")
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}
