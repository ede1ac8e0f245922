//! Cookies of one endpoint: load balancers in front of Exchange keep a session on one server by them.

use std::sync::{Mutex, PoisonError};

use hyper::header::{HeaderMap, HeaderValue, SET_COOKIE};

const MAX_COOKIES: usize = 64;
const MAX_COOKIE_BYTES: usize = 4096;

/// The jar. Cookies live in memory only and are never recorded.
#[derive(Default)]
pub(super) struct Cookies(Mutex<Vec<Cookie>>);

struct Cookie {
    name: String,
    value: String,
    path: String,
    secure: bool,
}

impl Cookies {
    /// Takes in what a response sets. Broken and oversized cookies are left out.
    pub(super) fn store(&self, headers: &HeaderMap, request_path: &str) {
        let mut jar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for text in headers
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let Some((cookie, expired)) = parse(text, request_path) else {
                continue;
            };
            jar.retain(|old| old.name != cookie.name || old.path != cookie.path);
            if !expired && jar.len() < MAX_COOKIES {
                jar.push(cookie);
            }
        }
    }

    /// The `Cookie` header for a request, if any cookie applies.
    pub(super) fn header(&self, path: &str, https: bool) -> Option<HeaderValue> {
        let jar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = jar
            .iter()
            .filter(|cookie| (https || !cookie.secure) && path_matches(path, &cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect::<Vec<_>>()
            .join("; ");
        if text.is_empty() {
            return None;
        }
        let mut value = HeaderValue::try_from(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn parse(text: &str, request_path: &str) -> Option<(Cookie, bool)> {
    if text.len() > MAX_COOKIE_BYTES {
        return None;
    }
    let mut parts = text.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    if name.is_empty() {
        return None;
    }
    let default_path = request_path
        .split('?')
        .next()
        .and_then(|path| path.rsplit_once('/'))
        .map_or("", |(head, _)| head);
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        path: if default_path.is_empty() {
            "/".to_owned()
        } else {
            default_path.to_owned()
        },
        secure: false,
    };
    let mut expired = false;
    for attribute in parts {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        if key.eq_ignore_ascii_case("path") && value.starts_with('/') {
            value.clone_into(&mut cookie.path);
        } else if key.eq_ignore_ascii_case("secure") {
            cookie.secure = true;
        } else if key.eq_ignore_ascii_case("max-age") {
            expired = value.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
        } else if key.eq_ignore_ascii_case("expires") && value.contains("1970") {
            // The customary way to delete a cookie; other dates outlive the session anyway.
            expired = true;
        }
    }
    Some((cookie, expired))
}

/// RFC 6265 section 5.1.4, without case because IIS compares paths so.
fn path_matches(request: &str, cookie: &str) -> bool {
    let request = request.split('?').next().unwrap_or_default();
    let Some(head) = request.get(..cookie.len()) else {
        return false;
    };
    head.eq_ignore_ascii_case(cookie)
        && (cookie.ends_with('/') || matches!(request.as_bytes().get(cookie.len()), None | Some(b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(path: &str, set: &[&str]) -> Cookies {
        let cookies = Cookies::default();
        let mut headers = HeaderMap::new();
        for text in set {
            headers.append(SET_COOKIE, HeaderValue::from_str(text).unwrap());
        }
        cookies.store(&headers, path);
        cookies
    }

    fn sent(cookies: &Cookies, path: &str, https: bool) -> String {
        cookies
            .header(path, https)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    #[test]
    fn cookies_come_back_where_their_path_and_scheme_allow() {
        let cookies = jar(
            "/PowerShell/",
            &[
                "a=1; path=/; HttpOnly",
                "b=2; Path=/powershell; Secure",
                "broken",
                "c=3",
            ],
        );
        assert_eq!(sent(&cookies, "/PowerShell/?x=/wsman", true), "a=1; b=2; c=3");
        assert_eq!(sent(&cookies, "/PowerShell/", false), "a=1; c=3");
        assert_eq!(sent(&cookies, "/powershell-liveid/", true), "a=1");
        assert_eq!(sent(&cookies, "/wsman", true), "a=1");
    }

    #[test]
    fn a_new_value_replaces_and_an_expired_one_deletes() {
        let cookies = jar(
            "/wsman",
            &[
                "a=1; path=/",
                "a=2; path=/",
                "b=1; path=/",
                "b=; path=/; Max-Age=0",
            ],
        );
        assert_eq!(sent(&cookies, "/wsman", false), "a=2");
        let cookies = jar("/wsman", &["a=1", "a=; expires=Thu, 01-Jan-1970 00:00:00 GMT"]);
        assert_eq!(sent(&cookies, "/wsman", false), "");
    }

    #[test]
    fn the_jar_is_bounded() {
        let many: Vec<String> = (0..100).map(|n| format!("c{n}=1; path=/")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(
            sent(&jar("/", &many), "/", false).split("; ").count(),
            MAX_COOKIES
        );
        let long = format!("a={}", "x".repeat(MAX_COOKIE_BYTES));
        assert_eq!(sent(&jar("/", &[&long]), "/", false), "");
    }
}
