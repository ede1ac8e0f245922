//! What the cloud knows: tenants with their apps, service principals and roles, vaults, and the identities of the
//! machine it runs on.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::{Uuid, uuid};

use super::certificate::Registered;
use super::order::Order;
use super::seen::SeenRequest;
use super::vault::Vault;

/// "Office 365 Exchange Online", the same in every tenant.
pub(crate) const EXCHANGE_APP: Uuid = uuid!("00000002-0000-0ff1-ce00-000000000000");
/// "Microsoft Graph".
pub(crate) const GRAPH_APP: Uuid = uuid!("00000003-0000-0000-c000-000000000000");
/// "Azure Key Vault".
pub(crate) const VAULT_APP: Uuid = uuid!("cfa8b339-82a2-471a-a3c9-0fc0be7a4093");
/// The app role that lets an app use Exchange's cmdlets.
pub(crate) const MANAGE_AS_APP: Uuid = uuid!("dc50a0fb-09a3-484d-be87-e023b12c6440");
/// Public clients that everybody may sign in with: Exchange's module, Graph's tools, Azure's.
pub(crate) const PUBLIC_CLIENTS: [(Uuid, &str); 3] = [
    (
        uuid!("fb78d390-0c51-40cd-8e17-fdbfab77341b"),
        "Microsoft Exchange REST API Based Powershell",
    ),
    (
        uuid!("14d82eec-204b-4c2f-b7e8-296a70dab67e"),
        "Microsoft Graph Command Line Tools",
    ),
    (
        uuid!("1950a258-227b-4e31-a9cf-717495945fc2"),
        "Microsoft Azure PowerShell",
    ),
];

pub(crate) const GLOBAL_ADMINISTRATOR: Uuid = uuid!("62e90394-69f5-4237-9190-012177145e10");
pub(crate) const PRIVILEGED_ROLE_ADMINISTRATOR: Uuid = uuid!("e8611ab8-c189-46e8-94e1-60213ab1f814");
pub(crate) const APPLICATION_ADMINISTRATOR: Uuid = uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3");
pub(crate) const EXCHANGE_ADMINISTRATOR: Uuid = uuid!("29232cdf-9323-42fd-ade2-1d097af3e4de");

/// The directory roles that exist, by the ids of their templates; with each, whether Exchange obeys it.
pub(crate) const ROLES: [(Uuid, &str, bool); 10] = [
    (GLOBAL_ADMINISTRATOR, "Global Administrator", true),
    (
        PRIVILEGED_ROLE_ADMINISTRATOR,
        "Privileged Role Administrator",
        false,
    ),
    (APPLICATION_ADMINISTRATOR, "Application Administrator", false),
    (EXCHANGE_ADMINISTRATOR, "Exchange Administrator", true),
    (
        uuid!("31392ffb-586c-42d1-9346-e59415a2cc4e"),
        "Exchange Recipient Administrator",
        true,
    ),
    (
        uuid!("f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
        "Global Reader",
        true,
    ),
    (
        uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8"),
        "Helpdesk Administrator",
        true,
    ),
    (
        uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d"),
        "Security Administrator",
        true,
    ),
    (
        uuid!("5d6b6bb7-de71-4623-b4af-96380a352509"),
        "Security Reader",
        true,
    ),
    (
        uuid!("17315797-102d-40b4-93e0-432062caca18"),
        "Compliance Administrator",
        true,
    ),
];

/// The roles that a resource grants to apps: id and value.
pub(crate) type AppRoles = &'static [(Uuid, &'static str)];

