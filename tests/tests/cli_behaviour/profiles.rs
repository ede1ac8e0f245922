//! Named targets: what is stored, what is refused, and which option wins.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use psbridge_tests::Finished;
use serde_json::Value;

use super::support::{Lab, PASSWORD, USER, assert_done, assert_failure, finish, psbridge};

/// A folder of settings of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("psbridge/config.toml")
    }

    fn write(&self, text: &str) {
        self.psbridge(&["profile", "add", "first", "http://h/"]);
        fs::write(self.file(), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = psbridge(arguments);
        command.env("XDG_CONFIG_HOME", self.0.path());
        command
    }

    fn psbridge(&self, arguments: &[&str]) -> Finished {
        finish(&mut self.command(arguments), b"")
    }
}

#[cfg(unix)]
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_profile_is_a_target_with_its_options() {
    let lab = Lab::start(&[]);
    let home = Home::new();
    let password = home.0.path().join("password");
    fs::write(&password, format!("{PASSWORD}\n")).unwrap();
    let reference = format!("file:{}", password.display());
    let added = home.psbridge(&[
        "profile",
        "add",
        "lab",
        &lab.exchange_tls(),
        "--user",
        USER,
        "--auth",
        "basic",
        "--ca",
        lab.ca(),
        "--password-from",
        &reference,
    ]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let invoked = home.psbridge(&["invoke", "lab", "Get-DistributionGroup -Identity all"]);
    assert_done(&invoked);
    assert_eq!(invoked.stdout.lines().count(), 1);
    // Options of the command line win; the rest stays.
    assert_done(&home.psbridge(&[
        "invoke",
        "lab",
        "Get-DistributionGroup -Identity all",
        "--auth",
        "ntlm",
    ]));
    // For somebody else the password of the profile is not tried.
    let other = home.psbridge(&["invoke", "lab", "Get-User", "--user", "somebody"]);
    assert_failure(&other, 2, &["no password was given for somebody"]);
    let uri = home.psbridge(&[
        "invoke",
        "--uri",
        "lab",
        "Get-User",
        "--user",
        USER,
        "--password-from",
        &reference,
    ]);
    assert_failure(&uri, 3, &["http://lab:5985/wsman", "psbridge profile list"]);
}

#[test]
fn secrets_come_from_where_the_profile_says() {
    let lab = Lab::start(&[]);
    let home = Home::new();
    for (name, reference) in [
        ("by-env", "env:MY_SECRET"),
        ("by-command", "command:printenv MY_SECRET"),
    ] {
        let added = home.psbridge(&[
            "profile",
            "add",
            name,
            &lab.exchange(),
            "--user",
            USER,
            "--password-from",
            reference,
        ]);
        assert_eq!(added.code, Some(0), "{added:?}");
        let mut invoke = home.command(&["invoke", name, "Get-DistributionGroup -Identity all"]);
        assert_done(&finish(invoke.env("MY_SECRET", PASSWORD), b""));
        let without = home.psbridge(&["invoke", name, "Get-DistributionGroup -Identity all"]);
        assert_eq!(without.code, Some(2), "{without:?}");
        assert!(
            without.stderr.contains("MY_SECRET") || without.stderr.contains("printenv"),
            "{without:?}"
        );
    }
}

#[test]
fn the_file_keeps_comments_and_is_private() {
    let home = Home::new();
    let text = "# mine\n[profile.first] # the first\nuri = \"http://h/\"\n";
    home.write(text);
    let added = home.psbridge(&[
        "profile",
        "add",
        "second",
        "http://server:5985/wsman",
        "--user",
        "me",
        "--kdc",
        "dc1",
        "--kdc",
        "dc2",
        "--delegate",
        "--allow-redirect=a.example,b.example",
        "--ca",
        "roots.pem",
        "--password-from",
        "command:pass show server",
    ]);
    assert_eq!((added.code, added.stdout.as_str()), (Some(0), ""), "{added:?}");
    let stored = fs::read_to_string(home.file()).unwrap();
    assert!(stored.starts_with(text), "{stored}");
    let roots = std::env::current_dir().unwrap().join("roots.pem");
    for line in [
        "[profile.second]",
        "uri = \"http://server:5985/wsman\"",
        "user = \"me\"",
        "kdc = [\"dc1\", \"dc2\"]",
        "delegate = true",
        "allow-redirect = [\"a.example\", \"b.example\"]",
        &format!("ca = \"{}\"", roots.display()),
        "password-from = { command = [\"pass\", \"show\", \"server\"] }",
    ] {
        assert!(
            stored.lines().any(|stored| stored == line),
            "no {line} in {stored}"
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(home.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let listed = home.psbridge(&["profile", "list", "--format", "json"]);
    assert_done(&listed);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed[1]["name"], "second");
    let shown = home.psbridge(&["profile", "show", "second", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(shown["password-from"]["command"][0], "pass");
    assert_done(&home.psbridge(&["profile", "remove", "second"]));
    assert_eq!(fs::read_to_string(home.file()).unwrap(), text);
    assert_failure(
        &home.psbridge(&["profile", "show", "second"]),
        2,
        &["no profile second", "first"],
    );
    assert_failure(
        &home.psbridge(&["profile", "remove", "second"]),
        2,
        &["no profile second"],
    );
    assert_failure(
        &home.psbridge(&["profile", "test", "second"]),
        2,
        &["no profile second"],
    );
}

#[test]
fn a_password_that_is_not_stored_is_announced() {
    let home = Home::new();
    let added = home.psbridge(&["profile", "add", "one", "http://h/", "--user", "me"]);
    assert_eq!(added.code, Some(0));
    assert!(added.stderr.contains("will be asked for"), "{added:?}");
    let with_keytab = home.psbridge(&[
        "profile",
        "add",
        "two",
        "http://h/",
        "--user",
        "me",
        "--keytab",
        "k",
    ]);
    assert!(!with_keytab.stderr.contains("asked for"), "{with_keytab:?}");
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let home = Home::new();
    let add = |name: &str, more: &[&str]| {
        let arguments = [&["profile", "add", name, "https://h/"][..], more].concat();
        home.psbridge(&arguments)
    };
    assert_failure(
        &add("x", &["--insecure-skip-verify"]),
        2,
        &["--insecure-skip-verify", "each time"],
    );
    assert_failure(&add("a.b", &[]), 2, &["a.b", "letters"]);
    assert_failure(&add("localhost", &[]), 2, &["localhost"]);
    let mistaken = add("x", &["--user", "me", "--password-from", "hunter2"]);
    assert_failure(&mistaken, 2, &["--password-from", "never the secret"]);
    assert!(!mistaken.stderr.contains("hunter2"), "{mistaken:?}");
    assert_failure(&add("x", &["--auth", "ntlm"]), 2, &["needs a user"]);
    assert_failure(
        &add("x", &["--proxy", "http://u:p4ss@p:1"]),
        2,
        &["--proxy-password-from"],
    );
    let password = home.psbridge(&["profile", "add", "x", "https://me:p4ss@h/"]);
    assert_failure(&password, 2, &["does not belong"]);
    assert!(!home.file().exists());
    assert_eq!(add("x", &[]).code, Some(0));
    assert_failure(&add("x", &[]), 2, &["already", "--replace"]);
    assert_eq!(add("x", &["--replace"]).code, Some(0));
}

#[test]
fn mistakes_in_the_file_are_named_with_their_line() {
    let home = Home::new();
    for (text, parts) in [
        (
            "[profile.a]\nuri = \"http://h/\"\ncolour = 1\n",
            &["line 3", "colour"][..],
        ),
        (
            "[profile.a]\nuri = \"http://h/\"\npassword = \"p4ss\"\n",
            &["line 3", "password-from"],
        ),
        (
            "[profile.a]\nuri = \"http://h/\"\ninsecure-skip-verify = true\n",
            &["line 3", "each time"],
        ),
        ("[profile.a]\nuser = \"me\"\n", &["line 1", "uri"]),
        ("\n\n[profile.a\n", &["line 3"]),
    ] {
        home.write(text);
        let finished = home.psbridge(&["invoke", "a", "Get-User"]);
        assert_failure(&finished, 2, parts);
        assert!(!finished.stderr.contains("p4ss"), "{finished:?}");
        fs::remove_file(home.file()).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_refused() {
    let home = Home::new();
    home.write("[profile.a]\nuri = \"http://127.0.0.1:9/\"\n");
    let folder = home.file().parent().unwrap().to_owned();
    for (path, mode, before) in [
        (home.file(), 0o606, 0o600),
        (home.file(), 0o660, 0o600),
        (folder, 0o777, 0o700),
    ] {
        chmod(&path, mode);
        let chmod_command = format!("chmod go-w {}", path.display());
        assert_failure(&home.psbridge(&["invoke", "a", "Get-User"]), 2, &[&chmod_command]);
        assert_failure(&home.psbridge(&["profile", "list"]), 2, &[&chmod_command]);
        // What is no profile's name does not depend on the file.
        assert_failure(
            &home.psbridge(&["invoke", "http://127.0.0.1:9/", "Get-User"]),
            2,
            &["--allow-unencrypted"],
        );
        chmod(&path, before);
    }
    assert_failure(
        &home.psbridge(&["invoke", "a", "Get-User"]),
        2,
        &["--allow-unencrypted"],
    );
}

#[test]
fn a_test_of_a_profile_examines_its_endpoint() {
    let lab = Lab::start(&[]);
    let home = Home::new();
    let added = home.psbridge(&[
        "profile",
        "add",
        "lab",
        &lab.exchange(),
        "--user",
        USER,
        "--password-from",
        "env:MY_SECRET",
    ]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let tested = finish(
        home.command(&["profile", "test", "lab"])
            .env("MY_SECRET", PASSWORD),
        b"",
    );
    assert_eq!(tested.code, Some(0), "{tested:?}");
    let wrong = finish(
        home.command(&["profile", "test", "lab"])
            .env("MY_SECRET", "wrong"),
        b"",
    );
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
}

#[test]
fn shells_complete_the_names() {
    let home = Home::new();
    home.psbridge(&["profile", "add", "corp-mail", "http://h/"]);
    let mut complete = home.command(&["--", "psbridge", "profile", "show", "corp"]);
    complete
        .env("COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "3")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9");
    let finished = finish(&mut complete, b"");
    assert!(
        finished.stdout.lines().any(|line| line.trim() == "corp-mail"),
        "{finished:?}"
    );
}
