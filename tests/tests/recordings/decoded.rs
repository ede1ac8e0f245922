//! Every file of the recordings decodes to what its expectation says, through the built `psbridge decode`.
//!
//! The recordings are real traffic and not part of the project; `envelopes.rs` checks what the command
//! line does not print.

use std::process::Command;
use std::time::Duration;

use crate::expectations::{Expectation, all, difference, parse};
use psbridge_tests::{psbridge_bin, recordings, run};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(120);

fn decode(expectation: &Expectation) -> Vec<Value> {
    let mut command = Command::new(psbridge_bin());
    command
        .args(["decode", "--format", "typed"])
        .arg(&expectation.file);
    let finished = run(&mut command, b"", LIMIT);
    let name = expectation.file.display();
    assert_eq!(finished.code, Some(0), "{name}: {}", finished.stderr);
    assert_eq!(finished.stderr, "", "{name}");
    finished
        .stdout
        .lines()
        .map(|line| parse(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}")))
        .collect()
}

/// Runs a check on every expectation of some kinds, and reports all failures at once.
fn check_all(test: &str, kinds: &[&str], check: impl Fn(&Expectation) -> Result<(), String>) {
    let Some(folder) = recordings(test) else { return };
    let expectations: Vec<_> = all(&folder)
        .into_iter()
        .filter(|e| kinds.contains(&e.kind()))
        .collect();
    assert!(
        !expectations.is_empty(),
        "{} holds no expectation of {kinds:?}",
        folder.display()
    );
    let failures: Vec<String> = expectations
        .iter()
        .filter_map(|e| {
            check(e)
                .err()
                .map(|reason| format!("{}: {reason}", e.file.display()))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} files differ:\n{}",
        failures.len(),
        expectations.len(),
        failures.join("\n")
    );
    println!("{test}: {} files", expectations.len());
}

fn lines_equal(found: &[&Value], expected: &[Value], what: &str) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!(
            "{} {what} where {} are expected",
            found.len(),
            expected.len()
        ));
    }
    found
        .iter()
        .zip(expected)
        .enumerate()
        .find_map(|(n, (found, expected))| difference(found, expected).map(|d| format!("{what} {n}: {d}")))
        .map_or(Ok(()), Err)
}

#[test]
fn messages_and_faults() {
    let kinds = [
        "psrp-recording",
        "winrs-recording",
        "psrp-fragments",
        "psrp-out-of-process",
    ];
    check_all("recordings messages_and_faults", &kinds, |expectation| {
        let lines = decode(expectation);
        let (faults, messages): (Vec<&Value>, Vec<&Value>) =
            lines.iter().partition(|l| l.get("fault").is_some());
        lines_equal(&messages, expectation.list("messages"), "messages")?;
        let expected: Vec<Value> = expectation
            .list("exchanges")
            .iter()
            .filter_map(|exchange| {
                let fault = exchange.pointer("/response/fault")?;
                Some(serde_json::json!({"exchange": exchange.get("seq"), "fault": fault}))
            })
            .collect();
        lines_equal(&faults, &expected, "faults")?;
        in_order(&lines)
    });
}

/// Messages are counted through, and faults stand where their exchange is.
fn in_order(lines: &[Value]) -> Result<(), String> {
    let exchanges: Vec<u64> = lines.iter().filter_map(|l| l.get("exchange")?.as_u64()).collect();
    if !exchanges.is_sorted() {
        return Err("exchanges are out of order".to_owned());
    }
    let counted = lines.iter().filter_map(|l| l.get("i")?.as_u64());
    let count = lines.iter().filter(|l| l.get("i").is_some()).count() as u64;
    if counted.eq(0..count) {
        Ok(())
    } else {
        Err("messages are not counted through".to_owned())
    }
}

#[test]
fn objects() {
    check_all("recordings objects", &["clixml"], |expectation| {
        let lines = decode(expectation);
        let expected = expectation.list("objects");
        if expectation.list("walker_differences").is_empty() {
            return lines_equal(&lines.iter().collect::<Vec<_>>(), expected, "objects");
        }
        // The expectation folds an object that wraps another one into one object (INDEX.md).
        let table = crate::expectations::ids(&lines);
        if lines.len() != expected.len() {
            return Err(format!(
                "{} objects where {} are expected",
                lines.len(),
                expected.len()
            ));
        }
        lines
            .iter()
            .zip(expected)
            .find_map(|(found, expected)| crate::expectations::lenient_difference(found, expected, &table))
            .map_or(Ok(()), Err)
    });
}

