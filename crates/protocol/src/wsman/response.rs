//! Answers of a server: what they say and how Windows writes them (protocol.md 1.3, the recordings).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::error::Error;
use super::fault::Fault;
use super::ns::{self, action};
use super::request::optional;
use super::write::XmlWriter;
use crate::fragment::{FragmentError, Reassembler, decode_base64_into};

/// Headers of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseHeader {
    /// Action URI; empty for Identify.
    pub action: String,
    /// Id of the answer itself.
    pub message_id: Option<String>,
    /// Id of the request that is answered.
    pub relates_to: Option<String>,
    /// Echo of the request's.
    pub operation_id: Option<String>,
    /// Echo of the request's.
    pub sequence_id: Option<u64>,
    /// GUID of the server's log, nothing more.
    pub activity_id: Option<String>,
}

/// What Identify tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdentifyResponse {
    /// Namespace of the protocol.
    pub protocol_version: Option<String>,
    /// Such as `Microsoft Corporation`.
    pub product_vendor: Option<String>,
    /// Such as `OS: 10.0.17763 SP: 0.0 Stack: 3.0`; zeros for callers that are not authenticated.
    pub product_version: Option<String>,
    /// URIs of security profiles.
    pub security_profiles: Vec<String>,
}

impl IdentifyResponse {
    /// What Windows tells: the version of the system only to authenticated callers.
    pub fn windows(os_version: Option<&str>) -> Self {
        Self {
            protocol_version: Some(ns::WSMAN.to_owned()),
            product_vendor: Some("Microsoft Corporation".to_owned()),
            product_version: Some(format!(
                "OS: {} SP: 0.0 Stack: 3.0",
                os_version.unwrap_or("0.0.0")
            )),
            security_profiles: Vec::new(),
        }
    }
}

/// The children of `rsp:Shell` in order: local name and text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShellDescription {
    /// In wire order, as `("IdleTimeOut", "PT7200.000S")`.
    pub fields: Vec<(String, String)>,
}

impl ShellDescription {
    /// The text of a child.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, text)| text.as_str())
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), text.into()));
        self
    }
}

/// The answer to Create.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateResponse {
    /// URL of the endpoint.
    pub address: String,
    /// The resource that was created.
    pub resource_uri: String,
    /// What every later request has to send; among them `ShellId`.
    pub selectors: Vec<(String, String)>,
    /// Absent from servers before Windows 8.
    pub shell: Option<ShellDescription>,
}

impl CreateResponse {
    /// Value of the selector `ShellId`.
    pub fn shell_id(&self) -> Option<&str> {
        self.selectors
            .iter()
            .find(|(name, _)| name == "ShellId")
            .map(|(_, value)| value.as_str())
    }
}

/// One `rsp:Stream` of an answer, its text still base64 and still in the body that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamText<'a> {
    /// `stdout` for PowerShell.
    pub name: Cow<'a, str>,
    /// The command; `None` for the pool.
    pub command_id: Option<Cow<'a, str>>,
    /// Nothing follows on this stream (command shells).
    pub end: bool,
    /// Base64 text.
    pub text: Cow<'a, str>,
}

impl StreamText<'static> {
    /// A stream to send: `data` becomes base64.
    pub fn encode(name: impl Into<String>, command_id: Option<String>, data: &[u8]) -> Self {
        Self {
            name: Cow::Owned(name.into()),
            command_id: command_id.map(Cow::Owned),
            end: false,
            text: Cow::Owned(BASE64.encode(data)),
        }
    }
}

impl StreamText<'_> {
    /// The decoded bytes.
    ///
    /// # Errors
    /// When the text is not base64.
    pub fn decode(&self) -> Result<Vec<u8>, FragmentError> {
        let mut out = Vec::new();
        decode_base64_into(&self.text, &mut out)?;
        Ok(out)
    }

    /// Decodes straight into the buffer of the stream's reassembly. Says how many bytes it were.
    ///
    /// # Errors
    /// When the text is not base64.
    pub fn decode_into(&self, stream: &mut Reassembler) -> Result<usize, FragmentError> {
        stream.push_base64(&self.text)
    }
}

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandState {
    /// The command.
    pub command_id: Option<String>,
    /// What it does.
    pub state: CommandStateKind,
    /// As sent; only with `Done`.
    pub exit_code: Option<String>,
}

/// State of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandStateKind {
    /// No more data will come.
    Done,
    /// The server waits for the answer to a host call.
    Pending,
    /// The server goes on.
    Running,
    /// Something else, as sent.
    Other(String),
}

impl CommandStateKind {
    const PREFIX: &'static str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/";

    /// The last segment of the state's URI.
    pub fn name(&self) -> &str {
        match self {
            Self::Done => "Done",
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Other(uri) => uri.rsplit('/').next().unwrap_or(uri),
        }
    }

