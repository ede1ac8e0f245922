//! WS-Management: requests, answers and faults as typed values, for both roles (protocol.md 1, 2).

mod budget;
pub mod duration;
mod error;
mod fault;
mod fault_table;
mod inspect;
pub mod ns;
mod parse_request;
mod parse_response;
mod request;
#[cfg(test)]
mod request_tests;
mod response;
#[cfg(test)]
mod response_tests;
mod tree;
mod write;

pub use budget::{AnswerBudget, EnvelopeBudget, INITIAL_ENVELOPE_SIZE, RAISED_ENVELOPE_SIZE};
pub use error::Error;
pub use fault::{Fault, NestedFault, ProviderFault, WmiError};
pub use fault_table::{FAULTS, FaultAction, FaultInfo, fault_info};
pub use inspect::{Inspected, InspectedStream, inspect, inspect_partial};
/// Decodes a body: UTF-8, or UTF-16 with a byte order mark.
pub use psbridge_clixml::xml::decode as decode_text;
pub use request::{
    CommandRequest, Request, RequestBody, RequestHeader, ShellRequest, SignalCode, StreamData, WsmanOption,
    id_text, uuid_text,
};
pub use response::{
    CommandState, CommandStateKind, CreateResponse, IdentifyResponse, ReceiveResponse, Response,
    ResponseBody, ResponseHeader, ShellDescription, StreamText,
};
