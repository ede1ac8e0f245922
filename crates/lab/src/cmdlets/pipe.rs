//! Select-Object, Measure-Object and Out-Default.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use psbridge_clixml::{Object, Value};
use psbridge_protocol::payload::ErrorCategory;

use super::{Cmdlet, Make};
use crate::directory::filter::wildcard;
use crate::engine::bind::{Bound, Parameter};
use crate::engine::errors::{self, Written};
use crate::engine::value::{number, text, type_name};
use crate::engine::{Context, Halt, Pull, Stage};

const UTILITY: &str = "Microsoft.PowerShell.Utility";

pub(super) const CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        name: "Select-Object",
        class: "Microsoft.PowerShell.Commands.SelectObjectCommand",
        module: UTILITY,
        parameters: &[
            Parameter::texts("Property", "System.Object[]").at(0),
            Parameter::texts("ExcludeProperty", "System.String[]"),
            Parameter::text("ExpandProperty"),
            Parameter::int("First"),
            Parameter::int("Last"),
            Parameter::int("Skip"),
            Parameter::switch("Unique"),
            Parameter::any("InputObject").piped(),
        ],
        output: &["System.Management.Automation.PSObject"],
        make: Make::Stream(select),
    },
    Cmdlet {
        name: "Measure-Object",
        class: "Microsoft.PowerShell.Commands.MeasureObjectCommand",
        module: UTILITY,
        parameters: &[
            Parameter::texts("Property", "System.String[]").at(0),
            Parameter::switch("Average"),
            Parameter::switch("Maximum"),
            Parameter::switch("Minimum"),
            Parameter::switch("Sum"),
            Parameter::any("InputObject").piped(),
        ],
        output: &["Microsoft.PowerShell.Commands.GenericMeasureInfo"],
        make: Make::Stream(measure),
    },
    Cmdlet {
        name: "Out-Default",
        class: "Microsoft.PowerShell.Commands.OutDefaultCommand",
        module: "Microsoft.PowerShell.Core",
        parameters: &[
            Parameter::switch("Transcript"),
            Parameter::any("InputObject").piped(),
        ],
        output: &[],
        make: Make::Stream(pass),
    },
];

/// Where a command with a parameter InputObject takes its objects from.
pub(super) fn input(bound: &Bound, upstream: Option<Box<dyn Stage>>) -> Box<dyn Stage> {
    match (bound.value("InputObject"), upstream) {
        (Some(value), _) => Box::new(Given(Some(value.clone()))),
        (None, Some(stage)) => stage,
        (None, None) => Box::new(Given(None)),
    }
}

struct Given(Option<Value>);

impl Stage for Given {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.take().map_or(Pull::End, Pull::Item))
    }
}

/// The real command formats for the host; what the lab has no formatter for goes on as it is.
fn pass(bound: Bound, upstream: Option<Box<dyn Stage>>) -> Box<dyn Stage> {
    input(&bound, upstream)
}

struct Select {
    source: Option<Box<dyn Stage>>,
    properties: Vec<String>,
    exclude: Vec<String>,
    expand: Option<String>,
    left: Option<i32>,
    last: Option<usize>,
    skip: i32,
    unique: bool,
    seen: HashSet<u64>,
    /// The last ones, or what an expanded property holds.
    held: VecDeque<Value>,
}

fn select(bound: Bound, upstream: Option<Box<dyn Stage>>) -> Box<dyn Stage> {
    let names = |name: &str| bound.texts(name).map(<[String]>::to_vec).unwrap_or_default();
    let last = bound.int("Last").map(|n| usize::try_from(n).unwrap_or(0));
    Box::new(Select {
        properties: names("Property"),
        exclude: names("ExcludeProperty"),
        expand: bound.text("ExpandProperty").map(str::to_owned),
        left: bound.int("First"),
        last,
        skip: bound.int("Skip").unwrap_or(0),
        unique: bound.is_on("Unique"),
        seen: HashSet::new(),
        held: VecDeque::new(),
        source: Some(input(&bound, upstream)),
    })
}

