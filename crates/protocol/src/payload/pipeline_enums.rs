//! Flags of CREATE_PIPELINE (protocol.md 4.3.5).

use psbridge_clixml::Value;

/// Where the records of a stream go, by number: PowerShell versions print combinations under different names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PipelineResultTypes(pub i32);

impl PipelineResultTypes {
    /// Name of the .NET type.
    pub const TYPE_NAME: &str = "System.Management.Automation.Runspaces.PipelineResultTypes";
    /// Stays where it is.
    pub const NONE: Self = Self(0);
    /// To, or from, the output.
    pub const OUTPUT: Self = Self(1);
    /// Errors.
    pub const ERROR: Self = Self(2);
    /// Warnings.
    pub const WARNING: Self = Self(3);
    /// Verbose records.
    pub const VERBOSE: Self = Self(4);
    /// Debug records.
    pub const DEBUG: Self = Self(5);
    /// Information records, from 2.3.
    pub const INFORMATION: Self = Self(6);
    /// All streams, from 2.3.
    pub const ALL: Self = Self(7);
    /// Dropped, from 2.3.
    pub const NULL: Self = Self(8);

    const NAMES: [&'static str; 9] = [
        "None",
        "Output",
        "Error",
        "Warning",
        "Verbose",
        "Debug",
        "Information",
        "All",
        "Null",
    ];

    /// The name, or the number where there is none.
    pub fn name(self) -> String {
        let name = usize::try_from(self.0)
            .ok()
            .and_then(|index| Self::NAMES.get(index));
        name.map_or_else(|| self.0.to_string(), |name| (*name).to_owned())
    }

    pub(super) fn number_of(name: &str) -> Option<i32> {
        (0..)
            .zip(Self::NAMES)
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
            .map(|(number, _)| number)
    }

    /// The enumeration object that PowerShell writes.
    pub fn to_value(self) -> Value {
        Value::enumeration(Self::TYPE_NAME, &self.name(), self.0)
    }
}

/// Which records carry the invocation that wrote them, and with it the whole text of a script each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RemoteStreamOptions(pub i32);

impl RemoteStreamOptions {
    /// Name of the .NET type.
    pub const TYPE_NAME: &str = "System.Management.Automation.RemoteStreamOptions";
    /// None.
    pub const NONE: Self = Self(0);
    /// Errors.
    pub const ERROR: Self = Self(1);
    /// Warnings.
    pub const WARNING: Self = Self(2);
    /// Debug records.
    pub const DEBUG: Self = Self(4);
    /// Verbose records.
    pub const VERBOSE: Self = Self(8);
    /// All four.
    pub const ALL: Self = Self(15);

    const NAMES: [(&'static str, i32); 5] = [
        ("AddInvocationInfo", 15),
        ("AddInvocationInfoToErrorRecord", 1),
        ("AddInvocationInfoToWarningRecord", 2),
        ("AddInvocationInfoToDebugRecord", 4),
        ("AddInvocationInfoToVerboseRecord", 8),
    ];

    /// These flags contain those of `other`.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn number_of(name: &str) -> Option<i32> {
        Self::NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, flag)| *flag)
    }

    /// The names as .NET prints them; `0` for none.
    pub fn name(self) -> String {
        if self == Self::NONE {
            return "0".to_owned();
        }
        if self == Self::ALL {
            return "AddInvocationInfo".to_owned();
        }
        let single = Self::NAMES.iter().skip(1).filter(|(_, flag)| self.0 & flag != 0);
        single.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    /// The enumeration object that PowerShell writes.
    pub fn to_value(self) -> Value {
        Value::enumeration(Self::TYPE_NAME, &self.name(), self.0)
    }
}
