//! Certificates with their private keys: for signing in by TLS, and for the assertions that buy tokens.
//!
//! They come from PEM (PKCS#1, PKCS#8, SEC1, encrypted PKCS#8), from PFX files (PKCS#12, old and new encryption), as
//! bytes, base64 text, files or environment variables, from the caller's own [`Signer`], or from a key vault
//! (`sign_in::KeyVault`).

mod error;
mod pem;
#[cfg(feature = "pfx")]
mod pfx;
mod signer;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use zeroize::Zeroizing;

pub use self::error::CertificateError;
use self::signer::Key;
pub use self::signer::{Algorithm, BlockingSigner, Signer};
use crate::secret::Secret;

/// More bytes than any PFX or PEM of one certificate has.
const MAX_BYTES: usize = 1024 * 1024;

/// A certificate, the chain above it, and its private key or somebody who signs with it. Cheap to clone.
///
/// ```no_run
/// use psbridge::Secret;
/// use psbridge::certificate::ClientCertificate;
///
/// # fn example() -> Result<(), psbridge::certificate::CertificateError> {
/// let password = Secret::from(std::env::var("PSBRIDGE_PFX_PASSWORD").unwrap_or_default());
/// let certificate = ClientCertificate::from_file("app.pfx", Some(&password))?;
/// println!("{} days left", certificate.days_left(std::time::SystemTime::now()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientCertificate {
    inner: Arc<Inner>,
}

struct Inner {
    /// The leaf first; never empty.
    chain: Vec<CertificateDer<'static>>,
    subject: String,
    not_before: SystemTime,
    not_after: SystemTime,
    key: Key,
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("subject", &self.inner.subject)
            .field("not_after", &self.inner.not_after)
            .finish_non_exhaustive()
    }
}

