//! A server in memory for tests: the pool and the pipelines of the server role behind the transport's seam.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use psbridge_clixml::{Document, Value};
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::Outgoing;
use psbridge_protocol::fragment::ObjectIds;
use psbridge_protocol::payload::{ApplicationPrivateData, RunspacePoolState, RunspacePoolStateMessage};
use psbridge_protocol::server::{self, Lane, PipelineEvent, PoolEvent};
use psbridge_protocol::wsman::Fault;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::keys::tests::ServerKeys;
use crate::error::{Error, ErrorKind};
use crate::exchange::{BoxFuture, Traffic};
use crate::transport::{Carrier, Chunk, Delivery, ShellTransport, Target};

pub(crate) const GONE: u32 = 2_150_858_843;

/// What a client has asked, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Open,
    Start(Uuid),
    Send(Target),
    Receive(Target),
    Stop(Uuid),
    Free(Uuid),
    Close,
    Finish,
}

/// What a pipeline does about an event.
pub(crate) type Script = dyn Fn(&mut server::Pipeline, PipelineEvent) + Send + Sync;

pub(crate) struct MemoryShell {
    state: Mutex<State>,
    changed: Notify,
    script: Box<Script>,
    /// Bytes of fragments in one request.
    pub(crate) room: usize,
    /// Fragments in one delivery.
    pub(crate) per_delivery: usize,
    /// Pipelines start only as far as this has permits.
    pub(crate) starts: Semaphore,
    /// A stopped pipeline says so by itself.
    pub(crate) answers_stop: bool,
}

/// Which call is meant.
type Wanted = fn(&Call) -> bool;

struct State {
    pool: server::Pool,
    pipelines: HashMap<Uuid, server::Pipeline>,
    calls: Vec<Call>,
    /// The next call of this kind ends so.
    failures: Vec<(Wanted, Error)>,
    closed: bool,
    keys: ServerKeys,
    in_flight: HashMap<Target, usize>,
}

impl MemoryShell {
    pub(crate) fn new(script: impl Fn(&mut server::Pipeline, PipelineEvent) + Send + Sync + 'static) -> Self {
        let state = State {
            pool: server::Pool::new(server::PoolOptions::default(), ObjectIds::new()),
            pipelines: HashMap::new(),
            calls: Vec::new(),
            failures: Vec::new(),
            closed: false,
            keys: ServerKeys::default(),
            in_flight: HashMap::new(),
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
            script: Box::new(script),
            room: 100_000,
            per_delivery: 8,
            starts: Semaphore::new(1000),
            answers_stop: true,
        }
    }

