//! Exchange cmdlets as typed calls.
//!
//! A cmdlet is a struct whose fields are its parameters, with one setter each; its answer is a type. What can be known
//! before anything is sent is checked before: [`Cmdlet::call`] refuses an empty identity (Exchange would answer with
//! every object there is), parameters that exclude each other, values that a parameter does not take, and parameters
//! that do not exist where the call goes.
//!
//! ```
//! use psbridge_exchange::{Cmdlet, Filter, GetUser, Place, ResultSize};
//!
//! let call = GetUser::new()
//!     .filter(Filter::property("Department").equals("R&D").and(Filter::property("Name").starts_with("O'")))
//!     .result_size(ResultSize::AtMost(50))
//!     .call(Place::OnPremises)?;
//! assert_eq!(call.table().name, "Get-User");
//! # Ok::<(), psbridge_exchange::InvalidCall>(())
//! ```
//!
//! The table behind all this, `tables/cmdlets.txt`, is data; `scripts/exchange-tables` makes the structs of it.
#![warn(missing_docs)]

mod answer;
mod argument;
mod check;
mod cmdlet;
mod error;
mod exchange;
mod generated;
mod object;
mod psrp;
mod reason;
mod table;
mod translate;
mod value;

pub use answer::Answer;
pub use argument::{Argue, Argument, Arguments, Credential};
pub use check::InvalidCall;
pub use cmdlet::{Call, Cmdlet};
pub use error::{Error, ErrorKind};
pub use exchange::Exchange;
pub use generated::*;
pub use object::*;
pub use table::{CmdletTable, Kind, ParameterTable, Place};
pub use value::*;
