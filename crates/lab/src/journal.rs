//! What the lab writes down about requests: a short log, and a recording.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::http::request::Parts;
use psbridge_recording::{
    Body, Header, Millis, RecordedExchange, RecordedRequest, RecordedResponse, Scrubber, WireBytes, Writer,
};
use serde::Serialize;

use crate::directory::prop::Prop;
use crate::directory::time::Ticks;
use crate::error::LabError;
use crate::faults::Operation;

/// One HTTP request and what became of it.
pub(crate) struct Entry {
    connection: u64,
    arrived: Instant,
    origin: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    pub(crate) took: Duration,
    pub(crate) user: Option<String>,
    pub(crate) sealed: bool,
    pub(crate) operation: Option<Operation>,
    pub(crate) shell: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<u32>,
    pub(crate) error: Option<&'static str>,
    pub(crate) request_wire: u64,
    pub(crate) response_wire: u64,
    /// SOAP text, after unsealing.
    pub(crate) request_body: Bytes,
    /// SOAP text, before sealing.
    pub(crate) response_body: Bytes,
}

impl Entry {
    pub(crate) fn new(connection: u64, origin: &str, head: &Parts) -> Self {
        let headers = head.headers.iter().map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        });
        Self {
            connection,
            arrived: Instant::now(),
            origin: origin.to_owned(),
            method: head.method.to_string(),
            path: head
                .uri
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            headers: headers.collect(),
            took: Duration::ZERO,
            user: None,
            sealed: false,
            operation: None,
            shell: None,
            command: None,
            status: None,
            fault: None,
            error: None,
            request_wire: 0,
            response_wire: 0,
            request_body: Bytes::new(),
            response_body: Bytes::new(),
        }
    }
}

/// A line of the log. Nothing in it is secret: no headers, no bodies.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    connection: u64,
    at_ms: f64,
    ms: f64,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    sealed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    request_bytes: u64,
    response_bytes: u64,
    request_plain_bytes: usize,
    response_plain_bytes: usize,
}

/// The files that are written.
pub(crate) struct Journal {
    started: Instant,
    next: AtomicU64,
    exchanges: AtomicU64,
    log: Option<Mutex<File>>,
    recorder: Option<Mutex<Writer<BufWriter<File>>>>,
}

/// Creates a file that only its owner may read; one that exists is replaced.
pub(crate) fn create(path: &Path, what: &'static str) -> Result<File, LabError> {
    let fail = |source| LabError::File {
        what,
        path: path.to_owned(),
        source,
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path).map_err(fail)?;
        // The mode above is for new files only.
        file.set_permissions(std::fs::Permissions::from_mode(0o600))
            .map_err(fail)?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path).map_err(fail)
}

impl Journal {
    pub(crate) fn open(log: Option<&Path>, record: Option<&Path>, hide: &[&str]) -> Result<Self, LabError> {
        let log = log.map(|path| create(path, "log")).transpose()?.map(Mutex::new);
        let recorder = match record {
            None => None,
            Some(path) => {
                let file = BufWriter::new(create(path, "recording")?);
                let created = Prop::Utc(Ticks::now()).json().as_str().map(str::to_owned);
                let scrubber = hide
                    .iter()
                    .fold(Scrubber::new(), |scrubber, text| scrubber.hide(text));
                let writer =
                    Writer::new(file, Header::new(created), scrubber).map_err(|error| LabError::File {
                        what: "recording",
                        path: path.to_owned(),
                        source: std::io::Error::other(error),
                    })?;
                Some(Mutex::new(writer))
            }
        };
        Ok(Self {
            started: Instant::now(),
            next: AtomicU64::new(0),
            exchanges: AtomicU64::new(0),
            log,
            recorder,
        })
    }

    /// The place of an exchange that carries SOAP, in the order of arrival.
    pub(crate) fn place(&self) -> u64 {
        self.exchanges.fetch_add(1, Ordering::Relaxed)
    }

    /// Writes an entry into all files. A file that cannot be written to must not stop the service.
    pub(crate) fn write(&self, entry: Entry, place: Option<u64>) {
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(log) = &self.log
            && let Err(error) = self.write_line(log, seq, &entry)
        {
            tracing::warn!(%error, "the log cannot be written");
        }
        if let (Some(recorder), Some(place)) = (&self.recorder, place) {
            let exchange = self.exchange(place, entry);
            let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = recorder.write(exchange) {
                tracing::warn!(%error, "the recording cannot be written");
            }
        }
    }

    fn write_line(&self, log: &Mutex<File>, seq: u64, entry: &Entry) -> std::io::Result<()> {
        let line = Line {
            seq,
            connection: entry.connection,
            at_ms: millis(entry.arrived.saturating_duration_since(self.started)),
            ms: millis(entry.took),
            method: &entry.method,
            path: &entry.path,
            user: entry.user.as_deref(),
            sealed: entry.sealed,
            operation: entry.operation.map(Operation::name),
            shell: entry.shell.as_deref(),
            command: entry.command.as_deref(),
            status: entry.status,
            fault: entry.fault,
            error: entry.error,
            request_bytes: entry.request_wire,
            response_bytes: entry.response_wire,
            request_plain_bytes: entry.request_body.len(),
            response_plain_bytes: entry.response_body.len(),
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&text)
    }

    fn exchange(&self, seq: u64, entry: Entry) -> RecordedExchange {
        let response = entry.status.map(|status| RecordedResponse {
            status,
            status_recorded: None,
            headers: Vec::new(),
            body: Body::from_bytes(entry.response_body.to_vec()),
        });
        RecordedExchange {
            seq,
            conn: Some(entry.connection),
            at_ms: Some(Millis::from(
                entry.arrived.saturating_duration_since(self.started),
            )),
            first_byte_ms: None,
            ms: Some(Millis::from(entry.took)),
            wire_bytes: Some(WireBytes {
                request: entry.request_wire,
                response: entry.response_wire,
            }),
            request: Some(RecordedRequest {
                method: entry.method,
                origin: Some(entry.origin),
                path: entry.path,
                headers: entry.headers,
                body: Body::from_bytes(entry.request_body.to_vec()),
            }),
            response,
            error: entry.error.map(str::to_owned),
            recording_notes: None,
        }
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
