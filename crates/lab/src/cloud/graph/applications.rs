//! `applications`: apps in their home tenant, and the certificates that they register.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::list::{Name, Page};
use super::{Need, bad, denied, not_found, refuse};
use crate::cloud::certificate::Registered;
use crate::cloud::clock;
use crate::cloud::http::{Call, Reply};
use crate::cloud::state::{App, KeyCredential, Tenant};

fn key(credential: &KeyCredential, with_certificate: bool) -> Value {
    let certificate = &credential.certificate;
    json!({
        "keyId": credential.id,
        "displayName": credential.name,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "customKeyIdentifier": STANDARD.encode(certificate.sha1()),
        "startDateTime": clock::iso(certificate.not_before),
        "endDateTime": clock::iso(certificate.not_after),
        "key": with_certificate.then(|| STANDARD.encode(&certificate.der)),
    })
}

fn json(app: &App, with_certificates: bool) -> Value {
    let keys: Vec<Value> = app.keys.iter().map(|one| key(one, with_certificates)).collect();
    json!({
        "id": app.object,
        "appId": app.id,
        "displayName": app.name,
        "signInAudience": "AzureADMyOrg",
        "keyCredentials": keys,
        "passwordCredentials": [],
    })
}

pub(super) fn list(tenant: &Tenant, page: &Page) -> Reply {
    page.list(tenant.apps.iter().map(|app| json(app, false)).collect())
}

pub(super) fn one(
    tenant: &mut Tenant,
    name: &Name,
    call: &Call,
    body: Option<Value>,
    allow: impl Fn(Need) -> bool,
) -> Reply {
    let Some(app) = tenant.apps.iter_mut().find(|app| name.is(app.object, app.id)) else {
        return not_found(name.text());
    };
    match body {
        // The certificates themselves are told only to those who ask for them by name.
        None => {
            let selected = call
                .query("$select")
                .is_some_and(|names| names.split(',').any(|name| name.trim() == "keyCredentials"));
            Reply::json(200, &json(app, selected))
        }
        Some(_) if !allow(Need::Applications) => denied(),
        Some(body) if call.method == "PATCH" => {
            match body.get("keyCredentials").map(|keys| read(app, keys)) {
                Some(Ok(keys)) => {
                    app.keys = keys;
                    Reply::empty(204)
                }
                Some(Err(reply)) => reply,
                None => Reply::empty(204),
            }
        }
        Some(_) => Reply::empty(405),
    }
}

/// The new list of certificates, which replaces the old one.
fn read(app: &App, keys: &Value) -> Result<Vec<KeyCredential>, Reply> {
    let Some(keys) = keys.as_array() else {
        return Err(bad("keyCredentials must be a collection."));
    };
    keys.iter().map(|given| read_one(app, given)).collect()
}

fn read_one(app: &App, given: &Value) -> Result<KeyCredential, Reply> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let known = text("keyId")
        .and_then(|id| Uuid::parse_str(id).ok())
        .and_then(|id| app.keys.iter().find(|key| key.id == id));
    let der = text("key").and_then(|key| STANDARD.decode(key).ok());
    if let Some(known) = known {
        // An existing one can only be sent back as it is.
        return match der {
            Some(der) if der == known.certificate.der => Ok(known.clone()),
            _ => Err(bad(&format!(
                "Update to existing credential with KeyId '{}' is not allowed.",
                known.id
            ))),
        };
    }
    if text("type") != Some("AsymmetricX509Cert") || text("usage") != Some("Verify") {
        return Err(refuse(
            400,
            "KeyCredentialsInvalidTypeOrUsage",
            "Key credential type and usage are invalid.",
        ));
    }
    let certificate = der.as_deref().and_then(Registered::read).ok_or_else(|| {
        refuse(
            400,
            "KeyCredentialsInvalidValue",
            "Key value is invalid certificate",
        )
    })?;
    if certificate.not_after <= clock::now() {
        return Err(refuse(
            400,
            "KeyCredentialsInvalidEndDate",
            "Key credential end date is invalid.",
        ));
    }
    Ok(KeyCredential {
        id: Uuid::new_v4(),
        name: text("displayName").unwrap_or_default().chars().take(90).collect(),
        certificate,
    })
}
