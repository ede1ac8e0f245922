//! Signing and sealing with extended session security ([MS-NLMP] 3.4.3, 3.4.4.2).

use rc4::{Rc4, StreamCipher};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::crypto::{self, From, Key};
use crate::{Error, SealedBlock, SignatureFault, Unsealed};

/// Bytes of a signature: version 1, checksum of 8 bytes, sequence number.
pub(crate) const SIGNATURE: usize = 16;
const VERSION: [u8; 4] = [1, 0, 0, 0];

/// The keys, ciphers and sequence numbers of both directions.
pub(crate) struct Sealing {
    outgoing: Direction,
    incoming: Direction,
}

impl Sealing {
    pub(super) fn new(exported: &Key, own_end: From) -> Self {
        let peer = match own_end {
            From::Client => From::Server,
            From::Server => From::Client,
        };
        Self {
            outgoing: Direction::new(exported, own_end),
            incoming: Direction::new(exported, peer),
        }
    }

    /// Encrypts and signs one message.
    pub(crate) fn seal(&mut self, plain: &[u8]) -> Result<SealedBlock, Error> {
        let mut data = plain.to_vec();
        self.outgoing.cipher.apply_keystream(&mut data);
        let header = self.outgoing.signature(plain)?.to_vec();
        Ok(SealedBlock {
            header,
            data,
            plain_length: plain.len(),
        })
    }

    /// Decrypts one message in place and checks its signature.
    pub(crate) fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        let range = header_length..block.len();
        let Some((header, data)) = block.split_at_mut_checked(header_length) else {
            return Err(Error::Signature(SignatureFault::Form));
        };
        self.incoming.expect(header)?;
        self.incoming.cipher.apply_keystream(data);
        let genuine = self.incoming.signature(data)?.ct_eq(header);
        if !bool::from(genuine) {
            data.zeroize();
            return Err(Error::Signature(SignatureFault::Checksum));
        }
        Ok(Unsealed { range, padding: 0 })
    }

    /// Signs a message that is sent in clear (the mechanism list of SPNEGO).
    pub(crate) fn sign(&mut self, message: &[u8]) -> Result<[u8; SIGNATURE], Error> {
        self.outgoing.signature(message)
    }

    /// Checks the signature of a message that came in clear.
    pub(crate) fn verify(&mut self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.incoming.expect(signature)?;
        let genuine = self.incoming.signature(message)?.ct_eq(signature);
        if bool::from(genuine) {
            Ok(())
        } else {
            Err(Error::Signature(SignatureFault::Checksum))
        }
    }

    /// Puts the outgoing cipher back to its beginning; the sequence number goes on ([MS-SPNG] 3.3.5.1).
    pub(crate) fn restart_outgoing(&mut self) {
        self.outgoing.restart();
    }

    /// Puts the incoming cipher back to its beginning; the sequence number goes on ([MS-SPNG] 3.3.5.1).
    pub(crate) fn restart_incoming(&mut self) {
        self.incoming.restart();
    }
}

struct Direction {
    sign_key: Key,
    seal_key: Key,
    /// Runs on over all messages: data first, then the checksum of the same message.
    cipher: Rc4,
    /// The next sequence number, or nothing when all are used.
    next: Option<u32>,
}

impl Direction {
    fn new(exported: &Key, from: From) -> Self {
        let seal_key = crypto::seal_key(exported, from);
        Self {
            sign_key: crypto::sign_key(exported, from),
            cipher: crypto::rc4(&seal_key),
            seal_key,
            next: Some(0),
        }
    }

    fn restart(&mut self) {
        self.cipher = crypto::rc4(&self.seal_key);
    }

    /// The signature of the next message. Advances the cipher and the sequence number.
    fn signature(&mut self, plain: &[u8]) -> Result<[u8; SIGNATURE], Error> {
        let number = self.next.ok_or(Error::Signature(SignatureFault::Exhausted))?;
        self.next = number.checked_add(1);
        let number = number.to_le_bytes();
        let mut checksum = crypto::hmac_md5(&self.sign_key, &[&number, plain]);
        let mut signature = [0; SIGNATURE];
        if let Some(kept) = checksum.first_chunk_mut::<8>() {
            self.cipher.apply_keystream(kept);
            let bytes = VERSION.iter().chain(kept.iter()).chain(&number);
            signature
                .iter_mut()
                .zip(bytes)
                .for_each(|(place, byte)| *place = *byte);
        }
        Ok(signature)
    }

    /// Checks everything of a signature that needs no cipher, so that a repeated message does not advance it.
    fn expect(&self, signature: &[u8]) -> Result<(), Error> {
        let expected = self.next.ok_or(Error::Signature(SignatureFault::Exhausted))?;
        let (Some((&VERSION, _)), Some((rest, number))) = (
            signature.split_first_chunk::<4>(),
            signature.split_last_chunk::<4>(),
        ) else {
            return Err(Error::Signature(SignatureFault::Form));
        };
        if rest.len() != SIGNATURE - 4 {
            return Err(Error::Signature(SignatureFault::Form));
        }
        let received = u32::from_le_bytes(*number);
        if received != expected {
            return Err(Error::Signature(SignatureFault::Sequence { expected, received }));
        }
        Ok(())
    }
}
