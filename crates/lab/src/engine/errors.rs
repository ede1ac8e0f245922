//! Error records as Windows PowerShell 5.1 and Exchange write them.

use psbridge_clixml::{Content, Object, Value};
use psbridge_protocol::payload::{ErrorCategory, ErrorRecord, InformationalKind, Payload};
use uuid::Uuid;

use super::Frame;
use crate::directory::names::SERVER;
use crate::directory::time::Ticks;

const RUNTIME: [&str; 3] = [
    "System.Management.Automation.RuntimeException",
    "System.SystemException",
    "System.Exception",
];

fn chain<'a>(first: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut names = vec![first];
    names.extend(rest);
    names
}

/// A record whose exception has `special` properties in front of those of every exception.
fn record(
    message: &str,
    types: &[&str],
    id: impl Into<String>,
    category: ErrorCategory,
    special: &[(&str, Value)],
) -> ErrorRecord {
    let mut record = ErrorRecord::new(message, types, id, category);
    if let Value::Object(exception) = &mut record.exception {
        let common = std::mem::take(&mut exception.adapted);
        exception.adapted = special
            .iter()
            .map(|(name, value)| (psbridge_clixml::Name::from(*name), value.clone()))
            .chain(common)
            .collect();
    }
    record
}

/// Properties of every RuntimeException.
fn runtime(message: &str, thrown: bool) -> [(&'static str, Value); 2] {
    [
        ("ErrorRecord", message.into()),
        ("WasThrownFromThrowStatement", thrown.into()),
    ]
}

/// `InvocationInfo` as an object (5.6), of a command of a pipeline without a script.
pub(crate) fn invocation(my_command: Option<&str>, line: &str) -> Value {
    let dictionary = "System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, \
                      Culture=neutral, PublicKeyToken=b77a5c561934e089],[System.Object, mscorlib, Version=4.0.0.0, \
                      Culture=neutral, PublicKeyToken=b77a5c561934e089]]";
    let list = "System.Collections.Generic.List`1[[System.Object, mscorlib, Version=4.0.0.0, Culture=neutral, \
                PublicKeyToken=b77a5c561934e089]]";
    let name = "System.Management.Automation.InvocationInfo";
    let number = i32::from(!line.is_empty());
    let position = if line.is_empty() {
        String::new()
    } else {
        format!("At line:1 char:1\r\n+ {line}")
    };
    Object::typed([name, "System.Object"])
        .with_to_string(name)
        .adapted("MyCommand", my_command)
        .adapted(
            "BoundParameters",
            Object::dictionary([dictionary, "System.Object"], Vec::<(Value, Value)>::new()),
        )
        .adapted(
            "UnboundArguments",
            Object::list([list, "System.Object"], Vec::<Value>::new()),
        )
        .adapted("ScriptLineNumber", number)
        .adapted("OffsetInLine", number)
        .adapted("HistoryId", 1_i64)
        .adapted("ScriptName", "")
        .adapted("Line", line)
        .adapted("PositionMessage", position)
        .adapted("PSScriptRoot", "")
        .adapted("PSCommandPath", Value::Nil)
        .adapted("InvocationName", my_command.unwrap_or_default())
        .adapted("PipelineLength", 0)
        .adapted("PipelinePosition", 0)
        .adapted("ExpectingInput", false)
        .adapted("CommandOrigin", "Internal")
        .adapted("DisplayScriptPosition", Value::Nil)
        .into()
}

/// The record as an ERROR_RECORD of 5.1: what only this message has stands first and last.
pub(crate) fn on_error_stream(record: &ErrorRecord) -> Value {
    let mut value = record.to_value();
    if let Value::Object(object) = &mut value {
        let own = std::mem::take(&mut object.extended);
        object.extended.insert("writeErrorStream", true);
        for (name, value) in own {
            object.extended.insert(name, value);
        }
        object.extended.insert("PSMessageDetails", Value::Nil);
    }
    value
}

/// A command that does not exist, or that the user has no role for.
pub(crate) fn command_not_found(name: &str) -> ErrorRecord {
    let message = format!(
        "The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. \
         Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
    );
    let types = chain("System.Management.Automation.CommandNotFoundException", &RUNTIME);
    let [of_record, thrown] = runtime(&message, false);
    record(
        &message,
        &types,
        "CommandNotFoundException",
        ErrorCategory::OBJECT_NOT_FOUND,
        &[of_record, ("CommandName", name.into()), thrown],
    )
    .about("", name.into(), name, "String")
}

/// Scripts in a session without language (Exchange).
pub(crate) fn scripts_not_allowed() -> ErrorRecord {
    let message = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.";
    let types = chain("System.Management.Automation.ParseException", &RUNTIME);
    let [of_record, thrown] = runtime(message, false);
    record(
        message,
        &types,
        "ScriptsNotAllowed",
        ErrorCategory::PARSER_ERROR,
        &[("Errors", Value::Nil), of_record, thrown],
    )
}

/// A script that cannot be read.
pub(crate) fn parse_error(message: &str, id: &str) -> ErrorRecord {
    let types = chain("System.Management.Automation.ParseException", &RUNTIME);
    let [of_record, thrown] = runtime(message, false);
    record(
        message,
        &types,
        id,
        ErrorCategory::PARSER_ERROR,
        &[("Errors", Value::Nil), of_record, thrown],
    )
}

/// `throw TEXT`.
pub(crate) fn thrown(text: &str, script: &str) -> ErrorRecord {
    let mut record = record(
        text,
        &RUNTIME,
        text,
        ErrorCategory::OPERATION_STOPPED,
        &runtime(text, true),
    );
    record = record.about("", text.into(), &shortened(text), "String");
    // The category has the whole text, the line that people read a shortened one.
    record.category_target_name = Some(text.to_owned());
    record.invocation_info = invocation(None, script);
    record.script_stack_trace = Some("at <ScriptBlock>, <No file>: line 1".to_owned());
    record
}

/// As PowerShell cuts long target names in category lines.
fn shortened(text: &str) -> String {
    let units: Vec<char> = text.chars().collect();
    if units.len() <= 40 {
        return text.to_owned();
    }
    let (head, tail) = (
        units.iter().take(15).collect::<String>(),
        units.iter().skip(units.len() - 15),
    );
    format!("{head}...{}", tail.collect::<String>())
}

/// What is wrong with the arguments of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BindingFault<'a> {
    pub(crate) id: &'a str,
    pub(crate) parameter: &'a str,
    pub(crate) type_name: Option<&'a str>,
    pub(crate) category: ErrorCategory,
}

