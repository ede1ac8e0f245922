//! Finding the field for a member, for the derive.

use super::reader::mismatch;
use super::{FromClixml, ValueReader};
use crate::members::Collector;
use crate::{Error, Members, PsString, eq_ignore_case};

/// The members that a struct's fields ask for.
///
/// Members mostly come in the order of the fields, so that the next field is tried first.
#[derive(Debug)]
pub struct Fields {
    /// Member names, each with the number of the field that takes it.
    names: &'static [(&'static str, usize)],
    next: usize,
    /// The fields that an extended member has filled.
    extended: Vec<bool>,
}

/// What a member is to a struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The field of that number takes it.
    Field(usize),
    /// An extended member of the same name has come before this adapted one.
    Hidden,
    /// No field asks for it.
    Unknown,
}

impl Fields {
    /// `names` are the member names, each with the number of its field.
    pub fn new(names: &'static [(&'static str, usize)]) -> Fields {
        Fields {
            names,
            next: 0,
            extended: Vec::new(),
        }
    }

    /// The field that takes a member of that name.
    pub fn find(&mut self, name: &str, adapted: bool) -> Found {
        let (before, after) = self.names.split_at(self.next.min(self.names.len()));
        let matches = |(own, _): &(&str, usize)| own.len() == name.len() && eq_ignore_case(own, name);
        let position = match after.iter().position(matches) {
            Some(position) => self.next + position,
            None => match before.iter().position(matches) {
                Some(position) => position,
                None => return Found::Unknown,
            },
        };
        self.next = position + 1;
        let Some((_, field)) = self.names.get(position).copied() else {
            return Found::Unknown;
        };
        if !adapted {
            if self.extended.len() <= field {
                self.extended.resize(field + 1, false);
            }
            if let Some(slot) = self.extended.get_mut(field) {
                *slot = true;
            }
        } else if self.extended.get(field).copied().unwrap_or(false) {
            return Found::Hidden;
        }
        Found::Field(field)
    }
}

/// Gathers the members that no field asks for.
#[derive(Debug)]
pub struct Extra {
    adapted: Collector,
    extended: Collector,
}

impl Extra {
    /// None so far.
    #[expect(clippy::new_without_default, reason = "only the derive makes one")]
    pub fn new() -> Extra {
        Extra {
            adapted: Collector::new(Members::new()),
            extended: Collector::new(Members::new()),
        }
    }

    /// Takes a member.
    ///
    /// # Errors
    /// What the reader meets.
    pub fn add(&mut self, name: &str, adapted: bool, value: ValueReader<'_, '_>) -> Result<(), Error> {
        let value = value.value().map_err(|error| error.within(name))?;
        let side = if adapted {
            &mut self.adapted
        } else {
            &mut self.extended
        };
        side.push(name.into(), value);
        Ok(())
    }

    /// All of them, adapted ones first; an extended one hides an adapted one of the same name.
    pub fn finish(self) -> Members {
        let mut all = self.adapted;
        for (name, value) in self.extended.finish() {
            all.push(name, value);
        }
        all.finish()
    }
}

/// The value of a field that no member has filled.
///
/// # Errors
/// [`Error::MissingMember`] where the type has no value for an absent member.
pub fn absent<T: FromClixml>(member: &str) -> Result<T, Error> {
    T::absent().ok_or_else(|| Error::missing_member(member))
}

/// The name in a value that is a member of an enumeration: its text, or the `ToString` of its object.
///
/// # Errors
/// [`Error::Mismatch`] for null, and for objects without text.
pub fn name_of(expected: &str, value: ValueReader<'_, '_>) -> Result<String, Error> {
    value
        .text()?
        .map(PsString::into_string_lossy)
        .ok_or_else(|| mismatch(expected, "null"))
}

/// The error for a name that an enumeration does not have.
pub fn unknown_name(expected: &str, name: &str) -> Error {
    mismatch(
        expected,
        &format!("the text {:?}", name.chars().take(40).collect::<String>()),
    )
}
