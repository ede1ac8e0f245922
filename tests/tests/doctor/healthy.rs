//! Open doors: ticks only.

use psbridge_lab::AuthScheme;

use super::front::{certificate, connect_proxy, socks_proxy};
use super::support::{USER, doctor, lab};

#[tokio::test(flavor = "multi_thread")]
async fn plain_http() {
    let lab = lab(|lab| lab).await;
    let origin = lab.http_origin().expect("http");
    for (path, probe) in [("/wsman", "Get-Command"), ("/PowerShell/", "Get-User")] {
        for auth in ["negotiate", "ntlm"] {
            let target = format!("{origin}{path}");
            let shown = doctor([target.as_str(), "--auth", auth, "--probe", probe])
                .operator()
                .ticks();
            for step in [
                "dns", "tcp", "offers", "clock", "sign-in", "create", "pipeline", "probe", "delete",
            ] {
                assert!(shown.contains(&format!("✓ {step} ")), "no {step}: {shown}");
            }
            assert!(shown.contains(" objects: "), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https() {
    let lab = lab(|lab| lab).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let target = format!("{}/PowerShell/", lab.https_origin().expect("https"));
    for auth in ["basic", "negotiate"] {
        let shown = doctor([target.as_str(), "--ca", &ca, "--auth", auth])
            .operator()
            .ticks();
        assert!(shown.contains("✓ tls         TLS 1.3 with"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credssp() {
    let lab = lab(|lab| lab.auth([AuthScheme::Credssp])).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let plain = format!("{}/wsman", lab.http_origin().expect("http"));
    let tls = format!("{}/wsman", lab.https_origin().expect("https"));
    doctor([plain.as_str(), "--auth", "credssp"]).operator().ticks();
    doctor([tls.as_str(), "--auth", "credssp", "--ca", &ca])
        .operator()
        .ticks();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirection_that_is_allowed() {
    let lab = lab(|lab| lab.redirect(true)).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let target = format!("{}/PowerShell/", lab.https_origin().expect("https"));
    for auth in ["basic", "negotiate"] {
        let shown = doctor([target.as_str(), "--ca", &ca, "--auth", auth, "--allow-redirect"])
            .operator()
            .ticks();
        assert!(shown.contains("✓ redirect    to https://"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_proxies() {
    let lab = lab(|lab| lab).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let plain = format!("{}/wsman", lab.http_origin().expect("http"));
    let tls = format!("{}/PowerShell/", lab.https_origin().expect("https"));
    for proxy in [
        format!("http://{}", connect_proxy().await),
        format!("socks5://{}", socks_proxy().await),
    ] {
        let shown = doctor([plain.as_str(), "--proxy", &proxy]).operator().ticks();
        assert!(shown.contains("✓ proxy") && !shown.contains("✓ dns"), "{shown}");
        doctor([tls.as_str(), "--proxy", &proxy, "--ca", &ca])
            .operator()
            .ticks();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate() {
    let made = certificate("reader", 300);
    let lab = lab(|lab| lab.client_certificate(USER, made.der.clone())).await;
    let ca = lab.ca_file().expect("a file").display().to_string();
    let shown = doctor([format!("{}/wsman", lab.https_origin().expect("https"))])
        .with(["--auth", "certificate", "--ca", &ca])
        .with([
            "--cert",
            &made.certificate().display().to_string(),
            "--key",
            &made.key().display().to_string(),
        ])
        .ticks();
    assert!(shown.contains("✓ certificate CN=reader"), "{shown}");
}
