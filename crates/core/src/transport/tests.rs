use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use psbridge_clixml::Value;
use psbridge_protocol::client::{Lane as InputLane, Outgoing};
use psbridge_protocol::payload::Command;
use psbridge_protocol::wsman::{
    CommandState, CommandStateKind, CreateResponse, Fault, ReceiveResponse, Request, RequestBody, Response,
    ResponseBody, SignalCode, StreamText,
};
use psbridge_protocol::{ProtocolVersion, server};
use uuid::Uuid;

use super::*;
use crate::endpoint::Endpoint;
use crate::error::ErrorKind;
use crate::exchange::{
    Exchange, ExchangeError, Lane, PlainRequest, PlainResponse, RecordingExchange, ReplayExchange, Timing,
    WireBytes,
};
use crate::options::Limits;
use crate::session::Session;
use crate::session::testing::{MemoryShell, commands, memory, number};

const TIMED_OUT: u32 = 2_150_858_793;
const GONE: u32 = 2_150_858_843;

type Answer = Result<(u16, &'static str, String), ExchangeError>;

type Script = Box<dyn FnOnce(&Request) -> Answer + Send>;

/// Answers each request by the next closure of its list.
struct Scripted {
    answers: Mutex<VecDeque<Script>>,
    bodies: Mutex<Vec<Bytes>>,
}

impl Scripted {
    fn new<const N: usize>(answers: [Script; N]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.into()),
            bodies: Mutex::default(),
        })
    }

    fn requests(&self) -> Vec<Request> {
        let bodies = self.bodies.lock().unwrap();
        bodies
            .iter()
            .map(|body| Request::parse(std::str::from_utf8(body).unwrap()).unwrap())
            .collect()
    }
}

impl Exchange for Scripted {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        Box::pin(async move {
            self.bodies.lock().unwrap().push(request.body.clone());
            let parsed = Request::parse(std::str::from_utf8(&request.body).unwrap()).unwrap();
            let answer = self
                .answers
                .lock()
                .unwrap()
                .pop_front()
                .expect("an unexpected request");
            let (status, content_type, body) = answer(&parsed)?;
            Ok(PlainResponse {
                status,
                headers: vec![("Content-Type".into(), content_type.into())],
                body: body.into(),
                connection: 1,
                timing: Timing::default(),
                wire: WireBytes::default(),
            })
        })
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

const SOAP: &str = "application/soap+xml;charset=UTF-8";

fn to(request: &Request, body: ResponseBody<'_>) -> Answer {
    let status = if matches!(body, ResponseBody::Fault(_)) {
        500
    } else {
        200
    };
    let relates_to = Some(request.header.message_id.clone());
    Ok((status, SOAP, Response::new(body, "uuid:1", relates_to).to_xml()))
}

fn fault(code: u32) -> Script {
    Box::new(move |request| {
        to(
            request,
            ResponseBody::Fault(Box::new(Fault::windows(code, "host", ""))),
        )
    })
}

fn lost(answer_begun: bool) -> Script {
    Box::new(move |_| {
        Err(ExchangeError::Lost {
            answer_begun,
            reason: "reset".into(),
        })
    })
}

fn created(shell: &'static str) -> Script {
    Box::new(move |request| {
        let created = CreateResponse {
            address: request.header.to.clone(),
            resource_uri: request.header.resource_uri.clone(),
            selectors: vec![("ShellId".into(), shell.into())],
            shell: None,
        };
        to(request, ResponseBody::Create(created))
    })
}

fn output(command: Option<&'static str>, data: &'static [u8], done: bool) -> Script {
    Box::new(move |request| {
        let id = command.map(str::to_owned);
        let state = CommandState {
            command_id: id.clone(),
            state: CommandStateKind::Done,
            exit_code: None,
        };
        let receive = ReceiveResponse {
            streams: vec![StreamText::encode("stdout", id, data)],
            command_state: done.then_some(state),
        };
        to(request, ResponseBody::Receive(receive))
    })
}

fn transport(exchange: Arc<dyn Exchange>) -> WsmanTransport {
    let endpoint = Endpoint::parse("http://host:5985/wsman", None).unwrap();
    WsmanTransport::new(
        exchange,
        WsmanOptions {
            endpoint,
            limits: Limits::default(),
            no_profile: true,
        },
    )
}

fn decoded(delivery: &Delivery) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let decode = |chunk: &Chunk| match chunk {
        Chunk::Base64(text) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
        Chunk::Raw(bytes) => bytes.to_vec(),
    };
    delivery.chunks.iter().map(decode).collect()
}

