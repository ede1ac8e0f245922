//! Keys that stay in the vault.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;

use super::{KeyVault, VERSION};
use crate::certificate::{Algorithm, CertificateError, Signer};
use crate::exchange::BoxFuture;
use crate::web::WebRequest;

/// Signs by `keys/{name}/{version}/sign`: the vault gets the hash, never the text.
pub(super) struct VaultSigner {
    vault: KeyVault,
    name: String,
    version: String,
}

impl VaultSigner {
    pub(super) fn new(vault: KeyVault, name: String, version: String) -> Self {
        Self { vault, name, version }
    }

    async fn run(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, CertificateError> {
        #[derive(Deserialize)]
        struct Signature {
            value: String,
        }
        let digest = aws_lc_rs::digest::digest(algorithm.digest(), message);
        let url = format!(
            "{}/keys/{}/{}/sign?api-version={VERSION}",
            self.vault.origin, self.name, self.version
        );
        let body = json!({"alg": algorithm.name(), "value": URL_SAFE_NO_PAD.encode(digest)});
        let request = WebRequest::json("POST", url, &body);
        let failed = |text: String| CertificateError::Signing(text);
        let signature: Signature = self
            .vault
            .call(request, "key", &self.name)
            .await
            .map_err(|error| failed(format!("{error}; {}", error.advice())))?;
        URL_SAFE_NO_PAD
            .decode(signature.value.trim_end_matches('='))
            .map_err(|error| failed(format!("the vault's signature: {error}")))
    }
}

impl Signer for VaultSigner {
    fn algorithms(&self) -> &[Algorithm] {
        &[
            Algorithm::Ps256,
            Algorithm::Ps384,
            Algorithm::Ps512,
            Algorithm::Rs256,
            Algorithm::Rs384,
            Algorithm::Rs512,
        ]
    }

    fn sign<'a>(
        &'a self,
        algorithm: Algorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CertificateError>> {
        Box::pin(self.run(algorithm, message))
    }
}
