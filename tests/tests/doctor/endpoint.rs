//! What answers is no WinRM, or not the right one.

use std::net::SocketAddr;

use super::support::{canned, doctor, free, http, lab};

const PAGE: &str = "<html><body>Welcome</body></html>";
const HTML: &str = "Content-Type: text/html";

#[tokio::test(flavor = "multi_thread")]
async fn another_service() {
    let ssh = canned(free(), "SSH-2.0-OpenSSH_9.9\r\n").await;
    doctor([format!("http://{ssh}/wsman")])
        .operator()
        .diagnoses("not_http", "not-http");
    let web = canned(free(), http("200 OK", &[HTML, "Server: nginx\u{202e}"], PAGE)).await;
    doctor([format!("http://{web}/wsman")])
        .operator()
        .diagnoses("not_winrm", "not-winrm");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path() {
    let lab = lab(|lab| lab).await;
    let origin = lab.http_origin().expect("http");
    doctor([format!("{origin}/owa")])
        .operator()
        .diagnoses("wrong_path", "wrong-path");
}

/// The port is WinRM's own, which no free port can be: on another address of loopback.
#[tokio::test(flavor = "multi_thread")]
async fn exchange_on_the_port_of_winrm() {
    let address: SocketAddr = ([127, 0, 85, 1], 5985).into();
    let winrm = canned(
        address,
        http("404 Not Found", &[HTML, "Server: Microsoft-HTTPAPI/2.0"], PAGE),
    )
    .await;
    doctor([format!("http://{winrm}/PowerShell/")])
        .operator()
        .diagnoses("exchange_on_5985_path", "wrong-path");
    let address: SocketAddr = ([127, 0, 85, 2], 5985).into();
    let lab = lab(|lab| lab.http(address)).await;
    doctor([format!("{}/wsman", lab.http_origin().expect("http"))])
        .with(["--configuration", "Microsoft.Exchange"])
        .operator()
        .diagnoses("exchange_on_5985_configuration", "configuration-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_there() {
    let lab = lab(|lab| lab).await;
    doctor([format!("{}/wsman", lab.http_origin().expect("http"))])
        .with(["--configuration", "Corp.Helpdesk"])
        .operator()
        .diagnoses("configuration_unknown", "configuration-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttled() {
    let busy = canned(free(), http("503 Service Unavailable", &["Retry-After: 30"], "")).await;
    doctor([format!("http://{busy}/PowerShell/")])
        .operator()
        .diagnoses("throttled", "throttled");
    let lab = lab(|lab| lab.faults("status:429@create".parse().expect("a plan"))).await;
    doctor([format!("{}/PowerShell/", lab.http_origin().expect("http"))])
        .operator()
        .diagnoses("throttled_after_sign_in", "throttled");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_shells_and_other_faults() {
    let open = lab(|lab| lab.faults("fault:2150859173@create".parse().expect("a plan"))).await;
    doctor([format!("{}/wsman", open.http_origin().expect("http"))])
        .operator()
        .diagnoses("too_many_shells", "quota");
    let denied = lab(|lab| lab.faults("fault:5@create".parse().expect("a plan"))).await;
    doctor([format!("{}/wsman", denied.http_origin().expect("http"))])
        .operator()
        .diagnoses("access_denied", "access-denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_that_was_not_allowed() {
    let lab = lab(|lab| lab.redirect(true)).await;
    let target = format!("{}/PowerShell/", lab.https_origin().expect("https"));
    doctor([
        target.as_str(),
        "--auth",
        "basic",
        "--ca",
        &lab.ca_file().expect("a file").display().to_string(),
    ])
    .operator()
    .diagnoses("redirect_not_allowed", "redirect-not-allowed");
    let other = canned(
        free(),
        http(
            "302 Found",
            &["Location: https://pod7.example.com/powershell-liveid/"],
            "",
        ),
    )
    .await;
    doctor([format!("http://{other}/PowerShell/")])
        .with(["--allow-redirect"])
        .operator()
        .diagnoses("redirect_to_another_host", "redirect-not-allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_that_fails_still_closes_the_session() {
    let lab = lab(|lab| lab).await;
    let target = format!("{}/PowerShell/", lab.http_origin().expect("http"));
    doctor([target.as_str(), "--probe", "Get-Nonsense"])
        .operator()
        .diagnoses("probe_unknown", "command-unknown");
    doctor([target.as_str(), "--probe", "Get-User nobody@corp.example"])
        .operator()
        .diagnoses("probe_failed", "pipeline-failed");
}

#[test]
fn a_probe_or_target_that_cannot_be_read_is_usage() {
    let finished = doctor(["http://127.0.0.1:1/wsman", "--probe", "Get-User |"])
        .operator()
        .run(&[]);
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(2), ""),
        "{finished:?}"
    );
    let finished = doctor(["ftp://h"]).operator().run(&[]);
    assert_eq!(finished.code, Some(2), "{finished:?}");
}
