//! `New-DistributionGroup`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::object::DistributionGroup;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::Identity;
use crate::value::MemberUpdate;
use crate::value::ModerationNotifications;
use crate::value::NewGroupType;
use crate::value::SmtpAddress;

/// `New-DistributionGroup`: Creates a distribution group or mail-enabled security group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NewDistributionGroup {
    /// `-Name` (String).
    pub name: String,
    /// `-Alias` (String).
    pub alias: Option<String>,
    /// `-ArbitrationMailbox` (MailboxIdParameter). On premises only.
    pub arbitration_mailbox: Option<Identity>,
    /// `-BccBlocked` (Boolean). Exchange Online only.
    pub bcc_blocked: Option<bool>,
    /// `-BypassNestedModerationEnabled` (Boolean).
    pub bypass_nested_moderation_enabled: Option<bool>,
    /// `-Confirm` (SwitchParameter).
    pub confirm: bool,
    /// `-CopyOwnerToMember` (SwitchParameter).
    pub copy_owner_to_member: bool,
    /// `-Description` (MultiValuedProperty). Exchange Online only.
    pub description: Vec<String>,
    /// `-DisplayName` (String).
    pub display_name: Option<String>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-HiddenGroupMembershipEnabled` (SwitchParameter). Exchange Online only.
    pub hidden_group_membership_enabled: bool,
    /// `-IgnoreNamingPolicy` (SwitchParameter).
    pub ignore_naming_policy: bool,
    /// `-ManagedBy` (MultiValuedProperty).
    pub managed_by: Vec<Identity>,
    /// `-MemberDepartRestriction` (MemberUpdateType).
    pub member_depart_restriction: Option<MemberUpdate>,
    /// `-MemberJoinRestriction` (MemberUpdateType).
    pub member_join_restriction: Option<MemberUpdate>,
    /// `-Members` (MultiValuedProperty).
    pub members: Vec<Identity>,
    /// `-ModeratedBy` (MultiValuedProperty).
    pub moderated_by: Vec<Identity>,
    /// `-ModerationEnabled` (Boolean).
    pub moderation_enabled: Option<bool>,
    /// `-Notes` (String).
    pub notes: Option<String>,
    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    pub organizational_unit: Option<Identity>,
    /// `-PrimarySmtpAddress` (SmtpAddress).
    pub primary_smtp_address: Option<SmtpAddress>,
    /// `-RequireSenderAuthenticationEnabled` (Boolean).
    pub require_sender_authentication_enabled: Option<bool>,
    /// `-RoomList` (SwitchParameter).
    pub room_list: bool,
    /// `-SamAccountName` (String). On premises only.
    pub sam_account_name: Option<String>,
    /// `-SendModerationNotifications` (TransportModerationNotificationFlags).
    pub send_moderation_notifications: Option<ModerationNotifications>,
    /// `-Type` (GroupType).
    pub group_type: Option<NewGroupType>,
    /// `-WhatIf` (SwitchParameter).
    pub what_if: bool,
}

impl NewDistributionGroup {
    /// The call with what it must have.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            alias: Default::default(),
            arbitration_mailbox: Default::default(),
            bcc_blocked: Default::default(),
            bypass_nested_moderation_enabled: Default::default(),
            confirm: Default::default(),
            copy_owner_to_member: Default::default(),
            description: Default::default(),
            display_name: Default::default(),
            domain_controller: Default::default(),
            hidden_group_membership_enabled: Default::default(),
            ignore_naming_policy: Default::default(),
            managed_by: Default::default(),
            member_depart_restriction: Default::default(),
            member_join_restriction: Default::default(),
            members: Default::default(),
            moderated_by: Default::default(),
            moderation_enabled: Default::default(),
            notes: Default::default(),
            organizational_unit: Default::default(),
            primary_smtp_address: Default::default(),
            require_sender_authentication_enabled: Default::default(),
            room_list: Default::default(),
            sam_account_name: Default::default(),
            send_moderation_notifications: Default::default(),
            group_type: Default::default(),
            what_if: Default::default(),
        }
    }

    /// `-Alias` (String).
    #[must_use]
    pub fn alias(mut self, value: impl Into<String>) -> Self {
        self.alias = Some(value.into());
        self
    }

    /// `-ArbitrationMailbox` (MailboxIdParameter). On premises only.
    #[must_use]
    pub fn arbitration_mailbox(mut self, value: impl Into<Identity>) -> Self {
        self.arbitration_mailbox = Some(value.into());
        self
    }

    /// `-BccBlocked` (Boolean). Exchange Online only.
    #[must_use]
    pub fn bcc_blocked(mut self, value: bool) -> Self {
        self.bcc_blocked = Some(value);
        self
    }

    /// `-BypassNestedModerationEnabled` (Boolean).
    #[must_use]
    pub fn bypass_nested_moderation_enabled(mut self, value: bool) -> Self {
        self.bypass_nested_moderation_enabled = Some(value);
        self
    }

    /// `-Confirm` (SwitchParameter).
    #[must_use]
    pub fn confirm(mut self, on: bool) -> Self {
        self.confirm = on;
        self
    }

    /// `-CopyOwnerToMember` (SwitchParameter).
    #[must_use]
    pub fn copy_owner_to_member(mut self, on: bool) -> Self {
        self.copy_owner_to_member = on;
        self
    }

    /// `-Description` (MultiValuedProperty). Exchange Online only.
    #[must_use]
    pub fn description(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.description = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-DisplayName` (String).
    #[must_use]
    pub fn display_name(mut self, value: impl Into<String>) -> Self {
        self.display_name = Some(value.into());
        self
    }

    /// `-DomainController` (Fqdn). On premises only.
    #[must_use]
    pub fn domain_controller(mut self, value: impl Into<String>) -> Self {
        self.domain_controller = Some(value.into());
        self
    }

    /// `-HiddenGroupMembershipEnabled` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn hidden_group_membership_enabled(mut self, on: bool) -> Self {
        self.hidden_group_membership_enabled = on;
        self
    }

    /// `-IgnoreNamingPolicy` (SwitchParameter).
    #[must_use]
    pub fn ignore_naming_policy(mut self, on: bool) -> Self {
        self.ignore_naming_policy = on;
        self
    }

    /// `-ManagedBy` (MultiValuedProperty).
    #[must_use]
    pub fn managed_by(mut self, values: impl IntoIterator<Item = impl Into<Identity>>) -> Self {
        self.managed_by = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-MemberDepartRestriction` (MemberUpdateType).
    #[must_use]
    pub fn member_depart_restriction(mut self, value: impl Into<MemberUpdate>) -> Self {
        self.member_depart_restriction = Some(value.into());
        self
    }

    /// `-MemberJoinRestriction` (MemberUpdateType).
    #[must_use]
    pub fn member_join_restriction(mut self, value: impl Into<MemberUpdate>) -> Self {
        self.member_join_restriction = Some(value.into());
        self
    }

    /// `-Members` (MultiValuedProperty).
    #[must_use]
    pub fn members(mut self, values: impl IntoIterator<Item = impl Into<Identity>>) -> Self {
        self.members = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-ModeratedBy` (MultiValuedProperty).
    #[must_use]
    pub fn moderated_by(mut self, values: impl IntoIterator<Item = impl Into<Identity>>) -> Self {
        self.moderated_by = values.into_iter().map(Into::into).collect();
        self
    }

    /// `-ModerationEnabled` (Boolean).
    #[must_use]
    pub fn moderation_enabled(mut self, value: bool) -> Self {
        self.moderation_enabled = Some(value);
        self
    }

    /// `-Notes` (String).
    #[must_use]
    pub fn notes(mut self, value: impl Into<String>) -> Self {
        self.notes = Some(value.into());
        self
    }

    /// `-OrganizationalUnit` (OrganizationalUnitIdParameter).
    #[must_use]
    pub fn organizational_unit(mut self, value: impl Into<Identity>) -> Self {
        self.organizational_unit = Some(value.into());
        self
    }

    /// `-PrimarySmtpAddress` (SmtpAddress).
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<SmtpAddress>) -> Self {
        self.primary_smtp_address = Some(value.into());
        self
    }

    /// `-RequireSenderAuthenticationEnabled` (Boolean).
    #[must_use]
    pub fn require_sender_authentication_enabled(mut self, value: bool) -> Self {
        self.require_sender_authentication_enabled = Some(value);
        self
    }

    /// `-RoomList` (SwitchParameter).
    #[must_use]
    pub fn room_list(mut self, on: bool) -> Self {
        self.room_list = on;
        self
    }

    /// `-SamAccountName` (String). On premises only.
    #[must_use]
    pub fn sam_account_name(mut self, value: impl Into<String>) -> Self {
        self.sam_account_name = Some(value.into());
        self
    }

    /// `-SendModerationNotifications` (TransportModerationNotificationFlags).
    #[must_use]
    pub fn send_moderation_notifications(mut self, value: impl Into<ModerationNotifications>) -> Self {
        self.send_moderation_notifications = Some(value.into());
        self
    }

    /// `-Type` (GroupType).
    #[must_use]
    pub fn group_type(mut self, value: impl Into<NewGroupType>) -> Self {
        self.group_type = Some(value.into());
        self
    }

    /// `-WhatIf` (SwitchParameter).
    #[must_use]
    pub fn what_if(mut self, on: bool) -> Self {
        self.what_if = on;
        self
    }
}

