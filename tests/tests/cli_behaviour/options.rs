//! The options themselves: help, completion, and what does not go together.

use super::support::{assert_failure, call, finish, psbridge};

#[test]
fn every_subcommand_has_help_with_an_example_and_the_common_options() {
    for command in [
        "demo",
        "invoke",
        "decode",
        "lab",
        "doctor",
        "certificate",
        "grant",
        "profile",
        "profile add",
        "profile list",
        "profile show",
        "profile test",
        "profile remove",
        "completion",
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let finished = call(&words);
        assert_eq!(finished.code, Some(0));
        for part in [
            "Example",
            "psbridge ",
            "--format",
            "--record",
            "--trace",
            "--verbose",
        ] {
            assert!(
                finished.stdout.contains(part),
                "{command}: no {part} in {}",
                finished.stdout
            );
        }
    }
}

#[test]
fn completions_name_the_subcommands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let finished = call(&["completion", shell]);
        assert_eq!(finished.code, Some(0));
        for word in [
            "invoke",
            "doctor",
            "profile",
            "keytab",
            "allow-redirect",
            "managed-identity",
            "key-vault",
        ] {
            assert!(finished.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn nonsense_is_a_usage_error() {
    for arguments in [
        &["frobnicate"][..],
        &["invoke"],
        &["invoke", "http://127.0.0.1:9/", "A", "B"],
        &["invoke", "http://127.0.0.1:9/", "A", "--format", "xml"],
        &["invoke", "http://127.0.0.1:9/", "A", "--auth", "digest"],
        &["decode"],
        &["lab", "--http", "nowhere"],
        &["demo", "--users", "0"],
    ] {
        let finished = call(arguments);
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(
            finished.stderr.contains("--help"),
            "{arguments:?}: {}",
            finished.stderr
        );
    }
}

#[test]
fn contradictions_name_the_way_out() {
    let url = "http://127.0.0.1:9/";
    assert_failure(&call(&["invoke", "Get-User"]), 2, &["no endpoint", "TARGET"]);
    assert_failure(
        &call(&["invoke", url, "Get-User", "--uri", url]),
        2,
        &["given twice"],
    );
    assert_failure(&call(&["invoke", "ftp://x", "Get-User"]), 2, &["ftp"]);
    assert_failure(
        &call(&["invoke", url, "Get-User", "--auth", "ntlm"]),
        2,
        &["--user"],
    );
    assert_failure(
        &call(&["invoke", url, "Get-User", "--auth", "none", "--user", "me"]),
        2,
        &["--auth"],
    );
    assert_failure(
        &call(&["invoke", url, "Get-User", "--pin-sha256", "12"]),
        2,
        &["64"],
    );
    assert_failure(
        &call(&["invoke", url, "Get-User", "--ca", "/no/such.pem"]),
        2,
        &["/no/such.pem"],
    );
    assert_failure(
        &call(&["invoke", url, "Get-User", "--input", "/no/such.json"]),
        2,
        &["/no/such.json"],
    );
    assert_failure(&call(&["lab", "--account", "nameonly"]), 2, &["NAME:PASSWORD"]);
    assert_failure(&call(&["lab", "--http", "0.0.0.0:0"]), 2, &["--listen-anywhere"]);
    assert_failure(&call(&["lab", "--auth", "kerberos"]), 2, &["kerberos"]);
}

#[test]
fn a_password_is_asked_for_everywhere_but_in_argv() {
    let without = finish(
        &mut psbridge(["invoke", "http://127.0.0.1:9/", "Get-User", "--user", "me"]),
        b"",
    );
    assert_failure(
        &without,
        2,
        &["PSBRIDGE_PASSWORD", "--password-file", "standard input"],
    );
    let missing = [
        "invoke",
        "http://127.0.0.1:9/",
        "Get-User",
        "--user",
        "me",
        "--password-file",
        "/no/such",
    ];
    assert_failure(&call(&missing), 2, &["/no/such"]);
    let argv = call(&[
        "invoke",
        "http://127.0.0.1:9/",
        "Get-User",
        "--user",
        "me",
        "--password",
        "x",
    ]);
    assert_eq!(argv.code, Some(2));
}
