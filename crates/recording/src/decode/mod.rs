//! Captured bytes to messages, faults and objects, in the order and form of `psbridge decode --format typed`.
//!
//! [`decode`] takes the bytes of any capture: a recording of exchanges or of out-of-process packets, one SOAP envelope,
//! fragments (raw or base64), or a CLIXML document. What can be read is handed out in order; what cannot is a
//! [`Problem`] in its place, and decoding goes on behind it.

mod input;
mod item;
mod sessions;
pub(crate) mod soap;
mod streams;
mod verbatim;

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::ControlFlow;

use psbridge_clixml::{Interner, Limits, read_document_partial, read_message};
use psbridge_protocol::fragment::{Assembled, FragmentError};
use psbridge_protocol::message::{Destination, MessageRef};
use uuid::Uuid;

use self::input::Input;
use self::sessions::Sessions;
use self::streams::Stream;
use crate::format::{Packet, RecordedExchange, Recording, Side};
use crate::reader::{Capture, Reader};

pub use input::UnknownInput;
pub use item::{Data, FaultFound, Item, Message, Operation, Problem, StreamBytes, fault_typed};

/// Decodes a capture and hands out what it finds; `sink` may break off.
///
/// # Errors
/// Nothing fails as a whole: problems are handed out where they stand.
pub fn decode<F>(input: &[u8], limits: &Limits, sink: F) -> ControlFlow<()>
where
    F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
{
    let mut decoder = Decoder::new(limits, sink);
    match input::detect(input) {
        Ok(Input::Lines(text)) => {
            let outcome = Reader::new().read(Cursor::new(text.as_bytes()));
            match &outcome.capture {
                Capture::Exchanges(recording) => decoder.recording(recording)?,
                Capture::Packets(packets) => decoder.packets(packets)?,
            }
            for error in outcome.errors {
                decoder.problem(error)?;
            }
            ControlFlow::Continue(())
        }
        Ok(Input::Envelope(text)) => decoder.envelope(&text),
        Ok(Input::Fragments(bytes, damage)) => {
            decoder.fragments(&bytes)?;
            damage.map_or(ControlFlow::Continue(()), |text| {
                decoder.problem(Problem::Base64Text(text))
            })
        }
        Ok(Input::Clixml(bytes)) => decoder.clixml(bytes),
        Err(unknown) => decoder.problem(unknown),
    }
}

/// Decodes a recording that is at hand already.
pub fn decode_recording<F>(recording: &Recording, limits: &Limits, sink: F) -> ControlFlow<()>
where
    F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
{
    Decoder::new(limits, sink).recording(recording)
}

/// Decodes exchanges one after the other, as they come.
#[derive(Debug)]
pub(crate) struct Tracker {
    limits: Limits,
    sessions: Sessions,
}

impl Tracker {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            sessions: Sessions::default(),
        }
    }

    /// What the next exchange holds.
    pub(crate) fn exchange(&mut self, exchange: &RecordedExchange) -> Vec<Result<Item, Problem>> {
        let mut found = Vec::new();
        let mut decoder = Decoder::new(&self.limits, |item| {
            found.push(item);
            ControlFlow::Continue(())
        });
        // The sink never breaks off.
        let _ = self.sessions.exchange(&mut decoder, exchange);
        found
    }
}

/// What all forms of captures need to turn bytes of streams into messages.
struct Decoder<'a, F> {
    limits: &'a Limits,
    interner: Interner,
    next_index: u64,
    sink: F,
}

