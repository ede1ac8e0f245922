//! The task of one pipeline: its Receive loop, its reassembly and decoding, its input.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use psbridge_clixml::{Document, Interner, Limits, Value};
use psbridge_protocol::client::{self, Event};
use psbridge_protocol::payload::{ErrorRecord, PipelineState, PipelineStateMessage, Received};
use psbridge_protocol::wsman::FaultAction;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{JoinError, JoinHandle};

use super::actor::{Lease, Status, text_of};
use super::stats::Counters;
use crate::channel::{NoRoom, Sender};
use crate::error::{Error, ErrorKind};
use crate::pipeline::{Input, InputError};
use crate::record::Record;
use crate::transport::{Carrier, Chunk, Delivery, ShellTransport, Target};

const START: &str = "start the pipeline";
const RUN: &str = "run the pipeline";

/// How output is read.
pub(crate) type Decode<T> = fn(&[u8], &Limits, &mut Interner) -> Result<T, psbridge_clixml::Error>;

/// What the caller's side and the task share.
#[derive(Default)]
pub(crate) struct Control {
    stop_asked: AtomicBool,
    stop_noticed: Notify,
    over: AtomicBool,
}

impl Control {
    pub(crate) fn ask_stop(&self) {
        self.stop_asked.store(true, Ordering::Relaxed);
        self.stop_noticed.notify_one();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

pub(crate) struct Task<T> {
    pub(crate) pipeline: client::Pipeline,
    pub(crate) transport: Arc<dyn ShellTransport>,
    pub(crate) output: Sender<Result<Record<T>, Error>>,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) control: Arc<Control>,
    pub(crate) input: Option<Input>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) lease: Lease,
    pub(crate) decode: Decode<T>,
}

/// The requests that the task has under way, and what it has learned from them.
struct Work<T> {
    receiving: Option<JoinHandle<Result<Delivery, Error>>>,
    sending: Option<JoinHandle<Result<(), Error>>>,
    /// A record for which the caller has no room yet.
    waiting: Option<(Record<T>, usize)>,
    /// No more data will come.
    done: bool,
    /// The error of the final state.
    reason: Option<ErrorRecord>,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        Self {
            receiving: None,
            sending: None,
            waiting: None,
            done: false,
            reason: None,
        }
    }
}

/// What the task waited for.
enum Next {
    Record,
    Sent(Result<(), Error>),
    Delivery(Result<Delivery, Error>),
    Input(Option<Result<Value, InputError>>),
    Stop,
    Status,
}

