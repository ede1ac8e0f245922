//! Values as text.

use std::fmt::Write as _;

use super::{MAX_DEPTH, Numbers};
use crate::codec::{self, Place};
use crate::{Content, Error, Members, Name, Object, ProgressRecord, PsString, TypeNames, Value, lexical};

const TOO_DEEP: &str = "Serialized XML is nested too deeply.";
/// Most wrapped objects and member sets inside one another, which PowerShell does not count as levels.
const MAX_WRAPS: usize = 100;

/// What has been written, and what has to be known to go on.
#[derive(Default)]
pub(super) struct Output {
    pub(super) text: String,
    numbers: Numbers,
    level: usize,
    wraps: usize,
}

/// The name of an element's place: a member, or one of a dictionary's two halves.
#[derive(Clone, Copy)]
pub(super) enum Label<'a> {
    Member(&'a Name),
    Key,
    Value,
}

impl Output {
    pub(super) fn value(
        &mut self,
        value: &Value,
        label: Option<Label<'_>>,
        stream: Option<&str>,
    ) -> Result<(), Error> {
        self.level += 1;
        if self.level > MAX_DEPTH && !value.is_nil() {
            self.element("S", label, stream, TOO_DEEP);
        } else {
            self.any(value, label, stream)?;
        }
        self.level -= 1;
        Ok(())
    }

    fn any(&mut self, value: &Value, label: Option<Label<'_>>, stream: Option<&str>) -> Result<(), Error> {
        match value {
            Value::Nil => {
                self.start("Nil", label, stream);
                self.text.push_str(" />");
            }
            Value::Ref(id) => {
                let number = self.numbers.by_id.get(id).copied().ok_or_else(|| {
                    Error::Unwritable(format!(
                        "reference {id} names no object that is written before it"
                    ))
                })?;
                self.start("Ref", label, stream);
                self.push(format_args!(" RefId=\"{number}\" />"));
            }
            Value::Object(object) => self.object(object, label, stream)?,
            Value::MemberSet(members) => {
                // Outside of members a set has no form of its own: it is written as an object that has only these.
                self.start_object(None, label, stream);
                self.text.push('>');
                self.members("MS", None, members)?;
                self.text.push_str("</Obj>");
            }
            Value::Progress(record) => self.progress(record, label, stream)?,
            primitive => self.primitive(primitive, label, stream),
        }
        Ok(())
    }

    fn primitive(&mut self, value: &Value, label: Option<Label<'_>>, stream: Option<&str>) {
        let tag = match value {
            Value::String(text) => return self.escaped("S", label, stream, text),
            Value::Uri(text) => return self.escaped("URI", label, stream, text),
            Value::Xml(text) => return self.escaped("XD", label, stream, text),
            Value::ScriptBlock(text) => return self.escaped("SBK", label, stream, text),
            Value::Char(_) => "C",
            Value::Bool(_) => "B",
            Value::DateTime(_) => "DT",
            Value::TimeSpan(_) => "TS",
            Value::Byte(_) => "By",
            Value::SByte(_) => "SB",
            Value::UInt16(_) => "U16",
            Value::Int16(_) => "I16",
            Value::UInt32(_) => "U32",
            Value::Int32(_) => "I32",
            Value::UInt64(_) => "U64",
            Value::Int64(_) => "I64",
            Value::Single(_) => "Sg",
            Value::Double(_) => "Db",
            Value::Decimal(_) => "D",
            Value::Bytes(_) => "BA",
            Value::Guid(_) => "G",
            Value::Version(_) => "Version",
            Value::SecureString(_) => "SS",
            Value::Nil | Value::Progress(_) | Value::Ref(_) | Value::MemberSet(_) | Value::Object(_) => {
                return;
            }
        };
        self.start(tag, label, stream);
        self.text.push('>');
        match value {
            Value::Char(unit) => self.push(format_args!("{unit}")),
            Value::Bool(value) => self.push(format_args!("{value}")),
            Value::DateTime(value) => self.push(format_args!("{value}")),
            Value::TimeSpan(value) => self.push(format_args!("{value}")),
            Value::Byte(value) => self.push(format_args!("{value}")),
            Value::SByte(value) => self.push(format_args!("{value}")),
            Value::UInt16(value) => self.push(format_args!("{value}")),
            Value::Int16(value) => self.push(format_args!("{value}")),
            Value::UInt32(value) => self.push(format_args!("{value}")),
            Value::Int32(value) => self.push(format_args!("{value}")),
            Value::UInt64(value) => self.push(format_args!("{value}")),
            Value::Int64(value) => self.push(format_args!("{value}")),
            Value::Single(value) => lexical::write_single(*value, &mut self.text),
            Value::Double(value) => lexical::write_double(*value, &mut self.text),
            Value::Decimal(value) => self.push(format_args!("{value}")),
            Value::Bytes(bytes) => lexical::write_base64(bytes, &mut self.text),
            Value::Guid(guid) => self.push(format_args!("{guid}")),
            Value::Version(version) => self.push(format_args!("{version}")),
            Value::SecureString(text) => codec::encode_xml(text.as_str(), &mut self.text),
            _ => {}
        }
        self.end(tag);
    }

