//! Options as a profile holds them: each under its long name, checked by the same parser as the command line.

use std::any::TypeId;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _};
use serde_json::Value as Json;
#[cfg(feature = "keyring")]
use toml_edit::TableLike;
use toml_edit::{Array, InlineTable, Item, Value};

use crate::args::{NEVER_STORED, TargetArgs};
use crate::exit::Failure;
use crate::secret::SecretRef;

/// Ends the names of options that say where a secret is.
const REFERENCE: &str = "-from";
/// The kind of reference that `profile add` makes the entry for when no name follows it.
const KEYRING: &str = "keyring";
/// The option that names a cloud, or a file that describes one.
const CLOUD: &str = "cloud";

/// The options that a profile can hold, as a command that has nothing else.
fn definition() -> Command {
    let command = Command::new("profile")
        .no_binary_name(true)
        .disable_help_flag(true);
    TargetArgs::augment_args(command)
}

/// The option of this name, or why there is none.
fn option<'a>(command: &'a Command, name: &str) -> Result<&'a Arg, String> {
    if NEVER_STORED.contains(&name) {
        return Err(format!(
            "{name} cannot be stored: give --{name} each time that it is meant"
        ));
    }
    let found = command.get_arguments().find(|arg| arg.get_long() == Some(name));
    found.ok_or_else(|| {
        let reference = format!("{name}{REFERENCE}");
        let is_secret = command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(&reference));
        match is_secret {
            true => format!(
                "a profile holds no secrets: say where it is, for example {reference} = {{ env = \"NAME\" }}"
            ),
            false => format!("there is no option {name}"),
        }
    })
}

/// The arguments that say the same as `name = item`. Relative paths start from `folder`.
pub(super) fn arguments(name: &str, item: &Item, folder: &Path) -> Result<Vec<String>, String> {
    let command = definition();
    let arg = option(&command, name)?;
    let takes_path = is_path(arg) || name == CLOUD;
    let one = |value: &Value| -> Result<String, String> {
        match value {
            Value::String(text) if takes_path => Ok(rooted(name, text.value(), folder)),
            Value::String(text) if name.ends_with(REFERENCE) => {
                let reference =
                    SecretRef::parse(text.value(), name).map_err(|failure| failure.to_string())?;
                Ok(rooted_reference(reference, folder).to_string())
            }
            Value::String(text) => Ok(text.value().clone()),
            Value::Integer(number) => Ok(number.value().to_string()),
            Value::InlineTable(table) if name.ends_with(REFERENCE) => {
                Ok(rooted_reference(reference(table)?, folder).to_string())
            }
            _ => Err(format!("the value of {name} has the wrong type")),
        }
    };
    let table;
    let value = match item {
        Item::Value(value) => value,
        Item::Table(long) => {
            table = Value::InlineTable(long.clone().into_inline_table());
            &table
        }
        _ => return Err(format!("the value of {name} has the wrong type")),
    };
    let list = match value {
        Value::Boolean(on) if is_switch(arg) => vec![on.value().to_string()],
        Value::Boolean(on) if is_optional(arg) => match on.value() {
            true => return Ok(vec![format!("--{name}")]),
            false => Vec::new(),
        },
        Value::Array(values) if matches!(arg.get_action(), ArgAction::Append) => {
            values.iter().map(one).collect::<Result<_, _>>()?
        }
        value => vec![one(value)?],
    };
    let arguments: Vec<String> = list.iter().map(|value| format!("--{name}={value}")).collect();
    definition()
        .try_get_matches_from(&arguments)
        .map(drop)
        .map_err(|error| first_paragraph(&error))?;
    Ok(arguments)
}

/// The options that these arguments mean together.
pub(super) fn parse(arguments: &[String]) -> Result<TargetArgs, String> {
    let matches = definition()
        .try_get_matches_from(arguments)
        .map_err(|error| first_paragraph(&error))?;
    TargetArgs::from_arg_matches(&matches).map_err(|error| first_paragraph(&error))
}

/// Options of the command line in the form that a file holds.
pub(super) struct Given {
    /// Names and values.
    pub(super) options: Vec<(String, Item)>,
    /// The entries of the keyring that they refer to and that are still to be made.
    pub(super) entries: Vec<String>,
}

/// The options that were given on the command line for the profile `profile`.
pub(super) fn given(matches: &ArgMatches, profile: &str) -> Result<Given, Failure> {
    let mut options = Vec::new();
    let mut entries = Vec::new();
    for arg in definition().get_arguments() {
        let id = arg.get_id().as_str();
        let Some(name) = arg.get_long() else { continue };
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        if NEVER_STORED.contains(&name) {
            return Err(Failure::new(
                crate::exit::Exit::Usage,
                format!("--{name} cannot be stored in a profile"),
            )
            .advice(format!("give --{name} each time that it is meant")));
        }
        let mut values = Vec::new();
        for raw in matches.get_raw(id).into_iter().flatten() {
            let text = raw.to_string_lossy();
            if name.ends_with(REFERENCE) && text == KEYRING {
                let entry = format!("{profile}/{}", name.trim_end_matches(REFERENCE));
                values.push(table(SecretRef::Keyring(entry.clone())));
                entries.push(entry);
            } else {
                values.push(stored(arg, name, &text)?);
            }
        }
        let list = matches!(arg.get_action(), ArgAction::Append);
        let value = match values.pop() {
            Some(value) if values.is_empty() && (!list || value.is_bool()) => value,
            Some(last) => {
                values.push(last);
                Value::Array(values.into_iter().collect::<Array>())
            }
            None => Value::from(true),
        };
        options.push((name.to_owned(), Item::Value(value)));
    }
    Ok(Given { options, entries })
}

