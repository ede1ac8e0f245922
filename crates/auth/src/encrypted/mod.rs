//! `multipart/encrypted`: how sealed messages travel in HTTP bodies ([MS-WSMV] 2.2.9.1, protocol section 3.4).
//!
//! ```text
//! --Encrypted Boundary\r\n
//! \tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n
//! \tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=N\r\n
//! --Encrypted Boundary\r\n
//! \tContent-Type: application/octet-stream\r\n
//! <u32 L, little-endian><L bytes of header><sealed data>--Encrypted Boundary--\r\n
//! ```
//!
//! Written exactly so; read also without the tabs, with blanks after `--` as Exchange writes them, and with several
//! blocks one after another (`multipart/x-multi-encrypted`).

mod content_type;
mod frame;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::{Error, SecurityContext};

pub use content_type::EncryptedType;
pub use frame::{Block, read_blocks};

/// The boundary that everybody uses.
pub const BOUNDARY: &str = "Encrypted Boundary";
/// The content type of SOAP messages inside an encrypted body.
pub const SOAP_CONTENT_TYPE: &str = "application/soap+xml;charset=UTF-8";

/// A body ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBody {
    /// The value of the `Content-Type` header.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A body that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedBody {
    /// The content type of the plain text, without its `Length`: `application/soap+xml;charset=UTF-8`.
    pub content_type: String,
    /// The plain text; where the body was one block, it lies in the buffer that was received.
    pub body: Bytes,
}

/// Seals one message and frames it.
///
/// # Errors
/// Those of [`SecurityContext::seal`].
pub fn seal_body(context: &mut dyn SecurityContext, plain: &[u8]) -> Result<SealedBody, Error> {
    let protocol = context.protocol_name();
    let blocks = context.seal(plain)?;
    let multiple = blocks.len() > 1;
    // Room for the part headers too.
    let mut body = Vec::with_capacity(blocks.iter().map(|b| b.header.len() + b.data.len() + 256).sum());
    for block in &blocks {
        frame::write_block(&mut body, protocol, block)?;
    }
    frame::write_end(&mut body);
    Ok(SealedBody {
        content_type: content_type::format(protocol, multiple),
        body,
    })
}

/// Opens an encrypted body: frames are found, every block is unsealed in place, in order, and its `Length` is verified.
///
/// `content_type` is the value of the HTTP header; [`EncryptedType::parse`] tells beforehand whether a body is encrypted
/// at all (a clear answer to a sealed request must not be believed).
///
/// # Errors
/// [`Error::ContentType`] when it is not an encrypted body of this context, [`Error::Framing`] for broken framing, and
/// those of [`SecurityContext::unseal`]. Nothing of the plain text is given out then, and the connection must be closed.
pub fn open_body(
    context: &mut dyn SecurityContext,
    content_type: &str,
    mut body: Vec<u8>,
) -> Result<OpenedBody, Error> {
    let kind = EncryptedType::parse(content_type).ok_or(Error::ContentType {
        reason: "neither multipart/encrypted nor multipart/x-multi-encrypted",
    })?;
    let protocol = context.protocol_name();
    if kind
        .protocol
        .as_ref()
        .is_some_and(|given| !given.eq_ignore_ascii_case(protocol))
    {
        return Err(Error::ContentType {
            reason: "sealed by another mechanism",
        });
    }
    let blocks = read_blocks(&kind, &body)?;
    let mut plain = Vec::with_capacity(blocks.len());
    let mut original = None;
    for block in blocks {
        if !block.protocol.eq_ignore_ascii_case(protocol) {
            return Err(Error::ContentType {
                reason: "a part is sealed by another mechanism",
            });
        }
        let start = block.header.start;
        let Some(sealed) = body.get_mut(start..block.data.end) else {
            return Err(Error::Framing {
                offset: start,
                reason: "block outside the body",
            });
        };
        let opened = context.unseal(sealed, block.header.len())?;
        let text = opened.range;
        if sealed.get(text.clone()).map(|text| text.len() + opened.padding) != Some(block.original_length) {
            return Err(Error::Framing {
                offset: start,
                reason: "the length differs from the sealed data",
            });
        }
        plain.push(start + text.start..start + text.end);
        original.get_or_insert(block.original_type);
    }
    let body = Bytes::from(body);
    let body = match plain.as_slice() {
        [one] => body.slice(one.clone()),
        many => many
            .iter()
            .filter_map(|range| body.get(range.clone()))
            .collect::<Vec<_>>()
            .concat()
            .into(),
    };
    Ok(OpenedBody {
        content_type: original.unwrap_or_default(),
        body,
    })
}
