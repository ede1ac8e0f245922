//! Types of host calls: bags with the field names of .NET (protocol.md 4.5). Fields that are null are left out.

use psbridge_clixml::{Document, Object, SecureText, Value};

use super::bag::{Bag, items, string};
use super::{Payload, PayloadError};

macro_rules! numbers_bag {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name { $($(#[$field_doc])* pub $field: i32,)* }

        impl Payload for $name {
            fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
                let bag = Bag::new(document, value, stringify!($name))?;
                Ok(Self { $($field: bag.i32(stringify!($field))?,)* })
            }

            fn to_value(&self) -> Value {
                Object::bag()$(.extended(stringify!($field), self.$field))*.into()
            }
        }
    };
}

numbers_bag! {
    /// A place in the console's buffer.
    Coordinates {
        /// Column.
        x,
        /// Row.
        y,
    }
}

numbers_bag! {
    /// A size in characters.
    Size {
        /// Columns.
        width,
        /// Rows.
        height,
    }
}

numbers_bag! {
    /// A part of the console's buffer; the ends belong to it.
    Rectangle {
        /// First column.
        left,
        /// First row.
        top,
        /// Last column.
        right,
        /// Last row.
        bottom,
    }
}

/// One character of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferCell {
    /// UTF-16 unit.
    pub character: u16,
    /// ConsoleColor.
    pub foreground_color: i32,
    /// ConsoleColor.
    pub background_color: i32,
    /// 0 complete, 1 leading half, 2 trailing half of a wide character.
    pub cell_type: i32,
}

impl Payload for BufferCell {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "BufferCell")?;
        Ok(Self {
            character: character(&bag)?,
            foreground_color: bag.i32("foregroundColor")?,
            background_color: bag.i32("backgroundColor")?,
            cell_type: bag.i32("bufferCellType")?,
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("character", Value::Char(self.character))
            .extended("foregroundColor", self.foreground_color)
            .extended("backgroundColor", self.background_color)
            .extended("bufferCellType", self.cell_type)
            .into()
    }
}

/// A key that was pressed or released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// Windows' virtual key code.
    pub virtual_key_code: i32,
    /// UTF-16 unit.
    pub character: u16,
    /// Flags: 1 right Alt, 2 left Alt, 4 right Ctrl, 8 left Ctrl, 16 Shift, 32 NumLock…
    pub control_key_state: i32,
    /// Pressed, not released.
    pub key_down: bool,
}

impl Payload for KeyInfo {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "KeyInfo")?;
        Ok(Self {
            virtual_key_code: bag.i32("virtualKeyCode")?,
            character: character(&bag)?,
            control_key_state: bag.i32("controlKeyState")?,
            key_down: bag.bool("keyDown")?,
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("virtualKeyCode", self.virtual_key_code)
            .extended("character", Value::Char(self.character))
            .extended("controlKeyState", self.control_key_state)
            .extended("keyDown", self.key_down)
            .into()
    }
}

fn character(bag: &Bag<'_>) -> Result<u16, PayloadError> {
    match bag.required("character")?.base() {
        Value::Char(unit) => Ok(*unit),
        _ => Err(bag.kind("character", "a character")),
    }
}

/// A field that a prompt asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDescription {
    /// Name; the key of the answer.
    pub name: String,
    /// Label with `&` before its hot key.
    pub label: String,
    /// As `SecureString`.
    pub parameter_type_name: String,
    /// As `System.Security.SecureString`.
    pub parameter_type_full_name: String,
    /// Assembly-qualified type name.
    pub parameter_assembly_full_name: String,
    /// Help.
    pub help_message: String,
    /// An answer is needed.
    pub is_mandatory: bool,
    /// What stands there if nothing is entered.
    pub default_value: Value,
}