/// A ParameterBindingException.
pub(crate) fn binding(frame: &Frame, message: &str, fault: BindingFault<'_>) -> ErrorRecord {
    let types = chain("System.Management.Automation.ParameterBindingException", &RUNTIME);
    let [of_record, thrown] = runtime(message, false);
    let special = [
        ("ParameterName", fault.parameter.into()),
        ("ParameterType", fault.type_name.into()),
        ("TypeSpecified", Value::Nil),
        ("ErrorId", fault.id.into()),
        ("Line", Value::Int64(0)),
        ("Offset", Value::Int64(0)),
        (
            "CommandInvocation",
            "System.Management.Automation.InvocationInfo".into(),
        ),
        of_record,
        thrown,
    ];
    let id = format!("{},{}", fault.id, frame.class);
    let mut record =
        record(message, &types, id, fault.category, &special).about(&frame.name, Value::Nil, "", "");
    // The message stands first in these exceptions.
    if let Value::Object(exception) = &mut record.exception
        && let Some(text) = exception.adapted.remove("Message")
    {
        let rest = std::mem::take(&mut exception.adapted);
        exception.adapted = std::iter::once((psbridge_clixml::Name::from("Message"), text))
            .chain(rest)
            .collect();
    }
    record.invocation_info = invocation(Some(&frame.name), "");
    record
}

/// `-WarningAction Stop` and its like.
pub(crate) fn stopped_by_preference(text: &str, kind: InformationalKind) -> ErrorRecord {
    let name = match kind {
        InformationalKind::Debug => "DebugPreference",
        InformationalKind::Verbose => "VerbosePreference",
        InformationalKind::Warning => "WarningPreference",
    };
    let message = format!(
        "The running command stopped because the preference variable \"{name}\" or common parameter is set to Stop: \
         {text}"
    );
    let types = chain(
        "System.Management.Automation.ActionPreferenceStopException",
        &RUNTIME,
    );
    record(
        &message,
        &types,
        "ActionPreferenceStop",
        ErrorCategory::OPERATION_STOPPED,
        &runtime(&message, false),
    )
}

