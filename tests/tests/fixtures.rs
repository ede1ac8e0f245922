//! `protocol-fixtures/`: every recording decodes without a complaint, and together they hold everything that is built.

use std::collections::BTreeSet;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use psbridge::exchange::ReplayExchange;
use psbridge::{Command, Error, Session, SessionBuilder};
use psbridge_clixml::{Content, DateTimeKind, Document, Limits, ListKind, Object, Value};
use psbridge_protocol::message::MessageType;
use psbridge_recording::decode::{Data, Item, decode};
use psbridge_recording::{Answer, Recording, Replayer, Side};
use psbridge_tests::{sessions, workspace};
use serde_json::json;

/// The recordings; not what tells about them.
fn fixtures() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(workspace().join("protocol-fixtures"))
        .expect("protocol-fixtures is there")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| matches!(extension(path), "jsonl" | "clixml"))
        .collect();
    files.sort();
    files
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|text| text.to_str())
        .unwrap_or_default()
}

/// Everything that a file holds.
fn items(path: &Path) -> Vec<Item> {
    let bytes = std::fs::read(path).expect("a fixture can be read");
    let mut items = Vec::new();
    let flow = decode(&bytes, &Limits::default(), |item| {
        match item {
            Ok(item) => items.push(item),
            Err(problem) => panic!("{}: {problem}", path.display()),
        }
        ControlFlow::Continue(())
    });
    assert!(flow.is_continue());
    items
}

#[test]
fn every_fixture_decodes_and_is_described() {
    let readme = std::fs::read_to_string(workspace().join("protocol-fixtures/README.md")).expect("a README");
    let files = fixtures();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        assert!(!items(&file).is_empty(), "{} holds something", file.display());
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(
            readme.contains(&format!("`{name}`")),
            "README.md says who made {name}"
        );
    }
}

fn fixture(name: &str) -> PathBuf {
    workspace().join("protocol-fixtures").join(name)
}

fn open(name: &str) -> BufReader<std::fs::File> {
    BufReader::new(std::fs::File::open(fixture(name)).expect("the fixture is there"))
}

/// A session that talks to a recording.
fn replayed(name: &str) -> (Arc<ReplayExchange>, SessionBuilder) {
    let exchange = Arc::new(ReplayExchange::read(open(name)).expect("a recording"));
    let path = if name.contains("lost-shell") {
        "/hostile/fault-2150858843/Command"
    } else {
        "/wsman"
    };
    let builder = Session::builder(format!("http://recorded:5985{path}")).exchange(exchange.clone());
    (exchange, builder)
}

#[tokio::test]
async fn our_session_at_psrpcore_replays() {
    let name = "client-at-psrpcore.jsonl";
    let (exchange, builder) = replayed(name);
    let session = builder.open().await.unwrap_or_else(|error| panic!("{error}"));
    let heard = sessions::converse(&session)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    session.close().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(exchange.remaining(), 0, "everything recorded was asked for again");

    // What the session gave is what lies in the recording, as the decoder sees it.
    let mut recorded = Vec::new();
    for item in items(&fixture(name)) {
        let Item::Message(message) = item else { continue };
        let stream = match message.message_type {
            MessageType::PipelineOutput => "output",
            MessageType::ErrorRecord => "error",
            MessageType::WarningRecord => "warning",
            MessageType::VerboseRecord => "verbose",
            MessageType::DebugRecord => "debug",
            MessageType::InformationRecord => "information",
            MessageType::ProgressRecord => "progress",
            MessageType::PipelineHostCall => "host",
            MessageType::PipelineState => "state",
            _ => continue,
        };
        let value = match &message.data {
            Data::None => json!({ "t": "Nil" }),
            _ => message.typed()["data"].clone(),
        };
        recorded.push((stream.to_owned(), value));
    }
    let heard: Vec<_> = heard
        .into_iter()
        .filter(|(stream, _)| stream != "failed")
        .collect();
    assert_eq!(heard.len(), recorded.len());
    for (heard, recorded) in heard.iter().zip(&recorded) {
        assert_eq!(heard, recorded);
    }
}

#[tokio::test]
async fn faults_replay() {
    let (exchange, builder) = replayed("client-unknown-configuration.jsonl");
    let refused = builder.configuration("Unknown.Configuration").open().await.err();
    assert_eq!(
        refused.as_ref().and_then(Error::fault_code),
        Some(2_150_858_811),
        "{refused:?}"
    );
    assert_eq!(exchange.remaining(), 0);

    let (exchange, builder) = replayed("client-lost-shell.jsonl");
    let session = builder.open().await.unwrap_or_else(|error| panic!("{error}"));
    let lost = session.run(Command::new("Get-Users")).await.err();
    assert_eq!(
        lost.as_ref().and_then(Error::fault_code),
        Some(2_150_858_843),
        "{lost:?}"
    );
    let closed = session.close().await;
    assert!(closed.is_ok(), "{closed:?}");
    assert_eq!(exchange.remaining(), 0);
}

