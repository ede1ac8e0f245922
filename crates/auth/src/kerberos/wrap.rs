//! Sealing and signing of messages (RFC 4121 section 4.2).
//!
//! A sealed message is one Wrap token. Its last 28 bytes stand before the cipher text (`RRC`), so that a header of 60 bytes
//! is followed by exactly as many bytes as the plain text has: the layout that WinRM asks for (protocol section 3.4).

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::crypto::{Key, Usage};
use crate::{Error, SealedBlock, SignatureFault, Unsealed};

/// Bytes of a token's header.
const HEADER: usize = 16;
/// Bytes of the random block that encryption puts before the plain text.
const CONFOUNDER: usize = 16;
/// The copy of the header and the code of 12 bytes at the end.
const TRAILER: usize = HEADER + 12;

const SENT_BY_ACCEPTOR: u8 = 1;
const SEALED: u8 = 2;
const ACCEPTOR_SUBKEY: u8 = 4;

/// Which end we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Initiator,
    /// The other end, which tests play.
    #[cfg(test)]
    Acceptor,
}

/// The key and the sequence numbers of both directions.
pub(super) struct Sealing {
    key: Key,
    end: End,
    /// The key is one that the acceptor has chosen.
    acceptor_subkey: bool,
    /// The next sequence numbers.
    outgoing: u64,
    incoming: u64,
}

impl Sealing {
    pub(super) fn new(key: Key, end: End, acceptor_subkey: bool, outgoing: u32, incoming: u32) -> Self {
        Self {
            key,
            end,
            acceptor_subkey,
            outgoing: u64::from(outgoing),
            incoming: u64::from(incoming),
        }
    }

    fn is_acceptor(&self) -> bool {
        self.end != End::Initiator
    }

    fn flags(&self, from_acceptor: bool, sealed: bool) -> u8 {
        let mut flags = 0;
        if from_acceptor {
            flags |= SENT_BY_ACCEPTOR;
        }
        if sealed {
            flags |= SEALED;
        }
        if self.acceptor_subkey {
            flags |= ACCEPTOR_SUBKEY;
        }
        flags
    }

    fn next(number: &mut u64) -> Result<u64, Error> {
        let now = *number;
        *number = now
            .checked_add(1)
            .ok_or(Error::Signature(SignatureFault::Exhausted))?;
        Ok(now)
    }

    /// Seals one message.
    pub(super) fn seal(&mut self, plain: &[u8]) -> Result<SealedBlock, Error> {
        let acceptor = self.is_acceptor();
        let usage = if acceptor {
            Usage::AcceptorSeal
        } else {
            Usage::InitiatorSeal
        };
        let number = Self::next(&mut self.outgoing)?.to_be_bytes();
        let flags = self.flags(acceptor, true);
        let [a, b, c, d, e, f, g, h] = number;
        // No filler (EC 0); the rotation is 0 in the copy that is encrypted.
        let copy = [5, 4, flags, 0xff, 0, 0, 0, 0, a, b, c, d, e, f, g, h];
        let cipher = self.key.encrypt(usage, &[plain, &copy].concat())?;
        let split = cipher.len().saturating_sub(TRAILER);
        let (front, back) = cipher.split_at_checked(split).unwrap_or((&[], &cipher));
        let (confounder, data) = front
            .split_at_checked(CONFOUNDER)
            .ok_or(Error::Signature(SignatureFault::Form))?;
        let rotation = (TRAILER as u16).to_be_bytes();
        let mut header = Vec::with_capacity(HEADER + TRAILER + CONFOUNDER);
        header.extend([5, 4, flags, 0xff, 0, 0]);
        header.extend(rotation);
        header.extend(number);
        header.extend(back);
        header.extend(confounder);
        Ok(SealedBlock {
            header,
            data: data.to_vec(),
            plain_length: plain.len(),
        })
    }

