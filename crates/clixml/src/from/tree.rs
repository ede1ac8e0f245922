//! Decoding from values that have been read already.

use std::borrow::Cow;

use super::reader::{ObjectSource, Source};
use super::{ObjectReader, Part, Shape, ValueReader};
use crate::{Content, Document, Error, Limits, Object, RefId, TypeNames, Value};

/// What decoding from a document has to remember.
#[derive(Debug)]
pub(crate) struct TreeContext<'a> {
    document: &'a Document,
    limits: Limits,
    /// The objects that are open.
    open: Vec<&'a Object>,
    count: usize,
    /// Text and data given so far.
    bytes: usize,
}

impl<'a> TreeContext<'a> {
    pub(super) fn new(document: &'a Document, limits: Limits) -> TreeContext<'a> {
        TreeContext {
            document,
            limits,
            open: Vec::new(),
            count: 0,
            bytes: 0,
        }
    }

    pub(super) fn open_value<'r>(&'r mut self, value: &'a Value) -> Result<Shape<'r, 'a>, Error> {
        self.count += 1;
        let maximum = self.limits.max_objects_per_message;
        if self.count > maximum {
            return Err(Error::Limit {
                limit: "max_objects_per_message",
                maximum,
                offset: 0,
            });
        }
        self.bytes = self.bytes.saturating_add(value.weight());
        let maximum = self.limits.max_message_size;
        if self.bytes > maximum {
            return Err(Error::Limit {
                limit: "max_message_size",
                maximum,
                offset: 0,
            });
        }
        match value {
            Value::Nil => Ok(Shape::Nil),
            Value::Object(object) => self.open_object(object),
            Value::Ref(id) => {
                let object = self.follow(id)?;
                self.open_object(object)
            }
            Value::MemberSet(members) => Ok(self.parts(vec![Pending::Members(members.iter(), false)])),
            primitive => Ok(Shape::Primitive(primitive.clone())),
        }
    }

    fn follow(&self, id: &RefId) -> Result<&'a Object, Error> {
        let Some(object) = self.document.resolve(id) else {
            return Err(Error::UnknownReference {
                offset: 0,
                what: "object",
                id: id.to_string(),
            });
        };
        if self.open.iter().any(|open| std::ptr::eq(*open, object)) {
            return Err(Error::Cycle {
                path: String::new(),
                id: id.to_string(),
            });
        }
        Ok(object)
    }

    fn open_object<'r>(&'r mut self, object: &'a Object) -> Result<Shape<'r, 'a>, Error> {
        let maximum = self.limits.depth();
        if self.open.len() >= maximum {
            return Err(Error::Limit {
                limit: "max_object_depth",
                maximum,
                offset: 0,
            });
        }
        self.open.push(object);
        let mut pending = Vec::new();
        push_parts(&mut pending, object);
        Ok(self.parts(pending))
    }

    fn parts<'r>(&'r mut self, pending: Vec<Pending<'a>>) -> Shape<'r, 'a> {
        let level = self.open.len();
        Shape::Object(ObjectReader(ObjectSource::Tree(TreeObject {
            context: self,
            pending,
            level,
        })))
    }
}

/// What is still to come of an object, the next part last.
#[derive(Debug)]
enum Pending<'a> {
    TypeNames(&'a TypeNames),
    ToString(&'a crate::PsString),
    Content(&'a Content),
    Items(std::slice::Iter<'a, Value>),
    Entries(std::slice::Iter<'a, (Value, Value)>),
    EntryValue(&'a Value),
    /// Members, and whether they are adapted ones.
    Members(std::slice::Iter<'a, (crate::Name, Value)>, bool),
}

fn push_parts<'a>(pending: &mut Vec<Pending<'a>>, object: &'a Object) {
    pending.push(Pending::Members(object.extended.iter(), false));
    pending.push(Pending::Members(object.adapted.iter(), true));
    pending.push(Pending::Content(&object.content));
    if let Some(text) = &object.to_string {
        pending.push(Pending::ToString(text));
    }
    if !object.type_names.is_absent() {
        pending.push(Pending::TypeNames(&object.type_names));
    }
}

/// An object of a document, somewhere between its parts.
#[derive(Debug)]
pub(super) struct TreeObject<'r, 'a> {
    context: &'r mut TreeContext<'a>,
    pending: Vec<Pending<'a>>,
    /// How many objects are open while the parts are read.
    level: usize,
}

impl<'a> TreeObject<'_, 'a> {
    pub(super) fn next(&mut self) -> Option<Part<'_, 'a>> {
        self.context.open.truncate(self.level);
        loop {
            match self.pending.pop()? {
                Pending::TypeNames(names) => return Some(Part::TypeNames(names.clone())),
                Pending::ToString(text) => return Some(Part::ToString(text.clone())),
                Pending::Content(Content::None) => {}
                // Made by hand they may be nested without bounds, but then this is no recursion.
                Pending::Content(Content::Value(Value::Object(inner))) => {
                    push_parts(&mut self.pending, inner)
                }
                Pending::Content(Content::Value(Value::MemberSet(inner))) => {
                    self.pending.push(Pending::Members(inner.iter(), false));
                }
                Pending::Content(Content::Value(value)) => return Some(Part::Base(value.clone())),
                Pending::Content(Content::List(kind, items)) => {
                    self.pending.push(Pending::Items(items.iter()));
                    return Some(Part::List(*kind));
                }
                Pending::Content(Content::Dictionary(entries)) => {
                    self.pending.push(Pending::Entries(entries.iter()));
                    return Some(Part::Dictionary);
                }
                Pending::Items(mut items) => {
                    if let Some(item) = items.next() {
                        self.pending.push(Pending::Items(items));
                        return Some(Part::Item(self.reader(item)));
                    }
                }
                Pending::Entries(mut entries) => {
                    if let Some((key, value)) = entries.next() {
                        self.pending.push(Pending::Entries(entries));
                        self.pending.push(Pending::EntryValue(value));
                        return Some(Part::Key(self.reader(key)));
                    }
                }
                Pending::EntryValue(value) => return Some(Part::Value(self.reader(value))),
                Pending::Members(mut members, adapted) => {
                    if let Some((name, value)) = members.next() {
                        self.pending.push(Pending::Members(members, adapted));
                        let name = Cow::Borrowed(name.as_str());
                        return Some(Part::Member {
                            name,
                            adapted,
                            value: self.reader(value),
                        });
                    }
                }
            }
        }
    }

    fn reader<'s>(&'s mut self, value: &'a Value) -> ValueReader<'s, 'a> {
        ValueReader(Source::Tree(self.context, value))
    }
}
