use std::fmt;

use psbridge_clixml::from::ValueReader;
use psbridge_clixml::{Error, FromClixml};

use super::text;
use crate::argument::{Argue, Argument};

/// A mail address, as text. Exchange compares addresses without regard to case, and so does this type; an object
/// without one has an empty address.
#[derive(Debug, Clone, Default)]
pub struct SmtpAddress(String);

impl SmtpAddress {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where there is no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(_, domain)| domain)
    }
}

impl PartialEq for SmtpAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for SmtpAddress {}

impl PartialEq<str> for SmtpAddress {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl PartialEq<&str> for SmtpAddress {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl std::hash::Hash for SmtpAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for SmtpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for SmtpAddress {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for SmtpAddress {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Argue for SmtpAddress {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.0.clone()))
    }
}

impl FromClixml for SmtpAddress {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        text("a mail address", value).map(Self)
    }
}

/// One of an object's addresses, with its kind: `SMTP:` marks the primary one, `smtp:` the others; `X500:` and further
/// kinds occur.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProxyAddress {
    prefix: String,
    address: String,
}

impl ProxyAddress {
    /// The kind of address as it was written, `smtp` where none was.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The address without its kind.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// True for mail addresses.
    #[must_use]
    pub fn is_smtp(&self) -> bool {
        self.prefix.eq_ignore_ascii_case("smtp")
    }

    /// True for the one address of its kind that is used for sending.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        !self.prefix.is_empty() && !self.prefix.bytes().any(|byte| byte.is_ascii_lowercase())
    }
}

impl From<&str> for ProxyAddress {
    fn from(text: &str) -> Self {
        let (prefix, address) = match text.split_once(':') {
            Some((prefix, address)) if !prefix.is_empty() && !prefix.contains('@') => (prefix, address),
            _ => ("smtp", text),
        };
        Self {
            prefix: prefix.to_owned(),
            address: address.to_owned(),
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.prefix, self.address)
    }
}

impl FromClixml for ProxyAddress {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        text("an address", value).map(|text| Self::from(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_the_prefix_says_which_is_primary() {
        let primary = ProxyAddress::from("SMTP:ann@corp.example");
        assert!(primary.is_primary() && primary.is_smtp());
        let other = ProxyAddress::from("smtp:a@corp.example");
        assert!(!other.is_primary() && other.is_smtp());
        let legacy = ProxyAddress::from("X500:/o=corp/cn=a:b");
        assert_eq!((legacy.prefix(), legacy.address()), ("X500", "/o=corp/cn=a:b"));
        assert_eq!(
            ProxyAddress::from("ann@corp.example").to_string(),
            "smtp:ann@corp.example"
        );
    }

    #[test]
    fn addresses_are_compared_without_case() {
        assert_eq!(SmtpAddress::from("Ann@Corp.example"), "ann@corp.EXAMPLE");
        assert_eq!(
            SmtpAddress::from("ann@corp.example").domain(),
            Some("corp.example")
        );
    }
}
