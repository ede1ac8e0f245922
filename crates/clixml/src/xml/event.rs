//! What the reader gives to its callers.

use std::borrow::Cow;

/// One step through a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A start tag. A self-closed element gives this and [`Event::End`].
    Start(Start<'a>),
    /// All text up to the next tag, put together from text, references and CDATA sections, comments left out. Halves
    /// of surrogate pairs (only references can give them) are U+FFFD here. Blanks between elements are given too.
    Text(Cow<'a, str>),
    /// The end of the innermost open element.
    End,
}

/// A start tag with its namespaces resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start<'a> {
    /// Namespace name of the element, empty for none.
    pub ns: Cow<'a, str>,
    /// Name without its prefix.
    pub local: &'a str,
    /// Attributes in document order, without namespace declarations.
    pub attributes: Vec<Attribute<'a>>,
    /// Byte offset of the tag's `<`.
    pub offset: usize,
}

impl Start<'_> {
    /// Whether it is that element.
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.local == local && self.ns == ns
    }

    /// The value of the attribute without namespace of that name.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attribute_ns("", local)
    }

    /// The value of the attribute of that namespace and name.
    pub fn attribute_ns(&self, ns: &str, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.local == local && attribute.ns == ns)
            .map(|attribute| attribute.value.as_ref())
    }
}

/// An attribute of a start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Namespace name, empty for none.
    pub ns: Cow<'a, str>,
    /// Name without its prefix.
    pub local: &'a str,
    /// Value with its references resolved.
    pub value: Cow<'a, str>,
}
