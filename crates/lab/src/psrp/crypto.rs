//! The session key of secure strings: RSA and AES for the server's side.

use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents};
use psbridge_protocol::secure::{CryptoError, RsaPublicKey, SessionKeyCrypto};
use zeroize::Zeroizing;

const KEY: usize = 32;
const IV: [u8; 16] = [0; 16];

/// The key of one session, made when the client asks for it.
#[derive(Default)]
pub(crate) struct SessionKey {
    key: Option<Zeroizing<[u8; KEY]>>,
}

fn failed(what: &str) -> CryptoError {
    CryptoError::Failed(what.to_owned())
}

impl SessionKey {
    fn unbound(&self) -> Result<UnboundCipherKey, CryptoError> {
        let key = self.key.as_ref().ok_or(CryptoError::NoKey)?;
        UnboundCipherKey::new(&AES_256, key.as_slice()).map_err(|_| failed("AES refused the key"))
    }
}

impl SessionKeyCrypto for SessionKey {
    fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError> {
        Err(failed("a server has no key pair"))
    }

    fn open_session_key(&mut self, _: &[u8]) -> Result<(), CryptoError> {
        Err(failed("a server makes the session key itself"))
    }

    fn seal_session_key(&mut self, client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError> {
        let exponent = client.exponent.to_be_bytes();
        let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
        let components = PublicKeyComponents {
            n: client.modulus.as_slice(),
            e: exponent.get(zeros..).unwrap_or_default(),
        };
        let public: PublicEncryptingKey = components
            .try_into()
            .map_err(|_| failed("the client's key is not usable"))?;
        let public =
            Pkcs1PublicEncryptingKey::new(public).map_err(|_| failed("the client's key is not usable"))?;
        if self.key.is_none() {
            let mut key = Zeroizing::new([0; KEY]);
            aws_lc_rs::rand::fill(key.as_mut_slice()).map_err(|_| failed("no random bytes"))?;
            self.key = Some(key);
        }
        let key = self.key.as_ref().ok_or(CryptoError::NoKey)?;
        let mut out = vec![0; public.ciphertext_size()];
        let sealed = public
            .encrypt(key.as_slice(), &mut out)
            .map_err(|_| failed("RSA encryption failed"))?;
        Ok(sealed.to_vec())
    }

    fn has_session_key(&self) -> bool {
        self.key.is_some()
    }

    fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(self.unbound()?)
            .map_err(|_| failed("AES refused the key"))?;
        let mut data = plain.to_vec();
        // The vector is zero by protocol; the key lives as long as the session.
        key.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(&IV)))
            .map_err(|_| failed("AES encryption failed"))?;
        Ok(data)
    }

    fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(self.unbound()?)
            .map_err(|_| failed("AES refused the key"))?;
        let mut data = Zeroizing::new(cipher.to_vec());
        let length = key
            .decrypt(&mut data, DecryptionContext::Iv128(FixedLength::from(&IV)))
            .map_err(|_| CryptoError::Decrypt)?
            .len();
        data.truncate(length);
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
    use aws_lc_rs::signature::KeyPair;
    use psbridge_clixml::SecureText;
    use psbridge_protocol::secure::Protection;

    use super::*;

    #[test]
    fn a_key_reaches_the_client_and_serves_both_ways() {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        // The end of a SubjectPublicKeyInfo: the modulus, then the exponent 65537 in five bytes.
        let public = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(
            pair.public_key(),
        );
        let public = public.unwrap();
        let (rest, exponent) = public.as_ref().split_at(public.as_ref().len() - 5);
        assert_eq!(exponent, [2, 3, 1, 0, 1]);
        let modulus = rest[rest.len() - 256..].to_vec();
        let mut session = SessionKey::default();
        assert!(!session.has_session_key());
        assert_eq!(session.encrypt(b"x"), Err(CryptoError::NoKey));
        let sealed = session
            .seal_session_key(&RsaPublicKey {
                modulus,
                exponent: 65_537,
            })
            .unwrap();

        let der = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let private = PrivateDecryptingKey::from_pkcs8(der.as_ref()).unwrap();
        let private = Pkcs1PrivateDecryptingKey::new(private).unwrap();
        let mut out = vec![0; private.min_output_size()];
        assert_eq!(
            private.decrypt(&sealed, &mut out).unwrap(),
            session.key.as_ref().unwrap().as_slice()
        );

        let text = Protection::Key(&session).seal("pässword").unwrap();
        assert_eq!(
            Protection::Key(&session).open(&text).unwrap().as_str(),
            "pässword"
        );
        let broken = SecureText::new("AAAAAAAAAAAAAAAAAAAAAA==");
        assert!(Protection::Key(&session).open(&broken).is_err());
    }

    #[test]
    fn unusable_keys_are_refused() {
        let mut session = SessionKey::default();
        assert!(
            session
                .seal_session_key(&RsaPublicKey {
                    modulus: vec![1; 16],
                    exponent: 3
                })
                .is_err()
        );
        assert!(
            session
                .seal_session_key(&RsaPublicKey {
                    modulus: Vec::new(),
                    exponent: 0
                })
                .is_err()
        );
    }
}
