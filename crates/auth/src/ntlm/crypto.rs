//! The functions of [MS-NLMP] 3.3 and 3.4.5.

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use rc4::{Rc4, StreamCipher};
use zeroize::Zeroizing;

use crate::text::{upper, utf16le};
use crate::{AccountName, NtHash};

/// A key of 128 bits, wiped when dropped.
pub(super) type Key = Zeroizing<[u8; 16]>;

/// HMAC-MD5 over the parts, one after another.
pub(super) fn hmac_md5(key: &[u8; 16], parts: &[&[u8]]) -> Key {
    // HMAC pads a short key with zeros to the block of the hash, so a padded key is the same key.
    let mut block = Zeroizing::new([0; 64]);
    block
        .iter_mut()
        .zip(key)
        .for_each(|(padded, byte)| *padded = *byte);
    let mut mac = Hmac::<Md5>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// RC4 with a 128-bit key.
pub(super) fn rc4(key: &[u8; 16]) -> Rc4 {
    // The key schedule repeats a short key, so a key written twice is the same key.
    let mut twice = Zeroizing::new([0; 32]);
    twice
        .iter_mut()
        .zip(key.iter().cycle())
        .for_each(|(place, byte)| *place = *byte);
    Rc4::new((&*twice).into())
}

/// `NTOWFv2` ([MS-NLMP] 3.3.2): the user in upper case, the domain as it is.
///
/// `ntlmclient` has this too, but it needs the password, which an acceptor does not have, and its upper case of `ß` is
/// `SS`, which Windows' is not.
pub(super) fn ntowf_v2(hash: &NtHash, name: &AccountName) -> Key {
    hmac_md5(
        hash.as_bytes(),
        &[&utf16le(&upper(&name.user)), &utf16le(&name.domain)],
    )
}

/// The part of an NT response that the proof protects ([MS-NLMP] 2.2.2.7), `temp` in the pseudo-code.
pub(super) fn blob(time: [u8; 8], client_challenge: [u8; 8], target_info: &[u8]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(32 + target_info.len());
    blob.extend([1, 1, 0, 0, 0, 0, 0, 0]);
    blob.extend(time);
    blob.extend(client_challenge);
    blob.extend([0; 4]);
    blob.extend(target_info);
    blob.extend([0; 4]);
    blob
}

/// `NTProofStr`.
pub(super) fn proof(ntowf: &Key, server_challenge: &[u8; 8], blob: &[u8]) -> Key {
    hmac_md5(ntowf, &[server_challenge, blob])
}

/// `SessionBaseKey`, which for NTLMv2 is the key exchange key too.
pub(super) fn session_base_key(ntowf: &Key, proof: &[u8; 16]) -> Key {
    hmac_md5(ntowf, &[proof])
}

/// The LMv2 response, sent only to servers that give no timestamp.
pub(super) fn lm_v2(ntowf: &Key, server_challenge: &[u8; 8], client_challenge: [u8; 8]) -> [u8; 24] {
    let mut response = [0; 24];
    let hash = hmac_md5(ntowf, &[server_challenge, &client_challenge]);
    response
        .iter_mut()
        .zip(hash.iter().chain(&client_challenge))
        .for_each(|(place, byte)| *place = *byte);
    response
}

/// Puts the exported session key into its wire form and takes it out of it: `RC4K` is its own inverse.
pub(super) fn exchange_key(key_exchange_key: &Key, key: &Key) -> Key {
    let mut out = key.clone();
    rc4(key_exchange_key).apply_keystream(&mut *out);
    out
}

/// The code over all three messages of the handshake ([MS-NLMP] 3.1.5.1.2), the last with zeros in the code's place.
pub(super) fn mic(exported: &Key, negotiate: &[u8], challenge: &[u8], authenticate: &[u8]) -> Key {
    hmac_md5(exported, &[negotiate, challenge, authenticate])
}

/// Which end wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Client,
    Server,
}

/// `SIGNKEY` ([MS-NLMP] 3.4.5.2).
pub(super) fn sign_key(exported: &Key, from: From) -> Key {
    derive(
        exported,
        match from {
            From::Client => b"session key to client-to-server signing key magic constant\0",
            From::Server => b"session key to server-to-client signing key magic constant\0",
        },
    )
}

/// `SEALKEY` ([MS-NLMP] 3.4.5.3) for 128 bits; weaker contexts do not come to be.
pub(super) fn seal_key(exported: &Key, from: From) -> Key {
    derive(
        exported,
        match from {
            From::Client => b"session key to client-to-server sealing key magic constant\0",
            From::Server => b"session key to server-to-client sealing key magic constant\0",
        },
    )
}

fn derive(exported: &Key, magic: &[u8]) -> Key {
    let mut hash = Md5::new();
    hash.update(exported.as_slice());
    hash.update(magic);
    Zeroizing::new(hash.finalize().into())
}
