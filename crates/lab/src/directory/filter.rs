//! The `-Filter` language of Exchange: comparisons of properties, joined by `-and`, `-or`, `-not` and parentheses.

use super::prop::{Column, Prop, column};
use super::time::Ticks;

/// Characters of a filter, and parentheses inside one another.
const MAX_LENGTH: usize = 8_192;
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Like,
    NotLike,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Compare { property: String, op: Op, value: String },
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
}

/// A filter that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter(Node);

/// A filter that cannot be read, or that names a property that cannot be filtered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterError {
    Syntax,
    Property(String),
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        if text.len() > MAX_LENGTH {
            return Err(FilterError::Syntax);
        }
        let mut parser = Parser { rest: text };
        let node = parser.or(0)?;
        match parser.token()? {
            None => Ok(Self(node)),
            Some(_) => Err(FilterError::Syntax),
        }
    }

    /// Every property must be one of the table's or of `more`.
    pub(crate) fn check<T>(&self, table: &[Column<T>], more: &[&str]) -> Result<(), FilterError> {
        fn walk<T>(node: &Node, table: &[Column<T>], more: &[&str]) -> Result<(), FilterError> {
            match node {
                Node::Compare { property, .. } => {
                    let known = column(table, property).is_some()
                        || more.iter().any(|name| name.eq_ignore_ascii_case(property));
                    if known {
                        Ok(())
                    } else {
                        Err(FilterError::Property(property.clone()))
                    }
                }
                Node::Not(inner) => walk(inner, table, more),
                Node::And(a, b) | Node::Or(a, b) => walk(a, table, more).and_then(|()| walk(b, table, more)),
            }
        }
        walk(&self.0, table, more)
    }

    /// Whether `object` passes; `more` answers comparisons of properties outside the table (`None` if it has none).
    pub(crate) fn matches<T>(
        &self,
        table: &[Column<T>],
        object: &T,
        more: &impl Fn(&str, &str) -> Option<bool>,
    ) -> bool {
        fn walk<T>(
            node: &Node,
            table: &[Column<T>],
            object: &T,
            more: &impl Fn(&str, &str) -> Option<bool>,
        ) -> bool {
            match node {
                Node::Compare { property, op, value } => match more(property, value) {
                    Some(equal) => equal == (*op == Op::Eq || *op == Op::Like),
                    None => {
                        column(table, property).is_some_and(|(_, read)| compare(&read(object), *op, value))
                    }
                },
                Node::Not(inner) => !walk(inner, table, object, more),
                Node::And(a, b) => walk(a, table, object, more) && walk(b, table, object, more),
                Node::Or(a, b) => walk(a, table, object, more) || walk(b, table, object, more),
            }
        }
        walk(&self.0, table, object, more)
    }
}

fn compare(prop: &Prop, op: Op, value: &str) -> bool {
    match op {
        Op::Ne => return !compare(prop, Op::Eq, value),
        Op::NotLike => return !compare(prop, Op::Like, value),
        _ => {}
    }
    match prop {
        Prop::List(_, items) => items.iter().any(|item| {
            // Addresses may be given without their prefix.
            let bare = item
                .get(5..)
                .filter(|_| item.get(..5).is_some_and(|p| p.eq_ignore_ascii_case("smtp:")));
            compare_text(item, op, value) || bare.is_some_and(|item| compare_text(item, op, value))
        }),
        Prop::Local(at) | Prop::Utc(at) => Ticks::parse(value).is_some_and(|value| match op {
            Op::Eq | Op::Like => *at == value,
            Op::Gt => *at > value,
            Op::Lt => *at < value,
            Op::Ge => *at >= value,
            Op::Le => *at <= value,
            Op::Ne | Op::NotLike => false,
        }),
        Prop::Nil => op == Op::Eq && (value.is_empty() || value == NULL),
        other => compare_text(&other.text(), op, value),
    }
}

fn compare_text(text: &str, op: Op, value: &str) -> bool {
    let value = if value == NULL { "" } else { value };
    let (text, value) = (text.to_lowercase(), value.to_lowercase());
    match op {
        Op::Eq => text == value,
        Op::Like => wildcard(&value, &text),
        Op::Gt => text > value,
        Op::Lt => text < value,
        Op::Ge => text >= value,
        Op::Le => text <= value,
        Op::Ne | Op::NotLike => false,
    }
}