impl Select {
    /// The object as it leaves the command; `None` when it was there before.
    fn project(&mut self, value: Value, cx: &mut Context) -> Result<Option<Value>, Halt> {
        let value = if self.properties.is_empty() && self.exclude.is_empty() {
            value
        } else {
            self.selected(&value)
        };
        let value = match &self.expand {
            None => value,
            Some(name) => match property(&value, name) {
                Some(inner) => {
                    if let Some(items) = inner.as_list() {
                        self.held.extend(items.iter().cloned());
                        return Ok(self.held.pop_front());
                    }
                    inner
                }
                None => {
                    let frame = cx.frame().clone();
                    let message = format!("Property \"{name}\" cannot be found.");
                    let error = Written {
                        message,
                        id: Some(format!("ExpandPropertyNotFound,{}", frame.class)),
                        category: ErrorCategory::INVALID_ARGUMENT,
                        target: value,
                        recommended_action: None,
                        activity: None,
                        reason: Some("PSArgumentException".to_owned()),
                        target_name: None,
                        target_type: None,
                    };
                    cx.error(errors::written(&frame, error))?;
                    return Ok(None);
                }
            },
        };
        if self.unique && !self.seen.insert(fingerprint(&value)) {
            return Ok(None);
        }
        Ok(Some(value))
    }

    fn selected(&self, value: &Value) -> Value {
        let types = [
            format!("Selected.{}", type_name(value)),
            "System.Management.Automation.PSCustomObject".to_owned(),
            "System.Object".to_owned(),
        ];
        let mut out = Object::typed(types.to_vec());
        let all = [String::from("*")];
        let wanted = if self.properties.is_empty() {
            &all[..]
        } else {
            &self.properties[..]
        };
        for name in wanted {
            if name.contains('*') {
                let pattern = name.to_lowercase();
                for (own, inner) in members(value) {
                    if wildcard(&pattern, &own.to_lowercase()) {
                        out.extended.insert(own, inner);
                    }
                }
            } else {
                out.extended
                    .insert(spelled(value, name), property(value, name).unwrap_or_default());
            }
        }
        for name in &self.exclude {
            let pattern = name.to_lowercase();
            let gone: Vec<String> = out
                .extended
                .iter()
                .map(|(own, _)| own.as_str().to_owned())
                .filter(|own| wildcard(&pattern, &own.to_lowercase()))
                .collect();
            for own in gone {
                out.extended.remove(&own);
            }
        }
        out.into()
    }
}

/// The properties of a value, adapted then extended.
fn members(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Object(object) => object
            .adapted
            .iter()
            .chain(&object.extended)
            .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
            .collect(),
        Value::String(_) => property(value, "Length")
            .map(|n| ("Length".to_owned(), n))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// A property's name as the object spells it, else as it was asked for.
fn spelled(value: &Value, name: &str) -> String {
    members(value)
        .into_iter()
        .map(|(own, _)| own)
        .find(|own| own.eq_ignore_ascii_case(name))
        .unwrap_or_else(|| name.to_owned())
}

fn property(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Object(object) => object.get(name).cloned(),
        Value::String(text) if name.eq_ignore_ascii_case("Length") => Some(
            i32::try_from(text.encode_utf16().len())
                .unwrap_or(i32::MAX)
                .into(),
        ),
        _ => None,
    }
}

/// What makes two objects the same for -Unique: their texts, or those of their properties. Only a hash is kept, so
/// that many objects take little memory.
fn fingerprint(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    let members = members(value);
    if members.is_empty() || matches!(value, Value::String(_)) {
        text(value).hash(&mut hasher);
    }
    for (name, value) in &members {
        (name, text(value)).hash(&mut hasher);
    }
    hasher.finish()
}