    fn object(
        &mut self,
        object: &Object,
        label: Option<Label<'_>>,
        stream: Option<&str>,
    ) -> Result<(), Error> {
        self.start_object(Some(object), label, stream);
        let empty = object.type_names.is_absent()
            && object.to_string.is_none()
            && object.content == Content::None
            && object.adapted.is_empty()
            && object.extended.is_empty();
        if empty {
            self.text.push_str(" />");
            return Ok(());
        }
        self.text.push('>');
        self.type_names(&object.type_names);
        match &object.to_string {
            Some(text) if text.is_empty() => self.text.push_str("<ToString />"),
            Some(text) => self.escaped("ToString", None, None, text),
            None => {}
        }
        self.content(&object.content)?;
        if !object.adapted.is_empty() {
            self.members("Props", None, &object.adapted)?;
        }
        if !object.extended.is_empty() {
            self.members("MS", None, &object.extended)?;
        }
        self.end("Obj");
        Ok(())
    }

    /// `<Obj …` without its closing bracket.
    fn start_object(&mut self, object: Option<&Object>, label: Option<Label<'_>>, stream: Option<&str>) {
        let number = self
            .numbers
            .object(object.and_then(|object| object.ref_id.as_ref()));
        self.start("Obj", label, stream);
        self.push(format_args!(" RefId=\"{number}\""));
    }

    fn type_names(&mut self, types: &TypeNames) {
        if types.is_absent() {
            return;
        }
        match self.numbers.types(types) {
            (number, false) => self.push(format_args!("<TNRef RefId=\"{number}\" />")),
            (number, true) if types.is_empty() => self.push(format_args!("<TN RefId=\"{number}\" />")),
            (number, true) => {
                self.push(format_args!("<TN RefId=\"{number}\">"));
                for name in types.names() {
                    self.text.push_str("<T>");
                    codec::encode_name(name, Place::Text, &mut self.text);
                    self.text.push_str("</T>");
                }
                self.text.push_str("</TN>");
            }
        }
    }

    fn content(&mut self, content: &Content) -> Result<(), Error> {
        match content {
            Content::None => {}
            Content::Value(value @ (Value::Object(_) | Value::MemberSet(_))) => {
                self.wrap()?;
                self.any(value, None, None)?;
                self.wraps -= 1;
            }
            // Neither is a base value to PowerShell's reader.
            Content::Value(Value::Nil | Value::Ref(_)) => {
                return Err(Error::Unwritable(
                    "null or a reference as the base value of an object".into(),
                ));
            }
            Content::Value(value) => self.any(value, None, None)?,
            Content::List(kind, items) if items.is_empty() => self.push(format_args!("<{} />", kind.tag())),
            Content::List(kind, items) => {
                self.push(format_args!("<{}>", kind.tag()));
                for item in items {
                    self.value(item, None, None)?;
                }
                self.end(kind.tag());
            }
            Content::Dictionary(entries) if entries.is_empty() => self.text.push_str("<DCT />"),
            Content::Dictionary(entries) => {
                self.text.push_str("<DCT>");
                for (key, value) in entries {
                    if key.is_nil() {
                        return Err(Error::Unwritable("null as the key of a dictionary".into()));
                    }
                    self.text.push_str("<En>");
                    self.value(key, Some(Label::Key), None)?;
                    self.value(value, Some(Label::Value), None)?;
                    self.text.push_str("</En>");
                }
                self.text.push_str("</DCT>");
            }
        }
        Ok(())
    }

