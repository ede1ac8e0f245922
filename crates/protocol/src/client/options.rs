use psbridge_clixml::{Limits, Value};
use uuid::Uuid;

use crate::ProtocolVersion;
use crate::payload::{ApartmentState, HostInfo, PsThreadOptions};

/// How a pool is opened.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Id of the pool, new for each.
    pub rpid: Uuid,
    /// At least 1.
    pub min_runspaces: i32,
    /// How many pipelines may run at once.
    pub max_runspaces: i32,
    /// The version that is offered.
    pub version: ProtocolVersion,
    /// Threads of the runspaces.
    pub thread_options: PsThreadOptions,
    /// Apartment of the threads.
    pub apartment_state: ApartmentState,
    /// The client's host.
    pub host: HostInfo,
    /// A primitive dictionary for `$PSSenderInfo`, or Nil.
    pub application_arguments: Value,
    /// What is read at most.
    pub limits: Limits,
    /// Greatest fragment that is sent, header included.
    pub fragment_len: usize,
}

impl PoolOptions {
    /// One runspace, no host, version 2.3.
    pub fn new(rpid: Uuid) -> Self {
        Self {
            rpid,
            min_runspaces: 1,
            max_runspaces: 1,
            version: ProtocolVersion::V2_3,
            thread_options: PsThreadOptions::Default,
            apartment_state: ApartmentState::Unknown,
            host: HostInfo::none(),
            application_arguments: Value::Nil,
            limits: Limits::default(),
            fragment_len: usize::MAX,
        }
    }
}

/// Where a client's pool stands (protocol.md 4.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientPoolState {
    /// Nothing has been sent.
    BeforeOpen,
    /// The capability has been sent.
    NegotiationSent,
    /// The server's capability fits; the pool is not yet open.
    NegotiationSucceeded,
    /// Pipelines may run.
    Opened,
    /// It is ending.
    Closing,
    /// It has ended.
    Closed,
    /// It cannot be used any more.
    Broken,
}

impl ClientPoolState {
    /// Nothing can be done with the pool any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Broken)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BeforeOpen => "not open",
            Self::NegotiationSent | Self::NegotiationSucceeded => "still opening",
            Self::Opened => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Broken => "broken",
        }
    }
}
