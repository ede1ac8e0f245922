//! The access tokens that the cloud gives out, and the check of those that it is shown.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock;
use super::handle::Shared;
use super::http::Call;
use super::names::{EXCHANGE_RESOURCE, VAULT_RESOURCE};
use super::state::{EXCHANGE_APP, GRAPH_APP, ROLES, State, Tenant, VAULT_APP};
use crate::error::LabError;

/// Whom a token speaks for.
pub(crate) enum Bearer {
    /// An app or a managed identity, and how it proved it: `1` by a secret, `2` by a certificate.
    App { principal: Uuid, proof: &'static str },
    /// A person, through a public client.
    User { user: Uuid, client: Uuid },
}

/// The app id of the resource that a client names; a last slash does not matter.
pub(crate) fn resource(shared: &Shared, name: &str) -> Option<Uuid> {
    let name = name.trim_end_matches('/');
    let graph = shared.names.graph();
    [
        (EXCHANGE_RESOURCE, EXCHANGE_APP),
        (graph.as_str(), GRAPH_APP),
        (VAULT_RESOURCE, VAULT_APP),
    ]
    .into_iter()
    .find(|(known, _)| *known == name)
    .map(|(_, app)| app)
}

/// The audience of tokens for a resource.
fn audience(shared: &Shared, resource: Uuid) -> String {
    match resource {
        GRAPH_APP => shared.names.graph(),
        VAULT_APP => VAULT_RESOURCE.to_owned(),
        _ => EXCHANGE_RESOURCE.to_owned(),
    }
}

/// What a person lets a public client do.
fn permissions(resource: Uuid) -> &'static str {
    match resource {
        GRAPH_APP => {
            "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All Directory.Read.All \
             RoleManagement.ReadWrite.Directory"
        }
        EXCHANGE_APP => "Exchange.Manage",
        _ => "user_impersonation",
    }
}

/// The claims of a token.
pub(crate) fn claims(
    shared: &Shared,
    tenant: &Tenant,
    bearer: &Bearer,
    resource: Uuid,
    life: u64,
) -> Map<String, Value> {
    let now = clock::now();
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    claim("aud", audience(shared, resource).into());
    claim("iss", format!("https://sts.windows.net/{}/", tenant.id).into());
    claim("iat", now.into());
    claim("nbf", now.saturating_sub(300).into());
    claim("exp", now.saturating_add(life).into());
    claim("tid", tenant.id.to_string().into());
    claim("ver", "1.0".into());
    claim("uti", Uuid::new_v4().simple().to_string().into());
    let object = match bearer {
        Bearer::App { principal, proof } => {
            let app = tenant
                .principal(*principal)
                .map_or_else(Uuid::nil, |found| found.app);
            claim("appid", app.to_string().into());
            claim("appidacr", (*proof).into());
            claim("idtyp", "app".into());
            let roles = tenant.app_roles_of(*principal, resource);
            if !roles.is_empty() {
                claim("roles", roles.into());
            }
            *principal
        }
        Bearer::User { user, client } => {
            let name = tenant.users.iter().find(|found| found.object == *user);
            claim("appid", client.to_string().into());
            claim("appidacr", "0".into());
            claim("idtyp", "user".into());
            claim(
                "upn",
                name.map_or_else(String::new, |user| user.name.clone()).into(),
            );
            claim("scp", permissions(resource).into());
            *user
        }
    };
    claim("oid", object.to_string().into());
    claim("sub", object.to_string().into());
    let roles: Vec<String> = tenant.roles_of(object).iter().map(Uuid::to_string).collect();
    claim("wids", roles.into());
    claims
}

/// The answer that carries a token.
pub(crate) fn grant(
    shared: &Shared,
    state: &State,
    tenant: Uuid,
    bearer: &Bearer,
    resource: Uuid,
) -> Result<Granted, LabError> {
    let life = state.token_life;
    let tenant = state.tenant_by_id(tenant).ok_or(LabError::Key)?;
    let claims = claims(shared, tenant, bearer, resource, life);
    Ok(Granted {
        token: shared.issuer.sign(&Value::Object(claims))?,
        life,
        resource: audience(shared, resource),
    })
}

/// A token that was bought.
pub(crate) struct Granted {
    token: String,
    life: u64,
    resource: String,
}

impl Granted {
    /// As the token endpoint writes it.
    pub(crate) fn oauth(self) -> Value {
        json!({
            "token_type": "Bearer",
            "expires_in": self.life,
            "ext_expires_in": self.life,
            "access_token": self.token,
        })
    }

    /// As identity endpoints write it: numbers as text.
    pub(crate) fn identity(self, client: Uuid) -> Value {
        let now = clock::now();
        json!({
            "access_token": self.token,
            "client_id": client.to_string(),
            "expires_in": self.life.to_string(),
            "expires_on": now.saturating_add(self.life).to_string(),
            "ext_expires_in": self.life.to_string(),
            "not_before": now.to_string(),
            "resource": self.resource,
            "token_type": "Bearer",
        })
    }
}

/// A bearer token that was shown and is sound.
pub(crate) struct Shown {
    pub(crate) claims: Map<String, Value>,
}

impl Shown {
    /// Checks signature, issuer's tenant, audience and times.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub(crate) fn check(
        shared: &Shared,
        state: &State,
        call: &Call,
        resource: Uuid,
    ) -> Result<Self, &'static str> {
        Self::read(shared, state, call.bearer().ok_or("no token")?, resource)
    }

    /// The same for a token by itself.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub(crate) fn read(
        shared: &Shared,
        state: &State,
        text: &str,
        resource: Uuid,
    ) -> Result<Self, &'static str> {
        let token = shared
            .issuer
            .open(text)
            .ok_or("the signature is not the issuer's")?;
        let now = clock::now();
        if token.claim("aud") != Some(&audience(shared, resource)) {
            return Err("invalid audience");
        }
        if token.time("exp").is_none_or(|end| end <= now) {
            return Err("expired");
        }
        if token.time("nbf").is_none_or(|start| start > now) {
            return Err("not valid yet");
        }
        let shown = Self { claims: token.claims };
        if shown.tenant(state).is_none() {
            return Err("unknown tenant");
        }
        Ok(shown)
    }

    pub(crate) fn tenant<'a>(&self, state: &'a State) -> Option<&'a Tenant> {
        state.tenant_by_id(self.id("tid")?)
    }

    pub(crate) fn id(&self, name: &str) -> Option<Uuid> {
        Uuid::parse_str(self.claims.get(name)?.as_str()?).ok()
    }

    /// Whether a list claim has this entry.
    pub(crate) fn lists(&self, name: &str, entry: &str) -> bool {
        self.claims
            .get(name)
            .and_then(Value::as_array)
            .is_some_and(|entries| entries.iter().any(|known| known.as_str() == Some(entry)))
    }

    /// Whether Exchange lets its bearer in at all: apps need `Exchange.ManageAsApp`.
    pub(crate) fn enters_exchange(&self) -> bool {
        self.delegated() || self.lists("roles", "Exchange.ManageAsApp")
    }

    /// Whether a directory role of its bearer is one that Exchange obeys.
    pub(crate) fn commands_exchange(&self) -> bool {
        ROLES
            .iter()
            .any(|(id, _, obeyed)| *obeyed && self.lists("wids", &id.to_string()))
    }

    /// Whether it speaks for a person.
    pub(crate) fn delegated(&self) -> bool {
        self.claims.contains_key("scp")
    }
}
