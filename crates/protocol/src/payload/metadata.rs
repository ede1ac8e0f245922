use psbridge_clixml::{Document, Object, Value};

use super::bag::{Bag, items, text};
use super::{Payload, PayloadError};

/// Kinds of commands, as flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandTypes(pub i32);

impl CommandTypes {
    /// What PowerShell asks for: aliases, functions, filters, cmdlets and configurations.
    pub const DEFAULT: Self = Self(271);
    /// Cmdlets.
    pub const CMDLET: Self = Self(8);
    /// Everything.
    pub const ALL: Self = Self(511);

    const NAMES: [(&'static str, i32); 9] = [
        ("Alias", 1),
        ("Function", 2),
        ("Filter", 4),
        ("Cmdlet", 8),
        ("ExternalScript", 16),
        ("Application", 32),
        ("Script", 64),
        ("Workflow", 128),
        ("Configuration", 256),
    ];

    /// These kinds contain those of `other`.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names as .NET prints them.
    pub fn name(self) -> String {
        if self == Self::ALL {
            return "All".to_owned();
        }
        let names: Vec<_> = Self::NAMES
            .iter()
            .filter(|(_, flag)| self.0 & flag != 0)
            .map(|(name, _)| *name)
            .collect();
        names.join(", ")
    }

    /// The enumeration object that PowerShell writes.
    pub fn to_value(self) -> Value {
        Value::enumeration("System.Management.Automation.CommandTypes", &self.name(), self.0)
    }

    pub(super) fn number_of(name: &str) -> Option<i32> {
        if name.eq_ignore_ascii_case("All") {
            return Some(Self::ALL.0);
        }
        Self::NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, flag)| *flag)
    }
}

/// GET_COMMAND_METADATA (protocol.md 4.3.8).
#[derive(Debug, Clone, PartialEq)]
pub struct GetCommandMetadata {
    /// Names, wildcards allowed; empty for all.
    pub names: Vec<String>,
    /// Kinds.
    pub command_types: CommandTypes,
    /// Modules, wildcards allowed; empty for all.
    pub namespaces: Vec<String>,
    /// Arguments for dynamic parameters.
    pub arguments: Option<Vec<Value>>,
}

impl GetCommandMetadata {
    /// Asks for the commands with these names.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            names: names.into_iter().map(Into::into).collect(),
            command_types: CommandTypes::DEFAULT,
            namespaces: Vec::new(),
            arguments: None,
        }
    }
}

impl Payload for GetCommandMetadata {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "GET_COMMAND_METADATA")?;
        let texts = |property| match bag.get(property) {
            Some(single) if single.as_text().is_some() => text(single).into_iter().collect(),
            _ => bag.texts(property),
        };
        bag.required("Name")?;
        Ok(Self {
            names: texts("Name"),
            command_types: CommandTypes(bag.enumeration("CommandType", CommandTypes::number_of)?),
            namespaces: texts("Namespace"),
            arguments: bag
                .get("ArgumentList")
                .and_then(|list| items(document, list))
                .map(<[Value]>::to_vec),
        })
    }

    fn to_value(&self) -> Value {
        let strings = |texts: &[String]| {
            Object::list(
                ["System.String[]", "System.Array", "System.Object"],
                texts.iter().map(String::as_str),
            )
        };
        let names = (!self.names.is_empty()).then(|| strings(&self.names));
        Object::bag()
            .extended("Name", names)
            .extended("CommandType", self.command_types.to_value())
            .extended("Namespace", strings(&self.namespaces))
            .extended("FullyQualifiedModule", Value::Nil)
            .extended("ArgumentList", self.arguments.clone().map(Value::list))
            .into()
    }
}

/// The first output of GET_COMMAND_METADATA: how many commands follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandCount(pub i32);

impl Payload for CommandCount {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        Bag::new(document, value, "command count")?.i32("Count").map(Self)
    }

    fn to_value(&self) -> Value {
        let names = [
            "Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo",
            "System.Management.Automation.PSCustomObject",
            "System.Object",
        ];
        Object::typed(names).extended("Count", self.0).into()
    }
}
