//! Reading answers, as a client does.

use std::borrow::Cow;

use super::error::Error;
use super::fault::{Fault, NestedFault, ProviderFault, WmiError};
use super::ns;
use super::parse_request::{is_true, selectors};
use super::response::{
    CommandState, CommandStateKind, CreateResponse, IdentifyResponse, ReceiveResponse, Response,
    ResponseBody, ResponseHeader, ShellDescription, StreamText,
};
use super::tree::{Element, Envelope};

impl<'a> Response<'a> {
    /// Reads an answer; the text of streams stays in `text`. Prefixes and the order of headers do not matter.
    ///
    /// # Errors
    /// When it is no envelope or its body lacks what such an answer must have. A fault is an answer, not an error.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        let envelope = Envelope::parse(text)?;
        let header = response_header(&envelope);
        Ok(Self {
            body: body(&envelope, &header.action)?,
            header,
        })
    }
}

pub(super) fn response_header(envelope: &Envelope<'_>) -> ResponseHeader {
    let text = |ns, local| envelope.header_text(ns, local);
    ResponseHeader {
        action: text(ns::ADDRESSING, "Action").unwrap_or_default(),
        message_id: text(ns::ADDRESSING, "MessageID"),
        relates_to: text(ns::ADDRESSING, "RelatesTo"),
        operation_id: text(ns::WSMV, "OperationID"),
        sequence_id: text(ns::WSMV, "SequenceId").and_then(|number| number.parse().ok()),
        activity_id: text(ns::WSMV, "ActivityId"),
    }
}

fn body<'a>(envelope: &Envelope<'a>, action: &str) -> Result<ResponseBody<'a>, Error> {
    let Some(first) = envelope.first() else {
        return Ok(match action.rsplit('/').next() {
            Some("DeleteResponse") => ResponseBody::Delete,
            _ => ResponseBody::Other { element: None },
        });
    };
    if first.is(ns::SOAP, "Fault") {
        return Ok(ResponseBody::Fault(Box::new(fault(first))));
    }
    // OMI answers Identify in the namespace of SOAP.
    if first.local == "IdentifyResponse" {
        return Ok(ResponseBody::Identify(identity(first)));
    }
    if first.is(ns::TRANSFER, "ResourceCreated") {
        return created(envelope, first).map(ResponseBody::Create);
    }
    if first.ns != ns::SHELL {
        return Ok(ResponseBody::Other {
            element: Some(first.local.to_owned()),
        });
    }
    Ok(match first.local {
        "CommandResponse" => {
            let id = first.child(ns::SHELL, "CommandId");
            let id = id.ok_or(Error::Missing {
                element: "CommandId",
                parent: "CommandResponse",
            })?;
            ResponseBody::Command {
                command_id: id.text().into_owned(),
            }
        }
        "SendResponse" => ResponseBody::Send,
        "SignalResponse" => ResponseBody::Signal,
        "ReceiveResponse" => ResponseBody::Receive(receive(first)),
        other => ResponseBody::Other {
            element: Some(other.to_owned()),
        },
    })
}

fn identity(element: &Element<'_>) -> IdentifyResponse {
    let text = |local| element.child_named(local).map(|child| child.text().into_owned());
    let profiles = element
        .child_named("SecurityProfiles")
        .into_iter()
        .flat_map(Element::children);
    IdentifyResponse {
        protocol_version: text("ProtocolVersion"),
        product_vendor: text("ProductVendor"),
        product_version: text("ProductVersion"),
        security_profiles: profiles.map(|profile| profile.text().into_owned()).collect(),
    }
}

fn created(envelope: &Envelope<'_>, element: &Element<'_>) -> Result<CreateResponse, Error> {
    let parameters = element.child(ns::ADDRESSING, "ReferenceParameters");
    let parameters = parameters.ok_or(Error::Missing {
        element: "ReferenceParameters",
        parent: "ResourceCreated",
    })?;
    let text = |element: Option<&Element<'_>>| {
        element
            .map(|element| element.text().into_owned())
            .unwrap_or_default()
    };
    let shell = envelope
        .body
        .as_ref()
        .and_then(|body| body.child(ns::SHELL, "Shell"));
    Ok(CreateResponse {
        address: text(element.child(ns::ADDRESSING, "Address")),
        resource_uri: text(parameters.child(ns::WSMAN, "ResourceURI")),
        selectors: parameters
            .child(ns::WSMAN, "SelectorSet")
            .map(selectors)
            .unwrap_or_default(),
        shell: shell.map(shell_description),
    })
}