/// How the work came to its end.
enum End {
    /// The server has said how.
    State(PipelineState),
    /// Nobody reads the records any more.
    Abandoned,
    Error(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<T: Send + 'static> Task<T> {
    pub(crate) async fn run(mut self, started: oneshot::Sender<Result<(), Error>>) {
        let begun = self.start().await;
        let failed = begun.is_err();
        // A caller that has given up has dropped the records too, which is noticed below.
        drop(started.send(begun));
        if failed {
            self.control.over.store(true, Ordering::Relaxed);
            return;
        }
        let mut work = Work::default();
        self.receive(&mut work);
        let end = match self.work(&mut work).await {
            Ok(state) => End::State(state),
            Err(end) => end,
        };
        self.end(end, work).await;
    }

    async fn start(&mut self) -> Result<(), Error> {
        let id = self.pipeline.id();
        let first = self.pipeline.start(self.transport.room(Carrier::Start));
        let first = first.map_err(|error| self.protocol_error(START, ErrorKind::Usage, error))?;
        self.lease.started(true);
        if let Err(error) = self.transport.start(id, first).await {
            // A fault says that there is no such pipeline on the server.
            self.lease.started(error.fault().is_none());
            return Err(self.failed(error));
        }
        self.counters.started();
        self.counters.sent(1);
        while let Some(outgoing) = self.next_outgoing()? {
            self.transport
                .send(Target::Pipeline(id), outgoing)
                .await
                .map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    async fn work(&mut self, work: &mut Work<T>) -> Result<PipelineState, End> {
        loop {
            if work.waiting.is_none() {
                self.decode(work)?;
            }
            if work.waiting.is_none() && self.pipeline.state().is_terminal() {
                return Ok(self.pipeline.state());
            }
            self.send(work)?;
            let room = self.transport.room(Carrier::Send);
            let wants_input = self.pipeline.takes_input() && self.pipeline.pending_bytes() < room;
            let weight = work.waiting.as_ref().map_or(0, |(_, weight)| *weight);
            let next = tokio::select! {
                biased;
                slot = self.output.reserve(weight), if work.waiting.is_some() => {
                    let Some(slot) = slot else { return Err(End::Abandoned) };
                    if let Some((record, _)) = work.waiting.take() {
                        slot.send(Ok(record));
                    }
                    Next::Record
                }
                () = self.output.closed() => return Err(End::Abandoned),
                sent = join(&mut work.sending) => {
                    work.sending = None;
                    Next::Sent(sent.unwrap_or_else(|error| Err(panicked(&*self.transport, &error))))
                }
                delivery = join(&mut work.receiving), if work.waiting.is_none() => {
                    work.receiving = None;
                    Next::Delivery(delivery.unwrap_or_else(|error| Err(panicked(&*self.transport, &error))))
                }
                () = self.control.stop_noticed.notified() => Next::Stop,
                item = next_input(&mut self.input), if wants_input => Next::Input(item),
                _ = self.status.changed() => Next::Status,
            };
            match next {
                Next::Record => {}
                Next::Sent(sent) => sent.or_else(|error| self.send_failed(error))?,
                Next::Delivery(delivery) => self.delivered(delivery, work)?,
                Next::Stop => self.pipeline.stopping(),
                Next::Input(item) => self.take_input(item)?,
                Next::Status => {
                    let why = self
                        .status
                        .borrow_and_update()
                        .error(RUN, self.transport.endpoint());
                    if let Some(error) = why {
                        return Err(End::Error(error));
                    }
                }
            }
        }
    }

    /// Reads what has come, until there is no more or the caller has no room.
    fn decode(&mut self, work: &mut Work<T>) -> Result<(), End> {
        while let Some((record, weight)) = self.next_record(work)? {
            match self.output.try_reserve(weight) {
                Ok(slot) => slot.send(Ok(record)),
                Err(NoRoom::Gone) => return Err(End::Abandoned),
                Err(NoRoom::Full) => {
                    work.waiting = Some((record, weight));
                    return Ok(());
                }
            }
        }
        if work.done && !self.pipeline.state().is_terminal() {
            work.waiting = Some((self.ended_in_silence(), 1));
        }
        Ok(())
    }

    fn next_record(&mut self, work: &mut Work<T>) -> Result<Option<(Record<T>, usize)>, Error> {
        loop {
            let event = self.pipeline.next_event_with(self.decode);
            let event = event.map_err(|error| self.protocol_error(RUN, ErrorKind::Protocol, error))?;
            let Some(event) = event else { return Ok(None) };
            self.counters.received(matches!(event, Event::Output(_)));
            match &event {
                Event::HostCall(call) if call.needs_response() => {
                    let name = call.method().map_or("this host method", |method| method.name);
                    let refusal = call.refuse(ErrorRecord::host_call_refused(name));
                    let queued = self.pipeline.respond(&refusal);
                    queued.map_err(|error| self.protocol_error(RUN, ErrorKind::Protocol, error))?;
                    self.counters.sent(1);
                }
                Event::State(state) => work.reason = state.error.as_deref().cloned(),
                _ => {}
            }
            if let Some(record) = Record::from_event(event) {
                return Ok(Some((record, self.pipeline.last_message_len())));
            }
        }
    }

    /// The command is over, and nobody has said how the pipeline ended: it was killed, or stopped.
    fn ended_in_silence(&mut self) -> Record<T> {
        if self.control.stop_asked.load(Ordering::Relaxed) {
            self.pipeline.stopping();
        }
        let value = PipelineStateMessage::new(self.pipeline.command_done());
        Record::State(Box::new(Received {
            value,
            document: Document::default(),
        }))
    }

    fn delivered(&mut self, delivery: Result<Delivery, Error>, work: &mut Work<T>) -> Result<(), End> {
        let delivery = match delivery {
            Ok(delivery) => delivery,
            Err(error) if is_gone(&error) && self.control.stop_asked.load(Ordering::Relaxed) => {
                work.done = true;
                return Ok(());
            }
            Err(error) => return Err(End::Error(self.failed(error))),
        };
        work.done = delivery.done;
        // The next one is under way while this one is read.
        self.receive(work);
        self.feed(&delivery)?;
        Ok(())
    }

    fn feed(&mut self, delivery: &Delivery) -> Result<(), Error> {
        for chunk in &delivery.chunks {
            let taken = match chunk {
                Chunk::Base64(text) => self.pipeline.receive_base64(text_of(text)).map(|_bytes| ()),
                Chunk::Raw(bytes) => {
                    self.pipeline.receive(bytes);
                    Ok(())
                }
            };
            taken.map_err(|error| self.protocol_error(RUN, ErrorKind::Protocol, error))?;
        }
        Ok(())
    }

    fn receive(&self, work: &mut Work<T>) {
        if work.done {
            return;
        }
        let (transport, target) = (Arc::clone(&self.transport), Target::Pipeline(self.pipeline.id()));
        work.receiving = Some(tokio::spawn(async move { transport.receive(target).await }));
    }

    fn send(&mut self, work: &mut Work<T>) -> Result<(), Error> {
        if work.sending.is_none()
            && let Some(outgoing) = self.next_outgoing()?
        {
            let (transport, target) = (Arc::clone(&self.transport), Target::Pipeline(self.pipeline.id()));
            work.sending = Some(tokio::spawn(
                async move { transport.send(target, outgoing).await },
            ));
        }
        Ok(())
    }

    fn next_outgoing(&mut self) -> Result<Option<client::Outgoing>, Error> {
        let outgoing = self.pipeline.next_outgoing(self.transport.room(Carrier::Send));
        outgoing.map_err(|error| self.protocol_error(RUN, ErrorKind::Protocol, error))
    }

    fn take_input(&mut self, item: Option<Result<Value, InputError>>) -> Result<(), Error> {
        let taken = match item {
            Some(Ok(value)) => self.pipeline.input(&value),
            None => {
                self.input = None;
                self.pipeline.end_input()
            }
            Some(Err(error)) => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "read the input of the pipeline",
                    error.to_string(),
                )
                .at(self.transport.endpoint()));
            }
        };
        self.counters.sent(1);
        taken.map_err(|error| self.protocol_error("send input", ErrorKind::Usage, error))
    }