    /// The URI.
    pub fn uri(&self) -> Cow<'_, str> {
        match self {
            Self::Other(uri) => Cow::Borrowed(uri),
            known => Cow::Owned(format!("{}{}", Self::PREFIX, known.name())),
        }
    }

    /// Reads a URI.
    pub fn from_uri(uri: &str) -> Self {
        match uri.strip_prefix(Self::PREFIX) {
            Some("Done") => Self::Done,
            Some("Pending") => Self::Pending,
            Some("Running") => Self::Running,
            _ => Self::Other(uri.to_owned()),
        }
    }
}

/// The answer to Receive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiveResponse<'a> {
    /// In order; bytes of the same stream follow each other.
    pub streams: Vec<StreamText<'a>>,
    /// Absent from most answers.
    pub command_state: Option<CommandState>,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseBody<'a> {
    /// To Identify.
    Identify(IdentifyResponse),
    /// To Create.
    Create(CreateResponse),
    /// To Command: the id of the command.
    Command {
        /// The command's id; use it even where another one was asked for.
        command_id: String,
    },
    /// To Send.
    Send,
    /// To Receive.
    Receive(ReceiveResponse<'a>),
    /// To Signal.
    Signal,
    /// To Delete.
    Delete,
    /// The request failed.
    Fault(Box<Fault>),
    /// An answer that this crate does not build: the first element of the body.
    Other {
        /// Local name of the body's first element.
        element: Option<String>,
    },
}

impl ResponseBody<'_> {
    fn action(&self) -> String {
        match self {
            Self::Identify(_) | Self::Other { .. } => String::new(),
            Self::Create(_) => format!("{}Response", action::CREATE),
            Self::Command { .. } => format!("{}Response", action::COMMAND),
            Self::Send => format!("{}Response", action::SEND),
            Self::Receive(_) => format!("{}Response", action::RECEIVE),
            Self::Signal => format!("{}Response", action::SIGNAL),
            Self::Delete => format!("{}Response", action::DELETE),
            Self::Fault(fault) => fault.action().to_owned(),
        }
    }

    /// The prefixes that Windows declares on this answer, in its order.
    fn prefixes(&self) -> &'static str {
        match self {
            Self::Identify(_) => "s",
            Self::Create(_) | Self::Command { .. } | Self::Send | Self::Signal => "s a x w rsp p",
            Self::Receive(_) => "s a w rsp p",
            Self::Delete | Self::Other { .. } => "s a w p",
            Self::Fault(_) => "s a x e n w p",
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response<'a> {
    /// Its headers.
    pub header: ResponseHeader,
    /// Its body.
    pub body: ResponseBody<'a>,
}

impl<'a> Response<'a> {
    /// An answer to the request with id `relates_to`; `message_id` is new. The action follows from the body.
    pub fn new(body: ResponseBody<'a>, message_id: impl Into<String>, relates_to: Option<String>) -> Self {
        let header = ResponseHeader {
            action: body.action(),
            message_id: Some(message_id.into()),
            relates_to,
            ..ResponseHeader::default()
        };
        Self { header, body }
    }

    /// The SOAP text, written as Windows writes it.
    pub fn to_xml(&self) -> String {
        let payload = match &self.body {
            ResponseBody::Receive(receive) => {
                receive.streams.iter().map(|stream| stream.text.len() + 128).sum()
            }
            _ => 0,
        };
        let mut xml = XmlWriter::with_capacity(2048 + payload);
        let declared: Vec<(&str, &str)> = self.body.prefixes().split(' ').filter_map(declaration).collect();
        xml.start(
            "s:Envelope",
            &[&[("xml:lang", "en-US")], declared.as_slice()].concat(),
        );
        self.write_header(&mut xml);
        xml.start("s:Body", &[]);
        self.write_body(&mut xml);
        xml.end("s:Body").end("s:Envelope");
        xml.finish()
    }

    /// Checks that this answers the request with id `message_id`.
    ///
    /// # Errors
    /// [`Error::RelatesTo`] when it names another one: answers were mixed up on a connection. An answer that names
    /// none passes.
    pub fn check_relates_to(&self, message_id: &str) -> Result<(), Error> {
        match &self.header.relates_to {
            Some(found) if !found.eq_ignore_ascii_case(message_id) => Err(Error::RelatesTo {
                expected: message_id.to_owned(),
                found: found.clone(),
            }),
            _ => Ok(()),
        }
    }

