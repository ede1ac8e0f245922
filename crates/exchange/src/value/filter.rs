use std::fmt;

use psbridge_clixml::DateTime;
use uuid::Uuid;

use crate::argument::{Argue, Argument};

/// A filter that the server applies (OPATH): a comparison of a property with a value, and combinations of these.
///
/// Values are quoted here, so that a text from elsewhere is never more than a value.
///
/// ```
/// use psbridge_exchange::Filter;
///
/// let filter = Filter::property("Department").equals("Sales").and(Filter::property("Company").is_null().not());
/// assert_eq!(filter.to_string(), "(Department -eq 'Sales') -and (-not (Company -eq $null))");
/// assert_eq!(Filter::property("Name").starts_with("O'N*il").to_string(), "Name -like 'O''N*il*'");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

/// A property that is about to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a property alone is no filter"]
pub struct Property(String);

impl Filter {
    /// Begins a comparison. What is no name of a property (letters, digits and `_`, a letter first) makes a filter that
    /// the server refuses, and nothing else.
    pub fn property(name: impl AsRef<str>) -> Property {
        Property(
            name.as_ref()
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect(),
        )
    }

    /// A filter in the words of the caller, sent as it is. Never put values from elsewhere into it.
    #[must_use]
    pub fn raw(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(format!("({self}) -and ({other})"))
    }

    /// One of them must hold.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(format!("({self}) -or ({other})"))
    }

    /// It must not hold.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it reads as the other combinations do"
    )]
    pub fn not(self) -> Self {
        Self(format!("-not ({self})"))
    }

    /// The text as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Property {
    /// The value is this one.
    #[must_use]
    pub fn equals(self, value: impl Into<FilterValue>) -> Filter {
        self.compare("-eq", value)
    }

    /// The value is another one.
    #[must_use]
    pub fn differs_from(self, value: impl Into<FilterValue>) -> Filter {
        self.compare("-ne", value)
    }

    /// The value is greater, or later.
    #[must_use]
    pub fn greater_than(self, value: impl Into<FilterValue>) -> Filter {
        self.compare("-gt", value)
    }

    /// The value is less, or earlier.
    #[must_use]
    pub fn less_than(self, value: impl Into<FilterValue>) -> Filter {
        self.compare("-lt", value)
    }

    /// The text begins so. Exchange Online allows wildcards only at the end.
    #[must_use]
    pub fn starts_with(self, beginning: &str) -> Filter {
        Filter(format!("{} -like '{}*'", self.0, quote(beginning)))
    }

    /// The text fits a pattern in which `*` stands for anything.
    #[must_use]
    pub fn like(self, pattern: &str) -> Filter {
        self.compare("-like", pattern)
    }

    /// The text does not fit a pattern in which `*` stands for anything.
    #[must_use]
    pub fn not_like(self, pattern: &str) -> Filter {
        self.compare("-notlike", pattern)
    }

    /// There is no value.
    #[must_use]
    pub fn is_null(self) -> Filter {
        Filter(format!("{} -eq $null", self.0))
    }

    fn compare(self, operator: &str, value: impl Into<FilterValue>) -> Filter {
        Filter(format!("{} {operator} {}", self.0, value.into().0))
    }
}

/// A value to compare with, quoted where it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterValue(String);

impl From<&str> for FilterValue {
    fn from(text: &str) -> Self {
        Self(format!("'{}'", quote(text)))
    }
}

impl From<String> for FilterValue {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for FilterValue {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<bool> for FilterValue {
    fn from(value: bool) -> Self {
        Self(if value { "$true" } else { "$false" }.to_owned())
    }
}

impl From<i64> for FilterValue {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<Uuid> for FilterValue {
    fn from(guid: Uuid) -> Self {
        Self(format!("'{}'", guid.hyphenated()))
    }
}

impl From<DateTime> for FilterValue {
    fn from(time: DateTime) -> Self {
        Self(format!("'{time}'"))
    }
}

/// PowerShell takes typographic quotes for quotes too, so each of them is doubled. A NUL would end the text.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for c in text.chars().filter(|c| *c != '\0') {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Argue for Filter {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_more_than_a_value() {
        let evil = "x' -or Name -like '*";
        assert_eq!(
            Filter::property("Name").equals(evil).to_string(),
            "Name -eq 'x'' -or Name -like ''*'"
        );
        assert_eq!(
            Filter::property("Name").equals("a\u{2019} -or \0b").to_string(),
            "Name -eq 'a\u{2019}\u{2019} -or b'"
        );
        assert_eq!(
            Filter::property("Name -or X").equals(true).to_string(),
            "NameorX -eq $true"
        );
    }

    #[test]
    fn values_are_written_as_exchange_reads_them() {
        let time: DateTime = "2026-11-20T08:00:00Z".parse().unwrap();
        assert_eq!(
            Filter::property("WhenChangedUTC").greater_than(time).to_string(),
            "WhenChangedUTC -gt '2026-11-20T08:00:00Z'"
        );
        let either = Filter::property("A")
            .equals(5)
            .or(Filter::property("B").like("x*"));
        assert_eq!(either.to_string(), "(A -eq 5) -or (B -like 'x*')");
    }
}