    fn members(&mut self, tag: &str, label: Option<Label<'_>>, members: &Members) -> Result<(), Error> {
        self.start(tag, label, None);
        if members.is_empty() {
            self.text.push_str(" />");
            return Ok(());
        }
        self.text.push('>');
        for (name, value) in members {
            if name.as_str().is_empty() {
                return Err(Error::Unwritable("a member without a name".into()));
            }
            let label = Some(Label::Member(name));
            match value {
                Value::MemberSet(inner) if tag == "MS" => {
                    self.wrap()?;
                    self.members("MS", label, inner)?;
                    self.wraps -= 1;
                }
                _ => self.value(value, label, None)?,
            }
        }
        self.end(tag);
        Ok(())
    }

    fn wrap(&mut self) -> Result<(), Error> {
        self.wraps += 1;
        if self.wraps > MAX_WRAPS {
            return Err(Error::Unwritable(format!(
                "more than {MAX_WRAPS} wrapped objects or member sets"
            )));
        }
        Ok(())
    }

    fn progress(
        &mut self,
        record: &ProgressRecord,
        label: Option<Label<'_>>,
        stream: Option<&str>,
    ) -> Result<(), Error> {
        if !record.is_possible() {
            return Err(Error::Unwritable(
                "a progress record that PowerShell does not allow".into(),
            ));
        }
        self.start("PR", label, stream);
        self.text.push('>');
        self.escaped("AV", None, None, &record.activity);
        self.push(format_args!("<AI>{}</AI>", record.activity_id));
        match &record.current_operation {
            Some(operation) => self.escaped("S", None, None, operation),
            None => self.text.push_str("<Nil />"),
        }
        let (parent, percent) = (record.parent_activity_id, record.percent_complete);
        let (kind, seconds) = (record.record_type.name(), record.seconds_remaining);
        self.push(format_args!(
            "<PI>{parent}</PI><PC>{percent}</PC><T>{kind}</T><SR>{seconds}</SR>"
        ));
        self.escaped("SD", None, None, &record.status_description);
        self.end("PR");
        Ok(())
    }

    fn escaped(&mut self, tag: &str, label: Option<Label<'_>>, stream: Option<&str>, text: &PsString) {
        self.start(tag, label, stream);
        self.text.push('>');
        codec::encode(text, Place::Text, &mut self.text);
        self.end(tag);
    }

    fn element(&mut self, tag: &str, label: Option<Label<'_>>, stream: Option<&str>, text: &str) {
        self.start(tag, label, stream);
        self.text.push('>');
        self.text.push_str(text);
        self.end(tag);
    }

    /// `<tag N="…" S="…"` without its closing bracket.
    fn start(&mut self, tag: &str, label: Option<Label<'_>>, stream: Option<&str>) {
        self.text.push('<');
        self.text.push_str(tag);
        if let Some(stream) = stream {
            self.text.push_str(" S=\"");
            codec::encode_str(stream, Place::Attribute, &mut self.text);
            self.text.push('"');
        }
        match label {
            None => {}
            Some(Label::Key) => self.text.push_str(" N=\"Key\""),
            Some(Label::Value) => self.text.push_str(" N=\"Value\""),
            Some(Label::Member(name)) => {
                self.text.push_str(" N=\"");
                codec::encode_name(name, Place::Attribute, &mut self.text);
                self.text.push('"');
            }
        }
    }

    fn end(&mut self, tag: &str) {
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = self.text.write_fmt(arguments);
    }
}
