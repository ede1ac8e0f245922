//! The library against psrpcore's server: pipelines in parallel, two pools at once, stopping, dropping, back-pressure,
//! secrets.

use std::time::{Duration, Instant};

use futures_util::stream;
use psbridge::protocol::payload::PsCredential;
use psbridge::{
    Authentication, Command, ErrorKind, Object, Pipeline, PipelineState, Record, Session, TlsOptions, Value,
};
use serde_json::Value as Json;

use crate::endpoint::Endpoint;

async fn open(endpoint: &Endpoint, runspaces: u32) -> Session {
    Session::builder(endpoint.url())
        .credential(endpoint.ready("user"), endpoint.ready("password"))
        .tls(TlsOptions::new().ca_file(endpoint.ready("ca")))
        .max_runspaces(runspaces)
        .operation_timeout(Duration::from_secs(20))
        .open()
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

fn users(count: i32) -> Pipeline {
    Pipeline::new().command(Command::new("Get-Users").parameter("Count", count))
}

fn member(record: &Record, name: &str) -> Option<i32> {
    let document = record.as_output()?;
    let value = document.deref(document.root()?).as_object()?.get(name)?;
    match value {
        Value::Int32(number) => Some(*number),
        _ => None,
    }
}

/// The numbers of the users that a pipeline gave.
fn numbers(records: &[Record]) -> Vec<i32> {
    records
        .iter()
        .filter_map(|record| member(record, "Number"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_run_in_parallel_and_keep_apart() {
    let Some(endpoint) = Endpoint::start("session::pipelines_run_in_parallel_and_keep_apart") else {
        return;
    };
    let session = open(&endpoint, 4).await;
    // A slow one does not delay the others.
    let slow = Pipeline::new().command(Command::new("Wait-Quiet").parameter("Seconds", 4));
    let mut slow = session.pipeline(slow).start().await.expect("it starts");
    let started = Instant::now();
    let runs = (0..12).map(|number| {
        let session = session.clone();
        async move { session.run(users(50 + number)).await }
    });
    for (number, collected) in futures_util::future::join_all(runs).await.into_iter().enumerate() {
        let collected = collected.unwrap_or_else(|error| panic!("{error}"));
        let expected: Vec<_> = (0..50 + i32::try_from(number).expect("small")).collect();
        assert_eq!(numbers(&collected.records), expected);
        assert!(!collected.had_errors());
    }
    let others = started.elapsed();
    let first = slow.next().await.expect("a record").expect("no failure");
    assert_eq!(first.stream(), "output");
    assert!(started.elapsed() > others, "the slow one ends last");
    drop(slow);
    session.close().await.expect("it closes");
    endpoint.heard_in_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pools_at_once() {
    let Some(endpoint) = Endpoint::start("session::two_pools_at_once") else {
        return;
    };
    let (one, two) = tokio::join!(open(&endpoint, 1), open(&endpoint, 1));
    assert_ne!(one.id(), two.id());
    for round in 1..4 {
        let (first, second) = tokio::join!(one.run(users(100 * round)), two.run(users(70 * round)));
        assert_eq!(
            first.expect("the first pool").output().count(),
            100 * usize::try_from(round).expect("small")
        );
        assert_eq!(
            second.expect("the second pool").output().count(),
            70 * usize::try_from(round).expect("small")
        );
    }
    let (first, second) = tokio::join!(one.close(), two.close());
    assert!(first.is_ok() && second.is_ok());
    let heard = endpoint.heard_in_order();
    assert_eq!(heard["shells"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_pipeline_says_so_and_the_session_goes_on() {
    let Some(endpoint) = Endpoint::start("session::a_stopped_pipeline_says_so") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    let mut records = session
        .pipeline(Command::new("Get-Endless"))
        .start()
        .await
        .expect("it starts");
    for number in 0..30 {
        let record = records.next().await.expect("endless").expect("no failure");
        assert_eq!(member(&record, "Number"), Some(number));
    }
    records.stop().await.expect("it can be stopped");
    let mut last = None;
    while let Some(record) = records.next().await {
        if let Record::State(state) = record.expect("stopping is no failure") {
            last = Some(state.value.state);
        }
    }
    assert_eq!(last, Some(PipelineState::Stopped));

    // And one that says nothing, stopped by somebody else.
    let quiet = Pipeline::new().command(Command::new("Wait-Quiet").parameter("Seconds", 60));
    let mut records = session.pipeline(quiet).start().await.expect("it starts");
    let stopper = records.stopper();
    let stopping = tokio::spawn(async move { stopper.stop().await });
    let record = records.next().await.expect("a record").expect("no failure");
    assert!(matches!(record, Record::State(state) if state.value.state == PipelineState::Stopped));
    stopping.await.expect("the task ends").expect("it can be stopped");

    let collected = session.run(users(3)).await.expect("the session lives on");
    assert_eq!(collected.output().count(), 3);
    session.close().await.expect("it closes");
    let heard = endpoint.heard_in_order();
    assert_eq!(heard["shells"][0]["stopped"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_pipeline_is_stopped_and_freed() {
    let Some(endpoint) = Endpoint::start("session::a_dropped_pipeline_is_stopped_and_freed") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    for _ in 0..3 {
        let mut records = session
            .pipeline(Command::new("Get-Endless"))
            .start()
            .await
            .expect("it starts");
        records.next().await.expect("endless").expect("no failure");
        drop(records);
        // The one runspace is free again.
        let collected = session.run(users(2)).await.expect("the session lives on");
        assert_eq!(collected.output().count(), 2);
    }
    session.close().await.expect("it closes");
    endpoint.heard_in_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_session_leaves_nothing_behind() {
    let Some(endpoint) = Endpoint::start("session::a_dropped_session_leaves_nothing_behind") else {
        return;
    };
    let session = open(&endpoint, 2).await;
    let mut records = session
        .pipeline(Command::new("Get-Endless"))
        .start()
        .await
        .expect("it starts");
    records.next().await.expect("endless").expect("no failure");
    drop(session);
    drop(records);
    let started = Instant::now();
    while endpoint.heard()["shells"][0]["closed"] != true {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{}",
            endpoint.heard()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_pauses_pauses_the_server() {
    let Some(endpoint) = Endpoint::start("session::a_caller_who_pauses") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    let mut records = session
        .pipeline(Command::new("Get-Endless"))
        .start()
        .await
        .expect("it starts");
    for _ in 0..10 {
        records.next().await.expect("endless").expect("no failure");
    }
    let produced = || {
        endpoint.heard()["shells"][0]["produced"]
            .as_u64()
            .expect("a count")
    };
    let (mut last, started) = (produced(), Instant::now());
    loop {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let now = produced();
        if now == last {
            break;
        }
        last = now;
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{now} objects and no end"
        );
    }
    // And it goes on where it was.
    let next = records.next().await.expect("endless").expect("no failure");
    assert_eq!(member(&next, "Number"), Some(10));
    drop(records);
    session.close().await.expect("it closes");
    endpoint.heard_in_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn input_is_taken_as_it_comes_and_may_fail() {
    let Some(endpoint) = Endpoint::start("session::input_is_taken_as_it_comes") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    let values = [
        Value::from("text"),
        Value::Int32(5),
        Value::Nil,
        Value::Bytes(vec![0, 1, 255]),
        Object::custom().extended("Name", "bag").into(),
    ];
    let echo = Pipeline::new()
        .command(Command::new("Echo-Input"))
        .input(stream::iter(values));
    let collected = session.run(echo).await.unwrap_or_else(|error| panic!("{error}"));
    let output: Vec<Json> = collected
        .output()
        .map(|document| psbridge::clixml::json::plain(document, document.root().expect("a value")))
        .collect();
    let expected = serde_json::json!(["text", 5, null, "AAH/", { "Name": "bag" }]);
    assert_eq!(Json::from(output), expected);

    // The answers come while the questions still go.
    let (sender, receiver) = tokio::sync::mpsc::channel::<Value>(1);
    let questions = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|value| (value, receiver))
    });
    let echo = Pipeline::new()
        .command(Command::new("Echo-Input"))
        .input(questions);
    let mut records = session.pipeline(echo).start().await.expect("it starts");
    for number in 0..5 {
        sender
            .send(Value::Int32(number))
            .await
            .expect("the pipeline listens");
        let record = records.next().await.expect("an answer").expect("no failure");
        assert!(
            matches!(record.as_output().and_then(|document| document.root()), Some(Value::Int32(n)) if *n == number)
        );
    }
    drop(sender);
    let end = records.next().await.expect("an end").expect("no failure");
    assert!(matches!(end, Record::State(state) if state.value.state == PipelineState::Completed));

    // A source that fails stops the pipeline.
    let failing = stream::iter([Ok(Value::Int32(1)), Err("the source broke".into())]);
    let echo = Pipeline::new()
        .command(Command::new("Echo-Input"))
        .try_input(failing);
    let error = session.run(echo).await.expect_err("a source that fails");
    assert!(error.to_string().contains("the source broke"), "{error}");
    let collected = session.run(users(1)).await.expect("the session lives on");
    assert_eq!(collected.output().count(), 1);
    session.close().await.expect("it closes");
    endpoint.heard_in_order();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_big_pipeline_is_cut_to_the_servers_envelopes() {
    let Some(endpoint) = Endpoint::start("session::a_big_pipeline_is_cut") else {
        return;
    };
    // PowerShell 5.1 takes 500 KB, PowerShell 2.0 takes 150 KB.
    for (at, limit) in [
        (endpoint.clone(), 512_000),
        (endpoint.at("/shape/protocol-2.1"), 153_600),
    ] {
        let session = open(&at, 1).await;
        let text = "y".repeat(700_000);
        let input = Value::from("z".repeat(300_000));
        let collected = session
            .run(Pipeline::script(&text))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let output = collected
            .output()
            .next()
            .and_then(|document| document.root().cloned());
        assert!(
            matches!(output, Some(Value::String(script)) if script.to_str_lossy() == format!("script: {text}"))
        );
        let echo = Pipeline::new()
            .command(Command::new("Echo-Input"))
            .input(stream::iter([input.clone()]));
        let collected = session.run(echo).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            collected.output().next().and_then(|document| document.root()),
            Some(&input)
        );
        session.close().await.expect("it closes");

        let heard = at.heard_in_order();
        let requests = heard["requests"].as_array().expect("requests");
        for request in requests {
            let limit = if request["operation"] == "Create" {
                153_600
            } else {
                limit
            };
            assert!(request["size"].as_u64() <= Some(limit), "{request}");
        }
        let sends = requests
            .iter()
            .filter(|request| request["operation"] == "Send")
            .count();
        assert!(sends >= 2, "the rest follows by Send");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_travel_under_a_session_key() {
    let Some(endpoint) = Endpoint::start("session::secrets_travel_under_a_session_key") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    let secret = session
        .secure_string("s3cret ü\u{1f600}")
        .await
        .expect("a session key");
    let describe = Pipeline::new()
        .command(Command::new("Get-Arguments").parameter("Secret", secret.clone()))
        .statement()
        .command(Command::new("Get-Secret"));
    let collected = session
        .run(describe)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let outputs: Vec<_> = collected.output().collect();
    let text = |place: usize, name: &str| {
        let document = outputs.get(place).expect("an output");
        let root = document.root().expect("a value");
        psbridge::clixml::json::plain(document, root)[name].clone()
    };
    assert_eq!(text(0, "Text"), "SecureString(s3cret ü\u{1f600})");

    let revealed = match outputs.get(1).and_then(|document| document.root()) {
        Some(Value::SecureString(sealed)) => session.reveal(sealed).await.expect("our key opens it"),
        other => panic!("{other:?}"),
    };
    assert_eq!(revealed.as_str(), "s3cret ü");
    let credential = <PsCredential as psbridge::protocol::payload::Payload>::from_document(
        outputs.get(2).expect("a credential"),
    );
    assert!(credential.is_ok(), "{:?}", credential.err());
    session.close().await.expect("it closes");

    let heard = endpoint.heard_in_order();
    let messages = heard["shells"][0]["heard"].as_array().expect("messages");
    let keys = messages
        .iter()
        .filter(|message| message["type"] == "PublicKey")
        .count();
    assert_eq!(keys, 1, "the key is exchanged once");
    assert!(!heard.to_string().contains("s3cret"), "no secret in clear");

    // A server before 2.2 asks for the key by itself.
    let session = open(&endpoint, 1).await;
    let asked = Pipeline::new().command(Command::new("Request-Key").parameter("Seconds", 2));
    let collected = session.run(asked).await.unwrap_or_else(|error| panic!("{error}"));
    let answered = collected
        .output()
        .next()
        .and_then(|document| document.root().cloned());
    assert!(matches!(answered, Some(Value::Bool(true))), "{answered:?}");
    session.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_a_failure_is_kept() {
    let Some(endpoint) = Endpoint::start("session::what_came_before_a_failure_is_kept") else {
        return;
    };
    let session = open(&endpoint, 1).await;
    let error = session
        .run(Command::new("Write-Failures"))
        .await
        .expect_err("it fails");
    assert_eq!(error.kind(), ErrorKind::PipelineFailed);
    let record = error.error_record().expect("the reason");
    assert_eq!(record.message(), "it is over");
    let received = error.received();
    assert!(
        received.iter().any(|record| record.stream() == "output"),
        "{received:?}"
    );
    assert!(
        received.iter().any(|record| record.stream() == "error"),
        "{received:?}"
    );
    session.close().await.expect("it closes");
    endpoint.heard_in_order();

    let at = endpoint.at("/shape/out-of-sequence");
    let session = open(&at, 1).await;
    let pipeline = users(2)
        .statement()
        .command(Command::new("Get-Blob").parameter("Size", 100_000));
    let error = session.run(pipeline).await.expect_err("broken fragments");
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
    assert_eq!(numbers(error.received()), [0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_is_refused_over_plain_http() {
    let Some(endpoint) = Endpoint::start("session::basic_is_refused_over_plain_http") else {
        return;
    };
    let opened = Session::builder(endpoint.url())
        .authentication(Authentication::Basic)
        .credential(endpoint.ready("user"), endpoint.ready("password"))
        .open()
        .await;
    assert!(opened.is_err(), "the password would travel in clear");
    let heard = endpoint.heard();
    assert_eq!(heard["requests"], serde_json::json!([]));
    assert_eq!(heard["malformed"], serde_json::json!([]), "nothing was sent");
}
