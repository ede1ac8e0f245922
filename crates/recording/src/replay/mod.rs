//! Answering a client from a recording.
//!
//! A [`Replayer`] plays the server's part of a recorded session. Requests are matched by what they mean (operation,
//! resource, shell, command, signal, stream, PSRP messages, or for REST method, path and JSON body), never by their
//! bytes, so that a client with fresh ids, another fragment size or other prefixes replays the recording. The ids of
//! both are learned from the requests, and in the answers the client's stand in the place of the recorded ones: in
//! the envelopes, in the headers of PSRP messages and in the text of their data.
//!
//! What cannot be replayed: session keys. A recording never holds them, so that secure strings from the server cannot
//! be decrypted, and the client's public key and secure strings are not compared.

mod ids;
mod meaning;

use std::collections::HashMap;

use psbridge_clixml::Limits;
use psbridge_protocol::message::HEADER_LEN;

use self::ids::Ids;
use self::meaning::Meaning;
use crate::decode::Tracker;
use crate::edit::envelope::{Places, StreamKey, edit_streams, keys};
use crate::edit::fragments::{Fragments, edit_messages, look_like_fragments};
use crate::format::{Body, Millis, RecordedExchange, RecordedRequest, RecordedResponse, Recording};

/// Where the ids lie in a message's header.
const HEADER_IDS: [usize; 2] = [8, 24];

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
    /// What came, what was expected, and where they differ, decoded.
    pub difference: String,
}

/// Plays the server of a recording. No I/O: requests in, answers out.
#[derive(Debug)]
pub struct Replayer {
    exchanges: Vec<Played>,
    /// The first exchange that was not accepted yet.
    first_open: usize,
    ids: Ids,
    /// What the client has sent so far.
    client: Tracker,
    accepted: u64,
    /// Where in their fragments the streams of the answers are.
    streams: HashMap<StreamKey, Fragments>,
}

#[derive(Debug)]
struct Played {
    exchange: RecordedExchange,
    /// `None` where no request was recorded: nothing can ask for that answer.
    meaning: Option<Meaning>,
    accepted: bool,
}

impl Played {
    /// When the answer had come, since the recording began.
    fn end(&self) -> Option<Millis> {
        let at = self.exchange.at_ms?;
        let took = self.exchange.ms?;
        Some(Millis::from_micros(
            at.as_micros().saturating_add(took.as_micros()),
        ))
    }

    /// Whether its request was sent before the other's answer had come.
    fn precedes_answer_of(&self, other: &Self) -> bool {
        match (self.exchange.at_ms, other.end()) {
            (Some(sent), Some(end)) => sent < end,
            _ => self.exchange.seq < other.exchange.seq,
        }
    }

    fn waits(&self) -> bool {
        !self.accepted && self.meaning.is_some()
    }
}

