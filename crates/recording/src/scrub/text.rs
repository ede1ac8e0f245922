//! Finding texts that are written with escapes, and masking them without a change of length.

use std::ops::Range;

/// How a region's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they are.
    None,
    /// `&amp;`, `&#10;`, and CLIXML's `_x000A_`.
    Xml,
    /// CLIXML's alone, as in a CDATA section.
    CData,
    /// `\n`, `\u000a`.
    Json,
    /// `%0A`.
    Url,
}

/// What masked bytes become. All keep the number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// `*` for every byte.
    Stars,
    /// `A` for every letter and digit: base64 stays base64.
    Base64,
    /// `1` for digits, `a` for the letters of hexadecimal numbers, all else kept: numbers, GUIDs, times and versions
    /// stay what they are.
    Typed,
}

impl Mask {
    pub(super) fn apply(self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = match (self, *byte) {
                (Self::Stars, _) => b'*',
                (Self::Base64, b'+' | b'/') => b'A',
                (Self::Base64, b) if b.is_ascii_alphanumeric() => b'A',
                (Self::Typed, b'0'..=b'9') => b'1',
                (Self::Typed, b'b'..=b'f') => b'a',
                (Self::Typed, b'B'..=b'F') => b'A',
                (_, b) => b,
            };
        }
    }
}

/// A character and where it is written.
struct Written {
    char: char,
    range: Range<usize>,
}

/// Reads the characters of a region. Bytes that are no UTF-8, and broken escapes, stand for themselves.
fn read(bytes: &[u8], escapes: Escapes) -> Vec<Written> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(rest) = bytes.get(at..)
        && !rest.is_empty()
    {
        let (char, length) = escape(rest, escapes).unwrap_or_else(|| plain(rest));
        out.push(Written {
            char: lower(char),
            range: at..at + length,
        });
        at += length;
    }
    out
}

fn plain(rest: &[u8]) -> (char, usize) {
    let width = match rest.first() {
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        _ => 1,
    };
    let char = rest
        .get(..width)
        .and_then(|b| std::str::from_utf8(b).ok())
        .and_then(|s| s.chars().next());
    match char {
        Some(char) => (char, width),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

fn escape(rest: &[u8], escapes: Escapes) -> Option<(char, usize)> {
    match (rest.first()?, escapes) {
        (b'&', Escapes::Xml) => entity(rest),
        (b'_', Escapes::Xml | Escapes::CData) => underscore(rest),
        (b'\\', Escapes::Json) => backslash(rest),
        (b'%', Escapes::Url) => Some((char::from(u8::try_from(hex(rest.get(1..3)?)?).ok()?), 3)),
        (b'+', Escapes::Url) => Some((' ', 1)),
        _ => None,
    }
}

fn entity(rest: &[u8]) -> Option<(char, usize)> {
    let end = rest.iter().take(12).position(|&b| b == b';')?;
    let char = match rest.get(1..end)? {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(hex(digits)?)?,
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    };
    Some((char, end + 1))
}

fn underscore(rest: &[u8]) -> Option<(char, usize)> {
    let unit = underscore_unit(rest)?;
    if (0xD800..0xDC00).contains(&unit)
        && let Some(low) = rest.get(7..).and_then(underscore_unit)
        && let Some(Ok(char)) = char::decode_utf16([unit, low]).next()
    {
        return Some((char, 14));
    }
    Some((
        char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
        7,
    ))
}

fn underscore_unit(rest: &[u8]) -> Option<u16> {
    match rest {
        [b'_', b'x' | b'X', digits @ ..] if digits.get(4) == Some(&b'_') => {
            u16::try_from(hex(digits.get(..4)?)?).ok()
        }
        _ => None,
    }
}

fn backslash(rest: &[u8]) -> Option<(char, usize)> {
    let char = match rest.get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => {
            let unit = u16::try_from(hex(rest.get(2..6)?)?).ok()?;
            if let Some(b"\\u") = rest.get(6..8)
                && let Some(low) = rest.get(8..12).and_then(hex).and_then(|u| u16::try_from(u).ok())
                && let Some(Ok(char)) = char::decode_utf16([unit, low]).next()
            {
                let pair = !char.is_ascii() && char.len_utf16() == 2;
                if pair {
                    return Some((char, 12));
                }
            }
            let char = char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
            return Some((char, 6));
        }
        &other => char::from(other),
    };
    Some((char, 2))
}

fn hex(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.iter().try_fold(0, |value, &digit| {
        Some(value * 16 + char::from(digit).to_digit(16)?)
    })
}

/// Lower case, one character for one.
pub(super) fn lower(char: char) -> char {
    let mut lower = char.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => char,
    }
}

