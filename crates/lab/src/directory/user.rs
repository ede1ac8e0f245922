//! Users: what a seed and an index make of them, and their properties in wire order.

use super::names::{
    ADMIN_GROUP, BASE_DN, DEPARTMENTS, DOMAIN, DOMAIN_CONTROLLER, FIRST, LAST, NETBIOS, PLACES, TITLES,
};
use super::prop::{Column, ListType, Prop};
use super::seed::{self, Draw, Kind};
use super::time::{SECOND, Ticks};
use uuid::Uuid;

const NAME_PAIRS: u32 = 64 * 128;

/// What sort of user it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserType {
    UserMailbox,
    SharedMailbox,
    RoomMailbox,
    EquipmentMailbox,
    RemoteUserMailbox,
    MailUser,
    User,
    DisabledUser,
}

impl UserType {
    /// `RecipientTypeDetails`.
    pub(crate) fn details(self) -> &'static str {
        match self {
            Self::UserMailbox => "UserMailbox",
            Self::SharedMailbox => "SharedMailbox",
            Self::RoomMailbox => "RoomMailbox",
            Self::EquipmentMailbox => "EquipmentMailbox",
            Self::RemoteUserMailbox => "RemoteUserMailbox",
            Self::MailUser => "MailUser",
            Self::User => "User",
            Self::DisabledUser => "DisabledUser",
        }
    }

    /// `RecipientType`.
    pub(crate) fn general(self) -> &'static str {
        match self {
            Self::UserMailbox | Self::SharedMailbox | Self::RoomMailbox | Self::EquipmentMailbox => {
                "UserMailbox"
            }
            Self::RemoteUserMailbox | Self::MailUser => "MailUser",
            Self::User | Self::DisabledUser => "User",
        }
    }

    /// Whether it is a recipient: has addresses and may be a member of distribution groups.
    pub(crate) fn has_mail(self) -> bool {
        !matches!(self, Self::User | Self::DisabledUser)
    }
}

/// A user, computed from (seed, index).
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) index: u32,
    pub(crate) guid: Uuid,
    pub(crate) kind: UserType,
    pub(crate) name: String,
    pub(crate) alias: String,
    pub(crate) created: Ticks,
    pub(crate) changed: Ticks,
    pub(crate) first: (&'static str, &'static str),
    pub(crate) last: (&'static str, &'static str),
    pub(crate) department: &'static str,
    pub(crate) title: &'static str,
    pub(crate) place: (&'static str, &'static str, &'static str, &'static str),
    phone: u32,
    pub(crate) manager: Option<String>,
}

impl User {
    pub(crate) fn new(seed: u64, index: u32) -> Self {
        let mut draw = Draw::new(seed, Kind::User, index);
        let kind = match draw.below(100) {
            0..80 => UserType::UserMailbox,
            80..85 => UserType::MailUser,
            85..90 => UserType::User,
            90..93 => UserType::DisabledUser,
            93..95 => UserType::SharedMailbox,
            95..97 => UserType::RoomMailbox,
            97 => UserType::EquipmentMailbox,
            _ => UserType::RemoteUserMailbox,
        };
        let (first, last) = person(seed, index);
        let created = Ticks(Ticks::of_day(2019, 1, 1).0 + i64::from(draw.below(6 * 365 * 86_400)) * SECOND);
        let span = (Ticks::of_day(2026, 11, 1).0 - created.0) / SECOND;
        let changed = Ticks(created.0 + i64::from(draw.below(u32::try_from(span).unwrap_or(0))) * SECOND);
        Self {
            index,
            guid: seed::guid(seed, Kind::User, index),
            kind,
            name: name(first.0, last.0, index),
            alias: format!("{}.{}{index}", first.1, last.1),
            created,
            changed,
            first,
            last,
            department: department(seed, index),
            title: draw.pick(&TITLES).unwrap_or_default(),
            place: draw.pick(&PLACES).unwrap_or_default(),
            phone: draw.below(10_000_000),
            manager: (index > 0).then(|| canonical_name(seed, index / 8)),
        }
    }

    pub(crate) fn display_name(&self) -> String {
        display_name(self.first.0, self.last.0)
    }

