//! The `Content-Type` header of an encrypted body.

use super::BOUNDARY;

/// RFC 2046 allows boundaries of this length.
const MAX_BOUNDARY: usize = 70;

/// What the header of an encrypted body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptedType {
    /// True for `multipart/x-multi-encrypted`: several blocks may follow one another.
    pub multiple: bool,
    /// `protocol="…"`, if given.
    pub protocol: Option<String>,
    /// `boundary="…"`, or the one that everybody uses.
    pub boundary: String,
}

impl EncryptedType {
    /// Reads a header; nothing when the body is not encrypted.
    #[must_use]
    pub fn parse(content_type: &str) -> Option<Self> {
        let mut parts = parameters(content_type).into_iter();
        let kind = parts.next()?.trim();
        let multiple = kind.eq_ignore_ascii_case("multipart/x-multi-encrypted");
        if !multiple && !kind.eq_ignore_ascii_case("multipart/encrypted") {
            return None;
        }
        let mut found = Self {
            multiple,
            protocol: None,
            boundary: BOUNDARY.into(),
        };
        for part in parts {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let value = value.trim();
            let value = value
                .strip_prefix('"')
                .and_then(|v| v.strip_suffix('"'))
                .unwrap_or(value);
            match name.trim().to_ascii_lowercase().as_str() {
                "protocol" => found.protocol = Some(value.into()),
                "boundary" if !value.is_empty() && value.len() <= MAX_BOUNDARY => {
                    found.boundary = value.into()
                }
                _ => {}
            }
        }
        Some(found)
    }
}

/// Splits at semicolons outside quotation marks.
fn parameters(header: &str) -> Vec<&str> {
    let mut quoted = false;
    header
        .split(|c| {
            quoted ^= c == '"';
            c == ';' && !quoted
        })
        .collect()
}

/// The header of a body that we send.
pub(super) fn format(protocol: &str, multiple: bool) -> String {
    let kind = if multiple {
        "multipart/x-multi-encrypted"
    } else {
        "multipart/encrypted"
    };
    format!("{kind};protocol=\"{protocol}\";boundary=\"{BOUNDARY}\"")
}
