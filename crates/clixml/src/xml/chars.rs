//! Which characters may stand where.

/// XML's four blanks.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The length of the name in front of the text, 0 where there is none. A colon counts as part of it.
#[inline]
pub(super) fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(first) if first.is_ascii() && !is_ascii_start(*first) => return 0,
        None => return 0,
        _ => {}
    }
    let ascii = bytes
        .iter()
        .position(|byte| !is_ascii_name(*byte))
        .unwrap_or(bytes.len());
    if bytes.get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    other_name_length(text)
}

/// The length of the name in front of the bytes, where it is ASCII, has no prefix and ends with one of the bytes that
/// nearly always follow a name.
#[inline]
pub(super) fn plain_name_length(bytes: &[u8]) -> Option<usize> {
    let length = bytes
        .iter()
        .position(|byte| !is_ascii_name(*byte) || *byte == b':')?;
    let ends = matches!(bytes.get(length), Some(b'>' | b'=' | b' ' | b'/'));
    (ends && bytes.first().is_some_and(|first| is_ascii_start(*first))).then_some(length)
}

/// The same for names that are not all ASCII.
#[cold]
fn other_name_length(text: &str) -> usize {
    let mut chars = text.char_indices();
    if chars.next().is_none_or(|(_, first)| !is_start(first)) {
        return 0;
    }
    chars.find(|(_, c)| !is_name(*c)).map_or(text.len(), |(at, _)| at)
}

fn is_ascii_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':'
}

const ASCII_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &mut [bool] = &mut table;
    let mut byte: u8 = 0;
    while let [place, behind @ ..] = rest {
        *place = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.');
        byte = byte.wrapping_add(1);
        rest = behind;
    }
    table
};

fn is_ascii_name(byte: u8) -> bool {
    // As in `marks_of`.
    ASCII_NAME.get(usize::from(byte)).copied().unwrap_or(false)
}

/// NameStartChar of XML 1.0, fifth edition.
fn is_start(c: char) -> bool {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => is_ascii_start(byte),
        _ => matches!(c,
            '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
            | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
            | '\u{10000}'..='\u{EFFFF}'),
    }
}

/// NameChar of XML 1.0, fifth edition.
fn is_name(c: char) -> bool {
    is_start(c)
        || c.is_ascii() && is_ascii_name(c as u8)
        || matches!(c, '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// What in a piece of text needs a closer look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks(u8);

const RETURN: u8 = 1;
const CONTROL: u8 = 2;
const ANGLE: u8 = 4;
const UNDERSCORE: u8 = 8;
const NONCHARACTER: u8 = 16;
const LESS: u8 = 32;
const REFERENCE: u8 = 64;
const BLANK: u8 = 128;

/// For each byte the marks it sets.
#[expect(
    clippy::indexing_slicing,
    reason = "the compiler evaluates this, and would fail"
)]
const TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = CONTROL;
        byte += 1;
    }
    table[b'\t' as usize] = BLANK;
    table[b'\n' as usize] = BLANK;
    table[b'\r' as usize] = BLANK | RETURN;
    table[b'<' as usize] = LESS;
    table[b'&' as usize] = REFERENCE;
    table[b'>' as usize] = ANGLE;
    table[b'_' as usize] = UNDERSCORE;
    // The first byte of U+FFFE and U+FFFF.
    table[0xEF] = NONCHARACTER;
    table
};

fn marks_of(byte: u8) -> u8 {
    // An array of 256 has an element for each byte; `get` only satisfies the guard.
    TABLE.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The next byte, from `at` on, that is `stop` or sets a mark; and its place.
///
/// Eight bytes at a time, since nearly all texts and values are without marks up to their end.
#[inline]
fn next_marked(bytes: &[u8], mut at: usize, stop: u8) -> Option<(usize, u8)> {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let found = marked_in(u64::from_le_bytes(*chunk), stop);
        if found != 0 {
            at += (found.trailing_zeros() / 8) as usize;
            return Some((at, *bytes.get(at)?));
        }
        at += 8;
    }
    let rest = bytes.get(at..)?;
    let place = rest
        .iter()
        .position(|byte| *byte == stop || marks_of(*byte) != 0)?;
    Some((at + place, *rest.get(place)?))
}

