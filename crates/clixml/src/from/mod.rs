//! From CLIXML straight into a caller's own types.
//!
//! [`FromClixml`] decodes a value as it is read, without building an [`crate::Object`] first; what a type does not ask
//! for is passed over. `#[derive(FromClixml)]` writes it for structs, for enumerations and for newtypes:
//!
//! ```
//! use psbridge_clixml::{FromClixml, Limits, Members, from_message};
//!
//! #[derive(FromClixml, Debug, PartialEq)]
//! enum RecipientType {
//!     UserMailbox,
//!     #[clixml(other)]
//!     Other(String),
//! }
//!
//! #[derive(FromClixml)]
//! struct User {
//!     name: String,
//!     recipient_type: RecipientType,
//!     #[clixml(rename = "EmailAddresses", default)]
//!     addresses: Vec<String>,
//!     company: Option<String>,
//!     #[clixml(extra)]
//!     rest: Members,
//! }
//!
//! let data = br#"<Obj RefId="0"><Props><S N="Name">Ann</S><Obj N="RecipientType" RefId="1"><TN RefId="0">
//! <T>RecipientType</T><T>System.Enum</T></TN><ToString>UserMailbox</ToString><I32>1</I32></Obj>
//! <I32 N="Age">42</I32></Props></Obj>"#;
//! let user: User = from_message(data, &Limits::default())?;
//! assert_eq!(user.name, "Ann");
//! assert_eq!(user.recipient_type, RecipientType::UserMailbox);
//! assert!(user.addresses.is_empty() && user.company.is_none());
//! assert!(user.rest.contains("age"));
//! # Ok::<(), psbridge_clixml::Error>(())
//! ```
//!
//! # Attributes of the derive
//!
//! A field takes the member of its own name with the underscores left out and without regard to case, so that
//! `display_name` takes `DisplayName`. On fields:
//! `rename = "Name"` (another member name), `alias = "Name"` (a further one, may be repeated), `default` or
//! `default = path` (when the member is absent or null), `with = path` (a function from [`ValueReader`] to the field),
//! `skip` (never read, its `Default`), `extra` (a [`crate::Members`] that takes all members no field asks for),
//! `type_names` (a [`crate::TypeNames`]), `to_string` (an `Option<String>`).
//! On variants: `rename`, `alias`, and `other` on one that holds a `String` for all unknown names.
//! On the type: `crate = path`, where this crate is not in scope as `psbridge_clixml`.
//!
//! # Rules
//!
//! - Members are offered in wire order; an extended member hides an adapted one of the same name.
//! - A wrapped object's members are offered like its wrapper's own.
//! - An absent member is an error, unless the field has a default or is an `Option`, a list or a map.
//! - A string takes any primitive by its text, and an object by its base value if that is text, else by its
//!   `ToString`, else by its base value. A number takes numbers of any width that hold it, and an object by its base
//!   value.
//! - A reference is read again where its object stands. How much is read again is bounded by
//!   [`Limits::max_message_size`]; a reference to an enclosing object is an error, unless nothing asks for it: then it
//!   is passed over, as with a field of type `()`.
//! - What is passed over is checked as XML only, not as CLIXML.

mod fields;
mod impls;
mod reader;
mod stream;
#[cfg(test)]
mod tests;
mod tree;

pub use fields::{Extra, Fields, Found, absent, name_of, unknown_name};
pub use reader::{ObjectReader, Part, Shape, ValueReader};
pub(crate) use reader::{describe, primitive_text};
use stream::StreamObject;
pub(crate) use stream::Typed;
use tree::{TreeContext, TreeObject};

use crate::read::Stream;
use crate::{Document, Error, Interner, Limits, Value};

/// A type that can be decoded from CLIXML.
pub trait FromClixml: Sized {
    /// Decodes the value.
    ///
    /// # Errors
    /// What the reader meets ([`crate::read_message`]), and values that do not fit.
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error>;

    /// What an absent member stands for, where it may be absent.
    fn absent() -> Option<Self> {
        None
    }
}

/// Decodes the data of a PSRP message; no data at all is null.
///
/// # Errors
/// As [`crate::read_message`], and values that do not fit the type.
pub fn from_message<T: FromClixml>(data: &[u8], limits: &Limits) -> Result<T, Error> {
    from_message_with(data, limits, &mut Interner::new())
}

/// As [`from_message`], with type lists and (where a type keeps values as they are) names from `interner`.
///
/// # Errors
/// As [`from_message`].
pub fn from_message_with<T: FromClixml>(
    data: &[u8],
    limits: &Limits,
    interner: &mut Interner,
) -> Result<T, Error> {
    let text = crate::read::open(data, limits)?;
    if text.is_empty() {
        return T::from_clixml(ValueReader::primitive(Value::Nil));
    }
    let mut first = None;
    Stream::new(&text, limits, interner).each_root_typed(|value| {
        first = Some(T::from_clixml(value)?);
        Ok(())
    })?;
    first.ok_or(Error::EmptyDocument)
}

/// Decodes every value of a file.
///
/// # Errors
/// As [`crate::read_document`], and values that do not fit the type.
pub fn from_document<T: FromClixml>(data: &[u8], limits: &Limits) -> Result<Vec<T>, Error> {
    let text = crate::read::open(data, limits)?;
    if text.trim().is_empty() {
        return Err(Error::EmptyDocument);
    }
    let mut interner = Interner::new();
    let mut all = Vec::new();
    Stream::new(&text, limits, &mut interner).each_root_typed(|value| {
        all.push(T::from_clixml(value)?);
        Ok(())
    })?;
    Ok(all)
}

/// Decodes a value that has been read already.
///
/// # Errors
/// Values that do not fit the type; more references followed than the default [`Limits`] allow.
pub fn from_value<T: FromClixml>(document: &Document, value: &Value) -> Result<T, Error> {
    let mut context = TreeContext::new(document, Limits::default());
    T::from_clixml(ValueReader::tree(&mut context, value))
}
