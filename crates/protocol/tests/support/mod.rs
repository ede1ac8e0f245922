//! Finding the recordings, and reading what of them concerns this crate.
#![allow(dead_code, reason = "each test uses its part")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;

/// The folder of the recordings; prints a line where it is absent.
pub fn recordings() -> Option<PathBuf> {
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
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    files.sort();
    files
}

/// The expectation beside `NAME.jsonl`.
pub fn expectation(recording: &Path) -> PathBuf {
    let name = recording.to_string_lossy();
    PathBuf::from(format!(
        "{}.expect.json",
        name.trim_end_matches(".jsonl").trim_end_matches(".oop")
    ))
}

/// The lines of a JSON lines file.
pub fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A JSON file.
pub fn json(path: &Path) -> Json {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A packet of the out-of-process form that carries data.
pub struct Packet {
    /// The client sent it.
    pub from_client: bool,
    /// Pool or pipeline.
    pub target: String,
    /// `Default` or `PromptResponse`.
    pub stream: String,
    /// Fragments.
    pub data: Vec<u8>,
}

/// The packets of `NAME.oop.jsonl` that carry data, in order.
pub fn packets(path: &Path) -> Vec<Packet> {
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
