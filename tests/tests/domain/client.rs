//! psbridge as a client of a realm: the binary, whose environment is the test's own, and the library.

use std::process::Command;
use std::time::Duration;

use psbridge::exchange::ExchangeError;
use psbridge::{KerberosOptions, Session, SessionBuilder};
use psbridge_auth::KerberosError;
use psbridge_tests::domain::{KerberosEndpoint, Realm};
use psbridge_tests::{Finished, psbridge_bin, run};
use serde_json::Value;

/// How long a command of a test may take; a machine that also compiles is slow.
const LIMIT: Duration = Duration::from_secs(120);

/// What proves the user.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Proof<'a> {
    Password,
    Keytab(&'a str),
    #[cfg(feature = "kerberos-gss")]
    Cache(&'a str),
}

/// `psbridge invoke URL PIPELINE` as `user` of the realm.
pub(crate) fn invoke(
    realm: &Realm,
    url: &str,
    pipeline: &str,
    user: &str,
    proof: Proof<'_>,
    words: &[&str],
) -> Finished {
    let mut command = Command::new(psbridge_bin());
    command
        .args(["invoke", url, pipeline, "--format", "ndjson"])
        .args(["--user", &realm.principal(user)])
        .args(words)
        .env("KRB5_CONFIG", realm.krb5_conf_of(user))
        .env_remove("KRB5CCNAME")
        .env_remove("RUST_LOG");
    match proof {
        Proof::Password => {
            command.env("PSBRIDGE_PASSWORD", realm.password());
        }
        Proof::Keytab(file) => {
            command.args(["--keytab", file]);
        }
        #[cfg(feature = "kerberos-gss")]
        Proof::Cache(name) => {
            command.arg(format!("--ccache={name}"));
        }
    }
    run(&mut command, b"", LIMIT)
}

/// A path of the endpoint for one case of a test: an act that the endpoint knows, or none.
pub(crate) fn path(act: &str, test: &str, case: &str) -> String {
    let plain = |text: &str| {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect::<String>()
    };
    format!("/shape/{act}/{}-{}", plain(test), plain(case))
}

/// What the endpoint heard at the path, all of it sealed, by Kerberos, and by a client that broke no rule.
#[track_caller]
pub(crate) fn heard_by_kerberos(endpoint: &KerberosEndpoint, path: &str, user: &str) -> Value {
    let heard = endpoint.heard(path);
    assert_eq!(heard["malformed"], serde_json::json!([]), "{path}");
    let requests = heard["requests"].as_array().expect("requests");
    assert!(!requests.is_empty(), "{path}: it came here: {heard}");
    for request in requests {
        assert_eq!(request["mechanism"], "kerberos", "{path}: {request}");
        assert_eq!(request["user"], user, "{path}: {request}");
    }
    heard
}

/// The library's own Kerberos for a user and password of the realm.
pub(crate) fn session(realm: &Realm, url: &str, user: &str) -> SessionBuilder {
    Session::builder(url)
        .authentication(psbridge::Authentication::Kerberos)
        .credential(realm.principal(user), realm.password())
        .kerberos(KerberosOptions::password().kdc(realm.kdc()))
        .connect_timeout(Duration::from_secs(60))
}

/// Why Kerberos did not let the session open.
#[track_caller]
pub(crate) fn kerberos_error(case: &str, opened: Result<Session, psbridge::Error>) -> KerberosError {
    let error = match opened {
        Ok(_) => panic!("{case}: the session opens"),
        Err(error) => error,
    };
    match error.exchange() {
        Some(ExchangeError::Kerberos(reason)) => reason.clone(),
        other => panic!("{case}: {error} ({other:?})"),
    }
}
