//! The assertion by which an app proves that it has a certificate's key (RFC 7523).

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::TokenError;
use crate::certificate::{Algorithm, ClientCertificate};

/// How long an assertion may be used, in seconds; Entra asks for ten minutes at most.
const LIFE: u64 = 600;

/// A signed JWT: `aud` the token endpoint, `iss` and `sub` the app.
///
/// PS256 names the certificate by its SHA-256 (`x5t#S256`), RS256 by its SHA-1 (`x5t`) as older services want it.
pub(super) async fn sign(
    certificate: &ClientCertificate,
    algorithm: Algorithm,
    client_id: &str,
    token_endpoint: &str,
    now: SystemTime,
) -> Result<Zeroizing<String>, TokenError> {
    certificate.check_validity(now)?;
    let issued = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| TokenError::configuration("the clock of this machine is before 1970"))?
        .as_secs();
    let thumbprint = match algorithm {
        Algorithm::Rs256 => {
            json!({"alg": "RS256", "typ": "JWT", "x5t": encode(&certificate.thumbprint_sha1())})
        }
        _ => json!({
            "alg": algorithm.name(), "typ": "JWT", "x5t#S256": encode(&certificate.thumbprint_sha256()),
        }),
    };
    let claims = json!({
        "aud": token_endpoint,
        "iss": client_id,
        "sub": client_id,
        "jti": Uuid::new_v4().to_string(),
        "nbf": issued,
        "iat": issued,
        "exp": issued + LIFE,
    });
    let signed = format!(
        "{}.{}",
        encode(thumbprint.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    );
    let signature = certificate.sign(algorithm, signed.as_bytes()).await?;
    Ok(Zeroizing::new(format!("{signed}.{}", encode(&signature))))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
