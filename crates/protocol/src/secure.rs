//! Secure strings: the key exchange of PSRP up to 2.3, and what is left of it in 2.4 (protocol.md 4.3.3).
//!
//! The cryptography itself belongs to the caller, who implements [`SessionKeyCrypto`]; this module knows the layouts:
//! the CryptoAPI blobs of the two key messages, and what a secure string looks like.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::SecureText;
use zeroize::Zeroizing;

use crate::ProtocolVersion;

/// RSA and AES, done by the caller. One value per session; its key serves both directions.
pub trait SessionKeyCrypto: Send {
    /// Client: makes a key pair (once) and gives its public half.
    ///
    /// # Errors
    /// When no key can be made.
    fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError>;

    /// Client: opens the session key with the private half (RSAES-PKCS1-v1_5) and keeps it. The ciphertext is
    /// big-endian.
    ///
    /// # Errors
    /// When it cannot be opened, or is not a key of 256 bits.
    fn open_session_key(&mut self, ciphertext: &[u8]) -> Result<(), CryptoError>;

    /// Server: makes a session key of 256 bits (once), keeps it, and encrypts it for the client (RSAES-PKCS1-v1_5).
    /// The ciphertext is big-endian.
    ///
    /// # Errors
    /// When the client's key is not usable.
    fn seal_session_key(&mut self, client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError>;

    /// There is a session key.
    fn has_session_key(&self) -> bool;

    /// AES-256-CBC, IV zero, PKCS#7.
    ///
    /// # Errors
    /// Without a session key.
    fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// The reverse of [`SessionKeyCrypto::encrypt`].
    ///
    /// # Errors
    /// Without a session key, and when the padding is wrong.
    fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError>;
}

/// What failed in the cryptography. Says no more than that, on purpose.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// No key has been exchanged.
    #[error("no session key has been exchanged")]
    NoKey,
    /// A key blob is not what it should be.
    #[error("invalid key blob: {0}")]
    Blob(&'static str),
    /// A secure string cannot be opened.
    #[error("the secure string cannot be decrypted")]
    Decrypt,
    /// The cryptographic library failed.
    #[error("cryptography failed: {0}")]
    Failed(String),
}

/// An RSA public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// Big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// Mostly 65537.
    pub exponent: u32,
}

const PUBLIC_HEADER: [u8; 12] = [6, 2, 0, 0, 0, 0xA4, 0, 0, b'R', b'S', b'A', b'1'];
const SIMPLE_HEADER: [u8; 12] = [1, 2, 0, 0, 0x10, 0x66, 0, 0, 0, 0xA4, 0, 0];

/// Modulus lengths that are taken, in bytes: 1024 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 128..=1024;

/// Lays a public key out as a CryptoAPI PUBLICKEYBLOB.
pub fn encode_public_key(key: &RsaPublicKey) -> Vec<u8> {
    let bits = u32::try_from(key.modulus.len() * 8).unwrap_or(u32::MAX);
    let mut blob = Vec::with_capacity(20 + key.modulus.len());
    blob.extend_from_slice(&PUBLIC_HEADER);
    blob.extend_from_slice(&bits.to_le_bytes());
    blob.extend_from_slice(&key.exponent.to_le_bytes());
    blob.extend(key.modulus.iter().rev());
    blob
}

/// Reads a CryptoAPI PUBLICKEYBLOB.
///
/// # Errors
/// [`CryptoError::Blob`] when it is none, or its length does not fit.
pub fn decode_public_key(blob: &[u8]) -> Result<RsaPublicKey, CryptoError> {
    let rest = blob
        .strip_prefix(&PUBLIC_HEADER)
        .ok_or(CryptoError::Blob("not an RSA public key"))?;
    let (bits, rest) = rest
        .split_first_chunk::<4>()
        .ok_or(CryptoError::Blob("cut short"))?;
    let (exponent, modulus) = rest
        .split_first_chunk::<4>()
        .ok_or(CryptoError::Blob("cut short"))?;
    let expected = u32::from_le_bytes(*bits) as usize;
    if modulus.len().checked_mul(8) != Some(expected) || !MODULUS.contains(&modulus.len()) {
        return Err(CryptoError::Blob("the modulus has another length than it says"));
    }
    let modulus = modulus
        .iter()
        .rev()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    Ok(RsaPublicKey {
        modulus,
        exponent: u32::from_le_bytes(*exponent),
    })
}

/// Lays an encrypted session key (big-endian) out as a CryptoAPI SIMPLEBLOB.
pub fn encode_session_key(ciphertext: &[u8]) -> Vec<u8> {
    let mut blob = SIMPLE_HEADER.to_vec();
    blob.extend(ciphertext.iter().rev());
    blob
}

/// Reads a CryptoAPI SIMPLEBLOB and gives the encrypted session key, big-endian.
///
/// # Errors
/// [`CryptoError::Blob`] when it is none for an AES-256 key.
pub fn decode_session_key(blob: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let cipher = blob
        .strip_prefix(&SIMPLE_HEADER)
        .ok_or(CryptoError::Blob("not an AES-256 session key"))?;
    if !MODULUS.contains(&cipher.len()) {
        return Err(CryptoError::Blob("the encrypted key has an impossible length"));
    }
    Ok(cipher.iter().rev().copied().collect())
}

/// How the secure strings of a session are protected.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// With the exchanged key, up to 2.3.
    Key(&'a dyn SessionKeyCrypto),
    /// By the transport alone, from 2.4.
    Transport,
}

impl<'a> Protection<'a> {
    /// The protection that this version of PSRP uses.
    pub fn of(version: ProtocolVersion, crypto: &'a dyn SessionKeyCrypto) -> Self {
        if version.exchanges_keys() {
            Self::Key(crypto)
        } else {
            Self::Transport
        }
    }

    /// Seals a text.
    ///
    /// # Errors
    /// Without a session key.
    pub fn seal(self, text: &str) -> Result<SecureText, CryptoError> {
        let plain: Zeroizing<Vec<u8>> =
            Zeroizing::new(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        let sealed = match self {
            Self::Key(crypto) => BASE64.encode(crypto.encrypt(&plain)?),
            Self::Transport => BASE64.encode(&*plain),
        };
        Ok(SecureText::new(sealed))
    }

    /// Opens a secure string.
    ///
    /// # Errors
    /// Without a session key, and when it was sealed in another way.
    pub fn open(self, text: &SecureText) -> Result<Zeroizing<String>, CryptoError> {
        let sealed = BASE64
            .decode(text.as_str().trim_ascii())
            .map_err(|_| CryptoError::Decrypt)?;
        let plain = match self {
            Self::Key(crypto) => crypto.decrypt(&sealed)?,
            Self::Transport => Zeroizing::new(sealed),
        };
        let (pairs, rest) = plain.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(CryptoError::Decrypt);
        }
        let units: Zeroizing<Vec<u16>> =
            Zeroizing::new(pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect());
        String::from_utf16(&units)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::Decrypt)
    }
}

impl fmt::Debug for Protection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Transport => "Transport",
        })
    }
}
