//! Groups: what a seed and an index make of them, what writes make of them, and their properties in wire order.

use std::borrow::Cow;

use uuid::Uuid;

use super::names::{ADMIN_GROUP, BASE_DN, DEPARTMENTS, DOMAIN, DOMAIN_CONTROLLER, NETBIOS, TEAMS};
use super::prop::{Column, ListType, Prop};
use super::seed::{self, Draw, Kind};
use super::time::{SECOND, Ticks};
use super::user::User;

/// The groups that every directory begins with: all users; the next groups, nested; two that contain each other.
pub(crate) const SPECIAL: [(&str, &str); 4] = [
    ("All Employees", "all"),
    ("Everyone Nested", "everyone"),
    ("Ring A", "ring-a"),
    ("Ring B", "ring-b"),
];

/// Who may add and remove members besides administrators who bypass the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) canonical: String,
}

/// A distribution or mail-enabled security group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) index: u32,
    pub(crate) guid: Uuid,
    pub(crate) name: String,
    pub(crate) alias: String,
    pub(crate) display_name: String,
    pub(crate) sam: String,
    pub(crate) primary: String,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) security: bool,
    pub(crate) room_list: bool,
    pub(crate) managers: Vec<Manager>,
    pub(crate) notes: String,
    pub(crate) join: Cow<'static, str>,
    pub(crate) depart: Cow<'static, str>,
    pub(crate) moderated_by: Vec<String>,
    pub(crate) moderation: bool,
    pub(crate) bypass_nested_moderation: bool,
    pub(crate) notifications: Cow<'static, str>,
    pub(crate) require_sender_auth: bool,
    pub(crate) created: Ticks,
    pub(crate) changed: Ticks,
}

impl Group {
    /// The `index`-th seeded group of a directory with so many users.
    pub(crate) fn seeded(seed: u64, users: u32, index: u32) -> Self {
        let mut draw = Draw::new(seed, Kind::Group, index);
        let department = draw.pick(&DEPARTMENTS).unwrap_or_default();
        let team = draw.pick(&TEAMS).unwrap_or_default();
        let (name, alias) = match SPECIAL.get(index as usize) {
            Some((name, alias)) => ((*name).to_owned(), (*alias).to_owned()),
            None => (
                format!("{} {} {index}", department.0, team.0),
                format!("{}-{}-{index}", department.1, team.1),
            ),
        };
        let security = index >= 4 && draw.below(4) == 0;
        let managers = match users {
            0 => Vec::new(),
            users => vec![Manager {
                canonical: User::new(seed, draw.below(users)).canonical(),
            }],
        };
        let created = Ticks(Ticks::of_day(2019, 1, 1).0 + i64::from(draw.below(6 * 365 * 86_400)) * SECOND);
        let span = (Ticks::of_day(2026, 11, 1).0 - created.0) / SECOND;
        let changed = Ticks(created.0 + i64::from(draw.below(u32::try_from(span).unwrap_or(0))) * SECOND);
        Self {
            index,
            guid: seed::guid(seed, Kind::Group, index),
            display_name: name.clone(),
            name,
            sam: format!("g-{alias}"),
            primary: format!("{alias}@{DOMAIN}"),
            alias,
            unit: Cow::Borrowed("Groups"),
            security,
            room_list: false,
            managers,
            notes: String::new(),
            join: Cow::Borrowed("Closed"),
            depart: Cow::Borrowed(if security { "Closed" } else { "Open" }),
            moderated_by: Vec::new(),
            moderation: false,
            bypass_nested_moderation: false,
            notifications: Cow::Borrowed("Always"),
            require_sender_auth: true,
            created,
            changed,
        }
    }

