//! What is asked and what is answered.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::WebError;
use crate::secret::Secret;

/// A call. Its headers and body may hold secrets: it has no `Debug`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct WebRequest {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(String, Zeroizing<String>)>,
    pub(super) body: Bytes,
}

impl WebRequest {
    /// A call without a body by any method.
    #[must_use]
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// `GET`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// `POST` of form fields.
    #[must_use]
    pub fn post_form(url: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Self::new("POST", url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.into_bytes())
    }

    /// A call with a JSON body.
    ///
    /// # Panics
    /// Never for a [`serde_json::Value`] or a struct with text keys: what cannot be written as JSON is a mistake of the
    /// program.
    #[must_use]
    pub fn json(method: &'static str, url: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("the body can be written as JSON");
        Self::new(method, url)
            .header("Content-Type", "application/json")
            .body(body)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), Zeroizing::new(value.into())));
        self
    }

    /// Adds `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        self.header("Authorization", format!("Bearer {}", token.expose()))
    }

    /// Sets the body; it is wiped from memory when it has been sent.
    #[must_use]
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = Bytes::from_owner(Zeroizing::new(body));
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// An answer, of any status. Its body may hold secrets: it is wiped when dropped, and there is no `Debug`.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct WebResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers as received.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl WebResponse {
    /// The first header of this name, compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All headers of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether the status is one of 200 to 299.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body as JSON, whatever content type it claims.
    ///
    /// # Errors
    /// [`WebError::NotJson`].
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, WebError> {
        serde_json::from_slice(&self.body).map_err(|error| WebError::NotJson {
            status: self.status,
            content_type: self.header("content-type").map(str::to_owned),
            // The parser's own words may quote the body.
            reason: format!(
                "{:?} in line {}, column {}",
                error.classify(),
                error.line(),
                error.column()
            ),
        })
    }

    /// How long the server asks us to wait (`Retry-After`, in seconds or as a date).
    #[must_use]
    pub fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    }
}
