//! The task that owns the pool: its stream, its sends, the clean-up after pipelines, and the end.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use psbridge_protocol::client::{self, ClientPoolState, PoolEvent};
use psbridge_protocol::payload::{CreatePipeline, ErrorRecord, RunspacePoolState};
use psbridge_protocol::secure::SessionKeyCrypto as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::keys::SessionKeys;
use super::stats::Counters;
use crate::error::{Error, ErrorKind};
use crate::transport::{Carrier, Chunk, Delivery, ShellTransport, Target};

/// How long the server may take to end a Receive once the pipeline is freed or the shell is closed.
const LAST_RECEIVE: Duration = Duration::from_secs(5);
/// An open pool says nothing by itself as a rule. It is listened to after this long, or once the first pipeline is over,
/// so that the first answer of a session does not compete with a request that brings nothing.
const QUIET: Duration = Duration::from_secs(1);

/// Where the session stands, for everybody who works in it.
#[derive(Clone)]
pub(crate) enum Status {
    Open,
    Closing,
    Broken(Arc<Error>),
}

impl Status {
    /// Why nothing can be done any more.
    pub(crate) fn error(&self, operation: &'static str, endpoint: &str) -> Option<Error> {
        match self {
            Self::Open => None,
            Self::Closing => {
                Some(Error::new(ErrorKind::Closed, operation, "the session is closed").at(endpoint))
            }
            Self::Broken(error) => Some(error.share()),
        }
    }
}

/// What the session's handles and the pipelines' tasks ask of the actor.
pub(crate) enum Command {
    /// A pipeline, not yet started.
    Create {
        pid: Uuid,
        create: Box<CreatePipeline>,
        reply: oneshot::Sender<Result<client::Pipeline, Error>>,
    },
    /// A pipeline is over and has to be freed.
    Ended(Ended),
    /// Something failed after which nobody knows what the server has done.
    Broken(Error),
    /// The session key is needed.
    Key {
        reply: oneshot::Sender<Result<(), Error>>,
    },
    Close {
        reply: oneshot::Sender<Result<(), Error>>,
    },
}

/// What is left of a pipeline.
pub(crate) struct Ended {
    pid: Uuid,
    /// The server knows the pipeline.
    started: bool,
    /// It may still be running.
    running: bool,
    /// Requests under way that end by themselves once the pipeline is freed.
    pending: Vec<Pending>,
    /// Another pipeline may start when this one is freed.
    permit: OwnedSemaphorePermit,
}

struct Pending {
    over: JoinHandle<()>,
    request: AbortHandle,
}

/// Makes sure that a pipeline is stopped and freed, whatever becomes of its task: dropping it posts [`Command::Ended`].
pub(crate) struct Lease {
    ended: Option<Ended>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Lease {
    pub(crate) fn new(
        pid: Uuid,
        permit: OwnedSemaphorePermit,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Self {
        let ended = Ended {
            pid,
            started: false,
            running: false,
            pending: Vec::new(),
            permit,
        };
        Self {
            ended: Some(ended),
            commands,
        }
    }

    pub(crate) fn started(&mut self, started: bool) {
        if let Some(ended) = &mut self.ended {
            ended.started = started;
            ended.running = started;
        }
    }

    /// The server has said that the pipeline is over.
    pub(crate) fn finished(&mut self) {
        if let Some(ended) = &mut self.ended {
            ended.running = false;
        }
    }

    /// Leaves a request to the clean-up.
    pub(crate) fn leave<T: Send + 'static>(&mut self, request: Option<JoinHandle<T>>) {
        if let (Some(ended), Some(request)) = (&mut self.ended, request) {
            ended.pending.push(Pending {
                request: request.abort_handle(),
                // What it brings concerns nobody any more.
                over: tokio::spawn(async move { drop(request.await) }),
            });
        }
    }

    pub(crate) fn broken(&self, error: &Error) {
        tell(&self.commands, Command::Broken(error.share()));
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            tell(&self.commands, Command::Ended(ended));
        }
    }
}

/// Posts a command. When the actor is gone, so is the shell, and nothing is left to do.
pub(crate) fn tell(commands: &mpsc::UnboundedSender<Command>, command: Command) {
    if commands.send(command).is_err() {
        tracing::debug!("the session has ended before a pipeline of it");
    }
}

