//! Text that looks like an escape and was none when it was sent.

use std::borrow::Cow;

/// PowerShell writes its escapes with a small `x` only (`_x000A_`), and escapes what reads like `_X000A_`. A large `X`
/// therefore is text of a client that escapes less. A receiver that follows .NET makes a character of it; a decoder
/// shows what was sent, so the text is escaped here as PowerShell would have.
pub(super) fn keep_large_x(data: &[u8]) -> Cow<'_, [u8]> {
    if !data.windows(2).any(|pair| pair == b"_X") {
        return Cow::Borrowed(data);
    }
    let mut out = Vec::with_capacity(data.len() + 16);
    let mut rest = data;
    while let Some(at) = rest.iter().position(|&b| b == b'_') {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before);
        let length = match escape {
            [b'_', b'x', digits @ ..] if is_unit(digits) => 7,
            [b'_', b'X', digits @ ..] if is_unit(digits) || is_code_point(digits) => {
                out.extend_from_slice(b"_x005F_");
                rest = escape.get(1..).unwrap_or_default();
                continue;
            }
            _ => 1,
        };
        let (whole, after) = escape.split_at(length);
        out.extend_from_slice(whole);
        rest = after;
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

fn is_unit(digits: &[u8]) -> bool {
    is_hex(digits, 4)
}

fn is_code_point(digits: &[u8]) -> bool {
    is_hex(digits, 8)
}

fn is_hex(text: &[u8], count: usize) -> bool {
    text.get(..count)
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        && text.get(count) == Some(&b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_nobody_escaped() {
        let kept = |text: &str| String::from_utf8(keep_large_x(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(kept("a _X0041_ b"), "a _x005F_X0041_ b");
        assert_eq!(kept("_x005F_X0041_"), "_x005F_X0041_");
        assert_eq!(kept("_x0041_X0042_"), "_x0041_X0042_");
        assert_eq!(kept("__X0041__X0001F600_"), "__x005F_X0041__x005F_X0001F600_");
        assert_eq!(kept("_X004_ _Xyz_ _X"), "_X004_ _Xyz_ _X");
        assert!(matches!(keep_large_x(b"_x0041_"), Cow::Borrowed(_)));
    }
}
