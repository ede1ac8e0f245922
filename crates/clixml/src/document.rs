//! The values of one message or file, and the objects that references name.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::{Content, Members, Object, RefId, Value};

/// The values of one message or file together with the table of their ids.
///
/// A [`Value::Ref`] stands for an object elsewhere in the same document, possibly for one that encloses it; so
/// references are resolved here and not stored as pointers.
#[derive(Debug, Clone, Default)]
pub struct Document {
    roots: Vec<Value>,
    /// One for each root, where any has the `S` attribute.
    streams: Vec<Option<Box<str>>>,
    /// Objects that references may name although later members or contents have taken their place.
    replaced: Vec<Value>,
    index: OnceLock<HashMap<RefId, Path>>,
}

/// The way to an object: a root (or replaced value), then steps.
type Path = Vec<u32>;

impl Document {
    /// A document of these values.
    pub fn new(roots: Vec<Value>) -> Document {
        Document {
            roots,
            ..Document::default()
        }
    }

    pub(crate) fn read(roots: Vec<Value>, streams: Vec<Option<Box<str>>>, replaced: Vec<Value>) -> Document {
        Document {
            roots,
            streams,
            replaced,
            index: OnceLock::new(),
        }
    }

    /// The same document with the streams of its values, in their order; `None` where a value has no `S` attribute.
    #[must_use]
    pub fn with_streams<'a>(mut self, streams: impl IntoIterator<Item = Option<&'a str>>) -> Document {
        self.streams = streams.into_iter().map(|stream| stream.map(Into::into)).collect();
        self
    }

    /// The values in order: one in a message.
    pub fn roots(&self) -> &[Value] {
        &self.roots
    }

    /// The first value.
    pub fn root(&self) -> Option<&Value> {
        self.roots.first()
    }

    /// The values, without the table.
    pub fn into_roots(self) -> Vec<Value> {
        self.roots
    }

    /// The first value, or null where there is none.
    pub fn into_root(self) -> Value {
        self.roots.into_iter().next().unwrap_or_default()
    }

    /// The stream of the value at that place (`S="Error"`), in files that have such.
    pub fn stream(&self, index: usize) -> Option<&str> {
        self.streams.get(index)?.as_deref()
    }

    /// The streams of all values, where any has one.
    pub fn streams(&self) -> Option<impl Iterator<Item = Option<&str>>> {
        self.streams
            .iter()
            .any(Option::is_some)
            .then(|| (0..self.roots.len()).map(|index| self.stream(index)))
    }

    /// The object of that id; the last one, if several have it.
    pub fn resolve(&self, id: &RefId) -> Option<&Object> {
        let path = self.index.get_or_init(|| self.build_index()).get(id)?;
        let (first, steps) = path.split_first()?;
        let mut value = self.top_levels().nth(*first as usize)?;
        for step in steps {
            value = child(value, *step as usize)?;
        }
        value.as_object()
    }

    /// The value, or the object that it refers to. A reference that leads nowhere stays itself.
    pub fn deref<'a>(&'a self, value: &'a Value) -> Deref<'a> {
        match value {
            Value::Object(object) => Deref::Object(object),
            Value::Ref(id) => self.resolve(id).map_or(Deref::Value(value), Deref::Object),
            _ => Deref::Value(value),
        }
    }

    fn top_levels(&self) -> impl Iterator<Item = &Value> {
        self.replaced.iter().chain(&self.roots)
    }

    /// Walks all values without recursion: values made by hand may be nested deeper than any stack.
    fn build_index(&self) -> HashMap<RefId, Path> {
        let mut index = HashMap::new();
        for (place, top) in self.top_levels().enumerate() {
            let mut path = vec![place as u32];
            let mut open: Vec<(&Value, usize)> = vec![(top, 0)];
            while let Some((value, next)) = open.last_mut() {
                if *next == 0
                    && let Value::Object(object) = value
                    && let Some(id) = &object.ref_id
                {
                    index.insert(id.clone(), path.clone());
                }
                match child(value, *next) {
                    Some(inner) => {
                        path.push(*next as u32);
                        *next += 1;
                        open.push((inner, 0));
                    }
                    None => {
                        path.pop();
                        open.pop();
                    }
                }
            }
        }
        index
    }
}

/// What [`Document::deref`] finds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Deref<'a> {
    /// An object, in place or by reference.
    Object(&'a Object),
    /// Any other value.
    Value(&'a Value),
}

impl<'a> Deref<'a> {
    /// The object, if it is one.
    pub fn as_object(self) -> Option<&'a Object> {
        match self {
            Deref::Object(object) => Some(object),
            Deref::Value(_) => None,
        }
    }
}

/// The values directly inside a value, counted in the order content, adapted, extended.
fn child(value: &Value, index: usize) -> Option<&Value> {
    let object = match value {
        Value::Object(object) => object,
        Value::MemberSet(members) => return member(members, index),
        _ => return None,
    };
    let in_content = match &object.content {
        Content::None => 0,
        Content::Value(_) => 1,
        Content::List(_, items) => items.len(),
        Content::Dictionary(entries) => entries.len() * 2,
    };
    let Some(after) = index.checked_sub(in_content) else {
        return match &object.content {
            Content::None => None,
            Content::Value(inner) => Some(inner),
            Content::List(_, items) => items.get(index),
            Content::Dictionary(entries) => entries
                .get(index / 2)
                .map(|(key, value)| if index.is_multiple_of(2) { key } else { value }),
        };
    };
    match after.checked_sub(object.adapted.len()) {
        None => member(&object.adapted, after),
        Some(after) => member(&object.extended, after),
    }
}

fn member(members: &Members, index: usize) -> Option<&Value> {
    members.at(index).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_find_objects_anywhere() {
        let inner = Object::bag().extended("x", 1).with_ref_id(7);
        let entry = (Value::from("k"), Value::from(Object::bag().with_ref_id("odd")));
        let dictionary = Object {
            content: Content::Dictionary(vec![entry]),
            ..Object::bag().with_ref_id(3)
        };
        let set: Members = [("deep", Value::from(inner))].into_iter().collect();
        let root = Object::bag()
            .adapted("a", Value::list([Value::from(dictionary)]))
            .extended("set", set)
            .extended("self", RefId::from(0))
            .with_ref_id(0);
        let document = Document::new(vec![Value::Nil, root.clone().into()]);
        assert_eq!(document.resolve(&0.into()), Some(&root));
        assert_eq!(
            document.resolve(&7.into()).and_then(|found| found.get("X")),
            Some(&Value::Int32(1))
        );
        assert!(document.resolve(&3.into()).is_some());
        assert!(document.resolve(&"odd".into()).is_some());
        assert_eq!(document.resolve(&1.into()), None);
        assert_eq!(document.deref(&Value::Ref(0.into())).as_object(), Some(&root));
        assert_eq!(document.deref(&Value::Nil), Deref::Value(&Value::Nil));
    }

    #[test]
    fn the_last_object_of_an_id_counts() {
        let document = Document::new(vec![
            Object::bag().extended("a", 1).with_ref_id(0).into(),
            Object::bag().extended("b", 2).with_ref_id(0).into(),
        ]);
        assert!(
            document
                .resolve(&0.into())
                .is_some_and(|object| object.get("b").is_some())
        );
    }
}
