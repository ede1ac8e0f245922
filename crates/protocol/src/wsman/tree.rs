//! An envelope as a small tree. Texts borrow from the body; the text of streams is not even looked at.

use std::borrow::Cow;

use psbridge_clixml::xml::{Attribute, Event, Reader};

use super::error::Error;
use super::ns;

/// Most elements of one envelope.
const MAX_ELEMENTS: usize = 200_000;

/// An element with all that is in it.
#[derive(Debug, Clone)]
pub(super) struct Element<'a> {
    pub(super) ns: Cow<'a, str>,
    pub(super) local: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    pub(super) content: Vec<Node<'a>>,
    /// Its end tag was there.
    pub(super) complete: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    Text(Cow<'a, str>),
    Element(Element<'a>),
}

impl<'a> Element<'a> {
    pub(super) fn is(&self, ns: &str, local: &str) -> bool {
        self.local == local && self.ns == ns
    }

    pub(super) fn children(&self) -> impl Iterator<Item = &Element<'a>> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub(super) fn child(&self, ns: &str, local: &str) -> Option<&Element<'a>> {
        self.children().find(|child| child.is(ns, local))
    }

    /// A child, whatever its namespace.
    pub(super) fn child_named(&self, local: &str) -> Option<&Element<'a>> {
        self.children().find(|child| child.local == local)
    }

    /// A descendant by a path of local names in one namespace.
    pub(super) fn path(&self, ns: &str, path: &[&str]) -> Option<&Element<'a>> {
        path.iter()
            .try_fold(self, |element, local| element.child(ns, local))
    }

    pub(super) fn attribute(&self, local: &str) -> Option<&str> {
        self.attribute_ns("", local)
    }

    pub(super) fn attribute_ns(&self, ns: &str, local: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.local == local && attribute.ns == ns);
        found.map(|attribute| attribute.value.as_ref())
    }

    /// All text in it and below it, in document order.
    pub(super) fn deep_text(&self) -> String {
        let mut text = String::new();
        let mut open = vec![self.content.iter()];
        while let Some(nodes) = open.last_mut() {
            match nodes.next() {
                Some(Node::Text(piece)) => text.push_str(piece),
                Some(Node::Element(element)) => open.push(element.content.iter()),
                None => {
                    open.pop();
                }
            }
        }
        text
    }

    /// Its own text, trimmed.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let mut texts = self.content.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) => None,
        });
        match (texts.next(), texts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(text), None) => Cow::Borrowed(text.trim()),
            (Some(_), Some(_)) => Cow::Owned(self.deep_text().trim().to_owned()),
        }
    }

    /// Its own text as it lies in the body, untrimmed.
    pub(super) fn raw_text(&self) -> Cow<'a, str> {
        match self.content.first() {
            Some(Node::Text(text)) if self.content.len() == 1 => text.clone(),
            None => Cow::Borrowed(""),
            _ => Cow::Owned(self.deep_text()),
        }
    }

    /// `s:mustUnderstand` is set.
    pub(super) fn must_understand(&self) -> bool {
        matches!(
            self.attribute_ns(ns::SOAP, "mustUnderstand").map(str::trim),
            Some("true" | "1")
        )
    }
}

/// Header and body of an envelope.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) header: Option<Element<'a>>,
    pub(super) body: Option<Element<'a>>,
}

impl<'a> Envelope<'a> {
    /// Reads an envelope.
    pub(super) fn parse(text: &'a str) -> Result<Self, Error> {
        let (envelope, error) = Self::parse_partial(text);
        match error {
            None => Ok(envelope),
            Some(error) => Err(error),
        }
    }

    /// Reads an envelope as far as it can be read.
    pub(super) fn parse_partial(text: &'a str) -> (Self, Option<Error>) {
        if let Some(found) = not_soap(text) {
            return (
                Self::default(),
                Some(Error::NotSoap {
                    found: found.to_owned(),
                }),
            );
        }
        let mut open = Vec::new();
        let (root, error) = match read(text, &mut open) {
            Ok(root) => (root, None),
            Err(error) => (fold(open), Some(error)),
        };
        let Some(root) = root else {
            return (
                Self::default(),
                error.or_else(|| {
                    Some(Error::NotSoap {
                        found: "an empty document".to_owned(),
                    })
                }),
            );
        };
        if !root.is(ns::SOAP, "Envelope") {
            let found = format!("an XML document of <{}>", root.local);
            return (Self::default(), error.or(Some(Error::NotSoap { found })));
        }
        let mut envelope = Self::default();
        for node in root.content {
            if let Node::Element(element) = node {
                if element.is(ns::SOAP, "Header") {
                    envelope.header = Some(element);
                } else if element.is(ns::SOAP, "Body") {
                    envelope.body = Some(element);
                }
            }
        }
        (envelope, error)
    }

    /// The text of a header.
    pub(super) fn header_text(&self, ns: &str, local: &str) -> Option<String> {
        let header = self.header.as_ref()?.child(ns, local)?;
        Some(header.text().into_owned())
    }

    /// The first element of the body.
    pub(super) fn first(&self) -> Option<&Element<'a>> {
        self.body.as_ref()?.children().next()
    }
}

fn not_soap(text: &str) -> Option<&'static str> {
    let text = text.trim_start();
    let starts = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if text.is_empty() {
        Some("an empty body")
    } else if starts("<!doctype html") || starts("<html") {
        Some("an HTML page")
    } else if !text.starts_with('<') {
        Some("plain text")
    } else {
        None
    }
}

fn read<'a>(text: &'a str, open: &mut Vec<Element<'a>>) -> Result<Option<Element<'a>>, Error> {
    let mut reader = Reader::new(text);
    let mut elements = 0;
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(start) => {
                elements += 1;
                if elements > MAX_ELEMENTS {
                    return Err(Error::TooManyElements { limit: MAX_ELEMENTS });
                }
                let is_stream = start.is(ns::SHELL, "Stream");
                let mut element = Element {
                    ns: start.ns,
                    local: start.local,
                    attributes: start.attributes,
                    content: Vec::new(),
                    complete: false,
                };
                if is_stream {
                    let text = reader.raw_text()?;
                    if !text.is_empty() {
                        element.content.push(Node::Text(text));
                    }
                    if let Some(root) = close(element, open) {
                        return Ok(Some(root));
                    }
                } else {
                    open.push(element);
                }
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.content.push(Node::Text(text));
                }
            }
            Event::End => {
                if let Some(root) = open.pop().and_then(|element| close(element, open)) {
                    // The reader still checks that nothing follows the root.
                    while reader.next()?.is_some() {}
                    return Ok(Some(root));
                }
            }
        }
    }
    Ok(None)
}

/// Hangs a finished element below its parent; gives it back if it is the root.
fn close<'a>(mut element: Element<'a>, open: &mut [Element<'a>]) -> Option<Element<'a>> {
    element.complete = true;
    match open.last_mut() {
        Some(parent) => {
            parent.content.push(Node::Element(element));
            None
        }
        None => Some(element),
    }
}

/// Hangs unfinished elements below their parents.
fn fold(mut open: Vec<Element<'_>>) -> Option<Element<'_>> {
    while open.len() > 1 {
        let element = open.pop()?;
        open.last_mut()?.content.push(Node::Element(element));
    }
    open.pop()
}
