//! Azure Key Vault: certificates and secrets by name.
//!
//! A certificate's private key is in the secret of the same name and version, as PKCS#12 or PEM. When it may not be
//! exported, the vault signs ([`crate::certificate::Signer`]).

mod challenge;
mod error;
mod signer;
#[cfg(all(test, feature = "pfx"))]
mod tests;

use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use url::Url;

pub use self::error::VaultError;
use self::signer::VaultSigner;
use super::TokenSource;
use super::ask::{Retry, ask, bounded};
use crate::certificate::{CertificateError, ClientCertificate};
use crate::cloud::Cloud;
use crate::secret::Secret;
use crate::web::{Clear, WebClient, WebRequest};

const VERSION: &str = "7.4";
const PEM: &str = "application/x-pem-file";

/// A key vault. Cheap to clone.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use psbridge::Cloud;
/// use psbridge::sign_in::{CachedTokens, KeyVault, ManagedIdentity};
/// use psbridge::web::WebClient;
///
/// # async fn example() -> Result<(), psbridge::sign_in::VaultError> {
/// let (web, cloud) = (WebClient::default(), Cloud::default());
/// let tokens = Arc::new(CachedTokens::new(Arc::new(ManagedIdentity::system(&web))));
/// let vault = KeyVault::new(&web, &cloud, "https://corp.vault.azure.net", tokens)?;
/// let certificate = vault.certificate("exchange-app", None).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it gives secrets")]
pub struct KeyVault {
    web: WebClient,
    cloud: Cloud,
    origin: String,
    tokens: Arc<dyn TokenSource>,
}

/// A secret of a vault.
#[derive(Clone)]
#[non_exhaustive]
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct VaultSecret {
    /// The secret itself.
    pub value: Secret,
    /// What it is, in the words of whoever put it there: `application/x-pkcs12`.
    pub content_type: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

#[derive(Deserialize)]
struct SecretBundle {
    #[serde(deserialize_with = "secret")]
    value: Secret,
    #[serde(default, rename = "contentType")]
    content_type: Option<String>,
    #[serde(default)]
    id: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::from)
}

#[derive(Deserialize)]
struct CertificateBundle {
    id: String,
    #[serde(default)]
    kid: Option<String>,
    /// DER in base64.
    cer: String,
    #[serde(default)]
    policy: Option<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    #[serde(default)]
    key_props: Option<KeyProperties>,
}

#[derive(Deserialize)]
struct KeyProperties {
    #[serde(default)]
    exportable: Option<bool>,
    #[serde(default)]
    kty: Option<String>,
}

impl KeyVault {
    /// The vault at `url` (`https://NAME.vault.azure.net`), entered with tokens of `tokens`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`VaultError::Address`] when the address is not https, or its host is no vault of the cloud.
    pub fn new(
        web: &WebClient,
        cloud: &Cloud,
        url: &str,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Self, VaultError> {
        let wrong = |reason: String| VaultError::Address {
            url: bounded(url),
            reason,
        };
        let parsed = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let host = parsed.host_str().unwrap_or_default();
        if parsed.scheme() != "https" {
            return Err(wrong("a vault is spoken to by https only".into()));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("it holds a user or password".into()));
        }
        if !cloud.owns_vault(host) || (!cloud.is_custom() && parsed.port().is_some()) {
            return Err(wrong(format!(
                "vaults of {} are https://NAME.{}; no token goes anywhere else",
                cloud.name(),
                cloud.vault_suffix()
            )));
        }
        if !matches!(parsed.path(), "" | "/") || parsed.query().is_some() {
            return Err(wrong(
                "give the address of the vault, and the name of the certificate apart".into(),
            ));
        }
        Ok(Self {
            web: web.clone(),
            cloud: cloud.clone(),
            origin: parsed.origin().ascii_serialization(),
            tokens,
        })
    }

