//! `Version`: two to four numbers.

use std::fmt;
use std::str::FromStr;

use crate::{Error, lexical};

/// A .NET version: `1.2`, `1.2.3` or `1.2.3.4`.
///
/// Compares part by part; an absent part comes before 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// First part; .NET allows no part above `i32::MAX`.
    pub major: u32,
    /// Second part.
    pub minor: u32,
    /// Third part, where there is one.
    pub build: Option<u32>,
    /// Fourth part, where there is one; only together with the third.
    pub revision: Option<u32>,
}

impl Version {
    /// `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Version {
        Version {
            major,
            minor,
            build: None,
            revision: None,
        }
    }

    /// `major.minor.build.revision`.
    pub const fn full(major: u32, minor: u32, build: u32, revision: u32) -> Version {
        Version {
            major,
            minor,
            build: Some(build),
            revision: Some(revision),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if let Some(build) = self.build {
            write!(f, ".{build}")?;
            if let Some(revision) = self.revision {
                write!(f, ".{revision}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what .NET's `Version` reads: two to four parts, each with blanks around it or a plus sign.
impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| Error::BadValue {
            offset: 0,
            kind: "Version",
            text: text.chars().take(40).collect(),
        })
    }
}

fn parse(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(|part| {
        let number = lexical::signed(part)?;
        i32::try_from(number)
            .ok()
            .and_then(|number| u32::try_from(number).ok())
    });
    let (major, minor) = (parts.next()??, parts.next()??);
    let build = parts.next().map_or(Some(None), |part| part.map(Some))?;
    let revision = parts.next().map_or(Some(None), |part| part.map(Some))?;
    if parts.next().is_some() {
        return None;
    }
    Some(Version {
        major,
        minor,
        build,
        revision,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_dotnet_reads_it() {
        for (text, expected) in [
            ("1.2", "1.2"),
            ("1.2.3", "1.2.3"),
            (" 01.002.3.4\n", "1.2.3.4"),
            ("1 . +2", "1.2"),
            ("0.0.2147483647.2147483647", "0.0.2147483647.2147483647"),
        ] {
            assert_eq!(text.parse::<Version>().unwrap().to_string(), expected);
        }
        for text in [
            "",
            "1",
            "1.2.3.4.5",
            "-1.2",
            "1.-2",
            "1.a",
            "1..2",
            "1.2.2147483648",
            "1.2.",
            ".1",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }

    #[test]
    fn absent_parts_come_first() {
        assert!(Version::new(1, 2) < Version::full(1, 2, 0, 0));
        assert!(Version::new(2, 0) > Version::full(1, 9, 9, 9));
    }
}
