//! What went over the wire: record, scrub, match, replay, decode.
//!
//! # The format
//!
//! A recording is a file of JSON lines. The first line may be a header; every other line is one HTTP exchange, its
//! bodies after decryption. Lines are written as exchanges end and carry the order of the requests in `seq`.
//!
//! ```json
//! {"psbridge_recording":1,"created":"2026-11-21T10:00:00Z","endpoint":{"origin":"https://mail.example"},"scrubbed":["authorization"]}
//! {"seq":0,"conn":0,"at_ms":1.5,"first_byte_ms":20,"ms":21,"wire_bytes":{"request":2710,"response":1900},
//!  "request":{"method":"POST","origin":"https://mail.example","path":"/PowerShell/","headers":[["content-type","…"]],"body":"<s:Envelope…"},
//!  "response":{"status":200,"headers":[],"body":"<s:Envelope…"}}
//! ```
//!
//! (An exchange stands on one line; it is broken here for reading.)
//!
//! | member | is |
//! |---|---|
//! | `seq` | place of the request in the order of sending, from 0; readers sort by it |
//! | `conn` | the connection, numbered from 0 |
//! | `at_ms` | when the request was sent, since the recording began; a fraction down to the microsecond |
//! | `first_byte_ms`, `ms` | from sending to the first and to the last byte of the response |
//! | `wire_bytes` | bytes of the bodies as they crossed the wire |
//! | `request`, `response` | null where it is not known or never came; their `body` may be null, too |
//! | `body`, `body_base64` | text, or bytes that are not UTF-8 |
//! | `error` | why there is no whole response |
//!
//! Only `seq` must be there. Files without header, timings and HTTP headers are read, so are files whose lines are
//! packets of PowerShell's out-of-process transport ([`Packet`]). REST exchanges are lines like all others.
//!
//! # Secrets
//!
//! [`Writer`] passes everything through a [`Scrubber`]: credentials, cookies, tokens, passwords, secure strings and
//! session keys never reach the file, whatever its user says; texts that the user names are hidden as well. The file
//! still holds all other data of the session: create it so that only its owner can read it.
//!
//! # Example
//!
//! ```
//! use psbridge_recording::{
//!     Answer, Body, Header, RecordedExchange, RecordedRequest, RecordedResponse, Recording, Replayer, Scrubber, Writer,
//! };
//!
//! let exchange = RecordedExchange {
//!     seq: 0,
//!     request: Some(RecordedRequest {
//!         method: "POST".into(),
//!         path: "/adminapi/beta/contoso.com/InvokeCommand".into(),
//!         headers: vec![("Authorization".into(), "Bearer eyJhbGciOi…".into())],
//!         body: Body::Text(r#"{"CmdletInput":{"CmdletName":"Get-User","Parameters":{}}}"#.into()),
//!         ..RecordedRequest::default()
//!     }),
//!     response: Some(RecordedResponse {
//!         status: 200,
//!         body: Body::Text(r#"{"value":[{"Name":"Ada"}]}"#.into()),
//!         ..RecordedResponse::default()
//!     }),
//!     ..RecordedExchange::default()
//! };
//!
//! // Written: without the token, and without the name that the user wants hidden.
//! let mut writer = Writer::new(Vec::new(), Header::new(None), Scrubber::new().hide("contoso"))?;
//! writer.write(exchange)?;
//! let file = writer.into_inner();
//! let recording = Recording::read(file.as_slice())?;
//! let request = recording.exchanges[0].request.as_ref().ok_or("a request")?;
//! assert_eq!(request.path, "/adminapi/beta/*******.com/InvokeCommand");
//! assert_eq!(request.headers[0].1, "Bearer [scrubbed]");
//!
//! // Replayed: matched by what the request means, not by its bytes.
//! let mut replayer = Replayer::new(recording);
//! let body = br#"{ "CmdletInput": { "Parameters": {}, "CmdletName": "Get-User" } }"#;
//! let answer = replayer.answer("POST", "/adminapi/beta/contoso.com/InvokeCommand", body)?;
//! assert!(matches!(answer, Answer::Response(response) if response.status == 200));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`decode`] turns captures of any form into PSRP messages, faults and objects.

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod decode;
mod edit;
mod error;
mod format;
mod reader;
pub mod replay;
mod salvage;
mod scrub;
mod writer;

pub use error::{LineError, ReadError, WriteError};
pub use format::{
    Body, FORMAT_VERSION, Header, Millis, Packet, RecordedExchange, RecordedRequest, RecordedResponse,
    Recording, Side, WireBytes,
};
pub use reader::{Capture, Outcome, Reader};
pub use replay::{Answer, Mismatch, Replayer, Ticket};
pub use scrub::Scrubber;
pub use writer::Writer;
