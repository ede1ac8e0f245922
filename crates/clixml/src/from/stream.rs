//! Decoding from the wire.

use std::borrow::Cow;

use super::reader::{ObjectSource, Source};
use super::{ObjectReader, Part, Shape, ValueReader};
use crate::read::{Element, Stream, Tag};
use crate::xml::Step;
use crate::{Error, ListKind, PsString, RefId, TypeNames, Value, codec};

/// An object on the wire, somewhere between its start and its end.
#[derive(Debug)]
pub(crate) struct StreamObject<'r, 'a> {
    stream: &'r mut Stream<'a>,
    section: Section,
    /// Number of open elements while the parts of the section are read.
    depth: usize,
    /// Levels of values, and of what is no level, around the object's parts.
    level: usize,
    wraps: usize,
    /// Wrapped objects open inside this one.
    wrapped: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Between the parts of `<Obj>`.
    Body,
    Adapted,
    Extended,
    List,
    Dictionary,
    /// In an entry of the dictionary, before its key.
    EntryKey,
    EntryValue,
    EntryEnd,
    /// A set of members, which is all there is to the object.
    Set,
    Done,
}

/// Where to go on when a reference has been followed.
#[derive(Debug)]
pub(crate) struct Return {
    /// Number of open elements at the reference.
    depth: usize,
    offset: usize,
    /// Where the object begins.
    from: usize,
}

/// What decoding straight from the wire has to remember.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    returns: Vec<Return>,
    /// Depth and beginning of the objects that are open.
    open: Vec<(usize, usize)>,
    /// Bytes read again for references.
    again: usize,
}

impl<'a> Stream<'a> {
    /// Calls `f` with every top-level value.
    pub(crate) fn each_root_typed(
        &mut self,
        mut f: impl FnMut(ValueReader<'_, 'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_root(|stream, element| {
            let depth = stream.xml.depth() - 1;
            f(ValueReader(Source::Stream(stream, *element)))?;
            stream.unwind(depth, 0, 0)
        })
    }

    /// Reads on until no more than `depth` elements are open, noting the objects that are passed.
    fn unwind(&mut self, depth: usize, level: usize, wraps: usize) -> Result<(), Error> {
        loop {
            let target = self
                .typed
                .returns
                .last()
                .map_or(depth, |top| top.depth.max(depth));
            while self.xml.depth() > target {
                self.pass()?;
            }
            self.typed
                .open
                .truncate(self.typed.open.partition_point(|(open, _)| *open <= target));
            match self.typed.returns.pop_if(|top| top.depth >= depth) {
                Some(back) => self.go_back(&back)?,
                None => break,
            }
        }
        (self.level, self.wraps) = (level, wraps);
        Ok(())
    }

    fn go_back(&mut self, back: &Return) -> Result<(), Error> {
        self.typed.again = self
            .typed
            .again
            .saturating_add(self.xml.offset().saturating_sub(back.from));
        let maximum = self.limits.max_message_size;
        if self.typed.again > maximum {
            return Err(Error::Limit {
                limit: "max_message_size",
                maximum,
                offset: back.offset,
            });
        }
        self.xml.jump(back.offset);
        Ok(())
    }

    /// One step through what nobody asks for.
    fn pass(&mut self) -> Result<(), Error> {
        let Step::Start(tag) = self.xml.step()? else {
            return Ok(());
        };
        match tag.local {
            "Obj" => {
                if let Some(id) = self.ref_id()? {
                    self.objects.insert(id, tag.offset);
                }
            }
            // A later object may name these types, and may be asked for.
            "TN" => drop(self.type_names()?),
            _ => {}
        }
        Ok(())
    }

    /// Looks into the value whose start tag was read last.
    pub(super) fn open_value<'r>(&'r mut self, element: Element<'a>) -> Result<Shape<'r, 'a>, Error> {
        self.enter(element.offset)?;
        if let Some(tag) = Tag::of(element.local) {
            let value = self.primitive(tag, &element)?;
            self.leave();
            return Ok(Shape::Primitive(value));
        }
        match element.local {
            "Nil" => {
                self.xml.skip()?;
                self.leave();
                Ok(Shape::Nil)
            }
            "Ref" => {
                let id = self.ref_id()?.ok_or_else(|| element.missing_attribute("RefId"))?;
                self.xml.skip()?;
                let element = self.follow(&element, &id)?;
                self.open_object(element)
            }
            "Obj" => self.open_object(element),
            "MS" => Ok(Shape::Object(self.parts(Section::Set))),
            _ => Err(element.unexpected("as a value")),
        }
    }