impl FieldDescription {
    /// A mandatory field of a type of .NET's core library, as `System.String`.
    pub fn new(name: impl Into<String>, type_full_name: &str) -> Self {
        let short = type_full_name.rsplit('.').next().unwrap_or(type_full_name);
        Self {
            name: name.into(),
            label: String::new(),
            parameter_type_name: short.to_owned(),
            parameter_type_full_name: type_full_name.to_owned(),
            parameter_assembly_full_name: format!(
                "{type_full_name}, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089"
            ),
            help_message: String::new(),
            is_mandatory: true,
            default_value: Value::Nil,
        }
    }

    /// The answer must be a secure string.
    pub fn is_secure(&self) -> bool {
        self.parameter_type_full_name
            .eq_ignore_ascii_case("System.Security.SecureString")
    }
}

impl Payload for FieldDescription {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "FieldDescription")?;
        let text = |property| bag.opt_text(property).unwrap_or_default();
        Ok(Self {
            name: bag.text("name")?,
            label: text("label"),
            parameter_type_name: text("parameterTypeName"),
            parameter_type_full_name: text("parameterTypeFullName"),
            parameter_assembly_full_name: text("parameterAssemblyFullName"),
            help_message: text("helpMessage"),
            is_mandatory: bag.bool_or("isMandatory", false)?,
            default_value: bag.value("defaultValue"),
        })
    }

    fn to_value(&self) -> Value {
        let mut bag = Object::bag()
            .extended("name", string(&self.name))
            .extended("label", string(&self.label))
            .extended("parameterTypeName", string(&self.parameter_type_name))
            .extended("parameterTypeFullName", string(&self.parameter_type_full_name))
            .extended(
                "parameterAssemblyFullName",
                string(&self.parameter_assembly_full_name),
            )
            .extended("helpMessage", string(&self.help_message))
            .extended("isMandatory", self.is_mandatory);
        if !self.default_value.is_nil() {
            bag = bag.extended("defaultValue", self.default_value.clone());
        }
        bag.extended("metadata", array_list(Vec::<Value>::new()))
            .extended("modifiedByRemotingProtocol", false)
            .extended("isFromRemoteHost", false)
            .into()
    }
}

/// An answer that a prompt offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceDescription {
    /// Label with `&` before its hot key.
    pub label: String,
    /// Help.
    pub help_message: String,
}

impl Payload for ChoiceDescription {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "ChoiceDescription")?;
        Ok(Self {
            label: bag.text("label")?,
            help_message: bag.opt_text("helpMessage").unwrap_or_default(),
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("label", string(&self.label))
            .extended("helpMessage", string(&self.help_message))
            .into()
    }
}

/// User name and password, the password sealed as the session's secure strings are.
#[derive(Debug, Clone, PartialEq)]
pub struct PsCredential {
    /// User name; `None` for the empty credential.
    pub user_name: Option<String>,
    /// Password.
    pub password: Option<SecureText>,
}

impl Payload for PsCredential {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "PSCredential")?;
        Ok(Self {
            user_name: bag.opt_text("UserName"),
            password: match bag.get("Password") {
                Some(Value::SecureString(text)) => Some(text.clone()),
                None => None,
                Some(_) => return Err(bag.kind("Password", "a secure string")),
            },
        })
    }

    fn to_value(&self) -> Value {
        let name = "System.Management.Automation.PSCredential";
        Object::typed([name, "System.Object"])
            .with_to_string(name)
            .adapted("UserName", self.user_name.as_deref().map(Value::from))
            .adapted("Password", self.password.clone())
            .into()
    }
}

/// A list as host calls write it.
pub(super) fn array_list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Value {
    Object::list(["System.Collections.ArrayList", "System.Object"], items).into()
}

/// Reads the default choices of PromptForChoiceMultipleSelection, which come as a list or as an encoded array
/// (`mae`, `mal`).
pub fn read_choice_defaults(document: &Document, value: &Value) -> Vec<i32> {
    let list = match document
        .deref(value)
        .as_object()
        .and_then(|object| object.get("mae"))
    {
        Some(elements) => items(document, elements),
        None => items(document, value),
    };
    list.unwrap_or_default()
        .iter()
        .filter_map(Value::as_i32)
        .collect()
}
