//! The token endpoint, and the one for device codes.

use hyper::Method;
use serde_json::json;
use uuid::Uuid;

use super::aadsts::Refusal;
use super::assertion::{self, Expected};
use super::handle::Shared;
use super::http::{Call, Reply, field};
use super::seen::SeenRequest;
use super::state::{DeviceCode, Kind, PUBLIC_CLIENTS, Refresh, State};
use super::tokens::{self, Bearer};
use super::{clock, random};

/// The type of an assertion that is a JSON Web Token.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long a device code lasts, in seconds.
const DEVICE_LIFE: u64 = 900;

type Form = [(String, String)];

pub(crate) fn answer(shared: &Shared, state: &mut State, call: &Call, seen: &mut SeenRequest) -> Reply {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let [tenant, "oauth2", "v2.0", operation] = parts.as_slice() else {
        return Reply::empty(404);
    };
    if call.method != Method::POST {
        return Reply::empty(405);
    }
    let form = call.form();
    seen.form(&form);
    let answered = if !call.is_form() {
        Err(missing("grant_type"))
    } else {
        match *operation {
            "token" => token(shared, state, call, tenant, &form, seen),
            "devicecode" => device_code(shared, state, tenant, &form),
            _ => return Reply::empty(404),
        }
    };
    match answered {
        Ok(reply) => reply.with("cache-control", "no-store"),
        Err(refusal) => {
            seen.refused = Some(refusal.number());
            refusal.reply()
        }
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::new(
        900_144,
        format!("The request body must contain the following parameter: '{name}'."),
    )
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    field(form, name).ok_or_else(|| missing(name))
}

/// The id of the tenant; people may also sign in by the name of none in particular.
fn tenant_of(state: &State, name: &str, people: bool) -> Result<Uuid, Refusal> {
    let found = if people && ["common", "organizations"].contains(&name) {
        state.tenants.first()
    } else {
        state.tenant(name)
    };
    found.map(|tenant| tenant.id).ok_or_else(|| {
        Refusal::new(
            90002,
            format!(
                "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no \
                 active subscriptions for the tenant."
            ),
        )
    })
}

fn client_of(form: &Form) -> Result<Uuid, Refusal> {
    let id = required(form, "client_id")?;
    Uuid::parse_str(id).map_err(|_| unknown_app(id, "any"))
}

fn unknown_app(id: &str, tenant: &str) -> Refusal {
    Refusal::new(
        700_016,
        format!(
            "Application with identifier '{id}' was not found in the directory '{tenant}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You may have sent your authentication request to the wrong tenant."
        ),
    )
}

fn token(
    shared: &Shared,
    state: &mut State,
    call: &Call,
    tenant: &str,
    form: &Form,
    seen: &mut SeenRequest,
) -> Result<Reply, Refusal> {
    let grant = required(form, "grant_type")?;
    match grant {
        "client_credentials" => {
            let tenant = tenant_of(state, tenant, false)?;
            let client = client_of(form)?;
            let principal = principal(state, tenant, client)?;
            let endpoint = format!("{}{}", call.origin, call.path);
            let proof = prove(shared, state, client, &endpoint, form, seen)?;
            let resource = app_scope(shared, state, tenant, required(form, "scope")?)?;
            give(
                shared,
                state,
                tenant,
                &Bearer::App { principal, proof },
                resource,
                None,
            )
        }
        DEVICE_GRANT => by_device_code(shared, state, form),
        "refresh_token" => by_refresh_token(shared, state, form),
        _ => Err(Refusal::new(
            70003,
            format!("The app requested an unsupported grant type '{grant}'."),
        )),
    }
}

fn give(
    shared: &Shared,
    state: &State,
    tenant: Uuid,
    bearer: &Bearer,
    resource: Uuid,
    refresh: Option<&str>,
) -> Result<Reply, Refusal> {
    let granted = tokens::grant(shared, state, tenant, bearer, resource)
        .map_err(|error| Refusal::new(90033, error.to_string()))?;
    let mut body = granted.oauth();
    if let (Some(refresh), Some(members)) = (refresh, body.as_object_mut()) {
        members.insert("refresh_token".to_owned(), refresh.into());
    }
    Ok(Reply::json(200, &body))
}

/// The service principal of an app in a tenant.
fn principal(state: &State, tenant: Uuid, client: Uuid) -> Result<Uuid, Refusal> {
    let registered = state.tenants.iter().any(|tenant| tenant.app(client).is_some());
    let found = state
        .tenant_by_id(tenant)
        .and_then(|tenant| tenant.principal_of(client));
    match found {
        Some(principal) if registered && principal.kind == Kind::Application => Ok(principal.object),
        None if state
            .tenant_by_id(tenant)
            .is_some_and(|tenant| tenant.app(client).is_some()) =>
        {
            Err(Refusal::new(
                7_000_229,
                format!(
                    "The client application {client} is missing service principal in the tenant {tenant}."
                ),
            ))
        }
        _ => Err(unknown_app(&client.to_string(), &tenant.to_string())),
    }
}

/// How the app proves who it is.
fn prove(
    shared: &Shared,
    state: &mut State,
    client: Uuid,
    endpoint: &str,
    form: &Form,
    seen: &mut SeenRequest,
) -> Result<&'static str, Refusal> {
    match (field(form, "client_assertion"), field(form, "client_secret")) {
        (Some(assertion), None) => {
            if field(form, "client_assertion_type") != Some(JWT_BEARER) {
                return Err(missing("client_assertion_type"));
            }
            let expected = Expected { client, endpoint };
            assertion::check(shared, state, &expected, assertion, seen)?;
            Ok("2")
        }
        (None, Some(secret)) => {
            check_secret(state, client, secret)?;
            Ok("1")
        }
        _ => Err(Refusal::new(
            7_000_218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )),
    }
}

