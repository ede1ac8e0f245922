//! A property of a directory object, before it becomes CLIXML or JSON.

use std::borrow::Cow;

use uuid::Uuid;

use super::time::Ticks;

/// The collection types that Exchange serializes lists as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListType {
    /// `MultiValuedProperty<string>`.
    Strings,
    /// `ADMultiValuedProperty<ADObjectId>`.
    Objects,
    /// `ProxyAddressCollection`.
    Addresses,
}

/// A value as the Partial serialization level has it: plain types and lists of texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Prop {
    Nil,
    Text(Cow<'static, str>),
    Bool(bool),
    Guid(Uuid),
    /// Written with the server's own offset.
    Local(Ticks),
    /// Written with `Z`.
    Utc(Ticks),
    List(ListType, Vec<String>),
}

impl Prop {
    pub(crate) const EMPTY: Self = Self::Text(Cow::Borrowed(""));

    /// The text that comparisons and sorting see.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Nil => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("True"),
            Self::Bool(false) => Cow::Borrowed("False"),
            Self::Guid(id) => Cow::Owned(id.to_string()),
            Self::Local(at) | Self::Utc(at) => Cow::Owned(at.us_text()),
            Self::List(_, items) => Cow::Owned(items.join(", ")),
        }
    }

    /// The plain JSON form, as a client prints it.
    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Self::Nil => serde_json::Value::Null,
            Self::Text(text) => text.as_ref().into(),
            Self::Bool(b) => (*b).into(),
            Self::Guid(id) => id.to_string().into(),
            Self::Local(at) => iso(*at, at.offset_minutes()).into(),
            Self::Utc(at) => iso(*at, 0).into(),
            Self::List(_, items) => items.as_slice().into(),
        }
    }
}

fn iso(at: Ticks, offset: i16) -> String {
    use super::time::SECOND;
    let local = Ticks(at.0 + i64::from(offset) * 60 * SECOND);
    let (year, month, day) = local.civil();
    let of_day = (local.0 - Ticks::of_day(year, month, day).0).max(0);
    let (seconds, fraction) = (of_day / SECOND, of_day % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = if fraction == 0 {
        String::new()
    } else {
        format!(".{fraction:07}")
    };
    let zone = if offset == 0 {
        "Z".to_owned()
    } else {
        let sign = if offset < 0 { '-' } else { '+' };
        format!(
            "{sign}{:02}:{:02}",
            offset.unsigned_abs() / 60,
            offset.unsigned_abs() % 60
        )
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
}

impl From<&'static str> for Prop {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Prop {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Option<String>> for Prop {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nil, Self::from)
    }
}

/// A property of `T`: its name and how it is read.
pub(crate) type Column<T> = (&'static str, fn(&T) -> Prop);

/// The column of a table with this name, case aside.
pub(crate) fn column<'t, T>(table: &'t [Column<T>], name: &str) -> Option<&'t Column<T>> {
    table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))
}
