//! The parameters of the Exchange cmdlets (on-premises form).

use crate::engine::bind::{Kind, Parameter};

/// `RecipientTypeDetails` of users.
const USER_TYPES: &[&str] = &[
    "DisabledUser",
    "DiscoveryMailbox",
    "EquipmentMailbox",
    "GuestMailUser",
    "LegacyMailbox",
    "LinkedMailbox",
    "LinkedRoomMailbox",
    "LinkedUser",
    "MailUser",
    "PublicFolderMailbox",
    "RemoteEquipmentMailbox",
    "RemoteRoomMailbox",
    "RemoteSharedMailbox",
    "RemoteTeamMailbox",
    "RemoteUserMailbox",
    "RoomMailbox",
    "SchedulingMailbox",
    "SharedMailbox",
    "TeamMailbox",
    "User",
    "UserMailbox",
];

const GROUP_TYPES: &[&str] = &[
    "MailNonUniversalGroup",
    "MailUniversalDistributionGroup",
    "MailUniversalSecurityGroup",
    "RoomList",
];

const RECIPIENT_TYPE_DETAILS: &[&str] = &[
    "DisabledUser",
    "DiscoveryMailbox",
    "DynamicDistributionGroup",
    "EquipmentMailbox",
    "LegacyMailbox",
    "LinkedMailbox",
    "MailContact",
    "MailNonUniversalGroup",
    "MailUniversalDistributionGroup",
    "MailUniversalSecurityGroup",
    "MailUser",
    "RemoteRoomMailbox",
    "RemoteSharedMailbox",
    "RemoteUserMailbox",
    "RoomList",
    "RoomMailbox",
    "SharedMailbox",
    "User",
    "UserMailbox",
];

const RECIPIENT_TYPES: &[&str] = &[
    "DynamicDistributionGroup",
    "MailContact",
    "MailNonUniversalGroup",
    "MailUniversalDistributionGroup",
    "MailUniversalSecurityGroup",
    "MailUser",
    "User",
    "UserMailbox",
];

const SORT_USERS: &[&str] = &["Name", "DisplayName", "City", "FirstName", "LastName", "Office"];
const SORT_GROUPS: &[&str] = &[
    "Name",
    "DisplayName",
    "Alias",
    "City",
    "FirstName",
    "LastName",
    "Office",
    "ServerLegacyDN",
];
const RESTRICTIONS: &[&str] = &["Open", "Closed", "ApprovalRequired"];

const DETAILS: &str = "Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails[]";
const MULTI: &str = "Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Configuration.Tasks.\
                     GeneralRecipientIdParameter]]";
const UPDATE: &str = "Microsoft.Exchange.Data.Directory.Recipient.MemberUpdateType";

const fn limit() -> Parameter {
    Parameter::new(
        "ResultSize",
        "Microsoft.Exchange.Data.Unlimited`1[System.UInt32]",
        Kind::Unlimited,
    )
}

const fn controller() -> Parameter {
    Parameter::id("DomainController", "Microsoft.Exchange.Data.Fqdn")
}

const fn credential() -> Parameter {
    Parameter::new(
        "Credential",
        "System.Management.Automation.PSCredential",
        Kind::Any,
    )
}

const fn unit() -> Parameter {
    Parameter::id(
        "OrganizationalUnit",
        "Microsoft.Exchange.Configuration.Tasks.OrganizationalUnitIdParameter",
    )
}

const fn identity(type_name: &'static str) -> Parameter {
    Parameter::id("Identity", type_name).at(1).piped()
}

const fn confirm() -> Parameter {
    Parameter::switch("Confirm").or(&["cf"])
}

const fn what_if() -> Parameter {
    Parameter::switch("WhatIf").or(&["wi"])
}

pub(super) const GET_USER: &[Parameter] = &[
    identity("Microsoft.Exchange.Configuration.Tasks.UserIdParameter").in_sets(1),
    Parameter::text("Anr").in_sets(2),
    Parameter::switch("Arbitration"),
    Parameter::switch("AuditLog"),
    Parameter::switch("AuxAuditLog"),
    credential(),
    controller(),
    Parameter::text("Filter"),
    Parameter::switch("IgnoreDefaultScope"),
    unit(),
    Parameter::switch("PublicFolder"),
    Parameter::switch("ReadFromDomainController"),
    Parameter::new("RecipientTypeDetails", DETAILS, Kind::Choices(USER_TYPES)),
    limit(),
    Parameter::new("SortBy", "System.String", Kind::Choice(SORT_USERS)),
    Parameter::switch("SupervisoryReviewPolicy"),
];

