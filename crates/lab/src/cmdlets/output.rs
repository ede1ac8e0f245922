//! The Write- commands: one for each stream.

use std::collections::VecDeque;

use psbridge_clixml::{Object, ProgressRecord, ProgressRecordType, Value};
use psbridge_protocol::payload::{ErrorCategory, InformationRecord};

use super::pipe::input;
use super::{Cmdlet, Make};
use crate::directory::names::{NETBIOS, SERVER};
use crate::directory::time::Ticks;
use crate::engine::bind::{Bound, Kind, Parameter};
use crate::engine::errors::{self, Written};
use crate::engine::value::{local_time, text};
use crate::engine::{Context, Halt, Pull, Record, Stage};

const UTILITY: &str = "Microsoft.PowerShell.Utility";

const COLOURS: [&str; 16] = [
    "Black",
    "DarkBlue",
    "DarkGreen",
    "DarkCyan",
    "DarkRed",
    "DarkMagenta",
    "DarkYellow",
    "Gray",
    "DarkGray",
    "Blue",
    "Green",
    "Cyan",
    "Red",
    "Magenta",
    "Yellow",
    "White",
];

macro_rules! cmdlet {
    ($name:literal, $class:literal, $make:expr, [$($parameter:expr),* $(,)?]) => {
        Cmdlet {
            name: $name,
            class: concat!("Microsoft.PowerShell.Commands.", $class),
            module: UTILITY,
            parameters: &[$($parameter),*],
            output: &[],
            make: $make,
        }
    };
}

pub(super) const CMDLETS: &[Cmdlet] = &[
    cmdlet!(
        "Write-Output",
        "WriteOutputCommand",
        Make::Stream(write_output),
        [
            Parameter::any("InputObject").at(0).piped(),
            Parameter::switch("NoEnumerate")
        ]
    ),
    cmdlet!(
        "Write-Error",
        "WriteErrorCommand",
        Make::PerRecord(write_error),
        [
            Parameter::text("Message").at(0).piped().or(&["Msg"]),
            Parameter::text("ErrorId"),
            Parameter::new(
                "Category",
                "System.Management.Automation.ErrorCategory",
                Kind::Any
            ),
            Parameter::any("TargetObject"),
            Parameter::text("RecommendedAction"),
            Parameter::text("CategoryActivity").or(&["Activity"]),
            Parameter::text("CategoryReason").or(&["Reason"]),
            Parameter::text("CategoryTargetName").or(&["TargetName"]),
            Parameter::text("CategoryTargetType").or(&["TargetType"]),
            Parameter::any("ErrorRecord"),
        ]
    ),
    cmdlet!(
        "Write-Warning",
        "WriteWarningCommand",
        Make::PerRecord(|bound, cx| message(bound).map_or(Ok(()), |m| cx.warning(m)).map(done)),
        [Parameter::text("Message").at(0).piped().or(&["Msg"])]
    ),
    cmdlet!(
        "Write-Verbose",
        "WriteVerboseCommand",
        Make::PerRecord(|bound, cx| message(bound).map_or(Ok(()), |m| cx.verbose(m)).map(done)),
        [Parameter::text("Message").at(0).piped().or(&["Msg"])]
    ),
    cmdlet!(
        "Write-Debug",
        "WriteDebugCommand",
        Make::PerRecord(|bound, cx| message(bound).map_or(Ok(()), |m| cx.debug(m)).map(done)),
        [Parameter::text("Message").at(0).piped().or(&["Msg"])]
    ),
    cmdlet!(
        "Write-Information",
        "WriteInformationCommand",
        Make::PerRecord(write_information),
        [
            Parameter::any("MessageData")
                .at(0)
                .piped()
                .or(&["Msg", "Message"]),
            Parameter::texts("Tags", "System.String[]").at(1),
        ]
    ),
    cmdlet!(
        "Write-Host",
        "WriteHostCommand",
        Make::PerRecord(write_host),
        [
            Parameter::any("Object").at(0).piped().or(&["Msg", "Message"]),
            Parameter::switch("NoNewline"),
            Parameter::any("Separator"),
            Parameter::new("ForegroundColor", "System.ConsoleColor", Kind::Choice(&COLOURS)),
            Parameter::new("BackgroundColor", "System.ConsoleColor", Kind::Choice(&COLOURS)),
        ]
    ),
    cmdlet!(
        "Write-Progress",
        "WriteProgressCommand",
        Make::PerRecord(write_progress),
        [
            Parameter::text("Activity").at(0).required(),
            Parameter::text("Status").at(1),
            Parameter::int("Id").at(2),
            Parameter::int("PercentComplete"),
            Parameter::int("SecondsRemaining"),
            Parameter::text("CurrentOperation"),
            Parameter::int("ParentId"),
            Parameter::switch("Completed"),
            Parameter::int("SourceId"),
        ]
    ),
];

/// A command that is over.
pub(super) struct Done;

impl Stage for Done {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(Pull::End)
    }
}

pub(super) fn done((): ()) -> Box<dyn Stage> {
    Box::new(Done)
}

fn message(bound: &Bound) -> Option<String> {
    bound.text("Message").map(str::to_owned)
}

struct WriteOutput {
    source: Box<dyn Stage>,
    enumerate: bool,
    held: VecDeque<Value>,
}

fn write_output(bound: Bound, upstream: Option<Box<dyn Stage>>) -> Box<dyn Stage> {
    let enumerate = !bound.is_on("NoEnumerate");
    Box::new(WriteOutput {
        source: input(&bound, upstream),
        enumerate,
        held: VecDeque::new(),
    })
}

