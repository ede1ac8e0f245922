//! The streams of all shells of a recording.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::Decoder;
use super::item::{FaultFound, Item, Operation, Problem, StreamBytes};
use super::soap::{self, Envelope};
use super::streams::Stream;
use crate::edit::envelope::{Carrier, StreamKey, is_powershell, keys};
use crate::edit::fragments::look_like_fragments;
use crate::format::{RecordedExchange, Side};

/// Bytes that are needed to tell fragments from text.
const HEADER: usize = psbridge_protocol::fragment::HEADER_LEN;

/// What is known of the shells that were seen.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    streams: HashMap<StreamKey, Known>,
    /// The streams in the order in which they appeared.
    order: Vec<StreamKey>,
    /// Whether commands (upper case) belong to PowerShell, where a request told.
    commands: HashMap<String, bool>,
    /// Shells (upper case) that somebody connected to: their streams may go on in the middle of a message.
    connected: HashSet<String>,
}

#[derive(Debug)]
enum Known {
    Psrp(Box<Stream>),
    /// Not PSRP.
    Bytes,
    /// Too few bytes to tell.
    Undecided {
        exchange: Option<u64>,
        command: Option<String>,
        bytes: Vec<u8>,
    },
}

/// One envelope of an exchange with what is needed to go through its streams.
struct Half<'e> {
    envelope: &'e Envelope,
    keys: Vec<StreamKey>,
    side: Side,
}