    fn write_header(&self, xml: &mut XmlWriter) {
        xml.start("s:Header", &[]);
        if !matches!(self.body, ResponseBody::Identify(_)) {
            let header = &self.header;
            xml.text("a:Action", &[], &header.action);
            if let Some(id) = &header.message_id {
                xml.text("a:MessageID", &[], id);
            }
            if let Some(id) = &header.operation_id {
                xml.text("p:OperationID", &[("s:mustUnderstand", "false")], id);
            }
            if let Some(number) = header.sequence_id {
                xml.text("p:SequenceId", &[], &number.to_string());
            }
            if let Some(id) = &header.activity_id {
                xml.text("p:ActivityId", &[], id);
            }
            xml.text("a:To", &[], ns::ANONYMOUS);
            if let Some(id) = &header.relates_to {
                xml.text("a:RelatesTo", &[], id);
            }
        }
        xml.end("s:Header");
    }

    fn write_body(&self, xml: &mut XmlWriter) {
        match &self.body {
            ResponseBody::Identify(identity) => write_identity(xml, identity),
            ResponseBody::Create(created) => write_created(xml, created),
            ResponseBody::Command { command_id } => {
                xml.start("rsp:CommandResponse", &[]);
                xml.text("rsp:CommandId", &[], command_id);
                xml.end("rsp:CommandResponse");
            }
            ResponseBody::Send => {
                xml.empty("rsp:SendResponse", &[]);
            }
            ResponseBody::Receive(receive) => write_receive(xml, receive),
            ResponseBody::Signal => {
                xml.empty("rsp:SignalResponse", &[]);
            }
            ResponseBody::Fault(fault) => fault.write(xml),
            ResponseBody::Delete | ResponseBody::Other { .. } => {}
        }
    }
}

fn declaration(prefix: &str) -> Option<(&'static str, &'static str)> {
    Some(match prefix {
        "s" => ("xmlns:s", ns::SOAP),
        "a" => ("xmlns:a", ns::ADDRESSING),
        "x" => ("xmlns:x", ns::TRANSFER),
        "e" => ("xmlns:e", ns::EVENTING),
        "n" => ("xmlns:n", ns::ENUMERATION),
        "w" => ("xmlns:w", ns::WSMAN),
        "rsp" => ("xmlns:rsp", ns::SHELL),
        "p" => ("xmlns:p", ns::WSMV),
        _ => return None,
    })
}

fn write_identity(xml: &mut XmlWriter, identity: &IdentifyResponse) {
    xml.start("wsmid:IdentifyResponse", &[("xmlns:wsmid", ns::IDENTITY)]);
    let fields = [
        ("wsmid:ProtocolVersion", &identity.protocol_version),
        ("wsmid:ProductVendor", &identity.product_vendor),
        ("wsmid:ProductVersion", &identity.product_version),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            xml.text(name, &[], value);
        }
    }
    if !identity.security_profiles.is_empty() {
        xml.start("wsmid:SecurityProfiles", &[]);
        for profile in &identity.security_profiles {
            xml.text("wsmid:SecurityProfileName", &[], profile);
        }
        xml.end("wsmid:SecurityProfiles");
    }
    xml.end("wsmid:IdentifyResponse");
}

fn write_created(xml: &mut XmlWriter, created: &CreateResponse) {
    xml.start("x:ResourceCreated", &[]);
    xml.text("a:Address", &[], &created.address);
    xml.start("a:ReferenceParameters", &[]);
    xml.text("w:ResourceURI", &[], &created.resource_uri);
    xml.start("w:SelectorSet", &[]);
    for (name, value) in &created.selectors {
        xml.text("w:Selector", &[("Name", name)], value);
    }
    xml.end("w:SelectorSet")
        .end("a:ReferenceParameters")
        .end("x:ResourceCreated");
    if let Some(shell) = &created.shell {
        xml.start("rsp:Shell", &[("xmlns:rsp", ns::SHELL)]);
        for (name, text) in &shell.fields {
            xml.text(&format!("rsp:{name}"), &[], text);
        }
        xml.end("rsp:Shell");
    }
}

fn write_receive(xml: &mut XmlWriter, receive: &ReceiveResponse<'_>) {
    xml.start("rsp:ReceiveResponse", &[]);
    for stream in &receive.streams {
        let mut attributes = vec![("Name", &*stream.name)];
        attributes.extend(optional("CommandId", stream.command_id.as_deref()));
        if stream.end {
            attributes.push(("End", "true"));
        }
        xml.text("rsp:Stream", &attributes, &stream.text);
    }
    if let Some(state) = &receive.command_state {
        let uri = state.state.uri();
        let mut attributes = optional("CommandId", state.command_id.as_deref());
        attributes.push(("State", &uri));
        xml.start("rsp:CommandState", &attributes);
        if let Some(code) = &state.exit_code {
            xml.text("rsp:ExitCode", &[], code);
        }
        xml.end("rsp:CommandState");
    }
    xml.end("rsp:ReceiveResponse");
}
