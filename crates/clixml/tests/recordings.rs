//! CLIXML that PowerShell and Exchange have written, and what PowerShell's own reader makes of odd documents.
//!
//! The recordings are no part of the project. They are looked for in `PSBRIDGE_RECORDINGS`, else beside the
//! checkout; where there are none, each test says so and ends.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use psbridge_clixml::json::typed;
use psbridge_clixml::{
    DateTime, Deref, Document, Interner, Limits, Value, Writer, read_document, read_message, write_document,
    write_message,
};
use serde_json::{Value as Json, json};

fn recordings() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let path = std::env::var_os("PSBRIDGE_RECORDINGS").map_or_else(beside, PathBuf::from);
    if !path.join("INDEX.md").exists() {
        println!("skipped: no recordings in {}", path.display());
        return None;
    }
    Some(path)
}

/// Python wrote lone halves of surrogate pairs into the expectations, which `serde_json` refuses.
fn json_file(path: &Path) -> Json {
    let text = without_halves(&std::fs::read_to_string(path).unwrap());
    let mut json = serde_json::Deserializer::from_str(&text);
    json.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut json).unwrap()
}

fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// An object has no order of its members in JSON, but numbers and all else must be the same.
fn difference(path: &str, ours: &Json, theirs: &Json) -> Option<String> {
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            let missing = b.keys().find(|key| !a.contains_key(*key));
            let extra = a.keys().find(|key| !b.contains_key(*key));
            if let Some(key) = missing.or(extra) {
                return Some(format!("{path}: key {key} on one side only"));
            }
            a.iter()
                .find_map(|(key, value)| difference(&format!("{path}.{key}"), value, &b[key]))
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (a, b))| difference(&format!("{path}[{at}]"), a, b)),
        _ if ours == theirs => None,
        _ => Some(format!("{path}: {ours} is not {theirs}")),
    }
}

/// The data file that belongs to an expectation.
fn data_of(expectation: &Path) -> PathBuf {
    let stem = expectation
        .to_str()
        .unwrap()
        .strip_suffix(".expect.json")
        .unwrap();
    [".xml", ".clixml"]
        .map(|suffix| PathBuf::from(format!("{stem}{suffix}")))
        .into_iter()
        .find(|path| path.exists())
        .unwrap()
}

