//! Requests of a client: what they say and how they are written (protocol.md 1.2, 1.3).

use std::time::Duration;

use uuid::Uuid;

use super::duration;
use super::ns::{self, action};
use super::write::XmlWriter;

/// `uuid:UPPER-GUID`, the form of message, session and operation ids.
pub fn uuid_text(id: Uuid) -> String {
    format!("uuid:{}", id_text(id))
}

/// `UPPER-GUID`, the form of shell and command ids.
pub fn id_text(id: Uuid) -> String {
    let mut text = id.hyphenated().to_string();
    text.make_ascii_uppercase();
    text
}

/// An entry of `w:OptionSet`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WsmanOption {
    /// Name, as `protocolversion`.
    pub name: String,
    /// Value.
    pub value: String,
    /// The server must refuse the request if it does not know the option.
    pub must_comply: bool,
}

impl WsmanOption {
    /// The option with which a PowerShell shell is created: the version of PSRP.
    pub fn protocol_version(version: impl ToString) -> Self {
        Self {
            name: "protocolversion".to_owned(),
            value: version.to_string(),
            must_comply: true,
        }
    }

    /// The option that every client sends with Receive.
    pub fn keep_alive() -> Self {
        Self {
            name: "WSMAN_CMDSHELL_OPTION_KEEPALIVE".to_owned(),
            value: "TRUE".to_owned(),
            must_comply: false,
        }
    }

    /// The option that leaves the machine's profile out of a shell.
    pub fn no_profile() -> Self {
        Self {
            name: "WINRS_NOPROFILE".to_owned(),
            value: "TRUE".to_owned(),
            must_comply: false,
        }
    }
}

/// The headers of a request. A parsed one holds what the client sent, whatever its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHeader {
    /// URL of the endpoint.
    pub to: String,
    /// What is addressed, as `http://schemas.microsoft.com/powershell/Microsoft.Exchange`.
    pub resource_uri: String,
    /// New for each request; see [`uuid_text`].
    pub message_id: String,
    /// One per client session.
    pub session_id: Option<String>,
    /// One per operation.
    pub operation_id: Option<String>,
    /// Place of the request in its operation, from 1.
    pub sequence_id: Option<u64>,
    /// Bytes that the answer may have.
    pub max_envelope_size: Option<u64>,
    /// How long the server may take.
    pub operation_timeout: Option<Duration>,
    /// Language of fault texts.
    pub locale: Option<String>,
    /// Language of numbers and dates.
    pub data_locale: Option<String>,
    /// `w:SelectorSet`; the shell is selected by `ShellId`.
    pub selectors: Vec<(String, String)>,
    /// `w:OptionSet`.
    pub options: Vec<WsmanOption>,
}

impl RequestHeader {
    /// Headers with the locale `en-US` and nothing that is optional.
    pub fn new(to: impl Into<String>, resource_uri: impl Into<String>, message_id: Uuid) -> Self {
        Self {
            to: to.into(),
            resource_uri: resource_uri.into(),
            message_id: uuid_text(message_id),
            session_id: None,
            operation_id: None,
            sequence_id: None,
            max_envelope_size: None,
            operation_timeout: None,
            locale: Some("en-US".to_owned()),
            data_locale: Some("en-US".to_owned()),
            selectors: Vec::new(),
            options: Vec::new(),
        }
    }

    /// Value of the selector `ShellId`.
    pub fn shell_id(&self) -> Option<&str> {
        self.selectors
            .iter()
            .find(|(name, _)| name == "ShellId")
            .map(|(_, value)| value.as_str())
    }

    /// Value of an option; names are compared without case.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options
            .iter()
            .find(|option| option.name.eq_ignore_ascii_case(name))
            .map(|option| option.value.as_str())
    }
}

/// `rsp:Shell` of a Create.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShellRequest {
    /// The id that the client wishes; older servers choose their own.
    pub shell_id: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// How long the shell lives without requests.
    pub idle_timeout: Option<Duration>,
    /// `stdin pr` for PowerShell.
    pub input_streams: String,
    /// `stdout` for PowerShell.
    pub output_streams: String,
    /// Fragments of SESSION_CAPABILITY and INIT_RUNSPACEPOOL.
    pub creation_xml: Option<Vec<u8>>,
}

/// `rsp:CommandLine` of a Command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommandRequest {
    /// The id that the client wishes; older servers choose their own.
    pub command_id: Option<String>,
    /// Text for people; PowerShell ignores it.
    pub command: String,
    /// The `rsp:Arguments` elements. PowerShell takes exactly one, the base64 of the first fragment.
    pub arguments: Vec<String>,
}

/// One `rsp:Stream` of a Send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamData {
    /// `stdin`, or `pr` for answers to host calls.
    pub name: String,
    /// The command; `None` for the pool.
    pub command_id: Option<String>,
    /// The decoded data.
    pub data: Vec<u8>,
    /// Nothing follows on this stream (command shells).
    pub end: bool,
}

