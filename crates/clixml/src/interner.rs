//! Names and type lists that come again and again, kept once.

use std::fmt;

use crate::{Name, TypeNames};

/// A bounded table of member names and type lists.
///
/// The objects of a stream nearly all have the same members and types: kept here, they cost a comparison instead of
/// an allocation. One interner serves one stream of messages; what a hostile sender can put into it is bounded in
/// number and size, and a full place is simply taken over by the next comer.
#[derive(Default)]
pub struct Interner {
    names: Table<Name>,
    types: Table<TypeNames>,
}

const NAME_PLACES: usize = 1024;
const TYPE_PLACES: usize = 256;
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
    pub(crate) fn name(&mut self, raw: &str, make: impl FnOnce() -> Name) -> Name {
        self.names.get_or_insert(raw, NAME_PLACES, LONGEST_NAME, make)
    }

    /// The type list of that content of a `TN` element.
    pub(crate) fn types(&self, raw: &str) -> Option<TypeNames> {
        self.types.get(raw)
    }

    pub(crate) fn insert_types(&mut self, raw: &str, types: &TypeNames) {
        self.types.insert(raw, TYPE_PLACES, LONGEST_TYPES, types.clone());
    }
}

impl fmt::Debug for Interner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interner")
            .field("names", &self.names.len())
            .field("types", &self.types.len())
            .finish()
    }
}

/// A cache of fixed size: each text has one place with room for a few entries.
struct Table<T> {
    places: Vec<[Option<Entry<T>>; WAYS]>,
}

struct Entry<T> {
    hash: u64,
    raw: Box<str>,
    value: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { places: Vec::new() }
    }
}

impl<T: Clone> Table<T> {
    fn get(&self, raw: &str) -> Option<T> {
        let hash = hash(raw.as_bytes());
        let place = self
            .places
            .get(hash as usize & self.places.len().wrapping_sub(1))?;
        let found = place
            .iter()
            .flatten()
            .find(|entry| entry.hash == hash && *entry.raw == *raw)?;
        Some(found.value.clone())
    }

    fn get_or_insert(&mut self, raw: &str, places: usize, longest: usize, make: impl FnOnce() -> T) -> T {
        if let Some(value) = self.get(raw) {
            return value;
        }
        let value = make();
        self.insert(raw, places, longest, value.clone());
        value
    }

    fn insert(&mut self, raw: &str, places: usize, longest: usize, value: T) {
        if raw.len() > longest {
            return;
        }
        if self.places.is_empty() {
            self.places.resize_with(places, Default::default);
        }
        let hash = hash(raw.as_bytes());
        let Some(place) = self.places.get_mut(hash as usize & (places - 1)) else {
            return;
        };
        // The newest comes first and the oldest falls out.
        place.rotate_right(1);
        if let Some(first) = place.first_mut() {
            *first = Some(Entry {
                hash,
                raw: raw.into(),
                value,
            });
        }
    }

    fn len(&self) -> usize {
        self.places.iter().flatten().flatten().count()
    }
}

/// Quick and without a secret: a sender that makes texts collide only makes the table useless to itself.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
    let mut word = [0; 8];
    for (slot, byte) in word.iter_mut().zip(chunks.remainder()) {
        *slot = *byte;
    }
    hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
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
        assert!(interner.names.len() <= NAME_PLACES * WAYS);
        let long = "x".repeat(LONGEST_NAME + 1);
        interner.name(&long, || long.as_str().into());
        assert!(interner.names.get(&long).is_none());
    }
}
