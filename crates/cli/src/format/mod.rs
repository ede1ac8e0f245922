//! Objects on standard output, in the form that was asked for.

mod display;
mod list;
mod table;

use std::io::{self, Write};

use psbridge_clixml::{Document, json};
use serde_json::Value as Json;

use crate::args::Format;
use crate::terminal::safe_lines;

/// Writes objects as they come.
///
/// Memory does not grow with their number: a table holds back its first rows, nothing else is kept.
pub(crate) struct Printer<W> {
    out: W,
    form: Form,
    count: u64,
}

enum Form {
    Table(table::Table),
    List,
    /// One array; the bracket is open when anything was written.
    Json,
    Ndjson,
    Typed,
    Text,
}

impl<W: Write> Printer<W> {
    /// Writes to `out`, which a terminal shows in so many columns.
    pub(crate) fn new(out: W, format: Format, columns: usize) -> Self {
        let form = match format {
            Format::Table => Form::Table(table::Table::new(columns)),
            Format::List => Form::List,
            Format::Json => Form::Json,
            Format::Ndjson => Form::Ndjson,
            Format::Typed => Form::Typed,
            Format::Text => Form::Text,
        };
        Self { out, form, count: 0 }
    }

    /// Writes the values of one document, which is one object of a pipeline.
    pub(crate) fn object(&mut self, document: &Document) -> io::Result<()> {
        for value in document.roots() {
            let first = self.count == 0;
            self.count += 1;
            match &mut self.form {
                Form::Table(table) => table.push(&mut self.out, document, value)?,
                Form::List => list::write(&mut self.out, document, value, first)?,
                Form::Json => {
                    self.out.write_all(if first { b"[\n" } else { b",\n" })?;
                    serde_json::to_writer(&mut self.out, &json::plain(document, value))?;
                }
                Form::Ndjson => write_line(&mut self.out, &json::plain(document, value))?,
                Form::Typed => write_line(&mut self.out, &json::typed(value))?,
                Form::Text => {
                    let text = display::text(document, value, usize::MAX);
                    writeln!(self.out, "{}", safe_lines(&text))?;
                }
            }
        }
        Ok(())
    }

    /// Writes a record of any stream as `{"stream":…,"value":…}`.
    pub(crate) fn tagged(&mut self, stream: &str, value: Json) -> io::Result<()> {
        let mut line = serde_json::Map::new();
        line.insert("stream".to_owned(), Json::String(stream.to_owned()));
        line.insert("value".to_owned(), value);
        let first = self.count == 0;
        self.count += 1;
        if let Form::Json = self.form {
            self.out.write_all(if first { b"[\n" } else { b",\n" })?;
            return Ok(serde_json::to_writer(&mut self.out, &line)?);
        }
        write_line(&mut self.out, &Json::Object(line))
    }

    /// The JSON form of a value of `document` that [`Self::tagged`] should carry.
    pub(crate) fn json(&self, document: &Document) -> Json {
        let value = document.root().unwrap_or(&psbridge_clixml::Value::Nil);
        match self.form {
            Form::Typed => json::typed(value),
            _ => json::plain(document, value),
        }
    }

    /// Whether something is held back that [`Self::settle`] would write.
    pub(crate) fn is_holding(&self) -> bool {
        matches!(&self.form, Form::Table(table) if table.is_holding())
    }

    /// Writes what is held back, because nothing more comes for a while.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        if let Form::Table(table) = &mut self.form {
            table.settle(&mut self.out)?;
        }
        self.out.flush()
    }

    /// Hands everything written on to the operating system.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes what is held back and closes what is open.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match &mut self.form {
            Form::Table(table) => table.end(&mut self.out)?,
            Form::Json if self.count == 0 => writeln!(self.out, "[]")?,
            Form::Json => writeln!(self.out, "\n]")?,
            _ => {}
        }
        self.out.flush()
    }

    /// Properties for which a table had no room.
    pub(crate) fn left_out(&self) -> usize {
        match &self.form {
            Form::Table(table) => table.left_out(),
            _ => 0,
        }
    }
}

fn write_line(out: &mut impl Write, value: &Json) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use psbridge_clixml::{Object, Value};

    fn printed(format: Format, values: &[Value]) -> String {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, format, 80);
        for value in values {
            printer.object(&Document::new(vec![value.clone()])).unwrap();
        }
        printer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_one_array_even_when_empty() {
        assert_eq!(printed(Format::Json, &[]), "[]\n");
        assert_eq!(
            printed(Format::Json, &[Value::from(1i32), Value::from("x")]),
            "[\n1,\n\"x\"\n]\n"
        );
    }

    #[test]
    fn ndjson_and_typed_are_lines() {
        let object = Value::from(Object::custom().extended("A", 1i32));
        assert_eq!(
            printed(Format::Ndjson, &[object, Value::Nil]),
            "{\"A\":1}\nnull\n"
        );
        assert_eq!(
            printed(Format::Typed, &[Value::from(1i32)]),
            "{\"t\":\"I32\",\"v\":1}\n"
        );
    }

    #[test]
    fn text_keeps_lines_and_shows_controls() {
        assert_eq!(printed(Format::Text, &[Value::from("a\nb\u{7}")]), "a\nb\\u{7}\n");
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_is_printed_for_people(
            name in proptest::prelude::any::<String>(),
            text in proptest::prelude::any::<String>(),
        ) {
            let object = Object::custom().extended(name.as_str(), text.as_str());
            let values = [Value::from(object), Value::list([text.as_str()]), Value::from(text.as_str())];
            for format in [Format::Table, Format::List, Format::Text] {
                let shown = printed(format, &values);
                proptest::prop_assert_eq!(safe_lines(&shown), shown.as_str());
            }
        }
    }

    #[test]
    fn tagged_records_follow_the_format() {
        let mut out = Vec::new();
        let mut printer = Printer::new(&mut out, Format::Ndjson, 80);
        printer.tagged("warning", Json::String("w".into())).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"stream\":\"warning\",\"value\":\"w\"}\n"
        );
    }
}
