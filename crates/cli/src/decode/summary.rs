//! `table` and `list`: one row, or one block, for each thing that was found.

use std::io::{self, Write};

use psbridge_clixml::{Document, Object, Value, json};
use psbridge_recording::decode::{Data, Item};

use super::Printer;
use crate::terminal::{fit, safe, width};

/// Widest cell of a table, in columns.
const WIDEST: usize = 60;

/// What a row or block says: names and values, safe for a terminal.
type Row = Vec<(&'static str, String)>;

/// Rows under a heading. They are kept until the widths are known.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Printer for Table {
    fn item(&mut self, item: &Item, _out: &mut dyn Write) -> io::Result<()> {
        self.rows.extend(rows(item));
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let mut columns: Vec<(&str, usize)> = Vec::new();
        for (name, cell) in self.rows.iter().flatten() {
            let wide = width(cell).min(WIDEST);
            match columns.iter_mut().find(|(column, _)| column == name) {
                Some((_, widest)) => *widest = wide.max(*widest),
                None => columns.push((name, wide.max(width(name)))),
            }
        }
        if columns.is_empty() {
            return Ok(());
        }
        let heading: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        print_row(out, &columns, &heading)?;
        let rule: Vec<String> = columns.iter().map(|(_, wide)| "-".repeat(*wide)).collect();
        print_row(out, &columns, &rule)?;
        for row in &self.rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|(name, _)| row.iter().find(|(n, _)| n == name).map_or("", |(_, cell)| cell))
                .map(|cell| fit(cell, WIDEST).into_owned())
                .collect();
            print_row(out, &columns, &cells)?;
        }
        Ok(())
    }
}

fn print_row(out: &mut dyn Write, columns: &[(&str, usize)], cells: &[String]) -> io::Result<()> {
    let mut line = String::new();
    for ((_, wide), cell) in columns.iter().zip(cells) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', (wide + 2).saturating_sub(width(cell))));
    }
    writeln!(out, "{}", line.trim_end())
}

/// A block of `name : value` lines for each thing.
pub(super) struct List;

impl Printer for List {
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()> {
        for row in rows(item) {
            let widest = row.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
            for (name, value) in row {
                writeln!(out, "{name:widest$} : {value}")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

fn rows(item: &Item) -> Vec<Row> {
    let exchange = |seq: Option<u64>| seq.map_or_else(String::new, |seq| seq.to_string());
    match item {
        Item::Message(message) => vec![vec![
            ("i", message.index.to_string()),
            ("exchange", exchange(message.exchange)),
            ("from", message.from.to_string()),
            ("type", message.message_type.to_string()),
            (
                "pipeline",
                message.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            ),
            ("bytes", message.message_bytes.to_string()),
            ("data", data(&message.data)),
        ]],
        Item::Fault(found) => vec![vec![
            ("exchange", exchange(found.exchange)),
            ("from", "server".to_owned()),
            ("type", "fault".to_owned()),
            (
                "data",
                safe(&format!("{}: {}", found.fault.code, found.fault.text())).into_owned(),
            ),
        ]],
        Item::Bytes(found) => vec![vec![
            ("exchange", exchange(found.exchange)),
            ("from", found.from.to_string()),
            ("type", safe(&found.stream).into_owned()),
            ("bytes", found.bytes.len().to_string()),
            ("data", safe(&String::from_utf8_lossy(&found.bytes)).into_owned()),
        ]],
        Item::Objects(document) => document
            .roots()
            .iter()
            .map(|root| object(document, root))
            .collect(),
        _ => Vec::new(),
    }
}

fn object(document: &Document, root: &Value) -> Row {
    let kind = match root {
        Value::Object(object) => object.type_names.first().map(|name| safe(name).into_owned()),
        _ => None,
    };
    vec![
        ("type", kind.unwrap_or_default()),
        ("data", plain(document, root)),
    ]
}

fn data(data: &Data) -> String {
    match data {
        Data::None => String::new(),
        Data::Clixml(document) => document
            .root()
            .map(|root| plain(document, root))
            .unwrap_or_default(),
        Data::Unreadable(error) => format!("unreadable: {}", safe(error)),
    }
}

/// The text of a value where it has one, else its plain JSON.
fn plain(document: &Document, value: &Value) -> String {
    if let Value::Object(object) = value
        && let Object {
            to_string: Some(text),
            ..
        } = object.as_ref()
    {
        return safe(&text.to_str_lossy()).into_owned();
    }
    match json::plain(document, value) {
        serde_json::Value::String(text) => safe(&text).into_owned(),
        other => safe(&other.to_string()).into_owned(),
    }
}
