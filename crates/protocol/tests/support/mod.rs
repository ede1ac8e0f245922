//! Finding the recordings, and reading what of them concerns this crate.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_protocol::fragment::{Reassembler, begins_stream};
use psbridge_protocol::message::Message;
use psbridge_protocol::wsman::inspect;
use serde_json::Value as Json;

/// The folder of the recordings; prints a line where it is absent.
pub(crate) fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("PSBRIDGE_RECORDINGS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings in {}", folder.display());
    None
}

/// Files of a folder whose names end so, in order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    files
}

/// The expectation beside `NAME.jsonl`.
pub(crate) fn expectation(recording: &Path) -> PathBuf {
    let name = recording.to_string_lossy();
    PathBuf::from(format!(
        "{}.expect.json",
        name.trim_end_matches(".jsonl").trim_end_matches(".oop")
    ))
}

/// The lines of a JSON lines file.
pub(crate) fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A packet of the out-of-process form that carries data.
pub(crate) struct Packet {
    /// The client sent it.
    pub(crate) from_client: bool,
    /// Pool or pipeline.
    pub(crate) target: String,
    /// `Default` or `PromptResponse`.
    pub(crate) stream: String,
    /// Fragments.
    pub(crate) data: Vec<u8>,
}

/// The packets of `NAME.oop.jsonl` that carry data, in order.
pub(crate) fn packets(path: &Path) -> Vec<Packet> {
    let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
    lines(path)
        .iter()
        .filter(|line| line["data"].is_string())
        .map(|line| Packet {
            from_client: line["from"] == "client",
            target: text(line, "psguid"),
            stream: text(line, "stream"),
            data: BASE64.decode(text(line, "data")).unwrap(),
        })
        .collect()
}

/// The messages of `NAME.oop.jsonl` in order; `true` for those of the client.
pub(crate) fn messages(path: &Path) -> Vec<(bool, Message)> {
    let mut streams: HashMap<(bool, String, String), Reassembler> = HashMap::new();
    let mut messages = Vec::new();
    for packet in packets(path) {
        let key = (packet.from_client, packet.target, packet.stream);
        let stream = streams.entry(key).or_insert_with(|| Reassembler::new(1 << 30));
        stream.push(&packet.data);
        while let Some(assembled) = stream.next_message().unwrap() {
            messages.push((packet.from_client, Message::decode(assembled.bytes).unwrap()));
        }
    }
    assert!(streams.values().all(Reassembler::is_idle), "{}", path.display());
    messages
}

/// The messages of the server in `psrp/NAME.jsonl`, in order.
pub(crate) fn windows_messages(path: &Path) -> Vec<Message> {
    let mut streams: HashMap<Option<String>, Reassembler> = HashMap::new();
    let mut messages = Vec::new();
    for exchange in lines(path) {
        let Some(body) = exchange["response"]["body"].as_str() else {
            continue;
        };
        let Ok(inspected) = inspect(body.as_bytes()) else {
            continue;
        };
        for carried in inspected.streams {
            let data = carried.data.unwrap();
            let connected = carried.element == "connectResponseXml";
            let known = streams.contains_key(&carried.command_id) && !connected;
            if !known && !begins_stream(&data) {
                continue;
            }
            let key = if connected {
                Some("connect".to_owned())
            } else {
                carried.command_id
            };
            let stream = streams.entry(key).or_insert_with(|| Reassembler::new(1 << 30));
            stream.push(&data);
            while let Some(assembled) = stream.next_message().unwrap() {
                messages.push(Message::decode(assembled.bytes).unwrap());
            }
        }
    }
    messages
}
