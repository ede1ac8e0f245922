//! CredSSP: our client judged by pyspnego's acceptor, our endpoint by pypsrp, and the two against each other.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::stream;
use psbridge::exchange::ExchangeError;
use psbridge::{Authentication, Command, Error, ErrorKind, Pipeline, Session, TlsOptions, Value};
use psbridge_auth::credssp::CredSspFault;
use psbridge_auth::{Denial, Error as AuthError};
use psbridge_lab::{AuthScheme, Lab};
use psbridge_tests::{Child, Python, run, skip};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

struct Endpoint {
    child: Child,
    _work: TempDir,
}

/// pyspnego and psrpcore behind HTTP and HTTPS, or a skip of the test.
fn endpoint(test: &str) -> Option<&'static Endpoint> {
    static RUNNING: OnceLock<Option<Endpoint>> = OnceLock::new();
    let running = RUNNING.get_or_init(|| {
        let work = TempDir::new().expect("a folder for the endpoint");
        let mut command = Python::find()?.script("endpoint.py");
        command.arg("--work").arg(work.path());
        Some(Endpoint {
            child: Child::start(&mut command),
            _work: work,
        })
    });
    if running.is_none() {
        skip(test, "no .venv with the Python peers (scripts/test makes it)");
    }
    running.as_ref()
}

impl Endpoint {
    fn ready(&self, name: &str) -> &str {
        self.child.ready(name)
    }

    fn session(&self, secure: bool, path: &str) -> psbridge::SessionBuilder {
        let origin = self.ready(if secure { "https" } else { "http" });
        Session::builder(format!("{origin}{path}"))
            .authentication(Authentication::Credssp)
            .credential(self.ready("user"), self.ready("password"))
            .tls(TlsOptions::new().ca_file(self.ready("ca")))
            .operation_timeout(Duration::from_secs(20))
    }

