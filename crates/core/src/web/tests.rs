use std::time::{Duration, SystemTime};

use serde_json::json;

use super::client::Clear;
use super::testing::{WebServer, json};
use super::*;
use crate::Secret;
use crate::exchange::{ExchangeError, TlsFailure};
use crate::http::testing::{Reply, html};

#[tokio::test]
async fn a_call_carries_what_it_was_given_over_one_connection() {
    let server = WebServer::start(|_, asked| json(200, &json!({"echo": asked.field("a b")}))).await;
    let (web, url) = (
        server.web(),
        format!("{}/x/y?api=1", server.origin("login.psbridge.localhost")),
    );
    for _ in 0..2 {
        let request = WebRequest::post_form(&url, &[("a b", "ä&=+"), ("c", "")])
            .bearer(&Secret::from("token"))
            .header("X-Own", "1");
        let response = web.send(request).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(response.json::<serde_json::Value>().unwrap()["echo"], "ä&=+");
    }
    let asked = server.asked();
    let first = &asked[0];
    assert!(first.https);
    assert_eq!(first.line, "POST /x/y?api=1");
    assert_eq!(first.body, b"a+b=%C3%A4%26%3D%2B&c=");
    assert_eq!(
        first.header("host"),
        format!("login.psbridge.localhost:{}", server.port)
    );
    assert_eq!(first.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(first.header("authorization"), "Bearer token");
    assert_eq!((asked.len(), first.header("x-own")), (2, "1"));
}

#[tokio::test]
async fn json_travels_both_ways() {
    let server = WebServer::start(|_, asked| json(201, &asked.json())).await;
    let sent = json!({"name": "ä", "list": [1, null]});
    let request = WebRequest::json("PATCH", format!("{}/x", server.origin("localhost")), &sent);
    assert_eq!((request.method(), request.url().ends_with("/x")), ("PATCH", true));
    let response = server.web().send(request).await.unwrap();
    assert!(response.is_success());
    assert_eq!(response.json::<serde_json::Value>().unwrap(), sent);
    let asked = &server.asked()[0];
    assert_eq!(
        (asked.line.as_str(), asked.header("content-type")),
        ("PATCH /x", "application/json")
    );
}

#[tokio::test]
async fn redirections_are_answers_and_errors_do_not_quote_bodies() {
    let server = WebServer::start(|number, _| match number {
        0 => Reply::Http(
            302,
            vec![("Location", "https://elsewhere.example".into())],
            Vec::new(),
        ),
        _ => html(200, "<p>secret</p>"),
    })
    .await;
    let request = WebRequest::get(server.origin("localhost"));
    assert_eq!(server.web().send(request.clone()).await.unwrap().status, 302);
    let response = server.web().send(request).await.unwrap();
    let error = response.json::<serde_json::Value>().unwrap_err().to_string();
    assert!(
        error.contains("status 200, text/html") && !error.contains("secret"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_leaves_in_clear_or_with_a_password_in_the_address() {
    let server = WebServer::start(|_, _| html(200, "")).await;
    let web = server.web();
    let clear = WebRequest::get(format!("http://localhost:{}/?secret=1", server.port));
    let error = web.send(clear.clone()).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, WebError::ClearRefused { .. }));
    assert!(!error.to_string().contains("secret"), "{error}");
    let user = WebRequest::get(format!("https://me:pass@localhost:{}/", server.port));
    assert!(matches!(web.send(user).await, Err(WebError::Url { .. })));
    assert!(
        matches!(web.send(WebRequest::get("no address?secret")).await, Err(WebError::Url { url, .. }) if url == "no address")
    );
    let header = WebRequest::get(server.origin("localhost")).header("X-Secret", "line\nbreak");
    let error = web.send(header).await.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("x-secret") && !error.contains("break"), "{error}");
    assert!(server.asked().is_empty());
    // The identity endpoints of the machine are asked by plain HTTP.
    assert_eq!(web.send_with(clear, Clear::Local).await.unwrap().status, 200);
}

#[tokio::test]
async fn answers_are_bounded_and_servers_are_checked() {
    let server = WebServer::start(|number, _| match number {
        0 => html(200, &"x".repeat(100)),
        _ => Reply::Hang,
    })
    .await;
    let mut options = server.options();
    (options.max_body, options.timeout) = (50, Duration::from_millis(50));
    let web = WebClient::new(options);
    let failure = async |web: &WebClient| match web.send(WebRequest::get(server.origin("localhost"))).await {
        Err(WebError::Exchange { source, .. }) => source,
        _ => panic!("an answer"),
    };
    assert!(matches!(
        failure(&web).await,
        ExchangeError::TooLarge { limit: 50 }
    ));
    assert!(matches!(failure(&web).await, ExchangeError::Timeout { .. }));
    let stranger = failure(&WebClient::default()).await;
    assert!(
        matches!(stranger, ExchangeError::Tls(TlsFailure::UnknownIssuer { .. })),
        "{stranger}"
    );
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let after = |text: &str| {
        let response = WebResponse {
            status: 429,
            headers: vec![("retry-after".into(), text.into())],
            body: Vec::new().into(),
        };
        response.retry_after(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_767))
    };
    assert_eq!(after("7"), Some(Duration::from_secs(7)));
    assert_eq!(
        after("Sun, 06 Nov 1994 08:49:37 GMT"),
        Some(Duration::from_secs(10))
    );
    assert_eq!(after("Sun, 06 Nov 1994 08:49:07 GMT"), Some(Duration::ZERO));
    assert_eq!(after("soon"), None);
}
