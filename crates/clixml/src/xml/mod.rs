//! The checked XML reader: quick-xml with the checks that it leaves to its callers, and tags and text read in place.
//!
//! quick-xml is fast and lax. This reader, which CLIXML and SOAP share, adds what makes its answers safe to believe:
//! tags must match, there is one root and nothing but blanks around it, attributes are well-formed and not given
//! twice, prefixes are bound, only the five entities of XML and character references exist, `]]>` and control
//! characters do not stand in text, line ends read as LF, and a DOCTYPE or XML 1.1 is refused. Character references
//! may name any UTF-16 unit, as PowerShell writes them.
//!
//! ```
//! use psbridge_clixml::xml::{Event, Reader};
//!
//! let mut reader = Reader::new(r#"<e:Body xmlns:e="urn:e">a &amp; <![CDATA[b]]><e:None/></e:Body>"#);
//! let Some(Event::Start(body)) = reader.next()? else { unreachable!() };
//! assert_eq!((body.ns.as_ref(), body.local), ("urn:e", "Body"));
//! let Some(Event::Text(text)) = reader.next()? else { unreachable!() };
//! assert_eq!(text, "a & b");
//! # Ok::<(), psbridge_clixml::Error>(())
//! ```

mod bytes;
mod chars;
mod event;
mod reader;
mod tag;
mod text;

pub use bytes::decode;
pub use event::{Attribute, Event, Start};
pub use reader::Reader;
pub(crate) use reader::Step;
pub(crate) use text::Text;

use crate::{Error, XmlProblem};

/// Most elements inside one another that the reader follows.
pub(crate) const MAX_DEPTH: usize = 1024;
/// Most namespace declarations in force at one place: each prefix is looked up among them.
pub(crate) const MAX_NAMESPACES: usize = 256;
/// Most attributes of one element.
pub(crate) const MAX_ATTRIBUTES: usize = 128;

pub(crate) fn problem(offset: usize, problem: XmlProblem) -> Error {
    Error::Xml { offset, problem }
}

/// Whether the text is a well-formed document of its own. Unlike elsewhere a DOCTYPE may stand in front: it is
/// looked over, and entities that it might declare are let pass, but nothing of it is expanded.
pub(crate) fn check_document(text: &str) -> Result<(), Error> {
    let mut reader = Reader::lenient_of_doctype(text);
    while reader.next()?.is_some() {}
    Ok(())
}