    /// `RecipientTypeDetails`.
    pub(crate) fn details(&self) -> &'static str {
        match (self.room_list, self.security) {
            (true, _) => "RoomList",
            (false, true) => "MailUniversalSecurityGroup",
            (false, false) => "MailUniversalDistributionGroup",
        }
    }

    /// `RecipientType`.
    pub(crate) fn general(&self) -> &'static str {
        if self.security {
            "MailUniversalSecurityGroup"
        } else {
            "MailUniversalDistributionGroup"
        }
    }

    pub(crate) fn canonical(&self) -> String {
        format!("{DOMAIN}/Corp/{}/{}", self.unit, self.name)
    }

    pub(crate) fn dn(&self) -> String {
        format!("CN={},OU={},{BASE_DN}", self.name.replace(',', "\\,"), self.unit)
    }

    pub(crate) fn legacy_dn(&self) -> String {
        format!("{ADMIN_GROUP}/cn={}-{}", self.guid.simple(), self.alias)
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        vec![
            format!("SMTP:{}", self.primary),
            format!("smtp:{}@mail.{DOMAIN}", self.alias),
        ]
    }

    /// All forms of `-Identity` that mean this group.
    pub(crate) fn is_known_as(&self, identity: &str) -> bool {
        let same = |form: &str| super::same_text(form, identity);
        same(&self.name)
            || same(&self.alias)
            || same(&self.sam)
            || same(&format!("{NETBIOS}\\{}", self.sam))
            || same(&self.dn())
            || same(&self.canonical())
            || same(&self.legacy_dn())
            || self.addresses().iter().filter_map(|a| a.get(5..)).any(same)
    }
}

fn objects(items: Vec<String>) -> Prop {
    Prop::List(ListType::Objects, items)
}

fn no_objects(_: &Group) -> Prop {
    objects(Vec::new())
}

fn no_strings(_: &Group) -> Prop {
    Prop::List(ListType::Strings, Vec::new())
}

fn empty(_: &Group) -> Prop {
    Prop::EMPTY
}

fn text(value: &str) -> Prop {
    value.to_owned().into()
}