    /// Opens one token in place. How its sender has split it does not matter: it is read as it says itself, also without
    /// a rotation, as `gss_wrap` writes it.
    pub(super) fn unseal(&mut self, block: &mut [u8]) -> Result<Unsealed, Error> {
        let form = Error::Signature(SignatureFault::Form);
        let from_acceptor = !self.is_acceptor();
        let usage = if from_acceptor {
            Usage::AcceptorSeal
        } else {
            Usage::InitiatorSeal
        };
        let flags = self.flags(from_acceptor, true);
        let expected = self.incoming;
        let Some((header, rest)) = block.split_first_chunk_mut::<HEADER>() else {
            return Err(form);
        };
        let [5, 4, given, 0xff, ec_high, ec_low, rrc_high, rrc_low, number @ ..] = *header else {
            return Err(form);
        };
        // An unsealed token, one of our own or one under another key is not what was agreed.
        if given != flags || rest.is_empty() {
            return Err(form);
        }
        let received = u64::from_be_bytes(number);
        if received != expected {
            return Err(Error::Signature(SignatureFault::Sequence {
                expected: truncate(expected),
                received: truncate(received),
            }));
        }
        let rotation = usize::from(u16::from_be_bytes([rrc_high, rrc_low]));
        let filler = usize::from(u16::from_be_bytes([ec_high, ec_low]));
        rest.rotate_left(rotation % rest.len());
        let plain = self.key.decrypt(usage, rest);
        rest.zeroize();
        let plain = plain.ok_or(Error::Signature(SignatureFault::Checksum))?;
        // What decides is the copy inside: outside anybody may have changed it.
        let mut genuine = *header;
        if let Some(rotation) = genuine.get_mut(6..8) {
            rotation.fill(0);
        }
        let (content, copy) = plain
            .split_last_chunk::<HEADER>()
            .ok_or(Error::Signature(SignatureFault::Form))?;
        if !bool::from(copy.ct_eq(&genuine)) {
            return Err(Error::Signature(SignatureFault::Checksum));
        }
        let text = content
            .len()
            .checked_sub(filler)
            .and_then(|length| content.get(..length))
            .ok_or(Error::Signature(SignatureFault::Form))?;
        let place = rest
            .get_mut(..text.len())
            .ok_or(Error::Signature(SignatureFault::Form))?;
        place.copy_from_slice(text);
        Self::next(&mut self.incoming)?;
        Ok(Unsealed {
            range: HEADER..HEADER + text.len(),
            padding: 0,
        })
    }

    /// The code of a message that is sent in clear (a MIC token).
    pub(super) fn sign(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let acceptor = self.is_acceptor();
        let usage = if acceptor {
            Usage::AcceptorSign
        } else {
            Usage::InitiatorSign
        };
        let mut token = vec![4, 4, self.flags(acceptor, false)];
        token.extend([0xff; 5]);
        token.extend(Self::next(&mut self.outgoing)?.to_be_bytes());
        let code = self.key.checksum(usage, &[message, &token].concat())?;
        token.extend(code);
        Ok(token)
    }

    /// Checks the code of a message that came in clear.
    pub(super) fn verify(&mut self, message: &[u8], token: &[u8]) -> Result<(), Error> {
        let form = Error::Signature(SignatureFault::Form);
        let from_acceptor = !self.is_acceptor();
        let usage = if from_acceptor {
            Usage::AcceptorSign
        } else {
            Usage::InitiatorSign
        };
        let Some((header, code)) = token.split_first_chunk::<HEADER>() else {
            return Err(form);
        };
        let [4, 4, given, 0xff, 0xff, 0xff, 0xff, 0xff, number @ ..] = *header else {
            return Err(form);
        };
        if given != self.flags(from_acceptor, false) {
            return Err(form);
        }
        let (expected, received) = (self.incoming, u64::from_be_bytes(number));
        if received != expected {
            return Err(Error::Signature(SignatureFault::Sequence {
                expected: truncate(expected),
                received: truncate(received),
            }));
        }
        let genuine = self.key.checksum(usage, &[message, header].concat())?;
        if !bool::from(genuine.ct_eq(code)) {
            return Err(Error::Signature(SignatureFault::Checksum));
        }
        Self::next(&mut self.incoming)?;
        Ok(())
    }
}