    pub(crate) fn lock_calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&Call) -> bool) -> usize {
        self.lock().calls.iter().filter(|call| wanted(call)).count()
    }

    /// The next call of this kind fails.
    pub(crate) fn fail(&self, wanted: Wanted, error: Error) {
        self.lock().failures.push((wanted, error));
        self.changed.notify_waiters();
    }

    /// The pool says that it is broken.
    pub(crate) fn break_pool(&self) {
        self.lock()
            .pool
            .state(&RunspacePoolStateMessage::new(RunspacePoolState::Broken))
            .unwrap();
        self.changed.notify_waiters();
    }

    /// Does something on the server's side of the pool.
    pub(crate) fn with_pool(&self, act: impl FnOnce(&mut server::Pool)) {
        act(&mut self.lock().pool);
        self.changed.notify_waiters();
    }

    /// Does something on the server's side of every pipeline.
    pub(crate) fn with_pipelines(&self, act: impl Fn(&mut server::Pipeline)) {
        self.lock().pipelines.values_mut().for_each(act);
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn call(&self, call: Call) -> Result<(), Error> {
        let mut state = self.lock();
        state.calls.push(call);
        match state.failures.iter().position(|(wanted, _)| wanted(&call)) {
            Some(at) => Err(state.failures.remove(at).1),
            None => Ok(()),
        }
    }

    pub(crate) fn feed(&self, target: Target, lane: Lane, data: &[u8]) -> Result<(), Error> {
        let mut state = self.lock();
        let state = &mut *state;
        match target {
            Target::Pool => {
                state.pool.receive(lane, data);
                while let Some(event) = state.pool.next_event().unwrap() {
                    match event {
                        PoolEvent::Init(_) => {
                            let data =
                                ApplicationPrivateData::version_table([("PSVersion", Value::from("5.1"))]);
                            state.pool.opened(&data).unwrap();
                        }
                        PoolEvent::PublicKey(key) => {
                            state.pool.send_session_key(&key, &mut state.keys).unwrap()
                        }
                        _ => {}
                    }
                }
            }
            Target::Pipeline(pid) => {
                let pipeline = state.pipelines.get_mut(&pid).ok_or_else(|| fault(GONE))?;
                pipeline.receive(lane, data);
                while let Some(event) = pipeline.next_event().unwrap() {
                    (self.script)(pipeline, event);
                }
            }
        }
        self.changed.notify_waiters();
        Ok(())
    }

    fn deliver(&self, target: Target) -> Result<Option<Delivery>, Error> {
        let mut state = self.lock();
        let mut fragments = Vec::new();
        let mut done = false;
        match target {
            Target::Pool if state.closed => return Err(fault(GONE)),
            Target::Pool => {
                while fragments.len() < self.per_delivery
                    && let Some(fragment) = state.pool.next_fragment(32_768).unwrap()
                {
                    fragments.push(fragment);
                }
            }
            Target::Pipeline(pid) => {
                let pipeline = state.pipelines.get_mut(&pid).ok_or_else(|| fault(GONE))?;
                while fragments.len() < self.per_delivery
                    && let Some(fragment) = pipeline.next_fragment(32_768).unwrap()
                {
                    fragments.push(fragment);
                }
                done = pipeline.state().is_terminal() && !pipeline.has_output();
            }
        }
        if fragments.is_empty() && !done {
            return Ok(None);
        }
        let chunks = fragments
            .into_iter()
            .map(|fragment| Chunk::Raw(Bytes::from(fragment)))
            .collect();
        Ok(Some(Delivery { chunks, done }))
    }

    async fn wait_for_data(&self, target: Target) -> Result<Delivery, Error> {
        loop {
            let changed = self.changed.notified();
            if let Some(delivery) = self.deliver(target)? {
                return Ok(delivery);
            }
            changed.await;
            // A failure that was ordered meanwhile meets the call that waits.
            let mut state = self.lock();
            if let Some(at) = state
                .failures
                .iter()
                .position(|(wanted, _)| wanted(&Call::Receive(target)))
            {
                return Err(state.failures.remove(at).1);
            }
        }
    }
}

pub(crate) fn fault(code: u32) -> Error {
    Error::from_fault("test", Fault::windows(code, "memory", "")).at("memory")
}

pub(crate) fn lost() -> Error {
    Error::new(ErrorKind::ConnectionLost, "test", "the connection was lost").at("memory")
}

impl ShellTransport for MemoryShell {
    fn room(&self, _carrier: Carrier) -> usize {
        self.room
    }

    fn open(&self, _pool: Uuid, fragments: Vec<u8>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Open)?;
            self.feed(Target::Pool, Lane::Input, &fragments)
        })
    }

    fn negotiated(&self, _version: ProtocolVersion) {}

    fn start(&self, pipeline: Uuid, fragment: Vec<u8>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Start(pipeline))?;
            self.starts.acquire().await.unwrap().forget();
            {
                let mut state = self.lock();
                let machine = state.pool.pipeline(pipeline);
                state.pipelines.insert(pipeline, machine);
            }
            self.feed(Target::Pipeline(pipeline), Lane::Input, &fragment)
        })
    }

    fn send(&self, target: Target, outgoing: Outgoing) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Send(target))?;
            assert!(outgoing.data.len() <= self.room);
            *self.lock().in_flight.entry(target).or_default() += 1;
            assert_eq!(self.lock().in_flight[&target], 1, "one send per target at a time");
            tokio::task::yield_now().await;
            let lane = Lane::from_stream_name(outgoing.lane.stream_name()).unwrap();
            let fed = self.feed(target, lane, &outgoing.data);
            self.lock().in_flight.insert(target, 0);
            fed
        })
    }

    fn receive(&self, target: Target) -> BoxFuture<'_, Result<Delivery, Error>> {
        Box::pin(async move {
            self.call(Call::Receive(target))?;
            self.wait_for_data(target).await
        })
    }

    fn stop(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Stop(pipeline))?;
            if self.answers_stop
                && let Some(pipeline) = self.lock().pipelines.get_mut(&pipeline)
            {
                pipeline.stopped().unwrap();
            }
            self.changed.notify_waiters();
            Ok(())
        })
    }

    fn free(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Free(pipeline))?;
            self.lock().pipelines.remove(&pipeline);
            self.changed.notify_waiters();
            Ok(())
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            self.call(Call::Close)?;
            self.lock().closed = true;
            self.changed.notify_waiters();
            Ok(())
        })
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move { self.call(Call::Finish) })
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }

    fn endpoint(&self) -> &str {
        "memory"
    }
}

