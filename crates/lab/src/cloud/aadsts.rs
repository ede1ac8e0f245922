//! What the token endpoint says when it refuses, with the numbers and the words of the real one.

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock;
use super::http::Reply;

/// A refusal of the token endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    number: u32,
    text: String,
}

impl Refusal {
    pub(crate) fn new(number: u32, text: impl Into<String>) -> Self {
        Self {
            number,
            text: text.into(),
        }
    }

    /// One that was ordered by number alone.
    pub(crate) fn ordered(number: u32) -> Self {
        let text = match number {
            50034 => "The user account does not exist in the directory.",
            50076 => {
                "Due to a configuration change made by your administrator you must use multi-factor authentication."
            }
            53003 => "Access has been blocked by Conditional Access policies.",
            65001 => "The user or administrator has not consented to use the application.",
            90033 => "A transient error has occurred. Please try again.",
            700_016 => "Application was not found in the directory.",
            700_082 => "The refresh token has expired due to inactivity.",
            _ => "The request was refused as ordered.",
        };
        Self::new(number, text)
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// HTTP status and OAuth error of a number.
    fn kind(&self) -> (u16, &'static str) {
        match self.number {
            700_016 | 700_025 | 7_000_229 => (400, "unauthorized_client"),
            50027 | 700_021 | 700_023 | 700_024 | 700_027 | 700_211 | 700_212 | 700_213 | 7_000_215
            | 7_000_218 | 7_000_222 => (401, "invalid_client"),
            500_011 => (400, "invalid_resource"),
            70011 | 1_002_012 => (400, "invalid_scope"),
            70000 => (400, "authorization_declined"),
            70003 => (400, "unsupported_grant_type"),
            70016 => (400, "authorization_pending"),
            70018 => (400, "bad_verification_code"),
            70020 => (400, "expired_token"),
            90033 => (503, "temporarily_unavailable"),
            50034 | 50076 | 50126 | 53003 | 65001 | 700_082 => (400, "invalid_grant"),
            _ => (400, "invalid_request"),
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        let (status, error) = self.kind();
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let at = clock::plain(clock::now());
        let body: Value = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}",
                self.number, self.text
            ),
            "error_codes": [self.number],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
        });
        Reply::json(status, &body)
    }
}
