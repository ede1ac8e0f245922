//! What a vault says that does not take a token.

use url::Url;

use super::VaultError;
use crate::cloud::Cloud;
use crate::sign_in::ask::bounded;
use crate::web::WebResponse;

/// Checks that the vault asks for tokens of the cloud's own authority and for the cloud's own resource: nobody else is
/// ever asked for one.
pub(super) fn check(response: &WebResponse, cloud: &Cloud, tenant: Option<String>) -> Result<(), VaultError> {
    let Some(value) = response.all("www-authenticate").find_map(bearer) else {
        return Ok(());
    };
    let Some(authority) = parameter(value, "authorization").or_else(|| parameter(value, "authorization_uri"))
    else {
        return Ok(());
    };
    let refuse = |reason: String| VaultError::Challenge {
        authority: bounded(authority),
        reason,
    };
    let url = Url::parse(authority).map_err(|error| refuse(error.to_string()))?;
    if url.origin().ascii_serialization() != cloud.authority() {
        return Err(refuse(format!(
            "tokens of {} come from {}",
            cloud.name(),
            cloud.authority()
        )));
    }
    let resource = parameter(value, "resource").or_else(|| parameter(value, "scope"));
    if let Some(resource) = resource
        && resource.trim_end_matches("/.default") != cloud.vault_audience()
    {
        return Err(refuse(format!(
            "it wants a token for {}, and vaults of this cloud are {}",
            bounded(resource),
            cloud.vault_audience()
        )));
    }
    let wanted = url
        .path_segments()
        .and_then(|mut path| path.next())
        .unwrap_or_default();
    match tenant {
        Some(own) if !wanted.is_empty() && !wanted.eq_ignore_ascii_case(&own) => {
            Err(refuse(format!("the token is of tenant {}", bounded(&own))))
        }
        _ => Ok(()),
    }
}

/// The parameters behind `Bearer`.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(rest)
}

/// One of `name="value", name="value"`; the blanks and quotes vary between vaults.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(',').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}
