//! `Get-Group`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Group;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Credential;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;

/// `Get-Group`: Groups of every kind, mail-enabled or not.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetGroup {
    /// `-Identity` (GroupIdParameter).
    pub identity: Option<Identity>,
    /// `-Anr` (String).
    pub anr: Option<String>,
    /// `-Credential` (PSCredential). On premises only.
    pub credential: Option<Credential>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-Filter` (String).
    pub filter: Option<Filter>,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    pub organizational_unit: Option<Identity>,
    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    pub read_from_domain_controller: bool,
    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
    /// `-SortBy` (String).
    pub sort_by: Option<String>,
}

impl GetGroup {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (GroupIdParameter).
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

    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    #[must_use]
    pub fn organizational_unit(mut self, value: impl Into<Identity>) -> Self {
        self.organizational_unit = Some(value.into());
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

    /// `-SortBy` (String).
    #[must_use]
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {
        self.sort_by = Some(value.into());
        self
    }
}

impl Cmdlet for GetGroup {
    type Output = Group;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-Group",
        over_psrp: None,
        writes: false,
        alternatives: &["Identity", "Anr"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "GroupIdParameter",
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
                name: "OrganizationalUnit",
                type_name: "OrganizationalUnitIdParameter",
                kind: Kind::Identity,
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
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SortBy",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.put("Credential", &self.credential);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("Filter", &self.filter);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("SortBy", &self.sort_by);
    }
}
