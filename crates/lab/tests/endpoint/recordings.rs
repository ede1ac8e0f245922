//! The recorded traffic of real Windows servers, where it is.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

/// The folder of the recordings: `PSBRIDGE_RECORDINGS`, else beside the checkout. Says so where there is none.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("PSBRIDGE_RECORDINGS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let line = format!("skipped: {test}: no recordings (set PSBRIDGE_RECORDINGS)");
    println!("{line}");
    if let Some(file) = std::env::var_os("PSBRIDGE_SKIPS") {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .expect("the list of skips");
        writeln!(file, "{line}").expect("the list of skips");
    }
    None
}

/// The SOAP text of an answer: exchange `seq` of a recording.
pub(crate) fn answer(name: &str, seq: usize, test: &str) -> Option<String> {
    let text = std::fs::read_to_string(folder(test)?.join(format!("{name}.jsonl"))).expect("a recording");
    let line: Value = serde_json::from_str(text.lines().nth(seq).expect("an exchange")).expect("JSON");
    Some(line["response"]["body"].as_str().expect("a body").to_owned())
}

/// The typed data of the `nth` message of a type.
pub(crate) fn message(name: &str, kind: &str, nth: usize, test: &str) -> Option<Value> {
    let text =
        std::fs::read_to_string(folder(test)?.join(format!("{name}.expect.json"))).expect("an expectation");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let messages = all["messages"].as_array().expect("messages");
    let found = messages
        .iter()
        .filter(|m| m["type"] == kind && m["from"] == "server")
        .nth(nth);
    Some(found.unwrap_or_else(|| panic!("{kind} {nth} in {name}"))["data"].clone())
}
