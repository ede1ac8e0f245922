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

impl Marks {
    pub(super) fn of(text: &str) -> Marks {
        Marks(text.bytes().fold(0, |marks, byte| marks | marks_of(byte)))
    }

    /// The marks of what stands before the next tag or reference, and its length.
    #[inline]
    pub(super) fn until_markup(bytes: &[u8]) -> (usize, Marks) {
        let mut marks = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let mark = marks_of(*byte);
            if mark & (LESS | REFERENCE) != 0 {
                return (at, Marks(marks));
            }
            marks |= mark;
        }
        (bytes.len(), Marks(marks))
    }

    /// How many bytes stand before the first `stop`, and their marks; `None` where there is no `stop`.
    #[inline]
    pub(super) fn until(bytes: &[u8], stop: u8) -> Option<(usize, Marks)> {
        let mut marks = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == stop {
                return Some((at, Marks(marks)));
            }
            marks |= marks_of(*byte);
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
