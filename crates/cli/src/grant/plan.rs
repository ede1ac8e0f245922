//! What is there, what is missing, and how it is made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::graph::{Graph, GraphError, quoted};
use crate::certificate::Seen;
use crate::exit::{Exit, Failure};

/// "Office 365 Exchange Online", in every tenant the same.
const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
/// The app role by which an app may use Exchange's cmdlets.
const MANAGE_AS_APP: &str = "dc50a0fb-09a3-484d-be87-e023b12c6440";

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    App,
    ManagedIdentity,
}

/// What is wanted.
pub(super) struct Wish<'a> {
    pub(super) kind: Kind,
    pub(super) id: &'a str,
    pub(super) certificate: Option<&'a Seen>,
    pub(super) roles: &'a [String],
}

/// One thing that must be so.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) state: State,
}

/// Whether it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It was so before.
    Present,
    /// It must be done.
    Missing,
    /// It was done.
    Done,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Missing => "missing",
            Self::Done => "done",
        }
    }
}

/// The things that must be so.
#[derive(Debug)]
pub(super) enum What {
    Principal,
    Exchange,
    Certificate {
        thumbprint: String,
        key: Value,
        application: String,
    },
    Permission,
    Role {
        name: String,
        id: String,
    },
}

impl What {
    /// The name in JSON.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Principal => "service-principal",
            Self::Exchange => "exchange-service-principal",
            Self::Certificate { .. } => "certificate",
            Self::Permission => "app-role",
            Self::Role { .. } => "directory-role",
        }
    }

    /// What it says to a person.
    pub(super) fn text(&self, name: &str) -> String {
        match self {
            Self::Principal => format!("service principal of {name}"),
            Self::Exchange => "service principal of Office 365 Exchange Online".to_owned(),
            Self::Certificate { thumbprint, .. } => format!("certificate {thumbprint} on {name}"),
            Self::Permission => format!("permission Exchange.ManageAsApp for {name}"),
            Self::Role { name: role, .. } => format!("directory role {role} for {name}"),
        }
    }
}

/// What was found, and what is to be done about it.
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) principal: Option<String>,
    exchange: Option<String>,
    /// The initial domain of the tenant, which is the organisation's name for Exchange.
    pub(super) organization: Option<String>,
    pub(super) steps: Vec<Step>,
}

fn text(value: &Value, name: &str) -> Option<String> {
    Some(value.get(name)?.as_str()?.to_owned())
}

fn same(value: &Value, name: &str, wanted: &str) -> bool {
    value
        .get(name)
        .and_then(Value::as_str)
        .is_some_and(|found| found.eq_ignore_ascii_case(wanted))
}

impl Plan {
    /// Looks at everything; changes nothing.
    pub(super) async fn survey(graph: &Graph, wish: &Wish<'_>) -> Result<Self, Failure> {
        let organization = organization(graph).await?;
        let principal = principal(graph, wish).await?;
        let app_id = principal
            .as_ref()
            .and_then(|found| text(found, "appId"))
            .unwrap_or_else(|| wish.id.to_owned());
        let application = match wish.kind {
            Kind::App => first(graph, "find the app", "applications", &app_id).await?,
            Kind::ManagedIdentity => None,
        };
        let name = principal
            .as_ref()
            .or(application.as_ref())
            .and_then(|found| text(found, "displayName"))
            .unwrap_or_else(|| app_id.clone());
        let principal = principal.as_ref().and_then(|found| text(found, "id"));
        let exchange = first(graph, "find Exchange Online", "servicePrincipals", EXCHANGE)
            .await?
            .and_then(|found| text(&found, "id"));

        let mut steps = Vec::new();
        let mut step = |what, present| {
            let state = if present { State::Present } else { State::Missing };
            steps.push(Step { what, state });
        };
        step(What::Principal, principal.is_some());
        step(What::Exchange, exchange.is_some());
        if let Some(certificate) = wish.certificate {
            let application = application
                .as_ref()
                .and_then(|found| text(found, "id"))
                .ok_or_else(|| {
                    Failure::new(
                        Exit::Failed,
                        format!("the app {app_id} is not registered in this tenant, so it takes no certificate here"),
                    )
                    .advice("register the certificate in the app's home tenant, or leave out --certificate")
                })?;
            let key = STANDARD.encode(certificate.der());
            let known = keys(graph, &application).await?;
            let present = known
                .iter()
                .any(|known| known.get("key").and_then(Value::as_str) == Some(key.as_str()));
            step(
                What::Certificate {
                    thumbprint: certificate.sha1(),
                    key: json!({
                        "type": "AsymmetricX509Cert",
                        "usage": "Verify",
                        "key": key,
                        "displayName": certificate.subject().chars().take(90).collect::<String>(),
                    }),
                    application,
                },
                present,
            );
        }
        let permitted = match (&principal, &exchange) {
            (Some(principal), Some(exchange)) => permitted(graph, principal, exchange).await?,
            _ => false,
        };
        step(What::Permission, permitted);
        let given = match &principal {
            Some(principal) => roles(graph, principal).await?,
            None => Vec::new(),
        };
        for role in wish.roles {
            let (name, id) = definition(graph, role).await?;
            let present = given.iter().any(|given| given.eq_ignore_ascii_case(&id));
            step(What::Role { name, id }, present);
        }
        Ok(Self {
            name,
            app_id,
            principal,
            exchange,
            organization,
            steps,
        })
    }

