//! Key vaults: certificates, the secrets behind them, and keys that sign and never leave.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::Method;
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::certificate::Registered;
use super::handle::Shared;
use super::http::{Call, Reply};
use super::names::VAULT_RESOURCE;
use super::seen::SeenRequest;
use super::state::{State, VAULT_APP};
use super::tokens::Shown;

/// In which form a vault keeps a certificate with its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultFormat {
    /// PKCS#12 in base64, without a password.
    Pfx,
    /// The key and the certificate as PEM.
    Pem,
}

/// A vault.
pub(crate) struct Vault {
    pub(crate) tenant: Uuid,
    pub(crate) certificates: BTreeMap<String, Kept>,
    pub(crate) secrets: BTreeMap<String, (Zeroizing<String>, String)>,
    /// The principals and users that may not use it.
    pub(crate) refused: Vec<Uuid>,
}

/// A certificate in a vault.
pub(crate) struct Kept {
    pub(crate) certificate: Registered,
    /// PKCS#8.
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) exportable: bool,
    pub(crate) format: VaultFormat,
    pub(crate) version: String,
}

impl Kept {
    /// The value of the certificate's secret, and its type. A key that may not leave is left out.
    fn secret(&self) -> Option<(String, &'static str)> {
        let certificate = Certificate::from_der(&self.certificate.der).ok()?;
        match self.format {
            VaultFormat::Pfx => {
                let mut store = KeyStore::new();
                let entry = if self.exportable {
                    let key = PrivateKey::from_der(&self.key).ok()?;
                    KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(
                        self.certificate.sha1(),
                        key,
                        [certificate],
                    ))
                } else {
                    KeyStoreEntry::Certificate(certificate)
                };
                store.add_entry("certificate", entry);
                let pfx = store
                    .writer("")
                    .encryption_iterations(2_000)
                    .mac_iterations(2_000)
                    .write()
                    .ok()?;
                Some((STANDARD.encode(pfx), "application/x-pkcs12"))
            }
            VaultFormat::Pem => {
                let key = if self.exportable {
                    pem("PRIVATE KEY", &self.key)
                } else {
                    String::new()
                };
                let value = key + &pem("CERTIFICATE", &self.certificate.der);
                Some((value, "application/x-pem-file"))
            }
        }
    }

    fn attributes(&self) -> Value {
        json!({
            "enabled": true,
            "nbf": self.certificate.not_before,
            "exp": self.certificate.not_after,
            "created": self.certificate.not_before,
            "updated": self.certificate.not_before,
            "recoveryLevel": "Recoverable+Purgeable",
        })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (index, letter) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            out.push('\n');
        }
        out.push(letter);
    }
    out + &format!("\n-----END {label}-----\n")
}

/// A refusal in the vaults' form.
pub(crate) fn refuse(status: u16, code: &str, text: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": text}}))
}

pub(crate) fn answer(shared: &Shared, state: &mut State, call: &Call, seen: &mut SeenRequest) -> Reply {
    let name = call.host.split('.').next().unwrap_or_default();
    let Some(vault) = state.vaults.get(name) else {
        return Reply::empty(404);
    };
    if call.query("api-version").is_none() {
        return refuse(
            400,
            "BadParameter",
            "The value of the query parameter 'api-version' is missing.",
        );
    }
    let shown = match Shown::check(shared, state, call, VAULT_APP) {
        Ok(shown) => shown,
        Err(reason) => return challenge(shared, vault.tenant, reason),
    };
    if shown.id("tid") != Some(vault.tenant) {
        return challenge(shared, vault.tenant, "the issuer is another tenant's");
    }
    seen.claims = Some(shown.claims.clone());
    let object = shown.id("oid");
    if vault.refused.iter().any(|refused| object == Some(*refused)) {
        let text = format!(
            "Caller is not authorized to perform action on resource. Caller: oid={}. Vault: {name}",
            object.unwrap_or_default()
        );
        return refuse(403, "Forbidden", &text);
    }
    let origin = shared.names.vault(name);
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["certificates", name] | ["certificates", name, _]) => {
            certificate(vault, &origin, name, parts.get(2).copied())
        }
        ("GET", ["secrets", name] | ["secrets", name, _]) => {
            secret(vault, &origin, name, parts.get(2).copied())
        }
        ("POST", ["keys", name, "sign"]) => sign(vault, &origin, name, None, call),
        ("POST", ["keys", name, version, "sign"]) => sign(vault, &origin, name, Some(version), call),
        _ if call.method == Method::GET || call.method == Method::POST => {
            refuse(404, "NotFound", "The resource was not found.")
        }
        _ => Reply::empty(405),
    }
}

