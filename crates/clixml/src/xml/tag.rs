//! The inside of start tags.

use super::chars::{Marks, is_blank, name_length};
use super::text::{Text, attribute_value};
use super::{MAX_ATTRIBUTES, problem};
use crate::{Error, XmlProblem};

/// An attribute as it stands in the tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawAttribute<'a> {
    /// The name with its prefix.
    pub(crate) name: &'a str,
    /// Where the local name begins in it.
    pub(crate) local_at: usize,
    /// The value between its quotes.
    pub(crate) value: &'a str,
    /// Byte offset of the value in the document.
    pub(crate) offset: usize,
    marks: Marks,
}

impl<'a> RawAttribute<'a> {
    /// The value, where it needs no change.
    pub(crate) fn plain(&self) -> Option<&'a str> {
        (!self.marks.needs_care()).then_some(self.value)
    }

    /// The value with its references resolved, each blank a space.
    pub(crate) fn text(&self) -> Result<Text<'a>, Error> {
        match self.plain() {
            Some(value) => Ok(Text::plain(value, self.marks)),
            None => attribute_value(self.value, self.offset),
        }
    }
}

/// A name with its prefix, and where the local name begins.
pub(super) fn qualified_name(text: &str, offset: usize) -> Result<(&str, usize), Error> {
    let broken = || problem(offset, XmlProblem::Name);
    let (name, _) = text
        .split_at_checked(name_length(text))
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(broken)?;
    let local_at = match name.bytes().position(|byte| byte == b':') {
        None => 0,
        Some(colon) => {
            let local = name.get(colon + 1..).unwrap_or_default();
            if colon == 0 || local.contains(':') || name_length(local) != local.len() || local.is_empty() {
                return Err(broken());
            }
            colon + 1
        }
    };
    Ok((name, local_at))
}

/// Splits what follows the element's name into attributes, and checks them. `offset` is where `text` begins.
pub(super) fn attributes<'a>(
    text: &'a str,
    offset: usize,
    into: &mut Vec<RawAttribute<'a>>,
) -> Result<(), Error> {
    into.clear();
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        let blanks = bytes.iter().skip(at).take_while(|byte| is_blank(**byte)).count();
        let start = at + blanks;
        if start >= bytes.len() {
            return Ok(());
        }
        let broken = || problem(offset + start, XmlProblem::Attribute);
        if blanks == 0 {
            return Err(broken());
        }
        let (name, local_at) = qualified_name(text.get(start..).unwrap_or_default(), offset + start)?;
        at = skip_blanks(bytes, start + name.len());
        if bytes.get(at) != Some(&b'=') {
            return Err(broken());
        }
        at = skip_blanks(bytes, at + 1);
        let quote = match bytes.get(at) {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => return Err(broken()),
        };
        let value_at = at + 1;
        let (length, marks) = bytes
            .get(value_at..)
            .and_then(|rest| Marks::until(rest, quote))
            .ok_or_else(broken)?;
        if marks.has_less() {
            return Err(broken());
        }
        let value = text.get(value_at..value_at + length).unwrap_or_default();
        at = value_at + value.len() + 1;
        if into.iter().any(|other| other.name == name) {
            return Err(problem(offset + start, XmlProblem::DuplicateAttribute));
        }
        if into.len() == MAX_ATTRIBUTES {
            return Err(Error::Limit {
                limit: "max_attributes",
                maximum: MAX_ATTRIBUTES,
                offset: offset + start,
            });
        }
        into.push(RawAttribute {
            name,
            local_at,
            value,
            offset: offset + value_at,
            marks,
        });
    }
}

fn skip_blanks(bytes: &[u8], from: usize) -> usize {
    from + bytes
        .iter()
        .skip(from)
        .take_while(|byte| is_blank(**byte))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<(&str, &str)>, Error> {
        let mut all = Vec::new();
        attributes(text, 0, &mut all)?;
        Ok(all
            .iter()
            .map(|attribute| (attribute.name, attribute.value))
            .collect())
    }

    #[test]
    fn attributes_of_all_shapes() {
        assert_eq!(split("").unwrap(), []);
        assert_eq!(split("  ").unwrap(), []);
        assert_eq!(
            split(" N=\"x\" RefId = '0'\n\tp:q=\"a'b>\"").unwrap(),
            [("N", "x"), ("RefId", "0"), ("p:q", "a'b>")]
        );
    }

    #[test]
    fn broken_attributes() {
        for text in [
            "N=\"x\"",
            " N",
            " N=",
            " N=x",
            " N=\"x",
            " N=\"x'",
            " N=\"a\"M=\"b\"",
            " =\"x\"",
            " 1=\"x\"",
            " N=\"<\"",
            " a:b:c=\"\"",
            " :a=\"\"",
            " a:=\"\"",
            " N=\"1\" N=\"2\"",
            " a:1=\"\"",
        ] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
