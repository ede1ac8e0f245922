//! Shells: a runspace pool and its pipelines on the server's side.

mod command;
mod crypto;
mod shell;
mod target;

pub(crate) use command::{Command, NoAnswer};
pub(crate) use shell::{Opening, Shell, ShellError};
pub(crate) use target::{State, Taken};
