//! `Set-DistributionGroup`.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

use crate::argument::Arguments;
use crate::cmdlet::Cmdlet;
use crate::table::CmdletTable;
use crate::table::Kind;
use crate::table::ParameterTable;
use crate::table::Place;
use crate::value::ByteQuantifiedSize;
use crate::value::Identity;
use crate::value::MemberUpdate;
use crate::value::ModerationNotifications;
use crate::value::MultiValued;
use crate::value::SmtpAddress;
use crate::value::Unlimited;

/// `Set-DistributionGroup`: Changes a distribution group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SetDistributionGroup {
    /// `-Identity` (DistributionGroupIdParameter).
    pub identity: Identity,
    /// `-AcceptMessagesOnlyFrom` (MultiValuedProperty).
    pub accept_messages_only_from: Option<MultiValued>,
    /// `-AcceptMessagesOnlyFromDLMembers` (MultiValuedProperty).
    pub accept_messages_only_from_dl_members: Option<MultiValued>,
    /// `-AcceptMessagesOnlyFromSendersOrMembers` (MultiValuedProperty).
    pub accept_messages_only_from_senders_or_members: Option<MultiValued>,
    /// `-Alias` (String).
    pub alias: Option<String>,
    /// `-ArbitrationMailbox` (MailboxIdParameter). On premises only.
    pub arbitration_mailbox: Option<Identity>,
    /// `-BccBlocked` (Boolean). Exchange Online only.
    pub bcc_blocked: Option<bool>,
    /// `-BypassModerationFromSendersOrMembers` (MultiValuedProperty).
    pub bypass_moderation_from_senders_or_members: Option<MultiValued>,
    /// `-BypassNestedModerationEnabled` (Boolean).
    pub bypass_nested_moderation_enabled: Option<bool>,
    /// `-BypassSecurityGroupManagerCheck` (SwitchParameter).
    pub bypass_security_group_manager_check: bool,
    /// `-Confirm` (SwitchParameter).
    pub confirm: bool,
    /// `-CreateDTMFMap` (Boolean). On premises only.
    pub create_dtmf_map: Option<bool>,
    /// `-CustomAttribute1` (String).
    pub custom_attribute1: Option<String>,
    /// `-CustomAttribute2` (String).
    pub custom_attribute2: Option<String>,
    /// `-CustomAttribute3` (String).
    pub custom_attribute3: Option<String>,
    /// `-CustomAttribute4` (String).
    pub custom_attribute4: Option<String>,
    /// `-CustomAttribute5` (String).
    pub custom_attribute5: Option<String>,
    /// `-CustomAttribute6` (String).
    pub custom_attribute6: Option<String>,
    /// `-CustomAttribute7` (String).
    pub custom_attribute7: Option<String>,
    /// `-CustomAttribute8` (String).
    pub custom_attribute8: Option<String>,
    /// `-CustomAttribute9` (String).
    pub custom_attribute9: Option<String>,
    /// `-CustomAttribute10` (String).
    pub custom_attribute10: Option<String>,
    /// `-CustomAttribute11` (String).
    pub custom_attribute11: Option<String>,
    /// `-CustomAttribute12` (String).
    pub custom_attribute12: Option<String>,
    /// `-CustomAttribute13` (String).
    pub custom_attribute13: Option<String>,
    /// `-CustomAttribute14` (String).
    pub custom_attribute14: Option<String>,
    /// `-CustomAttribute15` (String).
    pub custom_attribute15: Option<String>,
    /// `-Description` (MultiValuedProperty). Exchange Online only.
    pub description: Option<MultiValued>,
    /// `-DisplayName` (String).
    pub display_name: Option<String>,
    /// `-DomainController` (Fqdn). On premises only.
    pub domain_controller: Option<String>,
    /// `-EmailAddresses` (ProxyAddressCollection).
    pub email_addresses: Option<MultiValued>,
    /// `-EmailAddressPolicyEnabled` (Boolean). On premises only.
    pub email_address_policy_enabled: Option<bool>,
    /// `-ExpansionServer` (String). On premises only.
    pub expansion_server: Option<String>,
    /// `-ExtensionCustomAttribute1` (MultiValuedProperty).
    pub extension_custom_attribute1: Option<MultiValued>,
    /// `-ExtensionCustomAttribute2` (MultiValuedProperty).
    pub extension_custom_attribute2: Option<MultiValued>,
    /// `-ExtensionCustomAttribute3` (MultiValuedProperty).
    pub extension_custom_attribute3: Option<MultiValued>,
    /// `-ExtensionCustomAttribute4` (MultiValuedProperty).
    pub extension_custom_attribute4: Option<MultiValued>,
    /// `-ExtensionCustomAttribute5` (MultiValuedProperty).
    pub extension_custom_attribute5: Option<MultiValued>,
    /// `-ForceUpgrade` (SwitchParameter).
    pub force_upgrade: bool,
    /// `-GrantSendOnBehalfTo` (MultiValuedProperty).
    pub grant_send_on_behalf_to: Option<MultiValued>,
    /// `-HiddenFromAddressListsEnabled` (Boolean).
    pub hidden_from_address_lists_enabled: Option<bool>,
    /// `-HiddenGroupMembershipEnabled` (SwitchParameter). Exchange Online only.
    pub hidden_group_membership_enabled: bool,
    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    pub ignore_default_scope: bool,
    /// `-IgnoreNamingPolicy` (SwitchParameter).
    pub ignore_naming_policy: bool,
    /// `-MailTip` (String).
    pub mail_tip: Option<String>,
    /// `-MailTipTranslations` (MultiValuedProperty).
    pub mail_tip_translations: Option<MultiValued>,
    /// `-ManagedBy` (MultiValuedProperty).
    pub managed_by: Option<MultiValued>,
    /// `-MaxReceiveSize` (Unlimited). On premises only.
    pub max_receive_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// `-MaxSendSize` (Unlimited). On premises only.
    pub max_send_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// `-MemberDepartRestriction` (MemberUpdateType).
    pub member_depart_restriction: Option<MemberUpdate>,
    /// `-MemberJoinRestriction` (MemberUpdateType).
    pub member_join_restriction: Option<MemberUpdate>,
    /// `-ModeratedBy` (MultiValuedProperty).
    pub moderated_by: Option<MultiValued>,
    /// `-ModerationEnabled` (Boolean).
    pub moderation_enabled: Option<bool>,
    /// `-Name` (String).
    pub name: Option<String>,
    /// `-PrimarySmtpAddress` (SmtpAddress).
    pub primary_smtp_address: Option<SmtpAddress>,
    /// `-RejectMessagesFrom` (MultiValuedProperty).
    pub reject_messages_from: Option<MultiValued>,
    /// `-RejectMessagesFromDLMembers` (MultiValuedProperty).
    pub reject_messages_from_dl_members: Option<MultiValued>,
    /// `-RejectMessagesFromSendersOrMembers` (MultiValuedProperty).
    pub reject_messages_from_senders_or_members: Option<MultiValued>,
    /// `-ReportToManagerEnabled` (Boolean).
    pub report_to_manager_enabled: Option<bool>,
    /// `-ReportToOriginatorEnabled` (Boolean).
    pub report_to_originator_enabled: Option<bool>,
    /// `-RequireSenderAuthenticationEnabled` (Boolean).
    pub require_sender_authentication_enabled: Option<bool>,
    /// `-ResetMigrationToUnifiedGroup` (SwitchParameter). Exchange Online only.
    pub reset_migration_to_unified_group: bool,
    /// `-RoomList` (SwitchParameter).
    pub room_list: bool,
    /// `-SamAccountName` (String). On premises only.
    pub sam_account_name: Option<String>,
    /// `-SendModerationNotifications` (TransportModerationNotificationFlags).
    pub send_moderation_notifications: Option<ModerationNotifications>,
    /// `-SendOofMessageToOriginatorEnabled` (Boolean).
    pub send_oof_message_to_originator_enabled: Option<bool>,
    /// `-SimpleDisplayName` (String).
    pub simple_display_name: Option<String>,
    /// `-UMDtmfMap` (MultiValuedProperty). On premises only.
    pub um_dtmf_map: Option<MultiValued>,
    /// `-UpdateMemberCount` (SwitchParameter). Exchange Online only.
    pub update_member_count: bool,
    /// `-WhatIf` (SwitchParameter).
    pub what_if: bool,
    /// `-WindowsEmailAddress` (SmtpAddress).
    pub windows_email_address: Option<SmtpAddress>,
}

