//! The values of PowerShell as CLIXML carries them.

use std::fmt;

use rust_decimal::Decimal;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{DateTime, Members, PsString, TimeSpan, TypeNames, Version};

/// One value: a primitive, a reference, or an object.
///
/// The comment names the CLIXML tag. Strings are kept as UTF-16 allows them ([`PsString`]); `SBK` and `XD` are kept
/// apart from `S`, as they stand on the wire.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// `Nil`
    #[default]
    Nil,
    /// `S`
    String(PsString),
    /// `C`: a UTF-16 unit, halves of surrogate pairs included
    Char(u16),
    /// `B`
    Bool(bool),
    /// `DT`
    DateTime(DateTime),
    /// `TS`
    TimeSpan(TimeSpan),
    /// `By`
    Byte(u8),
    /// `SB`
    SByte(i8),
    /// `U16`
    UInt16(u16),
    /// `I16`
    Int16(i16),
    /// `U32`
    UInt32(u32),
    /// `I32`
    Int32(i32),
    /// `U64`
    UInt64(u64),
    /// `I64`
    Int64(i64),
    /// `Sg`
    Single(f32),
    /// `Db`
    Double(f64),
    /// `D`
    Decimal(Decimal),
    /// `BA`
    Bytes(Vec<u8>),
    /// `G`
    Guid(Uuid),
    /// `URI`
    Uri(PsString),
    /// `Version`
    Version(Version),
    /// `XD`: the text of an XML document
    Xml(PsString),
    /// `SBK`
    ScriptBlock(PsString),
    /// `SS`
    SecureString(SecureText),
    /// `PR`
    Progress(Box<ProgressRecord>),
    /// `Ref`: an object that stands elsewhere in the same document
    Ref(RefId),
    /// `MS` inside another `MS`: a named set of members, such as `PSStandardMembers`
    MemberSet(Members),
    /// `Obj`
    Object(Box<Object>),
}

/// A complex object: `<Obj>`.
///
/// Everything is as on the wire; [`Object::get`] looks a property up as PowerShell does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    /// The id by which `Ref`s name it. `None` when writing: the writer gives one.
    pub ref_id: Option<RefId>,
    /// Type names, most derived first.
    pub type_names: TypeNames,
    /// The text that the object's `ToString` gave.
    pub to_string: Option<PsString>,
    /// What the object is besides its members: a primitive value, a list, a dictionary.
    pub content: Content,
    /// Adapted members, `<Props>`: properties of the .NET object.
    pub adapted: Members,
    /// Extended members, `<MS>`: note properties.
    pub extended: Members,
}

/// What an [`Object`] is besides its members.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Content {
    /// Nothing: an object of properties.
    #[default]
    None,
    /// A primitive with members or type names of its own, the number of an enumeration, or a wrapped object.
    Value(Value),
    /// A list of any kind.
    List(ListKind, Vec<Value>),
    /// `DCT`: keys and values in order; equal keys stay side by side.
    Dictionary(Vec<(Value, Value)>),
}

/// The kinds of lists that CLIXML keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// `LST`: arrays and lists
    List,
    /// `IE`: any other enumerable
    Enumerable,
    /// `STK`: top first
    Stack,
    /// `QUE`: first in first
    Queue,
}

impl ListKind {
    /// The CLIXML tag.
    pub const fn tag(self) -> &'static str {
        match self {
            ListKind::List => "LST",
            ListKind::Enumerable => "IE",
            ListKind::Stack => "STK",
            ListKind::Queue => "QUE",
        }
    }
}

/// The id of an object within its document: any text on the wire, nearly always a small number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefId(Id);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Id {
    /// Written as Rust writes the number.
    Number(u32),
    /// Anything else.
    Text(Box<str>),
}

impl RefId {
    /// The id as text.
    pub fn new(text: &str) -> RefId {
        let canonical = matches!(text.as_bytes(), [b'0'] | [b'1'..=b'9', ..]);
        match text.parse() {
            Ok(number) if canonical => RefId(Id::Number(number)),
            _ => RefId(Id::Text(text.into())),
        }
    }

    /// The number, where the id is one in its shortest form.
    pub fn as_number(&self) -> Option<u32> {
        match self.0 {
            Id::Number(number) => Some(number),
            Id::Text(_) => None,
        }
    }
}

impl From<u32> for RefId {
    fn from(number: u32) -> Self {
        RefId(Id::Number(number))
    }
}

impl From<&str> for RefId {
    fn from(text: &str) -> Self {
        RefId::new(text)
    }
}

impl fmt::Display for RefId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Id::Number(number) => fmt::Display::fmt(number, f),
            Id::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for RefId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A `SecureString` as sent: base64 of encrypted text in PSRP, hexadecimal in files. `Debug` hides it, and its memory
/// is wiped: from protocol 2.4 on the text is only encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct SecureText(Zeroizing<String>);

impl SecureText {
    /// The text as it goes on the wire.
    pub fn new(text: impl Into<String>) -> SecureText {
        SecureText(Zeroizing::new(text.into()))
    }

    /// The text as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecureText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureText(…)")
    }
}

/// A `PR` element: progress in the streams of a document. (PSRP sends progress as an ordinary object.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressRecord {
    /// What is being done; never empty.
    pub activity: PsString,
    /// Tells activities apart; never negative.
    pub activity_id: i32,
    /// The step within the activity.
    pub current_operation: Option<PsString>,
    /// The enclosing activity, −1 for none.
    pub parent_activity_id: i32,
    /// 0 to 100, negative for unknown.
    pub percent_complete: i32,
    /// Whether the activity goes on.
    pub record_type: ProgressRecordType,
    /// Time left in seconds, negative for unknown.
    pub seconds_remaining: i32,
    /// The state in words; never empty, often one blank.
    pub status_description: PsString,
}

impl ProgressRecord {
    /// Whether PowerShell's own record could hold this.
    pub fn is_possible(&self) -> bool {
        self.activity_id >= 0
            && self.percent_complete <= 100
            && self.parent_activity_id != self.activity_id
            && !self.activity.is_empty()
            && !self.status_description.is_empty()
    }
}

/// Whether an activity goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProgressRecordType {
    /// It goes on.
    #[default]
    Processing,
    /// It is over.
    Completed,
}

impl ProgressRecordType {
    /// The name that CLIXML writes.
    pub const fn name(self) -> &'static str {
        match self {
            ProgressRecordType::Processing => "Processing",
            ProgressRecordType::Completed => "Completed",
        }
    }
}
