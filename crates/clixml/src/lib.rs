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

mod codec;
mod convert;
mod document;
mod error;
mod interner;
pub mod json;
mod lexical;
mod limits;
mod members;
mod name;
mod read;
mod string;
mod time;
mod value;
mod version;
mod write;
pub mod xml;

pub use document::{Deref, Document};
pub use error::{Error, XmlProblem};
pub use interner::Interner;
pub use limits::Limits;
pub use members::Members;
pub use name::{Name, TypeNames, eq_ignore_case};
pub use read::{read_document, read_document_partial, read_message};
pub use string::PsString;
pub use time::{DateTime, DateTimeKind, TimeSpan};
pub use value::{Content, ListKind, Object, ProgressRecord, ProgressRecordType, RefId, SecureText, Value};
pub use version::Version;
pub use write::{MAX_DEPTH, Writer, write_document, write_message};

/// A decimal number of .NET: 96 bits and a scale of 0 to 28.
pub use rust_decimal::Decimal;
pub use uuid::Uuid;
