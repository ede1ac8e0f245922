//! The commands of the two configurations.

mod discovery;
mod exchange;
mod host;
mod lab;
mod output;
mod pipe;
mod wire;

use crate::engine::bind::{Bound, Parameter};
use crate::engine::{Configuration, Context, Halt, Stage};

pub(crate) use discovery::metadata;

/// Starts a command with its arguments.
pub(crate) type Start = fn(&Bound, &mut Context) -> Result<Box<dyn Stage>, Halt>;
/// Starts a command with its arguments and the objects of the pipeline.
pub(crate) type StartPiped = fn(Bound, Option<Box<dyn Stage>>) -> Box<dyn Stage>;

/// How a command starts.
#[derive(Clone, Copy)]
pub(crate) enum Make {
    /// Once, or once for each object of the pipeline.
    PerRecord(Start),
    /// With all objects of the pipeline.
    Stream(StartPiped),
}

/// A command.
pub(crate) struct Cmdlet {
    pub(crate) name: &'static str,
    /// Its .NET class, as error ids name it.
    pub(crate) class: &'static str,
    pub(crate) module: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) output: &'static [&'static str],
    pub(crate) make: Make,
}

/// The commands of a configuration, by name.
pub(crate) fn of(configuration: Configuration) -> Vec<&'static Cmdlet> {
    let own: &[&[Cmdlet]] = match configuration {
        Configuration::Exchange => &[exchange::CMDLETS],
        Configuration::PowerShell => &[output::CMDLETS, host::CMDLETS, lab::CMDLETS],
    };
    let mut all: Vec<&'static Cmdlet> = own
        .iter()
        .copied()
        .flatten()
        .chain(pipe::CMDLETS)
        .chain(discovery::CMDLETS)
        .collect();
    all.sort_by_key(|cmdlet| cmdlet.name);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_can_be_told_apart() {
        for configuration in [Configuration::Exchange, Configuration::PowerShell] {
            for cmdlet in of(configuration) {
                let mut names: Vec<String> = cmdlet
                    .parameters
                    .iter()
                    .chain(crate::engine::bind::common())
                    .flat_map(|p| std::iter::once(&p.name).chain(p.aliases))
                    .map(|name| name.to_ascii_lowercase())
                    .collect();
                let count = names.len();
                names.sort();
                names.dedup();
                assert_eq!(names.len(), count, "{}", cmdlet.name);
            }
        }
    }
}
