//! What decoding finds, and its typed form.

use psbridge_clixml::{Document, json};
use psbridge_protocol::fragment::{FragmentError, Rest};
use psbridge_protocol::message::{Destination, MessageType};
use psbridge_protocol::wsman::Fault;
use serde_json::{Map, Value, json as object};
use uuid::Uuid;

use super::UnknownInput;
use crate::error::ReadError;
use crate::format::Side;

/// One thing that was found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Item {
    /// An exchange begins: what it is about. What was found in it follows.
    Exchange(Operation),
    /// A PSRP message.
    Message(Message),
    /// A fault.
    Fault(FaultFound),
    /// Bytes of a stream that does not carry PSRP, as those of a command shell.
    Bytes(StreamBytes),
    /// The values of a CLIXML document.
    Objects(Document),
}

/// An exchange, in short.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    /// The exchange's `seq`; `None` for a lone envelope.
    pub exchange: Option<u64>,
    /// What was asked: the last part of the action (`Create`, `Receive`…), or method and path of a request that is
    /// not SOAP; `None` where there is no request.
    pub request: Option<String>,
    /// What was answered, in the same way; `None` where there is no response.
    pub response: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The resource URI of the request.
    pub resource_uri: Option<String>,
    /// The shell that was asked for.
    pub shell_id: Option<String>,
    /// The command that was asked for.
    pub command_id: Option<String>,
    /// Why there is no (whole) response.
    pub error: Option<String>,
}

/// One PSRP message.
#[derive(Debug)]
pub struct Message {
    /// Its place among all messages of both sides, from 0.
    pub index: u64,
    /// `seq` of the exchange or packet that completed it; `None` for bare fragments and lone envelopes.
    pub exchange: Option<u64>,
    /// Who sent it: by the direction of what carried it, else by its destination.
    pub from: Side,
    /// For whom it is, as its header says.
    pub destination: Destination,
    /// Its type.
    pub message_type: MessageType,
    /// The pool, nil in some messages of servers.
    pub rpid: Uuid,
    /// The pipeline, where there is one.
    pub pid: Option<Uuid>,
    /// Object id of its fragments.
    pub object_id: u64,
    /// In how many fragments it came.
    pub fragments: u64,
    /// Its length with its header, in bytes.
    pub message_bytes: usize,
    /// Its data.
    pub data: Data,
}

/// The data of a message.
#[derive(Debug)]
pub enum Data {
    /// There are no bytes.
    None,
    /// CLIXML.
    Clixml(Document),
    /// CLIXML that cannot be read; why.
    Unreadable(String),
}

impl Message {
    /// The line of the typed form.
    #[must_use]
    pub fn typed(&self) -> Value {
        let mut line = Map::new();
        line.insert("i".to_owned(), self.index.into());
        if let Some(exchange) = self.exchange {
            line.insert("exchange".to_owned(), exchange.into());
        }
        line.insert("from".to_owned(), self.from.as_str().into());
        line.insert("destination".to_owned(), self.destination.code().into());
        line.insert("type".to_owned(), self.message_type.name().into());
        line.insert("type_id".to_owned(), self.message_type.code().into());
        line.insert("rpid".to_owned(), self.rpid.to_string().into());
        line.insert("pid".to_owned(), self.pid.map(|pid| pid.to_string()).into());
        line.insert("object_id".to_owned(), self.object_id.into());
        line.insert("fragments".to_owned(), self.fragments.into());
        line.insert("message_bytes".to_owned(), self.message_bytes.into());
        let data = match &self.data {
            Data::None => Value::Null,
            Data::Clixml(document) => document.root().map_or(Value::Null, json::typed),
            Data::Unreadable(error) => {
                line.insert("error".to_owned(), error.as_str().into());
                Value::Null
            }
        };
        line.insert("data".to_owned(), data);
        Value::Object(line)
    }
}

/// A fault and where it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultFound {
    /// `seq` of the exchange; `None` for a lone envelope.
    pub exchange: Option<u64>,
    /// The fault.
    pub fault: Fault,
}

impl FaultFound {
    /// The line of the typed form.
    #[must_use]
    pub fn typed(&self) -> Value {
        let mut line = Map::new();
        if let Some(exchange) = self.exchange {
            line.insert("exchange".to_owned(), exchange.into());
        }
        line.insert("fault".to_owned(), fault_typed(&self.fault));
        Value::Object(line)
    }
}

