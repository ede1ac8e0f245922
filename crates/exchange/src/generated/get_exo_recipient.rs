//! `Get-EXORecipient`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Argue;
use crate::argument::Argument;
use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Recipient;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientType;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;
use uuid::Uuid;

/// Groups of properties that `Get-EXORecipient` returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecipientPropertySet {
    /// `Minimum`.
    Minimum,
    /// `Archive`.
    Archive,
    /// `Custom`.
    Custom,
    /// `MailboxMove`.
    MailboxMove,
    /// `Policy`.
    Policy,
    /// `All`.
    All,
}

impl RecipientPropertySet {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Minimum,
        Self::Archive,
        Self::Custom,
        Self::MailboxMove,
        Self::Policy,
        Self::All,
    ];

    /// The name as Exchange spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimum => "Minimum",
            Self::Archive => "Archive",
            Self::Custom => "Custom",
            Self::MailboxMove => "MailboxMove",
            Self::Policy => "Policy",
            Self::All => "All",
        }
    }
}

impl Argue for RecipientPropertySet {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.as_str().to_owned()))
    }
}

/// `Get-EXORecipient`: Recipients by the fast cmdlet of Exchange Online; over PSRP `Get-Recipient` answers.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoRecipient {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Anr` (String). Exchange Online only.
    pub anr: Option<String>,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-Filter` (String). Exchange Online only.
    pub filter: Option<Filter>,
    /// `-IncludeSoftDeletedRecipients` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_recipients: bool,
    /// `-OrganizationalUnit` (String). Exchange Online only.
    pub organizational_unit: Option<String>,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-Properties` (String[]). Exchange Online only.
    pub properties: Vec<String>,
    /// `-PropertySets` (PropertySet[]). Exchange Online only.
    pub property_sets: Vec<RecipientPropertySet>,
    /// `-RecipientPreviewFilter` (String). Exchange Online only.
    pub recipient_preview_filter: Option<Filter>,
    /// `-RecipientType` (String[]). Exchange Online only.
    pub recipient_type: Vec<RecipientType>,
    /// `-RecipientTypeDetails` (String[]). Exchange Online only.
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoRecipient {
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

    /// `-IncludeSoftDeletedRecipients` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_recipients(mut self, on: bool) -> Self {
        self.include_soft_deleted_recipients = on;
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
        values: impl IntoIterator<Item = impl Into<RecipientPropertySet>>,
    ) -> Self {
        self.property_sets = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-RecipientPreviewFilter` (String). Exchange Online only.
    #[must_use]
    pub fn recipient_preview_filter(mut self, value: impl Into<Filter>) -> Self {
        self.recipient_preview_filter = Some(value.into());
        self
    }

    /// `-RecipientType` (String[]). Exchange Online only.
    #[must_use]
    pub fn recipient_type(mut self, values: impl IntoIterator<Item = impl Into<RecipientType>>) -> Self {
        self.recipient_type = values.into_iter().map(Into::into).collect();
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

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoRecipient {
    type Output = Recipient;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXORecipient",
        over_psrp: Some("Get-Recipient"),
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
                name: "IncludeSoftDeletedRecipients",
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
                values: &["Minimum", "Archive", "Custom", "MailboxMove", "Policy", "All"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientPreviewFilter",
                type_name: "String",
                kind: Kind::Text,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientType",
                type_name: "String[]",
                kind: Kind::List,
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
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.put("Filter", &self.filter);
        arguments.switch(
            "IncludeSoftDeletedRecipients",
            self.include_soft_deleted_recipients,
        );
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("Properties", &self.properties);
        arguments.put("PropertySets", &self.property_sets);
        arguments.put("RecipientPreviewFilter", &self.recipient_preview_filter);
        arguments.put("RecipientType", &self.recipient_type);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