impl Replayer {
    /// Prepares a recording for replay.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        let mut tracker = Tracker::new(Limits::default());
        let exchanges = recording
            .exchanges
            .into_iter()
            .map(|exchange| {
                let found = tracker.exchange(&exchange);
                let meaning = exchange.request.as_ref().map(|request| {
                    let mut meaning = Meaning::head(request);
                    meaning.add(&found);
                    meaning
                });
                Played {
                    exchange,
                    meaning,
                    accepted: false,
                }
            })
            .collect();
        Self {
            exchanges,
            first_open: 0,
            ids: Ids::default(),
            client: Tracker::new(Limits::default()),
            accepted: 0,
            streams: HashMap::new(),
        }
    }

    /// Matches a request with a recorded one of the same meaning: the next one of its kind for its shell and command.
    /// Requests that begin something (Create, Command, REST calls) may come in another order than the recorded.
    ///
    /// # Errors
    /// The recording holds no such request; it says what it holds instead.
    pub fn accept(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Ticket, Mismatch> {
        let request = RecordedRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            body: Body::from_bytes(body.to_vec()),
            ..RecordedRequest::default()
        };
        let mut sent = Meaning::head(&request);
        let lane = self.lane(&sent);
        let Some(&first) = lane.first() else {
            return Err(self.nothing_for(&sent));
        };
        let exchange = RecordedExchange {
            seq: self.accepted,
            request: Some(request),
            response: self.ids_of_server(first),
            ..RecordedExchange::default()
        };
        self.accepted += 1;
        sent.add(&self.client.exchange(&exchange));
        let mut difference = None;
        for place in lane {
            let Some(played) = self.exchanges.get_mut(place) else {
                continue;
            };
            let Some(recorded) = &played.meaning else { continue };
            let bound = self.ids.len();
            match recorded.difference(&sent, &mut self.ids) {
                None => {
                    played.accepted = true;
                    while self
                        .exchanges
                        .get(self.first_open)
                        .is_some_and(|played| !played.waits())
                    {
                        self.first_open += 1;
                    }
                    return Ok(Ticket(place));
                }
                Some(text) => {
                    self.ids.undo(bound);
                    difference.get_or_insert((played.exchange.seq, recorded.describe(), text));
                }
            }
        }
        let (seq, recorded, text) = difference.unwrap_or_default();
        Err(Mismatch {
            seq: Some(seq),
            difference: format!(
                "the request differs from the recorded exchange {seq}\n  sent:     {}\n  recorded: {recorded}\n  {text}",
                sent.describe()
            ),
        })
    }

    /// The recorded requests that this one may be, best first.
    fn lane(&self, sent: &Meaning) -> Vec<usize> {
        let same = self
            .exchanges
            .iter()
            .enumerate()
            .skip(self.first_open)
            .filter(|(_, played)| {
                !played.accepted
                    && played
                        .meaning
                        .as_ref()
                        .is_some_and(|m| m.same_lane(sent, &self.ids))
            });
        let count = if sent.is_free() { usize::MAX } else { 1 };
        same.map(|(place, _)| place).take(count).collect()
    }

    /// The recorded response, where it names a shell or command that the recorded client had not named: the client
    /// will use these names.
    fn ids_of_server(&self, place: usize) -> Option<RecordedResponse> {
        let played = self.exchanges.get(place)?;
        let asked = Places::find(played.exchange.request.as_ref()?.body.as_bytes());
        let response = played.exchange.response.as_ref()?;
        let answered = Places::find(response.body.as_bytes());
        let differs = |asked: &Option<String>, answered: &Option<String>| {
            answered.is_some()
                && asked.as_ref().map(|id| id.to_uppercase()) != answered.as_ref().map(|id| id.to_uppercase())
        };
        let chosen = asked.shell.is_none() && differs(&asked.suggested_shell, &answered.shell)
            || differs(&asked.command, &answered.command) && answered.streams.is_empty();
        chosen.then(|| response.clone())
    }

    fn nothing_for(&self, sent: &Meaning) -> Mismatch {
        let next = self.exchanges.iter().find(|played| played.waits());
        let expected = match next.and_then(|played| Some((played.exchange.seq, played.meaning.as_ref()?))) {
            Some((seq, meaning)) => {
                format!("the next recorded one is exchange {seq}: {}", meaning.describe())
            }
            None => "all recorded requests have been made".to_owned(),
        };
        Mismatch {
            seq: next.map(|played| played.exchange.seq),
            difference: format!(
                "the recording has no further request of this kind\n  sent: {}\n  {expected}",
                sent.describe()
            ),
        }
    }

    /// The answer, once every request that the recorded client had sent before it came has been accepted;
    /// `None` until then: ask again after the next [`accept`](Self::accept). Ask once more only after `None`.
    pub fn poll(&mut self, ticket: &Ticket) -> Option<Answer> {
        if self.missing(ticket).is_some() {
            return None;
        }
        let played = self.exchanges.get(ticket.0)?;
        match played.exchange.response.clone() {
            Some(response) => Some(Answer::Response(self.for_client(ticket.0, response))),
            None => {
                let error = played.exchange.error.clone();
                Some(Answer::Failed(
                    error.unwrap_or_else(|| "no response was recorded".to_owned()),
                ))
            }
        }
    }

    /// The answer to a request at once, for clients that send one request after the other.
    ///
    /// # Errors
    /// The recording holds no such request, or the answer came after another request that has not been made.
    pub fn answer(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Answer, Mismatch> {
        let ticket = self.accept(method, path, body)?;
        self.poll(&ticket).ok_or_else(|| Mismatch {
            seq: self.exchanges.get(ticket.0).map(|played| played.exchange.seq),
            difference: self.waiting_for(&ticket).unwrap_or_default(),
        })
    }

    /// Which recorded request must be accepted before this answer is given, for people; `None` when it is ready.
    #[must_use]
    pub fn waiting_for(&self, ticket: &Ticket) -> Option<String> {
        let played = self.missing(ticket)?;
        let what = played.meaning.as_ref().map(Meaning::describe).unwrap_or_default();
        Some(format!(
            "the answer came after a request that has not been made, exchange {}: {what}",
            played.exchange.seq
        ))
    }

    fn missing(&self, ticket: &Ticket) -> Option<&Played> {
        let asked = self.exchanges.get(ticket.0)?;
        let open = self.exchanges.iter().skip(self.first_open);
        open.filter(|played| played.waits())
            .find(|played| played.precedes_answer_of(asked))
    }

    /// How many recorded requests have not been accepted.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.exchanges.iter().filter(|played| played.waits()).count()
    }

    /// Puts the client's ids into a response.
    fn for_client(&mut self, place: usize, mut response: RecordedResponse) -> RecordedResponse {
        let Some(played) = self.exchanges.get(place) else {
            return response;
        };
        let asked = played
            .exchange
            .request
            .as_ref()
            .map(|r| Places::find(r.body.as_bytes()));
        let mut body = std::mem::take(&mut response.body).into_bytes();
        let answered = Places::find(&body);
        let (_, keys) = keys(played.exchange.seq, asked.as_ref(), Some(&answered));
        self.ids.rewrite_text(&mut body);
        let Self { ids, streams, .. } = self;
        let psrp: Vec<StreamKey> = streams.keys().cloned().collect();
        edit_streams(
            &mut body,
            &answered,
            &keys,
            |_, key, bytes| psrp.contains(key) || look_like_fragments(bytes),
            |key, bytes| {
                let pieces = streams.entry(key.clone()).or_default().walk(bytes);
                edit_messages(&pieces, bytes, |offset, message| {
                    rewrite_message(ids, offset, message)
                });
            },
        );
        response.body = Body::from_bytes(body);
        response
    }
}

/// Puts the client's ids into the part of a message that begins at `offset`.
fn rewrite_message(ids: &Ids, offset: Option<u64>, message: &mut [u8]) {
    let before = offset.and_then(|offset| usize::try_from(offset).ok());
    for field in HEADER_IDS {
        if let Some(start) = before.and_then(|before| field.checked_sub(before))
            && let Some(bytes) = message.get_mut(start..).and_then(<[u8]>::first_chunk_mut::<16>)
        {
            ids.rewrite_bytes(bytes);
        }
    }
    let header = HEADER_LEN
        .saturating_sub(before.unwrap_or(HEADER_LEN))
        .min(message.len());
    if let Some(data) = message.get_mut(header..) {
        ids.rewrite_text(data);
    }
}
