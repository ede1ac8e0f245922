//! What the cloud holds when it starts, and how tests add to it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, SystemTime};

use uuid::{Uuid, uuid};
use zeroize::Zeroizing;

use super::certificate::{self, Registered};
use super::handle::CloudHandle;
use super::state::{
    App as StoredApp, AppSecret, DeviceRule, EXCHANGE_ADMINISTRATOR, EXCHANGE_APP, Federation, GRAPH_APP,
    KeyCredential, Kind, MANAGE_AS_APP, MachineIdentity, ROLES, State, Tenant, app_roles,
};
use super::vault::{Kept, Vault, VaultFormat};
use super::{clock, random};
use crate::error::LabError;

/// The app that may use Exchange when a cloud starts.
const FIRST_APP: Uuid = uuid!("9b2f7a54-6f0e-4c55-8a63-0d3a5e2c7f11");
/// The app that is registered and nothing else: what `psbridge grant` is for.
const NEW_APP: Uuid = uuid!("c1d7e0a2-4b35-4f0c-9a1e-7b8f60d2e422");
/// The name of the user-assigned identity of the machine.
const IDENTITY: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/lab/providers/\
                        Microsoft.ManagedIdentity/userAssignedIdentities/psbridge";
/// The vault that a cloud starts with.
const VAULT: &str = "corp";

/// An app of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App {
    /// What it signs in as.
    pub app_id: Uuid,
    /// Its id as an object of the directory.
    pub object_id: Uuid,
    /// Its service principal in its home tenant, if there is one.
    pub principal_id: Option<Uuid>,
}

/// A managed identity of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its client id.
    pub client_id: Uuid,
    /// The id of its service principal.
    pub object_id: Uuid,
    /// None for the one that belongs to the machine itself.
    pub resource_id: Option<String>,
}

/// What an app or a managed identity has been given in the first tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// Whether it has a service principal there.
    pub principal: bool,
    /// SHA-256 of its certificates.
    pub certificates: Vec<Vec<u8>>,
    /// App roles of Exchange.
    pub app_roles: Vec<String>,
    /// Directory roles by name.
    pub roles: Vec<String>,
}

impl State {
    /// A tenant with an app that may use Exchange (by secret, and by the certificates of the vault), one that is only
    /// registered, two managed identities, and a vault.
    pub(crate) fn new() -> Result<(Self, Zeroizing<String>), LabError> {
        let mut tenant = Tenant::new(vec!["corp.onmicrosoft.com".to_owned(), "corp.example".to_owned()]);
        let mut certificates = BTreeMap::new();
        let mut keys = Vec::new();
        for (name, exportable, format) in [
            ("exchange", true, VaultFormat::Pfx),
            ("exchange-pem", true, VaultFormat::Pem),
            ("exchange-sealed", false, VaultFormat::Pfx),
        ] {
            let (registered, key) = certificate::generate(&format!("{name}.{VAULT}"))?;
            keys.push(KeyCredential {
                id: Uuid::new_v4(),
                name: name.to_owned(),
                certificate: registered.clone(),
            });
            certificates.insert(name.to_owned(), kept(registered, key, exportable, format));
        }
        let secret = Zeroizing::new(random::text(40));
        let mut first = stored(FIRST_APP, "psbridge");
        first.keys = keys;
        first.secrets.push(AppSecret {
            value: secret.clone(),
            ends: clock::now() + 180 * 86_400,
        });
        tenant.apps.push(first);
        tenant.apps.push(stored(NEW_APP, "newcomer"));
        let principal = tenant.add_principal(FIRST_APP, "psbridge", Kind::Application);
        entitle(&mut tenant, principal);

        let mut identities = Vec::new();
        for (name, resource) in [("lab-machine", None), ("psbridge", Some(IDENTITY.to_owned()))] {
            let identity = machine_identity(&mut tenant, name, resource);
            entitle(&mut tenant, identity.object);
            identities.push(identity);
        }
        let vault = Vault {
            tenant: tenant.id,
            certificates,
            secrets: BTreeMap::new(),
            refused: Vec::new(),
        };
        let state = Self {
            tenants: vec![tenant],
            identities,
            vaults: BTreeMap::from([(VAULT.to_owned(), vault)]),
            codes: HashMap::new(),
            refreshes: HashMap::new(),
            device: DeviceRule {
                pending: 1,
                declined: false,
            },
            used: HashSet::new(),
            orders: Vec::new(),
            seen: Vec::new(),
            token_life: 3_599,
            page_size: 100,
        };
        Ok((state, secret))
    }
}

