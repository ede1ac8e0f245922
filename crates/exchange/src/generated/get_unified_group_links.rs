//! `Get-UnifiedGroupLinks`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Member;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use crate::value::LinkType;
use crate::value::ResultSize;

/// `Get-UnifiedGroupLinks`: The members, owners or subscribers of a Microsoft 365 group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GetUnifiedGroupLinks {
    /// `-Identity` (UnifiedGroupIdParameter). Exchange Online only.
    pub identity: Identity,
    /// `-LinkType` (LinkType). Exchange Online only.
    pub link_type: LinkType,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
}

impl GetUnifiedGroupLinks {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>, link_type: impl Into<LinkType>) -> Self {
        Self {
            identity: identity.into(),
            link_type: link_type.into(),
            result_size: Default::default(),
        }
    }

    /// `-ResultSize` (Unlimited). Exchange Online only.
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }
}

impl Cmdlet for GetUnifiedGroupLinks {
    type Output = Member;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-UnifiedGroupLinks",
        over_psrp: None,
        writes: false,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "UnifiedGroupIdParameter",
                kind: Kind::Identity,
                required: true,
                position: Some(1),
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "LinkType",
                type_name: "LinkType",
                kind: Kind::Text,
                required: true,
                place: Place::Online,
                values: &["Members", "Owners", "Subscribers"],
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
        arguments.put("LinkType", &self.link_type);
        arguments.put("ResultSize", &self.result_size);
    }
}
