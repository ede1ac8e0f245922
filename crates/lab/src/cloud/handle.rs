//! The cloud as tests and the command line see it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::http::Service;
use super::jwt::Issuer;
use super::names::{APP_SERVICE_PATH, AUTOMATION_PATH, DOMAIN, EXCHANGE_RESOURCE, Names, VAULT_RESOURCE};
use super::order::Order;
use super::random;
use super::seen::SeenRequest;
use super::state::{EXCHANGE_APP, State, Tenant};
use super::tokens::Shown;
use crate::error::LabError;
use crate::temporary::Temporary;

/// What all connections to the cloud have in common.
pub(crate) struct Shared {
    pub(crate) names: Names,
    pub(crate) issuer: Issuer,
    /// What `X-IDENTITY-HEADER` must be.
    pub(crate) identity_header: Zeroizing<String>,
    pub(crate) state: Mutex<State>,
}

/// The running cloud of a lab: where its services are, what they hold, and what they were asked. Cheap to clone.
#[derive(Clone)]
pub struct CloudHandle {
    shared: Arc<Shared>,
    address: SocketAddr,
    secret: Zeroizing<String>,
    file: Arc<Temporary>,
}

impl std::fmt::Debug for CloudHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CloudHandle")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl CloudHandle {
    /// A cloud for this address, whose description is written to `file`, or to a file that goes with it.
    pub(crate) fn new(address: SocketAddr, file: Option<&Path>) -> Result<Self, LabError> {
        let (state, secret) = State::new()?;
        let names = Names { port: address.port() };
        let file = Temporary::write("cloud's description", file, "toml", &describe(names))?;
        Ok(Self {
            shared: Arc::new(Shared {
                names,
                issuer: Issuer::generate()?,
                identity_header: Zeroizing::new(random::text(32)),
                state: Mutex::new(state),
            }),
            address,
            secret,
            file: Arc::new(file),
        })
    }

    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Works on the first tenant.
    pub(crate) fn first<T>(&self, work: impl FnOnce(&mut Tenant) -> T) -> T {
        self.with(|state| {
            let mut none = Tenant::new(Vec::new());
            work(state.tenants.first_mut().unwrap_or(&mut none))
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The file that describes the cloud to clients (`--cloud FILE`).
    #[must_use]
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// The same as text, TOML.
    #[must_use]
    pub fn description(&self) -> String {
        describe(self.shared.names)
    }

    /// The origin of the token endpoint.
    #[must_use]
    pub fn login(&self) -> String {
        self.shared.names.login()
    }

    /// The token endpoint of a tenant, as an assertion's audience names it.
    #[must_use]
    pub fn token_endpoint(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.login())
    }

    /// The origin of Graph, which is also the resource of its tokens.
    #[must_use]
    pub fn graph(&self) -> String {
        self.shared.names.graph()
    }

    /// The origin of Exchange's REST front.
    #[must_use]
    pub fn exchange(&self) -> String {
        self.shared.names.outlook()
    }

    /// The resource of tokens for Exchange.
    #[must_use]
    pub fn exchange_resource(&self) -> &'static str {
        EXCHANGE_RESOURCE
    }

    /// The origin of a vault; `corp` is there from the start, with the certificates `exchange` (PKCS#12),
    /// `exchange-pem` and `exchange-sealed` (its key does not leave), all of them on the first app.
    #[must_use]
    pub fn vault(&self, name: &str) -> String {
        self.shared.names.vault(name)
    }

    /// The origin of IMDS: what stands for `http://169.254.169.254`.
    #[must_use]
    pub fn imds(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `IDENTITY_ENDPOINT` as App Service sets it.
    #[must_use]
    pub fn app_service(&self) -> String {
        format!("http://{}{APP_SERVICE_PATH}", self.address)
    }

    /// `IDENTITY_ENDPOINT` as Automation sets it.
    #[must_use]
    pub fn automation(&self) -> String {
        format!("http://{}{AUTOMATION_PATH}", self.address)
    }

    /// `IDENTITY_HEADER` of both.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        &self.shared.identity_header
    }

    /// The secret of the first app.
    #[must_use]
    pub fn app_secret(&self) -> &str {
        &self.secret
    }

    /// Whom a token lets into Exchange: the name of the person or the id of the app. None when it lets nobody in.
    pub(crate) fn bearer(&self, token: &str) -> Option<String> {
        let shown = self.with(|state| Shown::read(&self.shared, state, token, EXCHANGE_APP));
        match shown {
            Ok(shown) if shown.enters_exchange() && shown.commands_exchange() => ["upn", "appid"]
                .iter()
                .find_map(|claim| shown.claims.get(*claim)?.as_str())
                .map(str::to_lowercase),
            Ok(_) => {
                tracing::debug!("a token without the roles that Exchange wants");
                None
            }
            Err(reason) => {
                tracing::debug!(reason, "a token was refused");
                None
            }
        }
    }

    /// Any claims as a token of this cloud: for tokens that it would not give out.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn sign(&self, claims: &Map<String, Value>) -> Result<String, LabError> {
        self.shared.issuer.sign(&Value::Object(claims.clone()))
    }

    /// Makes it refuse on order.
    pub fn order(&self, order: Order) {
        self.with(|state| state.orders.push(order));
    }

    /// What it was asked so far.
    #[must_use]
    pub fn journal(&self) -> Vec<SeenRequest> {
        self.with(|state| state.seen.clone())
    }

    /// How many requests a service has answered so far.
    #[must_use]
    pub fn count(&self, service: Service) -> usize {
        self.with(|state| state.seen.iter().filter(|seen| seen.service == service).count())
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.with(|state| state.seen.clear());
    }
}

fn describe(names: Names) -> String {
    format!(
        "# The cloud of a psbridge lab, for --cloud FILE.\n\
         name = \"lab\"\n\
         authority = \"{}\"\n\
         exchange = \"{}\"\n\
         audience = \"{EXCHANGE_RESOURCE}\"\n\
         graph = \"{graph}\"\n\
         graph_audience = \"{graph}\"\n\
         vault_suffix = \"vault.{DOMAIN}\"\n\
         vault_audience = \"{VAULT_RESOURCE}\"\n\
         hosts = [\"{DOMAIN}\"]\n",
        names.login(),
        names.outlook(),
        graph = names.graph(),
    )
}