#[tokio::test]
async fn ids_that_the_server_gives_are_used_from_then_on() {
    let id = Uuid::new_v4();
    let exchange = Scripted::new([
        created("Shell-7"),
        Box::new(|request| {
            to(
                request,
                ResponseBody::Command {
                    command_id: "COMMAND-9".into(),
                },
            )
        }),
        Box::new(|request| to(request, ResponseBody::Send)),
        output(Some("COMMAND-9"), b"abc", true),
        Box::new(|request| to(request, ResponseBody::Signal)),
        Box::new(|request| to(request, ResponseBody::Delete)),
    ]);
    let transport = transport(exchange.clone());
    transport.open(Uuid::new_v4(), b"open".to_vec()).await.unwrap();
    transport.start(id, b"create".to_vec()).await.unwrap();
    let outgoing = Outgoing {
        lane: InputLane::PromptResponse,
        data: b"x".to_vec(),
    };
    transport.send(Target::Pipeline(id), outgoing).await.unwrap();
    let delivery = transport.receive(Target::Pipeline(id)).await.unwrap();
    assert_eq!((decoded(&delivery), delivery.done), (vec![b"abc".to_vec()], true));
    transport.free(id).await.unwrap();
    transport.close().await.unwrap();

    let requests = exchange.requests();
    assert!(
        requests[1..]
            .iter()
            .all(|request| request.header.shell_id() == Some("Shell-7"))
    );
    assert!(matches!(&requests[2].body, RequestBody::Send(streams)
        if streams[0].name == "pr" && streams[0].command_id.as_deref() == Some("COMMAND-9")));
    assert!(
        matches!(&requests[3].body, RequestBody::Receive { command_id: Some(id), .. } if id == "COMMAND-9")
    );
    assert!(
        matches!(&requests[4].body, RequestBody::Signal { command_id: Some(id), code: SignalCode::Terminate }
        if id == "COMMAND-9")
    );
    let create = &requests[0].header;
    assert_eq!(create.option("protocolversion"), Some("2.3"));
    assert_eq!(create.option("winrs_noprofile"), Some("TRUE"));
    assert_eq!(create.max_envelope_size, Some(153_600));
    assert_eq!(create.operation_timeout, Some(Duration::from_secs(60)));
    assert!(
        requests
            .iter()
            .all(|request| request.header.session_id == create.session_id)
    );
    assert!(matches!(&requests[0].body, RequestBody::Create(shell)
        if shell.idle_timeout == Some(Duration::from_secs(7200)) && shell.creation_xml.as_deref() == Some(b"open")));
}

#[tokio::test]
async fn an_idle_receive_is_asked_again_and_a_lost_one_sent_again() {
    let exchange = Scripted::new([
        fault(TIMED_OUT),
        lost(false),
        lost(false),
        output(None, b"x", false),
    ]);
    let transport = transport(exchange.clone());
    let delivery = transport.receive(Target::Pool).await.unwrap();
    assert_eq!((decoded(&delivery), delivery.done), (vec![b"x".to_vec()], false));
    let bodies = exchange.bodies.lock().unwrap();
    assert_ne!(bodies[0], bodies[1], "a new question");
    assert_eq!(
        (&bodies[1], &bodies[2]),
        (&bodies[2], &bodies[3]),
        "the same question"
    );
}

#[tokio::test]
async fn what_else_is_lost_is_not_sent_again() {
    // Part of an answer had come: nobody knows whether the rest is lost.
    let exchange = Scripted::new([lost(true)]);
    let error = transport(exchange).receive(Target::Pool).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    assert!(error.to_string().contains("http://host:5985/wsman"), "{error}");

    let exchange = Scripted::new([lost(false)]);
    let error = transport(exchange)
        .start(Uuid::new_v4(), b"x".to_vec())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::ConnectionLost, "start the pipeline")
    );

    let exchange = Scripted::new([lost(false), lost(false), lost(false), lost(false), lost(false)]);
    assert!(transport(exchange).receive(Target::Pool).await.is_err());
}

#[tokio::test]
async fn the_shell_is_created_again_when_the_endpoint_says_so() {
    let exchange = Scripted::new([fault(995), fault(1722), created("S")]);
    transport(exchange)
        .open(Uuid::new_v4(), b"x".to_vec())
        .await
        .unwrap();
    let exchange = Scripted::new([fault(2_150_858_811)]);
    let error = transport(exchange)
        .open(Uuid::new_v4(), b"x".to_vec())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fault_code()),
        (ErrorKind::Fault, Some(2_150_858_811))
    );
    assert!(error.to_string().contains("2150858811"), "{error}");
    assert!(error.advice().is_some());
    let exchange = Scripted::new([fault(5)]);
    let error = transport(exchange)
        .open(Uuid::new_v4(), b"x".to_vec())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
}

