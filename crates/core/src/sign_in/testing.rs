//! A cloud for tests.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::certificate::ClientCertificate;
use crate::cloud::{Cloud, CloudDefinition};
use crate::web::testing::WebServer;

pub(super) const TENANT: &str = "8f0ad9d5-4f5f-4a2d-9f41-8ea3bb1a0a11";
pub(super) const APP: &str = "00001111-aaaa-2222-bbbb-3333cccc4444";
pub(super) const AUDIENCE: &str = "https://outlook.psbridge.localhost";
pub(super) const VAULT_AUDIENCE: &str = "https://vault.psbridge.localhost";

/// The cloud that a server plays.
pub(super) fn cloud(server: &WebServer) -> Cloud {
    Cloud::custom(CloudDefinition {
        name: "test".into(),
        authority: server.origin("login.psbridge.localhost"),
        exchange: server.origin("outlook.psbridge.localhost"),
        powershell: "/powershell-liveid/".into(),
        audience: AUDIENCE.into(),
        graph: server.origin("graph.psbridge.localhost"),
        graph_audience: "https://graph.psbridge.localhost".into(),
        vault_suffix: "vault.psbridge.localhost".into(),
        vault_audience: VAULT_AUDIENCE.into(),
        hosts: Vec::new(),
    })
    .unwrap()
}

pub(super) fn certificate() -> ClientCertificate {
    ClientCertificate::from_pem(
        include_bytes!("../../testdata/certificates/leaf.pem"),
        include_bytes!("../../testdata/certificates/pkcs8.key"),
    )
    .unwrap()
}

/// What a token endpoint grants.
pub(super) fn grant(token: &str) -> Value {
    json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})
}

/// How Entra refuses.
pub(super) fn refusal(error: &str, code: u32, text: &str) -> Value {
    json!({
        "error": error,
        "error_description": format!(
            "AADSTS{code}: {text} Trace ID: 0a1b Correlation ID: 2c3d Timestamp: 2026-11-21 19:00:00Z"
        ),
        "error_codes": [code],
        "timestamp": "2026-11-21 19:00:00Z",
        "trace_id": "0a1b",
        "correlation_id": "2c3d",
    })
}

/// Whether a time lies this far ahead, give or take ten seconds.
pub(super) fn is_ahead(time: Option<SystemTime>, seconds: u64) -> bool {
    let left = time.unwrap().duration_since(SystemTime::now()).unwrap();
    left <= Duration::from_secs(seconds) && left >= Duration::from_secs(seconds - 10)
}