fn stored(id: Uuid, name: &str) -> StoredApp {
    StoredApp {
        object: Uuid::new_v4(),
        id,
        name: name.to_owned(),
        keys: Vec::new(),
        secrets: Vec::new(),
        federations: Vec::new(),
    }
}

fn kept(certificate: Registered, key: Zeroizing<Vec<u8>>, exportable: bool, format: VaultFormat) -> Kept {
    Kept {
        certificate,
        key,
        exportable,
        format,
        version: Uuid::new_v4().simple().to_string(),
    }
}

fn machine_identity(tenant: &mut Tenant, name: &str, resource: Option<String>) -> MachineIdentity {
    let client = Uuid::new_v4();
    MachineIdentity {
        tenant: tenant.id,
        client,
        object: tenant.add_principal(client, name, Kind::ManagedIdentity),
        resource,
    }
}

/// Gives a principal what Exchange wants of it.
fn entitle(tenant: &mut Tenant, principal: Uuid) {
    if let Some(exchange) = tenant.principal_of(EXCHANGE_APP).map(|found| found.object) {
        tenant.give_app_role(principal, exchange, MANAGE_AS_APP);
    }
    tenant.give_role(principal, EXCHANGE_ADMINISTRATOR);
}

/// The tenant of the lab, and what is put into it.
impl CloudHandle {
    /// The id of the first tenant.
    #[must_use]
    pub fn tenant_id(&self) -> Uuid {
        self.with(|state| state.tenants.first().map_or_else(Uuid::nil, |tenant| tenant.id))
    }

    /// The initial domain of the first tenant: `corp.onmicrosoft.com`.
    #[must_use]
    pub fn organization(&self) -> String {
        self.with(|state| {
            let domain = state.tenants.first().and_then(|tenant| tenant.domains.first());
            domain.cloned().unwrap_or_default()
        })
    }

    /// Another tenant, with this domain, in which no app is known.
    pub fn add_tenant(&self, domain: &str) -> Uuid {
        self.with(|state| {
            let tenant = Tenant::new(vec![domain.to_owned()]);
            let id = tenant.id;
            state.tenants.push(tenant);
            id
        })
    }

    /// The app that may use Exchange from the start.
    #[must_use]
    pub fn app(&self) -> App {
        self.app_of(FIRST_APP)
    }

    /// The app that is registered and has no service principal, no credential and no rights.
    #[must_use]
    pub fn new_app(&self) -> App {
        self.app_of(NEW_APP)
    }

    fn app_of(&self, id: Uuid) -> App {
        self.first(|tenant| App {
            app_id: id,
            object_id: tenant.app(id).map_or_else(Uuid::nil, |app| app.object),
            principal_id: tenant.principal_of(id).map(|principal| principal.object),
        })
    }

    /// An app with a service principal and without rights.
    pub fn add_app(&self, name: &str) -> App {
        let id = Uuid::new_v4();
        self.first(|tenant| {
            tenant.apps.push(stored(id, name));
            tenant.add_principal(id, name, Kind::Application);
        });
        self.app_of(id)
    }

    /// Registers a certificate on an app; nothing happens when there is no such app or it is no certificate.
    pub fn add_certificate(&self, app: Uuid, der: &[u8]) {
        let Some(certificate) = Registered::read(der) else {
            return;
        };
        self.first(|tenant| {
            if let Some(app) = tenant.app_mut(app) {
                app.keys.push(KeyCredential {
                    id: Uuid::new_v4(),
                    name: "added".to_owned(),
                    certificate,
                });
            }
        });
    }

