//! `Get-EXOMailboxFolderPermission`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MailboxFolderPermission;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use uuid::Uuid;

/// `Get-EXOMailboxFolderPermission`: Who may do what with a folder of a mailbox.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMailboxFolderPermission {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    pub group_mailbox: bool,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-User` (String). Exchange Online only.
    pub user: Option<Identity>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMailboxFolderPermission {
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

    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn group_mailbox(mut self, on: bool) -> Self {
        self.group_mailbox = on;
        self
    }

    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<String>) -> Self {
        self.primary_smtp_address = Some(value.into());
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

impl Cmdlet for GetExoMailboxFolderPermission {
    type Output = MailboxFolderPermission;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMailboxFolderPermission",
        over_psrp: Some("Get-MailboxFolderPermission"),
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
                position: Some(0),
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExternalDirectoryObjectId",
                type_name: "Guid",
                kind: Kind::Guid,
                pipeline: true,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GroupMailbox",
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
                name: "User",
                type_name: "String",
                kind: Kind::Identity,
                place: Place::Online,
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
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.switch("GroupMailbox", self.group_mailbox);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("User", &self.user);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
