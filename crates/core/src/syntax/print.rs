//! Commands back to text that parses to the same.

use std::fmt::Write as _;

use super::chars::{
    continues_key, continues_parameter, ends_word, is_dash, is_double_quote, is_single_quote, starts_key,
    starts_parameter,
};
use super::literal::Literal;
use super::number::{self, Number, Place, Scan};
use super::parser::{ArgumentText, CommandText, is_keyword};

/// Why a command has no text in the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unprintable {
    /// A statement or pipeline without commands.
    #[error("a statement needs a command")]
    NoCommand,
    /// A script, whose text is not a command.
    #[error("a script is not a command")]
    Script,
    /// A command whose results are merged into another stream.
    #[error("merged streams cannot be written")]
    Merge,
    /// A command without a name.
    #[error("a command needs a name")]
    EmptyName,
    /// A parameter name with characters that would end it.
    #[error("the name of a parameter holds characters that cannot be written")]
    ParameterName,
    /// A value of a type that has no literal, such as a date.
    #[error("a value of this type cannot be written")]
    Value,
    /// Text with one half of a surrogate pair.
    #[error("text with half a surrogate pair cannot be written")]
    Surrogate,
}

pub(super) fn statements(statements: &[Vec<CommandText>]) -> Result<String, Unprintable> {
    let mut out = String::new();
    for (position, commands) in statements.iter().enumerate() {
        if position > 0 {
            out.push_str("; ");
        }
        if commands.is_empty() {
            return Err(Unprintable::NoCommand);
        }
        for (position, command) in commands.iter().enumerate() {
            if position > 0 {
                out.push_str(" | ");
            }
            print_command(&mut out, command)?;
        }
    }
    if out.is_empty() {
        Err(Unprintable::NoCommand)
    } else {
        Ok(out)
    }
}

fn print_command(out: &mut String, command: &CommandText) -> Result<(), Unprintable> {
    print_name(out, &command.name)?;
    let mut arguments = command.arguments.iter().peekable();
    while let Some(argument) = arguments.next() {
        out.push(' ');
        let next_is_named = arguments.peek().is_none_or(|next| next.name.is_some());
        print_argument(out, argument, next_is_named)?;
    }
    Ok(())
}

fn print_argument(out: &mut String, argument: &ArgumentText, next_is_named: bool) -> Result<(), Unprintable> {
    if let Some(name) = &argument.name {
        let mut letters = name.chars();
        if !letters.next().is_some_and(starts_parameter) || !letters.all(continues_parameter) {
            return Err(Unprintable::ParameterName);
        }
        out.push('-');
        out.push_str(name);
        match argument.value {
            // A switch by itself would take the positional argument after it.
            Literal::Bool(true) if next_is_named => return Ok(()),
            Literal::Bool(_) => out.push(':'),
            _ => out.push(' '),
        }
    }
    match &argument.value {
        Literal::Array(elements) if elements.len() > 1 => print_elements(out, elements, Place::Argument),
        value => print_value(out, value, Place::Argument),
    }
}

fn print_elements(out: &mut String, elements: &[Literal], place: Place) -> Result<(), Unprintable> {
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            out.push_str(", ");
        }
        print_value(out, element, place)?;
    }
    Ok(())
}

fn print_value(out: &mut String, value: &Literal, place: Place) -> Result<(), Unprintable> {
    match value {
        Literal::Null => out.push_str("$null"),
        Literal::Bool(true) => out.push_str("$true"),
        Literal::Bool(false) => out.push_str("$false"),
        Literal::Text(text) if place == Place::Argument && is_plain_word(text) => out.push_str(text),
        Literal::Text(text) => print_quoted(out, text),
        Literal::Number { value, text } => print_number(out, *value, text)?,
        Literal::Array(elements) => {
            out.push_str("@(");
            // An array by itself would be taken apart by @(…); the comma keeps it as one element.
            if let [Literal::Array(_)] = elements.as_slice() {
                out.push(',');
            }
            print_elements(out, elements, Place::Expression)?;
            out.push(')');
        }
        Literal::Table(entries) => {
            out.push_str("@{");
            for (position, (key, value)) in entries.iter().enumerate() {
                if position > 0 {
                    out.push_str("; ");
                }
                match key {
                    Literal::Text(text) if is_plain_key(text) => out.push_str(text),
                    Literal::Text(text) => print_quoted(out, text),
                    Literal::Number { value, text } => print_number(out, *value, text)?,
                    _ => return Err(Unprintable::Value),
                }
                out.push_str(" = ");
                print_value(out, value, Place::Expression)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Words that need no quotes: nothing in them means anything but itself.
fn is_plain_word(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_alphabetic)
        && letters.all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | ':' | '\\' | '/' | '*'))
}

fn is_plain_key(text: &str) -> bool {
    text.chars().next().is_some_and(starts_key) && text.chars().all(continues_key)
}

fn print_quoted(out: &mut String, text: &str) {
    out.push('\'');
    for c in text.chars() {
        if is_single_quote(c) {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
}

/// A number by the text it came with, if that says the same, else by a text with the suffix of its type.
fn print_number(out: &mut String, value: Number, text: &str) -> Result<(), Unprintable> {
    let canonical = value.literal().ok_or(Unprintable::Value)?;
    let same = matches!(number::scan(text, Place::Argument), Scan::Number(read, length)
        if length == text.len() && read.is_identical(value));
    out.push_str(if same { text } else { &canonical });
    Ok(())
}

/// A command's name: as it stands where it can, else with escapes.
fn print_name(out: &mut String, name: &str) -> Result<(), Unprintable> {
    if name.is_empty() {
        return Err(Unprintable::EmptyName);
    }
    let first_means_more = is_keyword(name)
        || matches!(
            number::scan(name, Place::Argument),
            Scan::Number(..) | Scan::BigInteger
        )
        || name.starts_with(|c: char| {
            is_dash(c) || matches!(c, '@' | '[' | ']' | ',' | '!' | '+' | '.' | ':' | '#')
        })
        || matches!(name.as_bytes(), [b'1'..=b'6' | b'*', b'>', ..]);
    for (position, c) in name.chars().enumerate() {
        let special = ends_word(c)
            || c.is_control()
            || is_single_quote(c)
            || is_double_quote(c)
            || matches!(c, '`' | '$' | '<' | '>')
            || (position == 0 && first_means_more);
        if special {
            // Writing into a String cannot fail.
            let _ = write!(out, "`u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Ok(())
}

impl Number {
    /// A literal that reads back as this number; `None` for infinities and NaN.
    pub(super) fn literal(self) -> Option<String> {
        let text = self.to_string();
        Some(match self {
            Self::I32(_) => text,
            Self::I64(n) if i32::try_from(n).is_err() => text,
            Self::I64(_) => text + "l",
            Self::I8(_) => text + "y",
            Self::U8(_) => text + "uy",
            Self::I16(_) => text + "s",
            Self::U16(_) => text + "us",
            Self::U32(_) => text + "u",
            Self::U64(_) => text + "ul",
            Self::Decimal(_) => text + "d",
            Self::Double(n) if !n.is_finite() => return None,
            Self::Double(_) if text.contains(['.', 'E']) => text,
            Self::Double(_) => text + ".0",
        })
    }

    /// Equal in type, value, sign and scale.
    pub(super) fn is_identical(self, other: Self) -> bool {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits(),
            (Self::Decimal(a), Self::Decimal(b)) => a == b && a.scale() == b.scale(),
            _ => self == other,
        }
    }
}
