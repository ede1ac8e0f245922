//! Get-, Add- and Remove-DistributionGroupMember.

use std::sync::Arc;

use psbridge_clixml::{Object, Value};
use psbridge_protocol::payload::{ChoiceDescription, ErrorCategory, ErrorRecord, Payload};

use super::groups::{Once, resolve};
use super::{DEFAULT_RESULT_SIZE, TASKS, TRUNCATED, account, ambiguous, invalid, not_found};
use crate::cmdlets::wire;
use crate::directory::group::Group;
use crate::directory::{Found, Member, MemberCursor, Scope, WriteError};
use crate::engine::bind::{Arg, Bound};
use crate::engine::errors::{self, Complaint, exchange};
use crate::engine::{Context, Frame, Halt, Pause, Pull, Stage};

/// The group that `-Identity` means; the error is written here.
fn group_of(bound: &Bound, cx: &mut Context) -> Result<Option<Group>, Halt> {
    let frame = cx.frame().clone();
    let identity = bound.text("Identity").unwrap_or_default();
    let found = match identity {
        "" => Found::None,
        identity => cx.world.directory.find(identity, Scope::Groups),
    };
    match found {
        Found::One(Member::Group(index)) => Ok(cx.world.directory.group(index)),
        Found::Many(_) => cx.error(ambiguous(&frame, identity)).map(|()| None),
        _ => cx.error(not_found(&frame, identity)).map(|()| None),
    }
}

struct Members {
    cursor: MemberCursor,
    left: Option<u32>,
    ended: bool,
}

impl Stage for Members {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        if self.ended {
            return Ok(Pull::End);
        }
        let directory = Arc::clone(&cx.world.directory);
        loop {
            let Some(member) = self.cursor.next(&directory) else {
                self.ended = true;
                return Ok(Pull::End);
            };
            if self.left == Some(0) {
                self.ended = true;
                cx.warning(TRUNCATED)?;
                return Ok(Pull::End);
            }
            if let Some(recipient) = directory.recipient(member) {
                self.left = self.left.map(|left| left - 1);
                return Ok(Pull::Item(wire::recipient(&recipient)));
            }
        }
    }
}

pub(super) fn get_members(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let left = match bound.get("ResultSize") {
        Some(Arg::Limit(limit)) => *limit,
        _ => Some(DEFAULT_RESULT_SIZE),
    };
    Ok(match group_of(bound, cx)? {
        Some(group) => Box::new(Members {
            cursor: cx.world.directory.members(group.index),
            left,
            ended: false,
        }),
        None => Box::new(Once(Vec::new().into_iter())),
    })
}

/// A change of a member, once everything is resolved.
struct Change {
    group: Group,
    member: Member,
    member_name: String,
    add: bool,
    /// Asked first.
    confirm: bool,
    done: bool,
}

fn change(bound: &Bound, cx: &mut Context, add: bool) -> Result<Option<Change>, Halt> {
    let frame = cx.frame().clone();
    let Some(group) = group_of(bound, cx)? else {
        return Ok(None);
    };
    let identity = bound.text("Member").unwrap_or_default();
    if identity.is_empty() {
        let error = invalid(&frame, "A member must be given.".to_owned(), None);
        return cx.error(error).map(|()| None);
    }
    let member = match resolve(&cx.world.directory, &frame, identity) {
        Ok(member) => member,
        Err(error) => return cx.error(error).map(|()| None),
    };
    if !bound.is_on("BypassSecurityGroupManagerCheck") {
        let own = account(cx);
        if !group.managers.iter().any(|manager| manager.canonical == own) {
            return cx.error(not_a_manager(&frame)).map(|()| None);
        }
    }
    let member_name = cx
        .world
        .directory
        .recipient(member)
        .map(|r| r.canonical())
        .unwrap_or_default();
    if bound.is_on("WhatIf") {
        let verb = if add { "Adding" } else { "Removing" };
        let text = format!("What if: {verb} distribution group member \"{member_name}\".");
        cx.show(16, vec![text.as_str().into()]);
        return Ok(None);
    }
    // Only removing asks by itself.
    let confirm = bound.bool("Confirm").unwrap_or(!add);
    Ok(Some(Change {
        group,
        member,
        member_name,
        add,
        confirm,
        done: false,
    }))
}

