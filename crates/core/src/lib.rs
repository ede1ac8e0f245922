//! Remote PowerShell sessions over WinRM.
#![warn(missing_docs)]

mod builder;
mod channel;
mod endpoint;
mod error;
pub mod exchange;
mod http;
mod options;
mod pipeline;
mod record;
mod secret;
mod session;
pub mod syntax;
mod text;
pub mod transport;

pub use psbridge_clixml as clixml;
pub use psbridge_clixml::{Document, FromClixml, Object, Value};
pub use psbridge_protocol as protocol;
pub use psbridge_protocol::payload::{
    Argument, Command, ErrorRecord, InformationRecord, InformationalRecord, Merges, PipelineState, Received,
    RemoteStreamOptions, Statement,
};
pub use psbridge_recording as recording;

pub use builder::{Destination, SessionBuilder};
pub use endpoint::{DEFAULT_CONFIGURATION, EXCHANGE_CONFIGURATION, Endpoint, Scheme};
pub use error::{Error, ErrorKind};
pub use http::{HttpExchange, HttpOptions, TlsOptions};
pub use options::{Authentication, Limits, UnknownAuthentication};
pub use pipeline::{InputError, Pipeline};
pub use record::{Collected, Record};
pub use secret::Secret;
pub use session::{Objects, Prepared, RecordStream, Session, Stats, Stopper};
