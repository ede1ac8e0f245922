use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::http::testing::Reply;
use crate::sign_in::testing::{APP, AUDIENCE, TENANT, cloud, grant, refusal};
use crate::web::testing::{Asked, WebServer, json};

fn authorization() -> Value {
    json!({
        "user_code": "ABCD1234", "device_code": "the-device-code",
        "verification_uri": "https://microsoft.com/devicelogin", "expires_in": 900, "interval": 0,
        "message": "Open the page\nand enter \u{1b}[1mABCD1234.",
    })
}

fn with_refresh(token: &str, refresh: &str) -> Value {
    let mut grant = grant(token);
    grant["refresh_token"] = refresh.into();
    grant
}

/// Begins as every sign-in does, then answers by `script`.
async fn server(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> WebServer {
    WebServer::start(move |number, asked| {
        if asked.path().ends_with("/devicecode") {
            json(200, &authorization())
        } else {
            script(number, asked)
        }
    })
    .await
}

fn quick(server: &WebServer, show: impl Fn(&DevicePrompt) + Send + Sync + 'static) -> DeviceCode {
    let mut source = DeviceCode::new(&server.web(), &cloud(server), TENANT, APP, show);
    let short = Duration::from_millis(1);
    source.pace = Pace {
        least: short,
        usual: short,
        slower: short,
        most: 4 * short,
    };
    source
}

fn pending(error: &str) -> Reply {
    json(400, &refusal(error, 70_016, "Not yet."))
}

async fn token(source: &DeviceCode) -> Result<String, TokenError> {
    source
        .token(AUDIENCE)
        .await
        .map(|token| token.secret().expose().to_owned())
}

#[tokio::test]
async fn the_code_is_shown_and_the_answer_waited_for() {
    let server = server(|number, _| match number {
        1 | 2 => pending("authorization_pending"),
        3 => pending("slow_down"),
        4 => Reply::Close,
        5 => Reply::Close,
        _ => json(200, &grant("the-token")),
    })
    .await;
    let shown = Arc::new(Mutex::new(Vec::new()));
    let source = quick(&server, {
        let shown = Arc::clone(&shown);
        move |prompt| shown.lock().unwrap().push(prompt.clone())
    });
    assert_eq!(token(&source).await.unwrap(), "the-token");
    let shown = shown.lock().unwrap();
    assert_eq!((shown.len(), shown[0].user_code.as_str()), (1, "ABCD1234"));
    assert_eq!(shown[0].message, "Open the page and enter \\u{1b}[1mABCD1234.");
    assert_eq!(shown[0].expires_in, Duration::from_secs(900));
    let asked = server.asked();
    assert_eq!(asked[0].line, format!("POST /{TENANT}/oauth2/v2.0/devicecode"));
    assert_eq!(
        asked[0].field("scope").unwrap(),
        format!("{AUDIENCE}/.default offline_access")
    );
    let last = asked.last().unwrap();
    assert_eq!(
        last.field("grant_type").as_deref(),
        Some("urn:ietf:params:oauth:grant-type:device_code")
    );
    assert_eq!(last.field("device_code").as_deref(), Some("the-device-code"));
    assert_eq!(last.field("client_id").as_deref(), Some(APP));
}

#[tokio::test]
async fn declining_and_waiting_too_long_are_told_apart() {
    let answers = [
        "authorization_declined",
        "access_denied",
        "expired_token",
        "code_expired",
    ];
    let server = server(move |number, _| json(400, &refusal(answers[number / 2], 1, ""))).await;
    let source = quick(&server, |_| ());
    let mut failures = Vec::new();
    for _ in answers {
        let TokenError::DeviceCode(failure) = token(&source).await.unwrap_err() else {
            panic!("another error")
        };
        failures.push(failure);
    }
    use DeviceCodeFailure::{Declined, Expired};
    assert_eq!(failures, [Declined, Declined, Expired, Expired]);
}

#[tokio::test]
async fn a_code_that_nobody_enters_expires_here_too() {
    let mut brief = authorization();
    brief["expires_in"] = 0.into();
    let server = WebServer::start(move |_, _| json(200, &brief)).await;
    let error = token(&quick(&server, |_| ())).await.unwrap_err();
    assert!(
        matches!(error, TokenError::DeviceCode(DeviceCodeFailure::Expired)),
        "{error}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn other_refusals_stay_what_they_are() {
    let server = server(|_, _| json(400, &refusal("access_denied", 53_003, "A policy."))).await;
    let error = token(&quick(&server, |_| ())).await.unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, RefusalReason::ConditionalAccess);
    let unknown = WebServer::start(|_, _| json(400, &refusal("invalid_request", 90_002, "No tenant."))).await;
    let error = token(&quick(&unknown, |_| panic!("nothing to show")))
        .await
        .unwrap_err();
    assert_eq!(error.refusal().unwrap().reason, RefusalReason::TenantUnknown);
}

#[tokio::test]
async fn the_person_is_asked_again_only_when_the_refresh_token_is_not_taken() {
    let server = server(|_, asked| match asked.field("refresh_token").as_deref() {
        None => json(200, &with_refresh("first", "one")),
        Some("one") => json(200, &with_refresh("second", "two")),
        Some(_) => json(400, &refusal("invalid_grant", 70_008, "Too old.")),
    })
    .await;
    let shown = Arc::new(Mutex::new(0));
    let source = quick(&server, {
        let shown = Arc::clone(&shown);
        move |_| *shown.lock().unwrap() += 1
    });
    let mut given = Vec::new();
    for _ in 0..3 {
        given.push((token(&source).await.unwrap(), *shown.lock().unwrap()));
    }
    let expected = [("first", 1), ("second", 1), ("first", 2)];
    assert_eq!(given, expected.map(|(token, shown)| (token.to_owned(), shown)));
}

#[tokio::test]
async fn dropping_the_request_gives_up() {
    let server = server(|_, _| pending("authorization_pending")).await;
    let source = quick(&server, |_| ());
    let waited = tokio::time::timeout(Duration::from_millis(100), token(&source)).await;
    waited.unwrap_err();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let asked = server.asked().len();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.asked().len(), asked, "nobody asks any more");
}
