//! Channel bindings: the proof that both ends see the same TLS connection (RFC 5929, protocol section 3.3).

use md5::{Digest, Md5};
use sha2::{Sha224, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Class, Decode, SliceReader, Tagged};
use x509_cert::spki::AlgorithmIdentifierRef;

use crate::Error;

const CERTIFICATE: &str = "tls certificate";
const PREFIX: &[u8] = b"tls-server-end-point:";

const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

#[derive(Clone, Copy)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Signature and digest algorithms whose hash is not SHA-256. Everything else (MD5 and SHA-1 by RFC 5929, Ed25519 and
/// unknown ones by convention) is hashed with SHA-256.
const HASHES: [(ObjectIdentifier, Hash); 12] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.14"),
        Hash::Sha224,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
        Hash::Sha384,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
        Hash::Sha512,
    ),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.1"), Hash::Sha224),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), Hash::Sha384),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Hash::Sha512),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.1"),
        Hash::Sha224,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.3"),
        Hash::Sha384,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.4"),
        Hash::Sha512,
    ),
    // Digests, as the parameters of RSA-PSS name them.
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"),
        Hash::Sha224,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        Hash::Sha384,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        Hash::Sha512,
    ),
];

/// The application data of a channel binding. Not a secret: both ends compute it from the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelBindings {
    application_data: Vec<u8>,
}

impl ChannelBindings {
    /// The `tls-server-end-point` binding of the server's leaf certificate (RFC 5929 section 4): the hash of the whole
    /// certificate by the hash function of its signature, SHA-256 instead of MD5 and SHA-1.
    ///
    /// # Errors
    /// [`Error::Malformed`] when `certificate_der` is not a DER certificate. Only its outer form is read, so that a
    /// certificate with odd contents still binds.
    pub fn tls_server_end_point(certificate_der: &[u8]) -> Result<Self, Error> {
        let digest = match signature_hash(certificate_der)? {
            Hash::Sha224 => Sha224::digest(certificate_der).to_vec(),
            Hash::Sha256 => Sha256::digest(certificate_der).to_vec(),
            Hash::Sha384 => Sha384::digest(certificate_der).to_vec(),
            Hash::Sha512 => Sha512::digest(certificate_der).to_vec(),
        };
        Ok(Self {
            application_data: [PREFIX, &digest].concat(),
        })
    }

    /// A binding from its application data, such as `tls-server-end-point:` and a hash.
    #[must_use]
    pub fn from_application_data(application_data: Vec<u8>) -> Self {
        Self { application_data }
    }

    /// The application data, as GSS-API takes it.
    #[must_use]
    pub fn application_data(&self) -> &[u8] {
        &self.application_data
    }

    /// MD5 of the `gss_channel_bindings_struct` without addresses: the value of NTLM's pair 10 and of Kerberos' `Bnd`.
    #[must_use]
    pub fn md5(&self) -> [u8; 16] {
        let mut hash = Md5::new();
        // Initiator and acceptor address: type 0, length 0 each.
        hash.update([0; 16]);
        // Certificate hashes are short; a longer text than u32 counts cannot be built by this crate.
        hash.update(
            u32::try_from(self.application_data.len())
                .unwrap_or(u32::MAX)
                .to_le_bytes(),
        );
        hash.update(&self.application_data);
        hash.finalize().into()
    }
}

