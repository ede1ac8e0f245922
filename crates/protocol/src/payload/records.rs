//! The records of the lesser streams (protocol.md 5.6).

use psbridge_clixml::{DateTime, Document, Object, ProgressRecord, ProgressRecordType, PsString, Value};

use super::bag::{Bag, opt, text};
use super::invocation::InvocationInfo;
use super::{Payload, PayloadError};
use crate::message::MessageType;

/// Which of the three text streams a record is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InformationalKind {
    /// Debug.
    Debug,
    /// Verbose.
    Verbose,
    /// Warning.
    Warning,
}

impl InformationalKind {
    /// The type of its message.
    pub fn message_type(self) -> MessageType {
        match self {
            Self::Debug => MessageType::DebugRecord,
            Self::Verbose => MessageType::VerboseRecord,
            Self::Warning => MessageType::WarningRecord,
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Debug => "System.Management.Automation.DebugRecord",
            Self::Verbose => "System.Management.Automation.VerboseRecord",
            Self::Warning => "System.Management.Automation.WarningRecord",
        }
    }
}

/// DEBUG_RECORD, VERBOSE_RECORD and WARNING_RECORD.
#[derive(Debug, Clone, PartialEq)]
pub struct InformationalRecord {
    /// The text.
    pub message: String,
    /// Where it was written, when RemoteStreamOptions ask for it.
    pub invocation: Option<Box<InvocationInfo>>,
    /// `PipelineIterationInfo` of the record.
    pub pipeline_iteration_info: Vec<i32>,
}

impl InformationalRecord {
    /// A text.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            invocation: None,
            pipeline_iteration_info: Vec::new(),
        }
    }

    /// Reads the record of a whole message.
    ///
    /// # Errors
    /// As [`InformationalRecord::from_value`].
    pub fn from_document(document: &Document) -> Result<Self, PayloadError> {
        Self::from_value(document, document.root().unwrap_or(&Value::Nil))
    }

    /// Reads a record. A bare string, as PowerShell 2 may send, is one too.
    ///
    /// # Errors
    /// When it is neither.
    pub fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        if let Some(text) = value.as_text() {
            return Ok(Self::new(text));
        }
        let bag = Bag::new(document, value, "InformationalRecord")?;
        let extended = bag.bool_or("InformationalRecord_SerializeInvocationInfo", false)?;
        let message = bag.opt_text("InformationalRecord_Message");
        Ok(Self {
            message: message.or_else(|| text(value)).unwrap_or_default(),
            invocation: if extended {
                Some(Box::new(InvocationInfo::read(&bag)?))
            } else {
                None
            },
            pipeline_iteration_info: bag.numbers("InformationalRecord_PipelineIterationInfo"),
        })
    }

    /// The record as a value.
    pub fn to_value(&self, kind: InformationalKind) -> Value {
        let names = [
            kind.type_name(),
            "System.Management.Automation.InformationalRecord",
            "System.Object",
        ];
        let mut record = Object::typed(names)
            .with_to_string(self.message.as_str())
            .extended("InformationalRecord_Message", self.message.as_str())
            .extended(
                "InformationalRecord_SerializeInvocationInfo",
                self.invocation.is_some(),
            );
        if let Some(invocation) = &self.invocation {
            record = invocation.write(record).extended(
                "InformationalRecord_PipelineIterationInfo",
                InvocationInfo::iteration_list(&self.pipeline_iteration_info),
            );
        }
        record.into()
    }
}

/// PROGRESS_RECORD: the same content as a `PR` element, as a property bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressMessage(pub ProgressRecord);

