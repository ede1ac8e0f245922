//! A client and a server, joined in memory.
#![allow(dead_code, reason = "each test uses its part")]

use psbridge_clixml::Value;
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::{self, ClientPoolState, Event, PoolEvent};
use psbridge_protocol::fragment::{ObjectIds, SERVER_FRAGMENT_LEN};
use psbridge_protocol::payload::ApplicationPrivateData;
use psbridge_protocol::payload::{Command, CreatePipeline};
use psbridge_protocol::server::{self, Lane, PipelineEvent};
use uuid::Uuid;

pub(crate) const RPID: Uuid = Uuid::from_u128(0x1111_2222);
pub(crate) const PID: Uuid = Uuid::from_u128(0x3333_4444);

/// Both ends of a session.
pub(crate) struct Pair {
    pub(crate) client: client::Pool,
    pub(crate) server: server::Pool,
}

impl Pair {
    pub(crate) fn new(client: ProtocolVersion, server: ProtocolVersion) -> Self {
        let mut options = client::PoolOptions::new(RPID);
        options.version = client;
        let server = server::PoolOptions {
            version: server,
            ..Default::default()
        };
        Self {
            client: client::Pool::new(options, ObjectIds::new()),
            server: server::Pool::new(server, ObjectIds::new()),
        }
    }

    pub(crate) fn opened() -> Self {
        let mut pair = Self::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
        pair.open();
        pair
    }

    /// Opens, and gives the events of both sides.
    pub(crate) fn open(&mut self) -> (Vec<server::PoolEvent>, Vec<PoolEvent>) {
        let creation = self.client.open(100_000).unwrap();
        self.server.receive(Lane::Input, &creation);
        let asked = self.server_events();
        assert!(
            matches!(asked.last(), Some(server::PoolEvent::Init(_))),
            "{asked:?}"
        );
        let table = [("PSVersion", Value::from("5.1.17763.1"))];
        self.server
            .opened(&ApplicationPrivateData::version_table(table))
            .unwrap();
        let told = self.client_events();
        assert_eq!(self.client.state(), ClientPoolState::Opened);
        (asked, told)
    }

    pub(crate) fn server_events(&mut self) -> Vec<server::PoolEvent> {
        while let Some(outgoing) = self.client.next_outgoing(4096).unwrap() {
            self.server.receive(outgoing.lane, &outgoing.data);
        }
        std::iter::from_fn(|| self.server.next_event().unwrap()).collect()
    }

    pub(crate) fn client_events(&mut self) -> Vec<PoolEvent> {
        while let Some(fragment) = self.server.next_fragment(100_000).unwrap() {
            assert!(fragment.len() <= SERVER_FRAGMENT_LEN);
            self.client.receive(&fragment);
        }
        std::iter::from_fn(|| self.client.next_event().unwrap()).collect()
    }

    /// Starts a pipeline; `max` is the room of a request.
    pub(crate) fn start(&self, create: &CreatePipeline, max: usize) -> Run {
        let mut run = Run {
            client: self.client.pipeline(PID, create).unwrap(),
            server: self.server.pipeline(PID),
        };
        let first = run.client.start(max).unwrap();
        assert!(first.len() <= max);
        run.server.receive(Lane::Input, &first);
        run
    }
}

/// Both ends of a pipeline.
pub(crate) struct Run {
    pub(crate) client: client::Pipeline,
    pub(crate) server: server::Pipeline,
}

impl Run {
    pub(crate) fn server_events(&mut self) -> Vec<PipelineEvent> {
        while let Some(outgoing) = self.client.next_outgoing(1000).unwrap() {
            assert!(outgoing.data.len() <= 1000);
            self.server.receive(outgoing.lane, &outgoing.data);
        }
        std::iter::from_fn(|| self.server.next_event().unwrap()).collect()
    }

    pub(crate) fn client_events(&mut self) -> Vec<Event> {
        while let Some(fragment) = self.server.next_fragment(100_000).unwrap() {
            assert!(fragment.len() <= SERVER_FRAGMENT_LEN);
            self.client.receive(&fragment);
        }
        std::iter::from_fn(|| self.client.next_event().unwrap()).collect()
    }
}

pub(crate) fn pipeline(command: Command) -> CreatePipeline {
    CreatePipeline::new(vec![vec![command]])
}
