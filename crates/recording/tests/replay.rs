//! Answers come in the order that the recorded client had seen.

use psbridge_recording::{
    Answer, Body, Millis, RecordedExchange, RecordedRequest, RecordedResponse, Recording, Replayer,
};

fn call(seq: u64, at: u64, took: u64, name: &str, answer: &str) -> RecordedExchange {
    RecordedExchange {
        seq,
        at_ms: Some(Millis::from_micros(at * 1000)),
        ms: Some(Millis::from_micros(took * 1000)),
        request: Some(RecordedRequest {
            method: "POST".into(),
            path: "/invoke".into(),
            body: Body::Text(format!("{{\"name\":\"{name}\",\"id\":\"{:036}\"}}", "")),
            ..RecordedRequest::default()
        }),
        response: Some(RecordedResponse {
            status: 200,
            body: Body::Text(answer.into()),
            ..RecordedResponse::default()
        }),
        ..RecordedExchange::default()
    }
}

fn body(name: &str) -> Vec<u8> {
    format!("{{ \"id\": \"{:036}\", \"name\": \"{name}\" }}", "").into_bytes()
}

fn text(answer: Option<Answer>) -> String {
    match answer {
        Some(Answer::Response(response)) => String::from_utf8(response.body.into_bytes()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_waits_for_what_was_sent_before_it_came() {
    // A long poll that ends after another request has been sent.
    let recording = Recording {
        exchanges: vec![
            call(0, 0, 100, "poll", "first"),
            call(1, 50, 10, "work", "done"),
            call(2, 100, 10, "poll", "second"),
        ],
        ..Recording::default()
    };
    let mut replayer = Replayer::new(recording);
    let poll = replayer.accept("POST", "/invoke", &body("poll")).unwrap();
    assert_eq!(replayer.poll(&poll), None);
    let waits = replayer.waiting_for(&poll).unwrap();
    assert!(waits.contains("exchange 1"), "{waits}");
    let work = replayer.accept("POST", "/invoke", &body("work")).unwrap();
    assert_eq!(text(replayer.poll(&poll)), "first");
    assert_eq!(text(replayer.poll(&work)), "done");
    assert_eq!(replayer.remaining(), 1);
    let again = replayer.answer("POST", "/invoke", &body("poll")).unwrap();
    assert_eq!(text(Some(again)), "second");
    let more = replayer.answer("POST", "/invoke", &body("poll")).unwrap_err();
    assert!(
        more.to_string().contains("all recorded requests have been made"),
        "{more}"
    );
}

#[test]
fn a_difference_is_readable() {
    let mut failing = call(1, 0, 0, "b", "");
    failing.response = None;
    failing.error = Some("connection reset".into());
    let recording = Recording {
        exchanges: vec![call(0, 0, 0, "a", ""), failing],
        ..Recording::default()
    };
    let mut replayer = Replayer::new(recording);
    let error = replayer.answer("POST", "/invoke", &body("c")).unwrap_err();
    assert_eq!(error.seq, Some(0));
    assert_eq!(
        error.to_string(),
        "the request differs from the recorded exchange 0\n  sent:     POST /invoke\n  recorded: POST /invoke\n  \
         the body differs: .name: \"c\" where \"a\" was recorded"
    );
    assert!(replayer.answer("GET", "/invoke", b"").is_err());
    let failed = replayer.answer("POST", "/invoke", &body("b")).unwrap();
    assert_eq!(failed, Answer::Failed("connection reset".into()));
    assert_eq!(replayer.remaining(), 1);
}
