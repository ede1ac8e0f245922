//! PowerShell values and CLIXML, in and out.

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
