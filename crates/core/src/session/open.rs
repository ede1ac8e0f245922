//! Opening a pool on a transport, until pipelines may run.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::{self, ClientPoolState, PoolEvent, PoolOptions};
use psbridge_protocol::fragment::ObjectIds;
use psbridge_protocol::payload::{ApplicationPrivateData, ErrorRecord, Received, RunspacePoolState};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;
use uuid::Uuid;

use super::actor::{Actor, Status, feed_pool, pool_ended};
use super::stats::Counters;
use super::{Origin, Session, Shared};
use crate::error::{Error, ErrorKind};
use crate::options::Limits;
use crate::record::Record;
use crate::transport::{Carrier, ShellTransport, Target};

const OPEN: &str = "open the session";

/// How long a server may take from the creation of the shell to an open pool, as PowerShell's own client has it.
const OPEN_TIMEOUT: Duration = Duration::from_secs(180);

/// Records of the opening that are kept for the caller.
const MAX_OPENING_RECORDS: usize = 100;

/// Ids of objects are unique per process, as PowerShell's are.
static OBJECT_IDS: LazyLock<ObjectIds> = LazyLock::new(ObjectIds::new);

/// What the server has told while the pool opened.
#[derive(Default)]
struct Told {
    version: Option<ProtocolVersion>,
    private_data: Option<Received<ApplicationPrivateData>>,
    records: Vec<Record>,
}

impl Told {
    fn keep(&mut self, record: Option<Record>) {
        if self.records.len() < MAX_OPENING_RECORDS {
            self.records.extend(record);
        }
    }
}

pub(crate) async fn open(
    transport: Arc<dyn ShellTransport>,
    limits: Limits,
    origin: Option<Origin>,
) -> Result<Session, Error> {
    // In a task of its own: when the caller gives up half-way, the shell is closed all the same, because the session
    // that nobody takes is dropped.
    let opening = tokio::spawn(open_to_the_end(transport, limits, origin));
    opening
        .await
        .unwrap_or_else(|error| Err(Error::new(ErrorKind::Protocol, OPEN, error.to_string())))
}

async fn open_to_the_end(
    transport: Arc<dyn ShellTransport>,
    limits: Limits,
    origin: Option<Origin>,
) -> Result<Session, Error> {
    let counters = Counters::new();
    let mut options = PoolOptions::new(Uuid::new_v4());
    let runspaces = limits.max_runspaces.clamp(1, i32::MAX as u32);
    options.max_runspaces = runspaces as i32;
    options.limits = limits.for_messages();
    let mut pool = client::Pool::new(options, OBJECT_IDS.clone());

    let first = pool
        .open(transport.room(Carrier::Open))
        .map_err(|error| failed(&*transport, error))?;
    transport.open(pool.id(), first).await?;
    counters.sent(2);
    let told = match timeout(OPEN_TIMEOUT, negotiate(&*transport, &mut pool, &counters)).await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            abandon(&*transport).await;
            return Err(error);
        }
        Err(_) => {
            abandon(&*transport).await;
            let detail = format!("the endpoint did not open it within {} s", OPEN_TIMEOUT.as_secs());
            return Err(Error::new(ErrorKind::Protocol, OPEN, detail).at(transport.endpoint()));
        }
    };
    let Some(version) = told.version else {
        abandon(&*transport).await;
        return Err(Error::new(ErrorKind::Protocol, OPEN, "no version was agreed").at(transport.endpoint()));
    };

    let (commands, inbox) = mpsc::unbounded_channel();
    let (status, watcher) = watch::channel(Status::Open);
    let shared = Arc::new(Shared {
        id: pool.id(),
        version,
        private_data: told.private_data,
        opening_records: told.records,
        limits,
        commands,
        status: watcher,
        transport: Arc::clone(&transport),
        origin,
        permits: Arc::new(Semaphore::new(runspaces as usize)),
        counters: Arc::new(counters),
        keys: Arc::new(Mutex::default()),
        key_exchange: tokio::sync::Mutex::default(),
    });
    let actor = Actor {
        pool,
        transport,
        commands: inbox,
        status,
        keys: Arc::clone(&shared.keys),
        counters: Arc::clone(&shared.counters),
        permits: Arc::clone(&shared.permits),
        max_runspaces: runspaces,
    };
    tokio::spawn(actor.run());
    Ok(Session { shared })
}

/// Sends what did not fit into the opening request and receives until the pool is open.
async fn negotiate(
    transport: &dyn ShellTransport,
    pool: &mut client::Pool,
    counters: &Counters,
) -> Result<Told, Error> {
    let mut told = Told::default();
    loop {
        let room = transport.room(Carrier::Send);
        while let Some(outgoing) = pool
            .next_outgoing(room)
            .map_err(|error| failed(transport, error))?
        {
            transport.send(Target::Pool, outgoing).await?;
        }
        let delivery = transport.receive(Target::Pool).await?;
        feed_pool(pool, &delivery).map_err(|error| failed(transport, error))?;
        while let Some(event) = pool.next_event().map_err(|error| failed(transport, error))? {
            counters.received(false);
            follow(transport, pool, event, &mut told)?;
        }
        if pool.state() == ClientPoolState::Opened {
            return Ok(told);
        }
        if delivery.done {
            let detail = "the endpoint ended the shell before it was open";
            return Err(Error::new(ErrorKind::Protocol, OPEN, detail).at(transport.endpoint()));
        }
    }
}

fn follow(
    transport: &dyn ShellTransport,
    pool: &mut client::Pool,
    event: PoolEvent,
    told: &mut Told,
) -> Result<(), Error> {
    match event {
        PoolEvent::Negotiated(version) => {
            told.version = Some(version);
            transport.negotiated(version);
        }
        PoolEvent::ApplicationPrivateData(data) => told.private_data = Some(*data),
        PoolEvent::State(state) if state.state != RunspacePoolState::Opened => {
            let ended = pool_ended(state.state, state.error.as_deref());
            return Err(ended.with_operation(OPEN).at(transport.endpoint()));
        }
        PoolEvent::HostCall(call) if call.needs_response() => {
            let name = call.method().map_or("this host method", |method| method.name);
            pool.respond(&call.refuse(ErrorRecord::host_call_refused(name)))
                .map_err(|error| failed(transport, error))?;
        }
        PoolEvent::Record { event, .. } => told.keep(Record::from_event(*event)),
        PoolEvent::Undecodable(message) => told.keep(Some(Record::Undecodable(message))),
        other => tracing::debug!(?other, "while the session opened"),
    }
    Ok(())
}

/// Closes a shell that did not become a session, as well as that goes.
async fn abandon(transport: &dyn ShellTransport) {
    let closed = transport.close().await.and(transport.finish().await);
    if let Err(error) = closed {
        tracing::debug!(error = %error, "a shell that did not open is left to its idle time");
    }
}

fn failed(transport: &dyn ShellTransport, error: psbridge_protocol::Error) -> Error {
    let result = Error::new(ErrorKind::Protocol, OPEN, error.to_string()).at(transport.endpoint());
    result.caused_by(error)
}
