use psbridge_clixml::{DateTime, Document, Object, Value};
use uuid::Uuid;

use super::bag::{Bag, opt};
use super::{Payload, PayloadError};

/// USER_EVENT: an event that the far side forwards (protocol.md 4.3.7).
#[derive(Debug, Clone, PartialEq)]
pub struct UserEvent {
    /// Number of the event.
    pub event_identifier: i32,
    /// Name of its source.
    pub source_identifier: String,
    /// When it was raised.
    pub time_generated: Option<DateTime>,
    /// Who raised it.
    pub sender: Value,
    /// Arguments, a list.
    pub source_args: Value,
    /// Data of the event.
    pub message_data: Value,
    /// Where it was raised.
    pub computer_name: Option<String>,
    /// The runspace.
    pub runspace_id: Option<Uuid>,
}

impl Payload for UserEvent {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "USER_EVENT")?;
        Ok(Self {
            event_identifier: bag.i32("PSEventArgs.EventIdentifier")?,
            source_identifier: bag.opt_text("PSEventArgs.SourceIdentifier").unwrap_or_default(),
            time_generated: match bag.get("PSEventArgs.TimeGenerated").map(Value::base) {
                Some(Value::DateTime(time)) => Some(*time),
                _ => None,
            },
            sender: bag.value("PSEventArgs.Sender"),
            source_args: bag.value("PSEventArgs.SourceArgs"),
            message_data: bag.value("PSEventArgs.MessageData"),
            computer_name: bag.opt_text("PSEventArgs.ComputerName"),
            runspace_id: bag.get("PSEventArgs.RunspaceId").and_then(Value::as_guid),
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("PSEventArgs.EventIdentifier", self.event_identifier)
            .extended("PSEventArgs.SourceIdentifier", self.source_identifier.as_str())
            .extended("PSEventArgs.TimeGenerated", self.time_generated)
            .extended("PSEventArgs.Sender", self.sender.clone())
            .extended("PSEventArgs.SourceArgs", self.source_args.clone())
            .extended("PSEventArgs.MessageData", self.message_data.clone())
            .extended("PSEventArgs.ComputerName", opt(self.computer_name.as_deref()))
            .extended("PSEventArgs.RunspaceId", self.runspace_id)
            .into()
    }
}
