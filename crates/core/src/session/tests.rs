use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use psbridge_clixml::Value;
use psbridge_protocol::payload::{Command, PipelineState, RunspacePoolState};
use psbridge_protocol::server;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::testing::{Call, GONE, MemoryShell, commands, fault, lost, memory, number};
use super::*;
use crate::transport::Target;

async fn open(shell: &Arc<MemoryShell>) -> Session {
    open_with(shell, Limits::default()).await
}

async fn open_with(shell: &Arc<MemoryShell>, limits: Limits) -> Session {
    let transport = Arc::clone(shell) as Arc<dyn ShellTransport>;
    Session::builder("unused")
        .limits(limits)
        .transport(transport)
        .open()
        .await
        .unwrap()
}

fn count(n: i32) -> Command {
    Command::new("Count").argument(n)
}

fn wait() -> Command {
    Command::new("Wait")
}

/// Until nothing more happens.
async fn settle() {
    sleep(Duration::from_millis(30)).await;
}

async fn until(condition: impl Fn() -> bool) {
    timeout(Duration::from_secs(10), async {
        while !condition() {
            sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .expect("it happens");
}

fn is_receive(call: &Call) -> bool {
    matches!(call, Call::Receive(Target::Pipeline(_)))
}

fn is_start(call: &Call) -> bool {
    matches!(call, Call::Start(_))
}

fn is_free(call: &Call) -> bool {
    matches!(call, Call::Free(_))
}

fn is_stop(call: &Call) -> bool {
    matches!(call, Call::Stop(_))
}

fn state_of(record: &Record) -> Option<PipelineState> {
    match record {
        Record::State(state) => Some(state.state),
        _ => None,
    }
}

#[tokio::test]
async fn a_session_opens_streams_and_closes() {
    let shell = memory();
    let session = open(&shell).await;
    assert_eq!(session.protocol_version(), ProtocolVersion::V2_3);
    assert_eq!(
        session
            .private_data()
            .and_then(|data| data.ps_version())
            .as_deref(),
        Some("5.1")
    );
    let all = session.run(count(1000)).await.unwrap();
    assert_eq!(
        all.output().map(number).collect::<Vec<_>>(),
        (0..1000).collect::<Vec<_>>()
    );
    assert_eq!(
        all.records.last().and_then(state_of),
        Some(PipelineState::Completed)
    );
    let stats = session.stats();
    assert_eq!(
        (stats.objects, stats.pipelines, stats.messages_sent),
        (1000, 1, 3)
    );
    assert_eq!(stats.messages_received, 3 + 1001);
    session.close().await.unwrap();
    session.close().await.unwrap();
    assert!(!session.is_open());
    let calls = shell.lock_calls();
    assert_eq!(calls.iter().filter(|call| is_free(call)).count(), 1);
    assert_eq!(calls.iter().filter(|call| is_stop(call)).count(), 0);
    assert_eq!(calls[calls.len() - 2..], [Call::Close, Call::Finish]);
    assert_eq!(session.run(count(1)).await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn every_kind_of_record_keeps_its_place() {
    let session = open(&memory()).await;
    let all = session.run(Command::new("Everything")).await.unwrap();
    let streams: Vec<_> = all.records.iter().map(Record::stream).collect();
    let expected = [
        "output",
        "error",
        "warning",
        "verbose",
        "debug",
        "information",
        "output",
        "state",
    ];
    assert_eq!(streams, expected);
    assert!(all.had_errors());
    assert_eq!(
        all.errors().map(|error| error.message()).collect::<Vec<_>>(),
        ["it failed"]
    );
    assert_eq!(all.warnings().collect::<Vec<_>>(), ["text"]);
    assert!(all.output().last().unwrap().root().unwrap().is_nil());
    assert!(all.records.iter().all(|record| record.document().is_some()));
}

#[tokio::test]
async fn receiving_stops_when_the_caller_stops_reading() {
    let mut shell = MemoryShell::new(commands);
    shell.per_delivery = 10;
    let shell = Arc::new(shell);
    let session = open_with(
        &shell,
        Limits {
            pipeline_buffer_records: 50,
            ..Limits::default()
        },
    )
    .await;
    let mut records = session.pipeline(count(2000)).start().await.unwrap();
    settle().await;
    let before = shell.count(is_receive);
    // 50 records in the buffer, 10 being read, 10 that have come meanwhile.
    assert!((6..=8).contains(&before), "{before}");
    settle().await;
    assert_eq!(shell.count(is_receive), before);
    let mut seen = 0;
    while let Some(record) = records.next().await {
        seen += usize::from(record.unwrap().as_output().is_some());
    }
    assert_eq!(seen, 2000);
    assert_eq!(shell.count(is_receive), 201);
}

#[tokio::test]
async fn bytes_are_a_bound_of_the_buffer_too() {
    let mut shell = MemoryShell::new(commands);
    shell.per_delivery = 1;
    let shell = Arc::new(shell);
    let session = open_with(
        &shell,
        Limits {
            pipeline_buffer_bytes: 500,
            ..Limits::default()
        },
    )
    .await;
    let records = session.pipeline(count(500)).start().await.unwrap();
    settle().await;
    assert!(shell.count(is_receive) < 20);
    assert_eq!(records.collect().await.unwrap().output().count(), 500);
}

#[tokio::test]
async fn as_many_pipelines_run_at_once_as_there_are_runspaces() {
    let shell = memory();
    let session = open_with(
        &shell,
        Limits {
            max_runspaces: 2,
            ..Limits::default()
        },
    )
    .await;
    let first = session.pipeline(wait()).start().await.unwrap();
    let _second = session.pipeline(wait()).start().await.unwrap();
    let third = tokio::spawn({
        let session = session.clone();
        async move { session.run(count(3)).await }
    });
    settle().await;
    assert_eq!(shell.count(is_start), 2);
    drop(first);
    assert_eq!(third.await.unwrap().unwrap().output().count(), 3);
    let calls = shell.lock_calls();
    let freed = calls.iter().position(is_free).unwrap();
    let started = calls.iter().rposition(is_start).unwrap();
    assert!(freed < started, "the third starts when the first is freed");
}

#[tokio::test]
async fn dropping_a_running_pipeline_stops_and_frees_it() {
    let shell = memory();
    let session = open(&shell).await;
    let records = session.pipeline(wait()).start().await.unwrap();
    let id = records.id();
    drop(records);
    until(|| shell.count(is_free) == 1).await;
    let calls = shell.lock_calls();
    let stop = calls.iter().position(|call| *call == Call::Stop(id)).unwrap();
    let free = calls.iter().position(|call| *call == Call::Free(id)).unwrap();
    assert!(stop < free);
    assert_eq!(session.run(count(1)).await.unwrap().output().count(), 1);
}

#[tokio::test]
async fn a_start_that_is_given_up_is_cleaned_up_after() {
    let mut shell = MemoryShell::new(commands);
    shell.starts = tokio::sync::Semaphore::new(0);
    let shell = Arc::new(shell);
    let session = open(&shell).await;
    let starting = session.pipeline(wait()).start();
    assert!(timeout(Duration::from_millis(20), starting).await.is_err());
    assert_eq!((shell.count(is_start), shell.count(is_free)), (1, 0));
    shell.starts.add_permits(10);
    until(|| shell.count(is_free) == 1).await;
    assert_eq!(shell.count(is_stop), 1);
    assert_eq!(session.run(count(1)).await.unwrap().output().count(), 1);
}

#[tokio::test]
async fn input_streams_while_output_comes_back() {
    let shell = memory();
    let session = open(&shell).await;
    let (feed, values) = mpsc::channel::<i64>(1);
    let values = stream::unfold(values, |mut values| async {
        values.recv().await.map(|n| (Value::from(n), values))
    });
    let echo = crate::Pipeline::new().command(Command::new("Echo")).input(values);
    let mut records = session.pipeline(echo).start().await.unwrap();
    for n in 0..20 {
        feed.send(n).await.unwrap();
        let record = records.next().await.unwrap().unwrap();
        assert_eq!(record.as_output().map(number), Some(n));
    }
    drop(feed);
    assert_eq!(
        records.next().await.unwrap().ok().as_ref().and_then(state_of),
        Some(PipelineState::Completed)
    );
    assert!(records.next().await.is_none());
}

#[tokio::test]
async fn much_input_shares_requests_and_never_runs_ahead() {
    let mut shell = MemoryShell::new(commands);
    shell.room = 4000;
    let shell = Arc::new(shell);
    let session = open(&shell).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let values = stream::iter(0..5000_i64).map(move |n| {
        count.fetch_add(1, Ordering::Relaxed);
        Value::from(n)
    });
    let echo = crate::Pipeline::new().command(Command::new("Echo")).input(values);
    let all = session.run(echo).await.unwrap();
    assert_eq!(
        all.output().map(number).collect::<Vec<_>>(),
        (0..5000).collect::<Vec<_>>()
    );
    let sends = shell.count(|call| matches!(call, Call::Send(Target::Pipeline(_))));
    assert!(sends < 1000, "{sends} sends for 5000 values");
}

#[tokio::test]
async fn input_that_fails_stops_the_pipeline() {
    let shell = memory();
    let session = open(&shell).await;
    let values = stream::iter([Ok(Value::from(1)), Err("line 2 is no json".into())]);
    let echo = crate::Pipeline::new()
        .command(Command::new("Echo"))
        .try_input(values);
    let error = session.run(echo).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("line 2 is no json"), "{error}");
    until(|| shell.count(is_free) == 1).await;
    assert_eq!(shell.count(is_stop), 1);
}

#[tokio::test]
async fn a_large_pipeline_goes_in_several_requests_before_the_first_receive() {
    let mut shell = MemoryShell::new(commands);
    shell.room = 1000;
    let shell = Arc::new(shell);
    let session = open(&shell).await;
    let big = Command::new("Count")
        .argument(2)
        .parameter("Text", "x".repeat(20_000));
    assert_eq!(session.run(big).await.unwrap().output().count(), 2);
    let calls = shell.lock_calls();
    let start = calls.iter().position(is_start).unwrap();
    let receive = calls.iter().position(is_receive).unwrap();
    let sends = calls[start..receive]
        .iter()
        .filter(|call| matches!(call, Call::Send(Target::Pipeline(_))))
        .count();
    assert!(sends >= 20, "{sends}");
}

#[tokio::test]
async fn host_calls_are_refused_so_that_nothing_hangs() {
    let session = open(&memory()).await;
    let all = session.run(Command::new("Ask")).await.unwrap();
    let streams: Vec<_> = all.records.iter().map(Record::stream).collect();
    assert_eq!(streams, ["host", "output", "state"]);
    let text = all
        .output()
        .next()
        .unwrap()
        .root()
        .unwrap()
        .as_text()
        .unwrap()
        .into_owned();
    assert!(text.contains("ReadLine is not available"), "{text}");
}

#[tokio::test]
async fn a_failed_pipeline_gives_everything_before_its_error() {
    let session = open(&memory()).await;
    let mut records = session.pipeline(Command::new("Fail")).start().await.unwrap();
    assert!(records.next().await.unwrap().unwrap().as_output().is_some());
    let state = records.next().await.unwrap().unwrap();
    assert_eq!(state_of(&state), Some(PipelineState::Failed));
    let error = records.next().await.unwrap().unwrap_err();
    assert!(records.next().await.is_none());
    assert_eq!(error.kind(), ErrorKind::PipelineFailed);
    assert_eq!(
        error.error_record().map(|record| record.message()).as_deref(),
        Some("it failed")
    );
    assert_eq!(
        error.to_string(),
        "could not run the pipeline at memory: it failed"
    );

    let error = session.run(Command::new("Fail")).await.unwrap_err();
    assert_eq!(error.received().len(), 2);
    assert!(session.is_open());
}

#[tokio::test]
async fn what_cannot_be_read_is_one_record_and_not_the_end() {
    let session = open(&memory()).await;
    let all = session.run(Command::new("Odd")).await.unwrap();
    let streams: Vec<_> = all.records.iter().map(Record::stream).collect();
    assert_eq!(streams, ["error", "unknown", "output", "state"]);
    assert!(matches!(&all.records[0], Record::Undecodable(message) if message.bytes == b"<S>cut"));
    assert!(all.had_errors());
}

#[tokio::test]
async fn a_stop_ends_the_stream_with_its_state_only() {
    let shell = memory();
    let session = open(&shell).await;
    let mut records = session.pipeline(wait()).start().await.unwrap();
    records.stop().await.unwrap();
    assert_eq!(
        records.next().await.unwrap().ok().as_ref().and_then(state_of),
        Some(PipelineState::Stopped)
    );
    assert!(records.next().await.is_none());
    records.stopper().stop().await.unwrap();
    until(|| shell.count(is_free) == 1).await;
    assert_eq!(shell.count(is_stop), 1, "a pipeline that is over is not stopped");

    // Somebody else's stop is an error.
    let mut records = session.pipeline(wait()).start().await.unwrap();
    shell.with_pipelines(|pipeline| pipeline.stopped().unwrap());
    assert!(records.next().await.unwrap().is_ok());
    assert_eq!(
        records.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::PipelineStopped
    );
}

#[tokio::test]
async fn a_stop_reaches_a_pipeline_that_nobody_reads() {
    let shell = memory();
    let session = open_with(
        &shell,
        Limits {
            pipeline_buffer_records: 1,
            ..Limits::default()
        },
    )
    .await;
    let records = session.pipeline(count(100)).start().await.unwrap();
    settle().await;
    timeout(Duration::from_secs(5), records.stop())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shell.count(is_stop), 1);
}

#[tokio::test]
async fn a_command_that_vanishes_is_a_failure_or_the_stop_that_was_asked() {
    let mut shell = MemoryShell::new(commands);
    shell.answers_stop = false;
    let shell = Arc::new(shell);
    let session = open(&shell).await;
    let mut records = session.pipeline(wait()).start().await.unwrap();
    shell.fail(is_receive, fault(GONE));
    let error = records.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.fault_code()), (ErrorKind::Fault, Some(GONE)));

    let mut records = session.pipeline(wait()).start().await.unwrap();
    records.stop().await.unwrap();
    shell.fail(is_receive, fault(GONE));
    assert_eq!(
        records.next().await.unwrap().ok().as_ref().and_then(state_of),
        Some(PipelineState::Stopped)
    );
    assert!(records.next().await.is_none());
    assert!(session.is_open());
}

#[tokio::test]
async fn a_fault_at_the_start_concerns_one_pipeline() {
    let shell = memory();
    let session = open(&shell).await;
    shell.fail(is_start, fault(2_150_859_174));
    let error = session.run(count(1)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fault_code()),
        (ErrorKind::Fault, Some(2_150_859_174))
    );
    assert!(error.advice().is_some());
    assert_eq!(session.run(count(1)).await.unwrap().output().count(), 1);
}

