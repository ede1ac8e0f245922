//! Real sealed bodies: their keys are not known, so the framing alone is judged.

use std::path::{Path, PathBuf};

use psbridge_auth::encrypted::{EncryptedType, read_blocks};
use psbridge_tests::recordings;
use serde_json::Value;

fn text<'a>(expectation: &'a Value, name: &str) -> &'a str {
    expectation[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {expectation}"))
}

fn number(expectation: &Value, name: &str) -> usize {
    let number = expectation[name]
        .as_u64()
        .unwrap_or_else(|| panic!("{name} in {expectation}"));
    usize::try_from(number).expect("a length")
}

fn from_hex(digits: &str) -> Vec<u8> {
    let digits: String = digits.split_whitespace().collect();
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).expect("hexadecimal digits"))
        .collect()
}

fn expectations(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder can be listed")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.to_string_lossy().ends_with(".expect.json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("an expectation is text");
            let expectation: Value = serde_json::from_str(&text).expect("an expectation is JSON");
            (folder.join(self::text(&expectation, "name")), expectation)
        })
        .filter(|(_, expectation)| expectation["kind"] == "encrypted-body")
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn recorded_sealed_bodies_are_framed_as_expected() {
    let Some(folder) = recordings("recorded_sealed_bodies_are_framed_as_expected") else {
        return;
    };
    let expectations = expectations(&folder.join("transport"));
    assert!(!expectations.is_empty(), "no sealed body in {}", folder.display());
    for (file, expected) in expectations {
        let body = from_hex(&std::fs::read_to_string(&file).expect("a body in hexadecimal"));
        assert_eq!(body.len(), number(&expected, "body_bytes"), "{}", file.display());
        let header = format!(
            "multipart/encrypted;protocol=\"{}\";boundary=\"{}\"",
            text(&expected, "protocol"),
            text(&expected, "boundary")
        );
        let kind = EncryptedType::parse(&header).expect("the header of an encrypted body");
        let blocks = read_blocks(&kind, &body).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let [block] = &blocks[..] else {
            panic!("{}: {} blocks", file.display(), blocks.len())
        };
        assert_eq!(block.protocol, text(&expected, "protocol"));
        assert_eq!(block.original_type, text(&expected, "original_content_type"));
        assert_eq!(block.original_length, number(&expected, "original_length"));
        assert_eq!(block.header.len(), number(&expected, "signature_length_le32"));
        assert_eq!(
            body[block.header.clone()],
            from_hex(text(&expected, "signature_hex"))
        );
        assert_eq!(block.data.len(), number(&expected, "sealed_bytes"));
        assert_eq!(
            4 + block.header.len() + block.data.len(),
            number(&expected, "payload_bytes")
        );

        // The same body as Exchange would frame it.
        let boundary = format!("--{}", text(&expected, "boundary"));
        let space = |part: &[u8]| {
            let part = std::str::from_utf8(part).expect("part headers are text");
            part.replace(&boundary, &boundary.replace("--", "-- "))
                .into_bytes()
        };
        let start = block.header.start - 4;
        let data = &body[start..block.data.end];
        let spaced = [&space(&body[..start]), data, &space(&body[block.data.end..])].concat();
        let again = read_blocks(&kind, &spaced).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(spaced[again[0].data.clone()], body[block.data.clone()]);
    }
}