impl<'a, F> Decoder<'a, F>
where
    F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
{
    fn new(limits: &'a Limits, sink: F) -> Self {
        Self {
            limits,
            interner: Interner::default(),
            next_index: 0,
            sink,
        }
    }

    fn item(&mut self, item: Item) -> ControlFlow<()> {
        (self.sink)(Ok(item))
    }

    fn problem(&mut self, problem: impl Into<Problem>) -> ControlFlow<()> {
        (self.sink)(Err(problem.into()))
    }

    fn recording(&mut self, recording: &Recording) -> ControlFlow<()> {
        let mut sessions = Sessions::default();
        for exchange in &recording.exchanges {
            sessions.exchange(self, exchange)?;
        }
        sessions.finish(self)
    }

    fn envelope(&mut self, text: &str) -> ControlFlow<()> {
        let mut sessions = Sessions::default();
        sessions.lone_envelope(self, text)?;
        sessions.finish(self)
    }

    fn packets(&mut self, packets: &[Packet]) -> ControlFlow<()> {
        let mut streams: HashMap<(Side, Uuid, String), Stream> = HashMap::new();
        let mut order = Vec::new();
        for packet in packets {
            let Some(data) = &packet.data else { continue };
            let (bytes, damage) = input::base64_prefix(data);
            let name = packet.stream.as_deref().unwrap_or("Default").to_ascii_lowercase();
            let key = (packet.from, packet.psguid, name);
            let stream = streams.entry(key.clone()).or_insert_with(|| {
                order.push(key.clone());
                Stream::new(self.limits.max_message_size)
            });
            self.push(
                stream,
                &bytes,
                Some(packet.seq),
                Some(packet.from),
                &packet_stream(&key),
            )?;
            if let Some(reason) = damage {
                self.problem(Problem::PacketData {
                    packet: packet.seq,
                    reason,
                })?;
            }
        }
        for key in order {
            if let Some(rest) = streams.get(&key).and_then(Stream::rest) {
                self.problem(Problem::Unfinished {
                    stream: packet_stream(&key),
                    rest,
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    fn fragments(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let name = "stream of fragments";
        let mut stream = Stream::new(self.limits.max_message_size);
        self.push(&mut stream, bytes, None, None, name)?;
        match stream.rest() {
            Some(rest) => self.problem(Problem::Unfinished {
                stream: name.to_owned(),
                rest,
            }),
            None => ControlFlow::Continue(()),
        }
    }

    fn clixml(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let (document, error) = read_document_partial(bytes, self.limits);
        self.item(Item::Objects(document))?;
        error.map_or(ControlFlow::Continue(()), |error| {
            self.problem(Problem::Clixml(error))
        })
    }

    /// Adds bytes to a stream and hands out the messages that they complete.
    fn push(
        &mut self,
        stream: &mut Stream,
        bytes: &[u8],
        exchange: Option<u64>,
        from: Option<Side>,
        name: &str,
    ) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        stream.push(bytes, |found| {
            if flow.is_continue() {
                flow = self.found(found, exchange, from, name);
            }
        });
        flow
    }

    fn found(
        &mut self,
        found: Result<Assembled<'_>, FragmentError>,
        exchange: Option<u64>,
        from: Option<Side>,
        stream: &str,
    ) -> ControlFlow<()> {
        match found {
            Ok(assembled) => self.message(&assembled, exchange, from),
            Err(error) => self.problem(Problem::Fragments {
                exchange,
                stream: stream.to_owned(),
                error,
            }),
        }
    }

    fn message(
        &mut self,
        assembled: &Assembled<'_>,
        exchange: Option<u64>,
        from: Option<Side>,
    ) -> ControlFlow<()> {
        let object_id = assembled.object_id;
        let message = match MessageRef::decode(assembled.bytes) {
            Ok(message) => message,
            Err(error) => {
                return self.problem(Problem::Message {
                    exchange,
                    object_id,
                    reason: error.to_string(),
                });
            }
        };
        let index = self.next_index;
        self.next_index += 1;
        let message_type = message.message_type;
        let data = match message.text() {
            [] => Data::None,
            text => match read_message(&verbatim::keep_large_x(text), self.limits, &mut self.interner) {
                Ok(document) => Data::Clixml(document),
                Err(error) => {
                    let reason = error.to_string();
                    self.problem(Problem::Data {
                        exchange,
                        index,
                        message_type,
                        reason: reason.clone(),
                    })?;
                    Data::Unreadable(reason)
                }
            },
        };
        self.item(Item::Message(Message {
            index,
            exchange,
            from: from.unwrap_or(match message.destination {
                Destination::Client => Side::Server,
                Destination::Server => Side::Client,
            }),
            destination: message.destination,
            message_type,
            rpid: message.rpid,
            pid: message.pid,
            object_id,
            fragments: assembled.fragments,
            message_bytes: assembled.bytes.len(),
            data,
        }))
    }
}

fn packet_stream((side, guid, name): &(Side, Uuid, String)) -> String {
    if guid.is_nil() {
        format!("{side}'s stream {name} of the pool")
    } else {
        format!("{side}'s stream {name} of pipeline {guid}")
    }
}