impl ClientCertificate {
    /// From the PEM of the certificates and that of the key (PKCS#1, PKCS#8 or SEC1, not encrypted). The certificate
    /// of the key is the leaf wherever it stands; the others follow in the order of their issuers.
    ///
    /// # Errors
    /// [`CertificateError::NoCertificate`], [`CertificateError::NoKey`], [`CertificateError::PasswordNeeded`],
    /// [`CertificateError::Mismatch`], [`CertificateError::Unreadable`].
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        Self::assemble(pem::certificates(certificates)?, pem::key(key, None)?)
    }

    /// The same with a key that may be encrypted (`ENCRYPTED PRIVATE KEY`, PKCS#8).
    ///
    /// # Errors
    /// As [`Self::from_pem`], and [`CertificateError::WrongPassword`].
    pub fn from_encrypted_pem(
        certificates: &[u8],
        key: &[u8],
        password: &Secret,
    ) -> Result<Self, CertificateError> {
        Self::assemble(pem::certificates(certificates)?, pem::key(key, Some(password))?)
    }

    /// From one PEM that holds certificates and key, in any order.
    ///
    /// # Errors
    /// As [`Self::from_pem`] and [`Self::from_encrypted_pem`].
    pub fn from_pem_bundle(pem: &[u8], password: Option<&Secret>) -> Result<Self, CertificateError> {
        Self::assemble(pem::certificates(pem)?, pem::key(pem, password)?)
    }

    /// From a PFX (PKCS#12): 3DES or RC2-40 with SHA-1 as old systems export it, or AES-256 with SHA-256.
    ///
    /// # Errors
    /// [`CertificateError::WrongPassword`], [`CertificateError::Unreadable`], [`CertificateError::NoKey`],
    /// [`CertificateError::NoCertificate`], [`CertificateError::Mismatch`]; [`CertificateError::Unsupported`] in a build
    /// without the feature `pfx`.
    pub fn from_pfx(bytes: &[u8], password: &Secret) -> Result<Self, CertificateError> {
        #[cfg(feature = "pfx")]
        {
            let (certificates, key) = pfx::read(bytes, password)?;
            Self::assemble(certificates, key)
        }
        #[cfg(not(feature = "pfx"))]
        {
            let _ = (bytes, password);
            Err(CertificateError::Unsupported { feature: "PKCS#12" })
        }
    }

    /// From whatever it is: a PEM bundle, a PFX, or the base64 text of either.
    ///
    /// # Errors
    /// As [`Self::from_pem_bundle`] and [`Self::from_pfx`].
    pub fn from_bytes(bytes: &[u8], password: Option<&Secret>) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_BYTES {
            return Err(CertificateError::TooLarge { limit: MAX_BYTES });
        }
        if let Some(certificate) = Self::from_binary(bytes, password) {
            return certificate;
        }
        let text: Zeroizing<Vec<u8>> = Zeroizing::new(
            bytes
                .iter()
                .copied()
                .filter(|byte| !byte.is_ascii_whitespace())
                .collect(),
        );
        let unreadable = || CertificateError::Unreadable {
            what: "the certificate",
            reason: "it is neither PEM nor PFX, nor base64 of one".into(),
        };
        let decoded = Zeroizing::new(STANDARD.decode(&*text).map_err(|_| unreadable())?);
        Self::from_binary(&decoded, password).unwrap_or_else(|| Err(unreadable()))
    }

    /// None when the bytes are neither PEM nor DER.
    fn from_binary(bytes: &[u8], password: Option<&Secret>) -> Option<Result<Self, CertificateError>> {
        if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
            return Some(Self::from_pem_bundle(bytes, password));
        }
        (bytes.first() == Some(&0x30)).then(|| match password {
            Some(password) => Self::from_pfx(bytes, password),
            // Without a password means with an empty one; only a file that is not so protected needs one.
            None => Self::from_pfx(bytes, &Secret::from("")).map_err(|error| match error {
                CertificateError::WrongPassword => CertificateError::PasswordNeeded,
                other => other,
            }),
        })
    }

    /// [`Self::from_bytes`] of a file.
    ///
    /// # Errors
    /// [`CertificateError::File`], and those of [`Self::from_bytes`].
    pub fn from_file(path: impl AsRef<Path>, password: Option<&Secret>) -> Result<Self, CertificateError> {
        Self::from_bytes(&read_file(path.as_ref())?, password)
    }

    /// [`Self::from_pem`] or [`Self::from_encrypted_pem`] of two files.
    ///
    /// # Errors
    /// [`CertificateError::File`], and those of the two.
    pub fn from_pem_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
        password: Option<&Secret>,
    ) -> Result<Self, CertificateError> {
        let certificates = read_file(certificates.as_ref())?;
        let key = read_file(key.as_ref())?;
        Self::assemble(pem::certificates(&certificates)?, pem::key(&key, password)?)
    }

    /// [`Self::from_bytes`] of the text in an environment variable: a PEM, or base64 of a PFX.
    ///
    /// # Errors
    /// [`CertificateError::Environment`], and those of [`Self::from_bytes`].
    pub fn from_env(name: &str, password: Option<&Secret>) -> Result<Self, CertificateError> {
        let text = std::env::var(name).map_err(|_| CertificateError::Environment {
            name: name.to_owned(),
        })?;
        Self::from_bytes(Zeroizing::new(text).as_bytes(), password)
    }

    /// From a chain in DER, the leaf first, and somebody who signs with the leaf's key.
    ///
    /// # Errors
    /// [`CertificateError::NoCertificate`], [`CertificateError::Unreadable`].
    pub fn from_signer(
        chain: Vec<CertificateDer<'static>>,
        signer: Arc<dyn Signer>,
    ) -> Result<Self, CertificateError> {
        Self::new(chain, Key::Remote(signer))
    }

    /// Puts the certificate of `key` in front and its issuers behind it.
    fn assemble(
        certificates: Vec<CertificateDer<'static>>,
        key: Arc<dyn rustls::sign::SigningKey>,
    ) -> Result<Self, CertificateError> {
        let public = key.public_key().ok_or(CertificateError::NoKey)?;
        let mut rest = Vec::with_capacity(certificates.len());
        for der in certificates {
            rest.push((parse(&der)?, der));
        }
        let first = rest.first().ok_or(CertificateError::NoCertificate)?;
        let mismatch = CertificateError::Mismatch {
            subject: first.0.tbs_certificate().subject().to_string(),
        };
        let belongs = |certificate: &Certificate| {
            let own = certificate.tbs_certificate().subject_public_key_info().to_der();
            own.is_ok_and(|own| own == public.as_ref())
        };
        // A renewed certificate may stand beside the old one of the same key.
        let leaf = rest
            .iter()
            .enumerate()
            .filter(|(_, (certificate, _))| belongs(certificate))
            .max_by_key(|(_, (certificate, _))| {
                certificate
                    .tbs_certificate()
                    .validity()
                    .not_after
                    .to_system_time()
            })
            .map(|(at, _)| at)
            .ok_or(mismatch)?;
        let (mut above, der) = rest.swap_remove(leaf);
        let mut chain = vec![der];
        while let Some(at) = rest
            .iter()
            .position(|(issuer, _)| issuer.tbs_certificate().subject() == above.tbs_certificate().issuer())
        {
            if above.tbs_certificate().subject() == above.tbs_certificate().issuer() {
                break;
            }
            let (issuer, der) = rest.swap_remove(at);
            chain.push(der);
            above = issuer;
        }
        Self::new(chain, Key::Local(key))
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: Key) -> Result<Self, CertificateError> {
        let leaf = parse(chain.first().ok_or(CertificateError::NoCertificate)?)?;
        let tbs = leaf.tbs_certificate();
        let inner = Inner {
            subject: tbs.subject().to_string(),
            not_before: tbs.validity().not_before.to_system_time(),
            not_after: tbs.validity().not_after.to_system_time(),
            chain,
            key,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The certificates in DER, the leaf first, each issuer behind what it issued.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.inner.chain
    }

    fn leaf(&self) -> &[u8] {
        self.inner.chain.first().map_or(&[], |leaf| leaf.as_ref())
    }

    /// Whose it is: the distinguished name of the leaf.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.inner.subject
    }

    /// From when on the leaf is valid.
    #[must_use]
    pub fn not_before(&self) -> SystemTime {
        self.inner.not_before
    }

    /// Until when the leaf is valid.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.inner.not_after
    }

    /// Whole days until it expires; negative when it has.
    #[must_use]
    pub fn days_left(&self, now: SystemTime) -> i64 {
        let days = |span: Duration| i64::try_from(span.as_secs() / 86_400).unwrap_or(i64::MAX);
        match self.not_after().duration_since(now) {
            Ok(left) => days(left),
            Err(over) => -days(over.duration()) - 1,
        }
    }

    /// Checks that `now` lies within its time.
    ///
    /// # Errors
    /// [`CertificateError::Expired`], [`CertificateError::NotYetValid`].
    pub fn check_validity(&self, now: SystemTime) -> Result<(), CertificateError> {
        let subject = || self.subject().to_owned();
        if now > self.not_after() {
            return Err(CertificateError::Expired {
                subject: subject(),
                not_after: self.not_after(),
            });
        }
        if now < self.not_before() {
            return Err(CertificateError::NotYetValid {
                subject: subject(),
                not_before: self.not_before(),
            });
        }
        Ok(())
    }

    /// SHA-256 of the leaf in DER.
    #[must_use]
    pub fn thumbprint_sha256(&self) -> [u8; 32] {
        let mut thumbprint = [0; 32];
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.leaf());
        thumbprint.copy_from_slice(hash.as_ref());
        thumbprint
    }

    /// SHA-1 of the leaf in DER: the thumbprint that Windows and the portals show.
    #[must_use]
    pub fn thumbprint_sha1(&self) -> [u8; 20] {
        let mut thumbprint = [0; 20];
        let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
        thumbprint.copy_from_slice(aws_lc_rs::digest::digest(algorithm, self.leaf()).as_ref());
        thumbprint
    }

    /// Signs `data` by RSASSA-PSS with SHA-256.
    ///
    /// # Errors
    /// [`CertificateError::Algorithm`] when the key is not RSA, [`CertificateError::Signing`].
    pub async fn sign_ps256(&self, data: &[u8]) -> Result<Vec<u8>, CertificateError> {
        self.sign(Algorithm::Ps256, data).await
    }

    /// Signs `data` by `algorithm`.
    ///
    /// # Errors
    /// As [`Self::sign_ps256`].
    pub async fn sign(&self, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, CertificateError> {
        self.inner.key.sign(algorithm, data).await
    }

    /// The chain and the key as rustls wants them.
    ///
    /// When [`Self::signs_remotely`], the handshake must run on a thread for blocking work inside the runtime
    /// (`spawn_blocking` and [`tokio::runtime::Handle::block_on`]): rustls signs within the call, and the signer may
    /// take its time.
    #[must_use]
    pub fn tls_identity(&self) -> Arc<CertifiedKey> {
        Arc::new(CertifiedKey::new(
            self.inner.chain.clone(),
            self.inner.key.for_tls(),
        ))
    }

    /// Whether a [`Signer`] holds the key.
    #[must_use]
    pub fn signs_remotely(&self) -> bool {
        matches!(self.inner.key, Key::Remote(_))
    }
}

fn parse(der: &CertificateDer<'_>) -> Result<Certificate, CertificateError> {
    Certificate::from_der(der).map_err(|error| CertificateError::Unreadable {
        what: "the certificate",
        reason: error.to_string(),
    })
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let failed = |reason: String| CertificateError::File {
        path: path.display().to_string(),
        reason,
    };
    let length = std::fs::metadata(path)
        .map_err(|error| failed(error.to_string()))?
        .len();
    if length > MAX_BYTES as u64 {
        return Err(CertificateError::TooLarge { limit: MAX_BYTES });
    }
    std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| failed(error.to_string()))
}