/// Whether `text` fits a pattern in which `*` stands for any characters. Both must be of the same case.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// How `$null` is kept apart from the text that it would be.
const NULL: &str = "\u{0}$null";

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    /// `-eq` and the like, without the dash, in lower case.
    Operator(String),
    Word(String),
    Quoted(String),
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn or(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut node = self.and(depth)?;
        while self.operator("or") {
            node = Node::Or(Box::new(node), Box::new(self.and(depth)?));
        }
        Ok(node)
    }

    fn and(&mut self, depth: usize) -> Result<Node, FilterError> {
        let mut node = self.not(depth)?;
        while self.operator("and") {
            node = Node::And(Box::new(node), Box::new(self.not(depth)?));
        }
        Ok(node)
    }

    fn not(&mut self, depth: usize) -> Result<Node, FilterError> {
        if depth > MAX_DEPTH {
            return Err(FilterError::Syntax);
        }
        if self.operator("not") || self.bang() {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        match self.token()? {
            Some(Token::Open) => {
                let node = self.or(depth + 1)?;
                match self.token()? {
                    Some(Token::Close) => Ok(node),
                    _ => Err(FilterError::Syntax),
                }
            }
            Some(Token::Word(property)) => {
                let Some(Token::Operator(op)) = self.token()? else {
                    return Err(FilterError::Syntax);
                };
                let op = match op.as_str() {
                    "eq" => Op::Eq,
                    "ne" => Op::Ne,
                    "gt" => Op::Gt,
                    "lt" => Op::Lt,
                    "ge" => Op::Ge,
                    "le" => Op::Le,
                    "like" => Op::Like,
                    "notlike" => Op::NotLike,
                    _ => return Err(FilterError::Syntax),
                };
                let value = match self.token()? {
                    Some(Token::Quoted(text)) => text,
                    Some(Token::Word(word)) if word.eq_ignore_ascii_case("$null") => NULL.to_owned(),
                    Some(Token::Word(word)) => word.strip_prefix('$').map_or(word.clone(), str::to_owned),
                    _ => return Err(FilterError::Syntax),
                };
                Ok(Node::Compare { property, op, value })
            }
            _ => Err(FilterError::Syntax),
        }
    }

    /// Takes the operator with this name if it comes next.
    fn operator(&mut self, name: &str) -> bool {
        let before = self.rest;
        match self.token() {
            Ok(Some(Token::Operator(op))) if op == name => true,
            _ => {
                self.rest = before;
                false
            }
        }
    }

    fn bang(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix('!') {
            None => false,
            Some(rest) => {
                self.rest = rest;
                true
            }
        }
    }

    fn token(&mut self) -> Result<Option<Token>, FilterError> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let after = self.rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '(' | ')' => {
                self.rest = after;
                Ok(Some(if first == '(' { Token::Open } else { Token::Close }))
            }
            '\'' | '"' => {
                let mut text = String::new();
                let mut chars = after.char_indices().peekable();
                while let Some((at, c)) = chars.next() {
                    if c != first || chars.next_if(|(_, next)| *next == first).is_some() {
                        text.push(c);
                    } else {
                        self.rest = after.get(at + 1..).unwrap_or_default();
                        return Ok(Some(Token::Quoted(text)));
                    }
                }
                Err(FilterError::Syntax)
            }
            _ => {
                let end = self
                    .rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '\'' | '"'))
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                Ok(Some(match word.strip_prefix('-') {
                    Some(op) if op.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                        Token::Operator(op.to_ascii_lowercase())
                    }
                    _ => Token::Word(word.to_owned()),
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::user::{COLUMNS, User};

    fn passes(filter: &str, user: &User) -> bool {
        let filter = Filter::parse(filter).expect(filter);
        filter.check(COLUMNS, &[]).expect("known properties");
        filter.matches(COLUMNS, user, &|_, _| None)
    }

    #[test]
    fn filters_compare_as_documented() {
        let user = User::new(1, 5);
        let alias = &user.alias;
        let cases = [
            (format!("UserPrincipalName -eq '{alias}@CORP.example'"), true),
            (format!("UserPrincipalName -ne '{alias}@corp.example'"), false),
            (
                format!("Name -like '*{}'", user.name.rsplit(' ').next().unwrap()),
                true,
            ),
            ("IsValid -eq $true -and Sid -like 's-1-5-21*'".to_owned(), true),
            (
                "(IsValid -eq $false) -or (IsSecurityPrincipal -eq 'True')".to_owned(),
                true,
            ),
            ("-not (IsValid -eq $true)".to_owned(), false),
            ("!(IsValid -eq $false)".to_owned(), true),
            (
                "WhenChangedUTC -gt '1/1/2018 2:00:00 PM' -and WhenCreated -lt '2027-01-01T00:00:00Z'"
                    .to_owned(),
                true,
            ),
            ("NetID -eq $null".to_owned(), true),
            ("Manager -ne $null".to_owned(), true),
            ("ObjectClass -eq 'person'".to_owned(), true),
            ("Company -eq \"corp example\"".to_owned(), true),
            ("Company -eq 'it''s'".to_owned(), false),
        ];
        for (filter, expected) in cases {
            assert_eq!(passes(&filter, &user), expected, "{filter}");
        }
    }

    #[test]
    fn broken_filters_are_refused() {
        for text in [
            "",
            "Name",
            "Name -eq",
            "Name -is 'x'",
            "Name -eq 'x",
            "(Name -eq 'x'",
            "Name -eq 'x' 'y'",
            "-and",
        ] {
            assert_eq!(Filter::parse(text), Err(FilterError::Syntax), "{text}");
        }
        assert_eq!(Filter::parse(&"(".repeat(5_000)), Err(FilterError::Syntax));
        assert_eq!(Filter::parse(&"-not ".repeat(1_000)), Err(FilterError::Syntax));
        let filter = Filter::parse("Shoe -eq 1").unwrap();
        assert_eq!(
            filter.check(COLUMNS, &[]),
            Err(FilterError::Property("Shoe".to_owned()))
        );
        assert_eq!(filter.check(COLUMNS, &["shoe"]), Ok(()));
    }

    #[test]
    fn wildcards_stand_for_any_characters() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "a12b3c", true),
            ("a*a", "a", false),
            ("abc", "abcd", false),
            ("*b*", "abc", true),
            ("", "x", false),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} {text}");
        }
    }
}
