//! Answer bodies that can be cut, and that tell whether they were handed over.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The error that makes hyper drop the connection in the middle of an answer, as a fault plan wants it.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut as ordered")]
pub(crate) struct Cut;

/// What to do when an answer was handed over to the connection, or could not be.
pub(crate) trait Receipt: Send {
    fn delivered(self: Box<Self>);
    fn lost(self: Box<Self>);
}

/// A body of known length.
pub(crate) struct AnswerBody {
    length: u64,
    data: Option<Bytes>,
    cut: bool,
    receipt: Option<Box<dyn Receipt>>,
}

impl AnswerBody {
    pub(crate) fn new(data: impl Into<Bytes>) -> Self {
        let data: Bytes = data.into();
        Self {
            length: data.len() as u64,
            data: (!data.is_empty()).then_some(data),
            cut: false,
            receipt: None,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    /// Ends after so many bytes although more were announced.
    pub(crate) fn cut_after(mut self, bytes: u64) -> Self {
        let keep = usize::try_from(bytes).unwrap_or(usize::MAX);
        if let Some(mut data) = self.data.take() {
            let kept = data.split_to(keep.min(data.len()));
            self.data = (!kept.is_empty()).then_some(kept);
        }
        self.cut = true;
        self
    }

    pub(crate) fn with_receipt(mut self, receipt: Option<Box<dyn Receipt>>) -> Self {
        self.receipt = receipt;
        self
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        if let Some(receipt) = self.receipt.take() {
            if self.data.is_none() && !self.cut {
                receipt.delivered()
            } else {
                receipt.lost()
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        Poll::Ready(match self.data.take() {
            Some(data) => Some(Ok(Frame::data(data))),
            None if self.cut => Some(Err(Cut)),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        // The announced length, also of a body that will be cut.
        SizeHint::with_exact(self.length)
    }
}
