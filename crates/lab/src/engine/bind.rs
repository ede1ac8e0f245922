//! Parameters: what a command takes, and how arguments find them.

use psbridge_clixml::{Content, Value};
use psbridge_protocol::payload::{Argument, ErrorCategory, ErrorRecord};

use super::errors::{self, BindingFault};
use super::{Action, Frame};

/// What a parameter's argument must become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Texts,
    Int,
    Bool,
    Switch,
    /// A number or `Unlimited`.
    Unlimited,
    /// One of the names; the enumeration's.
    Choice(&'static [&'static str]),
    Choices(&'static [&'static str]),
    Any,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) type_name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) position: Option<u8>,
    pub(crate) mandatory: bool,
    /// Takes objects of the pipeline by value.
    pub(crate) pipeline: bool,
    /// The parameter sets that it belongs to, as bits; all of them when there are none.
    pub(crate) sets: u8,
}

impl Parameter {
    pub(crate) const fn new(name: &'static str, type_name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            aliases: &[],
            type_name,
            kind,
            position: None,
            mandatory: false,
            pipeline: false,
            sets: 0,
        }
    }

    pub(crate) const fn text(name: &'static str) -> Self {
        Self::new(name, "System.String", Kind::Text)
    }

    /// An id or another text with a type of Exchange's.
    pub(crate) const fn id(name: &'static str, type_name: &'static str) -> Self {
        Self::new(name, type_name, Kind::Text)
    }

    pub(crate) const fn texts(name: &'static str, type_name: &'static str) -> Self {
        Self::new(name, type_name, Kind::Texts)
    }

    pub(crate) const fn switch(name: &'static str) -> Self {
        Self::new(name, "System.Management.Automation.SwitchParameter", Kind::Switch)
    }

    pub(crate) const fn flag(name: &'static str) -> Self {
        Self::new(name, "System.Boolean", Kind::Bool)
    }

    pub(crate) const fn int(name: &'static str) -> Self {
        Self::new(name, "System.Int32", Kind::Int)
    }

    pub(crate) const fn any(name: &'static str) -> Self {
        Self::new(name, "System.Management.Automation.PSObject", Kind::Any)
    }

    pub(crate) const fn at(mut self, position: u8) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.mandatory = true;
        self
    }

    pub(crate) const fn piped(mut self) -> Self {
        self.pipeline = true;
        self
    }

    pub(crate) const fn in_sets(mut self, sets: u8) -> Self {
        self.sets = sets;
        self
    }

    pub(crate) const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    fn has_name(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.name
            .get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    }
}

/// The parameters that every cmdlet has.
const COMMON: &[Parameter] = &[
    Parameter::switch("Verbose").or(&["vb"]),
    Parameter::switch("Debug").or(&["db"]),
    Parameter::new(
        "ErrorAction",
        "System.Management.Automation.ActionPreference",
        Kind::Any,
    )
    .or(&["ea"]),
    Parameter::new(
        "WarningAction",
        "System.Management.Automation.ActionPreference",
        Kind::Any,
    )
    .or(&["wa"]),
    Parameter::new(
        "InformationAction",
        "System.Management.Automation.ActionPreference",
        Kind::Any,
    )
    .or(&["infa"]),
    Parameter::text("ErrorVariable").or(&["ev"]),
    Parameter::text("WarningVariable").or(&["wv"]),
    Parameter::text("InformationVariable").or(&["iv"]),
    Parameter::text("OutVariable").or(&["ov"]),
    Parameter::int("OutBuffer").or(&["ob"]),
    Parameter::text("PipelineVariable").or(&["pv"]),
];

/// The common parameters, for descriptions of commands.
pub(crate) fn common() -> &'static [Parameter] {
    COMMON
}

/// An argument that found its parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg {
    /// `$null` was given.
    Null,
    Text(String),
    Texts(Vec<String>),
    Int(i32),
    Bool(bool),
    /// `None` is Unlimited.
    Limit(Option<u32>),
    Any(Value),
}

/// The arguments of a command by parameter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bound(Vec<(&'static str, Arg)>);

impl Bound {
    pub(crate) fn get(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, arg)| arg)
    }

    /// Gives a parameter its argument, instead of any that it had.
    pub(crate) fn set(&mut self, name: &'static str, arg: Arg) {
        self.0.retain(|(n, _)| *n != name);
        self.0.push((name, arg));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Arg::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn texts(&self, name: &str) -> Option<&[String]> {
        match self.get(name) {
            Some(Arg::Texts(texts)) => Some(texts),
            _ => None,
        }
    }

    pub(crate) fn int(&self, name: &str) -> Option<i32> {
        match self.get(name) {
            Some(Arg::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// A switch or Boolean; `None` when it was not given.
    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Arg::Bool(b)) => Some(*b),
            _ => None,
        }
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.bool(name) == Some(true)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        match self.get(name) {
            Some(Arg::Any(value)) => Some(value),
            _ => None,
        }
    }
}