/// Shortest beginning of a hidden text that is masked at the end of a region's known part.
const PREFIX: usize = 3;

/// Masks every pattern (lower case already) in `bytes`. `tail` is what stood before them in the same region;
/// `unfinished` says that the region goes on elsewhere: then what may be the beginning of a pattern is masked too.
pub(super) fn mask_patterns<'p>(
    patterns: impl Iterator<Item = &'p [char]>,
    tail: &[u8],
    bytes: &mut [u8],
    escapes: Escapes,
    mask: Mask,
    unfinished: bool,
) {
    let mut patterns = patterns.peekable();
    if patterns.peek().is_none() {
        return;
    }
    let joined = [tail, bytes].concat();
    let written = read(&joined, escapes);
    let mut hide = |from: usize, to: usize| {
        let start = written.get(from).map_or(joined.len(), |w| w.range.start);
        let end = written.get(to.wrapping_sub(1)).map_or(0, |w| w.range.end);
        let range = start.saturating_sub(tail.len())..end.saturating_sub(tail.len());
        if let Some(part) = bytes.get_mut(range) {
            mask.apply(part);
        }
    };
    for pattern in patterns {
        let mut from = 0;
        while let Some(window) = written.get(from..from + pattern.len()) {
            if window.iter().map(|w| w.char).eq(pattern.iter().copied()) {
                hide(from, from + pattern.len());
                from += pattern.len();
            } else {
                from += 1;
            }
        }
        if unfinished {
            let longest = pattern.len().saturating_sub(1).min(written.len());
            for length in (PREFIX.min(longest).max(1)..=longest).rev() {
                let end = written.get(written.len() - length..).unwrap_or_default();
                let begins = pattern.get(..length).unwrap_or_default();
                if end.iter().map(|w| w.char).eq(begins.iter().copied()) {
                    hide(written.len() - length, written.len());
                    break;
                }
            }
        }
    }
}

/// Masks what looks like a JSON web token (`eyJ….….…`); opaque tokens cannot be told from text. `tail` is what stood
/// before the bytes in the same region, `inside` says that a token goes on with them. Gives back whether the last token
/// goes on beyond the bytes.
pub(super) fn mask_tokens(tail: &[u8], bytes: &mut [u8], inside: bool) -> bool {
    const SHORTEST: usize = 40;
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'=');
    let begun = tail.iter().rev().take_while(|b| is_token(b)).count();
    let mut before = tail.get(tail.len() - begun..).unwrap_or_default();
    let mut inside = inside && (!bytes.is_empty() || begun > 0);
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = rest.iter().position(|b| !is_token(b)).unwrap_or(rest.len());
        let ends_here = length == rest.len();
        let (word, after) = rest.split_at_mut(length);
        let whole = [before, word].concat();
        let dots = whole.iter().filter(|b| **b == b'.').count();
        let long = whole.len() >= SHORTEST;
        let begins = whole.starts_with(b"eyJ")
            && if ends_here {
                long || dots > 0
            } else {
                long && dots >= 2
            };
        if inside || begins {
            Mask::Stars.apply(word);
        }
        inside = ends_here && (inside || begins);
        before = &[];
        rest = after.get_mut(1..).unwrap_or_default();
    }
    inside
}

/// True for the name of a parameter, property or field whose value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "token",
        "assertion",
        "apikey",
        "accesskey",
        "privatekey",
        "sessionkey",
        "sharedkey",
        "secrettext",
        "devicecode",
        "usercode",
    ];
    /// These name assemblies and places in lists.
    const HARMLESS: &[&str] = &[
        "publickeytoken",
        "skiptoken",
        "pagetoken",
        "continuationtoken",
        "deltatoken",
    ];
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    ENDS.iter().any(|end| name.ends_with(end)) && !HARMLESS.iter().any(|end| name.ends_with(end))
}

/// The same for the parameters of URLs and forms, where sign-in uses short names too.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || matches!(name, "code" | "sig" | "signature")
}

