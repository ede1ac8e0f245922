//! `Get-EXOMailbox`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Argue;
use crate::argument::Argument;
use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Mailbox;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;
use uuid::Uuid;

/// Groups of properties that `Get-EXOMailbox` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailboxPropertySet {
    /// `Minimum`.
    Minimum,
    /// `AddressList`.
    AddressList,
    /// `Archive`.
    Archive,
    /// `Audit`.
    Audit,
    /// `Custom`.
    Custom,
    /// `Delivery`.
    Delivery,
    /// `Hold`.
    Hold,
    /// `Moderation`.
    Moderation,
    /// `Move`.
    Move,
    /// `Policy`.
    Policy,
    /// `PublicFolder`.
    PublicFolder,
    /// `Quota`.
    Quota,
    /// `Resource`.
    Resource,
    /// `Retention`.
    Retention,
    /// `SCL`.
    SCL,
    /// `SoftDelete`.
    SoftDelete,
    /// `StatisticsSeed`.
    StatisticsSeed,
    /// `All`.
    All,
}

impl MailboxPropertySet {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Minimum,
        Self::AddressList,
        Self::Archive,
        Self::Audit,
        Self::Custom,
        Self::Delivery,
        Self::Hold,
        Self::Moderation,
        Self::Move,
        Self::Policy,
        Self::PublicFolder,
        Self::Quota,
        Self::Resource,
        Self::Retention,
        Self::SCL,
        Self::SoftDelete,
        Self::StatisticsSeed,
        Self::All,
    ];

    /// The name as Exchange spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::AddressList => "AddressList",
            Self::Archive => "Archive",
            Self::Audit => "Audit",
            Self::Custom => "Custom",
            Self::Delivery => "Delivery",
            Self::Hold => "Hold",
            Self::Moderation => "Moderation",
            Self::Move => "Move",
            Self::Policy => "Policy",
            Self::PublicFolder => "PublicFolder",
            Self::Quota => "Quota",
            Self::Resource => "Resource",
            Self::Retention => "Retention",
            Self::SCL => "SCL",
            Self::SoftDelete => "SoftDelete",
            Self::StatisticsSeed => "StatisticsSeed",
            Self::All => "All",
        }
    }
}

impl Argue for MailboxPropertySet {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.as_str().to_owned()))
    }
}

/// `Get-EXOMailbox`: Mailboxes by the fast cmdlet of Exchange Online; over PSRP `Get-Mailbox` answers.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoMailbox {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Anr` (String). Exchange Online only.
    pub anr: Option<String>,
    /// `-Archive` (SwitchParameter). Exchange Online only.
    pub archive: bool,
    /// `-Async` (SwitchParameter). Exchange Online only.
    pub asynchronous: bool,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-Filter` (String). Exchange Online only.
    pub filter: Option<Filter>,
    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    pub group_mailbox: bool,
    /// `-InactiveMailboxOnly` (SwitchParameter). Exchange Online only.
    pub inactive_mailbox_only: bool,
    /// `-IncludeInactiveMailbox` (SwitchParameter). Exchange Online only.
    pub include_inactive_mailbox: bool,
    /// `-MailboxPlan` (String). Exchange Online only.
    pub mailbox_plan: Option<String>,
    /// `-Migration` (SwitchParameter). Exchange Online only.
    pub migration: bool,
    /// `-OrganizationalUnit` (String). Exchange Online only.
    pub organizational_unit: Option<String>,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-Properties` (String[]). Exchange Online only.
    pub properties: Vec<String>,
    /// `-PropertySets` (PropertySet[]). Exchange Online only.
    pub property_sets: Vec<MailboxPropertySet>,
    /// `-PublicFolder` (SwitchParameter). Exchange Online only.
    pub public_folder: bool,
    /// `-RecipientTypeDetails` (String[]). Exchange Online only.
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-SoftDeletedMailbox` (SwitchParameter). Exchange Online only.
    pub soft_deleted_mailbox: bool,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoMailbox {
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

    /// `-Archive` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn archive(mut self, on: bool) -> Self {
        self.archive = on;
        self
    }

    /// `-Async` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn asynchronous(mut self, on: bool) -> Self {
        self.asynchronous = on;
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

    /// `-GroupMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn group_mailbox(mut self, on: bool) -> Self {
        self.group_mailbox = on;
        self
    }

    /// `-InactiveMailboxOnly` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn inactive_mailbox_only(mut self, on: bool) -> Self {
        self.inactive_mailbox_only = on;
        self
    }

    /// `-IncludeInactiveMailbox` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_inactive_mailbox(mut self, on: bool) -> Self {
        self.include_inactive_mailbox = on;
        self
    }

    /// `-MailboxPlan` (String). Exchange Online only.
    #[must_use]
    pub fn mailbox_plan(mut self, value: impl Into<String>) -> Self {
        self.mailbox_plan = Some(value.into());
        self
    }

    /// `-Migration` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn migration(mut self, on: bool) -> Self {
        self.migration = on;
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
    pub fn property_sets(mut self, values: impl IntoIterator<Item = impl Into<MailboxPropertySet>>) -> Self {
        self.property_sets = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-PublicFolder` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn public_folder(mut self, on: bool) -> Self {
        self.public_folder = on;
        self
    }

    /// `-RecipientTypeDetails` (String[]). Exchange Online only.
    #[must_use]
    pub fn recipient_type_details(
        mut self,
        values: impl IntoIterator<Item = impl Into<RecipientTypeDetails>>,
    ) -> Self {
        self.recipient_type_details = values.into_iter().map(Into::into).collect();
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

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoMailbox {
    type Output = Mailbox;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXOMailbox",
        over_psrp: Some("Get-Mailbox"),
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
                name: "Archive",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Async",
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
                name: "GroupMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "InactiveMailboxOnly",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeInactiveMailbox",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MailboxPlan",
                type_name: "String",
                kind: Kind::Text,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Migration",
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
                    "AddressList",
                    "Archive",
                    "Audit",
                    "Custom",
                    "Delivery",
                    "Hold",
                    "Moderation",
                    "Move",
                    "Policy",
                    "PublicFolder",
                    "Quota",
                    "Resource",
                    "Retention",
                    "SCL",
                    "SoftDelete",
                    "StatisticsSeed",
                    "All",
                ],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PublicFolder",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientTypeDetails",
                type_name: "String[]",
                kind: Kind::List,
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
        arguments.switch("Archive", self.archive);
        arguments.switch("Async", self.asynchronous);
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.put("Filter", &self.filter);
        arguments.switch("GroupMailbox", self.group_mailbox);
        arguments.switch("InactiveMailboxOnly", self.inactive_mailbox_only);
        arguments.switch("IncludeInactiveMailbox", self.include_inactive_mailbox);
        arguments.put("MailboxPlan", &self.mailbox_plan);
        arguments.switch("Migration", self.migration);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("Properties", &self.properties);
        arguments.put("PropertySets", &self.property_sets);
        arguments.switch("PublicFolder", self.public_folder);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.put("ResultSize", &self.result_size);
        arguments.switch("SoftDeletedMailbox", self.soft_deleted_mailbox);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
