//! What an attacker or a broken server may answer. Nothing of it may be believed; each end is one paragraph that names the
//! endpoint, with the exit code of its kind.

use psbridge_tests::Finished;

use crate::endpoint::{Endpoint, lines};

/// One paragraph on standard error, the endpoint named, nothing that a terminal would obey.
#[track_caller]
fn explained(finished: &Finished, endpoint: &Endpoint, code: i32, words: &[&str]) {
    let text = &finished.stderr;
    let shown = format!(
        "exit {:?}, stdout {:?}, stderr {text}",
        finished.code, finished.stdout
    );
    assert_eq!(finished.code, Some(code), "{shown}");
    assert!(!text.trim().is_empty(), "says something: {shown}");
    assert!(!text.trim().contains("\n\n"), "one paragraph: {shown}");
    assert!(!text.contains("panicked"), "no panic: {shown}");
    let address = endpoint.url();
    let host = address
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .expect("a host");
    assert!(text.contains(host), "names the endpoint {host}: {shown}");
    let control = text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t');
    assert_eq!(control, None, "nothing that a terminal obeys: {shown}");
    let lower = text.to_lowercase();
    assert!(
        words.is_empty() || words.iter().any(|word| lower.contains(word)),
        "one of {words:?}: {shown}"
    );
}

fn invoke(endpoint: &Endpoint, act: &str, operation: &str, pipeline: &str) -> (Endpoint, Finished) {
    let at = endpoint.at(&format!("/hostile/{act}/{operation}"));
    let finished = at.invoke(pipeline, &["--format", "ndjson"]);
    (at, finished)
}

#[test]
fn a_changed_answer_is_refused() {
    let Some(endpoint) = Endpoint::start("hostile::a_changed_answer_is_refused") else {
        return;
    };
    for act in [
        "tampered",
        "bad-signature",
        "bad-sequence",
        "reordered",
        "bad-length",
        "truncated",
    ] {
        for operation in ["Create", "Receive", "Command"] {
            let (at, finished) = invoke(&endpoint, act, operation, "Get-Users -Count 3");
            explained(&finished, &at, 5, &["sign", "seal", "encrypt", "tamper"]);
            assert_eq!(
                finished.stdout, "",
                "{act} {operation}: nothing of it is believed"
            );
        }
    }
    // A silent pipeline asks again on the connection on which it was answered; that answer comes a second time.
    let (at, finished) = invoke(&endpoint, "replayed", "Receive", "Wait-Quiet -Seconds 9");
    explained(
        &finished,
        &at,
        5,
        &["sign", "seal", "encrypt", "tamper", "replay"],
    );
    assert_eq!(finished.stdout, "");
}

#[test]
fn an_answer_in_clear_is_refused() {
    let Some(endpoint) = Endpoint::start("hostile::an_answer_in_clear_is_refused") else {
        return;
    };
    for operation in ["Create", "Command", "Receive"] {
        let (at, finished) = invoke(&endpoint, "clear", operation, "Get-Users -Count 3");
        explained(&finished, &at, 5, &["clear", "seal", "encrypt", "plain"]);
        assert_eq!(finished.stdout, "", "{operation}");
    }
}

#[test]
fn a_weak_context_is_refused_and_gets_no_answer() {
    let Some(endpoint) = Endpoint::start("hostile::a_weak_context_is_refused_and_gets_no_answer") else {
        return;
    };
    for act in [
        "no-sign",
        "no-seal",
        "no-128",
        "no-key-exchange",
        "no-extended-session-security",
    ] {
        for auth in ["ntlm", "negotiate"] {
            let at = endpoint.at(&format!("/hostile/{act}/{auth}"));
            let finished = at.invoke("Get-Users -Count 3", &["--auth", auth]);
            assert!(matches!(finished.code, Some(4 | 5)), "{act} {auth}: {finished:?}");
            explained(
                &finished,
                &at,
                finished.code.unwrap_or_default(),
                &["weak", "lacks", "without", "offer"],
            );
            let heard = at.heard();
            assert_eq!(
                heard["requests"],
                serde_json::json!([]),
                "{act} {auth}: no operation came"
            );
            assert_eq!(
                heard["malformed"],
                serde_json::json!([]),
                "{act} {auth}: nothing in clear"
            );
        }
    }
}

#[test]
fn an_endpoint_that_does_not_prove_itself_gets_no_request() {
    let Some(endpoint) = Endpoint::start("hostile::an_endpoint_that_does_not_prove_itself_gets_no_request")
    else {
        return;
    };
    // It accepts the sign-in with 200 but not with the code over the list of mechanisms that only it can compute.
    for act in ["wrong-list-mic", "no-list-mic", "no-final-token"] {
        for at in [endpoint.clone(), endpoint.secure()] {
            let at = at.at(&format!("/hostile/{act}/sign-in"));
            let finished = at.invoke("Get-Users -Count 3", &["--auth", "negotiate"]);
            explained(&finished, &at, 5, &["mechanism list"]);
            assert_eq!(finished.stdout, "", "{act}");
            let heard = at.heard();
            assert_eq!(
                heard["requests"],
                serde_json::json!([]),
                "{act}: no operation came"
            );
            assert_eq!(
                heard["malformed"],
                serde_json::json!([]),
                "{act}: nothing in clear"
            );
        }
    }
}

