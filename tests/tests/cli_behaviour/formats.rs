//! The forms of output, the other streams, recording and tracing.

use serde_json::Value;

use super::support::{Lab, PASSWORD, USER, assert_done, invoke, lines, psbridge};

const TWO: &str = "Get-User -ResultSize 2";

/// Two users, without the warning that there are more.
fn two(lab: &Lab, format: &str) -> String {
    let finished = invoke(&lab.exchange(), "Get-User", &["--format", format]);
    assert_done(&finished);
    finished.stdout
}

fn lab() -> Lab {
    Lab::start(&["--users", "2", "--seed", "7"])
}

#[test]
fn ndjson_is_the_default_in_a_pipe() {
    let lab = lab();
    let users = lines(&two(&lab, "ndjson"));
    assert_eq!(users.len(), 2);
    assert!(
        users[0]["Name"].is_string() && users[0]["RecipientType"].is_string(),
        "{}",
        users[0]
    );
    let default = invoke(&lab.exchange(), "Get-User", &[]);
    assert_eq!(lines(&default.stdout), users);
}

#[test]
fn json_is_one_array_of_the_same_objects() {
    let lab = lab();
    let array: Value = serde_json::from_str(&two(&lab, "json")).unwrap();
    assert_eq!(array.as_array().unwrap().as_slice(), lines(&two(&lab, "ndjson")));
}

#[test]
fn typed_keeps_types() {
    let users = lines(&two(&lab(), "typed"));
    assert_eq!(users[0]["t"], "Obj");
    let types: Vec<_> = users[0]["types"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        types.contains(&"Microsoft.Exchange.Data.Directory.Management.User"),
        "{types:?}"
    );
    assert_eq!(users[0]["props"]["Name"]["t"], "S");
    assert_eq!(users[0]["props"]["Guid"]["t"], "G");
}

#[test]
fn a_table_has_a_head_and_a_row_for_each_object() {
    let lab = lab();
    let table = two(&lab, "table");
    let name = lines(&two(&lab, "ndjson"))[0]["Name"]
        .as_str()
        .unwrap()
        .to_owned();
    let rows: Vec<_> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert!(rows[0].starts_with("Name"), "{table}");
    assert!(rows[1].starts_with("----"), "{table}");
    assert!(rows[2].starts_with(&name), "{table}");
    assert!(rows.iter().all(|row| row.chars().count() <= 120), "{table}");
}

#[test]
fn a_list_has_a_line_for_each_property() {
    let lab = lab();
    let list = two(&lab, "list");
    let user = &lines(&two(&lab, "ndjson"))[0];
    let properties = user.as_object().unwrap().len();
    let first: Vec<_> = list.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(first.len(), properties, "{list}");
    let name = first.iter().find(|line| line.starts_with("Name ")).unwrap();
    assert!(
        name.ends_with(&format!(" : {}", user["Name"].as_str().unwrap())),
        "{name}"
    );
}

#[test]
fn text_is_one_line_for_each_object() {
    assert_eq!(two(&lab(), "text").lines().count(), 2);
}

#[test]
fn all_streams_tags_every_record() {
    let lab = Lab::start(&["--users", "1100"]);
    let pipeline = "Get-User | Select-Object Name; Get-User -Identity nobody";
    let finished = invoke(&lab.exchange(), pipeline, &["--all-streams"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let records = lines(&finished.stdout);
    let count = |stream: &str| records.iter().filter(|record| record["stream"] == stream).count();
    assert_eq!(
        (count("output"), count("warning"), count("error"), count("state")),
        (1000, 1, 1, 1)
    );
    assert_eq!(records.last().unwrap()["value"]["state"], "Completed");
    assert_eq!(finished.stderr, "");
}

#[test]
fn a_failed_pipeline_is_in_the_state_of_all_streams() {
    let lab = lab();
    let finished = invoke(&lab.exchange(), "Get-Nonsense", &["--all-streams"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let records = lines(&finished.stdout);
    let state = &records.last().unwrap()["value"];
    assert_eq!(state["state"], "Failed", "{state}");
    assert!(
        state["error"]["FullyQualifiedErrorId"]
            .as_str()
            .unwrap()
            .contains("CommandNotFound"),
        "{state}"
    );
}

#[test]
fn a_recording_holds_the_exchanges_and_no_secret() {
    let lab = lab();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.jsonl");
    let recorded = invoke(&lab.exchange(), TWO, &["--record", file.to_str().unwrap()]);
    assert_eq!(recorded.code, Some(0), "{}", recorded.stderr);
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in [PASSWORD, "Authorization", "NTLM ", "Negotiate "] {
        assert!(!text.contains(secret), "{secret}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let decoded = psbridge_tests::run(
        &mut psbridge(["decode", file.to_str().unwrap(), "--format", "typed"]),
        b"",
        std::time::Duration::from_secs(30),
    );
    assert_done(&decoded);
    let messages = lines(&decoded.stdout);
    let pipeline = messages
        .iter()
        .find(|message| message["type"] == "CREATE_PIPELINE")
        .unwrap();
    let command = &pipeline["data"]["ms"]["PowerShell"]["ms"]["Cmds"]["list"][0]["ms"];
    assert_eq!(command["Cmd"]["v"], "Get-User");
    let argument = &command["Args"]["list"][0]["ms"];
    assert_eq!(
        (&argument["N"]["v"], &argument["V"]),
        (
            &Value::from("ResultSize"),
            &serde_json::json!({"t": "I32", "v": 2})
        )
    );
    assert!(
        messages
            .iter()
            .any(|message| message["type"] == "PIPELINE_OUTPUT")
    );
}

#[test]
fn a_recording_that_cannot_be_written_is_told_before_anything_is_sent() {
    let lab = lab();
    let finished = invoke(
        &lab.exchange(),
        "Get-User",
        &["--record", "/no/such/folder/x.jsonl"],
    );
    super::support::assert_failure(&finished, 2, &["/no/such/folder/x.jsonl"]);
    assert_eq!(finished.stdout, "");
}

#[test]
fn a_trace_has_a_line_for_each_operation() {
    let lab = lab();
    let finished = invoke(&lab.exchange(), "Get-User", &["--trace"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    for operation in ["Create", "Command", "Receive", "Signal", "Delete"] {
        let found = finished
            .stderr
            .lines()
            .any(|line| line.starts_with("trace ") && line.contains(operation));
        assert!(found, "no {operation} in {}", finished.stderr);
    }
    assert!(
        finished.stderr.lines().all(|line| line.starts_with("trace ")),
        "{}",
        finished.stderr
    );
    assert!(
        !finished.stderr.contains(PASSWORD) && !finished.stderr.contains(USER),
        "{}",
        finished.stderr
    );
}
