//! The expectations beside the recordings, and how they are compared (`INDEX.md` of the recordings).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

/// A recorded file and what it must decode to.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) file: PathBuf,
    pub(crate) value: Value,
}

impl Expectation {
    pub(crate) fn kind(&self) -> &str {
        self.value.get("kind").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn list(&self, name: &str) -> &[Value] {
        self.value
            .get(name)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }
}

/// All expectations below a folder.
pub(crate) fn all(folder: &Path) -> Vec<Expectation> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        names.sort();
        for path in &names {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path.clone());
            } else if let Some(stem) = name.strip_suffix(".expect.json") {
                let beside = names.iter().find(|other| {
                    let other = other.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                    other.strip_prefix(stem).is_some_and(|rest| {
                        rest.starts_with('.') && rest != ".expect.json" && rest != ".secrets.json"
                    })
                });
                let file = beside
                    .unwrap_or_else(|| panic!("{} has no file", path.display()))
                    .clone();
                let text =
                    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let value = parse(&without_lone_surrogates(&text))
                    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                found.push(Expectation { file, value });
            }
        }
    }
    found
}

/// Parses JSON however deep it is: objects of 50 levels are some 200 levels of JSON.
pub(crate) fn parse(json: &str) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.disable_recursion_limit();
    Value::deserialize(&mut deserializer)
}

/// JSON in which escapes of lone halves of surrogate pairs became U+FFFD, as `INDEX.md` allows.
fn without_lone_surrogates(json: &str) -> String {
    let unit = |rest: &str| {
        let digits = rest.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => 12,
            (Some(0xD800..0xE000), _) => {
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        out.push_str(escape.get(..length).unwrap_or(escape));
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Where two values first differ. The order of an object's members counts, that of a line's or VALUE's does not.
pub(crate) fn difference(found: &Value, expected: &Value) -> Option<String> {
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, expected) in b {
                let Some(found) = a.get(name) else {
                    return Some(format!(".{name} is missing"));
                };
                if let Some(inner) = difference(found, expected) {
                    return Some(format!(".{name}{inner}"));
                }
                if let (Value::Object(found), Value::Object(expected), "props" | "ms") =
                    (found, expected, name.as_str())
                    && !found.keys().eq(expected.keys())
                {
                    return Some(format!(
                        ".{name}: members are in another order: {}",
                        short(&a[name])
                    ));
                }
            }
            a.keys()
                .find(|name| !b.contains_key(*name))
                .map(|more| format!(".{more} is too much"))
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                return Some(format!(": {} elements where {} are expected", a.len(), b.len()));
            }
            a.iter()
                .zip(b)
                .enumerate()
                .find_map(|(n, (a, b))| Some(format!("[{n}]{}", difference(a, b)?)))
        }
        (Value::Number(a), Value::Number(b))
            if a == b || a.as_f64() == b.as_f64() && a.is_f64() == b.is_f64() =>
        {
            None
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!(": {} where {} is expected", short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 {
        text.chars().take(300).chain("…".chars()).collect()
    } else {
        text
    }
}

/// Objects of a document by their ids.
pub(crate) fn ids(roots: &[Value]) -> HashMap<String, Value> {
    let mut table = HashMap::new();
    let mut open: Vec<&Value> = roots.iter().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let (Some(Value::String(tag)), Some(Value::String(id))) =
                    (members.get("t"), members.get("id"))
                    && tag == "Obj"
                {
                    table.insert(id.clone(), value.clone());
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    table
}

/// The difference where the expectation folds a wrapped object into the one around it, and writes an object out where
/// its first appearance was lost by that.
pub(crate) fn lenient_difference(
    found: &Value,
    expected: &Value,
    ids: &HashMap<String, Value>,
) -> Option<String> {
    let tag = |value: &Value| {
        value
            .get("t")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match (tag(found).as_str(), tag(expected).as_str()) {
        ("Ref", "Obj") => {
            let id = found.get("v").and_then(Value::as_str).unwrap_or_default();
            match ids.get(id) {
                Some(object) => lenient_difference(object, expected, ids),
                None => Some(format!(": a reference to {id}, which is not there")),
            }
        }
        ("Obj", "Ref") if found.get("id") == expected.get("v") => None,
        ("Obj", "Obj") => {
            let found = folded(found);
            let names = ["types", "to_string", "value", "list", "dict", "props", "ms"];
            names.into_iter().find_map(|name| {
                let inner = match (found.get(name), expected.get(name)) {
                    (None, None) => None,
                    (Some(Value::Object(a)), Some(Value::Object(b))) if matches!(name, "props" | "ms") => {
                        members_differ(a, b, ids)
                    }
                    (Some(a), Some(b)) => lenient_items(a, b, ids),
                    (Some(_), None) => Some(" is too much".to_owned()),
                    (None, Some(_)) => Some(" is missing".to_owned()),
                };
                inner.map(|inner| format!(".{name}{inner}"))
            })
        }
        _ => difference(found, expected),
    }
}

fn members_differ(
    found: &serde_json::Map<String, Value>,
    expected: &serde_json::Map<String, Value>,
    ids: &HashMap<String, Value>,
) -> Option<String> {
    if let Some(missing) = expected.keys().find(|name| !found.contains_key(*name)) {
        return Some(format!(".{missing} is missing"));
    }
    found.iter().find_map(|(name, found)| match expected.get(name) {
        Some(expected) => lenient_difference(found, expected, ids).map(|d| format!(".{name}{d}")),
        None => Some(format!(".{name} is too much")),
    })
}

fn lenient_items(found: &Value, expected: &Value, ids: &HashMap<String, Value>) -> Option<String> {
    match (found, expected) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(n, (a, b))| lenient_items(a, b, ids).map(|d| format!("[{n}]{d}"))),
        _ => lenient_difference(found, expected, ids),
    }
}

/// An object that wraps another one, as one object: outer members replace inner ones of the same name.
fn folded(object: &Value) -> Value {
    let mut out = object.clone();
    let Some(inner) = object
        .get("value")
        .filter(|inner| inner.get("t").is_some_and(|t| t == "Obj"))
    else {
        return out;
    };
    let inner = folded(inner);
    if let (Value::Object(out), Value::Object(inner)) = (&mut out, inner) {
        out.shift_remove("value");
        for (name, value) in inner {
            match (name.as_str(), out.get_mut(&name)) {
                ("props" | "ms", Some(Value::Object(outer))) => {
                    if let Value::Object(members) = value {
                        for (name, value) in members {
                            outer.entry(name).or_insert(value);
                        }
                    }
                }
                ("value" | "list" | "dict" | "props" | "ms", None) => {
                    out.insert(name, value);
                }
                _ => {}
            }
        }
    }
    out
}
