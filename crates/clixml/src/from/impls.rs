//! Types of Rust and of this crate.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::reader::{describe, mismatch};
use super::{FromClixml, Part, Shape, ValueReader};
use crate::{
    DateTime, Error, Object, ProgressRecord, PsString, SecureText, TimeSpan, Value, Version, lexical,
};

/// A type that is one primitive; `$convert` gives `None` where the primitive does not fit.
macro_rules! primitive {
    ($($type:ty, $expected:literal, $convert:expr;)*) => {$(
        impl FromClixml for $type {
            fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
                let convert: fn(&Value) -> Option<$type> = $convert;
                match value.base($expected)? {
                    None => Err(mismatch($expected, "null")),
                    Some(value) => convert(&value).ok_or_else(|| mismatch($expected, &describe(&value))),
                }
            }
        }
    )*};
}

/// An integer of any width, 128 bits wide.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::UInt64(number) => Some((*number).into()),
        other => other.as_i64().map(Into::into),
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Single(number) => Some((*number).into()),
        Value::Double(number) => Some(*number),
        Value::Decimal(number) => number.to_f64(),
        other => integer(other).map(|number| number as f64),
    }
}

fn text<T>(value: &Value, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(text) => parse(text.as_str()?),
        _ => None,
    }
}

primitive! {
    u8, "a number of 8 bits without sign", |value| integer(value)?.try_into().ok();
    i8, "a number of 8 bits", |value| integer(value)?.try_into().ok();
    u16, "a number of 16 bits without sign", |value| integer(value)?.try_into().ok();
    i16, "a number of 16 bits", |value| integer(value)?.try_into().ok();
    u32, "a number of 32 bits without sign", |value| integer(value)?.try_into().ok();
    i32, "a number of 32 bits", |value| integer(value)?.try_into().ok();
    u64, "a number of 64 bits without sign", |value| integer(value)?.try_into().ok();
    i64, "a number of 64 bits", |value| integer(value)?.try_into().ok();
    f64, "a number", float;
    f32, "a number", |value| match value {
        Value::Single(number) => Some(*number),
        other => float(other).map(|number| number as f32),
    };
    Decimal, "a decimal number", |value| match value {
        Value::Decimal(number) => Some(*number),
        other => integer(other).map(Decimal::from),
    };
    char, "a character", |value| match value {
        Value::Char(unit) => char::from_u32((*unit).into()),
        other => text(other, |text| {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        }),
    };
    DateTime, "a date", |value| match value {
        Value::DateTime(date) => Some(*date),
        _ => None,
    };
    TimeSpan, "a time span", |value| match value {
        Value::TimeSpan(span) => Some(*span),
        _ => None,
    };
    Uuid, "a GUID", |value| match value {
        Value::Guid(guid) => Some(*guid),
        other => text(other, lexical::guid),
    };
    Version, "a version", |value| match value {
        Value::Version(version) => Some(*version),
        other => text(other, |text| text.parse().ok()),
    };
    SecureText, "a secure string", |value| match value {
        Value::SecureString(text) => Some(text.clone()),
        _ => None,
    };
    ProgressRecord, "a progress record", |value| match value {
        Value::Progress(record) => Some((**record).clone()),
        _ => None,
    };
}

/// A truth value, or a `SwitchParameter`, which says so in its member `IsPresent`.
impl FromClixml for bool {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        const EXPECTED: &str = "a truth value";
        let mut object = match value.open()? {
            Shape::Nil => return Err(mismatch(EXPECTED, "null")),
            Shape::Primitive(Value::Bool(value)) => return Ok(value),
            Shape::Primitive(other) => return Err(mismatch(EXPECTED, &describe(&other))),
            Shape::Object(object) => object,
        };
        let mut found = None;
        while let Some(part) = object.next()? {
            match part {
                Part::Base(Value::Bool(value)) => found = Some(value),
                Part::Member { name, value, .. } if name.eq_ignore_ascii_case("IsPresent") => {
                    found = Some(bool::from_clixml(value).map_err(|error| error.within("IsPresent"))?);
                }
                _ => {}
            }
        }
        found.ok_or_else(|| mismatch(EXPECTED, "an object"))
    }
}

impl FromClixml for PsString {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        value.text()?.ok_or_else(|| mismatch("text", "null"))
    }
}

/// Lone halves of surrogate pairs become U+FFFD.
impl FromClixml for String {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        PsString::from_clixml(value).map(PsString::into_string_lossy)
    }
}