    /// A new secret of an app that lasts until `ends`.
    pub fn add_secret(&self, app: Uuid, ends: SystemTime) -> Zeroizing<String> {
        let value = Zeroizing::new(random::text(40));
        self.first(|tenant| {
            if let Some(app) = tenant.app_mut(app) {
                app.secrets.push(AppSecret {
                    value: value.clone(),
                    ends: clock::seconds(ends),
                });
            }
        });
        value
    }

    /// Lets tokens of another issuer, signed by the key of `certificate` (DER), stand for an app.
    pub fn add_federation(&self, app: Uuid, issuer: &str, subject: &str, audience: &str, certificate: &[u8]) {
        let Some(certificate) = Registered::read(certificate) else {
            return;
        };
        self.first(|tenant| {
            if let Some(app) = tenant.app_mut(app) {
                app.federations.push(Federation {
                    issuer: issuer.to_owned(),
                    subject: subject.to_owned(),
                    audience: audience.to_owned(),
                    certificate,
                });
            }
        });
    }

    /// Gives an app or a managed identity (by app id) `Exchange.ManageAsApp` and the role Exchange Administrator.
    pub fn entitle(&self, app: Uuid) {
        self.first(|tenant| {
            if let Some(principal) = tenant.principal_of(app).map(|found| found.object) {
                entitle(tenant, principal);
            }
        });
    }

    /// Gives an app (by app id) all permissions of Graph that there are.
    pub fn permit_graph(&self, app: Uuid) {
        self.first(|tenant| {
            let principal = tenant.principal_of(app).map(|found| found.object);
            let graph = tenant.principal_of(GRAPH_APP).map(|found| found.object);
            if let (Some(principal), Some(graph)) = (principal, graph) {
                for (role, _) in app_roles(GRAPH_APP) {
                    tenant.give_app_role(principal, graph, *role);
                }
            }
        });
    }

    /// Takes the app roles of an app or a managed identity away.
    pub fn take_app_roles(&self, app: Uuid) {
        self.first(|tenant| {
            let principal = tenant.principal_of(app).map(|found| found.object);
            tenant
                .app_roles
                .retain(|given| Some(given.principal) != principal);
        });
    }

    /// Takes the directory roles of an app or a managed identity away.
    pub fn take_roles(&self, app: Uuid) {
        self.first(|tenant| {
            let principal = tenant.principal_of(app).map(|found| found.object);
            tenant.roles.retain(|given| Some(given.principal) != principal);
        });
    }

    /// What an app or a managed identity has, by app id.
    #[must_use]
    pub fn rights(&self, app: Uuid) -> Rights {
        self.first(|tenant| {
            let principal = tenant.principal_of(app).map(|found| found.object);
            let name = |role: Uuid| {
                ROLES
                    .iter()
                    .find(|(id, _, _)| *id == role)
                    .map(|(_, name, _)| *name)
            };
            Rights {
                principal: principal.is_some(),
                certificates: tenant.app(app).map_or_else(Vec::new, |app| {
                    app.keys.iter().map(|key| key.certificate.sha256()).collect()
                }),
                app_roles: principal.map_or_else(Vec::new, |principal| {
                    let values = tenant.app_roles_of(principal, EXCHANGE_APP);
                    values.into_iter().map(str::to_owned).collect()
                }),
                roles: principal.map_or_else(Vec::new, |principal| {
                    let roles = tenant.roles_of(principal);
                    roles.into_iter().filter_map(name).map(str::to_owned).collect()
                }),
            }
        })
    }

    /// Removes "Office 365 Exchange Online" from the tenant, as in one that never had it.
    pub fn remove_exchange(&self) {
        self.first(|tenant| {
            let exchange = tenant.principal_of(EXCHANGE_APP).map(|found| found.object);
            tenant.app_roles.retain(|given| Some(given.resource) != exchange);
            tenant
                .principals
                .retain(|principal| principal.app != EXCHANGE_APP);
        });
    }

