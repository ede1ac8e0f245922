//! Statements, commands and arguments.

use super::chars::{
    continues_parameter, ends_word, is_blank, is_dash, is_double_quote, is_newline, is_single_quote,
    starts_parameter,
};
use super::cursor::Cursor;
use super::error::{SyntaxError, USE_SCRIPT};
use super::literal::Literal;
use super::number::{self, Place, Scan};

/// A command as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CommandText {
    pub(super) name: String,
    pub(super) arguments: Vec<ArgumentText>,
}

/// An argument as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArgumentText {
    /// The parameter's name without its dash, `None` for a positional argument.
    pub(super) name: Option<String>,
    pub(super) value: Literal,
}

/// Words that begin a statement of the language when they stand first.
const KEYWORDS: &[&str] = &[
    "assembly",
    "base",
    "begin",
    "break",
    "catch",
    "class",
    "clean",
    "command",
    "configuration",
    "continue",
    "data",
    "define",
    "do",
    "dynamicparam",
    "else",
    "elseif",
    "end",
    "enum",
    "exit",
    "filter",
    "finally",
    "for",
    "foreach",
    "from",
    "function",
    "hidden",
    "if",
    "in",
    "inlinescript",
    "interface",
    "module",
    "namespace",
    "parallel",
    "param",
    "private",
    "process",
    "public",
    "return",
    "sequence",
    "static",
    "switch",
    "throw",
    "trap",
    "try",
    "type",
    "until",
    "using",
    "var",
    "while",
    "workflow",
];

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

