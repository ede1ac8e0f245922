//! `roleManagement/directory`: directory roles and who has them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::list::Page;
use super::{Need, bad, denied, not_found, refuse};
use crate::cloud::http::Reply;
use crate::cloud::state::{ROLES, RoleAssignment, Tenant};

fn json(given: &RoleAssignment) -> Value {
    json!({
        "id": given.id,
        "principalId": given.principal,
        "roleDefinitionId": given.role,
        "directoryScopeId": "/",
    })
}

pub(super) fn definitions(page: &Page) -> Reply {
    page.list(
        ROLES
            .iter()
            .map(|(id, name, _)| {
                json!({"id": id, "templateId": id, "displayName": name, "isBuiltIn": true, "isEnabled": true})
            })
            .collect(),
    )
}

pub(super) fn assignments(tenant: &Tenant, page: &Page) -> Reply {
    page.list(tenant.roles.iter().map(json).collect())
}

pub(super) fn assign(tenant: &mut Tenant, body: &Value, allow: impl Fn(Need) -> bool) -> Reply {
    if !allow(Need::Roles) {
        return denied();
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let id = |name: &str| text(name).and_then(|text| Uuid::parse_str(text).ok());
    let (Some(principal), Some(role)) = (id("principalId"), id("roleDefinitionId")) else {
        return bad("principalId and roleDefinitionId are required.");
    };
    if text("directoryScopeId") != Some("/") {
        return bad("The scope of the directory is missing.");
    }
    let exists =
        tenant.principal(principal).is_some() || tenant.users.iter().any(|user| user.object == principal);
    if !exists {
        return not_found(&principal.to_string());
    }
    if !ROLES.iter().any(|(id, _, _)| *id == role) {
        return not_found(&role.to_string());
    }
    if tenant.roles_of(principal).contains(&role) {
        return refuse(
            400,
            "Request_BadRequest",
            "A conflicting object with one or more of the specified property values is present in the directory.",
        );
    }
    let given = tenant.give_role(principal, role);
    Reply::json(201, &json(&given))
}
