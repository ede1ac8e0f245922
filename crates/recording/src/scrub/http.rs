//! Secrets in HTTP heads, URLs and bodies that are not SOAP.

use super::Patterns;
use super::text::{Escapes, Mask, is_secret_name, is_secret_parameter, mask_patterns, mask_tokens};

/// What stands in place of a secret whose length nothing depends on.
const SCRUBBED: &str = "[scrubbed]";

/// Scrubs HTTP headers: the names stay, and the schemes of authentication.
pub(super) fn headers(headers: &mut [(String, String)], patterns: &Patterns) {
    for (name, value) in headers {
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" | "www-authenticate" | "proxy-authenticate" => {
                *value = credentials(value);
            }
            "cookie" => *value = value.split(';').map(cookie).collect::<Vec<_>>().join(";"),
            "set-cookie" => {
                let (first, rest) = value
                    .split_once(';')
                    .map_or((value.as_str(), None), |(a, b)| (a, Some(b)));
                *value = match rest {
                    Some(attributes) => format!("{};{attributes}", cookie(first)),
                    None => cookie(first),
                };
            }
            // What App Service and Automation hand out for their identity endpoints.
            "authentication-info" | "x-identity-header" => SCRUBBED.clone_into(value),
            "location" | "referer" => {
                url(value);
                plain(value, patterns, Escapes::Url);
            }
            other => {
                if is_secret_name(other) || other.ends_with("api-key") {
                    SCRUBBED.clone_into(value);
                }
                plain(value, patterns, Escapes::None);
            }
        }
    }
}

/// `Negotiate YII…` → `Negotiate [scrubbed]`. A challenge's parameters (`Basic realm="x"`) stay.
fn credentials(value: &str) -> String {
    match value.trim().split_once(' ') {
        None => value.to_owned(),
        Some((_, parameters)) if parameters.trim_start().starts_with("realm=") => value.to_owned(),
        Some((scheme, _)) => format!("{scheme} {SCRUBBED}"),
    }
}

fn cookie(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) => format!("{name}={SCRUBBED}"),
        None => SCRUBBED.to_owned(),
    }
}

/// Scrubs the secret parameters of a path or URL, and user information.
pub(super) fn url(url: &mut String) {
    if let Some((before, after)) = url.split_once("://")
        && let Some(authority) = after.split(['/', '?']).next()
        && let Some((_, host)) = authority.rsplit_once('@')
    {
        *url = format!(
            "{before}://{SCRUBBED}@{host}{}",
            after.get(authority.len()..).unwrap_or_default()
        );
    }
    if let Some((path, query)) = url.split_once('?') {
        let query: Vec<String> = query
            .split_inclusive(['&', ';', '#'])
            .map(|pair| {
                let (text, end) = match pair.strip_suffix(['&', ';', '#']) {
                    Some(text) => (text, pair.get(text.len()..).unwrap_or_default()),
                    None => (pair, ""),
                };
                match text.split_once('=') {
                    Some((name, _)) if is_secret_parameter(&name.to_ascii_lowercase()) => {
                        format!("{name}={SCRUBBED}{end}")
                    }
                    _ => pair.to_owned(),
                }
            })
            .collect();
        *url = format!("{path}?{}", query.concat());
    }
}

/// Masks patterns and web tokens in a text.
pub(super) fn plain(text: &mut String, patterns: &Patterns, escapes: Escapes) {
    let mut bytes = std::mem::take(text).into_bytes();
    mask_patterns(patterns.iter(), b"", &mut bytes, escapes, Mask::Stars, false);
    mask_tokens(b"", &mut bytes, false);
    *text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
}

/// Scrubs a form (`client_secret=…&grant_type=…`).
pub(super) fn form(body: &mut [u8], patterns: &Patterns) {
    for pair in body.split_mut(|&b| b == b'&') {
        let Some(equals) = pair.iter().position(|&b| b == b'=') else {
            continue;
        };
        let (name, value) = pair.split_at_mut(equals + 1);
        let name = String::from_utf8_lossy(name.strip_suffix(b"=").unwrap_or(name)).to_ascii_lowercase();
        if is_secret_parameter(&name) {
            Mask::Stars.apply(value);
        }
    }
    mask_patterns(patterns.iter(), b"", body, Escapes::Url, Mask::Stars, false);
    mask_tokens(b"", body, false);
}

/// Whether a path is that of a key vault's secret, whose answer calls it `value` and nothing else.
pub(super) fn is_vault_secret(path: &str) -> bool {
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.split_once('/').map_or("", |(_, path)| path)
    });
    let mut parts = path.trim_start_matches('/').split(['/', '?']);
    parts
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case("secrets"))
}

