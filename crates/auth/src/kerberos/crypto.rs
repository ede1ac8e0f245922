//! Keys and what is done with them (RFC 3961, RFC 3962), over picky-krb.
//!
//! picky-krb takes the random block in front of each encryption from the operating system by itself: the one place of
//! this crate where randomness is not handed in.

use picky_krb::crypto::CipherSuite;
use zeroize::Zeroizing;

use super::etype::{EncryptionType, name_of};
use super::messages::{EncryptedData, EncryptionKey, malformed, octets};
use crate::{Entropy, Error, KerberosError};

/// Iterations of the password hash when a KDC names none (RFC 3962 section 4).
const ITERATIONS: u32 = 4096;

/// What a key is used for (RFC 4120 section 7.5.1, RFC 4121 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    Timestamp = 1,
    AsRep = 3,
    TgsReqChecksum = 6,
    TgsReqAuthenticator = 7,
    TgsRep = 8,
    ApReqAuthenticator = 11,
    ApRep = 12,
    AcceptorSeal = 22,
    AcceptorSign = 23,
    InitiatorSeal = 24,
    InitiatorSign = 25,
}

impl EncryptionType {
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Aes256 => 32,
            Self::Aes128 => 16,
        }
    }

    /// `hmac-sha1-96-aes256` and `-aes128` (RFC 3962 section 7).
    fn checksum_number(self) -> i32 {
        match self {
            Self::Aes256 => 16,
            Self::Aes128 => 15,
        }
    }

    fn suite(self) -> CipherSuite {
        match self {
            Self::Aes256 => CipherSuite::Aes256CtsHmacSha196,
            Self::Aes128 => CipherSuite::Aes128CtsHmacSha196,
        }
    }
}

/// A key, wiped when dropped; it has no `Debug`.
#[derive(Clone)]
pub(super) struct Key {
    kind: EncryptionType,
    bytes: Zeroizing<Vec<u8>>,
}

impl Key {
    pub(super) fn new(kind: EncryptionType, bytes: Zeroizing<Vec<u8>>) -> Result<Self, KerberosError> {
        if bytes.len() != kind.key_length() {
            return Err(malformed("key", "not of the length of its encryption type"));
        }
        Ok(Self { kind, bytes })
    }

    /// A key from a message.
    pub(super) fn received(key: EncryptionKey) -> Result<Self, KerberosError> {
        let bytes = Zeroizing::new(key.value.into_bytes().to_vec());
        let kind = EncryptionType::from_number(key.kind).ok_or_else(|| KerberosError::EncryptionType {
            offered: name_of(key.kind),
        })?;
        Self::new(kind, bytes)
    }

