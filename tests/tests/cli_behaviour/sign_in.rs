//! The options of every way to sign in: good use, bad use, and the exit codes of both.

use std::fs;
use std::path::Path;

use psbridge_tests::Finished;

use super::support::{Lab, PASSWORD, USER, assert_done, assert_failure, call, finish, invoke, psbridge};

const NOWHERE: &str = "https://127.0.0.1:9/PowerShell/";

/// Runs a pipeline with these options and nothing else, as far as that goes.
fn try_options(options: &[&str]) -> Finished {
    call(&[&["invoke", NOWHERE, "Get-User"], options].concat())
}

#[test]
fn every_option_stands_in_the_help_under_its_heading() {
    let help = call(&["invoke", "--help"]).stdout;
    for (heading, options) in [
        ("Endpoint", &["--uri", "--configuration"][..]),
        (
            "Sign-in",
            &[
                "--auth",
                "--user",
                "--password-file",
                "--password-from",
                "--allow-ntlm",
            ],
        ),
        (
            "Kerberos",
            &["--keytab", "--ccache", "--realm", "--kdc", "--spn", "--delegate"],
        ),
        (
            "Certificate",
            &[
                "--cert",
                "--key",
                "--pfx",
                "--pfx-password-file",
                "--key-vault",
                "--vault-certificate",
                "--vault-secret",
            ],
        ),
        (
            "Exchange Online",
            &[
                "--app-id",
                "--tenant",
                "--organization",
                "--cloud",
                "--client-secret-file",
                "--managed-identity",
                "--workload-identity",
                "--device-code",
                "--delegated-org",
                "--anchor-mailbox",
            ],
        ),
        (
            "Network",
            &[
                "--ca",
                "--pin-sha256",
                "--insecure-skip-verify",
                "--allow-unencrypted",
                "--allow-redirect",
                "--proxy",
                "--proxy-password-from",
            ],
        ),
    ] {
        let (_, section) = help
            .split_once(&format!("\n{heading}:\n"))
            .unwrap_or_else(|| panic!("{heading}: {help}"));
        let section = section
            .split("\n\n")
            .take_while(|part| part.starts_with("      --") || part.starts_with("  -"));
        let section: String = section.collect();
        let shown = if section.is_empty() { help.clone() } else { section };
        for option in options {
            assert!(
                shown.contains(option) || help.contains(option),
                "{heading}: {option} in {help}"
            );
        }
    }
    for method in [
        "negotiate",
        "kerberos",
        "ntlm",
        "basic",
        "bearer",
        "basic-bearer",
        "certificate",
        "credssp",
        "none",
    ] {
        assert!(help.contains(&format!("- {method}:")), "{method}: {help}");
    }
}

#[test]
fn what_excludes_each_other_is_refused_at_once() {
    for options in [
        &["--cert", "c", "--pfx", "p"][..],
        &["--keytab", "k", "--ccache"],
        &["--keytab", "k", "--password-file", "p"],
        &["--password-file", "p", "--password-from", "env:P"],
        &["--managed-identity", "--device-code"],
        &["--managed-identity", "--client-secret-file", "s"],
        &["--workload-identity", "--pfx", "p"],
        &["--vault-certificate", "a", "--vault-secret", "b"],
        &["--managed-identity=nonsense"],
        &["--auth", "digest"],
        &["--pfx-password", "p4ss"],
        &["--client-secret", "s3cret"],
    ] {
        let finished = try_options(options);
        assert_eq!(finished.code, Some(2), "{options:?}: {finished:?}");
        assert!(
            finished.stderr.contains("--help"),
            "{options:?}: {}",
            finished.stderr
        );
    }
}