pub(super) struct Parser<'a> {
    pub(super) at: Cursor<'a>,
    /// How many `@(…)` and `@{…}` are open.
    pub(super) depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            at: Cursor::new(text),
            depth: 0,
        }
    }

    /// The whole text: statements separated by `;` and line ends.
    pub(super) fn program(&mut self) -> Result<Vec<Vec<CommandText>>, SyntaxError> {
        let mut statements = Vec::new();
        loop {
            self.skip_separators();
            match self.at.peek() {
                None if statements.is_empty() => {
                    return Err(self.at.error(
                        "there is no command",
                        "write a command, such as Get-User -ResultSize 5",
                    ));
                }
                None => return Ok(statements),
                Some(_) => statements.push(self.statement()?),
            }
        }
    }

    pub(super) fn skip_separators(&mut self) {
        loop {
            self.at.skip_lines();
            if !self.at.eat(';') {
                return;
            }
        }
    }

    /// Commands joined by `|`, which may end a line or begin the next.
    fn statement(&mut self) -> Result<Vec<CommandText>, SyntaxError> {
        let mut commands = vec![self.command(true)?];
        loop {
            self.at.skip_blanks();
            match self.at.peek() {
                Some('|') => {
                    self.pipe()?;
                    commands.push(self.command(false)?);
                }
                Some(c) if is_newline(c) => {
                    if !self.next_line_is_piped() {
                        return Ok(commands);
                    }
                    self.at.skip_lines();
                }
                _ => return Ok(commands),
            }
        }
    }

    fn pipe(&mut self) -> Result<(), SyntaxError> {
        if self.at.peek_second() == Some('|') {
            return Err(self.at.error("|| is not part of the pipeline syntax", USE_SCRIPT));
        }
        self.at.bump();
        self.at.skip_lines();
        match self.at.peek() {
            None | Some(';' | '|') => Err(self.at.error(
                "a command is missing after |",
                "write the next command, or remove the |",
            )),
            Some(_) => Ok(()),
        }
    }

    fn next_line_is_piped(&self) -> bool {
        let rest = self
            .at
            .rest()
            .trim_start_matches(|c| is_blank(c) || is_newline(c));
        rest.starts_with('|') && !rest.starts_with("||")
    }

    fn command(&mut self, first: bool) -> Result<CommandText, SyntaxError> {
        let name = self.command_name(first)?;
        let mut arguments = Vec::new();
        loop {
            self.at.skip_blanks();
            match self.at.peek() {
                None | Some('|' | ';') => break,
                Some(c) if is_newline(c) => break,
                Some(c) if is_dash(c) && self.at.peek_second().is_some_and(starts_parameter) => {
                    arguments.push(self.parameter()?);
                }
                Some(_) => arguments.push(ArgumentText {
                    name: None,
                    value: self.argument()?,
                }),
            }
        }
        Ok(CommandText { name, arguments })
    }

    fn command_name(&mut self, first: bool) -> Result<String, SyntaxError> {
        const EXPRESSION: &str = "a command is expected here, not a value";
        const EXPRESSION_HINT: &str =
            "begin with a command's name; --input streams values into the first command";
        let start = self.at.offset();
        let next = self.at.peek().unwrap_or_default();
        let second = self.at.peek_second();
        let alone = second.is_none_or(ends_word);
        match next {
            '&' => {
                return Err(self.at.error(
                    "the call operator is not part of the pipeline syntax",
                    "write the command's name without &",
                ));
            }
            '.' if alone || second.is_some_and(|c| is_single_quote(c) || is_double_quote(c) || c == '$') => {
                return Err(self
                    .at
                    .error("dot-sourcing is not part of the pipeline syntax", USE_SCRIPT));
            }
            '@' | '[' | ']' | ',' | '!' | '+' => return Err(self.at.error(EXPRESSION, EXPRESSION_HINT)),
            ':' => {
                return Err(self
                    .at
                    .error("labels are not part of the pipeline syntax", USE_SCRIPT));
            }
            _ if is_single_quote(next) || is_double_quote(next) || is_dash(next) => {
                return Err(self.at.error(EXPRESSION, EXPRESSION_HINT));
            }
            _ => self.refuse_punctuation()?,
        }
        if matches!(
            number::scan(self.at.rest(), Place::Argument),
            Scan::Number(..) | Scan::BigInteger
        ) {
            return Err(self.at.error(EXPRESSION, EXPRESSION_HINT));
        }
        let word = self.at.word()?;
        if first && word.plain && is_keyword(&word.text) {
            let message = format!("{} is a statement of the language, not a command", word.text);
            return Err(SyntaxError::new(start, message, USE_SCRIPT));
        }
        if word.text.is_empty() {
            return Err(SyntaxError::new(
                start,
                "a command is expected here",
                "begin with a command's name",
            ));
        }
        Ok(word.text)
    }

    /// `-Name value`, `-Name:value`, or `-Name` alone, which is a switch.
    fn parameter(&mut self) -> Result<ArgumentText, SyntaxError> {
        self.at.bump();
        let name = self.at.take(continues_parameter).to_owned();
        match self.at.peek() {
            Some(':') => {
                self.at.bump();
                self.at.skip_blanks();
                if self.at_end_of_command() {
                    return Err(self.missing_value(&name));
                }
                let value = self.argument()?;
                return Ok(ArgumentText {
                    name: Some(name),
                    value,
                });
            }
            Some('=') => {
                return Err(self.at.error(
                    "a parameter's value does not follow =",
                    "write -Name value or -Name:value",
                ));
            }
            Some(',') => return Err(self.missing_value(&name)),
            Some(c) if !ends_word(c) => {
                return Err(self.at.error(
                    "this character cannot be part of a parameter's name",
                    "put the word within quotes if it is not a parameter",
                ));
            }
            _ => {}
        }
        self.at.skip_blanks();
        let next_is_parameter =
            self.at.peek().is_some_and(is_dash) && self.at.peek_second().is_some_and(starts_parameter);
        let value = if self.at_end_of_command() || next_is_parameter {
            Literal::Bool(true)
        } else {
            self.argument()?
        };
        Ok(ArgumentText {
            name: Some(name),
            value,
        })
    }

    fn missing_value(&self, name: &str) -> SyntaxError {
        self.at.error(
            format!("a value for -{name} is missing"),
            "write the value after the colon",
        )
    }

    pub(super) fn at_end_of_command(&self) -> bool {
        self.at
            .peek()
            .is_none_or(|c| matches!(c, '|' | ';') || is_newline(c))
    }
}
