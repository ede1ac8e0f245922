//! Reading requests, as a server does.

use super::duration;
use super::error::Error;
use super::ns::{self, action};
use super::request::{
    CommandRequest, Request, RequestBody, RequestHeader, ShellRequest, SignalCode, StreamData, WsmanOption,
};
use super::tree::{Element, Envelope};
use crate::fragment::decode_base64_into;

/// Headers of a request that are understood, by namespace and local name.
const KNOWN_HEADERS: &[(&str, &str)] = &[
    (ns::ADDRESSING, "To"),
    (ns::ADDRESSING, "ReplyTo"),
    (ns::ADDRESSING, "FaultTo"),
    (ns::ADDRESSING, "From"),
    (ns::ADDRESSING, "Action"),
    (ns::ADDRESSING, "MessageID"),
    (ns::ADDRESSING, "RelatesTo"),
    (ns::WSMAN, "ResourceURI"),
    (ns::WSMAN, "MaxEnvelopeSize"),
    (ns::WSMAN, "OperationTimeout"),
    (ns::WSMAN, "Locale"),
    (ns::WSMAN, "SelectorSet"),
    (ns::WSMAN, "OptionSet"),
    (ns::WSMV, "DataLocale"),
    (ns::WSMV, "SessionId"),
    (ns::WSMV, "OperationID"),
    (ns::WSMV, "SequenceId"),
    (ns::WSMV, "ActivityId"),
    (ns::SHELL, "CompressionType"),
];

impl Request {
    /// Reads a request. Prefixes and the order of headers do not matter.
    ///
    /// # Errors
    /// When it is no envelope, a header cannot be read, or its body lacks what the action needs.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let envelope = Envelope::parse(text)?;
        let action = envelope.header_text(ns::ADDRESSING, "Action");
        let first = envelope.first();
        let Some(action) = action else {
            return match first {
                Some(body) if body.is(ns::IDENTITY, "Identify") => {
                    Ok(Self::new(empty_header(), RequestBody::Identify))
                }
                _ => Err(Error::Missing {
                    element: "Action",
                    parent: "Header",
                }),
            };
        };
        let header = header(&envelope)?;
        let mut request = Self::new(header, body(action, first)?);
        for header in envelope
            .header
            .iter()
            .flat_map(Element::children)
            .filter(|header| header.must_understand())
        {
            let known = KNOWN_HEADERS.iter().any(|(ns, local)| header.is(ns, local));
            if !known {
                request.not_understood.push(header.local.to_owned());
            }
            request.locale_must_understand |= header.is(ns::WSMAN, "Locale");
        }
        Ok(request)
    }
}

fn empty_header() -> RequestHeader {
    RequestHeader {
        to: String::new(),
        resource_uri: String::new(),
        message_id: String::new(),
        session_id: None,
        operation_id: None,
        sequence_id: None,
        max_envelope_size: None,
        operation_timeout: None,
        locale: None,
        data_locale: None,
        selectors: Vec::new(),
        options: Vec::new(),
    }
}

fn header(envelope: &Envelope<'_>) -> Result<RequestHeader, Error> {
    let text = |ns, local| envelope.header_text(ns, local);
    let message_id = text(ns::ADDRESSING, "MessageID");
    let invalid = |header, value| Error::Header {
        header,
        value,
        message_id: message_id.clone(),
    };
    let number = |ns, local| match text(ns, local) {
        Some(value) => value.parse::<u64>().map(Some).map_err(|_| invalid(local, value)),
        None => Ok(None),
    };
    let timeout = match text(ns::WSMAN, "OperationTimeout") {
        Some(value) => Some(duration::parse(&value).ok_or_else(|| invalid("OperationTimeout", value))?),
        None => None,
    };
    let language = |ns, local| {
        let element = envelope.header.as_ref()?.child(ns, local)?;
        element.attribute_ns(ns::XML, "lang").map(str::to_owned)
    };
    let set = |name| {
        envelope
            .header
            .as_ref()
            .and_then(|header| header.child(ns::WSMAN, name))
    };
    let options = set("OptionSet")
        .into_iter()
        .flat_map(Element::children)
        .map(|option| WsmanOption {
            name: option.attribute("Name").unwrap_or_default().to_owned(),
            value: option.text().into_owned(),
            must_comply: matches!(option.attribute("MustComply").map(str::trim), Some("true" | "1")),
        });
    Ok(RequestHeader {
        to: text(ns::ADDRESSING, "To").unwrap_or_default(),
        resource_uri: text(ns::WSMAN, "ResourceURI").unwrap_or_default(),
        session_id: text(ns::WSMV, "SessionId"),
        operation_id: text(ns::WSMV, "OperationID"),
        sequence_id: number(ns::WSMV, "SequenceId")?,
        max_envelope_size: number(ns::WSMAN, "MaxEnvelopeSize")?,
        operation_timeout: timeout,
        locale: language(ns::WSMAN, "Locale"),
        data_locale: language(ns::WSMV, "DataLocale"),
        selectors: set("SelectorSet").map(selectors).unwrap_or_default(),
        options: options.collect(),
        message_id: message_id.unwrap_or_default(),
    })
}

