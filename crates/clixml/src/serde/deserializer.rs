//! Values as serde sees them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde::de::{Visitor, value::SeqDeserializer};
use serde::forward_to_deserialize_any;

use super::access::{Entries, Items, Key, Variant};
use crate::from::{describe, primitive_text};
use crate::name::folded;
use crate::{Content, Document, Error, Limits, Object, Value, eq_ignore_case};

/// What decoding has to remember.
pub(super) struct Context<'d> {
    document: &'d Document,
    open: RefCell<Vec<&'d Object>>,
    left: Cell<usize>,
    /// How many bytes of text and data may still be given.
    bytes: Cell<usize>,
}

impl<'d> Context<'d> {
    pub(super) fn new(document: &'d Document) -> Context<'d> {
        let limits = Limits::default();
        let (left, bytes) = (
            Cell::new(limits.max_objects_per_message),
            Cell::new(limits.max_message_size),
        );
        Context {
            document,
            open: RefCell::default(),
            left,
            bytes,
        }
    }
}

/// A value on its way into a type.
#[derive(Clone, Copy)]
pub(super) struct Deserializer<'c, 'd> {
    context: &'c Context<'d>,
    value: &'d Value,
}

impl<'c, 'd> Deserializer<'c, 'd> {
    pub(super) fn new(context: &'c Context<'d>, value: &'d Value) -> Deserializer<'c, 'd> {
        Deserializer { context, value }
    }

    /// Calls `f` with the object, if the value is one or refers to one, and keeps it open meanwhile.
    fn with_object<T>(self, f: impl FnOnce(&'d Object) -> Result<T, Error>) -> Option<Result<T, Error>> {
        let object: &'d Object = match self.value {
            Value::Object(object) => object,
            Value::Ref(id) => match self.context.document.resolve(id) {
                Some(object) => object,
                None => {
                    let id = id.to_string();
                    return Some(Err(Error::UnknownReference {
                        offset: 0,
                        what: "object",
                        id,
                    }));
                }
            },
            _ => return None,
        };
        Some(self.enter(object).and_then(|()| {
            let result = f(object);
            self.context.open.borrow_mut().pop();
            result
        }))
    }

    fn enter(self, object: &'d Object) -> Result<(), Error> {
        let mut open = self.context.open.borrow_mut();
        if let Value::Ref(id) = self.value
            && open.iter().any(|open| std::ptr::eq(*open, object))
        {
            return Err(Error::Cycle {
                path: String::new(),
                id: id.to_string(),
            });
        }
        let (left, deepest) = (self.context.left.get(), Limits::default().depth());
        if left == 0 || open.len() >= deepest {
            let (limit, maximum) = if left == 0 {
                (
                    "max_objects_per_message",
                    Limits::default().max_objects_per_message,
                )
            } else {
                ("max_object_depth", deepest)
            };
            return Err(Error::Limit {
                limit,
                maximum,
                offset: 0,
            });
        }
        self.context.left.set(left - 1);
        open.push(object);
        Ok(())
    }

    /// The text that the value is to a string.
    fn text(self) -> Result<Cow<'d, str>, Error> {
        let of_object = self.with_object(|object| {
            let (base, to_string) = base_and_text(object);
            match (base.and_then(plain_text), to_string, base) {
                (Some(text), _, _) | (None, Some(text), _) => Ok(text.to_str_lossy()),
                (None, None, Some(base)) => Ok(primitive_text(base.clone())?.into_string_lossy().into()),
                (None, None, None) => Err(self.unexpected("text")),
            }
        });
        let text = match (of_object, plain_text(self.value)) {
            (Some(result), _) => result?,
            (None, Some(text)) => text.to_str_lossy(),
            (None, None) => primitive_text(self.value.clone())?.into_string_lossy().into(),
        };
        self.charge(text.len())?;
        Ok(text)
    }

    /// Counts text or data that is about to be given: references may lead to the same again and again.
    fn charge(self, size: usize) -> Result<(), Error> {
        let maximum = Limits::default().max_message_size;
        let left = self.context.bytes.get().checked_sub(size);
        let left = left.ok_or(Error::Limit {
            limit: "max_message_size",
            maximum,
            offset: 0,
        })?;
        self.context.bytes.set(left);
        Ok(())
    }

    fn unexpected(self, expected: &str) -> Error {
        Error::Mismatch {
            path: String::new(),
            expected: expected.to_owned(),
            found: describe(self.value),
        }
    }

    pub(super) fn child(self, value: &'d Value) -> Self {
        Deserializer { value, ..self }
    }

