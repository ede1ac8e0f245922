//! `Get-EXORecipientPermission`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::RecipientPermission;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use crate::value::ResultSize;
use uuid::Uuid;

/// `Get-EXORecipientPermission`: Who may send as a recipient.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetExoRecipientPermission {
    /// `-Identity` (String). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-AccessRights` (MultiValuedProperty). Exchange Online only.
    pub access_rights: Vec<String>,
    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    pub external_directory_object_id: Option<Uuid>,
    /// `-PrimarySmtpAddress` (String). Exchange Online only.
    pub primary_smtp_address: Option<String>,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-Trustee` (String). Exchange Online only.
    pub trustee: Option<Identity>,
    /// `-UserPrincipalName` (String). Exchange Online only.
    pub user_principal_name: Option<String>,
}

impl GetExoRecipientPermission {
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

    /// `-AccessRights` (MultiValuedProperty). Exchange Online only.
    #[must_use]
    pub fn access_rights(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.access_rights = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-ExternalDirectoryObjectId` (Guid). Exchange Online only.
    #[must_use]
    pub fn external_directory_object_id(mut self, value: Uuid) -> Self {
        self.external_directory_object_id = Some(value);
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

    /// `-Trustee` (String). Exchange Online only.
    #[must_use]
    pub fn trustee(mut self, value: impl Into<Identity>) -> Self {
        self.trustee = Some(value.into());
        self
    }

    /// `-UserPrincipalName` (String). Exchange Online only.
    #[must_use]
    pub fn user_principal_name(mut self, value: impl Into<String>) -> Self {
        self.user_principal_name = Some(value.into());
        self
    }
}

impl Cmdlet for GetExoRecipientPermission {
    type Output = RecipientPermission;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-EXORecipientPermission",
        over_psrp: Some("Get-RecipientPermission"),
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
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AccessRights",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                place: Place::Online,
                values: &["SendAs"],
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
                name: "Trustee",
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
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("AccessRights", &self.access_rights);
        arguments.put("ExternalDirectoryObjectId", &self.external_directory_object_id);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("Trustee", &self.trustee);
        arguments.put("UserPrincipalName", &self.user_principal_name);
    }
}
