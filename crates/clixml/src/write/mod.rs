//! Writing CLIXML as PowerShell writes it.

mod tree;

use std::collections::HashMap;

use tree::Output;

use crate::{Document, Error, RefId, TypeNames, Value};

/// Most values inside one another that are written: PowerShell's reader takes no more. What lies deeper becomes the
/// text that PowerShell writes there.
pub const MAX_DEPTH: usize = 49;

/// Writes the data of a PSRP message: the bare element, without root, namespace or byte order mark.
///
/// Null is `<Nil />`; where a protocol wants no data at all instead (pipeline input and output), send none.
///
/// # Errors
/// [`Error::Unwritable`] as for [`Writer::message`].
pub fn write_message(value: &Value) -> Result<Vec<u8>, Error> {
    Writer::new().message(value)
}

/// Writes a file: `<Objs>` around the values, with their streams if they have any.
///
/// # Errors
/// [`Error::Unwritable`] as for [`Writer::message`].
pub fn write_document(document: &Document) -> Result<Vec<u8>, Error> {
    Writer::new().document(document)
}

/// How CLIXML is written.
///
/// Objects are numbered in document order whatever ids they came with, as PowerShell does; references follow their
/// objects. Equal lists of type names are written once.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    bom: bool,
    header: bool,
}

impl Writer {
    /// A writer without byte order mark and header line.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// Whether a byte order mark stands in front: PowerShell's own messages have one.
    #[must_use]
    pub fn bom(mut self, bom: bool) -> Writer {
        self.bom = bom;
        self
    }

    /// Whether the line `#< CLIXML` stands before a document, as on PowerShell's standard output and error.
    #[must_use]
    pub fn header(mut self, header: bool) -> Writer {
        self.header = header;
        self
    }

    /// Writes one value without a root element.
    ///
    /// # Errors
    /// [`Error::Unwritable`]: a reference to an object that is not written before it, a member without a name, a
    /// null as the key of a dictionary, an object inside itself as base value more than a hundred times over, a
    /// progress record in a state that PowerShell does not allow.
    pub fn message(&self, value: &Value) -> Result<Vec<u8>, Error> {
        let mut output = self.start();
        output.value(value, None, None)?;
        Ok(output.text.into_bytes())
    }

    /// Writes a document with its root element.
    ///
    /// # Errors
    /// As [`Writer::message`].
    pub fn document(&self, document: &Document) -> Result<Vec<u8>, Error> {
        let mut output = self.start();
        if self.header {
            output.text.push_str("#< CLIXML\r\n");
        }
        output
            .text
            .push_str("<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">");
        for (place, value) in document.roots().iter().enumerate() {
            output.value(value, None, document.stream(place))?;
        }
        output.text.push_str("</Objs>");
        Ok(output.text.into_bytes())
    }

    fn start(&self) -> Output {
        let mut output = Output::default();
        if self.bom {
            output.text.push('\u{FEFF}');
        }
        output
    }
}

/// The numbers given to objects and type lists so far.
#[derive(Default)]
struct Numbers {
    objects: u32,
    /// The number of the last object that had that id in the value.
    by_id: HashMap<RefId, u32>,
    types: HashMap<TypeNames, u32>,
}

impl Numbers {
    fn object(&mut self, id: Option<&RefId>) -> u32 {
        let number = self.objects;
        self.objects += 1;
        if let Some(id) = id {
            self.by_id.insert(id.clone(), number);
        }
        number
    }