    pub(crate) fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.alias)
    }

    /// At most 20 characters, as Windows wants it.
    pub(crate) fn sam(&self) -> String {
        let initial = self.first.1.get(..1).unwrap_or_default();
        let last = self.last.1.get(..9).unwrap_or(self.last.1);
        format!("{initial}{last}{}", self.index)
    }

    pub(crate) fn canonical(&self) -> String {
        format!("{DOMAIN}/Corp/Users/{}/{}", self.department, self.name)
    }

    pub(crate) fn dn(&self) -> String {
        format!("CN={},OU={},OU=Users,{BASE_DN}", self.name, self.department)
    }

    pub(crate) fn legacy_dn(&self) -> String {
        format!("{ADMIN_GROUP}/cn={}-{}", self.guid.simple(), self.alias)
    }

    pub(crate) fn mail(&self) -> Option<String> {
        self.kind.has_mail().then(|| self.address())
    }

    pub(crate) fn addresses(&self) -> Vec<String> {
        if self.kind.has_mail() {
            vec![
                format!("SMTP:{}", self.address()),
                format!("smtp:{}@mail.{DOMAIN}", self.sam()),
            ]
        } else {
            Vec::new()
        }
    }

    fn sid(&self) -> String {
        format!(
            "S-1-5-21-1004336348-1177238915-682003330-{}",
            1_000 + u64::from(self.index)
        )
    }

    /// All forms of `-Identity` that mean this user and no other.
    pub(crate) fn is_known_as(&self, identity: &str) -> bool {
        let same = |form: &str| super::same_text(form, identity);
        same(&self.name)
            || same(&self.alias)
            || same(&self.address())
            || same(&self.sam())
            || same(&format!("{NETBIOS}\\{}", self.sam()))
            || same(&self.dn())
            || same(&self.canonical())
            || same(&self.legacy_dn())
            || same(&self.sid())
            || self.addresses().iter().filter_map(|a| a.get(5..)).any(same)
    }
}

/// The pair of names of a user: users 0 … 8191 have all pairs, each once, then they repeat.
fn person(seed: u64, index: u32) -> ((&'static str, &'static str), (&'static str, &'static str)) {
    // An odd factor permutes the residues of a power of two.
    let pair = index.wrapping_mul(2_654_435_761).wrapping_add(seed as u32) % NAME_PAIRS;
    let of = |list: &'static [(&str, &str)], at: u32| list.get(at as usize).copied().unwrap_or_default();
    (of(&FIRST, pair % 64), of(&LAST, pair / 64))
}

fn name(first: &str, last: &str, index: u32) -> String {
    format!("{first} {last} {index}")
}

fn display_name(first: &str, last: &str) -> String {
    format!("{first} {last}")
}

fn department(seed: u64, index: u32) -> &'static str {
    let at = Draw::new(seed ^ 1, Kind::User, index).below(8);
    DEPARTMENTS.get(at as usize).copied().unwrap_or_default().0
}

fn canonical_name(seed: u64, index: u32) -> String {
    let (first, last) = person(seed, index);
    format!(
        "{DOMAIN}/Corp/Users/{}/{}",
        department(seed, index),
        name(first.0, last.0, index)
    )
}

/// The users of a directory of `users` that are displayed as `text`: one in 8192, found without looking at the others.
pub(crate) fn displayed_as(seed: u64, users: u32, text: &str) -> impl Iterator<Item = u32> + use<> {
    let text = text.to_lowercase();
    let first = (0..NAME_PAIRS.min(users)).find(|index| {
        let (first, last) = person(seed, *index);
        display_name(first.0, last.0).to_lowercase() == text
    });
    first
        .into_iter()
        .flat_map(move |first| (first..users).step_by(NAME_PAIRS as usize))
}

fn list(items: Vec<String>) -> Prop {
    Prop::List(ListType::Strings, items)
}

fn none(_: &User) -> Prop {
    list(Vec::new())
}

fn empty(_: &User) -> Prop {
    Prop::EMPTY
}

