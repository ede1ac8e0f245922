//! Who signs: a key in memory, or somebody who keeps it to himself.

use std::sync::Arc;
use std::sync::mpsc;

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::SigningKey;
use rustls::{SignatureAlgorithm, SignatureScheme};
use tokio::runtime::Handle;

use super::CertificateError;
use crate::exchange::BoxFuture;

/// A way to sign, by its JOSE name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PSS with SHA-256, salt as long as the hash.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
}

impl Algorithm {
    const ALL: [Self; 8] = [
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// The name in JOSE headers and in Key Vault.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
        }
    }

    /// The hash that is signed.
    #[must_use]
    pub fn digest(self) -> &'static aws_lc_rs::digest::Algorithm {
        match self {
            Self::Ps256 | Self::Rs256 | Self::Es256 => &aws_lc_rs::digest::SHA256,
            Self::Ps384 | Self::Rs384 | Self::Es384 => &aws_lc_rs::digest::SHA384,
            Self::Ps512 | Self::Rs512 => &aws_lc_rs::digest::SHA512,
        }
    }

    /// The name in TLS.
    pub(super) fn scheme(self) -> SignatureScheme {
        match self {
            Self::Ps256 => SignatureScheme::RSA_PSS_SHA256,
            Self::Ps384 => SignatureScheme::RSA_PSS_SHA384,
            Self::Ps512 => SignatureScheme::RSA_PSS_SHA512,
            Self::Rs256 => SignatureScheme::RSA_PKCS1_SHA256,
            Self::Rs384 => SignatureScheme::RSA_PKCS1_SHA384,
            Self::Rs512 => SignatureScheme::RSA_PKCS1_SHA512,
            Self::Es256 => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::Es384 => SignatureScheme::ECDSA_NISTP384_SHA384,
        }
    }

    fn is_rsa(self) -> bool {
        !matches!(self, Self::Es256 | Self::Es384)
    }
}

/// Signs with a key that does not leave its place: a smart card, an HSM, a key vault.
///
/// RSA signatures are the bare bytes; ECDSA signatures are DER, as TLS has them.
pub trait Signer: Send + Sync + 'static {
    /// What the key can do; the first that suits is used.
    fn algorithms(&self) -> &[Algorithm];

    /// Signs `message` (the message itself, not its hash). Wrap what blocks in [`BlockingSigner`].
    ///
    /// # Errors
    /// A text for people that says why not; it must not hold secrets.
    fn sign<'a>(
        &'a self,
        algorithm: Algorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CertificateError>>;
}

/// A [`Signer`] made of a function that may block; it runs on a thread for blocking work.
///
/// ```no_run
/// use psbridge::certificate::{Algorithm, BlockingSigner};
///
/// let signer = BlockingSigner::new([Algorithm::Ps256], |algorithm, message| {
///     // Ask the smart card; a text says what went wrong.
///     Err(format!("no card that signs {} bytes by {}", message.len(), algorithm.name()))
/// });
/// ```
#[expect(missing_debug_implementations, reason = "it stands for a key")]
pub struct BlockingSigner<F> {
    algorithms: Vec<Algorithm>,
    sign: Arc<F>,
}

impl<F> BlockingSigner<F>
where
    F: Fn(Algorithm, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
{
    /// Signs by `sign`, which is asked for one of `algorithms` and given the message.
    pub fn new(algorithms: impl Into<Vec<Algorithm>>, sign: F) -> Self {
        Self {
            algorithms: algorithms.into(),
            sign: Arc::new(sign),
        }
    }
}

impl<F> Signer for BlockingSigner<F>
where
    F: Fn(Algorithm, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
{
    fn algorithms(&self) -> &[Algorithm] {
        &self.algorithms
    }

    fn sign<'a>(
        &'a self,
        algorithm: Algorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CertificateError>> {
        let sign = Arc::clone(&self.sign);
        let message = message.to_vec();
        Box::pin(async move {
            tokio::task::spawn_blocking(move || sign(algorithm, &message))
                .await
                .map_err(|error| CertificateError::Signing(error.to_string()))?
                .map_err(CertificateError::Signing)
        })
    }
}

/// The private half of a certificate.
#[derive(Clone)]
pub(super) enum Key {
    Local(Arc<dyn SigningKey>),
    Remote(Arc<dyn Signer>),
}

impl Key {
    pub(super) async fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, CertificateError> {
        let unable = || CertificateError::Algorithm {
            algorithm: algorithm.name(),
        };
        match self {
            // Far below a millisecond to a few: not worth a thread of its own.
            Self::Local(key) => key
                .choose_scheme(&[algorithm.scheme()])
                .ok_or_else(unable)?
                .sign(message)
                .map_err(|error| CertificateError::Signing(error.to_string())),
            Self::Remote(signer) => {
                if !signer.algorithms().contains(&algorithm) {
                    return Err(unable());
                }
                signer.sign(algorithm, message).await
            }
        }
    }

    /// The key as TLS wants it.
    pub(super) fn for_tls(&self) -> Arc<dyn SigningKey> {
        match self {
            Self::Local(key) => Arc::clone(key),
            Self::Remote(signer) => Arc::new(RemoteKey(Arc::clone(signer))),
        }
    }
}

/// A [`Signer`] in the clothes of a key of rustls.
struct RemoteKey(Arc<dyn Signer>);

impl std::fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemoteKey")
    }
}

impl SigningKey for RemoteKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        let can = self.0.algorithms();
        let algorithm = Algorithm::ALL
            .into_iter()
            .find(|one| can.contains(one) && offered.contains(&one.scheme()))?;
        Some(Box::new(RemoteSignature {
            signer: Arc::clone(&self.0),
            algorithm,
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        // Compared with the certificate where the key is known; here the handshake itself is the proof.
        None
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.algorithms().first() {
            Some(first) if !first.is_rsa() => SignatureAlgorithm::ECDSA,
            _ => SignatureAlgorithm::RSA,
        }
    }
}

struct RemoteSignature {
    signer: Arc<dyn Signer>,
    algorithm: Algorithm,
}

impl std::fmt::Debug for RemoteSignature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RemoteSignature").field(&self.algorithm).finish()
    }
}

impl rustls::sign::Signer for RemoteSignature {
    /// Waits for the signer, which runs as a task of the runtime: the handshake must be on a thread for blocking work
    /// (see [`super::ClientCertificate::signs_remotely`]).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let runtime = Handle::try_current().map_err(|error| rustls::Error::General(error.to_string()))?;
        let (give, take) = mpsc::sync_channel(1);
        let (signer, algorithm, message) = (Arc::clone(&self.signer), self.algorithm, message.to_vec());
        runtime.spawn(async move {
            // Nobody listens any more when the handshake was given up.
            drop(give.send(signer.sign(algorithm, &message).await));
        });
        match take.recv() {
            Ok(Ok(signature)) => Ok(signature),
            Ok(Err(error)) => Err(rustls::Error::General(error.to_string())),
            Err(_) => Err(rustls::Error::General("the signer was stopped".into())),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.algorithm.scheme()
    }
}
