//! What the recordings' expectations say of envelopes and of command shells, checked through the crates' own API.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;

use crate::expectations::{Expectation, all, difference};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::Limits;
use psbridge_protocol::fragment::count_fragments;
use psbridge_protocol::wsman::{Inspected, inspect};
use psbridge_recording::decode::{Item, decode_recording, fault_typed};
use psbridge_recording::{Body, RecordedExchange, Recording, Side};
use psbridge_tests::recordings;
use serde_json::{Map, Value, json};

/// A recording with everything that was decoded in it.
struct Session {
    recording: Recording,
    items: Vec<Item>,
}

fn open(expectation: &Expectation) -> Session {
    let name = expectation.file.display();
    let file = File::open(&expectation.file).unwrap_or_else(|e| panic!("{name}: {e}"));
    let recording = Recording::read(BufReader::new(file)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut items = Vec::new();
    let _ = decode_recording(&recording, &Limits::default(), |found| {
        items.push(found.unwrap_or_else(|e| panic!("{name}: {e}")));
        ControlFlow::Continue(())
    });
    Session { recording, items }
}

fn sessions(test: &str) -> Vec<(Expectation, Session)> {
    let Some(folder) = recordings(test) else {
        return Vec::new();
    };
    let found: Vec<_> = all(&folder)
        .into_iter()
        .filter(|e| matches!(e.kind(), "psrp-recording" | "winrs-recording"))
        .map(|e| {
            let session = open(&e);
            (e, session)
        })
        .collect();
    assert!(!found.is_empty(), "{} holds no recordings", folder.display());
    println!("{test}: {} files", found.len());
    found
}

/// What an envelope says; `None` where there is none.
fn look(body: &Body) -> Option<Inspected> {
    if body.as_bytes().trim_ascii().is_empty() {
        return None;
    }
    let text = || String::from_utf8_lossy(body.as_bytes()).into_owned();
    Some(inspect(body.as_bytes()).unwrap_or_else(|e| panic!("{e}: {}", text())))
}

fn sides(exchange: &RecordedExchange) -> [(Side, &'static str, Option<&Body>, Option<u16>); 2] {
    let request = exchange.request.as_ref();
    let response = exchange.response.as_ref();
    [
        (Side::Client, "request", request.map(|r| &r.body), None),
        (
            Side::Server,
            "response",
            response.map(|r| &r.body),
            response.map(|r| r.status),
        ),
    ]
}

/// The INFO of one side of an exchange.
fn info(session: &Session, seq: u64, side: Side, body: &Body, status: Option<u16>) -> Value {
    let Some(found) = look(body) else {
        return Value::Null;
    };
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            out.insert(name.to_owned(), value);
        }
    };
    put("status", status.map(Value::from));
    put("action", found.action.map(Value::from));
    put("message_id", found.message_id.map(Value::from));
    put("relates_to", found.relates_to.map(Value::from));
    put("resource_uri", found.resource_uri.map(Value::from));
    put("operation_id", found.operation_id.map(Value::from));
    put("shell_id", found.shell_id.map(Value::from));
    put("command_id", found.command_id.map(Value::from));
    put("body_element", found.body_element.map(Value::from));
    put("fault", found.fault.as_ref().map(fault_typed));
    put(
        "command_state",
        found.command_state.map(|state| {
            json!({"command_id": state.command_id, "state": state.state.name(), "exit_code": state.exit_code})
        }),
    );
    let psrp = session
        .items
        .iter()
        .all(|item| !matches!(item, Item::Bytes(b) if b.exchange == Some(seq)));
    let streams: Vec<Value> = found
        .streams
        .into_iter()
        .map(|stream| {
            let bytes = stream.data.unwrap_or_else(|e| panic!("exchange {seq}: {e}"));
            let mut out = json!({"element": stream.element, "bytes": bytes.len()});
            let members = out.as_object_mut().expect("an object");
            if stream.element == "Stream" {
                members.insert("name".to_owned(), stream.name.into());
                members.insert("command_id".to_owned(), stream.command_id.into());
            }
            if let Some(end) = stream.end {
                members.insert("end".to_owned(), end.into());
            }
            if psrp && !bytes.is_empty() {
                members.insert("fragments".to_owned(), fragments(&bytes).into());
            }
            out
        })
        .collect();
    put("streams", (!streams.is_empty()).then_some(Value::Array(streams)));
    let messages: Vec<u64> = session
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Message(m) if m.exchange == Some(seq) && m.from == side => Some(m.index),
            _ => None,
        })
        .collect();
    put("messages", (!messages.is_empty()).then(|| json!(messages)));
    Value::Object(out)
}