    /// What came for a path.
    fn heard(&self, path: &str) -> Json {
        let address = self.ready("http").trim_start_matches("http://");
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

/// Runs a pipeline, from opening the session to closing it.
async fn whole(builder: psbridge::SessionBuilder, pipeline: Pipeline) -> Result<Vec<Value>, Error> {
    let session = builder.open().await?;
    let collected = session.run(pipeline).await?;
    let values = collected
        .output()
        .map(|document| document.root().cloned().unwrap_or_default())
        .collect();
    session.close().await?;
    Ok(values)
}

fn users() -> Pipeline {
    Pipeline::new().command(Command::new("Get-Users").parameter("Count", 3))
}

#[track_caller]
fn security(error: &Error) -> &AuthError {
    match error.exchange() {
        Some(ExchangeError::Security(reason)) => reason,
        other => panic!("{error}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_acceptor_of_every_version_is_signed_in_to() {
    let Some(endpoint) = endpoint("credssp::a_foreign_acceptor_of_every_version_is_signed_in_to") else {
        return;
    };
    for (version, tls) in [(6, 13), (6, 12), (5, 13), (5, 12)] {
        for secure in [false, true] {
            let path = format!("/shape/credssp-{version}-tls{tls}/{secure}");
            // Both ways more than the 16 KiB of a block.
            let text = "ü".repeat(50_000);
            let pipeline = Pipeline::new()
                .command(Command::new("Echo-Input"))
                .input(stream::iter([Value::from(text.as_str())]));
            let values = whole(endpoint.session(secure, &path), pipeline)
                .await
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(values, [Value::from(text.as_str())], "{path}");

            let heard = endpoint.heard(&path);
            assert_eq!(heard["malformed"], json!([]), "{path}");
            let given = heard["handed_over"].as_array().expect("passwords");
            let requests = heard["requests"].as_array().expect("requests");
            let connections: HashSet<_> = requests.iter().map(|one| one["connection"].as_u64()).collect();
            assert_eq!(
                given.len(),
                connections.len(),
                "one for each connection: {given:?}"
            );
            for one in given {
                let expected = json!({
                    "version": version,
                    "tls": format!("TLSv1.{}", tls - 10),
                    "domain": "",
                    "user": endpoint.ready("user"),
                    "password": endpoint.ready("password"),
                });
                assert_eq!(*one, expected, "{path}");
            }
            for request in requests {
                assert_eq!(request["scheme"], "CredSSP", "{path}: {request}");
                // Over https TLS protects them already.
                assert_eq!(request["sealed"], !secure, "{path}: {request}");
            }
            assert!(
                requests.iter().any(|one| one["size"].as_u64() > Some(5 * 16_384)),
                "a request of several blocks: {path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_as_far_as_the_version_allows() {
    let Some(endpoint) = endpoint("credssp::a_wrong_password_is_told_as_far_as_the_version_allows") else {
        return;
    };
    for secure in [false, true] {
        for (form, told) in [
            ("6-tls13", true),
            ("6-tls12", true),
            ("5-tls13", false),
            ("5-tls12", false),
        ] {
            let path = format!("/shape/credssp-{form}/wrong-{secure}");
            let builder = endpoint
                .session(secure, &path)
                .credential(endpoint.ready("user"), "Wrong-Password-1");
            let error = whole(builder, users()).await.expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::Authentication, "{form}: {error}");
            match security(&error) {
                AuthError::Denied(denial) => {
                    assert_eq!(*denial, Denial::WrongPassword, "{form}");
                    assert!(told);
                }
                AuthError::Refused => assert!(!told, "{form}: {error}"),
                other => panic!("{form}: {other}"),
            }
            assert!(!format!("{error} {error:?}").contains("Wrong-Password-1"));
            let heard = endpoint.heard(&path);
            assert_eq!(
                (&heard["handed_over"], &heard["requests"]),
                (&json!([]), &json!([])),
                "{form}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_does_not_prove_itself_gets_no_password() {
    let Some(endpoint) = endpoint("credssp::an_endpoint_that_does_not_prove_itself_gets_no_password") else {
        return;
    };
    type Expected = (&'static str, ErrorKind, fn(&AuthError) -> bool);
    let proof: fn(&AuthError) -> bool = |error| matches!(error, AuthError::CredSsp(CredSspFault::PublicKey));
    let form: fn(&AuthError) -> bool = |error| matches!(error, AuthError::Malformed { .. });
    let changed: fn(&AuthError) -> bool = |error| matches!(error, AuthError::Signature(_));
    let old: fn(&AuthError) -> bool =
        |error| matches!(error, AuthError::CredSsp(CredSspFault::Version { least: 5, .. }));
    let expected: [Expected; 13] = [
        ("other-key", ErrorKind::Protocol, proof),
        ("reflected", ErrorKind::Protocol, proof),
        ("old-proof", ErrorKind::Protocol, proof),
        ("other-nonce", ErrorKind::Protocol, proof),
        ("no-proof", ErrorKind::Protocol, form),
        ("truncated", ErrorKind::Protocol, form),
        ("trailing", ErrorKind::Protocol, form),
        ("unprotected", ErrorKind::Protocol, form),
        ("changed", ErrorKind::Protocol, changed),
        ("repeated", ErrorKind::Protocol, changed),
        ("status", ErrorKind::Authentication, |error| {
            matches!(error, AuthError::Denied(Denial::AccountLocked))
        }),
        ("version-4", ErrorKind::Authentication, old),
        ("version-2", ErrorKind::Authentication, old),
    ];
    for secure in [false, true] {
        for (act, kind, reason) in expected {
            let path = format!("/hostile/credssp-{act}/sign-in-{secure}");
            let error = whole(endpoint.session(secure, &path), users())
                .await
                .expect_err("it is refused");
            assert_eq!(error.kind(), kind, "{act}: {error}");
            assert!(reason(security(&error)), "{act}: {error}");
            assert!(error.advice().is_some(), "{act}: {error}");
            let heard = endpoint.heard(&path);
            assert_eq!(heard["handed_over"], json!([]), "{act}: no password came");
            assert_eq!(heard["requests"], json!([]), "{act}: no operation came");
            assert_eq!(heard["malformed"], json!([]), "{act}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions_are_served_when_insisted_on() {
    let Some(endpoint) = endpoint("credssp::old_versions_are_served_when_insisted_on") else {
        return;
    };
    for version in [2, 3, 4] {
        let path = format!("/shape/credssp-{version}-tls12");
        let error = whole(endpoint.session(false, &path), users())
            .await
            .expect_err("it is refused");
        assert!(error.to_string().contains("CVE-2018-0886"), "{error}");
        let builder = endpoint.session(false, &path).allow_vulnerable_credssp(true);
        let values = whole(builder, users())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(values.len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_clear_changed_or_repeated_are_refused() {
    let Some(endpoint) = endpoint("credssp::answers_that_are_clear_changed_or_repeated_are_refused") else {
        return;
    };
    let blob = || Pipeline::new().command(Command::new("Get-Blob").parameter("Size", 40_000));
    for act in [
        "clear",
        "tampered",
        "bad-length",
        "truncated",
        "reordered",
        "repeated-block",
    ] {
        for operation in ["Create", "Receive"] {
            let path = format!("/hostile/{act}/{operation}/credssp");
            let error = whole(endpoint.session(false, &path), blob())
                .await
                .expect_err("it is refused");
            assert_eq!(error.kind(), ErrorKind::Protocol, "{act} {operation}: {error}");
            assert!(
                error.received().is_empty(),
                "{act} {operation}: nothing of it is believed"
            );
        }
    }
    // A silent pipeline asks again on the connection on which it was answered; that answer comes a second time.
    let quiet = Pipeline::new().command(Command::new("Wait-Quiet").parameter("Seconds", 9));
    let error = whole(
        endpoint.session(false, "/hostile/replayed/Receive/credssp"),
        quiet,
    )
    .await
    .expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

const ACCOUNT: (&str, &str) = ("labuser", "Lab-Password 1");

async fn lab(schemes: &[AuthScheme]) -> Lab {
    let any = "127.0.0.1:0".parse().expect("an address");
    Lab::builder()
        .http(any)
        .https(any)
        .users(3_000)
        .groups(20)
        .account(ACCOUNT.0, ACCOUNT.1)
        .auth(schemes.iter().copied())
        .start()
        .await
        .expect("the lab starts")
}

fn origins(lab: &Lab) -> [String; 2] {
    [lab.http_origin(), lab.https_origin()].map(|origin| origin.expect("it listens").to_owned())
}

fn at_lab(lab: &Lab, origin: &str, password: &str) -> psbridge::SessionBuilder {
    Session::builder(format!("{origin}/PowerShell/"))
        .authentication(Authentication::Credssp)
        .credential(ACCOUNT.0, password)
        .tls(TlsOptions::new().ca_file(lab.ca_file().expect("an authority")))
}

#[tokio::test(flavor = "multi_thread")]
async fn client_and_lab_serve_each_other() {
    let lab = lab(&[AuthScheme::Credssp]).await;
    for origin in origins(&lab) {
        let session = at_lab(&lab, &origin, ACCOUNT.1)
            .max_runspaces(3)
            .open()
            .await
            .unwrap_or_else(|error| panic!("{origin}: {error}"));
        let get = || Pipeline::new().command(Command::new("Get-User").parameter("ResultSize", 400));
        let runs = (0..6).map(|_| session.run(get()));
        for collected in futures_util::future::join_all(runs).await {
            let collected = collected.unwrap_or_else(|error| panic!("{origin}: {error}"));
            assert_eq!(collected.output().count(), 400);
        }
        session.close().await.expect("it closes");

        let Err(error) = at_lab(&lab, &origin, "Wrong-Password-1").open().await else {
            panic!("{origin}: it is refused");
        };
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
        assert!(
            matches!(security(&error), AuthError::Denied(Denial::WrongPassword)),
            "{error}"
        );
    }
    let stats = lab.stop().await;
    assert!(stats.unauthorized > 0, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_without_credssp_is_named_with_what_it_offers() {
    let lab = lab(&[AuthScheme::Negotiate, AuthScheme::Basic]).await;
    let [http, _] = origins(&lab);
    let Err(error) = at_lab(&lab, &http, ACCOUNT.1).open().await else {
        panic!("it is refused");
    };
    assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
    match error.exchange() {
        Some(ExchangeError::NotOffered { wanted, offered }) => {
            assert_eq!(
                (wanted.as_str(), offered.as_slice()),
                ("CredSSP", &["Negotiate".to_owned()][..])
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_signs_in_to_the_lab() {
    let Some(python) = Python::find() else {
        skip(
            "credssp::pypsrp_signs_in_to_the_lab",
            "no .venv with the Python peers (scripts/test makes it)",
        );
        return;
    };
    let lab = lab(&[AuthScheme::Credssp, AuthScheme::Negotiate]).await;
    let size = 5 * 1024 * 1024;
    // Exchange frames as IIS does, Windows as http.sys does.
    let windows = (
        "wsman",
        "Microsoft.PowerShell",
        ["input", "big", "wrong_password"],
    );
    let exchange = (
        "PowerShell",
        "Microsoft.Exchange",
        ["output", "selected", "two_pools"],
    );
    for (origin, (path, configuration, scenarios)) in origins(&lab)
        .into_iter()
        .flat_map(|origin| [(origin.clone(), windows), (origin, exchange)])
    {
        let mut command = python.script("pypsrp_driver.py");
        command
            .args(["--url", &format!("{origin}/{path}"), "--auth", "credssp"])
            .args(["--user", ACCOUNT.0, "--configuration", configuration])
            .arg("--ca")
            .arg(lab.ca_file().expect("an authority"))
            .args(scenarios)
            .env("PSBRIDGE_PASSWORD", ACCOUNT.1);
        let finished = tokio::task::spawn_blocking(move || run(&mut command, b"", Duration::from_secs(240)))
            .await
            .expect("it ends");
        assert_eq!(finished.code, Some(0), "{}", finished.stderr);
        let mut results = 0;
        for line in finished.stdout.lines() {
            let line: Json = serde_json::from_str(line).expect("the driver prints JSON");
            assert_eq!(line.get("error"), None, "{origin}: {line}");
            let result = &line["result"];
            match line["scenario"].as_str().expect("a name") {
                // PSInvocationState: Completed.
                "input" | "output" | "selected" => assert_eq!(result["state"], 4, "{origin}: {line}"),
                "big" => {
                    assert_eq!(result["made"], json!([size]), "{origin}");
                    assert_eq!(result["parameter"], json!([size]), "{origin}");
                    assert_eq!(result["input"], json!([size]), "{origin}");
                    assert_eq!(result["equal"], true, "{origin}");
                }
                "two_pools" => assert_eq!(result["interleaved"], json!([150, 150]), "{origin}: {line}"),
                "wrong_password" => {
                    assert_eq!(result["refused"], "NTStatusException", "{origin}: {line}");
                    let text = result["text"].as_str().unwrap_or_default();
                    assert!(text.contains("STATUS_LOGON_FAILURE"), "{origin}: {text}");
                }
                other => panic!("{other}"),
            }
            results += 1;
        }
        assert_eq!(results, scenarios.len());
    }
}