/// The properties of Get-DistributionGroup, in wire order.
pub(crate) const COLUMNS: &[Column<Group>] = &[
    ("GroupType", |g| {
        if g.security {
            "Universal, SecurityEnabled".into()
        } else {
            "Universal".into()
        }
    }),
    ("SamAccountName", |g| g.sam.clone().into()),
    ("BypassNestedModerationEnabled", |g| {
        Prop::Bool(g.bypass_nested_moderation)
    }),
    ("IsDirSynced", |_| Prop::Bool(false)),
    ("ManagedBy", |g| {
        objects(g.managers.iter().map(|m| m.canonical.clone()).collect())
    }),
    ("MemberJoinRestriction", |g| text(&g.join)),
    ("MemberDepartRestriction", |g| text(&g.depart)),
    ("MigrationToUnifiedGroupInProgress", |_| Prop::Bool(false)),
    ("HiddenGroupMembershipEnabled", |_| Prop::Bool(false)),
    ("ExpansionServer", empty),
    ("ReportToManagerEnabled", |_| Prop::Bool(false)),
    ("ReportToOriginatorEnabled", |_| Prop::Bool(true)),
    ("SendOofMessageToOriginatorEnabled", |_| Prop::Bool(false)),
    ("AcceptMessagesOnlyFrom", no_objects),
    ("AcceptMessagesOnlyFromDLMembers", no_objects),
    ("AcceptMessagesOnlyFromSendersOrMembers", no_objects),
    ("AddressListMembership", |_| {
        objects(vec![
            "\\All Distribution Lists".to_owned(),
            "\\Default Global Address List".to_owned(),
        ])
    }),
    ("AdministrativeUnits", no_objects),
    ("Alias", |g| g.alias.clone().into()),
    ("ArbitrationMailbox", |_| {
        "corp.example/Users/SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}".into()
    }),
    ("BypassModerationFromSendersOrMembers", no_objects),
    ("OrganizationalUnit", |g| {
        format!("{DOMAIN}/Corp/{}", g.unit).into()
    }),
    ("CustomAttribute1", empty),
    ("CustomAttribute10", empty),
    ("CustomAttribute11", empty),
    ("CustomAttribute12", empty),
    ("CustomAttribute13", empty),
    ("CustomAttribute14", empty),
    ("CustomAttribute15", empty),
    ("CustomAttribute2", empty),
    ("CustomAttribute3", empty),
    ("CustomAttribute4", empty),
    ("CustomAttribute5", empty),
    ("CustomAttribute6", empty),
    ("CustomAttribute7", empty),
    ("CustomAttribute8", empty),
    ("CustomAttribute9", empty),
    ("ExtensionCustomAttribute1", no_strings),
    ("ExtensionCustomAttribute2", no_strings),
    ("ExtensionCustomAttribute3", no_strings),
    ("ExtensionCustomAttribute4", no_strings),
    ("ExtensionCustomAttribute5", no_strings),
    ("DisplayName", |g| g.display_name.clone().into()),
    ("EmailAddresses", |g| {
        Prop::List(ListType::Addresses, g.addresses())
    }),
    ("GrantSendOnBehalfTo", no_objects),
    ("ExternalDirectoryObjectId", empty),
    ("HiddenFromAddressListsEnabled", |_| Prop::Bool(false)),
    ("LastExchangeChangedTime", |_| Prop::Nil),
    ("LegacyExchangeDN", |g| g.legacy_dn().into()),
    ("MaxSendSize", |_| "Unlimited".into()),
    ("MaxReceiveSize", |_| "Unlimited".into()),
    ("ModeratedBy", |g| objects(g.moderated_by.clone())),
    ("ModerationEnabled", |g| Prop::Bool(g.moderation)),
    ("PoliciesIncluded", |_| {
        Prop::List(
            ListType::Strings,
            vec![
                "6a3b3d6a-7e03-44d8-87ef-9e77dff2f562".to_owned(),
                "{26491cfc-9e50-4857-861b-0cb8df22b5d7}".to_owned(),
            ],
        )
    }),
    ("PoliciesExcluded", no_strings),
    ("EmailAddressPolicyEnabled", |_| Prop::Bool(true)),
    ("PrimarySmtpAddress", |g| g.primary.clone().into()),
    ("RecipientType", |g| g.general().into()),
    ("RecipientTypeDetails", |g| g.details().into()),
    ("RejectMessagesFrom", no_objects),
    ("RejectMessagesFromDLMembers", no_objects),
    ("RejectMessagesFromSendersOrMembers", no_objects),
    ("RequireSenderAuthenticationEnabled", |g| {
        Prop::Bool(g.require_sender_auth)
    }),
    ("SimpleDisplayName", empty),
    ("SendModerationNotifications", |g| text(&g.notifications)),
    ("UMDtmfMap", no_strings),
    ("WindowsEmailAddress", |g| g.primary.clone().into()),
    ("MailTip", |_| Prop::Nil),
    ("MailTipTranslations", no_strings),
    ("Identity", |g| g.canonical().into()),
    ("IsValid", |_| Prop::Bool(true)),
    ("ExchangeVersion", |_| "0.10 (14.0.100.0)".into()),
    ("Name", |g| g.name.clone().into()),
    ("DistinguishedName", |g| g.dn().into()),
    ("Guid", |g| Prop::Guid(g.guid)),
    ("ObjectCategory", |_| {
        "corp.example/Configuration/Schema/Group".into()
    }),
    ("ObjectClass", |_| {
        Prop::List(ListType::Strings, vec!["top".to_owned(), "group".to_owned()])
    }),
    ("WhenChanged", |g| Prop::Local(g.changed)),
    ("WhenCreated", |g| Prop::Local(g.created)),
    ("WhenChangedUTC", |g| Prop::Utc(g.changed)),
    ("WhenCreatedUTC", |g| Prop::Utc(g.created)),
    ("OrganizationId", empty),
    ("Id", |g| g.canonical().into()),
    ("OriginatingServer", |_| DOMAIN_CONTROLLER.into()),
    ("ObjectState", |_| "Unchanged".into()),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_names_are_unique() {
        let mut names: Vec<String> = COLUMNS.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }

    #[test]
    fn seeded_groups_have_their_index_in_every_name() {
        for index in 4..50 {
            let group = Group::seeded(1, 100, index);
            for form in [&group.name, &group.alias, &group.sam] {
                assert!(form.ends_with(&index.to_string()), "{form}");
            }
        }
    }
}