/// References inside stay references.
impl FromClixml for Value {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        value.value()
    }

    fn absent() -> Option<Self> {
        Some(Value::Nil)
    }
}

/// References inside stay references.
impl FromClixml for Object {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        match value.value()? {
            Value::Object(object) => Ok(*object),
            other => Err(mismatch("an object", &describe(&other))),
        }
    }
}

/// Takes and ignores anything.
impl FromClixml for () {
    fn from_clixml(_: ValueReader<'_, '_>) -> Result<Self, Error> {
        Ok(())
    }

    fn absent() -> Option<Self> {
        Some(())
    }
}

impl<T: FromClixml> FromClixml for Box<T> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        T::from_clixml(value).map(Box::new)
    }

    fn absent() -> Option<Self> {
        T::absent().map(Box::new)
    }
}

/// `None` for null and for an absent member.
impl<T: FromClixml> FromClixml for Option<T> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        match value.nil_or()? {
            None => Ok(None),
            Some(value) => T::from_clixml(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// A list of any kind, or a byte array. Null and an absent member are empty lists, and a single primitive is a list
/// of itself, as PowerShell has it.
impl<T: FromClixml> FromClixml for Vec<T> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        let mut object = match value.open()? {
            Shape::Nil => return Ok(Vec::new()),
            Shape::Primitive(Value::Bytes(bytes)) => {
                let byte = |byte| T::from_clixml(ValueReader::primitive(Value::Byte(byte)));
                return bytes.into_iter().map(byte).collect();
            }
            Shape::Primitive(value) => return Ok(vec![T::from_clixml(ValueReader::primitive(value))?]),
            Shape::Object(object) => object,
        };
        let mut items: Option<Vec<T>> = None;
        while let Some(part) = object.next()? {
            match part {
                // A second list takes the place of the first.
                Part::List(_) => items = Some(Vec::new()),
                Part::Item(value) => {
                    let items = items.get_or_insert_default();
                    let item =
                        T::from_clixml(value).map_err(|error| error.within(&format!("[{}]", items.len())))?;
                    items.push(item);
                }
                Part::Base(Value::Bytes(bytes)) => {
                    let byte = |byte| T::from_clixml(ValueReader::primitive(Value::Byte(byte)));
                    items = Some(bytes.into_iter().map(byte).collect::<Result<_, _>>()?);
                }
                _ => {}
            }
        }
        items.ok_or_else(|| mismatch("a list", "an object"))
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

/// The entries of a dictionary, or the members of any other object.
fn entries<K: FromClixml, V: FromClixml>(
    value: ValueReader<'_, '_>,
    mut add: impl FnMut(K, V),
) -> Result<(), Error> {
    let mut object = match value.nil_or()? {
        None => return Ok(()),
        Some(value) => value.object("a dictionary")?,
    };
    let mut key = None;
    let (mut dictionary, mut list) = (false, false);
    let mut members = Vec::new();
    while let Some(part) = object.next()? {
        match part {
            Part::Dictionary => dictionary = true,
            Part::List(_) => list = true,
            Part::Key(value) => key = Some(K::from_clixml(value).map_err(|error| error.within("Key"))?),
            Part::Value(value) => {
                let value = V::from_clixml(value).map_err(|error| error.within("Value"))?;
                if let Some(key) = key.take() {
                    add(key, value);
                }
            }
            Part::Member { name, value, .. } if !dictionary => {
                let value = V::from_clixml(value).map_err(|error| error.within(&name))?;
                members.push((name, value));
            }
            _ => {}
        }
    }
    if list && !dictionary && members.is_empty() {
        return Err(mismatch("a dictionary", "a list"));
    }
    if !dictionary {
        for (name, value) in members {
            add(K::from_clixml(ValueReader::primitive(name.into()))?, value);
        }
    }
    Ok(())
}

/// A dictionary, or the members of an object. Null and an absent member are empty; the last of equal keys counts.
impl<K: FromClixml + Eq + Hash, V: FromClixml> FromClixml for HashMap<K, V> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        let mut all = HashMap::new();
        entries(value, |key, value| drop(all.insert(key, value)))?;
        Ok(all)
    }

    fn absent() -> Option<Self> {
        Some(HashMap::new())
    }
}

/// As for `HashMap`.
impl<K: FromClixml + Ord, V: FromClixml> FromClixml for BTreeMap<K, V> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        let mut all = BTreeMap::new();
        entries(value, |key, value| drop(all.insert(key, value)))?;
        Ok(all)
    }

    fn absent() -> Option<Self> {
        Some(BTreeMap::new())
    }
}
