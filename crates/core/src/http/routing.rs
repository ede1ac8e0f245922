//! One back end for each shell: the hints that the caller gives, and what the answers tell about it.

use std::sync::{Mutex, PoisonError};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::exchange::ExchangeError;

/// Headers by which the front ends of Exchange tell which back end has answered.
const BACK_END: [&str; 3] = ["x-calculatedbetarget", "x-targetbeserver", "x-beserver"];
const FRONT_END: &str = "x-feserver";

/// The caller's hints as headers.
pub(super) fn hints(hints: &[(String, String)]) -> Result<HeaderMap, ExchangeError> {
    let mut headers = HeaderMap::with_capacity(hints.len());
    for (name, value) in hints {
        let wrong = |reason: &dyn std::fmt::Display| {
            ExchangeError::Request(format!("the routing hint {name:?} cannot be sent: {reason}"))
        };
        let is_hint = name.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("x-"));
        if !is_hint {
            return Err(wrong(&"its name does not begin with X-"));
        }
        let key = HeaderName::try_from(name.as_str()).map_err(|error| wrong(&error))?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|error| wrong(&error))?;
        headers.append(key, value);
    }
    Ok(headers)
}

/// Which back end has answered so far.
#[derive(Default)]
pub(super) struct BackEnd(Mutex<Option<String>>);

impl BackEnd {
    /// Notes who has answered. Another one than before does not know the shell: whoever looks for the reason of a lost
    /// shell finds it in the log.
    pub(super) fn observe(&self, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(now) = BACK_END.iter().find_map(|name| text(name)) else {
            return;
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_deref() {
            Some(before) if !before.eq_ignore_ascii_case(now) => {
                let front = text(FRONT_END).unwrap_or_default();
                tracing::warn!(before = ?before, now = ?now, front_end = ?front, "another back end answers");
            }
            Some(_) => return,
            None => tracing::debug!(back_end = ?now, "a back end answers"),
        }
        *known = Some(now.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_headers_of_their_own_kind() {
        let one = |name: &str, value: &str| hints(&[(name.to_owned(), value.to_owned())]);
        let headers = one("X-AnchorMailbox", "reader@example.com").unwrap();
        assert_eq!(headers["x-anchormailbox"], "reader@example.com");
        for (name, value) in [
            ("Authorization", "x"),
            ("Cookie", "a=b"),
            ("X-A B", "x"),
            ("X-A", "a\r\nb: c"),
            ("x", ""),
        ] {
            assert!(one(name, value).is_err(), "{name}");
        }
    }
}