/// Binds arguments to parameters as PowerShell does: names first, by unique beginnings too, then positions. Common
/// parameters change the frame's preferences.
pub(crate) fn bind(
    frame: &mut Frame,
    parameters: &'static [Parameter],
    arguments: &[Argument],
    piped: bool,
) -> Result<Bound, ErrorRecord> {
    let mut bound = Bound::default();
    let mut positional = Vec::new();
    for argument in arguments {
        let Some(name) = argument.name.as_deref().filter(|name| !name.is_empty()) else {
            positional.push(&argument.value);
            continue;
        };
        let parameter = find(frame, parameters, name.strip_prefix('-').unwrap_or(name))?;
        let arg = convert(frame, parameter, &argument.value)?;
        take(frame, &mut bound, parameter, arg)?;
    }
    let mut slots: Vec<&'static Parameter> = parameters
        .iter()
        .filter(|p| p.position.is_some() && !bound.has(p.name))
        .collect();
    slots.sort_by_key(|p| p.position);
    let mut slots = slots
        .into_iter()
        .filter(|p| sets_left(parameters, &bound) & set_bits(p) != 0)
        .collect::<Vec<_>>()
        .into_iter();
    for value in positional {
        let Some(parameter) = slots.next() else {
            let shown = super::value::text(value);
            return Err(errors::binding(
                frame,
                &format!("A positional parameter cannot be found that accepts argument '{shown}'."),
                BindingFault {
                    id: "PositionalParameterNotFound",
                    parameter: &shown,
                    type_name: None,
                    category: ErrorCategory::INVALID_ARGUMENT,
                },
            ));
        };
        let arg = convert(frame, parameter, value)?;
        take(frame, &mut bound, parameter, arg)?;
    }
    if sets_left(parameters, &bound) == 0 {
        return Err(errors::binding(
            frame,
            "Parameter set cannot be resolved using the specified named parameters.",
            BindingFault {
                id: "AmbiguousParameterSet",
                parameter: "",
                type_name: None,
                category: ErrorCategory::INVALID_ARGUMENT,
            },
        ));
    }
    let missing: Vec<&str> = parameters
        .iter()
        .filter(|p| p.mandatory && !bound.has(p.name) && !(piped && p.pipeline))
        .map(|p| p.name)
        .collect();
    if let Some(first) = missing.first() {
        let names = missing.join(" ");
        return Err(errors::binding(
            frame,
            &format!("Cannot process command because of one or more missing mandatory parameters: {names}."),
            BindingFault {
                id: "MissingMandatoryParameter",
                parameter: first,
                type_name: None,
                category: ErrorCategory::INVALID_ARGUMENT,
            },
        ));
    }
    Ok(bound)
}

fn set_bits(parameter: &Parameter) -> u8 {
    if parameter.sets == 0 {
        u8::MAX
    } else {
        parameter.sets
    }
}

/// The parameter sets that all given arguments belong to.
fn sets_left(parameters: &'static [Parameter], bound: &Bound) -> u8 {
    parameters
        .iter()
        .filter(|p| bound.has(p.name))
        .fold(u8::MAX, |sets, p| sets & set_bits(p))
}

fn find(
    frame: &Frame,
    parameters: &'static [Parameter],
    name: &str,
) -> Result<&'static Parameter, ErrorRecord> {
    let all = || parameters.iter().chain(COMMON);
    if let Some(exact) = all().find(|p| p.has_name(name)) {
        return Ok(exact);
    }
    let candidates: Vec<&'static Parameter> = all()
        .filter(|p| !name.is_empty() && p.starts_with(name))
        .collect();
    match candidates.as_slice() {
        [one] => Ok(one),
        [] => Err(errors::binding(
            frame,
            &format!("A parameter cannot be found that matches parameter name '{name}'."),
            BindingFault {
                id: "NamedParameterNotFound",
                parameter: name,
                type_name: None,
                category: ErrorCategory::INVALID_ARGUMENT,
            },
        )),
        many => {
            let names: Vec<String> = many.iter().map(|p| format!("-{}", p.name)).collect();
            Err(errors::binding(
                frame,
                &format!(
                    "Parameter cannot be processed because the parameter name '{name}' is ambiguous. Possible matches \
                     include: {}.",
                    names.join(" ")
                ),
                BindingFault {
                    id: "AmbiguousParameter",
                    parameter: name,
                    type_name: None,
                    category: ErrorCategory::INVALID_ARGUMENT,
                },
            ))
        }
    }
}

fn take(
    frame: &mut Frame,
    bound: &mut Bound,
    parameter: &'static Parameter,
    arg: Arg,
) -> Result<(), ErrorRecord> {
    if bound.has(parameter.name) {
        return Err(errors::binding(
            frame,
            &format!(
                "Cannot bind parameter because parameter '{}' is specified more than once. To provide multiple values \
                 to parameters that can accept multiple values, use the array syntax. For example, \"-parameter \
                 value1,value2,value3\".",
                parameter.name
            ),
            BindingFault {
                id: "ParameterAlreadyBound",
                parameter: parameter.name,
                type_name: None,
                category: ErrorCategory::INVALID_ARGUMENT,
            },
        ));
    }
    if COMMON.iter().any(|common| common.name == parameter.name) {
        apply_common(frame, parameter, &arg)?;
    }
    bound.0.push((parameter.name, arg));
    Ok(())
}