    /// Whether something is to be done.
    pub(super) fn is_open(&self) -> bool {
        self.steps.iter().any(|step| step.state == State::Missing)
    }

    /// Does what is missing, in order, and tells each step as soon as it is done.
    pub(super) async fn carry_out(&mut self, graph: &Graph, told: impl Fn(&str)) -> Result<(), Failure> {
        let mut fresh = false;
        for index in 0..self.steps.len() {
            let Some(step) = self.steps.get(index).filter(|step| step.state == State::Missing) else {
                continue;
            };
            match &step.what {
                What::Principal => {
                    self.principal = Some(create(graph, "make the service principal", &self.app_id).await?);
                    fresh = true;
                }
                What::Exchange => {
                    let operation = "make the service principal of Exchange Online";
                    self.exchange = Some(create(graph, operation, EXCHANGE).await?);
                    fresh = true;
                }
                What::Certificate { key, application, .. } => register(graph, application, key).await?,
                What::Permission => {
                    let (Some(principal), Some(exchange)) = (&self.principal, &self.exchange) else {
                        continue;
                    };
                    let body = json!({
                        "principalId": principal, "resourceId": exchange, "appRoleId": MANAGE_AS_APP,
                    });
                    let path = format!("servicePrincipals/{exchange}/appRoleAssignedTo");
                    settled(graph.post("give Exchange.ManageAsApp", &path, &body, fresh).await)?;
                }
                What::Role { id, .. } => {
                    let Some(principal) = &self.principal else {
                        continue;
                    };
                    let body = json!({
                        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
                        "principalId": principal, "roleDefinitionId": id, "directoryScopeId": "/",
                    });
                    let path = "roleManagement/directory/roleAssignments";
                    settled(graph.post("give the directory role", path, &body, fresh).await)?;
                }
            }
            if let Some(step) = self.steps.get_mut(index) {
                step.state = State::Done;
                told(&step.what.text(&self.name));
            }
        }
        Ok(())
    }
}

/// Somebody else may have been faster.
fn settled(answer: Result<Value, GraphError>) -> Result<(), GraphError> {
    match answer {
        Err(error) if error.is_conflict() => Ok(()),
        other => other.map(drop),
    }
}

async fn organization(graph: &Graph) -> Result<Option<String>, GraphError> {
    let found = graph.list("read the organisation", "organization").await?;
    let domains = found
        .first()
        .and_then(|one| one.get("verifiedDomains"))
        .and_then(Value::as_array);
    Ok(domains.and_then(|domains| {
        let initial = domains
            .iter()
            .find(|domain| domain.get("isInitial").and_then(Value::as_bool) == Some(true))?;
        text(initial, "name")
    }))
}

/// The only object of a list with this app id.
async fn first(
    graph: &Graph,
    operation: &'static str,
    list: &str,
    app_id: &str,
) -> Result<Option<Value>, GraphError> {
    let path = format!("{list}?$filter=appId%20eq%20{}", quoted(app_id));
    Ok(graph.list(operation, &path).await?.into_iter().next())
}

