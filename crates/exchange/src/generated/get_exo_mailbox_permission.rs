//! `Get-EXOMailboxPermission`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MailboxPermission;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use crate::value::ResultSize;
use uuid::Uuid;

/// `Get-EXOMailboxPermission`: Who may do what with a mailbox, by the fast cmdlet of Exchange Online.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMailboxPermission {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-Owner` (SwitchParameter). Exchange Online only.
    pub owner: bool,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    pub soft_deleted_mailbox: bool,
    /// `-User` (String). Exchange Online only.
    pub user: Option<Identity>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMailboxPermission {
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

    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    #[must_use]
    pub fn external_directory_object_id(mut self, value: Uuid) -> Self {
        self.external_directory_object_id = Some(value);
        self
    }

    /// `-Owner` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn owner(mut self, on: bool) -> Self {
        self.owner = on;
        self
    }

    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<String>) -> Self {
        self.primary_smtp_address = Some(value.into());
        self
    }

    /// `-ResultSize` (Unlimited). Exchange Online only.
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn soft_deleted_mailbox(mut self, on: bool) -> Self {
        self.soft_deleted_mailbox = on;
        self
    }

    /// `-User` (String). Exchange Online only.
    #[must_use]
    pub fn user(mut self, value: impl Into<Identity>) -> Self {
        self.user = Some(value.into());
        self
    }

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoMailboxPermission {
    type Output = MailboxPermission;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMailboxPermission",
        over_psrp: Some("Get-MailboxPermission"),
        writes: false,
        alternatives: &[
            "Identity",
            "ExternalDirectoryObjectId",
            "PrimarySmtpAddress",
            "UserPrincipalName",
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
                name: "ExternalDirectoryObjectId",
                type_name: "Guid",
                kind: Kind::Guid,
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Owner",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                sets: &["Identity"],
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
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SoftDeletedMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "User",
                type_name: "String",
                kind: Kind::Identity,
                sets: &["Identity"],
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
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.switch("Owner", self.owner);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("ResultSize", &self.result_size);
        arguments.switch("SoftDeletedMailbox", self.soft_deleted_mailbox);
        arguments.put("User", &self.user);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
