use std::fmt;

use crate::argument::{Argue, Argument};

/// How many objects to answer with. It is always said, because Exchange stops at 1000 when it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ResultSize {
    /// All there are.
    #[default]
    Unlimited,
    /// So many at most.
    AtMost(u32),
}

impl From<u32> for ResultSize {
    fn from(number: u32) -> Self {
        Self::AtMost(number)
    }
}

impl fmt::Display for ResultSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("Unlimited"),
            Self::AtMost(number) => number.fmt(f),
        }
    }
}

impl Argue for ResultSize {
    fn argument(&self) -> Option<Argument> {
        Some(match self {
            Self::Unlimited => Argument::Text("Unlimited".to_owned()),
            Self::AtMost(number) => Argument::Number(*number),
        })
    }
}