#[tokio::test]
async fn what_is_gone_is_freed_and_closed() {
    let exchange = Scripted::new([fault(GONE), fault(995), fault(GONE), fault(5)]);
    let transport = transport(exchange);
    let id = Uuid::new_v4();
    transport.stop(id).await.unwrap();
    transport.free(id).await.unwrap();
    transport.close().await.unwrap();
    assert!(transport.free(id).await.is_err());
}

#[tokio::test]
async fn answers_to_other_requests_are_refused() {
    let exchange = Scripted::new([
        Box::new(|_| {
            let body = ResponseBody::Receive(ReceiveResponse::default());
            Ok((
                200,
                SOAP,
                Response::new(body, "uuid:1", Some("uuid:OTHER".into())).to_xml(),
            ))
        }),
        Box::new(|request| to(request, ResponseBody::Signal)),
        Box::new(|_| Ok((200, SOAP, "<html>".into()))),
        Box::new(|_| Ok((200, "text/html", "<html>".into()))),
        Box::new(|_| Ok((200, SOAP, "<!DOCTYPE x><x/>".into()))),
    ]);
    let transport = transport(exchange);
    let mut kinds = Vec::new();
    for _ in 0..5 {
        kinds.push(transport.receive(Target::Pool).await.unwrap_err().kind());
    }
    use ErrorKind::{NotWinRm, Protocol};
    assert_eq!(kinds, [Protocol, Protocol, Protocol, NotWinRm, Protocol]);
}

#[tokio::test]
async fn streams_of_others_are_left_out() {
    let id = Uuid::new_v4();
    let exchange = Scripted::new([Box::new(move |request: &Request| {
        let own = psbridge_protocol::wsman::id_text(id);
        let streams = vec![
            StreamText::encode("stderr", Some(own.clone()), b"no"),
            StreamText::encode("stdout", Some("OTHER".into()), b"no"),
            StreamText::encode("stdout", Some(own.to_lowercase()), b"yes"),
            StreamText::encode("stdout", None, b"yes"),
        ];
        let other = CommandState {
            command_id: Some("OTHER".into()),
            state: CommandStateKind::Done,
            exit_code: None,
        };
        to(
            request,
            ResponseBody::Receive(ReceiveResponse {
                streams,
                command_state: Some(other),
            }),
        )
    }) as Script]);
    let delivery = transport(exchange).receive(Target::Pipeline(id)).await.unwrap();
    assert_eq!(
        (decoded(&delivery), delivery.done),
        (vec![b"yes".to_vec(), b"yes".to_vec()], false)
    );
}

#[test]
fn requests_grow_when_the_server_has_shown_that_it_takes_them() {
    let transport = transport(Scripted::new([]));
    for carrier in [Carrier::Open, Carrier::Start, Carrier::Send] {
        assert!((100_000..115_200).contains(&transport.room(carrier)));
    }
    transport.negotiated(ProtocolVersion::V2_3);
    assert!((380_000..384_000).contains(&transport.room(Carrier::Send)));
    let old = self::transport(Scripted::new([]));
    old.negotiated(ProtocolVersion::V2_1);
    assert!(old.room(Carrier::Send) < 115_200);
}

#[tokio::test]
async fn full_requests_keep_within_the_envelope() {
    let exchange = Scripted::new([Box::new(|request: &Request| to(request, ResponseBody::Send)) as Script]);
    let transport = transport(exchange.clone());
    let data = vec![0; transport.room(Carrier::Send)];
    let outgoing = Outgoing {
        lane: InputLane::Input,
        data,
    };
    transport
        .send(Target::Pipeline(Uuid::max()), outgoing)
        .await
        .unwrap();
    let length = exchange.bodies.lock().unwrap()[0].len();
    assert!((150_000..=153_600).contains(&length), "{length}");
}

/// A whole endpoint in memory, at the lower seam.
struct MemoryEndpoint {
    shell: Arc<MemoryShell>,
    answers: AtomicU64,
}

