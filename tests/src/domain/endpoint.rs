//! The endpoint on psrpcore and pyspnego with keys of a realm.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::{Realm, faketime};
use crate::{Child, Python, skip};

/// One process for all tests of a realm, each of which uses a path of its own.
#[derive(Debug)]
pub struct KerberosEndpoint {
    child: Child,
    _work: TempDir,
}

impl KerberosEndpoint {
    /// `shift`: by so many seconds its clock is ahead.
    pub(super) fn of<'a>(
        test: &str,
        realm: &Realm,
        place: &'a OnceLock<Self>,
        shift: i64,
    ) -> Option<&'a Self> {
        let Some(python) = Python::find() else {
            skip(test, "no .venv with the Python peers (scripts/test makes it)");
            return None;
        };
        if !python.has("gssapi") || !python.has("krb5") {
            skip(
                test,
                "no gssapi and krb5 in .venv (scripts/test builds them where libkrb5-dev is)",
            );
            return None;
        }
        Some(place.get_or_init(|| {
            let work = TempDir::new().expect("a folder for the endpoint");
            let mut command = python.script("endpoint.py");
            command
                .arg("--work")
                .arg(work.path())
                .arg("--keytab")
                .arg(realm.keytab("services"))
                .env("KRB5_CONFIG", realm.krb5_conf());
            if let Some(configuration) = realm.child.find("smb_conf") {
                // With this the act `controller` has the passwords of NTLM checked by the domain.
                command.env("PSBRIDGE_SMB_CONF", configuration);
            }
            if let Some(library) = faketime().filter(|_| shift != 0) {
                command
                    .env("LD_PRELOAD", library)
                    .env("FAKETIME", format!("{shift:+}"))
                    .env("DONT_FAKE_MONOTONIC", "1");
            }
            Self {
                child: Child::start(&mut command),
                _work: work,
            }
        }))
    }

    /// The URL of `path` at the host of this name; the same port serves all hosts.
    ///
    /// # Panics
    /// When the endpoint gave no origin.
    #[must_use]
    pub fn url(&self, secure: bool, host: &str, path: &str) -> String {
        let origin = self.child.ready(if secure { "https" } else { "http" });
        let (scheme, address) = origin.split_once("://").expect("an origin");
        let (_, port) = address.rsplit_once(':').expect("a port");
        format!("{scheme}://{host}:{port}{path}")
    }

    /// Its certificate, which is its own authority.
    #[must_use]
    pub fn ca(&self) -> &str {
        self.child.ready("ca")
    }

    /// What it heard at a path: `requests`, `shells`, `malformed`, `refused`.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn heard(&self, path: &str) -> Value {
        let address = self.child.ready("http").trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("the endpoint listens");
        write!(
            stream,
            "GET /heard{path} HTTP/1.1\r\nHost: peer\r\nConnection: close\r\n\r\n"
        )
        .expect("the endpoint reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the endpoint answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        serde_json::from_str(body).expect("the endpoint answers JSON")
    }
}
