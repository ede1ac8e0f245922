//! Pipeline input from a file and from standard input.

use super::support::{Lab, assert_done, assert_failure, finish, invoke, invoke_command, lines};

/// Two names of users of the lab.
fn names(lab: &Lab) -> Vec<String> {
    let finished = invoke(&lab.exchange(), "Get-User | Select-Object Name", &[]);
    let name = |user: &serde_json::Value| user["Name"].as_str().unwrap().to_owned();
    lines(&finished.stdout).iter().take(2).map(name).collect()
}

fn ndjson(values: &[String]) -> String {
    values
        .iter()
        .map(|value| format!("{}\n", serde_json::Value::from(value.as_str())))
        .collect()
}

#[test]
fn values_of_standard_input_reach_the_first_command() {
    let lab = Lab::start(&["--users", "20"]);
    let names = names(&lab);
    let mut command = invoke_command(&lab.exchange(), "Get-User | Select-Object Name");
    let finished = finish(command.args(["--input", "-"]), ndjson(&names).as_bytes());
    assert_done(&finished);
    let found: Vec<_> = lines(&finished.stdout)
        .iter()
        .map(|user| user["Name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, names);
}

#[test]
fn values_of_a_file_reach_the_first_command() {
    let lab = Lab::start(&["--users", "20"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("names.ndjson");
    std::fs::write(&file, ndjson(&names(&lab))).unwrap();
    let finished = invoke(&lab.exchange(), "Get-User", &["--input", file.to_str().unwrap()]);
    assert_done(&finished);
    assert_eq!(lines(&finished.stdout).len(), 2);
}

#[test]
fn numbers_are_measured() {
    let lab = Lab::start(&["--users", "2"]);
    let mut command = invoke_command(&lab.wsman(), "Measure-Object");
    let finished = finish(command.args(["--input", "-"]), b"1\n2\n\n3.5\n\"x\"\n");
    assert_done(&finished);
    assert_eq!(lines(&finished.stdout)[0]["Count"], 4);
}

#[test]
fn a_line_that_is_no_json_ends_the_input_after_what_came_before() {
    let lab = Lab::start(&["--users", "20"]);
    let names = names(&lab);
    let input = format!("{}{{broken\n{}", ndjson(&names[..1]), ndjson(&names[1..]));
    let mut command = invoke_command(&lab.exchange(), "Get-User | Select-Object Name");
    let finished = finish(command.args(["--input", "-"]), input.as_bytes());
    assert_failure(
        &finished,
        5,
        &["line 2 of standard input", "one JSON value on each line"],
    );
    assert_eq!(lines(&finished.stdout).len(), 1);
}
