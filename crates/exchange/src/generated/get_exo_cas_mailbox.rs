//! `Get-EXOCasMailbox`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Argue;
use crate::argument::Argument;
use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::CasMailbox;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::ResultSize;
use uuid::Uuid;

/// Groups of properties that `Get-EXOCasMailbox` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CasMailboxPropertySet {
    /// `Minimum`.
    Minimum,
    /// `ActiveSync`.
    ActiveSync,
    /// `Ews`.
    Ews,
    /// `Imap`.
    Imap,
    /// `Mapi`.
    Mapi,
    /// `Pop`.
    Pop,
    /// `ProtocolSettings`.
    ProtocolSettings,
    /// `All`.
    All,
}

impl CasMailboxPropertySet {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Minimum,
        Self::ActiveSync,
        Self::Ews,
        Self::Imap,
        Self::Mapi,
        Self::Pop,
        Self::ProtocolSettings,
        Self::All,
    ];

    /// The name as Exchange spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::ActiveSync => "ActiveSync",
            Self::Ews => "Ews",
            Self::Imap => "Imap",
            Self::Mapi => "Mapi",
            Self::Pop => "Pop",
            Self::ProtocolSettings => "ProtocolSettings",
            Self::All => "All",
        }
    }
}

impl Argue for CasMailboxPropertySet {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.as_str().to_owned()))
    }
}

/// `Get-EXOCasMailbox`: Client access settings of mailboxes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoCasMailbox {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Anr` (String). Exchange Online only.
    pub anr: Option<String>,
    /// `-ActiveSyncDebugLogging` (SwitchParameter). Exchange Online only.
    pub active_sync_debug_logging: bool,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-Filter` (String). Exchange Online only.
    pub filter: Option<Filter>,
    /// `-GetImapProtocolLog` (SwitchParameter). Exchange Online only.
    pub get_imap_protocol_log: bool,
    /// `-GetPopProtocolLog` (SwitchParameter). Exchange Online only.
    pub get_pop_protocol_log: bool,
    /// `-IgnoreDefaultScope` (SwitchParameter). Exchange Online only.
    pub ignore_default_scope: bool,
    /// `-OrganizationalUnit` (String). Exchange Online only.
    pub organizational_unit: Option<String>,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-Properties` (String[]). Exchange Online only.
    pub properties: Vec<String>,
    /// `-PropertySets` (PropertySet[]). Exchange Online only.
    pub property_sets: Vec<CasMailboxPropertySet>,
    /// `-ProtocolSettings` (SwitchParameter). Exchange Online only.
    pub protocol_settings: bool,
    /// `-ReadIsOptimizedForAccessibility` (SwitchParameter). Exchange Online only.
    pub read_is_optimized_for_accessibility: bool,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-SendLogsTo` (String[]). Exchange Online only.
    pub send_logs_to: Vec<String>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoCasMailbox {
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

    /// `-Anr` (String). Exchange Online only.
    #[must_use]
    pub fn anr(mut self, value: impl Into<String>) -> Self {
        self.anr = Some(value.into());
        self
    }

    /// `-ActiveSyncDebugLogging` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn active_sync_debug_logging(mut self, on: bool) -> Self {
        self.active_sync_debug_logging = on;
        self
    }

    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    #[must_use]
    pub fn external_directory_object_id(mut self, value: Uuid) -> Self {
        self.external_directory_object_id = Some(value);
        self
    }

    /// `-Filter` (String). Exchange Online only.
    #[must_use]
    pub fn filter(mut self, value: impl Into<Filter>) -> Self {
        self.filter = Some(value.into());
        self
    }

    /// `-GetImapProtocolLog` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn get_imap_protocol_log(mut self, on: bool) -> Self {
        self.get_imap_protocol_log = on;
        self
    }

    /// `-GetPopProtocolLog` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn get_pop_protocol_log(mut self, on: bool) -> Self {
        self.get_pop_protocol_log = on;
        self
    }

    /// `-IgnoreDefaultScope` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-OrganizationalUnit` (String). Exchange Online only.
    #[must_use]
    pub fn organizational_unit(mut self, value: impl Into<String>) -> Self {
        self.organizational_unit = Some(value.into());
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
        values: impl IntoIterator<Item = impl Into<CasMailboxPropertySet>>,
    ) -> Self {
        self.property_sets = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-ProtocolSettings` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn protocol_settings(mut self, on: bool) -> Self {
        self.protocol_settings = on;
        self
    }

    /// `-ReadIsOptimizedForAccessibility` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn read_is_optimized_for_accessibility(mut self, on: bool) -> Self {
        self.read_is_optimized_for_accessibility = on;
        self
    }

    /// `-ResultSize` (Unlimited). Exchange Online only.
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-SendLogsTo` (String[]). Exchange Online only.
    #[must_use]
    pub fn send_logs_to(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.send_logs_to = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoCasMailbox {
    type Output = CasMailbox;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOCasMailbox",
        over_psrp: Some("Get-CASMailbox"),
        writes: false,
        alternatives: &[
            "Identity",
            "ExternalDirectoryObjectId",
            "PrimarySmtpAddress",
            "UserPrincipalName",
            "Anr",
        ],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "String",
                kind: Kind::Identity,
                position: Some(0),
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Anr",
                type_name: "String",
                kind: Kind::Text,
                sets: &["Anr"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ActiveSyncDebugLogging",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExternalDirectoryObjectId",
                type_name: "Guid",
                kind: Kind::Guid,
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Filter",
                type_name: "String",
                kind: Kind::Text,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GetImapProtocolLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GetPopProtocolLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "OrganizationalUnit",
                type_name: "String",
                kind: Kind::Text,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PrimarySmtpAddress",
                type_name: "String",
                kind: Kind::Text,
                pipeline: true,
                sets: &["Identity"],
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
                values: &[
                    "Minimum",
                    "ActiveSync",
                    "Ews",
                    "Imap",
                    "Mapi",
                    "Pop",
                    "ProtocolSettings",
                    "All",
                ],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ProtocolSettings",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReadIsOptimizedForAccessibility",
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
            ParameterTable {
                name: "SendLogsTo",
                type_name: "String[]",
                kind: Kind::List,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UserPrincipalName",
                type_name: "String",
                kind: Kind::Text,
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.switch("ActiveSyncDebugLogging", self.active_sync_debug_logging);
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.put("Filter", &self.filter);
        arguments.switch("GetImapProtocolLog", self.get_imap_protocol_log);
        arguments.switch("GetPopProtocolLog", self.get_pop_protocol_log);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("Properties", &self.properties);
        arguments.put("PropertySets", &self.property_sets);
        arguments.switch("ProtocolSettings", self.protocol_settings);
        arguments.switch(
            "ReadIsOptimizedForAccessibility",
            self.read_is_optimized_for_accessibility,
        );
        arguments.put("ResultSize", &self.result_size);
        arguments.put("SendLogsTo", &self.send_logs_to);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
