use psbridge_clixml::{Document, Object, Value};

use super::bag::Bag;
use super::{ApartmentState, HostInfo, Payload, PayloadError, PsThreadOptions};
use crate::message::MessageType;

/// INIT_RUNSPACEPOOL (protocol.md 4.3.2).
#[derive(Debug, Clone, PartialEq)]
pub struct InitRunspacePool {
    /// At least 1.
    pub min_runspaces: i32,
    /// At least [`InitRunspacePool::min_runspaces`].
    pub max_runspaces: i32,
    /// Threads of the runspaces.
    pub thread_options: PsThreadOptions,
    /// Apartment of the threads.
    pub apartment_state: ApartmentState,
    /// A primitive dictionary, or Nil. A PSVersion of 4 or more in it switches the server's debugger on.
    pub application_arguments: Value,
    /// The client's host.
    pub host_info: HostInfo,
}

impl Payload for InitRunspacePool {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "INIT_RUNSPACEPOOL")?;
        let (min, max) = (bag.i32("MinRunspaces")?, bag.i32("MaxRunspaces")?);
        if min < 1 {
            return Err(bag.range("MinRunspaces", min));
        }
        if max < min {
            return Err(bag.range("MaxRunspaces", max));
        }
        let threads = bag.enumeration("PSThreadOptions", PsThreadOptions::number_of)?;
        bag.required("ApplicationArguments")?;
        Ok(Self {
            min_runspaces: min,
            max_runspaces: max,
            thread_options: PsThreadOptions::from_number(threads)
                .ok_or_else(|| bag.range("PSThreadOptions", threads))?,
            apartment_state: read_apartment_state(&bag)?,
            application_arguments: bag.value("ApplicationArguments"),
            host_info: HostInfo::from_value(document, bag.required("HostInfo")?)?,
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("MinRunspaces", self.min_runspaces)
            .extended("MaxRunspaces", self.max_runspaces)
            .extended("PSThreadOptions", self.thread_options.to_value())
            .extended("ApartmentState", self.apartment_state.to_value())
            .extended("ApplicationArguments", self.application_arguments.clone())
            .extended("HostInfo", self.host_info.to_value())
            .into()
    }
}

pub(super) fn read_apartment_state(bag: &Bag<'_>) -> Result<ApartmentState, PayloadError> {
    let state = bag.enumeration("ApartmentState", ApartmentState::number_of)?;
    ApartmentState::from_number(state).ok_or_else(|| bag.range("ApartmentState", state))
}

/// CONNECT_RUNSPACEPOOL: the counts that the client expects, or nothing (protocol.md 4.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectRunspacePool {
    /// Smallest and greatest number of runspaces.
    pub counts: Option<(i32, i32)>,
}

impl Payload for ConnectRunspacePool {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        if value.as_text().is_some() || value.is_nil() {
            return Ok(Self { counts: None });
        }
        let bag = Bag::new(document, value, "CONNECT_RUNSPACEPOOL")?;
        let counts = match (bag.opt_i32("MinRunspaces")?, bag.opt_i32("MaxRunspaces")?) {
            (Some(min), Some(max)) => Some((min, max)),
            _ => None,
        };
        Ok(Self { counts })
    }

    fn to_value(&self) -> Value {
        match self.counts {
            Some((min, max)) => Object::bag()
                .extended("MinRunspaces", min)
                .extended("MaxRunspaces", max)
                .into(),
            None => Value::from(""),
        }
    }
}

/// RUNSPACEPOOL_INIT_DATA, the answer to a Connect (protocol.md 4.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunspacePoolInitData {
    /// Smallest number of runspaces.
    pub min_runspaces: i32,
    /// Greatest number of runspaces.
    pub max_runspaces: i32,
}

impl Payload for RunspacePoolInitData {
    /// PowerShell's server swaps the two after a Connect; they are sorted here.
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "RUNSPACEPOOL_INIT_DATA")?;
        let (a, b) = (bag.i32("MinRunspaces")?, bag.i32("MaxRunspaces")?);
        Ok(Self {
            min_runspaces: a.min(b),
            max_runspaces: a.max(b),
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("MinRunspaces", self.min_runspaces)
            .extended("MaxRunspaces", self.max_runspaces)
            .into()
    }
}

