use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::exchange::Traffic;

/// What a session has moved so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// HTTP requests that were answered, the legs of signing in included.
    pub round_trips: u64,
    /// TCP connections opened.
    pub connections: u64,
    /// Bytes of request bodies as they travelled (sealed, where sealing is used).
    pub bytes_sent: u64,
    /// Bytes of response bodies as they travelled.
    pub bytes_received: u64,
    /// PSRP messages sent.
    pub messages_sent: u64,
    /// PSRP messages received.
    pub messages_received: u64,
    /// Output objects received.
    pub objects: u64,
    /// Pipelines started.
    pub pipelines: u64,
    /// Since the session began to open.
    pub elapsed: Duration,
}

pub(crate) struct Counters {
    began: Instant,
    messages_sent: AtomicU64,
    messages_received: AtomicU64,
    objects: AtomicU64,
    pipelines: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            messages_sent: AtomicU64::new(0),
            messages_received: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            pipelines: AtomicU64::new(0),
        }
    }

    // Relaxed everywhere: the numbers are independent of each other and of everything else.

    pub(crate) fn sent(&self, messages: u64) {
        self.messages_sent.fetch_add(messages, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, is_object: bool) {
        self.messages_received.fetch_add(1, Ordering::Relaxed);
        self.objects.fetch_add(u64::from(is_object), Ordering::Relaxed);
    }

    pub(crate) fn started(&self) {
        self.pipelines.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, traffic: Traffic) -> Stats {
        Stats {
            round_trips: traffic.round_trips,
            connections: traffic.connections,
            bytes_sent: traffic.bytes_sent,
            bytes_received: traffic.bytes_received,
            messages_sent: self.messages_sent.load(Ordering::Relaxed),
            messages_received: self.messages_received.load(Ordering::Relaxed),
            objects: self.objects.load(Ordering::Relaxed),
            pipelines: self.pipelines.load(Ordering::Relaxed),
            elapsed: self.began.elapsed(),
        }
    }
}
