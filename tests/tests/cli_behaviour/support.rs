//! A lab to talk to and a way to call the binary.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use psbridge_tests::{Child, Finished, psbridge_bin, run};
use serde_json::Value;

/// The account of every lab here.
pub(crate) const USER: &str = "operator";
/// Its password. No recording and no message may hold it.
pub(crate) const PASSWORD: &str = "Op3rator-Pässword";

/// Far more than any of these tests needs; a hang ends here.
const LIMIT: Duration = Duration::from_secs(120);

/// A lab in a process of its own.
pub(crate) struct Lab(Child);

impl Lab {
    /// Starts `psbridge lab` with these options.
    pub(crate) fn start(options: &[&str]) -> Self {
        let account = format!("{USER}:{PASSWORD}");
        let mut command = Command::new(psbridge_bin());
        command.arg("lab").args(["--account", &account]).args(options);
        Self(Child::start(&mut command))
    }

    /// The Exchange endpoint over HTTP.
    pub(crate) fn exchange(&self) -> String {
        format!("{}/PowerShell/", self.0.ready("http"))
    }

    /// The WinRM endpoint over HTTP.
    pub(crate) fn wsman(&self) -> String {
        format!("{}/wsman", self.0.ready("http"))
    }

    /// The Exchange endpoint over HTTPS.
    pub(crate) fn exchange_tls(&self) -> String {
        format!("{}/PowerShell/", self.0.ready("https"))
    }

    /// Something else that the lab has said of itself.
    pub(crate) fn ready(&self, name: &str) -> &str {
        self.0.ready(name)
    }

    /// The file with the lab's certificate authority.
    pub(crate) fn ca(&self) -> &str {
        self.0.ready("ca")
    }
}

/// `psbridge` with these arguments, without a password in its environment and without profiles.
pub(crate) fn psbridge<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(psbridge_bin());
    command
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/no/such/folder")
        .env_remove("PSBRIDGE_PASSWORD")
        .env_remove("PSBRIDGE_PFX_PASSWORD")
        .env_remove("PSBRIDGE_CLIENT_SECRET")
        .env_remove("PSBRIDGE_PROXY_PASSWORD")
        .env_remove("PSBRIDGE_LOG");
    command
}

/// Runs `psbridge` to its end.
pub(crate) fn call(arguments: &[&str]) -> Finished {
    run(&mut psbridge(arguments), b"", LIMIT)
}

/// `psbridge invoke TARGET PIPELINE` as [`USER`], ready for further arguments.
pub(crate) fn invoke_command(target: &str, pipeline: &str) -> Command {
    let mut command = psbridge(["invoke", target, pipeline, "--user", USER]);
    command.env("PSBRIDGE_PASSWORD", PASSWORD);
    command
}

/// Runs a pipeline as [`USER`].
pub(crate) fn invoke(target: &str, pipeline: &str, options: &[&str]) -> Finished {
    finish(invoke_command(target, pipeline).args(options), b"")
}

/// Runs a command to its end, with this on its standard input.
pub(crate) fn finish(command: &mut Command, input: &[u8]) -> Finished {
    run(command, input, LIMIT)
}

/// The lines of an NDJSON output.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Checks exit code and that standard error holds all of `parts`, in one paragraph with the program's name.
#[track_caller]
pub(crate) fn assert_failure(finished: &Finished, code: i32, parts: &[&str]) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    let paragraphs = finished
        .stderr
        .lines()
        .filter(|line| line.starts_with("psbridge: "))
        .count();
    assert_eq!(paragraphs, 1, "{}", finished.stderr);
    for part in parts {
        assert!(
            finished.stderr.contains(part),
            "no {part:?} in {}",
            finished.stderr
        );
    }
    assert!(!finished.stderr.contains(PASSWORD), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

/// Checks that the run was good and silent on standard error.
#[track_caller]
pub(crate) fn assert_done(finished: &Finished) {
    assert_eq!(
        (finished.code, finished.stderr.as_str()),
        (Some(0), ""),
        "{finished:?}"
    );
}