/// The number as the error carries it.
fn truncate(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::kerberos::etype::EncryptionType;

    fn pair(subkey: bool) -> (Sealing, Sealing) {
        let key = Key::new(EncryptionType::Aes256, Zeroizing::new(vec![9; 32])).unwrap();
        (
            Sealing::new(key.clone(), End::Initiator, subkey, 7, 1000),
            Sealing::new(key, End::Acceptor, subkey, 1000, 7),
        )
    }

    fn join(block: SealedBlock) -> Vec<u8> {
        [block.header, block.data].concat()
    }

    #[test]
    fn the_header_has_60_bytes_and_the_data_the_length_of_the_plain_text() {
        for subkey in [true, false] {
            let (mut client, mut server) = pair(subkey);
            for (count, length) in [0, 1, 15, 16, 17, 4000].into_iter().enumerate() {
                let plain = vec![b'x'; length];
                let block = client.seal(&plain).unwrap();
                assert_eq!(
                    (block.header.len(), block.data.len(), block.plain_length),
                    (60, length, length)
                );
                assert_eq!(block.header[8..16], (7 + count as u64).to_be_bytes());
                assert_eq!(block.header[2], if subkey { 6 } else { 2 });
                let mut bytes = join(block);
                let opened = server.unseal(&mut bytes).unwrap();
                assert_eq!((&bytes[opened.range], opened.padding), (plain.as_slice(), 0));
                let mut answer = join(server.seal(b"yes").unwrap());
                let opened = client.unseal(&mut answer).unwrap();
                assert_eq!(&answer[opened.range], b"yes");
            }
        }
    }

    #[test]
    fn a_token_of_another_rotation_and_with_filler_is_read() {
        let (client, mut server) = pair(true);
        for (rotation, filler) in [(0_u16, 0_u16), (1, 0), (28, 16), (1000, 3)] {
            let number = server.incoming.to_be_bytes();
            let mut copy = vec![5, 4, 6, 0xff];
            copy.extend(filler.to_be_bytes());
            copy.extend([0, 0]);
            copy.extend(number);
            let plain = [b"hello".to_vec(), vec![0; usize::from(filler)], copy.clone()].concat();
            let mut cipher = client.key.encrypt(Usage::InitiatorSeal, &plain).unwrap();
            let count = usize::from(rotation) % cipher.len();
            cipher.rotate_right(count);
            copy[6..8].copy_from_slice(&rotation.to_be_bytes());
            let mut token = [copy, cipher].concat();
            let opened = server.unseal(&mut token).unwrap();
            assert_eq!(&token[opened.range], b"hello", "{rotation} {filler}");
        }
    }

    #[test]
    fn repeated_reordered_reflected_and_changed_messages_are_refused() {
        let (mut client, mut server) = pair(true);
        let (first, second) = (
            join(client.seal(b"one").unwrap()),
            join(client.seal(b"two").unwrap()),
        );
        let refused = server.unseal(&mut second.clone()).err();
        assert!(
            matches!(
                refused,
                Some(Error::Signature(SignatureFault::Sequence {
                    expected: 7,
                    received: 8
                }))
            ),
            "{refused:?}"
        );
        server.unseal(&mut first.clone()).unwrap();
        assert!(server.unseal(&mut first.clone()).is_err());
        // The number outside made to fit: the copy inside tells.
        let mut forged = first.clone();
        forged[15] = 8;
        assert!(matches!(
            server.unseal(&mut forged),
            Err(Error::Signature(SignatureFault::Checksum))
        ));
        assert!(forged[16..].iter().all(|byte| *byte == 0));
        assert!(client.unseal(&mut second.clone()).is_err(), "reflected");
        for at in 0..second.len() {
            let mut changed = second.clone();
            changed[at] ^= 1;
            // The rotation is protected by nothing, as it changes nothing: another one only moves bytes away.
            assert!(server.unseal(&mut changed).is_err(), "byte {at}");
            assert!(server.unseal(&mut second[..at].to_vec()).is_err(), "cut at {at}");
        }
        let mut clear = second.clone();
        clear[2] &= !SEALED;
        assert!(server.unseal(&mut clear).is_err());
        server.unseal(&mut second.clone()).unwrap();
    }

    #[test]
    fn codes_are_those_of_the_sender_and_count() {
        let (mut client, mut server) = pair(true);
        let code = client.sign(b"list").unwrap();
        assert_eq!((code.len(), &code[..3]), (28, [4, 4, 4].as_slice()));
        assert!(server.verify(b"tsil", &code).is_err());
        assert!(client.verify(b"list", &code).is_err());
        server.verify(b"list", &code).unwrap();
        assert!(server.verify(b"list", &code).is_err());
        let mut sealed = join(client.seal(b"next").unwrap());
        server.unseal(&mut sealed).unwrap();
    }
}
