//! Who is not let in.

use super::front::{certificate, front};
use super::support::{USER, canned, doctor, free, http, lab};
use psbridge_lab::AuthScheme;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_tried_once() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let lab = lab(|lab| lab.log(log.path())).await;
    let target = format!("{}/wsman", lab.http_origin().expect("http"));
    let wrong = doctor([target.as_str()]).user(USER, "wrong-Secret");
    wrong.diagnoses("password_wrong", "sign-in-refused");
    // Twice as text and JSON: once for each.
    let refused = std::fs::read_to_string(log.path())
        .expect("the log")
        .lines()
        .filter(|line| line.contains("\"status\":401"))
        .count();
    // A stranger's question, the challenge, the refusal.
    assert_eq!(
        refused,
        6,
        "{}",
        std::fs::read_to_string(log.path()).expect("the log")
    );
    let tls = format!("{}/wsman", lab.https_origin().expect("https"));
    let ca = lab.ca_file().expect("a file").display().to_string();
    doctor([tls.as_str(), "--ca", &ca, "--auth", "basic"])
        .user(USER, "wrong-Secret")
        .diagnoses("password_wrong_basic", "sign-in-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_kerberos_is_offered() {
    let kerberos = canned(
        free(),
        http("401 Unauthorized", &["WWW-Authenticate: Kerberos"], ""),
    )
    .await;
    doctor([format!("http://{kerberos}/PowerShell/")])
        .with(["--auth", "ntlm"])
        .operator()
        .diagnoses("only_kerberos", "not-offered");
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_is_not_offered() {
    let lab = lab(|lab| lab.auth([AuthScheme::Negotiate])).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    doctor([format!("{}/PowerShell/", lab.https_origin().expect("https"))])
        .with(["--auth", "basic", "--ca", &ca])
        .operator()
        .diagnoses("basic_not_offered", "not-offered");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_must_be_encrypted() {
    let lab = lab(|lab| lab).await;
    let target = format!("{}/wsman", lab.http_origin().expect("http"));
    doctor([target.as_str(), "--auth", "basic"])
        .operator()
        .diagnoses("clear_refused", "encryption-demanded");
    doctor([target.as_str(), "--auth", "basic", "--allow-unencrypted"])
        .operator()
        .diagnoses("encryption_demanded", "encryption-demanded");
}

/// The endpoint sees another TLS connection than the client: with a pin the front is trusted, and whoever pins has
/// nobody's word that it is the endpoint.
#[tokio::test(flavor = "multi_thread")]
async fn channel_bindings_through_something_that_ends_tls() {
    let lab = lab(|lab| lab).await;
    let made = certificate("inspection", 300);
    let at = front(
        &made,
        lab.https_origin().expect("https"),
        lab.ca_pem().expect("an authority"),
    )
    .await;
    let pin = lab_pin(&made.der);
    doctor([format!("https://{at}/wsman")])
        .with(["--pin-sha256", &pin])
        .operator()
        .diagnoses("channel_bindings", "sign-in-refused");
}

fn lab_pin(der: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
