//! What a pipeline sends: one ordered stream of records.

use std::ops::Deref;

use bytes::Bytes;
use psbridge_clixml::{Document, ProgressRecord};
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{
    ErrorRecord, HostCall, InformationRecord, InformationalRecord, PipelineState,
};

/// One record of a pipeline, in the order in which the server sent them.
///
/// The last one of a pipeline that came to its end is always [`Record::State`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Record {
    /// An object of the output. Its value is [`Document::root`]; no root is `$null`.
    Output(Document),
    /// An error that did not end the pipeline.
    Error(Box<Typed<ErrorRecord>>),
    /// A warning.
    Warning(Box<Typed<InformationalRecord>>),
    /// A verbose text.
    Verbose(Box<Typed<InformationalRecord>>),
    /// A debug text.
    Debug(Box<Typed<InformationalRecord>>),
    /// Information, among it what `Write-Host` prints.
    Information(Box<Typed<InformationRecord>>),
    /// Progress.
    Progress(Box<Typed<ProgressRecord>>),
    /// The server called a method of the host. There is none: a call that waits for an answer has been refused.
    HostCall(Box<Typed<HostCall>>),
    /// A message that could not be read; the pipeline goes on. Counts as an error.
    Undecodable(Box<Undecodable>),
    /// A message of a type that is not known; the pipeline goes on.
    Unknown(Box<UnknownMessage>),
    /// How the pipeline ended.
    State(Box<FinalState>),
}

/// A record read into its type, together with the document that it was read from.
#[derive(Debug, Clone)]
pub struct Typed<T> {
    /// The record.
    pub record: T,
    /// Everything that the message said.
    pub document: Document,
}

impl<T> Deref for Typed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.record
    }
}

/// A message that could not be read.
#[derive(Debug, Clone)]
pub struct Undecodable {
    /// What kind of message it is.
    pub message_type: MessageType,
    /// Its data as received.
    pub bytes: Bytes,
    /// What is wrong with it.
    pub reason: String,
}

/// A message of a type that is not known.
#[derive(Debug, Clone)]
pub struct UnknownMessage {
    /// The number of the type.
    pub message_type: MessageType,
    /// Its data as received.
    pub bytes: Bytes,
}

/// How a pipeline ended.
#[derive(Debug, Clone)]
pub struct FinalState {
    /// `Completed`, `Stopped` or `Failed`.
    pub state: PipelineState,
    /// Why, unless it completed.
    pub error: Option<Box<ErrorRecord>>,
    /// Everything that the message said; empty where the end came without one.
    pub document: Document,
}

impl Record {
    /// The object of the output, if it is one.
    #[must_use]
    pub fn as_output(&self) -> Option<&Document> {
        match self {
            Self::Output(document) => Some(document),
            _ => None,
        }
    }

    /// True for error records and for what could not be read.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_) | Self::Undecodable(_))
    }

    /// The name of its stream: `output`, `error`, `warning`, `verbose`, `debug`, `information`, `progress`, `host`,
    /// `state`, or `unknown`.
    #[must_use]
    pub fn stream(&self) -> &'static str {
        match self {
            Self::Output(_) => "output",
            Self::Error(_) | Self::Undecodable(_) => "error",
            Self::Warning(_) => "warning",
            Self::Verbose(_) => "verbose",
            Self::Debug(_) => "debug",
            Self::Information(_) => "information",
            Self::Progress(_) => "progress",
            Self::HostCall(_) => "host",
            Self::Unknown(_) => "unknown",
            Self::State(_) => "state",
        }
    }

    /// Everything that the message said, where it could be read.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Output(document) => Some(document),
            Self::Error(typed) => Some(&typed.document),
            Self::Warning(typed) | Self::Verbose(typed) | Self::Debug(typed) => Some(&typed.document),
            Self::Information(typed) => Some(&typed.document),
            Self::Progress(typed) => Some(&typed.document),
            Self::HostCall(typed) => Some(&typed.document),
            Self::State(state) => Some(&state.document),
            Self::Undecodable(_) | Self::Unknown(_) => None,
        }
    }
}

/// All records of a pipeline that completed.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Everything in order, the final state included.
    pub records: Vec<Record>,
}

impl Collected {
    /// The objects of the output.
    pub fn output(&self) -> impl Iterator<Item = &Document> {
        self.records.iter().filter_map(Record::as_output)
    }

    /// The error records.
    pub fn errors(&self) -> impl Iterator<Item = &ErrorRecord> {
        self.records.iter().filter_map(|record| match record {
            Record::Error(typed) => Some(&typed.record),
            _ => None,
        })
    }

    /// The warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.records.iter().filter_map(|record| match record {
            Record::Warning(typed) => Some(typed.message.as_str()),
            _ => None,
        })
    }

    /// True when there are error records, or messages that could not be read.
    #[must_use]
    pub fn had_errors(&self) -> bool {
        self.records.iter().any(Record::is_error)
    }
}