fn shell_description(shell: &Element<'_>) -> ShellDescription {
    let fields = shell
        .children()
        .map(|field| (field.local.to_owned(), field.text().into_owned()));
    ShellDescription {
        fields: fields.collect(),
    }
}

fn receive<'a>(element: &Element<'a>) -> ReceiveResponse<'a> {
    let streams = element.children().filter(|child| child.is(ns::SHELL, "Stream"));
    ReceiveResponse {
        streams: streams.map(stream).collect(),
        command_state: element.child(ns::SHELL, "CommandState").map(command_state),
    }
}

fn stream<'a>(element: &Element<'a>) -> StreamText<'a> {
    let attribute = |local: &str| {
        let found = element
            .attributes
            .iter()
            .find(|attribute| attribute.local == local && attribute.ns.is_empty());
        found.map(|attribute| attribute.value.clone())
    };
    StreamText {
        name: attribute("Name").unwrap_or(Cow::Borrowed("")),
        command_id: attribute("CommandId"),
        end: is_true(element.attribute("End")),
        text: element.raw_text(),
    }
}

pub(super) fn command_state(element: &Element<'_>) -> CommandState {
    CommandState {
        command_id: element.attribute("CommandId").map(str::to_owned),
        state: CommandStateKind::from_uri(element.attribute("State").unwrap_or_default().trim()),
        exit_code: element
            .child(ns::SHELL, "ExitCode")
            .map(|code| code.text().into_owned()),
    }
}

/// Reads `s:Fault`.
pub(super) fn fault(element: &Element<'_>) -> Fault {
    let trimmed = |element: &Element<'_>| element.deep_text().trim().to_owned();
    let code = element.child(ns::SOAP, "Code");
    let mut fault = Fault {
        code: code
            .and_then(|code| code.child(ns::SOAP, "Value"))
            .map(trimmed)
            .unwrap_or_default(),
        subcode: code
            .and_then(|code| code.path(ns::SOAP, &["Subcode", "Value"]))
            .map(trimmed),
        reason: element
            .path(ns::SOAP, &["Reason", "Text"])
            .map(trimmed)
            .unwrap_or_default(),
        ..Fault::default()
    };
    let Some(detail) = element.child(ns::SOAP, "Detail") else {
        return fault;
    };
    fault.detail_uri = detail.child(ns::WSMAN, "FaultDetail").map(trimmed);
    if let Some(wmi) = detail.children().find(|child| child.local == "MSFT_WmiError") {
        fault.wmi = Some(wmi_error(wmi));
    }
    if let Some(wsman) = detail.child(ns::FAULT, "WSManFault") {
        fault.wsman_code = wsman.attribute("Code").and_then(fault_code);
        fault.machine = wsman.attribute("Machine").map(str::to_owned);
        if let Some(message) = wsman.child(ns::FAULT, "Message") {
            match message.child(ns::FAULT, "ProviderFault") {
                Some(provider) => {
                    fault.nested = provider.child(ns::FAULT, "WSManFault").map(nested_fault);
                    fault.provider = Some(ProviderFault {
                        name: provider.attribute("provider").unwrap_or_default().to_owned(),
                        path: provider.attribute("path").map(str::to_owned),
                        text: trimmed(provider),
                    });
                }
                None => fault.message = Some(trimmed(message)),
            }
        }
    }
    fault
}

fn nested_fault(element: &Element<'_>) -> NestedFault {
    let message = element.child(ns::FAULT, "Message");
    NestedFault {
        code: element.attribute("Code").and_then(fault_code),
        machine: element.attribute("Machine").map(str::to_owned),
        message: message
            .map(|message| message.deep_text().trim().to_owned())
            .unwrap_or_default(),
    }
}

fn wmi_error(element: &Element<'_>) -> WmiError {
    let text = |local| element.child_named(local).map(|child| child.text().into_owned());
    WmiError {
        code: text("error_Code").as_deref().and_then(fault_code),
        error_type: text("error_Type"),
        message: text("Message"),
    }
}

/// Reads the number of a fault: unsigned, or as the negative twin that some logs and servers write.
fn fault_code(text: &str) -> Option<u32> {
    let number = text.trim().parse::<i64>().ok()?;
    u32::try_from(number)
        .ok()
        .or_else(|| i32::try_from(number).ok().map(|negative| negative as u32))
}