    /// A secret by name; the current version when none is given.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn secret(&self, name: &str, version: Option<&str>) -> Result<VaultSecret, VaultError> {
        let bundle: SecretBundle = self.get("secret", name, version).await?;
        Ok(VaultSecret {
            value: bundle.value,
            content_type: bundle.content_type.as_deref().map(bounded),
            version: bundle.id.as_deref().and_then(last_segment).map(str::to_owned),
        })
    }

    /// A certificate with its key by name; the current version when none is given.
    ///
    /// The key comes from the secret of the same name and version; when it may not be exported, the vault signs, which
    /// takes the permission `keys/sign`.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn certificate(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<ClientCertificate, VaultError> {
        let bundle: CertificateBundle = self.get("certificate", name, version).await?;
        let version = last_segment(&bundle.id).ok_or(VaultError::Unexpected {
            origin: self.origin.clone(),
            status: 200,
            content_type: None,
        })?;
        let key = bundle
            .policy
            .as_ref()
            .and_then(|policy| policy.key_props.as_ref());
        if key.and_then(|key| key.exportable) != Some(false) {
            let secret = self.secret(name, Some(version)).await?;
            match read_certificate(&secret, None) {
                // A key that may not be exported: the secret has the certificate only.
                Err(CertificateError::NoKey) => {}
                certificate => return certificate.map_err(VaultError::Certificate),
            }
        }
        let der = STANDARD.decode(&bundle.cer).map_err(|error| {
            VaultError::Certificate(CertificateError::Unreadable {
                what: "the certificate",
                reason: error.to_string(),
            })
        })?;
        if key
            .and_then(|key| key.kty.as_deref())
            .is_some_and(|kind| !kind.starts_with("RSA"))
        {
            return Err(VaultError::Certificate(CertificateError::Algorithm {
                algorithm: "PS256",
            }));
        }
        let (key_name, key_version) = bundle
            .kid
            .as_deref()
            .and_then(|kid| self.key_of(kid))
            .unwrap_or_else(|| (name.to_owned(), version.to_owned()));
        let signer = VaultSigner::new(self.clone(), key_name, key_version);
        ClientCertificate::from_signer(vec![CertificateDer::from(der)], Arc::new(signer))
            .map_err(VaultError::Certificate)
    }

    /// A certificate with its key out of a plain secret: a PFX in base64, or a PEM.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn certificate_from_secret(
        &self,
        name: &str,
        version: Option<&str>,
        password: Option<&Secret>,
    ) -> Result<ClientCertificate, VaultError> {
        let secret = self.secret(name, version).await?;
        read_certificate(&secret, password).map_err(VaultError::Certificate)
    }

    /// Name and version of a key of this vault.
    fn key_of(&self, kid: &str) -> Option<(String, String)> {
        let url = Url::parse(kid).ok()?;
        let mut parts = url.path_segments()?;
        let (kind, name, version) = (parts.next()?, parts.next()?, parts.next()?);
        let own = url.origin().ascii_serialization() == self.origin && kind == "keys";
        (own && is_name(name) && is_name(version)).then(|| (name.to_owned(), version.to_owned()))
    }

    async fn get<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        name: &str,
        version: Option<&str>,
    ) -> Result<T, VaultError> {
        for text in [Some(name), version].into_iter().flatten() {
            if !is_name(text) {
                return Err(VaultError::Name { name: bounded(text) });
            }
        }
        let version = version.map(|version| format!("/{version}")).unwrap_or_default();
        let url = format!("{}/{kind}s/{name}{version}?api-version={VERSION}", self.origin);
        self.call(WebRequest::get(url), kind, name).await
    }

    /// Calls with a token. When the vault does not take it, its challenge is looked at and one new token tried.
    async fn call<T: DeserializeOwned>(
        &self,
        request: WebRequest,
        kind: &'static str,
        name: &str,
    ) -> Result<T, VaultError> {
        let mut again = true;
        loop {
            let token = self
                .tokens
                .token(self.cloud.vault_audience())
                .await
                .map_err(VaultError::Token)?;
            let request = request.clone().bearer(token.secret());
            let response = ask(&self.web, &request, Clear::Never, Retry::SERVICE)
                .await
                .map_err(|error| VaultError::Unreachable(Arc::new(error)))?;
            if response.status == 401 {
                challenge::check(
                    &response,
                    &self.cloud,
                    token.claims().ok().and_then(|claims| claims.tid),
                )?;
                if std::mem::take(&mut again) {
                    self.tokens.invalidate();
                    continue;
                }
            }
            if response.is_success() {
                return response.json().map_err(|_| VaultError::Unexpected {
                    origin: self.origin.clone(),
                    status: response.status,
                    content_type: response.header("content-type").map(bounded),
                });
            }
            return Err(error::refused(
                &self.origin,
                kind,
                name,
                &response,
                SystemTime::now(),
            ));
        }
    }
}

fn read_certificate(
    secret: &VaultSecret,
    password: Option<&Secret>,
) -> Result<ClientCertificate, CertificateError> {
    let text = secret.value.expose().as_bytes();
    match secret.content_type.as_deref() {
        Some(PEM) => ClientCertificate::from_pem_bundle(text, password),
        // PKCS#12 is in base64, and without a password; what anybody put there by hand may be either.
        _ => ClientCertificate::from_bytes(text, password),
    }
}

/// Names and versions in a vault: letters, digits and hyphens.
fn is_name(text: &str) -> bool {
    (1..=127).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The version at the end of an id.
fn last_segment(id: &str) -> Option<&str> {
    id.rsplit('/').next().filter(|segment| is_name(segment))
}
