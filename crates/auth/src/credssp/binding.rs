//! The proof that both ends see the same TLS key ([MS-CSSP] 3.1.5, steps 3 and 4).

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::message::Nonce;

/// The version that we speak.
pub(super) const VERSION: u32 = 6;
/// The first version whose proof names its direction and its nonce.
pub(super) const HASHED: u32 = 5;
/// The first version that anybody speaks.
pub(super) const FIRST: u32 = 2;

/// Whose proof it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// The proof of one side before it is sealed. `public_key` is the `SubjectPublicKey` of the server's certificate.
///
/// Without a nonce it is the one of versions 2 to 4: the key as it is, the server's with its first byte increased.
pub(super) fn proof(side: Side, nonce: Option<&Nonce>, public_key: &[u8]) -> Vec<u8> {
    let Some(nonce) = nonce else {
        let mut key = public_key.to_vec();
        if let (Side::Server, Some(first)) = (side, key.first_mut()) {
            *first = first.wrapping_add(1);
        }
        return key;
    };
    let magic: &[u8] = match side {
        Side::Client => b"CredSSP Client-To-Server Binding Hash\0",
        Side::Server => b"CredSSP Server-To-Client Binding Hash\0",
    };
    let mut hash = Sha256::new();
    hash.update(magic);
    hash.update(nonce);
    hash.update(public_key);
    hash.finalize().to_vec()
}

/// Compares two proofs without telling by its time where they differ.
pub(super) fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn proofs_are_those_of_other_implementations() {
        // Computed with pyspnego's `_get_pub_key_auth`.
        let nonce = [7; 32];
        let key = b"a public key";
        let of = |side, nonce| proof(side, nonce, key);
        assert_eq!(
            of(Side::Client, Some(&nonce)),
            hex("c9fef044457fc1055ae0c838d708d37ea43989b90902cb5160d9b367f5bbbdb7")
        );
        assert_eq!(
            of(Side::Server, Some(&nonce)),
            hex("22b26f0bddc842f9c6dc06c65ac45e368ca5eb811922cdbec844e886b30394ed")
        );
        assert_eq!(of(Side::Client, None), key);
        assert_eq!(of(Side::Server, None), b"b public key");
        assert_eq!(proof(Side::Server, None, &[255, 1]), [0, 1]);
        assert!(equal(b"ab", b"ab") && !equal(b"ab", b"aa") && !equal(b"ab", b"a"));
    }
}
