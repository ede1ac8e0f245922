//! The simulated directory.
//!
//! Seeded users and groups are computed when they are asked for; only what clients write is kept, as an overlay.

mod dump;
pub(crate) mod filter;
pub(crate) mod group;
pub(crate) mod names;
pub(crate) mod prop;
pub(crate) mod recipient;
mod seed;
pub(crate) mod time;
pub(crate) mod user;

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use group::{Group, SPECIAL};
use recipient::Recipient;
use seed::{Draw, Kind};
use time::Ticks;
use user::User;

pub(crate) use dump::write_dump;

/// A member of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Member {
    User(u32),
    Group(u32),
}

/// What an identity leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    None,
    One(Member),
    Many(Vec<Member>),
}

/// Which objects an identity may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Users,
    Groups,
    /// Groups and users with mail.
    Recipients,
}

impl Scope {
    fn users(self) -> bool {
        self != Self::Groups
    }

    fn groups(self) -> bool {
        self != Self::Users
    }
}

#[derive(Debug, Default)]
struct Changes {
    added: Vec<Member>,
    removed: HashSet<Member>,
    changed: Option<Ticks>,
}

#[derive(Debug, Default)]
struct Overlay {
    created: Vec<Group>,
    changes: HashMap<u32, Changes>,
}

/// Why a write was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteError {
    /// The group has this member already.
    AlreadyMember,
    /// The group does not have this member.
    NotMember,
    /// Another recipient has this address.
    AddressTaken { address: String, owner: String },
    /// Another object has this name in the same place.
    NameTaken { name: String },
    /// The overlay is full.
    Full,
}

/// Groups that may be created and members that may be changed, so that no client can exhaust the memory.
const MAX_WRITES: usize = 1_000_000;

/// The directory of one lab.
#[derive(Debug)]
pub(crate) struct Directory {
    seed: u64,
    users: u32,
    groups: u32,
    overlay: RwLock<Overlay>,
}

