//! What a call says: names and values, before a backend writes them in its own way.

use psbridge::Secret;
use uuid::Uuid;

/// The arguments of one call, in the order of the cmdlet's table.
#[derive(Debug, Clone, Default)]
pub struct Arguments(Vec<(&'static str, Argument)>);

impl Arguments {
    /// Adds an argument, if the value says anything.
    pub fn put(&mut self, name: &'static str, value: &impl Argue) {
        self.0.extend(value.argument().map(|argument| (name, argument)));
    }

    /// Adds a switch that is on.
    pub fn switch(&mut self, name: &'static str, on: bool) {
        if on {
            self.always(name, true);
        }
    }

    /// Adds a switch, on or off: left out, Exchange would decide (`Confirm`).
    pub fn always(&mut self, name: &'static str, on: bool) {
        self.0.push((name, Argument::Switch(on)));
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Argument> {
        self.iter()
            .find_map(|(known, argument)| (known == name).then_some(argument))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Argument)> {
        self.0.iter().map(|(name, argument)| (*name, argument))
    }
}

/// A value of a parameter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Argument {
    /// A switch, on or off.
    Switch(bool),
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(u32),
    /// Text.
    Text(String),
    /// A list that takes the place of what is there.
    List(Vec<String>),
    /// What to add to a list and to remove from it.
    Change {
        /// Values to add.
        add: Vec<String>,
        /// Values to remove.
        remove: Vec<String>,
    },
    /// A GUID.
    Guid(Uuid),
    /// A user name and a password.
    Credential(Credential),
}

/// A user name and a password, for the parameter `-Credential`. Neither is printed.
#[derive(Clone)]
pub struct Credential {
    /// `DOMAIN\user` or `user@domain`.
    pub user: String,
    /// The password.
    pub password: Secret,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").finish_non_exhaustive()
    }
}

/// A type whose values can be arguments.
pub trait Argue {
    /// The argument; none for a value that says nothing.
    fn argument(&self) -> Option<Argument>;
}

impl<T: Argue> Argue for Option<T> {
    fn argument(&self) -> Option<Argument> {
        self.as_ref().and_then(Argue::argument)
    }
}

/// Lists are of texts.
impl<T: Argue> Argue for Vec<T> {
    fn argument(&self) -> Option<Argument> {
        let texts = self.iter().filter_map(|value| match value.argument() {
            Some(Argument::Text(text)) => Some(text),
            _ => None,
        });
        (!self.is_empty()).then(|| Argument::List(texts.collect()))
    }
}

impl Argue for bool {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Boolean(*self))
    }
}

impl Argue for String {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Text(self.clone()))
    }
}

impl Argue for Uuid {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Guid(*self))
    }
}

impl Argue for Credential {
    fn argument(&self) -> Option<Argument> {
        Some(Argument::Credential(self.clone()))
    }
}
