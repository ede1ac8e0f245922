//! What is known by its id.

use std::collections::HashMap;

use crate::RefId;

/// A map from ids, which are nearly always small numbers counted from 0.
#[derive(Debug)]
pub(crate) struct IdMap<T> {
    dense: Vec<Option<T>>,
    sparse: HashMap<RefId, T>,
}

/// How far ahead of the known ids a number may be without a hash table.
const GAP: usize = 64;

impl<T> IdMap<T> {
    pub(crate) fn new() -> IdMap<T> {
        IdMap {
            dense: Vec::new(),
            sparse: HashMap::new(),
        }
    }

    pub(crate) fn insert(&mut self, id: RefId, value: T) {
        match id.as_number().map(|number| number as usize) {
            // A number that was too far ahead once stays in the hash table.
            Some(number) if number <= self.dense.len() + GAP && !self.sparse.contains_key(&id) => {
                if number >= self.dense.len() {
                    self.dense.resize_with(number + 1, || None);
                }
                if let Some(slot) = self.dense.get_mut(number) {
                    *slot = Some(value);
                }
            }
            _ => {
                self.sparse.insert(id, value);
            }
        }
    }

    pub(crate) fn get(&self, id: &RefId) -> Option<&T> {
        let dense = id
            .as_number()
            .and_then(|number| self.dense.get(number as usize)?.as_ref());
        dense.or_else(|| {
            if self.sparse.is_empty() {
                None
            } else {
                self.sparse.get(id)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_is_found() {
        let mut map = IdMap::new();
        for id in ["0", "1", "70", "4000000000", "x", "", "01", "200", "-1"] {
            map.insert(RefId::new(id), id.to_owned());
        }
        (2..300).for_each(|id| map.insert(RefId::from(id), id.to_string()));
        for id in ["0", "1", "70", "4000000000", "x", "", "01", "200", "299", "-1"] {
            assert_eq!(map.get(&RefId::new(id)).map(String::as_str), Some(id));
        }
        assert_eq!(map.get(&RefId::new("300")), None);
        map.insert(RefId::new("200"), "again".to_owned());
        assert_eq!(map.get(&RefId::new("200")).map(String::as_str), Some("again"));
    }
}
