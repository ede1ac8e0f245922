use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use psbridge_clixml::DateTime;
use psbridge_recording::{
    Body, Header, RecordedExchange, RecordedRequest, RecordedResponse, Scrubber, WireBytes as RecordedBytes,
    WriteError, Writer,
};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Traffic};
use crate::endpoint::Endpoint;
use crate::secret::Secret;
use crate::system;

/// Exchanges that may wait to be written. Then the next one waits too.
const QUEUE: usize = 16;

/// Records what another exchange carries: plain text, scrubbed of secrets.
///
/// Lines are written as exchanges end, so that a recording that was cut off is good up to its last line.
#[derive(Debug)]
pub struct RecordingExchange<E: ?Sized = dyn Exchange> {
    lines: Mutex<Option<Lines>>,
    next: AtomicU64,
    began: Instant,
    origin: std::sync::Mutex<String>,
    inner: Arc<E>,
}

#[derive(Debug)]
struct Lines {
    queue: mpsc::Sender<RecordedExchange>,
    writing: JoinHandle<Result<(), WriteError>>,
}

impl<E: Exchange + ?Sized> RecordingExchange<E> {
    /// Records `inner` into a file that only its owner may read. An existing file is replaced at once, as a whole. Must
    /// be called within a tokio runtime.
    ///
    /// Texts in `hide` are scrubbed wherever they stand, in addition to what always is.
    ///
    /// # Errors
    /// [`ExchangeError::Recording`] when the file cannot be made.
    pub fn create(
        path: impl AsRef<Path>,
        inner: Arc<E>,
        endpoint: &Endpoint,
        hide: &[Secret],
    ) -> Result<Self, ExchangeError> {
        let path = path.as_ref();
        let failed =
            |error: &dyn std::fmt::Display| ExchangeError::Recording(format!("{}: {error}", path.display()));
        let file = create_private(path).map_err(|error| failed(&error))?;
        let scrubber = hide
            .iter()
            .fold(Scrubber::new(), |scrubber, text| scrubber.hide(text.expose()));
        let mut header = Header::new(now());
        header.endpoint = describe(endpoint);
        let writer = Writer::new(BufWriter::new(file), header, scrubber).map_err(|error| failed(&error))?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        // Scrubbing and writing block; the runtime's threads have other things to do.
        let writing = tokio::task::spawn_blocking(move || write_all(writer, waiting));
        Ok(Self {
            lines: Mutex::new(Some(Lines { queue, writing })),
            next: AtomicU64::new(0),
            began: Instant::now(),
            origin: std::sync::Mutex::new(endpoint.origin()),
            inner,
        })
    }

    /// From now on the requests go to this endpoint.
    pub(crate) fn relocate(&self, endpoint: &Endpoint) {
        *self.origin() = endpoint.origin();
    }

    fn origin(&self) -> std::sync::MutexGuard<'_, String> {
        self.origin
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn record(&self, request: PlainRequest) -> Result<PlainResponse, ExchangeError> {
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        let at = self.began.elapsed();
        let recorded = RecordedRequest {
            method: request.method.to_owned(),
            origin: Some(self.origin().clone()),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: body(&request.body),
        };
        let began = Instant::now();
        let result = self.inner.exchange(request).await;
        // Connecting and signing in count: a replay needs to know what was under way at the same time.
        let took = began.elapsed();
        let mut line = RecordedExchange {
            seq,
            at_ms: Some(at.into()),
            ms: Some(took.into()),
            request: Some(recorded),
            ..RecordedExchange::default()
        };
        match &result {
            Ok(response) => {
                line.conn = Some(response.connection.saturating_sub(1));
                let gathering = response.timing.total.saturating_sub(response.timing.first_byte);
                line.first_byte_ms = Some(took.saturating_sub(gathering).into());
                let wire = response.wire;
                line.wire_bytes = Some(RecordedBytes {
                    request: wire.request,
                    response: wire.response,
                });
                line.response = Some(RecordedResponse {
                    status: response.status,
                    headers: response.headers.clone(),
                    body: body(&response.body),
                    ..RecordedResponse::default()
                });
            }
            Err(error) => line.error = Some(error.to_string()),
        }
        let queue = self.lines.lock().await.as_ref().map(|lines| lines.queue.clone());
        if let Some(queue) = queue
            && queue.send(line).await.is_err()
        {
            // Why is told by `finish`; the session itself is none the worse.
            tracing::warn!(seq, "the recording has stopped");
        }
        result
    }

    async fn complete(&self) -> Result<(), ExchangeError> {
        let lines = self.lines.lock().await.take();
        let recorded = match lines {
            Some(Lines { queue, writing }) => {
                drop(queue);
                match writing.await {
                    Ok(written) => written.map_err(|error| ExchangeError::Recording(error.to_string())),
                    Err(error) => Err(ExchangeError::Recording(error.to_string())),
                }
            }
            None => Ok(()),
        };
        let finished = self.inner.finish().await;
        recorded.and(finished)
    }
}

impl<E: Exchange + ?Sized> Exchange for RecordingExchange<E> {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        Box::pin(self.record(request))
    }

    fn traffic(&self) -> Traffic {
        self.inner.traffic()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        Box::pin(self.complete())
    }
}

fn write_all(
    mut writer: Writer<BufWriter<File>>,
    mut waiting: mpsc::Receiver<RecordedExchange>,
) -> Result<(), WriteError> {
    while let Some(line) = waiting.blocking_recv() {
        writer.write(line)?;
    }
    Ok(())
}

/// A new file that only its owner may read, in the place of an old one. Whoever has the old one open keeps it.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    system::only_owner(&mut options);
    let file = options.open(&temporary)?;
    match std::fs::rename(&temporary, path) {
        Ok(()) => Ok(file),
        Err(error) => {
            // The first error counts.
            drop(std::fs::remove_file(&temporary));
            Err(error)
        }
    }
}

fn describe(endpoint: &Endpoint) -> serde_json::Map<String, serde_json::Value> {
    let texts = [
        ("origin", endpoint.origin()),
        ("path", endpoint.path().to_owned()),
        ("configuration", endpoint.configuration().to_owned()),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect()
}

fn now() -> Option<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let ticks = i64::try_from(since.as_nanos() / 100).ok()?;
    DateTime::from_unix_ticks(ticks).map(|time| time.to_string())
}

fn body(bytes: &Bytes) -> Body {
    if bytes.is_empty() {
        Body::None
    } else {
        Body::from_bytes(bytes.to_vec())
    }
}