impl MemoryEndpoint {
    async fn answer(&self, request: Request) -> String {
        let pipeline = |id: &Option<String>| Uuid::parse_str(id.as_deref().unwrap()).unwrap();
        let target = |id: &Option<String>| match id {
            Some(id) => Target::Pipeline(Uuid::parse_str(id).unwrap()),
            None => Target::Pool,
        };
        let result = match &request.body {
            RequestBody::Create(shell) => {
                let data = shell.creation_xml.clone().unwrap();
                let selectors = vec![("ShellId".to_owned(), shell.shell_id.clone().unwrap())];
                let (address, resource_uri) =
                    (request.header.to.clone(), request.header.resource_uri.clone());
                let created = CreateResponse {
                    address,
                    resource_uri,
                    selectors,
                    shell: None,
                };
                self.shell
                    .open(pipeline(&shell.shell_id), data)
                    .await
                    .map(|()| ResponseBody::Create(created))
            }
            RequestBody::Command(command) => {
                let fragment = StreamText {
                    name: "".into(),
                    command_id: None,
                    end: false,
                    text: command.arguments[0].as_str().into(),
                };
                let id = command.command_id.clone().unwrap();
                let started = self
                    .shell
                    .start(pipeline(&command.command_id), fragment.decode().unwrap())
                    .await;
                started.map(|()| ResponseBody::Command { command_id: id })
            }
            RequestBody::Send(streams) => {
                let stream = &streams[0];
                let lane = InputLane::from_stream_name(&stream.name).unwrap();
                let outgoing = Outgoing {
                    lane,
                    data: stream.data.clone(),
                };
                self.shell
                    .send(target(&stream.command_id), outgoing)
                    .await
                    .map(|()| ResponseBody::Send)
            }
            RequestBody::Receive { command_id, .. } => {
                let received = self.shell.receive(target(command_id)).await;
                received.map(|delivery| ResponseBody::Receive(receive_response(&delivery, command_id)))
            }
            RequestBody::Signal {
                command_id,
                code: SignalCode::Stop,
            } => self
                .shell
                .stop(pipeline(command_id))
                .await
                .map(|()| ResponseBody::Signal),
            RequestBody::Signal { command_id, .. } => self
                .shell
                .free(pipeline(command_id))
                .await
                .map(|()| ResponseBody::Signal),
            RequestBody::Delete => self.shell.close().await.map(|()| ResponseBody::Delete),
            other => panic!("{other:?}"),
        };
        let body = result
            .unwrap_or_else(|error| ResponseBody::Fault(Box::new(error.fault().cloned().expect("a fault"))));
        let id = format!("uuid:{}", self.answers.fetch_add(1, Ordering::Relaxed));
        Response::new(body, id, Some(request.header.message_id.clone())).to_xml()
    }
}

fn receive_response(delivery: &Delivery, command_id: &Option<String>) -> ReceiveResponse<'static> {
    let streams = delivery.chunks.iter().map(|chunk| match chunk {
        Chunk::Raw(bytes) => StreamText::encode("stdout", command_id.clone(), bytes),
        Chunk::Base64(_) => unreachable!(),
    });
    let state = || CommandState {
        command_id: command_id.clone(),
        state: CommandStateKind::Done,
        exit_code: Some("0".into()),
    };
    ReceiveResponse {
        streams: streams.collect(),
        command_state: delivery.done.then(state),
    }
}

