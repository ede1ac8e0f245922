//! From bytes to text.

use std::borrow::Cow;

use crate::Error;

/// Decodes UTF-8 with or without a byte order mark, and UTF-16 of both byte orders with one; the mark is cut.
///
/// # Errors
/// [`Error::Encoding`] with the offset in the bytes as given. A half of a surrogate pair in UTF-16 is one.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Error> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16LE"),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16BE"),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, 3),
        _ => utf8(bytes, 0),
    }
}

fn utf8(bytes: &[u8], skipped: usize) -> Result<Cow<'_, str>, Error> {
    std::str::from_utf8(bytes)
        .map(Cow::Borrowed)
        .map_err(|error| Error::Encoding {
            offset: skipped + error.valid_up_to(),
            encoding: "UTF-8",
        })
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16, encoding: &'static str) -> Result<Cow<'static, str>, Error> {
    let units = bytes.chunks_exact(2).map(|pair| {
        read([
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ])
    });
    let mut text = String::with_capacity(bytes.len() / 2);
    let mut offset = 2;
    for unit in char::decode_utf16(units) {
        let c = unit.map_err(|_| Error::Encoding { offset, encoding })?;
        offset += c.len_utf16() * 2;
        text.push(c);
    }
    if bytes.len() % 2 == 1 {
        return Err(Error::Encoding { offset, encoding });
    }
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_the_encoding() {
        assert_eq!(decode(b"\xEF\xBB\xBFa").unwrap(), "a");
        assert_eq!(decode(b"a").unwrap(), "a");
        assert_eq!(decode(b"\xFF\xFEa\0=\xD8\0\xDE").unwrap(), "a\u{1F600}");
        assert_eq!(decode(b"\xFE\xFF\0a").unwrap(), "a");
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        assert_eq!(decode(b"\xEF\xBB\xBFa\xFF").unwrap_err().offset(), Some(4));
        assert_eq!(decode(b"\xFF\xFEa\0=\xD8a\0").unwrap_err().offset(), Some(4));
        assert_eq!(decode(b"\xFF\xFEa\0b").unwrap_err().offset(), Some(4));
    }
}