    /// Input for a pipeline that has just ended meets nobody. That it has ended is told by its output.
    fn send_failed(&mut self, error: Error) -> Result<(), Error> {
        if is_gone(&error) {
            self.input = None;
            return Ok(());
        }
        Err(self.failed(error))
    }

    async fn end(mut self, end: End, mut work: Work<T>) {
        self.control.over.store(true, Ordering::Relaxed);
        if matches!(end, End::State(_)) {
            self.lease.finished();
        }
        let arrived = work.receiving.take_if(|receiving| receiving.is_finished());
        self.lease.leave(work.receiving.take());
        self.lease.leave(work.sending.take());
        let error = match end {
            End::Abandoned => return,
            End::State(state) => self.outcome(state, work.reason.take()),
            End::Error(error) => {
                // Whatever had come before the error goes out before it.
                if let Some(Ok(Ok(delivery))) = ready(arrived).await
                    && let Err(error) = self.feed(&delivery)
                {
                    tracing::debug!(error = %error, "the rest of the output is lost");
                }
                Some(error)
            }
        };
        let Self {
            mut pipeline,
            output,
            lease,
            decode,
            ..
        } = self;
        // The server is told now; the caller may take his time.
        drop(lease);
        if let Some((record, weight)) = work.waiting.take() {
            let Some(slot) = output.reserve(weight).await else {
                return;
            };
            slot.send(Ok(record));
        }
        let Some(error) = error else { return };
        while let Ok(Some(event)) = pipeline.next_event_with(decode) {
            let weight = pipeline.last_message_len();
            if let Some(record) = Record::from_event(event) {
                let Some(slot) = output.reserve(weight).await else {
                    return;
                };
                slot.send(Ok(record));
            }
        }
        if let Some(slot) = output.reserve(0).await {
            slot.send(Err(error));
        }
    }

    fn outcome(&self, state: PipelineState, reason: Option<ErrorRecord>) -> Option<Error> {
        let kind = match state {
            PipelineState::Failed => ErrorKind::PipelineFailed,
            PipelineState::Stopped if !self.control.stop_asked.load(Ordering::Relaxed) => {
                ErrorKind::PipelineStopped
            }
            _ => return None,
        };
        let detail = match (&reason, kind) {
            (Some(record), _) => record.message(),
            (None, ErrorKind::PipelineStopped) => "it was stopped by the endpoint".to_owned(),
            (None, _) => "it ended without saying why".to_owned(),
        };
        let error = Error::new(kind, RUN, detail).at(self.transport.endpoint());
        Some(match reason {
            Some(record) => error.with_error_record(record),
            None => error,
        })
    }

    /// Without a fault nobody knows what the server has done: the session cannot go on.
    fn failed(&self, error: Error) -> Error {
        let shell_lost = |info: &psbridge_protocol::wsman::FaultInfo| info.action == FaultAction::ShellLost;
        if error
            .fault()
            .is_none_or(|fault| fault.info().is_some_and(shell_lost))
        {
            self.lease.broken(&error);
        }
        error
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
}

fn panicked(transport: &dyn ShellTransport, error: &JoinError) -> Error {
    Error::new(
        ErrorKind::Protocol,
        RUN,
        format!("a task of the session failed: {error}"),
    )
    .at(transport.endpoint())
}

fn is_gone(error: &Error) -> bool {
    let gone = |action| matches!(action, FaultAction::Gone | FaultAction::CommandEnded);
    error
        .fault()
        .and_then(|fault| fault.info())
        .is_some_and(|info| gone(info.action))
}

async fn join<T>(handle: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match handle {
        Some(handle) => handle.await,
        None => pending().await,
    }
}

async fn ready<T>(handle: Option<JoinHandle<T>>) -> Option<Result<T, JoinError>> {
    match handle {
        Some(handle) => Some(handle.await),
        None => None,
    }
}

async fn next_input(input: &mut Option<Input>) -> Option<Result<Value, InputError>> {
    match input {
        Some(input) => poll_fn(|cx| input.as_mut().poll_next(cx)).await,
        None => pending().await,
    }
}
