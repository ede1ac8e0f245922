//! `Get-EXOMailboxStatistics`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Argue;
use crate::argument::Argument;
use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MailboxStatistics;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use uuid::Uuid;

/// Groups of properties that `Get-EXOMailboxStatistics` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailboxStatisticsPropertySet {
    /// `Minimum`.
    Minimum,
    /// `All`.
    All,
}

impl MailboxStatisticsPropertySet {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Minimum, Self::All];

    /// The name as Exchange spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::All => "All",
        }
    }
}

impl Argue for MailboxStatisticsPropertySet {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.as_str().to_owned()))
    }
}

/// `Get-EXOMailboxStatistics`: Size, number of items and last use of a mailbox.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMailboxStatistics {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Archive` (SwitchParameter). Exchange Online only.
    pub archive: bool,
    /// `-DatabaseGuid` (Guid). Exchange Online only.
    pub database_guid: Option<Uuid>,
    /// `-ExchangeGuid` (Guid). Exchange Online only.
    pub exchange_guid: Option<Uuid>,
    /// `-IncludeMoveHistory` (SwitchParameter). Exchange Online only.
    pub include_move_history: bool,
    /// `-IncludeMoveReport` (SwitchParameter). Exchange Online only.
    pub include_move_report: bool,
    /// `-IncludeSoftDeletedRecipients` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_recipients: bool,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-Properties` (String[]). Exchange Online only.
    pub properties: Vec<String>,
    /// `-PropertySets` (PropertySet[]). Exchange Online only.
    pub property_sets: Vec<MailboxStatisticsPropertySet>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMailboxStatistics {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (String). Exchange Online only.
    #[must_use]
    pub fn identity(mut self, value: impl Into<Identity>) -> Self {
        self.identity = Some(value.into());
        self
    }

    /// `-Archive` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn archive(mut self, on: bool) -> Self {
        self.archive = on;
        self
    }

    /// `-DatabaseGuid` (Guid). Exchange Online only.
    #[must_use]
    pub fn database_guid(mut self, value: Uuid) -> Self {
        self.database_guid = Some(value);
        self
    }

    /// `-ExchangeGuid` (Guid). Exchange Online only.
    #[must_use]
    pub fn exchange_guid(mut self, value: Uuid) -> Self {
        self.exchange_guid = Some(value);
        self
    }

    /// `-IncludeMoveHistory` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_move_history(mut self, on: bool) -> Self {
        self.include_move_history = on;
        self
    }

    /// `-IncludeMoveReport` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_move_report(mut self, on: bool) -> Self {
        self.include_move_report = on;
        self
    }

    /// `-IncludeSoftDeletedRecipients` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_recipients(mut self, on: bool) -> Self {
        self.include_soft_deleted_recipients = on;
        self
    }

    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<String>) -> Self {
        self.primary_smtp_address = Some(value.into());
        self
    }

    /// `-Properties` (String[]). Exchange Online only.
    #[must_use]
    pub fn properties(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.properties = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-PropertySets` (PropertySet[]). Exchange Online only.
    #[must_use]
    pub fn property_sets(
        mut self,
        values: impl IntoIterator<Item = impl Into<MailboxStatisticsPropertySet>>,
    ) -> Self {
        self.property_sets = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoMailboxStatistics {
    type Output = MailboxStatistics;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMailboxStatistics",
        over_psrp: Some("Get-MailboxStatistics"),
        writes: false,
        alternatives: &["Identity", "PrimarySmtpAddress", "UserPrincipalName"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "String",
                kind: Kind::Identity,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Archive",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "DatabaseGuid",
                type_name: "Guid",
                kind: Kind::Guid,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExchangeGuid",
                type_name: "Guid",
                kind: Kind::Guid,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeMoveHistory",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeMoveReport",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeSoftDeletedRecipients",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PrimarySmtpAddress",
                type_name: "String",
                kind: Kind::Text,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Properties",
                type_name: "String[]",
                kind: Kind::List,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PropertySets",
                type_name: "PropertySet[]",
                kind: Kind::List,
                place: Place::Online,
                values: &["Minimum", "All"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UserPrincipalName",
                type_name: "String",
                kind: Kind::Text,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.switch("Archive", self.archive);
        arguments.put("DatabaseGuid", &self.database_guid);
        arguments.put("ExchangeGuid", &self.exchange_guid);
        arguments.switch("IncludeMoveHistory", self.include_move_history);
        arguments.switch("IncludeMoveReport", self.include_move_report);
        arguments.switch(
            "IncludeSoftDeletedRecipients",
            self.include_soft_deleted_recipients,
        );
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("Properties", &self.properties);
        arguments.put("PropertySets", &self.property_sets);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
