//! Get-DistributionGroup and New-DistributionGroup.

use std::borrow::Cow;

use psbridge_clixml::Value;
use psbridge_protocol::payload::{ErrorCategory, ErrorRecord};
use uuid::Uuid;

use super::query::{Query, Source};
use super::{RECIPIENT_TASKS, account, ambiguous, invalid, recipient_not_found};
use crate::cmdlets::wire;
use crate::directory::group::{self, Group, Manager};
use crate::directory::names::DOMAIN;
use crate::directory::prop::Column;
use crate::directory::time::Ticks;
use crate::directory::{Directory, Found, Member, Scope, WriteError};
use crate::engine::bind::Bound;
use crate::engine::errors::{Complaint, exchange};
use crate::engine::{Context, Frame, Halt, Pull, Stage};

struct Groups;

impl Source for Groups {
    type Object = Group;
    const COLUMNS: &'static [Column<Group>] = group::COLUMNS;
    const SCOPE: Scope = Scope::Groups;
    const SPECIAL: &'static [&'static str] = &["Members"];

    fn at(directory: &Directory, index: u32) -> Option<Option<Group>> {
        directory.group(index).map(Some)
    }

    fn get(directory: &Directory, member: Member) -> Option<Group> {
        match member {
            Member::Group(index) => directory.group(index),
            Member::User(_) => None,
        }
    }

    fn details(group: &Group) -> &'static str {
        group.details()
    }

    fn names(group: &Group) -> Vec<String> {
        vec![
            group.name.clone(),
            group.display_name.clone(),
            group.alias.clone(),
        ]
    }

    fn write(group: &Group, _: Option<&[String]>) -> Value {
        wire::group(group)
    }

    fn special(directory: &Directory, group: &Group, property: &str, value: &str) -> Option<bool> {
        if !property.eq_ignore_ascii_case("Members") {
            return None;
        }
        let Found::One(member) = directory.find(value, Scope::Recipients) else {
            return Some(false);
        };
        Some(directory.is_member(group.index, member))
    }
}

pub(super) fn get_group(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    Ok(Box::new(Query::<Groups>::new(bound, cx)?))
}

/// Objects that are there already.
pub(super) struct Once(pub(super) std::vec::IntoIter<Value>);

impl Stage for Once {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.next().map_or(Pull::End, Pull::Item))
    }
}

pub(super) fn new_group(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let none = || Box::new(Once(Vec::new().into_iter()));
    let frame = cx.frame().clone();
    let group = match describe(bound, cx, &frame) {
        Ok(group) => group,
        Err(error) => {
            cx.error(error)?;
            return Ok(none());
        }
    };
    let mut members = Vec::new();
    for identity in bound.texts("Members").unwrap_or_default() {
        match resolve(&cx.world.directory, &frame, identity) {
            Ok(member) => members.push(member),
            Err(error) => {
                cx.error(error)?;
                return Ok(none());
            }
        }
    }
    if bound.is_on("CopyOwnerToMember") {
        for owner in bound.texts("ManagedBy").unwrap_or_default() {
            if let Ok(member) = resolve(&cx.world.directory, &frame, owner) {
                members.push(member);
            }
        }
    }
    if bound.is_on("WhatIf") {
        let text = format!("What if: Creating distribution group \"{}\".", group.name);
        cx.show(16, vec![text.as_str().into()]);
        return Ok(none());
    }
    let created = match cx.world.directory.create_group(group) {
        Ok(group) => group,
        Err(error) => {
            cx.error(refused(&frame, &error))?;
            return Ok(none());
        }
    };
    for member in members {
        // The same member twice in one list is one member.
        match cx.world.directory.add_member(created.index, member) {
            Ok(()) | Err(WriteError::AlreadyMember) => {}
            Err(error) => cx.error(refused(&frame, &error))?,
        }
    }
    cx.verbose(format!("Created distribution group \"{}\".", created.canonical()))?;
    let shown = cx.world.directory.group(created.index).unwrap_or(created);
    Ok(Box::new(Once(vec![wire::group(&shown)].into_iter())))
}

/// A recipient that can be a member.
pub(super) fn resolve(directory: &Directory, frame: &Frame, identity: &str) -> Result<Member, ErrorRecord> {
    match directory.find(identity, Scope::Recipients) {
        Found::One(member) => Ok(member),
        Found::None => Err(recipient_not_found(frame, identity)),
        Found::Many(_) => Err(ambiguous(frame, identity)),
    }
}

