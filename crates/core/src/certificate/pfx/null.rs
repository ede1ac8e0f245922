//! PFX files whose password is null.
//!
//! PKCS#12 derives its keys from the password in UTF-16 with two zero bytes at its end, so that an empty password is
//! two bytes long, and no password is none. Azure Key Vault gives files of the latter kind, which `p12-keystore` does
//! not read. There is no secret in such a file's protection; its signature still tells whether it is whole.

use aws_lc_rs::hmac;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit};
use pkcs8::pkcs5::pbes2;
use pkcs12::cms::cert::x509::spki::AlgorithmIdentifierOwned;
use pkcs12::cms::content_info::ContentInfo;
use pkcs12::cms::encrypted_data::EncryptedData;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use pkcs12::pbe_params::{EncryptedPrivateKeyInfo, Pkcs12PbeParams};
use pkcs12::safe_bag::{SafeBag, SafeContents};
use pkcs12::{
    AuthenticatedSafe, CertBag, MacData, PKCS_12_CERT_BAG_OID, PKCS_12_KEY_BAG_OID,
    PKCS_12_PBE_WITH_SHAAND3_KEY_TRIPLE_DES_CBC, PKCS_12_PBEWITH_SHAAND40_BIT_RC2_CBC,
    PKCS_12_PKCS8_KEY_BAG_OID, Pfx,
};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::der::asn1::{Any, ContextSpecific, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode, Encode};
use zeroize::Zeroizing;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// As many as `p12-keystore` does.
const MAX_ITERATIONS: i32 = 1_000_000;

/// What such a file holds.
#[derive(Default)]
pub(super) struct Contents {
    /// In DER.
    pub(super) certificates: Vec<Vec<u8>>,
    /// PKCS#8.
    pub(super) keys: Vec<Zeroizing<Vec<u8>>>,
}

/// None when the file cannot be read with no password.
pub(super) fn read(bytes: &[u8]) -> Option<Contents> {
    let pfx = Pfx::from_der(bytes).ok()?;
    verify(pfx.mac_data.as_ref()?, pfx.auth_safe.content.value())?;
    let safes = OctetString::from_der(&pfx.auth_safe.content.to_der().ok()?).ok()?;
    let mut contents = Contents::default();
    for safe in AuthenticatedSafe::from_der(safes.as_bytes()).ok()? {
        for bag in SafeContents::from_der(&opened(&safe)?).ok()? {
            contents.take(&bag)?;
        }
    }
    Some(contents)
}

impl Contents {
    fn take(&mut self, bag: &SafeBag) -> Option<()> {
        match bag.bag_id {
            PKCS_12_CERT_BAG_OID => {
                let found = ContextSpecific::<CertBag>::from_der(&bag.bag_value).ok()?;
                self.certificates.push(found.value.cert_value.as_bytes().to_vec());
            }
            PKCS_12_KEY_BAG_OID => {
                let found = ContextSpecific::<Any>::from_der(&bag.bag_value).ok()?;
                self.keys.push(Zeroizing::new(found.value.to_der().ok()?));
            }
            PKCS_12_PKCS8_KEY_BAG_OID => {
                let found = ContextSpecific::<EncryptedPrivateKeyInfo>::from_der(&bag.bag_value).ok()?;
                let (algorithm, data) = (
                    &found.value.encryption_algorithm,
                    found.value.encrypted_data.as_bytes(),
                );
                self.keys.push(decrypted(algorithm, data)?);
            }
            _ => {}
        }
        Some(())
    }
}

fn verify(mac: &MacData, data: &[u8]) -> Option<()> {
    if mac.iterations > MAX_ITERATIONS {
        return None;
    }
    let (salt, rounds) = (mac.mac_salt.as_bytes(), mac.iterations);
    let (algorithm, key) = match mac.mac.algorithm.oid {
        SHA1 => (
            hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            derive_key::<Sha1>(&[], salt, Pkcs12KeyType::Mac, rounds, 20),
        ),
        SHA256 => (
            hmac::HMAC_SHA256,
            derive_key::<Sha256>(&[], salt, Pkcs12KeyType::Mac, rounds, 32),
        ),
        SHA384 => (
            hmac::HMAC_SHA384,
            derive_key::<Sha384>(&[], salt, Pkcs12KeyType::Mac, rounds, 48),
        ),
        SHA512 => (
            hmac::HMAC_SHA512,
            derive_key::<Sha512>(&[], salt, Pkcs12KeyType::Mac, rounds, 64),
        ),
        _ => return None,
    };
    hmac::verify(&hmac::Key::new(algorithm, &key), data, mac.mac.digest.as_bytes()).ok()
}

fn opened(safe: &ContentInfo) -> Option<Zeroizing<Vec<u8>>> {
    let content = safe.content.to_der().ok()?;
    match safe.content_type {
        DATA => Some(Zeroizing::new(
            OctetString::from_der(&content).ok()?.into_bytes().into(),
        )),
        ENCRYPTED_DATA => {
            let info = EncryptedData::from_der(&content).ok()?.enc_content_info;
            decrypted(&info.content_enc_alg, info.encrypted_content?.as_bytes())
        }
        _ => None,
    }
}

fn decrypted(algorithm: &AlgorithmIdentifierOwned, data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let parameters = algorithm.parameters.as_ref()?.to_der().ok()?;
    match algorithm.oid {
        PBES2 => {
            let parameters = pbes2::Parameters::from_der(&parameters).ok()?;
            // Here none and empty are the same.
            match &parameters.kdf {
                pbes2::Kdf::Pbkdf2(kdf) if kdf.iteration_count <= MAX_ITERATIONS.unsigned_abs() => {
                    parameters.decrypt(b"", data).ok().map(Zeroizing::new)
                }
                _ => None,
            }
        }
        PKCS_12_PBE_WITH_SHAAND3_KEY_TRIPLE_DES_CBC => pbes1::<des::TdesEde3>(&parameters, 24, data),
        PKCS_12_PBEWITH_SHAAND40_BIT_RC2_CBC => pbes1::<rc2::Rc2>(&parameters, 5, data),
        _ => None,
    }
}

fn pbes1<C: KeyInit + BlockCipherDecrypt>(
    parameters: &[u8],
    key_length: usize,
    data: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let Pkcs12PbeParams { salt, iterations } = Pkcs12PbeParams::from_der(parameters).ok()?;
    if iterations > MAX_ITERATIONS {
        return None;
    }
    let derive = |kind, length| derive_key::<Sha1>(&[], salt.as_bytes(), kind, iterations, length);
    let (key, start) = (
        derive(Pkcs12KeyType::EncryptionKey, key_length),
        derive(Pkcs12KeyType::Iv, 8),
    );
    let cipher = cbc::Decryptor::<C>::new_from_slices(&key, &start).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(data).ok().map(Zeroizing::new)
}
