//! Names and type lists that come again and again, kept once.

use std::fmt;

use crate::read::Rooms;
use crate::{Name, TypeNames, Value};

/// A bounded table of member names and type lists.
///
/// The objects of a stream nearly all have the same members and types: kept here, they cost a comparison instead of
/// an allocation. One interner serves one stream of messages; what a hostile sender can put into it is bounded in
/// number and size, and a full place is simply taken over by the next comer.
#[derive(Default)]
pub struct Interner {
    names: Table<Name, MOST_NAMES>,
    types: Table<TypeNames, MOST_TYPES>,
    /// Where members are gathered before their number is known, so that each object allocates once and just enough.
    member_rooms: Rooms<(Name, Value)>,
    /// The same for the items of lists.
    item_rooms: Rooms<Value>,
}

const MOST_NAMES: usize = 4096;
const MOST_TYPES: usize = 1024;
/// How many entries share one place; a search looks at no more.
const WAYS: usize = 4;
const LONGEST_NAME: usize = 128;
pub(crate) const LONGEST_TYPES: usize = 2048;

impl Interner {
    /// An empty table. Nothing is allocated before it is used.
    pub fn new() -> Interner {
        Interner::default()
    }

    /// The name for that text of the wire; `make` decodes it when it is not known.
    #[inline]
    pub(crate) fn name(&mut self, raw: &str, make: impl FnOnce() -> Name) -> Name {
        if let Some(name) = self.names.get(raw) {
            return name;
        }
        let name = make();
        if raw.len() <= LONGEST_NAME {
            self.names.insert(raw, name.clone());
        }
        name
    }

    /// The type list that probably comes next, if its content stands in front of `text` and `end` behind that; and
    /// the length of the content.
    pub(crate) fn expected_types(&mut self, text: &str, end: &str) -> Option<(TypeNames, usize)> {
        let (raw, types) = self.types.expected()?;
        text.strip_prefix(raw).filter(|behind| behind.starts_with(end))?;
        let found = (types.clone(), raw.len());
        self.types.advance();
        Some(found)
    }

    /// The type list of that content of a `TN` element.
    pub(crate) fn types(&mut self, raw: &str) -> Option<TypeNames> {
        self.types.get(raw)
    }

    pub(crate) fn insert_types(&mut self, raw: &str, types: &TypeNames) {
        if raw.len() <= LONGEST_TYPES {
            self.types.insert(raw, types.clone());
        }
    }

    pub(crate) fn member_rooms(&mut self) -> &mut Rooms<(Name, Value)> {
        &mut self.member_rooms
    }

    pub(crate) fn item_rooms(&mut self) -> &mut Rooms<Value> {
        &mut self.item_rooms
    }
}

impl fmt::Debug for Interner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interner")
            .field("names", &self.names.entries.len())
            .field("types", &self.types.entries.len())
            .finish_non_exhaustive()
    }
}

/// A cache of at most `MOST` entries.
struct Table<T, const MOST: usize> {
    entries: Vec<Entry<T>>,
    /// Places of entries by hash. Their number is a power of two and grows with that of the entries.
    places: Vec<[Option<u16>; WAYS]>,
    /// The entry that was found last.
    last: usize,
}

struct Entry<T> {
    hash: u64,
    raw: Box<str>,
    value: T,
    /// The entry that was found after this one the last time: objects of a kind repeat their order too.
    next: usize,
}

impl<T, const MOST: usize> Default for Table<T, MOST> {
    fn default() -> Self {
        Table {
            entries: Vec::new(),
            places: Vec::new(),
            last: 0,
        }
    }
}

impl<T: Clone, const MOST: usize> Table<T, MOST> {
    /// The entry that came after the last one before.
    #[inline]
    fn expected(&self) -> Option<(&str, &T)> {
        let entry = self.entries.get(self.entries.get(self.last)?.next)?;
        Some((&entry.raw, &entry.value))
    }

    /// Takes note that the expected entry has come.
    #[inline]
    fn advance(&mut self) {
        if let Some(last) = self.entries.get(self.last) {
            self.last = last.next;
        }
    }

    #[inline]
    fn get(&mut self, raw: &str) -> Option<T> {
        match self.expected() {
            Some((expected, value)) if *expected == *raw => {
                let value = value.clone();
                self.advance();
                Some(value)
            }
            _ => self.search(raw),
        }
    }

