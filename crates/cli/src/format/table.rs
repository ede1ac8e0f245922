//! Objects as rows. The columns are chosen from the first rows, of which only so many are held back.

use std::io::{self, Write};

use psbridge_clixml::{Document, Value};

use super::display::{CELL_ELEMENTS, properties, text, type_name};
use crate::terminal::{fit, safe, safe_lines, width};

/// Rows from which columns and widths are computed.
const SAMPLE: usize = 40;
/// The widest that a column gets by itself.
const MAX_COLUMN: usize = 40;
/// Between two columns.
const GAP: &str = "  ";
/// More properties than this, and the well-known ones come first.
const FEW: usize = 8;

/// Properties by which people know things in a directory, in this order.
const WELL_KNOWN: [&str; 10] = [
    "Name",
    "DisplayName",
    "UserPrincipalName",
    "PrimarySmtpAddress",
    "WindowsEmailAddress",
    "RecipientTypeDetails",
    "Title",
    "Department",
    "City",
    "Office",
];

/// Writes objects as tables, one for each run of objects of one type.
pub(super) struct Table {
    columns: usize,
    state: State,
    written: bool,
    /// Properties that the widest table left out.
    left_out: usize,
}

enum State {
    /// No table was begun.
    Idle,
    /// Rows are held back until the columns are known.
    Sampling { kind: String, rows: Vec<Row> },
    /// The head is written.
    Flowing { kind: String, layout: Vec<Column> },
}

/// The cells of one object: property name and text.
type Row = Vec<(String, String)>;

struct Column {
    name: String,
    width: usize,
    right: bool,
}

impl Table {
    /// Tables of at most so many terminal columns.
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns,
            state: State::Idle,
            written: false,
            left_out: 0,
        }
    }

    /// Properties that had no room, in the table that had room for the fewest.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn push(
        &mut self,
        out: &mut impl Write,
        document: &Document,
        value: &Value,
    ) -> io::Result<()> {
        let Some(properties) = properties(document, value) else {
            self.end(out)?;
            self.written = true;
            return writeln!(out, "{}", safe_lines(&text(document, value, usize::MAX)));
        };
        let cell = |(name, value): &(&str, &Value)| {
            (
                safe(name).into_owned(),
                safe(&text(document, value, CELL_ELEMENTS)).into_owned(),
            )
        };
        let row: Row = properties.iter().map(cell).collect();
        let kind = type_name(document, value).unwrap_or_default();
        match &mut self.state {
            State::Flowing {
                kind: current,
                layout,
            } if current == kind => return write_row(out, layout, &row),
            State::Sampling { kind: current, rows } if current == kind => rows.push(row),
            _ => {
                self.end(out)?;
                self.state = State::Sampling {
                    kind: kind.to_owned(),
                    rows: vec![row],
                };
            }
        }
        match &self.state {
            State::Sampling { rows, .. } if rows.len() >= SAMPLE => self.settle(out),
            _ => Ok(()),
        }
    }

    /// Whether rows are held back.
    pub(super) fn is_holding(&self) -> bool {
        matches!(self.state, State::Sampling { .. })
    }

    /// Decides on the columns with what is known, and writes the rows held back.
    pub(super) fn settle(&mut self, out: &mut impl Write) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Sampling { kind, rows } => {
                let (layout, left_out) = choose(&rows, self.columns);
                self.left_out = self.left_out.max(left_out);
                if self.written {
                    writeln!(out)?;
                }
                self.written = true;
                write_head(out, &layout)?;
                for row in &rows {
                    write_row(out, &layout, row)?;
                }
                self.state = State::Flowing { kind, layout };
            }
            other => self.state = other,
        }
        Ok(())
    }

    /// Ends the table, so that another may begin.
    pub(super) fn end(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.settle(out)?;
        self.state = State::Idle;
        Ok(())
    }
}

/// The columns that `rows` need and `columns` have room for, and how many are left out.
fn choose(rows: &[Row], columns: usize) -> (Vec<Column>, usize) {
    let mut names: Vec<&str> = Vec::new();
    for (name, text) in rows.iter().flatten() {
        if !text.is_empty() && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.extend(rows.iter().flatten().map(|(name, _)| name.as_str()).take(1));
    }
    if names.len() > FEW {
        // A stable sort keeps the wire order of all others.
        names.sort_by_key(|name| {
            WELL_KNOWN
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
                .unwrap_or(WELL_KNOWN.len())
        });
    }
    let mut layout: Vec<Column> = Vec::new();
    let mut used = 0;
    for name in &names {
        let cells = || {
            rows.iter()
                .filter_map(|row| cell(row, name))
                .filter(|text| !text.is_empty())
        };
        let widest = cells()
            .map(width)
            .max()
            .unwrap_or(0)
            .max(width(name))
            .min(MAX_COLUMN);
        let gap = if layout.is_empty() { 0 } else { GAP.len() };
        let room = columns.saturating_sub(used + gap);
        if widest > room && !layout.is_empty() {
            break;
        }
        used += gap + widest.min(room);
        layout.push(Column {
            name: (*name).to_owned(),
            width: widest.min(room).max(1),
            right: cells().all(|text| text.parse::<f64>().is_ok()),
        });
    }
    let left_out = names.len() - layout.len();
    // Texts in the last column may go on to the edge.
    if let Some(last) = layout.last_mut().filter(|last| left_out == 0 && !last.right) {
        last.width += columns.saturating_sub(used);
    }
    (layout, left_out)
}

