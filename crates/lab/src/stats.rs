//! What the lab counted.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// A snapshot of the lab's counters since it was started.
///
/// Body bytes count HTTP bodies only, without heads, so that a client can count the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// TCP connections accepted.
    pub connections: u64,
    /// HTTP requests answered, handshakes included.
    pub requests: u64,
    /// Those of them that carried SOAP.
    pub operations: u64,
    /// HTTP requests answered with 401.
    pub unauthorized: u64,
    /// Bytes of request bodies as they came over the wire (sealed where sealing was used).
    pub request_bytes: u64,
    /// Bytes of answer bodies as they went over the wire.
    pub response_bytes: u64,
    /// Bytes of SOAP text received, after unsealing.
    pub request_plain_bytes: u64,
    /// Bytes of SOAP text sent, before sealing.
    pub response_plain_bytes: u64,
    /// WS-Management faults sent, idle Receives (operation timeout) not counted.
    pub faults: u64,
    /// Shells created.
    pub shells: u64,
    /// Pipelines started.
    pub pipelines: u64,
    /// Output objects (`PIPELINE_OUTPUT` messages) handed out.
    pub objects: u64,
    /// Records of all other streams handed out.
    pub records: u64,
}

macro_rules! counters {
    ($($name:ident),* $(,)?) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters { $($name: AtomicU64),* }

        impl Counters {
            $(pub(crate) fn $name(&self, n: u64) {
                // Relaxed: the numbers are independent of each other and of everything else.
                self.$name.fetch_add(n, Ordering::Relaxed);
            })*

            pub(crate) fn snapshot(&self) -> Stats {
                Stats { $($name: self.$name.load(Ordering::Relaxed)),* }
            }
        }
    };
}

counters!(
    connections,
    requests,
    operations,
    unauthorized,
    request_bytes,
    response_bytes,
    request_plain_bytes,
    response_plain_bytes,
    faults,
    shells,
    pipelines,
    objects,
    records,
);
