//! Text as PowerShell has it: UTF-16 that need not be valid.

use std::borrow::Cow;
use std::fmt;

/// A PowerShell string.
///
/// .NET strings are sequences of UTF-16 units, so half of a surrogate pair may stand alone. Nearly none does: text
/// is kept as UTF-8 whenever it is valid, and as UTF-16 otherwise, so that it is written again as it came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PsString(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Utf8(Box<str>),
    /// Only ever text that is not valid UTF-16, so that equality of the two forms is equality of the text.
    Utf16(Box<[u16]>),
}

impl PsString {
    /// Text of UTF-16 units, halves of surrogate pairs allowed.
    pub fn from_utf16(units: &[u16]) -> PsString {
        match String::from_utf16(units) {
            Ok(text) => text.into(),
            Err(_) => PsString(Repr::Utf16(units.into())),
        }
    }

    /// The text, unless it holds half of a surrogate pair.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::Utf8(text) => Some(text),
            Repr::Utf16(_) => None,
        }
    }

    /// The text, with U+FFFD for each lone half of a surrogate pair.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Utf8(text) => Cow::Borrowed(text),
            Repr::Utf16(units) => Cow::Owned(String::from_utf16_lossy(units)),
        }
    }

    /// The text as an owned `String`, with U+FFFD for each lone half of a surrogate pair.
    pub fn into_string_lossy(self) -> String {
        match self.0 {
            Repr::Utf8(text) => text.into_string(),
            Repr::Utf16(units) => String::from_utf16_lossy(&units),
        }
    }

    /// The UTF-16 units, where the text is not valid Unicode.
    pub fn as_utf16(&self) -> Option<&[u16]> {
        match &self.0 {
            Repr::Utf8(_) => None,
            Repr::Utf16(units) => Some(units),
        }
    }

    /// All UTF-16 units of the text.
    pub fn encode_utf16(&self) -> Vec<u16> {
        match &self.0 {
            Repr::Utf8(text) => text.encode_utf16().collect(),
            Repr::Utf16(units) => units.to_vec(),
        }
    }

    /// The size of the text in bytes as it is kept.
    pub(crate) fn size(&self) -> usize {
        self.as_str()
            .map_or_else(|| self.as_utf16().map_or(0, |units| units.len() * 2), str::len)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Repr::Utf8(text) => text.is_empty(),
            Repr::Utf16(units) => units.is_empty(),
        }
    }
}

impl Default for PsString {
    fn default() -> Self {
        "".into()
    }
}

impl fmt::Debug for PsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str_lossy(), f)
    }
}

impl fmt::Display for PsString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_str_lossy())
    }
}

impl From<&str> for PsString {
    fn from(text: &str) -> Self {
        PsString(Repr::Utf8(text.into()))
    }
}

impl From<String> for PsString {
    fn from(text: String) -> Self {
        PsString(Repr::Utf8(text.into_boxed_str()))
    }
}

impl From<&String> for PsString {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Cow<'_, str>> for PsString {
    fn from(text: Cow<'_, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl PartialEq<str> for PsString {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for PsString {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_utf16_is_kept_as_utf8() {
        let pair = PsString::from_utf16(&[0xD83D, 0xDE00]);
        assert_eq!(pair.as_str(), Some("\u{1F600}"));
        assert_eq!(pair, PsString::from("\u{1F600}"));
    }

    #[test]
    fn a_lone_half_survives() {
        let half = PsString::from_utf16(&[0x61, 0xD83D]);
        assert_eq!(half.as_str(), None);
        assert_eq!(half.to_str_lossy(), "a\u{FFFD}");
        assert_eq!(half.encode_utf16(), [0x61, 0xD83D]);
    }
}