impl Exchange for MemoryEndpoint {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        Box::pin(async move {
            let parsed = Request::parse(std::str::from_utf8(&request.body).unwrap()).unwrap();
            let text = self.answer(parsed).await;
            let status = if text.contains(":Fault>") { 500 } else { 200 };
            assert!(matches!(
                request.lane,
                Lane::Operation | Lane::Receive | Lane::CleanUp
            ));
            Ok(PlainResponse {
                status,
                headers: vec![
                    ("Content-Type".into(), SOAP.into()),
                    ("Set-Cookie".into(), "node=secret7".into()),
                ],
                body: text.into(),
                connection: 1,
                timing: Timing::default(),
                wire: WireBytes {
                    request: 1,
                    response: 2,
                },
            })
        })
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

fn endpoint(shell: Arc<MemoryShell>) -> Arc<dyn Exchange> {
    Arc::new(MemoryEndpoint {
        shell,
        answers: AtomicU64::new(0),
    })
}

async fn work(session: &Session) -> Vec<i64> {
    let mut seen: Vec<i64> = session
        .run(Command::new("Count").argument(300))
        .await
        .unwrap()
        .output()
        .map(number)
        .collect();
    let echo = crate::Pipeline::new()
        .command(Command::new("Echo"))
        .input(stream::iter((1000..1010).map(Value::from)));
    seen.extend(session.run(echo).await.unwrap().output().map(number));
    assert_eq!(
        session.run(Command::new("Fail")).await.unwrap_err().kind(),
        ErrorKind::PipelineFailed
    );
    seen
}

fn expected() -> Vec<i64> {
    (0..300).chain(1000..1010).collect()
}

#[tokio::test]
async fn a_session_runs_over_ws_management() {
    let session = Session::builder("http://host/wsman")
        .exchange(endpoint(memory()))
        .open()
        .await
        .unwrap();
    assert_eq!(work(&session).await, expected());
    session.close().await.unwrap();
}

#[tokio::test]
async fn what_is_recorded_replays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.jsonl");
    std::fs::write(&path, "an old one").unwrap();
    let session = Session::builder("http://host/wsman")
        .exchange(endpoint(memory()))
        .credential("me", "unguessable")
        .record(&path)
        .hide_in_recording("Everything")
        .open()
        .await
        .unwrap();
    assert_eq!(work(&session).await, expected());
    session.close().await.unwrap();

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("{\"psbridge_recording\":1"), "{}", &text[..80]);
    assert!(!text.contains("secret7") && !text.contains("unguessable"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let replay = Arc::new(ReplayExchange::read(text.as_bytes()).unwrap());
    let session = Session::builder("http://host/wsman")
        .exchange(replay.clone())
        .open()
        .await
        .unwrap();
    assert_eq!(work(&session).await, expected());
    session.close().await.unwrap();
    assert_eq!(replay.remaining(), 0);
    assert!(replay.traffic().round_trips > 10);

    // Another pipeline is not in it, and the error says what is.
    let replay = Arc::new(ReplayExchange::read(text.as_bytes()).unwrap());
    let session = Session::builder("http://host/wsman")
        .exchange(replay)
        .open()
        .await
        .unwrap();
    let error = session.run(Command::new("Get-Other")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Recording, "{error}");
    assert!(error.to_string().contains("Get-Other"), "{error}");
}

#[tokio::test]
async fn a_recording_that_cannot_be_made_is_an_error_before_anything_is_sent() {
    let shell = memory();
    let error = Session::builder("http://host/wsman")
        .exchange(endpoint(Arc::clone(&shell)))
        .record("/no/such/folder/file.jsonl")
        .open()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Recording);
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
    assert!(shell.lock_calls().is_empty());
}

#[tokio::test]
async fn failures_are_recorded_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("failed.jsonl");
    let inner = Scripted::new([lost(true)]);
    let target = Endpoint::parse("http://host/wsman", None).unwrap();
    let recording = RecordingExchange::create(&path, inner, &target, &[]).unwrap();
    let shell = WsmanTransport::new(
        Arc::new(recording),
        WsmanOptions {
            endpoint: target,
            limits: Limits::default(),
            no_profile: false,
        },
    );
    assert!(shell.open(Uuid::new_v4(), b"x".to_vec()).await.is_err());
    shell.finish().await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.lines()
            .nth(1)
            .unwrap()
            .contains("\"error\":\"the connection was lost"),
        "{text}"
    );
}

#[tokio::test]
async fn decorators_see_every_exchange() {
    struct Counting(Arc<dyn Exchange>, Arc<AtomicU64>);
    impl Exchange for Counting {
        fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.exchange(request)
        }
        fn traffic(&self) -> Traffic {
            self.0.traffic()
        }
    }
    let count = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&count);
    let session = Session::builder("http://host/wsman")
        .exchange(endpoint(memory()))
        .wrap_exchange(move |inner| Arc::new(Counting(inner, seen)))
        .open()
        .await
        .unwrap();
    session.close().await.unwrap();
    assert!(count.load(Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn objects_are_read_straight_into_types() {
    let shell = MemoryShell::new(|pipeline: &mut server::Pipeline, event| commands(pipeline, event));
    let session = Session::builder("http://host/wsman")
        .exchange(endpoint(Arc::new(shell)))
        .open()
        .await
        .unwrap();
    let mut numbers = session
        .pipeline(Command::new("Count").argument(50))
        .objects::<i64>()
        .await
        .unwrap();
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number.unwrap();
    }
    assert_eq!(sum, 49 * 50 / 2);
    let mut texts = session
        .pipeline(Command::new("Odd"))
        .objects::<String>()
        .await
        .unwrap();
    assert_eq!(
        texts.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Protocol
    );
    assert_eq!(texts.next().await.unwrap().unwrap(), "after");
    assert!(texts.next().await.is_none());
}