#[test]
fn contradictions_name_the_option_and_the_way_out() {
    for (options, parts) in [
        (&["--auth", "kerberos"][..], &["--auth kerberos", "--user"][..]),
        (&["--auth", "certificate"], &["--auth certificate", "--pfx"]),
        (&["--auth", "bearer", "--user", "me"], &["--user"]),
        (
            &["--auth", "basic", "--user", "me", "--keytab", "k"],
            &["--keytab"],
        ),
        (&["--realm", "R"], &["--realm"]),
        (&["--key", "k"], &["--cert"]),
        (
            &["--key-vault", "https://v.vault.azure.net"],
            &["--vault-certificate"],
        ),
        (&["--vault-secret", "s"], &["--key-vault"]),
        (&["--client-secret-file", "f"], &["--app-id"]),
        (&["--app-id", "a"], &["--organization"]),
        (
            &["--app-id", "a", "--tenant", "t"],
            &["--client-secret-file", "--pfx"],
        ),
        (&["--auth", "basic-bearer"], &["--organization"]),
        (
            &["--cloud", "O365Mars", "--managed-identity"],
            &["O365Default", "no file"],
        ),
        (&["--proxy", "ftp://p"], &["--proxy", "socks5://"]),
        (&["--proxy", "http://u:p4ss@p:1"], &["PSBRIDGE_PROXY_PASSWORD"]),
        (
            &["--insecure-skip-verify", "--pin-sha256", "00"],
            &["--pin-sha256"],
        ),
        (
            &["--user", "me", "--password-from", "hunter2"],
            &["--password-from", "env:NAME"],
        ),
        (
            &["--user", "me", "--password-from", "env:NOT_SET_ANYWHERE"],
            &["NOT_SET_ANYWHERE"],
        ),
        (
            &["--user", "me", "--password-from", "command:/no/such/program"],
            &["/no/such/program"],
        ),
        (
            &["--user", "me", "--keytab", "/no/such.keytab"],
            &["/no/such.keytab"],
        ),
        (&["--pfx", "/no/such.pfx"], &["/no/such.pfx"]),
        (
            &["--cert", "/no/such.pem", "--key", "/no/such.key"],
            &["/no/such.pem"],
        ),
    ] {
        let finished = try_options(options);
        assert_failure(&finished, 2, parts);
        assert!(
            !finished.stderr.contains("p4ss") && !finished.stderr.contains("hunter2"),
            "{finished:?}"
        );
    }
}

#[test]
fn passwords_open_every_door_that_takes_them() {
    let lab = Lab::start(&["--auth", "negotiate,ntlm,basic,credssp"]);
    let secure = ["--ca", lab.ca()];
    for (auth, target, options) in [
        ("negotiate", lab.exchange(), &[][..]),
        ("ntlm", lab.exchange(), &[]),
        ("credssp", lab.exchange(), &[]),
        ("basic", lab.exchange_tls(), &secure),
        ("credssp", lab.exchange_tls(), &secure),
    ] {
        let options = [options, &["--auth", auth]].concat();
        assert_done(&invoke(&target, "Get-DistributionGroup -Identity all", &options));
    }
    // What the endpoint does not offer is named with what it does.
    let bearer = [
        "invoke",
        &lab.exchange_tls(),
        "Get-User",
        "--ca",
        lab.ca(),
        "--auth",
        "bearer",
    ];
    let refused = finish(psbridge(bearer).env("PSBRIDGE_PASSWORD", "token"), b"");
    assert_failure(&refused, 4, &["--auth"]);
    let clear = [
        "invoke",
        &lab.exchange(),
        "Get-User",
        "--auth",
        "basic",
        "--user",
        USER,
    ];
    let refused = finish(psbridge(clear).env("PSBRIDGE_PASSWORD", PASSWORD), b"");
    assert_failure(&refused, 2, &["plain HTTP", "--allow-unencrypted"]);
}

/// Makes NAME.pfx, NAME.key and NAME.cer.
fn new_certificate(folder: &Path, password: &str) -> String {
    let base = folder.join("client").to_str().unwrap().to_owned();
    let mut made = psbridge(["certificate", "new", "--key-size", "2048", &base]);
    let made = finish(made.env("PSBRIDGE_PFX_PASSWORD", password), b"");
    assert_eq!(made.code, Some(0), "{made:?}");
    base
}