/// Scrubs JSON text: the strings below secret names, and named texts in all strings. `vault` tells that it is a secret of
/// a key vault.
pub(super) fn json(body: &mut [u8], patterns: &Patterns, vault: bool) {
    let mut secret_depth = None;
    let mut depth = 0_usize;
    let mut name_is_secret = false;
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if std::mem::take(&mut name_is_secret) && secret_depth.is_none() {
                    secret_depth = Some(depth);
                }
            }
            b'}' | b']' => {
                if secret_depth == Some(depth) {
                    secret_depth = None;
                }
                depth = depth.saturating_sub(1);
                name_is_secret = false;
            }
            b',' => name_is_secret = false,
            b'"' => {
                let end = string_end(body, at + 1);
                let is_name = body
                    .get(end + 1..)
                    .is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"));
                let Some(string) = body.get_mut(at + 1..end) else {
                    return;
                };
                if is_name {
                    let name = String::from_utf8_lossy(string);
                    name_is_secret = is_secret_name(&name) || (vault && name.eq_ignore_ascii_case("value"));
                } else if name_is_secret || secret_depth.is_some() {
                    Mask::Stars.apply(string);
                }
                mask_patterns(patterns.iter(), b"", string, Escapes::Json, Mask::Stars, false);
                mask_tokens(b"", string, false);
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where a string's closing quote is; the end of the text where it has none.
fn string_end(body: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = body.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrubs_heads() {
        let mut list: Vec<(String, String)> = [
            ("Authorization", "Negotiate YIIabc"),
            ("authorization", "Basic dXNlcjpwYXNz"),
            ("WWW-Authenticate", "Negotiate oYHx"),
            ("WWW-Authenticate", "Basic realm=\"WSMAN\""),
            ("www-authenticate", "Negotiate"),
            ("Cookie", "MS-WSMAN=abc; x=y"),
            ("Set-Cookie", "X-BackEndCookie=S-1-5; path=/PowerShell; secure"),
            ("X-Vault-Token", "abc"),
            ("X-IDENTITY-HEADER", "853b9a84"),
            ("Proxy-Authorization", "Basic dXNlcjpwYXNz"),
            ("Location", "https://u:p@h.example/a?code=1&x=2"),
            ("Server", "contoso-01"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .into();
        headers(&mut list, &Patterns::new(["contoso"]));
        let values: Vec<_> = list.iter().map(|(_, v)| v.as_str()).collect();
        assert_eq!(
            values,
            [
                "Negotiate [scrubbed]",
                "Basic [scrubbed]",
                "Negotiate [scrubbed]",
                "Basic realm=\"WSMAN\"",
                "Negotiate",
                "MS-WSMAN=[scrubbed]; x=[scrubbed]",
                "X-BackEndCookie=[scrubbed]; path=/PowerShell; secure",
                "[scrubbed]",
                "[scrubbed]",
                "Basic [scrubbed]",
                "https://[scrubbed]@h.example/a?code=[scrubbed]&x=2",
                "*******-01",
            ]
        );
    }

    #[test]
    fn scrubs_forms_and_json() {
        let mut body = b"grant_type=client_credentials&client_secret=a%2Bb&scope=x".to_vec();
        form(&mut body, &Patterns::new(["SCOPE"]));
        assert_eq!(body, b"grant_type=client_credentials&client_secret=*****&*****=x");
        let mut body =
            br#"{"access_token":"ab\"c","n":[1,"con\u0074oso"],"Password":{"a":["b"],"c":2},"d":"e"}"#
                .to_vec();
        json(&mut body, &Patterns::new(["contoso"]), false);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"access_token":"*****","n":[1,"************"],"Password":{"a":["*"],"c":2},"d":"e"}"#
        );
    }

    #[test]
    fn scrubs_what_buys_and_answers_tokens() {
        let mut body =
            b"client_assertion=abc.def&device_code=ABC&grant_type=x&refresh_token=r&code=c&client_id=i"
                .to_vec();
        form(&mut body, &Patterns::default());
        assert_eq!(
            body,
            b"client_assertion=*******&device_code=***&grant_type=x&refresh_token=*&code=*&client_id=i"
        );
        let mut body = br#"{"device_code":"AB","user_code":"CD","secretText":"x","error":{"code":"kept"},"refresh_token":"r"}"#
            .to_vec();
        json(&mut body, &Patterns::default(), false);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"device_code":"**","user_code":"**","secretText":"*","error":{"code":"kept"},"refresh_token":"*"}"#
        );
    }

    #[test]
    fn the_value_of_a_vaults_secret_is_one() {
        for path in [
            "/secrets/app/1?api-version=7.4",
            "https://v.vault.azure.net/Secrets/app",
        ] {
            assert!(is_vault_secret(path), "{path}");
        }
        for path in [
            "/keys/app/sign",
            "/adminapi/secrets",
            "https://v.vault.azure.net",
            "",
        ] {
            assert!(!is_vault_secret(path), "{path}");
        }
        let mut body = br#"{"value":"MIIK","id":"https://v/secrets/app/1"}"#.to_vec();
        json(&mut body, &Patterns::default(), true);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"value":"****","id":"https://v/secrets/app/1"}"#
        );
    }
}