pub(super) const GET_RECIPIENT: &[Parameter] = &[
    identity("Microsoft.Exchange.Configuration.Tasks.RecipientIdParameter").in_sets(1),
    Parameter::text("Anr").in_sets(2),
    Parameter::text("BookmarkDisplayName"),
    Parameter::texts("Capabilities", MULTI),
    credential(),
    Parameter::id(
        "Database",
        "Microsoft.Exchange.Configuration.Tasks.DatabaseIdParameter",
    ),
    controller(),
    Parameter::text("Filter"),
    Parameter::switch("IgnoreDefaultScope"),
    Parameter::flag("IncludeBookmarkObject"),
    Parameter::switch("IncludeSoftDeletedRecipients"),
    unit(),
    Parameter::texts("Properties", "System.String[]"),
    Parameter::text("PropertySet"),
    Parameter::switch("ReadFromDomainController"),
    Parameter::text("RecipientPreviewFilter").in_sets(4),
    Parameter::new(
        "RecipientType",
        "Microsoft.Exchange.Data.Directory.Recipient.RecipientType[]",
        Kind::Choices(RECIPIENT_TYPES),
    ),
    Parameter::new(
        "RecipientTypeDetails",
        DETAILS,
        Kind::Choices(RECIPIENT_TYPE_DETAILS),
    ),
    limit(),
    Parameter::new("SortBy", "System.String", Kind::Choice(SORT_GROUPS)),
];

pub(super) const GET_GROUP: &[Parameter] = &[
    identity("Microsoft.Exchange.Configuration.Tasks.DistributionGroupIdParameter").in_sets(1),
    Parameter::text("Anr").in_sets(2),
    credential(),
    controller(),
    Parameter::text("Filter"),
    Parameter::switch("IgnoreDefaultScope"),
    Parameter::id(
        "ManagedBy",
        "Microsoft.Exchange.Configuration.Tasks.GeneralRecipientIdParameter",
    )
    .in_sets(4),
    unit(),
    Parameter::switch("ReadFromDomainController"),
    Parameter::new("RecipientTypeDetails", DETAILS, Kind::Choices(GROUP_TYPES)),
    limit(),
    Parameter::new("SortBy", "System.String", Kind::Choice(SORT_GROUPS)),
];

pub(super) const GET_MEMBER: &[Parameter] = &[
    identity("Microsoft.Exchange.Configuration.Tasks.DistributionGroupMemberIdParameter").required(),
    credential(),
    controller(),
    Parameter::switch("IgnoreDefaultScope"),
    Parameter::switch("ReadFromDomainController"),
    limit(),
];

pub(super) const CHANGE_MEMBER: &[Parameter] = &[
    Parameter::id(
        "Identity",
        "Microsoft.Exchange.Configuration.Tasks.DistributionGroupIdParameter",
    )
    .at(1)
    .required(),
    Parameter::switch("BypassSecurityGroupManagerCheck"),
    confirm(),
    controller(),
    Parameter::id(
        "Member",
        "Microsoft.Exchange.Configuration.Tasks.RecipientWithAdUserGroupIdParameter",
    )
    .piped(),
    what_if(),
];

pub(super) const NEW_GROUP: &[Parameter] = &[
    Parameter::text("Name").at(1).required(),
    Parameter::text("Alias"),
    Parameter::id(
        "ArbitrationMailbox",
        "Microsoft.Exchange.Configuration.Tasks.MailboxIdParameter",
    ),
    Parameter::flag("BypassNestedModerationEnabled"),
    confirm(),
    Parameter::switch("CopyOwnerToMember"),
    Parameter::text("DisplayName"),
    controller(),
    Parameter::switch("IgnoreNamingPolicy"),
    Parameter::texts("ManagedBy", MULTI),
    Parameter::new("MemberDepartRestriction", UPDATE, Kind::Choice(RESTRICTIONS)),
    Parameter::new("MemberJoinRestriction", UPDATE, Kind::Choice(RESTRICTIONS)),
    Parameter::texts("Members", MULTI),
    Parameter::texts("ModeratedBy", MULTI),
    Parameter::flag("ModerationEnabled"),
    Parameter::text("Notes"),
    unit(),
    Parameter::id("PrimarySmtpAddress", "Microsoft.Exchange.Data.SmtpAddress"),
    Parameter::flag("RequireSenderAuthenticationEnabled"),
    Parameter::switch("RoomList"),
    Parameter::text("SamAccountName"),
    Parameter::new(
        "SendModerationNotifications",
        "Microsoft.Exchange.Data.Directory.Recipient.TransportModerationNotificationFlags",
        Kind::Choice(&["Always", "Internal", "Never"]),
    ),
    Parameter::new(
        "Type",
        "Microsoft.Exchange.Data.Directory.Management.GroupType",
        Kind::Choice(&["Distribution", "Security"]),
    ),
    what_if(),
];
