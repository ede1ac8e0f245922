//! Ending a line of JSON that was cut off.

/// Where the text stands within the innermost open value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// An object; a name comes next, or its end.
    Name,
    /// An object; the value of a name comes next.
    Value,
    /// An array.
    Element,
}

/// Closes what is open at the end of `text`, leaving out a member that has no value yet. `None` where that makes no
/// sense. The result may still be no JSON: a number or a word may be cut off, too.
pub(crate) fn close(text: &str) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    // How much of the text is whole, were it to end before the member that is being read.
    let mut whole = vec![0];
    let mut string = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        if string.is_some() {
            match byte {
                b'\\' => {
                    bytes.next();
                }
                b'"' => string = None,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string = Some(at),
            b'{' => {
                open.push(Open::Name);
                whole.push(at + 1);
            }
            b'[' => {
                open.push(Open::Element);
                whole.push(at + 1);
            }
            b'}' | b']' => {
                open.pop();
                whole.pop();
            }
            b':' => *open.last_mut()? = Open::Value,
            b',' => {
                if let Some(state) = open.last_mut()
                    && *state == Open::Value
                {
                    *state = Open::Name;
                }
                *whole.last_mut()? = at;
            }
            _ => {}
        }
    }
    let mut out = match (string, open.last()?) {
        (Some(_), Open::Value | Open::Element) => {
            let mut out = without_half_escape(text).to_owned();
            out.push('"');
            out
        }
        _ => text.get(..*whole.last()?)?.to_owned(),
    };
    for state in open.iter().rev() {
        out.push(if *state == Open::Element { ']' } else { '}' });
    }
    Some(out)
}

/// Leaves out an escape that is cut off at the end, and a first half of a surrogate pair.
fn without_half_escape(text: &str) -> &str {
    let mut end = text.len();
    let tail_start = text.len().saturating_sub(12);
    let mut at = (0..=tail_start)
        .rev()
        .find(|&n| text.is_char_boundary(n))
        .unwrap_or_default();
    // An escape cannot begin at the second of two backslashes: count those before.
    let slashes = text
        .get(..at)
        .unwrap_or_default()
        .bytes()
        .rev()
        .take_while(|&b| b == b'\\')
        .count();
    if slashes % 2 == 1 {
        at = at.saturating_sub(1);
    }
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let length = match rest.as_bytes() {
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        let high = length == 6
            && rest
                .get(2..6)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok())
                .is_some_and(|unit| unit >> 10 == 0x36);
        let paired = high && rest.get(6..12).is_some_and(|low| low.starts_with("\\u"));
        if at + length > text.len() || high && !paired {
            end = at;
            break;
        }
        at += if paired { 12 } else { length };
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_beginning_of_a_line_can_be_closed() {
        let line = r#"{"seq":12,"conn":1,"request":{"method":"POST","headers":[["a","b"],["c","d\\\"\u00e9"]],"body":"x\ud83d\ude00\n<a>\\"},"response":{"status":200,"body":"é😀z"}}"#;
        for cut in (1..line.len()).filter(|&cut| line.is_char_boundary(cut)) {
            let closed = close(&line[..cut]).unwrap();
            let value: Value =
                serde_json::from_str(&closed).unwrap_or_else(|e| panic!("{cut}: {e}: {closed}"));
            assert!(value.is_object(), "{closed}");
        }
        let cut = line.find("<a>").unwrap() + 2;
        let value: Value = serde_json::from_str(&close(&line[..cut]).unwrap()).unwrap();
        assert_eq!(value.pointer("/request/body").unwrap(), "x😀\n<a");
        assert_eq!(close("nonsense"), None);
    }
}