impl Directory {
    pub(crate) fn new(seed: u64, users: u32, groups: u32) -> Self {
        Self {
            seed,
            users,
            groups,
            overlay: RwLock::default(),
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn user_count(&self) -> u32 {
        self.users
    }

    /// Seeded and created groups together.
    pub(crate) fn group_count(&self) -> u32 {
        self.groups
            .saturating_add(u32::try_from(self.read().created.len()).unwrap_or(0))
    }

    pub(crate) fn user(&self, index: u32) -> User {
        User::new(self.seed, index)
    }

    pub(crate) fn group(&self, index: u32) -> Option<Group> {
        let overlay = self.read();
        let mut group = if index < self.groups {
            Group::seeded(self.seed, self.users, index)
        } else {
            overlay.created.get((index - self.groups) as usize)?.clone()
        };
        if let Some(changed) = overlay.changes.get(&index).and_then(|c| c.changed) {
            group.changed = changed;
        }
        Some(group)
    }

    pub(crate) fn recipient(&self, member: Member) -> Option<Recipient> {
        match member {
            Member::User(index) => Some(Recipient::User(Box::new(self.user(index)))),
            Member::Group(index) => self.group(index).map(|g| Recipient::Group(Box::new(g))),
        }
    }

    /// The objects that `identity` means. Wildcards are not looked at here.
    pub(crate) fn find(&self, identity: &str, scope: Scope) -> Found {
        let mut found = Vec::new();
        let mut add = |member| {
            if !found.contains(&member) {
                found.push(member);
            }
        };
        if let Ok(id) = Uuid::try_parse(identity) {
            match seed::from_guid(self.seed, id) {
                Some((Kind::User, index)) if index < self.users => add(Member::User(index)),
                Some((Kind::Group, index)) if index < self.groups => add(Member::Group(index)),
                _ => {}
            }
        }
        for index in indexes_in(identity).into_iter().flatten() {
            if index < self.users && self.user(index).is_known_as(identity) {
                add(Member::User(index));
            }
            if index < self.groups && Group::seeded(self.seed, self.users, index).is_known_as(identity) {
                add(Member::Group(index));
            }
        }
        for index in (0..self.groups).take(SPECIAL.len()) {
            if Group::seeded(self.seed, self.users, index).is_known_as(identity) {
                add(Member::Group(index));
            }
        }
        for group in &self.read().created {
            if group.guid.to_string().eq_ignore_ascii_case(identity)
                || group.is_known_as(identity)
                || same_text(&group.display_name, identity)
            {
                add(Member::Group(group.index));
            }
        }
        if scope.users() {
            user::displayed_as(self.seed, self.users, identity).for_each(|index| add(Member::User(index)));
        }
        found.retain(|member| self.in_scope(*member, scope));
        match found.as_slice() {
            [] => Found::None,
            [one] => Found::One(*one),
            _ => Found::Many(found),
        }
    }

    fn in_scope(&self, member: Member, scope: Scope) -> bool {
        match member {
            Member::User(_) if scope == Scope::Users => true,
            Member::User(index) => scope.users() && self.user(index).kind.has_mail(),
            Member::Group(_) => scope.groups(),
        }
    }

    /// The seeded member at `position`: `None` behind the end, `Some(None)` where nobody stands.
    fn seeded_member(&self, group: u32, position: u32) -> Option<Option<Member>> {
        let mail_user = |index: u32| self.user(index).kind.has_mail().then_some(Member::User(index));
        match group {
            0 => (position < self.users).then(|| mail_user(position)),
            1 => {
                let index = position.checked_add(2)?;
                (position < 10 && index < self.groups).then_some(Some(Member::Group(index)))
            }
            _ => {
                let shape = Shape::of(self, group);
                if position < shape.nested {
                    return Some(shape.nested_group(self, group, position));
                }
                let at = position - shape.nested;
                (at < shape.users).then(|| mail_user(shape.user(self.users, at)))
            }
        }
    }

    /// Walks the direct members of a group; ask [`MemberCursor::next`].
    pub(crate) fn members(&self, group: u32) -> MemberCursor {
        MemberCursor {
            group,
            seeded: 0,
            added: 0,
            in_added: group >= self.groups,
        }
    }

    pub(crate) fn is_member(&self, group: u32, member: Member) -> bool {
        let overlay = self.read();
        if let Some(changes) = overlay.changes.get(&group) {
            if changes.added.contains(&member) {
                return true;
            }
            if changes.removed.contains(&member) {
                return false;
            }
        }
        self.is_seeded_member(group, member)
    }

    fn is_seeded_member(&self, group: u32, member: Member) -> bool {
        if group >= self.groups {
            return false;
        }
        match (group, member) {
            (0, Member::User(index)) => index < self.users && self.user(index).kind.has_mail(),
            (0, Member::Group(_)) => false,
            _ => (0..)
                .map_while(|at| self.seeded_member(group, at))
                .any(|m| m == Some(member)),
        }
    }

    pub(crate) fn add_member(&self, group: u32, member: Member) -> Result<(), WriteError> {
        if self.is_member(group, member) {
            return Err(WriteError::AlreadyMember);
        }
        let mut overlay = self.write();
        if overlay
            .changes
            .values()
            .map(|c| c.added.len() + c.removed.len())
            .sum::<usize>()
            >= MAX_WRITES
        {
            return Err(WriteError::Full);
        }
        let changes = overlay.changes.entry(group).or_default();
        if !changes.removed.remove(&member) {
            changes.added.push(member);
        }
        changes.changed = Some(Ticks::now());
        Ok(())
    }

    pub(crate) fn remove_member(&self, group: u32, member: Member) -> Result<(), WriteError> {
        if !self.is_member(group, member) {
            return Err(WriteError::NotMember);
        }
        let seeded = self.is_seeded_member(group, member);
        let mut overlay = self.write();
        let changes = overlay.changes.entry(group).or_default();
        changes.added.retain(|m| *m != member);
        if seeded {
            changes.removed.insert(member);
        }
        changes.changed = Some(Ticks::now());
        Ok(())
    }

    /// Adds a group; its index is set here.
    pub(crate) fn create_group(&self, mut group: Group) -> Result<Group, WriteError> {
        if self.find(&group.canonical(), Scope::Groups) != Found::None {
            return Err(WriteError::NameTaken { name: group.name });
        }
        if let Found::One(owner) = self.find(&group.primary, Scope::Recipients) {
            let owner = self.recipient(owner).map(|r| r.canonical()).unwrap_or_default();
            return Err(WriteError::AddressTaken {
                address: group.primary,
                owner,
            });
        }
        let mut overlay = self.write();
        if overlay.created.len() >= MAX_WRITES {
            return Err(WriteError::Full);
        }
        group.index = self
            .groups
            .saturating_add(u32::try_from(overlay.created.len()).unwrap_or(u32::MAX));
        overlay.created.push(group.clone());
        Ok(group)
    }
}

/// Whether two texts are the same but for their case.
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}

/// The numbers at the end of the parts of an identity that can carry an index.
fn indexes_in(identity: &str) -> [Option<u32>; 3] {
    let head = identity.split_once('@').map_or(identity, |(local, _)| local);
    let head = head.split_once(',').map_or(head, |(rdn, _)| rdn);
    let digits = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let Some(number) = head
        .get(head.len() - digits..)
        .and_then(|d| d.parse::<u32>().ok())
    else {
        return [None; 3];
    };
    // The relative id of a SID is 1000 more than the index.
    let of_sid = identity
        .starts_with("S-1-5-")
        .then(|| number.checked_sub(1_000))
        .flatten();
    [Some(number), of_sid, None]
}

/// How many members of which kind a seeded group has.
struct Shape {
    nested: u32,
    users: u32,
    start: u32,
    stride: u32,
    draw: Draw,
}

impl Shape {
    fn of(directory: &Directory, group: u32) -> Self {
        let mut draw = Draw::new(directory.seed ^ 2, Kind::Group, group);
        let ring = matches!(group, 2 | 3);
        let nested = if ring {
            u32::from(directory.groups > 3)
        } else {
            draw.below(3)
        };
        let users = draw.below(40).saturating_add(3).min(directory.users);
        let start = draw.below(directory.users);
        let mut stride = draw.below(directory.users).max(1);
        while directory.users > 0 && gcd(stride, directory.users) != 1 {
            stride += 1;
        }
        Self {
            nested,
            users,
            start,
            stride,
            draw,
        }
    }