/// Names and values of a `w:SelectorSet`.
pub(super) fn selectors(set: &Element<'_>) -> Vec<(String, String)> {
    let selectors = set
        .children()
        .filter(|selector| selector.is(ns::WSMAN, "Selector"));
    selectors
        .map(|selector| {
            (
                selector.attribute("Name").unwrap_or_default().to_owned(),
                selector.text().into_owned(),
            )
        })
        .collect()
}

fn body(action: String, first: Option<&Element<'_>>) -> Result<RequestBody, Error> {
    let need = |local: &'static str| match first {
        Some(element) if element.is(ns::SHELL, local) => Ok(element),
        _ => Err(Error::Missing {
            element: local,
            parent: "Body",
        }),
    };
    Ok(match action.as_str() {
        action::CREATE => RequestBody::Create(shell(need("Shell")?)?),
        action::COMMAND => {
            let line = need("CommandLine")?;
            let texts = |local: &'static str| {
                line.children()
                    .filter(move |child| child.is(ns::SHELL, local))
                    .map(|child| child.text().into_owned())
            };
            RequestBody::Command(CommandRequest {
                command_id: line.attribute("CommandId").map(str::to_owned),
                command: texts("Command").next().unwrap_or_default(),
                arguments: texts("Arguments").collect(),
            })
        }
        action::SEND => {
            let streams = need("Send")?
                .children()
                .filter(|stream| stream.is(ns::SHELL, "Stream"));
            RequestBody::Send(streams.map(stream_data).collect::<Result<_, _>>()?)
        }
        action::RECEIVE => {
            let receive = need("Receive")?;
            let missing = Error::Missing {
                element: "DesiredStream",
                parent: "Receive",
            };
            let stream = receive.child(ns::SHELL, "DesiredStream").ok_or(missing)?;
            RequestBody::Receive {
                command_id: stream.attribute("CommandId").map(str::to_owned),
                streams: stream.text().into_owned(),
            }
        }
        action::SIGNAL => {
            let signal = need("Signal")?;
            let missing = Error::Missing {
                element: "Code",
                parent: "Signal",
            };
            let code = signal.child(ns::SHELL, "Code").ok_or(missing)?;
            RequestBody::Signal {
                command_id: signal.attribute("CommandId").map(str::to_owned),
                code: SignalCode::from_text(&code.text()),
            }
        }
        action::DELETE => RequestBody::Delete,
        _ => RequestBody::Other {
            action,
            element: first.map(|element| element.local.to_owned()),
        },
    })
}

fn shell(shell: &Element<'_>) -> Result<ShellRequest, Error> {
    let text = |local| {
        shell
            .child(ns::SHELL, local)
            .map(|child| child.text().into_owned())
    };
    let idle_timeout = match text("IdleTimeOut") {
        Some(value) => Some(duration::parse(&value).ok_or(Error::Header {
            header: "IdleTimeOut",
            value,
            message_id: None,
        })?),
        None => None,
    };
    let creation_xml = match shell.child(ns::POWERSHELL, "creationXml") {
        Some(data) => Some(decode(&data.raw_text())?),
        None => None,
    };
    Ok(ShellRequest {
        shell_id: shell.attribute("ShellId").map(str::to_owned),
        name: shell
            .attribute("Name")
            .map(str::to_owned)
            .or_else(|| text("Name")),
        idle_timeout,
        input_streams: text("InputStreams").unwrap_or_default(),
        output_streams: text("OutputStreams").unwrap_or_default(),
        creation_xml,
    })
}

fn stream_data(stream: &Element<'_>) -> Result<StreamData, Error> {
    Ok(StreamData {
        name: stream.attribute("Name").unwrap_or_default().to_owned(),
        command_id: stream.attribute("CommandId").map(str::to_owned),
        data: decode(&stream.raw_text())?,
        end: is_true(stream.attribute("End")),
    })
}

pub(super) fn is_true(attribute: Option<&str>) -> bool {
    attribute.is_some_and(|text| text.trim().eq_ignore_ascii_case("true") || text.trim() == "1")
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    decode_base64_into(text, &mut data)?;
    Ok(data)
}

impl CommandRequest {
    /// The one argument of a PowerShell command, decoded.
    ///
    /// # Errors
    /// [`Error::Missing`] unless there is exactly one; a server answers with fault 2152991684 (`0x80540BC4`).
    pub fn fragment(&self) -> Result<Vec<u8>, Error> {
        match self.arguments.as_slice() {
            [argument] => decode(argument),
            _ => Err(Error::Missing {
                element: "exactly one Arguments",
                parent: "CommandLine",
            }),
        }
    }
}
