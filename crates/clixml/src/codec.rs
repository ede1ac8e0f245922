//! The escapes that CLIXML sets inside text: `_xHHHH_` for UTF-16 units that XML cannot carry.

use crate::xml::Text;
use crate::{Name, PsString};

/// Where text is written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Text,
    /// Between double quotes.
    Attribute,
}

/// Writes text with all escapes, CLIXML's and XML's.
pub(crate) fn encode(text: &PsString, place: Place, out: &mut String) {
    match (text.as_str(), text.as_utf16()) {
        (Some(text), _) => encode_str(text, place, out),
        (None, units) => encode_units(units.unwrap_or_default(), place, out),
    }
}

pub(crate) fn encode_name(name: &Name, place: Place, out: &mut String) {
    match name.wide() {
        Some(wide) => encode(wide, place, out),
        None => encode_str(name.as_str(), place, out),
    }
}

pub(crate) fn encode_str(text: &str, place: Place, out: &mut String) {
    let mut rest = text;
    loop {
        // The first character that may need an escape; most texts have none.
        let care =
            |byte: u8| !(0x20..0x7F).contains(&byte) || matches!(byte, b'_' | b'<' | b'>' | b'&' | b'"');
        let plain = rest.bytes().position(care).unwrap_or(rest.len());
        let (before, after) = rest.split_at(plain);
        out.push_str(before);
        let mut chars = after.chars();
        let Some(c) = chars.next() else { return };
        rest = chars.as_str();
        if c == '_' && rest.starts_with(['x', 'X']) {
            out.push_str("_x005F_");
        } else {
            encode_char(c, place, out);
        }
    }
}

/// Writes text with XML's escapes only, for what CLIXML does not escape.
pub(crate) fn encode_xml(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
}

fn encode_units(units: &[u16], place: Place, out: &mut String) {
    let mut rest = units;
    while let [unit, after @ ..] = rest {
        rest = after;
        match char::from_u32(u32::from(*unit)) {
            Some('_') if matches!(after.first(), Some(0x58 | 0x78)) => out.push_str("_x005F_"),
            Some(c) => encode_char(c, place, out),
            None => push_escape(*unit, out),
        }
    }
}

fn encode_char(c: char, place: Place, out: &mut String) {
    match c {
        '\0'..='\x1F' | '\x7F'..='\u{9F}' => push_escape(c as u16, out),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '"' if place == Place::Attribute => out.push_str("&quot;"),
        // Not allowed in XML either, but PowerShell writes these as references.
        '\u{FFFE}' => out.push_str("&#xFFFE;"),
        '\u{FFFF}' => out.push_str("&#xFFFF;"),
        '\u{10000}'.. => c
            .encode_utf16(&mut [0; 2])
            .iter()
            .for_each(|unit| push_escape(*unit, out)),
        _ => out.push(c),
    }
}

fn push_escape(unit: u16, out: &mut String) {
    out.push_str("_x");
    for shift in [12, 8, 4, 0] {
        let digit = char::from_digit(u32::from(unit >> shift & 0xF), 16).unwrap_or('0');
        out.push(digit.to_ascii_uppercase());
    }
    out.push('_');
}

/// As [`decode`] for text of which no more is known than whether an underscore stands in it.
#[inline]
pub(crate) fn decode_plain(text: &str, underscore: bool) -> PsString {
    if underscore && has_escape(text) {
        decode_str(text)
    } else {
        text.into()
    }
}

/// Undoes the escapes of text that XML has been through with.
pub(crate) fn decode(text: Text<'_>) -> PsString {
    if !text.underscore {
        return text.into_ps_string();
    }
    if let Some(units) = text.as_utf16() {
        return decode_units(units);
    }
    match text.as_str() {
        Some(plain) => decode_plain(plain, true),
        None => text.into_ps_string(),
    }
}

fn has_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'_' && escape(bytes.get(at..).unwrap_or_default()).is_some())
}

fn decode_str(text: &str) -> PsString {
    let mut decoded = String::with_capacity(text.len());
    // The first half of a pair, waiting for the second in the next escape.
    let mut high: Option<u16> = None;
    let mut rest = text;
    while let Some(at) = rest.find('_') {
        let (before, after) = rest.split_at(at);
        let found = escape(after.as_bytes());
        let plain = if found.is_some() {
            before.len()
        } else {
            before.len() + 1
        };
        let (plain, _) = rest.split_at(plain);
        if high.is_some() && !plain.is_empty() {
            return decode_units(&text.encode_utf16().collect::<Vec<_>>());
        }
        decoded.push_str(plain);
        let length = match found {
            None => 0,
            Some((code, length)) => {
                match (high.take(), u16::try_from(code)) {
                    (Some(first), Ok(second @ 0xDC00..=0xDFFF)) => {
                        decoded.extend(char::decode_utf16([first, second]).flatten());
                    }
                    (None, Ok(first @ 0xD800..=0xDBFF)) => high = Some(first),
                    (None, _) if let Some(c) = char::from_u32(code) => decoded.push(c),
                    // A half that stands alone.
                    _ => return decode_units(&text.encode_utf16().collect::<Vec<_>>()),
                }
                length
            }
        };
        rest = rest.get(plain.len() + length..).unwrap_or_default();
    }
    if high.is_some() {
        return decode_units(&text.encode_utf16().collect::<Vec<_>>());
    }
    decoded.push_str(rest);
    decoded.into()
}

