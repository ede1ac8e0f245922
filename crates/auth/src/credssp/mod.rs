//! CredSSP ([MS-CSSP]).

mod fault;

pub use fault::CredSspFault;
