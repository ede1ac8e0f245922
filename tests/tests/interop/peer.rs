//! The Python peers, started when a test first wants them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use psbridge_tests::{Python, skip};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The Python of the tests, or a skip of the test `name`.
pub(crate) fn python(name: &str) -> Option<Python> {
    let found = Python::find();
    if found.is_none() {
        skip(name, "no .venv with the Python peers (scripts/test makes it)");
    }
    found
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A base64 member of an answer; None when it is null.
pub(crate) fn decode(value: &Value) -> Option<Vec<u8>> {
    value
        .as_str()
        .map(|text| STANDARD.decode(text).expect("the peer writes base64"))
}

/// pyspnego and pypsrp's message encryption, one question and answer at a time.
pub(crate) struct NtlmPeer {
    process: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    _work: TempDir,
}

impl NtlmPeer {
    pub(crate) fn start(python: &Python) -> Self {
        let work = TempDir::new().expect("a folder for the peer");
        let mut process = python
            .script("ntlm_peer.py")
            .arg("--work")
            .arg(work.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let stdout = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut peer = Self {
            stdin: process.stdin.take(),
            process,
            stdout,
            _work: work,
        };
        let _ready = peer.line();
        peer
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("the peer answers");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"))
    }

    /// One question; its answer, or the reason of the peer's refusal.
    pub(crate) fn ask(&mut self, question: &Value) -> Result<Value, String> {
        let stdin = self.stdin.as_mut().expect("open until dropped");
        writeln!(stdin, "{question}").expect("the peer listens");
        let answer = self.line();
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }

    /// Hands a token to the peer: its token, and whether it is done.
    pub(crate) fn step(&mut self, token: Option<&[u8]>) -> Result<(Option<Vec<u8>>, Value), String> {
        let answer = self.ask(&json!({ "step": token.map(encode) }))?;
        Ok((decode(&answer["token"]), answer))
    }
}

impl Drop for NtlmPeer {
    fn drop(&mut self) {
        // It ends when its input does.
        self.stdin.take();
        if let Err(error) = self.process.wait() {
            println!("the peer did not end: {error}");
        }
    }
}
