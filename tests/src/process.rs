//! Child processes that end with the test, and where to find what they run.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// The `psbridge` binary that was built beside the running test.
///
/// # Panics
/// When it is not there: `cargo test` builds no binary of another package.
#[must_use]
pub fn psbridge_bin() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let bin = test
        .parent()
        .and_then(Path::parent)
        .expect("a test lies in target/PROFILE/deps")
        .join(format!("psbridge{}", std::env::consts::EXE_SUFFIX));
    assert!(
        bin.exists(),
        "{} is missing: run `cargo build -p psbridge-cli` first (scripts/test does)",
        bin.display()
    );
    bin
}

/// The Python of the virtual environment that `scripts/test` sets up.
#[derive(Debug, Clone)]
pub struct Python(PathBuf);

impl Python {
    /// The interpreter of `.venv` in the workspace, or of `PSBRIDGE_VENV`.
    #[must_use]
    pub fn find() -> Option<Self> {
        let folder =
            std::env::var_os("PSBRIDGE_VENV").map_or_else(|| workspace().join(".venv"), PathBuf::from);
        let python = folder.join("bin/python");
        python.exists().then_some(Self(python))
    }

    /// Whether it has a module.
    #[must_use]
    pub fn has(&self, module: &str) -> bool {
        Command::new(&self.0)
            .args(["-c", &format!("import {module}")])
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// A command that runs a script of `tests/python`.
    #[must_use]
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(&self.0);
        command
            .arg(workspace().join("tests/python").join(name))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONWARNINGS", "ignore");
        command
    }
}

/// A child process with its output gathered, killed when dropped.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    ready: Value,
    // Held open: the Python peers end when their standard input does, even if the test dies without a drop.
    _stdin: Option<std::process::ChildStdin>,
    stderr: std::sync::Arc<Mutex<Vec<u8>>>,
}

impl Child {
    /// Starts `command` and reads the JSON line that says that it is ready.
    ///
    /// # Panics
    /// When it cannot be started, or ends, or prints something else first.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stderr = std::sync::Arc::new(Mutex::new(Vec::new()));
        let mut errors = process.stderr.take().expect("stderr is piped");
        let gathered = std::sync::Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = errors.read(&mut buffer) {
                let mut gathered = gathered.lock().expect("no panic while gathering");
                gathered.extend_from_slice(buffer.get(..count).unwrap_or_default());
            }
        });
        let mut output = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its output is text");
        let Ok(ready) = serde_json::from_str(&line) else {
            let status = process.wait();
            let text = String::from_utf8_lossy(&stderr.lock().expect("gathered")).into_owned();
            panic!("{command:?} did not get ready ({status:?}): {line}{text}");
        };
        // What it prints later is not wanted, but a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Self {
            _stdin: process.stdin.take(),
            process,
            ready,
            stderr,
        }
    }

    /// A member of the line that said that it is ready.
    ///
    /// # Panics
    /// When there is none of this name.
    #[must_use]
    pub fn ready(&self, name: &str) -> &str {
        self.ready
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }

    /// The same, when there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.ready.get(name).and_then(Value::as_str)
    }

    /// What it has written to its standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().expect("gathered")).into_owned()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self._stdin.take();
        let limit = Instant::now() + Duration::from_millis(500);
        while Instant::now() < limit {
            if matches!(self.process.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let killed = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = killed {
            println!("cannot end a child process: {error}");
        }
    }
}

/// Runs a command to its end with `input`, within `limit`: exit code, standard output, standard error.
///
/// # Panics
/// When it cannot be started or does not end in time.
#[must_use]
pub fn run(command: &mut Command, input: &[u8], limit: Duration) -> Finished {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = process.stdin.take().expect("stdin is piped");
    let (mut out, mut err) = (
        process.stdout.take().expect("stdout is piped"),
        process.stderr.take().expect("stderr is piped"),
    );
    let input = input.to_vec();
    // A child that reads nothing closes the pipe; that is its right.
    std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let out = std::thread::spawn(move || {
        let mut text = Vec::new();
        out.read_to_end(&mut text).map(|_| text)
    });
    let err = std::thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = process.try_wait().expect("a child can be waited for") {
            break status;
        }
        if started.elapsed() > limit {
            process.kill().expect("a child can be killed");
            let text = err.join().expect("reader").unwrap_or_default();
            panic!(
                "{command:?} did not end within {limit:?}: {}",
                String::from_utf8_lossy(&text)
            );
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |thread: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| {
        let bytes = thread.join().expect("reader").expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Finished {
        code: status.code(),
        stdout: text(out),
        stderr: text(err),
    }
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The exit code, None when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, lossily as text.
    pub stdout: String,
    /// Standard error, lossily as text.
    pub stderr: String,
}
