//! The identity of the machine: IMDS of virtual machines, App Service and its kin, Automation.

use hyper::Method;
use serde_json::json;
use uuid::Uuid;

use super::handle::Shared;
use super::http::{Call, Reply, Service};
use super::seen::SeenRequest;
use super::state::{MachineIdentity, State};
use super::tokens::{self, Bearer};

const IMDS_PATH: &str = "/metadata/identity/oauth2/token";

pub(crate) fn answer(
    service: Service,
    shared: &Shared,
    state: &mut State,
    call: &Call,
    seen: &mut SeenRequest,
) -> Reply {
    // Requests that a server was tricked into sending, or that pass through a proxy, carry this.
    if call.header("x-forwarded-for").is_some() {
        return refuse(service, 400, "invalid_request", "X-Forwarded-For is not accepted");
    }
    if call.method != Method::GET {
        return refuse(service, 405, "invalid_request", "Only GET is answered");
    }
    if let Some(reply) = refused(service, shared, call) {
        return reply;
    }
    let Some(name) = call.query("resource") else {
        return refuse(
            service,
            400,
            "invalid_request",
            "Required query variable 'resource' is missing",
        );
    };
    let Some(resource) = tokens::resource(shared, name) else {
        let text = format!("AADSTS500011: The resource principal named {name} was not found in the tenant.");
        return refuse(service, 400, "invalid_resource", &text);
    };
    let Some(identity) = wanted(service, state, call) else {
        return refuse(service, 400, "invalid_request", "Identity not found");
    };
    let bearer = Bearer::App {
        principal: identity.object,
        proof: "2",
    };
    seen.claims = None;
    match tokens::grant(shared, state, identity.tenant, &bearer, resource) {
        Ok(granted) => Reply::json(200, &granted.identity(identity.client)),
        Err(error) => refuse(service, 500, "unknown", &error.to_string()),
    }
}

/// Checks what each endpoint demands before it looks at what is wanted.
fn refused(service: Service, shared: &Shared, call: &Call) -> Option<Reply> {
    let metadata = call
        .header("metadata")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let version = call.query("api-version");
    match service {
        Service::Imds => {
            if call.path != IMDS_PATH {
                return Some(Reply::json(404, &json!({"error": "Not found"})));
            }
            if !metadata {
                let text = "Required metadata header not specified";
                return Some(refuse(service, 400, "bad_request_102", text));
            }
            match version {
                None => Some(refuse(
                    service,
                    400,
                    "invalid_request",
                    "Required query variable 'api-version' is missing",
                )),
                Some("2018-02-01" | "2019-08-01" | "2021-02-01") => None,
                Some(_) => Some(refuse(
                    service,
                    400,
                    "invalid_request",
                    "The api-version is not supported",
                )),
            }
        }
        Service::AppService | Service::Automation => {
            let secret = shared.identity_header.as_bytes();
            let given = call.header("x-identity-header").unwrap_or_default();
            if aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), secret).is_err() {
                return Some(refuse(
                    service,
                    401,
                    "Unauthorized",
                    "X-IDENTITY-HEADER is not the one given",
                ));
            }
            if service == Service::AppService && version != Some("2019-08-01") {
                return Some(refuse(service, 400, "BadRequest", "Unsupported api-version"));
            }
            if service == Service::Automation && !metadata {
                return Some(refuse(
                    service,
                    400,
                    "BadRequest",
                    "Required metadata header not specified",
                ));
            }
            None
        }
        _ => Some(Reply::empty(404)),
    }
}

/// The identity that is asked for: one of several ids, or the machine's own.
fn wanted(service: Service, state: &State, call: &Call) -> Option<MachineIdentity> {
    let resource_names: &[&str] = if service == Service::Imds {
        &["msi_res_id", "mi_res_id"]
    } else {
        &["mi_res_id"]
    };
    let object_names: &[&str] = if service == Service::Imds {
        &["object_id"]
    } else {
        &["principal_id", "object_id"]
    };
    let one_of = |names: &[&str]| names.iter().find_map(|name| call.query(name));
    let (client, object, resource) = (
        call.query("client_id"),
        one_of(object_names),
        one_of(resource_names),
    );
    let same = |given: &str, id: Uuid| Uuid::parse_str(given).is_ok_and(|given| given == id);
    state
        .identities
        .iter()
        .find(|identity| match (client, object, resource) {
            (None, None, None) => identity.resource.is_none(),
            (Some(client), None, None) => same(client, identity.client),
            (None, Some(object), None) => same(object, identity.object),
            (None, None, Some(resource)) => identity
                .resource
                .as_deref()
                .is_some_and(|own| own.eq_ignore_ascii_case(resource)),
            // One name at a time.
            _ => false,
        })
        .cloned()
}

fn refuse(service: Service, status: u16, code: &str, text: &str) -> Reply {
    let body = match service {
        Service::Imds => json!({"error": code, "error_description": text}),
        _ => json!({"statusCode": status, "message": text, "error": {"code": code, "message": text}}),
    };
    Reply::json(status, &body)
}
