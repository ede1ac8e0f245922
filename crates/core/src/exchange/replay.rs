use std::io::BufRead;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use psbridge_recording::{Answer, RecordedResponse, Recording, Replayer};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Timing, Traffic, WireBytes};

/// An endpoint made of a recording.
///
/// Requests are matched by what they mean, not by their bytes, so that a client with fresh ids replays what another one
/// recorded. An answer comes when the client has sent what the recorded client had sent before it came.
///
/// ```no_run
/// use std::io::BufReader;
/// use std::sync::Arc;
///
/// use psbridge::exchange::ReplayExchange;
/// use psbridge::{Command, Session};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let file = BufReader::new(std::fs::File::open("get-user.jsonl")?);
/// let session = Session::builder("http://recorded:5985/wsman")
///     .exchange(Arc::new(ReplayExchange::read(file)?))
///     .open()
///     .await?;
/// let users = session.run(Command::new("Get-User")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReplayExchange {
    state: Mutex<State>,
    accepted: Notify,
    patience: Duration,
}

/// How long an answer waits for the requests that came before it in the recording.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Debug)]
struct State {
    replayer: Replayer,
    traffic: Traffic,
}

impl ReplayExchange {
    /// Plays a recording.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        let state = State {
            replayer: Replayer::new(recording),
            traffic: Traffic::default(),
        };
        Self {
            state: Mutex::new(state),
            accepted: Notify::new(),
            patience: PATIENCE,
        }
    }

    /// Reads a recording and plays it.
    ///
    /// # Errors
    /// [`ExchangeError::Recording`] when it cannot be read.
    pub fn read(recording: impl BufRead) -> Result<Self, ExchangeError> {
        let recording = Recording::read(recording);
        Ok(Self::new(
            recording.map_err(|error| ExchangeError::Recording(error.to_string()))?,
        ))
    }

    /// How long an answer waits for the requests that came before it in the recording; 5 minutes by default. A Receive of
    /// the pool waits as long as the session is open and nothing happens.
    #[must_use]
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// How many recorded requests have not been made.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.lock().replayer.remaining()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn play(&self, request: PlainRequest) -> Result<PlainResponse, ExchangeError> {
        let ticket = self
            .lock()
            .replayer
            .accept(request.method, &request.path, &request.body)
            .map_err(|mismatch| ExchangeError::Replay(mismatch.to_string()))?;
        self.accepted.notify_waiters();
        loop {
            let accepted = self.accepted.notified();
            let answer = self.lock().replayer.poll(&ticket);
            match answer {
                Some(Answer::Response(response)) => return Ok(self.response(&request, response)),
                Some(Answer::Failed(reason)) => {
                    return Err(ExchangeError::Lost {
                        answer_begun: true,
                        reason,
                    });
                }
                None => {
                    if timeout(self.patience, accepted).await.is_err() {
                        let missing = self.lock().replayer.waiting_for(&ticket).unwrap_or_default();
                        return Err(ExchangeError::Replay(missing));
                    }
                }
            }
        }
    }

    fn response(&self, request: &PlainRequest, response: RecordedResponse) -> PlainResponse {
        let body = Bytes::from(response.body.into_bytes());
        let wire = WireBytes {
            request: request.body.len() as u64,
            response: body.len() as u64,
        };
        let traffic = &mut self.lock().traffic;
        traffic.round_trips += 1;
        traffic.bytes_sent += wire.request;
        traffic.bytes_received += wire.response;
        PlainResponse {
            status: response.status,
            headers: response.headers,
            body,
            connection: 1,
            timing: Timing::default(),
            wire,
        }
    }
}

impl Exchange for ReplayExchange {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        Box::pin(self.play(request))
    }

    fn traffic(&self) -> Traffic {
        self.lock().traffic
    }
}
