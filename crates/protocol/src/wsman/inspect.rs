//! A look at any envelope, whatever its operation: what a person or a tool wants to know of it.

use super::error::Error;
use super::fault::Fault;
use super::ns;
use super::parse_request::{decode, selectors};
use super::parse_response::{command_state, fault, response_header};
use super::response::CommandState;
use super::tree::{Element, Envelope};

/// What an envelope says, be it a request or an answer. Texts are trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inspected {
    /// Action URI.
    pub action: Option<String>,
    /// Id of the envelope.
    pub message_id: Option<String>,
    /// Id of the request that is answered.
    pub relates_to: Option<String>,
    /// `w:ResourceURI` of a request.
    pub resource_uri: Option<String>,
    /// `p:OperationID`.
    pub operation_id: Option<String>,
    /// `p:SessionId`.
    pub session_id: Option<String>,
    /// The selector `ShellId` of a request.
    pub shell_id: Option<String>,
    /// The shell that an answer to Create names, or that a Create wishes (`@ShellId`).
    pub created_shell_id: Option<String>,
    /// The resource that an answer to Create names.
    pub created_resource_uri: Option<String>,
    /// `rsp:CommandId` of an answer to Command.
    pub command_id: Option<String>,
    /// `@CommandId` of a request: of the body's element, or of the stream that it is about.
    pub request_command_id: Option<String>,
    /// Code of a Signal.
    pub signal_code: Option<String>,
    /// Local name of the body's first element.
    pub body_element: Option<String>,
    /// The fault, if it is one.
    pub fault: Option<Fault>,
    /// State of a command in an answer to Receive.
    pub command_state: Option<CommandState>,
    /// Data that it carries, in order.
    pub streams: Vec<InspectedStream>,
}

/// Data in an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectedStream {
    /// `creationXml`, `connectXml`, `connectResponseXml`, `Arguments` or `Stream`.
    pub element: &'static str,
    /// `@Name` of a Stream.
    pub name: Option<String>,
    /// `@CommandId` of a Stream.
    pub command_id: Option<String>,
    /// `@End`, as sent.
    pub end: Option<String>,
    /// The decoded bytes; what is wrong where they cannot be decoded.
    pub data: Result<Vec<u8>, Error>,
}

impl Inspected {
    /// The resource is a PowerShell configuration; `None` when the envelope does not say.
    pub fn is_powershell(&self) -> Option<bool> {
        let uri = self
            .resource_uri
            .as_ref()
            .or(self.created_resource_uri.as_ref())?;
        Some(is_powershell(uri))
    }
}

