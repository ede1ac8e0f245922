//! A client and a server, joined in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use psbridge_clixml::{DateTime, ProgressRecord, ProgressRecordType, Value};
use psbridge_protocol::client::{self, ClientPoolState, Event, PoolEvent};
use psbridge_protocol::fragment::{ObjectIds, SERVER_FRAGMENT_LEN};
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{ApplicationPrivateData, CommandCount, Payload as _};
use psbridge_protocol::payload::{
    Argument, AvailabilityResponse, Command, CreatePipeline, ErrorCategory, ErrorRecord, GetCommandMetadata,
    HostMethod, InformationRecord, InformationalKind, InformationalRecord, Merges, PipelineState,
    PoolRequestKind, ProgressMessage, PublicKey, UserEvent, primitive_dictionary,
};
use psbridge_protocol::secure::{CryptoError, Protection, RsaPublicKey, SessionKeyCrypto};
use psbridge_protocol::server::{self, Lane, PipelineEvent};
use psbridge_protocol::{Error, ProtocolVersion};
use uuid::Uuid;
use zeroize::Zeroizing;

const RPID: Uuid = Uuid::from_u128(0x1111_2222);
const PID: Uuid = Uuid::from_u128(0x3333_4444);

/// Both ends of a session.
struct Pair {
    client: client::Pool,
    server: server::Pool,
}

impl Pair {
    fn new(client: ProtocolVersion, server: ProtocolVersion) -> Self {
        let mut options = client::PoolOptions::new(RPID);
        options.version = client;
        let server = server::PoolOptions {
            version: server,
            ..Default::default()
        };
        Self {
            client: client::Pool::new(options, ObjectIds::new()),
            server: server::Pool::new(server, ObjectIds::new()),
        }
    }

    fn opened() -> Self {
        let mut pair = Self::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
        pair.open();
        pair
    }

    /// Opens, and gives the events of both sides.
    fn open(&mut self) -> (Vec<server::PoolEvent>, Vec<PoolEvent>) {
        let creation = self.client.open(100_000).unwrap();
        self.server.receive(Lane::Input, &creation);
        let asked = self.server_events();
        assert!(
            matches!(asked.last(), Some(server::PoolEvent::Init(_))),
            "{asked:?}"
        );
        let table = [("PSVersion", Value::from("5.1.17763.1"))];
        self.server
            .opened(&ApplicationPrivateData::version_table(table))
            .unwrap();
        let told = self.client_events();
        assert_eq!(self.client.state(), ClientPoolState::Opened);
        (asked, told)
    }

    fn server_events(&mut self) -> Vec<server::PoolEvent> {
        while let Some(outgoing) = self.client.next_outgoing(4096).unwrap() {
            self.server.receive(outgoing.lane, &outgoing.data);
        }
        std::iter::from_fn(|| self.server.next_event().unwrap()).collect()
    }

    fn client_events(&mut self) -> Vec<PoolEvent> {
        while let Some(fragment) = self.server.next_fragment(100_000).unwrap() {
            assert!(fragment.len() <= SERVER_FRAGMENT_LEN);
            self.client.receive(&fragment);
        }
        std::iter::from_fn(|| self.client.next_event().unwrap()).collect()
    }

    /// Starts a pipeline; `max` is the room of a request.
    fn start(&self, create: &CreatePipeline, max: usize) -> Run {
        let mut run = Run {
            client: self.client.pipeline(PID, create).unwrap(),
            server: self.server.pipeline(PID),
        };
        let first = run.client.start(max).unwrap();
        assert!(first.len() <= max);
        run.server.receive(Lane::Input, &first);
        run
    }
}

/// Both ends of a pipeline.
struct Run {
    client: client::Pipeline,
    server: server::Pipeline,
}

impl Run {
    fn server_events(&mut self) -> Vec<PipelineEvent> {
        while let Some(outgoing) = self.client.next_outgoing(1000).unwrap() {
            assert!(outgoing.data.len() <= 1000);
            self.server.receive(outgoing.lane, &outgoing.data);
        }
        std::iter::from_fn(|| self.server.next_event().unwrap()).collect()
    }