impl Cmdlet for NewDistributionGroup {
    type Output = DistributionGroup;

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "New-DistributionGroup",
        over_psrp: None,
        writes: true,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Name",
                type_name: "String",
                kind: Kind::Text,
                required: true,
                position: Some(1),
                longest: Some(64),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Alias",
                type_name: "String",
                kind: Kind::Text,
                longest: Some(64),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ArbitrationMailbox",
                type_name: "MailboxIdParameter",
                kind: Kind::Identity,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BccBlocked",
                type_name: "Boolean",
                kind: Kind::Boolean,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BypassNestedModerationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Confirm",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                alias: Some("cf"),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CopyOwnerToMember",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Description",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "DisplayName",
                type_name: "String",
                kind: Kind::Text,
                longest: Some(256),
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
                name: "HiddenGroupMembershipEnabled",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IgnoreNamingPolicy",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ManagedBy",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MemberDepartRestriction",
                type_name: "MemberUpdateType",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MemberJoinRestriction",
                type_name: "MemberUpdateType",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Members",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                most: Some(10000),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ModeratedBy",
                type_name: "MultiValuedProperty",
                kind: Kind::List,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ModerationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Notes",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "OrganizationalUnit",
                type_name: "OrganizationalUnitIdParameter",
                kind: Kind::Identity,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PrimarySmtpAddress",
                type_name: "SmtpAddress",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RequireSenderAuthenticationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RoomList",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SamAccountName",
                type_name: "String",
                kind: Kind::Text,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SendModerationNotifications",
                type_name: "TransportModerationNotificationFlags",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Type",
                type_name: "GroupType",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "WhatIf",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                alias: Some("wi"),
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Name", &self.name);
        arguments.put("Alias", &self.alias);
        arguments.put("ArbitrationMailbox", &self.arbitration_mailbox);
        arguments.put("BccBlocked", &self.bcc_blocked);
        arguments.put(
            "BypassNestedModerationEnabled",
            &self.bypass_nested_moderation_enabled,
        );
        arguments.always("Confirm", self.confirm);
        arguments.switch("CopyOwnerToMember", self.copy_owner_to_member);
        arguments.put("Description", &self.description);
        arguments.put("DisplayName", &self.display_name);
        arguments.put("DomainController", &self.domain_controller);
        arguments.switch(
            "HiddenGroupMembershipEnabled",
            self.hidden_group_membership_enabled,
        );
        arguments.switch("IgnoreNamingPolicy", self.ignore_naming_policy);
        arguments.put("ManagedBy", &self.managed_by);
        arguments.put("MemberDepartRestriction", &self.member_depart_restriction);
        arguments.put("MemberJoinRestriction", &self.member_join_restriction);
        arguments.put("Members", &self.members);
        arguments.put("ModeratedBy", &self.moderated_by);
        arguments.put("ModerationEnabled", &self.moderation_enabled);
        arguments.put("Notes", &self.notes);
        arguments.put("OrganizationalUnit", &self.organizational_unit);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put(
            "RequireSenderAuthenticationEnabled",
            &self.require_sender_authentication_enabled,
        );
        arguments.switch("RoomList", self.room_list);
        arguments.put("SamAccountName", &self.sam_account_name);
        arguments.put("SendModerationNotifications", &self.send_moderation_notifications);
        arguments.put("Type", &self.group_type);
        arguments.switch("WhatIf", self.what_if);
    }
}
