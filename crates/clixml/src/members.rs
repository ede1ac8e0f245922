//! The members of an object, in the order of the wire.

use std::collections::BTreeMap;
use std::fmt;

use crate::read::Rooms;
use crate::{Name, Value};

/// Named values in order; names compare without case.
#[derive(Clone, Default)]
pub struct Members(Vec<(Name, Value)>);

impl Members {
    /// No members.
    pub const fn new() -> Members {
        Members(Vec::new())
    }

    /// The value of the member of that name, case aside.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(own, _)| own.matches(name))
            .map(|(_, value)| value)
    }

    /// The value of the member of that name, for changing it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .find(|(own, _)| own.matches(name))
            .map(|(_, value)| value)
    }

    /// Whether there is a member of that name, case aside.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a member at the end. One of the same name (case aside) keeps its place and takes the new spelling and
    /// value; the value that it had is returned.
    pub fn insert(&mut self, name: impl Into<Name>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(own, _)| own.same(&name)) {
            Some(slot) => {
                slot.0 = name;
                Some(std::mem::replace(&mut slot.1, value))
            }
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// Takes out the member of that name, case aside.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| own.matches(name))?;
        Some(self.0.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Name, Value)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn at(&self, index: usize) -> Option<&(Name, Value)> {
        self.0.get(index)
    }
}

/// Equal when the same names, case aside, have equal values in the same order.
impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.0.same(&b.0) && a.1 == b.1)
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(name, value)| (name, value)))
            .finish()
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = &'a (Name, Value);
    type IntoIter = std::slice::Iter<'a, (Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Members {
    type Item = (Name, Value);
    type IntoIter = std::vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: Into<Name>, V: Into<Value>> FromIterator<(N, V)> for Members {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(members: I) -> Self {
        let mut all = Collector::new(Members::new());
        for (name, value) in members {
            all.push(name.into(), value.into());
        }
        all.finish()
    }
}

/// With more members than this a sorted table looks for equal names.
const FEW: usize = 512;

/// Gathers members, each name once, without a search for every name.
#[derive(Debug)]
pub(crate) struct Collector {
    members: Vec<(Name, Value)>,
    /// A bit for each hash (modulo 2048) seen so far: most names need no search.
    seen: [u64; 32],
    /// For many members, the place of each name.
    places: Option<BTreeMap<String, usize>>,
}

impl Collector {
    pub(crate) fn new(first: Members) -> Collector {
        Collector::in_room(Vec::new(), first)
    }

    /// The same, gathering them in an empty vector that has room already.
    pub(crate) fn in_room(room: Vec<(Name, Value)>, first: Members) -> Collector {
        let mut all = Collector {
            members: room,
            seen: [0; 32],
            places: None,
        };
        for (name, value) in first {
            all.push(name, value);
        }
        all
    }

    /// Adds a member and returns the value that it replaces.
    #[inline]
    pub(crate) fn push(&mut self, name: Name, value: Value) -> Option<Value> {
        let place = (name.fold() >> 6 & 31) as usize;
        let bit = 1_u64 << (name.fold() & 63);
        match self.seen.get_mut(place) {
            Some(seen) if *seen & bit == 0 && self.places.is_none() => {
                *seen |= bit;
                self.members.push((name, value));
                None
            }
            _ => self.push_perhaps_known(name, value),
        }
    }

    /// The same for a name that may be among the others.
    fn push_perhaps_known(&mut self, name: Name, value: Value) -> Option<Value> {
        if let Some(place) = self.find(&name)
            && let Some(slot) = self.members.get_mut(place)
        {
            slot.0 = name;
            return Some(std::mem::replace(&mut slot.1, value));
        }
        if let Some(places) = &mut self.places {
            places.insert(name.folded(), self.members.len());
        }
        self.members.push((name, value));
        None
    }

    fn find(&mut self, name: &Name) -> Option<usize> {
        if self.members.len() < FEW {
            return self.members.iter().position(|(own, _)| own.same(name));
        }
        let members = &self.members;
        let places = self.places.get_or_insert_with(|| {
            members
                .iter()
                .enumerate()
                .map(|(place, (name, _))| (name.folded(), place))
                .collect()
        });
        places.get(&name.folded()).copied()
    }

    pub(crate) fn finish(self) -> Members {
        Members(self.members)
    }

    /// What was gathered in a room of those.
    pub(crate) fn finish_in(self, rooms: &mut Rooms<(Name, Value)>) -> Members {
        Members(rooms.finish(self.members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_given_twice_keeps_the_last_value_and_spelling() {
        let mut members: Members = [("Name", 1), ("Other", 2)].into_iter().collect();
        assert_eq!(members.insert("NAME", 3), Some(Value::Int32(1)));
        assert_eq!(members.len(), 2);
        assert_eq!(members.get("name"), Some(&Value::Int32(3)));
        assert_eq!(members.at(0).map(|(name, _)| name.as_str()), Some("NAME"));
        assert_eq!(members.remove("nAmE"), Some(Value::Int32(3)));
        assert!(!members.contains("Name"));
    }
}
