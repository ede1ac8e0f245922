//! Pipelines that do not parse are refused before anything is sent.

use super::support::{assert_failure, call};

/// Nobody listens there, and nobody is asked.
const NOWHERE: &str = "http://127.0.0.1:9/wsman";

#[test]
fn a_caret_shows_the_place() {
    let finished = call(&["invoke", NOWHERE, "Get-User | Where-Object { $_.Name }"]);
    assert_failure(
        &finished,
        2,
        &[NOWHERE, "at character 25", "script blocks", "Use --script"],
    );
    assert!(
        finished
            .stderr
            .ends_with("\nGet-User | Where-Object { $_.Name }\n                        ^\n"),
        "{}",
        finished.stderr
    );
    assert_eq!(finished.stdout, "");
}

#[test]
fn the_caret_counts_columns_and_takes_the_right_line() {
    let finished = call(&["invoke", NOWHERE, "Get-User\nGet-It '漢字' $x"]);
    assert_failure(&finished, 2, &["variables"]);
    // Seven columns of text, two quotes, four columns of two wide characters, and a blank.
    assert!(
        finished.stderr.ends_with("\nGet-It '漢字' $x\n              ^\n"),
        "{}",
        finished.stderr
    );
}

#[test]
fn what_the_grammar_leaves_out_is_named() {
    for (pipeline, part) in [
        ("Get-User $(Get-Date)", "sub-expressions"),
        ("Get-User > file", "redirection"),
        ("Get-User 'x", "never closed"),
        ("& Get-User", "call operator"),
        ("A && B", "&&"),
        ("", "there is no command"),
        ("Get-User -Name=x", "does not follow ="),
    ] {
        assert_failure(&call(&["invoke", NOWHERE, pipeline]), 2, &[part, NOWHERE]);
    }
}

#[test]
fn control_characters_of_the_pipeline_are_not_echoed() {
    let finished = call(&["invoke", NOWHERE, "Get-User '\u{1b}[2J\u{202e}' $x"]);
    assert_failure(&finished, 2, &["variables"]);
    assert!(
        !finished.stderr.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        finished.stderr
    );
}
