//! Microsoft Graph, as far as an app is set up by it: applications, service principals, app roles, directory roles.

mod applications;
mod list;
mod principals;
mod roles;

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock;
use super::handle::Shared;
use super::http::{Call, Reply};
use super::seen::SeenRequest;
use super::state::{
    APPLICATION_ADMINISTRATOR, GLOBAL_ADMINISTRATOR, GRAPH_APP, PRIVILEGED_ROLE_ADMINISTRATOR, State, Tenant,
};
use super::tokens::Shown;
use list::Page;

/// A refusal in Graph's form.
pub(crate) fn refuse(status: u16, code: &str, text: &str) -> Reply {
    let id = Uuid::new_v4();
    Reply::json(
        status,
        &json!({"error": {
            "code": code,
            "message": text,
            "innerError": {"date": clock::iso(clock::now()), "request-id": id, "client-request-id": id},
        }}),
    )
}

/// The code that goes with a status.
pub(crate) fn code_of(status: u16) -> &'static str {
    match status {
        401 => "InvalidAuthenticationToken",
        403 => "Authorization_RequestDenied",
        404 => "Request_ResourceNotFound",
        429 => "TooManyRequests",
        503 => "serviceNotAvailable",
        _ => "UnknownError",
    }
}

fn denied() -> Reply {
    refuse(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
}

fn not_found(id: &str) -> Reply {
    let text = format!(
        "Resource '{}' does not exist or one of its queried reference-property objects are not present.",
        id.chars().filter(|c| !c.is_control()).collect::<String>()
    );
    refuse(404, "Request_ResourceNotFound", &text)
}

fn bad(text: &str) -> Reply {
    refuse(400, "Request_BadRequest", text)
}

/// What a request needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Read,
    Applications,
    AppRoles,
    Roles,
}

/// Whether the bearer of the token may do it.
fn may(shown: &Shown, need: Need) -> bool {
    let (permission, role) = match need {
        Need::Read => {
            let all = [
                "Directory.Read.All",
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
                "RoleManagement.ReadWrite.Directory",
            ];
            return shown.delegated() || all.iter().any(|one| shown.lists("roles", one));
        }
        Need::Applications => ("Application.ReadWrite.All", APPLICATION_ADMINISTRATOR),
        Need::AppRoles => ("AppRoleAssignment.ReadWrite.All", PRIVILEGED_ROLE_ADMINISTRATOR),
        Need::Roles => (
            "RoleManagement.ReadWrite.Directory",
            PRIVILEGED_ROLE_ADMINISTRATOR,
        ),
    };
    if shown.delegated() {
        return [role, GLOBAL_ADMINISTRATOR]
            .iter()
            .any(|role| shown.lists("wids", &role.to_string()));
    }
    shown.lists("roles", permission)
}

pub(crate) fn answer(shared: &Shared, state: &mut State, call: &Call, seen: &mut SeenRequest) -> Reply {
    let shown = match Shown::check(shared, state, call, GRAPH_APP) {
        Ok(shown) => shown,
        Err(reason) => {
            let text = format!("Access token validation failure. {reason}.");
            return refuse(401, "InvalidAuthenticationToken", &text);
        }
    };
    seen.claims = Some(shown.claims.clone());
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let Some(("v1.0", parts)) = parts.split_first().map(|(version, rest)| (*version, rest)) else {
        return bad("Invalid version.");
    };
    let write = match call.method.as_str() {
        "GET" => None,
        "POST" | "PATCH" => match call.json() {
            Some(body) => Some(body),
            None => return bad("Unable to read JSON request payload."),
        },
        _ => return Reply::empty(405),
    };
    // Apps and service principals of all tenants can be made known to this one.
    let known: Vec<(Uuid, String)> = state
        .tenants
        .iter()
        .flat_map(|tenant| tenant.apps.iter().map(|app| (app.id, app.name.clone())))
        .collect();
    let page = Page::of(call, state.page_size);
    let Some(tenant) = shown.id("tid").and_then(|id| state.tenant_by_id_mut(id)) else {
        return denied();
    };
    let allow = |need| may(&shown, need);
    if !allow(Need::Read) {
        return denied();
    }
    match (parts, write) {
        (["organization"], None) => page.list(vec![organization(tenant)]),
        (["applications"], None) => applications::list(tenant, &page),
        ([application], body) if application.starts_with("applications(") => {
            applications::one(tenant, &list::by_app_id(application), call, body, allow)
        }
        (["applications", id], body) => applications::one(tenant, &list::by_id(id), call, body, allow),
        (["servicePrincipals"], None) => principals::list(tenant, &page),
        (["servicePrincipals"], Some(body)) => principals::create(tenant, &known, &body, allow),
        ([principal], None) if principal.starts_with("servicePrincipals(") => {
            principals::one(tenant, &list::by_app_id(principal))
        }
        (["servicePrincipals", id], None) => principals::one(tenant, &list::by_id(id)),
        (["servicePrincipals", id, "appRoleAssignments"], None) => {
            principals::roles(tenant, id, &page, false)
        }
        (["servicePrincipals", id, "appRoleAssignedTo"], None) => principals::roles(tenant, id, &page, true),
        (
            [
                "servicePrincipals",
                id,
                list @ ("appRoleAssignments" | "appRoleAssignedTo"),
            ],
            Some(body),
        ) => principals::give_role(tenant, id, *list == "appRoleAssignedTo", &body, allow),
        (["roleManagement", "directory", "roleDefinitions"], None) => roles::definitions(&page),
        (["roleManagement", "directory", "roleAssignments"], None) => roles::assignments(tenant, &page),
        (["roleManagement", "directory", "roleAssignments"], Some(body)) => {
            roles::assign(tenant, &body, allow)
        }
        _ => not_found(&call.path),
    }
}

fn organization(tenant: &Tenant) -> Value {
    let domains: Vec<Value> = tenant
        .domains
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "name": name, "isInitial": index == 0, "isDefault": index == 0, "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline",
            })
        })
        .collect();
    json!({
        "id": tenant.id,
        "displayName": tenant.domains.first(),
        "verifiedDomains": domains,
    })
}
