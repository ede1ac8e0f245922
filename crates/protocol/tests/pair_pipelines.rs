//! Pipelines of both roles, joined in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

#[path = "support/pair.rs"]
mod pair;

use pair::{PID, Pair, Run, pipeline};
use psbridge_clixml::{DateTime, ProgressRecord, ProgressRecordType, Value};
use psbridge_protocol::client::Event;
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{
    Argument, Command, CreatePipeline, ErrorCategory, ErrorRecord, GetCommandMetadata, HostMethod,
    InformationRecord, InformationalKind, InformationalRecord, Merges, PipelineState, PoolRequestKind,
    ProgressMessage,
};
use psbridge_protocol::payload::{CommandCount, Payload as _};
use psbridge_protocol::server::{self, Lane, PipelineEvent};
use psbridge_protocol::{Error, ProtocolVersion};

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