/// The same bytes give the same lines from standard input, and in other forms.
#[test]
fn other_forms_of_input() {
    let Some(folder) = recordings("recordings other_forms_of_input") else {
        return;
    };
    let expectations = all(&folder);
    let find = |name: &str| {
        let found = expectations.iter().find(|e| e.file.ends_with(name));
        found.unwrap_or_else(|| panic!("{name} is not there"))
    };
    let typed = |input: &[u8]| {
        let mut command = Command::new(psbridge_bin());
        let finished = run(command.args(["decode", "--format", "typed", "-"]), input, LIMIT);
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
        finished
            .stdout
            .lines()
            .map(|l| parse(l).expect("json"))
            .collect::<Vec<Value>>()
    };

    let fragments = find("ironposh_pwsh7_creationxml.fragments.b64");
    let text = std::fs::read_to_string(&fragments.file).expect("readable");
    let raw = base64(&text);
    let lines = typed(&raw);
    lines_equal(
        &lines.iter().collect::<Vec<_>>(),
        fragments.list("messages"),
        "messages",
    )
    .expect("raw fragments");

    // One envelope of a recording: the same messages, without the number of their exchange.
    let session = find("psrp_open_runspace.jsonl");
    let recording = std::fs::read_to_string(&session.file).expect("readable");
    let first: Value = serde_json::from_str(recording.lines().next().expect("a line")).expect("json");
    let envelope = first
        .pointer("/request/body")
        .and_then(Value::as_str)
        .expect("a body");
    let mut expected: Vec<Value> = session.list("messages").get(..2).expect("two messages").to_vec();
    for message in &mut expected {
        message
            .as_object_mut()
            .expect("an object")
            .shift_remove("exchange");
    }
    let lines = typed(envelope.as_bytes());
    lines_equal(&lines.iter().collect::<Vec<_>>(), &expected, "messages").expect("an envelope");
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain(envelope.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(typed(&utf16), lines);

    // Lines are sorted by `seq`, and a byte order mark is passed over.
    let mut shuffled: Vec<&str> = recording.lines().collect();
    shuffled.reverse();
    let lines = typed(format!("\u{feff}{}\r\n", shuffled.join("\r\n")).as_bytes());
    lines_equal(
        &lines.iter().collect::<Vec<_>>(),
        session.list("messages"),
        "messages",
    )
    .expect("shuffled lines");
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    let dense: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(dense)
        .expect("base64")
}

/// What was cut off is said, and what stands before the cut is printed.
#[test]
fn truncated_captures() {
    let Some(folder) = recordings("recordings truncated_captures") else {
        return;
    };
    let expectations = all(&folder);
    for name in [
        "client_fetch_file.jsonl",
        "big_output.oop.jsonl",
        "exchange2019-GetReceiveConnector.xml",
    ] {
        let expectation = expectations
            .iter()
            .find(|e| e.file.ends_with(name))
            .expect("the file is there");
        let whole = std::fs::read(&expectation.file).expect("readable");
        let cut = whole.get(..whole.len() * 2 / 3).expect("not empty");
        let mut command = Command::new(psbridge_bin());
        let finished = run(command.args(["decode", "--format", "typed", "-"]), cut, LIMIT);
        assert_eq!(finished.code, Some(5), "{name}: {}", finished.stderr);
        assert_eq!(
            finished.stderr.trim_end().lines().count(),
            1,
            "{name}: {}",
            finished.stderr
        );
        let lines: Vec<Value> = finished.stdout.lines().map(|l| parse(l).expect("json")).collect();
        let key = if expectation.kind() == "clixml" {
            "objects"
        } else {
            "messages"
        };
        let expected = expectation
            .list(key)
            .get(..lines.len())
            .expect("not more than the whole file holds");
        assert!(!lines.is_empty(), "{name}: nothing was printed");
        lines_equal(&lines.iter().collect::<Vec<_>>(), expected, key)
            .unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
