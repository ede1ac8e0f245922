//! What bounds a client: shells, commands, connections, memory, time.

use std::time::Duration;

use psbridge_lab::Limits;
use psbridge_protocol::payload::CreatePipeline;
use psbridge_protocol::wsman::{RequestBody, SignalCode};

use super::client::{Client, Http, command, lab, outputs};

fn limits(change: impl FnOnce(&mut Limits)) -> psbridge_lab::LabBuilder {
    let mut limits = Limits::default();
    change(&mut limits);
    lab().limits(limits)
}

#[tokio::test]
async fn a_user_has_so_many_shells() {
    let lab = limits(|l| l.max_shells_per_user = 2).start().await.unwrap();
    let mut first = Client::open(&lab).await;
    let _second = Client::open(&lab).await;
    let mut third = Client::new(&lab).await;
    let fault = third.create().await.expect_err("one too many");
    assert_eq!(fault.number(), Some(2_150_859_173));
    assert!(fault.text().contains("maximum number of 2 concurrent shells"));
    first.send(RequestBody::Delete).await.unwrap();
    Client::open(&lab).await;
}

#[tokio::test]
async fn a_shell_has_so_many_commands() {
    let lab = limits(|l| l.max_commands_per_shell = 2).start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let date = || CreatePipeline::new(vec![vec![command("Get-Date", [])]]);
    let first = client.start(&date()).await.unwrap();
    client.start(&date()).await.unwrap();
    assert_eq!(
        client.start(&date()).await.expect_err("full").number(),
        Some(2_150_859_174)
    );
    client.signal(&first, SignalCode::Terminate).await.unwrap();
    client.start(&date()).await.unwrap();
}

#[tokio::test]
async fn so_many_connections_are_open() {
    let lab = limits(|l| l.max_connections = 1).start().await.unwrap();
    let mut first = Http::connect(&lab).await;
    assert_eq!(first.post("/x", &[], b"").await.unwrap().status, 404);
    let mut second = Http::connect(&lab).await;
    assert!(second.post("/x", &[], b"").await.is_none());
    assert_eq!(first.post("/x", &[], b"").await.unwrap().status, 404);
}

#[tokio::test]
async fn idle_connections_and_long_heads_are_cut_off() {
    let lab = limits(|l| l.connection_idle = Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    let mut http = Http::connect(&lab).await;
    assert_eq!(http.post("/x", &[], b"").await.unwrap().status, 404);
    // Nothing is sent any more, and the connection ends.
    http.closed().await;
    let mut http = Http::connect(&lab).await;
    let long = "x".repeat(200_000);
    assert!(
        http.post("/x", &[("X", &long)], b"")
            .await
            .is_none_or(|answer| answer.status == 431)
    );
}

#[tokio::test]
async fn a_pipeline_does_not_run_far_ahead() {
    let lab = limits(|l| l.output_buffer = 10_000).start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let create = CreatePipeline::new(vec![vec![command("Get-LabNumber", [("Endless", true.into())])]]);
    let id = client.start(&create).await.unwrap();
    for _ in 0..3 {
        client.receive(&id).await.unwrap();
    }
    // Each answer held what had been made meanwhile: the buffer and not more.
    let made = lab.stats().objects;
    assert!(made > 0 && made < 10_000, "{made}");
    client.signal(&id, SignalCode::Terminate).await.unwrap();
    // The runspace is free again.
    assert_eq!(outputs(&client.run(vec![command("Get-Date", [])]).await).len(), 1);
}

#[tokio::test]
async fn pipelines_share_the_runspaces() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let sleep = || CreatePipeline::new(vec![vec![command("Start-Sleep", [("Seconds", 600.into())])]]);
    let first = client.start(&sleep()).await.unwrap();
    let second = client.start(&sleep()).await.unwrap();
    // The pool has two; the third pipeline waits, and can be stopped while it does.
    let third = client
        .start(&CreatePipeline::new(vec![vec![command("Get-Date", [])]]))
        .await
        .unwrap();
    client.timeout = Duration::from_millis(30);
    assert_eq!(
        client.receive(&third).await.expect_err("waiting").number(),
        Some(2_150_858_793)
    );
    client.timeout = Duration::from_secs(20);
    client.signal(&first, SignalCode::Stop).await.unwrap();
    client.finish(&first).await;
    assert_eq!(outputs(&client.finish(&third).await).len(), 1);
    client.signal(&second, SignalCode::Terminate).await.unwrap();
}

#[tokio::test]
async fn stopping_the_lab_ends_what_waits() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let waiting = tokio::spawn(async move {
        let body = RequestBody::Receive {
            command_id: None,
            streams: "stdout".to_owned(),
        };
        client.send(body).await
    });
    while lab.stats().operations < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = lab.stop().await;
    assert_eq!(stats.shells, 1);
    let code = waiting.await.unwrap().expect_err("a fault").number();
    assert!(matches!(code, Some(995 | 1115)), "{code:?}");
}

#[tokio::test]
async fn counts_are_those_of_the_client() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let before = lab.stats();
    let header = client.header();
    let request = psbridge_protocol::wsman::Request::new(header, RequestBody::Delete).to_xml();
    let answer = client.exchange(&request).await.unwrap();
    let after = lab.stats();
    assert_eq!(after.requests - before.requests, 1);
    assert_eq!(after.request_bytes - before.request_bytes, request.len() as u64);
    assert_eq!(
        after.response_bytes - before.response_bytes,
        answer.body.len() as u64
    );
    assert_eq!(after.connections, 1);
}