/// What a Signal does to a PowerShell shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignalCode {
    /// Stops the pipeline; its state follows on Receive. The spelling `crtl_c` is the specification's.
    Stop,
    /// Closes the command and frees what it held.
    Terminate,
    /// Any other code; PowerShell treats it as [`SignalCode::Terminate`].
    Other(String),
}

impl SignalCode {
    const STOP: &'static str = "powershell/signal/crtl_c";
    const TERMINATE: &'static str =
        "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/Terminate";

    /// The code on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => Self::STOP,
            Self::Terminate => Self::TERMINATE,
            Self::Other(code) => code,
        }
    }

    /// Reads a code; compared exactly, as Windows does.
    pub fn from_text(text: &str) -> Self {
        match text {
            Self::STOP => Self::Stop,
            Self::TERMINATE => Self::Terminate,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestBody {
    /// Who are you? Has no headers at all.
    Identify,
    /// Opens a shell.
    Create(ShellRequest),
    /// Starts a command.
    Command(CommandRequest),
    /// Sends input.
    Send(Vec<StreamData>),
    /// Asks for output of a command, or of the pool.
    Receive {
        /// The command; `None` for the pool.
        command_id: Option<String>,
        /// Names of streams, divided by blanks; `stdout` for PowerShell.
        streams: String,
    },
    /// Stops or frees a command.
    Signal {
        /// The command; `None` for the shell.
        command_id: Option<String>,
        /// What to do.
        code: SignalCode,
    },
    /// Closes the shell.
    Delete,
    /// An operation that this crate does not build: its action, and the first element of the body.
    Other {
        /// Action URI.
        action: String,
        /// Local name of the body's first element.
        element: Option<String>,
    },
}

impl RequestBody {
    /// The action URI; empty for Identify, which has none.
    pub fn action(&self) -> &str {
        match self {
            Self::Identify => "",
            Self::Create(_) => action::CREATE,
            Self::Command(_) => action::COMMAND,
            Self::Send(_) => action::SEND,
            Self::Receive { .. } => action::RECEIVE,
            Self::Signal { .. } => action::SIGNAL,
            Self::Delete => action::DELETE,
            Self::Other { action, .. } => action,
        }
    }

    /// The command of a PowerShell pipeline: the first fragment goes into `rsp:Arguments`.
    pub fn powershell_command(command_id: Uuid, first_fragment: &[u8]) -> Self {
        use base64::Engine as _;
        Self::Command(CommandRequest {
            command_id: Some(id_text(command_id)),
            command: String::new(),
            arguments: vec![base64::engine::general_purpose::STANDARD.encode(first_fragment)],
        })
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its headers.
    pub header: RequestHeader,
    /// Its body.
    pub body: RequestBody,
    /// Headers marked `mustUnderstand` that we do not know, with their prefix; a server has to refuse them.
    pub not_understood: Vec<String>,
    /// `w:Locale` was marked `mustUnderstand`, which Windows refuses.
    pub locale_must_understand: bool,
}

impl Request {
    /// A request to send.
    pub fn new(header: RequestHeader, body: RequestBody) -> Self {
        Self {
            header,
            body,
            not_understood: Vec::new(),
            locale_must_understand: false,
        }
    }

    /// The SOAP text.
    pub fn to_xml(&self) -> String {
        self.write(true)
    }

    /// Length of the SOAP text in bytes with empty data: what an envelope costs before it carries anything.
    pub fn overhead(&self) -> usize {
        self.write(false).len()
    }

    fn write(&self, with_data: bool) -> String {
        let payload = if with_data { self.payload_len() * 4 / 3 } else { 0 };
        let mut xml = XmlWriter::with_capacity(2048 + payload);
        if self.body == RequestBody::Identify {
            xml.start(
                "s:Envelope",
                &[("xmlns:s", ns::SOAP), ("xmlns:wsmid", ns::IDENTITY)],
            );
            xml.empty("s:Header", &[]);
            xml.start("s:Body", &[])
                .empty("wsmid:Identify", &[])
                .end("s:Body");
            xml.end("s:Envelope");
            return xml.finish();
        }
        xml.start(
            "s:Envelope",
            &[
                ("xmlns:s", ns::SOAP),
                ("xmlns:a", ns::ADDRESSING),
                ("xmlns:w", ns::WSMAN),
                ("xmlns:p", ns::WSMV),
                ("xmlns:rsp", ns::SHELL),
            ],
        );
        self.write_header(&mut xml);
        self.write_body(&mut xml, with_data);
        xml.end("s:Envelope");
        xml.finish()
    }

    fn payload_len(&self) -> usize {
        match &self.body {
            RequestBody::Create(shell) => shell.creation_xml.as_ref().map_or(0, Vec::len),
            RequestBody::Command(command) => command.arguments.iter().map(String::len).sum(),
            RequestBody::Send(streams) => streams.iter().map(|stream| stream.data.len() + 96).sum(),
            _ => 0,
        }
    }

    fn write_header(&self, xml: &mut XmlWriter) {
        const MUST: (&str, &str) = ("s:mustUnderstand", "true");
        const NEED_NOT: (&str, &str) = ("s:mustUnderstand", "false");
        let header = &self.header;
        xml.start("s:Header", &[]);
        xml.text("a:To", &[], &header.to);
        xml.text("w:ResourceURI", &[MUST], &header.resource_uri);
        xml.start("a:ReplyTo", &[])
            .text("a:Address", &[MUST], ns::ANONYMOUS)
            .end("a:ReplyTo");
        xml.text("a:Action", &[MUST], self.body.action());
        if let Some(size) = header.max_envelope_size {
            xml.text("w:MaxEnvelopeSize", &[MUST], &size.to_string());
        }
        xml.text("a:MessageID", &[], &header.message_id);
        if let Some(locale) = &header.locale {
            xml.empty("w:Locale", &[("xml:lang", locale), NEED_NOT]);
        }
        if let Some(locale) = &header.data_locale {
            xml.empty("p:DataLocale", &[("xml:lang", locale), NEED_NOT]);
        }
        if let Some(id) = &header.session_id {
            xml.text("p:SessionId", &[NEED_NOT], id);
        }
        if let Some(id) = &header.operation_id {
            xml.text("p:OperationID", &[NEED_NOT], id);
        }
        if let Some(number) = header.sequence_id {
            xml.text("p:SequenceId", &[NEED_NOT], &number.to_string());
        }
        if !header.selectors.is_empty() {
            xml.start("w:SelectorSet", &[]);
            for (name, value) in &header.selectors {
                xml.text("w:Selector", &[("Name", name)], value);
            }
            xml.end("w:SelectorSet");
        }
        if !header.options.is_empty() {
            xml.start("w:OptionSet", &[MUST]);
            for option in &header.options {
                let attributes = [("Name", option.name.as_str()), ("MustComply", "true")];
                let used = if option.must_comply { 2 } else { 1 };
                xml.text(
                    "w:Option",
                    attributes.get(..used).unwrap_or_default(),
                    &option.value,
                );
            }
            xml.end("w:OptionSet");
        }
        if let Some(timeout) = header.operation_timeout {
            xml.text("w:OperationTimeout", &[], &duration::format(timeout));
        }
        xml.end("s:Header");
    }

    fn write_body(&self, xml: &mut XmlWriter, with_data: bool) {
        xml.start("s:Body", &[]);
        match &self.body {
            RequestBody::Create(shell) => write_shell(xml, shell, with_data),
            RequestBody::Command(command) => {
                xml.start(
                    "rsp:CommandLine",
                    &optional("CommandId", command.command_id.as_deref()),
                );
                xml.text("rsp:Command", &[], &command.command);
                for argument in &command.arguments {
                    xml.text("rsp:Arguments", &[], if with_data { argument } else { "" });
                }
                xml.end("rsp:CommandLine");
            }
            RequestBody::Send(streams) => {
                xml.start("rsp:Send", &[]);
                for stream in streams {
                    let mut attributes = vec![("Name", stream.name.as_str())];
                    attributes.extend(optional("CommandId", stream.command_id.as_deref()));
                    if stream.end {
                        attributes.push(("End", "true"));
                    }
                    xml.base64(
                        "rsp:Stream",
                        &attributes,
                        if with_data { &stream.data } else { &[] },
                    );
                }
                xml.end("rsp:Send");
            }
            RequestBody::Receive { command_id, streams } => {
                xml.start("rsp:Receive", &[]);
                xml.text(
                    "rsp:DesiredStream",
                    &optional("CommandId", command_id.as_deref()),
                    streams,
                );
                xml.end("rsp:Receive");
            }
            RequestBody::Signal { command_id, code } => {
                xml.start("rsp:Signal", &optional("CommandId", command_id.as_deref()));
                xml.text("rsp:Code", &[], code.as_str());
                xml.end("rsp:Signal");
            }
            RequestBody::Identify | RequestBody::Delete | RequestBody::Other { .. } => {}
        }
        xml.end("s:Body");
    }
}

fn write_shell(xml: &mut XmlWriter, shell: &ShellRequest, with_data: bool) {
    let mut attributes = optional("ShellId", shell.shell_id.as_deref());
    attributes.extend(optional("Name", shell.name.as_deref()));
    xml.start("rsp:Shell", &attributes);
    if let Some(timeout) = shell.idle_timeout {
        xml.text("rsp:IdleTimeOut", &[], &duration::format(timeout));
    }
    xml.text("rsp:InputStreams", &[], &shell.input_streams);
    xml.text("rsp:OutputStreams", &[], &shell.output_streams);
    if let Some(data) = &shell.creation_xml {
        xml.base64(
            "creationXml",
            &[("xmlns", ns::POWERSHELL)],
            if with_data { data } else { &[] },
        );
    }
    xml.end("rsp:Shell");
}

pub(super) fn optional<'a>(name: &'static str, value: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
    value.map(|value| (name, value)).into_iter().collect()
}
