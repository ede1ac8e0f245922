//! `Get-Mailbox`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Mailbox;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Credential;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;

/// `Get-Mailbox`: Mailboxes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetMailbox {
    /// `-Identity` (MailboxIdParameter).
    pub identity: Option<Identity>,
    /// `-Anr` (String).
    pub anr: Option<String>,
    /// `-Arbitration` (SwitchParameter). On premises only.
    pub arbitration: bool,
    /// `-Archive` (SwitchParameter).
    pub archive: bool,
    /// `-AuditLog` (SwitchParameter). On premises only.
    pub audit_log: bool,
    /// `-AuxAuditLog` (SwitchParameter). On premises only.
    pub aux_audit_log: bool,
    /// `-Credential` (PSCredential). On premises only.
    pub credential: Option<Credential>,
    /// `-Database` (DatabaseIdParameter). On premises only.
    pub database: Option<Identity>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-Filter` (String).
    pub filter: Option<Filter>,
    /// `-GroupMailbox` (SwitchParameter).
    pub group_mailbox: bool,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-InactiveMailboxOnly` (SwitchParameter). Exchange Online only.
    pub inactive_mailbox_only: bool,
    /// `-IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_accept_messages_only_from_dl_members_with_display_names: bool,
    /// `-IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_accept_messages_only_from_senders_or_members_with_display_names: bool,
    /// `-IncludeAcceptMessagesOnlyFromWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_accept_messages_only_from_with_display_names: bool,
    /// `-IncludeEmailAddressDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_email_address_display_names: bool,
    /// `-IncludeForwardingAddressWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_forwarding_address_with_display_names: bool,
    /// `-IncludeGrantSendOnBehalfToWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_grant_send_on_behalf_to_with_display_names: bool,
    /// `-IncludeInactiveMailbox` (SwitchParameter). Exchange Online only.
    pub include_inactive_mailbox: bool,
    /// `-MailboxPlan` (MailboxPlanIdParameter). Exchange Online only.
    pub mailbox_plan: Option<Identity>,
    /// `-Migration` (SwitchParameter).
    pub migration: bool,
    /// `-Monitoring` (SwitchParameter). On premises only.
    pub monitoring: bool,
    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    pub organizational_unit: Option<Identity>,
    /// `-PublicFolder` (SwitchParameter).
    pub public_folder: bool,
    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    pub read_from_domain_controller: bool,
    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-RemoteArchive` (SwitchParameter). On premises only.
    pub remote_archive: bool,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
    /// `-Server` (ServerIdParameter). On premises only.
    pub server: Option<Identity>,
    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    pub soft_deleted_mailbox: bool,
    /// `-SortBy` (String).
    pub sort_by: Option<String>,
    /// `-SupervisoryReviewPolicy` (SwitchParameter). On premises only.
    pub supervisory_review_policy: bool,
}

impl GetMailbox {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (MailboxIdParameter).
    #[must_use]
    pub fn identity(mut self, value: impl Into<Identity>) -> Self {
        self.identity = Some(value.into());
        self
    }

    /// `-Anr` (String).
    #[must_use]
    pub fn anr(mut self, value: impl Into<String>) -> Self {
        self.anr = Some(value.into());
        self
    }

    /// `-Arbitration` (SwitchParameter). On premises only.
    #[must_use]
    pub fn arbitration(mut self, on: bool) -> Self {
        self.arbitration = on;
        self
    }

    /// `-Archive` (SwitchParameter).
    #[must_use]
    pub fn archive(mut self, on: bool) -> Self {
        self.archive = on;
        self
    }

    /// `-AuditLog` (SwitchParameter). On premises only.
    #[must_use]
    pub fn audit_log(mut self, on: bool) -> Self {
        self.audit_log = on;
        self
    }

    /// `-AuxAuditLog` (SwitchParameter). On premises only.
    #[must_use]
    pub fn aux_audit_log(mut self, on: bool) -> Self {
        self.aux_audit_log = on;
        self
    }

    /// `-Credential` (PSCredential). On premises only.
    #[must_use]
    pub fn credential(mut self, value: impl Into<Credential>) -> Self {
        self.credential = Some(value.into());
        self
    }

    /// `-Database` (DatabaseIdParameter). On premises only.
    #[must_use]
    pub fn database(mut self, value: impl Into<Identity>) -> Self {
        self.database = Some(value.into());
        self
    }

    /// `-DomainController` (Fqdn). On premises only.
    #[must_use]
    pub fn domain_controller(mut self, value: impl Into<String>) -> Self {
        self.domain_controller = Some(value.into());
        self
    }

    /// `-Filter` (String).
    #[must_use]
    pub fn filter(mut self, value: impl Into<Filter>) -> Self {
        self.filter = Some(value.into());
        self
    }

    /// `-GroupMailbox` (SwitchParameter).
    #[must_use]
    pub fn group_mailbox(mut self, on: bool) -> Self {
        self.group_mailbox = on;
        self
    }

    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-InactiveMailboxOnly` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn inactive_mailbox_only(mut self, on: bool) -> Self {
        self.inactive_mailbox_only = on;
        self
    }

    /// `-IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_accept_messages_only_from_dl_members_with_display_names(mut self, on: bool) -> Self {
        self.include_accept_messages_only_from_dl_members_with_display_names = on;
        self
    }

    /// `-IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_accept_messages_only_from_senders_or_members_with_display_names(
        mut self,
        on: bool,
    ) -> Self {
        self.include_accept_messages_only_from_senders_or_members_with_display_names = on;
        self
    }

    /// `-IncludeAcceptMessagesOnlyFromWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_accept_messages_only_from_with_display_names(mut self, on: bool) -> Self {
        self.include_accept_messages_only_from_with_display_names = on;
        self
    }

    /// `-IncludeEmailAddressDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_email_address_display_names(mut self, on: bool) -> Self {
        self.include_email_address_display_names = on;
        self
    }

    /// `-IncludeForwardingAddressWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_forwarding_address_with_display_names(mut self, on: bool) -> Self {
        self.include_forwarding_address_with_display_names = on;
        self
    }

    /// `-IncludeGrantSendOnBehalfToWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_grant_send_on_behalf_to_with_display_names(mut self, on: bool) -> Self {
        self.include_grant_send_on_behalf_to_with_display_names = on;
        self
    }

    /// `-IncludeInactiveMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_inactive_mailbox(mut self, on: bool) -> Self {
        self.include_inactive_mailbox = on;
        self
    }

    /// `-MailboxPlan` (MailboxPlanIdParameter). Exchange Online only.
    #[must_use]
    pub fn mailbox_plan(mut self, value: impl Into<Identity>) -> Self {
        self.mailbox_plan = Some(value.into());
        self
    }

    /// `-Migration` (SwitchParameter).
    #[must_use]
    pub fn migration(mut self, on: bool) -> Self {
        self.migration = on;
        self
    }

    /// `-Monitoring` (SwitchParameter). On premises only.
    #[must_use]
    pub fn monitoring(mut self, on: bool) -> Self {
        self.monitoring = on;
        self
    }

    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    #[must_use]
    pub fn organizational_unit(mut self, value: impl Into<Identity>) -> Self {
        self.organizational_unit = Some(value.into());
        self
    }

    /// `-PublicFolder` (SwitchParameter).
    #[must_use]
    pub fn public_folder(mut self, on: bool) -> Self {
        self.public_folder = on;
        self
    }

    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    #[must_use]
    pub fn read_from_domain_controller(mut self, on: bool) -> Self {
        self.read_from_domain_controller = on;
        self
    }

    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    #[must_use]
    pub fn recipient_type_details(
        mut self,
        values: impl IntoIterator<Item = impl Into<RecipientTypeDetails>>,
    ) -> Self {
        self.recipient_type_details = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-RemoteArchive` (SwitchParameter). On premises only.
    #[must_use]
    pub fn remote_archive(mut self, on: bool) -> Self {
        self.remote_archive = on;
        self
    }

    /// `-ResultSize` (Unlimited).
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-Server` (ServerIdParameter). On premises only.
    #[must_use]
    pub fn server(mut self, value: impl Into<Identity>) -> Self {
        self.server = Some(value.into());
        self
    }

    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn soft_deleted_mailbox(mut self, on: bool) -> Self {
        self.soft_deleted_mailbox = on;
        self
    }

    /// `-SortBy` (String).
    #[must_use]
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {
        self.sort_by = Some(value.into());
        self
    }

    /// `-SupervisoryReviewPolicy` (SwitchParameter). On premises only.
    #[must_use]
    pub fn supervisory_review_policy(mut self, on: bool) -> Self {
        self.supervisory_review_policy = on;
        self
    }
}