    fn client_events(&mut self) -> Vec<Event> {
        while let Some(fragment) = self.server.next_fragment(100_000).unwrap() {
            assert!(fragment.len() <= SERVER_FRAGMENT_LEN);
            self.client.receive(&fragment);
        }
        std::iter::from_fn(|| self.client.next_event().unwrap()).collect()
    }
}

fn pipeline(command: Command) -> CreatePipeline {
    CreatePipeline::new(vec![vec![command]])
}

#[test]
fn a_pool_opens_and_closes() {
    let mut pair = Pair::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
    assert!(matches!(
        pair.client.request(PoolRequestKind::GetAvailableRunspaces),
        Err(Error::State { .. })
    ));
    let (_, told) = pair.open();
    let [
        PoolEvent::Negotiated(version),
        PoolEvent::ApplicationPrivateData(data),
        PoolEvent::State(_),
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*version, ProtocolVersion::V2_3);
    assert_eq!(data.ps_version().as_deref(), Some("5.1.17763.1"));
    assert_eq!(pair.server.id(), RPID);
    assert!(pair.client.open(100_000).is_err(), "a pool opens once");

    pair.server.close().unwrap();
    pair.client_events();
    assert_eq!(pair.client.state(), ClientPoolState::Closed);
    assert!(pair.client.pipeline(PID, &pipeline(Command::new("x"))).is_err());
    pair.client.finish().unwrap();
}

#[test]
fn opening_fits_into_small_requests() {
    let mut pair = Pair::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
    let creation = pair.client.open(300).unwrap();
    assert!(creation.len() <= 300);
    pair.server.receive(Lane::Input, &creation);
    let events = pair.server_events();
    assert!(
        matches!(
            events[..],
            [server::PoolEvent::Negotiated(_), server::PoolEvent::Init(_)]
        ),
        "{events:?}"
    );
}

#[test]
fn versions_are_negotiated() {
    use ProtocolVersion as V;
    for (client, server, agreed) in [
        (V::V2_3, V::V2_3, V::V2_3),
        (V::V2_1, V::V2_3, V::V2_1),
        (V::V2_4, V::V2_3, V::V2_3),
        (V::V2_3, V::V2_4, V::V2_3),
        (V::V2_4, V::V2_4, V::V2_4),
    ] {
        let mut pair = Pair::new(client, server);
        pair.open();
        assert_eq!(
            (pair.client.version(), pair.server.version()),
            (Some(agreed), Some(agreed))
        );
    }
}

#[test]
fn a_failed_negotiation_breaks_the_pool() {
    let mut pair = Pair::new(ProtocolVersion { major: 3, minor: 0 }, ProtocolVersion::V2_3);
    let creation = pair.client.open(100_000).unwrap();
    pair.server.receive(Lane::Input, &creation);
    assert!(matches!(pair.server.next_event(), Err(Error::Negotiation { .. })));
    // The server still says what it speaks, and nothing more.
    pair.client
        .receive(&pair.server.next_fragment(10_000).unwrap().unwrap());
    assert!(matches!(
        pair.client.next_event(),
        Ok(Some(PoolEvent::Negotiated(_)))
    ));
    assert!(!pair.server.has_output());

    let mut client = client::Pool::new(client::PoolOptions::new(RPID), ObjectIds::new());
    client.open(100_000).unwrap();
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    let odd = b"<Obj><MS><Version N=\"protocolversion\">2.9</Version><Version N=\"PSVersion\">2.0</Version>\
                <Version N=\"SerializationVersion\">1.1.0.1</Version></MS></Obj>";
    server.push(MessageType::SessionCapability, odd.to_vec());
    client.receive(&server.next_fragment(10_000).unwrap().unwrap());
    assert!(matches!(client.next_event(), Err(Error::Negotiation { .. })));
    assert_eq!(client.state(), ClientPoolState::Broken);
}