/// What a vault says to those without a token of its own: where to get one.
fn challenge(shared: &Shared, tenant: Uuid, reason: &str) -> Reply {
    let text = format!("AKV10000: Request is missing a Bearer or PoP token. ({reason})");
    refuse(401, "Unauthorized", &text).with(
        "www-authenticate",
        format!(
            "Bearer authorization=\"{}/{tenant}\", resource=\"{VAULT_RESOURCE}\"",
            shared.names.login()
        ),
    )
}

fn kept<'a>(vault: &'a Vault, name: &str, version: Option<&str>) -> Option<&'a Kept> {
    vault
        .certificates
        .get(name)
        .filter(|kept| version.is_none_or(|version| version.is_empty() || version == kept.version))
}

fn certificate(vault: &Vault, origin: &str, name: &str, version: Option<&str>) -> Reply {
    let Some(kept) = kept(vault, name, version) else {
        let text = format!("A certificate with (name/id) {name} was not found in this key vault.");
        return refuse(404, "CertificateNotFound", &text);
    };
    let id = |kind: &str| format!("{origin}/{kind}/{name}/{}", kept.version);
    let content_type = match kept.format {
        VaultFormat::Pfx => "application/x-pkcs12",
        VaultFormat::Pem => "application/x-pem-file",
    };
    Reply::json(
        200,
        &json!({
            "id": id("certificates"),
            "kid": id("keys"),
            "sid": id("secrets"),
            "x5t": kept.certificate.sha1_text(),
            "cer": STANDARD.encode(&kept.certificate.der),
            "attributes": kept.attributes(),
            "policy": {
                "id": format!("{origin}/certificates/{name}/policy"),
                "key_props": {"exportable": kept.exportable, "kty": "RSA", "key_size": 2048, "reuse_key": false},
                "secret_props": {"contentType": content_type},
            },
        }),
    )
}

fn secret(vault: &Vault, origin: &str, name: &str, version: Option<&str>) -> Reply {
    if let Some((value, content_type)) = vault.secrets.get(name) {
        return Reply::json(
            200,
            &json!({
                "value": value.as_str(),
                "contentType": content_type,
                "id": format!("{origin}/secrets/{name}/{}", Uuid::nil().simple()),
                "attributes": {"enabled": true, "recoveryLevel": "Recoverable+Purgeable"},
            }),
        );
    }
    let found = kept(vault, name, version).and_then(|kept| Some((kept, kept.secret()?)));
    let Some((kept, (value, content_type))) = found else {
        let text = format!(
            "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you \
             may be able to recover it using the correct recovery command."
        );
        return refuse(404, "SecretNotFound", &text);
    };
    Reply::json(
        200,
        &json!({
            "value": value,
            "contentType": content_type,
            "id": format!("{origin}/secrets/{name}/{}", kept.version),
            "kid": format!("{origin}/keys/{name}/{}", kept.version),
            "managed": true,
            "attributes": kept.attributes(),
        }),
    )
}

fn sign(vault: &Vault, origin: &str, name: &str, version: Option<&str>, call: &Call) -> Reply {
    let Some(kept) = kept(vault, name, version) else {
        let text = format!("A key with (name/id) {name} was not found in this key vault.");
        return refuse(404, "KeyNotFound", &text);
    };
    let bad = |text: &str| refuse(400, "BadParameter", text);
    let Some(wanted) = call.json() else {
        return bad("The body is not JSON.");
    };
    let member = |name: &str| wanted.get(name).and_then(Value::as_str);
    let encoding: &'static dyn RsaEncoding = match member("alg") {
        Some("PS256") => &RSA_PSS_SHA256,
        Some("RS256") => &RSA_PKCS1_SHA256,
        _ => return bad("Property alg has an invalid value."),
    };
    let digest = member("value")
        .and_then(|value| URL_SAFE_NO_PAD.decode(value).ok())
        .and_then(|digest| Digest::import_less_safe(&digest, &SHA256).ok());
    let Some(digest) = digest else {
        return bad("Invalid length of 'value': a SHA-256 digest has 32 bytes.");
    };
    let signature = KeyPair::from_pkcs8(&kept.key).ok().and_then(|key| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign_digest(encoding, &digest, &mut signature).ok()?;
        Some(signature)
    });
    match signature {
        Some(signature) => Reply::json(
            200,
            &json!({
                "kid": format!("{origin}/keys/{name}/{}", kept.version),
                "value": URL_SAFE_NO_PAD.encode(signature),
            }),
        ),
        None => refuse(500, "InternalServerError", "The key cannot sign."),
    }
}
