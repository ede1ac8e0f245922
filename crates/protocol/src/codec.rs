//! Between messages and documents, for both roles.

use psbridge_clixml::{Document, Interner, Limits, Value, Writer};

use crate::error::{DecodeError, Error};
use crate::fragment::Reassembler;
use crate::message::{MessageRef, MessageType};
use crate::payload::Payload;

/// Received bytes of one stream, and what its messages are read with.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(crate) stream: Reassembler,
    pub(crate) limits: Limits,
    pub(crate) interner: Interner,
}

impl Inbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            stream: Reassembler::new(limits.max_message_size),
            limits: limits.clone(),
            interner: Interner::default(),
        }
    }
}

/// A message whose data could not be read; the stream goes on behind it.
#[derive(Debug, Clone)]
pub struct Undecodable {
    /// Its type.
    pub message_type: MessageType,
    /// Its data, with a byte order mark if there was one.
    pub bytes: Vec<u8>,
    /// Why.
    pub error: DecodeError,
}

impl Undecodable {
    pub(crate) fn new(message: &MessageRef<'_>, error: impl Into<DecodeError>) -> Self {
        Self {
            message_type: message.message_type,
            bytes: message.data.to_vec(),
            error: error.into(),
        }
    }
}

/// Reads the data of a message.
pub(crate) fn document(
    message: &MessageRef<'_>,
    limits: &Limits,
    interner: &mut Interner,
) -> Result<Document, DecodeError> {
    Ok(psbridge_clixml::read_message(message.data, limits, interner)?)
}

/// The data of a message: CLIXML behind a byte order mark, as PowerShell writes it; nothing for `$null`.
pub(crate) fn data(value: &Value) -> Result<Vec<u8>, Error> {
    if value.is_nil() {
        return Ok(Vec::new());
    }
    Writer::new().bom(true).message(value).map_err(Error::Encode)
}

pub(crate) fn payload_data(payload: &impl Payload) -> Result<Vec<u8>, Error> {
    data(&payload.to_value())
}
