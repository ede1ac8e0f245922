use psbridge_clixml::{Document, Interner, Limits};
use uuid::Uuid;

use super::Undecodable;
use crate::ProtocolVersion;
use crate::codec;
use crate::error::DecodeError;
use crate::message::{Destination, Message, MessageRef, MessageType};
use crate::payload::{
    ApplicationPrivateData, EncryptedSessionKey, ErrorRecord, HostCall, InformationRecord,
    InformationalRecord, PipelineStateMessage, ProgressMessage, Received, RunspaceAvailability,
    RunspacePoolInitData, RunspacePoolStateMessage, UserEvent,
};

/// What a pipeline gives, in the order of the wire.
///
/// `T` is what output is decoded into: a whole document, unless the caller knows better.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<T = Document> {
    /// One output object; `$null` is a document whose value is Nil.
    Output(T),
    /// An error.
    Error(Box<Received<ErrorRecord>>),
    /// A warning.
    Warning(Box<Received<InformationalRecord>>),
    /// Verbose text.
    Verbose(Box<Received<InformationalRecord>>),
    /// Debug text.
    Debug(Box<Received<InformationalRecord>>),
    /// Information, what Write-Host writes included.
    Information(Box<Received<InformationRecord>>),
    /// Progress.
    Progress(Box<Received<ProgressMessage>>),
    /// The server calls the host. While it [needs a response](HostCall::needs_response) nothing else comes.
    HostCall(Box<Received<HostCall>>),
    /// The pipeline's state; a terminal one is the last event.
    State(Box<Received<PipelineStateMessage>>),
    /// A message of a type that is not known, or that has no place here.
    Unknown(Box<Message>),
    /// A message whose data could not be read; the pipeline goes on.
    Undecodable(Box<Undecodable>),
}

impl<T> Event<T> {
    /// Decodes a message of a pipeline. Output is left to `decode`.
    pub(super) fn read(
        message: &MessageRef<'_>,
        limits: &Limits,
        interner: &mut Interner,
        decode: impl FnOnce(&[u8], &Limits, &mut Interner) -> Result<T, psbridge_clixml::Error>,
    ) -> Self {
        Self::try_read(message, limits, interner, decode)
            .unwrap_or_else(|error| Self::Undecodable(Box::new(Undecodable::new(message, error))))
    }

    fn try_read(
        message: &MessageRef<'_>,
        limits: &Limits,
        interner: &mut Interner,
        decode: impl FnOnce(&[u8], &Limits, &mut Interner) -> Result<T, psbridge_clixml::Error>,
    ) -> Result<Self, DecodeError> {
        if message.destination != Destination::Client {
            return Ok(Self::Unknown(Box::new(message.to_message())));
        }
        if message.message_type == MessageType::PipelineOutput {
            return Ok(Self::Output(decode(message.data, limits, interner)?));
        }
        let mut document = || codec::document(message, limits, interner);
        Ok(match message.message_type {
            MessageType::ErrorRecord => Self::Error(Box::new(Received::read(document()?)?)),
            MessageType::WarningRecord => Self::Warning(Box::new(informational(document()?)?)),
            MessageType::VerboseRecord => Self::Verbose(Box::new(informational(document()?)?)),
            MessageType::DebugRecord => Self::Debug(Box::new(informational(document()?)?)),
            MessageType::InformationRecord => Self::Information(Box::new(Received::read(document()?)?)),
            MessageType::ProgressRecord => Self::Progress(Box::new(Received::read(document()?)?)),
            MessageType::PipelineHostCall => Self::HostCall(Box::new(Received::read(document()?)?)),
            MessageType::PipelineState => Self::State(Box::new(Received::read(document()?)?)),
            _ => Self::Unknown(Box::new(message.to_message())),
        })
    }
}

fn informational(document: Document) -> Result<Received<InformationalRecord>, DecodeError> {
    let value = InformationalRecord::from_document(&document)?;
    Ok(Received { value, document })
}

/// What a pool gives, in the order of the wire.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PoolEvent {
    /// The server has said which version it speaks.
    Negotiated(ProtocolVersion),
    /// What the server tells about itself.
    ApplicationPrivateData(Box<Received<ApplicationPrivateData>>),
    /// The pool's state: Opened, Closing, Closed or Broken.
    State(Box<Received<RunspacePoolStateMessage>>),
    /// The answer to one of the requests with a call id.
    Availability(RunspaceAvailability),
    /// The answer to a Connect.
    InitData(RunspacePoolInitData),
    /// The server calls the pool's host.
    HostCall(Box<Received<HostCall>>),
    /// An event of the far side.
    UserEvent(Box<Received<UserEvent>>),
    /// A server asks for the client's key; see [`super::Pool::send_public_key`].
    PublicKeyRequest,
    /// The session key; see [`super::Pool::accept_session_key`].
    SessionKey(EncryptedSessionKey),
    /// A record that comes on the pool's stream, as warnings while the pool opens do.
    Record {
        /// The pipeline, if it names one.
        pid: Option<Uuid>,
        /// The record.
        event: Box<Event>,
    },
    /// A message of a type that is not known, or that has no place here.
    Unknown(Box<Message>),
    /// A message whose data could not be read; the pool goes on.
    Undecodable(Box<Undecodable>),
}
