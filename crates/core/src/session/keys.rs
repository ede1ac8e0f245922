//! The session key that protects secure strings (protocol.md 4.3.3), with aws-lc.

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use psbridge_protocol::secure::{CryptoError, RsaPublicKey, SessionKeyCrypto};
use x509_cert::der::Decode;
use x509_cert::der::asn1::{AnyRef, UintRef};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

const KEY_LENGTH: usize = 32;

/// RSA-2048 and AES-256 for one session. The key pair is made when it is first needed.
#[derive(Default)]
pub(crate) struct SessionKeys {
    pair: Option<KeyPair>,
    session: Option<Zeroizing<[u8; KEY_LENGTH]>>,
}

/// An RSA key pair. Making one takes some tenths of a second.
pub(crate) struct KeyPair {
    private: Pkcs1PrivateDecryptingKey,
    public: RsaPublicKey,
}

impl KeyPair {
    pub(crate) fn generate() -> Result<Self, CryptoError> {
        let failed = || CryptoError::Failed("no key pair could be made".to_owned());
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).map_err(|_| failed())?;
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| failed())?;
        let public = components(der.as_ref()).map_err(|error| CryptoError::Failed(error.to_string()))?;
        let private = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| failed())?;
        Ok(Self { private, public })
    }
}

impl SessionKeys {
    pub(crate) fn has_pair(&self) -> bool {
        self.pair.is_some()
    }

    pub(crate) fn set_pair(&mut self, pair: KeyPair) {
        self.pair.get_or_insert(pair);
    }

    fn cipher(&self) -> Result<UnboundCipherKey, CryptoError> {
        let key = self.session.as_ref().ok_or(CryptoError::NoKey)?;
        UnboundCipherKey::new(&AES_256, key.as_slice()).map_err(|_| CryptoError::Failed("aes".to_owned()))
    }
}

impl SessionKeyCrypto for SessionKeys {
    fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError> {
        if self.pair.is_none() {
            self.pair = Some(KeyPair::generate()?);
        }
        self.pair
            .as_ref()
            .map(|pair| pair.public.clone())
            .ok_or(CryptoError::NoKey)
    }

    fn open_session_key(&mut self, ciphertext: &[u8]) -> Result<(), CryptoError> {
        let pair = self.pair.as_ref().ok_or(CryptoError::NoKey)?;
        let mut room = Zeroizing::new(vec![0; pair.private.min_output_size()]);
        let key = pair
            .private
            .decrypt(ciphertext, &mut room)
            .map_err(|_| CryptoError::Decrypt)?;
        let key: [u8; KEY_LENGTH] = (&*key)
            .try_into()
            .map_err(|_| CryptoError::Blob("the session key has not 256 bits"))?;
        self.session = Some(Zeroizing::new(key));
        Ok(())
    }

