//! Commands that only the lab has: they make what tests of clients need and no script engine is here to make.

use std::collections::VecDeque;

use psbridge_clixml::{
    Content, DateTime, DateTimeKind, Decimal, ListKind, Object, PsString, TimeSpan, Uuid, Value, Version,
};
use psbridge_protocol::payload::UserEvent;

use super::output::Done;
use super::{Cmdlet, Make, host, output};
use crate::directory::names::SERVER;
use crate::directory::time::Ticks;
use crate::engine::bind::{Bound, Parameter};
use crate::engine::value::local_time;
use crate::engine::{Context, Halt, Pause, Pull, Record, Stage};

const MODULE: &str = "PsbridgeLab";

macro_rules! cmdlet {
    ($name:literal, $class:literal, $make:expr, [$($parameter:expr),* $(,)?]) => {
        Cmdlet {
            name: $name,
            class: concat!("Psbridge.Lab.", $class),
            module: MODULE,
            parameters: &[$($parameter),*],
            output: &[],
            make: Make::PerRecord($make),
        }
    };
}

pub(super) const CMDLETS: &[Cmdlet] = &[
    cmdlet!(
        "Get-LabNumber",
        "GetLabNumber",
        numbers,
        [
            Parameter::int("Count").at(0),
            Parameter::int("Start"),
            Parameter::switch("Endless")
        ]
    ),
    cmdlet!(
        "Get-LabText",
        "GetLabText",
        long_text,
        [Parameter::int("Size").at(0).required()]
    ),
    cmdlet!(
        "Get-LabValue",
        "GetLabValue",
        values,
        [
            Parameter::texts("Name", "System.String[]").at(0),
            Parameter::switch("All")
        ]
    ),
    cmdlet!(
        "Send-LabEvent",
        "SendLabEvent",
        event,
        [
            Parameter::text("SourceIdentifier").at(0).required(),
            Parameter::any("MessageData").at(1)
        ]
    ),
    cmdlet!(
        "Send-LabPoolWarning",
        "SendLabPoolWarning",
        output::pool_warning,
        [Parameter::text("Message").at(0).required()]
    ),
    cmdlet!(
        "Invoke-LabHost",
        "InvokeLabHost",
        host::invoke,
        [
            Parameter::text("Method").at(0).required(),
            Parameter::any("ArgumentList").at(1),
            Parameter::switch("Pool"),
        ]
    ),
];

/// `Start, Start + 1, …`
struct Numbers {
    next: i64,
    left: Option<i32>,
    /// Every so many others get a turn: an endless source must not hold a thread.
    since: u32,
}

impl Stage for Numbers {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        if self.left.is_some_and(|left| left <= 0) {
            return Ok(Pull::End);
        }
        self.since += 1;
        if self.since > 256 {
            self.since = 0;
            return Ok(Pull::Pause(Pause::Yield));
        }
        self.left = self.left.map(|left| left - 1);
        let n = self.next;
        self.next = n.wrapping_add(1);
        Ok(Pull::Item(i32::try_from(n).map_or(Value::Int64(n), Value::Int32)))
    }
}

fn numbers(bound: &Bound, _: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let left = if bound.is_on("Endless") {
        None
    } else {
        Some(bound.int("Count").unwrap_or(10))
    };
    Ok(Box::new(Numbers {
        next: i64::from(bound.int("Start").unwrap_or(1)),
        left,
        since: 0,
    }))
}

struct Many(VecDeque<Value>);

impl Stage for Many {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.pop_front().map_or(Pull::End, Pull::Item))
    }
}

/// The longest text that is made: 100 MB.
const LONGEST: usize = 100_000_000;

/// One text of so many ASCII characters, not the same everywhere.
fn long_text(bound: &Bound, _: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let size = usize::try_from(bound.int("Size").unwrap_or(0))
        .unwrap_or(0)
        .min(LONGEST);
    let text: String = (0..size)
        .map(|at| char::from(b'a' + u8::try_from((at / 7 + at) % 26).unwrap_or(0)))
        .collect();
    Ok(Box::new(Many(VecDeque::from([text.into()]))))
}

fn event(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let time = match local_time(Ticks::now()) {
        Value::DateTime(at) => Some(at),
        _ => None,
    };
    cx.record(Record::Event(Box::new(UserEvent {
        event_identifier: 1,
        source_identifier: bound.text("SourceIdentifier").unwrap_or_default().to_owned(),
        time_generated: time,
        sender: Value::Nil,
        source_args: Value::list(Vec::<Value>::new()),
        message_data: bound.value("MessageData").cloned().unwrap_or_default(),
        computer_name: Some(SERVER.to_owned()),
        runspace_id: Some(Uuid::new_v4()),
    })));
    Ok(Box::new(Done))
}

/// Values that some other implementations cannot read; they come only when they are asked for.
const ODD: [&str; 3] = ["Escapes", "HalfPair", "HalfChar"];

fn values(bound: &Bound, _: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let wanted = |name: &str| match bound.texts("Name") {
        Some(names) => names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name)),
        None => bound.is_on("All") || !ODD.contains(&name),
    };
    let chosen = zoo()
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(_, value)| value)
        .collect();
    Ok(Box::new(Many(chosen)))
}

