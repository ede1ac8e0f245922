//! The inside of start tags.

use super::chars::{Marks, is_blank, name_length, plain_name_length};
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
#[inline]
fn qualified_name(text: &str, offset: usize) -> Result<(&str, usize), Error> {
    match plain_name_length(text.as_bytes()).and_then(|length| text.get(..length)) {
        Some(name) => Ok((name, 0)),
        None => any_qualified_name(text, offset),
    }
}

fn any_qualified_name(text: &str, offset: usize) -> Result<(&str, usize), Error> {
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

/// A start tag that has been read over.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartTag<'a> {
    /// The name with its prefix.
    pub(super) name: &'a str,
    /// Where the local name begins in it.
    pub(super) local_at: usize,
    pub(super) self_closed: bool,
    /// Whether an attribute has a prefix, binds one, or has a value that may need a change.
    pub(super) care: bool,
    /// The offset behind the tag.
    pub(super) end: usize,
}

/// Reads the start tag whose `<` stands at `start`, and fills in its attributes.
///
/// One pass: what is no name, attribute or blank must be the end of the tag.
pub(super) fn start_tag<'a>(
    source: &'a str,
    start: usize,
    into: &mut Vec<RawAttribute<'a>>,
) -> Result<StartTag<'a>, Error> {
    into.clear();
    let inside = source.get(start + 1..).unwrap_or_default();
    let (name, local_at) = qualified_name(inside, start)?;
    let behind = start + 1 + name.len();
    let (end, care) = match source.as_bytes().get(behind) {
        Some(b'>') => (behind, false),
        _ => attributes(source, behind, into)?,
    };
    let (self_closed, end) = match source.as_bytes().get(end..) {
        Some([b'>', ..]) => (false, end + 1),
        Some([b'/', b'>', ..]) => (true, end + 2),
        _ => return Err(problem(end, XmlProblem::Attribute)),
    };
    Ok(StartTag {
        name,
        local_at,
        self_closed,
        care,
        end,
    })
}

/// Reads attributes from `at`, which is behind a name, up to the end of the tag or of the text; returns its place.
pub(super) fn attributes<'a>(
    source: &'a str,
    mut at: usize,
    into: &mut Vec<RawAttribute<'a>>,
) -> Result<(usize, bool), Error> {
    let bytes = source.as_bytes();
    let mut care = false;
    loop {
        let start = skip_blanks(bytes, at);
        match bytes.get(start..) {
            None | Some([] | [b'>', ..] | [b'/', b'>', ..]) => return Ok((start, care)),
            _ => {}
        }
        let broken = || problem(start, XmlProblem::Attribute);
        if start == at {
            return Err(broken());
        }
        let (name, local_at) = qualified_name(source.get(start..).unwrap_or_default(), start)?;
        at = start + name.len();
        let (quote, value_at) = match bytes.get(at..) {
            Some([b'=', b'"', ..]) => (b'"', at + 2),
            _ => opening_quote(bytes, at).ok_or_else(broken)?,
        };
        let (length, marks) = bytes
            .get(value_at..)
            .and_then(|rest| Marks::until(rest, quote))
            .ok_or_else(broken)?;
        if marks.has_less() {
            return Err(broken());
        }
        let value = source.get(value_at..value_at + length).unwrap_or_default();
        at = value_at + length + 1;
        if into.iter().any(|other| other.name == name) {
            return Err(problem(start, XmlProblem::DuplicateAttribute));
        }
        if into.len() == MAX_ATTRIBUTES {
            return Err(Error::Limit {
                limit: "max_attributes",
                maximum: MAX_ATTRIBUTES,
                offset: start,
            });
        }
        care |= local_at > 0 || name == "xmlns" || marks.needs_care();
        into.push(RawAttribute {
            name,
            local_at,
            value,
            offset: value_at,
            marks,
        });
    }
}

/// The quote behind an equals sign, blanks around it, and the offset behind the quote.
fn opening_quote(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let at = skip_blanks(bytes, at);
    if bytes.get(at) != Some(&b'=') {
        return None;
    }
    let at = skip_blanks(bytes, at + 1);
    match bytes.get(at) {
        Some(quote @ (b'"' | b'\'')) => Some((*quote, at + 1)),
        _ => None,
    }
}

#[inline]
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
        assert_eq!(attributes(text, 0, &mut all)?.0, text.len());
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
    fn a_start_tag_ends_where_it_ends() {
        let mut all = Vec::new();
        let mut read =
            |text| start_tag(text, 1, &mut all).map(|tag| (tag.name, tag.local_at, tag.self_closed, tag.end));
        assert_eq!(read(" <S>x").unwrap(), ("S", 0, false, 4));
        assert_eq!(read(" <a:é N='>' />").unwrap(), ("a:é", 2, true, 15));
        for text in [
            " <S", " <S ", " <S /", " <S / >", " <S/ >", " <S N>", " <S<", " <", " <>", " </S>",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
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