fn cell<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.iter()
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, text)| text.as_str())
}

fn write_head(out: &mut impl Write, layout: &[Column]) -> io::Result<()> {
    write_cells(out, layout, layout.iter().map(|column| column.name.clone()))?;
    let lines = layout
        .iter()
        .map(|column| "-".repeat(width(&column.name).min(column.width)));
    write_cells(out, layout, lines)
}

fn write_row(out: &mut impl Write, layout: &[Column], row: &Row) -> io::Result<()> {
    write_cells(
        out,
        layout,
        layout
            .iter()
            .map(|column| cell(row, &column.name).unwrap_or_default().to_owned()),
    )
}

fn write_cells(
    out: &mut impl Write,
    layout: &[Column],
    cells: impl Iterator<Item = String>,
) -> io::Result<()> {
    let mut line = String::new();
    for (position, (column, text)) in layout.iter().zip(cells).enumerate() {
        if position > 0 {
            line.push_str(GAP);
        }
        let text = fit(&text, column.width);
        let padding = column.width.saturating_sub(width(&text));
        if column.right {
            line.extend(std::iter::repeat_n(' ', padding));
            line.push_str(&text);
        } else {
            line.push_str(&text);
            line.extend(std::iter::repeat_n(' ', padding));
        }
    }
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use psbridge_clixml::Object;

    fn table(columns: usize, values: Vec<Value>) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(columns);
        for value in values {
            let document = Document::new(vec![value]);
            table.push(&mut out, &document, document.root().unwrap()).unwrap();
        }
        table.end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn person(name: &str, age: i32) -> Value {
        Object::typed(["Person"])
            .adapted("Name", name)
            .adapted("Age", age)
            .adapted("City", "Rome")
            .into()
    }

    #[test]
    fn columns_are_aligned() {
        assert_eq!(
            table(80, vec![person("Zoë", 7), person("漢字", 42)]),
            "Name  Age  City\n----  ---  ----\nZoë     7  Rome\n漢字   42  Rome\n"
        );
    }

    #[test]
    fn narrow_terminals_lose_columns_and_then_letters() {
        assert_eq!(
            table(10, vec![person("Ann", 7)]),
            "Name  Age\n----  ---\nAnn     7\n"
        );
        assert_eq!(table(3, vec![person("Ann-Marie", 7)]), "Na…\n---\nAn…\n");
    }

    #[test]
    fn another_type_begins_another_table() {
        let other = Object::typed(["Other"]).adapted("Id", 1i32).into();
        assert_eq!(
            table(80, vec![person("A", 1), other, Value::from("text")]),
            "Name  Age  City\n----  ---  ----\nA       1  Rome\n\nId\n--\n 1\ntext\n"
        );
    }

    #[test]
    fn server_text_cannot_steer_the_terminal() {
        let shown = table(80, vec![person("\u{1b}[2J\n\u{202e}x", 1)]);
        assert!(shown.contains("\\u{1b}[2J\\n\\u{202e}x"), "{shown}");
        assert_eq!(shown.lines().count(), 3);
    }

    #[test]
    fn only_so_many_rows_are_held_back() {
        let mut out = Vec::new();
        let mut table = Table::new(80);
        for number in 0..SAMPLE {
            assert!(out.is_empty());
            let document = Document::new(vec![person("x", number as i32)]);
            table.push(&mut out, &document, document.root().unwrap()).unwrap();
        }
        assert!(!table.is_holding());
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), SAMPLE + 2);
    }

    #[test]
    fn empty_columns_are_dropped_and_well_known_ones_come_first() {
        let mut object = Object::typed(["User"]);
        for letter in 'a'..='l' {
            object = object.adapted(format!("{letter}{letter}"), "value");
        }
        let object = object.adapted("Empty", Value::Nil).adapted("Name", "Ann");
        let shown = table(30, vec![object.into()]);
        assert!(shown.starts_with("Name  aa"), "{shown}");
        assert!(!shown.contains("Empty"), "{shown}");
    }
}