    /// A stride without common factor visits no user twice.
    fn user(&self, users: u32, at: u32) -> u32 {
        let index = u64::from(self.start) + u64::from(at) * u64::from(self.stride);
        u32::try_from(index % u64::from(users.max(1))).unwrap_or(0)
    }

    fn nested_group(&self, directory: &Directory, group: u32, at: u32) -> Option<Member> {
        if matches!(group, 2 | 3) {
            return Some(Member::Group(5 - group));
        }
        let mut draw = self.draw.clone();
        let candidates: Vec<u32> = (0..=at)
            .map(|_| draw.below(directory.groups.saturating_sub(2)).saturating_add(2))
            .collect();
        let (index, before) = candidates.split_last()?;
        (*index != group && !before.contains(index)).then_some(Member::Group(*index))
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A place in the members of a group; it stays valid while the group is written to.
#[derive(Debug, Clone)]
pub(crate) struct MemberCursor {
    group: u32,
    seeded: u32,
    added: usize,
    in_added: bool,
}

impl MemberCursor {
    pub(crate) fn next(&mut self, directory: &Directory) -> Option<Member> {
        while !self.in_added {
            match directory.seeded_member(self.group, self.seeded) {
                None => self.in_added = true,
                Some(member) => {
                    self.seeded += 1;
                    let gone = |m: &Member| {
                        directory
                            .read()
                            .changes
                            .get(&self.group)
                            .is_some_and(|c| c.removed.contains(m))
                    };
                    if let Some(member) = member.filter(|m| !gone(m)) {
                        return Some(member);
                    }
                }
            }
        }
        let overlay = directory.read();
        let member = overlay.changes.get(&self.group)?.added.get(self.added).copied();
        self.added += 1;
        member
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(directory: &Directory, group: u32) -> Vec<Member> {
        let mut cursor = directory.members(group);
        std::iter::from_fn(|| cursor.next(directory)).collect()
    }

    #[test]
    fn every_identity_form_leads_to_its_object() {
        let directory = Directory::new(5, 2_000, 50);
        for index in [0, 1, 17, 1_999] {
            let user = directory.user(index);
            for form in [
                user.guid.to_string(),
                user.name.clone(),
                user.alias.clone(),
                user.address(),
                user.sam(),
                format!("corp\\{}", user.sam()),
                user.dn().to_uppercase(),
                user.canonical(),
                user.legacy_dn(),
                user.display_name(),
            ] {
                assert_eq!(
                    directory.find(&form, Scope::Users),
                    Found::One(Member::User(index)),
                    "{form}"
                );
            }
        }
        for index in [0, 1, 2, 3, 4, 49] {
            let group = directory.group(index).expect("a seeded group");
            for form in [
                group.guid.to_string(),
                group.name.clone(),
                group.alias.clone(),
                group.primary.clone(),
                group.dn(),
                group.canonical(),
                group.legacy_dn(),
            ] {
                assert_eq!(
                    directory.find(&form, Scope::Recipients),
                    Found::One(Member::Group(index)),
                    "{form}"
                );
            }
        }
        for nobody in ["", "nobody", "nobody 3", "*", "ada.abbott99999@corp.example"] {
            assert_eq!(directory.find(nobody, Scope::Recipients), Found::None, "{nobody}");
        }
    }

    #[test]
    fn equal_display_names_are_ambiguous() {
        let directory = Directory::new(5, 20_000, 0);
        let name = directory.user(3).display_name();
        assert!(matches!(directory.find(&name, Scope::Users), Found::Many(all) if all.len() == 3));
    }

    #[test]
    fn members_are_distinct_and_agree_with_the_membership_test() {
        let directory = Directory::new(9, 300, 30);
        for group in 0..30 {
            let members = all(&directory, group);
            let distinct: HashSet<_> = members.iter().collect();
            assert_eq!(distinct.len(), members.len(), "group {group}");
            assert!(
                members.iter().all(|m| directory.is_member(group, *m)),
                "group {group}"
            );
            assert!(!members.contains(&Member::Group(group)));
        }
        assert!(all(&directory, 2).contains(&Member::Group(3)));
        assert!(all(&directory, 3).contains(&Member::Group(2)));
        assert!(all(&directory, 0).len() > 200);
    }

    #[test]
    fn small_directories_have_no_edges_to_fall_over() {
        for (users, groups) in [(0, 0), (0, 5), (1, 1), (1, 4), (2, 3)] {
            let directory = Directory::new(1, users, groups);
            for group in 0..groups {
                for member in all(&directory, group) {
                    assert!(
                        directory.recipient(member).is_some(),
                        "{users} {groups} {member:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn writes_stay_and_can_be_taken_back() {
        let directory = Directory::new(1, 100, 10);
        let before = all(&directory, 2);
        let seeded = before[1];
        directory.remove_member(2, seeded).unwrap();
        assert_eq!(directory.remove_member(2, seeded), Err(WriteError::NotMember));
        assert!(!all(&directory, 2).contains(&seeded));
        directory.add_member(2, seeded).unwrap();
        assert_eq!(directory.add_member(2, seeded), Err(WriteError::AlreadyMember));
        assert_eq!(all(&directory, 2), before);
        directory.add_member(2, Member::Group(9)).unwrap();
        assert_eq!(all(&directory, 2).last(), Some(&Member::Group(9)));
        directory.remove_member(2, Member::Group(9)).unwrap();
        assert_eq!(all(&directory, 2), before);
    }

    #[test]
    fn created_groups_are_found_and_keep_their_names_to_themselves() {
        let directory = Directory::new(1, 100, 10);
        let mut group = Group::seeded(1, 100, 4);
        (group.name, group.alias, group.primary) = ("New".into(), "new".into(), "new@corp.example".into());
        group.guid = Uuid::from_u128(7);
        let created = directory.create_group(group.clone()).unwrap();
        assert_eq!(created.index, 10);
        assert_eq!(
            directory.find("new@corp.example", Scope::Groups),
            Found::One(Member::Group(10))
        );
        assert!(matches!(
            directory.create_group(group.clone()),
            Err(WriteError::NameTaken { .. })
        ));
        group.name = "New 2".into();
        assert!(matches!(
            directory.create_group(group),
            Err(WriteError::AddressTaken { .. })
        ));
        directory.add_member(10, Member::User(1)).unwrap();
        assert_eq!(all(&directory, 10), [Member::User(1)]);
    }
}
