//! By a clock that stands still unless told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::sync::Semaphore;
use tokio::time::advance;

use super::*;
use crate::Secret;

const MINUTE: Duration = Duration::from_secs(60);

/// Numbers its tokens; waits for a permit before each.
struct Numbered {
    asked: AtomicUsize,
    gate: Semaphore,
    life: Option<Duration>,
    failing: Mutex<bool>,
}

impl Numbered {
    fn new(life: Option<Duration>) -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicUsize::new(0),
            gate: Semaphore::new(1000),
            life,
            failing: Mutex::new(false),
        })
    }

    fn closed(life: Duration) -> Arc<Self> {
        let source = Self::new(Some(life));
        source.gate.try_acquire_many(1000).unwrap().forget();
        source
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl TokenSource for Numbered {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
            self.gate.acquire().await.unwrap().forget();
            if *self.failing.lock().unwrap() {
                return Err(TokenError::configuration(format!("failure {number}")));
            }
            let end = self.life.map(|life| SystemTime::now() + life);
            Ok(AccessToken::new(
                Secret::from(format!("{resource} {number}")),
                end,
            ))
        })
    }

    fn describe(&self) -> String {
        "numbers".to_owned()
    }
}

async fn text(tokens: &CachedTokens, resource: &str) -> String {
    tokens.token(resource).await.unwrap().secret().expose().to_owned()
}

/// Lets every task run until it waits.
async fn settle() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_its_end_or_at_half_of_its_life() {
    for (life, renewed) in [(60, 55), (24 * 60, 24 * 60 - 5), (10, 5), (6, 3), (1, 0)] {
        let source = Numbered::new(Some(life * MINUTE));
        let tokens = CachedTokens::new(source.clone());
        assert_eq!(text(&tokens, "r").await, "r 1");
        advance((renewed * MINUTE).saturating_sub(Duration::from_secs(1))).await;
        assert_eq!(text(&tokens, "r").await, "r 1", "life {life}");
        advance(Duration::from_secs(if renewed == 0 { 30 } else { 1 })).await;
        assert_eq!(text(&tokens, "r").await, "r 2", "life {life}");
        assert_eq!(source.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn each_resource_has_its_own_token_and_an_unknown_end_is_not_kept() {
    let tokens = CachedTokens::new(Numbered::new(Some(60 * MINUTE)));
    assert_eq!(
        (text(&tokens, "a").await, text(&tokens, "b").await),
        ("a 1".into(), "b 2".into())
    );
    assert_eq!(
        (text(&tokens, "a").await, text(&tokens, "b").await),
        ("a 1".into(), "b 2".into())
    );
    let endless = CachedTokens::new(Numbered::new(None));
    assert_eq!(
        (text(&endless, "a").await, text(&endless, "a").await),
        ("a 1".into(), "a 2".into())
    );
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_forgiven_while_the_token_holds() {
    let source = Numbered::new(Some(60 * MINUTE));
    let tokens = CachedTokens::new(source.clone());
    text(&tokens, "r").await;
    *source.failing.lock().unwrap() = true;
    advance(56 * MINUTE).await;
    assert_eq!(text(&tokens, "r").await, "r 1");
    assert_eq!(text(&tokens, "r").await, "r 1");
    assert_eq!(source.asked(), 2, "not again at once");
    advance(PATIENCE).await;
    assert_eq!(text(&tokens, "r").await, "r 1");
    assert_eq!(source.asked(), 3);
    advance(4 * MINUTE).await;
    let error = tokens.token("r").await.unwrap_err();
    assert_eq!(error.to_string(), "failure 4", "its time is over");
    *source.failing.lock().unwrap() = false;
    assert_eq!(text(&tokens, "r").await, "r 5", "an error is not kept");
}

#[tokio::test(start_paused = true)]
async fn many_who_wait_share_one_request_and_its_error() {
    for failing in [false, true] {
        let source = Numbered::closed(60 * MINUTE);
        *source.failing.lock().unwrap() = failing;
        let tokens = Arc::new(CachedTokens::new(source.clone()));
        let waiting: Vec<_> = (0..200)
            .map(|_| {
                let tokens = Arc::clone(&tokens);
                tokio::spawn(async move { tokens.token("r").await })
            })
            .collect();
        settle().await;
        source.gate.add_permits(1000);
        for answer in waiting {
            match answer.await.unwrap() {
                Ok(token) => assert_eq!((failing, token.secret().expose()), (false, "r 1")),
                Err(error) => assert_eq!((failing, error.to_string().as_str()), (true, "failure 1")),
            }
        }
        assert_eq!(source.asked(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_takes_nobody_along() {
    let source = Numbered::closed(60 * MINUTE);
    let tokens = Arc::new(CachedTokens::new(source.clone()));
    let ask = || {
        let tokens = Arc::clone(&tokens);
        tokio::spawn(async move { text(&tokens, "r").await })
    };
    let (first, second) = (ask(), ask());
    settle().await;
    // The first one has driven the request so far.
    first.abort();
    settle().await;
    source.gate.add_permits(1);
    assert_eq!((second.await.unwrap(), source.asked()), ("r 1".into(), 1));

    tokens.invalidate();
    let last = ask();
    settle().await;
    last.abort();
    settle().await;
    source.gate.add_permits(1);
    assert_eq!(
        (text(&tokens, "r").await, source.asked()),
        ("r 3".into(), 3),
        "nobody waited for the second"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_not_given_again() {
    let source = Numbered::new(Some(60 * MINUTE));
    let tokens = CachedTokens::new(source.clone());
    assert_eq!(text(&tokens, "r").await, "r 1");
    tokens.invalidate();
    assert_eq!(text(&tokens, "r").await, "r 2");

    // Nor is one whose request was under way at that moment.
    let source = Numbered::closed(60 * MINUTE);
    let tokens = Arc::new(CachedTokens::new(source.clone()));
    let early = tokio::spawn({
        let tokens = Arc::clone(&tokens);
        async move { text(&tokens, "r").await }
    });
    settle().await;
    tokens.invalidate();
    source.gate.add_permits(1000);
    assert_eq!(text(&tokens, "r").await, "r 2");
    assert_eq!(early.await.unwrap(), "r 1");
    assert_eq!(text(&tokens, "r").await, "r 2");
    assert_eq!(tokens.describe(), "numbers");
}
