//! One question to a token endpoint, asked again where that is the rule, and its answer read.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{AccessToken, Refusal, RefusalReason, TokenError};
use crate::exchange::ExchangeError;
use crate::secret::Secret;
use crate::text::plain;
use crate::web::{Clear, WebClient, WebError, WebRequest, WebResponse};

/// When a question is asked again.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    /// How often at most, the first time included.
    pub(super) attempts: u32,
    /// The first pause; each further one is twice as long.
    pub(super) first: Duration,
    /// The first pause after status 410: the host behind the metadata service is upgraded for more than a minute.
    pub(super) gone: Duration,
    /// Which statuses.
    pub(super) again: fn(u16) -> bool,
}

impl Retry {
    /// Token endpoints and key vaults: only when they say that they are busy or broken.
    pub(super) const SERVICE: Self = Self {
        attempts: 3,
        first: Duration::from_secs(1),
        gone: Duration::ZERO,
        again: |status| matches!(status, 429 | 500 | 502 | 503 | 504),
    };

    /// Longest pause; who asks us to wait longer gets an error instead.
    const LONGEST: Duration = Duration::from_secs(64);

    /// How long to wait after the answer to the `attempt`th question, counted from 1; none when it is the last word.
    fn pause(&self, attempt: u32, status: u16, asked: Option<Duration>) -> Option<Duration> {
        if attempt >= self.attempts || !(self.again)(status) {
            return None;
        }
        let first = if status == 410 {
            self.first.max(self.gone)
        } else {
            self.first
        };
        let own = (first * 2_u32.pow(attempt - 1)).min(Self::LONGEST);
        let wait = asked.map_or(own, |asked| asked.max(own));
        (wait <= Self::LONGEST).then_some(wait)
    }
}

/// Sends `request` until its answer is not one of those that mean "later".
pub(super) async fn ask(
    web: &WebClient,
    request: &WebRequest,
    clear: Clear,
    retry: Retry,
) -> Result<WebResponse, WebError> {
    let mut lost = false;
    let mut attempt = 1;
    loop {
        let response = match web.send_with(request.clone(), clear).await {
            Ok(response) => response,
            // A kept connection that the server closed in this moment. Asking for a token twice does no harm.
            Err(WebError::Exchange {
                source: ExchangeError::Lost {
                    answer_begun: false, ..
                },
                ..
            }) if !lost => {
                lost = true;
                continue;
            }
            Err(error) => return Err(error),
        };
        let asked = response.retry_after(SystemTime::now());
        let Some(wait) = retry.pause(attempt, response.status, asked) else {
            return Ok(response);
        };
        tracing::debug!(
            status = response.status,
            seconds = wait.as_secs_f32(),
            "asking again later"
        );
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

/// A token as RFC 6749 section 5.1 and the identity endpoints write it.
#[derive(Deserialize)]
pub(super) struct Granted {
    #[serde(deserialize_with = "secret")]
    access_token: Secret,
    /// Seconds from now; a text at the identity endpoints.
    #[serde(default)]
    expires_in: Option<Value>,
    /// Seconds since 1970; the identity endpoints of apps give only this one.
    #[serde(default)]
    expires_on: Option<Value>,
    #[serde(default, deserialize_with = "optional_secret")]
    pub(super) refresh_token: Option<Secret>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

fn optional_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::from))
}

fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

impl Granted {
    pub(super) fn token(self, now: SystemTime) -> AccessToken {
        let on = seconds(self.expires_on.as_ref())
            .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        // The time from now on does not depend on the clocks of two machines.
        let expires_at = seconds(self.expires_in.as_ref())
            .and_then(|seconds| now.checked_add(Duration::from_secs(seconds)))
            .or(on);
        AccessToken::new(self.access_token, expires_at)
    }
}

/// Reads the answer of a token endpoint.
pub(super) fn granted(origin: &str, response: &WebResponse) -> Result<Granted, TokenError> {
    if response.is_success() {
        let granted: Granted = response.json().map_err(|_| unexpected(origin, response))?;
        if granted.access_token.expose().is_empty() {
            return Err(unexpected(origin, response));
        }
        return Ok(granted);
    }
    Err(refused(origin, response))
}