/// What a client asks of a pool and is answered with RUNSPACE_AVAILABILITY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolRequestKind {
    /// SET_MAX_RUNSPACES.
    SetMaxRunspaces(i32),
    /// SET_MIN_RUNSPACES.
    SetMinRunspaces(i32),
    /// GET_AVAILABLE_RUNSPACES.
    GetAvailableRunspaces,
    /// RESET_RUNSPACE_STATE, from 2.3.
    ResetRunspaceState,
}

/// One of the requests with a call id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolRequest {
    /// What is asked.
    pub kind: PoolRequestKind,
    /// `ci`, chosen by the client, unique in the pool.
    pub call_id: i64,
}

impl PoolRequest {
    /// The type of its message.
    pub fn message_type(&self) -> MessageType {
        match self.kind {
            PoolRequestKind::SetMaxRunspaces(_) => MessageType::SetMaxRunspaces,
            PoolRequestKind::SetMinRunspaces(_) => MessageType::SetMinRunspaces,
            PoolRequestKind::GetAvailableRunspaces => MessageType::GetAvailableRunspaces,
            PoolRequestKind::ResetRunspaceState => MessageType::ResetRunspaceState,
        }
    }

    /// Reads the request of a message of this type.
    ///
    /// # Errors
    /// When a property is missing or of the wrong kind, or the type is none of the four.
    pub fn read(message_type: MessageType, document: &Document) -> Result<Self, PayloadError> {
        let value = document.root().unwrap_or(&Value::Nil);
        let bag = Bag::new(document, value, message_type.name())?;
        let kind = match message_type {
            MessageType::SetMaxRunspaces => PoolRequestKind::SetMaxRunspaces(bag.i32("MaxRunspaces")?),
            MessageType::SetMinRunspaces => PoolRequestKind::SetMinRunspaces(bag.i32("MinRunspaces")?),
            MessageType::GetAvailableRunspaces => PoolRequestKind::GetAvailableRunspaces,
            MessageType::ResetRunspaceState => PoolRequestKind::ResetRunspaceState,
            _ => return Err(bag.kind(message_type.name(), "a request with a call id")),
        };
        Ok(Self {
            kind,
            call_id: bag.i64("ci")?,
        })
    }

    /// The request as a value.
    pub fn to_value(&self) -> Value {
        let bag = match self.kind {
            PoolRequestKind::SetMaxRunspaces(count) => Object::bag().extended("MaxRunspaces", count),
            PoolRequestKind::SetMinRunspaces(count) => Object::bag().extended("MinRunspaces", count),
            PoolRequestKind::GetAvailableRunspaces | PoolRequestKind::ResetRunspaceState => Object::bag(),
        };
        bag.extended("ci", self.call_id).into()
    }
}

/// What RUNSPACE_AVAILABILITY says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvailabilityResponse {
    /// Whether a change or a reset was made.
    Done(bool),
    /// How many runspaces are free.
    Available(i64),
}

/// RUNSPACE_AVAILABILITY, the answer to a [`PoolRequest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunspaceAvailability {
    /// `ci` of the request.
    pub call_id: i64,
    /// The answer.
    pub response: AvailabilityResponse,
}

impl Payload for RunspaceAvailability {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        const RESPONSE: &str = "SetMinMaxRunspacesResponse";
        let bag = Bag::new(document, value, "RUNSPACE_AVAILABILITY")?;
        let response = match bag.required(RESPONSE)?.as_bool() {
            Some(done) => AvailabilityResponse::Done(done),
            None => AvailabilityResponse::Available(bag.i64(RESPONSE)?),
        };
        Ok(Self {
            call_id: bag.i64("ci")?,
            response,
        })
    }

    fn to_value(&self) -> Value {
        let response = match self.response {
            AvailabilityResponse::Done(done) => Value::Bool(done),
            // Windows and PowerShell 7 send a 32-bit number, whatever the specification says.
            AvailabilityResponse::Available(count) => {
                i32::try_from(count).map_or(Value::Int64(count), Value::Int32)
            }
        };
        Object::bag()
            .extended("SetMinMaxRunspacesResponse", response)
            .extended("ci", self.call_id)
            .into()
    }
}