    /// Gives the signed-in administrator another directory role than Global Administrator; none for an unknown name.
    pub fn administrator_is_only(&self, role: &str) {
        self.first(|tenant| {
            let Some(admin) = tenant.users.first().map(|user| user.object) else {
                return;
            };
            tenant.roles.retain(|given| given.principal != admin);
            if let Some((id, _, _)) = ROLES.iter().find(|(_, name, _)| *name == role) {
                tenant.give_role(admin, *id);
            }
        });
    }

    /// The identities of the machine: the system's own first, then the user-assigned.
    #[must_use]
    pub fn identities(&self) -> Vec<Identity> {
        self.with(|state| state.identities.iter().map(identity).collect())
    }

    /// A managed identity without rights; user-assigned when it has a resource id.
    pub fn add_identity(&self, name: &str, resource_id: Option<&str>) -> Identity {
        self.with(|state| {
            let resource = resource_id.map(str::to_owned);
            match state.tenants.first_mut() {
                Some(tenant) => {
                    let made = machine_identity(tenant, name, resource);
                    let public = identity(&made);
                    state.identities.push(made);
                    public
                }
                None => Identity {
                    client_id: Uuid::nil(),
                    object_id: Uuid::nil(),
                    resource_id: resource,
                },
            }
        })
    }

    /// Puts a new certificate into the vault `corp`, and gives it in DER; it is on no app.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn add_vault_certificate(
        &self,
        name: &str,
        exportable: bool,
        format: VaultFormat,
    ) -> Result<Vec<u8>, LabError> {
        let (registered, key) = certificate::generate(name)?;
        let der = registered.der.clone();
        self.vault_mut(|vault| {
            let kept = kept(registered, key, exportable, format);
            vault.certificates.insert(name.to_owned(), kept);
        });
        Ok(der)
    }

    /// Puts a secret into the vault `corp`.
    pub fn add_vault_secret(&self, name: &str, value: &str, content_type: &str) {
        let secret = (Zeroizing::new(value.to_owned()), content_type.to_owned());
        self.vault_mut(|vault| {
            vault.secrets.insert(name.to_owned(), secret);
        });
    }

    /// Keeps a principal (by object id) out of the vault `corp`.
    pub fn refuse_in_vault(&self, principal: Uuid) {
        self.vault_mut(|vault| vault.refused.push(principal));
    }

    /// The certificate of the vault `corp` by this name, in DER.
    #[must_use]
    pub fn vault_certificate(&self, name: &str) -> Option<Vec<u8>> {
        self.with(|state| {
            let kept = state.vaults.get(VAULT)?.certificates.get(name)?;
            Some(kept.certificate.der.clone())
        })
    }

    fn vault_mut(&self, change: impl FnOnce(&mut Vault)) {
        self.with(|state| {
            if let Some(vault) = state.vaults.get_mut(VAULT) {
                change(vault);
            }
        });
    }

    /// How long tokens last that are given out from now on.
    pub fn token_life(&self, life: Duration) {
        self.with(|state| state.token_life = life.as_secs());
    }

    /// How many entries Graph puts on a page.
    pub fn page_size(&self, entries: usize) {
        self.with(|state| state.page_size = entries.max(1));
    }

    /// How often a device code is still pending when it is asked for, and whether the person then declines.
    pub fn device_codes(&self, pending: u32, declined: bool) {
        self.with(|state| state.device = DeviceRule { pending, declined });
    }

    /// The refresh tokens that persons hold and have not used yet: for whoever searches what a client wrote for them.
    #[must_use]
    pub fn refresh_tokens(&self) -> Vec<Zeroizing<String>> {
        self.with(|state| state.refreshes.keys().cloned().map(Zeroizing::new).collect())
    }
}

fn identity(stored: &MachineIdentity) -> Identity {
    Identity {
        client_id: stored.client,
        object_id: stored.object,
        resource_id: stored.resource.clone(),
    }
}
