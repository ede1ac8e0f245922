//! The little of PowerShell's language that the lab reads: pipelines of commands, literals, ranges, `throw` and the
//! preference variables. Everything else is a parse error.
//!
//! ```text
//! script    = *( statement ( ";" | newline ) )
//! statement = "throw" literal | "$" NAME "Preference" "=" literal | pipeline
//! pipeline  = element *( "|" element )
//! element   = NAME *( "-" NAME [ ":" literal ] | literal ) | literal | INTEGER ".." INTEGER | "$input"
//! literal   = one *( "," one ) | "@(" [ one *( "," one ) ] ")"
//! one       = 'text' | "text" | number | word | $true | $false | $null
//! ```

use psbridge_clixml::Value;
use psbridge_protocol::payload::{Argument, ErrorRecord};

use super::errors;

/// A script must be shorter, in bytes.
const MAX_LENGTH: usize = 4 << 20;

/// Commands of one pipeline: they call each other.
const MAX_ELEMENTS: usize = 100;

/// A preference variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variable {
    Error,
    Warning,
    Verbose,
    Debug,
    Information,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    Throw(String),
    Set(Variable, Value),
    Pipeline(Vec<Element>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Element {
    Command { name: String, arguments: Vec<Argument> },
    Values(Vec<Value>),
    Range(i64, i64),
    Input,
}

/// Reads a script.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>, ErrorRecord> {
    if text.len() > MAX_LENGTH {
        return Err(errors::parse_error(
            "The script is too long for this endpoint.",
            "ScriptTooLong",
        ));
    }
    let mut parser = Parser { text, at: 0 };
    let mut statements = Vec::new();
    loop {
        parser.skip(true);
        while parser.eat(";") {
            parser.skip(true);
        }
        if parser.rest().is_empty() {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
        parser.skip(false);
        if !(parser.rest().is_empty() || parser.rest().starts_with([';', '\n', '\r'])) {
            return Err(parser.unexpected());
        }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks and comments; `lines`: line ends too.
    fn skip(&mut self, lines: bool) {
        loop {
            let rest = self.rest();
            let blank = |c: char| c == ' ' || c == '\t' || (lines && (c == '\n' || c == '\r'));
            self.at += rest.len() - rest.trim_start_matches(blank).len();
            if self.rest().starts_with('#') {
                let rest = self.rest();
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn unexpected(&self) -> ErrorRecord {
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let of_line = before.rsplit('\n').next().unwrap_or_default();
        let shown: String = self
            .rest()
            .chars()
            .take_while(|c| !c.is_whitespace())
            .take(40)
            .collect();
        let whole = self.text.lines().nth(line - 1).unwrap_or_default();
        errors::parse_error(
            &format!(
                "At line:{line} char:{}\r\n+ {whole}\r\n+ {}~\r\nUnexpected token '{shown}' in expression or statement.",
                of_line.chars().count() + 1,
                " ".repeat(of_line.chars().count())
            ),
            "UnexpectedToken",
        )
    }

    fn statement(&mut self) -> Result<Statement, ErrorRecord> {
        let start = self.at;
        if let Some(word) = self.word()
            && word.eq_ignore_ascii_case("throw")
        {
            self.skip(false);
            return match self.literal()?.as_slice() {
                [value] => Ok(Statement::Throw(super::value::text(value))),
                _ => Err(self.unexpected()),
            };
        }
        self.at = start;
        if let Some(variable) = self.variable() {
            let values = self.literal()?;
            return match <[Value; 1]>::try_from(values) {
                Ok([value]) => Ok(Statement::Set(variable, value)),
                Err(_) => Err(self.unexpected()),
            };
        }
        let mut elements = vec![self.element()?];
        loop {
            self.skip(false);
            if !self.eat("|") {
                return Ok(Statement::Pipeline(elements));
            }
            self.skip(true);
            if elements.len() >= MAX_ELEMENTS {
                return Err(errors::parse_error(
                    "The pipeline has too many commands.",
                    "TooManyCommands",
                ));
            }
            elements.push(self.element()?);
        }
    }

    /// `$VerbosePreference =`, with everything up to the value taken.
    fn variable(&mut self) -> Option<Variable> {
        const VARIABLES: [(&str, Variable); 5] = [
            ("$ErrorActionPreference", Variable::Error),
            ("$WarningPreference", Variable::Warning),
            ("$VerbosePreference", Variable::Verbose),
            ("$DebugPreference", Variable::Debug),
            ("$InformationPreference", Variable::Information),
        ];
        let start = self.at;
        let rest = self.rest();
        let (name, variable) = VARIABLES.iter().find(|(name, _)| {
            rest.get(..name.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(name))
        })?;
        self.at += name.len();
        self.skip(false);
        if self.eat("=") {
            self.skip(false);
            return Some(*variable);
        }
        self.at = start;
        None
    }

    fn element(&mut self) -> Result<Element, ErrorRecord> {
        if self
            .rest()
            .get(..6)
            .is_some_and(|head| head.eq_ignore_ascii_case("$input"))
        {
            self.at += 6;
            return Ok(Element::Input);
        }
        let start = self.at;
        if let Some((from, to)) = self.range() {
            return Ok(Element::Range(from, to));
        }
        self.at = start;
        let starts_literal = self.rest().starts_with(|c: char| {
            c == '\'' || c == '"' || c == '$' || c == '@' || c == '-' || c.is_ascii_digit()
        });
        if starts_literal {
            return Ok(Element::Values(self.literal()?));
        }
        let name = self.word().ok_or_else(|| self.unexpected())?.to_owned();
        let mut arguments = Vec::new();
        loop {
            self.skip(false);
            match self.rest().chars().next() {
                None | Some('|' | ';' | '\n' | '\r') => return Ok(Element::Command { name, arguments }),
                Some(_) => arguments.push(self.argument()?),
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, ErrorRecord> {
        let is_name = self.rest().starts_with('-')
            && self
                .rest()
                .chars()
                .nth(1)
                .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !is_name {
            return Ok(Argument {
                name: None,
                value: array(self.literal()?),
            });
        }
        self.at += 1;
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end;
        if self.eat(":") {
            self.skip(false);
            return Ok(Argument {
                name: Some(name),
                value: array(self.literal()?),
            });
        }
        // Whether the next word belongs to the name is for the binder of PowerShell to know; a switch followed by a
        // value is rare enough here.
        self.skip(false);
        let follows = self.rest();
        let another = follows.is_empty()
            || follows.starts_with(['|', ';', '\n', '\r'])
            || (follows.starts_with('-') && follows.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic()));
        let value = if another {
            Value::Bool(true)
        } else {
            array(self.literal()?)
        };
        Ok(Argument {
            name: Some(name),
            value,
        })
    }

    fn range(&mut self) -> Option<(i64, i64)> {
        let from = self.integer()?;
        if !self.eat("..") {
            return None;
        }
        let to = self.integer()?;
        Some((from, to))
    }

    fn integer(&mut self) -> Option<i64> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest
            .get(sign..)?
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len() - sign);
        let number = rest.get(..sign + digits)?.parse().ok()?;
        self.at += sign + digits;
        Some(number)
    }

    fn literal(&mut self) -> Result<Vec<Value>, ErrorRecord> {
        let mut values = Vec::new();
        if self.eat("@(") {
            self.skip(true);
            while !self.eat(")") {
                values.push(self.one()?);
                self.skip(true);
                if self.eat(",") {
                    self.skip(true);
                } else if !self.rest().starts_with(')') {
                    return Err(self.unexpected());
                }
            }
            return Ok(values);
        }
        values.push(self.one()?);
        loop {
            let before = self.at;
            self.skip(false);
            if !self.eat(",") {
                self.at = before;
                return Ok(values);
            }
            self.skip(true);
            values.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Value, ErrorRecord> {
        let rest = self.rest();
        match rest.chars().next() {
            Some('\'') => self.single_quoted().map(|text| text.as_str().into()),
            Some('"') => self.double_quoted().map(|text| text.as_str().into()),
            Some('$') => {
                let constants = [
                    ("$true", Value::Bool(true)),
                    ("$false", Value::Bool(false)),
                    ("$null", Value::Nil),
                ];
                for (name, value) in constants {
                    let after = rest.get(name.len()..);
                    let ends =
                        after.is_some_and(|a| !a.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
                    if ends
                        && rest
                            .get(..name.len())
                            .is_some_and(|head| head.eq_ignore_ascii_case(name))
                    {
                        self.at += name.len();
                        return Ok(value);
                    }
                }
                Err(self.unexpected())
            }
            _ => {
                let word = self.word().ok_or_else(|| self.unexpected())?;
                Ok(number(word).unwrap_or_else(|| word.into()))
            }
        }
    }

    /// A bare word: up to a blank or a character that means something.
    fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let special = |c: char| c.is_whitespace() || "|;,'\"(){}[]<>&$@`=".contains(c);
        let end = rest.find(special).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty())?;
        self.at += end;
        Some(word)
    }

    fn single_quoted(&mut self) -> Result<String, ErrorRecord> {
        let mut text = String::new();
        let rest = self.rest();
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if c != '\'' || chars.next_if(|(_, next)| *next == '\'').is_some() {
                text.push(c);
            } else {
                self.at += at + 1;
                return Ok(text);
            }
        }
        Err(errors::parse_error(
            "The string is missing the terminator: '.",
            "TerminatorExpectedAtEndOfString",
        ))
    }

    fn double_quoted(&mut self) -> Result<String, ErrorRecord> {
        let mut text = String::new();
        let rest = self.rest();
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '`' => text.push(match chars.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, 'r')) => '\r',
                    Some((_, 't')) => '\t',
                    Some((_, '0')) => '\0',
                    Some((_, other)) => other,
                    None => break,
                }),
                // Variables are not known here.
                '$' if chars
                    .peek()
                    .is_some_and(|(_, next)| next.is_alphanumeric() || "({_".contains(*next)) =>
                {
                    return Err(self.unexpected());
                }
                '"' if chars.next_if(|(_, next)| *next == '"').is_some() => text.push('"'),
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err(errors::parse_error(
            "The string is missing the terminator: \".",
            "TerminatorExpectedAtEndOfString",
        ))
    }
}

fn number(word: &str) -> Option<Value> {
    if !word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        return None;
    }
    if let Ok(n) = word.parse::<i32>() {
        return Some(n.into());
    }
    if let Ok(n) = word.parse::<i64>() {
        return Some(n.into());
    }
    word.parse::<f64>().ok().filter(|n| n.is_finite()).map(Into::into)
}

/// Several values are an array, one is itself.
fn array(values: Vec<Value>) -> Value {
    match <[Value; 1]>::try_from(values) {
        Ok([one]) => one,
        Err(many) => Value::list(many),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(name: &str, arguments: Vec<Argument>) -> Element {
        Element::Command {
            name: name.to_owned(),
            arguments,
        }
    }

    #[test]
    fn pipelines_literals_and_preferences_are_read() {
        let script = "$VerbosePreference = 'Continue'\n'a', \"b`tc\" | Measure-Object # count\n1..2000;\
                      Write-Error -Message 'it''s' -Category:InvalidData -Foo 5.5; throw 'boom'; $input | x $true";
        let error = [
            Argument::named("Message", "it's"),
            Argument::named("Category", "InvalidData"),
            Argument::named("Foo", 5.5),
        ];
        assert_eq!(
            parse(script).unwrap(),
            [
                Statement::Set(Variable::Verbose, "Continue".into()),
                Statement::Pipeline(vec![
                    Element::Values(vec!["a".into(), "b\tc".into()]),
                    command("Measure-Object", vec![]),
                ]),
                Statement::Pipeline(vec![Element::Range(1, 2000)]),
                Statement::Pipeline(vec![command("Write-Error", error.to_vec())]),
                Statement::Throw("boom".into()),
                Statement::Pipeline(vec![
                    Element::Input,
                    command("x", vec![Argument::positional(true)])
                ]),
            ]
        );
    }

    #[test]
    fn switches_values_and_arrays_are_told_apart() {
        let statements = parse("Select-Object -Property Name, Guid -First 5 -Unique").unwrap();
        assert_eq!(
            statements,
            [Statement::Pipeline(vec![command(
                "Select-Object",
                vec![
                    Argument::named("Property", Value::list(["Name", "Guid"])),
                    Argument::named("First", 5),
                    Argument::switch("Unique"),
                ]
            )])]
        );
        assert_eq!(
            parse("@()").unwrap(),
            [Statement::Pipeline(vec![Element::Values(vec![])])]
        );
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn everything_else_is_a_parse_error() {
        for script in [
            "$x = 1",
            "if (",
            "Get-Date | ForEach-Object { $_ }",
            "\"$env:PATH\"",
            "1 + 1",
            "'open",
            "(1)",
            "[int]'x'",
            "a | ",
            "throw",
        ] {
            let error = parse(script).expect_err(script);
            assert!(
                error
                    .exception_type()
                    .is_some_and(|t| t.ends_with("ParseException")),
                "{script}"
            );
        }
    }
}
