//! `Get-EXOMobileDeviceStatistics`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MobileDeviceStatistics;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use uuid::Uuid;

/// `Get-EXOMobileDeviceStatistics`: Mobile devices that synchronise with a mailbox.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMobileDeviceStatistics {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Mailbox` (String). Exchange Online only.
    pub mailbox: Option<Identity>,
    /// `-ActiveSync` (SwitchParameter). Exchange Online only.
    pub active_sync: bool,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-GetMailboxLog` (SwitchParameter). Exchange Online only.
    pub get_mailbox_log: bool,
    /// `-NotificationEmailAddresses` (String[]). Exchange Online only.
    pub notification_email_addresses: Vec<String>,
    /// `-OWAforDevices` (SwitchParameter). Exchange Online only.
    pub ow_afor_devices: bool,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-RestApi` (SwitchParameter). Exchange Online only.
    pub rest_api: bool,
    /// `-ShowRecoveryPassword` (SwitchParameter). Exchange Online only.
    pub show_recovery_password: bool,
    /// `-UniversalOutlook` (SwitchParameter). Exchange Online only.
    pub universal_outlook: bool,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMobileDeviceStatistics {
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

    /// `-Mailbox` (String). Exchange Online only.
    #[must_use]
    pub fn mailbox(mut self, value: impl Into<Identity>) -> Self {
        self.mailbox = Some(value.into());
        self
    }

    /// `-ActiveSync` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn active_sync(mut self, on: bool) -> Self {
        self.active_sync = on;
        self
    }

    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    #[must_use]
    pub fn external_directory_object_id(mut self, value: Uuid) -> Self {
        self.external_directory_object_id = Some(value);
        self
    }

    /// `-GetMailboxLog` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn get_mailbox_log(mut self, on: bool) -> Self {
        self.get_mailbox_log = on;
        self
    }

    /// `-NotificationEmailAddresses` (String[]). Exchange Online only.
    #[must_use]
    pub fn notification_email_addresses(
        mut self,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.notification_email_addresses = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-OWAforDevices` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn ow_afor_devices(mut self, on: bool) -> Self {
        self.ow_afor_devices = on;
        self
    }

    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<String>) -> Self {
        self.primary_smtp_address = Some(value.into());
        self
    }

    /// `-RestApi` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn rest_api(mut self, on: bool) -> Self {
        self.rest_api = on;
        self
    }

    /// `-ShowRecoveryPassword` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn show_recovery_password(mut self, on: bool) -> Self {
        self.show_recovery_password = on;
        self
    }

    /// `-UniversalOutlook` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn universal_outlook(mut self, on: bool) -> Self {
        self.universal_outlook = on;
        self
    }

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoMobileDeviceStatistics {
    type Output = MobileDeviceStatistics;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMobileDeviceStatistics",
        over_psrp: Some("Get-MobileDeviceStatistics"),
        writes: false,
        alternatives: &[
            "Identity",
            "ExternalDirectoryObjectId",
            "PrimarySmtpAddress",
            "UserPrincipalName",
            "Mailbox",
        ],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "String",
                kind: Kind::Identity,
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Mailbox",
                type_name: "String",
                kind: Kind::Identity,
                pipeline: true,
                sets: &["MobileDeviceIdentity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ActiveSync",
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
                name: "GetMailboxLog",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "NotificationEmailAddresses",
                type_name: "String[]",
                kind: Kind::List,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "OWAforDevices",
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
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RestApi",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ShowRecoveryPassword",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UniversalOutlook",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
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
        arguments.put("Mailbox", &self.mailbox);
        arguments.switch("ActiveSync", self.active_sync);
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.switch("GetMailboxLog", self.get_mailbox_log);
        arguments.put("NotificationEmailAddresses", &self.notification_email_addresses);
        arguments.switch("OWAforDevices", self.ow_afor_devices);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.switch("RestApi", self.rest_api);
        arguments.switch("ShowRecoveryPassword", self.show_recovery_password);
        arguments.switch("UniversalOutlook", self.universal_outlook);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
