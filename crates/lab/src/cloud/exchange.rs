//! The front of Exchange Online's REST: who is let in, and a few commands to try it with.

use hyper::Method;
use serde_json::{Value, json};

use super::handle::Shared;
use super::http::{Call, Reply};
use super::names::EXCHANGE_RESOURCE;
use super::seen::SeenRequest;
use super::state::{EXCHANGE_APP, State, Tenant};
use super::tokens::Shown;

/// A missing role, or an unknown command: bytes of zero that claim to be compressed.
pub(crate) fn forbidden() -> Reply {
    Reply::bytes(403, "application/json", vec![0; 16]).with("content-encoding", "gzip")
}

pub(crate) fn answer(shared: &Shared, state: &mut State, call: &Call, seen: &mut SeenRequest) -> Reply {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let ["adminapi", "beta", organization, "InvokeCommand"] = parts.as_slice() else {
        return Reply::empty(404);
    };
    if call.method != Method::POST {
        return Reply::empty(405);
    }
    let shown = match Shown::check(shared, state, call, EXCHANGE_APP) {
        Ok(shown) => shown,
        Err(reason) => return unauthorized(reason),
    };
    seen.claims = Some(shown.claims.clone());
    let Some(tenant) = shown
        .tenant(state)
        .filter(|tenant| tenant.is_called(organization))
    else {
        return unauthorized("the tenant of the token is another one");
    };
    if !shown.enters_exchange() {
        return unauthorized("the token has no role Exchange.ManageAsApp");
    }
    if !shown.commands_exchange() {
        return forbidden();
    }
    let Some(body) = call.json() else {
        return error(400, "BadRequest", "|System.FormatException|The body is not JSON.");
    };
    let command = body.pointer("/CmdletInput/CmdletName").and_then(Value::as_str);
    if !body
        .pointer("/CmdletInput/Parameters")
        .is_some_and(Value::is_object)
    {
        return error(
            400,
            "BadRequest",
            "|System.ArgumentException|Parameters must be an object.",
        );
    }
    match command.and_then(|command| objects(command, tenant)) {
        Some(objects) => Reply::json(
            200,
            &json!({
                "@odata.context": format!(
                    "{}/adminapi/beta/{organization}/$metadata#Collection(Exchange.GenericHashTable)",
                    call.origin
                ),
                "adminapi.warnings@odata.type": "#Collection(String)",
                "@adminapi.warnings": [],
                "value": objects,
            }),
        ),
        None => forbidden(),
    }
}

/// The answers of the commands that are here to be tried.
fn objects(command: &str, tenant: &Tenant) -> Option<Vec<Value>> {
    let initial = tenant.domains.first().cloned().unwrap_or_default();
    match command.to_ascii_lowercase().as_str() {
        "get-organizationconfig" => Some(vec![json!({
            "Identity": initial, "Name": initial,
            "Guid@data.type": "System.Guid", "Guid@odata.type": "#Guid", "Guid": tenant.id,
        })]),
        "get-accepteddomain" => Some(
            tenant
                .domains
                .iter()
                .enumerate()
                .map(|(index, name)| json!({"DomainName": name, "Name": name, "Default": index == 0}))
                .collect(),
        ),
        "get-user" => Some(
            tenant
                .users
                .iter()
                .map(|user| {
                    json!({
                        "Identity": user.name.split('@').next(), "UserPrincipalName": user.name,
                        "Guid@data.type": "System.Guid", "Guid@odata.type": "#Guid", "Guid": user.object,
                    })
                })
                .collect(),
        ),
        _ => None,
    }
}

fn unauthorized(reason: &str) -> Reply {
    tracing::debug!(reason, "Exchange refused a token");
    let challenge = format!(
        "Bearer client_id=\"{EXCHANGE_APP}\", trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", \
         token_types=\"app_asserted_user_v1 service_asserted_app_v1\", authorization_uri=\"{EXCHANGE_RESOURCE}\", \
         error=\"invalid_token\""
    );
    Reply::empty(401).with("www-authenticate", challenge)
}

fn error(status: u16, code: &str, detail: &str) -> Reply {
    Reply::json(
        status,
        &json!({
            "error": {
                "code": code,
                "message": "Error executing cmdlet",
                "details": [{"code": "Client", "target": "", "message": detail}],
                "innererror": {
                    "message": "Error executing cmdlet",
                    "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                },
            },
            "@adminapi.warnings": [],
        }),
    )
}
