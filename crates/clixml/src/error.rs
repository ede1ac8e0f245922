//! What can go wrong while reading, writing or mapping CLIXML.

use std::fmt;

/// Why a document or message could not be read or written.
///
/// Whatever comes from reading carries the byte offset at which the reader stood; the offset counts from the
/// first byte after a byte order mark, in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not well-formed XML, or holds what CLIXML forbids (a DOCTYPE, XML 1.1).
    #[error("malformed XML at byte {offset}: {problem}")]
    Xml {
        /// Byte offset of the offending markup.
        offset: usize,
        /// What is wrong, in words.
        problem: XmlProblem,
    },
    /// The bytes are not text in an encoding that CLIXML uses.
    #[error("not valid {encoding} at byte {offset}")]
    Encoding {
        /// Byte offset in the input as given.
        offset: usize,
        /// The encoding that was tried.
        encoding: &'static str,
    },
    /// An element or text stands where CLIXML has none such.
    #[error("{found} is not expected {place} at byte {offset}")]
    Unexpected {
        /// Byte offset of the element or text.
        offset: usize,
        /// The element's name in angle brackets, or "text".
        found: String,
        /// Where it stands.
        place: &'static str,
    },
    /// An attribute that CLIXML needs is absent or empty.
    #[error("<{element}> at byte {offset} lacks the attribute {attribute}")]
    MissingAttribute {
        /// Byte offset of the element.
        offset: usize,
        /// The element's name.
        element: String,
        /// The attribute's name.
        attribute: &'static str,
    },
    /// The text of a primitive is not of its type.
    #[error("{text:?} is not a valid {kind} at byte {offset}")]
    BadValue {
        /// Byte offset of the element.
        offset: usize,
        /// The type by its CLIXML tag.
        kind: &'static str,
        /// The beginning of the text.
        text: String,
    },
    /// A `Ref` or `TNRef` points to nothing read so far.
    #[error("no {what} with RefId {id:?} before byte {offset}")]
    UnknownReference {
        /// Byte offset of the reference.
        offset: usize,
        /// "object" or "type names".
        what: &'static str,
        /// The id as written.
        id: String,
    },
    /// The document's version is not 1.x.
    #[error("version {version:?} of the document is not 1.x")]
    UnsupportedVersion {
        /// The attribute as written.
        version: String,
    },
    /// A configured limit is exceeded.
    #[error("more than {limit} allows ({maximum}) at byte {offset}")]
    Limit {
        /// The limit's name, as in [`crate::Limits`].
        limit: &'static str,
        /// Its value.
        maximum: usize,
        /// Byte offset at which it was exceeded.
        offset: usize,
    },
    /// A file without any value.
    #[error("the document is empty")]
    EmptyDocument,
    /// The value cannot be written as CLIXML.
    #[error("cannot be written as CLIXML: {0}")]
    Unwritable(String),
    /// The value does not fit the type it is decoded into.
    #[error("{}expected {expected}, found {found}", at(path))]
    Mismatch {
        /// The members walked to the value, dotted; empty at the top.
        path: String,
        /// What the type wants.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A member that the type needs is absent.
    #[error("{}member {member} is missing", at(path))]
    MissingMember {
        /// The members walked to the object, dotted; empty at the top.
        path: String,
        /// The member's name.
        member: String,
    },
    /// A `Ref` leads back to an object that is still being decoded.
    #[error("{}reference {id} leads back to an enclosing object", at(path))]
    Cycle {
        /// The members walked to the reference, dotted.
        path: String,
        /// The id as written.
        id: String,
    },
    /// A type's own message (serde, or a hand-written [`crate::FromClixml`]).
    #[error("{}{message}", at(path))]
    Custom {
        /// The members walked to the value, dotted; empty at the top.
        path: String,
        /// The message.
        message: String,
    },
}

/// Why XML is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlProblem {
    /// The text ends inside an element, a tag, a comment, …
    UnexpectedEnd,
    /// An end tag that closes nothing or something else.
    MismatchedEnd,
    /// Text or a second root outside the root element.
    OutsideRoot,
    /// No root element at all.
    NoRoot,
    /// A DOCTYPE: refused everywhere.
    Doctype,
    /// A version other than 1.0, or a broken declaration.
    Declaration,
    /// An entity other than the five of XML, or a broken reference.
    Reference,
    /// A character that XML forbids in text.
    Character,
    /// `]]>` in text.
    CdataEnd,
    /// A name that is none.
    Name,
    /// Broken attribute syntax.
    Attribute,
    /// The same attribute twice.
    DuplicateAttribute,
    /// A prefix that is not bound to a namespace.
    UnboundPrefix,
    /// Broken comment, CDATA section or processing instruction.
    Markup,
    /// A child element where only text may stand.
    ChildElement,
}

/// The path in front of a message, where there is one.
fn at(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}

impl fmt::Display for XmlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            XmlProblem::UnexpectedEnd => "the text ends too early",
            XmlProblem::MismatchedEnd => "the end tag matches no start tag",
            XmlProblem::OutsideRoot => "content outside the root element",
            XmlProblem::NoRoot => "no root element",
            XmlProblem::Doctype => "a DOCTYPE is refused",
            XmlProblem::Declaration => "the XML declaration is not one of XML 1.0",
            XmlProblem::Reference => "an unknown entity or broken reference",
            XmlProblem::Character => "a character that XML forbids",
            XmlProblem::CdataEnd => "']]>' in text",
            XmlProblem::Name => "a name that XML forbids",
            XmlProblem::Attribute => "broken attribute",
            XmlProblem::DuplicateAttribute => "an attribute is given twice",
            XmlProblem::UnboundPrefix => "a prefix that is bound to no namespace",
            XmlProblem::Markup => "broken markup",
            XmlProblem::ChildElement => "an element where only text may stand",
        })
    }
}

impl Error {
    /// The byte offset at which reading failed, where there is one.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Error::Xml { offset, .. }
            | Error::Encoding { offset, .. }
            | Error::Unexpected { offset, .. }
            | Error::MissingAttribute { offset, .. }
            | Error::BadValue { offset, .. }
            | Error::UnknownReference { offset, .. }
            | Error::Limit { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    /// An error of a caller's own, for hand-written [`crate::FromClixml`] implementations.
    pub fn custom(message: impl Into<String>) -> Error {
        Error::Custom {
            path: String::new(),
            message: message.into(),
        }
    }

    /// The error for a member that a type needs and an object lacks.
    pub fn missing_member(member: &str) -> Error {
        Error::MissingMember {
            path: String::new(),
            member: member.to_owned(),
        }
    }

    /// The same error, found below the member `name`: the path of mapping errors grows from the inside out.
    #[must_use]
    pub fn within(mut self, name: &str) -> Error {
        if let Error::Mismatch { path, .. }
        | Error::MissingMember { path, .. }
        | Error::Cycle { path, .. }
        | Error::Custom { path, .. } = &mut self
        {
            if path.is_empty() {
                name.clone_into(path);
            } else {
                *path = format!("{name}.{path}");
            }
        }
        self
    }
}