const EXCHANGE_ROLES: AppRoles = &[
    (MANAGE_AS_APP, "Exchange.ManageAsApp"),
    (
        uuid!("dc890d15-9560-4a4c-9b7f-a736ec74ec40"),
        "full_access_as_app",
    ),
];
const GRAPH_ROLES: AppRoles = &[
    (
        uuid!("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
        "Application.ReadWrite.All",
    ),
    (
        uuid!("06b708a9-e830-4db3-a914-8e69da51d44f"),
        "AppRoleAssignment.ReadWrite.All",
    ),
    (
        uuid!("9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"),
        "RoleManagement.ReadWrite.Directory",
    ),
    (
        uuid!("7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        "Directory.Read.All",
    ),
];

/// The resources that Microsoft owns: app id, name, roles.
pub(crate) const RESOURCES: [(Uuid, &str, AppRoles); 3] = [
    (EXCHANGE_APP, "Office 365 Exchange Online", EXCHANGE_ROLES),
    (GRAPH_APP, "Microsoft Graph", GRAPH_ROLES),
    (VAULT_APP, "Azure Key Vault", &[]),
];

/// A certificate that an app has registered.
#[derive(Clone)]
pub(crate) struct KeyCredential {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) certificate: Registered,
}

/// A password of an app.
pub(crate) struct AppSecret {
    pub(crate) value: zeroize::Zeroizing<String>,
    /// Seconds since 1970.
    pub(crate) ends: u64,
}

/// Whose tokens are taken instead of a credential.
pub(crate) struct Federation {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
    /// The issuer's certificate.
    pub(crate) certificate: Registered,
}

/// An app, registered in its home tenant.
pub(crate) struct App {
    pub(crate) object: Uuid,
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) keys: Vec<KeyCredential>,
    pub(crate) secrets: Vec<AppSecret>,
    pub(crate) federations: Vec<Federation>,
}

/// What a service principal stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Application,
    ManagedIdentity,
}

/// An app or a managed identity as a tenant sees it.
#[derive(Clone)]
pub(crate) struct Principal {
    pub(crate) object: Uuid,
    pub(crate) app: Uuid,
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// An app role, given to a principal.
#[derive(Clone)]
pub(crate) struct AppRoleAssignment {
    pub(crate) id: String,
    pub(crate) principal: Uuid,
    pub(crate) resource: Uuid,
    pub(crate) role: Uuid,
}

/// A directory role, given to a principal or a user.
#[derive(Clone)]
pub(crate) struct RoleAssignment {
    pub(crate) id: String,
    pub(crate) principal: Uuid,
    pub(crate) role: Uuid,
}

/// A person.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) object: Uuid,
    pub(crate) name: String,
}

/// A tenant.
pub(crate) struct Tenant {
    pub(crate) id: Uuid,
    /// The first is the initial one, below `onmicrosoft.com`.
    pub(crate) domains: Vec<String>,
    pub(crate) users: Vec<User>,
    pub(crate) apps: Vec<App>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) app_roles: Vec<AppRoleAssignment>,
    pub(crate) roles: Vec<RoleAssignment>,
}

impl Tenant {
    /// An administrator and the resources of Microsoft are in it.
    pub(crate) fn new(domains: Vec<String>) -> Self {
        let initial = domains.first().cloned().unwrap_or_default();
        let mut tenant = Self {
            id: Uuid::new_v4(),
            domains,
            users: Vec::new(),
            apps: Vec::new(),
            principals: Vec::new(),
            app_roles: Vec::new(),
            roles: Vec::new(),
        };
        for (app, name, _) in RESOURCES {
            tenant.add_principal(app, name, Kind::Application);
        }
        let admin = tenant.add_user(&format!("admin@{initial}"));
        tenant.give_role(admin, GLOBAL_ADMINISTRATOR);
        tenant
    }

    pub(crate) fn add_user(&mut self, name: &str) -> Uuid {
        let object = Uuid::new_v4();
        self.users.push(User {
            object,
            name: name.to_owned(),
        });
        object
    }

    pub(crate) fn add_principal(&mut self, app: Uuid, name: &str, kind: Kind) -> Uuid {
        let object = Uuid::new_v4();
        self.principals.push(Principal {
            object,
            app,
            name: name.to_owned(),
            kind,
        });
        object
    }

    pub(crate) fn give_role(&mut self, principal: Uuid, role: Uuid) -> RoleAssignment {
        let assignment = RoleAssignment {
            id: Uuid::new_v4().simple().to_string(),
            principal,
            role,
        };
        self.roles.push(assignment.clone());
        assignment
    }

    pub(crate) fn give_app_role(&mut self, principal: Uuid, resource: Uuid, role: Uuid) -> AppRoleAssignment {
        let assignment = AppRoleAssignment {
            id: Uuid::new_v4().simple().to_string(),
            principal,
            resource,
            role,
        };
        self.app_roles.push(assignment.clone());
        assignment
    }