/// Of eight bytes those that are `stop` or set a mark: the lowest bit set is the highest one of the first such byte.
/// (Bits above it may be wrong, as carries go up.)
#[inline]
fn marked_in(word: u64, stop: u8) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let equal = |word: u64, byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    // `<` and `>` differ in the second bit.
    let angles = equal(word | (ONES * 2), b'>');
    let others = equal(word, b'&') | equal(word, b'_') | equal(word, 0xEF) | equal(word, stop);
    (below(word, b' ') | angles | others) & HIGHS
}

impl Marks {
    pub(super) fn of(text: &str) -> Marks {
        let mut marks = 0;
        let mut at = 0;
        while let Some((next, byte)) = next_marked(text.as_bytes(), at, b'<') {
            marks |= marks_of(byte);
            at = next + 1;
        }
        Marks(marks)
    }

    /// The marks of what stands before the next tag or reference, and its length.
    #[inline]
    pub(super) fn until_markup(bytes: &[u8]) -> (usize, Marks) {
        let mut marks = 0;
        let mut at = 0;
        while let Some((next, byte)) = next_marked(bytes, at, b'<') {
            let mark = marks_of(byte);
            if mark & (LESS | REFERENCE) != 0 {
                return (next, Marks(marks));
            }
            marks |= mark;
            at = next + 1;
        }
        (bytes.len(), Marks(marks))
    }

    /// How many bytes stand before the first `stop`, and their marks; `None` where there is no `stop`.
    #[inline]
    pub(super) fn until(bytes: &[u8], stop: u8) -> Option<(usize, Marks)> {
        let mut marks = 0;
        let mut at = 0;
        while let Some((next, byte)) = next_marked(bytes, at, stop) {
            if byte == stop {
                return Some((next, Marks(marks)));
            }
            marks |= marks_of(byte);
            at = next + 1;
        }
        None
    }

    /// Whether an attribute's value of these marks may need a change or be refused.
    pub(super) fn needs_care(self) -> bool {
        self.0 & (REFERENCE | BLANK | CONTROL | NONCHARACTER) != 0
    }

    /// Whether text of these marks may need a change or be refused, its `_xHHHH_` aside.
    pub(super) fn is_plain_text(self) -> bool {
        self.0 & (RETURN | CONTROL | ANGLE | NONCHARACTER) == 0
    }

    pub(super) fn has_less(self) -> bool {
        self.0 & LESS != 0
    }

    pub(super) fn has_return(self) -> bool {
        self.0 & RETURN != 0
    }

    pub(super) fn has_underscore(self) -> bool {
        self.0 & UNDERSCORE != 0
    }

    pub(super) fn may_end_cdata(self) -> bool {
        self.0 & ANGLE != 0
    }

    /// Whether characters that XML forbids stand in the text.
    pub(super) fn has_forbidden(self, text: &str) -> bool {
        self.0 & CONTROL != 0 || self.0 & NONCHARACTER != 0 && text.contains(['\u{FFFE}', '\u{FFFF}'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_bytes_are_found_wherever_they_stand() {
        for byte in 0..=255 {
            for place in 0..20 {
                let mut bytes = [b'x'; 20];
                bytes[place] = byte;
                let expected = (byte == b'"' || marks_of(byte) != 0).then_some((place, byte));
                assert_eq!(next_marked(&bytes, 0, b'"'), expected, "{byte} at {place}");
                bytes[19] = b'"';
                let first = next_marked(&bytes, 0, b'"').map(|(first, _)| first);
                assert_eq!(first, Some(expected.map_or(19, |(first, _)| first.min(19))));
            }
        }
        assert_eq!(next_marked(b"<<xx<", 2, b'<'), Some((4, b'<')));
        assert_eq!(next_marked(b"<", 1, b'<'), None);
    }

    #[test]
    fn names() {
        for (text, length) in [
            ("S N", 1),
            ("a:b-c.d_1=", 9),
            ("1a", 0),
            ("-a", 0),
            ("", 0),
            ("é=", 2),
            ("aé·b ", 6),
            ("a×", 1),
            ("×", 0),
            (" a", 0),
        ] {
            assert_eq!(name_length(text), length, "{text}");
        }
    }
}
