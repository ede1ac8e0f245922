//! Building owned values.

use super::primitive::Tag;
use super::stream::{Element, Stream};
use crate::interner::LONGEST_TYPES;
use crate::members::Collector;
use crate::{Content, Error, ListKind, Members, Name, Object, TypeNames, Value, codec};

const TYPES_END: &str = "</TN>";

impl<'a> Stream<'a> {
    /// Reads the value whose start tag was read last.
    pub(crate) fn value(&mut self, element: &Element<'a>) -> Result<Value, Error> {
        self.enter(element.offset)?;
        let value = match Tag::of(element.local) {
            Some(tag) => self.primitive(tag, element)?,
            None => match element.local {
                "Obj" => Value::Object(Box::new(self.object(element)?)),
                "Nil" => {
                    self.xml.skip()?;
                    Value::Nil
                }
                "Ref" => self.reference(element)?,
                _ => return Err(element.unexpected("as a value")),
            },
        };
        self.leave();
        Ok(value)
    }

    /// The text of a string that can be taken from the source as it is, and whether an underscore stands in it.
    ///
    /// Most values are such strings. To build them where they are kept, instead of handing them up as results, saves
    /// more time than reading their text takes.
    #[inline]
    fn plain_string(&mut self, element: &Element<'a>) -> Result<Option<(&'a str, bool)>, Error> {
        if element.local != "S" {
            return Ok(None);
        }
        let text = self.xml.plain_element_text();
        if text.is_some() {
            self.enter(element.offset)?;
            self.leave();
        }
        Ok(text)
    }

    fn reference(&mut self, element: &Element<'a>) -> Result<Value, Error> {
        let id = self.ref_id()?.ok_or_else(|| element.missing_attribute("RefId"))?;
        if self.objects.get(&id).is_none() {
            return Err(Error::UnknownReference {
                offset: element.offset,
                what: "object",
                id: id.to_string(),
            });
        }
        self.xml.skip()?;
        Ok(Value::Ref(id))
    }

    fn object(&mut self, element: &Element<'a>) -> Result<Object, Error> {
        let mut object = Object {
            ref_id: self.ref_id()?,
            ..Object::default()
        };
        if let Some(id) = &object.ref_id {
            self.objects.insert(id.clone(), element.offset);
        }
        while let Some(child) = self.child("inside <Obj>")? {
            match child.local {
                "TN" => object.type_names = self.type_names()?,
                "TNRef" => object.type_names = self.type_names_reference(&child)?,
                "ToString" => object.to_string = Some(codec::decode(self.xml.element_text()?)),
                "Props" => {
                    // A second one takes the place of the first.
                    let first = std::mem::take(&mut object.adapted);
                    self.replaced
                        .extend(first.into_iter().map(|(_, value)| value).filter(may_hold_object));
                    object.adapted = self.members(Members::new(), false)?;
                }
                "MS" => {
                    // A second one adds to the first.
                    let first = std::mem::take(&mut object.extended);
                    object.extended = self.members(first, true)?;
                }
                _ => {
                    let content = self.content(&child)?;
                    let first = std::mem::replace(&mut object.content, content);
                    self.keep_replaced(first);
                }
            }
        }
        Ok(object)
    }

    fn keep_replaced(&mut self, content: Content) {
        match content {
            Content::None => {}
            Content::Value(value) => self.replaced.extend(Some(value).filter(may_hold_object)),
            Content::List(_, items) => self.replaced.extend(items.into_iter().filter(may_hold_object)),
            Content::Dictionary(entries) => {
                let both = entries.into_iter().flat_map(|(key, value)| [key, value]);
                self.replaced.extend(both.filter(may_hold_object));
            }
        }
    }

    fn content(&mut self, element: &Element<'a>) -> Result<Content, Error> {
        if let Some(tag) = Tag::of(element.local) {
            return Ok(Content::Value(self.primitive(tag, element)?));
        }
        match element.local {
            "LST" => self.list(ListKind::List),
            "IE" => self.list(ListKind::Enumerable),
            "STK" => self.list(ListKind::Stack),
            "QUE" => self.list(ListKind::Queue),
            "DCT" => self.dictionary(),
            "Obj" => {
                self.wrap(element.offset)?;
                let inner = self.object(element)?;
                self.unwrap();
                Ok(Content::Value(inner.into()))
            }
            _ => Err(element.unexpected("inside <Obj>")),
        }
    }

    fn list(&mut self, kind: ListKind) -> Result<Content, Error> {
        let mut items = self.interner.item_rooms().take();
        while let Some(child) = self.child("inside a list")? {
            match self.plain_string(&child)? {
                Some((text, underscore)) => items.push(Value::String(codec::decode_plain(text, underscore))),
                None => items.push(self.value(&child)?),
            }
        }
        Ok(Content::List(kind, self.interner.item_rooms().finish(items)))
    }

