//! What a type sees of the value it is decoded from.

use std::borrow::Cow;

use crate::read::{Element, Stream};
use crate::{Error, ListKind, PsString, TypeNames, Value};

use super::{StreamObject, TreeContext, TreeObject};

/// A value that is about to be decoded. Dropping it passes the value over.
#[derive(Debug)]
pub struct ValueReader<'r, 'a>(pub(super) Source<'r, 'a>);

pub(super) enum Source<'r, 'a> {
    /// A value made elsewhere: one byte of an array, null for no data.
    Ready(Value),
    /// A value on the wire whose start tag has been read.
    Stream(&'r mut Stream<'a>, Element<'a>),
    /// A value of a document that has been read.
    Tree(&'r mut TreeContext<'a>, &'a Value),
}

impl std::fmt::Debug for Source<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Ready(value) => f.debug_tuple("Ready").field(value).finish(),
            Source::Stream(_, element) => f.debug_tuple("Stream").field(element).finish(),
            Source::Tree(_, value) => f.debug_tuple("Tree").field(value).finish(),
        }
    }
}

/// What a value turns out to be; references have been followed.
#[derive(Debug)]
pub enum Shape<'r, 'a> {
    /// Null.
    Nil,
    /// A primitive.
    Primitive(Value),
    /// An object, or a set of members.
    Object(ObjectReader<'r, 'a>),
}

impl<'r, 'a> ValueReader<'r, 'a> {
    /// A value that is at hand.
    pub fn primitive(value: Value) -> ValueReader<'static, 'static> {
        ValueReader(Source::Ready(value))
    }

    pub(super) fn tree(context: &'r mut TreeContext<'a>, value: &'a Value) -> ValueReader<'r, 'a> {
        ValueReader(Source::Tree(context, value))
    }

    /// Looks into the value.
    ///
    /// # Errors
    /// What the reader meets, and [`Error::Cycle`] for a reference to an enclosing object.
    pub fn open(self) -> Result<Shape<'r, 'a>, Error> {
        match self.0 {
            Source::Ready(Value::Nil) => Ok(Shape::Nil),
            Source::Ready(value) => Ok(Shape::Primitive(value)),
            Source::Stream(stream, element) => stream.open_value(element),
            Source::Tree(context, value) => context.open_value(value),
        }
    }

    /// The value, unless it is null.
    ///
    /// # Errors
    /// What the reader meets.
    pub fn nil_or(self) -> Result<Option<ValueReader<'r, 'a>>, Error> {
        Ok(match self.0 {
            Source::Ready(Value::Nil) | Source::Tree(_, Value::Nil) => None,
            Source::Stream(stream, element) if element.local == "Nil" => {
                stream.open_value(element)?;
                None
            }
            source => Some(ValueReader(source)),
        })
    }

    /// The value as an object; `expected` says in errors what is wanted.
    ///
    /// # Errors
    /// As [`ValueReader::open`]; [`Error::Mismatch`] for null and primitives.
    pub fn object(self, expected: &str) -> Result<ObjectReader<'r, 'a>, Error> {
        match self.open()? {
            Shape::Object(object) => Ok(object),
            Shape::Nil => Err(mismatch(expected, "null")),
            Shape::Primitive(value) => Err(mismatch(expected, &describe(&value))),
        }
    }

    /// The value as it is, objects built. References inside stay references.
    ///
    /// # Errors
    /// What the reader meets.
    pub fn value(self) -> Result<Value, Error> {
        match self.0 {
            Source::Ready(value) => Ok(value),
            Source::Stream(stream, element) => stream.value_or_set(&element),
            Source::Tree(_, value) => Ok(value.clone()),
        }
    }

    /// The primitive, also from inside an object (an extended primitive, the number of an enumeration); `None` for
    /// null.
    ///
    /// # Errors
    /// As [`ValueReader::open`]; [`Error::Mismatch`] for an object without a base value.
    pub fn base(self, expected: &str) -> Result<Option<Value>, Error> {
        let mut object = match self.open()? {
            Shape::Nil => return Ok(None),
            Shape::Primitive(value) => return Ok(Some(value)),
            Shape::Object(object) => object,
        };
        let mut base = None;
        while let Some(part) = object.next()? {
            if let Part::Base(value) = part {
                base = Some(value);
            }
        }
        base.map_or_else(|| Err(mismatch(expected, "an object")), |value| Ok(Some(value)))
    }

    /// The text: of a string or any other primitive, of an object by its base value or `ToString`; `None` for null.
    ///
    /// # Errors
    /// As [`ValueReader::open`]; [`Error::Mismatch`] for an object that has neither, and for secure strings and
    /// progress records.
    pub fn text(self) -> Result<Option<PsString>, Error> {
        let mut object = match self.open()? {
            Shape::Nil => return Ok(None),
            Shape::Primitive(value) => return primitive_text(value).map(Some),
            Shape::Object(object) => object,
        };
        let (mut base, mut to_string) = (None, None);
        while let Some(part) = object.next()? {
            match part {
                Part::Base(value) => base = Some(value),
                Part::ToString(text) => to_string = Some(text),
                _ => {}
            }
        }
        match (base, to_string) {
            (
                Some(Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text)),
                _,
            )
            | (_, Some(text)) => Ok(Some(text)),
            (Some(value), None) => primitive_text(value).map(Some),
            (None, None) => Err(mismatch("text", "an object without ToString")),
        }
    }
}

