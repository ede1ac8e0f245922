//! Telling what a file holds.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use psbridge_protocol::fragment::HEADER_LEN;

use crate::edit::fragments::look_like_fragments;

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input<'a> {
    /// JSON lines: exchanges or packets.
    Lines(Cow<'a, str>),
    /// One SOAP envelope.
    Envelope(Cow<'a, str>),
    /// A CLIXML document, as it is in the file.
    Clixml(&'a [u8]),
    /// Fragments, and what is wrong with the base64 text that they came from.
    Fragments(Cow<'a, [u8]>, Option<String>),
}

/// Why a file is none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnknownInput {
    /// There is nothing in it.
    #[error("the input is empty")]
    Empty,
    /// The body of a sealed HTTP message.
    #[error("the input is a sealed http body, which cannot be read without its session's keys")]
    Sealed,
    /// A web page.
    #[error("the input is an html page: the endpoint that sent it does not speak ws-management there")]
    Html,
    /// Base64 text of something else.
    #[error("the input is base64 text, and what it encodes are no fragments of psrp messages")]
    Base64,
    /// Anything else.
    #[error(
        "the input is neither a recording (json lines), nor a soap envelope, base64 or raw fragments, or clixml"
    )]
    Unknown,
}

/// Tells what the bytes hold by how they begin.
pub(super) fn detect(bytes: &[u8]) -> Result<Input<'_>, UnknownInput> {
    let Some(text) = as_text(bytes) else {
        return if look_like_fragments(bytes) {
            Ok(Input::Fragments(Cow::Borrowed(bytes), None))
        } else if let Some(found) = damaged_text(bytes) {
            Ok(found)
        } else {
            Err(UnknownInput::Unknown)
        };
    };
    // Fragments of ASCII text are text, too; the zero bytes of their headers tell.
    if bytes.first() == Some(&0) && look_like_fragments(bytes) {
        return Ok(Input::Fragments(Cow::Borrowed(bytes), None));
    }
    let start = text.trim_start();
    if start.is_empty() {
        return Err(UnknownInput::Empty);
    }
    if start.starts_with('{') {
        return Ok(Input::Lines(text));
    }
    if start.starts_with("#< CLIXML") {
        return Ok(Input::Clixml(bytes));
    }
    if start.starts_with("--Encrypted Boundary") || start.starts_with("-- Encrypted Boundary") {
        return Err(UnknownInput::Sealed);
    }
    if start.starts_with('<') {
        return markup(start).map(|kind| match kind {
            Markup::Envelope => Input::Envelope(text),
            Markup::Clixml => Input::Clixml(bytes),
        });
    }
    base64_fragments(start)
}

/// The text of the bytes: UTF-8, or UTF-16 with a byte order mark; `None` where it is neither.
fn as_text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
            .ok()
            .map(Cow::Borrowed),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Cow<'_, str>> {
    let (pairs, _half) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    Some(Cow::Owned(
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    ))
}

/// Text with bytes in it that are not UTF-8: lines and documents say themselves where the damage is.
fn damaged_text(bytes: &[u8]) -> Option<Input<'_>> {
    let bytes_after_mark = bytes
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(bytes)
        .trim_ascii_start();
    let text = String::from_utf8_lossy(bytes_after_mark);
    match bytes_after_mark.first()? {
        b'{' => Some(Input::Lines(text)),
        b'#' if bytes_after_mark.starts_with(b"#< CLIXML") => Some(Input::Clixml(bytes)),
        b'<' => match markup(&text) {
            Ok(Markup::Envelope) => Some(Input::Envelope(text)),
            Ok(Markup::Clixml) => Some(Input::Clixml(bytes)),
            Err(_) => None,
        },
        _ => base64_fragments(&text).ok().map(|input| match input {
            Input::Fragments(fragments, error) => Input::Fragments(Cow::Owned(fragments.into_owned()), error),
            _ => Input::Clixml(bytes),
        }),
    }
}

enum Markup {
    Envelope,
    Clixml,
}

/// What the first element says.
fn markup(text: &str) -> Result<Markup, UnknownInput> {
    let name = first_element(text).unwrap_or_default();
    let local = name.rsplit(':').next().unwrap_or_default();
    match local {
        "Envelope" => Ok(Markup::Envelope),
        _ if local.eq_ignore_ascii_case("html")
            || text.get(..9).is_some_and(|t| t.eq_ignore_ascii_case("<!doctype")) =>
        {
            Err(UnknownInput::Html)
        }
        _ => Ok(Markup::Clixml),
    }
}

fn first_element(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("<?") {
            rest = after.split_once("?>")?.1.trim_start();
        } else if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->")?.1.trim_start();
        } else {
            let name = rest.strip_prefix('<')?;
            let end = name
                .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
                .unwrap_or(name.len());
            return name.get(..end);
        }
    }
}

