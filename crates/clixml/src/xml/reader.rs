//! The reader itself.

use std::borrow::Cow;

use quick_xml::events::Event as Token;

use super::chars::{Marks, is_blank, name_length};
use super::event::{Attribute, Event, Start};
use super::tag::{self, RawAttribute, StartTag};
use super::text::Text;
use super::{MAX_DEPTH, MAX_NAMESPACES, problem};
use crate::{Error, XmlProblem};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A pull reader over one document in memory; everything it gives borrows from that.
///
/// Tags and text, which documents nearly all consist of, are read where they lie: the inside of a tag has to be taken
/// apart here in any case, so that having quick-xml find its end first means reading everything twice (and it copies
/// the name of each open element and checks each piece's UTF-8 once more). quick-xml reads all other markup:
/// declarations, comments, CDATA sections, instructions, DOCTYPEs, references and unusual end tags; and where a tag is
/// broken it says how.
///
/// Offsets are bytes from the beginning of the text.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a str,
    /// Where in the source the document begins.
    begin: usize,
    /// Offset behind what was read last.
    at: usize,
    /// Set to the place of each token that it is to read.
    inner: quick_xml::Reader<&'a [u8]>,
    /// Names of the open elements, with their prefixes.
    open: Vec<&'a str>,
    /// Attributes of the start tag that was read last.
    attributes: Vec<RawAttribute<'a>>,
    bindings: Vec<Binding<'a>>,
    /// Whether the end of a self-closed element is due.
    end_due: bool,
    /// Where the last tag or text began.
    start: usize,
    seen_root: bool,
    doctype_allowed: bool,
    doctype_seen: bool,
}

#[derive(Debug)]
struct Binding<'a> {
    prefix: &'a str,
    name: Cow<'a, str>,
    /// Number of open elements when it was made.
    depth: usize,
}

/// A start tag without its attributes, which [`Reader::attribute`] gives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    pub(crate) local: &'a str,
    pub(crate) offset: usize,
}