/// One value of every form of CLIXML that a server sends, by name.
fn zoo() -> Vec<(&'static str, Value)> {
    let date = |kind| DateTime::from_ticks(Ticks::of_day(2026, 11, 21).0 + 1_234_567, kind);
    let hashtable = ["System.Collections.Hashtable", "System.Object"];
    let list = |kind: ListKind, name: &str, items: Vec<Value>| -> Value {
        Object::typed([name, "System.Object"])
            .with_content(Content::List(kind, items))
            .into()
    };
    let custom = Object::custom()
        .extended("Name", "one")
        .extended("Nested", Object::custom().extended("Deep", 2))
        .extended("Nothing", Value::Nil);
    let cycle = Object::custom()
        .with_ref_id(0)
        .extended("Name", "self")
        .extended("Self", Value::Ref(0.into()));
    let noted = Object::typed(["System.String", "System.Object"])
        .with_content(Content::Value("a line".into()))
        .extended("PSPath", "C:\\a.txt")
        .extended("ReadCount", 1_i64);
    let both = Object::typed(["System.IO.FileInfo", "System.IO.FileSystemInfo", "System.Object"])
        .with_to_string("a.txt")
        .adapted("Name", "a.txt")
        .adapted("Length", 9_i64)
        .extended("Mode", "-a----");
    vec![
        ("Nil", Value::Nil),
        ("String", "text with < & > \" ' and ünïcödé \u{1F600}".into()),
        (
            "Escapes",
            "tab\t newline\r\n bell\u{7} _x0041_ _X0041_ \u{FFFE}".into(),
        ),
        ("EmptyString", "".into()),
        (
            "HalfPair",
            Value::String(PsString::from_utf16(&[0x61, 0xD83D, 0x62])),
        ),
        ("Char", Value::Char(0x61)),
        ("HalfChar", Value::Char(0xD83D)),
        ("True", true.into()),
        ("False", false.into()),
        ("DateUtc", date(DateTimeKind::Utc).into()),
        ("DateLocal", date(DateTimeKind::Offset(-480)).into()),
        ("DateUnspecified", date(DateTimeKind::Unspecified).into()),
        ("DateMin", DateTime::MIN.into()),
        ("DateMax", DateTime::MAX.into()),
        ("TimeSpan", TimeSpan(937_845_000_000).into()),
        ("TimeSpanMin", TimeSpan(i64::MIN).into()),
        ("TimeSpanMax", TimeSpan(i64::MAX).into()),
        ("Byte", Value::Byte(255)),
        ("SByte", Value::SByte(-128)),
        ("UInt16", Value::UInt16(65_535)),
        ("Int16", Value::Int16(-32_768)),
        ("UInt32", Value::UInt32(u32::MAX)),
        ("Int32", Value::Int32(i32::MIN)),
        ("UInt64", Value::UInt64(u64::MAX)),
        ("Int64", Value::Int64(i64::MIN)),
        ("Single", Value::Single(1.1)),
        ("Double", Value::Double(0.1)),
        ("DoubleNaN", Value::Double(f64::NAN)),
        ("DoubleInfinity", Value::Double(f64::NEG_INFINITY)),
        ("Decimal", Decimal::new(-150, 2).into()),
        ("DecimalMax", Decimal::MAX.into()),
        ("Bytes", Value::bytes([0, 1, 2, 253, 254, 255])),
        (
            "Guid",
            Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef).into(),
        ),
        ("Uri", Value::Uri("https://example.test/a b?q=é".into())),
        ("Version", Version::new(5, 1).into()),
        ("Xml", Value::Xml("<a b=\"1\"><c>text</c></a>".into())),
        ("ScriptBlock", Value::ScriptBlock(" Get-Date ".into())),
        ("Array", Value::list([Value::from(1), "two".into(), Value::Nil])),
        ("EmptyArray", Value::list(Vec::<Value>::new())),
        (
            "ArrayList",
            list(
                ListKind::List,
                "System.Collections.ArrayList",
                vec![1.into(), 2.into()],
            ),
        ),
        (
            "Enumerable",
            list(
                ListKind::Enumerable,
                "System.Collections.Specialized.OrderedDictionary+OrderedDictionaryKeyValueCollection",
                vec!["k".into()],
            ),
        ),
        (
            "Stack",
            list(
                ListKind::Stack,
                "System.Collections.Stack",
                vec![3.into(), 2.into(), 1.into()],
            ),
        ),
        (
            "Queue",
            list(
                ListKind::Queue,
                "System.Collections.Queue",
                vec![1.into(), 2.into(), 3.into()],
            ),
        ),
        (
            "Hashtable",
            Object::dictionary(
                hashtable,
                [
                    (Value::from("a"), Value::from(1)),
                    (Value::Int32(2), "two".into()),
                ],
            )
            .into(),
        ),
        (
            "EmptyHashtable",
            Object::dictionary(hashtable, Vec::<(Value, Value)>::new()).into(),
        ),
        ("Custom", custom.into()),
        ("Enum", Value::enumeration("System.DayOfWeek", "Saturday", 6)),
        (
            "FlagsEnum",
            Value::enumeration("System.IO.FileAttributes", "ReadOnly, Hidden", 3),
        ),
        ("NotedString", noted.into()),
        ("FileInfo", both.into()),
        ("Cycle", cycle.into()),
    ]
}
