//! `Get-UnifiedGroup`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::UnifiedGroup;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Filter;
use crate::value::Identity;
use crate::value::ResultSize;

/// `Get-UnifiedGroup`: Microsoft 365 groups.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GetUnifiedGroup {
    /// `-Identity` (UnifiedGroupIdParameter). Exchange Online only.
    pub identity: Option<Identity>,
    /// `-Anr` (String). Exchange Online only.
    pub anr: Option<String>,
    /// `-Filter` (String). Exchange Online only.
    pub filter: Option<Filter>,
    /// `-IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_accept_messages_only_from_senders_or_members_with_display_names: bool,
    /// `-IncludeAllProperties` (SwitchParameter). Exchange Online only.
    pub include_all_properties: bool,
    /// `-IncludeBypassModerationFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_bypass_moderation_from_senders_or_members_with_display_names: bool,
    /// `-IncludeGrantSendOnBehalfToWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_grant_send_on_behalf_to_with_display_names: bool,
    /// `-IncludeModeratedByWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_moderated_by_with_display_names: bool,
    /// `-IncludeRejectMessagesFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    pub include_reject_messages_from_senders_or_members_with_display_names: bool,
    /// `-IncludeSoftDeletedGroups` (SwitchParameter). Exchange Online only.
    pub include_soft_deleted_groups: bool,
    /// `-ResultSize` (Unlimited). Exchange Online only.
    pub result_size: ResultSize,
    /// `-SortBy` (String). Exchange Online only.
    pub sort_by: Option<String>,
}

impl GetUnifiedGroup {
    /// The call without arguments.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `-Identity` (UnifiedGroupIdParameter). Exchange Online only.
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

    /// `-Filter` (String). Exchange Online only.
    #[must_use]
    pub fn filter(mut self, value: impl Into<Filter>) -> Self {
        self.filter = Some(value.into());
        self
    }

    /// `-IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_accept_messages_only_from_senders_or_members_with_display_names(
        mut self,
        on: bool,
    ) -> Self {
        self.include_accept_messages_only_from_senders_or_members_with_display_names = on;
        self
    }

    /// `-IncludeAllProperties` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_all_properties(mut self, on: bool) -> Self {
        self.include_all_properties = on;
        self
    }

    /// `-IncludeBypassModerationFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_bypass_moderation_from_senders_or_members_with_display_names(mut self, on: bool) -> Self {
        self.include_bypass_moderation_from_senders_or_members_with_display_names = on;
        self
    }

    /// `-IncludeGrantSendOnBehalfToWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_grant_send_on_behalf_to_with_display_names(mut self, on: bool) -> Self {
        self.include_grant_send_on_behalf_to_with_display_names = on;
        self
    }

    /// `-IncludeModeratedByWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_moderated_by_with_display_names(mut self, on: bool) -> Self {
        self.include_moderated_by_with_display_names = on;
        self
    }

    /// `-IncludeRejectMessagesFromSendersOrMembersWithDisplayNames` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_reject_messages_from_senders_or_members_with_display_names(mut self, on: bool) -> Self {
        self.include_reject_messages_from_senders_or_members_with_display_names = on;
        self
    }

    /// `-IncludeSoftDeletedGroups` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn include_soft_deleted_groups(mut self, on: bool) -> Self {
        self.include_soft_deleted_groups = on;
        self
    }

    /// `-ResultSize` (Unlimited). Exchange Online only.
    #[must_use]
    pub fn result_size(mut self, value: impl Into<ResultSize>) -> Self {
        self.result_size = value.into();
        self
    }

    /// `-SortBy` (String). Exchange Online only.
    #[must_use]
    pub fn sort_by(mut self, value: impl Into<String>) -> Self {
        self.sort_by = Some(value.into());
        self
    }
}

impl Cmdlet for GetUnifiedGroup {
    type Output = UnifiedGroup;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Get-UnifiedGroup",
        over_psrp: None,
        writes: false,
        alternatives: &["Identity", "Anr"],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "UnifiedGroupIdParameter",
                kind: Kind::Identity,
                position: Some(1),
                pipeline: true,
                sets: &["Identity"],
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Anr",
                type_name: "String",
                kind: Kind::Text,
                sets: &["AnrSet"],
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
                name: "IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeAllProperties",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeBypassModerationFromSendersOrMembersWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeGrantSendOnBehalfToWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeModeratedByWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeRejectMessagesFromSendersOrMembersWithDisplayNames",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IncludeSoftDeletedGroups",
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
                name: "SortBy",
                type_name: "String",
                kind: Kind::Text,
                place: Place::Online,
                values: &["Name", "DisplayName", "Alias"],
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("Anr", &self.anr);
        arguments.put("Filter", &self.filter);
        arguments.switch(
            "IncludeAcceptMessagesOnlyFromSendersOrMembersWithDisplayNames",
            self.include_accept_messages_only_from_senders_or_members_with_display_names,
        );
        arguments.switch("IncludeAllProperties", self.include_all_properties);
        arguments.switch(
            "IncludeBypassModerationFromSendersOrMembersWithDisplayNames",
            self.include_bypass_moderation_from_senders_or_members_with_display_names,
        );
        arguments.switch(
            "IncludeGrantSendOnBehalfToWithDisplayNames",
            self.include_grant_send_on_behalf_to_with_display_names,
        );
        arguments.switch(
            "IncludeModeratedByWithDisplayNames",
            self.include_moderated_by_with_display_names,
        );
        arguments.switch(
            "IncludeRejectMessagesFromSendersOrMembersWithDisplayNames",
            self.include_reject_messages_from_senders_or_members_with_display_names,
        );
        arguments.switch("IncludeSoftDeletedGroups", self.include_soft_deleted_groups);
        arguments.put("ResultSize", &self.result_size);
        arguments.put("SortBy", &self.sort_by);
    }
}
