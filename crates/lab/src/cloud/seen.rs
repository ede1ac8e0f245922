//! What the cloud was asked, without anything secret.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::http::{Call, Service};

/// One request that the cloud has answered.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeenRequest {
    /// Who answered it.
    pub service: Service,
    /// The host as the client named it, without the port.
    pub host: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The fields of the query and of the form that are no secrets.
    pub fields: BTreeMap<String, String>,
    /// The claims of the token in `Authorization`, or of the assertion that bought a token; only when it was sound.
    pub claims: Option<Map<String, Value>>,
    /// The HTTP status of the answer; none when the connection was closed instead.
    pub status: Option<u16>,
    /// The number of the token endpoint's refusal.
    pub refused: Option<u32>,
}

/// Fields that buy something.
const SECRET: [&str; 6] = [
    "client_secret",
    "client_assertion",
    "device_code",
    "refresh_token",
    "password",
    "code",
];

impl SeenRequest {
    pub(crate) fn new(service: Service, call: &Call) -> Self {
        Self {
            service,
            host: call.host.clone(),
            method: call.method.to_string(),
            path: call.path.clone(),
            fields: public(&call.query),
            claims: None,
            status: None,
            refused: None,
        }
    }

    pub(crate) fn form(&mut self, form: &[(String, String)]) {
        self.fields.extend(public(form));
    }
}

fn public(fields: &[(String, String)]) -> BTreeMap<String, String> {
    fields
        .iter()
        .filter(|(name, _)| !SECRET.contains(&name.as_str()))
        .cloned()
        .collect()
}
