//! `Get-EXOMailboxFolderStatistics`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::MailboxFolderStatistics;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::FolderScope;
use crate::value::Identity;
use uuid::Uuid;

/// `Get-EXOMailboxFolderStatistics`: Size and number of items of the folders of a mailbox.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMailboxFolderStatistics {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Archive` (SwitchParameter). Exchange Online only.
    pub archive: bool,
    /// `-DiagnosticInfo` (String). Exchange Online only.
    pub diagnostic_info: Option<String>,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-Folderscope` (ElcFolderType). Exchange Online only.
    pub folder_scope: Option<FolderScope>,
    /// `-IncludeAnalysis` (SwitchParameter). Exchange Online only.
    pub include_analysis: bool,
    /// `-IncludeOldestAndNewestItems` (SwitchParameter). Exchange Online only.
    pub include_oldest_and_newest_items: bool,
    /// `-IncludeSoftDeletedRecipients` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_recipients: bool,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMailboxFolderStatistics {
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

    /// `-DiagnosticInfo` (String). Exchange Online only.
    #[must_use]
    pub fn diagnostic_info(mut self, value: impl Into<String>) -> Self {
        self.diagnostic_info = Some(value.into());
        self
    }

    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    #[must_use]
    pub fn external_directory_object_id(mut self, value: Uuid) -> Self {
        self.external_directory_object_id = Some(value);
        self
    }

    /// `-Folderscope` (ElcFolderType). Exchange Online only.
    #[must_use]
    pub fn folder_scope(mut self, value: impl Into<FolderScope>) -> Self {
        self.folder_scope = Some(value.into());
        self
    }

    /// `-IncludeAnalysis` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_analysis(mut self, on: bool) -> Self {
        self.include_analysis = on;
        self
    }

    /// `-IncludeOldestAndNewestItems` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_oldest_and_newest_items(mut self, on: bool) -> Self {
        self.include_oldest_and_newest_items = on;
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

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoMailboxFolderStatistics {
    type Output = MailboxFolderStatistics;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMailboxFolderStatistics",
        over_psrp: Some("Get-MailboxFolderStatistics"),
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
                name: "DiagnosticInfo",
                type_name: "String",
                kind: Kind::Text,
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
                name: "Folderscope",
                type_name: "ElcFolderType",
                kind: Kind::Text,
                place: Place::Online,
                values: &[
                    "All",
                    "Archive",
                    "Calendar",
                    "Clutter",
                    "Contacts",
                    "ConversationHistory",
                    "DeletedItems",
                    "Drafts",
                    "Inbox",
                    "Journal",
                    "JunkEmail",
                    "LegacyArchiveJournals",
                    "ManagedCustomFolder",
                    "NonIpmRoot",
                    "Notes",
                    "Outbox",
                    "Personal",
                    "RecoverableItems",
                    "RssSubscriptions",
                    "SentItems",
                    "SyncIssues",
                    "Tasks",
                ],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeAnalysis",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeOldestAndNewestItems",
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
        arguments.put("DiagnosticInfo", &self.diagnostic_info);
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.put("Folderscope", &self.folder_scope);
        arguments.switch("IncludeAnalysis", self.include_analysis);
        arguments.switch(
            "IncludeOldestAndNewestItems",
            self.include_oldest_and_newest_items,
        );
        arguments.switch(
            "IncludeSoftDeletedRecipients",
            self.include_soft_deleted_recipients,
        );
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