/// A server of a few commands: `Count N` gives the numbers, `Echo` its input, `Wait` nothing until it is stopped,
/// `Everything` a record of each kind, `Ask` a host call, `Fail` a failure after one object, `Odd` something that
/// cannot be read.
pub(crate) fn commands(pipeline: &mut server::Pipeline, event: PipelineEvent) {
    use psbridge_protocol::message::MessageType;
    use psbridge_protocol::payload::{
        ErrorCategory, ErrorRecord, HostMethod, InformationRecord, InformationalKind, InformationalRecord,
    };
    let failure = || {
        ErrorRecord::new(
            "it failed",
            &["System.Exception"],
            "Failed",
            ErrorCategory::NOT_SPECIFIED,
        )
    };
    match &event {
        PipelineEvent::Create(create) => match create.statements[0][0].name.as_str() {
            "Count" => {
                let n = create.statements[0][0].arguments[0].value.as_i64().unwrap();
                (0..n).for_each(|n| pipeline.output(&Value::from(n)).unwrap());
                pipeline.completed().unwrap();
            }
            "Echo" if create.no_input => pipeline.completed().unwrap(),
            "Echo" | "Wait" => {}
            "Everything" => {
                pipeline.output(&Value::from("one")).unwrap();
                pipeline.error(&failure()).unwrap();
                let text = InformationalRecord::new("text");
                pipeline.informational(InformationalKind::Warning, &text).unwrap();
                pipeline.informational(InformationalKind::Verbose, &text).unwrap();
                pipeline.informational(InformationalKind::Debug, &text).unwrap();
                let information = InformationRecord {
                    message_data: Value::from("info"),
                    source: None,
                    time_generated: None,
                    tags: Vec::new(),
                    user: None,
                    computer: None,
                    process_id: 1,
                    native_thread_id: 1,
                    managed_thread_id: 1,
                };
                pipeline.information(&information).unwrap();
                pipeline.output(&Value::Nil).unwrap();
                pipeline.completed().unwrap();
            }
            "Ask" => {
                let method = HostMethod::from_name("ReadLine").unwrap();
                pipeline.host_call(method, Vec::new()).unwrap();
            }
            "Fail" => {
                pipeline.output(&Value::from(1)).unwrap();
                pipeline.failed(failure()).unwrap();
            }
            "Odd" => {
                pipeline.push(MessageType::PipelineOutput, b"<S>cut".to_vec());
                pipeline.push(MessageType::Unknown(0x0004_1fff), b"<S>new</S>".to_vec());
                pipeline.output(&Value::from("after")).unwrap();
                pipeline.completed().unwrap();
            }
            other => panic!("no command {other}"),
        },
        PipelineEvent::Input(document) => {
            pipeline.output(document.root().unwrap_or(&Value::Nil)).unwrap();
        }
        PipelineEvent::EndOfInput => pipeline.completed().unwrap(),
        PipelineEvent::HostResponse(response) => {
            let error = response.error.as_deref().expect("a refusal");
            pipeline.output(&Value::from(error.message().as_str())).unwrap();
            pipeline.completed().unwrap();
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn number(document: &Document) -> i64 {
    document.root().and_then(Value::as_i64).unwrap()
}

pub(crate) fn memory() -> Arc<MemoryShell> {
    Arc::new(MemoryShell::new(commands))
}
