//! `Get-DynamicDistributionGroupMember`.
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

/// `Get-DynamicDistributionGroupMember`: The members of a dynamic distribution group, as last computed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetDynamicDistributionGroupMember {
    /// `-Identity` (DynamicDistributionGroupMemberIdParameter). Exchange Online only.
    pub identity: Identity,
    /// `-Credential` (PSCredential). Exchange Online only.
    pub credential: Option<Credential>,
    /// `-IncludeSoftDeletedObjects` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_objects: bool,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
}

impl GetDynamicDistributionGroupMember {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            credential: Default::default(),
            include_soft_deleted_objects: Default::default(),
            result_size: Default::default(),
        }
    }

    /// `-Credential` (PSCredential). Exchange Online only.
    #[must_use]
    pub fn credential(mut self, value: impl Into<Credential>) -> Self {
        self.credential = Some(value.into());
        self
    }

    /// `-IncludeSoftDeletedObjects` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_objects(mut self, on: bool) -> Self {
        self.include_soft_deleted_objects = on;
        self
    }

    /// `-ResultSize` (Unlimited). Exchange Online only.
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }
}

impl Cmdlet for GetDynamicDistributionGroupMember {
    type Output = Member;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-DynamicDistributionGroupMember",
        over_psrp: None,
        writes: false,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "DynamicDistributionGroupMemberIdParameter",
                kind: Kind::Identity,
                required: true,
                position: Some(1),
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Credential",
                type_name: "PSCredential",
                kind: Kind::Credential,
                place: Place::Online,
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
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Credential", &self.credential);
        arguments.switch("IncludeSoftDeletedObjects", self.include_soft_deleted_objects);
        arguments.put("ResultSize", &self.result_size);
    }
}
