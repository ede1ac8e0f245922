//! Values as commands look at them.

use psbridge_clixml::{Content, DateTime, DateTimeKind, Object, Value};
use psbridge_protocol::payload::InformationRecord;

use crate::directory::time::Ticks;

/// The text that PowerShell's conversion to string gives.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => {
            text.to_str_lossy().into_owned()
        }
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::DateTime(at) => Ticks(at.ticks()).us_text(),
        Value::Byte(n) => n.to_string(),
        Value::SByte(n) => n.to_string(),
        Value::UInt16(n) => n.to_string(),
        Value::Int16(n) => n.to_string(),
        Value::UInt32(n) => n.to_string(),
        Value::Int32(n) => n.to_string(),
        Value::UInt64(n) => n.to_string(),
        Value::Int64(n) => n.to_string(),
        Value::Single(n) => n.to_string(),
        Value::Double(n) => n.to_string(),
        Value::Decimal(n) => n.to_string(),
        Value::Guid(id) => id.to_string(),
        Value::Version(version) => version.to_string(),
        Value::SecureString(_) => "System.Security.SecureString".to_owned(),
        Value::Bytes(bytes) => bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" "),
        Value::Object(object) => object_text(object),
        _ => String::new(),
    }
}

fn object_text(object: &Object) -> String {
    if let Some(text) = &object.to_string {
        return text.to_str_lossy().into_owned();
    }
    match &object.content {
        Content::Value(inner) => text(inner),
        Content::List(_, items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Content::Dictionary(_) => "System.Collections.Hashtable".to_owned(),
        Content::None => object.type_names.first().unwrap_or_default().to_owned(),
    }
}

/// The .NET type of a value.
pub(crate) fn type_name(value: &Value) -> String {
    match value {
        Value::String(_) => "System.String",
        Value::Char(_) => "System.Char",
        Value::Bool(_) => "System.Boolean",
        Value::DateTime(_) => "System.DateTime",
        Value::TimeSpan(_) => "System.TimeSpan",
        Value::Byte(_) => "System.Byte",
        Value::SByte(_) => "System.SByte",
        Value::UInt16(_) => "System.UInt16",
        Value::Int16(_) => "System.Int16",
        Value::UInt32(_) => "System.UInt32",
        Value::Int32(_) => "System.Int32",
        Value::UInt64(_) => "System.UInt64",
        Value::Int64(_) => "System.Int64",
        Value::Single(_) => "System.Single",
        Value::Double(_) => "System.Double",
        Value::Decimal(_) => "System.Decimal",
        Value::Bytes(_) => "System.Byte[]",
        Value::Guid(_) => "System.Guid",
        Value::Uri(_) => "System.Uri",
        Value::Version(_) => "System.Version",
        Value::Xml(_) => "System.Xml.XmlDocument",
        Value::ScriptBlock(_) => "System.Management.Automation.ScriptBlock",
        Value::SecureString(_) => "System.Security.SecureString",
        Value::Object(object) => {
            return match (object.type_names.first(), &object.content) {
                (Some(name), _) => name.to_owned(),
                (None, Content::Value(inner)) => type_name(inner),
                (None, _) => "System.Management.Automation.PSCustomObject".to_owned(),
            };
        }
        _ => "System.Object",
    }
    .to_owned()
}

/// The last part of the type's name, as category lines have it.
pub(crate) fn short_type(value: &Value) -> String {
    let full = type_name(value);
    full.rsplit('.').next().unwrap_or(&full).to_owned()
}

/// The number in a value, also in a text or an object with a value.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value.base() {
        Value::Single(n) => Some(f64::from(*n)),
        Value::Double(n) => Some(*n),
        Value::Decimal(n) => n.to_string().parse().ok(),
        Value::String(text) => text.as_str()?.trim().parse().ok(),
        // Above 2^53 a double is what Measure-Object has, too.
        other => other.as_i64().map(|n| n as f64),
    }
}

/// A point in time with the directory's own offset.
pub(crate) fn local_time(at: Ticks) -> Value {
    let offset = at.offset_minutes();
    let shown = at.0 + i64::from(offset) * 60 * crate::directory::time::SECOND;
    DateTime::from_ticks(shown, DateTimeKind::Offset(offset)).into()
}

/// An information record in the output: a typed object with adapted properties.
pub(crate) fn merged_information(record: &InformationRecord) -> Value {
    let text = record.text();
    Object::typed(["System.Management.Automation.InformationRecord", "System.Object"])
        .with_to_string(text.as_str())
        .adapted("MessageData", text.as_str())
        .adapted("Source", record.source.as_deref())
        .adapted("TimeGenerated", record.time_generated)
        .adapted(
            "Tags",
            Object::list(
                [
                    "System.Collections.Generic.List`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, \
                     PublicKeyToken=b77a5c561934e089]]",
                    "System.Object",
                ],
                record.tags.iter().map(String::as_str),
            ),
        )
        .adapted("User", record.user.as_deref())
        .adapted("Computer", record.computer.as_deref())
        .adapted("ProcessId", record.process_id)
        .adapted("NativeThreadId", record.native_thread_id)
        .adapted("ManagedThreadId", record.managed_thread_id)
        .into()
}
