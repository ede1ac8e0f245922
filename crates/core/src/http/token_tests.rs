use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::testing::{Reply, Seen, Server, soap};
use super::*;
use crate::exchange::Lane;
use crate::sign_in::{AccessToken, TokenError};

/// Gives `t1`, and a new one whenever the last one was refused.
#[derive(Default)]
struct Counted {
    current: AtomicUsize,
    asked: AtomicUsize,
}

impl TokenSource for Counted {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        assert_eq!(resource, "https://127.0.0.1");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let number = self.current.load(Ordering::SeqCst) + 1;
        Box::pin(async move { Ok(AccessToken::new(Secret::from(format!("t{number}")), None)) })
    }

    fn invalidate(&self) {
        self.current.fetch_add(1, Ordering::SeqCst);
    }

    fn describe(&self) -> String {
        "counted".into()
    }
}

/// The token of a request, whichever way it came.
fn token(seen: &Seen) -> String {
    let header = seen.header("authorization");
    if let Some(token) = header.strip_prefix("Bearer ") {
        return token.to_owned();
    }
    let basic = header.strip_prefix("Basic ").unwrap_or_default();
    let text = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    text.strip_prefix("me@example.com:Bearer ").unwrap().to_owned()
}

/// Takes `first` for some requests, and `t2` always.
async fn server(first: &'static str, requests: usize) -> Server {
    let left = Arc::new(AtomicUsize::new(requests));
    Server::start(move |_| {
        let left = Arc::clone(&left);
        move |seen: Seen| {
            let token = token(&seen);
            let known = token == first && left.load(Ordering::SeqCst) > 0;
            if known {
                left.fetch_sub(1, Ordering::SeqCst);
            }
            if known || token == "t2" {
                soap(&token)
            } else {
                let offers = ["Bearer", "Basic realm=\"\""];
                let offers = offers.map(|offer| ("WWW-Authenticate", offer.to_owned()));
                Reply::Http(401, offers.to_vec(), Vec::new())
            }
        }
    })
    .await
}

fn exchange(server: &Server, authentication: Authentication, source: &Arc<Counted>) -> HttpExchange {
    HttpExchange::new(&HttpOptions {
        authentication,
        user: Some("me@example.com".into()),
        tokens: Some(Arc::clone(source) as Arc<dyn TokenSource>),
        allow_basic_over_http: true,
        ..HttpOptions::new(Endpoint::parse(&server.url(), None).unwrap())
    })
    .unwrap()
}

async fn ask(exchange: &HttpExchange) -> Result<String, ExchangeError> {
    let request = PlainRequest::soap("/wsman", Bytes::from_static(b"<x/>"), Lane::Operation);
    let answer = exchange.exchange(request).await?;
    Ok(String::from_utf8(answer.body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_shell_keeps_its_token_and_cannot_change_it() {
    let (server, source) = (server("t1", 3).await, Arc::new(Counted::default()));
    let exchange = exchange(&server, Authentication::BasicBearer, &source);
    for _ in 0..3 {
        assert_eq!(ask(&exchange).await.unwrap(), "t1");
    }
    let error = ask(&exchange).await.unwrap_err();
    assert!(matches!(error, ExchangeError::TokenExpired { .. }), "{error}");
    assert_eq!(source.asked.load(Ordering::SeqCst), 1, "one token for a shell");
    // A new shell takes a new one.
    let endpoint = exchange.options.endpoint.clone();
    exchange.relocate(&endpoint).unwrap();
    assert_eq!(ask(&exchange).await.unwrap(), "t2");
}

#[tokio::test]
async fn a_kept_token_that_is_refused_at_first_is_replaced_once() {
    for authentication in [Authentication::Bearer, Authentication::BasicBearer] {
        let (server, source) = (server("t1", 0).await, Arc::new(Counted::default()));
        let exchange = exchange(&server, authentication, &source);
        assert_eq!(ask(&exchange).await.unwrap(), "t2");
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
        // The next one is refused as well.
        let nobody = self::server("t9", 0).await;
        let source = Arc::new(Counted::default());
        source.current.store(4, Ordering::SeqCst);
        let exchange = self::exchange(&nobody, authentication, &source);
        let error = ask(&exchange).await.unwrap_err();
        assert!(
            matches!(error, ExchangeError::Rejected { status: 401, .. }),
            "{error}"
        );
        assert_eq!(source.asked.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn bearer_tokens_change_between_requests() {
    let (server, source) = (server("t1", 1).await, Arc::new(Counted::default()));
    let exchange = exchange(&server, Authentication::Bearer, &source);
    assert_eq!(ask(&exchange).await.unwrap(), "t1");
    assert_eq!(ask(&exchange).await.unwrap(), "t2");
    assert_eq!(
        server.connections(),
        2,
        "the second one on a connection of its own"
    );
}

#[tokio::test]
async fn a_token_that_was_given_cannot_be_renewed() {
    let server = server("given", 1).await;
    for authentication in [Authentication::Bearer, Authentication::BasicBearer] {
        let exchange = HttpExchange::new(&HttpOptions {
            authentication,
            user: Some("me@example.com".into()),
            secret: Some("given".into()),
            allow_basic_over_http: true,
            ..HttpOptions::new(Endpoint::parse(&server.url(), None).unwrap())
        })
        .unwrap();
        let (first, second) = (ask(&exchange).await, ask(&exchange).await);
        if authentication == Authentication::Bearer {
            assert_eq!(first.unwrap(), "given");
            assert!(matches!(second, Err(ExchangeError::TokenExpired { .. })));
        } else {
            assert!(matches!(first, Err(ExchangeError::Rejected { .. })));
        }
    }
    // As long as the longest tokens, and longer.
    let long = "x".repeat(20_000);
    let taken = Server::start(|_| |seen: Seen| soap(&token(&seen).len().to_string())).await;
    let exchange = HttpExchange::new(&HttpOptions {
        authentication: Authentication::BasicBearer,
        user: Some("me@example.com".into()),
        secret: Some(long.into()),
        allow_basic_over_http: true,
        ..HttpOptions::new(Endpoint::parse(&taken.url(), None).unwrap())
    })
    .unwrap();
    assert_eq!(ask(&exchange).await.unwrap(), "20000");
}
