//! `Get-User`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::User;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Credential;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;

/// `Get-User`: Users, mailbox or not.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetUser {
    /// `-Identity` (UserIdParameter).
    pub identity: Option<Identity>,
    /// `-Anr` (String).
    pub anr: Option<String>,
    /// `-Arbitration` (SwitchParameter). On premises only.
    pub arbitration: bool,
    /// `-AuditLog` (SwitchParameter). On premises only, since 2016.
    pub audit_log: bool,
    /// `-AuxAuditLog` (SwitchParameter). On premises only, since 2016.
    pub aux_audit_log: bool,
    /// `-Credential` (PSCredential). On premises only.
    pub credential: Option<Credential>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-Filter` (String).
    pub filter: Option<Filter>,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-IncludeDirectReportsWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_direct_reports_with_display_names: bool,
    /// `-IncludeManagerWithDisplayName` (SwitchParameter). Exchange Online only.
    pub include_manager_with_display_name: bool,
    /// `-IsVIP` (SwitchParameter). Exchange Online only.
    pub is_vip: bool,
    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    pub organizational_unit: Option<Identity>,
    /// `-PublicFolder` (SwitchParameter).
    pub public_folder: bool,
    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    pub read_from_domain_controller: bool,
    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
    /// `-Sortby` (String).
    pub sort_by: Option<String>,
    /// `-SupervisoryReviewPolicy` (SwitchParameter). On premises only, since 2016.
    pub supervisory_review_policy: bool,
}

impl GetUser {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (UserIdParameter).
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

    /// `-AuditLog` (SwitchParameter). On premises only, since 2016.
    #[must_use]
    pub fn audit_log(mut self, on: bool) -> Self {
        self.audit_log = on;
        self
    }

    /// `-AuxAuditLog` (SwitchParameter). On premises only, since 2016.
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

    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-IncludeDirectReportsWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_direct_reports_with_display_names(mut self, on: bool) -> Self {
        self.include_direct_reports_with_display_names = on;
        self
    }

    /// `-IncludeManagerWithDisplayName` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_manager_with_display_name(mut self, on: bool) -> Self {
        self.include_manager_with_display_name = on;
        self
    }

    /// `-IsVIP` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn is_vip(mut self, on: bool) -> Self {
        self.is_vip = on;
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

    /// `-ResultSize` (Unlimited).
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-Sortby` (String).
    #[must_use]
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {
        self.sort_by = Some(value.into());
        self
    }

    /// `-SupervisoryReviewPolicy` (SwitchParameter). On premises only, since 2016.
    #[must_use]
    pub fn supervisory_review_policy(mut self, on: bool) -> Self {
        self.supervisory_review_policy = on;
        self
    }
}

impl Cmdlet for GetUser {
    type Output = User;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-User",
        over_psrp: None,
        writes: false,
        alternatives: &["Identity", "Anr"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "UserIdParameter",
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
                name: "AuditLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                since: Some(2016),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AuxAuditLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                since: Some(2016),
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
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeDirectReportsWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                sets: &["Identity", "AnrSet"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeManagerWithDisplayName",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                sets: &["Identity", "AnrSet"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IsVIP",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
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
                values: &[
                    "DisabledUser",
                    "DiscoveryMailbox",
                    "EquipmentMailbox",
                    "GuestMailUser",
                    "GroupMailbox",
                    "LegacyMailbox",
                    "LinkedMailbox",
                    "LinkedRoomMailbox",
                    "LinkedUser",
                    "MailUser",
                    "PublicFolderMailbox",
                    "RemoteEquipmentMailbox",
                    "RemoteRoomMailbox",
                    "RemoteSharedMailbox",
                    "RemoteTeamMailbox",
                    "RemoteUserMailbox",
                    "RoomMailbox",
                    "SchedulingMailbox",
                    "SharedMailbox",
                    "SharedWithMailUser",
                    "TeamMailbox",
                    "User",
                    "UserMailbox",
                ],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Sortby",
                type_name: "String",
                kind: Kind::Text,
                values: &["Name", "DisplayName", "City", "FirstName", "LastName", "Office"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SupervisoryReviewPolicy",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                since: Some(2016),
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.switch("Arbitration", self.arbitration);
        arguments.switch("AuditLog", self.audit_log);
        arguments.switch("AuxAuditLog", self.aux_audit_log);
        arguments.put("Credential", &self.credential);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("Filter", &self.filter);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.switch(
            "IncludeDirectReportsWithDisplayNames",
            self.include_direct_reports_with_display_names,
        );
        arguments.switch(
            "IncludeManagerWithDisplayName",
            self.include_manager_with_display_name,
        );
        arguments.switch("IsVIP", self.is_vip);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.switch("PublicFolder", self.public_folder);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("Sortby", &self.sort_by);
        arguments.switch("SupervisoryReviewPolicy", self.supervisory_review_policy);
    }
}