/// An object that is being decoded, part by part in wire order. What is not asked for is passed over.
#[derive(Debug)]
pub struct ObjectReader<'r, 'a>(pub(super) ObjectSource<'r, 'a>);

#[derive(Debug)]
pub(super) enum ObjectSource<'r, 'a> {
    Stream(StreamObject<'r, 'a>),
    Tree(TreeObject<'r, 'a>),
}

/// A part of an object.
#[derive(Debug)]
pub enum Part<'r, 'a> {
    /// Its type names.
    TypeNames(TypeNames),
    /// The text of its `ToString`.
    ToString(PsString),
    /// Its base value, a primitive. (The parts of a wrapped object come as the wrapper's own.)
    Base(Value),
    /// It is a list; its items follow.
    List(ListKind),
    /// An item of the list.
    Item(ValueReader<'r, 'a>),
    /// It is a dictionary; its keys and values follow in turn.
    Dictionary,
    /// A key of the dictionary.
    Key(ValueReader<'r, 'a>),
    /// The value of the last key.
    Value(ValueReader<'r, 'a>),
    /// A member.
    Member {
        /// Its name.
        name: Cow<'a, str>,
        /// Whether it is an adapted one (`<Props>`), not an extended one (`<MS>`).
        adapted: bool,
        /// Its value.
        value: ValueReader<'r, 'a>,
    },
}

impl<'a> ObjectReader<'_, 'a> {
    /// The next part; `None` at the end of the object.
    ///
    /// # Errors
    /// What the reader meets.
    #[expect(clippy::should_implement_trait, reason = "the parts borrow from the reader")]
    pub fn next(&mut self) -> Result<Option<Part<'_, 'a>>, Error> {
        match &mut self.0 {
            ObjectSource::Stream(object) => object.next(),
            ObjectSource::Tree(object) => Ok(object.next()),
        }
    }
}

/// The text of a primitive.
pub(crate) fn primitive_text(value: Value) -> Result<PsString, Error> {
    Ok(match value {
        Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => text,
        Value::Char(unit) => PsString::from_utf16(&[unit]),
        // .NET's own spelling of the two.
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::DateTime(value) => value.to_string().into(),
        Value::TimeSpan(value) => value.to_string().into(),
        Value::Byte(value) => value.to_string().into(),
        Value::SByte(value) => value.to_string().into(),
        Value::UInt16(value) => value.to_string().into(),
        Value::Int16(value) => value.to_string().into(),
        Value::UInt32(value) => value.to_string().into(),
        Value::Int32(value) => value.to_string().into(),
        Value::UInt64(value) => value.to_string().into(),
        Value::Int64(value) => value.to_string().into(),
        Value::Single(value) => {
            let mut text = String::new();
            crate::lexical::write_single(value, &mut text);
            text.into()
        }
        Value::Double(value) => {
            let mut text = String::new();
            crate::lexical::write_double(value, &mut text);
            text.into()
        }
        Value::Decimal(value) => value.to_string().into(),
        Value::Guid(value) => value.to_string().into(),
        Value::Version(value) => value.to_string().into(),
        other => return Err(mismatch("text", &describe(&other))),
    })
}

pub(super) fn mismatch(expected: &str, found: &str) -> Error {
    Error::Mismatch {
        path: String::new(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// What a value is, in words for errors. Secrets keep their text to themselves.
pub(crate) fn describe(value: &Value) -> String {
    let name = match value {
        Value::Nil => "null",
        Value::String(text) => {
            return format!(
                "the text {:?}",
                text.to_str_lossy().chars().take(40).collect::<String>()
            );
        }
        Value::Char(_) => "a character",
        Value::Bool(_) => "a truth value",
        Value::DateTime(_) => "a date",
        Value::TimeSpan(_) => "a time span",
        Value::Byte(_)
        | Value::SByte(_)
        | Value::UInt16(_)
        | Value::Int16(_)
        | Value::UInt32(_)
        | Value::Int32(_)
        | Value::UInt64(_)
        | Value::Int64(_) => {
            return format!("the number {}", primitive_text(value.clone()).unwrap_or_default());
        }
        Value::Single(_) | Value::Double(_) | Value::Decimal(_) => "a fractional number",
        Value::Bytes(_) => "bytes",
        Value::Guid(_) => "a GUID",
        Value::Uri(_) => "a URI",
        Value::Version(_) => "a version",
        Value::Xml(_) => "an XML document",
        Value::ScriptBlock(_) => "a script block",
        Value::SecureString(_) => "a secure string",
        Value::Progress(_) => "a progress record",
        Value::Ref(_) => "a reference",
        Value::MemberSet(_) => "a set of members",
        Value::Object(_) => "an object",
    };
    name.to_owned()
}