impl Stage for Select {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        loop {
            if self.last.is_none()
                && let Some(value) = self.held.pop_front()
            {
                return Ok(Pull::Item(value));
            }
            let Some(source) = &mut self.source else {
                return Ok(self.held.pop_front().map_or(Pull::End, Pull::Item));
            };
            if self.left.is_some_and(|left| left <= 0) {
                // The commands before are stopped, as PowerShell does.
                self.source = None;
                continue;
            }
            match source.pull(cx)? {
                Pull::End => {
                    self.source = None;
                    if self.last.is_some() {
                        // Skip counts from the end here.
                        let skip = usize::try_from(self.skip).unwrap_or(0);
                        self.held.truncate(self.held.len().saturating_sub(skip));
                        self.last = Some(0);
                    }
                }
                Pull::Item(_) if self.skip > 0 && self.last.is_none() => self.skip -= 1,
                Pull::Item(value) => {
                    let Some(value) = self.project(value, cx)? else {
                        continue;
                    };
                    match self.last {
                        None => {
                            self.left = self.left.map(|left| left - 1);
                            return Ok(Pull::Item(value));
                        }
                        Some(last) => {
                            self.held.push_back(value);
                            let keep = last.saturating_add(usize::try_from(self.skip).unwrap_or(0));
                            while self.held.len() > keep {
                                self.held.pop_front();
                            }
                        }
                    }
                }
                pause @ Pull::Pause(_) => return Ok(pause),
            }
        }
    }
}

#[derive(Default)]
struct Sums {
    property: Option<String>,
    count: i32,
    sum: f64,
    minimum: Option<f64>,
    maximum: Option<f64>,
}

struct Measure {
    source: Option<Box<dyn Stage>>,
    sums: Vec<Sums>,
    asked: [bool; 4],
    out: VecDeque<Value>,
}

fn measure(bound: Bound, upstream: Option<Box<dyn Stage>>) -> Box<dyn Stage> {
    let sums = match bound.texts("Property") {
        None => vec![Sums::default()],
        Some(names) => names
            .iter()
            .map(|name| Sums {
                property: Some(name.clone()),
                ..Sums::default()
            })
            .collect(),
    };
    Box::new(Measure {
        sums,
        asked: ["Average", "Sum", "Maximum", "Minimum"].map(|name| bound.is_on(name)),
        source: Some(input(&bound, upstream)),
        out: VecDeque::new(),
    })
}

impl Measure {
    fn take(&mut self, value: &Value) {
        for sums in &mut self.sums {
            let inner = match &sums.property {
                None => Some(value.clone()),
                Some(name) => property(value, name).filter(|v| !v.is_nil()),
            };
            let Some(inner) = inner else { continue };
            sums.count = sums.count.saturating_add(1);
            if let Some(n) = number(&inner) {
                sums.sum += n;
                sums.minimum = Some(sums.minimum.map_or(n, |least| least.min(n)));
                sums.maximum = Some(sums.maximum.map_or(n, |most| most.max(n)));
            }
        }
    }

    fn finish(&mut self) {
        const NAME: &str = "Microsoft.PowerShell.Commands.GenericMeasureInfo";
        let [average, sum, maximum, minimum] = self.asked;
        for sums in &self.sums {
            let has_numbers = sums.minimum.is_some();
            let only = |asked: bool, n: Option<f64>| n.filter(|_| asked && has_numbers);
            let object = Object::typed([NAME, "Microsoft.PowerShell.Commands.MeasureInfo", "System.Object"])
                .with_to_string(NAME)
                .adapted("Count", sums.count)
                .adapted(
                    "Average",
                    only(average, Some(sums.sum / f64::from(sums.count.max(1)))),
                )
                .adapted("Sum", only(sum, Some(sums.sum)))
                .adapted("Maximum", only(maximum, sums.maximum))
                .adapted("Minimum", only(minimum, sums.minimum))
                .adapted("Property", sums.property.as_deref());
            self.out.push_back(object.into());
        }
    }
}

impl Stage for Measure {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        while let Some(source) = &mut self.source {
            match source.pull(cx)? {
                Pull::Item(value) => self.take(&value),
                Pull::End => {
                    self.source = None;
                    self.finish();
                }
                pause @ Pull::Pause(_) => return Ok(pause),
            }
        }
        Ok(self.out.pop_front().map_or(Pull::End, Pull::Item))
    }
}
