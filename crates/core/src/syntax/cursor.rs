//! A place in the text, and the smallest tokens: white space, quotes, escapes, words.

use super::chars::{ends_word, is_blank, is_double_quote, is_newline, is_single_quote};
use super::error::{SyntaxError, USE_SCRIPT};

/// A place in the text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
}

/// A word and whether it was written as it stands, without quotes and escapes.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) plain: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.offset += c.len_utf8();
        Some(c)
    }

    /// Passes `bytes` bytes, which the caller has looked at.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.offset = (self.offset + bytes).min(self.text.len());
    }

    pub(super) fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn take(&mut self, allowed: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
        self.advance(end);
        rest.get(..end).unwrap_or_default()
    }

    pub(super) fn error(&self, message: impl Into<String>, hint: &'static str) -> SyntaxError {
        SyntaxError::new(self.offset, message, hint)
    }

    /// Passes blanks and continued lines (a backtick before white space).
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(c) if is_blank(c) => {
                    self.bump();
                }
                Some('`') => match self.peek_second() {
                    Some(c) if is_blank(c) || is_newline(c) => {
                        self.bump();
                        if self.bump() == Some('\r') {
                            self.eat('\n');
                        }
                    }
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Passes blanks and line ends.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if !self.peek().is_some_and(is_newline) {
                return;
            }
            self.bump();
        }
    }

    /// The text within single quotes; the cursor is at the opening one. Two quotes stand for the second.
    pub(super) fn single_quoted(&mut self) -> Result<String, SyntaxError> {
        let start = self.offset;
        self.bump();
        let mut text = String::new();
        while let Some(c) = self.bump() {
            if !is_single_quote(c) {
                text.push(c);
            } else if let Some(second) = self.peek().filter(|c| is_single_quote(*c)) {
                self.bump();
                text.push(second);
            } else {
                return Ok(text);
            }
        }
        Err(SyntaxError::new(
            start,
            "this quote is never closed",
            "add the closing '",
        ))
    }

    /// The text within double quotes; the cursor is at the opening one. Two quotes stand for the second, a backtick
    /// escapes, and a dollar sign is refused, because it would begin a variable or a sub-expression.
    pub(super) fn double_quoted(&mut self) -> Result<String, SyntaxError> {
        let start = self.offset;
        self.bump();
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '$' => return Err(self.dollar()),
                '`' => text.push(self.escape()?),
                _ if is_double_quote(c) => {
                    self.bump();
                    match self.peek().filter(|c| is_double_quote(*c)) {
                        Some(second) => {
                            self.bump();
                            text.push(second);
                        }
                        None => return Ok(text),
                    }
                }
                _ => {
                    self.bump();
                    text.push(c);
                }
            }
        }
        Err(SyntaxError::new(
            start,
            "this quote is never closed",
            "add the closing \"",
        ))
    }

    /// A word: everything up to white space or punctuation. Quotes within it are removed and backticks escape.
    pub(super) fn word(&mut self) -> Result<Word, SyntaxError> {
        let mut word = Word {
            text: String::new(),
            plain: true,
        };
        while let Some(c) = self.peek() {
            match c {
                _ if ends_word(c) => break,
                '$' => return Err(self.dollar()),
                '<' | '>' => return Err(self.redirection()),
                '`' => {
                    word.plain = false;
                    word.text.push(self.escape()?);
                }
                _ if is_single_quote(c) => {
                    word.plain = false;
                    word.text.push_str(&self.single_quoted()?);
                }
                _ if is_double_quote(c) => {
                    word.plain = false;
                    word.text.push_str(&self.double_quoted()?);
                }
                _ => {
                    self.bump();
                    word.text.push(c);
                }
            }
        }
        Ok(word)
    }

    pub(super) fn dollar(&self) -> SyntaxError {
        let (message, hint) = match self.peek_second() {
            Some('(') => ("sub-expressions are not part of the pipeline syntax", USE_SCRIPT),
            _ => (
                "variables are not part of the pipeline syntax, apart from $true, $false and $null",
                "write '$' within single quotes for a dollar sign, or use --script to send the text as a script",
            ),
        };
        self.error(message, hint)
    }

    pub(super) fn redirection(&self) -> SyntaxError {
        self.error(
            "redirection is not part of the pipeline syntax",
            "put < and > within quotes to mean the characters, or use --script to send the text as a script",
        )
    }

    /// The character that a backtick and what follows it stand for; the cursor is at the backtick.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.offset;
        self.bump();
        Ok(match self.bump() {
            Some('0') => '\0',
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('e') => '\u{1b}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some('u') => return self.code_point(start),
            Some(c) => c,
            None => {
                return Err(SyntaxError::new(
                    start,
                    "nothing follows this backtick",
                    "write two backticks for one",
                ));
            }
        })
    }

    /// The rest of a backtick escape by code point: `{` hexadecimal digits `}`.
    fn code_point(&mut self, start: usize) -> Result<char, SyntaxError> {
        let found = self.eat('{').then(|| {
            let digits = self.take(|c| c.is_ascii_hexdigit());
            let number = (1..=6)
                .contains(&digits.len())
                .then(|| u32::from_str_radix(digits, 16).ok());
            number
                .flatten()
                .and_then(char::from_u32)
                .filter(|_| self.eat('}'))
        });
        found.flatten().ok_or_else(|| {
            SyntaxError::new(
                start,
                "this is not the escape of a character",
                "write `u{1F600} with one to six hexadecimal digits of a Unicode character",
            )
        })
    }
}
