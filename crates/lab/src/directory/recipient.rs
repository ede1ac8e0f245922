//! Recipients: users with mail and groups under one set of properties.

use super::group::Group;
use super::prop::{Column, ListType, Prop};
use super::user::User;
use super::{group, prop, user};

/// A user with mail, or a group.
#[derive(Debug, Clone)]
pub(crate) enum Recipient {
    User(Box<User>),
    Group(Box<Group>),
}

impl Recipient {
    pub(crate) fn details(&self) -> &'static str {
        match self {
            Self::User(u) => u.kind.details(),
            Self::Group(g) => g.details(),
        }
    }

    pub(crate) fn general(&self) -> &'static str {
        match self {
            Self::User(u) => u.kind.general(),
            Self::Group(g) => g.general(),
        }
    }

    pub(crate) fn canonical(&self) -> String {
        match self {
            Self::User(u) => u.canonical(),
            Self::Group(g) => g.canonical(),
        }
    }

    /// The property as the user's or group's own table has it.
    fn own(&self, name: &str) -> Prop {
        match self {
            Self::User(u) => prop::column(user::COLUMNS, name).map_or(Prop::Nil, |(_, read)| read(u)),
            Self::Group(g) => prop::column(group::COLUMNS, name).map_or(Prop::Nil, |(_, read)| read(g)),
        }
    }

    /// The property of a user; groups have it empty.
    fn of_user(&self, read: fn(&User) -> Prop) -> Prop {
        match self {
            Self::User(u) => read(u),
            Self::Group(_) => Prop::EMPTY,
        }
    }
}

fn empty(_: &Recipient) -> Prop {
    Prop::EMPTY
}

fn no_objects(_: &Recipient) -> Prop {
    Prop::List(ListType::Objects, Vec::new())
}

fn is_mailbox(r: &Recipient) -> bool {
    r.general() == "UserMailbox"
}

