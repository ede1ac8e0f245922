//! The lines of a recording.
//!
//! Two families share the reader: exchanges over HTTP (one request and its response per line) and
//! packets of the out-of-process transport (one packet per line).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{self, Deserializer, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of the format that this crate writes, and the highest it reads.
pub const FORMAT_VERSION: u32 = 1;

/// A whole recording of HTTP exchanges, in the order in which requests were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The first line of the file, where it has one.
    pub header: Option<Header>,
    /// The exchanges, sorted by `seq`.
    pub exchanges: Vec<RecordedExchange>,
}

/// The first line of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT_VERSION`] of the file.
    pub psbridge_recording: u32,
    /// When the recording began, RFC 3339. The writer is told the time; it has no clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// What is known of the endpoint (origin, path, configuration, authentication scheme…), free form.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub endpoint: serde_json::Map<String, serde_json::Value>,
    /// What was taken out, as names of [`crate::Scrubber`]'s rules.
    #[serde(default)]
    pub scrubbed: Vec<String>,
}

impl Header {
    /// A header of the current version.
    #[must_use]
    pub fn new(created: Option<String>) -> Self {
        Self {
            psbridge_recording: FORMAT_VERSION,
            created,
            endpoint: serde_json::Map::new(),
            scrubbed: Vec::new(),
        }
    }
}

/// One request and what came back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedExchange {
    /// The place of the request in the order of sending, from 0.
    pub seq: u64,
    /// The connection that carried it, numbered from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conn: Option<u64>,
    /// When the request was sent, since the recording began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<Millis>,
    /// From sending to the first byte of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<Millis>,
    /// From sending to the last byte of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<Millis>,
    /// Bytes of the HTTP bodies as they crossed the wire: compressed and sealed where they were, without heads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire_bytes: Option<WireBytes>,
    /// The request; null where only the answer is known.
    #[serde(default)]
    pub request: Option<RecordedRequest>,
    /// The response; null where none came.
    #[serde(default)]
    pub response: Option<RecordedResponse>,
    /// Why there is no (whole) response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Remarks that other tools left; kept as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_notes: Option<serde_json::Value>,
}

/// Bytes on the wire, each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireBytes {
    /// Client to server.
    #[serde(default)]
    pub request: u64,
    /// Server to client.
    #[serde(default)]
    pub response: u64,
}

/// An HTTP request, its body in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RequestLine")]
pub struct RecordedRequest {
    /// The method; `POST` where the file says nothing.
    pub method: String,
    /// Scheme, host and port.
    pub origin: Option<String>,
    /// Path and query.
    pub path: String,
    /// HTTP headers in the order of sending; none in recordings that did not keep them.
    pub headers: Vec<(String, String)>,
    /// The body after decryption.
    pub body: Body,
}

/// An HTTP response, its body in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ResponseLine")]
pub struct RecordedResponse {
    /// The status code.
    pub status: u16,
    /// False where the source did not give the status and it was filled in.
    pub status_recorded: Option<bool>,
    /// HTTP headers in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body after decryption.
    pub body: Body,
}

/// A body: text (`body`), bytes that are not UTF-8 (`body_base64`), or nothing (null).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// No body was recorded.
    #[default]
    None,
    /// UTF-8 text.
    Text(String),
    /// Any other bytes.
    Bytes(Vec<u8>),
}

impl Body {
    /// Text where the bytes are UTF-8, else bytes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Bytes(error.into_bytes()),
        }
    }

    /// The bytes, empty where there is no body.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The bytes by value.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::None => Vec::new(),
            Self::Text(text) => text.into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// True where there is no body, or one of no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }
}

/// A duration as recordings write it: milliseconds, to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(u64);

impl Millis {
    /// From whole microseconds.
    #[must_use]
    pub fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// In whole microseconds.
    #[must_use]
    pub fn as_micros(self) -> u64 {
        self.0
    }
}

