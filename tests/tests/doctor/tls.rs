//! TLS that does not come about, or not for long.

use super::front::{certificate, front};
use super::support::{canned, doctor, free, http, lab};

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_leads_nowhere() {
    let lab = lab(|lab| lab).await;
    let target = format!("{}/wsman", lab.https_origin().expect("https"));
    doctor([target.as_str()])
        .operator()
        .diagnoses("tls_chain", "tls-chain");
    doctor([target.as_str(), "--pin-sha256", &"5a".repeat(32)])
        .operator()
        .diagnoses("tls_pin", "tls-pin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_in_the_certificate() {
    let lab = lab(|lab| lab).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let port = lab
        .https_origin()
        .expect("https")
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    doctor([format!("https://mail.corp.localhost:{port}/wsman")])
        .with(["--ca", &ca])
        .operator()
        .diagnoses("tls_name", "tls-name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_without_tls() {
    let lab = lab(|lab| lab).await;
    let target = lab.http_origin().expect("http").replacen("http:", "https:", 1);
    doctor([format!("{target}/wsman")])
        .operator()
        .diagnoses("tls_not_spoken", "tls-not-spoken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_with_tls_only() {
    let lab = lab(|lab| lab).await;
    let target = lab.https_origin().expect("https").replacen("https:", "http:", 1);
    doctor([format!("{target}/wsman")])
        .operator()
        .diagnoses("http_to_tls", "not-http");
}

/// The alerts of servers that know nothing of what the client offers: protocol_version and handshake_failure.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_old() {
    let old = canned(free(), [0x15, 3, 1, 0, 2, 2, 70].as_slice()).await;
    doctor([format!("https://{old}/wsman")])
        .operator()
        .diagnoses("tls_too_old", "tls-too-old");
    let odd = canned(free(), [0x15, 3, 3, 0, 2, 2, 40].as_slice()).await;
    doctor([format!("https://{odd}/wsman")])
        .operator()
        .diagnoses("tls_nothing_in_common", "tls-nothing-in-common");
    let silent = canned(free(), "").await;
    doctor([format!("https://{silent}/wsman")])
        .operator()
        .diagnoses("tls_closed", "tls-closed");
    let plain = canned(free(), http("400 Bad Request", &[], "")).await;
    doctor([format!("https://{plain}/wsman")])
        .operator()
        .diagnoses("tls_answered_by_http", "tls-not-spoken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_yesterday_and_one_until_next_week() {
    let lab = lab(|lab| lab).await;
    let authority = lab.ca_pem().expect("an authority");
    let behind = lab.https_origin().expect("https");
    let old = certificate("old", -2);
    let at = front(&old, behind, authority).await;
    doctor([format!("https://{at}/wsman")])
        .with(["--ca", &old.certificate().display().to_string()])
        .operator()
        .diagnoses("tls_expired", "tls-expired");
    let ending = certificate("ending", 7);
    let at = front(&ending, behind, authority).await;
    doctor([format!("https://{at}/wsman")])
        .with([
            "--ca",
            &ending.certificate().display().to_string(),
            "--auth",
            "basic",
        ])
        .operator()
        .warns("tls_expires_soon", "tls-expires-soon");
}
