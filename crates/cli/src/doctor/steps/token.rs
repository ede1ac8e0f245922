//! Getting a token, and what it says about itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use psbridge::sign_in::{AccessToken, Claims, TokenSource};

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, span};
use crate::doctor::walk::Seen;

/// The permission that applications need (exchange.md 3.2).
const PERMISSION: &str = "Exchange.ManageAsApp";

/// What a good token says.
pub(crate) struct Expected {
    /// What it is asked for.
    resource: String,
    /// Whether the audience is known well enough to compare it.
    compare: bool,
    /// The id of the tenant, where an id was given and no name.
    tenant: Option<String>,
}

/// What the token for the endpoint must say.
pub(crate) fn expected(facts: &Facts, resource: &str) -> Expected {
    let online = &facts.online;
    let is_id = |name: &&String| uuid::Uuid::try_parse(name).is_ok();
    let named = [&online.tenant, &online.organization];
    Expected {
        resource: resource.to_owned(),
        compare: !online.audience.is_empty(),
        tenant: named.into_iter().flatten().find(is_id).cloned(),
    }
}

/// Asks for a token and reads its claims. They are not verified: the endpoint does that.
pub(crate) async fn get(
    tokens: Arc<dyn TokenSource>,
    expected: Expected,
) -> Result<Seen<AccessToken>, Finding> {
    let token = tokens
        .token(&expected.resource)
        .await
        .map_err(|error| Finding::Token(Box::new(error)))?;
    let source = tokens.describe();
    let Ok(claims) = token.claims() else {
        return Ok(Seen::new(
            token,
            format!("from {source}; it says nothing about itself"),
        ));
    };
    let warning = judge(&claims, &expected, SystemTime::now())?;
    let detail = format!("from {source}; {}", describe(&claims, SystemTime::now()));
    Ok(Seen::new(token, detail).warn(warning))
}

/// What is wrong with the claims, or worth knowing.
fn judge(claims: &Claims, expected: &Expected, now: SystemTime) -> Result<Option<Finding>, Finding> {
    let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    // Exchange's own application id is as good as its address.
    let fits = |audience: &String| {
        bare(audience) == bare(&expected.resource) || audience.starts_with("00000002-0000-0ff1-ce00")
    };
    if expected.compare && !claims.aud.is_empty() && !claims.aud.iter().any(fits) {
        return Err(Finding::TokenAudience {
            got: claims.aud.join(", "),
            wanted: expected.resource.clone(),
        });
    }
    if let (Some(wanted), Some(got)) = (&expected.tenant, &claims.tid)
        && !wanted.eq_ignore_ascii_case(got)
    {
        return Err(Finding::TokenTenant {
            got: got.clone(),
            wanted: wanted.clone(),
        });
    }
    let left = left(claims, now);
    if let Some(left) = left.filter(|left| *left <= 0) {
        return Err(Finding::TokenExpired { seconds: -left });
    }
    let of_app = claims.scp.is_none() && (claims.idtyp.as_deref() == Some("app") || claims.app().is_some());
    let lacks = of_app && !claims.roles.iter().any(|role| role.starts_with(PERMISSION));
    Ok(lacks.then_some(Finding::TokenNoPermission))
}

/// Seconds until it ends.
fn left(claims: &Claims, now: SystemTime) -> Option<i64> {
    let end = i64::try_from(claims.exp?).ok()?;
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Some(end - i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

fn describe(claims: &Claims, now: SystemTime) -> String {
    let mut parts = Vec::new();
    if !claims.aud.is_empty() {
        parts.push(format!("for {}", claims.aud.join(", ")));
    }
    if let Some(tenant) = &claims.tid {
        parts.push(format!("tenant {tenant}"));
    }
    if let Some(app) = claims.app() {
        parts.push(format!("application {app}"));
    }
    if let Some(user) = &claims.upn {
        parts.push(format!("user {user}"));
    }
    parts.push(match claims.roles.as_slice() {
        [] => "no roles".to_owned(),
        roles => format!("roles {}", roles.join(" ")),
    });
    if let Some(left) = left(claims, now) {
        parts.push(format!("{} left", span(left)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(text: &str) -> Claims {
        serde_json::from_str(text).unwrap()
    }

    fn judged(text: &str) -> Result<Option<&'static str>, &'static str> {
        let expected = Expected {
            resource: "https://outlook.office365.com".into(),
            compare: true,
            tenant: Some("11111111-0000-0000-0000-000000000000".into()),
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        judge(&claims(text), &expected, now)
            .map(|warning| warning.map(|finding| finding.name()))
            .map_err(|finding| finding.name())
    }

    #[test]
    fn claims_are_judged() {
        let good = r#"{"aud":"https://outlook.office365.com/","exp":2000,"appid":"a","roles":["Exchange.ManageAsApp"]}"#;
        assert_eq!(judged(good), Ok(None));
        assert_eq!(
            judged(r#"{"aud":"https://graph.microsoft.com"}"#),
            Err("token-audience")
        );
        assert_eq!(
            judged(r#"{"tid":"22222222-0000-0000-0000-000000000000"}"#),
            Err("token-tenant")
        );
        assert_eq!(judged(r#"{"exp":1000}"#), Err("token-expired"));
        assert_eq!(
            judged(r#"{"appid":"a","roles":["Mail.Read"]}"#),
            Ok(Some("permission-missing"))
        );
        assert_eq!(judged(r#"{"appid":"a","scp":"Exchange.Manage"}"#), Ok(None));
    }
}