fn apply_common(frame: &mut Frame, parameter: &'static Parameter, arg: &Arg) -> Result<(), ErrorRecord> {
    let preference = match arg {
        Arg::Bool(on) => Some(if *on {
            Action::Continue
        } else {
            Action::SilentlyContinue
        }),
        Arg::Any(value) => {
            Some(Action::of_value(value).ok_or_else(|| cannot_convert(frame, parameter, value))?)
        }
        _ => None,
    };
    let Some(preference) = preference else {
        return Ok(());
    };
    let slot = match parameter.name {
        "Verbose" => &mut frame.preferences.verbose,
        "Debug" => &mut frame.preferences.debug,
        "ErrorAction" => &mut frame.preferences.error,
        "WarningAction" => &mut frame.preferences.warning,
        "InformationAction" => &mut frame.preferences.information,
        _ => return Ok(()),
    };
    *slot = preference;
    Ok(())
}

/// What a value becomes for a parameter.
pub(crate) fn convert(
    frame: &Frame,
    parameter: &'static Parameter,
    value: &Value,
) -> Result<Arg, ErrorRecord> {
    let fail = || cannot_convert(frame, parameter, value);
    if value.is_nil() {
        // A switch without a value is on.
        return Ok(if parameter.kind == Kind::Switch {
            Arg::Bool(true)
        } else {
            Arg::Null
        });
    }
    Ok(match parameter.kind {
        Kind::Any => Arg::Any(value.clone()),
        Kind::Text => Arg::Text(identity(value)),
        Kind::Texts => Arg::Texts(texts(value)),
        Kind::Int => Arg::Int(int(value).ok_or_else(fail)?),
        Kind::Bool | Kind::Switch => Arg::Bool(truth(value).ok_or_else(fail)?),
        Kind::Unlimited => match identity(value).trim() {
            word if word.eq_ignore_ascii_case("unlimited") => Arg::Limit(None),
            _ => Arg::Limit(Some(
                int(value).and_then(|n| u32::try_from(n).ok()).ok_or_else(fail)?,
            )),
        },
        Kind::Choice(names) => Arg::Text(choice(names, &identity(value)).ok_or_else(fail)?),
        Kind::Choices(names) => Arg::Texts(
            texts(value)
                .iter()
                .map(|word| choice(names, word))
                .collect::<Option<_>>()
                .ok_or_else(fail)?,
        ),
    })
}

fn choice(names: &[&str], word: &str) -> Option<String> {
    names
        .iter()
        .find(|name| name.eq_ignore_ascii_case(word.trim()))
        .map(|name| (*name).to_owned())
}

fn int(value: &Value) -> Option<i32> {
    match value.base() {
        Value::String(text) => text.as_str()?.trim().parse().ok(),
        Value::Single(_) | Value::Double(_) | Value::Decimal(_) => {
            let rounded = super::value::number(value)?.round_ties_even();
            (f64::from(i32::MIN)..=f64::from(i32::MAX))
                .contains(&rounded)
                .then_some(rounded as i32)
        }
        other => other.as_i32(),
    }
}

fn truth(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_i64().map(|n| n != 0))
}

/// The text of an argument; of an object its GUID or identity, as Exchange's id parameters take them.
pub(crate) fn identity(value: &Value) -> String {
    if let Value::Object(object) = value
        && object.content == Content::None
    {
        for name in ["Guid", "Identity", "Name"] {
            if let Some(id) = object.get(name).filter(|v| !v.is_nil()) {
                return super::value::text(id);
            }
        }
    }
    super::value::text(value)
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => match &object.content {
            Content::List(_, items) => items.iter().map(identity).collect(),
            _ => vec![identity(value)],
        },
        _ => vec![identity(value)],
    }
}

fn cannot_convert(frame: &Frame, parameter: &'static Parameter, value: &Value) -> ErrorRecord {
    let (name, to) = (parameter.name, parameter.type_name);
    let shown = super::value::text(value);
    let message = match parameter.kind {
        Kind::Choice(names) | Kind::Choices(names) => format!(
            "Cannot process argument transformation on parameter '{name}'. Cannot convert value \"{shown}\" to type \
             \"{to}\". Error: \"Unable to match the identifier name {shown} to a valid enumerator name. Specify one of \
             the following enumerator names and try again:\r\n{}\"",
            names.join(", ")
        ),
        _ => format!(
            "Cannot process argument transformation on parameter '{name}'. Cannot convert value \"{shown}\" to type \
             \"{to}\". Error: \"Input string was not in a correct format.\""
        ),
    };
    errors::binding(
        frame,
        &message,
        BindingFault {
            id: "ParameterArgumentTransformationError",
            parameter: name,
            type_name: Some(to),
            category: ErrorCategory::INVALID_DATA,
        },
    )
}