/// The properties of Get-User, in wire order.
pub(crate) const COLUMNS: &[Column<User>] = &[
    ("IsSecurityPrincipal", |_| Prop::Bool(true)),
    ("SamAccountName", |u| u.sam().into()),
    ("Sid", |u| u.sid().into()),
    ("SidHistory", none),
    ("UserPrincipalName", |u| u.address().into()),
    ("ResetPasswordOnNextLogon", |_| Prop::Bool(false)),
    ("CertificateSubject", none),
    ("RemotePowerShellEnabled", |u| {
        Prop::Bool(u.kind != UserType::DisabledUser)
    }),
    ("WindowsLiveID", empty),
    ("MicrosoftOnlineServicesID", empty),
    ("NetID", |_| Prop::Nil),
    ("ConsumerNetID", |_| Prop::Nil),
    ("UserAccountControl", |u| match u.kind {
        UserType::DisabledUser
        | UserType::SharedMailbox
        | UserType::RoomMailbox
        | UserType::EquipmentMailbox => "AccountDisabled, NormalAccount".into(),
        _ => "NormalAccount".into(),
    }),
    ("OrganizationalUnit", |u| {
        format!("{DOMAIN}/Corp/Users/{}", u.department).into()
    }),
    ("IsLinked", |_| Prop::Bool(false)),
    ("LinkedMasterAccount", empty),
    ("ExternalDirectoryObjectId", empty),
    ("SKUAssigned", |_| Prop::Nil),
    ("IsSoftDeletedByRemove", |_| Prop::Bool(false)),
    ("IsSoftDeletedByDisable", |_| Prop::Bool(false)),
    ("WhenSoftDeleted", |_| Prop::Nil),
    ("PreviousRecipientTypeDetails", |_| "None".into()),
    ("UpgradeRequest", |_| "None".into()),
    ("UpgradeStatus", |_| "None".into()),
    ("MailboxProvisioningConstraint", |_| Prop::Nil),
    ("MailboxProvisioningPreferences", none),
    ("InPlaceHoldsRaw", none),
    ("MailboxRelease", |u| {
        if u.kind.general() == "UserMailbox" {
            "E15".into()
        } else {
            "None".into()
        }
    }),
    ("ArchiveRelease", |_| "None".into()),
    ("AssistantName", empty),
    ("City", |u| u.place.0.into()),
    ("Company", |_| "Corp Example".into()),
    ("CountryOrRegion", |u| u.place.3.into()),
    ("Department", |u| u.department.into()),
    ("DirectReports", |_| Prop::List(ListType::Objects, Vec::new())),
    ("DisplayName", |u| u.display_name().into()),
    ("Fax", empty),
    ("FirstName", |u| u.first.0.into()),
    ("GeoCoordinates", |_| Prop::Nil),
    ("HomePhone", empty),
    ("Initials", empty),
    ("IsDirSynced", |_| Prop::Bool(false)),
    ("LastName", |u| u.last.0.into()),
    ("Manager", |u| u.manager.clone().into()),
    ("MobilePhone", |u| format!("+41 79 {:07}", u.phone).into()),
    ("Notes", empty),
    ("Office", |u| format!("{} {}", u.place.0, u.index % 40).into()),
    ("OtherFax", none),
    ("OtherHomePhone", none),
    ("OtherTelephone", none),
    ("Pager", empty),
    ("Phone", |u| format!("+1 206 {:07}", u.phone).into()),
    ("PhoneticDisplayName", empty),
    ("PostalCode", |u| u.place.2.into()),
    ("PostOfficeBox", none),
    ("RecipientType", |u| u.kind.general().into()),
    ("RecipientTypeDetails", |u| u.kind.details().into()),
    ("SimpleDisplayName", empty),
    ("StateOrProvince", |u| u.place.1.into()),
    ("StreetAddress", |u| {
        format!("{} Example Street", u.index % 200 + 1).into()
    }),
    ("Title", |u| u.title.into()),
    ("UMDialPlan", |_| Prop::Nil),
    ("UMDtmfMap", none),
    ("AllowUMCallsFromNonUsers", |_| "SearchEnabled".into()),
    ("WebPage", empty),
    ("TelephoneAssistant", empty),
    ("WindowsEmailAddress", |u| u.mail().unwrap_or_default().into()),
    ("UMCallingLineIds", none),
    ("SeniorityIndex", |_| Prop::Nil),
    ("VoiceMailSettings", none),
    ("Identity", |u| u.canonical().into()),
    ("IsValid", |_| Prop::Bool(true)),
    ("ExchangeVersion", |_| "0.20 (15.0.0.0)".into()),
    ("Name", |u| u.name.clone().into()),
    ("DistinguishedName", |u| u.dn().into()),
    ("Guid", |u| Prop::Guid(u.guid)),
    ("ObjectCategory", |_| {
        "corp.example/Configuration/Schema/Person".into()
    }),
    ("ObjectClass", |_| {
        list(
            ["top", "person", "organizationalPerson", "user"]
                .map(str::to_owned)
                .to_vec(),
        )
    }),
    ("WhenChanged", |u| Prop::Local(u.changed)),
    ("WhenCreated", |u| Prop::Local(u.created)),
    ("WhenChangedUTC", |u| Prop::Utc(u.changed)),
    ("WhenCreatedUTC", |u| Prop::Utc(u.created)),
    ("OrganizationId", empty),
    ("Id", |u| u.canonical().into()),
    ("OriginatingServer", |_| DOMAIN_CONTROLLER.into()),
    ("ObjectState", |_| "Unchanged".into()),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_function_of_seed_and_index() {
        let (a, b) = (User::new(7, 1234), User::new(7, 1234));
        assert!(COLUMNS.iter().all(|(_, read)| read(&a) == read(&b)));
        assert_ne!(a.guid, User::new(8, 1234).guid);
        assert!(a.sam().len() <= 20);
        assert!(a.created <= a.changed);
    }

    #[test]
    fn display_names_repeat_only_after_all_pairs() {
        let users = 20_000;
        for index in [0, 1, 8_191, 8_192, 19_999] {
            let all: Vec<u32> = displayed_as(1, users, &User::new(1, index).display_name()).collect();
            assert!(all.contains(&index), "{index} in {all:?}");
            assert!(all.iter().all(|i| i % NAME_PAIRS == index % NAME_PAIRS));
        }
        assert_eq!(displayed_as(1, users, "Nobody Here").count(), 0);
    }

    #[test]
    fn column_names_are_unique() {
        let mut names: Vec<String> = COLUMNS.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
    }
}
