//! serde on top of values: for types that derive `Deserialize` and nothing of ours.
//!
//! ```
//! use psbridge_clixml::{Limits, Interner, read_message, serde::from_value};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(rename_all = "PascalCase")]
//! struct User {
//!     name: String,
//!     company: Option<String>,
//! }
//!
//! let data = br#"<Obj RefId="0"><Props><S N="NAME">Ann</S></Props></Obj>"#;
//! let document = read_message(data, &Limits::default(), &mut Interner::new())?;
//! let user: User = from_value(&document, document.root().unwrap())?;
//! assert_eq!((user.name.as_str(), user.company), ("Ann", None));
//! # Ok::<(), psbridge_clixml::Error>(())
//! ```
//!
//! The rules are those of [`crate::FromClixml`], as far as serde lets them be:
//! - Members are matched to the fields of a struct without case. serde does not tell the fields of a struct that is
//!   flattened or collects the rest (`#[serde(flatten)]`), so that there the case counts.
//! - A string takes any primitive by its text and an object by its `ToString`; an enumeration is its name.
//! - A wrapped object and its wrapper are one; an extended member hides an adapted one.
//! - The value is built before: where that costs too much, derive [`crate::FromClixml`] instead.

mod access;
mod deserializer;
#[cfg(test)]
mod tests;

use deserializer::{Context, Deserializer};

use crate::{Document, Error, Value};

/// Decodes a value through serde.
///
/// # Errors
/// Values that do not fit the type; a reference to an enclosing object; more references than the default [`Limits`](crate::Limits)
/// allow.
pub fn from_value<T: serde::de::DeserializeOwned>(document: &Document, value: &Value) -> Result<T, Error> {
    T::deserialize(Deserializer::new(&Context::new(document), value))
}

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Error::custom(message.to_string())
    }
}