    /// The number of the list, and whether it is new.
    fn types(&mut self, types: &TypeNames) -> (u32, bool) {
        if let Some(number) = self.types.get(types) {
            return (*number, false);
        }
        let number = self.types.len() as u32;
        self.types.insert(types.clone(), number);
        (number, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Content, DateTime, ListKind, Members, Object, ProgressRecord, ProgressRecordType, PsString,
        SecureText, TimeSpan, Version,
    };

    fn written(value: impl Into<Value>) -> String {
        String::from_utf8(write_message(&value.into()).unwrap()).unwrap()
    }

    #[test]
    fn primitives() {
        for (value, expected) in [
            (Value::Nil, "<Nil />"),
            ("".into(), "<S></S>"),
            ("a<b\n".into(), "<S>a&lt;b_x000A_</S>"),
            (PsString::from_utf16(&[0xD800]).into(), "<S>_xD800_</S>"),
            (Value::Char(0xD800), "<C>55296</C>"),
            (true.into(), "<B>true</B>"),
            (Value::Byte(255), "<By>255</By>"),
            (Value::SByte(-1), "<SB>-1</SB>"),
            (Value::UInt16(1), "<U16>1</U16>"),
            (Value::Int16(-1), "<I16>-1</I16>"),
            (Value::UInt32(1), "<U32>1</U32>"),
            (Value::Int32(-1), "<I32>-1</I32>"),
            (Value::UInt64(u64::MAX), "<U64>18446744073709551615</U64>"),
            (Value::Int64(i64::MIN), "<I64>-9223372036854775808</I64>"),
            (Value::Single(1.1), "<Sg>1.1</Sg>"),
            (Value::Double(f64::NAN), "<Db>NaN</Db>"),
            (Value::Decimal("1.50".parse().unwrap()), "<D>1.50</D>"),
            (DateTime::MIN.into(), "<DT>0001-01-01T00:00:00</DT>"),
            (TimeSpan(-5).into(), "<TS>-PT0.0000005S</TS>"),
            (Value::bytes([0, 1, 2]), "<BA>AAEC</BA>"),
            (
                uuid::Uuid::nil().into(),
                "<G>00000000-0000-0000-0000-000000000000</G>",
            ),
            (Value::Uri("https://é/a b".into()), "<URI>https://é/a b</URI>"),
            (Version::new(2, 3).into(), "<Version>2.3</Version>"),
            (Value::Xml("<a />".into()), "<XD>&lt;a /&gt;</XD>"),
            (Value::ScriptBlock("1\r\n".into()), "<SBK>1_x000D__x000A_</SBK>"),
            (SecureText::new("AAEC").into(), "<SS>AAEC</SS>"),
        ] {
            assert_eq!(written(value), expected);
        }
    }

    #[test]
    fn objects_are_numbered_and_type_lists_shared() {
        let first = Object::typed(["A", "B"])
            .with_to_string("text")
            .adapted("P", 1)
            .extended("E \"x\"", Value::Nil);
        let second = Object::typed(["A", "B"]).with_content(Content::Value(5.into()));
        let third = Object::typed(crate::TypeNames::new::<&str>([])).with_to_string("");
        assert_eq!(
            written(Value::list([Value::from(first), second.into(), third.into()])),
            "<Obj RefId=\"0\"><TN RefId=\"0\"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN><LST>\
             <Obj RefId=\"1\"><TN RefId=\"1\"><T>A</T><T>B</T></TN><ToString>text</ToString><Props><I32 N=\"P\">1\
             </I32></Props><MS><Nil N=\"E &quot;x&quot;\" /></MS></Obj><Obj RefId=\"2\"><TNRef RefId=\"1\" />\
             <I32>5</I32></Obj><Obj RefId=\"3\"><TN RefId=\"2\" /><ToString /></Obj></LST></Obj>"
        );
    }

    #[test]
    fn references_follow_their_objects() {
        let shared = Object::bag().extended("self", RefId::from(9)).with_ref_id(9);
        let value = Object::bag()
            .extended("a", shared)
            .extended("b", RefId::from(9))
            .extended("c", RefId::new("top"));
        let value = value.with_ref_id("top");
        assert_eq!(
            written(value),
            "<Obj RefId=\"0\"><MS><Obj N=\"a\" RefId=\"1\"><MS><Ref N=\"self\" RefId=\"1\" /></MS></Obj>\
             <Ref N=\"b\" RefId=\"1\" /><Ref N=\"c\" RefId=\"0\" /></MS></Obj>"
        );
        assert!(matches!(
            write_message(&RefId::from(0).into()),
            Err(Error::Unwritable(_))
        ));
    }

    #[test]
    fn containers() {
        let empty = |kind| Object::bag().with_content(Content::List(kind, Vec::new()));
        assert_eq!(written(empty(ListKind::List)), "<Obj RefId=\"0\"><LST /></Obj>");
        assert_eq!(
            written(empty(ListKind::Enumerable)),
            "<Obj RefId=\"0\"><IE /></Obj>"
        );
        let stack = Object::bag().with_content(Content::List(ListKind::Stack, vec![1.into()]));
        assert_eq!(written(stack), "<Obj RefId=\"0\"><STK><I32>1</I32></STK></Obj>");
        let none = Object::bag().with_content(Content::Dictionary(Vec::new()));
        assert_eq!(written(none), "<Obj RefId=\"0\"><DCT /></Obj>");
        let entries = Object::bag().with_content(Content::Dictionary(vec![("a".into(), Value::Nil)]));
        assert_eq!(
            written(entries),
            "<Obj RefId=\"0\"><DCT><En><S N=\"Key\">a</S><Nil N=\"Value\" /></En></DCT></Obj>"
        );
        let nil_key = Object::bag().with_content(Content::Dictionary(vec![(Value::Nil, 1.into())]));
        assert!(write_message(&nil_key.into()).is_err());
        let set: Members = [("x", 1)].into_iter().collect();
        assert_eq!(
            written(Object::bag().extended("set", set)),
            "<Obj RefId=\"0\"><MS><MS N=\"set\"><I32 N=\"x\">1</I32></MS></MS></Obj>"
        );
    }

    #[test]
    fn what_lies_too_deep_becomes_a_text() {
        let mut value = Value::from(1);
        for _ in 0..60 {
            value = Object::bag()
                .with_content(Content::List(ListKind::List, vec![value]))
                .into();
        }
        let text = written(value);
        assert_eq!(text.matches("<Obj ").count(), MAX_DEPTH);
        assert!(text.contains("<LST><S>Serialized XML is nested too deeply.</S></LST>"));
    }

    #[test]
    fn documents_streams_and_marks() {
        let record = ProgressRecord {
            activity: "Doing".into(),
            activity_id: 0,
            current_operation: None,
            parent_activity_id: -1,
            percent_complete: -1,
            record_type: ProgressRecordType::Completed,
            seconds_remaining: -1,
            status_description: " ".into(),
        };
        let document = Document::new(vec![
            "x".into(),
            Value::Progress(Box::new(record)),
            Object::bag().into(),
            Value::Nil,
        ])
        .with_streams([Some("Error"), Some("Progress"), Some("progress"), None]);
        let text =
            String::from_utf8(Writer::new().bom(true).header(true).document(&document).unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{FEFF}#< CLIXML\r\n<Objs Version=\"1.1.0.1\" \
             xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><S S=\"Error\">x</S><PR S=\"Progress\">\
             <AV>Doing</AV><AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR>\
             <Obj S=\"progress\" RefId=\"0\" /><Nil /></Objs>"
        );
    }
}