    pub(super) fn random(kind: EncryptionType, entropy: &mut dyn Entropy) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new(vec![0; kind.key_length()]);
        entropy.fill(&mut bytes)?;
        Ok(Self { kind, bytes })
    }

    /// The key of a password (RFC 3962 section 4); `parameters` are those that the KDC named.
    pub(super) fn of_password(
        kind: EncryptionType,
        password: &str,
        salt: &[u8],
        parameters: Option<&[u8]>,
    ) -> Result<Self, KerberosError> {
        let iterations = match parameters {
            None => ITERATIONS,
            Some(bytes) => u32::from_be_bytes(
                bytes
                    .try_into()
                    .map_err(|_| malformed("ETYPE-INFO2", "parameters of another length"))?,
            ),
        };
        if iterations != ITERATIONS {
            return Err(KerberosError::EncryptionType {
                offered: format!("{} with {iterations} iterations", kind.name()),
            });
        }
        let bytes = kind
            .suite()
            .cipher()
            .generate_key_from_password(password.as_bytes(), salt)
            .map_err(|_| malformed("password", "no key can be made of it"))?;
        Self::new(kind, Zeroizing::new(bytes))
    }

    pub(super) fn kind(&self) -> EncryptionType {
        self.kind
    }

    /// The key as a message carries it.
    pub(super) fn to_message(&self) -> Result<EncryptionKey, KerberosError> {
        Ok(EncryptionKey {
            kind: self.kind.number(),
            value: octets(self.bytes.to_vec())?,
        })
    }

    /// A random block, the plain text, and a code over both, all encrypted but the code.
    pub(super) fn encrypt(&self, usage: Usage, plain: &[u8]) -> Result<Vec<u8>, KerberosError> {
        self.kind
            .suite()
            .cipher()
            .encrypt(&self.bytes, usage as i32, plain)
            .map_err(|_| malformed("plain text", "not encryptable"))
    }

    pub(super) fn encrypt_data(&self, usage: Usage, plain: &[u8]) -> Result<EncryptedData, KerberosError> {
        Ok(EncryptedData {
            etype: self.kind.number(),
            kvno: None,
            cipher: octets(self.encrypt(usage, plain)?)?,
        })
    }

    /// The plain text, or nothing when the code does not fit.
    pub(super) fn decrypt(&self, usage: Usage, cipher: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.kind
            .suite()
            .cipher()
            .decrypt(&self.bytes, usage as i32, cipher)
            .ok()
            .map(Zeroizing::new)
    }

    /// The plain text of a part that must be encrypted with this key; nothing when it is not.
    pub(super) fn decrypt_data(&self, usage: Usage, data: &EncryptedData) -> Option<Zeroizing<Vec<u8>>> {
        if data.etype != self.kind.number() {
            return None;
        }
        self.decrypt(usage, data.cipher.as_bytes())
    }

    /// The keyed checksum of this encryption type (not the code of [`encrypt`](Self::encrypt), which has another key).
    pub(super) fn checksum(&self, usage: Usage, data: &[u8]) -> Result<Vec<u8>, KerberosError> {
        self.kind
            .suite()
            .cipher()
            .checksum_type()
            .hasher()
            .checksum(&self.bytes, usage as i32, data)
            .map_err(|_| malformed("checksum", "not computable"))
    }

    /// The number of [`checksum`](Self::checksum).
    pub(super) fn checksum_number(&self) -> i32 {
        self.kind.checksum_number()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn passwords_become_the_keys_that_others_make() {
        for (kind, expected) in [
            (EncryptionType::Aes128, "bb43d002e37743161256aec90681cfdc"),
            (
                EncryptionType::Aes256,
                "daded1cc15ae17deaa63a490f7678944758f3b255a542569cb20eba761eeabac",
            ),
        ] {
            let key = Key::of_password(kind, "5hYYSAfFJp", b"EXAMPLE.COMtest1", None).unwrap();
            assert_eq!(*key.bytes, hex(expected));
        }
    }

    #[test]
    fn what_was_changed_is_not_decrypted() {
        let key = Key::new(EncryptionType::Aes256, Zeroizing::new(hex(&"42".repeat(32)))).unwrap();
        for length in [0, 1, 15, 16, 17, 31, 32, 33, 1000] {
            let plain = vec![7; length];
            let cipher = key.encrypt(Usage::ApRep, &plain).unwrap();
            assert_eq!(key.decrypt(Usage::ApRep, &cipher).unwrap().as_slice(), plain);
            assert!(key.decrypt(Usage::AsRep, &cipher).is_none());
            let mut changed = cipher.clone();
            changed[length] ^= 1;
            assert!(key.decrypt(Usage::ApRep, &changed).is_none());
            assert!(key.decrypt(Usage::ApRep, &cipher[1..]).is_none());
        }
        for length in 0..64 {
            assert!(key.decrypt(Usage::ApRep, &vec![3; length]).is_none());
        }
    }

    #[test]
    fn other_iteration_counts_are_refused() {
        let refused = Key::of_password(EncryptionType::Aes256, "x", b"y", Some(&[0, 0, 0, 1])).err();
        assert!(
            matches!(refused, Some(KerberosError::EncryptionType { .. })),
            "{refused:?}"
        );
        assert!(Key::of_password(EncryptionType::Aes256, "x", b"y", Some(&[0, 0, 16, 0])).is_ok());
    }
}
