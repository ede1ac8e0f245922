use psbridge_clixml::{Document, Object, Value};

use super::bag::Bag;
use super::enums::ps_enum;
use super::{ErrorRecord, Payload, PayloadError};

ps_enum! {
    /// State of a pool on the wire; a server sends only 2 to 5 (protocol.md 4.3.6).
    RunspacePoolState: "System.Management.Automation.Runspaces.RunspacePoolState" {
        /// Nothing has happened.
        BeforeOpen = 0,
        /// It is being opened.
        Opening = 1,
        /// Pipelines may run.
        Opened = 2,
        /// It has ended.
        Closed = 3,
        /// It is ending.
        Closing = 4,
        /// It cannot be used any more.
        Broken = 5,
        /// It is being left.
        Disconnecting = 6,
        /// It lives on without a client.
        Disconnected = 7,
        /// A client comes back.
        Connecting = 8,
    }
}

ps_enum! {
    /// State of a pipeline (protocol.md 4.3.6).
    PipelineState: "System.Management.Automation.PSInvocationState" {
        /// Nothing has happened.
        NotStarted = 0,
        /// It runs.
        Running = 1,
        /// It is being stopped.
        Stopping = 2,
        /// It was stopped.
        Stopped = 3,
        /// It ran to its end.
        Completed = 4,
        /// It ended with an error.
        Failed = 5,
        /// It runs on without a client.
        Disconnected = 6,
    }
}

impl PipelineState {
    /// Nothing follows.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Stopped | Self::Completed | Self::Failed)
    }
}

macro_rules! state_message {
    ($(#[$doc:meta])* $name:ident($state:ident, $property:literal, $payload:literal)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            /// The state.
            pub state: $state,
            /// Why, where it is a bad one.
            pub error: Option<Box<ErrorRecord>>,
        }

        impl $name {
            /// A state without an error.
            pub fn new(state: $state) -> Self {
                Self { state, error: None }
            }

            /// A state with its reason.
            pub fn with_error(state: $state, error: ErrorRecord) -> Self {
                Self { state, error: Some(Box::new(error)) }
            }
        }

        impl Payload for $name {
            fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
                let bag = Bag::new(document, value, $payload)?;
                let number = bag.enumeration($property, $state::number_of)?;
                let state = $state::from_number(number).ok_or_else(|| bag.range($property, number))?;
                let error = match bag.get("ExceptionAsErrorRecord") {
                    Some(error) => Some(Box::new(ErrorRecord::from_value(document, error)?)),
                    None => None,
                };
                Ok(Self { state, error })
            }

            fn to_value(&self) -> Value {
                let mut bag = Object::bag().extended($property, self.state.number());
                if let Some(error) = &self.error {
                    bag = bag.extended("ExceptionAsErrorRecord", error.to_value());
                }
                bag.into()
            }
        }
    };
}

state_message! {
    /// RUNSPACEPOOL_STATE.
    RunspacePoolStateMessage(RunspacePoolState, "RunspaceState", "RUNSPACEPOOL_STATE")
}

state_message! {
    /// PIPELINE_STATE.
    PipelineStateMessage(PipelineState, "PipelineState", "PIPELINE_STATE")
}
