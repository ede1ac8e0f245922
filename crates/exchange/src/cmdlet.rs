//! A cmdlet as a type, and a call of it that has been checked.

use psbridge::FromClixml;

use crate::argument::Arguments;
use crate::check::{InvalidCall, check};
use crate::table::{CmdletTable, Place};

/// A cmdlet: a struct whose fields are the parameters.
pub trait Cmdlet {
    /// What one object of its output is.
    type Output: FromClixml;

    /// What is known of the cmdlet.
    const TABLE: &'static CmdletTable;

    /// Puts what the fields say into `arguments`.
    fn put(&self, arguments: &mut Arguments);

    /// The call, if Exchange at this place can take it.
    ///
    /// # Errors
    /// [`InvalidCall`] names the parameter and what it takes. Nothing has been sent.
    fn call(&self, place: Place) -> Result<Call, InvalidCall> {
        let mut arguments = Arguments::default();
        self.put(&mut arguments);
        check(Self::TABLE, &arguments, place)?;
        Ok(Call {
            table: Self::TABLE,
            arguments,
        })
    }
}

/// A call that has been checked.
#[derive(Debug, Clone)]
pub struct Call {
    table: &'static CmdletTable,
    arguments: Arguments,
}

impl Call {
    /// The cmdlet.
    #[must_use]
    pub fn table(&self) -> &'static CmdletTable {
        self.table
    }

    /// Its arguments.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }
}
