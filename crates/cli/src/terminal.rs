//! Text of others on its way to a terminal.
//!
//! Names, messages and property values come from the endpoint. A terminal would obey the control sequences in them and
//! reorder what stands around their bidirectional marks, so every one of these characters is shown instead of sent. All
//! output of `table`, `list`, `text`, standard error, trace and progress passes through this module.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// `text` as data on one line: control, format and line-breaking characters become visible escapes.
///
/// Line feed, carriage return and tab become `\n`, `\r` and `\t`; all others `\u{…}` with their code point.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    clean(text, false)
}

/// Like [`safe`], but line feeds and tabs stay, for texts that are meant to have several lines.
pub(crate) fn safe_lines(text: &str) -> Cow<'_, str> {
    clean(text, true)
}

fn clean(text: &str, lines: bool) -> Cow<'_, str> {
    let harmless = |c: char| !is_unsafe(c) || (lines && matches!(c, '\n' | '\t'));
    let Some(first) = text.find(|c| !harmless(c)) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    let (clean, rest) = text.split_at(first);
    out.push_str(clean);
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A Windows line end is one line end.
            '\r' if lines && chars.peek() == Some(&'\n') => {}
            _ if harmless(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal could take `c` as anything but a glyph: C0, C1 and DEL, line and paragraph separators,
/// bidirectional marks, embeddings, overrides and isolates, invisible format characters, and tag characters. The two
/// joiners are left alone: scripts and emoji need them.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}'
            | '\u{061c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Columns that `text` takes on a terminal; `text` is already [`safe`].
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// `text` cut to at most `columns` columns, with an ellipsis where something was cut; `text` is already [`safe`].
pub(crate) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let mut out = String::with_capacity(text.len().min(columns * 4));
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_and_bidi_are_shown() {
        assert_eq!(safe("a\u{1b}[31mred"), "a\\u{1b}[31mred");
        assert_eq!(safe("\u{202e}txt.exe"), "\\u{202e}txt.exe");
        assert_eq!(safe("one\r\ntwo\tthree"), "one\\r\\ntwo\\tthree");
        assert_eq!(safe_lines("one\r\ntwo\tthree\rfour"), "one\ntwo\tthree\\rfour");
        assert_eq!(safe("\u{9b}2J\u{7f}\u{feff}"), "\\u{9b}2J\\u{7f}\\u{feff}");
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(safe("Zoë 漢字 🙂"), Cow::Borrowed(_)));
    }

    #[test]
    fn widths_count_columns() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit("longer", 1), "…");
        assert_eq!(fit("longer", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_passes(text in any::<String>()) {
            prop_assert!(!safe(&text).chars().any(is_unsafe));
            prop_assert!(!safe_lines(&text).chars().any(|c| is_unsafe(c) && c != '\n' && c != '\t'));
        }

        #[test]
        fn cleaning_is_stable(text in any::<String>()) {
            let once = safe(&text).into_owned();
            prop_assert_eq!(safe(&once), once.as_str());
        }

        #[test]
        fn cut_text_fits(text in any::<String>(), columns in 0usize..40) {
            let text = safe(&text);
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }
    }
}
