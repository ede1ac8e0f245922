//! PowerShell values and CLIXML, in and out.
//!
//! CLIXML is how PowerShell writes objects down: in the messages of its remoting protocol (PSRP), in the files of
//! `Export-Clixml`, and on its standard output and error when another program reads those. This crate reads it as
//! PowerShell's own reader does and writes it as PowerShell's own writer does, byte for byte. It knows nothing of
//! networks, clocks or randomness.
//!
//! # Values
//!
//! A [`Value`] is a primitive (each CLIXML tag has its variant), null, a reference, or an [`Object`]. An object keeps
//! what stands on the wire: its [`TypeNames`], the text of its `ToString`, its [`Content`] (a base value, a list, a
//! dictionary, or nothing), and its adapted and extended [`Members`] apart. [`Object::get`] looks a property up as
//! PowerShell does, without case and extended ones first.
//!
//! .NET's strings are UTF-16 that need not be valid, and [`PsString`] is that: UTF-8 as long as it can be. Dates
//! ([`DateTime`]) and spans ([`TimeSpan`]) count ticks of 100 ns over .NET's whole range.
//!
//! # Documents and references
//!
//! What is read is a [`Document`]: the values, and the table of the objects that references name. A [`Value::Ref`]
//! may stand for an object that encloses it, so references are resolved through the document
//! ([`Document::resolve`]) and never are pointers: values are plain trees that can be sent, cloned and dropped.
//!
//! # Reading
//!
//! There are two entries to one reader. [`read_message`] reads the data of a PSRP message, where no data at all is
//! null; an [`Interner`] shares names and type lists between the messages of a stream. [`read_document`] reads files:
//! with the line `#< CLIXML`, in UTF-8 or UTF-16, with streams (`S="Error"`). Both take what PowerShell takes and
//! refuse what it refuses, except that elements need not stand in `<Objs>` nor in any namespace. Input is never
//! trusted: [`Limits`] bound size, depth and number, a DOCTYPE is refused, and every error carries its byte offset.
//!
//! Decoding into one's own types, without building objects first, is [`trait@FromClixml`] with its derive (see
//! [`mod@from`]); [`mod@serde`] sits on top of values. The two JSON forms are in [`mod@json`]. The checked XML reader
//! below all this is [`mod@xml`].
//!
//! # Example
//!
//! ```
//! use psbridge_clixml::{Interner, Limits, Object, RefId, Value, json, read_message, write_message};
//!
//! let user = Object::typed(["User", "System.Object"])
//!     .with_to_string("Ann")
//!     .adapted("Name", "Ann")
//!     .adapted("Kind", Value::enumeration("UserKind", "Member", 1))
//!     .extended("Self", RefId::from(0))
//!     .with_ref_id(0);
//! let message = write_message(&user.into())?;
//!
//! let document = read_message(&message, &Limits::default(), &mut Interner::new())?;
//! let Some(user) = document.root().and_then(Value::as_object) else { unreachable!() };
//! assert_eq!(user.get("name"), Some(&"Ann".into()));
//! assert_eq!(user.get("kind").and_then(Value::as_i64), Some(1));
//! let itself = document.deref(user.get("self").unwrap());
//! assert_eq!(itself.as_object(), Some(user));
//! assert_eq!(
//!     json::plain(&document, &document.roots()[0]).to_string(),
//!     r#"{"Name":"Ann","Kind":"Member","Self":{"$ref":"0"}}"#,
//! );
//! # Ok::<(), psbridge_clixml::Error>(())
//! ```

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "tests state what must hold"
    )
)]

// So that the derive's paths work in here too.
#[cfg(test)]
extern crate self as psbridge_clixml;

mod codec;
mod convert;
mod document;
mod error;
pub mod from;
mod interner;
pub mod json;
mod lexical;
mod limits;
mod members;
mod name;
mod read;
pub mod serde;
mod string;
mod time;
mod value;
mod version;
mod write;
pub mod xml;

pub use document::{Deref, Document};
pub use error::{Error, XmlProblem};
pub use from::{FromClixml, ValueReader, from_document, from_message, from_message_with, from_value};
pub use interner::Interner;
pub use limits::Limits;
pub use members::Members;
pub use name::{Name, TypeNames, eq_ignore_case};
/// Derives [`trait@FromClixml`]; the attributes are those of [`from`].
pub use psbridge_clixml_derive::FromClixml;
pub use read::{read_document, read_document_partial, read_message};
pub use string::PsString;
pub use time::{DateTime, DateTimeKind, TimeSpan};
pub use value::{Content, ListKind, Object, ProgressRecord, ProgressRecordType, RefId, SecureText, Value};
pub use version::Version;
pub use write::{MAX_DEPTH, Writer, write_document, write_message};

/// A decimal number of .NET: 96 bits and a scale of 0 to 28.
pub use rust_decimal::Decimal;
pub use uuid::Uuid;
