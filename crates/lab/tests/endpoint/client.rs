//! A client of few lines: HTTP over a socket, SOAP and PSRP by the protocol crate.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::{Interner, Limits as ClixmlLimits, Value, json, read_message};
use psbridge_lab::{Lab, LabBuilder};
use psbridge_protocol::client::{Pool, PoolOptions};
use psbridge_protocol::fragment::{ObjectIds, Reassembler};
use psbridge_protocol::message::{MessageRef, MessageType};
use psbridge_protocol::payload::{Argument, Command, CreatePipeline, PoolRequestKind};
use psbridge_protocol::wsman::{
    CommandStateKind, Fault, Request, RequestBody, RequestHeader, Response, ResponseBody, ShellRequest,
    SignalCode, StreamData, WsmanOption, id_text,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

pub(crate) const SHELL: &str = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";
pub(crate) const EXCHANGE: &str = "http://schemas.microsoft.com/powershell/Microsoft.Exchange";
pub(crate) const USER: &str = "tester";
pub(crate) const PASSWORD: &str = "Sesame-1";

/// A lab that takes Basic over HTTP, so that answers can be read as they are.
pub(crate) fn lab() -> LabBuilder {
    Lab::builder()
        .http(loopback())
        .basic_over_http(true)
        .users(60)
        .groups(8)
        .account(USER, PASSWORD)
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub(crate) fn basic() -> String {
    format!("Basic {}", BASE64.encode(format!("{USER}:{PASSWORD}")))
}

/// An HTTP answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    pub(crate) fn header(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
            .collect()
    }
}

/// One connection.
pub(crate) struct Http {
    stream: TcpStream,
    host: String,
    rest: Vec<u8>,
}

impl Http {
    pub(crate) async fn connect(lab: &Lab) -> Self {
        Self::to(lab.http_origin().expect("HTTP")).await
    }

    pub(crate) async fn to(origin: &str) -> Self {
        let host = origin.split_once("://").expect("an origin").1.to_owned();
        let stream = TcpStream::connect(&host).await.expect("a listener");
        Self {
            stream,
            host,
            rest: Vec::new(),
        }
    }

    /// Sends a request; `None` when the connection ends without a whole answer.
    pub(crate) async fn request(
        &mut self,
        line: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answer> {
        let mut head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n",
            self.host,
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes()).await.ok()?;
        self.stream.write_all(body).await.ok()?;
        self.answer().await
    }

    pub(crate) async fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        self.request(&format!("POST {path}"), headers, body).await
    }

    /// Waits until the endpoint closes the connection.
    pub(crate) async fn closed(&mut self) {
        while self.more().await.is_some() {}
    }

    async fn more(&mut self) -> Option<()> {
        let mut chunk = vec![0; 65_536];
        let read = self.stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        self.rest.extend_from_slice(&chunk[..read]);
        Some(())
    }

    async fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|w| w == b"\r\n\r\n") {
                break at;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.rest.drain(..end + 4).collect()).expect("ASCII");
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        let length = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.parse().expect("a length"));
        while self.rest.len() < length {
            self.more().await?;
        }
        Some(Answer {
            status,
            headers,
            body: self.rest.drain(..length).collect(),
        })
    }
}

/// A message of the server: its type and typed JSON.
pub(crate) type Message = (MessageType, serde_json::Value);

/// A shell over one connection.
pub(crate) struct Client {
    pub(crate) http: Http,
    pub(crate) path: String,
    pub(crate) resource: String,
    pub(crate) shell_id: String,
    pub(crate) pool: Pool,
    pub(crate) timeout: Duration,
    pub(crate) envelope: u64,
    pool_stream: Reassembler,
}

impl Client {
    /// A client that has not created its shell.
    pub(crate) async fn new(lab: &Lab) -> Self {
        Self {
            http: Http::connect(lab).await,
            path: "/wsman".to_owned(),
            resource: SHELL.to_owned(),
            shell_id: String::new(),
            pool: Pool::new(
                PoolOptions {
                    max_runspaces: 2,
                    ..PoolOptions::new(Uuid::new_v4())
                },
                ObjectIds::new(),
            ),
            timeout: Duration::from_secs(20),
            envelope: 512_000,
            pool_stream: Reassembler::new(1 << 26),
        }
    }

    /// A client with an open pool.
    pub(crate) async fn open(lab: &Lab) -> Self {
        let mut client = Self::new(lab).await;
        client.create().await.expect("a shell");
        client.opened().await;
        client
    }

