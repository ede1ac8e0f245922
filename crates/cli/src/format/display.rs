//! Values as text for people.

use std::fmt::Write as _;

use psbridge_clixml::{Content, Deref, Document, Members, Object, Value};

/// How deep containers are written out; further in there is only the name of the type.
const MAX_DEPTH: usize = 3;

/// Elements of a list that a table's cell shows, as PowerShell's `$FormatEnumerationLimit`.
pub(super) const CELL_ELEMENTS: usize = 4;

/// The text of `value`, with at most `elements` elements of each list.
pub(super) fn text(document: &Document, value: &Value, elements: usize) -> String {
    let mut writer = Writer {
        document,
        elements,
        out: String::new(),
    };
    writer.value(value, 0);
    writer.out
}

/// The properties of `value` in wire order, adapted ones first; an extended one takes the place of an adapted one of
/// the same name. `None` when there are none: a primitive, a list, an enumeration.
pub(super) fn properties<'a>(document: &'a Document, value: &'a Value) -> Option<Vec<(&'a str, &'a Value)>> {
    let Deref::Object(object) = document.deref(value) else {
        return None;
    };
    if !matches!(object.content, Content::None) {
        return None;
    }
    let mut properties: Vec<(&str, &Value)> =
        Vec::with_capacity(object.adapted.len() + object.extended.len());
    for (name, value) in object.adapted.iter() {
        properties.push((name.as_str(), object.extended.get(name.as_str()).unwrap_or(value)));
    }
    for (name, value) in object.extended.iter() {
        if !object.adapted.contains(name.as_str()) && !matches!(value, Value::MemberSet(_)) {
            properties.push((name.as_str(), value));
        }
    }
    (!properties.is_empty()).then_some(properties)
}

/// The most derived type of `value`, if it is an object that says so.
pub(super) fn type_name<'a>(document: &'a Document, value: &'a Value) -> Option<&'a str> {
    match document.deref(value) {
        Deref::Object(object) => object.type_names.first(),
        Deref::Value(_) => None,
    }
}

