//! The plain form.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::typed::progress;
use super::{float, single};
use crate::time::Fraction;
use crate::{Content, Document, Limits, Members, Object, Value, lexical, name};

/// A value as a person or service wants it, with the project's default limits.
///
/// Objects become JSON objects of their properties, enumerations their names, references what they stand for. What
/// a reader could not tell apart anyway (types, the kinds of lists and numbers) is left out.
pub fn plain(document: &Document, value: &Value) -> Json {
    plain_within(document, value, &Limits::default())
}

/// As [`plain`]: references are written out while the result stays within `limits`.
pub fn plain_within(document: &Document, value: &Value, limits: &Limits) -> Json {
    let (left, bytes) = (limits.max_objects_per_message, limits.max_message_size);
    Printer {
        document,
        depth: limits.depth(),
        left,
        bytes,
        enclosing: Vec::new(),
    }
    .value(value)
}

struct Printer<'a> {
    document: &'a Document,
    depth: usize,
    /// How many more values may be printed by following references.
    left: usize,
    /// How many bytes of text and data.
    bytes: usize,
    enclosing: Vec<&'a Object>,
}

impl<'a> Printer<'a> {
    fn value(&mut self, value: &'a Value) -> Json {
        self.left = self.left.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(value.weight());
        match value {
            Value::Nil => Json::Null,
            Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => {
                text.to_str_lossy().into()
            }
            Value::Char(unit) => String::from_utf16_lossy(&[*unit]).into(),
            Value::Bool(value) => (*value).into(),
            Value::DateTime(value) => {
                let mut text = String::new();
                // Writing into a String cannot fail.
                let _ = value.write(&mut text, Fraction::SevenUnlessZero);
                text.into()
            }
            Value::TimeSpan(value) => value.to_string().into(),
            Value::Byte(value) => (*value).into(),
            Value::SByte(value) => (*value).into(),
            Value::UInt16(value) => (*value).into(),
            Value::Int16(value) => (*value).into(),
            Value::UInt32(value) => (*value).into(),
            Value::Int32(value) => (*value).into(),
            Value::UInt64(value) => (*value).into(),
            Value::Int64(value) => (*value).into(),
            Value::Single(value) => single(*value),
            Value::Double(value) => float(*value),
            Value::Decimal(value) => value.to_string().into(),
            Value::Bytes(bytes) => {
                let mut text = String::new();
                lexical::write_base64(bytes, &mut text);
                text.into()
            }
            Value::Guid(guid) => guid.to_string().into(),
            Value::Version(version) => version.to_string().into(),
            Value::SecureString(_) => "<SecureString>".into(),
            Value::Progress(record) => progress(record),
            Value::MemberSet(members) => self.members(Map::new(), [members]),
            Value::Object(object) => self.object(object),
            Value::Ref(id) => match self.document.resolve(id) {
                Some(object) if self.may_follow(object) => self.object(object),
                _ => json!({"$ref": id.to_string()}),
            },
        }
    }

    fn may_follow(&self, object: &'a Object) -> bool {
        self.left > 0
            && self.bytes > 0
            && self.enclosing.len() < self.depth
            && !self
                .enclosing
                .iter()
                .any(|enclosing| std::ptr::eq(*enclosing, object))
    }

    fn object(&mut self, object: &'a Object) -> Json {
        self.enclosing.push(object);
        let printed = self.object_inside(object);
        self.enclosing.pop();
        printed
    }

    fn object_inside(&mut self, object: &'a Object) -> Json {
        if let Some(text) = object
            .to_string
            .as_ref()
            .filter(|_| object.type_names.contains("System.Enum"))
        {
            return text.to_str_lossy().into();
        }
        let mut map = Map::new();
        match &object.content {
            Content::None => {}
            // The members of a wrapped object and those of its wrapper are one object to PowerShell.
            Content::Value(Value::Object(inner)) => match self.object(inner) {
                Json::Object(inner_map) if has_members(inner) => map = inner_map,
                printed if !has_members(object) => return printed,
                Json::Object(_) => {}
                printed => return printed,
            },
            Content::Value(value) => return self.value(value),
            Content::List(_, items) => return items.iter().map(|item| self.value(item)).collect(),
            Content::Dictionary(entries) => return self.dictionary(entries),
        }
        if !has_members(object) && map.is_empty() {
            return object
                .to_string
                .as_ref()
                .map_or_else(|| Map::new().into(), |text| text.to_str_lossy().into());
        }
        self.members(map, [&object.adapted, &object.extended])
    }

    /// Adds members; one that is there already, case aside, takes its new value and spelling in its old place.
    fn members<const N: usize>(&mut self, first: Map<String, Json>, sets: [&'a Members; N]) -> Json {
        let mut all: Vec<(String, Json)> = first.into_iter().collect();
        for members in sets {
            // Within one set all names differ.
            let known: HashMap<String, usize> = match members.is_empty() {
                true => HashMap::new(),
                false => all
                    .iter()
                    .enumerate()
                    .map(|(place, (key, _))| (name::folded(key), place))
                    .collect(),
            };
            for (name, value) in members {
                let printed = (name.as_str().to_owned(), self.value(value));
                match known
                    .get(&name::folded(name.as_str()))
                    .and_then(|place| all.get_mut(*place))
                {
                    Some(slot) => *slot = printed,
                    None => all.push(printed),
                }
            }
        }
        Json::Object(all.into_iter().collect())
    }

    fn dictionary(&mut self, entries: &'a [(Value, Value)]) -> Json {
        let keys: Option<Vec<Cow<'a, str>>> = entries.iter().map(|(key, _)| text_key(key)).collect();
        let mut map = Map::new();
        if let Some(keys) = keys {
            let distinct: HashSet<&str> = keys.iter().map(AsRef::as_ref).collect();
            if distinct.len() == keys.len() {
                for (key, (_, value)) in keys.iter().zip(entries) {
                    map.insert(key.clone().into_owned(), self.value(value));
                }
                return map.into();
            }
        }
        entries
            .iter()
            .map(|(key, value)| json!({"key": self.value(key), "value": self.value(value)}))
            .collect()
    }
}

fn text_key(key: &Value) -> Option<Cow<'_, str>> {
    match key.base() {
        Value::String(text) => Some(text.to_str_lossy()),
        _ => None,
    }
}

fn has_members(object: &Object) -> bool {
    !object.adapted.is_empty() || !object.extended.is_empty()
}
