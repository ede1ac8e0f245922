//! The state of one pass over a document.

use std::borrow::Cow;

use super::{IdMap, header_length};
use crate::from::Typed;
use crate::xml::{Reader, Step};
use crate::{Document, Error, Interner, Limits, Name, RefId, TypeNames, Value, Version, codec};

/// One pass over a document: the XML, what was met on the way, and what may still be.
pub(crate) struct Stream<'a> {
    pub(crate) xml: Reader<'a>,
    pub(crate) limits: &'a Limits,
    pub(crate) interner: &'a mut Interner,
    /// Type lists by their ids.
    pub(crate) types: IdMap<TypeNames>,
    /// Where the objects met so far begin, enclosing ones included.
    pub(crate) objects: IdMap<usize>,
    /// Values that later ones took the place of, though references may name objects in them.
    pub(crate) replaced: Vec<Value>,
    /// How many values enclose the next one.
    pub(crate) level: usize,
    /// How many wrapped objects and member sets enclose it, which PowerShell does not count.
    pub(crate) wraps: usize,
    pub(crate) count: usize,
    /// What only decoding without building objects needs.
    pub(crate) typed: Typed,
    /// Whether the values stand in `<Objs>`.
    pub(crate) in_objs: bool,
}

/// A start tag that has been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) local: &'a str,
    pub(crate) offset: usize,
}

impl Element<'_> {
    pub(crate) fn unexpected(&self, place: &'static str) -> Error {
        Error::Unexpected {
            offset: self.offset,
            found: format!("<{}>", self.local),
            place,
        }
    }

    pub(crate) fn missing_attribute(&self, attribute: &'static str) -> Error {
        Error::MissingAttribute {
            offset: self.offset,
            element: self.local.to_owned(),
            attribute,
        }
    }
}