fn signature_hash(certificate_der: &[u8]) -> Result<Hash, Error> {
    let algorithm = outer_algorithm(certificate_der)
        .map_err(|_| Error::malformed(CERTIFICATE, "not a der certificate"))?;
    let name = if algorithm.oid == RSA_PSS {
        pss_digest(algorithm.parameters)
    } else {
        Some(algorithm.oid)
    };
    Ok(HASHES
        .iter()
        .find(|(oid, _)| Some(*oid) == name)
        .map_or(Hash::Sha256, |(_, hash)| *hash))
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`.
fn outer_algorithm(certificate_der: &[u8]) -> Result<AlgorithmIdentifierRef<'_>, x509_cert::der::Error> {
    AnyRef::from_der(certificate_der)?.sequence(|reader| {
        AnyRef::decode(reader)?;
        let algorithm = AlgorithmIdentifierRef::decode(reader)?;
        AnyRef::decode(reader)?;
        Ok(algorithm)
    })
}

/// `RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, … }`; nothing when it is left out or unreadable.
fn pss_digest(parameters: Option<AnyRef<'_>>) -> Option<ObjectIdentifier> {
    let mut reader = SliceReader::new(parameters?.value()).ok()?;
    let field = AnyRef::decode(&mut reader).ok()?;
    (field.tag().number().value() == 0 && field.tag().class() == Class::ContextSpecific).then(|| {
        AlgorithmIdentifierRef::from_der(field.value())
            .ok()
            .map(|digest| digest.oid)
    })?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// An outer form with this signature algorithm and nothing real inside.
    fn certificate(algorithm: &str) -> Vec<u8> {
        let algorithm = hex(algorithm);
        let signature = hex("0302 0000");
        let inner = [hex("3003 020101"), algorithm, signature].concat();
        [vec![0x30, u8::try_from(inner.len()).unwrap()], inner].concat()
    }

    fn digest_length(algorithm: &str) -> usize {
        let bindings = ChannelBindings::tls_server_end_point(&certificate(algorithm)).unwrap();
        bindings.application_data().len() - PREFIX.len()
    }

    #[test]
    fn the_hash_is_that_of_the_signature() {
        for (name, algorithm, length) in [
            ("md5 rsa", "300d 0609 2a864886f70d010104 0500", 32),
            ("sha1 rsa", "300d 0609 2a864886f70d010105 0500", 32),
            ("sha256 rsa", "300d 0609 2a864886f70d01010b 0500", 32),
            ("sha384 rsa", "300d 0609 2a864886f70d01010c 0500", 48),
            ("sha512 rsa", "300d 0609 2a864886f70d01010d 0500", 64),
            ("sha224 rsa", "300d 0609 2a864886f70d01010e 0500", 28),
            ("sha256 ecdsa", "300a 0608 2a8648ce3d040302", 32),
            ("sha384 ecdsa", "300a 0608 2a8648ce3d040303", 48),
            ("sha512 ecdsa", "300a 0608 2a8648ce3d040304", 64),
            ("ed25519", "3005 0603 2b6570", 32),
            ("pss, sha1 by default", "300d 0609 2a864886f70d01010a 3000", 32),
            ("pss without parameters", "300b 0609 2a864886f70d01010a", 32),
            (
                "pss sha384",
                "301e 0609 2a864886f70d01010a 3011 a00f 300d 0609 608648016503040202 0500",
                48,
            ),
            (
                "pss, salt only",
                "3012 0609 2a864886f70d01010a 3005 a203 020130",
                32,
            ),
            ("unknown", "3005 0603 2a0304", 32),
        ] {
            assert_eq!(digest_length(algorithm), length, "{name}");
        }
    }

    #[test]
    fn the_binding_covers_the_whole_certificate() {
        let der = certificate("300a 0608 2a8648ce3d040302");
        let bindings = ChannelBindings::tls_server_end_point(&der).unwrap();
        let expected = [b"tls-server-end-point:".as_slice(), &Sha256::digest(&der)].concat();
        assert_eq!(bindings.application_data(), expected);
    }

    #[test]
    fn the_structure_is_hashed_as_gss_api_lays_it_out() {
        // Computed with another implementation.
        let bindings = ChannelBindings::from_application_data(b"tls-server-end-point:xyz".to_vec());
        assert_eq!(bindings.md5()[..], hex("a3be421f75aadceabf6d57893368723e"));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let whole = certificate("300a 0608 2a8648ce3d040302");
        for end in 0..whole.len() {
            assert!(
                ChannelBindings::tls_server_end_point(&whole[..end]).is_err(),
                "{end}"
            );
        }
        assert!(ChannelBindings::tls_server_end_point(&[whole, vec![0]].concat()).is_err());
    }
}
