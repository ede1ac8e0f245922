//! Wrap tokens in the layout of WinRM: header and data apart, no trailer ([MS-WSMV] 2.2.9.1.1.2.2.2).
//!
//! The library rotates what would be the trailer into the header (RFC 4121 section 4.2.5), so header and data after each
//! other are one ordinary wrap token, and such a token of any rotation can be read.

use libgssapi::context::{CtxFlags, SecurityContext as GssContext};
use libgssapi::util::{GssIov, GssIovType};
use zeroize::Zeroize;

use super::routine_error;
use crate::{Error, KerberosError, SealedBlock, SignatureFault, Unsealed};

/// `TOK_ID` of wrap tokens (RFC 4121 section 4.2.6.2).
const WRAP: [u8; 2] = [5, 4];
/// The flag of a wrap token that says that it is sealed.
const SEALED: u8 = 2;
/// First byte of the framing around tokens of RFC 4757 (RC4) and older ones.
const FRAMED: u8 = 0x60;

/// `GSS_S_BAD_SIG`, also called `GSS_S_BAD_MIC`.
const BAD_SIGNATURE: u32 = 6;
/// `GSS_S_DEFECTIVE_TOKEN`
const DEFECTIVE_TOKEN: u32 = 9;

/// What both ends must have agreed on before anything is sealed.
const PROTECTION: [(CtxFlags, &str); 4] = [
    (CtxFlags::GSS_C_CONF_FLAG, "sealing"),
    (CtxFlags::GSS_C_INTEG_FLAG, "signing"),
    (
        CtxFlags::GSS_C_REPLAY_FLAG,
        "protection against repeated messages",
    ),
    (
        CtxFlags::GSS_C_SEQUENCE_FLAG,
        "protection against reordered messages",
    ),
];

/// Refuses a context that does not protect as every context must.
pub(super) fn require_protection(flags: CtxFlags, message: &'static str) -> Result<(), Error> {
    match PROTECTION.iter().find(|(flag, _)| !flags.contains(*flag)) {
        Some((_, missing)) => Err(Error::Weak { message, missing }),
        None => Ok(()),
    }
}

/// Seals one message.
pub(super) fn seal(context: &mut impl GssContext, plain: &[u8]) -> Result<SealedBlock, Error> {
    let mut data = plain.to_vec();
    let mut buffers = [
        GssIov::new_alloc(GssIovType::Header),
        GssIov::new(GssIovType::Data, &mut data),
        GssIov::new_alloc(GssIovType::Padding),
    ];
    context
        .wrap_iov(true, &mut buffers)
        .map_err(|error| refused(&error))?;
    let [header, _, padding] = &buffers;
    let (header, padding) = (header.to_vec(), padding.to_vec());
    drop(buffers);
    data.extend_from_slice(&padding);
    Ok(SealedBlock {
        header,
        plain_length: data.len(),
        data,
    })
}

/// Opens one message in place. Where the header ends is not asked: the token says itself what it is.
pub(super) fn unseal(context: &mut impl GssContext, block: &mut [u8]) -> Result<Unsealed, Error> {
    let framed = match sealed(block) {
        Some(framed) => framed,
        // Signed only: its text could be read by anybody on the way.
        None => return Err(Error::Signature(SignatureFault::Form)),
    };
    let length = block.len();
    let mut none = [];
    let mut buffers = [
        GssIov::new(GssIovType::Stream, block),
        GssIov::new(GssIovType::Data, &mut none),
    ];
    let result = context.unwrap_iov(&mut buffers);
    let [stream, data] = &buffers;
    let place = stream.header_length(data).zip(Some(data.len()));
    drop(buffers);
    let opened = match (result, place) {
        (Err(error), _) => Err(refused(&error)),
        // An empty message has no place.
        (Ok(()), None) => Ok(0..0),
        (Ok(()), Some((start, count))) => Ok(start..start.saturating_add(count).min(length)),
    };
    let range = opened.inspect_err(|_| block.zeroize())?;
    // Only the old tokens pad, at their end; the framing of WinRM counts that.
    let padding = if framed {
        length.saturating_sub(range.end)
    } else {
        0
    };
    Ok(Unsealed { range, padding })
}

/// Whether the token is sealed: nothing when not, else whether it is one of RFC 4757.
fn sealed(token: &[u8]) -> Option<bool> {
    if token.starts_with(&WRAP) {
        return token
            .get(2)
            .is_some_and(|flags| flags & SEALED != 0)
            .then_some(false);
    }
    if token.first() != Some(&FRAMED) {
        return None;
    }
    // Framing: length, then the identifier of the mechanism; after it TOK_ID 02 01, SGN_ALG, SEAL_ALG.
    let length_bytes = match token.get(1)? {
        short @ 0..=0x7f => usize::from(*short != 0x80),
        long => 1 + usize::from(long & 0x7f),
    };
    let identifier = token.get(1 + length_bytes..)?;
    let [6, count, rest @ ..] = identifier else {
        return None;
    };
    let inner = rest.get(usize::from(*count)..)?;
    let is_wrap = inner.starts_with(&[2, 1]);
    let algorithm = inner.get(4..6)?;
    (is_wrap && algorithm != [0xff, 0xff]).then_some(true)
}

fn refused(error: &libgssapi::error::Error) -> Error {
    let fault = match routine_error(error) {
        BAD_SIGNATURE => SignatureFault::Checksum,
        DEFECTIVE_TOKEN => SignatureFault::Form,
        // Nothing but supplementary information: repeated, old, out of order, or one is missing.
        0 => SignatureFault::Order,
        _ => {
            return Error::Kerberos(KerberosError::System {
                text: error.to_string(),
            });
        }
    };
    Error::Signature(fault)
}

#[cfg(test)]
mod tests {
    use super::sealed;
    use crate::testing::hex;

    #[test]
    fn only_sealed_tokens_are_opened() {
        for (token, expected) in [
            ("0504 06ff 0000 001c 0000000000000000", Some(false)),
            ("0504 04ff 000c 000c 0000000000000000", None),
            ("0404 06ff ffffffff 0000000000000000", None),
            ("602b 0609 2a864886f712010202 0201 1100 1000 ffff", Some(true)),
            ("60812b 0609 2a864886f712010202 0201 1100 1000 ffff", Some(true)),
            ("602b 0609 2a864886f712010202 0201 1100 ffff ffff", None),
            ("602b 0609 2a864886f712010202 0101 1100 ffffffff", None),
            ("602b 0609 2a86", None),
            ("60", None),
            ("05", None),
            ("", None),
        ] {
            assert_eq!(sealed(&hex(token)), expected, "{token}");
        }
    }
}
