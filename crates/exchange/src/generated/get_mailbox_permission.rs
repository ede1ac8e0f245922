//! `Get-MailboxPermission`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MailboxPermission;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Credential;
use crate::value::Identity;
use crate::value::ResultSize;

/// `Get-MailboxPermission`: Who may do what with a mailbox.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetMailboxPermission {
    /// `-Identity` (MailboxIdParameter).
    pub identity: Identity,
    /// `-Credential` (PSCredential).
    pub credential: Option<Credential>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    pub group_mailbox: bool,
    /// `-IncludeSoftDeletedUserPermissions` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_user_permissions: bool,
    /// `-IncludeUnresolvedPermissions` (SwitchParameter). Exchange Online only.
    pub include_unresolved_permissions: bool,
    /// `-IncludeUserWithDisplayName` (SwitchParameter). Exchange Online only.
    pub include_user_with_display_name: bool,
    /// `-Owner` (SwitchParameter).
    pub owner: bool,
    /// `-ReadFromDomainController` (SwitchParameter).
    pub read_from_domain_controller: bool,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    pub soft_deleted_mailbox: bool,
    /// `-UseCustomRouting` (SwitchParameter). Exchange Online only.
    pub use_custom_routing: bool,
    /// `-User` (SecurityPrincipalIdParameter).
    pub user: Option<Identity>,
}

impl GetMailboxPermission {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            credential: Default::default(),
            domain_controller: Default::default(),
            group_mailbox: Default::default(),
            include_soft_deleted_user_permissions: Default::default(),
            include_unresolved_permissions: Default::default(),
            include_user_with_display_name: Default::default(),
            owner: Default::default(),
            read_from_domain_controller: Default::default(),
            result_size: Default::default(),
            soft_deleted_mailbox: Default::default(),
            use_custom_routing: Default::default(),
            user: Default::default(),
        }
    }

    /// `-Credential` (PSCredential).
    #[must_use]
    pub fn credential(mut self, value: impl Into<Credential>) -> Self {
        self.credential = Some(value.into());
        self
    }

    /// `-DomainController` (Fqdn). On premises only.
    #[must_use]
    pub fn domain_controller(mut self, value: impl Into<String>) -> Self {
        self.domain_controller = Some(value.into());
        self
    }

    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn group_mailbox(mut self, on: bool) -> Self {
        self.group_mailbox = on;
        self
    }

    /// `-IncludeSoftDeletedUserPermissions` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_user_permissions(mut self, on: bool) -> Self {
        self.include_soft_deleted_user_permissions = on;
        self
    }

    /// `-IncludeUnresolvedPermissions` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_unresolved_permissions(mut self, on: bool) -> Self {
        self.include_unresolved_permissions = on;
        self
    }

    /// `-IncludeUserWithDisplayName` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_user_with_display_name(mut self, on: bool) -> Self {
        self.include_user_with_display_name = on;
        self
    }

    /// `-Owner` (SwitchParameter).
    #[must_use]
    pub fn owner(mut self, on: bool) -> Self {
        self.owner = on;
        self
    }

    /// `-ReadFromDomainController` (SwitchParameter).
    #[must_use]
    pub fn read_from_domain_controller(mut self, on: bool) -> Self {
        self.read_from_domain_controller = on;
        self
    }

    /// `-ResultSize` (Unlimited).
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn soft_deleted_mailbox(mut self, on: bool) -> Self {
        self.soft_deleted_mailbox = on;
        self
    }

    /// `-UseCustomRouting` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn use_custom_routing(mut self, on: bool) -> Self {
        self.use_custom_routing = on;
        self
    }

    /// `-User` (SecurityPrincipalIdParameter).
    #[must_use]
    pub fn user(mut self, value: impl Into<Identity>) -> Self {
        self.user = Some(value.into());
        self
    }
}

impl Cmdlet for GetMailboxPermission {
    type Output = MailboxPermission;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-MailboxPermission",
        over_psrp: None,
        writes: false,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "MailboxIdParameter",
                kind: Kind::Identity,
                required: true,
                position: Some(1),
                pipeline: true,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Credential",
                type_name: "PSCredential",
                kind: Kind::Credential,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "DomainController",
                type_name: "Fqdn",
                kind: Kind::Text,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GroupMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeSoftDeletedUserPermissions",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeUnresolvedPermissions",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeUserWithDisplayName",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Owner",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReadFromDomainController",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SoftDeletedMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UseCustomRouting",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "User",
                type_name: "SecurityPrincipalIdParameter",
                kind: Kind::Identity,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Credential", &self.credential);
        arguments.put("DomainController", &self.domain_controller);
        arguments.switch("GroupMailbox", self.group_mailbox);
        arguments.switch(
            "IncludeSoftDeletedUserPermissions",
            self.include_soft_deleted_user_permissions,
        );
        arguments.switch(
            "IncludeUnresolvedPermissions",
            self.include_unresolved_permissions,
        );
        arguments.switch("IncludeUserWithDisplayName", self.include_user_with_display_name);
        arguments.switch("Owner", self.owner);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("ResultSize", &self.result_size);
        arguments.switch("SoftDeletedMailbox", self.soft_deleted_mailbox);
        arguments.switch("UseCustomRouting", self.use_custom_routing);
        arguments.put("User", &self.user);
    }
}
