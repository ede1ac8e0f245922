//! Making values of Rust's own types, and looking into values.

use std::borrow::Cow;

use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    Content, DateTime, ListKind, Members, Name, Object, PsString, RefId, SecureText, TimeSpan, TypeNames,
    Value, Version,
};

macro_rules! from {
    ($($from:ty => $variant:ident),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Value {
                Value::$variant(value.into())
            }
        }
    )*};
}

from! {
    &str => String, String => String, &String => String, Cow<'_, str> => String, PsString => String, bool => Bool,
    u8 => Byte, i8 => SByte, u16 => UInt16, i16 => Int16, u32 => UInt32, i32 => Int32, u64 => UInt64, i64 => Int64,
    f32 => Single, f64 => Double, Decimal => Decimal, DateTime => DateTime, TimeSpan => TimeSpan, Uuid => Guid,
    Version => Version, SecureText => SecureString, RefId => Ref, Members => MemberSet,
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Object(Box::new(object))
    }
}

impl From<Vec<Value>> for Value {
    /// An array of objects.
    fn from(items: Vec<Value>) -> Value {
        Value::list(items)
    }
}

impl From<Vec<String>> for Value {
    /// An array of objects, all strings.
    fn from(items: Vec<String>) -> Value {
        Value::list(items)
    }
}

impl From<Vec<&str>> for Value {
    /// An array of objects, all strings.
    fn from(items: Vec<&str>) -> Value {
        Value::list(items)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Nil, Into::into)
    }
}

impl Value {
    /// A .NET byte array.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Value {
        Value::Bytes(bytes.into())
    }

    /// An array of objects (`System.Object[]`), as PowerShell writes `@(…)`.
    pub fn list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Value {
        Object::list(["System.Object[]", "System.Array", "System.Object"], items).into()
    }

    /// A hashtable.
    pub fn dictionary<K: Into<Value>, V: Into<Value>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
        Object::dictionary(["System.Collections.Hashtable", "System.Object"], entries).into()
    }

    /// A member of an enumeration: its types (without the three of every enumeration, which are added), its name,
    /// and its number in the underlying type.
    pub fn enumeration(type_name: &str, text: &str, number: impl Into<Value>) -> Value {
        Object {
            type_names: TypeNames::new([type_name, "System.Enum", "System.ValueType", "System.Object"]),
            to_string: Some(text.into()),
            content: Content::Value(number.into()),
            ..Object::default()
        }
        .into()
    }

    /// The size of the value's own text or bytes: what copying it costs besides a constant.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => {
                text.size()
            }
            Value::Bytes(bytes) => bytes.len(),
            Value::SecureString(text) => text.as_str().len(),
            _ => 0,
        }
    }

    /// Whether it is null.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The primitive: the value itself, or the one inside an object (an extended primitive, an enumeration).
    pub fn base(&self) -> &Value {
        let mut value = self;
        while let Value::Object(object) = value
            && let Content::Value(inner) = &object.content
        {
            value = inner;
        }
        value
    }

    /// The text of a string, URI, script or XML document, also inside an object; lone halves of surrogate pairs
    /// become U+FFFD.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self.base() {
            Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => {
                Some(text.to_str_lossy())
            }
            _ => None,
        }
    }

    /// The integer, of whatever width, also inside an object (so the number of an enumeration).
    pub fn as_i64(&self) -> Option<i64> {
        Some(match *self.base() {
            Value::Byte(number) => number.into(),
            Value::SByte(number) => number.into(),
            Value::UInt16(number) => number.into(),
            Value::Int16(number) => number.into(),
            Value::UInt32(number) => number.into(),
            Value::Int32(number) => number.into(),
            Value::UInt64(number) => i64::try_from(number).ok()?,
            Value::Int64(number) => number,
            _ => return None,
        })
    }

    /// The integer as 32 bits, if it fits.
    pub fn as_i32(&self) -> Option<i32> {
        self.as_i64()?.try_into().ok()
    }

    /// The truth value, also inside an object (`SwitchParameter` comes as an object with the member `IsPresent`).
    pub fn as_bool(&self) -> Option<bool> {
        match self.base() {
            Value::Bool(value) => Some(*value),
            Value::Object(object) => match object.get("IsPresent")? {
                Value::Bool(value) => Some(*value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The GUID, also inside an object.
    pub fn as_guid(&self) -> Option<Uuid> {
        match self.base() {
            Value::Guid(guid) => Some(*guid),
            _ => None,
        }
    }

    /// The items, if it is a list of any kind.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.as_object()?.content {
            Content::List(_, items) => Some(items),
            _ => None,
        }
    }

    /// The entries, if it is a dictionary.
    pub fn as_dictionary(&self) -> Option<&[(Value, Value)]> {
        match &self.as_object()?.content {
            Content::Dictionary(entries) => Some(entries),
            _ => None,
        }
    }

    /// A property of an object or a member of a set, looked up as PowerShell does ([`Object::get`]).
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(object) => object.get(name),
            Value::MemberSet(members) => members.get(name),
            _ => None,
        }
    }
}

impl Object {
    /// An object without types: a property bag of the protocol.
    pub fn bag() -> Object {
        Object::default()
    }

    /// An object of the given types, most derived first.
    pub fn typed(type_names: impl Into<TypeNames>) -> Object {
        Object {
            type_names: type_names.into(),
            ..Object::default()
        }
    }

    /// A `System.Management.Automation.PSCustomObject`.
    pub fn custom() -> Object {
        Object::typed(["System.Management.Automation.PSCustomObject", "System.Object"])
    }

    /// A list of the given types.
    pub fn list<V: Into<Value>>(
        type_names: impl Into<TypeNames>,
        items: impl IntoIterator<Item = V>,
    ) -> Object {
        Object {
            content: Content::List(ListKind::List, items.into_iter().map(Into::into).collect()),
            ..Object::typed(type_names)
        }
    }

    /// A dictionary of the given types.
    pub fn dictionary<K: Into<Value>, V: Into<Value>>(
        type_names: impl Into<TypeNames>,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Object {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Object {
            content: Content::Dictionary(entries),
            ..Object::typed(type_names)
        }
    }

    /// The same with an extended member (`<MS>`).
    #[must_use]
    pub fn extended(mut self, name: impl Into<Name>, value: impl Into<Value>) -> Object {
        self.extended.insert(name, value);
        self
    }

    /// The same with an adapted member (`<Props>`).
    #[must_use]
    pub fn adapted(mut self, name: impl Into<Name>, value: impl Into<Value>) -> Object {
        self.adapted.insert(name, value);
        self
    }

    /// The same with the text of its `ToString`.
    #[must_use]
    pub fn with_to_string(mut self, text: impl Into<PsString>) -> Object {
        self.to_string = Some(text.into());
        self
    }

    /// The same with a content.
    #[must_use]
    pub fn with_content(mut self, content: Content) -> Object {
        self.content = content;
        self
    }

    /// The same with an id, for [`Value::Ref`] to name it.
    #[must_use]
    pub fn with_ref_id(mut self, id: impl Into<RefId>) -> Object {
        self.ref_id = Some(id.into());
        self
    }

    /// A property by name, case aside: an extended member hides an adapted one of the same name, and those of a
    /// wrapped object come last.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.extended
            .get(name)
            .or_else(|| self.adapted.get(name))
            .or_else(|| match &self.content {
                Content::Value(Value::Object(inner)) => inner.get(name),
                _ => None,
            })
    }
}
