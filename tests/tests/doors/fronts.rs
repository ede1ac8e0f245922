//! The front ends of `tests/python/front_ends.py`, one process for each test: what they count is the test's own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use psbridge::certificate::ClientCertificate;
use psbridge::{Authentication, Command, Error, Secret, Session, SessionBuilder, TlsOptions};
use psbridge_tests::{Child, Python, skip};
use serde_json::Value;
use tempfile::TempDir;

/// The interpreter with the peers, or a skip of the test.
pub(crate) fn python(test: &str) -> Option<Python> {
    let found = Python::find();
    if found.is_none() {
        skip(test, "no .venv with the Python peers (scripts/test makes it)");
    }
    found
}

/// A script of `tests/python` that serves until it is dropped.
pub(crate) struct Peer {
    child: Child,
    _work: TempDir,
}

impl Peer {
    pub(crate) fn start(test: &str, script: &str) -> Option<Self> {
        let python = python(test)?;
        let work = TempDir::new().expect("a folder for the peer");
        let mut command = python.script(script);
        if script != "proxies.py" {
            command.arg("--work").arg(work.path());
        }
        Some(Self {
            child: Child::start(&mut command),
            _work: work,
        })
    }

    pub(crate) fn ready(&self, name: &str) -> &str {
        self.child.ready(name)
    }
}

/// The front ends.
pub(crate) struct Fronts(Peer);

impl Fronts {
    pub(crate) fn start(test: &str) -> Option<Self> {
        Peer::start(test, "front_ends.py").map(Self)
    }

    pub(crate) fn ready(&self, name: &str) -> &str {
        self.0.ready(name)
    }

    /// A path of a front end.
    pub(crate) fn url(&self, front: &str, path: &str) -> String {
        format!("{}{path}", self.ready(front))
    }

    /// The same by a host name instead of the address.
    pub(crate) fn named(&self, front: &str, host: &str, path: &str) -> String {
        self.url(front, path).replace("127.0.0.1", host)
    }

    pub(crate) fn port(&self, front: &str) -> u16 {
        let (_, port) = self.ready(front).rsplit_once(':').expect("a port");
        port.parse().expect("a port")
    }

    /// A session for Exchange, signed in by Basic on https and by NTLM on http, with the names of the tests known.
    pub(crate) fn session(&self, url: &str) -> SessionBuilder {
        let authentication = if url.starts_with("https:") {
            Authentication::Basic
        } else {
            Authentication::Negotiate
        };
        self.known(Session::builder(url))
            .configuration("Microsoft.Exchange")
            .authentication(authentication)
            .credential(self.ready("user"), Secret::from(self.ready("password")))
    }

    /// The authority and the names.
    pub(crate) fn known(&self, builder: SessionBuilder) -> SessionBuilder {
        let loopback = "127.0.0.1".parse().expect("an address");
        ["a.front.test", "b.front.test", "a.cloud.test", "b.cloud.test"]
            .into_iter()
            .fold(builder, |builder, host| builder.resolve(host, loopback))
            .tls(TlsOptions::new().ca_file(self.ready("ca")))
    }

    /// A client certificate: `certificate`, `stranger` or `expired`.
    pub(crate) fn certificate(&self, name: &str) -> ClientCertificate {
        let key = if name == "certificate" {
            "key".to_owned()
        } else {
            format!("{name}_key")
        };
        ClientCertificate::from_pem_files(Path::new(self.ready(name)), Path::new(self.ready(&key)), None)
            .expect("the peer writes certificates")
    }

    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port("http"))).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        serde_json::from_str(body).expect("JSON")
    }

    /// What each front end has seen so far.
    pub(crate) fn counts(&self) -> Value {
        self.get("/counts")
    }

    /// The requests that a front end has seen.
    pub(crate) fn requests(&self, front: &str) -> Vec<Value> {
        let counts = self.counts();
        counts[front]["requests"].as_array().expect("a list").clone()
    }

    /// How often a credential reached a front end.
    pub(crate) fn credentials(&self, front: &str) -> usize {
        let requests = self.requests(front);
        requests.iter().filter(|request| request["scheme"] != "").count()
    }

    /// How many connections a front end has seen.
    pub(crate) fn connections(&self, front: &str) -> u64 {
        self.counts()[front]["connections"].as_u64().expect("a number")
    }

    /// How many connections to all front ends are open, but for the one that asks.
    pub(crate) fn open_now(&self) -> u64 {
        let open = self.get("/connections");
        let all = open.as_object().expect("counts").values();
        all.filter_map(Value::as_u64).sum::<u64>() - 1
    }
}

/// Runs one cmdlet of the endpoint.
pub(crate) async fn works(session: &Session) {
    let collected = session
        .run(Command::new("Get-Users").parameter("Count", 3))
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(collected.output().count(), 3);
}

/// The error of a session that does not open.
pub(crate) async fn refused(builder: SessionBuilder) -> Error {
    match builder.open().await {
        Ok(session) => panic!("{session:?} must not open"),
        Err(error) => error,
    }
}