impl<'a> Stream<'a> {
    pub(crate) fn new(text: &'a str, limits: &'a Limits, interner: &'a mut Interner) -> Stream<'a> {
        Stream {
            xml: Reader::starting_at(text, header_length(text)),
            limits,
            interner,
            types: IdMap::new(),
            objects: IdMap::new(),
            replaced: Vec::new(),
            level: 0,
            wraps: 0,
            count: 0,
            typed: Typed::default(),
            in_objs: false,
        }
    }

    pub(crate) fn document(self) -> Result<Document, Error> {
        match self.document_partial() {
            (document, None) => Ok(document),
            (_, Some(error)) => Err(error),
        }
    }

    /// The values that were complete before an error, and the error.
    pub(crate) fn document_partial(mut self) -> (Document, Option<Error>) {
        let mut roots = Vec::new();
        // Empty until a value has a stream.
        let mut streams = Vec::new();
        let result = self.each_root(|stream, element| {
            let name = stream
                .xml
                .attribute("S")?
                .map(|name| Box::from(name.into_lossy()));
            let root = stream.value(element)?;
            if name.is_some() || !streams.is_empty() {
                streams.resize(roots.len(), None);
                streams.push(name);
            }
            roots.push(root);
            Ok(())
        });
        (Document::read(roots, streams, self.replaced), result.err())
    }

    /// Calls `f` with the start tag of every top-level value, and reads to the end of the document.
    pub(crate) fn each_root(
        &mut self,
        mut f: impl FnMut(&mut Self, &Element<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(root) = self.child("at the top")? else {
            return Ok(());
        };
        if root.local == "Objs" {
            self.check_version()?;
            self.in_objs = true;
            while let Some(element) = self.child("between the values")? {
                f(self, &element)?;
            }
        } else {
            f(self, &root)?;
        }
        match self.xml.step()? {
            Step::Done => Ok(()),
            // The XML reader lets nothing else stand after the root.
            _ => Err(self.missing("after the document")),
        }
    }

    /// `Version` is absent or 1.x.
    fn check_version(&self) -> Result<(), Error> {
        let Some(version) = self.xml.attribute("Version")? else {
            return Ok(());
        };
        let version = version.into_lossy();
        match version.parse::<Version>() {
            Ok(parsed) if parsed.major == 1 => Ok(()),
            _ => Err(Error::UnsupportedVersion {
                version: version.chars().take(40).collect(),
            }),
        }
    }

    /// The next child element, `None` at the end of the element that holds it. Between elements only blanks may
    /// stand.
    pub(crate) fn child(&mut self, place: &'static str) -> Result<Option<Element<'a>>, Error> {
        loop {
            match self.xml.step()? {
                Step::Start(tag) => {
                    return Ok(Some(Element {
                        local: tag.local,
                        offset: tag.offset,
                    }));
                }
                Step::Text(text) if text.is_insignificant() => {}
                Step::Text(_) => {
                    return Err(Error::Unexpected {
                        offset: self.xml.start_offset(),
                        found: "text".into(),
                        place,
                    });
                }
                Step::End | Step::Done => return Ok(None),
            }
        }
    }

    /// An error about something that should stand where the reader is.
    pub(crate) fn missing(&self, found: &'static str) -> Error {
        Error::Unexpected {
            offset: self.xml.start_offset(),
            found: "the end".into(),
            place: found,
        }
    }

    /// The name in the attribute `N` of the last start tag.
    pub(crate) fn member_name(&mut self, element: &Element<'a>) -> Result<Name, Error> {
        let Some(raw) = self.xml.raw_attribute("N") else {
            return Err(element.missing_attribute("N"));
        };
        if raw.value.is_empty() {
            return Err(element.missing_attribute("N"));
        }
        match raw.plain() {
            Some(plain) => {
                let text = raw.text()?;
                Ok(self.interner.name(plain, || Name::new(codec::decode(text))))
            }
            None => Ok(Name::new(codec::decode(raw.text()?))),
        }
    }

    /// As [`Stream::member_name`], as text: lone halves of surrogate pairs become U+FFFD.
    pub(crate) fn member_text(&self, element: &Element<'a>) -> Result<Cow<'a, str>, Error> {
        let Some(raw) = self.xml.raw_attribute("N") else {
            return Err(element.missing_attribute("N"));
        };
        if raw.value.is_empty() {
            return Err(element.missing_attribute("N"));
        }
        let text = raw.text()?;
        if text.underscore {
            Ok(codec::decode(text).into_string_lossy().into())
        } else {
            Ok(text.into_lossy())
        }
    }

    /// Checks that an element is that half of a dictionary's entry.
    pub(crate) fn check_half(&self, element: &Element<'a>, name: &'static str) -> Result<(), Error> {
        if self.member_text(element)?.eq_ignore_ascii_case(name) {
            Ok(())
        } else {
            Err(element.unexpected("in an <En>, which holds a Key and then a Value"))
        }
    }

    /// The id in the attribute `RefId` of the last start tag.
    pub(crate) fn ref_id(&self) -> Result<Option<RefId>, Error> {
        let Some(raw) = self.xml.raw_attribute("RefId") else {
            return Ok(None);
        };
        Ok(Some(match raw.plain() {
            Some(plain) => RefId::new(plain),
            None => RefId::new(&raw.text()?.into_lossy()),
        }))
    }

    /// Counts a value that is about to be read, and goes one level down.
    pub(crate) fn enter(&mut self, offset: usize) -> Result<(), Error> {
        self.count += 1;
        let (count, most) = (self.count, self.limits.max_objects_per_message);
        if count > most {
            return Err(Error::Limit {
                limit: "max_objects_per_message",
                maximum: most,
                offset,
            });
        }
        let deepest = self.limits.depth();
        if self.level >= deepest {
            return Err(Error::Limit {
                limit: "max_object_depth",
                maximum: deepest,
                offset,
            });
        }
        self.level += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.level -= 1;
    }

    /// As [`Stream::enter`] for what is no level of its own, but recursion all the same.
    pub(crate) fn wrap(&mut self, offset: usize) -> Result<(), Error> {
        let deepest = self.limits.depth();
        if self.wraps >= deepest {
            return Err(Error::Limit {
                limit: "max_object_depth",
                maximum: deepest,
                offset,
            });
        }
        self.wraps += 1;
        Ok(())
    }

    pub(crate) fn unwrap(&mut self) {
        self.wraps -= 1;
    }
}

impl std::fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("offset", &self.xml.offset())
            .finish_non_exhaustive()
    }
}
