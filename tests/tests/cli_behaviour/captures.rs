//! Captures that are cut short or made to do harm.

use super::support::{Lab, assert_failure, finish, invoke, lines, psbridge};

fn decode(bytes: &[u8], format: &str) -> psbridge_tests::Finished {
    finish(&mut psbridge(["decode", "-", "--format", format]), bytes)
}

/// A recording of a session with the lab.
fn recording() -> String {
    let lab = Lab::start(&["--users", "5"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.jsonl");
    let recorded = invoke(&lab.exchange(), "Get-User", &["--record", file.to_str().unwrap()]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    std::fs::read_to_string(file).unwrap()
}

/// The messages without their numbers: exchanges are written as they end, so a cut takes some from the middle.
fn messages(text: &str) -> Vec<serde_json::Value> {
    let mut messages = lines(text);
    for message in &mut messages {
        message.as_object_mut().unwrap().remove("i");
    }
    messages
}

#[test]
fn a_file_that_is_not_there_is_a_usage_error() {
    assert_failure(
        &finish(&mut psbridge(["decode", "/no/such/file"]), b""),
        2,
        &["/no/such/file"],
    );
}

#[test]
fn of_a_truncated_recording_everything_whole_is_printed() {
    let whole = recording();
    let all = messages(&decode(whole.as_bytes(), "typed").stdout);
    let cut = &whole.as_bytes()[..whole.len() * 2 / 3];
    let finished = decode(cut, "typed");
    assert_failure(&finished, 5, &["standard input"]);
    let some = messages(&finished.stdout);
    assert!(
        !some.is_empty() && some.len() < all.len(),
        "{} of {}",
        some.len(),
        all.len()
    );
    assert!(
        some.iter().all(|message| all.contains(message)),
        "{}",
        finished.stdout
    );
}

#[test]
fn hostile_captures_are_refused_quickly() {
    let deep = format!(
        "{}{}",
        "<Obj><LST>".repeat(100_000),
        "</LST></Obj>".repeat(100_000)
    );
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S>&b;</S></Objs>"#;
    let outside = r#"<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Objs><S>&a;</S></Objs>"#;
    let captures: [&[u8]; 7] = [
        b"",
        b"\x00\x01\x02\xff\xfe random",
        deep.as_bytes(),
        laughs.as_bytes(),
        outside.as_bytes(),
        b"{\"seq\":0,\"request\":{\"body\":\"<s:Envelope\"},\"response\":null}",
        b"<Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><I32>99999999999</I32></Objs>",
    ];
    for capture in captures {
        let finished = decode(capture, "typed");
        assert_failure(&finished, 5, &["standard input"]);
        assert!(!finished.stdout.contains("root:"), "{}", finished.stdout);
    }
}

#[test]
fn server_text_is_shown_and_not_obeyed() {
    let clixml = r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><MS><S N="Na_x001B_me">_x001B_[2J_x202E_evil_x0007_</S></MS></Obj></Objs>"#;
    for format in ["text", "table", "list"] {
        let finished = decode(clixml.as_bytes(), format);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("evil"), "{format}: {}", finished.stdout);
        let obeyed = finished.stdout.contains(['\u{1b}', '\u{202e}', '\u{7}']);
        assert!(!obeyed, "{format}: {:?}", finished.stdout);
    }
}