#[test]
fn what_pypsrp_asked_our_lab_replays() {
    for name in [
        "pypsrp-at-lab.jsonl",
        "pypsrp-at-lab-exchange.jsonl",
        "identify-at-lab.jsonl",
    ] {
        let recording = Recording::read(open(name)).expect("a recording");
        let mut replayer = Replayer::new(recording.clone());
        for exchange in &recording.exchanges {
            let request = exchange.request.as_ref().expect("a request");
            let answer = replayer
                .answer(&request.method, &request.path, request.body.as_bytes())
                .unwrap_or_else(|mismatch| panic!("{name} {}: {mismatch}", exchange.seq));
            match (answer, &exchange.response) {
                (Answer::Response(answer), Some(response)) => {
                    assert_eq!(answer.status, response.status, "{name} {}", exchange.seq);
                    assert_eq!(
                        answer.body.as_bytes(),
                        response.body.as_bytes(),
                        "{name} {}",
                        exchange.seq
                    );
                }
                (Answer::Failed(_), None) => {}
                (answer, _) => panic!("{name} {}: {answer:?}", exchange.seq),
            }
        }
        assert_eq!(replayer.remaining(), 0, "{name}");
    }
}

/// What of a list of things the fixtures have shown.
#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    fn note(&mut self, what: impl Into<String>) {
        self.0.insert(what.into());
    }

    fn lacks<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        wanted
            .into_iter()
            .filter(|what| !self.0.contains(*what))
            .collect()
    }
}

#[test]
fn the_fixtures_cover_every_message_type() {
    let mut seen = Seen::default();
    for item in fixtures().iter().flat_map(|file| items(file)) {
        let Item::Message(message) = item else { continue };
        let side = match message.from {
            Side::Client => "client",
            Side::Server => "server",
        };
        seen.note(format!("{side} {}", message.message_type.name()));
        if matches!(message.message_type, MessageType::Unknown(_)) {
            seen.note("unknown");
        }
        if matches!(message.data, Data::None) {
            seen.note(format!("{side} {} without data", message.message_type.name()));
        }
    }
    let lacking = seen.lacks([
        "client SESSION_CAPABILITY",
        "server SESSION_CAPABILITY",
        "client CLOSE_SESSION",
        "client INIT_RUNSPACEPOOL",
        "client PUBLIC_KEY",
        "server ENCRYPTED_SESSION_KEY",
        "server PUBLIC_KEY_REQUEST",
        "client CONNECT_RUNSPACEPOOL",
        "client SET_MAX_RUNSPACES",
        "client SET_MIN_RUNSPACES",
        "server RUNSPACE_AVAILABILITY",
        "server RUNSPACEPOOL_STATE",
        "client CREATE_PIPELINE",
        "client GET_AVAILABLE_RUNSPACES",
        "server USER_EVENT",
        "server APPLICATION_PRIVATE_DATA",
        "client GET_COMMAND_METADATA",
        "server RUNSPACEPOOL_INIT_DATA",
        "client RESET_RUNSPACE_STATE",
        "server RUNSPACEPOOL_HOST_CALL",
        "client RUNSPACEPOOL_HOST_RESPONSE",
        "client PIPELINE_INPUT",
        "client END_OF_PIPELINE_INPUT",
        "server PIPELINE_OUTPUT",
        "server PIPELINE_OUTPUT without data",
        "server ERROR_RECORD",
        "server PIPELINE_STATE",
        "server DEBUG_RECORD",
        "server VERBOSE_RECORD",
        "server WARNING_RECORD",
        "server PROGRESS_RECORD",
        "server INFORMATION_RECORD",
        "client STOP_PIPELINE",
        "server PIPELINE_HOST_CALL",
        "client PIPELINE_HOST_RESPONSE",
        "unknown",
    ]);
    assert!(lacking.is_empty(), "no fixture holds {lacking:?}");
}

#[test]
fn the_fixtures_cover_every_operation() {
    let mut seen = Seen::default();
    for item in fixtures().iter().flat_map(|file| items(file)) {
        match item {
            Item::Exchange(operation) => {
                let request = operation.request.unwrap_or_default();
                let response = operation.response.unwrap_or_default();
                seen.note(format!("{request} -> {response}"));
            }
            Item::Fault(fault) => seen.note(format!("fault {}", fault.fault.number().unwrap_or_default())),
            _ => {}
        }
    }
    let lacking = seen.lacks([
        "Identify -> IdentifyResponse",
        "Create -> CreateResponse",
        "Command -> CommandResponse",
        "Send -> SendResponse",
        "Receive -> ReceiveResponse",
        "Signal -> SignalResponse",
        "Delete -> DeleteResponse",
        // A Receive without news, a shell or command that is gone, an unknown configuration.
        "fault 2150858793",
        "fault 2150858843",
        "fault 2150858811",
    ]);
    assert!(
        lacking.is_empty(),
        "no fixture holds {lacking:?}; they hold {:?}",
        seen.0
    );
}