impl Cmdlet for GetMailbox {
    type Output = Mailbox;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-Mailbox",
        over_psrp: None,
        writes: false,
        alternatives: &["Identity", "Anr"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "MailboxIdParameter",
                kind: Kind::Identity,
                position: Some(1),
                pipeline: true,
                sets: &["Identity"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Anr",
                type_name: "String",
                kind: Kind::Text,
                sets: &["AnrSet"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Arbitration",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Archive",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AuditLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AuxAuditLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Credential",
                type_name: "PSCredential",
                kind: Kind::Credential,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Database",
                type_name: "DatabaseIdParameter",
                kind: Kind::Identity,
                place: Place::OnPremises,
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
                name: "Filter",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GroupMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "InactiveMailboxOnly",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeAcceptMessagesOnlyFromWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeEmailAddressDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeForwardingAddressWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeGrantSendOnBehalfToWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeInactiveMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MailboxPlan",
                type_name: "MailboxPlanIdParameter",
                kind: Kind::Identity,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Migration",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Monitoring",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "OrganizationalUnit",
                type_name: "OrganizationalUnitIdParameter",
                kind: Kind::Identity,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PublicFolder",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReadFromDomainController",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientTypeDetails",
                type_name: "RecipientTypeDetails[]",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RemoteArchive",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Server",
                type_name: "ServerIdParameter",
                kind: Kind::Identity,
                place: Place::OnPremises,
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
                name: "SortBy",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SupervisoryReviewPolicy",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.switch("Arbitration", self.arbitration);
        arguments.switch("Archive", self.archive);
        arguments.switch("AuditLog", self.audit_log);
        arguments.switch("AuxAuditLog", self.aux_audit_log);
        arguments.put("Credential", &self.credential);
        arguments.put("Database", &self.database);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("Filter", &self.filter);
        arguments.switch("GroupMailbox", self.group_mailbox);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.switch("InactiveMailboxOnly", self.inactive_mailbox_only);
        arguments.switch(
            "IncludeAcceptMessagesOnlyFromDLMembersWithDisplayNames",
            self.include_accept_messages_only_from_dl_members_with_display_names,
        );
        arguments.switch(
            "IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames",
            self.include_accept_messages_only_from_senders_or_members_with_display_names,
        );
        arguments.switch(
            "IncludeAcceptMessagesOnlyFromWithDisplayNames",
            self.include_accept_messages_only_from_with_display_names,
        );
        arguments.switch(
            "IncludeEmailAddressDisplayNames",
            self.include_email_address_display_names,
        );
        arguments.switch(
            "IncludeForwardingAddressWithDisplayNames",
            self.include_forwarding_address_with_display_names,
        );
        arguments.switch(
            "IncludeGrantSendOnBehalfToWithDisplayNames",
            self.include_grant_send_on_behalf_to_with_display_names,
        );
        arguments.switch("IncludeInactiveMailbox", self.include_inactive_mailbox);
        arguments.put("MailboxPlan", &self.mailbox_plan);
        arguments.switch("Migration", self.migration);
        arguments.switch("Monitoring", self.monitoring);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.switch("PublicFolder", self.public_folder);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.switch("RemoteArchive", self.remote_archive);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("Server", &self.server);
        arguments.switch("SoftDeletedMailbox", self.soft_deleted_mailbox);
        arguments.put("SortBy", &self.sort_by);
        arguments.switch("SupervisoryReviewPolicy", self.supervisory_review_policy);
    }
}