    fn search(&mut self, raw: &str) -> Option<T> {
        let hash = hash(raw.as_bytes());
        let place = self.places.get(self.place_of(hash))?;
        let (found, value) = place.iter().flatten().find_map(|at| {
            let entry = self.entries.get(usize::from(*at))?;
            (entry.hash == hash && *entry.raw == *raw).then(|| (usize::from(*at), entry.value.clone()))
        })?;
        self.follow_with(found);
        Some(value)
    }

    fn follow_with(&mut self, found: usize) {
        if let Some(last) = self.entries.get_mut(self.last) {
            last.next = found;
        }
        self.last = found;
    }

    fn place_of(&self, hash: u64) -> usize {
        hash as usize & self.places.len().wrapping_sub(1)
    }

    /// Adds a text that is not there.
    fn insert(&mut self, raw: &str, value: T) {
        let entry = Entry {
            hash: hash(raw.as_bytes()),
            raw: raw.into(),
            value,
            next: 0,
        };
        if self.places.len() <= self.entries.len() / 2 && self.places.len() < MOST / WAYS {
            self.grow();
        }
        let at = self.place_of(entry.hash);
        let Some(place) = self.places.get_mut(at) else {
            return;
        };
        // The newest comes first and the oldest falls out, whose entry is taken over.
        place.rotate_right(1);
        let Some(first) = place.first_mut() else { return };
        let number = match first.and_then(|old| self.entries.get_mut(usize::from(old)).zip(Some(old))) {
            Some((taken, old)) => {
                *taken = entry;
                old
            }
            None => {
                let Ok(number) = u16::try_from(self.entries.len()) else {
                    return;
                };
                self.entries.push(entry);
                number
            }
        };
        *first = Some(number);
        self.follow_with(usize::from(number));
    }

    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(8);
        self.places = vec![[None; WAYS]; places];
        for (number, entry) in self.entries.iter().enumerate() {
            // The entries of one place go to two, so that there is room for each.
            let free = self
                .places
                .get_mut(entry.hash as usize & (places - 1))
                .and_then(|place| place.iter_mut().find(|way| way.is_none()));
            if let Some(way) = free {
                *way = u16::try_from(number).ok();
            }
        }
    }
}

/// Quick and without a secret: a sender that makes texts collide only makes the table useless to itself.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = bytes.len() as u64;
    let mut add = |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    if let Some(last) = bytes.last_chunk() {
        let (chunks, _) = bytes.as_chunks();
        chunks.iter().for_each(|chunk| add(u64::from_le_bytes(*chunk)));
        // The last eight bytes, some of them a second time.
        add(u64::from_le_bytes(*last));
    } else {
        bytes.iter().for_each(|byte| add(u64::from(*byte)));
    }
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared_and_their_number_is_bounded() {
        let mut interner = Interner::new();
        let first = interner.name("Alias", || "Alias".into());
        let again = interner.name("Alias", || unreachable!("it is known"));
        assert!(first.same(&again));
        for number in 0..100_000 {
            let text = format!("name{number}");
            assert_eq!(interner.name(&text, || text.as_str().into()).as_str(), text);
        }
        assert!(interner.names.entries.len() <= MOST_NAMES);
        let long = "x".repeat(LONGEST_NAME + 1);
        interner.name(&long, || long.as_str().into());
        assert!(interner.names.get(&long).is_none());
    }

    #[test]
    fn what_is_in_the_table_is_found_in_any_order() {
        let mut interner = Interner::new();
        let texts: Vec<String> = (0..40).map(|number| format!("name{number}")).collect();
        for text in &texts {
            interner.name(text, || text.as_str().into());
        }
        for step in [1, 7, 39] {
            for at in 0..texts.len() {
                let text = &texts[at * step % texts.len()];
                let name = interner.name(text, || unreachable!("it is known"));
                assert_eq!(name.as_str(), text);
            }
        }
    }

    #[test]
    fn type_lists_are_expected_in_their_order() {
        let mut interner = Interner::new();
        let (a, b) = (TypeNames::from(["a"]), TypeNames::from(["b"]));
        interner.insert_types("<T>a</T>", &a);
        interner.insert_types("<T>b</T>", &b);
        assert_eq!(interner.types("<T>a</T>"), Some(a));
        assert_eq!(interner.expected_types("<T>b</T></TN>", "</TN>"), Some((b, 8)));
        assert_eq!(interner.expected_types("<T>a</T><T>c</T></TN>", "</TN>"), None);
    }
}