struct Writer<'a> {
    document: &'a Document,
    elements: usize,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) {
        // Writing into a String cannot fail.
        let _ = match value {
            Value::Nil => Ok(()),
            Value::String(text) | Value::Uri(text) | Value::Xml(text) | Value::ScriptBlock(text) => {
                self.out.push_str(&text.to_str_lossy());
                Ok(())
            }
            Value::Char(unit) => {
                self.out.push_str(&String::from_utf16_lossy(&[*unit]));
                Ok(())
            }
            Value::Bool(true) => self.out.write_str("True"),
            Value::Bool(false) => self.out.write_str("False"),
            Value::DateTime(date) => write!(self.out, "{date}"),
            Value::TimeSpan(span) => write!(self.out, "{span}"),
            Value::Byte(n) => write!(self.out, "{n}"),
            Value::SByte(n) => write!(self.out, "{n}"),
            Value::UInt16(n) => write!(self.out, "{n}"),
            Value::Int16(n) => write!(self.out, "{n}"),
            Value::UInt32(n) => write!(self.out, "{n}"),
            Value::Int32(n) => write!(self.out, "{n}"),
            Value::UInt64(n) => write!(self.out, "{n}"),
            Value::Int64(n) => write!(self.out, "{n}"),
            Value::Single(n) => write!(self.out, "{n}"),
            Value::Double(n) => write!(self.out, "{n}"),
            Value::Decimal(n) => write!(self.out, "{n}"),
            Value::Bytes(bytes) => {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode_string(bytes, &mut self.out);
                Ok(())
            }
            Value::Guid(guid) => write!(self.out, "{guid}"),
            Value::Version(version) => write!(self.out, "{version}"),
            Value::SecureString(_) => self.out.write_str("System.Security.SecureString"),
            Value::Progress(record) => write!(self.out, "{}", record.activity),
            Value::MemberSet(members) => {
                self.members(members, depth);
                Ok(())
            }
            Value::Ref(id) => {
                match self.document.resolve(id) {
                    Some(object) => self.object(object, depth),
                    None => drop(write!(self.out, "(object {id})")),
                }
                Ok(())
            }
            Value::Object(object) => {
                self.object(object, depth);
                Ok(())
            }
            other => write!(self.out, "{other:?}"),
        };
    }

    fn object(&mut self, object: &Object, depth: usize) {
        if let Some(text) = &object.to_string {
            self.out.push_str(&text.to_str_lossy());
            return;
        }
        if depth >= MAX_DEPTH {
            self.out.push_str(object.type_names.first().unwrap_or("…"));
            return;
        }
        match &object.content {
            Content::Value(value) => self.value(value, depth + 1),
            Content::List(_, elements) => self.list(elements, depth),
            Content::Dictionary(entries) => self.dictionary(entries, depth),
            Content::None if object.adapted.is_empty() && object.extended.is_empty() => {
                self.out.push_str(object.type_names.first().unwrap_or_default());
            }
            Content::None if object.adapted.is_empty() => self.members(&object.extended, depth),
            Content::None => self.members(&object.adapted, depth),
        }
    }

    fn list(&mut self, elements: &[Value], depth: usize) {
        self.out.push('{');
        for (position, element) in elements.iter().enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            if position == self.elements {
                self.out.push('…');
                break;
            }
            self.value(element, depth + 1);
        }
        self.out.push('}');
    }

    fn dictionary(&mut self, entries: &[(Value, Value)], depth: usize) {
        self.out.push('{');
        for (position, (key, value)) in entries.iter().enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            if position == self.elements {
                self.out.push('…');
                break;
            }
            self.out.push('[');
            self.value(key, depth + 1);
            self.out.push_str(", ");
            self.value(value, depth + 1);
            self.out.push(']');
        }
        self.out.push('}');
    }

    fn members(&mut self, members: &Members, depth: usize) {
        self.out.push_str("@{");
        for (position, (name, value)) in members.iter().enumerate() {
            if position > 0 {
                self.out.push_str("; ");
            }
            if position == self.elements.saturating_mul(4) {
                self.out.push('…');
                break;
            }
            self.out.push_str(name.as_str());
            self.out.push('=');
            self.value(value, depth + 1);
        }
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: impl Into<Value>) -> String {
        let document = Document::new(vec![value.into()]);
        text(&document, document.root().unwrap(), CELL_ELEMENTS)
    }

    #[test]
    fn primitives_are_shown_as_powershell_shows_them() {
        assert_eq!(shown(Value::Nil), "");
        assert_eq!(shown(true), "True");
        assert_eq!(shown(-5i32), "-5");
        assert_eq!(shown("x"), "x");
        assert_eq!(shown(Value::Char(0x41)), "A");
    }

    #[test]
    fn containers_are_cut() {
        assert_eq!(shown(Value::list(["a", "b"])), "{a, b}");
        assert_eq!(shown(Value::list(["a", "b", "c", "d", "e"])), "{a, b, c, d, …}");
        assert_eq!(shown(Value::dictionary([("k", 1i32)])), "{[k, 1]}");
        assert_eq!(
            shown(Object::custom().extended("A", 1i32).extended("B", "x")),
            "@{A=1; B=x}"
        );
        assert_eq!(shown(Value::enumeration("Color", "Red", 1i32)), "Red");
    }

    #[test]
    fn depth_and_cycles_end() {
        let inner = Object::custom()
            .with_ref_id("0")
            .extended("Self", Value::Ref("0".into()));
        let text = shown(inner);
        assert!(text.len() < 200, "{text}");
        let deep = (0..10).fold(Value::from(1i32), |value, _| Value::list([value]));
        assert!(shown(deep).contains("System.Object[]"));
    }

    #[test]
    fn extended_properties_take_the_place_of_adapted_ones() {
        let object = Object::typed(["T"])
            .adapted("A", 1i32)
            .adapted("B", 2i32)
            .extended("a", 3i32)
            .extended("C", 4i32);
        let document = Document::new(vec![object.into()]);
        let properties = properties(&document, document.root().unwrap()).unwrap();
        let names: Vec<_> = properties
            .iter()
            .map(|(name, value)| (*name, value.as_i64()))
            .collect();
        assert_eq!(names, [("A", Some(3)), ("B", Some(2)), ("C", Some(4))]);
    }
}