pub(crate) struct Actor {
    pub(crate) pool: client::Pool,
    pub(crate) transport: Arc<dyn ShellTransport>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) keys: Arc<Mutex<SessionKeys>>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) max_runspaces: u32,
}

/// The requests that the actor has under way.
#[derive(Default)]
struct Work {
    /// The pool is listened to.
    listening: bool,
    receiving: Option<JoinHandle<Result<Delivery, Error>>>,
    sending: Option<JoinHandle<Result<(), Error>>>,
    cleanups: JoinSet<Result<(), Error>>,
    /// Waits until every pipeline is freed.
    emptying: Option<JoinHandle<()>>,
    closing: Option<JoinHandle<Result<(), Error>>>,
    key_waiters: Vec<oneshot::Sender<Result<(), Error>>>,
    close_waiters: Vec<oneshot::Sender<Result<(), Error>>>,
}

impl Actor {
    pub(crate) async fn run(mut self) {
        let mut work = Work::default();
        let mut quiet = pin!(sleep(QUIET));
        let mut handles_left = true;
        let result = loop {
            tokio::select! {
                command = self.commands.recv(), if handles_left => match command {
                    Some(command) => self.handle(command, &mut work),
                    None => {
                        handles_left = false;
                        self.begin_close(&mut work);
                    }
                },
                () = &mut quiet, if !work.listening => self.listen(&mut work),
                delivery = join(&mut work.receiving) => {
                    work.receiving = None;
                    self.delivered(delivery, &mut work);
                }
                sent = join(&mut work.sending) => {
                    work.sending = None;
                    match sent {
                        Ok(Ok(())) => self.send(&mut work),
                        Ok(Err(error)) => self.broken(error, &mut work),
                        Err(error) => self.broken(self.panicked(&error), &mut work),
                    }
                }
                Some(freed) = work.cleanups.join_next() => match freed {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) if error.fault().is_some() => {
                        tracing::warn!(error = %error, "a pipeline could not be freed");
                    }
                    Ok(Err(error)) => self.broken(error, &mut work),
                    Err(error) => self.broken(self.panicked(&error), &mut work),
                },
                _ = join(&mut work.emptying) => {
                    work.emptying = None;
                    let transport = Arc::clone(&self.transport);
                    let broken = matches!(*self.status.borrow(), Status::Broken(_));
                    work.closing = Some(tokio::spawn(async move {
                        // Of a lost connection nothing more can be expected.
                        if broken { Ok(()) } else { transport.close().await }
                    }));
                }
                closed = join(&mut work.closing) => {
                    break closed.unwrap_or_else(|error| Err(self.panicked(&error)));
                }
            }
        };
        self.end(result, work).await;
    }

    async fn end(mut self, closed: Result<(), Error>, mut work: Work) {
        self.pool.closed();
        if let Some(receiving) = work.receiving.take() {
            let abort = receiving.abort_handle();
            // The server ends it, because the shell is gone; if not, the connection is of no use any more.
            if timeout(LAST_RECEIVE, receiving).await.is_err() {
                abort.abort();
            }
        }
        while work.cleanups.join_next().await.is_some() {}
        let finished = self.transport.finish().await;
        let result = closed.and(finished);
        if let Err(error) = &result {
            tracing::warn!(error = %error, "the session did not close well");
        }
        self.fail_key_waiters(&mut work);
        for waiter in work.close_waiters {
            // A caller that no longer waits needs no answer.
            drop(waiter.send(result.as_ref().copied().map_err(Error::share)));
        }
    }

    fn handle(&mut self, command: Command, work: &mut Work) {
        match command {
            Command::Create { pid, create, reply } => {
                let pipeline = self
                    .pool
                    .pipeline(pid, &create)
                    .map_err(|error| self.protocol_error("start the pipeline", ErrorKind::Usage, error));
                // A caller that no longer waits has given its lease back.
                drop(reply.send(pipeline));
            }
            Command::Ended(ended) => {
                self.listen(work);
                let transport = Arc::clone(&self.transport);
                let lost = matches!(*self.status.borrow(), Status::Broken(_));
                work.cleanups.spawn(free(transport, ended, lost));
            }
            Command::Broken(error) => self.broken(error, work),
            Command::Key { reply } => {
                work.key_waiters.push(reply);
                self.exchange_keys(work);
            }
            Command::Close { reply } => {
                work.close_waiters.push(reply);
                self.begin_close(work);
            }
        }
    }

    fn begin_close(&mut self, work: &mut Work) {
        if work.emptying.is_some() || work.closing.is_some() {
            return;
        }
        self.status.send_if_modified(|status| match status {
            Status::Open => {
                *status = Status::Closing;
                true
            }
            Status::Closing | Status::Broken(_) => false,
        });
        self.pool.closing();
        let (permits, all) = (Arc::clone(&self.permits), self.max_runspaces);
        work.emptying = Some(tokio::spawn(async move {
            // The semaphore is never closed, so this ends when the last pipeline is freed.
            drop(permits.acquire_many(all).await);
        }));
    }

    fn listen(&mut self, work: &mut Work) {
        if !work.listening {
            work.listening = true;
            self.receive(work);
        }
    }

    /// Keeps a Receive of the pool open as long as the pool lives.
    fn receive(&mut self, work: &mut Work) {
        if work.receiving.is_none() && !self.pool.state().is_over() && work.closing.is_none() {
            let transport = Arc::clone(&self.transport);
            work.receiving = Some(tokio::spawn(async move { transport.receive(Target::Pool).await }));
        }
    }

    fn send(&mut self, work: &mut Work) {
        if work.sending.is_some() {
            return;
        }
        match self.pool.next_outgoing(self.transport.room(Carrier::Send)) {
            Ok(Some(outgoing)) => {
                // The answer comes on the pool's stream.
                self.listen(work);
                let transport = Arc::clone(&self.transport);
                work.sending = Some(tokio::spawn(async move {
                    transport.send(Target::Pool, outgoing).await
                }));
            }
            Ok(None) => {}
            Err(error) => self.broken(
                self.protocol_error("send to the pool", ErrorKind::Protocol, error),
                work,
            ),
        }
    }

    fn delivered(&mut self, delivery: Result<Result<Delivery, Error>, JoinError>, work: &mut Work) {
        let delivery = match delivery {
            Ok(Ok(delivery)) => delivery,
            Ok(Err(error)) => {
                // Closing the shell ends its Receive.
                if matches!(*self.status.borrow(), Status::Open) {
                    self.broken(error, work);
                }
                return;
            }
            Err(error) => return self.broken(self.panicked(&error), work),
        };
        if !delivery.done {
            self.receive(work);
        }
        if let Err(error) = feed_pool(&mut self.pool, &delivery) {
            return self.broken(
                self.protocol_error("read the pool's messages", ErrorKind::Protocol, error),
                work,
            );
        }
        loop {
            match self.pool.next_event() {
                Ok(Some(event)) => {
                    self.counters.received(false);
                    self.follow(event, work);
                }
                Ok(None) => break,
                Err(error) => {
                    let error = self.protocol_error("read the pool's messages", ErrorKind::Protocol, error);
                    return self.broken(error, work);
                }
            }
        }
        self.send(work);
    }

    fn follow(&mut self, event: PoolEvent, work: &mut Work) {
        match event {
            PoolEvent::State(state) if state.state != RunspacePoolState::Opened => {
                if matches!(*self.status.borrow(), Status::Open) {
                    let error = pool_ended(state.state, state.error.as_deref());
                    self.broken(error.at(self.transport.endpoint()), work);
                }
            }
            PoolEvent::HostCall(call) if call.needs_response() => {
                let name = call.method().map_or("this host method", |method| method.name);
                tracing::info!(method = name, "refused a host call of the pool");
                if let Err(error) = self
                    .pool
                    .respond(&call.refuse(ErrorRecord::host_call_refused(name)))
                {
                    tracing::warn!(error = %error, "a host call could not be refused");
                }
                self.counters.sent(1);
            }
            PoolEvent::PublicKeyRequest => self.exchange_keys(work),
            PoolEvent::SessionKey(key) => {
                let accepted = self.pool.accept_session_key(&key, &mut *lock(&self.keys));
                let accepted = accepted
                    .map_err(|error| self.protocol_error("exchange keys", ErrorKind::Protocol, error));
                for waiter in work.key_waiters.drain(..) {
                    // A caller that no longer waits needs no answer.
                    drop(waiter.send(accepted.as_ref().copied().map_err(Error::share)));
                }
            }
            PoolEvent::Record { event, .. } => tracing::info!(?event, "a record of the pool"),
            PoolEvent::Undecodable(message) => {
                tracing::warn!(message_type = %message.message_type, error = %message.error, "unreadable message");
            }
            other => tracing::debug!(?other, "an event of the pool"),
        }
    }

    fn exchange_keys(&mut self, work: &mut Work) {
        let known = lock(&self.keys).has_session_key();
        let asked = if known {
            Ok(())
        } else {
            self.pool.send_public_key(&mut *lock(&self.keys))
        };
        match asked {
            Ok(()) if known => {
                for waiter in work.key_waiters.drain(..) {
                    // A caller that no longer waits needs no answer.
                    drop(waiter.send(Ok(())));
                }
            }
            Ok(()) => {
                self.counters.sent(1);
                self.send(work);
            }
            Err(error) => {
                let error = self.protocol_error("exchange keys", ErrorKind::Protocol, error);
                for waiter in work.key_waiters.drain(..) {
                    drop(waiter.send(Err(error.share())));
                }
            }
        }
    }

    fn fail_key_waiters(&self, work: &mut Work) {
        let why = self
            .status
            .borrow()
            .error("exchange keys", self.transport.endpoint());
        for waiter in work.key_waiters.drain(..) {
            if let Some(error) = &why {
                drop(waiter.send(Err(error.share())));
            }
        }
    }

    fn broken(&mut self, error: Error, work: &mut Work) {
        if !matches!(*self.status.borrow(), Status::Broken(_)) {
            tracing::warn!(error = %error, "the session is broken");
            self.status.send_replace(Status::Broken(Arc::new(error)));
        }
        if self.pool.state() != ClientPoolState::Broken {
            self.pool.broken();
        }
        if let Some(receiving) = work.receiving.take() {
            receiving.abort();
        }
        self.fail_key_waiters(work);
    }

    fn protocol_error(
        &self,
        operation: &'static str,
        kind: ErrorKind,
        error: psbridge_protocol::Error,
    ) -> Error {
        Error::new(kind, operation, error.to_string())
            .at(self.transport.endpoint())
            .caused_by(error)
    }

    fn panicked(&self, error: &JoinError) -> Error {
        Error::new(
            ErrorKind::Protocol,
            "go on",
            format!("a task of the session failed: {error}"),
        )
        .at(self.transport.endpoint())
    }
}

