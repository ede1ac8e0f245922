//! Reading CLIXML: one pass over the text, borrowing from it.
//!
//! Both entries take what PowerShell's own reader takes and refuse what it refuses, with two exceptions: elements
//! need not stand in `<Objs>` nor in its namespace, and a value at level 50 is read, because PowerShell writes it.

mod ids;
mod primitive;
mod rooms;
mod stream;
mod tree;

pub(crate) use ids::IdMap;
pub(crate) use primitive::Tag;
pub(crate) use rooms::Rooms;
pub(crate) use stream::{Element, Stream};

use std::borrow::Cow;

use crate::{Document, Error, Interner, Limits, Value, xml};

/// Reads the data of a PSRP message.
///
/// The data is one element, usually without any root or namespace, with or without a byte order mark; no data at all
/// is null. Names and type lists are taken from `interner`, which the messages of a stream share.
///
/// # Errors
/// Malformed or unknown content, and exceeded limits, with the byte offset.
pub fn read_message(data: &[u8], limits: &Limits, interner: &mut Interner) -> Result<Document, Error> {
    let text = open(data, limits)?;
    if text.is_empty() {
        return Ok(Document::new(vec![Value::Nil]));
    }
    Stream::new(&text, limits, interner).document()
}

/// Reads a file: an `<Objs>` document or a single element, in UTF-8 or (with a byte order mark) UTF-16, with or
/// without the line `#< CLIXML` in front.
///
/// # Errors
/// As [`read_message`]; also [`Error::EmptyDocument`] where there is nothing at all.
pub fn read_document(data: &[u8], limits: &Limits) -> Result<Document, Error> {
    let text = open(data, limits)?;
    if text.trim().is_empty() {
        return Err(Error::EmptyDocument);
    }
    Stream::new(&text, limits, &mut Interner::new()).document()
}

/// Reads a file as far as it goes: the top-level values that were complete before it breaks off, and why it does.
pub fn read_document_partial(data: &[u8], limits: &Limits) -> (Document, Option<Error>) {
    let (text, damage) = match open(data, limits) {
        Ok(text) => (text, None),
        // What is text before the damage can be read.
        Err(error @ Error::Encoding { offset, .. }) => {
            match data.get(..offset).map(|whole| open(whole, limits)) {
                Some(Ok(text)) => (text, Some(error)),
                _ => return (Document::default(), Some(error)),
            }
        }
        Err(error) => return (Document::default(), Some(error)),
    };
    if text.trim().is_empty() {
        return (Document::default(), Some(damage.unwrap_or(Error::EmptyDocument)));
    }
    let (document, error) = Stream::new(&text, limits, &mut Interner::new()).document_partial();
    (document, damage.or(error))
}

/// The line that PowerShell sets before a document on a pipe.
const HEADER: &str = "#< CLIXML";

/// Decodes the text of a message or file that is not too large.
pub(crate) fn open<'a>(data: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, Error> {
    if data.len() > limits.max_message_size {
        let maximum = limits.max_message_size;
        return Err(Error::Limit {
            limit: "max_message_size",
            maximum,
            offset: maximum,
        });
    }
    xml::decode(data)
}

/// Where the XML begins: behind the header line, if there is one.
pub(crate) fn header_length(text: &str) -> usize {
    match text.strip_prefix(HEADER) {
        Some(rest) => {
            let blank = rest.len() - rest.trim_start().len();
            HEADER.len() + blank
        }
        None => 0,
    }
}