fn refused(frame: &Frame, error: &WriteError) -> ErrorRecord {
    let (exception, namespace, message) = match error {
        WriteError::AddressTaken { address, owner } => (
            "ProxyAddressExistsException",
            "Microsoft.Exchange.Data.Directory",
            format!(
                "The proxy address \"SMTP:{address}\" is already being used by the proxy addresses or LegacyExchangeDN \
                 of \"{owner}\". Please choose another proxy address."
            ),
        ),
        WriteError::NameTaken { name } => (
            "ADObjectAlreadyExistsException",
            "Microsoft.Exchange.Data.Directory",
            format!(
                "Active Directory operation failed on {}. The object 'CN={name},OU=Groups,{}' already exists.",
                crate::directory::names::DOMAIN_CONTROLLER,
                crate::directory::names::BASE_DN
            ),
        ),
        WriteError::Full | WriteError::AlreadyMember | WriteError::NotMember => (
            "RecipientTaskException",
            RECIPIENT_TASKS,
            "The directory takes no more changes.".to_owned(),
        ),
    };
    exchange(
        frame,
        &Complaint {
            exception,
            namespace,
            message,
            category: ErrorCategory::NOT_SPECIFIED,
            target: None,
        },
    )
}

/// The group that the arguments describe.
fn describe(bound: &Bound, cx: &Context, frame: &Frame) -> Result<Group, ErrorRecord> {
    let directory = &cx.world.directory;
    let name = bound.text("Name").unwrap_or_default().trim().to_owned();
    let too_long = |what: &str, text: &str, most: usize| {
        (text.chars().count() > most).then(|| {
            invalid(
                frame,
                format!("The length of the property is too long. The maximum length is {most} and the length of the \
                         value provided is {}. Property name: {what}", text.chars().count()),
                None,
            )
        })
    };
    if name.is_empty() {
        return Err(invalid(
            frame,
            "The value for the Name property can't be empty.".to_owned(),
            None,
        ));
    }
    let alias = bound.text("Alias").map_or_else(|| alias_of(&name), str::to_owned);
    let display_name = bound.text("DisplayName").unwrap_or(&name).to_owned();
    let checks = [
        ("Name", &name, 64),
        ("Alias", &alias, 64),
        ("DisplayName", &display_name, 256),
    ];
    if let Some(error) = checks
        .iter()
        .find_map(|(what, text, most)| too_long(what, text, *most))
    {
        return Err(error);
    }
    if bound.has("Alias") && !alias.chars().all(is_alias_char) {
        return Err(invalid(
            frame,
            format!(
                "The value \"{alias}\" of property \"Alias\" contains characters that aren't valid in an alias."
            ),
            None,
        ));
    }
    let primary = bound
        .text("PrimarySmtpAddress")
        .map_or_else(|| format!("{alias}@{DOMAIN}"), str::to_owned);
    if !is_address(&primary) {
        return Err(invalid(
            frame,
            format!("The address '{primary}' is invalid: it isn't a valid SMTP address."),
            None,
        ));
    }
    let security = bound.text("Type") == Some("Security");
    let join = bound.text("MemberJoinRestriction").unwrap_or("Closed").to_owned();
    let depart = bound
        .text("MemberDepartRestriction")
        .map_or(if security { "Closed" } else { "Open" }, |d| d)
        .to_owned();
    if security && (join == "Open" || depart == "Open") {
        return Err(invalid(
            frame,
            "Security groups can't be open: set MemberJoinRestriction and MemberDepartRestriction to Closed or \
             ApprovalRequired."
                .to_owned(),
            None,
        ));
    }
    let owners = |name: &str| -> Result<Vec<String>, ErrorRecord> {
        let mut canonical = Vec::new();
        for identity in bound.texts(name).unwrap_or_default() {
            let member = resolve(directory, frame, identity)?;
            canonical.extend(directory.recipient(member).map(|r| r.canonical()));
        }
        Ok(canonical)
    };
    let mut managers = owners("ManagedBy")?;
    if !bound.has("ManagedBy") {
        managers.push(account(cx));
    }
    let unit = bound.text("OrganizationalUnit").unwrap_or("Groups");
    let unit = unit.rsplit('/').next().unwrap_or(unit).to_owned();
    let now = Ticks::now();
    Ok(Group {
        index: 0,
        guid: Uuid::new_v4(),
        sam: bound
            .text("SamAccountName")
            .map_or_else(|| alias.chars().take(20).collect(), str::to_owned),
        name,
        display_name,
        primary,
        alias,
        unit: Cow::Owned(unit),
        security,
        room_list: bound.is_on("RoomList"),
        managers: managers
            .into_iter()
            .map(|canonical| Manager { canonical })
            .collect(),
        notes: bound.text("Notes").unwrap_or_default().to_owned(),
        join: Cow::Owned(join),
        depart: Cow::Owned(depart),
        moderated_by: owners("ModeratedBy")?,
        moderation: bound.is_on("ModerationEnabled"),
        bypass_nested_moderation: bound.is_on("BypassNestedModerationEnabled"),
        notifications: Cow::Owned(
            bound
                .text("SendModerationNotifications")
                .unwrap_or("Always")
                .to_owned(),
        ),
        require_sender_auth: bound.bool("RequireSenderAuthenticationEnabled").unwrap_or(true),
        created: now,
        changed: now,
    })
}

fn is_alias_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || ('\u{A1}'..='\u{FF}').contains(&c)
}

/// The name without blanks, with `?` for what an alias cannot have.
fn alias_of(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if is_alias_char(c) { c } else { '?' })
        .collect()
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || c == '@' && domain.contains('@'))
    })
}