#[test]
fn every_stream_arrives_in_order() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("Get-Everything").switch("Force")), 100_000);
    let events = run.server_events();
    let [PipelineEvent::Create(create)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(create.statements[0][0].arguments, [Argument::switch("Force")]);

    let server = &mut run.server;
    server.output(&Value::from("one")).unwrap();
    server.output(&Value::Nil).unwrap();
    let error = ErrorRecord::new(
        "no",
        &["System.Exception"],
        "No.Id,Cmd",
        ErrorCategory::OBJECT_NOT_FOUND,
    );
    let error = error
        .about("Cmd", Value::from("it"), "it", "String")
        .on_error_stream();
    server.error(&error).unwrap();
    for kind in [
        InformationalKind::Warning,
        InformationalKind::Verbose,
        InformationalKind::Debug,
    ] {
        server
            .informational(kind, &InformationalRecord::new(format!("{kind:?}")))
            .unwrap();
    }
    let information = InformationRecord {
        message_data: Value::from("info"),
        source: Some("Cmd".to_owned()),
        time_generated: None::<DateTime>,
        tags: vec!["PSHOST".to_owned()],
        user: None,
        computer: Some("here".to_owned()),
        process_id: 1,
        native_thread_id: 2,
        managed_thread_id: 3,
    };
    server.information(&information).unwrap();
    let progress = ProgressMessage(ProgressRecord {
        activity: "counting".into(),
        activity_id: 7,
        current_operation: None,
        parent_activity_id: -1,
        percent_complete: 40,
        record_type: ProgressRecordType::Processing,
        seconds_remaining: -1,
        status_description: "so so".into(),
    });
    server.progress(&progress).unwrap();
    server.completed().unwrap();
    server.completed().unwrap();

    let events = run.client_events();
    let [
        Event::Output(one),
        Event::Output(null),
        Event::Error(told),
        Event::Warning(warning),
        Event::Verbose(verbose),
        Event::Debug(debug),
        Event::Information(informed),
        Event::Progress(counted),
        Event::State(state),
    ] = &events[..]
    else {
        panic!("{events:#?}")
    };
    assert_eq!(one.root().and_then(Value::as_text).as_deref(), Some("one"));
    assert_eq!(null.root(), Some(&Value::Nil));
    assert_eq!(told.message(), "no");
    assert_eq!(
        told.category_message.as_deref(),
        Some("ObjectNotFound: (it:String) [Cmd], Exception")
    );
    assert_eq!(told.exception_type(), Some("System.Exception"));
    assert_eq!(
        (&*warning.message, &*verbose.message, &*debug.message),
        ("Warning", "Verbose", "Debug")
    );
    assert_eq!(informed.value, information);
    assert!(informed.is_host_output());
    assert_eq!(counted.value, progress);
    assert_eq!(
        (state.state, run.client.state()),
        (PipelineState::Completed, PipelineState::Completed)
    );
    assert!(run.client.last_message_len() > 40);
    assert!(run.client_events().is_empty(), "one terminal state");
}

#[test]
fn input_streams_and_ends() {
    let pair = Pair::opened();
    let mut create = pipeline(Command::new("Measure-Object"));
    create.no_input = false;
    // Small requests: the pipeline itself and its input come in many fragments.
    let mut run = pair.start(&create, 200);
    run.client.input(&Value::from("a".repeat(5000))).unwrap();
    run.client.input(&Value::Nil).unwrap();
    assert!(run.client.pending_bytes() > 5000);
    run.client.end_input().unwrap();
    assert!(run.client.input(&Value::from(1)).is_err());
    let events = run.server_events();
    let [
        PipelineEvent::Create(_),
        PipelineEvent::Input(text),
        PipelineEvent::Input(null),
        PipelineEvent::EndOfInput,
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        text.root().and_then(Value::as_text).map(|text| text.len()),
        Some(5000)
    );
    assert_eq!(null.root(), Some(&Value::Nil));
    assert_eq!(run.client.pending_bytes(), 0);
}

#[test]
fn input_needs_a_pipeline_that_takes_it() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("x")), 100_000);
    assert!(matches!(
        run.client.input(&Value::from(1)),
        Err(Error::State { .. })
    ));
    assert!(run.client.end_input().is_err());
}

#[test]
fn large_objects_come_in_fragments() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("x")), 100_000);
    let text = "0123456789".repeat(500_000);
    run.server.output(&Value::from(text.as_str())).unwrap();
    run.server.completed().unwrap();
    let events = run.client_events();
    let Event::Output(output) = &events[0] else {
        panic!()
    };
    assert_eq!(
        output.root().and_then(Value::as_text).as_deref(),
        Some(text.as_str())
    );
}