fn decode_units(units: &[u16]) -> PsString {
    let mut decoded = Vec::with_capacity(units.len());
    let mut rest = units;
    while let Some(unit) = rest.first() {
        let (taken, length) = if *unit == u16::from(b'_') {
            escape_units(rest)
        } else {
            None
        }
        .map_or_else(
            || {
                decoded.push(*unit);
                (None, 1)
            },
            |(code, length)| (Some(code), length),
        );
        if let Some(code) = taken {
            match char::from_u32(code) {
                Some(c) => decoded.extend_from_slice(c.encode_utf16(&mut [0; 2])),
                None => decoded.push(code as u16),
            }
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    PsString::from_utf16(&decoded)
}

fn escape_units(units: &[u16]) -> Option<(u32, usize)> {
    let mut ascii = [0; 11];
    let mut length = 0;
    for (slot, unit) in ascii.iter_mut().zip(units) {
        let Ok(byte) = u8::try_from(*unit) else { break };
        *slot = byte;
        length += 1;
    }
    escape(ascii.get(..length)?)
}

/// The escape at the beginning of the text: what it stands for, and its length. Four digits give a UTF-16 unit, eight
/// a code point.
fn escape(bytes: &[u8]) -> Option<(u32, usize)> {
    let [b'_', b'x' | b'X', digits @ ..] = bytes else {
        return None;
    };
    if let Some((four, [b'_', ..])) = digits.split_at_checked(4)
        && let Some(unit) = hexadecimal(four)
    {
        return Some((unit, 7));
    }
    let (eight, [b'_', ..]) = digits.split_at_checked(8)? else {
        return None;
    };
    match hexadecimal(eight)? {
        code @ 0..=0x10_FFFF => Some((code, 11)),
        // .NET takes the number as signed, so these are "below" 0x10000 to it, and only 16 bits remain.
        code @ 0x8000_0000.. => Some((code & 0xFFFF, 11)),
        _ => None,
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value: u32, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::{Reader, Text};

    fn text(raw: &str) -> PsString {
        let document = format!("<S>{raw}</S>");
        let mut reader = Reader::new(&document);
        reader.step().unwrap();
        let text: Text<'_> = reader.element_text().unwrap();
        decode(text)
    }

    #[test]
    fn escapes_are_decoded_as_dotnet_does() {
        for (raw, expected) in [
            ("_x0041_", "A"),
            ("_X0041_", "A"),
            ("_x005F_x0041_", "_x0041_"),
            ("_x005f_x0041_", "_x0041_"),
            ("_x041_", "_x041_"),
            ("_x004G_", "_x004G_"),
            ("_x0041", "_x0041"),
            ("x0041_", "x0041_"),
            ("__x0041__", "_A_"),
            ("_x0041_x0042_", "Ax0042_"),
            ("_x000a__x000D_", "\n\r"),
            ("_xD83D__xDE00_", "\u{1F600}"),
            ("_x0001F600_", "\u{1F600}"),
            ("_x00000041_", "A"),
            ("_x00110000_", "_x00110000_"),
            ("_xFFFF0041_", "A"),
            ("_x041_x0042_", "_x041B"),
            ("é_x0041_ü_", "éAü_"),
            ("<![CDATA[<x>&_x0041_]]>", "<x>&A"),
            ("_x00<!-- -->41_", "A"),
            ("&#95;x0041_", "A"),
            ("a\r\nb\rc&#13;&#10;", "a\nb\nc\r\n"),
            ("_", "_"),
            ("_x", "_x"),
        ] {
            assert_eq!(text(raw), expected, "{raw}");
        }
    }

    #[test]
    fn halves_of_pairs_are_kept() {
        for (raw, expected) in [
            ("_xD83D_", vec![0xD83D]),
            ("_xDE00_", vec![0xDE00]),
            ("_xDE00__xD83D_", vec![0xDE00, 0xD83D]),
            ("_xD83D_a_xDE00_", vec![0xD83D, 0x61, 0xDE00]),
            ("_xD83D__xD83D__xDE00_", vec![0xD83D, 0xD83D, 0xDE00]),
            ("a_xD83D_", vec![0x61, 0xD83D]),
            ("&#xD83D;", vec![0xD83D]),
            ("&#xD83D;_xDE00_", vec![0xD83D, 0xDE00]),
            ("&#xD83D;_x0041_", vec![0xD83D, 0x41]),
            ("_xD83D__x0041_", vec![0xD83D, 0x41]),
            ("_xD83D_&#x41;", vec![0xD83D, 0x41]),
            ("_x0000D83D_", vec![0xD83D]),
        ] {
            assert_eq!(text(raw).encode_utf16(), expected, "{raw}");
        }
    }

    #[test]
    fn text_is_written_as_powershell_does() {
        for (plain, expected) in [
            ("plain", "plain"),
            ("\r\n\t\0\x7F\u{85}", "_x000D__x000A__x0009__x0000__x007F__x0085_"),
            ("a_xyz_X__x_", "a_x005F_xyz_x005F_X__x005F_x_"),
            ("_", "_"),
            ("\u{1F600}é", "_xD83D__xDE00_é"),
            ("<a> & \"b\" 'c'", "&lt;a&gt; &amp; \"b\" 'c'"),
            ("\u{FFFE}\u{FFFF}\u{FFFD}", "&#xFFFE;&#xFFFF;\u{FFFD}"),
        ] {
            let mut out = String::new();
            encode_str(plain, Place::Text, &mut out);
            assert_eq!(out, expected);
            assert_eq!(text(&out), plain);
        }
        let mut out = String::new();
        encode(
            &PsString::from_utf16(&[0xD83D, 0x5F, 0x78, 0x26]),
            Place::Attribute,
            &mut out,
        );
        assert_eq!(out, "_xD83D__x005F_x&amp;");
    }
}
