//! Why a text is not a pipeline.

use std::fmt::Write as _;

/// What to do about text that the grammar leaves out.
pub(super) const USE_SCRIPT: &str =
    "use --script to send the text as a script, if the endpoint accepts scripts";

/// A text that is not a pipeline of the grammar, with the place of the first offence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SyntaxError {
    /// Where in the text, in bytes from its start; at most its length, and always between two characters.
    pub offset: usize,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do instead: lower case, no full stop.
    pub hint: &'static str,
}

impl SyntaxError {
    pub(super) fn new(offset: usize, message: impl Into<String>, hint: &'static str) -> Self {
        Self {
            offset,
            message: message.into(),
            hint,
        }
    }

    /// Two lines for a person: the line of `text` with the offence, and a caret below its first character.
    ///
    /// Characters that a terminal could obey are shown as blanks. `columns` tells how wide a character is on the
    /// reader's screen; without better knowledge `|_| 1` will do.
    #[must_use]
    pub fn caret(&self, text: &str, columns: impl Fn(char) -> usize) -> String {
        let offset = self.offset.min(text.len());
        let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
        let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let before = before.get(start..).unwrap_or_default();
        let after = after.split(['\n', '\r']).next().unwrap_or_default();
        let mut shown = String::with_capacity(before.len() + after.len());
        let mut indent = 0;
        for c in before.chars() {
            let c = if c.is_control() { ' ' } else { c };
            indent += columns(c);
            shown.push(c);
        }
        shown.extend(after.chars().map(|c| if c.is_control() { ' ' } else { c }));
        // Writing into a String cannot fail.
        let _ = write!(shown, "\n{:indent$}^", "");
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_stands_below_the_offence() {
        let error = SyntaxError::new(9, "x", "y");
        assert_eq!(error.caret("Get-User $x", |_| 1), "Get-User $x\n         ^");
        assert_eq!(error.caret("A\nGet-Us\tr", |_| 1), "Get-Us r\n       ^");
        let wide = |c: char| if c.is_ascii() { 1 } else { 2 };
        assert_eq!(SyntaxError::new(6, "x", "y").caret("漢字$", wide), "漢字$\n    ^");
    }

    #[test]
    fn caret_survives_foreign_text() {
        assert_eq!(
            SyntaxError::new(90, "x", "y").caret("short", |_| 1),
            "short\n     ^"
        );
        assert_eq!(SyntaxError::new(1, "x", "y").caret("漢", |_| 1), "漢\n ^");
    }
}
