use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;
use psbridge_clixml::Document;
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
