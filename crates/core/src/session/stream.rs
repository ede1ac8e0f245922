use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use psbridge_clixml::Document;
use psbridge_protocol::payload::{ErrorRecord, Received};
use uuid::Uuid;

use super::Session;
use super::task::Control;
use crate::channel::Receiver;
use crate::error::{Error, ErrorKind};
use crate::record::{Collected, Record};

/// The records of a running pipeline, in order.
///
/// It is a [`Stream`]; [`next`](Self::next) does without the trait. After a [`Record::State`] of `Failed` one more item
/// follows, an error of kind [`ErrorKind::PipelineFailed`] with the same reason; a pipeline that somebody else stopped
/// ends in the same way with [`ErrorKind::PipelineStopped`]. Any other error ends the stream where it is.
///
/// Not reading is safe: when the buffer is full, no more output is fetched. Dropping the stream stops and frees the
/// pipeline.
pub struct RecordStream<T = Document> {
    pub(super) records: Receiver<Result<Record<T>, Error>>,
    pub(super) stopper: Stopper,
}

/// Stops a pipeline, from anywhere.
#[derive(Clone)]
pub struct Stopper {
    pub(super) pipeline: Uuid,
    pub(super) control: Arc<Control>,
    pub(super) session: Session,
}

impl Stopper {
    /// Asks the server to stop the pipeline. What it has already sent, and its final state, still come.
    ///
    /// # Errors
    /// When the server cannot be asked. A pipeline that is over is none the worse.
    pub async fn stop(&self) -> Result<(), Error> {
        if self.control.is_over() {
            return Ok(());
        }
        self.control.ask_stop();
        self.session.stop(self.pipeline).await
    }
}

impl<T> RecordStream<T> {
    /// The next record; none after the end.
    pub async fn next(&mut self) -> Option<Result<Record<T>, Error>> {
        poll_fn(|cx| self.records.poll_recv(cx)).await
    }

    /// The pipeline's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.stopper.pipeline
    }

    /// Asks the server to stop the pipeline. What it has already sent, and its final state, still come.
    ///
    /// # Errors
    /// When the server cannot be asked. A pipeline that is over is none the worse.
    pub async fn stop(&self) -> Result<(), Error> {
        self.stopper.stop().await
    }

    /// A handle that stops the pipeline while somebody else reads its records.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}

impl<T> RecordStream<T> {
    /// Only the objects of the output, and the errors that concern them.
    #[must_use]
    pub fn into_objects(self) -> Objects<T> {
        Objects {
            records: self,
            errors: Vec::new(),
        }
    }
}

/// The objects of a pipeline's output.
///
/// Warnings, progress and other texts are left out; error records, which do not end a pipeline, are counted among
/// [`errors`](Self::errors). An object that cannot be read is an error in its place, and the next ones follow.
#[derive(Debug)]
pub struct Objects<T> {
    records: RecordStream<T>,
    errors: Vec<Received<ErrorRecord>>,
}

/// Error records that [`Objects`] keeps.
const MAX_ERRORS: usize = 1000;

impl<T> Objects<T> {
    /// The next object; none after the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The error records that have come so far, at most the first thousand.
    #[must_use]
    pub fn errors(&self) -> &[Received<ErrorRecord>] {
        &self.errors
    }

    /// The records below, to stop the pipeline for example.
    #[must_use]
    pub fn records(&self) -> &RecordStream<T> {
        &self.records
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            return Poll::Ready(match ready!(self.records.records.poll_recv(cx)) {
                None => None,
                Some(Err(error)) => Some(Err(error)),
                Some(Ok(Record::Output(object))) => Some(Ok(object)),
                Some(Ok(Record::Undecodable(message))) => {
                    let detail = format!("{} cannot be read: {}", message.message_type, message.error);
                    let error = Error::new(ErrorKind::Protocol, "read an object", detail);
                    Some(Err(error.at(self.records.stopper.session.endpoint_url())))
                }
                Some(Ok(Record::Error(record))) => {
                    if self.errors.len() < MAX_ERRORS {
                        self.errors.push(*record);
                    }
                    continue;
                }
                Some(Ok(_)) => continue,
            });
        }
    }
}

impl<T> Stream for Objects<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T> Unpin for Objects<T> {}

impl RecordStream {
    /// Gathers all records.
    ///
    /// # Errors
    /// When the pipeline fails or the session breaks; [`Error::received`] has what had come before.
    pub async fn collect(mut self) -> Result<Collected, Error> {
        let mut records = Vec::new();
        while let Some(record) = self.next().await {
            match record {
                Ok(record) => records.push(record),
                Err(error) => return Err(error.with_received(records)),
            }
        }
        if matches!(records.last(), Some(Record::State(_))) {
            Ok(Collected { records })
        } else {
            let error = Error::new(ErrorKind::Protocol, "run the pipeline", "its end is missing");
            Err(error
                .at(self.stopper.session.endpoint_url())
                .with_received(records))
        }
    }
}

impl<T> Stream for RecordStream<T> {
    type Item = Result<Record<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.records.poll_recv(cx)
    }
}

impl<T> fmt::Debug for RecordStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStream")
            .field("pipeline", &self.id())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}
