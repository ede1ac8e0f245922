//! Text put together from its pieces.

use std::borrow::Cow;

use super::chars::Marks;
use super::problem;
use crate::{Error, PsString, XmlProblem};

/// Text as it stands after XML's own rules: references resolved, line ends normalised.
///
/// Borrowed where it is one piece that needed no change; UTF-16 only where references gave halves of surrogate
/// pairs.
#[derive(Debug, Clone)]
pub(crate) struct Text<'a> {
    repr: Repr<'a>,
    /// Whether an underscore stands in it, so that `_xHHHH_` is worth looking for.
    pub(crate) underscore: bool,
    /// Whether part of it came from a CDATA section, which is never insignificant.
    pub(crate) cdata: bool,
}

#[derive(Debug, Clone)]
enum Repr<'a> {
    Plain(Cow<'a, str>),
    Wide(Vec<u16>),
}

impl<'a> Text<'a> {
    pub(crate) const EMPTY: Text<'static> = Text {
        repr: Repr::Plain(Cow::Borrowed("")),
        underscore: false,
        cdata: false,
    };

    pub(super) fn plain(text: &'a str, marks: Marks) -> Text<'a> {
        Text {
            repr: Repr::Plain(Cow::Borrowed(text)),
            underscore: marks.has_underscore(),
            cdata: false,
        }
    }

    /// The text, where it holds no half of a surrogate pair.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.repr {
            Repr::Plain(text) => Some(text),
            Repr::Wide(_) => None,
        }
    }

    /// The UTF-16 units, where the text holds halves of surrogate pairs.
    pub(crate) fn as_utf16(&self) -> Option<&[u16]> {
        match &self.repr {
            Repr::Plain(_) => None,
            Repr::Wide(units) => Some(units),
        }
    }

    /// The text with U+FFFD for halves of surrogate pairs.
    pub(crate) fn into_lossy(self) -> Cow<'a, str> {
        match self.repr {
            Repr::Plain(text) => text,
            Repr::Wide(units) => Cow::Owned(String::from_utf16_lossy(&units)),
        }
    }

    pub(crate) fn into_ps_string(self) -> PsString {
        match self.repr {
            Repr::Plain(text) => text.into(),
            Repr::Wide(units) => PsString::from_utf16(&units),
        }
    }

    /// Whether it is nothing but blanks outside CDATA sections: what XML may set between elements.
    pub(crate) fn is_insignificant(&self) -> bool {
        !self.cdata
            && match &self.repr {
                Repr::Plain(text) => text.bytes().all(super::chars::is_blank),
                Repr::Wide(_) => false,
            }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.repr, Repr::Plain(text) if text.is_empty())
    }

    /// Adds characters as they stand in the document. `in_cdata` tells text from a CDATA section.
    pub(super) fn push_raw(&mut self, piece: &'a str, offset: usize, in_cdata: bool) -> Result<(), Error> {
        self.push_marked(piece, Marks::of(piece), offset, in_cdata)
    }

    /// The same for a piece whose marks are known.
    pub(super) fn push_marked(
        &mut self,
        piece: &'a str,
        marks: Marks,
        offset: usize,
        in_cdata: bool,
    ) -> Result<(), Error> {
        if marks.has_forbidden(piece) {
            let forbidden =
                |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || c == '\u{FFFE}' || c == '\u{FFFF}';
            return Err(problem(
                offset + piece.find(forbidden).unwrap_or(0),
                XmlProblem::Character,
            ));
        }
        if marks.may_end_cdata()
            && !in_cdata
            && let Some(at) = piece.find("]]>")
        {
            return Err(problem(offset + at, XmlProblem::CdataEnd));
        }
        self.underscore |= marks.has_underscore();
        self.cdata |= in_cdata;
        if marks.has_return() {
            self.push_str(&normalize_line_ends(piece));
        } else if self.is_empty() {
            self.repr = Repr::Plain(Cow::Borrowed(piece));
        } else {
            self.push_str(piece);
        }
        Ok(())
    }

    /// Makes text that is still borrowed one that `length` more bytes fit into, so that it does not grow piece by piece.
    pub(super) fn make_room(&mut self, length: impl FnOnce() -> usize) {
        if let Repr::Plain(text @ Cow::Borrowed(_)) = &mut self.repr {
            let mut roomy = String::with_capacity(text.len() + length());
            roomy.push_str(text);
            *text = Cow::Owned(roomy);
        }
    }

    pub(super) fn push_str(&mut self, piece: &str) {
        match &mut self.repr {
            Repr::Plain(text) => text.to_mut().push_str(piece),
            Repr::Wide(units) => units.extend(piece.encode_utf16()),
        }
    }

    /// Adds what `&reference;` stands for: one of the five entities, or any UTF-16 unit or character.
    pub(super) fn push_reference(&mut self, reference: &str, offset: usize) -> Result<(), Error> {
        let broken = || problem(offset, XmlProblem::Reference);
        let code = match reference.strip_prefix('#') {
            None => {
                self.push_str(match reference {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => return Err(broken()),
                });
                return Ok(());
            }
            Some(number) => code_point(number).ok_or_else(broken)?,
        };
        // An escape may begin with a reference to its underscore.
        self.underscore |= code == u32::from('_');
        match char::from_u32(code) {
            Some(c) => self.push_str(c.encode_utf8(&mut [0; 4])),
            None => {
                let unit = u16::try_from(code).map_err(|_| broken())?;
                self.widen(unit);
            }
        }
        Ok(())
    }

    fn widen(&mut self, unit: u16) {
        match &mut self.repr {
            Repr::Wide(units) => units.push(unit),
            Repr::Plain(text) => {
                let mut units: Vec<u16> = text.encode_utf16().collect();
                units.push(unit);
                self.repr = Repr::Wide(units);
            }
        }
    }
}