fn is_powershell(resource_uri: &str) -> bool {
    let prefix = ns::RESOURCE_PREFIX;
    resource_uri
        .get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Looks at an envelope.
///
/// # Errors
/// When it is no envelope or its XML is broken.
pub fn inspect(body: &[u8]) -> Result<Inspected, Error> {
    match inspect_partial(body) {
        (inspected, None) => Ok(inspected),
        (_, Some(error)) => Err(error),
    }
}

/// Looks at an envelope as far as it can be read: of one that was cut short, what stood whole before the cut.
pub fn inspect_partial(body: &[u8]) -> (Inspected, Option<Error>) {
    match psbridge_clixml::xml::decode(body) {
        Ok(text) => {
            let (envelope, error) = Envelope::parse_partial(&text);
            (look(&envelope), error)
        }
        Err(error) => {
            // A cut may go through a character.
            let whole = body
                .utf8_chunks()
                .next()
                .map(|chunk| chunk.valid())
                .unwrap_or_default();
            let (envelope, _) = Envelope::parse_partial(whole.trim_start_matches('\u{FEFF}'));
            (look(&envelope), Some(error.into()))
        }
    }
}

fn look(envelope: &Envelope<'_>) -> Inspected {
    let header = response_header(envelope);
    let mut inspected = Inspected {
        action: Some(header.action).filter(|action| !action.is_empty()),
        message_id: header.message_id,
        relates_to: header.relates_to,
        resource_uri: envelope.header_text(ns::WSMAN, "ResourceURI"),
        operation_id: header.operation_id,
        session_id: envelope.header_text(ns::WSMV, "SessionId"),
        ..Inspected::default()
    };
    let set = envelope
        .header
        .as_ref()
        .and_then(|header| header.child(ns::WSMAN, "SelectorSet"));
    inspected.shell_id = set.and_then(shell_selector);
    let Some(first) = envelope.first() else {
        return inspected;
    };
    inspected.body_element = Some(first.local.to_owned());
    inspected.request_command_id = first.attribute("CommandId").map(str::to_owned);
    if first.is(ns::SOAP, "Fault") {
        inspected.fault = Some(fault(first));
        return inspected;
    }
    if first.is(ns::TRANSFER, "ResourceCreated") {
        let parameters = first.child(ns::ADDRESSING, "ReferenceParameters");
        let uri = parameters.and_then(|parameters| parameters.child(ns::WSMAN, "ResourceURI"));
        inspected.created_resource_uri = uri.map(|uri| uri.text().into_owned());
        let set = parameters.and_then(|parameters| parameters.child(ns::WSMAN, "SelectorSet"));
        inspected.created_shell_id = set.and_then(shell_selector);
        return inspected;
    }
    if first.is(ns::SHELL, "Shell") {
        inspected.created_shell_id = first.attribute("ShellId").map(str::to_owned);
    }
    if first.is(ns::SHELL, "CommandResponse") {
        inspected.command_id = first
            .child(ns::SHELL, "CommandId")
            .map(|id| id.text().into_owned());
    }
    if let Some(stream) = first.child(ns::SHELL, "DesiredStream") {
        inspected.request_command_id = stream.attribute("CommandId").map(str::to_owned);
    }
    if first.is(ns::SHELL, "Signal") {
        inspected.signal_code = first
            .child(ns::SHELL, "Code")
            .map(|code| code.text().into_owned());
    }
    inspected.command_state = first.child(ns::SHELL, "CommandState").map(command_state);
    let plain_arguments = inspected
        .resource_uri
        .as_deref()
        .is_some_and(|uri| !is_powershell(uri));
    for child in first.children().filter(|child| child.complete) {
        let element = match child.local {
            "creationXml" | "connectXml" | "connectResponseXml" if child.ns != ns::POWERSHELL => continue,
            "Arguments" if plain_arguments => continue,
            "creationXml" => "creationXml",
            "connectXml" => "connectXml",
            "connectResponseXml" => "connectResponseXml",
            "Arguments" => "Arguments",
            "Stream" => "Stream",
            _ => continue,
        };
        let attribute = |local| child.attribute(local).map(str::to_owned);
        inspected.streams.push(InspectedStream {
            element,
            name: attribute("Name"),
            command_id: attribute("CommandId"),
            end: attribute("End"),
            data: decode(&child.raw_text()),
        });
    }
    inspected
}

fn shell_selector(set: &Element<'_>) -> Option<String> {
    selectors(set)
        .into_iter()
        .find(|(name, _)| name == "ShellId")
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wsman::{ReceiveResponse, Response, ResponseBody, StreamText};

    #[test]
    fn what_stands_before_a_cut_is_kept() {
        let streams = vec![
            StreamText::encode("stdout", None, b"first"),
            StreamText::encode("é", None, b"second"),
        ];
        let body = ResponseBody::Receive(ReceiveResponse {
            streams,
            command_state: None,
        });
        let xml = Response::new(body, "uuid:1", Some("uuid:2".to_owned())).to_xml();
        let inside_e_acute = xml.find('é').unwrap() + 1;
        for cut in [
            inside_e_acute,
            inside_e_acute + 1,
            xml.find("c2Vjb25k").unwrap() + 3,
        ] {
            let (inspected, error) = inspect_partial(&xml.as_bytes()[..cut]);
            assert!(error.is_some());
            assert_eq!(inspected.relates_to.as_deref(), Some("uuid:2"));
            assert_eq!(inspected.body_element.as_deref(), Some("ReceiveResponse"));
            let data: Vec<_> = inspected
                .streams
                .iter()
                .map(|stream| stream.data.clone().unwrap())
                .collect();
            assert_eq!(data, [b"first"]);
        }
        assert_eq!(inspect(xml.as_bytes()).unwrap().streams.len(), 2);
    }
}