impl Sessions {
    /// Hands out what is in an exchange.
    pub(super) fn exchange<F>(
        &mut self,
        decoder: &mut Decoder<'_, F>,
        exchange: &RecordedExchange,
    ) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        let request = exchange
            .request
            .as_ref()
            .and_then(|r| soap::read(r.body.as_bytes()));
        let response = exchange
            .response
            .as_ref()
            .and_then(|r| soap::read(r.body.as_bytes()));
        decoder.item(Item::Exchange(operation(
            exchange,
            request.as_ref(),
            response.as_ref(),
        )))?;
        self.envelopes(decoder, Some(exchange.seq), request.as_ref(), response.as_ref())
    }

    /// Hands out what is in an envelope that stands alone.
    pub(super) fn lone_envelope<F>(&mut self, decoder: &mut Decoder<'_, F>, text: &str) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        let Some(envelope) = soap::read(text.as_bytes()) else {
            return ControlFlow::Continue(());
        };
        let name = Some(envelope.operation.clone());
        let (request, response) = match envelope.side {
            Side::Client => (Some(&envelope), None),
            Side::Server => (None, Some(&envelope)),
        };
        decoder.item(Item::Exchange(Operation {
            request: request.and(name.clone()),
            response: response.and(name),
            resource_uri: envelope.resource_uri.clone(),
            shell_id: envelope.places.shell.clone(),
            command_id: envelope.places.command.clone(),
            ..Operation::default()
        }))?;
        self.envelopes(decoder, None, request, response)
    }

    fn envelopes<F>(
        &mut self,
        decoder: &mut Decoder<'_, F>,
        exchange: Option<u64>,
        request: Option<&Envelope>,
        response: Option<&Envelope>,
    ) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        let (asked, answered) = keys(
            exchange.unwrap_or_default(),
            request.map(|e| &e.places),
            response.map(|e| &e.places),
        );
        let declared = request
            .and_then(|e| e.resource_uri.as_deref())
            .or_else(|| response.and_then(|e| e.resource_uri.as_deref()))
            .map(is_powershell);
        let succeeded = response.is_none_or(|e| e.fault.is_none());
        if let Some(request) = request {
            self.before(request, response, declared, succeeded);
        }
        let halves = [(request, asked, Side::Client), (response, answered, Side::Server)];
        for (envelope, keys, side) in halves {
            if let Some(envelope) = envelope {
                self.half(decoder, exchange, &Half { envelope, keys, side }, declared)?;
            }
        }
        if let Some(request) = request
            && succeeded
        {
            self.after(request);
        }
        ControlFlow::Continue(())
    }

    /// Learns from a request what its streams, and later ones, need.
    fn before(
        &mut self,
        request: &Envelope,
        response: Option<&Envelope>,
        declared: Option<bool>,
        succeeded: bool,
    ) {
        match request.operation.as_str() {
            "Command" => {
                let ids = [
                    request.places.command.as_deref(),
                    response.and_then(|r| r.places.command.as_deref()),
                ];
                for id in ids.into_iter().flatten() {
                    if let Some(psrp) = declared {
                        self.commands.insert(id.to_uppercase(), psrp);
                    }
                }
            }
            "Connect" | "Reconnect" if succeeded => {
                let shell = request.places.shell.as_deref().unwrap_or_default().to_uppercase();
                for (key, known) in &mut self.streams {
                    if key.side == Side::Server
                        && key.shell == shell
                        && let Known::Psrp(stream) = known
                    {
                        stream.reconnected();
                    }
                }
                self.connected.insert(shell);
            }
            _ => {}
        }
    }

    /// Forgets streams that a request ended: nobody waits for the rest of a message there.
    fn after(&mut self, request: &Envelope) {
        let shell = request.places.shell.as_deref().unwrap_or_default().to_uppercase();
        let command = request
            .places
            .command
            .as_deref()
            .unwrap_or_default()
            .to_uppercase();
        let ended = |key: &StreamKey| match request.operation.as_str() {
            "Delete" => key.shell == shell,
            "Signal" => request.ends_command() && !command.is_empty() && key.command == command,
            _ => false,
        };
        self.streams.retain(|key, _| !ended(key));
        self.order.retain(|key| !ended(key));
    }

    fn half<F>(
        &mut self,
        decoder: &mut Decoder<'_, F>,
        exchange: Option<u64>,
        half: &Half<'_>,
        declared: Option<bool>,
    ) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        let envelope = half.envelope;
        for ((carried, data), key) in envelope.places.streams.iter().zip(&envelope.data).zip(&half.keys) {
            let psrp = declared.or_else(|| self.commands.get(&key.command).copied());
            // The arguments of a program are no base64.
            if carried.carrier == Carrier::Arguments && psrp == Some(false) {
                continue;
            }
            match data {
                Ok(bytes) => self.stream(decoder, exchange, key, carried.command.as_deref(), bytes, psrp)?,
                Err(reason) => decoder.problem(Problem::StreamText {
                    exchange,
                    stream: describe(key),
                    reason: reason.clone(),
                })?,
            }
        }
        if let Some(fault) = &envelope.fault {
            decoder.item(Item::Fault(FaultFound {
                exchange,
                fault: fault.clone(),
            }))?;
        }
        if let Some(reason) = &envelope.damage {
            decoder.problem(Problem::Envelope {
                exchange,
                from: half.side,
                reason: reason.clone(),
            })?;
        }
        ControlFlow::Continue(())
    }

    fn stream<F>(
        &mut self,
        decoder: &mut Decoder<'_, F>,
        exchange: Option<u64>,
        key: &StreamKey,
        command: Option<&str>,
        bytes: &[u8],
        psrp: Option<bool>,
    ) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        if bytes.is_empty() {
            return ControlFlow::Continue(());
        }
        let limit = decoder.limits.max_message_size;
        let connected = key.side == Side::Server && self.connected.contains(&key.shell);
        let begin = || {
            let mut stream = Stream::new(limit);
            if connected {
                stream.reconnected();
            }
            Known::Psrp(Box::new(stream))
        };
        let known = self.streams.entry(key.clone()).or_insert_with(|| {
            self.order.push(key.clone());
            match psrp {
                Some(true) => begin(),
                Some(false) => Known::Bytes,
                None => Known::Undecided {
                    exchange,
                    command: command.map(str::to_owned),
                    bytes: Vec::new(),
                },
            }
        });
        let mut bytes = Cow::Borrowed(bytes);
        if let Known::Undecided { bytes: held, .. } = known {
            held.extend_from_slice(&bytes);
            if held.len() < HEADER {
                return ControlFlow::Continue(());
            }
            bytes = Cow::Owned(std::mem::take(held));
            *known = if look_like_fragments(&bytes) {
                begin()
            } else {
                Known::Bytes
            };
        }
        match known {
            Known::Psrp(stream) => decoder.push(stream, &bytes, exchange, Some(key.side), &describe(key)),
            _ => decoder.item(Item::Bytes(StreamBytes {
                exchange,
                from: key.side,
                stream: key.name.clone(),
                command_id: command.map(str::to_owned),
                bytes: bytes.into_owned(),
            })),
        }
    }

    /// Says what the recording left unfinished.
    pub(super) fn finish<F>(mut self, decoder: &mut Decoder<'_, F>) -> ControlFlow<()>
    where
        F: FnMut(Result<Item, Problem>) -> ControlFlow<()>,
    {
        for key in std::mem::take(&mut self.order) {
            match self.streams.remove(&key) {
                Some(Known::Psrp(stream)) => {
                    if let Some(rest) = stream.rest() {
                        decoder.problem(Problem::Unfinished {
                            stream: describe(&key),
                            rest,
                        })?;
                    }
                }
                Some(Known::Undecided {
                    exchange,
                    command,
                    bytes,
                }) if !bytes.is_empty() => {
                    decoder.item(Item::Bytes(StreamBytes {
                        exchange,
                        from: key.side,
                        stream: key.name,
                        command_id: command,
                        bytes,
                    }))?;
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}

/// A stream's name for people.
fn describe(key: &StreamKey) -> String {
    let whose = if key.command.is_empty() {
        "of the shell".to_owned()
    } else {
        format!("of command {}", key.command)
    };
    format!("{}'s stream {} {whose}", key.side, key.name)
}

fn operation(
    exchange: &RecordedExchange,
    request: Option<&Envelope>,
    response: Option<&Envelope>,
) -> Operation {
    let asked = exchange.request.as_ref().map(|r| match request {
        Some(envelope) => envelope.operation.clone(),
        None => format!("{} {}", r.method, r.path),
    });
    let answered = exchange.response.as_ref().map(|r| match response {
        Some(envelope) => envelope.operation.clone(),
        None => format!("{} bytes that are not soap", r.body.as_bytes().len()),
    });
    let places = request.map(|e| &e.places);
    Operation {
        exchange: Some(exchange.seq),
        request: asked,
        response: answered,
        status: exchange.response.as_ref().map(|r| r.status),
        resource_uri: request.and_then(|e| e.resource_uri.clone()),
        shell_id: places.and_then(|p| p.shell.clone().or_else(|| p.suggested_shell.clone())),
        command_id: places.and_then(|p| p.command.clone()),
        error: exchange.error.clone(),
    }
}