    /// The same for Exchange.
    pub(crate) async fn open_exchange(lab: &Lab) -> Self {
        let mut client = Self::new(lab).await;
        client.path = "/PowerShell/?PSVersion=5.1".to_owned();
        client.resource = EXCHANGE.to_owned();
        client.create().await.expect("a shell");
        client.opened().await;
        client
    }

    pub(crate) fn header(&self) -> RequestHeader {
        let url = format!("http://{}{}", self.http.host, self.path);
        let mut header = RequestHeader::new(url, &self.resource, Uuid::new_v4());
        header.max_envelope_size = Some(self.envelope);
        header.operation_timeout = Some(self.timeout);
        if !self.shell_id.is_empty() {
            header.selectors = vec![("ShellId".to_owned(), self.shell_id.clone())];
        }
        header
    }

    pub(crate) fn create_request(&mut self) -> Request {
        let creation = self.pool.open(100_000).expect("fragments");
        let mut header = self.header();
        header.options = vec![WsmanOption::protocol_version("2.3")];
        let shell = ShellRequest {
            shell_id: Some(id_text(self.pool.id())),
            input_streams: "stdin pr".to_owned(),
            output_streams: "stdout".to_owned(),
            creation_xml: Some(creation),
            ..ShellRequest::default()
        };
        Request::new(header, RequestBody::Create(shell))
    }

    pub(crate) async fn create(&mut self) -> Result<String, Box<Fault>> {
        let request = self.create_request();
        let xml = self.call(&request).await?;
        let response = Response::parse(&xml).expect("an envelope");
        let ResponseBody::Create(created) = response.body else {
            panic!("{xml}")
        };
        self.shell_id = created.shell_id().expect("a shell id").to_owned();
        Ok(xml)
    }

    /// Receives until the pool is open.
    pub(crate) async fn opened(&mut self) -> Vec<Message> {
        let mut all = Vec::new();
        while !all
            .iter()
            .any(|(kind, _): &Message| *kind == MessageType::RunspacePoolState)
        {
            all.extend(self.pool_messages().await.expect("pool messages"));
        }
        all
    }

    /// One Receive without a command.
    pub(crate) async fn pool_messages(&mut self) -> Result<Vec<Message>, Box<Fault>> {
        let body = RequestBody::Receive {
            command_id: None,
            streams: "stdout".to_owned(),
        };
        let xml = self.send(body).await?;
        let response = Response::parse(&xml).expect("an envelope");
        let ResponseBody::Receive(receive) = response.body else {
            panic!("{xml}")
        };
        for stream in &receive.streams {
            let bytes = stream.decode().expect("base64");
            self.pool.receive(&bytes);
            self.pool_stream.push(&bytes);
        }
        while self.pool.next_event().expect("pool events").is_some() {}
        Ok(messages(&mut self.pool_stream))
    }

    /// Performs a request of this shell.
    pub(crate) async fn send(&mut self, body: RequestBody) -> Result<String, Box<Fault>> {
        let request = Request::new(self.header(), body);
        self.call(&request).await
    }

    /// Performs a request; gives the SOAP text of the answer.
    pub(crate) async fn call(&mut self, request: &Request) -> Result<String, Box<Fault>> {
        let answer = self.exchange(&request.to_xml()).await.expect("an answer");
        let text = answer.text();
        let response = Response::parse(&text).unwrap_or_else(|e| panic!("{e}: {} {text}", answer.status));
        if !matches!(request.body, RequestBody::Identify) {
            response
                .check_relates_to(&request.header.message_id)
                .expect("related");
        }
        match response.body {
            ResponseBody::Fault(fault) => {
                assert_eq!(answer.status, 500);
                Err(fault)
            }
            _ => {
                assert_eq!(answer.status, 200);
                Ok(text)
            }
        }
    }

    pub(crate) async fn exchange(&mut self, xml: &str) -> Option<Answer> {
        let (path, auth) = (self.path.clone(), basic());
        let headers = [
            ("Authorization", auth.as_str()),
            ("Content-Type", "application/soap+xml;charset=UTF-8"),
        ];
        self.http.post(&path, &headers, xml.as_bytes()).await
    }

    /// Starts a pipeline; gives its command id.
    pub(crate) async fn start(&mut self, create: &CreatePipeline) -> Result<String, Box<Fault>> {
        let pid = Uuid::new_v4();
        let mut pipeline = self.pool.pipeline(pid, create).expect("a pipeline");
        let first = pipeline.start(300_000).expect("a fragment");
        self.send(RequestBody::powershell_command(pid, &first)).await?;
        let id = id_text(pid);
        while let Some(more) = pipeline.next_outgoing(300_000).expect("fragments") {
            self.input(&id, more.data).await?;
        }
        Ok(id)
    }