    /// The server's part, which a client never plays.
    fn seal_session_key(&mut self, _client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::Failed("a client makes no session key".to_owned()))
    }

    fn has_session_key(&self) -> bool {
        self.session.is_some()
    }

    fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let failed = |_| CryptoError::Failed("aes".to_owned());
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(self.cipher()?).map_err(failed)?;
        let mut text = plain.to_vec();
        // The protocol has no initialisation vector: it is zero for every value.
        let iv = EncryptionContext::Iv128(FixedLength::from([0; 16]));
        key.less_safe_encrypt(&mut text, iv).map_err(failed)?;
        Ok(text)
    }

    fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(self.cipher()?).map_err(|_| CryptoError::Decrypt)?;
        let mut text = Zeroizing::new(cipher.to_vec());
        let iv = DecryptionContext::Iv128(FixedLength::from([0; 16]));
        let length = key
            .decrypt(&mut text, iv)
            .map_err(|_| CryptoError::Decrypt)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` inside a SubjectPublicKeyInfo.
fn components(der: &[u8]) -> Result<RsaPublicKey, x509_cert::der::Error> {
    let info = SubjectPublicKeyInfoRef::from_der(der)?;
    AnyRef::from_der(info.subject_public_key.raw_bytes())?.sequence(|reader| {
        let modulus = UintRef::decode(reader)?.as_bytes().to_vec();
        let exponent = u32::decode(reader)?;
        Ok(RsaPublicKey { modulus, exponent })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
    use psbridge_protocol::secure::Protection;
    use x509_cert::der::asn1::{BitString, Null, ObjectIdentifier};
    use x509_cert::der::{Any, Encode};
    use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

    use super::*;

    /// A server that always makes the same key.
    #[derive(Default)]
    pub(crate) struct ServerKeys(SessionKeys);

    impl SessionKeyCrypto for ServerKeys {
        fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError> {
            self.0.public_key()
        }

        fn open_session_key(&mut self, ciphertext: &[u8]) -> Result<(), CryptoError> {
            self.0.open_session_key(ciphertext)
        }

        fn seal_session_key(&mut self, client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError> {
            Ok(seal(client, &[9; 32]))
        }

        fn has_session_key(&self) -> bool {
            true
        }

        fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
            self.0.encrypt(plain)
        }

        fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
            self.0.decrypt(cipher)
        }
    }

    /// What a server does with the client's key.
    fn seal(client: &RsaPublicKey, key: &[u8]) -> Vec<u8> {
        let modulus = Any::encode_from(&UintRef::new(&client.modulus).unwrap()).unwrap();
        let numbers = vec![modulus, Any::encode_from(&client.exponent).unwrap()];
        let info = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
                parameters: Some(Any::from(Null)),
            },
            subject_public_key: BitString::from_bytes(&numbers.to_der().unwrap()).unwrap(),
        };
        let public = PublicEncryptingKey::from_der(&info.to_der().unwrap()).unwrap();
        let public = Pkcs1PublicEncryptingKey::new(public).unwrap();
        let mut room = vec![0; public.ciphertext_size()];
        public.encrypt(key, &mut room).unwrap().to_vec()
    }

    #[test]
    fn the_exchanged_key_seals_and_opens_texts() {
        let mut keys = SessionKeys::default();
        assert_eq!(keys.encrypt(b"x"), Err(CryptoError::NoKey));
        let public = keys.public_key().unwrap();
        assert_eq!((public.modulus.len(), public.exponent), (256, 65537));
        assert_eq!(keys.public_key().unwrap(), public, "one pair per session");
        keys.open_session_key(&seal(&public, &[7; 32])).unwrap();
        assert!(keys.has_session_key());
        for text in ["", "geheim", "pässwörd €😀", "exactly16bytes!!"] {
            let secure = Protection::Key(&keys).seal(text).unwrap();
            assert_eq!(*Protection::Key(&keys).open(&secure).unwrap(), text);
        }
        assert_eq!(keys.decrypt(&[7; 16]).map(|_| ()), Err(CryptoError::Decrypt));
        assert_eq!(keys.decrypt(&[7; 5]).map(|_| ()), Err(CryptoError::Decrypt));
    }

    #[test]
    fn padding_fills_whole_blocks() {
        let keys = SessionKeys {
            pair: None,
            session: Some(Zeroizing::new([0x42; 32])),
        };
        let sealed = keys
            .encrypt(
                "ab".encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>()
                    .as_slice(),
            )
            .unwrap();
        assert_eq!(sealed.len(), 16);
        assert_eq!(
            keys.encrypt(b"").unwrap().len(),
            16,
            "an empty text is one block of padding"
        );
    }

    #[test]
    fn a_short_session_key_is_refused() {
        let mut keys = SessionKeys::default();
        let public = keys.public_key().unwrap();
        assert!(matches!(
            keys.open_session_key(&seal(&public, &[1; 16])),
            Err(CryptoError::Blob(_))
        ));
        assert!(!keys.has_session_key());
    }
}
