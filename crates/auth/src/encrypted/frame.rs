//! Finding and writing the blocks of an encrypted body.

use std::ops::Range;

use super::{BOUNDARY, EncryptedType, SOAP_CONTENT_TYPE};
use crate::{Error, SealedBlock};

/// A signature or token header is never longer; a TLS trailer neither.
const MAX_HEADER: usize = 64 * 1024;
/// No line of a part's header is longer.
const MAX_LINE: usize = 1024;

/// One block of an encrypted body, as ranges of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `Content-Type` of the first part: the mechanism's protocol.
    pub protocol: String,
    /// `OriginalContent` without its `Length`: `application/soap+xml;charset=UTF-8`.
    pub original_type: String,
    /// `Length` of `OriginalContent`: bytes of plain text and padding.
    pub original_length: usize,
    /// The signature or token header.
    pub header: Range<usize>,
    /// The sealed data; it follows the header without a gap.
    pub data: Range<usize>,
}

/// Finds the blocks of a body: exactly one, or for `multipart/x-multi-encrypted` one or more.
///
/// The data of the last block ends at the last boundary of the body. Data that happens to contain the text of a boundary
/// does no harm: another block is looked for only behind the data's least length, and only where both of its part
/// headers stand.
///
/// # Errors
/// [`Error::Framing`] with the offset.
pub fn read_blocks(kind: &EncryptedType, body: &[u8]) -> Result<Vec<Block>, Error> {
    let boundary = kind.boundary.as_bytes();
    let end = find_end(body, boundary)?;
    let mut cursor = Cursor { body, at: 0, end };
    // Some peers begin with an empty line.
    cursor.skip(b"\r\n");
    let mut blocks = Vec::new();
    loop {
        let (protocol, original_type, original_length) = part_headers(&mut cursor, boundary)?;
        let length = cursor.take_length()?;
        let header = cursor.at..cursor.at + length;
        cursor.at = header.end;
        let least = header.end.saturating_add(original_length).min(end);
        let next = if kind.multiple {
            next_block(body, least, end, boundary)
        } else {
            None
        };
        let data = header.end..next.unwrap_or(end);
        cursor.at = data.end;
        blocks.push(Block {
            protocol,
            original_type,
            original_length,
            header,
            data,
        });
        if next.is_none() {
            return Ok(blocks);
        }
    }
}

/// Both part headers; the cursor stands at the binary data afterwards.
fn part_headers(cursor: &mut Cursor<'_>, boundary: &[u8]) -> Result<(String, String, usize), Error> {
    cursor.boundary_line(boundary)?;
    let protocol = cursor.field("content-type")?.to_owned();
    let offset = cursor.at;
    let (original_type, original_length) =
        original_content(cursor.field("originalcontent")?).ok_or(Error::Framing {
            offset,
            reason: "OriginalContent without a length",
        })?;
    cursor.boundary_line(boundary)?;
    let offset = cursor.at;
    if !cursor
        .field("content-type")?
        .eq_ignore_ascii_case("application/octet-stream")
    {
        return Err(Error::Framing {
            offset,
            reason: "the second part is not application/octet-stream",
        });
    }
    Ok((protocol, original_type, original_length))
}

/// `type=application/soap+xml;charset=UTF-8;Length=N`
fn original_content(value: &str) -> Option<(String, usize)> {
    let (mut kind, mut length) = (Vec::new(), None);
    for part in value.split(';') {
        let part = part.trim();
        match part.split_once('=') {
            Some((name, digits)) if name.trim().eq_ignore_ascii_case("length") => {
                let digits = digits.trim();
                if length.is_some() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                length = Some(digits.parse().ok()?);
            }
            Some((name, value)) if kind.is_empty() && name.trim().eq_ignore_ascii_case("type") => {
                kind.push(value.trim())
            }
            _ if part.is_empty() => {}
            _ => kind.push(part),
        }
    }
    Some((kind.join(";"), length?))
}

