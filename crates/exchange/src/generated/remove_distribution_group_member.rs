//! `Remove-DistributionGroupMember`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;

/// `Remove-DistributionGroupMember`: Removes one member from a distribution group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RemoveDistributionGroupMember {
    /// `-Identity` (DistributionGroupIdParameter).
    pub identity: Identity,
    /// `-BypassSecurityGroupManagerCheck` (SwitchParameter).
    pub bypass_security_group_manager_check: bool,
    /// `-Confirm` (SwitchParameter).
    pub confirm: bool,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-Member` (GeneralRecipientIdParameter).
    pub member: Option<Identity>,
    /// `-WhatIf` (SwitchParameter).
    pub what_if: bool,
}

impl RemoveDistributionGroupMember {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            bypass_security_group_manager_check: Default::default(),
            confirm: Default::default(),
            domain_controller: Default::default(),
            member: Default::default(),
            what_if: Default::default(),
        }
    }

    /// `-BypassSecurityGroupManagerCheck` (SwitchParameter).
    #[must_use]
    pub fn bypass_security_group_manager_check(mut self, on: bool) -> Self {
        self.bypass_security_group_manager_check = on;
        self
    }

    /// `-Confirm` (SwitchParameter).
    #[must_use]
    pub fn confirm(mut self, on: bool) -> Self {
        self.confirm = on;
        self
    }

    /// `-DomainController` (Fqdn). On premises only.
    #[must_use]
    pub fn domain_controller(mut self, value: impl Into<String>) -> Self {
        self.domain_controller = Some(value.into());
        self
    }

    /// `-Member` (GeneralRecipientIdParameter).
    #[must_use]
    pub fn member(mut self, value: impl Into<Identity>) -> Self {
        self.member = Some(value.into());
        self
    }

    /// `-WhatIf` (SwitchParameter).
    #[must_use]
    pub fn what_if(mut self, on: bool) -> Self {
        self.what_if = on;
        self
    }
}

impl Cmdlet for RemoveDistributionGroupMember {
    type Output = ();

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Remove-DistributionGroupMember",
        over_psrp: None,
        writes: true,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "DistributionGroupIdParameter",
                kind: Kind::Identity,
                required: true,
                position: Some(1),
                pipeline: true,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BypassSecurityGroupManagerCheck",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Confirm",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
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
                name: "Member",
                type_name: "GeneralRecipientIdParameter",
                kind: Kind::Identity,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "WhatIf",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.switch(
            "BypassSecurityGroupManagerCheck",
            self.bypass_security_group_manager_check,
        );
        arguments.always("Confirm", self.confirm);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("Member", &self.member);
        arguments.switch("WhatIf", self.what_if);
    }
}
