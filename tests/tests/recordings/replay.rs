//! Every recorded session is replayed to a client whose ids are all fresh.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use crate::expectations::{all, difference};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::Limits;
use psbridge_protocol::wsman::inspect;
use psbridge_recording::decode::{Item, decode_recording};
use psbridge_recording::{Answer, Body, RecordedExchange, RecordedRequest, Recording, Replayer};
use psbridge_tests::{recordings, workspace};
use serde_json::Value;
use uuid::Uuid;

/// Another id for every id that the client chose.
#[derive(Default)]
struct Fresh {
    ids: HashMap<Uuid, Option<Uuid>>,
}

impl Fresh {
    /// Learns who chose the ids: whoever used them first.
    fn learn(&mut self, text: &str, by_client: bool) {
        for id in guids(text) {
            self.learn_id(id, by_client);
        }
    }

    fn learn_id(&mut self, id: Uuid, by_client: bool) {
        let mut bytes = id.into_bytes();
        bytes.iter_mut().for_each(|b| *b ^= 0x5A);
        let fresh = (by_client && !id.is_nil()).then(|| Uuid::from_bytes(bytes));
        self.ids.entry(id).or_insert(fresh);
    }

    /// The same request with fresh ids, in its text and in the headers of its messages.
    fn request(&self, request: &RecordedRequest) -> RecordedRequest {
        let text = std::str::from_utf8(request.body.as_bytes()).expect("text");
        let mut text = self.text(text);
        for stream in inspect(request.body.as_bytes()).expect("an envelope").streams {
            let old = stream.data.expect("base64");
            let mut new = old.clone();
            for (id, fresh) in &self.ids {
                let Some(fresh) = fresh else { continue };
                let at: Vec<usize> = (0..new.len().saturating_sub(15))
                    .filter(|&at| old[at..at + 16] == id.to_bytes_le())
                    .collect();
                at.into_iter()
                    .for_each(|at| new[at..at + 16].copy_from_slice(&fresh.to_bytes_le()));
            }
            text = text.replace(&BASE64.encode(&old), &BASE64.encode(&new));
        }
        RecordedRequest {
            body: Body::Text(text),
            ..request.clone()
        }
    }

    fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (id, fresh) in &self.ids {
            if let Some(fresh) = fresh {
                out = out.replace(&id.to_string(), &fresh.to_string());
                out = out.replace(&id.to_string().to_uppercase(), &fresh.to_string().to_uppercase());
            }
        }
        out
    }
}

fn guids(text: &str) -> Vec<Uuid> {
    (0..text.len())
        .filter_map(|at| text.get(at..at + 36))
        .filter(|word| word.as_bytes()[8] == b'-')
        .filter_map(|word| Uuid::try_parse(word).ok())
        .collect()
}

fn messages(recording: &Recording, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let _ = decode_recording(recording, &Limits::default(), |item| {
        if let Item::Message(message) = item.unwrap_or_else(|e| panic!("{name}: {e}")) {
            found.push(message.typed());
        }
        ControlFlow::Continue(())
    });
    found
}

/// Makes all recorded requests again, with fresh ids, in the order in which they were sent.
fn replay(file: &Path) {
    let name = file.display().to_string();
    let recording = open(file);
    let expected = messages(&recording, &name);
    let mut fresh = Fresh::default();
    for message in expected.iter().filter(|m| m["from"] == "client") {
        for id in [&message["rpid"], &message["pid"]] {
            if let Some(id) = id.as_str() {
                fresh.learn_id(id.parse().expect("a guid"), true);
            }
        }
    }
    for exchange in &recording.exchanges {
        for (body, by_client) in [
            (exchange.request.as_ref().map(|r| &r.body), true),
            (exchange.response.as_ref().map(|r| &r.body), false),
        ] {
            fresh.learn(
                std::str::from_utf8(body.map_or(&[], Body::as_bytes)).expect("text"),
                by_client,
            );
        }
    }
    let mut replayer = Replayer::new(recording.clone());
    let mut waiting = Vec::new();
    let mut replayed = Recording::default();
    for exchange in &recording.exchanges {
        let Some(recorded) = &exchange.request else {
            continue;
        };
        let request = fresh.request(recorded);
        let ticket = replayer
            .accept(&request.method, &request.path, request.body.as_bytes())
            .unwrap_or_else(|e| panic!("{name}, exchange {}: {e}", exchange.seq));
        waiting.push((exchange, request, ticket));
        waiting.retain(|(exchange, request, ticket)| match replayer.poll(ticket) {
            None => true,
            Some(answer) => {
                replayed.exchanges.push(answered(exchange, request, answer));
                false
            }
        });
    }
    assert!(
        waiting.is_empty(),
        "{name}: {} requests have no answer",
        waiting.len()
    );
    assert_eq!(replayer.remaining(), 0, "{name}");
    replayed.exchanges.sort_by_key(|exchange| exchange.seq);
    let found = messages(&replayed, &name);
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(&expected) {
        let expected = crate::expectations::parse(&fresh.text(&expected.to_string())).expect("json");
        assert_eq!(difference(found, &expected), None, "{name}");
    }
}