#[test]
fn statements_and_merges_arrive() {
    let pair = Pair::opened();
    let statements = vec![
        vec![
            Command::new("Get-User").parameter("ResultSize", 5),
            Command::new("Select-Object").argument("Name"),
        ],
        vec![Command::script("1 + 1").merging(Merges::all_to_output())],
    ];
    let mut run = pair.start(&CreatePipeline::new(statements.clone()), 100_000);
    let events = run.server_events();
    let [PipelineEvent::Create(create)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(create.statements, statements);
}

#[test]
fn old_servers_get_what_they_know() {
    let mut pair = Pair::new(ProtocolVersion::V2_1, ProtocolVersion::V2_3);
    pair.open();
    let two = CreatePipeline::new(vec![vec![Command::new("a")], vec![Command::new("b")]]);
    assert!(matches!(
        pair.client.pipeline(PID, &two),
        Err(Error::Version { .. })
    ));
    assert!(matches!(
        pair.client.request(PoolRequestKind::ResetRunspaceState),
        Err(Error::Version { .. })
    ));
    let merged = pipeline(Command::new("a").merging(Merges::all_to_output()));
    let mut run = pair.start(&merged, 100_000);
    let events = run.server_events();
    let [PipelineEvent::Create(create)] = &events[..] else {
        panic!("{events:?}")
    };
    let merges = create.statements[0][0].merges;
    assert_eq!(
        (merges.my_result, merges.to_result),
        (
            Merges::all_to_output().my_result,
            Merges::all_to_output().to_result
        )
    );
    assert_eq!(merges.warning, Merges::default().warning, "not known before 2.2");
}

#[test]
fn host_calls_are_answered_or_refused() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("Read-Host")), 100_000);
    run.server_events();
    let method = |name| HostMethod::from_name(name).unwrap();
    let void = run
        .server
        .host_call(method("WriteLine2"), vec![Value::from("hello")])
        .unwrap();
    assert_eq!(void, None);
    assert!(!run.server.waits_for_host());
    assert_eq!(
        run.server.host_call(method("ReadLine"), Vec::new()).unwrap(),
        Some(1)
    );
    assert_eq!(
        run.server
            .host_call(method("GetBufferContents"), Vec::new())
            .unwrap(),
        Some(2)
    );
    assert!(run.server.waits_for_host());

    let events = run.client_events();
    let [
        Event::HostCall(write),
        Event::HostCall(read),
        Event::HostCall(refused),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert!(!write.needs_response());
    assert_eq!(write.method().map(|method| method.name), Some("WriteLine2"));
    assert!(matches!(
        run.client.respond(&write.respond(Value::Nil)),
        Err(Error::HostCall { .. })
    ));
    run.client.respond(&read.respond(Value::from("typed"))).unwrap();
    assert!(run.client.respond(&read.respond(Value::from("twice"))).is_err());
    run.client
        .respond(&refused.refuse(ErrorRecord::host_call_refused("GetBufferContents")))
        .unwrap();

    let events = run.server_events();
    let [
        PipelineEvent::HostResponse(typed),
        PipelineEvent::HostResponse(refusal),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(typed.result, Some(Value::from("typed")));
    assert!(
        refusal
            .error
            .as_ref()
            .unwrap()
            .message()
            .contains("GetBufferContents")
    );
    assert!(!run.server.waits_for_host());
}

#[test]
fn host_calls_of_the_pool_are_answered() {
    let mut pair = Pair::opened();
    let method = HostMethod::from_name("PromptForChoice").unwrap();
    assert_eq!(
        pair.server
            .host_call(method, vec![Value::from("caption")])
            .unwrap(),
        Some(1)
    );
    let events = pair.client_events();
    let [PoolEvent::HostCall(call)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.client.respond(&call.respond(Value::from(2))).unwrap();
    let events = pair.server_events();
    let [server::PoolEvent::HostResponse(response)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((response.call_id, &response.result), (1, &Some(Value::from(2))));
}

#[test]
fn a_response_on_the_pools_stream_reaches_its_pipeline() {
    let mut pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("Read-Host")), 100_000);
    run.server_events();
    run.server
        .host_call(HostMethod::from_name("ReadLine").unwrap(), Vec::new())
        .unwrap();
    let events = run.client_events();
    let [Event::HostCall(call)] = &events[..] else {
        panic!("{events:?}")
    };
    run.client.respond(&call.respond(Value::from("x"))).unwrap();
    let outgoing = run.client.next_outgoing(10_000).unwrap().unwrap();
    assert_eq!(
        (outgoing.lane, outgoing.lane.stream_name()),
        (Lane::PromptResponse, "pr")
    );
    pair.server.receive(outgoing.lane, &outgoing.data);
    let Some(server::PoolEvent::ForPipeline { pid, message }) = pair.server.next_event().unwrap() else {
        panic!()
    };
    assert_eq!(pid, PID);
    assert!(matches!(
        run.server.accept(&message),
        PipelineEvent::HostResponse(_)
    ));
}

#[test]
fn requests_of_the_pool_are_answered() {
    let mut pair = Pair::opened();
    let kinds = [
        (
            PoolRequestKind::SetMaxRunspaces(5),
            AvailabilityResponse::Done(true),
        ),
        (
            PoolRequestKind::SetMinRunspaces(2),
            AvailabilityResponse::Done(false),
        ),
        (
            PoolRequestKind::GetAvailableRunspaces,
            AvailabilityResponse::Available(4),
        ),
        (
            PoolRequestKind::ResetRunspaceState,
            AvailabilityResponse::Done(true),
        ),
    ];
    for (place, (kind, answer)) in (1..).zip(kinds) {
        assert_eq!(pair.client.request(kind).unwrap(), place);
        let events = pair.server_events();
        let [server::PoolEvent::Request(request)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((request.kind, request.call_id), (kind, place));
        pair.server.answer(request, answer).unwrap();
        let events = pair.client_events();
        let [PoolEvent::Availability(told)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((told.call_id, told.response), (place, answer));
    }
}

#[test]
fn commands_are_asked_for() {
    let pair = Pair::opened();
    let query = GetCommandMetadata::new(["Get-*"]);
    let mut run = Run {
        client: pair.client.command_metadata(PID, &query).unwrap(),
        server: pair.server.pipeline(PID),
    };
    let first = run.client.start(100_000).unwrap();
    run.server.receive(Lane::Input, &first);
    let events = run.server_events();
    let [PipelineEvent::GetCommandMetadata(asked)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(asked.value, query);
    run.server.output(&CommandCount(3).to_value()).unwrap();
    run.server.completed().unwrap();
    let events = run.client_events();
    let [Event::Output(count), Event::State(_)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(CommandCount::from_document(count).unwrap(), CommandCount(3));
}

#[test]
fn events_and_warnings_of_the_pool_surface() {
    let mut pair = Pair::opened();
    let event = UserEvent {
        event_identifier: 4,
        source_identifier: "Lab".to_owned(),
        time_generated: None,
        sender: Value::Nil,
        source_args: Value::Nil,
        message_data: Value::from("data"),
        computer_name: None,
        runspace_id: Some(PID),
    };
    pair.server.user_event(&event).unwrap();
    pair.server
        .informational(
            InformationalKind::Warning,
            &InformationalRecord::new("old profile"),
        )
        .unwrap();
    pair.server
        .push(MessageType::Unknown(0x0002_1FFF), b"<S>new</S>".to_vec());
    pair.server
        .push(MessageType::ApplicationPrivateData, b"<broken".to_vec());
    pair.server.request_public_key().unwrap();
    let events = pair.client_events();
    let [
        PoolEvent::UserEvent(told),
        PoolEvent::Record {
            pid: None,
            event: warning,
        },
        PoolEvent::Unknown(unknown),
        PoolEvent::Undecodable(broken),
        PoolEvent::PublicKeyRequest,
    ] = &events[..]
    else {
        panic!("{events:#?}")
    };
    assert_eq!(told.value, event);
    assert!(matches!(&**warning, Event::Warning(warning) if warning.message == "old profile"));
    assert_eq!(unknown.message_type.code(), 0x0002_1FFF);
    assert_eq!(broken.message_type, MessageType::ApplicationPrivateData);
    assert_eq!(pair.client.state(), ClientPoolState::Opened);
}

#[test]
fn an_object_that_cannot_be_read_costs_only_itself() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("x")), 100_000);
    run.server_events();
    run.server.output(&Value::from(1)).unwrap();
    run.server.push(
        MessageType::PipelineOutput,
        b"<Obj RefId=\"0\"><Wrong/></Obj>".to_vec(),
    );
    run.server
        .push(MessageType::ErrorRecord, b"<S>no record</S>".to_vec());
    run.server.push(MessageType::Unknown(0x0004_1FFF), Vec::new());
    run.server.output(&Value::from(2)).unwrap();
    run.server.completed().unwrap();
    let events = run.client_events();
    let [
        Event::Output(_),
        Event::Undecodable(wrong),
        Event::Undecodable(no_record),
        Event::Unknown(_),
        Event::Output(_),
        Event::State(_),
    ] = &events[..]
    else {
        panic!("{events:#?}")
    };
    assert_eq!(wrong.bytes, b"<Obj RefId=\"0\"><Wrong/></Obj>");
    assert_eq!(no_record.message_type, MessageType::ErrorRecord);
}

#[test]
fn output_may_be_decoded_by_the_caller() {
    let pair = Pair::opened();
    let mut run = pair.start(&pipeline(Command::new("x")), 100_000);
    run.server_events();
    run.server.output(&Value::from("text")).unwrap();
    run.client
        .receive(&run.server.next_fragment(10_000).unwrap().unwrap());
    let event = run.client.next_event_with(|data, _, _| Ok(data.len())).unwrap();
    assert!(matches!(event, Some(Event::Output(14))), "{event:?}");
}

#[test]
fn pipelines_end_in_every_way() {
    let pair = Pair::opened();
    let start = || {
        let mut run = pair.start(&pipeline(Command::new("x")), 100_000);
        run.server_events();
        run
    };

    let mut failed = start();
    let error = ErrorRecord::new(
        "boom",
        &["System.Exception"],
        "boom",
        ErrorCategory::NOT_SPECIFIED,
    );
    failed.server.failed(error).unwrap();
    let events = failed.client_events();
    let [Event::State(state)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        state.error.as_ref().map(|error| error.message()).as_deref(),
        Some("boom")
    );
    assert_eq!(failed.client.state(), PipelineState::Failed);

    let mut stopped = start();
    stopped.client.stopping();
    assert_eq!(stopped.client.state(), PipelineState::Stopping);
    stopped.server.stopped().unwrap();
    stopped.client_events();
    assert_eq!(stopped.client.state(), PipelineState::Stopped);

    let mut killed = start();
    assert_eq!(killed.client.command_done(), PipelineState::Failed);
    let mut stopped_silently = start();
    stopped_silently.client.stopping();
    assert_eq!(stopped_silently.client.command_done(), PipelineState::Stopped);
    let mut done = start();
    done.server.completed().unwrap();
    done.client_events();
    assert_eq!(
        (done.client.command_done(), done.client.lost()),
        (PipelineState::Completed, PipelineState::Completed)
    );
    assert!(done.client.start(1000).is_err(), "a pipeline starts once");

    let mut unreadable = start();
    unreadable
        .server
        .push(MessageType::PipelineState, b"<S>?</S>".to_vec());
    unreadable
        .client
        .receive(&unreadable.server.next_fragment(1000).unwrap().unwrap());
    assert!(matches!(
        unreadable.client.next_event(),
        Err(Error::Undecodable { .. })
    ));
    assert_eq!(unreadable.client.state(), PipelineState::Failed);
}

#[test]
fn a_pool_is_taken_over() {
    let mut client = client::Pool::new(client::PoolOptions::new(RPID), ObjectIds::new());
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    server.receive(Lane::Input, &client.connect(Some((1, 3)), 10_000).unwrap());
    let events: Vec<_> = std::iter::from_fn(|| server.next_event().unwrap()).collect();
    let [
        server::PoolEvent::Negotiated(_),
        server::PoolEvent::Connect(connect),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(connect.counts, Some((1, 3)));
    server.connected(1, 3).unwrap();
    while let Some(fragment) = server.next_fragment(1000).unwrap() {
        client.receive(&fragment);
    }
    let events: Vec<_> = std::iter::from_fn(|| client.next_event().unwrap()).collect();
    let [PoolEvent::Negotiated(_), PoolEvent::InitData(counts)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((counts.min_runspaces, counts.max_runspaces), (1, 3));
    assert_eq!(client.state(), ClientPoolState::Opened);
    // The stream goes on in the middle of something.
    let mut pipeline = client.pipeline(PID, &pipeline(Command::new("x"))).unwrap();
    pipeline.start(10_000).unwrap();
    pipeline.resync();
    let mut far = server.pipeline(PID);
    far.output(&Value::from("x".repeat(50_000))).unwrap();
    far.output(&Value::from("whole")).unwrap();
    far.next_fragment(40_000).unwrap();
    while let Some(fragment) = far.next_fragment(40_000).unwrap() {
        pipeline.receive(&fragment);
    }
    let Some(Event::Output(output)) = pipeline.next_event().unwrap() else {
        panic!()
    };
    assert_eq!(output.root().and_then(Value::as_text).as_deref(), Some("whole"));
}

/// Not cryptography: moves bytes so that a test sees whether they went through it.
#[derive(Default)]
struct Toy {
    key: Option<u8>,
}

impl SessionKeyCrypto for Toy {
    fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError> {
        Ok(RsaPublicKey {
            modulus: (1..=255).chain([1]).collect(),
            exponent: 65_537,
        })
    }

    fn open_session_key(&mut self, ciphertext: &[u8]) -> Result<(), CryptoError> {
        self.key = ciphertext.first().copied();
        Ok(())
    }

    fn seal_session_key(&mut self, client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError> {
        assert_eq!((client.modulus.first(), client.modulus.len()), (Some(&1), 256));
        self.key = Some(0x5A);
        Ok([0x5A]
            .into_iter()
            .chain(client.modulus.iter().skip(1).copied())
            .collect())
    }

    fn has_session_key(&self) -> bool {
        self.key.is_some()
    }

    fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = self.key.ok_or(CryptoError::NoKey)?;
        Ok(plain.iter().map(|byte| byte ^ key).collect())
    }

    fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.encrypt(cipher).map(Zeroizing::new)
    }
}

#[test]
fn keys_are_exchanged() {
    let mut pair = Pair::opened();
    let (mut ours, mut theirs) = (Toy::default(), Toy::default());
    assert_eq!(Protection::Key(&ours).seal("secret"), Err(CryptoError::NoKey));
    let stray = psbridge_protocol::payload::EncryptedSessionKey { blob: Vec::new() };
    assert!(
        pair.client.accept_session_key(&stray, &mut ours).is_err(),
        "nobody asked"
    );
    pair.client.send_public_key(&mut ours).unwrap();
    pair.client.send_public_key(&mut ours).unwrap();
    let events = pair.server_events();
    let [server::PoolEvent::PublicKey(key)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.server.send_session_key(key, &mut theirs).unwrap();
    let events = pair.client_events();
    let [PoolEvent::SessionKey(key)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.client.accept_session_key(key, &mut ours).unwrap();

    let version = pair.client.version().unwrap();
    let sealed = Protection::of(version, &ours).seal("secret é").unwrap();
    assert_eq!(
        &**Protection::of(version, &theirs).open(&sealed).unwrap(),
        "secret é"
    );
    let plain = Protection::of(ProtocolVersion::V2_4, &ours)
        .seal("secret")
        .unwrap();
    assert_eq!(plain.as_str(), "cwBlAGMAcgBlAHQA");
    assert_eq!(&**Protection::Transport.open(&plain).unwrap(), "secret");
    assert!(
        pair.server
            .send_session_key(&PublicKey { blob: vec![1, 2, 3] }, &mut theirs)
            .is_err()
    );

    let mut newer = Pair::new(ProtocolVersion::V2_4, ProtocolVersion::V2_4);
    newer.open();
    assert!(newer.client.send_public_key(&mut ours).is_err());
}

#[test]
fn application_arguments_arrive() {
    let mut options = client::PoolOptions::new(RPID);
    options.application_arguments = primitive_dictionary([("Purpose", Value::from("test"))]);
    options.max_runspaces = 4;
    let mut client = client::Pool::new(options, ObjectIds::new());
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    server.receive(Lane::Input, &client.open(100_000).unwrap());
    let events: Vec<_> = std::iter::from_fn(|| server.next_event().unwrap()).collect();
    let [_, server::PoolEvent::Init(init)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((init.min_runspaces, init.max_runspaces), (1, 4));
    let arguments = init.application_arguments.as_dictionary().unwrap();
    assert_eq!(arguments, [(Value::from("Purpose"), Value::from("test"))]);
}