pub(super) fn unexpected(origin: &str, response: &WebResponse) -> TokenError {
    TokenError::Unexpected {
        endpoint: origin.to_owned(),
        status: response.status,
        content_type: response
            .header("content-type")
            .map(|text| plain(text).into_owned()),
    }
}

/// The error that an answer without success stands for.
pub(super) fn refused(origin: &str, response: &WebResponse) -> TokenError {
    #[derive(Deserialize)]
    struct OAuthError {
        error: String,
        #[serde(default)]
        error_description: String,
        #[serde(default)]
        error_codes: Vec<u32>,
        #[serde(default)]
        correlation_id: Option<String>,
        #[serde(default)]
        trace_id: Option<String>,
    }
    let throttled = response.status == 429;
    match response.json::<OAuthError>() {
        Ok(error) if !throttled => {
            let code = error
                .error_codes
                .first()
                .copied()
                .or_else(|| code_in(&error.error_description));
            TokenError::Refused(Box::new(Refusal {
                endpoint: origin.to_owned(),
                status: response.status,
                reason: RefusalReason::of(code, &error.error, response.status),
                error: bounded(&error.error),
                code,
                description: described(&error.error_description),
                correlation_id: error.correlation_id.as_deref().map(bounded),
                trace_id: error.trace_id.as_deref().map(bounded),
            }))
        }
        _ if throttled || response.status == 503 => TokenError::Throttled {
            endpoint: origin.to_owned(),
            status: response.status,
            retry_after: response.retry_after(SystemTime::now()),
        },
        _ => unexpected(origin, response),
    }
}

/// The number of `AADSTS700016: …`.
fn code_in(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..digits)?.parse().ok()
}

/// The description without its number and the ids behind it, which have places of their own.
fn described(description: &str) -> String {
    let text = description.split("Trace ID:").next().unwrap_or_default().trim();
    let text = match text.split_once(": ") {
        Some((number, rest)) if number.starts_with("AADSTS") => rest,
        _ => text,
    };
    bounded(text)
}

/// Text of the server, short and without control characters.
pub(super) fn bounded(text: &str) -> String {
    let short: String = text.chars().take(500).collect();
    plain(&short).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMDS: Retry = crate::sign_in::managed::IMDS;

    fn seconds(retry: Retry, status: u16, asked: Option<u64>) -> Vec<f32> {
        (1..10)
            .map_while(|attempt| retry.pause(attempt, status, asked.map(Duration::from_secs)))
            .map(|pause| pause.as_secs_f32())
            .collect()
    }

    #[test]
    fn pauses_grow_and_have_an_end() {
        assert_eq!(seconds(Retry::SERVICE, 503, None), [1.0, 2.0]);
        assert_eq!(seconds(Retry::SERVICE, 429, Some(7)), [7.0, 7.0]);
        assert_eq!(
            seconds(Retry::SERVICE, 429, Some(3600)),
            [0.0; 0],
            "nobody waits an hour"
        );
        assert_eq!(seconds(Retry::SERVICE, 400, None), [0.0; 0]);
        assert_eq!(seconds(IMDS, 404, None), [0.8, 1.6, 3.2, 6.4, 12.8]);
        let upgrade: f32 = seconds(IMDS, 410, None).iter().sum();
        assert!(upgrade >= 70.0, "{upgrade}");
        assert_eq!(seconds(IMDS, 400, None), [0.0; 0]);
    }

    #[test]
    fn numbers_are_found_in_descriptions_too() {
        let text = "AADSTS700016: Application with identifier 'x' was not found.\r\nTrace ID: 1\r\nCorrelation ID: 2";
        assert_eq!(code_in(text), Some(700_016));
        assert_eq!(described(text), "Application with identifier 'x' was not found.");
        assert_eq!(code_in("no number"), None);
        assert_eq!(described("plain\u{1b}[31m"), "plain\\u{1b}[31m");
    }
}