/// Why a pool ended that we did not close.
pub(crate) fn pool_ended(state: RunspacePoolState, error: Option<&ErrorRecord>) -> Error {
    let detail = match error {
        Some(error) => format!("the endpoint says: {}", error.message()),
        None => format!("the endpoint has ended the session (state {})", state.name()),
    };
    let result = Error::new(ErrorKind::Fault, "keep the session open", detail).advise("open a new session");
    match error {
        Some(error) => result.with_error_record(error.clone()),
        None => result,
    }
}

/// Stops and frees a pipeline, and gives its place to the next one.
async fn free(transport: Arc<dyn ShellTransport>, ended: Ended, lost: bool) -> Result<(), Error> {
    let Ended {
        pid,
        started,
        running,
        pending,
        permit,
    } = ended;
    let result = if started && !lost {
        let stopped = if running {
            transport.stop(pid).await
        } else {
            Ok(())
        };
        // A pipeline that cannot be stopped can still be freed, unless the connection is lost.
        match stopped {
            Err(error) if error.fault().is_none() => Err(error),
            _ => transport.free(pid).await,
        }
    } else {
        Ok(())
    };
    drop(permit);
    for Pending { over, request } in pending {
        // The server ends it, because the pipeline is gone; if not, the connection is of no use any more.
        if lost || result.is_err() || timeout(LAST_RECEIVE, over).await.is_err() {
            request.abort();
        }
    }
    result
}

pub(crate) fn feed_pool(
    pool: &mut client::Pool,
    delivery: &Delivery,
) -> Result<(), psbridge_protocol::Error> {
    for chunk in &delivery.chunks {
        match chunk {
            Chunk::Base64(text) => pool.receive_base64(text_of(text)).map(|_bytes| ())?,
            Chunk::Raw(bytes) => pool.receive(bytes),
        }
    }
    Ok(())
}

/// Base64 is ASCII; whatever is not becomes something that is no base64 either.
pub(crate) fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or("\u{fffd}")
}

async fn join<T>(handle: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match handle {
        Some(handle) => handle.await,
        None => pending().await,
    }
}

pub(crate) fn lock(keys: &Mutex<SessionKeys>) -> std::sync::MutexGuard<'_, SessionKeys> {
    keys.lock().unwrap_or_else(PoisonError::into_inner)
}
