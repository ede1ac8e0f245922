//! Literals as the CLIXML values that PowerShell sends for them, and back.

use psbridge_clixml::{Content, ListKind, Object, Value};

use super::literal::Literal;
use super::number::{self, Number, Place, Scan};
use super::print::Unprintable;

const ARRAY: [&str; 3] = ["System.Object[]", "System.Array", "System.Object"];
const HASHTABLE: [&str; 2] = ["System.Collections.Hashtable", "System.Object"];

/// The value of a command's argument.
///
/// A number whose text is not the one that .NET gives it keeps the text as its `ToString`: that is how PowerShell
/// binds `007` to a string parameter as `007`, and to a number as 7.
pub(super) fn argument(literal: Literal) -> Value {
    match literal {
        Literal::Number { value, text } if value.to_string() != text => Value::from(
            Object::bag()
                .with_to_string(text)
                .with_content(Content::Value(number(value))),
        ),
        other => element(other),
    }
}

/// The value of an element of an array or hashtable: there a number is only a number.
fn element(literal: Literal) -> Value {
    match literal {
        Literal::Null => Value::Nil,
        Literal::Bool(value) => Value::Bool(value),
        Literal::Text(text) => Value::String(text.into()),
        Literal::Number { value, .. } => number(value),
        Literal::Array(elements) => Value::from(Object::typed(ARRAY).with_content(Content::List(
            ListKind::List,
            elements.into_iter().map(element).collect(),
        ))),
        Literal::Table(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| (element(key), element(value)));
            Value::from(Object::typed(HASHTABLE).with_content(Content::Dictionary(entries.collect())))
        }
    }
}

fn number(number: Number) -> Value {
    match number {
        Number::I8(n) => Value::SByte(n),
        Number::U8(n) => Value::Byte(n),
        Number::I16(n) => Value::Int16(n),
        Number::U16(n) => Value::UInt16(n),
        Number::I32(n) => Value::Int32(n),
        Number::U32(n) => Value::UInt32(n),
        Number::I64(n) => Value::Int64(n),
        Number::U64(n) => Value::UInt64(n),
        Number::Double(n) => Value::Double(n),
        Number::Decimal(n) => Value::Decimal(n),
    }
}

/// The literal that stands for `value`.
pub(super) fn literal(value: &Value) -> Result<Literal, Unprintable> {
    let number = match value {
        Value::Nil => return Ok(Literal::Null),
        Value::Bool(value) => return Ok(Literal::Bool(*value)),
        Value::String(text) => {
            let text = text.as_str().ok_or(Unprintable::Surrogate)?;
            return Ok(Literal::Text(text.to_owned()));
        }
        Value::Object(object) => return object_literal(object),
        Value::SByte(n) => Number::I8(*n),
        Value::Byte(n) => Number::U8(*n),
        Value::Int16(n) => Number::I16(*n),
        Value::UInt16(n) => Number::U16(*n),
        Value::Int32(n) => Number::I32(*n),
        Value::UInt32(n) => Number::U32(*n),
        Value::Int64(n) => Number::I64(*n),
        Value::UInt64(n) => Number::U64(*n),
        Value::Double(n) => Number::Double(*n),
        Value::Decimal(n) => Number::Decimal(*n),
        _ => return Err(Unprintable::Value),
    };
    let text = number.literal().ok_or(Unprintable::Value)?;
    Ok(Literal::Number { value: number, text })
}

fn object_literal(object: &Object) -> Result<Literal, Unprintable> {
    if !object.adapted.is_empty() || !object.extended.is_empty() {
        return Err(Unprintable::Value);
    }
    match &object.content {
        Content::List(ListKind::List, elements) => elements
            .iter()
            .map(literal)
            .collect::<Result<_, _>>()
            .map(Literal::Array),
        Content::Dictionary(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| Ok((literal(key)?, literal(value)?)));
            entries.collect::<Result<_, _>>().map(Literal::Table)
        }
        Content::Value(value) => wrapped_number(value, object),
        _ => Err(Unprintable::Value),
    }
}

/// A number with the text that it was written with.
fn wrapped_number(value: &Value, object: &Object) -> Result<Literal, Unprintable> {
    let plain = literal(value)?;
    let text = object.to_string.as_ref().and_then(|text| text.as_str());
    let (Literal::Number { value, .. }, Some(text)) = (plain, text) else {
        return Err(Unprintable::Value);
    };
    match number::scan(text, Place::Argument) {
        Scan::Number(read, length) if length == text.len() && read.is_identical(value) => {
            Ok(Literal::Number {
                value,
                text: text.to_owned(),
            })
        }
        _ => Err(Unprintable::Value),
    }
}
