//! Commands that wait or ask: Start-Sleep, Get-Date, Read-Host.

use std::time::Duration;

use psbridge_clixml::{Object, Value};
use psbridge_protocol::payload::{FieldDescription, HostMethod, HostResponse, Payload};
use tokio::time::Instant;

use super::output::Done;
use super::{Cmdlet, Make};
use crate::directory::time::Ticks;
use crate::engine::bind::{Bound, Kind, Parameter};
use crate::engine::errors;
use crate::engine::value::{local_time, number};
use crate::engine::{Context, Halt, Pause, Pull, Record, Stage};
use psbridge_protocol::payload::{HostCall, VOID_CALL};

const UTILITY: &str = "Microsoft.PowerShell.Utility";

pub(super) const CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        name: "Start-Sleep",
        class: "Microsoft.PowerShell.Commands.StartSleepCommand",
        module: UTILITY,
        parameters: &[
            Parameter::new("Seconds", "System.Double", Kind::Any)
                .at(0)
                .in_sets(1),
            Parameter::int("Milliseconds").in_sets(2),
        ],
        output: &[],
        make: Make::PerRecord(sleep),
    },
    Cmdlet {
        name: "Get-Date",
        class: "Microsoft.PowerShell.Commands.GetDateCommand",
        module: UTILITY,
        parameters: &[],
        output: &["System.DateTime"],
        make: Make::PerRecord(date),
    },
    Cmdlet {
        name: "Read-Host",
        class: "Microsoft.PowerShell.Commands.ReadHostCommand",
        module: UTILITY,
        parameters: &[
            Parameter::text("Prompt").at(0),
            Parameter::switch("AsSecureString"),
        ],
        output: &["System.String", "System.Security.SecureString"],
        make: Make::PerRecord(read_host),
    },
];

struct Sleep(Instant);

impl Stage for Sleep {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(if Instant::now() < self.0 {
            Pull::Pause(Pause::Until(self.0))
        } else {
            Pull::End
        })
    }
}

/// The longest sleep: a day.
const LONGEST: Duration = Duration::from_hours(24);

fn sleep(bound: &Bound, _: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let seconds = bound
        .value("Seconds")
        .and_then(number)
        .filter(|s| s.is_finite() && *s > 0.0);
    let time = match (seconds, bound.int("Milliseconds")) {
        (Some(seconds), _) => Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST),
        (None, Some(ms)) => Duration::from_millis(u64::try_from(ms).unwrap_or(0)),
        (None, None) => Duration::ZERO,
    };
    Ok(Box::new(Sleep(Instant::now() + time.min(LONGEST))))
}

struct One(Option<Value>);

impl Stage for One {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.take().map_or(Pull::End, Pull::Item))
    }
}

fn date(_: &Bound, _: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    // PowerShell's Get-Date has two notes; DisplayHint is the one that is always there.
    let hint = Value::enumeration("Microsoft.PowerShell.Commands.DisplayHintType", "DateTime", 2);
    let now = local_time(Ticks::now());
    let object = Object::bag()
        .with_content(psbridge_clixml::Content::Value(now.clone()))
        .extended("DisplayHint", hint)
        .extended("DateTime", crate::engine::value::text(&now));
    Ok(Box::new(One(Some(object.into()))))
}

/// A question to the client's host; what comes back is the output.
pub(super) struct Ask {
    method: i32,
    parameters: Vec<Value>,
    /// Takes the value out of the answer.
    answer: fn(&HostResponse) -> Option<Value>,
    done: bool,
}

impl Stage for Ask {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        if self.done {
            return Ok(Pull::End);
        }
        let (method, parameters) = (self.method, &self.parameters);
        let Some(response) = cx.ask(method, || parameters.clone()) else {
            return Ok(Pull::Pause(Pause::Host));
        };
        self.done = true;
        if let Some(error) = &response.error {
            return Err(Halt::statement(errors::host_failed(&cx.frame().clone(), error)));
        }
        Ok(Pull::Item((self.answer)(&response).unwrap_or_default()))
    }
}

/// Read-Host is a Prompt with one field; its caption and message are empty.
fn read_host(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let prompt = bound.text("Prompt").unwrap_or_default();
    if !cx.host.has_ui {
        return Err(Halt::statement(errors::no_host(&cx.frame().clone(), prompt)));
    }
    let kind = if bound.is_on("AsSecureString") {
        "System.Security.SecureString"
    } else {
        "System.String"
    };
    let field = FieldDescription::new(if prompt.is_empty() { " " } else { prompt }, kind).to_value();
    let list = Object::list(["System.Collections.ArrayList", "System.Object"], [field]);
    Ok(Box::new(Ask {
        method: 23,
        parameters: vec!["".into(), "".into(), list.into()],
        answer: |response| {
            let entries = response.result.as_ref()?.as_dictionary()?;
            entries.first().map(|(_, value)| value.clone())
        },
        done: false,
    }))
}

/// Any host method by its name or number, for tests of hosts.
pub(super) fn invoke(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let name = bound.text("Method").unwrap_or_default();
    let method = name
        .parse()
        .ok()
        .and_then(HostMethod::from_id)
        .or_else(|| HostMethod::from_name(name));
    let frame = cx.frame().clone();
    let Some(method) = method else {
        return Err(Halt::statement(errors::no_host(&frame, name)));
    };
    let parameters = match bound.value("ArgumentList") {
        None => Vec::new(),
        Some(value) => match value.as_list() {
            Some(items) => items.to_vec(),
            None => vec![value.clone()],
        },
    };
    if bound.is_on("Pool") {
        cx.record(Record::PoolHostCall(HostCall {
            call_id: VOID_CALL,
            method_id: method.id,
            parameters,
        }));
        return Ok(Box::new(Done));
    }
    if method.is_void() {
        cx.record(Record::HostCall(HostCall {
            call_id: VOID_CALL,
            method_id: method.id,
            parameters,
        }));
        return Ok(Box::new(Done));
    }
    Ok(Box::new(Ask {
        method: method.id,
        parameters,
        answer: |response| response.result.clone(),
        done: false,
    }))
}
