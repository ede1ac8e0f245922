use std::fmt;
use std::str::FromStr;

use psbridge_clixml::from::{Part, Shape, ValueReader};
use psbridge_clixml::{Error, FromClixml, Value};

use super::mismatch;
use crate::argument::{Argue, Argument};

/// A number of bytes, as Exchange writes it: `30 GB (32,212,254,720 bytes)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteQuantifiedSize(u64);

impl ByteQuantifiedSize {
    /// So many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// The text is no size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no size; expected a number of bytes, or a number with B, KB, MB, GB or TB")]
pub struct NoSize(String);

impl FromStr for ByteQuantifiedSize {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let wrong = || NoSize(text.chars().take(64).collect());
        let trimmed = text.trim();
        // The exact number stands in brackets; what stands before is rounded.
        if let Some((_, rest)) = trimmed.split_once('(') {
            let digits: String = rest
                .chars()
                .take_while(|c| !c.is_alphabetic() && *c != ')')
                .collect();
            return grouped(&digits).map(Self).ok_or_else(wrong);
        }
        let at = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(at);
        let shift = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" | "bytes" => 0,
            "kb" => 10,
            "mb" => 20,
            "gb" => 30,
            "tb" => 40,
            _ => return Err(wrong()),
        };
        let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
        let whole = grouped(whole).ok_or_else(wrong)?;
        let mut bytes = u128::from(whole) << shift;
        if !fraction.is_empty() {
            let digits = u32::try_from(fraction.len())
                .ok()
                .filter(|digits| *digits <= 18)
                .ok_or_else(wrong)?;
            let part: u64 = fraction.parse().map_err(|_| wrong())?;
            bytes += (u128::from(part) << shift) / 10_u128.pow(digits);
        }
        let bytes = u64::try_from(bytes).map_err(|_| wrong())?;
        Ok(Self(bytes))
    }
}

/// A whole number whose groups may be set apart, in whichever way the server's language does it.
fn grouped(text: &str) -> Option<u64> {
    let mut digits = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' => {}
            _ => return None,
        }
    }
    digits.parse().ok()
}

impl fmt::Display for ByteQuantifiedSize {
    /// A form that every Exchange takes: a number of bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} B", self.0)
    }
}

impl Argue for ByteQuantifiedSize {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.to_string()))
    }
}

impl FromClixml for ByteQuantifiedSize {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        match Unlimited::from_clixml(value)? {
            Unlimited::Limited(size) => Ok(size),
            Unlimited::Unlimited => Err(mismatch("a size", "no limit")),
        }
    }
}

/// A value, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unlimited<T> {
    /// No limit.
    #[default]
    Unlimited,
    /// This limit.
    Limited(T),
}

impl<T> Unlimited<T> {
    /// The limit, if there is one.
    #[must_use]
    pub fn limit(self) -> Option<T> {
        match self {
            Self::Unlimited => None,
            Self::Limited(limit) => Some(limit),
        }
    }
}

impl<T> From<T> for Unlimited<T> {
    fn from(limit: T) -> Self {
        Self::Limited(limit)
    }
}

impl<T: fmt::Display> fmt::Display for Unlimited<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("Unlimited"),
            Self::Limited(limit) => limit.fmt(f),
        }
    }
}

impl<T: fmt::Display> Argue for Unlimited<T> {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.to_string()))
    }
}

impl<T: FromStr> FromClixml for Unlimited<T> {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        let mut object = match value.open()? {
            Shape::Nil => return Err(mismatch("a limit", "null")),
            Shape::Primitive(value) => {
                let text = ValueReader::primitive(value).text()?;
                return parse(&text.unwrap_or_default().to_str_lossy());
            }
            Shape::Object(object) => object,
        };
        let mut found = None;
        while let Some(part) = object.next()? {
            match part {
                Part::ToString(text) => found = Some(parse(&text.to_str_lossy())?),
                Part::Base(Value::String(text)) => found = Some(parse(&text.to_str_lossy())?),
                Part::Member { name, value, .. } if name.eq_ignore_ascii_case("IsUnlimited") => {
                    let unlimited = bool::from_clixml(value)?;
                    found = unlimited.then_some(Self::Unlimited).or(found);
                }
                _ => {}
            }
        }
        found.ok_or_else(|| mismatch("a limit", "an object without ToString"))
    }
}

fn parse<T: FromStr>(text: &str) -> Result<Unlimited<T>, Error> {
    if text.trim().eq_ignore_ascii_case("unlimited") {
        return Ok(Unlimited::Unlimited);
    }
    text.parse().map(Unlimited::Limited).map_err(|_| {
        mismatch(
            "a limit",
            &format!("{:?}", text.chars().take(64).collect::<String>()),
        )
    })
}

#[cfg(test)]
mod tests {
    use psbridge_clixml::{Limits, from_message};

    use super::*;

    #[test]
    fn sizes_are_exact() {
        let bytes = |text: &str| text.parse::<ByteQuantifiedSize>().map(ByteQuantifiedSize::bytes);
        assert_eq!(bytes("30 GB (32,212,254,720 bytes)"), Ok(32_212_254_720));
        // As servers in other languages write it.
        assert_eq!(bytes("30 GB (32.212.254.720 bytes)"), Ok(32_212_254_720));
        assert_eq!(bytes("1,5 KB (1\u{a0}536 octets)"), Ok(1536));
        assert_eq!(bytes("0 B (0 bytes)"), Ok(0));
        assert_eq!(bytes("25MB"), Ok(25 << 20));
        assert_eq!(bytes("1.5 KB"), Ok(1536));
        assert_eq!(bytes("1024"), Ok(1024));
        for wrong in ["", "much", "5 PB", "99999999999 TB", "1.x KB", "GB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        let size = ByteQuantifiedSize::from_bytes(36_700_160);
        assert_eq!(bytes(&size.to_string()), Ok(size.bytes()));
    }

    #[test]
    fn limits_are_read_in_every_serialization() {
        let read = |clixml: &str| {
            from_message::<Unlimited<ByteQuantifiedSize>>(clixml.as_bytes(), &Limits::default()).unwrap()
        };
        assert_eq!(read("<S>Unlimited</S>"), Unlimited::Unlimited);
        assert_eq!(
            read("<S>35 MB (36,700,160 bytes)</S>")
                .limit()
                .map(ByteQuantifiedSize::bytes),
            Some(36_700_160)
        );
        let full = "<Obj RefId='0'><TN RefId='0'><T>Microsoft.Exchange.Data.Unlimited`1</T></TN>\
                    <ToString>Unlimited</ToString><Props><B N='IsUnlimited'>true</B></Props></Obj>";
        assert_eq!(read(full), Unlimited::Unlimited);
    }
}