    /// Goes to the start tag of the object of that id.
    fn follow(&mut self, reference: &Element<'a>, id: &RefId) -> Result<Element<'a>, Error> {
        let Some(from) = self.objects.get(id).copied() else {
            return Err(Error::UnknownReference {
                offset: reference.offset,
                what: "object",
                id: id.to_string(),
            });
        };
        if self.typed.open.iter().any(|(_, open)| *open == from) {
            return Err(Error::Cycle {
                path: String::new(),
                id: id.to_string(),
            });
        }
        self.typed.returns.push(Return {
            depth: self.xml.depth(),
            offset: self.xml.offset(),
            from,
        });
        self.xml.jump(from);
        match self.xml.step()? {
            Step::Start(tag) => Ok(Element {
                local: tag.local,
                offset: tag.offset,
            }),
            _ => Err(reference.unexpected("as a value")),
        }
    }

    fn open_object<'r>(&'r mut self, element: Element<'a>) -> Result<Shape<'r, 'a>, Error> {
        self.note_object(&element)?;
        Ok(Shape::Object(self.parts(Section::Body)))
    }

    fn note_object(&mut self, element: &Element<'a>) -> Result<(), Error> {
        if let Some(id) = self.ref_id()? {
            self.objects.insert(id, element.offset);
        }
        self.typed.open.push((self.xml.depth(), element.offset));
        Ok(())
    }

    fn parts<'r>(&'r mut self, section: Section) -> ObjectReader<'r, 'a> {
        let (depth, level, wraps) = (self.xml.depth(), self.level, self.wraps);
        ObjectReader(ObjectSource::Stream(StreamObject {
            stream: self,
            section,
            depth,
            level,
            wraps,
            wrapped: 0,
        }))
    }

    /// The value whose start tag was read last, which among members may be a set of them.
    pub(super) fn value_or_set(&mut self, element: &Element<'a>) -> Result<Value, Error> {
        if element.local == "MS" {
            self.member_set(element)
        } else {
            self.value(element)
        }
    }
}