/// The `fault` member of the typed form.
#[must_use]
pub fn fault_typed(fault: &Fault) -> Value {
    let mut out = object!({"code": fault.code, "subcode": fault.subcode, "reason": fault.reason});
    if let Value::Object(members) = &mut out {
        if let Some(code) = fault.wsman_code {
            members.insert("wsman_code".to_owned(), code.into());
        }
        if let Some(machine) = &fault.machine {
            members.insert("wsman_machine".to_owned(), machine.as_str().into());
        }
        if let Some(provider) = &fault.provider {
            members.insert("provider".to_owned(), provider.name.as_str().into());
            members.insert("provider_text".to_owned(), provider.text.as_str().into());
        } else if let Some(message) = &fault.message {
            members.insert("wsman_message".to_owned(), message.as_str().into());
        }
    }
    out
}

/// Bytes of a stream that does not carry PSRP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamBytes {
    /// `seq` of the exchange; `None` for a lone envelope.
    pub exchange: Option<u64>,
    /// Who sent them.
    pub from: Side,
    /// `stdin`, `stdout`, `stderr`…
    pub stream: String,
    /// The command, as sent.
    pub command_id: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Something that could not be read. What stands before and after it was decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is nothing that can be decoded.
    #[error(transparent)]
    Input(#[from] UnknownInput),
    /// A line of a recording is damaged.
    #[error(transparent)]
    Line(#[from] ReadError),
    /// Base64 text of fragments is damaged.
    #[error("{0}")]
    Base64Text(String),
    /// The data of a packet is damaged.
    #[error("packet {packet}: its data cannot be read to the end: {reason}")]
    PacketData {
        /// The packet's `seq`.
        packet: u64,
        /// What is wrong.
        reason: String,
    },
    /// A SOAP envelope is damaged or cut off.
    #[error("{}: the {} is a soap envelope that cannot be read: {reason}", place(*exchange), message_of(*from))]
    Envelope {
        /// `seq` of the exchange.
        exchange: Option<u64>,
        /// Whose envelope.
        from: Side,
        /// What is wrong, with its place in the envelope.
        reason: String,
    },
    /// The text of a stream in an envelope is damaged.
    #[error("{}: the {stream} cannot be read: {reason}", place(*exchange))]
    StreamText {
        /// `seq` of the exchange.
        exchange: Option<u64>,
        /// Which stream, for people.
        stream: String,
        /// What is wrong.
        reason: String,
    },
    /// A stream of fragments is damaged.
    #[error("{}: the {stream}: {error}", place(*exchange))]
    Fragments {
        /// `seq` of the exchange or packet.
        exchange: Option<u64>,
        /// Which stream, for people.
        stream: String,
        /// What is wrong.
        error: FragmentError,
    },
    /// An assembled message has no valid header.
    #[error("{}: object {object_id} is no psrp message: {reason}", place(*exchange))]
    Message {
        /// `seq` of the exchange or packet.
        exchange: Option<u64>,
        /// Its object id.
        object_id: u64,
        /// What is wrong.
        reason: String,
    },
    /// A message's data cannot be read.
    #[error("{}: the data of message {index} ({message_type}) cannot be read: {reason}", place(*exchange))]
    Data {
        /// `seq` of the exchange or packet.
        exchange: Option<u64>,
        /// The message's number.
        index: u64,
        /// Its type.
        message_type: MessageType,
        /// What is wrong, with its place in the data.
        reason: String,
    },
    /// A CLIXML document is damaged.
    #[error("the clixml document cannot be read to its end: {0}")]
    Clixml(psbridge_clixml::Error),
    /// The capture ends before a message does.
    #[error("the capture ends before the {stream} does: {rest}")]
    Unfinished {
        /// Which stream, for people.
        stream: String,
        /// What is there of the message.
        rest: Rest,
    },
}

fn place(exchange: Option<u64>) -> String {
    exchange.map_or_else(|| "the input".to_owned(), |seq| format!("exchange {seq}"))
}

fn message_of(side: Side) -> &'static str {
    match side {
        Side::Client => "request",
        Side::Server => "response",
    }
}
