//! Text as Windows compares and hashes it.

/// UTF-16, little-endian, without a mark.
pub(crate) fn utf16le(text: &str) -> Vec<u8> {
    // Sized once: a buffer that grows would leave copies of a password behind.
    let mut bytes = Vec::with_capacity(text.len() * 2);
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

/// Text from UTF-16, little-endian; nothing when it is none.
pub(crate) fn from_utf16le(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    // Sized once, as above: a unit becomes three bytes at most.
    let mut text = String::with_capacity(units.len() * 3);
    for c in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        text.push(c.ok()?);
    }
    Some(text)
}

/// Upper case as Windows makes it for names: one character becomes one character, so `ß` stays.
pub(crate) fn upper(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut mapped = c.to_uppercase();
            match (mapped.next(), mapped.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        })
        .collect()
}

/// A form in which names that differ only in case are equal.
pub(crate) fn fold(text: &str) -> String {
    upper(text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_keeps_the_number_of_characters() {
        assert_eq!(upper("straße_ñ1"), "STRAßE_Ñ1");
        let bytes = [0x61, 0, 0xe9, 0, 0x3d, 0xd8, 0x00, 0xde];
        assert_eq!(utf16le("aé😀"), bytes);
        assert_eq!(from_utf16le(&bytes).as_deref(), Some("aé😀"));
        assert_eq!(from_utf16le(&bytes[..6]), None, "half a pair");
        assert_eq!(from_utf16le(&bytes[..3]), None, "half a unit");
    }
}