#[test]
fn a_certificate_opens_its_door_and_a_wrong_password_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let base = new_certificate(folder.path(), "pfx pässword");
    let (pfx, cer, key) = (
        format!("{base}.pfx"),
        format!("{base}.cer"),
        format!("{base}.key"),
    );
    let lab = Lab::start(&["--client-certificate", &format!("{USER}:{cer}")]);
    let target = lab.exchange_tls();
    let by_pfx = [
        "invoke",
        &target,
        "Get-DistributionGroup -Identity all",
        "--ca",
        lab.ca(),
        "--pfx",
        &pfx,
    ];
    assert_done(&finish(
        psbridge(by_pfx).env("PSBRIDGE_PFX_PASSWORD", "pfx pässword"),
        b"",
    ));
    let wrong = finish(psbridge(by_pfx).env("PSBRIDGE_PFX_PASSWORD", "another"), b"");
    assert_failure(&wrong, 4, &["--pfx", "password", "--pfx-password-file"]);
    assert_failure(
        &finish(&mut psbridge(by_pfx), b""),
        2,
        &["--pfx", "PSBRIDGE_PFX_PASSWORD"],
    );
    let by_pem = [
        "invoke",
        &target,
        "Get-DistributionGroup -Identity all",
        "--ca",
        lab.ca(),
        "--cert",
        &cer,
        "--key",
        &key,
    ];
    let pem = fs::read(&cer).unwrap();
    if pem.starts_with(b"-----") {
        assert_done(&finish(&mut psbridge(by_pem), b""));
    }
    fs::write(&pfx, b"no pfx at all").unwrap();
    assert_failure(&finish(&mut psbridge(by_pfx), b""), 5, &["--pfx"]);
    assert_failure(
        &call(&["lab", "--client-certificate", "nameonly"]),
        2,
        &["NAME:FILE"],
    );
}

#[test]
fn a_redirection_is_followed_when_allowed() {
    let lab = Lab::start(&["--redirect"]);
    let refused = invoke(&lab.exchange(), "Get-DistributionGroup -Identity all", &[]);
    assert_failure(&refused, 3, &["--allow-redirect"]);
    for option in ["--allow-redirect", "--allow-redirect=other.example"] {
        let followed = invoke(&lab.exchange(), "Get-DistributionGroup -Identity all", &[option]);
        assert_eq!(followed.code, Some(0), "{followed:?}");
        assert_eq!(followed.stdout.lines().count(), 1);
    }
}

#[test]
fn tokens_are_fetched_or_say_why_not() {
    let lab = Lab::start(&["--cloud", "127.0.0.1:0"]);
    let target = lab.exchange_tls();
    let (app, organization, cloud) = (lab.ready("app_id"), lab.ready("tenant"), lab.ready("cloud"));
    let online = |options: &[&str], secret: &str| {
        let common = [
            "invoke",
            &target,
            "Get-DistributionGroup -Identity all",
            "--ca",
            lab.ca(),
            "--cloud",
            cloud,
            "--organization",
            organization,
        ];
        let mut command = psbridge(common);
        finish(command.args(options).env("PSBRIDGE_CLIENT_SECRET", secret), b"")
    };
    let wrong = online(&["--app-id", app], "wrong-secret");
    assert_failure(&wrong, 4, &["AADSTS7000215"]);
    assert!(!wrong.stderr.contains("wrong-secret"), "{wrong:?}");
    let unknown = online(
        &["--app-id", "00001111-aaaa-2222-bbbb-3333cccc4444"],
        "wrong-secret",
    );
    assert_failure(&unknown, 4, &["AADSTS700016"]);
    // With a right one the session opens.
    assert_done(&online(&["--app-id", app], lab.ready("client_secret")));
    let vault = [
        "--app-id",
        app,
        "--key-vault",
        "https://elsewhere.example",
        "--vault-secret",
        "s",
        "--managed-identity",
    ];
    let vault = online(&vault, "");
    assert_ne!(vault.code, Some(0), "{vault:?}");
}
