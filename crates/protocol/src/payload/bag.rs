//! Reading property bags.

use psbridge_clixml::{Content, Deref, Document, Object, PsString, Value};

use super::PayloadError;

/// An object whose properties are looked up by name.
#[derive(Clone, Copy)]
pub(super) struct Bag<'a> {
    pub(super) document: &'a Document,
    pub(super) object: &'a Object,
    payload: &'static str,
}

impl<'a> Bag<'a> {
    pub(super) fn new(
        document: &'a Document,
        value: &'a Value,
        payload: &'static str,
    ) -> Result<Self, PayloadError> {
        let object = document.deref(value).as_object().ok_or(PayloadError::Kind {
            payload,
            property: payload,
            expected: "an object",
        })?;
        Ok(Self {
            document,
            object,
            payload,
        })
    }

    /// The property; `None` when it is absent or Nil.
    pub(super) fn get(&self, property: &str) -> Option<&'a Value> {
        self.object.get(property).filter(|value| !value.is_nil())
    }

    /// The primitive that a property is in the end: an enumeration may be a reference to an earlier one.
    fn base(&self, value: &'a Value) -> &'a Value {
        match self
            .document
            .deref(value)
            .as_object()
            .map(|object| &object.content)
        {
            Some(Content::Value(inner)) => inner.base(),
            _ => value,
        }
    }

    /// The property as it is, Nil where it is absent.
    pub(super) fn value(&self, property: &str) -> Value {
        self.object.get(property).cloned().unwrap_or_default()
    }

    /// The property; the object itself where it is a reference.
    pub(super) fn resolved(&self, property: &str) -> Value {
        self.object
            .get(property)
            .map(|value| resolved(self.document, value))
            .unwrap_or_default()
    }

    pub(super) fn required(&self, property: &'static str) -> Result<&'a Value, PayloadError> {
        self.object.get(property).ok_or(PayloadError::Missing {
            payload: self.payload,
            property,
        })
    }

    pub(super) fn kind(&self, property: &'static str, expected: &'static str) -> PayloadError {
        PayloadError::Kind {
            payload: self.payload,
            property,
            expected,
        }
    }

    pub(super) fn i64(&self, property: &'static str) -> Result<i64, PayloadError> {
        self.number(property, self.required(property)?)
    }

    pub(super) fn i32(&self, property: &'static str) -> Result<i32, PayloadError> {
        let number = self.i64(property)?;
        i32::try_from(number).map_err(|_| self.range(property, number))
    }

    pub(super) fn opt_i32(&self, property: &'static str) -> Result<Option<i32>, PayloadError> {
        self.get(property).map(|_| self.i32(property)).transpose()
    }

    pub(super) fn opt_i64(&self, property: &'static str) -> Result<Option<i64>, PayloadError> {
        self.get(property).map(|_| self.i64(property)).transpose()
    }

    pub(super) fn opt_u32(&self, property: &'static str) -> Result<Option<u32>, PayloadError> {
        let Some(number) = self.opt_i64(property)? else {
            return Ok(None);
        };
        u32::try_from(number)
            .map(Some)
            .map_err(|_| self.range(property, number))
    }

    pub(super) fn bool(&self, property: &'static str) -> Result<bool, PayloadError> {
        self.required(property)?
            .as_bool()
            .ok_or_else(|| self.kind(property, "a boolean"))
    }

    pub(super) fn opt_bool(&self, property: &'static str) -> Result<Option<bool>, PayloadError> {
        self.get(property).map(|_| self.bool(property)).transpose()
    }

    /// A boolean that older and other clients leave out.
    pub(super) fn bool_or(&self, property: &'static str, default: bool) -> Result<bool, PayloadError> {
        Ok(self.opt_bool(property)?.unwrap_or(default))
    }

    pub(super) fn text(&self, property: &'static str) -> Result<String, PayloadError> {
        self.said(self.required(property)?)
            .ok_or_else(|| self.kind(property, "a string"))
    }

    pub(super) fn opt_text(&self, property: &'static str) -> Option<String> {
        self.get(property).and_then(|value| self.said(value))
    }

    fn said(&self, value: &'a Value) -> Option<String> {
        let object = || self.document.deref(value).as_object()?.to_string.as_ref();
        text(self.base(value)).or_else(|| Some(object()?.to_str_lossy().into_owned()))
    }

    /// An enumeration: its number, its name, or an object with both.
    pub(super) fn enumeration(
        &self,
        property: &'static str,
        names: impl Fn(&str) -> Option<i32>,
    ) -> Result<i32, PayloadError> {
        let value = self.base(self.required(property)?);
        if let Some(name) = value.as_text() {
            return match name.trim().parse() {
                Ok(number) => Ok(number),
                Err(_) => flags(&name, names).ok_or_else(|| self.kind(property, "a known name")),
            };
        }
        let number = self.number(property, value)?;
        i32::try_from(number).map_err(|_| self.range(property, number))
    }

    /// The items of a list property; references to lists are followed.
    pub(super) fn list(&self, property: &'static str) -> Result<&'a [Value], PayloadError> {
        items(self.document, self.required(property)?).ok_or_else(|| self.kind(property, "a list"))
    }

    pub(super) fn opt_list(&self, property: &'static str) -> Option<&'a [Value]> {
        self.get(property).and_then(|value| items(self.document, value))
    }

    pub(super) fn numbers(&self, property: &'static str) -> Vec<i32> {
        self.opt_list(property)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_i32)
            .collect()
    }

    pub(super) fn texts(&self, property: &'static str) -> Vec<String> {
        self.opt_list(property)
            .unwrap_or_default()
            .iter()
            .filter_map(text)
            .collect()
    }

    fn number(&self, property: &'static str, value: &'a Value) -> Result<i64, PayloadError> {
        self.base(value)
            .as_i64()
            .ok_or_else(|| self.kind(property, "a number"))
    }

    pub(super) fn range(&self, property: &'static str, value: impl ToString) -> PayloadError {
        PayloadError::Range {
            payload: self.payload,
            property,
            value: value.to_string(),
        }
    }
}

/// The items of a list, references followed.
pub(super) fn items<'a>(document: &'a Document, value: &'a Value) -> Option<&'a [Value]> {
    match &document.deref(value).as_object()?.content {
        Content::List(_, items) => Some(items),
        _ => None,
    }
}

/// The value; the object itself where it is a reference.
pub(super) fn resolved(document: &Document, value: &Value) -> Value {
    match (value, document.deref(value)) {
        (Value::Ref(_), Deref::Object(object)) => object.clone().into(),
        _ => value.clone(),
    }
}

/// Text of a string, or what an object says of itself.
pub(super) fn text(value: &Value) -> Option<String> {
    if let Some(text) = value.as_text() {
        return Some(text.into_owned());
    }
    match value.base() {
        Value::Char(unit) => Some(String::from_utf16_lossy(&[*unit])),
        Value::Version(version) => Some(version.to_string()),
        Value::Guid(guid) => Some(guid.to_string()),
        _ => value
            .as_object()?
            .to_string
            .as_ref()
            .map(|text| text.to_str_lossy().into_owned()),
    }
}

/// `None` as Nil, text as a string.
pub(super) fn opt(text: Option<&str>) -> Value {
    text.map_or(Value::Nil, Value::from)
}

/// A string value.
pub(super) fn string(text: &str) -> Value {
    Value::String(PsString::from(text))
}

fn flags(text: &str, names: impl Fn(&str) -> Option<i32>) -> Option<i32> {
    text.split(',')
        .try_fold(0, |sum, name| Some(sum | names(name.trim())?))
}
