use psbridge_clixml::{Document, Object, Value};

use super::bag::{Bag, resolved};
use super::host_types::array_list;
use super::{ErrorRecord, HostMethod, Payload, PayloadError};

/// The call id of every method without a return value: no response may be sent.
pub const VOID_CALL: i64 = -100;

const METHOD_ID: &str = "System.Management.Automation.Remoting.RemoteHostMethodId";

/// RUNSPACEPOOL_HOST_CALL and PIPELINE_HOST_CALL: the server calls a method of the client's host (protocol.md 4.5).
#[derive(Debug, Clone, PartialEq)]
pub struct HostCall {
    /// `ci`: [`VOID_CALL`], or what the response repeats.
    pub call_id: i64,
    /// `mi`: number of the method; [`HostCall::method`] has its description.
    pub method_id: i32,
    /// `mp`: parameters in order.
    pub parameters: Vec<Value>,
}

impl HostCall {
    /// The row of the method table; `None` for a number that nobody knows.
    pub fn method(&self) -> Option<&'static HostMethod> {
        HostMethod::from_id(self.method_id)
    }

    /// The server blocks until it gets a response.
    pub fn needs_response(&self) -> bool {
        self.call_id != VOID_CALL
    }

    /// The response with this return value; Nil is left out.
    pub fn respond(&self, result: Value) -> HostResponse {
        HostResponse {
            call_id: self.call_id,
            method_id: self.method_id,
            result: (!result.is_nil()).then_some(result),
            error: None,
        }
    }

    /// The response of a host that cannot or will not do this: the far script gets an exception and goes on.
    pub fn refuse(&self, error: ErrorRecord) -> HostResponse {
        HostResponse {
            call_id: self.call_id,
            method_id: self.method_id,
            result: None,
            error: Some(Box::new(error)),
        }
    }
}

impl Payload for HostCall {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "HOST_CALL")?;
        Ok(Self {
            call_id: bag.i64("ci")?,
            method_id: bag.enumeration("mi", method_number)?,
            parameters: bag
                .list("mp")?
                .iter()
                .map(|value| resolved(document, value))
                .collect(),
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("ci", self.call_id)
            .extended("mi", method_value(self.method_id))
            .extended("mp", array_list(self.parameters.iter().cloned()))
            .into()
    }
}

/// RUNSPACEPOOL_HOST_RESPONSE and PIPELINE_HOST_RESPONSE.
#[derive(Debug, Clone, PartialEq)]
pub struct HostResponse {
    /// `ci` of the call.
    pub call_id: i64,
    /// `mi` of the call.
    pub method_id: i32,
    /// `mr`: the return value; left out when it is null.
    pub result: Option<Value>,
    /// `me`: what the host threw.
    pub error: Option<Box<ErrorRecord>>,
}

impl Payload for HostResponse {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "HOST_RESPONSE")?;
        Ok(Self {
            call_id: bag.i64("ci")?,
            method_id: bag.enumeration("mi", method_number)?,
            result: bag.get("mr").map(|result| resolved(document, result)),
            error: match bag.get("me") {
                Some(error) => Some(Box::new(ErrorRecord::from_value(document, error)?)),
                None => None,
            },
        })
    }

    fn to_value(&self) -> Value {
        let mut bag = Object::bag();
        if let Some(result) = &self.result {
            bag = bag.extended("mr", result.clone());
        }
        bag = bag
            .extended("ci", self.call_id)
            .extended("mi", method_value(self.method_id));
        if let Some(error) = &self.error {
            bag = bag.extended("me", error.to_bag());
        }
        bag.into()
    }
}

fn method_number(name: &str) -> Option<i32> {
    HostMethod::from_name(name).map(|method| method.id)
}

fn method_value(id: i32) -> Value {
    match HostMethod::from_id(id) {
        Some(method) => Value::enumeration(METHOD_ID, method.name, id),
        None => Value::enumeration(METHOD_ID, &id.to_string(), id),
    }
}