#[test]
fn what_is_not_winrm_is_said_to_be_so() {
    let Some(endpoint) = Endpoint::start("hostile::what_is_not_winrm_is_said_to_be_so") else {
        return;
    };
    let secure = endpoint.secure();
    for act in [
        "html",
        "status-500",
        "page-503",
        "page-500",
        "status-404",
        "page-404",
    ] {
        let (at, finished) = invoke(&secure, act, "Create", "Get-Users");
        explained(&finished, &at, 3, &[]);
        assert!(
            !finished.stderr.contains("<script>"),
            "{act}: no page on the terminal"
        );
    }
    // WinRM says this too.
    for act in ["status-413", "status-400"] {
        let (at, finished) = invoke(&secure, act, "Create", "Get-Users");
        assert!(matches!(finished.code, Some(3 | 5)), "{act}: {finished:?}");
        explained(&finished, &at, finished.code.unwrap_or_default(), &[]);
    }
    let (at, finished) = invoke(&secure, "status-403", "Create", "Get-Users");
    explained(&finished, &at, 4, &[]);
    // After a sealed request such an answer may just as well come from somebody in between: it is not read.
    for act in ["html", "status-500", "page-503", "page-404"] {
        let (at, finished) = invoke(&endpoint, act, "Create", "Get-Users");
        assert!(matches!(finished.code, Some(3 | 5)), "{act}: {finished:?}");
        explained(&finished, &at, finished.code.unwrap_or_default(), &[]);
        assert!(
            !finished.stderr.contains("<script>"),
            "{act}: no page on the terminal"
        );
    }
    let nowhere = endpoint.at("/nothing/here");
    let finished = nowhere.invoke("Get-Users", &[]);
    explained(&finished, &nowhere, 3, &[]);
}

#[test]
fn broken_envelopes_are_faults_of_the_protocol() {
    let Some(endpoint) = Endpoint::start("hostile::broken_envelopes_are_faults_of_the_protocol") else {
        return;
    };
    for act in ["not-xml", "doctype", "wrong-relates-to"] {
        for operation in ["Create", "Receive"] {
            let (at, finished) = invoke(&endpoint, act, operation, "Get-Users -Count 3");
            explained(&finished, &at, 5, &[]);
        }
    }
    let (at, finished) = invoke(&endpoint, "huge", "Command", "Get-Users -Count 3");
    explained(
        &finished,
        &at,
        5,
        &["large", "big", "limit", "exceed", "max_response_body"],
    );
}

#[test]
fn a_connection_that_ends_in_the_middle_is_reported_as_lost() {
    let Some(endpoint) = Endpoint::start("hostile::a_connection_that_ends_in_the_middle_is_reported_as_lost")
    else {
        return;
    };
    for act in ["cut", "no-answer"] {
        for operation in ["Create", "Command"] {
            let (at, finished) = invoke(&endpoint, act, operation, "Get-Users -Count 3");
            explained(
                &finished,
                &at,
                3,
                &["lost", "closed", "broke", "cut", "ended", "connection"],
            );
        }
    }
}

#[test]
fn faults_keep_their_meaning() {
    let Some(endpoint) = Endpoint::start("hostile::faults_keep_their_meaning") else {
        return;
    };
    for (code, exit) in [(2_150_859_173_u32, 5), (2_150_858_811, 5), (5, 4), (1_234_567, 5)] {
        let (at, finished) = invoke(&endpoint, &format!("fault-{code}"), "Create", "Get-Users");
        explained(&finished, &at, exit, &[&code.to_string()]);
    }
    // The shell is gone in the middle of a pipeline.
    let (at, finished) = invoke(&endpoint, "fault-2150858843", "Command", "Get-Users");
    explained(&finished, &at, 5, &["2150858843"]);
}

#[test]
fn what_came_before_the_failure_is_printed() {
    let Some(endpoint) = Endpoint::start("hostile::what_came_before_the_failure_is_printed") else {
        return;
    };
    // The third fragment of a long text claims to be another one.
    let at = endpoint.at("/shape/out-of-sequence");
    let finished = at.invoke(
        "Get-Users -Count 2; Get-Blob -Size 100000",
        &["--format", "ndjson"],
    );
    explained(&finished, &at, 5, &["sequence", "fragment"]);
    assert_eq!(lines(&finished).len(), 2, "{}", finished.stdout);
}
