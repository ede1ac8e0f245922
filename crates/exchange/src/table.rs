//! What is known of each cmdlet: the rows of `tables/cmdlets.txt`.

/// A cmdlet and its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CmdletTable {
    /// Its name.
    pub name: &'static str,
    /// The cmdlet that answers in its place over PSRP, where Exchange on premises lacks it.
    pub over_psrp: Option<&'static str>,
    /// It changes something.
    pub writes: bool,
    /// Of these parameters at most one may be given.
    pub alternatives: &'static [&'static str],
    /// All parameters.
    pub parameters: &'static [ParameterTable],
}

impl CmdletTable {
    /// The parameter of this name or alias, without regard to case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static ParameterTable> {
        self.parameters.iter().find(|parameter| {
            parameter.name.eq_ignore_ascii_case(name)
                || parameter
                    .alias
                    .is_some_and(|alias| alias.eq_ignore_ascii_case(name))
        })
    }
}

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterTable {
    /// Its name.
    pub name: &'static str,
    /// The type that the documentation of Exchange names.
    pub type_name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// It must be given.
    pub required: bool,
    /// Its position, where it needs no name.
    pub position: Option<u8>,
    /// It takes pipeline input.
    pub pipeline: bool,
    /// The parameter sets it belongs to; all when empty.
    pub sets: &'static [&'static str],
    /// Its other name.
    pub alias: Option<&'static str>,
    /// Where it exists.
    pub place: Place,
    /// The first version of Exchange on premises that has it, where not all do.
    pub since: Option<u16>,
    /// The values that it takes; any when empty.
    pub values: &'static [&'static str],
    /// Most characters of its text.
    pub longest: Option<usize>,
    /// Most values of its list.
    pub most: Option<usize>,
}

impl ParameterTable {
    /// A parameter about which nothing is said; the table writes only what differs from it.
    pub(crate) const OPTIONAL: Self = Self {
        name: "",
        type_name: "",
        kind: Kind::Text,
        required: false,
        position: None,
        pipeline: false,
        sets: &[],
        alias: None,
        place: Place::Both,
        since: None,
        values: &[],
        longest: None,
        most: None,
    };
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing: it is there or not.
    Switch,
    /// True or false.
    Boolean,
    /// Something that names an object of the directory.
    Identity,
    /// Text.
    Text,
    /// Texts.
    List,
    /// Texts, or what to add to them and to remove.
    MultiValued,
    /// A GUID.
    Guid,
    /// A number, or no limit.
    ResultSize,
    /// A user name and a password.
    Credential,
}

/// Where a parameter exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In Exchange Online and on premises.
    Both,
    /// In Exchange Online only.
    Online,
    /// On premises only.
    OnPremises,
}