/// The service principal that is meant.
async fn principal(graph: &Graph, wish: &Wish<'_>) -> Result<Option<Value>, Failure> {
    const OPERATION: &str = "find the service principal";
    let by_app = first(graph, OPERATION, "servicePrincipals", wish.id).await?;
    if wish.kind == Kind::App {
        return Ok(by_app);
    }
    let found = match by_app {
        Some(found) => Some(found),
        None => {
            graph
                .find(OPERATION, &format!("servicePrincipals/{}", wish.id))
                .await?
        }
    };
    match found {
        Some(found) if same(&found, "servicePrincipalType", "ManagedIdentity") => Ok(Some(found)),
        Some(_) => Err(Failure::new(
            Exit::Usage,
            format!("{} is an app and no managed identity", wish.id),
        )
        .advice("run psbridge grant app with its application id")),
        None => Err(Failure::new(
            Exit::Failed,
            format!("there is no managed identity {} in this tenant", wish.id),
        )
        .advice("take the object (principal) id that the portal shows under Identity, and check the tenant")),
    }
}

async fn keys(graph: &Graph, application: &str) -> Result<Vec<Value>, GraphError> {
    const OPERATION: &str = "read the app's certificates";
    let path = format!("applications/{application}?$select=id,appId,keyCredentials");
    let mut found = graph.get(OPERATION, &path).await?;
    match found.get_mut("keyCredentials").map(Value::take) {
        Some(Value::Array(keys)) => Ok(keys),
        _ => Err(GraphError::Incomplete {
            operation: OPERATION,
            missing: "keyCredentials",
        }),
    }
}

/// Adds a certificate to those that the app has: the list is replaced as a whole, so it is read again just before.
async fn register(graph: &Graph, application: &str, key: &Value) -> Result<(), GraphError> {
    let mut all = keys(graph, application).await?;
    all.push(key.clone());
    let body = json!({"keyCredentials": all});
    graph
        .patch(
            "register the certificate",
            &format!("applications/{application}"),
            &body,
        )
        .await
}

async fn permitted(graph: &Graph, principal: &str, exchange: &str) -> Result<bool, GraphError> {
    let path = format!("servicePrincipals/{principal}/appRoleAssignments");
    let given = graph.list("read the permissions", &path).await?;
    Ok(given
        .iter()
        .any(|one| same(one, "resourceId", exchange) && same(one, "appRoleId", MANAGE_AS_APP)))
}

/// The ids of the directory roles that somebody has for the whole tenant.
async fn roles(graph: &Graph, principal: &str) -> Result<Vec<String>, GraphError> {
    let path = format!(
        "roleManagement/directory/roleAssignments?$filter=principalId%20eq%20{}",
        quoted(principal)
    );
    let given = graph.list("read the directory roles", &path).await?;
    Ok(given
        .iter()
        .filter(|one| same(one, "directoryScopeId", "/"))
        .filter_map(|one| text(one, "roleDefinitionId"))
        .collect())
}

/// Name and id of a role as the tenant writes them.
async fn definition(graph: &Graph, role: &str) -> Result<(String, String), Failure> {
    let path = format!(
        "roleManagement/directory/roleDefinitions?$filter=displayName%20eq%20{}",
        quoted(role)
    );
    let found = graph.list("find the directory role", &path).await?;
    found
        .first()
        .and_then(|one| Some((text(one, "displayName")?, text(one, "id")?)))
        .ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no directory role {role:?}")).advice(
                "take one that Exchange obeys, such as Exchange Administrator, Exchange Recipient Administrator or \
                 Global Reader",
            )
        })
}

async fn create(graph: &Graph, operation: &'static str, app_id: &str) -> Result<String, GraphError> {
    let body = json!({"appId": app_id});
    let made = match graph.post(operation, "servicePrincipals", &body, false).await {
        Err(error) if error.is_conflict() => first(graph, operation, "servicePrincipals", app_id)
            .await?
            .unwrap_or_default(),
        answer => answer?,
    };
    text(&made, "id").ok_or(GraphError::Incomplete {
        operation,
        missing: "id",
    })
}
