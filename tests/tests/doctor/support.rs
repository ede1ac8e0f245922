//! Calling the doctor, comparing what it says, and the small servers that behave badly.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use psbridge_lab::{Lab, LabBuilder};
use psbridge_tests::{Finished, psbridge_bin, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// The account of every lab here.
pub(crate) const USER: &str = "operator";
/// Its password, which nothing that is printed may hold.
pub(crate) const PASSWORD: &str = "Op3rator-Pässword";
/// Far more than any of these tests needs; a hang ends here.
const LIMIT: Duration = Duration::from_secs(120);

/// Everything that differs from run to run or from machine to machine, and what stands for it.
const FILTERS: &[(&str, &str)] = &[
    (r"(127\.0\.0\.1|localhost|\[::1\]):\d{5}", "$1:PORT"),
    (r"-Port \d{5}", "-Port PORT"),
    (r"port \d{5}", "port PORT"),
    (r"\(\d+ ms\)", "(T ms)"),
    (r#""ms": \d+"#, r#""ms": T"#),
    (r"[0-9a-f]{64}", "SHA256"),
    (r"\d+ days left", "DAYS left"),
    (r"\d+ (minutes|seconds) left", "TIME left"),
    (r"/\S*/psbridge-lab-[0-9a-f]+", "LAB"),
    (r"/\S*/\.tmp\w+/", "FOLDER/"),
    (
        r"Thumbprint of key used by client: '[^']+'",
        "Thumbprint of key used by client: 'THUMBPRINT'",
    ),
    (r"does not resolve: [^\x22\n(]+", "does not resolve: REASON "),
    (r"TLS13_AES_\w+", "TLS13_SUITE"),
    (r"BaseHTTP/\S+ Python/\S+", "PYTHON"),
    (r"\d+ h ahead", "HOURS ahead"),
    (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "GUID",
    ),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "DATE"),
];

/// A call of the doctor.
pub(crate) struct Doctor {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    hidden: Vec<String>,
    filters: Vec<(String, String)>,
}

/// `psbridge doctor` with these arguments.
pub(crate) fn doctor<S: Into<String>>(arguments: impl IntoIterator<Item = S>) -> Doctor {
    Doctor {
        arguments: arguments.into_iter().map(Into::into).collect(),
        environment: Vec::new(),
        hidden: vec![PASSWORD.to_owned()],
        filters: Vec::new(),
    }
}

impl Doctor {
    /// Further arguments.
    pub(crate) fn with<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments.extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// As a user with a password.
    pub(crate) fn user(self, user: &str, password: &str) -> Self {
        self.with(["--user", user])
            .env("PSBRIDGE_PASSWORD", password)
            .hide(password)
    }

    /// As the account of the labs.
    pub(crate) fn operator(self) -> Self {
        self.user(USER, PASSWORD)
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A text that nothing may show.
    pub(crate) fn hide(mut self, secret: &str) -> Self {
        self.hidden.push(secret.to_owned());
        self
    }

    /// A text of this case that differs from run to run.
    pub(crate) fn filter(mut self, text: &str, name: &str) -> Self {
        self.filters.push((text.to_owned(), name.to_owned()));
        self
    }

    /// Runs it once.
    pub(crate) fn run(&self, more: &[&str]) -> Finished {
        let mut command = Command::new(psbridge_bin());
        command.arg("doctor").args(&self.arguments).args(more);
        for variable in [
            "PSBRIDGE_PASSWORD",
            "PSBRIDGE_LOG",
            "PSBRIDGE_PFX_PASSWORD",
            "PSBRIDGE_CLIENT_SECRET",
            "PSBRIDGE_PROXY_PASSWORD",
            "KRB5_CONFIG",
            "KRB5CCNAME",
        ] {
            command.env_remove(variable);
        }
        command.envs(self.environment.iter().cloned());
        let finished = run(&mut command, b"", LIMIT);
        for secret in &self.hidden {
            let shown = finished.stdout.contains(secret) || finished.stderr.contains(secret);
            assert!(!shown, "a secret is shown: {finished:?}");
        }
        assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
        finished
    }

    /// Runs it as text and as JSON and compares both with the snapshot `name`; the exit code is 1 where `finding` is
    /// given, and this is what the first cross found.
    pub(crate) fn diagnoses(&self, name: &str, finding: &str) {
        let text = self.run(&[]);
        let json = self.run(&["--format", "json"]);
        assert_eq!((text.code, json.code), (Some(1), Some(1)), "{text:?}");
        assert_eq!(first(&json, "cross").as_deref(), Some(finding), "{}", text.stdout);
        self.compare(name, &text, &json);
    }

    /// The same where nothing fails and one warning is given.
    pub(crate) fn warns(&self, name: &str, finding: &str) {
        let text = self.run(&[]);
        let json = self.run(&["--format", "json"]);
        assert_eq!((text.code, json.code), (Some(0), Some(0)), "{text:?}");
        assert_eq!(first(&json, "cross"), None, "{}", text.stdout);
        assert_eq!(
            first(&json, "warning").as_deref(),
            Some(finding),
            "{}",
            text.stdout
        );
        self.compare(name, &text, &json);
    }

    /// Runs it once, where nothing may be wrong: ticks only.
    #[track_caller]
    pub(crate) fn ticks(&self) -> String {
        let text = self.run(&[]);
        assert_eq!(text.code, Some(0), "{}{}", text.stdout, text.stderr);
        for line in text.stdout.lines() {
            assert!(line.starts_with('✓'), "{}", text.stdout);
        }
        assert!(text.stdout.lines().count() >= 4, "{}", text.stdout);
        text.stdout
    }

    fn compare(&self, name: &str, text: &Finished, json: &Finished) {
        let own = self
            .filters
            .iter()
            .map(|(text, name)| (escaped(text), name.clone()));
        let common = FILTERS
            .iter()
            .map(|(text, name)| ((*text).to_owned(), (*name).to_owned()));
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        for (text, name) in own.chain(common) {
            settings.add_filter(&text, name);
        }
        settings.bind(|| {
            let both = format!("{}\n{}", text.stdout, json.stdout);
            insta::assert_snapshot!(name.to_owned(), both);
        });
    }
}

/// What the first step with this outcome found.
fn first(finished: &Finished, outcome: &str) -> Option<String> {
    let report: serde_json::Value = serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", finished.stdout, finished.stderr));
    let steps = report["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["outcome"] == outcome)?;
    step["finding"].as_str().map(str::to_owned)
}

/// A text as a pattern that matches it alone.
fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let special = !c.is_alphanumeric() && c.is_ascii();
            special.then_some('\\').into_iter().chain([c])
        })
        .collect()
}

/// A lab with the account, on free ports of loopback.
pub(crate) async fn lab(build: impl FnOnce(LabBuilder) -> LabBuilder) -> Lab {
    let free: SocketAddr = ([127, 0, 0, 1], 0).into();
    let builder = Lab::builder()
        .http(free)
        .https(free)
        .users(5)
        .groups(2)
        .account(USER, PASSWORD);
    build(builder).start().await.expect("a lab")
}

/// A server on `address` that answers every request with the same bytes and hangs up.
pub(crate) async fn canned(address: SocketAddr, answer: impl Into<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind(address).await.expect("the address is free");
    let bound = listener.local_addr().expect("bound");
    let answer = answer.into();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut head = [0; 4096];
                // Whatever arrives first is the request; a client that says nothing gets the answer too.
                let _ = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut head)).await;
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    bound
}

/// A free port of loopback.
pub(crate) fn free() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// An answer in HTTP.
pub(crate) fn http(status: &str, headers: &[&str], body: &str) -> String {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for header in headers {
        answer.push_str(header);
        answer.push_str("\r\n");
    }
    answer + "\r\n" + body
}