/// Where the closing boundary begins: the last thing of the body.
fn find_end(body: &[u8], boundary: &[u8]) -> Result<usize, Error> {
    let unfinished = Error::Framing {
        offset: body.len(),
        reason: "no closing boundary at the end",
    };
    let Some(rest) = trim_line_ends(body).strip_suffix(b"--") else {
        return Err(unfinished);
    };
    let Some(rest) = rest.strip_suffix(boundary) else {
        return Err(unfinished);
    };
    let rest = trim_blanks(rest);
    rest.strip_suffix(b"--").map(<[u8]>::len).ok_or(unfinished)
}

fn trim_line_ends(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    bytes
}

fn trim_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The first place in `from..end` where both part headers of a block stand.
fn next_block(body: &[u8], from: usize, end: usize, boundary: &[u8]) -> Option<usize> {
    let mut at = from;
    while at < end {
        let rest = body.get(at..end)?;
        at += rest.windows(2).position(|pair| pair == b"--")?;
        let mut cursor = Cursor { body, at, end };
        if part_headers(&mut cursor, boundary).is_ok() {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Reads the text between the blocks.
struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.body.get(self.at..self.end).unwrap_or_default()
    }

    fn wrong(&self, reason: &'static str) -> Error {
        Error::Framing {
            offset: self.at,
            reason,
        }
    }

    fn skip(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// `--`, blanks, the boundary, line end.
    fn boundary_line(&mut self, boundary: &[u8]) -> Result<(), Error> {
        let start = self.at;
        let found = self.skip(b"--") && {
            while self.skip(b" ") || self.skip(b"\t") {}
            self.skip(boundary)
        };
        if found && self.skip(b"\r\n") {
            return Ok(());
        }
        self.at = start;
        Err(self.wrong("no boundary line"))
    }

    /// The value of a header line with this name; a tab before it is as good as none.
    fn field(&mut self, name: &str) -> Result<&'a str, Error> {
        let window = self.rest().get(..MAX_LINE).unwrap_or(self.rest());
        let length = window
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .ok_or_else(|| self.wrong("a header line without an end"))?;
        let line = window
            .get(..length)
            .and_then(|line| std::str::from_utf8(line).ok());
        match line.and_then(|line| line.trim().split_once(':')) {
            Some((found, value)) if found.trim_end().eq_ignore_ascii_case(name) => {
                self.at += length + 2;
                Ok(value.trim())
            }
            _ => Err(self.wrong("a part header is missing")),
        }
    }

    /// The length of the block's header; it must lie within the body.
    fn take_length(&mut self) -> Result<usize, Error> {
        let Some(digits) = self.rest().first_chunk::<4>() else {
            return Err(self.wrong("no room for a signature length"));
        };
        let length = usize::try_from(u32::from_le_bytes(*digits)).unwrap_or(usize::MAX);
        self.at += 4;
        if length > MAX_HEADER || length > self.rest().len() {
            self.at -= 4;
            return Err(self.wrong("a signature longer than the body"));
        }
        Ok(length)
    }
}

/// Writes one block, without the closing boundary.
pub(super) fn write_block(body: &mut Vec<u8>, protocol: &str, block: &SealedBlock) -> Result<(), Error> {
    let length = u32::try_from(block.header.len()).map_err(|_| Error::Framing {
        offset: body.len(),
        reason: "a signature too long to be framed",
    })?;
    let text = format!(
        "--{BOUNDARY}\r\n\tContent-Type: {protocol}\r\n\tOriginalContent: type={SOAP_CONTENT_TYPE};Length={}\r\n\
         --{BOUNDARY}\r\n\tContent-Type: application/octet-stream\r\n",
        block.plain_length
    );
    body.extend(text.as_bytes());
    body.extend(length.to_le_bytes());
    body.extend(&block.header);
    body.extend(&block.data);
    Ok(())
}

/// Writes the closing boundary.
pub(super) fn write_end(body: &mut Vec<u8>) {
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
}