#[test]
fn the_fixtures_cover_every_form_of_clixml() {
    let mut seen = Seen::default();
    for file in fixtures() {
        let bytes = std::fs::read(&file).expect("a fixture can be read");
        if bytes.starts_with(b"#< CLIXML") {
            seen.note("header");
        }
        if bytes.starts_with(&[0xFF, 0xFE]) {
            seen.note("UTF-16");
        }
        for item in items(&file) {
            match item {
                Item::Objects(document) => {
                    for place in 0..document.roots().len() {
                        if let Some(stream) = document.stream(place) {
                            seen.note(format!("stream {}", stream.to_ascii_lowercase()));
                        }
                    }
                    note_document(&mut seen, &document);
                }
                Item::Message(message) => {
                    if let Data::Clixml(document) = &message.data {
                        note_document(&mut seen, document);
                    }
                }
                _ => {}
            }
        }
    }
    let lacking = seen.lacks([
        "S",
        "C",
        "B",
        "DT utc",
        "DT unspecified",
        "DT offset",
        "TS",
        "By",
        "SB",
        "U16",
        "I16",
        "U32",
        "I32",
        "U64",
        "I64",
        "Sg",
        "Db",
        "Db NaN",
        "D",
        "BA",
        "G",
        "URI",
        "Nil",
        "Version",
        "XD",
        "SBK",
        "SS",
        "PR",
        "Ref",
        "cycle",
        "LST",
        "IE",
        "STK",
        "QUE",
        "DCT",
        "LST empty",
        "enum",
        "extended primitive",
        "adapted",
        "extended",
        "types",
        "to_string",
        "escaped text",
        "beyond the BMP",
        "header",
        "UTF-16",
        "stream output",
        "stream error",
        "stream warning",
        "stream verbose",
        "stream debug",
        "stream information",
        "stream progress",
    ]);
    assert!(lacking.is_empty(), "no fixture holds {lacking:?}");
}

fn note_document(seen: &mut Seen, document: &Document) {
    for value in document.roots() {
        note_value(seen, value, &mut Vec::new());
    }
}

fn note_value(seen: &mut Seen, value: &Value, enclosing: &mut Vec<String>) {
    let tag = match value {
        Value::String(text) => {
            let text = text.to_str_lossy();
            if text.chars().any(|c| c.is_control()) {
                seen.note("escaped text");
            }
            if text.chars().any(|c| c > '\u{FFFF}') {
                seen.note("beyond the BMP");
            }
            "S"
        }
        Value::Char(_) => "C",
        Value::Bool(_) => "B",
        Value::DateTime(time) => match time.kind() {
            DateTimeKind::Utc => "DT utc",
            DateTimeKind::Unspecified => "DT unspecified",
            DateTimeKind::Offset(_) => "DT offset",
        },
        Value::TimeSpan(_) => "TS",
        Value::Byte(_) => "By",
        Value::SByte(_) => "SB",
        Value::UInt16(_) => "U16",
        Value::Int16(_) => "I16",
        Value::UInt32(_) => "U32",
        Value::Int32(_) => "I32",
        Value::UInt64(_) => "U64",
        Value::Int64(_) => "I64",
        Value::Single(_) => "Sg",
        Value::Double(number) => {
            if number.is_nan() {
                seen.note("Db NaN");
            }
            "Db"
        }
        Value::Decimal(_) => "D",
        Value::Bytes(_) => "BA",
        Value::Guid(_) => "G",
        Value::Uri(_) => "URI",
        Value::Nil => "Nil",
        Value::Version(_) => "Version",
        Value::Xml(_) => "XD",
        Value::ScriptBlock(_) => "SBK",
        Value::SecureString(_) => "SS",
        Value::Progress(_) => "PR",
        Value::Ref(id) => {
            if enclosing.contains(&id.to_string()) {
                seen.note("cycle");
            }
            "Ref"
        }
        Value::Object(object) => {
            enclosing.push(
                object
                    .ref_id
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            );
            note_object(seen, object, enclosing);
            enclosing.pop();
            return;
        }
        other => panic!("a form that this test does not know: {other:?}"),
    };
    seen.note(tag);
}

fn note_object(seen: &mut Seen, object: &Object, enclosing: &mut Vec<String>) {
    let enumeration = object.type_names.contains("System.Enum");
    if object.type_names.first().is_some() {
        seen.note("types");
    }
    if object.to_string.is_some() {
        seen.note("to_string");
    }
    match &object.content {
        Content::None => {}
        Content::Value(value) => {
            seen.note(if enumeration { "enum" } else { "extended primitive" });
            note_value(seen, value, enclosing);
        }
        Content::List(kind, values) => {
            let tag = match kind {
                ListKind::List => "LST",
                ListKind::Enumerable => "IE",
                ListKind::Stack => "STK",
                ListKind::Queue => "QUE",
            };
            seen.note(tag);
            if values.is_empty() {
                seen.note(format!("{tag} empty"));
            }
            for value in values {
                note_value(seen, value, enclosing);
            }
        }
        Content::Dictionary(entries) => {
            seen.note("DCT");
            for (key, value) in entries {
                note_value(seen, key, enclosing);
                note_value(seen, value, enclosing);
            }
        }
    }
    for (members, tag) in [(&object.adapted, "adapted"), (&object.extended, "extended")] {
        for (_, value) in members.iter() {
            seen.note(tag);
            note_value(seen, value, enclosing);
        }
    }
}