#[test]
fn files_of_powershell_are_read_as_expected() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    for path in files(&recordings.join("clixml"), ".expect.json") {
        let expected = json_file(&path);
        let data = std::fs::read(data_of(&path)).unwrap();
        let document = match read_document(&data, &Limits::default()) {
            Ok(document) => document,
            Err(error) => {
                wrong.push(format!("{}: {error}", path.display()));
                continue;
            }
        };
        let streams: Json = document
            .streams()
            .map_or(Json::Null, |streams| streams.map(Json::from).collect());
        wrong.extend(
            difference("streams", &streams, &expected["streams"]).map(|d| format!("{}: {d}", path.display())),
        );
        let ours: Json = document.roots().iter().map(typed).collect();
        let theirs = &expected["objects"];
        if expected["walker_differences"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
        {
            // These wrap objects in objects, and the expectation has the two as one.
            assert_eq!(ours.as_array().unwrap().len(), theirs.as_array().unwrap().len());
            for (ours, theirs) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
                wrong.extend(lenient_difference(ours, theirs).map(|d| format!("{}: {d}", path.display())));
            }
        } else {
            wrong.extend(difference("", &ours, theirs).map(|d| format!("{}: {d}", path.display())));
        }
        assert_written_again(&document);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every member that the expectation has at the top is there, in the object or one that it wraps.
fn lenient_difference(ours: &Json, theirs: &Json) -> Option<String> {
    for set in ["props", "ms"] {
        for (name, _) in theirs[set].as_object().into_iter().flatten() {
            let mut level = ours;
            while level[set].get(name).is_none() {
                if level["value"].is_null() {
                    return Some(format!("no {name} in {set}"));
                }
                level = &level["value"];
            }
        }
    }
    None
}

/// What was read is written, and read to be the same again.
fn assert_written_again(document: &Document) {
    let written = write_document(document).unwrap();
    let again = read_document(&written, &Limits::default()).unwrap();
    assert_eq!(write_document(&again).unwrap(), written);
    let with_header = Writer::new().bom(true).header(true).document(document).unwrap();
    let with_header = read_document(&with_header, &Limits::default()).unwrap();
    assert_eq!(write_document(&with_header).unwrap(), written);
}

#[test]
fn messages_of_powershell_are_read_as_expected_and_written_alike() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    let mut messages = 0;
    for path in files(&recordings.join("pwsh"), ".oop.jsonl") {
        let expected = json_file(&PathBuf::from(
            path.to_str().unwrap().replace(".oop.jsonl", ".expect.json"),
        ));
        let mut expected = expected["messages"].as_array().unwrap().iter();
        let mut interner = Interner::new();
        for message in messages_in(&std::fs::read_to_string(&path).unwrap()) {
            messages += 1;
            let theirs = &expected.next().unwrap()["data"];
            let document = read_message(&message, &Limits::default(), &mut interner).unwrap();
            let value = document.root().unwrap();
            if message.is_empty() {
                assert_eq!((value, theirs), (&Value::Nil, &Json::Null));
                continue;
            }
            let found = difference("", &decoded_fully(typed(value)), &decoded_fully(theirs.clone()));
            wrong.extend(found.map(|d| format!("{}: {d}", path.display())));
            // Some clients were scripts, which write otherwise, and no byte order mark.
            let Some(original) = std::str::from_utf8(&message).unwrap().strip_prefix('\u{FEFF}') else {
                continue;
            };
            let written = String::from_utf8(write_message(value).unwrap()).unwrap();
            wrong.extend(text_difference(&written, original).map(|d| format!("{}: {d}", path.display())));
        }
        assert!(expected.next().is_none());
    }
    assert!(messages > 500);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The program that made the expectations does not decode `_X0041_`, which PowerShell does.
fn decoded_fully(value: Json) -> Json {
    match value {
        Json::String(text) => text.replace("_X0041_", "A").into(),
        Json::Array(items) => items.into_iter().map(decoded_fully).collect(),
        Json::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, decoded_fully(value)))
            .collect(),
        other => other,
    }
}

/// Where our text differs from PowerShell's.
fn text_difference(ours: &str, theirs: &str) -> Option<String> {
    // PowerShell writes some empty lists with an end tag.
    let theirs = theirs.replace("<LST></LST>", "<LST />");
    let at = ours
        .bytes()
        .zip(theirs.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let near = |text: &str| {
        text.chars()
            .skip(at.saturating_sub(60))
            .take(120)
            .collect::<String>()
    };
    (ours != theirs).then(|| format!("wrote {:?} for {:?}", near(ours), near(&theirs)))
}

/// Puts the fragments of a file together: the data of each message in the order of completion.
fn messages_in(lines: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut open: HashMap<String, Vec<u8>> = HashMap::new();
    for line in lines.lines() {
        let packet: Json = serde_json::from_str(line).unwrap();
        let Some(data) = packet["data"].as_str() else {
            continue;
        };
        let data = base64::engine::general_purpose::STANDARD.decode(data).unwrap();
        let stream = format!("{} {} {}", packet["from"], packet["psguid"], packet["stream"]);
        let mut rest = data.as_slice();
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[17..21].try_into().unwrap()) as usize;
            let (flags, blob) = (rest[16], &rest[21..21 + length]);
            rest = &rest[21 + length..];
            let message = open.entry(stream.clone()).or_default();
            if flags & 1 != 0 {
                message.clear();
            }
            message.extend(blob);
            if flags & 2 != 0 {
                all.push(message.get(40..).unwrap().to_vec());
            }
        }
    }
    all
}