impl From<Duration> for Millis {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Self::from_micros(millis.0)
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1000) {
            serializer.serialize_u64(self.0 / 1000)
        } else {
            #[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
            serializer.serialize_f64(self.0 as f64 / 1000.0)
        }
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MillisVisitor;
        impl Visitor<'_> for MillisVisitor {
            type Value = Millis;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of milliseconds, not negative")
            }
            fn visit_u64<E: de::Error>(self, v: u64) -> Result<Millis, E> {
                Ok(Millis(v.saturating_mul(1000)))
            }
            fn visit_f64<E: de::Error>(self, v: f64) -> Result<Millis, E> {
                if v.is_finite() && v >= 0.0 {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "checked above; the cast saturates"
                    )]
                    Ok(Millis((v * 1000.0).round() as u64))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(v), &self))
                }
            }
        }
        deserializer.deserialize_any(MillisVisitor)
    }
}

/// A request as its line holds it.
#[derive(Deserialize)]
struct RequestLine {
    method: Option<String>,
    origin: Option<String>,
    path: Option<String>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_base64: Option<String>,
}

/// A response as its line holds it.
#[derive(Deserialize)]
struct ResponseLine {
    status: u16,
    status_recorded: Option<bool>,
    headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_base64: Option<String>,
}

fn body_from_line(text: Option<String>, base64: Option<String>) -> Result<Body, String> {
    match (text, base64) {
        (None, None) => Ok(Body::None),
        (Some(text), None) => Ok(Body::Text(text)),
        (None, Some(base64)) => BASE64
            .decode(base64.as_bytes())
            .map(Body::Bytes)
            .map_err(|e| format!("`body_base64`: {e}")),
        (Some(_), Some(_)) => Err("both `body` and `body_base64` are given".to_owned()),
    }
}

impl TryFrom<RequestLine> for RecordedRequest {
    type Error = String;

    fn try_from(line: RequestLine) -> Result<Self, String> {
        Ok(Self {
            method: line.method.unwrap_or_else(|| "POST".to_owned()),
            origin: line.origin,
            path: line.path.unwrap_or_default(),
            headers: line.headers.unwrap_or_default(),
            body: body_from_line(line.body, line.body_base64)?,
        })
    }
}

impl TryFrom<ResponseLine> for RecordedResponse {
    type Error = String;

    fn try_from(line: ResponseLine) -> Result<Self, String> {
        Ok(Self {
            status: line.status,
            status_recorded: line.status_recorded,
            headers: line.headers.unwrap_or_default(),
            body: body_from_line(line.body, line.body_base64)?,
        })
    }
}

fn serialize_body<M: SerializeMap>(map: &mut M, body: &Body) -> Result<(), M::Error> {
    match body {
        Body::None => map.serialize_entry("body", &()),
        Body::Text(text) => map.serialize_entry("body", text),
        Body::Bytes(bytes) => map.serialize_entry("body_base64", &BASE64.encode(bytes)),
    }
}

impl Serialize for RecordedRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("method", &self.method)?;
        if let Some(origin) = &self.origin {
            map.serialize_entry("origin", origin)?;
        }
        map.serialize_entry("path", &self.path)?;
        if !self.headers.is_empty() {
            map.serialize_entry("headers", &self.headers)?;
        }
        serialize_body(&mut map, &self.body)?;
        map.end()
    }
}

impl Serialize for RecordedResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", &self.status)?;
        if let Some(recorded) = self.status_recorded {
            map.serialize_entry("status_recorded", &recorded)?;
        }
        if !self.headers.is_empty() {
            map.serialize_entry("headers", &self.headers)?;
        }
        serialize_body(&mut map, &self.body)?;
        map.end()
    }
}

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The side that opens sessions.
    Client,
    /// The side that runs pipelines.
    Server,
}

impl Side {
    /// `client` or `server`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// The opposite side.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One packet of the out-of-process transport (`*.oop.jsonl`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// Its place in the file, from 0.
    pub seq: u64,
    /// Who sent it.
    pub from: Side,
    /// `Data`, `DataAck`, `Command`, `CommandAck`, `Signal`, `SignalAck`, `Close` or `CloseAck`.
    pub element: String,
    /// `Default` or `PromptResponse`, on `Data` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The pipeline, nil for the pool.
    pub psguid: Uuid,
    /// Base64 of fragments, on `Data` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}