fn not_a_manager(frame: &Frame) -> ErrorRecord {
    exchange(
        frame,
        &Complaint {
            exception: "OperationRequiresGroupManagerException",
            namespace: TASKS,
            message: "You don't have sufficient permissions. This operation can only be performed by a manager of the \
                      group."
                .to_owned(),
            category: ErrorCategory::NOT_SPECIFIED,
            target: None,
        },
    )
}

impl Change {
    /// Asks the client's host; `None` until it has answered.
    fn confirmed(&self, cx: &mut Context) -> Result<Option<bool>, Halt> {
        let verb = if self.add { "Adding" } else { "Removing" };
        let message = format!(
            "Are you sure you want to perform this action?\r\n{verb} distribution group member \"{}\" on distribution \
             group \"{}\".",
            self.member_name,
            self.group.canonical()
        );
        if !cx.host.has_ui {
            return Err(Halt::pipeline(errors::no_host(&cx.frame().clone(), &message)));
        }
        let Some(response) = cx.ask(26, || choices("Confirm", &message)) else {
            return Ok(None);
        };
        if let Some(error) = &response.error {
            return Err(Halt::pipeline(errors::host_failed(&cx.frame().clone(), error)));
        }
        Ok(Some(matches!(
            response.result.as_ref().and_then(Value::as_i32),
            Some(0 | 1)
        )))
    }

    fn perform(&self, cx: &mut Context) -> Result<(), Halt> {
        let frame = cx.frame().clone();
        let directory = Arc::clone(&cx.world.directory);
        let done = if self.add {
            directory.add_member(self.group.index, self.member)
        } else {
            directory.remove_member(self.group.index, self.member)
        };
        let (member, group) = (&self.member_name, &self.group.name);
        let (exception, message) = match done {
            Ok(()) => return Ok(()),
            Err(WriteError::AlreadyMember) => (
                "MemberAlreadyExistsException",
                format!("The recipient \"{member}\" is already a member of the group \"{group}\"."),
            ),
            Err(WriteError::NotMember) => (
                "MemberNotFoundException",
                format!("The recipient \"{member}\" isn't a member of the group \"{group}\"."),
            ),
            Err(_) => (
                "RecipientTaskException",
                "The directory takes no more changes.".to_owned(),
            ),
        };
        cx.error(exchange(
            &frame,
            &Complaint {
                exception,
                namespace: TASKS,
                message,
                category: ErrorCategory::NOT_SPECIFIED,
                target: None,
            },
        ))
    }
}

/// The parameters of PromptForChoice with PowerShell's four answers.
fn choices(caption: &str, message: &str) -> Vec<Value> {
    let labels = [
        ("&Yes", "Continue with only the next step of the operation."),
        ("Yes to &All", "Continue with all the steps of the operation."),
        ("&No", "Skip this operation and proceed with the next operation."),
        ("No to A&ll", "Skip this operation and all subsequent operations."),
    ];
    let list = labels.map(|(label, help)| {
        ChoiceDescription {
            label: label.to_owned(),
            help_message: help.to_owned(),
        }
        .to_value()
    });
    let list = Object::list(["System.Collections.ArrayList", "System.Object"], list);
    vec![caption.into(), message.into(), list.into(), Value::Int32(0)]
}

impl Stage for Change {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        if self.done {
            return Ok(Pull::End);
        }
        if self.confirm {
            match self.confirmed(cx)? {
                None => return Ok(Pull::Pause(Pause::Host)),
                Some(true) => {}
                Some(false) => {
                    self.done = true;
                    return Ok(Pull::End);
                }
            }
        }
        self.done = true;
        self.perform(cx)?;
        Ok(Pull::End)
    }
}

fn start(bound: &Bound, cx: &mut Context, add: bool) -> Result<Box<dyn Stage>, Halt> {
    Ok(match change(bound, cx, add)? {
        Some(change) => Box::new(change),
        None => Box::new(Once(Vec::new().into_iter())),
    })
}

pub(super) fn add_member(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    start(bound, cx, true)
}

pub(super) fn remove_member(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    start(bound, cx, false)
}
