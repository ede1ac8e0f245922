//! Two layers of sealing: by the inner mechanism while signing in, by TLS afterwards.

use zeroize::Zeroizing;

use super::tls::Channel;
use crate::ntlm::SIGNATURE;
use crate::{Error, SealedBlock, SecurityContext, Unsealed};

/// Bytes of plain text in one block of a message ([MS-WSMV] 2.2.9.1.3).
const BLOCK: usize = 16 * 1024;

/// Seals by the inner mechanism, header and data in one piece.
pub(super) fn wrap(inner: &mut dyn SecurityContext, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut sealed = Vec::with_capacity(plain.len() + 128);
    for block in inner.seal(plain)? {
        sealed.extend(block.header);
        sealed.extend(block.data);
    }
    Ok(sealed)
}

/// Opens what the peer's inner mechanism has sealed. Where the header ends, only NTLM wants to be told.
pub(super) fn open(inner: &mut dyn SecurityContext, sealed: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut sealed = Zeroizing::new(sealed);
    let header = sealed.len().min(SIGNATURE);
    let Unsealed { range, .. } = inner.unseal(&mut sealed, header)?;
    let plain = sealed.get(range).unwrap_or_default();
    Ok(Zeroizing::new(plain.to_vec()))
}

/// Seals a message by TLS, in blocks as WinRM cuts them.
pub(super) fn seal_blocks(channel: Option<&mut Channel>, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
    let channel = channel.ok_or(Error::State {
        operation: "sealing",
        when: "before the handshake is over or after an error",
    })?;
    if plain.is_empty() {
        // TLS has no record for nothing, and nothing is no message.
        return Err(Error::State {
            operation: "sealing",
            when: "without a text",
        });
    }
    let trailer = channel.trailer();
    let mut blocks = Vec::with_capacity(plain.len().div_ceil(BLOCK));
    for chunk in plain.chunks(BLOCK) {
        let mut header = channel.send(chunk)?;
        // The length of the trailer, but the first bytes of the record: that is how Windows cuts it.
        let data = header.split_off(trailer.min(header.len()));
        blocks.push(SealedBlock {
            header,
            data,
            plain_length: chunk.len(),
        });
    }
    Ok(blocks)
}

/// Opens one block in place; its header and data are the whole of some records, wherever it was cut.
pub(super) fn open_block(channel: Option<&mut Channel>, block: &mut [u8]) -> Result<Unsealed, Error> {
    let channel = channel.ok_or(Error::State {
        operation: "unsealing",
        when: "before the handshake is over or after an error",
    })?;
    let plain = channel.receive(block)?;
    let Some(place) = block.get_mut(..plain.len()).filter(|_| !plain.is_empty()) else {
        return Err(Error::malformed("tls records", "no text"));
    };
    place.copy_from_slice(&plain);
    Ok(Unsealed {
        range: 0..plain.len(),
        padding: 0,
    })
}
