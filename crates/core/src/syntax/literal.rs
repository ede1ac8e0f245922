//! The values that a pipeline's text can write, between the text and [`psbridge_clixml::Value`].

use super::number::Number;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Text(String),
    Number {
        value: Number,
        /// As it was written: PowerShell keeps it, so that `007` for a string parameter stays `007`.
        text: String,
    },
    Array(Vec<Literal>),
    Table(Vec<(Literal, Literal)>),
}

impl Literal {
    /// Whether two keys are the same to a PowerShell hashtable.
    pub(super) fn same_key(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.to_lowercase() == b.to_lowercase(),
            (Self::Number { value: a, .. }, Self::Number { value: b, .. }) => a == b,
            _ => false,
        }
    }
}