    pub(crate) async fn input(&mut self, command: &str, data: Vec<u8>) -> Result<(), Box<Fault>> {
        let stream = StreamData {
            name: "stdin".to_owned(),
            command_id: Some(command.to_owned()),
            data,
            end: false,
        };
        self.send(RequestBody::Send(vec![stream])).await.map(|_| ())
    }

    /// One Receive of a command: the SOAP text.
    pub(crate) async fn receive(&mut self, command: &str) -> Result<String, Box<Fault>> {
        let body = RequestBody::Receive {
            command_id: Some(command.to_owned()),
            streams: "stdout".to_owned(),
        };
        self.send(body).await
    }

    pub(crate) async fn signal(&mut self, command: &str, code: SignalCode) -> Result<String, Box<Fault>> {
        self.send(RequestBody::Signal {
            command_id: Some(command.to_owned()),
            code,
        })
        .await
    }

    /// Receives until the command is done, and frees it.
    pub(crate) async fn finish(&mut self, command: &str) -> Vec<Message> {
        let mut stream = Reassembler::new(1 << 28);
        let mut all = Vec::new();
        loop {
            let xml = self
                .receive(command)
                .await
                .unwrap_or_else(|fault| panic!("{fault}"));
            let (more, done) = taken(&xml, &mut stream);
            all.extend(more);
            if done {
                self.signal(command, SignalCode::Terminate).await.expect("freed");
                return all;
            }
        }
    }

    /// Runs commands and gives all that came.
    pub(crate) async fn run(&mut self, commands: Vec<Command>) -> Vec<Message> {
        let id = self
            .start(&CreatePipeline::new(vec![commands]))
            .await
            .expect("a command");
        self.finish(&id).await
    }

    pub(crate) async fn request(&mut self, kind: PoolRequestKind) -> Vec<Message> {
        self.pool.request(kind).expect("a request");
        while let Some(out) = self.pool.next_outgoing(100_000).expect("fragments") {
            let stream = StreamData {
                name: "stdin".to_owned(),
                command_id: None,
                data: out.data,
                end: false,
            };
            self.send(RequestBody::Send(vec![stream])).await.expect("sent");
        }
        self.pool_messages().await.expect("an answer")
    }
}

/// The messages of a Receive's answer, and whether the command is done.
pub(crate) fn taken(xml: &str, stream: &mut Reassembler) -> (Vec<Message>, bool) {
    let response = Response::parse(xml).expect("an envelope");
    let ResponseBody::Receive(receive) = response.body else {
        panic!("{xml}")
    };
    for text in &receive.streams {
        text.decode_into(stream).expect("base64");
    }
    let done = receive
        .command_state
        .is_some_and(|state| state.state == CommandStateKind::Done);
    (messages(stream), done)
}

fn messages(stream: &mut Reassembler) -> Vec<Message> {
    let mut all = Vec::new();
    let mut interner = Interner::default();
    while let Some(assembled) = stream.next_message().expect("fragments") {
        let message = MessageRef::decode(assembled.bytes).expect("a message");
        let document = read_message(message.data, &ClixmlLimits::default(), &mut interner).expect("CLIXML");
        all.push((
            message.message_type,
            json::typed(document.root().unwrap_or(&Value::Nil)),
        ));
    }
    all
}

/// `NAME -P1 V1 …`
pub(crate) fn command<const N: usize>(name: &str, parameters: [(&str, Value); N]) -> Command {
    parameters
        .into_iter()
        .fold(Command::new(name), |command, (name, value)| {
            command.with(Argument::named(name, value))
        })
}

pub(crate) fn of_type(all: &[Message], kind: MessageType) -> VecDeque<serde_json::Value> {
    all.iter()
        .filter(|(k, _)| *k == kind)
        .map(|(_, value)| value.clone())
        .collect()
}

pub(crate) fn outputs(all: &[Message]) -> Vec<serde_json::Value> {
    of_type(all, MessageType::PipelineOutput).into()
}

/// The last state, and its error's id.
pub(crate) fn end(all: &[Message]) -> (i64, String) {
    let state = of_type(all, MessageType::PipelineState)
        .pop_back()
        .expect("a state");
    let id = state["ms"]["ExceptionAsErrorRecord"]["ms"]["FullyQualifiedErrorId"]["v"]
        .as_str()
        .unwrap_or_default();
    (
        state["ms"]["PipelineState"]["v"].as_i64().expect("a number"),
        id.to_owned(),
    )
}

/// The error ids of the error stream.
pub(crate) fn errors(all: &[Message]) -> Vec<String> {
    of_type(all, MessageType::ErrorRecord)
        .iter()
        .map(|record| {
            record["ms"]["FullyQualifiedErrorId"]["v"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}
