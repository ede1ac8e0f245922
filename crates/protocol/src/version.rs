//! Versions of PSRP and what they bring (protocol.md 4.3.1).

use std::fmt;
use std::str::FromStr;

/// A version of PSRP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion {
    /// 2, so far.
    pub major: u32,
    /// What grows.
    pub minor: u32,
}

impl ProtocolVersion {
    /// The first one.
    pub const V2_0: Self = Self { major: 2, minor: 0 };
    /// PowerShell 2.0.
    pub const V2_1: Self = Self { major: 2, minor: 1 };
    /// PowerShell 3.0 and 4.0: disconnecting, several statements, merging of more streams, 500 KB envelopes.
    pub const V2_2: Self = Self { major: 2, minor: 2 };
    /// PowerShell 5.0 to 7.5: the information stream, reset of runspaces.
    pub const V2_3: Self = Self { major: 2, minor: 3 };
    /// PowerShell 7.6: no key exchange; secure strings rely on the transport.
    pub const V2_4: Self = Self { major: 2, minor: 4 };

    /// One of 2.0 to 2.3, which every client accepts.
    pub fn is_classic(self) -> bool {
        self >= Self::V2_0 && self <= Self::V2_3
    }

    /// `MergeError`, `MergeWarning`, `MergeVerbose` and `MergeDebug` are understood, and several statements.
    pub fn has_batches(self) -> bool {
        self >= Self::V2_2
    }

    /// `MergeInformation` and RESET_RUNSPACE_STATE are understood.
    pub fn has_information(self) -> bool {
        self >= Self::V2_3
    }

    /// Secure strings are encrypted with an exchanged key.
    pub fn exchanges_keys(self) -> bool {
        self < Self::V2_4
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text is not a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of two numbers")]
pub struct ParseVersionError;

impl FromStr for ProtocolVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(ParseVersionError),
        }
    }
}
