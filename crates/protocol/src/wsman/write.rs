//! A writer of XML text whose shape we know: no checks, no indentation.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Builds one XML document.
#[derive(Debug, Default)]
pub(super) struct XmlWriter {
    out: String,
}

impl XmlWriter {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
        }
    }

    /// `<name a="v">`; attribute values are escaped.
    pub(super) fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.open(name, attributes);
        self.out.push('>');
        self
    }

    pub(super) fn end(&mut self, name: &str) -> &mut Self {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self
    }

    /// `<name a="v"/>`, the form Windows uses for answers without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.open(name, attributes);
        self.out.push_str("/>");
        self
    }

    /// `<name a="v">text</name>`; the text is escaped.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.start(name, attributes);
        self.out.push_str(&escape(text, false));
        self.end(name)
    }

    /// `<name a="v">BASE64</name>`.
    pub(super) fn base64(&mut self, name: &str, attributes: &[(&str, &str)], data: &[u8]) -> &mut Self {
        self.start(name, attributes);
        BASE64.encode_string(data, &mut self.out);
        self.end(name)
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            self.out.push_str(&escape(value, true));
            self.out.push('"');
        }
    }
}

/// Escapes text for XML. Characters that XML cannot carry become U+FFFD: nothing here is worth refusing to answer.
fn escape(text: &str, attribute: bool) -> Cow<'_, str> {
    let special = |c: char| {
        matches!(c, '<' | '>' | '&' | '\u{FFFE}' | '\u{FFFF}')
            || (c < ' ' && (attribute || !matches!(c, '\t' | '\n')))
            || (attribute && c == '"')
    };
    // U+FFFE and U+FFFF begin with the byte EF; base64 has none of all these, and is looked through fast.
    if !text
        .bytes()
        .any(|byte| byte < b' ' || matches!(byte, b'<' | b'>' | b'&' | b'"' | 0xEF))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' if attribute => {
                // Writing to a String cannot fail.
                let _ = write!(out, "&#x{:X};", u32::from(c));
            }
            '\t' | '\n' => out.push(c),
            c if special(c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_xml_needs() {
        let mut xml = XmlWriter::default();
        xml.text("a", &[("b", "1 \"<&\n")], "x<y>&\r\u{1}z");
        assert_eq!(
            xml.finish(),
            "<a b=\"1 &quot;&lt;&amp;&#xA;\">x&lt;y&gt;&amp;&#xD;\u{FFFD}z</a>"
        );
    }
}
