//! `Get-Recipient`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::Recipient;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::AuthenticationType;
use crate::value::Credential;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::RecipientPropertySet;
use crate::value::RecipientType;
use crate::value::RecipientTypeDetails;
use crate::value::ResultSize;

/// `Get-Recipient`: Recipients of every kind.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetRecipient {
    /// `-Identity` (RecipientIdParameter).
    pub identity: Option<Identity>,
    /// `-Anr` (String).
    pub anr: Option<String>,
    /// `-AuthenticationType` (AuthenticationType). Exchange Online only.
    pub authentication_type: Option<AuthenticationType>,
    /// `-BookmarkDisplayName` (String).
    pub bookmark_display_name: Option<String>,
    /// `-Capabilities` (MultiValuedProperty). Exchange Online only.
    pub capabilities: Vec<String>,
    /// `-Credential` (PSCredential). On premises only.
    pub credential: Option<Credential>,
    /// `-Database` (DatabaseIdParameter). On premises only.
    pub database: Option<Identity>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-Filter` (String).
    pub filter: Option<Filter>,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-IncludeBookmarkObject` (Boolean).
    pub include_bookmark_object: Option<bool>,
    /// `-IncludeManagerWithDisplayName` (SwitchParameter). Exchange Online only.
    pub include_manager_with_display_name: bool,
    /// `-IncludeSoftDeletedRecipients` (SwitchParameter).
    pub include_soft_deleted_recipients: bool,
    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    pub organizational_unit: Option<Identity>,
    /// `-Properties` (String[]).
    pub properties: Vec<String>,
    /// `-PropertySet` (PropertySet).
    pub property_set: Option<RecipientPropertySet>,
    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    pub read_from_domain_controller: bool,
    /// `-RecipientPreviewFilter` (String).
    pub recipient_preview_filter: Option<Filter>,
    /// `-RecipientType` (RecipientType[]).
    pub recipient_type: Vec<RecipientType>,
    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    pub recipient_type_details: Vec<RecipientTypeDetails>,
    /// `-ResultSize` (Unlimited).
    pub result_size: ResultSize,
    /// `-SortBy` (String).
    pub sort_by: Option<String>,
}

impl GetRecipient {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (RecipientIdParameter).
    #[must_use]
    pub fn identity(mut self, value: impl Into<Identity>) -> Self {
        self.identity = Some(value.into());
        self
    }

    /// `-Anr` (String).
    #[must_use]
    pub fn anr(mut self, value: impl Into<String>) -> Self {
        self.anr = Some(value.into());
        self
    }

    /// `-AuthenticationType` (AuthenticationType). Exchange Online only.
    #[must_use]
    pub fn authentication_type(mut self, value: impl Into<AuthenticationType>) -> Self {
        self.authentication_type = Some(value.into());
        self
    }

    /// `-BookmarkDisplayName` (String).
    #[must_use]
    pub fn bookmark_display_name(mut self, value: impl Into<String>) -> Self {
        self.bookmark_display_name = Some(value.into());
        self
    }

    /// `-Capabilities` (MultiValuedProperty). Exchange Online only.
    #[must_use]
    pub fn capabilities(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.capabilities = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-Credential` (PSCredential). On premises only.
    #[must_use]
    pub fn credential(mut self, value: impl Into<Credential>) -> Self {
        self.credential = Some(value.into());
        self
    }

    /// `-Database` (DatabaseIdParameter). On premises only.
    #[must_use]
    pub fn database(mut self, value: impl Into<Identity>) -> Self {
        self.database = Some(value.into());
        self
    }

    /// `-DomainController` (Fqdn). On premises only.
    #[must_use]
    pub fn domain_controller(mut self, value: impl Into<String>) -> Self {
        self.domain_controller = Some(value.into());
        self
    }

    /// `-Filter` (String).
    #[must_use]
    pub fn filter(mut self, value: impl Into<Filter>) -> Self {
        self.filter = Some(value.into());
        self
    }

    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-IncludeBookmarkObject` (Boolean).
    #[must_use]
    pub fn include_bookmark_object(mut self, value: bool) -> Self {
        self.include_bookmark_object = Some(value);
        self
    }

    /// `-IncludeManagerWithDisplayName` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_manager_with_display_name(mut self, on: bool) -> Self {
        self.include_manager_with_display_name = on;
        self
    }