/// True where a body is meant to be a SOAP envelope, whole or damaged.
pub(super) fn is_envelope(body: &str) -> bool {
    let body = body.trim_start_matches('\u{feff}').trim_start();
    first_element(body).is_some_and(|name| name.rsplit(':').next() == Some("Envelope"))
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 text of one or several blocks as far as it goes; says what is wrong with the rest.
pub(super) fn base64_prefix(text: &str) -> (Vec<u8>, Option<String>) {
    let is_base64 =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=') || b.is_ascii_whitespace();
    let good = text.bytes().position(|b| !is_base64(&b)).unwrap_or(text.len());
    let mut error = (good < text.len()).then(|| format!("the base64 text is damaged at byte {good}"));
    let dense: String = text
        .get(..good)
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    let mut bytes = Vec::with_capacity(dense.len() / 4 * 3);
    for block in dense
        .split_inclusive('=')
        .map(|block| block.trim_end_matches('='))
    {
        // A single character that is left over holds six bits of a byte that was cut off.
        let whole = if block.len() % 4 == 1 {
            block.len() - 1
        } else {
            block.len()
        };
        if whole < block.len() {
            error.get_or_insert_with(|| "the base64 text is cut off".to_owned());
        }
        if let Err(damage) = LENIENT.decode_vec(block.get(..whole).unwrap_or_default(), &mut bytes) {
            error.get_or_insert_with(|| format!("the base64 text is damaged: {damage}"));
            break;
        }
    }
    (bytes, error)
}

fn base64_fragments(text: &str) -> Result<Input<'static>, UnknownInput> {
    let (bytes, error) = base64_prefix(text);
    if look_like_fragments(&bytes) {
        Ok(Input::Fragments(Cow::Owned(bytes), error))
    } else if error.is_some() || bytes.len() < HEADER_LEN {
        Err(UnknownInput::Unknown)
    } else {
        Err(UnknownInput::Base64)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn fragment() -> Vec<u8> {
        let mut bytes = vec![0; 21];
        bytes[7] = 1;
        bytes[16] = 3;
        bytes[20] = 40;
        bytes.extend([2, 0, 0, 0, 2, 0, 1, 0]);
        bytes.extend([0; 32]);
        bytes
    }

    #[test]
    fn tells_what_a_file_holds() {
        assert!(matches!(detect(b"  {\"seq\":0}"), Ok(Input::Lines(_))));
        assert!(matches!(detect(b"\xEF\xBB\xBF{\"seq\":0}"), Ok(Input::Lines(_))));
        assert!(matches!(detect(b"\xFF\xFE{\0}\0"), Ok(Input::Lines(text)) if text == "{}"));
        assert!(matches!(
            detect(b"<?xml version='1.0'?><!-- x --><s:Envelope>"),
            Ok(Input::Envelope(_))
        ));
        assert!(matches!(detect(b"<Objs>"), Ok(Input::Clixml(_))));
        assert!(matches!(detect(b"<S>x</S>"), Ok(Input::Clixml(_))));
        assert!(matches!(detect(b"#< CLIXML\r\n<Objs>"), Ok(Input::Clixml(_))));
        assert_eq!(detect(b" \n"), Err(UnknownInput::Empty));
        assert_eq!(detect(b"<!DOCTYPE html><html>"), Err(UnknownInput::Html));
        assert_eq!(detect(b"--Encrypted Boundary\r\n"), Err(UnknownInput::Sealed));
        assert_eq!(detect(b"hello, world"), Err(UnknownInput::Unknown));
        assert_eq!(detect(&b"aGVsbG8gd29ybGQh".repeat(4)), Err(UnknownInput::Base64));
        assert_eq!(detect(b"hi\n"), Err(UnknownInput::Unknown));
        assert_eq!(detect(b"\x80\x81"), Err(UnknownInput::Unknown));
    }

    #[test]
    fn reads_fragments_raw_and_as_base64() {
        let raw = fragment();
        assert!(matches!(detect(&raw), Ok(Input::Fragments(f, None)) if *f == raw));
        let text = STANDARD.encode(&raw);
        let (a, b) = text.split_at(10);
        let twice = format!("{a}\r\n {b}\n{text}");
        let both = [raw.clone(), raw.clone()].concat();
        assert!(matches!(detect(twice.as_bytes()), Ok(Input::Fragments(f, None)) if *f == both));
        let cut = &text[..41];
        assert!(matches!(detect(cut.as_bytes()), Ok(Input::Fragments(_, Some(e))) if e.contains("cut off")));
        let damaged = format!("{}*{}", &text[..40], &text[41..]);
        assert!(
            matches!(detect(damaged.as_bytes()), Ok(Input::Fragments(_, Some(e))) if e.contains("byte 40"))
        );
    }
}