#[test]
fn odd_documents_are_taken_and_refused_as_powershell_does() {
    let Some(recordings) = recordings() else { return };
    let cases = json_file(&recordings.join("pwsh/reader-cases.json"));
    let laxer = [
        "document-0",
        "document-6",
        "document-8",
        "document-9",
        "document-23",
    ];
    let mut wrong = Vec::new();
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let input = case["input"].as_str().unwrap();
        let accepted = case["accepted"].as_bool().unwrap() || laxer.contains(&name);
        let read = read_document(input.as_bytes(), &Limits::default());
        match &read {
            Ok(document) => {
                if !accepted {
                    wrong.push(format!("{name}: taken: {input}"));
                } else if let Some(values) = case["values"].as_array() {
                    let expanded = |value| match document.deref(value) {
                        Deref::Object(object) => typed(&Value::from(object.clone())),
                        Deref::Value(value) => typed(value),
                    };
                    let ours: Json = document
                        .roots()
                        .iter()
                        .map(expanded)
                        .map(|value| simplified(&value))
                        .collect();
                    let theirs: Json = values.iter().map(simplified).collect();
                    wrong.extend(difference("", &ours, &theirs).map(|d| format!("{name}: {d}: {input}")));
                }
                assert_written_again(document);
            }
            Err(error) if accepted => wrong.push(format!("{name}: refused: {error}: {input}")),
            Err(_) => {}
        }
        let message = read_message(input.as_bytes(), &Limits::default(), &mut Interner::new());
        assert_eq!(message.is_ok(), read.is_ok() || input.is_empty(), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Turns escapes of lone halves of pairs into one of U+FFFD.
fn without_halves(text: &str) -> String {
    let half = |text: &str| {
        text.get(..6)
            .filter(|escape| escape.starts_with("\\ud"))
            .and_then(|escape| u16::from_str_radix(&escape[2..], 16).ok())
    };
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        marked.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (half(rest), rest.get(6..).and_then(half)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => {
                marked.push_str(&rest[..12]);
                12
            }
            (Some(0xD800..=0xDFFF), _) => {
                marked.push_str("\\ufffd");
                6
            }
            _ => {
                marked.push_str(&rest[..6]);
                6
            }
        };
        rest = &rest[length..];
    }
    marked + rest
}

/// What the two sides are compared by: see `INDEX.md` of the recordings.
fn simplified(value: &Json) -> Json {
    let Json::Object(map) = value else {
        return value.clone();
    };
    match map["t"].as_str().unwrap() {
        "SBK" => json!({"t": "S", "v": map["v"]}),
        "XD" => json!({"t": "XD"}),
        "URI"
            if map["v"]
                .as_str()
                .is_some_and(|uri| uri.starts_with("file:") || uri.starts_with("C:")) =>
        {
            json!({"t": "URI"})
        }
        "DT" => {
            let date: DateTime = map["v"].as_str().unwrap().parse().unwrap();
            json!({"t": "DT", "ticks": date.utc_ticks().unwrap_or(date.ticks()), "kind": date.utc_ticks().is_some()})
        }
        "Ref" => json!({"t": "Ref"}),
        "Obj" => {
            let plain = !map.contains_key("props") && !map.contains_key("ms");
            if let (true, Some(inner)) = (plain, map.get("value")) {
                return simplified(inner);
            }
            let mut simple = serde_json::Map::new();
            for (key, value) in map {
                let value = match key.as_str() {
                    "id" | "types" => continue,
                    "list" => value.as_array().unwrap().iter().map(simplified).collect(),
                    "dict" => value
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|pair| json!([simplified(&pair[0]), simplified(&pair[1])]))
                        .collect(),
                    "props" | "ms" => value
                        .as_object()
                        .unwrap()
                        .iter()
                        .map(|(name, value)| (name.clone(), simplified(value)))
                        .collect(),
                    "value" => simplified(value),
                    _ => value.clone(),
                };
                simple.insert(key.clone(), value);
            }
            Json::Object(simple)
        }
        _ => value.clone(),
    }
}
