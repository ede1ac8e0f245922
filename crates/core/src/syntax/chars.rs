//! The character classes of PowerShell's tokenizer.

/// White space within a line: blank, tab, form feed, vertical tab, next line, and the Unicode separators.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{a0}') || (c > '\u{ff}' && c.is_whitespace())
}

/// Ends a line, and with it a statement.
pub(super) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// A hyphen, or one of the dashes that word processors make of it.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2013}' | '\u{2014}' | '\u{2015}')
}

/// An apostrophe, or one of the typographic single quotes. All of them are the same to PowerShell.
pub(super) fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}'..='\u{201b}')
}

/// A quotation mark, or one of the typographic double quotes.
pub(super) fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}'..='\u{201e}')
}

/// Ends a word: white space, line ends and the punctuation that always stands for itself.
pub(super) fn ends_word(c: char) -> bool {
    matches!(c, '&' | '(' | ')' | ',' | ';' | '{' | '|' | '}') || is_newline(c) || is_blank(c)
}

/// First character of an operator, which ends a number inside `@(…)` and `@{…}`.
pub(super) fn ends_number(c: char) -> bool {
    ends_word(c) || is_dash(c) || matches!(c, '!' | '#' | '%' | '*' | '+' | '.' | '/' | '<' | '=' | '>' | ']')
}

/// First character of a parameter's name, after the dash.
pub(super) fn starts_parameter(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '?')
}

/// Further characters of a parameter's name.
///
/// PowerShell takes more here and then fails to find the parameter; those are refused while their place is known.
pub(super) fn continues_parameter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '?' | '-')
}

/// First character of a bare key in `@{…}`.
pub(super) fn starts_key(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// Further characters of a bare key.
pub(super) fn continues_key(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
