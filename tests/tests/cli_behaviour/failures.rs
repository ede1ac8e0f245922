//! What goes wrong on an endpoint that works: exit code, one paragraph, and everything received so far.

use super::support::{
    Lab, USER, assert_done, assert_failure, finish, invoke, invoke_command, lines, psbridge,
};

#[test]
fn a_wrong_password_is_an_authentication_failure() {
    let lab = Lab::start(&["--users", "5"]);
    for (target, options) in [
        (lab.exchange(), &["--auth", "ntlm"][..]),
        (lab.exchange(), &["--auth", "negotiate"]),
        (lab.exchange_tls(), &["--auth", "basic", "--ca", lab.ca()]),
    ] {
        let mut command = invoke_command(&target, "Get-User");
        let finished = finish(
            command.args(options).env("PSBRIDGE_PASSWORD", "wrong-Secret"),
            b"",
        );
        assert_failure(&finished, 4, &[&target, "password"]);
        assert!(!finished.stderr.contains("wrong-Secret"), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn no_credential_at_all_is_an_authentication_failure_or_refused_here() {
    let lab = Lab::start(&["--users", "5"]);
    let target = lab.exchange_tls();
    let finished = finish(
        &mut psbridge(["invoke", &target, "Get-User", "--ca", lab.ca()]),
        b"",
    );
    assert_failure(&finished, 4, &[&target]);
    // Over plain HTTP the content would travel in clear text, so nothing is sent.
    let target = lab.exchange();
    assert_failure(
        &finish(&mut psbridge(["invoke", &target, "Get-User"]), b""),
        2,
        &[&target],
    );
}

#[test]
fn basic_does_not_leave_over_plain_http() {
    let lab = Lab::start(&["--users", "5"]);
    assert_failure(
        &invoke(&lab.exchange(), "Get-User", &["--auth", "basic"]),
        2,
        &[&lab.exchange(), "https"],
    );
}

#[test]
fn an_unknown_configuration_is_a_fault() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(&lab.wsman(), "Get-User", &["--configuration", "No.Such"]);
    assert_failure(&finished, 5, &[&lab.wsman(), "2150858811", "onfiguration"]);
}

#[test]
fn an_untrusted_certificate_is_refused() {
    let lab = Lab::start(&["--users", "5"]);
    let target = lab.exchange_tls();
    assert_failure(&invoke(&target, "Get-User", &[]), 3, &[&target, "certificate"]);
    let pin = "00".repeat(32);
    assert_failure(
        &invoke(&target, "Get-User", &["--pin-sha256", &pin]),
        3,
        &[&target, "certificate"],
    );
    assert_done(&invoke(&target, "Get-User", &["--ca", lab.ca()]));
    let unchecked = invoke(&target, "Get-User", &["--insecure-skip-verify"]);
    assert_eq!(unchecked.code, Some(0), "{}", unchecked.stderr);
    assert!(unchecked.stderr.contains("certificate"), "{}", unchecked.stderr);
}

#[test]
fn a_connection_cut_in_mid_answer_loses_nothing_that_came_before() {
    let lab = Lab::start(&["--users", "3000", "--fault", "cut:100@receive/6-"]);
    let finished = invoke(
        &lab.exchange(),
        "Get-User -ResultSize Unlimited",
        &["--format", "ndjson"],
    );
    assert_failure(&finished, 3, &[&lab.exchange()]);
    let received = lines(&finished.stdout);
    assert!(
        !received.is_empty() && received.len() < 3000,
        "{}",
        received.len()
    );
}

#[test]
fn a_json_array_is_closed_even_when_the_connection_is_lost() {
    let lab = Lab::start(&["--users", "3000", "--fault", "cut:100@receive/6-"]);
    let finished = invoke(
        &lab.exchange(),
        "Get-User -ResultSize Unlimited",
        &["--format", "json"],
    );
    assert_failure(&finished, 3, &[&lab.exchange()]);
    let array: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    assert!(!array.as_array().unwrap().is_empty());
}

#[test]
fn an_unknown_cmdlet_fails_the_pipeline() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(&lab.exchange(), "Get-Nonsense", &[]);
    assert_failure(
        &finished,
        1,
        &[
            &lab.exchange(),
            "Get-Nonsense",
            "not recognized",
            "CommandNotFoundException",
            "Get-Command",
        ],
    );
}

#[test]
fn an_unknown_parameter_fails_the_pipeline() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(&lab.exchange(), "Get-User -Nonsense 1", &[]);
    assert_failure(
        &finished,
        1,
        &[&lab.exchange(), "Nonsense", "NamedParameterNotFound"],
    );
}

#[test]
fn a_script_is_refused_where_there_is_no_language() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(&lab.exchange(), "Get-User", &["--script"]);
    assert_failure(
        &finished,
        1,
        &[&lab.exchange(), "no-language mode", "without --script"],
    );
}

#[test]
fn an_error_record_is_shown_as_powershell_shows_it() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(&lab.exchange(), "Get-User -Identity nobody-of-that-name", &[]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for part in [
        "nobody-of-that-name",
        "+ CategoryInfo          :",
        "+ FullyQualifiedErrorId :",
        "ManagementObjectNotFoundException",
    ] {
        assert!(finished.stderr.contains(part), "no {part} in {}", finished.stderr);
    }
    assert_eq!(finished.stdout, "");
}

#[test]
fn what_other_statements_return_is_printed_beside_an_error() {
    let lab = Lab::start(&["--users", "5"]);
    let finished = invoke(
        &lab.exchange(),
        "Get-User -Identity nobody; Get-User -ResultSize 2",
        &[],
    );
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert_eq!(lines(&finished.stdout).len(), 2);
}

#[test]
fn a_truncated_result_is_not_a_success() {
    let lab = Lab::start(&["--users", "1100"]);
    let finished = invoke(&lab.exchange(), "Get-User | Select-Object Name", &[]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert_eq!(lines(&finished.stdout).len(), 1000);
    assert!(
        finished
            .stderr
            .contains("WARNING: There are more results available"),
        "{}",
        finished.stderr
    );
    let all = invoke(
        &lab.exchange(),
        "Get-User -ResultSize Unlimited | Select-Object Name",
        &[],
    );
    assert_done(&all);
    assert_eq!(lines(&all.stdout).len(), 1100);
}

#[test]
fn a_limit_that_was_asked_for_is_a_success() {
    let lab = Lab::start(&["--users", "50"]);
    let finished = invoke(&lab.exchange(), "Get-User -ResultSize 3", &[]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(lines(&finished.stdout).len(), 3);
    assert!(finished.stderr.starts_with("WARNING: "), "{}", finished.stderr);
}

#[test]
fn the_password_is_read_from_a_file_or_from_standard_input() {
    let lab = Lab::start(&["--users", "1"]);
    let target = lab.exchange();
    let call = |options: &[&str], input: &str| {
        let mut command = psbridge(["invoke", &target, "Get-User -ResultSize 1", "--user", USER]);
        finish(command.args(options), input.as_bytes())
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{}\n", super::support::PASSWORD)).unwrap();
    assert_done(&call(&["--password-file", file.to_str().unwrap()], ""));
    assert_done(&call(&[], &format!("{}\r\n", super::support::PASSWORD)));
    assert_failure(&call(&[], "wrong\n"), 4, &["password"]);
}
