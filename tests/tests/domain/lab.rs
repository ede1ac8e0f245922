//! Kerberos into our own endpoint: judged by pypsrp, which brings MIT's krb5, and met by our own client.

use std::time::Duration;

use psbridge_lab::{AuthScheme, Lab};
use psbridge_tests::domain::Realm;
use psbridge_tests::{Python, run, skip};
use serde_json::{Value, json};

use crate::client::{Proof, invoke};

/// The lab with the keys of the realm's services; it offers what it is told to, or everything.
async fn lab(realm: &Realm, schemes: &[AuthScheme]) -> Lab {
    let builder = Lab::builder()
        .http(([127, 0, 0, 1], 0).into())
        .https(([127, 0, 0, 1], 0).into())
        .name(realm.host("*"))
        .users(50)
        .keytab(realm.keytab("services"))
        .account("alice", "not her password")
        .account("rc4", "not her password");
    let builder = if schemes.is_empty() {
        builder
    } else {
        builder.auth(schemes.iter().copied())
    };
    builder.start().await.expect("the lab starts")
}

fn url(origin: Option<&str>, host: &str) -> String {
    let (scheme, address) = origin
        .and_then(|origin| origin.split_once("://"))
        .expect("an origin");
    let (_, port) = address.rsplit_once(':').expect("a port");
    format!("{scheme}://{host}:{port}/wsman")
}

/// Runs scenarios of pypsrp; each gives a line. Not by RC4: pypsrp takes the byte of padding that RFC 4757 wants for
/// part of the answer.
fn pypsrp(python: &Python, realm: &Realm, words: &[&str], user: &str) -> Vec<Value> {
    let mut command = python.script("pypsrp_driver.py");
    command
        .args(["--user", &realm.principal(user)])
        .args(words)
        .env("KRB5_CONFIG", realm.krb5_conf_of(user))
        .env_remove("KRB5CCNAME")
        .env("PSBRIDGE_PASSWORD", realm.password());
    let finished = run(&mut command, b"", Duration::from_secs(240));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("the driver prints JSON"))
        .collect()
}

async fn pypsrp_signs_in(test: &str, realm: &'static Realm) {
    let Some(python) = Python::find().filter(|python| python.has("gssapi") && python.has("krb5")) else {
        return skip(
            test,
            "no gssapi and krb5 in .venv (scripts/test builds them where libkrb5-dev is)",
        );
    };
    let lab = lab(realm, &[]).await;
    let http = lab.http_origin().map(str::to_owned);
    let https = lab.https_origin().map(str::to_owned);
    let ca = lab
        .ca_file()
        .and_then(|file| file.to_str())
        .expect("a file")
        .to_owned();
    let worked = tokio::task::spawn_blocking(move || {
        for (origin, host, auth, user) in [
            (&http, "aes256", "kerberos", "alice"),
            (&http, "aes128", "kerberos", "alice"),
            (&http, "rc4", "kerberos", "alice"),
            (&http, "mail", "negotiate", "alice"),
            (&https, "mail", "kerberos", "alice"),
        ] {
            let url = url(origin.as_deref(), &realm.host(host));
            let words = [
                "--url",
                &url,
                "--auth",
                auth,
                "--ca",
                &ca,
                "every_stream",
                "input_lazily",
                "big",
            ];
            let lines = pypsrp(&python, realm, &words, user);
            assert_eq!(lines.len(), 3, "{auth} {url}");
            for line in lines {
                let scenario = &line["scenario"];
                assert!(line.get("error").is_none(), "{auth} {url} {scenario}: {line}");
                if scenario == "every_stream" {
                    assert_eq!(
                        line["result"]["output"],
                        json!(["out", "end"]),
                        "{auth} {url}: {line}"
                    );
                }
            }
        }
        // The KDC vouches for this user, who has no account here.
        let url = url(http.as_deref(), &realm.host("mail"));
        let words = ["--url", &url, "--auth", "kerberos", "wrong_configuration"];
        let refused = pypsrp(&python, realm, &words, "aes128");
        let refused = refused.first().map(|line| line["result"]["refused"].clone());
        assert_eq!(refused, Some(json!("AuthenticationError")));
    });
    worked.await.expect("the driver runs");
    lab.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_signs_in_with_tickets_of_active_directory() {
    let test = "lab::pypsrp_signs_in_with_tickets_of_active_directory";
    if let Some(realm) = Realm::samba(test) {
        pypsrp_signs_in(test, realm).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_signs_in_with_tickets_of_mit() {
    let test = "lab::pypsrp_signs_in_with_tickets_of_mit";
    if let Some(realm) = Realm::mit(test) {
        pypsrp_signs_in(test, realm).await;
    }
}

async fn we_sign_in(realm: &'static Realm) {
    for schemes in [[AuthScheme::Kerberos].as_slice(), &[AuthScheme::Negotiate], &[]] {
        let lab = lab(realm, schemes).await;
        let http = lab.http_origin().map(str::to_owned);
        let https = lab.https_origin().map(str::to_owned);
        let ca = lab
            .ca_file()
            .and_then(|file| file.to_str())
            .expect("a file")
            .to_owned();
        let worked = tokio::task::spawn_blocking(move || {
            let folder = tempfile::TempDir::new().expect("a folder for caches");
            let cache = realm.kinit("alice", folder.path());
            let old = realm.kinit("rc4", folder.path());
            let keytab = realm.keytab("alice");
            let kdc = ["--kdc", realm.kdc(), "--ca", &ca];
            let system = ["--ca", &ca];
            for (origin, host, user, proof, more) in [
                (&http, "aes256", "alice", Proof::Password, kdc.as_slice()),
                (&https, "mail", "alice", Proof::Password, &kdc),
                (
                    &http,
                    "aes128",
                    "alice",
                    Proof::Keytab(keytab.to_str().expect("text")),
                    &kdc,
                ),
                (&http, "rc4", "rc4", Proof::Cache(&old), &system),
                (&https, "mail", "alice", Proof::Cache(&cache), &system),
            ] {
                let url = url(origin.as_deref(), &realm.host(host));
                let words = [more, &["--auth", "kerberos"]].concat();
                let finished = invoke(
                    realm,
                    &url,
                    "Get-LabNumber -Count 500; Get-LabText -Size 100000",
                    user,
                    proof,
                    &words,
                );
                assert_eq!(finished.code, Some(0), "{url}: {}", finished.stderr);
                assert_eq!(finished.stdout.lines().count(), 501, "{url}");
            }
            let url = url(http.as_deref(), &realm.host("mail"));
            let stranger = invoke(
                realm,
                &url,
                "Get-LabNumber -Count 1",
                "aes128",
                Proof::Password,
                &["--auth", "kerberos"],
            );
            assert_eq!(stranger.code, Some(4), "{}", stranger.stderr);
        });
        worked.await.expect("the binary runs");
        lab.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn we_sign_in_with_tickets_of_active_directory() {
    if let Some(realm) = Realm::samba("lab::we_sign_in_with_tickets_of_active_directory") {
        we_sign_in(realm).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn we_sign_in_with_tickets_of_mit() {
    if let Some(realm) = Realm::mit("lab::we_sign_in_with_tickets_of_mit") {
        we_sign_in(realm).await;
    }
}

#[tokio::test]
async fn a_keytab_that_is_not_there_is_said_at_once() {
    let started = Lab::builder()
        .http(([127, 0, 0, 1], 0).into())
        .keytab("/nonexistent/keytab")
        .start()
        .await;
    let error = started.expect_err("no keytab").to_string();
    assert!(error.contains("/nonexistent/keytab"), "{error}");
}
