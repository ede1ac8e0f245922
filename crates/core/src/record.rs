//! What a pipeline sends: one ordered stream of records.

use psbridge_clixml::Document;
use psbridge_protocol::client::{Event, Undecodable};
use psbridge_protocol::message::Message;
use psbridge_protocol::payload::{
    ErrorRecord, HostCall, InformationRecord, InformationalRecord, PipelineStateMessage, ProgressMessage,
    Received,
};

/// One record of a pipeline, in the order in which the server sent them.
///
/// `T` is what output is read into: a whole [`Document`], unless the pipeline was started for a type of the caller's.
/// The last record of a pipeline that came to its end is always [`Record::State`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Record<T = Document> {
    /// An object of the output. In a document its value is [`Document::root`].
    Output(T),
    /// An error that did not end the pipeline.
    Error(Box<Received<ErrorRecord>>),
    /// A warning.
    Warning(Box<Received<InformationalRecord>>),
    /// A verbose text.
    Verbose(Box<Received<InformationalRecord>>),
    /// A debug text.
    Debug(Box<Received<InformationalRecord>>),
    /// Information, among it what `Write-Host` prints.
    Information(Box<Received<InformationRecord>>),
    /// Progress.
    Progress(Box<Received<ProgressMessage>>),
    /// The server called a method of the host. There is none: a call that waits for an answer has been refused.
    HostCall(Box<Received<HostCall>>),
    /// A message that could not be read, with its bytes; the pipeline goes on. It counts as an error.
    Undecodable(Box<Undecodable>),
    /// A message of a type that is not known; the pipeline goes on.
    Unknown(Box<Message>),
    /// How the pipeline ended: completed, stopped or failed, and why. Its document is empty where the server said no
    /// more than that the command is over.
    State(Box<Received<PipelineStateMessage>>),
}

impl<T> Record<T> {
    /// None for kinds of events that came into being after this was written.
    pub(crate) fn from_event(event: Event<T>) -> Option<Self> {
        Some(match event {
            Event::Output(output) => Self::Output(output),
            Event::Error(record) => Self::Error(record),
            Event::Warning(record) => Self::Warning(record),
            Event::Verbose(record) => Self::Verbose(record),
            Event::Debug(record) => Self::Debug(record),
            Event::Information(record) => Self::Information(record),
            Event::Progress(record) => Self::Progress(record),
            Event::HostCall(call) => Self::HostCall(call),
            Event::State(state) => Self::State(state),
            Event::Undecodable(undecodable) => Self::Undecodable(undecodable),
            Event::Unknown(message) => Self::Unknown(message),
            _ => return None,
        })
    }

    /// The object of the output, if it is one.
    #[must_use]
    pub fn as_output(&self) -> Option<&T> {
        match self {
            Self::Output(output) => Some(output),
            _ => None,
        }
    }

    /// True for error records and for what could not be read.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error(_) | Self::Undecodable(_))
    }

    /// The name of its stream: `output`, `error`, `warning`, `verbose`, `debug`, `information`, `progress`, `host`,
    /// `state` or `unknown`.
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

    /// Everything that the message said, except for output, and where it could be read.
    #[must_use]
    pub fn details(&self) -> Option<&Document> {
        match self {
            Self::Error(record) => Some(&record.document),
            Self::Warning(record) | Self::Verbose(record) | Self::Debug(record) => Some(&record.document),
            Self::Information(record) => Some(&record.document),
            Self::Progress(record) => Some(&record.document),
            Self::HostCall(call) => Some(&call.document),
            Self::State(state) => Some(&state.document),
            Self::Output(_) | Self::Undecodable(_) | Self::Unknown(_) => None,
        }
    }
}

impl Record {
    /// Everything that the message said, where it could be read.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.as_output().or_else(|| self.details())
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
            Record::Error(record) => Some(&record.value),
            _ => None,
        })
    }

    /// The texts of the warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.records.iter().filter_map(|record| match record {
            Record::Warning(record) => Some(record.message.as_str()),
            _ => None,
        })
    }

    /// True when there are error records, or messages that could not be read.
    #[must_use]
    pub fn had_errors(&self) -> bool {
        self.records.iter().any(Record::is_error)
    }
}