    /// `-IncludeSoftDeletedRecipients` (SwitchParameter).
    #[must_use]
    pub fn include_soft_deleted_recipients(mut self, on: bool) -> Self {
        self.include_soft_deleted_recipients = on;
        self
    }

    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    #[must_use]
    pub fn organizational_unit(mut self, value: impl Into<Identity>) -> Self {
        self.organizational_unit = Some(value.into());
        self
    }

    /// `-Properties` (String[]).
    #[must_use]
    pub fn properties(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.properties = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-PropertySet` (PropertySet).
    #[must_use]
    pub fn property_set(mut self, value: impl Into<RecipientPropertySet>) -> Self {
        self.property_set = Some(value.into());
        self
    }

    /// `-ReadFromDomainController` (SwitchParameter). On premises only.
    #[must_use]
    pub fn read_from_domain_controller(mut self, on: bool) -> Self {
        self.read_from_domain_controller = on;
        self
    }

    /// `-RecipientPreviewFilter` (String).
    #[must_use]
    pub fn recipient_preview_filter(mut self, value: impl Into<Filter>) -> Self {
        self.recipient_preview_filter = Some(value.into());
        self
    }

    /// `-RecipientType` (RecipientType[]).
    #[must_use]
    pub fn recipient_type(mut self, values: impl IntoIterator<Item = impl Into<RecipientType>>) -> Self {
        self.recipient_type = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-RecipientTypeDetails` (RecipientTypeDetails[]).
    #[must_use]
    pub fn recipient_type_details(
        mut self,
        values: impl IntoIterator<Item = impl Into<RecipientTypeDetails>>,
    ) -> Self {
        self.recipient_type_details = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-ResultSize` (Unlimited).
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-SortBy` (String).
    #[must_use]
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {
        self.sort_by = Some(value.into());
        self
    }
}

impl Cmdlet for GetRecipient {
    type Output = Recipient;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-Recipient",
        over_psrp: None,
        writes: false,
        alternatives: &["Identity", "Anr"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "RecipientIdParameter",
                kind: Kind::Identity,
                position: Some(1),
                pipeline: true,
                sets: &["Identity"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Anr",
                type_name: "String",
                kind: Kind::Text,
                sets: &["AnrSet"],
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AuthenticationType",
                type_name: "AuthenticationType",
                kind: Kind::Text,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BookmarkDisplayName",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Capabilities",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Credential",
                type_name: "PSCredential",
                kind: Kind::Credential,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Database",
                type_name: "DatabaseIdParameter",
                kind: Kind::Identity,
                place: Place::OnPremises,
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
                name: "Filter",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeBookmarkObject",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeManagerWithDisplayName",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeSoftDeletedRecipients",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "OrganizationalUnit",
                type_name: "OrganizationalUnitIdParameter",
                kind: Kind::Identity,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Properties",
                type_name: "String[]",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PropertySet",
                type_name: "PropertySet",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReadFromDomainController",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientPreviewFilter",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientType",
                type_name: "RecipientType[]",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RecipientTypeDetails",
                type_name: "RecipientTypeDetails[]",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ResultSize",
                type_name: "Unlimited",
                kind: Kind::ResultSize,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SortBy",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.put("AuthenticationType", &self.authentication_type);
        arguments.put("BookmarkDisplayName", &self.bookmark_display_name);
        arguments.put("Capabilities", &self.capabilities);
        arguments.put("Credential", &self.credential);
        arguments.put("Database", &self.database);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("Filter", &self.filter);
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.put("IncludeBookmarkObject", &self.include_bookmark_object);
        arguments.switch(
            "IncludeManagerWithDisplayName",
            self.include_manager_with_display_name,
        );
        arguments.switch(
            "IncludeSoftDeletedRecipients",
            self.include_soft_deleted_recipients,
        );
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.put("Properties", &self.properties);
        arguments.put("PropertySet", &self.property_set);
        arguments.switch("ReadFromDomainController", self.read_from_domain_controller);
        arguments.put("RecipientPreviewFilter", &self.recipient_preview_filter);
        arguments.put("RecipientType", &self.recipient_type);
        arguments.put("RecipientTypeDetails", &self.recipient_type_details);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("SortBy", &self.sort_by);
    }
}
