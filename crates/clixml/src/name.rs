//! Names of members and types: shared text.

use std::fmt;
use std::sync::Arc;

use crate::PsString;

/// The name of a member or type. Cloning shares the text.
///
/// Names compare without case, as PowerShell compares them ([`Name::matches`]); `==` compares the spelling.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<Inner>);

#[derive(PartialEq, Eq, Hash)]
struct Inner {
    /// The name, with U+FFFD for lone halves of surrogate pairs.
    text: Box<str>,
    /// Hash of the name without its case: unequal hashes tell unequal names apart cheaply.
    fold: u32,
    /// The text as it is, where it is not valid Unicode.
    wide: Option<PsString>,
}

impl Name {
    /// A name; lone halves of surrogate pairs are kept for writing.
    pub fn new(text: impl Into<PsString>) -> Name {
        let text = text.into();
        match text.as_str() {
            Some(plain) => Name(Arc::new(Inner {
                fold: fold_hash(plain),
                text: plain.into(),
                wide: None,
            })),
            None => {
                let lossy = text.to_str_lossy().into_owned().into_boxed_str();
                Name(Arc::new(Inner {
                    fold: fold_hash(&lossy),
                    text: lossy,
                    wide: Some(text),
                }))
            }
        }
    }

    /// The text, with U+FFFD for each lone half of a surrogate pair.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The text as it is on the wire.
    pub fn to_ps_string(&self) -> PsString {
        match &self.0.wide {
            Some(wide) => wide.clone(),
            None => self.as_str().into(),
        }
    }

    pub(crate) fn wide(&self) -> Option<&PsString> {
        self.0.wide.as_ref()
    }

    pub(crate) fn fold(&self) -> u32 {
        self.0.fold
    }

    /// The text in upper case: equal for names that are [`Name::same`].
    pub(crate) fn folded(&self) -> String {
        match self.wide() {
            // No valid text holds this, so that it stays apart from all others.
            Some(wide) => wide
                .encode_utf16()
                .iter()
                .map(|unit| format!("{unit:04X}\0"))
                .collect(),
            None => folded(self.as_str()),
        }
    }

    /// Whether the two are the same name to PowerShell, case aside.
    pub fn matches(&self, other: &str) -> bool {
        eq_ignore_case(self.as_str(), other)
    }

    pub(crate) fn same(&self, other: &Name) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || (self.0.fold == other.0.fold
                && eq_ignore_case(self.as_str(), other.as_str())
                && self.0.wide == other.0.wide)
    }
}

/// Whether two names are one to PowerShell: compared unit by unit in upper case, without any culture.
pub fn eq_ignore_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(upper).eq(b.chars().map(upper))
}

/// The simple upper case of .NET's ordinal comparison: one character stays one.
fn upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    // These have a simple upper case inside ASCII, which the ordinal comparison does not apply.
    if matches!(c, '\u{131}' | '\u{17F}') {
        return c;
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// The text as names are compared: equal for equal names.
pub(crate) fn folded(text: &str) -> String {
    text.chars().map(upper).collect()
}

fn fold_hash(text: &str) -> u32 {
    let mut hash: u32 = 0x811C_9DC5;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    if text.is_ascii() {
        text.bytes().for_each(|byte| add(byte.to_ascii_uppercase()));
    } else {
        let mut buffer = [0; 4];
        for c in text.chars() {
            upper(c).encode_utf8(&mut buffer).bytes().for_each(&mut add);
        }
    }
    hash
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name::new(text)
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Name::new(text)
    }
}

impl From<&String> for Name {
    fn from(text: &String) -> Self {
        Name::new(text.as_str())
    }
}

impl From<&Name> for Name {
    fn from(name: &Name) -> Self {
        name.clone()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// The type names of an object, most derived first. Cloning shares the list.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct TypeNames(Option<Arc<[Name]>>);

impl TypeNames {
    /// No type names: property bags of the protocol have none.
    pub const fn none() -> TypeNames {
        TypeNames(None)
    }

    /// A list of names, most derived first. An empty list is kept apart from none at all: it is written.
    pub fn new<N: Into<Name>>(names: impl IntoIterator<Item = N>) -> TypeNames {
        TypeNames(Some(names.into_iter().map(Into::into).collect()))
    }

    /// The names in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + DoubleEndedIterator {
        self.names().iter().map(Name::as_str)
    }

    /// The names in order, as shared values.
    pub fn names(&self) -> &[Name] {
        self.0.as_deref().unwrap_or_default()
    }

    /// The most derived name.
    pub fn first(&self) -> Option<&str> {
        self.names().first().map(Name::as_str)
    }

    /// Whether the name is among them, case aside; `Deserialized.` in front counts as absent.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|own| {
            eq_ignore_case(own, name)
                || own
                    .strip_prefix("Deserialized.")
                    .is_some_and(|own| eq_ignore_case(own, name))
        })
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names().len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.names().is_empty()
    }

    /// Whether the element is absent, which an empty one is not.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for TypeNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl From<&[&str]> for TypeNames {
    fn from(names: &[&str]) -> Self {
        TypeNames::new(names.iter().copied())
    }
}

impl<const N: usize> From<[&str; N]> for TypeNames {
    fn from(names: [&str; N]) -> Self {
        TypeNames::new(names)
    }
}

impl<const N: usize> From<&[&str; N]> for TypeNames {
    fn from(names: &[&str; N]) -> Self {
        TypeNames::new(names.iter().copied())
    }
}

impl From<Vec<String>> for TypeNames {
    fn from(names: Vec<String>) -> Self {
        TypeNames::new(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case() {
        assert!(Name::from("DisplayName").matches("displayNAME"));
        assert!(Name::from("Größe").matches("GRÖßE"));
        assert!(!Name::from("Größe").matches("GRÖSSE"));
        assert!(!Name::from("k").matches("\u{212A}x"));
        assert!(Name::from("Aé").same(&Name::from("aÉ")));
    }

    #[test]
    fn rehydrated_types_count_as_their_originals() {
        let types = TypeNames::from(["Deserialized.System.Int32[]"]);
        assert!(types.contains("system.int32[]"));
        assert!(!types.contains("System.Int32"));
    }
}