pub(crate) enum Step<'a> {
    Start(Tag<'a>),
    Text(Text<'a>),
    End,
    /// The end of the document.
    Done,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a document without byte order mark (see [`super::decode`]).
    pub fn new(source: &'a str) -> Reader<'a> {
        Reader::starting_at(source, 0)
    }

    /// The same for a document with something else in front of it.
    pub(crate) fn starting_at(source: &'a str, begin: usize) -> Reader<'a> {
        let mut inner = quick_xml::Reader::from_str("");
        let config = inner.config_mut();
        config.check_comments = true;
        // The names of open elements are compared here, without quick-xml's copies of them.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Reader {
            source,
            begin,
            at: begin,
            inner,
            open: Vec::new(),
            attributes: Vec::new(),
            bindings: Vec::new(),
            end_due: false,
            start: 0,
            seen_root: false,
            doctype_allowed: false,
            doctype_seen: false,
        }
    }

    pub(super) fn lenient_of_doctype(source: &'a str) -> Reader<'a> {
        Reader {
            doctype_allowed: true,
            ..Reader::new(source)
        }
    }

    /// The next event, `None` at the end of the document.
    ///
    /// # Errors
    /// [`Error::Xml`] where the document is not well-formed, [`Error::Limit`] where it is nested too deep or a tag
    /// has too many attributes.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator could not lend, and this may later"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, Error> {
        Ok(Some(match self.step()? {
            Step::Start(tag) => Event::Start(self.resolve(tag)?),
            Step::Text(text) => Event::Text(text.into_lossy()),
            Step::End => Event::End,
            Step::Done => return Ok(None),
        }))
    }

    /// Byte offset behind what was read last.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Byte offset at which the last tag or text began.
    pub fn start_offset(&self) -> usize {
        self.start
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// After a start tag: reads over the element's content and its end.
    pub fn skip(&mut self) -> Result<(), Error> {
        let depth = self.open.len();
        while self.open.len() >= depth && depth > 0 {
            self.step()?;
        }
        Ok(())
    }

    /// After a start tag: the element's text up to and including its end tag.
    ///
    /// # Errors
    /// [`XmlProblem::ChildElement`] where there is an element inside, besides those of [`Reader::next`].
    pub fn text(&mut self) -> Result<Cow<'a, str>, Error> {
        Ok(self.element_text()?.into_lossy())
    }

    /// After a start tag: the element's text as it stands, up to and including the end tag, without any copying or
    /// checking. For base64, which a look at its characters proves right. Only where a reference stands in it (line
    /// ends may come as such) it is read as any other text.
    ///
    /// # Errors
    /// As [`Reader::text`]; also [`XmlProblem::Markup`] where a comment, CDATA section or processing instruction
    /// stands inside.
    pub fn raw_text(&mut self) -> Result<Cow<'a, str>, Error> {
        if self.end_due {
            self.step()?;
            return Ok(Cow::Borrowed(""));
        }
        let start = self.at;
        let rest = self.source.get(start..).unwrap_or_default();
        let Some(length) = rest.find('<') else {
            return Err(problem(self.source.len(), XmlProblem::UnexpectedEnd));
        };
        let (text, markup) = rest.split_at(length);
        if text.contains('&') {
            return self.text();
        }
        self.at = start + length;
        match markup.as_bytes().get(1) {
            Some(b'/') => {}
            Some(b'!' | b'?') => return Err(problem(start + length, XmlProblem::Markup)),
            _ => return Err(problem(start + length, XmlProblem::ChildElement)),
        }
        self.step()?;
        Ok(Cow::Borrowed(text))
    }

    /// After a start tag: everything up to the element's end tag as it stands, checked; the end tag is read too.
    pub fn inner_xml(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        let depth = self.open.len();
        if self.end_due || depth == 0 {
            self.skip()?;
            return Ok("");
        }
        while self.open.len() >= depth {
            self.step()?;
        }
        // Skipping stopped right behind the element's own end tag.
        Ok(self.source.get(start..self.start).unwrap_or_default())
    }

    pub(crate) fn source(&self) -> &'a str {
        self.source
    }

    /// The raw value of the attribute of that qualified name in the last start tag.
    #[inline]
    pub(crate) fn raw_attribute(&self, name: &str) -> Option<RawAttribute<'a>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .copied()
    }

    /// The value of the attribute of that qualified name in the last start tag.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<Text<'a>>, Error> {
        self.raw_attribute(name).map(|raw| raw.text()).transpose()
    }

    /// Whether the element whose start tag was read last has no content to look for.
    pub(crate) fn at_self_closed(&self) -> bool {
        self.end_due
    }

    /// Goes on at another place of the source. Only between tags, and the open elements must stay the same.
    pub(crate) fn jump(&mut self, to: usize) {
        self.at = to;
    }

    /// After a start tag: reads the element's text up to and including its end tag, if it is the source's own, a single
    /// piece that needs no change; and tells whether an underscore stands in it. Reads nothing otherwise.
    #[inline]
    pub(crate) fn plain_element_text(&mut self) -> Option<(&'a str, bool)> {
        if self.end_due {
            return None;
        }
        let (text, marks) = self.plain_text()?;
        let behind = self.at + text.len();
        let end = self.end_of_end_tag(behind)?;
        self.start = behind;
        self.at = end;
        self.close();
        Some((text, marks.has_underscore()))
    }

    /// After a start tag: the element's text up to and including its end tag.
    pub(crate) fn element_text(&mut self) -> Result<Text<'a>, Error> {
        let text = match self.step()? {
            Step::End => return Ok(Text::EMPTY),
            Step::Text(text) => text,
            Step::Start(_) => return Err(problem(self.start, XmlProblem::ChildElement)),
            Step::Done => return Err(problem(self.source.len(), XmlProblem::UnexpectedEnd)),
        };
        match self.step()? {
            Step::End => Ok(text),
            _ => Err(problem(self.start, XmlProblem::ChildElement)),
        }
    }

    pub(crate) fn step(&mut self) -> Result<Step<'a>, Error> {
        if self.end_due {
            self.end_due = false;
            self.close();
            return Ok(Step::End);
        }
        match self.source.as_bytes().get(self.at..) {
            Some([b'<', b'/', ..]) => self.end_tag(),
            Some([b'<', b'!' | b'?', ..]) => self.pieces(),
            Some([b'<', ..]) => self.start_tag(),
            Some([_, ..]) => match self.plain_text() {
                Some((text, marks)) => {
                    self.start = self.at;
                    self.at += text.len();
                    Ok(Step::Text(Text::plain(text, marks)))
                }
                None => self.pieces(),
            },
            Some([]) | None => self.finish(),
        }
    }

    /// The text up to the next tag, where it is a single piece that needs no change.
    #[inline]
    fn plain_text(&self) -> Option<(&'a str, Marks)> {
        let rest = self.source.get(self.at..)?;
        let (length, marks) = Marks::until_markup(rest.as_bytes());
        let (text, markup) = rest.split_at_checked(length)?;
        let tag_follows = matches!(markup.as_bytes(), [b'<', next, ..] if !matches!(next, b'!' | b'?'));
        (tag_follows && marks.is_plain_text() && !self.open.is_empty()).then_some((text, marks))
    }

    /// The offset behind the end tag at that offset, if it is the innermost element's and has no blanks.
    #[inline]
    fn end_of_end_tag(&self, at: usize) -> Option<usize> {
        let name = self.open.last()?.as_bytes();
        let rest = self.source.as_bytes().get(at..)?.strip_prefix(b"</")?;
        let (found, rest) = rest.split_at_checked(name.len())?;
        (found == name && rest.first() == Some(&b'>')).then_some(at + name.len() + 3)
    }

    fn end_tag(&mut self) -> Result<Step<'a>, Error> {
        self.start = self.at;
        if let Some(end) = self.end_of_end_tag(self.at) {
            self.at = end;
        } else {
            let matches = match (self.token()?, self.open.last()) {
                (Token::End(end), Some(open)) => *open == end.name().as_ref(),
                _ => false,
            };
            if !matches {
                return Err(problem(self.start, XmlProblem::MismatchedEnd));
            }
        }
        self.close();
        Ok(Step::End)
    }

    /// Text put together from pieces, references and CDATA sections, up to the next tag; comments and instructions are
    /// left out. Where there is no text, what follows.
    fn pieces(&mut self) -> Result<Step<'a>, Error> {
        let begin = self.at;
        let mut text: Option<Text<'a>> = None;
        loop {
            let start = self.at;
            self.start = start;
            match self.source.as_bytes().get(start..) {
                Some([b'<', b'!' | b'?', ..]) => match self.token()? {
                    Token::CData(piece) => {
                        self.inside_root(start)?;
                        let Cow::Borrowed(piece) = piece.into_inner() else {
                            continue;
                        };
                        text.get_or_insert(Text::EMPTY).push_raw(piece, start, true)?;
                    }
                    Token::PI(_) => {
                        self.check_hidden(start)?;
                        self.check_instruction(start)?;
                    }
                    Token::Decl(_) => self.check_declaration(start)?,
                    Token::DocType(_) => self.check_doctype(start)?,
                    _ => self.check_hidden(start)?,
                },
                Some([b'&', ..]) => {
                    self.token()?;
                    self.inside_root(start)?;
                    let reference = self.source.get(start + 1..self.at - 1).unwrap_or_default();
                    let text = text.get_or_insert(Text::EMPTY);
                    // Nothing that a reference stands for is longer than itself.
                    text.make_room(|| {
                        self.source
                            .get(start..)
                            .and_then(|rest| rest.find('<'))
                            .unwrap_or(0)
                    });
                    match text.push_reference(reference, start) {
                        // What a DOCTYPE may declare is not expanded, only let pass.
                        Err(_) if self.doctype_seen && name_length(reference) == reference.len() => {}
                        other => other?,
                    }
                }
                None | Some([] | [b'<', ..]) => break,
                Some(rest) => {
                    let (length, marks) = Marks::until_markup(rest);
                    self.at = start + length;
                    let piece = self.source.get(start..self.at).unwrap_or_default();
                    if !self.open.is_empty() {
                        text.get_or_insert(Text::EMPTY)
                            .push_marked(piece, marks, start, false)?;
                    } else if !piece.bytes().all(is_blank) {
                        return Err(problem(start, XmlProblem::OutsideRoot));
                    }
                }
            }
        }
        match text {
            Some(text) => {
                self.start = begin;
                Ok(Step::Text(text))
            }
            // A tag or the end of the document, which are no pieces of text.
            None => self.step(),
        }
    }

    /// Has quick-xml read the token at the present offset, and goes behind it.
    fn token(&mut self) -> Result<Token<'a>, Error> {
        let start = self.at;
        *self.inner.get_mut() = self.source.as_bytes().get(start..).unwrap_or_default();
        match self.inner.read_event() {
            Ok(token) => {
                self.at = self.source.len() - self.inner.get_ref().len();
                Ok(token)
            }
            Err(error) => Err(self.token_error(&error, start)),
        }
    }

    fn token_error(&self, error: &quick_xml::Error, start: usize) -> Error {
        use quick_xml::errors::{IllFormedError, SyntaxError};
        let markup = self.source.get(start..).unwrap_or_default();
        let kind = match error {
            _ if markup.starts_with("<!D") || markup.starts_with("<!d") => XmlProblem::Doctype,
            quick_xml::Error::Syntax(SyntaxError::InvalidBangMarkup) => XmlProblem::Markup,
            quick_xml::Error::Syntax(_) => XmlProblem::UnexpectedEnd,
            quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => XmlProblem::Reference,
            _ => XmlProblem::Markup,
        };
        problem(start, kind)
    }

    fn inside_root(&self, offset: usize) -> Result<(), Error> {
        if self.open.is_empty() {
            Err(problem(offset, XmlProblem::OutsideRoot))
        } else {
            Ok(())
        }
    }

    fn start_tag(&mut self) -> Result<Step<'a>, Error> {
        let start = self.at;
        self.start = start;
        let tag = tag::start_tag(self.source, start, &mut self.attributes);
        if self.open.is_empty() && self.seen_root || self.open.len() >= MAX_DEPTH {
            return Err(self.refused_tag(tag.err()));
        }
        let StartTag {
            name,
            local_at,
            self_closed,
            end,
            care,
        } = match tag {
            Ok(tag) => tag,
            Err(error) => return Err(self.refused_tag(Some(error))),
        };
        self.seen_root = true;
        self.at = end;
        self.end_due = self_closed;
        self.open.push(name);
        if care {
            self.check_values_and_bind()?;
        }
        if local_at > 0 {
            self.namespace(name, local_at)
                .ok_or_else(|| problem(start, XmlProblem::UnboundPrefix))?;
        }
        if care {
            self.check_prefixed_attributes()?;
        }
        Ok(Step::Start(Tag {
            name,
            local: name.get(local_at..).unwrap_or_default(),
            offset: start,
        }))
    }

    /// Why there may be no start tag here, `broken` being what is wrong inside of it.
    #[cold]
    fn refused_tag(&mut self, broken: Option<Error>) -> Error {
        let start = self.at;
        // A tag that does not end is that before anything else.
        if let Err(error) = self.token() {
            return error;
        }
        if self.open.is_empty() && self.seen_root {
            problem(start, XmlProblem::OutsideRoot)
        } else if self.open.len() >= MAX_DEPTH {
            Error::Limit {
                limit: "max_depth",
                maximum: MAX_DEPTH,
                offset: start,
            }
        } else {
            broken.unwrap_or_else(|| problem(start, XmlProblem::Markup))
        }
    }

    /// Checks attributes of which not all are of plain name and value, and binds the prefixes that they declare.
    fn check_values_and_bind(&mut self) -> Result<(), Error> {
        if !self.doctype_seen {
            // Attributes that nobody asks for must be right too.
            self.attributes
                .iter()
                .try_for_each(|attribute| attribute.text().map(drop))?;
        }
        self.bind()
    }

    /// Takes the namespace declarations of the tag.
    fn bind(&mut self) -> Result<(), Error> {
        for attribute in &self.attributes {
            let prefix = match attribute.name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) if attribute.local_at == 6 => rest.trim_start_matches(':'),
                _ => continue,
            };
            let name = attribute.text()?.into_lossy();
            let reserved = prefix == "xmlns" || (prefix == "xml") != (name == XML_NAMESPACE);
            if reserved || !prefix.is_empty() && name.is_empty() {
                return Err(problem(attribute.offset, XmlProblem::UnboundPrefix));
            }
            if self.bindings.len() == MAX_NAMESPACES {
                let (limit, maximum) = ("max_namespaces", MAX_NAMESPACES);
                return Err(Error::Limit {
                    limit,
                    maximum,
                    offset: attribute.offset,
                });
            }
            self.bindings.push(Binding {
                prefix,
                name,
                depth: self.open.len(),
            });
        }
        Ok(())
    }

    /// The namespace of a qualified name whose prefix is bound.
    fn namespace(&self, name: &str, local_at: usize) -> Option<Cow<'a, str>> {
        let prefix = name.get(..local_at.saturating_sub(1)).unwrap_or_default();
        if prefix == "xml" {
            return Some(Cow::Borrowed(XML_NAMESPACE));
        }
        self.bindings
            .iter()
            .rev()
            .find(|binding| binding.prefix == prefix)
            .map(|binding| binding.name.clone())
    }

    fn check_prefixed_attributes(&self) -> Result<(), Error> {
        let mut seen: Vec<(Cow<'_, str>, &str)> = Vec::new();
        for attribute in &self.attributes {
            if attribute.local_at == 0 || attribute.name.starts_with("xmlns:") {
                continue;
            }
            let ns = self
                .namespace(attribute.name, attribute.local_at)
                .ok_or_else(|| problem(attribute.offset, XmlProblem::UnboundPrefix))?;
            let key = (ns, attribute.name.get(attribute.local_at..).unwrap_or_default());
            if seen.contains(&key) {
                return Err(problem(attribute.offset, XmlProblem::DuplicateAttribute));
            }
            seen.push(key);
        }
        Ok(())
    }

    fn resolve(&self, tag: Tag<'a>) -> Result<Start<'a>, Error> {
        let prefix_length = tag.name.len() - tag.local.len();
        let mut attributes = Vec::new();
        for raw in &self.attributes {
            if raw.name == "xmlns" || raw.name.starts_with("xmlns:") {
                continue;
            }
            let ns = match raw.local_at {
                0 => Cow::Borrowed(""),
                at => self.namespace(raw.name, at).unwrap_or_default(),
            };
            let value = match raw.text() {
                Ok(value) => value.into_lossy(),
                // An entity that the DOCTYPE may declare.
                Err(_) if self.doctype_seen => raw.value.into(),
                Err(error) => return Err(error),
            };
            attributes.push(Attribute {
                ns,
                local: raw.name.get(raw.local_at..).unwrap_or_default(),
                value,
            });
        }
        let ns = self.namespace(tag.name, prefix_length).unwrap_or_default();
        Ok(Start {
            ns,
            local: tag.local,
            attributes,
            offset: tag.offset,
        })
    }

    #[inline]
    fn close(&mut self) {
        while self
            .bindings
            .last()
            .is_some_and(|binding| binding.depth == self.open.len())
        {
            self.bindings.pop();
        }
        self.open.pop();
    }

    fn finish(&mut self) -> Result<Step<'a>, Error> {
        let problem_here = if !self.open.is_empty() {
            XmlProblem::UnexpectedEnd
        } else if !self.seen_root {
            XmlProblem::NoRoot
        } else {
            return Ok(Step::Done);
        };
        Err(problem(self.source.len(), problem_here))
    }

    /// Comments and instructions are left out, but hold no forbidden characters either.
    fn check_hidden(&self, start: usize) -> Result<(), Error> {
        let hidden = self.source.get(start..self.at).unwrap_or_default();
        let mut text = Text::EMPTY;
        text.push_raw(hidden, start, true)
    }

    fn check_instruction(&self, start: usize) -> Result<(), Error> {
        let inside = self.source.get(start + 2..self.at - 2).unwrap_or_default();
        let (target, rest) = inside.split_at(name_length(inside));
        let separated = rest.is_empty() || rest.bytes().next().is_some_and(is_blank);
        if target.is_empty() || target.contains(':') || target.eq_ignore_ascii_case("xml") || !separated {
            return Err(problem(start, XmlProblem::Markup));
        }
        Ok(())
    }

    /// `<?xml version="1.0" encoding="…" standalone="…"?>`, at the very beginning only. The encoding is not believed:
    /// the text has been decoded already.
    fn check_declaration(&mut self, start: usize) -> Result<(), Error> {
        let broken = || problem(start, XmlProblem::Declaration);
        if start != self.begin {
            return Err(broken());
        }
        let end = self.at - 2;
        let before = self.source.get(..end).unwrap_or_default();
        let mut attributes = Vec::new();
        if !matches!(tag::attributes(before, start + 5, &mut attributes), Ok((at, _)) if at == end) {
            return Err(broken());
        }
        let mut rest = attributes
            .iter()
            .map(|attribute| (attribute.name, attribute.value))
            .peekable();
        if rest.next() != Some(("version", "1.0")) {
            return Err(broken());
        }
        if let Some(("encoding", encoding)) = rest.peek() {
            let mut bytes = encoding.bytes();
            let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
            if !first || !bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
            {
                return Err(broken());
            }
            rest.next();
        }
        if let Some(("standalone", "yes" | "no")) = rest.peek() {
            rest.next();
        }
        if rest.next().is_some() {
            Err(broken())
        } else {
            Ok(())
        }
    }

    fn check_doctype(&mut self, start: usize) -> Result<(), Error> {
        if !self.doctype_allowed || self.seen_root || self.doctype_seen {
            return Err(problem(start, XmlProblem::Doctype));
        }
        self.doctype_seen = true;
        Ok(())
    }
}