/// Masks the quoted strings of a script.
pub(super) fn mask_quoted(bytes: &mut [u8]) {
    let mut quote = None;
    for byte in bytes {
        match quote {
            None if matches!(*byte, b'\'' | b'"') => quote = Some(*byte),
            Some(open) if *byte == open => quote = None,
            Some(_) => *byte = b'*',
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(pattern: &str, text: &str, escapes: Escapes, mask: Mask) -> String {
        let pattern: Vec<char> = pattern.chars().map(lower).collect();
        let mut bytes = text.as_bytes().to_vec();
        mask_patterns(
            [pattern.as_slice()].into_iter(),
            b"",
            &mut bytes,
            escapes,
            mask,
            false,
        );
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn finds_texts_however_they_are_written() {
        assert_eq!(
            masked("a&b", "x A&amp;B y", Escapes::Xml, Mask::Stars),
            "x ******* y"
        );
        assert_eq!(
            masked("a\nb", "a_x000A_b", Escapes::Xml, Mask::Stars),
            "*********"
        );
        assert_eq!(masked("a\nb", "a&#10;b", Escapes::Xml, Mask::Stars), "*******");
        assert_eq!(
            masked("😀", "<_xD83D__xDE00_>", Escapes::CData, Mask::Stars),
            "<**************>"
        );
        assert_eq!(masked("😀é", "😀É!", Escapes::None, Mask::Stars), "******!");
        assert_eq!(masked("a\"b", r#"a\"b"#, Escapes::Json, Mask::Stars), "****");
        assert_eq!(masked("a b", "a%20b a+b", Escapes::Url, Mask::Stars), "***** ***");
        assert_eq!(
            masked("😀", r"\ud83d\ude00", Escapes::Json, Mask::Stars),
            "************"
        );
        assert_eq!(
            masked("_x", "_x_xZZZZ_ _x00", Escapes::Xml, Mask::Stars),
            "****ZZZZ_ **00"
        );
    }

    #[test]
    fn keeps_typed_values_valid() {
        assert_eq!(
            masked("2026-11-21", "2026-11-21T10:00:00Z", Escapes::Xml, Mask::Typed),
            "1111-11-11T10:00:00Z"
        );
        assert_eq!(masked("beef", "deadbeef", Escapes::Xml, Mask::Typed), "deadaaaa");
    }

    #[test]
    fn follows_a_text_over_a_cut() {
        let pattern: Vec<char> = "secret".chars().collect();
        let text = b"my SECRET here";
        for cut in 0..=text.len() {
            let (a, b) = text.split_at(cut);
            let (mut first, mut second) = (a.to_vec(), b.to_vec());
            mask_patterns(
                [pattern.as_slice()].into_iter(),
                b"",
                &mut first,
                Escapes::Xml,
                Mask::Stars,
                true,
            );
            mask_patterns(
                [pattern.as_slice()].into_iter(),
                a,
                &mut second,
                Escapes::Xml,
                Mask::Stars,
                false,
            );
            let whole = String::from_utf8([first, second].concat()).unwrap();
            let left = whole.to_lowercase();
            assert!(!left.contains("cret") && !left.contains("secr"), "{cut}: {whole}");
            assert_eq!(whole.len(), text.len());
        }
    }

    #[test]
    fn masks_web_tokens() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl";
        let mut text = format!("Bearer {token}, eyJust a word").into_bytes();
        assert!(!mask_tokens(b"", &mut text, false));
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, format!("Bearer {}, eyJust a word", "*".repeat(token.len())));
        let mut first = token.as_bytes()[..30].to_vec();
        assert!(mask_tokens(b"", &mut first, false));
        assert_eq!(first, b"*".repeat(30));
        let mut second = format!("{} rest", &token[30..]).into_bytes();
        assert!(!mask_tokens(b"", &mut second, true));
        assert!(second.ends_with(b"* rest"));
        let mut byte = token.as_bytes()[39..40].to_vec();
        assert!(mask_tokens(&token.as_bytes()[..39], &mut byte, false));
        assert_eq!(byte, b"*");
    }

    #[test]
    fn knows_secret_names() {
        for name in [
            "-Password",
            "NewPassword",
            "access_token",
            "client_secret",
            "-Password:",
            "EncryptedSessionKey",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PasswordLastSet",
            "PublicKeyToken",
            "ErrorCode",
            "$skiptoken",
            "Identity",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