impl Payload for ProgressMessage {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        if let Value::Progress(record) = value {
            return Ok(Self(record.as_ref().clone()));
        }
        let bag = Bag::new(document, value, "PROGRESS_RECORD")?;
        let number = |property| bag.opt_i32(property).map(|number| number.unwrap_or(-1));
        let string = |property| bag.opt_text(property).map(PsString::from);
        let record_type = bag.enumeration("Type", |name| match name {
            "Processing" => Some(0),
            "Completed" => Some(1),
            _ => None,
        })?;
        Ok(Self(ProgressRecord {
            activity: string("Activity").unwrap_or_default(),
            activity_id: bag.i32("ActivityId")?,
            current_operation: string("CurrentOperation"),
            parent_activity_id: number("ParentActivityId")?,
            percent_complete: number("PercentComplete")?,
            record_type: match record_type {
                0 => ProgressRecordType::Processing,
                1 => ProgressRecordType::Completed,
                other => return Err(bag.range("Type", other)),
            },
            seconds_remaining: number("SecondsRemaining")?,
            status_description: string("StatusDescription").unwrap_or_default(),
        }))
    }

    fn to_value(&self) -> Value {
        let Self(record) = self;
        let number = match record.record_type {
            ProgressRecordType::Processing => 0,
            ProgressRecordType::Completed => 1,
        };
        let record_type = Value::enumeration(
            "System.Management.Automation.ProgressRecordType",
            record.record_type.name(),
            number,
        );
        // PowerShell refuses empty texts here and writes a blank.
        let text = |text: &PsString| {
            if text.is_empty() {
                PsString::from(" ")
            } else {
                text.clone()
            }
        };
        Object::bag()
            .extended("Activity", text(&record.activity))
            .extended("ActivityId", record.activity_id)
            .extended("StatusDescription", text(&record.status_description))
            .extended("CurrentOperation", record.current_operation.clone())
            .extended("ParentActivityId", record.parent_activity_id)
            .extended("PercentComplete", record.percent_complete)
            .extended("Type", record_type)
            .extended("SecondsRemaining", record.seconds_remaining)
            .into()
    }
}

/// INFORMATION_RECORD, from 2.3.
#[derive(Debug, Clone, PartialEq)]
pub struct InformationRecord {
    /// What was written; see [`InformationRecord::text`].
    pub message_data: Value,
    /// The command or script.
    pub source: Option<String>,
    /// When.
    pub time_generated: Option<DateTime>,
    /// Tags; `PSHOST` for what Write-Host writes.
    pub tags: Vec<String>,
    /// Who.
    pub user: Option<String>,
    /// Where.
    pub computer: Option<String>,
    /// Process.
    pub process_id: u32,
    /// Thread of the system.
    pub native_thread_id: u32,
    /// Thread of .NET.
    pub managed_thread_id: u32,
}

impl InformationRecord {
    /// What to show.
    pub fn text(&self) -> String {
        self.message_data
            .get("Message")
            .and_then(text)
            .or_else(|| text(&self.message_data))
            .unwrap_or_default()
    }

    /// Written by Write-Host.
    pub fn is_host_output(&self) -> bool {
        self.tags.iter().any(|tag| tag == "PSHOST")
    }
}

impl Payload for InformationRecord {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "INFORMATION_RECORD")?;
        bag.required("MessageData")?;
        let number = |property| bag.opt_u32(property).map(Option::unwrap_or_default);
        Ok(Self {
            message_data: bag.value("MessageData"),
            source: bag.opt_text("Source"),
            time_generated: match bag.get("TimeGenerated").map(Value::base) {
                Some(Value::DateTime(time)) => Some(*time),
                _ => None,
            },
            tags: bag.texts("Tags"),
            user: bag.opt_text("User"),
            computer: bag.opt_text("Computer"),
            process_id: number("ProcessId")?,
            native_thread_id: number("NativeThreadId")?,
            managed_thread_id: number("ManagedThreadId")?,
        })
    }

    fn to_value(&self) -> Value {
        let names = [
            "System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, \
             PublicKeyToken=b77a5c561934e089]]",
            "System.Object",
        ];
        Object::bag()
            .extended("MessageData", self.message_data.clone())
            .extended("Source", opt(self.source.as_deref()))
            .extended("TimeGenerated", self.time_generated)
            .extended("Tags", Object::list(names, self.tags.iter().map(String::as_str)))
            .extended("User", opt(self.user.as_deref()))
            .extended("Computer", opt(self.computer.as_deref()))
            .extended("ProcessId", self.process_id)
            .extended("NativeThreadId", self.native_thread_id)
            .extended("ManagedThreadId", self.managed_thread_id)
            .into()
    }
}