    fn dictionary(&mut self) -> Result<Content, Error> {
        let mut entries = Vec::new();
        while let Some(entry) = self.child("inside <DCT>")? {
            if entry.local != "En" {
                return Err(entry.unexpected("inside <DCT>"));
            }
            let key_element = self.half(&entry, "Key")?;
            let key = self.value(&key_element)?;
            if key.is_nil() {
                return Err(key_element.unexpected("as the key of a dictionary"));
            }
            let value = self.half(&entry, "Value")?;
            let value = self.value(&value)?;
            if let Some(third) = self.child("inside <En>")? {
                return Err(third.unexpected("as a third part of <En>"));
            }
            entries.push((key, value));
        }
        Ok(Content::Dictionary(entries))
    }

    /// The start tag of the key or value of a dictionary's entry.
    fn half(&mut self, entry: &Element<'a>, name: &'static str) -> Result<Element<'a>, Error> {
        let Some(child) = self.child("inside <En>")? else {
            return Err(Error::Unexpected {
                offset: entry.offset,
                found: "<En>".into(),
                place: "without both key and value",
            });
        };
        self.check_half(&child, name)?;
        Ok(child)
    }

    /// `TN`, from its start tag on.
    pub(crate) fn type_names(&mut self) -> Result<TypeNames, Error> {
        let id = self.ref_id()?;
        let types = match self.cached_type_names()? {
            Some(types) => types,
            None => self.fresh_type_names()?,
        };
        if let Some(id) = id {
            self.types.insert(id, types.clone());
        }
        Ok(types)
    }

    /// The types, when the same bytes have been read before.
    fn cached_type_names(&mut self) -> Result<Option<TypeNames>, Error> {
        if self.xml.at_self_closed() {
            return Ok(None);
        }
        let rest = self.xml.source().get(self.xml.offset()..).unwrap_or_default();
        let found = match self.interner.expected_types(rest, TYPES_END) {
            Some(found) => Some(found),
            None => self
                .type_names_content()
                .and_then(|content| Some((self.interner.types(content)?, content.len()))),
        };
        let Some((types, length)) = found else {
            return Ok(None);
        };
        self.xml.jump(self.xml.offset() + length);
        match self.child("inside <TN>")? {
            None => Ok(Some(types)),
            Some(other) => Err(other.unexpected("inside <TN>")),
        }
    }

    fn fresh_type_names(&mut self) -> Result<TypeNames, Error> {
        let content = self.type_names_content();
        let mut names: Vec<Name> = Vec::new();
        while let Some(child) = self.child("inside <TN>")? {
            if child.local != "T" {
                return Err(child.unexpected("inside <TN>"));
            }
            names.push(Name::new(codec::decode(self.xml.element_text()?)));
        }
        let types = TypeNames::new(names);
        if let Some(content) = content {
            self.interner.insert_types(content, &types);
        }
        Ok(types)
    }

    /// The text between `<TN>` and the next `</TN>`, where it is of a size worth keeping.
    fn type_names_content(&self) -> Option<&'a str> {
        if self.xml.at_self_closed() {
            return None;
        }
        let rest = self.xml.source().as_bytes().get(self.xml.offset()..)?;
        // Bounded, or a document of unclosed elements would be searched over and over.
        let near = rest.get(..LONGEST_TYPES.min(rest.len()))?;
        let length = near
            .windows(TYPES_END.len())
            .position(|window| window == TYPES_END.as_bytes())?;
        self.xml
            .source()
            .get(self.xml.offset()..self.xml.offset() + length)
    }

    pub(crate) fn type_names_reference(&mut self, element: &Element<'a>) -> Result<TypeNames, Error> {
        let id = self.ref_id()?.ok_or_else(|| element.missing_attribute("RefId"))?;
        let Some(types) = self.types.get(&id).cloned() else {
            return Err(Error::UnknownReference {
                offset: element.offset,
                what: "type names",
                id: id.to_string(),
            });
        };
        self.xml.skip()?;
        Ok(types)
    }

    /// A set of members among members, from its start tag on.
    pub(crate) fn member_set(&mut self, element: &Element<'a>) -> Result<Value, Error> {
        self.wrap(element.offset)?;
        let members = self.members(Members::new(), true)?;
        self.unwrap();
        Ok(Value::MemberSet(members))
    }

    /// `Props` or `MS`, from its start tag on. Only in `MS` other sets may stand.
    fn members(&mut self, first: Members, sets: bool) -> Result<Members, Error> {
        let mut all = Collector::in_room(self.interner.member_rooms().take(), first);
        while let Some(child) = self.child("among members")? {
            let name = self.member_name(&child)?;
            let replaced = if let Some((text, underscore)) = self.plain_string(&child)? {
                all.push(name, Value::String(codec::decode_plain(text, underscore)))
            } else if sets && child.local == "MS" {
                all.push(name, self.member_set(&child)?)
            } else {
                all.push(name, self.value(&child)?)
            };
            if let Some(replaced) = replaced {
                self.replaced.extend(Some(replaced).filter(may_hold_object));
            }
        }
        Ok(all.finish_in(self.interner.member_rooms()))
    }
}

fn may_hold_object(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::MemberSet(_))
}