/// The number of a character reference, after `#`.
fn code_point(number: &str) -> Option<u32> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` takes a sign, XML does not.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|code| *code <= 0x10_FFFF)
}

/// CR LF and lone CR read as LF.
pub(super) fn normalize_line_ends(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut lines = text.split('\r');
    normal.push_str(lines.next().unwrap_or_default());
    for line in lines {
        if !line.starts_with('\n') {
            normal.push('\n');
        }
        normal.push_str(line);
    }
    normal
}

/// The value of an attribute: references resolved, each blank a space.
pub(super) fn attribute_value(raw: &str, offset: usize) -> Result<Text<'_>, Error> {
    let marks = Marks::of(raw);
    if marks.has_forbidden(raw) {
        return Err(problem(offset, XmlProblem::Character));
    }
    let mut text = Text::EMPTY;
    text.underscore = marks.has_underscore();
    let mut rest = raw;
    while !rest.is_empty() {
        let plain = rest.find('&').unwrap_or(rest.len());
        let (before, reference) = rest.split_at(plain);
        text.push_str(&normalize_line_ends(before).replace(['\n', '\t'], " "));
        rest = match reference.strip_prefix('&') {
            None => reference,
            Some(reference) => {
                let (name, rest) = reference
                    .split_once(';')
                    .ok_or_else(|| problem(offset, XmlProblem::Reference))?;
                text.push_reference(name, offset)?;
                rest
            }
        };
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends() {
        assert_eq!(normalize_line_ends("a\r\nb\rc\n\r\rd\r"), "a\nb\nc\n\n\nd\n");
    }

    #[test]
    fn references_to_anything() {
        for (reference, expected) in [
            ("#x41", "A"),
            ("#65", "A"),
            ("#x0", "\0"),
            ("#xFFFE", "\u{FFFE}"),
            ("#x1F600", "\u{1F600}"),
            ("lt", "<"),
        ] {
            let mut text = Text::EMPTY;
            text.push_reference(reference, 0).unwrap();
            assert_eq!(text.as_str(), Some(expected));
        }
        for reference in [
            "nbsp",
            "#",
            "#x",
            "#X41",
            "#-1",
            "#x+1",
            "#x110000",
            "#99999999999",
            "LT",
            "",
            "#6a",
        ] {
            let mut text = Text::EMPTY;
            assert!(text.push_reference(reference, 0).is_err(), "{reference}");
        }
    }

    #[test]
    fn halves_by_reference_join() {
        let mut text = Text::EMPTY;
        text.push_raw("a", 0, false).unwrap();
        text.push_reference("#xD83D", 0).unwrap();
        assert_eq!(text.as_utf16(), Some(&[0x61, 0xD83D][..]));
        text.push_reference("#xDE00", 0).unwrap();
        assert_eq!(text.into_ps_string(), "a\u{1F600}");
    }

    #[test]
    fn attribute_values_are_normalized() {
        let value = attribute_value("a\r\nb\tc&#10;&lt;", 0).unwrap();
        assert_eq!(value.as_str(), Some("a b c\n<"));
        assert!(attribute_value("a&b", 0).is_err());
        assert!(attribute_value("a\u{1}", 0).is_err());
    }
}