/// What the next part of an object is, before its value is lent out.
enum Next<'a> {
    TypeNames(TypeNames),
    ToString(PsString),
    Base(Value),
    List(ListKind),
    Dictionary,
    Item(Element<'a>),
    Key(Element<'a>),
    Value(Element<'a>),
    Member(Cow<'a, str>, Element<'a>),
    End,
}

impl<'a> StreamObject<'_, 'a> {
    pub(super) fn next(&mut self) -> Result<Option<Part<'_, 'a>>, Error> {
        let next = self.advance()?;
        let adapted = self.section == Section::Adapted;
        Ok(Some(match next {
            Next::TypeNames(names) => Part::TypeNames(names),
            Next::ToString(text) => Part::ToString(text),
            Next::Base(value) => Part::Base(value),
            Next::List(kind) => Part::List(kind),
            Next::Dictionary => Part::Dictionary,
            Next::Item(element) => Part::Item(self.reader(element)),
            Next::Key(element) => Part::Key(self.reader(element)),
            Next::Value(element) => Part::Value(self.reader(element)),
            Next::Member(name, element) => Part::Member {
                name,
                adapted,
                value: self.reader(element),
            },
            Next::End => return Ok(None),
        }))
    }

    fn reader(&mut self, element: Element<'a>) -> ValueReader<'_, 'a> {
        ValueReader(Source::Stream(self.stream, element))
    }

    fn advance(&mut self) -> Result<Next<'a>, Error> {
        while self.section != Section::Done {
            self.stream.unwind(self.depth, self.level, self.wraps)?;
            let Some(element) = self.stream.child("inside an object")? else {
                self.end_section()?;
                continue;
            };
            match self.section {
                Section::Body => {
                    if let Some(part) = self.body(&element)? {
                        return Ok(part);
                    }
                }
                Section::List => return Ok(Next::Item(element)),
                Section::Dictionary if element.local == "En" => self.enter_section(Section::EntryKey),
                Section::Dictionary => return Err(element.unexpected("inside <DCT>")),
                Section::EntryKey => {
                    self.stream.check_half(&element, "Key")?;
                    if element.local == "Nil" {
                        return Err(element.unexpected("as the key of a dictionary"));
                    }
                    self.section = Section::EntryValue;
                    return Ok(Next::Key(element));
                }
                Section::EntryValue => {
                    self.stream.check_half(&element, "Value")?;
                    self.section = Section::EntryEnd;
                    return Ok(Next::Value(element));
                }
                Section::EntryEnd => return Err(element.unexpected("as a third part of <En>")),
                Section::Adapted if element.local == "MS" => {
                    return Err(element.unexpected("among adapted members"));
                }
                Section::Adapted | Section::Extended | Section::Set => {
                    let name = self.stream.member_text(&element)?;
                    return Ok(Next::Member(name, element));
                }
                Section::Done => {}
            }
        }
        Ok(Next::End)
    }

    /// A part of the object itself; sections are entered, and their parts come next.
    fn body(&mut self, element: &Element<'a>) -> Result<Option<Next<'a>>, Error> {
        if let Some(tag) = Tag::of(element.local) {
            return self
                .stream
                .primitive(tag, element)
                .map(|base| Some(Next::Base(base)));
        }
        let list = |this: &mut Self, kind| {
            this.enter_section(Section::List);
            Next::List(kind)
        };
        Ok(Some(match element.local {
            "TN" => Next::TypeNames(self.stream.type_names()?),
            "TNRef" => Next::TypeNames(self.stream.type_names_reference(element)?),
            "ToString" => Next::ToString(codec::decode(self.stream.xml.element_text()?)),
            "LST" => list(self, ListKind::List),
            "IE" => list(self, ListKind::Enumerable),
            "STK" => list(self, ListKind::Stack),
            "QUE" => list(self, ListKind::Queue),
            "DCT" => {
                self.enter_section(Section::Dictionary);
                Next::Dictionary
            }
            "Props" => {
                self.enter_section(Section::Adapted);
                return Ok(None);
            }
            "MS" => {
                self.enter_section(Section::Extended);
                return Ok(None);
            }
            "Obj" => {
                self.stream.wrap(element.offset)?;
                self.stream.note_object(element)?;
                self.wraps += 1;
                self.wrapped += 1;
                self.enter_section(Section::Body);
                return Ok(None);
            }
            _ => return Err(element.unexpected("inside <Obj>")),
        }))
    }

    fn enter_section(&mut self, section: Section) {
        self.section = section;
        self.depth += 1;
    }

    /// The end tag of the section has been read.
    fn end_section(&mut self) -> Result<(), Error> {
        self.section = match self.section {
            Section::EntryKey | Section::EntryValue => {
                return Err(Error::Unexpected {
                    offset: self.stream.xml.start_offset(),
                    found: "</En>".into(),
                    place: "without both key and value",
                });
            }
            Section::EntryEnd => Section::Dictionary,
            Section::Body if self.wrapped > 0 => {
                self.wrapped -= 1;
                self.wraps -= 1;
                Section::Body
            }
            Section::Body | Section::Set | Section::Done => {
                self.section = Section::Done;
                // A reference that led here is left now.
                return self.stream.unwind(self.depth - 1, self.level - 1, self.wraps);
            }
            Section::Adapted | Section::Extended | Section::List | Section::Dictionary => Section::Body,
        };
        self.depth -= 1;
        Ok(())
    }
}