/// How many fragments these are; a stream may go on in the middle of a message.
fn fragments(bytes: &[u8]) -> usize {
    use psbridge_protocol::fragment::{HEADER_LEN, Header};
    if let Some(count) = count_fragments(bytes) {
        return count;
    }
    let mut rest = bytes;
    let mut count = 0;
    while let Some(header) = Header::read(rest) {
        count += 1;
        rest = rest
            .get(HEADER_LEN + header.blob_len as usize..)
            .expect("whole fragments");
    }
    assert!(rest.is_empty(), "a fragment is cut");
    count
}

#[test]
fn exchanges() {
    let mut failures = Vec::new();
    for (expectation, session) in sessions("recordings exchanges") {
        let expected = expectation.list("exchanges");
        assert_eq!(
            session.recording.exchanges.len(),
            expected.len(),
            "{}",
            expectation.file.display()
        );
        for (exchange, expected) in session.recording.exchanges.iter().zip(expected) {
            for (side, name, body, status) in sides(exchange) {
                let found = body.map_or(Value::Null, |body| {
                    info(&session, exchange.seq, side, body, status)
                });
                if let Some(difference) = difference(&found, &expected[name]) {
                    failures.push(format!(
                        "{} exchange {} {name}{difference}",
                        expectation.file.display(),
                        exchange.seq
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What a command shell's command wrote, and how it ended.
#[derive(Default)]
struct Shell {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit_code: Option<i64>,
    last_state: Option<String>,
}

fn output(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!({"text": text}),
        Err(_) => json!({"base64": BASE64.encode(bytes)}),
    }
}

#[test]
fn command_shells() {
    for (expectation, session) in sessions("recordings command_shells") {
        let mut shells: BTreeMap<String, Shell> = BTreeMap::new();
        for item in &session.items {
            if let Item::Bytes(found) = item
                && found.from == Side::Server
                && let Some(command) = &found.command_id
            {
                let shell = shells.entry(command.clone()).or_default();
                match found.stream.as_str() {
                    "stdout" => shell.stdout.extend(&found.bytes),
                    "stderr" => shell.stderr.extend(&found.bytes),
                    other => panic!("stream {other}"),
                }
            }
        }
        let expected = expectation
            .value
            .get("winrs")
            .cloned()
            .unwrap_or_else(|| json!({}));
        for exchange in &session.recording.exchanges {
            let state = exchange
                .response
                .as_ref()
                .and_then(|r| look(&r.body)?.command_state);
            let asked = exchange
                .request
                .as_ref()
                .and_then(|r| look(&r.body)?.resource_uri);
            let powershell =
                asked.is_some_and(|uri| uri.starts_with("http://schemas.microsoft.com/powershell/"));
            if let Some(state) = state
                && let Some(command) = &state.command_id
                && !powershell
            {
                let shell = shells.entry(command.clone()).or_default();
                shell.last_state = Some(state.state.name().to_owned());
                if let Some(code) = state.exit_code {
                    shell.exit_code = Some(code.parse().expect("a number"));
                }
            }
        }
        let found: Map<String, Value> = shells
            .into_iter()
            .map(|(command, shell)| {
                let value = json!({
                    "stdout": output(&shell.stdout),
                    "stderr": output(&shell.stderr),
                    "exit_code": shell.exit_code,
                    "last_state": shell.last_state,
                });
                (command, value)
            })
            .collect();
        assert_eq!(Value::Object(found), expected, "{}", expectation.file.display());
    }
}

/// Recordings survive being written and read again, and decode to the same messages.
#[test]
fn written_again() {
    use psbridge_recording::{Header, Scrubber, Writer};
    for (expectation, session) in sessions("recordings written_again") {
        let mut writer = Writer::new(Vec::new(), Header::new(None), Scrubber::new()).expect("written");
        for exchange in &session.recording.exchanges {
            writer.write(exchange.clone()).expect("written");
        }
        let again = Recording::read(writer.into_inner().as_slice()).expect("read");
        let mut messages = Vec::new();
        let _ = decode_recording(&again, &Limits::default(), |found| {
            if let Item::Message(message) = found.expect("decodes") {
                messages.push(message.typed());
            }
            ControlFlow::Continue(())
        });
        let expected = expectation.list("messages");
        assert_eq!(messages.len(), expected.len(), "{}", expectation.file.display());
        for (found, expected) in messages.iter().zip(expected) {
            // Only what must not be in a recording may have changed, and only in its text.
            for name in ["type", "rpid", "pid", "object_id", "fragments", "message_bytes"] {
                assert_eq!(
                    found[name],
                    expected[name],
                    "{} {name}",
                    expectation.file.display()
                );
            }
            let key = found["type"] == "ENCRYPTED_SESSION_KEY";
            let scrubbed = key || expected.to_string().contains("\"t\":\"SS\"");
            if !scrubbed {
                let difference = difference(found, expected);
                assert_eq!(difference, None, "{}", expectation.file.display());
            }
        }
    }
}
