//! `Get-DistributionGroupMember`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Member;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Credential;
use crate::value::Identity;
use crate::value::ResultSize;

/// `Get-DistributionGroupMember`: The direct members of a distribution group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetDistributionGroupMember {
    /// `-Identity` (DistributionGroupMemberIdParameter).
    pub identity: Identity,
    /// `-Credential` (PSCredential).
    pub credential: Option<Credential>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-IncludeSoftDeletedObjects` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_objects: bool,
    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    pub read_from_domain_controller: bool,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
}

impl GetDistributionGroupMember {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            credential: Default::default(),
            domain_controller: Default::default(),
            ignore_default_scope: Default::default(),
            include_soft_deleted_objects: Default::default(),
            read_from_domain_controller: Default::default(),
            result_size: Default::default(),
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

    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-IncludeSoftDeletedObjects` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_objects(mut self, on: bool) -> Self {
        self.include_soft_deleted_objects = on;
        self
    }

    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
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
}

impl Cmdlet for GetDistributionGroupMember {
    type Output = Member;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-DistributionGroupMember",
        over_psrp: None,
        writes: false,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "DistributionGroupMemberIdParameter",
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
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeSoftDeletedObjects",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
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
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Credential", &self.credential);
        arguments.put("DomainController", &self.domain_controller);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.switch("IncludeSoftDeletedObjects", self.include_soft_deleted_objects);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("ResultSize", &self.result_size);
    }
}