    pub(crate) fn app(&self, id: Uuid) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    pub(crate) fn app_mut(&mut self, id: Uuid) -> Option<&mut App> {
        self.apps.iter_mut().find(|app| app.id == id)
    }

    /// The principal of an app or a managed identity.
    pub(crate) fn principal_of(&self, app: Uuid) -> Option<&Principal> {
        self.principals.iter().find(|principal| principal.app == app)
    }

    pub(crate) fn principal(&self, object: Uuid) -> Option<&Principal> {
        self.principals
            .iter()
            .find(|principal| principal.object == object)
    }

    /// The values of the app roles of `resource` (an app id) that a principal has.
    pub(crate) fn app_roles_of(&self, principal: Uuid, resource: Uuid) -> Vec<&'static str> {
        let Some(at) = self.principal_of(resource) else {
            return Vec::new();
        };
        self.app_roles
            .iter()
            .filter(|given| given.principal == principal && given.resource == at.object)
            .filter_map(|given| {
                app_roles(resource)
                    .iter()
                    .find(|(id, _)| *id == given.role)
                    .map(|(_, value)| *value)
            })
            .collect()
    }

    /// The directory roles of a principal or a user.
    pub(crate) fn roles_of(&self, principal: Uuid) -> Vec<Uuid> {
        self.roles
            .iter()
            .filter(|given| given.principal == principal)
            .map(|given| given.role)
            .collect()
    }

    /// `name` is its id or one of its domains.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        Uuid::parse_str(name).is_ok_and(|id| id == self.id)
            || self
                .domains
                .iter()
                .any(|domain| domain.eq_ignore_ascii_case(name))
    }
}

/// The app roles that a resource defines.
pub(crate) fn app_roles(resource: Uuid) -> AppRoles {
    RESOURCES
        .iter()
        .find(|(app, _, _)| *app == resource)
        .map_or(&[], |(_, _, roles)| roles)
}

/// An identity of the machine that the lab plays.
#[derive(Clone)]
pub(crate) struct MachineIdentity {
    pub(crate) tenant: Uuid,
    pub(crate) client: Uuid,
    pub(crate) object: Uuid,
    /// None for the one that belongs to the machine itself.
    pub(crate) resource: Option<String>,
}

/// A device code and what became of it.
pub(crate) struct DeviceCode {
    pub(crate) tenant: Uuid,
    pub(crate) client: Uuid,
    pub(crate) resource: Uuid,
    /// Who signs in, once the code has been asked for often enough.
    pub(crate) user: Option<Uuid>,
    /// How often the answer is still that nobody has signed in.
    pub(crate) pending: u32,
    /// Seconds since 1970.
    pub(crate) ends: u64,
}

/// What a refresh token stands for.
#[derive(Clone, Copy)]
pub(crate) struct Refresh {
    pub(crate) tenant: Uuid,
    pub(crate) client: Uuid,
    pub(crate) user: Uuid,
}

/// How device codes are answered.
#[derive(Clone, Copy)]
pub(crate) struct DeviceRule {
    pub(crate) pending: u32,
    pub(crate) declined: bool,
}

/// Everything that changes.
pub(crate) struct State {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) identities: Vec<MachineIdentity>,
    pub(crate) vaults: BTreeMap<String, Vault>,
    pub(crate) codes: HashMap<String, DeviceCode>,
    /// Refresh tokens, each for one use.
    pub(crate) refreshes: HashMap<String, Refresh>,
    pub(crate) device: DeviceRule,
    /// Client and `jti` of the assertions that were taken.
    pub(crate) used: HashSet<(Uuid, String)>,
    pub(crate) orders: Vec<Order>,
    pub(crate) seen: Vec<SeenRequest>,
    /// Seconds that a token lasts.
    pub(crate) token_life: u64,
    /// Entries on a page of Graph's lists.
    pub(crate) page_size: usize,
}

impl State {
    pub(crate) fn tenant(&self, name: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.is_called(name))
    }

    pub(crate) fn tenant_by_id(&self, id: Uuid) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    pub(crate) fn tenant_by_id_mut(&mut self, id: Uuid) -> Option<&mut Tenant> {
        self.tenants.iter_mut().find(|tenant| tenant.id == id)
    }
}
