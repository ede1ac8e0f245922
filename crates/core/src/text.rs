//! Text from the server as data: nothing in it may steer a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Control and bidirectional characters as `\u{…}`; line breaks become blanks, because errors are one paragraph.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if matches!(c, '\r' | '\n' | '\t') {
            if !blank {
                safe.push(' ');
            }
        } else if steers(c) {
            // Writing to a string cannot fail.
            let _infallible = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
        blank = safe.ends_with(' ');
    }
    Cow::Owned(safe)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("all fine, ä €"), "all fine, ä €");
        assert_eq!(plain("a\r\n\r\nb\u{1b}[2J\u{202e}c"), "a b\\u{1b}[2J\\u{202e}c");
    }
}