/// The properties of Get-Recipient and Get-DistributionGroupMember (`ReducedRecipient`), in wire order.
pub(crate) const COLUMNS: &[Column<Recipient>] = &[
    ("SKUAssigned", |_| Prop::Nil),
    ("AddressListMembership", |_| {
        Prop::List(
            ListType::Objects,
            vec!["\\Default Global Address List".to_owned()],
        )
    }),
    ("Alias", |r| match r {
        Recipient::User(u) => u.alias.clone().into(),
        Recipient::Group(g) => g.alias.clone().into(),
    }),
    ("ArchiveDatabase", |_| Prop::Nil),
    ("ArchiveState", |_| "None".into()),
    ("ArchiveStatus", |_| "None".into()),
    ("AuthenticationType", |_| Prop::Nil),
    ("City", |r| r.of_user(|u| u.place.0.into())),
    ("Company", |r| r.of_user(|_| "Corp Example".into())),
    ("CountryOrRegion", |r| match r {
        Recipient::User(u) => u.place.3.into(),
        Recipient::Group(_) => Prop::Nil,
    }),
    ("CustomAttribute1", empty),
    ("CustomAttribute2", empty),
    ("CustomAttribute3", empty),
    ("CustomAttribute4", empty),
    ("CustomAttribute5", empty),
    (
        "Database",
        |r| if is_mailbox(r) { "DB01".into() } else { Prop::Nil },
    ),
    ("DatabaseName", |r| {
        if is_mailbox(r) { "DB01".into() } else { Prop::EMPTY }
    }),
    ("Department", |r| r.of_user(|u| u.department.into())),
    ("ExpansionServer", empty),
    ("ExternalDirectoryObjectId", empty),
    ("ExternalEmailAddress", |r| match r {
        Recipient::User(u) if u.kind.general() == "MailUser" => {
            format!("SMTP:{}@mail.example.net", u.alias).into()
        }
        _ => Prop::Nil,
    }),
    ("FirstName", |r| r.of_user(|u| u.first.0.into())),
    ("HiddenFromAddressListsEnabled", |_| Prop::Bool(false)),
    ("EmailAddressPolicyEnabled", |_| Prop::Bool(true)),
    ("IsDirSynced", |_| Prop::Bool(false)),
    ("LastName", |r| r.of_user(|u| u.last.0.into())),
    ("ManagedBy", |r| match r {
        Recipient::User(_) => Prop::List(ListType::Objects, Vec::new()),
        Recipient::Group(_) => r.own("ManagedBy"),
    }),
    ("Manager", |r| match r {
        Recipient::User(u) => u.manager.clone().into(),
        Recipient::Group(_) => Prop::Nil,
    }),
    ("ObjectClass", |r| r.own("ObjectClass")),
    ("Office", |r| {
        r.of_user(|u| format!("{} {}", u.place.0, u.index % 40).into())
    }),
    ("OrganizationalUnit", |r| r.own("OrganizationalUnit")),
    ("Phone", |r| match r {
        Recipient::User(_) => r.own("Phone"),
        Recipient::Group(_) => Prop::EMPTY,
    }),
    ("PoliciesIncluded", |_| Prop::List(ListType::Strings, Vec::new())),
    ("PoliciesExcluded", |_| Prop::List(ListType::Strings, Vec::new())),
    ("EmailAddresses", |r| {
        Prop::List(
            ListType::Addresses,
            match r {
                Recipient::User(u) => u.addresses(),
                Recipient::Group(g) => g.addresses(),
            },
        )
    }),
    ("PostalCode", |r| r.of_user(|u| u.place.2.into())),
    ("PrimarySmtpAddress", |r| match r {
        Recipient::User(u) => u.address().into(),
        Recipient::Group(g) => g.primary.clone().into(),
    }),
    ("RecipientType", |r| r.general().into()),
    ("RecipientTypeDetails", |r| r.details().into()),
    ("SamAccountName", |r| r.own("SamAccountName")),
    ("ServerLegacyDN", |r| {
        if is_mailbox(r) {
            "/o=Corp/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Configuration/cn=Servers/cn=MBX01"
                .into()
        } else {
            Prop::EMPTY
        }
    }),
    ("ServerName", |r| {
        if is_mailbox(r) {
            "mbx01".into()
        } else {
            Prop::EMPTY
        }
    }),
    ("StateOrProvince", |r| r.of_user(|u| u.place.1.into())),
    ("Title", |r| r.of_user(|u| u.title.into())),
    ("UMEnabled", |_| Prop::Bool(false)),
    ("HasActiveSyncDevicePartnership", |_| Prop::Bool(false)),
    ("MemberOfGroup", no_objects),
    ("Notes", |r| match r {
        Recipient::User(_) => Prop::EMPTY,
        Recipient::Group(g) => g.notes.clone().into(),
    }),
    ("WindowsLiveID", empty),
    ("DisplayName", |r| match r {
        Recipient::User(u) => u.display_name().into(),
        Recipient::Group(g) => g.display_name.clone().into(),
    }),
    ("WhenMailboxCreated", |r| match r {
        Recipient::User(u) if is_mailbox(r) => Prop::Local(u.created),
        _ => Prop::Nil,
    }),
    ("Identity", |r| r.canonical().into()),
    ("IsValid", |_| Prop::Bool(true)),
    ("ExchangeVersion", |_| "0.20 (15.0.0.0)".into()),
    ("Name", |r| r.own("Name")),
    ("DistinguishedName", |r| r.own("DistinguishedName")),
    ("Guid", |r| r.own("Guid")),
    ("ObjectCategory", |r| r.own("ObjectCategory")),
    ("WhenChanged", |r| r.own("WhenChanged")),
    ("WhenCreated", |r| r.own("WhenCreated")),
    ("WhenChangedUTC", |r| r.own("WhenChangedUTC")),
    ("WhenCreatedUTC", |r| r.own("WhenCreatedUTC")),
    ("OrganizationId", empty),
    ("Id", |r| r.canonical().into()),
    ("OriginatingServer", |r| r.own("OriginatingServer")),
    ("ObjectState", |_| "Unchanged".into()),
];
