//! What the messages say: one struct for each CLIXML payload (protocol.md 4.3, 4.5, 4.6, 5.6), for both roles.
//!
//! Reading finds properties in any order and case, and takes enumerations as number, as name and as object, as
//! PowerShell does. Writing has the order and the types of a real PowerShell.

mod bag;
mod capability;
mod enums;
mod error_record;
mod event;
mod host_call;
mod host_info;
mod host_methods;
mod host_types;
mod invocation;
mod keys;
mod metadata;
mod pipeline;
mod pipeline_enums;
mod pool;
mod records;
mod state;

use psbridge_clixml::{Document, Value};

pub use capability::{ApplicationPrivateData, SessionCapability, primitive_dictionary};
pub use enums::{ApartmentState, PsThreadOptions};
pub use error_record::{ErrorCategory, ErrorRecord};
pub use event::UserEvent;
pub use host_call::{HostCall, HostResponse, VOID_CALL};
pub use host_info::{HostDefaultData, HostInfo};
pub use host_methods::{HOST_METHODS, HostMethod, HostParameter, HostType};
pub use host_types::{
    BufferCell, ChoiceDescription, Coordinates, FieldDescription, KeyInfo, PsCredential, Rectangle, Size,
    read_choice_defaults,
};
pub use invocation::{CommandInfo, CommandOrigin, InvocationInfo, ScriptExtent};
pub use keys::{EncryptedSessionKey, PublicKey};
pub use metadata::{CommandCount, CommandTypes, GetCommandMetadata};
pub use pipeline::{Argument, Command, CreatePipeline, Merges, Statement};
pub use pipeline_enums::{PipelineResultTypes, RemoteStreamOptions};
pub use pool::{
    AvailabilityResponse, ConnectRunspacePool, InitRunspacePool, PoolRequest, PoolRequestKind,
    RunspaceAvailability, RunspacePoolInitData,
};
pub use records::{InformationRecord, InformationalKind, InformationalRecord, ProgressMessage};
pub use state::{PipelineState, PipelineStateMessage, RunspacePoolState, RunspacePoolStateMessage};

/// A payload: read from a message's document, written as a value.
pub trait Payload: Sized {
    /// Reads the payload from one value of a document; references are looked up there.
    ///
    /// # Errors
    /// When something that must be there is missing or of the wrong kind.
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError>;

    /// The payload as a value, in the order in which PowerShell writes it.
    fn to_value(&self) -> Value;

    /// Reads the payload from a whole message.
    ///
    /// # Errors
    /// As [`Payload::from_value`].
    fn from_document(document: &Document) -> Result<Self, PayloadError> {
        Self::from_value(document, document.root().unwrap_or(&Value::Nil))
    }
}

/// Why a payload could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A property that must be there is missing.
    #[error("{payload} has no property {property}")]
    Missing {
        /// The payload's name.
        payload: &'static str,
        /// The property's name.
        property: &'static str,
    },
    /// A property or the payload itself is of the wrong kind.
    #[error("{property} of {payload} is not {expected}")]
    Kind {
        /// The payload's name.
        payload: &'static str,
        /// The property's name; the payload's own name where it is not an object at all.
        property: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A value is out of its range.
    #[error("{property} of {payload} is out of range: {value}")]
    Range {
        /// The payload's name.
        payload: &'static str,
        /// The property's name.
        property: &'static str,
        /// The value.
        value: String,
    },
}

/// A payload together with the document it was read from, which holds what the struct does not and resolves the
/// references of the values in it.
#[derive(Debug, Clone)]
pub struct Received<T> {
    /// What was read.
    pub value: T,
    /// The whole message.
    pub document: Document,
}

impl<T: Payload> Received<T> {
    /// Reads a payload and keeps its document.
    ///
    /// # Errors
    /// As [`Payload::from_document`].
    pub fn read(document: Document) -> Result<Self, PayloadError> {
        Ok(Self {
            value: T::from_document(&document)?,
            document,
        })
    }
}

impl<T> std::ops::Deref for Received<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
