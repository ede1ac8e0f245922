//! Tokens kept until shortly before they expire, and asked for once by all who wait.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use tokio::time::Instant;

use super::{AccessToken, TokenError, TokenSource};
use crate::exchange::BoxFuture;

/// A token is renewed this long before it expires…
const EARLY: Duration = Duration::from_secs(5 * 60);
/// …and a renewal that failed while the old token still holds is tried again after this.
const PATIENCE: Duration = Duration::from_secs(30);

type Answer = Result<AccessToken, TokenError>;
type Flight = BoxFuture<'static, Answer>;

/// Keeps the tokens of a source, one for each resource.
///
/// * **Early refresh**: a token is renewed five minutes before it expires, or when half of its life has passed,
///   whichever comes later: a token of an hour after 55 minutes, one of six minutes after three. If the renewal fails
///   while the old token still holds, the old one is given and the renewal tried again half a minute later.
/// * **Single flight**: whoever asks while a request is under way waits for that one; its token or its error reaches
///   all of them. When one of them gives up, the others go on; when all have, the request is given up too.
/// * A token whose end is unknown is not kept.
///
/// Give the same `CachedTokens` to all sessions of a principal.
#[expect(missing_debug_implementations, reason = "it holds tokens")]
pub struct CachedTokens {
    inner: Arc<Inner>,
}

struct Inner {
    source: Arc<dyn TokenSource>,
    entries: Mutex<HashMap<String, Entry>>,
}

#[derive(Default)]
struct Entry {
    kept: Option<Kept>,
    flight: Option<WeakShared<Flight>>,
    /// Counts invalidations: a flight that began before one must not be kept.
    generation: u64,
}

struct Kept {
    token: AccessToken,
    /// By the clock that no administrator sets.
    refresh_at: Instant,
    ends_at: Instant,
    /// By the clock of the world, which goes on while the machine sleeps.
    expires_at: SystemTime,
}

impl Kept {
    fn new(token: AccessToken) -> Option<Self> {
        let expires_at = token.expires_at()?;
        let life = expires_at.duration_since(SystemTime::now()).ok()?;
        let now = Instant::now();
        let age = (life.saturating_sub(EARLY)).max(life / 2);
        Some(Self {
            token,
            refresh_at: now.checked_add(age)?,
            ends_at: now.checked_add(life)?,
            expires_at,
        })
    }

    fn holds(&self) -> bool {
        Instant::now() < self.ends_at && SystemTime::now() < self.expires_at
    }

    fn is_fresh(&self) -> bool {
        Instant::now() < self.refresh_at && self.holds()
    }
}

impl CachedTokens {
    /// Keeps the tokens of `source`.
    #[must_use]
    pub fn new(source: Arc<dyn TokenSource>) -> Self {
        Self {
            inner: Arc::new(Inner {
                source,
                entries: Mutex::default(),
            }),
        }
    }

    /// The token at hand, or the request to wait for.
    fn join(&self, resource: &str) -> Result<AccessToken, Shared<Flight>> {
        let mut entries = self.inner.lock();
        let entry = entries.entry(resource.to_owned()).or_default();
        if let Some(kept) = entry.kept.as_ref().filter(|kept| kept.is_fresh()) {
            return Ok(kept.token.clone());
        }
        if let Some(flight) = entry.flight.as_ref().and_then(WeakShared::upgrade) {
            return Err(flight);
        }
        let (inner, resource, generation) = (Arc::clone(&self.inner), resource.to_owned(), entry.generation);
        let flight: Flight = Box::pin(async move {
            let answer = inner.source.token(&resource).await;
            inner.land(&resource, generation, answer)
        });
        let flight = flight.shared();
        entry.flight = flight.downgrade();
        Err(flight)
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a request brought. An error is forgiven while the old token holds.
    fn land(&self, resource: &str, generation: u64, answer: Answer) -> Answer {
        let mut entries = self.lock();
        let entry = entries.entry(resource.to_owned()).or_default();
        if entry.generation != generation {
            return answer;
        }
        entry.flight = None;
        match answer {
            Ok(token) => {
                entry.kept = Kept::new(token.clone());
                Ok(token)
            }
            Err(error) => match entry.kept.as_mut().filter(|kept| kept.holds()) {
                Some(kept) => {
                    tracing::warn!(%error, "the token could not be renewed; the old one still holds");
                    kept.refresh_at = Instant::now() + PATIENCE;
                    Ok(kept.token.clone())
                }
                None => Err(error),
            },
        }
    }
}

impl TokenSource for CachedTokens {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            match self.join(resource) {
                Ok(token) => Ok(token),
                Err(flight) => flight.await,
            }
        })
    }

    fn invalidate(&self) {
        for entry in self.inner.lock().values_mut() {
            entry.kept = None;
            entry.flight = None;
            entry.generation += 1;
        }
        self.inner.source.invalidate();
    }

    fn describe(&self) -> String {
        self.inner.source.describe()
    }
}
