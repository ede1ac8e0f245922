//! Names, ports, proxies.

use super::support::{canned, doctor, free, http, lab};

#[test]
fn a_name_that_does_not_resolve() {
    doctor(["https://mail.nowhere.invalid/PowerShell/"])
        .operator()
        .diagnoses("name_unknown", "name-unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_closed() {
    let port = {
        let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        held.local_addr().expect("bound").port()
    };
    doctor([format!("http://127.0.0.1:{port}/wsman")])
        .operator()
        .diagnoses("port_closed", "port-closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses() {
    let lab = lab(|lab| lab).await;
    let target = format!("{}/wsman", lab.http_origin().expect("http"));
    let forbids = canned(free(), http("403 Forbidden", &[], "")).await;
    doctor([target.as_str(), "--proxy", &format!("http://{forbids}")])
        .operator()
        .diagnoses("proxy_refused", "proxy-refused");
    let asks = canned(
        free(),
        http(
            "407 Proxy Authentication Required",
            &["Proxy-Authenticate: Basic realm=\"p\""],
            "",
        ),
    )
    .await;
    doctor([target.as_str(), "--proxy", &format!("http://{asks}")])
        .operator()
        .diagnoses("proxy_sign_in", "proxy-sign-in");
    doctor([target.as_str(), "--proxy", "http://127.0.0.1:1"])
        .operator()
        .diagnoses("proxy_unusable", "proxy-unusable");
}