    /// The members as `fields` (if any) spell them.
    fn members<'v, V: Visitor<'v>>(
        self,
        object: &'d Object,
        fields: &[&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let names: HashMap<String, &'static str> =
            fields.iter().map(|field| (folded(field), *field)).collect();
        let entries = effective_members(object).into_iter().map(|(name, value)| {
            (
                Key::Name(names.get(&folded(name)).copied().map_or(name, |field| field)),
                value,
            )
        });
        visitor.visit_map(Entries {
            of: self,
            entries: entries.collect::<Vec<_>>().into_iter(),
            value: None,
        })
    }

    fn dictionary<'v, V: Visitor<'v>>(
        self,
        entries: &'d [(Value, Value)],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let entries = entries
            .iter()
            .map(|(key, value)| (Key::Value(key), value))
            .collect::<Vec<_>>();
        visitor.visit_map(Entries {
            of: self,
            entries: entries.into_iter(),
            value: None,
        })
    }

    fn primitive<'v, V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Nil => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Byte(value) => visitor.visit_u8(*value),
            Value::SByte(value) => visitor.visit_i8(*value),
            Value::UInt16(value) => visitor.visit_u16(*value),
            Value::Int16(value) => visitor.visit_i16(*value),
            Value::UInt32(value) => visitor.visit_u32(*value),
            Value::Int32(value) => visitor.visit_i32(*value),
            Value::UInt64(value) => visitor.visit_u64(*value),
            Value::Int64(value) => visitor.visit_i64(*value),
            Value::Single(value) => visitor.visit_f32(*value),
            Value::Double(value) => visitor.visit_f64(*value),
            Value::Bytes(bytes) => {
                self.charge(bytes.len())?;
                visitor.visit_bytes(bytes)
            }
            Value::Char(unit) => match char::from_u32((*unit).into()) {
                Some(c) => visitor.visit_char(c),
                None => visitor.visit_char(char::REPLACEMENT_CHARACTER),
            },
            _ => visitor.visit_str(&self.text()?),
        }
    }
}

/// The base value, that of a wrapped object included, and the text of the outermost `ToString`.
fn base_and_text(object: &Object) -> (Option<&Value>, Option<&crate::PsString>) {
    let (mut object, mut text) = (object, None);
    loop {
        text = text.or(object.to_string.as_ref());
        match &object.content {
            Content::Value(Value::Object(inner)) => object = inner,
            Content::Value(Value::MemberSet(_)) => return (None, text),
            Content::Value(value) => return (Some(value), text),
            _ => return (None, text),
        }
    }
}

fn plain_text(value: &Value) -> Option<&crate::PsString> {
    match value {
        Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => Some(text),
        _ => None,
    }
}

/// The members as PowerShell shows them: the wrapper's hide those of what it wraps, extended ones hide adapted ones.
fn effective_members(object: &Object) -> Vec<(&str, &Value)> {
    let mut layers = vec![object];
    while let Some(Content::Value(Value::Object(inner))) = layers.last().map(|object| &object.content) {
        layers.push(inner);
    }
    let mut members: Vec<(&str, &Value)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, value) in layers
        .iter()
        .rev()
        .flat_map(|object| object.adapted.iter().chain(&object.extended))
    {
        match places
            .get(&folded(name.as_str()))
            .and_then(|place| members.get_mut(*place))
        {
            Some(slot) => *slot = (name.as_str(), value),
            None => {
                places.insert(folded(name.as_str()), members.len());
                members.push((name.as_str(), value));
            }
        }
    }
    members
}

impl<'de, 'd> serde::Deserializer<'de> for Deserializer<'_, 'd> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let object = match self.value {
            Value::MemberSet(members) => {
                let entries: Vec<_> = members
                    .iter()
                    .map(|(name, value)| (Key::Name(name.as_str()), value))
                    .collect();
                return visitor.visit_map(Entries {
                    of: self,
                    entries: entries.into_iter(),
                    value: None,
                });
            }
            Value::Object(object) => Some(&**object),
            Value::Ref(id) => self.context.document.resolve(id),
            _ => None,
        };
        let Some(object) = object else {
            return self.primitive(visitor);
        };
        let (base, text) = base_and_text(object);
        match (&object.content, base, text) {
            (_, _, Some(text)) if object.type_names.contains("System.Enum") => {
                visitor.visit_str(&text.to_str_lossy())
            }
            (Content::List(..), _, _) => self.deserialize_seq(visitor),
            (_, Some(base), _) => self.child(base).primitive(visitor),
            (Content::None, None, Some(text)) if object.adapted.is_empty() && object.extended.is_empty() => {
                visitor.visit_str(&text.to_str_lossy())
            }
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_nil() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?.into_owned())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = |items: &'d [Value]| Items {
            of: self,
            items: items.iter(),
        };
        let bytes = |bytes: &'d [u8], visitor: V| {
            self.charge(bytes.len())?;
            visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))
        };
        let visit = |object: &'d Object, visitor: V| {
            let mut object = object;
            while let Content::Value(Value::Object(inner)) = &object.content {
                object = inner;
            }
            match &object.content {
                Content::List(_, list) => visitor.visit_seq(items(list)),
                Content::Value(Value::Bytes(data)) => bytes(data, visitor),
                _ => Err(self.unexpected("a list")),
            }
        };
        match self.value {
            Value::Nil => visitor.visit_seq(items(&[])),
            Value::Bytes(data) => bytes(data, visitor),
            Value::Object(_) | Value::Ref(_) => self
                .with_object(|object| visit(object, visitor))
                .unwrap_or_else(|| Err(self.unexpected("a list"))),
            single => visitor.visit_seq(items(std::slice::from_ref(single))),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value.base() {
            Value::Bytes(bytes) => {
                self.charge(bytes.len())?;
                visitor.visit_bytes(bytes)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Value::MemberSet(_) = self.value {
            return self.deserialize_any(visitor);
        }
        let visit = |object: &'d Object| match &object.content {
            Content::Dictionary(entries) => self.dictionary(entries, visitor),
            _ => self.members(object, fields, visitor),
        };
        let expected = if name.is_empty() { "an object" } else { name };
        self.with_object(visit)
            .unwrap_or_else(|| Err(self.unexpected(expected)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let text = self.text()?;
        let own = variants
            .iter()
            .find(|variant| eq_ignore_case(variant, text.trim()));
        visitor.visit_enum(Variant(own.copied().unwrap_or(&text)))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char unit unit_struct tuple tuple_struct identifier
    }
}