/// A prompt without anybody to ask.
pub(crate) fn no_host(frame: &Frame, what: &str) -> ErrorRecord {
    let message = format!(
        "A command that prompts the user failed because the host program or the command type does not support user \
         interaction. The host was attempting to request confirmation with the following message: {what}"
    );
    let types = chain("System.Management.Automation.Host.HostException", &RUNTIME);
    let id = format!("HostFunctionNotImplemented,{}", frame.class);
    let mut record = record(
        &message,
        &types,
        id,
        ErrorCategory::NOT_IMPLEMENTED,
        &runtime(&message, false),
    )
    .about(&frame.name, Value::Nil, "", "");
    record.invocation_info = invocation(Some(&frame.name), "");
    record
}

/// The host refused or failed: what its answer says.
pub(crate) fn host_failed(frame: &Frame, error: &ErrorRecord) -> ErrorRecord {
    let text = error.message();
    let types = chain("System.Management.Automation.Host.HostException", &RUNTIME);
    let id = format!("{},{}", error.fully_qualified_error_id, frame.class);
    let mut record = record(&text, &types, id, error.category, &runtime(&text, false)).about(
        &frame.name,
        Value::Nil,
        "",
        "",
    );
    record.invocation_info = invocation(Some(&frame.name), "");
    record
}

/// What Write-Error writes.
pub(crate) struct Written {
    pub(crate) message: String,
    pub(crate) id: Option<String>,
    pub(crate) category: ErrorCategory,
    pub(crate) target: Value,
    pub(crate) recommended_action: Option<String>,
    pub(crate) activity: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) target_name: Option<String>,
    pub(crate) target_type: Option<String>,
}

/// The record of Write-Error.
pub(crate) fn written(frame: &Frame, written: Written) -> ErrorRecord {
    const TYPE: &str = "Microsoft.PowerShell.Commands.WriteErrorException";
    let types = [TYPE, "System.SystemException", "System.Exception"];
    let id = written.id.unwrap_or_else(|| TYPE.to_owned());
    let mut record = record(&written.message, &types, id, written.category, &[]);
    if let Some(reason) = written.reason {
        record.category_reason = Some(reason);
    }
    let (name, type_name) = match &written.target {
        Value::Nil => (String::new(), String::new()),
        target => (super::value::text(target), super::value::short_type(target)),
    };
    record = record.about(
        written.activity.as_deref().unwrap_or(&frame.name),
        written.target,
        written.target_name.as_deref().unwrap_or(&name),
        written.target_type.as_deref().unwrap_or(&type_name),
    );
    if let Some(action) = written.recommended_action {
        record.details_message = Some(written.message);
        record.recommended_action = Some(action);
    }
    record.invocation_info = invocation(Some(&frame.name), "");
    record.script_stack_trace = Some("at <ScriptBlock>, <No file>: line 1".to_owned());
    record
}

/// What an Exchange cmdlet complains about: the exception's name is what clients go by.
pub(crate) struct Complaint<'a> {
    /// `ManagementObjectNotFoundException`.
    pub(crate) exception: &'a str,
    /// The namespace of the exception.
    pub(crate) namespace: &'a str,
    pub(crate) message: String,
    pub(crate) category: ErrorCategory,
    pub(crate) target: Option<(&'a str, &'a str)>,
}

/// An error record of Exchange. The number in its id is made from cmdlet and exception, so that it is the same each
/// time.
pub(crate) fn exchange(frame: &Frame, complaint: &Complaint<'_>) -> ErrorRecord {
    let full = format!("{}.{}", complaint.namespace, complaint.exception);
    let types = [
        full.as_str(),
        "Microsoft.Exchange.Data.Common.LocalizedException",
        "System.Exception",
    ];
    let hash = frame
        .class
        .bytes()
        .chain(complaint.exception.bytes())
        .fold(0x811C_9DC5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    let id = format!(
        "[Server={SERVER},RequestId={},TimeStamp={}] [FailureCategory=Cmdlet-{}] {hash:08X},{}",
        Uuid::new_v4(),
        Ticks::now().us_text(),
        complaint.exception,
        frame.class
    );
    let (name, type_name) = complaint.target.unwrap_or_default();
    let target = if name.is_empty() { Value::Nil } else { name.into() };
    let special = [
        ("ErrorCode", Value::Nil),
        ("LocalizedString", complaint.message.as_str().into()),
    ];
    let mut record = record(&complaint.message, &types, id, complaint.category, &special).about(
        &frame.name,
        target,
        name,
        type_name,
    );
    record.invocation_info = invocation(Some(&frame.name), "");
    record
}

/// Whether an object is an error record (for commands that take one).
pub(crate) fn is_error_record(value: &Value) -> bool {
    matches!(value, Value::Object(object)
        if object.type_names.contains("System.Management.Automation.ErrorRecord") && object.content == Content::None)
}