fn check_secret(state: &State, client: Uuid, given: &str) -> Result<(), Refusal> {
    let app = state.tenants.iter().find_map(|tenant| tenant.app(client));
    let known = app.and_then(|app| {
        app.secrets.iter().find(|secret| {
            let (known, given) = (secret.value.as_bytes(), given.as_bytes());
            aws_lc_rs::constant_time::verify_slices_are_equal(known, given).is_ok()
        })
    });
    match known {
        Some(secret) if secret.ends > clock::now() => Ok(()),
        Some(_) => Err(Refusal::new(
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create \
                 new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials \
                 for added security: https://aka.ms/certCreds."
            ),
        )),
        None => Err(Refusal::new(
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client}'."
            ),
        )),
    }
}

/// The resource of the one scope that an app may ask for.
fn app_scope(shared: &Shared, state: &State, tenant: Uuid, scope: &str) -> Result<Uuid, Refusal> {
    let Some(name) = scope.strip_suffix("/.default") else {
        return Err(Refusal::new(
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                 with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    };
    resource(shared, state, tenant, name)
}

fn resource(shared: &Shared, state: &State, tenant: Uuid, name: &str) -> Result<Uuid, Refusal> {
    tokens::resource(shared, name)
        .filter(|app| {
            state
                .tenant_by_id(tenant)
                .is_some_and(|tenant| tenant.principal_of(*app).is_some())
        })
        .ok_or_else(|| {
            Refusal::new(
                500_011,
                format!(
                    "The resource principal named {name} was not found in the tenant named {tenant}. This can happen \
                     if the application has not been installed by the administrator of the tenant or consented to by \
                     any user in the tenant. You might have sent your authentication request to the wrong tenant."
                ),
            )
        })
}

/// The resource of the scopes that a person's client asks for: all of one resource, besides those of OpenID.
fn user_scope(shared: &Shared, state: &State, tenant: Uuid, scope: &str) -> Result<Uuid, Refusal> {
    let mut found = None;
    for scope in scope.split_ascii_whitespace() {
        if ["openid", "profile", "email", "offline_access"].contains(&scope) {
            continue;
        }
        let name = scope.rsplit_once('/').map_or("", |(name, _)| name);
        let app = resource(shared, state, tenant, name)?;
        if found.is_some_and(|found| found != app) {
            return Err(Refusal::new(
                70011,
                format!("The provided value for the input parameter 'scope' is not valid: {scope}"),
            ));
        }
        found = Some(app);
    }
    found.ok_or_else(|| missing("scope"))
}

fn public_client(form: &Form) -> Result<Uuid, Refusal> {
    let client = client_of(form)?;
    if PUBLIC_CLIENTS.iter().any(|(id, _)| *id == client) {
        return Ok(client);
    }
    Err(unknown_app(&client.to_string(), "any"))
}

fn device_code(shared: &Shared, state: &mut State, tenant: &str, form: &Form) -> Result<Reply, Refusal> {
    let tenant = tenant_of(state, tenant, true)?;
    let client = public_client(form)?;
    let resource = user_scope(shared, state, tenant, required(form, "scope")?)?;
    let (code, user_code) = (random::text(40), random::user_code());
    let administrator = state
        .tenant_by_id(tenant)
        .and_then(|tenant| tenant.users.first())
        .map(|user| user.object);
    let device = state.device;
    state.codes.insert(
        code.clone(),
        DeviceCode {
            tenant,
            client,
            resource,
            user: administrator.filter(|_| !device.declined),
            pending: device.pending,
            ends: clock::now() + DEVICE_LIFE,
        },
    );
    let uri = "https://microsoft.com/devicelogin";
    Ok(Reply::json(
        200,
        &json!({
            "user_code": user_code,
            "device_code": code,
            "verification_uri": uri,
            "expires_in": DEVICE_LIFE,
            "interval": 1,
            "message": format!(
                "To sign in, use a web browser to open the page {uri} and enter the code {user_code} to authenticate."
            ),
        }),
    ))
}

fn by_device_code(shared: &Shared, state: &mut State, form: &Form) -> Result<Reply, Refusal> {
    let client = public_client(form)?;
    let name = required(form, "device_code")?;
    let unknown = || {
        Refusal::new(
            70018,
            "Invalid verification code due to user typing in wrong user code.",
        )
    };
    let code = state
        .codes
        .get_mut(name)
        .filter(|code| code.client == client)
        .ok_or_else(unknown)?;
    if code.ends <= clock::now() {
        return Err(Refusal::new(
            70020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        ));
    }
    if let Some(left) = code.pending.checked_sub(1) {
        code.pending = left;
        return Err(Refusal::new(
            70016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        ));
    }
    let (tenant, resource, user) = (code.tenant, code.resource, code.user);
    state.codes.remove(name);
    let user = user.ok_or_else(|| Refusal::new(70000, "The user declined to sign in."))?;
    to_person(shared, state, Refresh { tenant, client, user }, resource)
}

fn by_refresh_token(shared: &Shared, state: &mut State, form: &Form) -> Result<Reply, Refusal> {
    let client = public_client(form)?;
    let whose = state
        .refreshes
        .remove(required(form, "refresh_token")?)
        .filter(|whose| whose.client == client)
        .ok_or_else(|| Refusal::ordered(700_082))?;
    let resource = user_scope(shared, state, whose.tenant, required(form, "scope")?)?;
    to_person(shared, state, whose, resource)
}

fn to_person(shared: &Shared, state: &mut State, whose: Refresh, resource: Uuid) -> Result<Reply, Refusal> {
    let refresh = random::text(60);
    state.refreshes.insert(refresh.clone(), whose);
    let Refresh { tenant, client, user } = whose;
    give(
        shared,
        state,
        tenant,
        &Bearer::User { user, client },
        resource,
        Some(&refresh),
    )
}
