//! Objects as lists of their properties.

use std::io::{self, Write};

use psbridge_clixml::{Document, Value};

use super::display::{properties, text};
use crate::terminal::{safe, safe_lines, width};

/// Writes one object, after a blank line when `first` is false.
pub(super) fn write(out: &mut impl Write, document: &Document, value: &Value, first: bool) -> io::Result<()> {
    let Some(properties) = properties(document, value) else {
        return writeln!(out, "{}", safe_lines(&text(document, value, usize::MAX)));
    };
    if !first {
        writeln!(out)?;
    }
    let names: Vec<_> = properties.iter().map(|(name, _)| safe(name)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    for (name, (_, value)) in names.iter().zip(&properties) {
        let padding = widest - width(name);
        let text = text(document, value, usize::MAX);
        writeln!(out, "{name}{:padding$} : {}", "", safe(&text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use psbridge_clixml::Object;

    #[test]
    fn names_are_aligned_and_text_is_safe() {
        let object = Object::typed(["T"])
            .adapted("Id", 1i32)
            .extended("Näme", "a\u{1b}b\nc");
        let document = Document::new(vec![object.into()]);
        let mut out = Vec::new();
        write(&mut out, &document, document.root().unwrap(), true).unwrap();
        write(&mut out, &document, document.root().unwrap(), false).unwrap();
        let expected = "Id   : 1\nNäme : a\\u{1b}b\\nc\n";
        assert_eq!(String::from_utf8(out).unwrap(), format!("{expected}\n{expected}"));
    }
}
