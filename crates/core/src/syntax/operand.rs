//! Values: arguments of commands, and what stands within `@(…)` and `@{…}`.

use super::chars::{
    continues_key, ends_word, is_dash, is_double_quote, is_newline, is_single_quote, starts_key,
    starts_parameter,
};
use super::error::{SyntaxError, USE_SCRIPT};
use super::literal::Literal;
use super::number::{self, Place, Scan};
use super::parser::Parser;

/// How deep `@(…)` and `@{…}` may stand within one another. CLIXML ends at 50, of which a command takes seven.
const MAX_DEPTH: usize = 32;

impl Parser<'_> {
    /// A value of a command, or several joined by commas, which are an array.
    pub(super) fn argument(&mut self) -> Result<Literal, SyntaxError> {
        let first = self.argument_element()?;
        if !self.comma() {
            return Ok(first);
        }
        let mut elements = vec![first];
        loop {
            elements.push(self.argument_element()?);
            if !self.comma() {
                return Ok(Literal::Array(elements));
            }
        }
    }

    /// Passes a comma and the white space around it, if there is one.
    fn comma(&mut self) -> bool {
        self.at.skip_blanks();
        let found = self.at.eat(',');
        if found {
            self.at.skip_lines();
        }
        found
    }

    fn argument_element(&mut self) -> Result<Literal, SyntaxError> {
        if self.at_end_of_command() || self.at.peek() == Some(',') {
            return Err(self.at.error(
                "a value is missing next to the comma",
                "write the value, or remove the comma",
            ));
        }
        if let Some(literal) = self.delimited()? {
            return Ok(literal);
        }
        self.refuse_punctuation()?;
        if self.at.peek().is_some_and(is_dash) {
            let second = self.at.peek_second();
            if second.is_some_and(is_dash) {
                return Err(self.at.error(
                    "parameters begin with one dash",
                    "write -Name, or put the word within quotes",
                ));
            }
            if second.is_some_and(starts_parameter) {
                return Err(self.at.error(
                    "a parameter cannot stand in an array",
                    "put the word within quotes if it is a value",
                ));
            }
        }
        if let Some(number) = self.number(Place::Argument)? {
            return Ok(number);
        }
        Ok(Literal::Text(self.at.word()?.text))
    }

    /// What looks the same for arguments and within `@(…)`: quotes, `$true` and its like, `@(…)`, `@{…}`.
    fn delimited(&mut self) -> Result<Option<Literal>, SyntaxError> {
        let literal = match self.at.peek() {
            Some(c) if is_single_quote(c) => Literal::Text(self.at.single_quoted()?),
            Some(c) if is_double_quote(c) => Literal::Text(self.at.double_quoted()?),
            Some('$') => return self.constant().map(Some),
            Some('@') => match self.at.peek_second() {
                Some('(') => self.nested(Self::array)?,
                Some('{') => self.nested(Self::table)?,
                Some(c) if is_single_quote(c) || is_double_quote(c) => {
                    return Err(self.at.error(
                        "here-strings are not part of the pipeline syntax",
                        "use ordinary quotes, which may span lines",
                    ));
                }
                _ => {
                    return Err(self.at.error(
                        "splatting is not part of the pipeline syntax",
                        "put the word within quotes if it begins with @",
                    ));
                }
            },
            _ => return Ok(None),
        };
        self.refuse_member_access()?;
        Ok(Some(literal))
    }

    fn refuse_member_access(&self) -> Result<(), SyntaxError> {
        let rest = self.at.rest();
        if rest.starts_with(['.', '[']) || rest.starts_with("::") {
            return Err(self.at.error(
                "members and elements of a value are not part of the pipeline syntax",
                USE_SCRIPT,
            ));
        }
        Ok(())
    }

    /// `$true`, `$false`, `$null`.
    fn constant(&mut self) -> Result<Literal, SyntaxError> {
        let rest = self.at.rest();
        for (name, literal) in [
            ("$true", Literal::Bool(true)),
            ("$false", Literal::Bool(false)),
            ("$null", Literal::Null),
        ] {
            let Some((head, tail)) = rest.split_at_checked(name.len()) else {
                continue;
            };
            if head.eq_ignore_ascii_case(name) && tail.chars().next().is_none_or(ends_word) {
                self.at.advance(name.len());
                return Ok(literal);
            }
        }
        Err(self.at.dollar())
    }

    fn number(&mut self, place: Place) -> Result<Option<Literal>, SyntaxError> {
        match number::scan(self.at.rest(), place) {
            Scan::Number(value, length) => {
                let text = self.at.rest().get(..length).unwrap_or_default().to_owned();
                self.at.advance(length);
                Ok(Some(Literal::Number { value, text }))
            }
            Scan::BigInteger => Err(self.at.error(
                "integers of arbitrary size (suffix n) are not part of the pipeline syntax",
                "put the digits within quotes; the parameter converts them",
            )),
            Scan::Other => Ok(None),
        }
    }

    fn nested(
        &mut self,
        inner: fn(&mut Self) -> Result<Literal, SyntaxError>,
    ) -> Result<Literal, SyntaxError> {
        if self.depth == MAX_DEPTH {
            return Err(self.at.error("this is nested too deeply", "pass a flatter value"));
        }
        self.depth += 1;
        let literal = inner(self);
        self.depth -= 1;
        literal
    }

    /// `@(…)`: the values of its statements, of which arrays are taken apart once.
    fn array(&mut self) -> Result<Literal, SyntaxError> {
        let start = self.at.offset();
        self.at.advance("@(".len());
        let mut elements = Vec::new();
        loop {
            self.skip_separators();
            match self.at.peek() {
                None => {
                    return Err(SyntaxError::new(
                        start,
                        "this array is never closed",
                        "add the closing )",
                    ));
                }
                Some(')') => {
                    self.at.bump();
                    return Ok(Literal::Array(elements));
                }
                Some(_) => match self.list()? {
                    Literal::Array(several) => elements.extend(several),
                    one => elements.push(one),
                },
            }
            self.end_of_item(')')?;
        }
    }

    /// `@{…}`: entries separated by `;` and line ends.
    fn table(&mut self) -> Result<Literal, SyntaxError> {
        let start = self.at.offset();
        self.at.advance("@{".len());
        let mut entries: Vec<(Literal, Literal)> = Vec::new();
        loop {
            self.skip_separators();
            match self.at.peek() {
                None => {
                    return Err(SyntaxError::new(
                        start,
                        "this hashtable is never closed",
                        "add the closing }",
                    ));
                }
                Some('}') => {
                    self.at.bump();
                    return Ok(Literal::Table(entries));
                }
                Some(_) => {
                    let place = self.at.offset();
                    let key = self.key()?;
                    if entries.iter().any(|(other, _)| other.same_key(&key)) {
                        return Err(SyntaxError::new(
                            place,
                            "this key is given twice",
                            "keep one of the two entries",
                        ));
                    }
                    self.at.skip_blanks();
                    if !self.at.eat('=') {
                        return Err(self
                            .at
                            .error("= is missing after the key", "write @{Key = 'value'}"));
                    }
                    self.at.skip_lines();
                    entries.push((key, self.list()?));
                }
            }
            self.end_of_item('}')?;
        }
    }

    fn key(&mut self) -> Result<Literal, SyntaxError> {
        let next = self.at.peek().unwrap_or_default();
        if is_single_quote(next) {
            return self.at.single_quoted().map(Literal::Text);
        }
        if is_double_quote(next) {
            return self.at.double_quoted().map(Literal::Text);
        }
        if starts_key(next) {
            return Ok(Literal::Text(self.at.take(continues_key).to_owned()));
        }
        self.number(Place::Expression)?.ok_or_else(|| {
            self.at
                .error("a key is expected here", "put the key within quotes")
        })
    }

    /// After an item of `@(…)` or `@{…}` comes a separator or the end.
    fn end_of_item(&mut self, closing: char) -> Result<(), SyntaxError> {
        self.at.skip_blanks();
        match self.at.peek() {
            None | Some(';') => Ok(()),
            Some(c) if c == closing || is_newline(c) => Ok(()),
            Some('|') => Err(self.at.error(
                "pipelines within a value are not part of the pipeline syntax",
                USE_SCRIPT,
            )),
            Some(_) => Err(self.at.error(
                "expressions are not part of the pipeline syntax",
                "write one value, or several with commas between them",
            )),
        }
    }

    /// A value within `@(…)` or `@{…}`, or several joined by commas.
    fn list(&mut self) -> Result<Literal, SyntaxError> {
        let first = self.list_element()?;
        if !self.comma() {
            return Ok(first);
        }
        let mut elements = vec![first];
        loop {
            elements.push(self.list_element()?);
            if !self.comma() {
                return Ok(Literal::Array(elements));
            }
        }
    }

    fn list_element(&mut self) -> Result<Literal, SyntaxError> {
        match self.at.peek() {
            // A comma in front makes an array of one.
            Some(',') => {
                self.at.bump();
                self.at.skip_lines();
                return self.nested(|parser| Ok(Literal::Array(vec![parser.list_element()?])));
            }
            None | Some(')' | '}' | ';' | '|') => {
                return Err(self.at.error(
                    "a value is missing here",
                    "write the value, or remove the comma or =",
                ));
            }
            Some(_) => {}
        }
        if let Some(literal) = self.delimited()? {
            return Ok(literal);
        }
        self.refuse_punctuation()?;
        if let Some(number) = self.number(Place::Expression)? {
            return Ok(number);
        }
        Err(self
            .at
            .error("a bare word would run a command here", "put text within quotes"))
    }

    /// Refuses punctuation that begins something outside this grammar.
    pub(super) fn refuse_punctuation(&self) -> Result<(), SyntaxError> {
        let next = self.at.peek().unwrap_or_default();
        let second = self.at.peek_second();
        Err(match next {
            '(' => self.at.error(
                "expressions in parentheses are not part of the pipeline syntax",
                "write the value itself, or @(…) for an array",
            ),
            '{' => self
                .at
                .error("script blocks are not part of the pipeline syntax", USE_SCRIPT),
            ')' | '}' => self.at.error(
                format!("nothing is open that this {next} could close"),
                "remove it, or put it within quotes",
            ),
            '&' if second == Some('&') => self.at.error("&& is not part of the pipeline syntax", USE_SCRIPT),
            '&' => self.at.error(
                "& is not part of the pipeline syntax",
                "put it within quotes to mean the character",
            ),
            '$' => self.at.dollar(),
            '<' | '>' => self.at.redirection(),
            '1'..='6' | '*' if second == Some('>') => self.at.redirection(),
            '#' => self.at.error(
                "comments are not part of the pipeline syntax",
                "put the word within quotes if it begins with #",
            ),
            ']' => self
                .at
                .error("this ] cannot begin a word", "put the word within quotes"),
            _ => return Ok(()),
        })
    }
}
