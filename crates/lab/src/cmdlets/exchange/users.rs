//! Get-User and Get-Recipient.

use psbridge_clixml::{Object, Value};

use super::query::{Query, Source};
use crate::cmdlets::wire;
use crate::directory::prop::Column;
use crate::directory::recipient::{self, Recipient};
use crate::directory::user::{self, User};
use crate::directory::{Directory, Found, Member, Scope};
use crate::engine::bind::Bound;
use crate::engine::{Context, Halt, Stage};

struct Users;

impl Source for Users {
    type Object = User;
    const COLUMNS: &'static [Column<User>] = user::COLUMNS;
    const SCOPE: Scope = Scope::Users;

    fn at(directory: &Directory, index: u32) -> Option<Option<User>> {
        (index < directory.user_count()).then(|| Some(directory.user(index)))
    }

    fn get(directory: &Directory, member: Member) -> Option<User> {
        match member {
            Member::User(index) => Some(directory.user(index)),
            Member::Group(_) => None,
        }
    }

    fn details(user: &User) -> &'static str {
        user.kind.details()
    }

    fn names(user: &User) -> Vec<String> {
        vec![
            user.name.clone(),
            user.display_name(),
            user.alias.clone(),
            user.first.0.into(),
            user.last.0.into(),
        ]
    }

    fn write(user: &User, _: Option<&[String]>) -> Value {
        wire::user(user)
    }
}

pub(super) fn get_user(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    Ok(Box::new(Query::<Users>::new(bound, cx)?))
}

struct Recipients;

impl Source for Recipients {
    type Object = Recipient;
    const COLUMNS: &'static [Column<Recipient>] = recipient::COLUMNS;
    const SCOPE: Scope = Scope::Recipients;
    const SPECIAL: &'static [&'static str] = &["Members", "MemberOfGroup"];

    fn at(directory: &Directory, index: u32) -> Option<Option<Recipient>> {
        let users = directory.user_count();
        if index < users {
            let user = directory.user(index);
            return Some(user.kind.has_mail().then(|| Recipient::User(Box::new(user))));
        }
        directory.recipient(Member::Group(index - users)).map(Some)
    }

    fn get(directory: &Directory, member: Member) -> Option<Recipient> {
        directory.recipient(member)
    }

    fn details(recipient: &Recipient) -> &'static str {
        recipient.details()
    }

    fn names(recipient: &Recipient) -> Vec<String> {
        match recipient {
            Recipient::User(user) => Users::names(user),
            Recipient::Group(group) => vec![
                group.name.clone(),
                group.display_name.clone(),
                group.alias.clone(),
            ],
        }
    }

    fn write(recipient: &Recipient, chosen: Option<&[String]>) -> Value {
        let whole = wire::recipient(recipient);
        let (Some(names), Value::Object(whole)) = (chosen, &whole) else {
            return whole;
        };
        // With -Properties only those have values; the others stay away.
        let mut some = Object {
            adapted: psbridge_clixml::Members::new(),
            ..(**whole).clone()
        };
        for (name, value) in &whole.adapted {
            if names.iter().any(|wanted| name.matches(wanted)) {
                some.adapted.insert(name.clone(), value.clone());
            }
        }
        some.into()
    }

    /// `Members -eq DN`: the groups with that member; `MemberOfGroup -eq DN`: the members of that group.
    fn special(directory: &Directory, recipient: &Recipient, property: &str, value: &str) -> Option<bool> {
        let own = |recipient: &Recipient| match recipient {
            Recipient::User(user) => Member::User(user.index),
            Recipient::Group(group) => Member::Group(group.index),
        };
        let (scope, forward) = if property.eq_ignore_ascii_case("Members") {
            (Scope::Recipients, true)
        } else if property.eq_ignore_ascii_case("MemberOfGroup") {
            (Scope::Groups, false)
        } else {
            return None;
        };
        let Found::One(other) = directory.find(value, scope) else {
            return Some(false);
        };
        Some(match (forward, own(recipient), other) {
            (true, Member::Group(group), member) => directory.is_member(group, member),
            (false, member, Member::Group(group)) => directory.is_member(group, member),
            _ => false,
        })
    }
}

pub(super) fn get_recipient(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    Ok(Box::new(Query::<Recipients>::new(bound, cx)?))
}
