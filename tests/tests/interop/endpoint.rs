//! The endpoint on psrpcore and pyspnego: one process for all tests, each of which uses a path of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use psbridge_tests::{Child, Finished, Python, psbridge_bin, run};
use serde_json::Value;
use tempfile::TempDir;

use crate::peer::python;

/// How long a command of a test may take.
const LIMIT: Duration = Duration::from_secs(120);

struct Running {
    child: Child,
    _work: TempDir,
}

/// The endpoint, as one test sees it.
#[derive(Clone)]
pub(crate) struct Endpoint {
    running: &'static Running,
    path: String,
    secure: bool,
}

fn running(python: &Python) -> &'static Running {
    static RUNNING: OnceLock<Running> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = STARTING.lock();
    RUNNING.get_or_init(|| {
        let work = TempDir::new().expect("a folder for the endpoint");
        let mut command = python.script("endpoint.py");
        command.arg("--work").arg(work.path());
        Running {
            child: Child::start(&mut command),
            _work: work,
        }
    })
}

impl Endpoint {
    /// The endpoint at a path of the test's own, or a skip of the test.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let python = python(test)?;
        let name: String = test
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        Some(Self {
            running: running(&python),
            path: format!("/shape/test-{name}"),
            secure: false,
        })
    }

    /// The same over HTTPS.
    pub(crate) fn secure(&self) -> Self {
        Self {
            secure: true,
            ..self.clone()
        }
    }

    /// The same at another path.
    pub(crate) fn at(&self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self.clone()
        }
    }

    pub(crate) fn ready(&self, name: &str) -> &'static str {
        self.running.child.ready(name)
    }

    /// The URL that a client is given.
    pub(crate) fn url(&self) -> String {
        let origin = self.ready(if self.secure { "https" } else { "http" });
        format!("{origin}{}", self.path)
    }

    /// What the endpoint heard at this path: `requests`, `shells`, `malformed`.
    pub(crate) fn heard(&self) -> Value {
        let address = self.ready("http").trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the endpoint listens");
        write!(
            stream,
            "GET /heard{} HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n",
            self.path
        )
        .expect("the endpoint reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the endpoint answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        serde_json::from_str(body).expect("the endpoint answers JSON")
    }

    /// What it heard, after checking that the client broke no rule and left nothing open.
    pub(crate) fn heard_in_order(&self) -> Value {
        let heard = self.heard();
        assert_eq!(
            heard["malformed"],
            serde_json::json!([]),
            "the client breaks no rule"
        );
        for shell in heard["shells"].as_array().expect("shells") {
            assert_eq!(shell["closed"], true, "every shell is deleted");
            assert_eq!(shell["open_commands"], 0);
            assert_eq!(shell["terminated"], shell["commands"], "every command is freed");
        }
        heard
    }

    /// `psbridge` with the account of the endpoint; the first word is the subcommand.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(psbridge_bin());
        command
            .args(words)
            .args(["--user", self.ready("user")])
            .env("PSBRIDGE_PASSWORD", self.ready("password"))
            .env_remove("RUST_LOG");
        if self.secure {
            command.args(["--ca", self.ready("ca")]);
        }
        command
    }

    /// `psbridge invoke URL PIPELINE …`, to its end.
    pub(crate) fn invoke(&self, pipeline: &str, words: &[&str]) -> Finished {
        self.invoke_with(pipeline, words, b"")
    }

    /// The same with standard input.
    pub(crate) fn invoke_with(&self, pipeline: &str, words: &[&str], input: &[u8]) -> Finished {
        let url = self.url();
        let words = [&["invoke", &url, pipeline], words].concat();
        run(&mut self.command(&words), input, LIMIT)
    }
}

/// The lines of NDJSON output.
pub(crate) fn lines(finished: &Finished) -> Vec<Value> {
    finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

/// Succeeds, and gives the lines of NDJSON output.
#[track_caller]
pub(crate) fn done(finished: &Finished) -> Vec<Value> {
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    lines(finished)
}