impl Stage for WriteOutput {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        loop {
            if let Some(value) = self.held.pop_front() {
                return Ok(Pull::Item(value));
            }
            match self.source.pull(cx)? {
                // Only arrays are taken apart, and only plain ones: notes on a list belong to the list.
                Pull::Item(Value::Object(object))
                    if self.enumerate
                        && object
                            .type_names
                            .iter()
                            .any(|name| name == "System.Array" || name == "System.Object[]") =>
                {
                    match Value::Object(object) {
                        value if value.as_list().is_some() => {
                            self.held
                                .extend(value.as_list().unwrap_or_default().iter().cloned());
                        }
                        value => return Ok(Pull::Item(value)),
                    }
                }
                other => return Ok(other),
            }
        }
    }
}

fn write_error(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let frame = cx.frame().clone();
    let category = match bound.value("Category") {
        None => ErrorCategory::NOT_SPECIFIED,
        Some(value) => match value.as_i32() {
            Some(number) => ErrorCategory(number),
            None => ErrorCategory::from_name(&text(value)).unwrap_or(ErrorCategory::NOT_SPECIFIED),
        },
    };
    let own = |name: &str| bound.text(name).map(str::to_owned);
    let message = match (bound.value("ErrorRecord"), own("Message")) {
        (Some(record), _) if errors::is_error_record(record) => text(record),
        (_, message) => message.unwrap_or_default(),
    };
    let written = Written {
        message,
        id: own("ErrorId"),
        category,
        target: bound.value("TargetObject").cloned().unwrap_or_default(),
        recommended_action: own("RecommendedAction"),
        activity: own("CategoryActivity"),
        reason: own("CategoryReason"),
        target_name: own("CategoryTargetName"),
        target_type: own("CategoryTargetType"),
    };
    cx.error(errors::written(&frame, written))?;
    Ok(Box::new(Done))
}

/// A record of the information stream as the server's process writes it.
fn information(cx: &Context, message_data: Value, source: &str, tags: Vec<String>) -> InformationRecord {
    let time = match local_time(Ticks::now()) {
        Value::DateTime(at) => Some(at),
        _ => None,
    };
    InformationRecord {
        message_data,
        source: Some(source.to_owned()),
        time_generated: time,
        tags,
        user: Some(format!("{NETBIOS}\\{}", cx.world.user)),
        computer: Some(SERVER.to_owned()),
        process_id: std::process::id(),
        native_thread_id: 4_660,
        managed_thread_id: 10,
    }
}

fn write_information(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let tags = bound.texts("Tags").map(<[String]>::to_vec).unwrap_or_default();
    let data = bound.value("MessageData").cloned().unwrap_or_default();
    let record = information(cx, data, "Write-Information", tags);
    cx.information(record);
    Ok(Box::new(Done))
}

fn write_host(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let separator = bound.value("Separator").map_or_else(|| " ".to_owned(), text);
    let shown = match bound.value("Object") {
        None => String::new(),
        Some(value) => match value.as_list() {
            Some(items) => items.iter().map(text).collect::<Vec<_>>().join(&separator),
            None => text(value),
        },
    };
    let no_newline = bound.is_on("NoNewline");
    let colour = |name: &str| {
        let chosen = bound.text(name)?;
        COLOURS
            .iter()
            .position(|colour| *colour == chosen)
            .and_then(|at| i32::try_from(at).ok())
    };
    let enumeration = |name: &str| match (bound.text(name), colour(name)) {
        (Some(text), Some(number)) => Value::enumeration("System.ConsoleColor", text, number),
        _ => Value::Nil,
    };
    let data = Object::typed([
        "System.Management.Automation.HostInformationMessage",
        "System.Object",
    ])
    .with_to_string(shown.as_str())
    .adapted("Message", shown.as_str())
    .adapted("NoNewLine", no_newline)
    .adapted("ForegroundColor", enumeration("ForegroundColor"))
    .adapted("BackgroundColor", enumeration("BackgroundColor"));
    let record = information(cx, data.into(), "Write-Host", vec!["PSHOST".to_owned()]);
    cx.information(record);
    let (foreground, background) = (colour("ForegroundColor"), colour("BackgroundColor"));
    if foreground.is_some() || background.is_some() {
        let parameters = vec![
            foreground.unwrap_or(7).into(),
            background.unwrap_or(0).into(),
            shown.as_str().into(),
        ];
        cx.show(if no_newline { 14 } else { 17 }, parameters);
    } else {
        cx.show(if no_newline { 13 } else { 16 }, vec![shown.as_str().into()]);
    }
    Ok(Box::new(Done))
}

fn write_progress(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let number = |name: &str, default: i32| bound.int(name).unwrap_or(default);
    let completed = bound.is_on("Completed");
    let status = bound.text("Status").unwrap_or("Processing");
    let record = ProgressRecord {
        activity: bound.text("Activity").unwrap_or_default().into(),
        activity_id: number("Id", 0).max(0),
        current_operation: bound.text("CurrentOperation").map(Into::into),
        parent_activity_id: number("ParentId", -1),
        percent_complete: number("PercentComplete", -1).min(100),
        record_type: if completed {
            ProgressRecordType::Completed
        } else {
            ProgressRecordType::Processing
        },
        seconds_remaining: number("SecondsRemaining", -1),
        status_description: status.into(),
    };
    cx.progress(record);
    Ok(Box::new(Done))
}

/// A warning on the pool's own stream, for tests of clients.
pub(super) fn pool_warning(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    cx.record(Record::PoolWarning(
        bound.text("Message").unwrap_or_default().to_owned(),
    ));
    Ok(Box::new(Done))
}
