//! Directory objects as Exchange serializes them at level Partial.

use std::sync::OnceLock;

use psbridge_clixml::{DateTime, DateTimeKind, Members, Name, Object, TypeNames, Value};

use crate::directory::group::{self, Group};
use crate::directory::prop::{Column, ListType, Prop};
use crate::directory::recipient::{self, Recipient};
use crate::directory::user::{self, User};
use crate::engine::value::local_time;

macro_rules! type_names {
    ($(#[$doc:meta])* $name:ident = [$($type:expr),* $(,)?]) => {
        $(#[$doc])*
        fn $name() -> TypeNames {
            static NAMES: OnceLock<TypeNames> = OnceLock::new();
            NAMES.get_or_init(|| TypeNames::from([$($type),*])).clone()
        }
    };
}

type_names!(
    user_types = [
        "Microsoft.Exchange.Data.Directory.Management.User",
        "Microsoft.Exchange.Data.Directory.Management.OrgPersonPresentationObject",
        "Microsoft.Exchange.Data.Directory.Management.ADPresentationObject",
        "Microsoft.Exchange.Data.Directory.ADObject",
        "Microsoft.Exchange.Data.Directory.ADRawEntry",
        "Microsoft.Exchange.Data.ConfigurableObject",
        "System.Object",
    ]
);

type_names!(
    group_types = [
        "Microsoft.Exchange.Data.Directory.Management.DistributionGroup",
        "Microsoft.Exchange.Data.Directory.Management.DistributionGroupBase",
        "Microsoft.Exchange.Data.Directory.Management.MailEnabledRecipient",
        "Microsoft.Exchange.Data.Directory.Management.ADPresentationObject",
        "Microsoft.Exchange.Data.Directory.ADObject",
        "Microsoft.Exchange.Data.Directory.ADRawEntry",
        "Microsoft.Exchange.Data.ConfigurableObject",
        "System.Object",
    ]
);

type_names!(
    recipient_types = [
        "Microsoft.Exchange.Data.Directory.Management.ReducedRecipient",
        "Microsoft.Exchange.Data.Directory.ADObject",
        "Microsoft.Exchange.Data.Directory.ADRawEntry",
        "Microsoft.Exchange.Data.ConfigurableObject",
        "System.Object",
    ]
);

type_names!(
    strings_types = [
        "Microsoft.Exchange.Data.MultiValuedProperty`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, \
     PublicKeyToken=b77a5c561934e089]]",
        "Microsoft.Exchange.Data.MultiValuedPropertyBase",
        "System.Object",
    ]
);

type_names!(
    objects_types = [
        "Microsoft.Exchange.Data.Directory.ADMultiValuedProperty`1[[Microsoft.Exchange.Data.Directory.ADObjectId, \
     Microsoft.Exchange.Data.Directory, Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Data.Directory.ADObjectId, \
     Microsoft.Exchange.Data.Directory, Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "Microsoft.Exchange.Data.MultiValuedPropertyBase",
        "System.Object",
    ]
);

type_names!(
    addresses_types = [
        "Microsoft.Exchange.Data.ProxyAddressCollection",
        "Microsoft.Exchange.Data.ProxyAddressBaseCollection`1[[Microsoft.Exchange.Data.ProxyAddress, \
     Microsoft.Exchange.Data, Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "Microsoft.Exchange.Data.MultiValuedProperty`1[[Microsoft.Exchange.Data.ProxyAddress, Microsoft.Exchange.Data, \
     Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "Microsoft.Exchange.Data.MultiValuedPropertyBase",
        "System.Object",
    ]
);

fn value(prop: Prop) -> Value {
    match prop {
        Prop::Nil => Value::Nil,
        Prop::Text(text) => text.into(),
        Prop::Bool(b) => b.into(),
        Prop::Guid(id) => id.into(),
        Prop::Local(at) => local_time(at),
        Prop::Utc(at) => DateTime::from_ticks(at.0, DateTimeKind::Utc).into(),
        Prop::List(kind, items) => {
            let types = match kind {
                ListType::Strings => strings_types(),
                ListType::Objects => objects_types(),
                ListType::Addresses => addresses_types(),
            };
            Object::list(types, items).into()
        }
    }
}

/// The columns of a table with their names ready to be shared.
fn members<T>(names: &'static OnceLock<Vec<Name>>, columns: &[Column<T>], of: &T) -> Members {
    let names = names.get_or_init(|| columns.iter().map(|(name, _)| Name::from(*name)).collect());
    names
        .iter()
        .zip(columns)
        .map(|(name, (_, read))| (name.clone(), value(read(of))))
        .collect()
}

/// The object of Get-User.
pub(super) fn user(user: &User) -> Value {
    static NAMES: OnceLock<Vec<Name>> = OnceLock::new();
    object(user_types(), &user.name, members(&NAMES, user::COLUMNS, user))
}

/// The object of Get-DistributionGroup.
pub(super) fn group(group: &Group) -> Value {
    static NAMES: OnceLock<Vec<Name>> = OnceLock::new();
    object(group_types(), &group.name, members(&NAMES, group::COLUMNS, group))
}

/// The object of Get-Recipient and Get-DistributionGroupMember.
pub(super) fn recipient(recipient: &Recipient) -> Value {
    static NAMES: OnceLock<Vec<Name>> = OnceLock::new();
    let name = match recipient {
        Recipient::User(user) => &user.name,
        Recipient::Group(group) => &group.name,
    };
    object(
        recipient_types(),
        name,
        members(&NAMES, recipient::COLUMNS, recipient),
    )
}

fn object(types: TypeNames, text: &str, members: Members) -> Value {
    let mut object = Object::typed(types).with_to_string(text);
    object.adapted = members;
    object.into()
}