#[tokio::test]
async fn a_lost_connection_breaks_the_session_for_everybody() {
    let shell = memory();
    let session = open_with(
        &shell,
        Limits {
            max_runspaces: 2,
            ..Limits::default()
        },
    )
    .await;
    let mut bystander = session.pipeline(wait()).start().await.unwrap();
    shell.with_pipelines(|pipeline| pipeline.output(&Value::from(7)).unwrap());
    settle().await;
    shell.fail(is_start, lost());
    assert_eq!(
        session.run(count(1)).await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    // What had come is still there.
    assert_eq!(
        bystander.next().await.unwrap().unwrap().as_output().map(number),
        Some(7)
    );
    assert_eq!(
        bystander.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    assert!(bystander.next().await.is_none());
    assert!(!session.is_open());
    assert_eq!(
        session.run(count(1)).await.unwrap_err().kind(),
        ErrorKind::ConnectionLost
    );
    let calls = shell.lock_calls().len();
    session.close().await.unwrap();
    let after = &shell.lock_calls()[calls..];
    assert!(
        !after.contains(&Call::Close),
        "of a lost connection nothing more can be expected: {after:?}"
    );
}

#[tokio::test]
async fn the_end_of_the_pool_reaches_its_pipelines() {
    for broken in [true, false] {
        let shell = memory();
        let session = open(&shell).await;
        let mut records = session.pipeline(wait()).start().await.unwrap();
        if broken {
            shell.break_pool();
        } else {
            shell.fail(|call| *call == Call::Receive(Target::Pool), fault(GONE));
        }
        let error = records.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Fault);
        assert_eq!(error.fault_code().is_some(), !broken);
        assert!(!session.is_open());
    }
}

#[tokio::test]
async fn closing_ends_what_runs_and_waits_for_the_clean_up() {
    let shell = memory();
    let session = open_with(
        &shell,
        Limits {
            max_runspaces: 3,
            pipeline_buffer_records: 5,
            ..Limits::default()
        },
    )
    .await;
    let mut waiting = session.pipeline(wait()).start().await.unwrap();
    let unread = session.pipeline(count(100)).start().await.unwrap();
    timeout(Duration::from_secs(5), session.close())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        waiting.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Closed
    );
    let calls = shell.lock_calls();
    let close = calls.iter().position(|call| *call == Call::Close).unwrap();
    assert_eq!(calls[..close].iter().filter(|call| is_free(call)).count(), 2);
    assert_eq!(calls[..close].iter().filter(|call| is_stop(call)).count(), 2);
    let error = unread.collect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(error.received().len() >= 5);
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_shell() {
    let shell = memory();
    let session = open(&shell).await;
    let records = session.pipeline(wait()).start().await.unwrap();
    drop(session);
    settle().await;
    assert_eq!(
        shell.count(|call| *call == Call::Close),
        0,
        "the records still hold it"
    );
    drop(records);
    until(|| shell.count(|call| *call == Call::Finish) == 1).await;
    assert_eq!(
        (
            shell.count(is_stop),
            shell.count(is_free),
            shell.count(|call| *call == Call::Close)
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn secure_strings_travel_with_an_exchanged_key() {
    let shell = memory();
    let session = open(&shell).await;
    let (one, two) = tokio::join!(session.secure_string("geheim"), session.secure_string("auch"));
    let echo = crate::Pipeline::new()
        .command(Command::new("Echo"))
        .input(stream::iter([one.unwrap(), two.unwrap()]));
    let all = session.run(echo).await.unwrap();
    let mut texts = Vec::new();
    for document in all.output() {
        let Some(Value::SecureString(text)) = document.root() else {
            panic!("{document:?}")
        };
        assert!(!text.as_str().contains("geheim"));
        texts.push(session.reveal(text).await.unwrap().to_string());
    }
    assert_eq!(texts, ["geheim", "auch"]);
    let keys = shell.count(|call| *call == Call::Send(Target::Pool));
    assert_eq!(keys, 1, "one key for the session");
}

#[tokio::test]
async fn a_pool_that_does_not_open_is_closed_again() {
    let shell = memory();
    shell.fail(|call| *call == Call::Receive(Target::Pool), fault(2_152_992_672));
    let transport = Arc::clone(&shell) as Arc<dyn ShellTransport>;
    let error = Session::builder("unused")
        .transport(transport)
        .open()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fault);
    assert_eq!(
        shell.lock_calls(),
        [Call::Open, Call::Receive(Target::Pool), Call::Close, Call::Finish]
    );
}

#[tokio::test]
async fn opening_that_is_given_up_closes_the_shell() {
    let shell = memory();
    let transport = Arc::clone(&shell) as Arc<dyn ShellTransport>;
    drop(tokio::spawn(Session::builder("unused").transport(transport).open()).await);
    until(|| shell.count(|call| *call == Call::Finish) == 1).await;
    assert_eq!(shell.count(|call| *call == Call::Close), 1);
}

#[tokio::test]
async fn the_pool_refuses_host_calls_and_survives_odd_messages() {
    let shell = memory();
    let session = open(&shell).await;
    shell.with_pool(|pool: &mut server::Pool| {
        let method = psbridge_protocol::payload::HostMethod::from_name("ReadLine").unwrap();
        pool.host_call(method, Vec::new()).unwrap();
        pool.push(
            psbridge_protocol::message::MessageType::Unknown(0x0002_1fff),
            Vec::new(),
        );
        pool.push(
            psbridge_protocol::message::MessageType::UserEvent,
            b"<S>odd</S>".to_vec(),
        );
    });
    until(|| shell.count(|call| *call == Call::Send(Target::Pool)) == 1).await;
    assert!(session.is_open());
    shell.with_pool(|pool| {
        pool.state(&psbridge_protocol::payload::RunspacePoolStateMessage::new(
            RunspacePoolState::Closed,
        ))
        .unwrap();
    });
    until(|| !session.is_open()).await;
}

#[tokio::test]
async fn a_pipeline_without_commands_is_a_usage_error() {
    let session = open(&memory()).await;
    for pipeline in [
        crate::Pipeline::new(),
        crate::Pipeline::new().statement(),
        Command::new(" ").into(),
    ] {
        assert_eq!(session.run(pipeline).await.unwrap_err().kind(), ErrorKind::Usage);
    }
    let two = crate::Pipeline::new()
        .command(count(1))
        .statement()
        .command(count(2))
        .statement();
    assert!(session.run(two).await.is_ok());
}