/// An exchange as the replaying client saw it; its answer must be for its request.
fn answered(recorded: &RecordedExchange, request: &RecordedRequest, answer: Answer) -> RecordedExchange {
    let relates = |body: &Body| inspect(body.as_bytes()).expect("an envelope").relates_to;
    let response = match answer {
        Answer::Response(response) => Some(response),
        Answer::Failed(_) => None,
    };
    if let (Some(found), Some(recorded)) = (&response, &recorded.response)
        && !recorded.body.as_bytes().trim_ascii().is_empty()
        && relates(&recorded.body).is_some()
    {
        let asked = inspect(request.body.as_bytes()).expect("an envelope").message_id;
        assert_eq!(relates(&found.body), asked);
    }
    RecordedExchange {
        seq: recorded.seq,
        request: Some(request.clone()),
        response,
        ..RecordedExchange::default()
    }
}

fn open(file: &Path) -> Recording {
    let name = file.display();
    let reader = BufReader::new(File::open(file).unwrap_or_else(|e| panic!("{name}: {e}")));
    Recording::read(reader).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The project's own recordings, made in both directions.
#[test]
fn fresh_clients_replay_fixtures() {
    let folder = workspace().join("protocol-fixtures");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("protocol-fixtures") {
        let file = entry.expect("an entry").path();
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.ends_with(".jsonl") && !name.ends_with(".oop.jsonl") {
            replay(&file);
            count += 1;
        }
    }
    assert!(count > 0, "{} holds no recordings", folder.display());
}

#[test]
fn fresh_clients_replay_recordings() {
    let Some(folder) = recordings("recordings fresh_clients_replay_recordings") else {
        return;
    };
    let mut count = 0;
    for expectation in all(&folder) {
        let whole = expectation
            .list("exchanges")
            .iter()
            .any(|exchange| !exchange["request"].is_null());
        if matches!(expectation.kind(), "psrp-recording" | "winrs-recording") && whole {
            replay(&expectation.file);
            count += 1;
        }
    }
    println!("replayed {count} recordings");
}

#[test]
fn another_request_is_refused_with_the_difference() {
    let Some(folder) = recordings("recordings another_request_is_refused") else {
        return;
    };
    let expectations = all(&folder);
    let expectation = expectations
        .iter()
        .find(|e| e.file.ends_with("winrs_standard.jsonl"));
    let recording = open(&expectation.expect("it is there").file);
    let bodies: Vec<&str> = recording
        .exchanges
        .iter()
        .filter_map(|e| std::str::from_utf8(e.request.as_ref()?.body.as_bytes()).ok())
        .collect();
    let mut replayer = Replayer::new(recording.clone());
    let early = replayer
        .answer("POST", "/wsman", bodies[2].as_bytes())
        .expect_err("the shell is not there");
    assert!(early.to_string().contains("has not been made"), "{early}");
    let mut replayer = Replayer::new(recording.clone());
    replayer
        .answer("POST", "/wsman", bodies[0].as_bytes())
        .expect("the same");
    let other = bodies[1].replace("windows/shell/cmd", "windows/shell/other");
    let error = replayer
        .answer("POST", "/wsman", other.as_bytes())
        .expect_err("another resource");
    assert!(
        error.to_string().contains("shell/other") && error.seq == Some(1),
        "{error}"
    );
}