/// The entries of the keyring that were made for the profile.
#[cfg(feature = "keyring")]
pub(super) fn own_keyring_entries(profile: &str, table: Option<&dyn TableLike>) -> Vec<String> {
    let options = table.into_iter().flat_map(|table| table.iter());
    let entries = options.filter_map(|(name, item)| {
        let entry = item.as_table_like()?.get(KEYRING)?.as_str()?;
        let own = format!("{profile}/{}", name.trim_end_matches(REFERENCE));
        (entry == own).then_some(own)
    });
    entries.collect()
}

/// A value as JSON.
pub(super) fn json(item: &Item) -> Json {
    let value = |value: &Value| match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Boolean(on) => Json::from(*on.value()),
        Value::Array(values) => values
            .iter()
            .map(|value| json(&Item::Value(value.clone())))
            .collect(),
        Value::InlineTable(table) => table
            .iter()
            .map(|(key, value)| (key.to_owned(), json(&Item::Value(value.clone()))))
            .collect(),
        other => Json::from(other.to_string().trim()),
    };
    match item {
        Item::Value(one) => value(one),
        Item::Table(table) => table
            .iter()
            .map(|(key, item)| (key.to_owned(), json(item)))
            .collect(),
        _ => Json::Null,
    }
}

/// One value in the form that a file holds.
fn stored(arg: &Arg, name: &str, text: &str) -> Result<Value, Failure> {
    if is_switch(arg) {
        return Ok(Value::from(text == "true"));
    }
    if is_optional(arg) && text.is_empty() {
        return Ok(Value::from(true));
    }
    if name.ends_with(REFERENCE) {
        return Ok(table(SecretRef::parse(text, name)?));
    }
    if is_path(arg) || name == CLOUD {
        let here = std::env::current_dir().unwrap_or_default();
        return Ok(Value::from(rooted(name, text, &here)));
    }
    Ok(Value::from(text))
}

/// Whether it is on or off.
fn is_switch(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<bool>()
}

/// Whether it means something without a value.
fn is_optional(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|count| count.min_values() == 0)
}

fn is_path(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<PathBuf>()
}

/// A path that starts from `folder` unless it is absolute. The name of a cloud is none.
fn rooted(name: &str, text: &str, folder: &Path) -> String {
    let is_name = name == CLOUD
        && psbridge::Cloud::NAMES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(text));
    match is_name {
        true => text.to_owned(),
        false => folder.join(text).to_string_lossy().into_owned(),
    }
}

fn rooted_reference(reference: SecretRef, folder: &Path) -> SecretRef {
    match reference {
        SecretRef::File(path) => SecretRef::File(folder.join(path)),
        other => other,
    }
}

/// A reference from its table: one key that says of which kind it is.
fn reference(table: &InlineTable) -> Result<SecretRef, String> {
    const FORM: &str = "expected one of { env = \"NAME\" }, { file = \"PATH\" }, \
                        { command = [\"PROGRAM\", \"ARG\"] }, { keyring = \"NAME\" }";
    let mut entries = table.iter();
    let (Some((kind, value)), None) = (entries.next(), entries.next()) else {
        return Err(FORM.to_owned());
    };
    let text = || value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let reference = match kind {
        "env" => text().map(SecretRef::Env),
        "file" => text().map(|path| SecretRef::File(path.into())),
        "keyring" => text().map(SecretRef::Keyring),
        "command" => value
            .as_array()
            .and_then(|words| {
                words
                    .iter()
                    .map(|word| word.as_str().map(str::to_owned))
                    .collect()
            })
            .filter(|words: &Vec<String>| !words.is_empty())
            .map(SecretRef::Command),
        _ => None,
    };
    reference.ok_or_else(|| FORM.to_owned())
}

/// The table of a reference. A path in it is made absolute.
fn table(reference: SecretRef) -> Value {
    let (kind, value) = match reference {
        SecretRef::Env(name) => ("env", Value::from(name)),
        SecretRef::File(path) => {
            let path = std::path::absolute(&path).unwrap_or(path);
            ("file", Value::from(path.to_string_lossy().into_owned()))
        }
        SecretRef::Command(words) => ("command", Value::Array(words.into_iter().collect())),
        SecretRef::Keyring(name) => ("keyring", Value::from(name)),
    };
    Value::InlineTable([(kind, value)].into_iter().collect())
}

/// What clap says, without its hints at a command that the reader of a file has not written.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join(" ");
    joined.strip_prefix("error: ").unwrap_or(&joined).to_owned()
}
