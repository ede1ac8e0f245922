//! `servicePrincipals`: apps and managed identities as a tenant sees them, and the app roles that they have.

use serde_json::{Value, json};
use uuid::Uuid;

use super::list::{Name, Page};
use super::{Need, bad, denied, not_found, refuse};
use crate::cloud::http::Reply;
use crate::cloud::state::{AppRoleAssignment, Kind, Principal, RESOURCES, Tenant, app_roles};

fn json(principal: &Principal) -> Value {
    let roles: Vec<Value> = app_roles(principal.app)
        .iter()
        .map(|(id, value)| {
            json!({
                "id": id, "value": value, "displayName": value, "isEnabled": true,
                "allowedMemberTypes": ["Application"],
            })
        })
        .collect();
    json!({
        "id": principal.object,
        "appId": principal.app,
        "displayName": principal.name,
        "accountEnabled": true,
        "servicePrincipalType": match principal.kind {
            Kind::Application => "Application",
            Kind::ManagedIdentity => "ManagedIdentity",
        },
        "appRoles": roles,
        "keyCredentials": [],
    })
}

fn role(tenant: &Tenant, given: &AppRoleAssignment) -> Value {
    let name = |id: Uuid| tenant.principal(id).map(|principal| principal.name.clone());
    json!({
        "id": given.id,
        "appRoleId": given.role,
        "principalId": given.principal,
        "principalDisplayName": name(given.principal),
        "principalType": "ServicePrincipal",
        "resourceId": given.resource,
        "resourceDisplayName": name(given.resource),
    })
}

pub(super) fn list(tenant: &Tenant, page: &Page) -> Reply {
    page.list(tenant.principals.iter().map(json).collect())
}

pub(super) fn one(tenant: &Tenant, name: &Name) -> Reply {
    match tenant.principals.iter().find(|one| name.is(one.object, one.app)) {
        Some(principal) => Reply::json(200, &json(principal)),
        None => not_found(name.text()),
    }
}

/// Makes the principal of an app that is `known` to some tenant, or that Microsoft owns.
pub(super) fn create(
    tenant: &mut Tenant,
    known: &[(Uuid, String)],
    body: &Value,
    allow: impl Fn(Need) -> bool,
) -> Reply {
    if !allow(Need::Applications) {
        return denied();
    }
    let Some(text) = body.get("appId").and_then(Value::as_str) else {
        return bad("The appId of the service principal is missing.");
    };
    let id = Uuid::parse_str(text).ok();
    let name = RESOURCES
        .iter()
        .find(|(app, _, _)| id == Some(*app))
        .map(|(_, name, _)| (*name).to_owned())
        .or_else(|| {
            known
                .iter()
                .find(|(app, _)| id == Some(*app))
                .map(|(_, name)| name.clone())
        });
    let (Some(id), Some(name)) = (id, name) else {
        return refuse(
            400,
            "NoBackingApplicationObject",
            "The appId of the service principal does not reference a valid application object.",
        );
    };
    if tenant.principal_of(id).is_some() {
        return refuse(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            &format!(
                "The service principal cannot be created, updated, or restored because the service principal name \
                 {id} is already in use."
            ),
        );
    }
    let object = tenant.add_principal(id, &name, Kind::Application);
    match tenant.principal(object) {
        Some(made) => Reply::json(201, &json(made)),
        None => not_found(&object.to_string()),
    }
}

/// The roles that a principal has, or with `granted` those that it gives as a resource.
pub(super) fn roles(tenant: &Tenant, id: &str, page: &Page, granted: bool) -> Reply {
    let Some(principal) = Uuid::parse_str(id).ok().and_then(|id| tenant.principal(id)) else {
        return not_found(id);
    };
    let of = |given: &&AppRoleAssignment| {
        let side = if granted { given.resource } else { given.principal };
        side == principal.object
    };
    page.list(
        tenant
            .app_roles
            .iter()
            .filter(of)
            .map(|given| role(tenant, given))
            .collect(),
    )
}

/// Gives a role; the path names the principal, or with `by_resource` the resource.
pub(super) fn give_role(
    tenant: &mut Tenant,
    path: &str,
    by_resource: bool,
    body: &Value,
    allow: impl Fn(Need) -> bool,
) -> Reply {
    if !allow(Need::AppRoles) {
        return denied();
    }
    let id = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .and_then(|text| Uuid::parse_str(text).ok())
    };
    let (Some(principal), Some(resource), Some(wanted)) =
        (id("principalId"), id("resourceId"), id("appRoleId"))
    else {
        return bad("principalId, resourceId and appRoleId are required.");
    };
    let named = if by_resource { resource } else { principal };
    if Uuid::parse_str(path).ok() != Some(named) {
        return bad("The id of the path is not the one of the body.");
    }
    if tenant.principal(principal).is_none() {
        return not_found(&principal.to_string());
    }
    let Some(at) = tenant.principal(resource) else {
        return not_found(&resource.to_string());
    };
    if !app_roles(at.app).iter().any(|(id, _)| *id == wanted) {
        return bad("Permission being assigned was not found on application");
    }
    let exists = tenant
        .app_roles
        .iter()
        .any(|given| given.principal == principal && given.resource == resource && given.role == wanted);
    if exists {
        return refuse(
            400,
            "InvalidUpdate",
            "Permission being assigned already exists on the object",
        );
    }
    let given = tenant.give_app_role(principal, resource, wanted);
    Reply::json(201, &role(tenant, &given))
}