impl SetDistributionGroup {
    /// The call with what it must have.
    #[must_use]
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            accept_messages_only_from: Default::default(),
            accept_messages_only_from_dl_members: Default::default(),
            accept_messages_only_from_senders_or_members: Default::default(),
            alias: Default::default(),
            arbitration_mailbox: Default::default(),
            bcc_blocked: Default::default(),
            bypass_moderation_from_senders_or_members: Default::default(),
            bypass_nested_moderation_enabled: Default::default(),
            bypass_security_group_manager_check: Default::default(),
            confirm: Default::default(),
            create_dtmf_map: Default::default(),
            custom_attribute1: Default::default(),
            custom_attribute2: Default::default(),
            custom_attribute3: Default::default(),
            custom_attribute4: Default::default(),
            custom_attribute5: Default::default(),
            custom_attribute6: Default::default(),
            custom_attribute7: Default::default(),
            custom_attribute8: Default::default(),
            custom_attribute9: Default::default(),
            custom_attribute10: Default::default(),
            custom_attribute11: Default::default(),
            custom_attribute12: Default::default(),
            custom_attribute13: Default::default(),
            custom_attribute14: Default::default(),
            custom_attribute15: Default::default(),
            description: Default::default(),
            display_name: Default::default(),
            domain_controller: Default::default(),
            email_addresses: Default::default(),
            email_address_policy_enabled: Default::default(),
            expansion_server: Default::default(),
            extension_custom_attribute1: Default::default(),
            extension_custom_attribute2: Default::default(),
            extension_custom_attribute3: Default::default(),
            extension_custom_attribute4: Default::default(),
            extension_custom_attribute5: Default::default(),
            force_upgrade: Default::default(),
            grant_send_on_behalf_to: Default::default(),
            hidden_from_address_lists_enabled: Default::default(),
            hidden_group_membership_enabled: Default::default(),
            ignore_default_scope: Default::default(),
            ignore_naming_policy: Default::default(),
            mail_tip: Default::default(),
            mail_tip_translations: Default::default(),
            managed_by: Default::default(),
            max_receive_size: Default::default(),
            max_send_size: Default::default(),
            member_depart_restriction: Default::default(),
            member_join_restriction: Default::default(),
            moderated_by: Default::default(),
            moderation_enabled: Default::default(),
            name: Default::default(),
            primary_smtp_address: Default::default(),
            reject_messages_from: Default::default(),
            reject_messages_from_dl_members: Default::default(),
            reject_messages_from_senders_or_members: Default::default(),
            report_to_manager_enabled: Default::default(),
            report_to_originator_enabled: Default::default(),
            require_sender_authentication_enabled: Default::default(),
            reset_migration_to_unified_group: Default::default(),
            room_list: Default::default(),
            sam_account_name: Default::default(),
            send_moderation_notifications: Default::default(),
            send_oof_message_to_originator_enabled: Default::default(),
            simple_display_name: Default::default(),
            um_dtmf_map: Default::default(),
            update_member_count: Default::default(),
            what_if: Default::default(),
            windows_email_address: Default::default(),
        }
    }

    /// `-AcceptMessagesOnlyFrom` (MultiValuedProperty).
    #[must_use]
    pub fn accept_messages_only_from(mut self, value: impl Into<MultiValued>) -> Self {
        self.accept_messages_only_from = Some(value.into());
        self
    }

    /// `-AcceptMessagesOnlyFromDLMembers` (MultiValuedProperty).
    #[must_use]
    pub fn accept_messages_only_from_dl_members(mut self, value: impl Into<MultiValued>) -> Self {
        self.accept_messages_only_from_dl_members = Some(value.into());
        self
    }

    /// `-AcceptMessagesOnlyFromSendersOrMembers` (MultiValuedProperty).
    #[must_use]
    pub fn accept_messages_only_from_senders_or_members(mut self, value: impl Into<MultiValued>) -> Self {
        self.accept_messages_only_from_senders_or_members = Some(value.into());
        self
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

    /// `-BypassModerationFromSendersOrMembers` (MultiValuedProperty).
    #[must_use]
    pub fn bypass_moderation_from_senders_or_members(mut self, value: impl Into<MultiValued>) -> Self {
        self.bypass_moderation_from_senders_or_members = Some(value.into());
        self
    }

    /// `-BypassNestedModerationEnabled` (Boolean).
    #[must_use]
    pub fn bypass_nested_moderation_enabled(mut self, value: bool) -> Self {
        self.bypass_nested_moderation_enabled = Some(value);
        self
    }

    /// `-BypassSecurityGroupManagerCheck` (SwitchParameter).
    #[must_use]
    pub fn bypass_security_group_manager_check(mut self, on: bool) -> Self {
        self.bypass_security_group_manager_check = on;
        self
    }

    /// `-Confirm` (SwitchParameter).
    #[must_use]
    pub fn confirm(mut self, on: bool) -> Self {
        self.confirm = on;
        self
    }

    /// `-CreateDTMFMap` (Boolean). On premises only.
    #[must_use]
    pub fn create_dtmf_map(mut self, value: bool) -> Self {
        self.create_dtmf_map = Some(value);
        self
    }

    /// `-CustomAttribute1` (String).
    #[must_use]
    pub fn custom_attribute1(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute1 = Some(value.into());
        self
    }

    /// `-CustomAttribute2` (String).
    #[must_use]
    pub fn custom_attribute2(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute2 = Some(value.into());
        self
    }

    /// `-CustomAttribute3` (String).
    #[must_use]
    pub fn custom_attribute3(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute3 = Some(value.into());
        self
    }

    /// `-CustomAttribute4` (String).
    #[must_use]
    pub fn custom_attribute4(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute4 = Some(value.into());
        self
    }

    /// `-CustomAttribute5` (String).
    #[must_use]
    pub fn custom_attribute5(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute5 = Some(value.into());
        self
    }

    /// `-CustomAttribute6` (String).
    #[must_use]
    pub fn custom_attribute6(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute6 = Some(value.into());
        self
    }

    /// `-CustomAttribute7` (String).
    #[must_use]
    pub fn custom_attribute7(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute7 = Some(value.into());
        self
    }

    /// `-CustomAttribute8` (String).
    #[must_use]
    pub fn custom_attribute8(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute8 = Some(value.into());
        self
    }

    /// `-CustomAttribute9` (String).
    #[must_use]
    pub fn custom_attribute9(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute9 = Some(value.into());
        self
    }

    /// `-CustomAttribute10` (String).
    #[must_use]
    pub fn custom_attribute10(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute10 = Some(value.into());
        self
    }

    /// `-CustomAttribute11` (String).
    #[must_use]
    pub fn custom_attribute11(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute11 = Some(value.into());
        self
    }

    /// `-CustomAttribute12` (String).
    #[must_use]
    pub fn custom_attribute12(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute12 = Some(value.into());
        self
    }

    /// `-CustomAttribute13` (String).
    #[must_use]
    pub fn custom_attribute13(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute13 = Some(value.into());
        self
    }

    /// `-CustomAttribute14` (String).
    #[must_use]
    pub fn custom_attribute14(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute14 = Some(value.into());
        self
    }

    /// `-CustomAttribute15` (String).
    #[must_use]
    pub fn custom_attribute15(mut self, value: impl Into<String>) -> Self {
        self.custom_attribute15 = Some(value.into());
        self
    }

    /// `-Description` (MultiValuedProperty). Exchange Online only.
    #[must_use]
    pub fn description(mut self, value: impl Into<MultiValued>) -> Self {
        self.description = Some(value.into());
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

    /// `-EmailAddresses` (ProxyAddressCollection).
    #[must_use]
    pub fn email_addresses(mut self, value: impl Into<MultiValued>) -> Self {
        self.email_addresses = Some(value.into());
        self
    }

    /// `-EmailAddressPolicyEnabled` (Boolean). On premises only.
    #[must_use]
    pub fn email_address_policy_enabled(mut self, value: bool) -> Self {
        self.email_address_policy_enabled = Some(value);
        self
    }

    /// `-ExpansionServer` (String). On premises only.
    #[must_use]
    pub fn expansion_server(mut self, value: impl Into<String>) -> Self {
        self.expansion_server = Some(value.into());
        self
    }

    /// `-ExtensionCustomAttribute1` (MultiValuedProperty).
    #[must_use]
    pub fn extension_custom_attribute1(mut self, value: impl Into<MultiValued>) -> Self {
        self.extension_custom_attribute1 = Some(value.into());
        self
    }

    /// `-ExtensionCustomAttribute2` (MultiValuedProperty).
    #[must_use]
    pub fn extension_custom_attribute2(mut self, value: impl Into<MultiValued>) -> Self {
        self.extension_custom_attribute2 = Some(value.into());
        self
    }

    /// `-ExtensionCustomAttribute3` (MultiValuedProperty).
    #[must_use]
    pub fn extension_custom_attribute3(mut self, value: impl Into<MultiValued>) -> Self {
        self.extension_custom_attribute3 = Some(value.into());
        self
    }

    /// `-ExtensionCustomAttribute4` (MultiValuedProperty).
    #[must_use]
    pub fn extension_custom_attribute4(mut self, value: impl Into<MultiValued>) -> Self {
        self.extension_custom_attribute4 = Some(value.into());
        self
    }

    /// `-ExtensionCustomAttribute5` (MultiValuedProperty).
    #[must_use]
    pub fn extension_custom_attribute5(mut self, value: impl Into<MultiValued>) -> Self {
        self.extension_custom_attribute5 = Some(value.into());
        self
    }

    /// `-ForceUpgrade` (SwitchParameter).
    #[must_use]
    pub fn force_upgrade(mut self, on: bool) -> Self {
        self.force_upgrade = on;
        self
    }

    /// `-GrantSendOnBehalfTo` (MultiValuedProperty).
    #[must_use]
    pub fn grant_send_on_behalf_to(mut self, value: impl Into<MultiValued>) -> Self {
        self.grant_send_on_behalf_to = Some(value.into());
        self
    }

    /// `-HiddenFromAddressListsEnabled` (Boolean).
    #[must_use]
    pub fn hidden_from_address_lists_enabled(mut self, value: bool) -> Self {
        self.hidden_from_address_lists_enabled = Some(value);
        self
    }

    /// `-HiddenGroupMembershipEnabled` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn hidden_group_membership_enabled(mut self, on: bool) -> Self {
        self.hidden_group_membership_enabled = on;
        self
    }

    /// `-IgnoreDefaultScope` (SwitchParameter). On premises only.
    #[must_use]
    pub fn ignore_default_scope(mut self, on: bool) -> Self {
        self.ignore_default_scope = on;
        self
    }

    /// `-IgnoreNamingPolicy` (SwitchParameter).
    #[must_use]
    pub fn ignore_naming_policy(mut self, on: bool) -> Self {
        self.ignore_naming_policy = on;
        self
    }

    /// `-MailTip` (String).
    #[must_use]
    pub fn mail_tip(mut self, value: impl Into<String>) -> Self {
        self.mail_tip = Some(value.into());
        self
    }

    /// `-MailTipTranslations` (MultiValuedProperty).
    #[must_use]
    pub fn mail_tip_translations(mut self, value: impl Into<MultiValued>) -> Self {
        self.mail_tip_translations = Some(value.into());
        self
    }

    /// `-ManagedBy` (MultiValuedProperty).
    #[must_use]
    pub fn managed_by(mut self, value: impl Into<MultiValued>) -> Self {
        self.managed_by = Some(value.into());
        self
    }

    /// `-MaxReceiveSize` (Unlimited). On premises only.
    #[must_use]
    pub fn max_receive_size(mut self, value: impl Into<Unlimited<ByteQuantifiedSize>>) -> Self {
        self.max_receive_size = Some(value.into());
        self
    }

    /// `-MaxSendSize` (Unlimited). On premises only.
    #[must_use]
    pub fn max_send_size(mut self, value: impl Into<Unlimited<ByteQuantifiedSize>>) -> Self {
        self.max_send_size = Some(value.into());
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

    /// `-ModeratedBy` (MultiValuedProperty).
    #[must_use]
    pub fn moderated_by(mut self, value: impl Into<MultiValued>) -> Self {
        self.moderated_by = Some(value.into());
        self
    }

    /// `-ModerationEnabled` (Boolean).
    #[must_use]
    pub fn moderation_enabled(mut self, value: bool) -> Self {
        self.moderation_enabled = Some(value);
        self
    }

    /// `-Name` (String).
    #[must_use]
    pub fn name(mut self, value: impl Into<String>) -> Self {
        self.name = Some(value.into());
        self
    }

    /// `-PrimarySmtpAddress` (SmtpAddress).
    #[must_use]
    pub fn primary_smtp_address(mut self, value: impl Into<SmtpAddress>) -> Self {
        self.primary_smtp_address = Some(value.into());
        self
    }

    /// `-RejectMessagesFrom` (MultiValuedProperty).
    #[must_use]
    pub fn reject_messages_from(mut self, value: impl Into<MultiValued>) -> Self {
        self.reject_messages_from = Some(value.into());
        self
    }

    /// `-RejectMessagesFromDLMembers` (MultiValuedProperty).
    #[must_use]
    pub fn reject_messages_from_dl_members(mut self, value: impl Into<MultiValued>) -> Self {
        self.reject_messages_from_dl_members = Some(value.into());
        self
    }

    /// `-RejectMessagesFromSendersOrMembers` (MultiValuedProperty).
    #[must_use]
    pub fn reject_messages_from_senders_or_members(mut self, value: impl Into<MultiValued>) -> Self {
        self.reject_messages_from_senders_or_members = Some(value.into());
        self
    }

    /// `-ReportToManagerEnabled` (Boolean).
    #[must_use]
    pub fn report_to_manager_enabled(mut self, value: bool) -> Self {
        self.report_to_manager_enabled = Some(value);
        self
    }

    /// `-ReportToOriginatorEnabled` (Boolean).
    #[must_use]
    pub fn report_to_originator_enabled(mut self, value: bool) -> Self {
        self.report_to_originator_enabled = Some(value);
        self
    }

    /// `-RequireSenderAuthenticationEnabled` (Boolean).
    #[must_use]
    pub fn require_sender_authentication_enabled(mut self, value: bool) -> Self {
        self.require_sender_authentication_enabled = Some(value);
        self
    }

    /// `-ResetMigrationToUnifiedGroup` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn reset_migration_to_unified_group(mut self, on: bool) -> Self {
        self.reset_migration_to_unified_group = on;
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

    /// `-SendOofMessageToOriginatorEnabled` (Boolean).
    #[must_use]
    pub fn send_oof_message_to_originator_enabled(mut self, value: bool) -> Self {
        self.send_oof_message_to_originator_enabled = Some(value);
        self
    }

    /// `-SimpleDisplayName` (String).
    #[must_use]
    pub fn simple_display_name(mut self, value: impl Into<String>) -> Self {
        self.simple_display_name = Some(value.into());
        self
    }

    /// `-UMDtmfMap` (MultiValuedProperty). On premises only.
    #[must_use]
    pub fn um_dtmf_map(mut self, value: impl Into<MultiValued>) -> Self {
        self.um_dtmf_map = Some(value.into());
        self
    }

    /// `-UpdateMemberCount` (SwitchParameter). Exchange Online only.
    #[must_use]
    pub fn update_member_count(mut self, on: bool) -> Self {
        self.update_member_count = on;
        self
    }

    /// `-WhatIf` (SwitchParameter).
    #[must_use]
    pub fn what_if(mut self, on: bool) -> Self {
        self.what_if = on;
        self
    }

    /// `-WindowsEmailAddress` (SmtpAddress).
    #[must_use]
    pub fn windows_email_address(mut self, value: impl Into<SmtpAddress>) -> Self {
        self.windows_email_address = Some(value.into());
        self
    }
}

impl Cmdlet for SetDistributionGroup {
    type Output = ();

    const TABLE: &'static CmdletTable = &CmdletTable {
        name: "Set-DistributionGroup",
        over_psrp: None,
        writes: true,
        alternatives: &[],
        parameters: &[
            ParameterTable {
                name: "Identity",
                type_name: "DistributionGroupIdParameter",
                kind: Kind::Identity,
                required: true,
                position: Some(1),
                pipeline: true,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AcceptMessagesOnlyFrom",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AcceptMessagesOnlyFromDLMembers",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "AcceptMessagesOnlyFromSendersOrMembers",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
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
                name: "BypassModerationFromSendersOrMembers",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BypassNestedModerationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "BypassSecurityGroupManagerCheck",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Confirm",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CreateDTMFMap",
                type_name: "Boolean",
                kind: Kind::Boolean,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute1",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute2",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute3",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute4",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute5",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute6",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute7",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute8",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute9",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute10",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute11",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute12",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute13",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute14",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "CustomAttribute15",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Description",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
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
                name: "EmailAddresses",
                type_name: "ProxyAddressCollection",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "EmailAddressPolicyEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExpansionServer",
                type_name: "String",
                kind: Kind::Text,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExtensionCustomAttribute1",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExtensionCustomAttribute2",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExtensionCustomAttribute3",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExtensionCustomAttribute4",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ExtensionCustomAttribute5",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ForceUpgrade",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "GrantSendOnBehalfTo",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "HiddenFromAddressListsEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
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
                name: "IgnoreDefaultScope",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "IgnoreNamingPolicy",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MailTip",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MailTipTranslations",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ManagedBy",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MaxReceiveSize",
                type_name: "Unlimited",
                kind: Kind::Text,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "MaxSendSize",
                type_name: "Unlimited",
                kind: Kind::Text,
                place: Place::OnPremises,
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
                name: "ModeratedBy",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ModerationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "Name",
                type_name: "String",
                kind: Kind::Text,
                longest: Some(64),
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "PrimarySmtpAddress",
                type_name: "SmtpAddress",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RejectMessagesFrom",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RejectMessagesFromDLMembers",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RejectMessagesFromSendersOrMembers",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReportToManagerEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ReportToOriginatorEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "RequireSenderAuthenticationEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "ResetMigrationToUnifiedGroup",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
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
                name: "SendOofMessageToOriginatorEnabled",
                type_name: "Boolean",
                kind: Kind::Boolean,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "SimpleDisplayName",
                type_name: "String",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UMDtmfMap",
                type_name: "MultiValuedProperty",
                kind: Kind::MultiValued,
                place: Place::OnPremises,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "UpdateMemberCount",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                place: Place::Online,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "WhatIf",
                type_name: "SwitchParameter",
                kind: Kind::Switch,
                ..ParameterTable::OPTIONAL
            },
            ParameterTable {
                name: "WindowsEmailAddress",
                type_name: "SmtpAddress",
                kind: Kind::Text,
                ..ParameterTable::OPTIONAL
            },
        ],
    };

    fn put(&self, arguments: &mut Arguments) {
        arguments.put("Identity", &self.identity);
        arguments.put("AcceptMessagesOnlyFrom", &self.accept_messages_only_from);
        arguments.put(
            "AcceptMessagesOnlyFromDLMembers",
            &self.accept_messages_only_from_dl_members,
        );
        arguments.put(
            "AcceptMessagesOnlyFromSendersOrMembers",
            &self.accept_messages_only_from_senders_or_members,
        );
        arguments.put("Alias", &self.alias);
        arguments.put("ArbitrationMailbox", &self.arbitration_mailbox);
        arguments.put("BccBlocked", &self.bcc_blocked);
        arguments.put(
            "BypassModerationFromSendersOrMembers",
            &self.bypass_moderation_from_senders_or_members,
        );
        arguments.put(
            "BypassNestedModerationEnabled",
            &self.bypass_nested_moderation_enabled,
        );
        arguments.switch(
            "BypassSecurityGroupManagerCheck",
            self.bypass_security_group_manager_check,
        );
        arguments.always("Confirm", self.confirm);
        arguments.put("CreateDTMFMap", &self.create_dtmf_map);
        arguments.put("CustomAttribute1", &self.custom_attribute1);
        arguments.put("CustomAttribute2", &self.custom_attribute2);
        arguments.put("CustomAttribute3", &self.custom_attribute3);
        arguments.put("CustomAttribute4", &self.custom_attribute4);
        arguments.put("CustomAttribute5", &self.custom_attribute5);
        arguments.put("CustomAttribute6", &self.custom_attribute6);
        arguments.put("CustomAttribute7", &self.custom_attribute7);
        arguments.put("CustomAttribute8", &self.custom_attribute8);
        arguments.put("CustomAttribute9", &self.custom_attribute9);
        arguments.put("CustomAttribute10", &self.custom_attribute10);
        arguments.put("CustomAttribute11", &self.custom_attribute11);
        arguments.put("CustomAttribute12", &self.custom_attribute12);
        arguments.put("CustomAttribute13", &self.custom_attribute13);
        arguments.put("CustomAttribute14", &self.custom_attribute14);
        arguments.put("CustomAttribute15", &self.custom_attribute15);
        arguments.put("Description", &self.description);
        arguments.put("DisplayName", &self.display_name);
        arguments.put("DomainController", &self.domain_controller);
        arguments.put("EmailAddresses", &self.email_addresses);
        arguments.put("EmailAddressPolicyEnabled", &self.email_address_policy_enabled);
        arguments.put("ExpansionServer", &self.expansion_server);
        arguments.put("ExtensionCustomAttribute1", &self.extension_custom_attribute1);
        arguments.put("ExtensionCustomAttribute2", &self.extension_custom_attribute2);
        arguments.put("ExtensionCustomAttribute3", &self.extension_custom_attribute3);
        arguments.put("ExtensionCustomAttribute4", &self.extension_custom_attribute4);
        arguments.put("ExtensionCustomAttribute5", &self.extension_custom_attribute5);
        arguments.switch("ForceUpgrade", self.force_upgrade);
        arguments.put("GrantSendOnBehalfTo", &self.grant_send_on_behalf_to);
        arguments.put(
            "HiddenFromAddressListsEnabled",
            &self.hidden_from_address_lists_enabled,
        );
        arguments.switch(
            "HiddenGroupMembershipEnabled",
            self.hidden_group_membership_enabled,
        );
        arguments.switch("IgnoreDefaultScope", self.ignore_default_scope);
        arguments.switch("IgnoreNamingPolicy", self.ignore_naming_policy);
        arguments.put("MailTip", &self.mail_tip);
        arguments.put("MailTipTranslations", &self.mail_tip_translations);
        arguments.put("ManagedBy", &self.managed_by);
        arguments.put("MaxReceiveSize", &self.max_receive_size);
        arguments.put("MaxSendSize", &self.max_send_size);
        arguments.put("MemberDepartRestriction", &self.member_depart_restriction);
        arguments.put("MemberJoinRestriction", &self.member_join_restriction);
        arguments.put("ModeratedBy", &self.moderated_by);
        arguments.put("ModerationEnabled", &self.moderation_enabled);
        arguments.put("Name", &self.name);
        arguments.put("PrimarySmtpAddress", &self.primary_smtp_address);
        arguments.put("RejectMessagesFrom", &self.reject_messages_from);
        arguments.put(
            "RejectMessagesFromDLMembers",
            &self.reject_messages_from_dl_members,
        );
        arguments.put(
            "RejectMessagesFromSendersOrMembers",
            &self.reject_messages_from_senders_or_members,
        );
        arguments.put("ReportToManagerEnabled", &self.report_to_manager_enabled);
        arguments.put("ReportToOriginatorEnabled", &self.report_to_originator_enabled);
        arguments.put(
            "RequireSenderAuthenticationEnabled",
            &self.require_sender_authentication_enabled,
        );
        arguments.switch(
            "ResetMigrationToUnifiedGroup",
            self.reset_migration_to_unified_group,
        );
        arguments.switch("RoomList", self.room_list);
        arguments.put("SamAccountName", &self.sam_account_name);
        arguments.put("SendModerationNotifications", &self.send_moderation_notifications);
        arguments.put(
            "SendOofMessageToOriginatorEnabled",
            &self.send_oof_message_to_originator_enabled,
        );
        arguments.put("SimpleDisplayName", &self.simple_display_name);
        arguments.put("UMDtmfMap", &self.um_dtmf_map);
        arguments.switch("UpdateMemberCount", self.update_member_count);
        arguments.switch("WhatIf", self.what_if);
        arguments.put("WindowsEmailAddress", &self.windows_email_address);
    }
}
