//! A pipeline of a shell, and the task that drives it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use psbridge_clixml::{Value, Writer};
use psbridge_protocol::Error as ProtocolError;
use psbridge_protocol::fragment::FragmentError;
use psbridge_protocol::message::{Message, MessageType};
use psbridge_protocol::payload::{
    CreatePipeline, ErrorCategory, ErrorRecord, HostMethod, InformationalRecord, ProgressMessage, VOID_CALL,
};
use psbridge_protocol::server::{Lane, Pipeline, PipelineEvent};
use tokio::sync::Notify;

use super::shell::Shell;
use super::target::{Answers, Fragments, State, Taken, take};
use crate::cmdlets;
use crate::engine::run::{Execution, Step};
use crate::engine::{Context, Pause, Record, errors};

/// Steps of a pipeline before others get a turn.
const TURN: usize = 64;

/// Bytes of input that may wait for a pipeline that does not read.
const MAX_PENDING_INPUT: usize = 64 << 20;

/// What a pipeline works on.
enum Work {
    Commands(Box<Execution>),
    /// Objects that are there already: the answer to GET_COMMAND_METADATA.
    Objects(VecDeque<Value>),
}

struct Inner {
    pipeline: Pipeline,
    answers: Answers,
    work: Option<(Work, Box<Context>)>,
    nested: bool,
    /// Asked to stop.
    stop: bool,
    /// Freed by the client, or its shell is gone.
    closed: bool,
    /// The client knows that there is nothing more.
    told_done: bool,
}

/// A command of a shell.
pub(crate) struct Command {
    pub(crate) id: String,
    inner: Mutex<Inner>,
    /// There is something to receive, or the command is gone.
    pub(crate) output: Notify,
    /// Something happened that the driver waits for.
    wake: Notify,
}

/// Why there will be no answer to a Receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The command was freed, or the shell is closed.
    Closed,
    /// The end of the command was told already.
    Done,
    /// The client takes answers too small for anything.
    NoRoom,
}

struct FromPipeline<'a>(&'a mut Pipeline);

impl Fragments for FromPipeline<'_> {
    fn next(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError> {
        self.0.next_fragment(max)
    }
}

/// What the driver does next.
enum Next {
    Again,
    Wait(Pause),
    /// Until the client has taken some output.
    Room,
    End,
}

impl Command {
    pub(crate) fn new(id: String, pipeline: Pipeline) -> Arc<Self> {
        Arc::new(Self {
            id,
            inner: Mutex::new(Inner {
                pipeline,
                answers: Answers::default(),
                work: None,
                nested: false,
                stop: false,
                closed: false,
                told_done: false,
            }),
            output: Notify::new(),
            wake: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pipeline id of its messages.
    pub(crate) fn pid(&self) -> psbridge_clixml::Uuid {
        self.lock().pipeline.id()
    }

    /// Bytes of a Command's argument or of a Send.
    pub(crate) fn receive(
        self: &Arc<Self>,
        shell: &Arc<Shell>,
        lane: Lane,
        bytes: &[u8],
    ) -> Result<(), ProtocolError> {
        let mut start = false;
        {
            let mut inner = self.lock();
            inner.pipeline.receive(lane, bytes);
            while let Some(event) = inner.pipeline.next_event()? {
                start |= inner.handle(shell, event, bytes.len());
            }
        }
        self.go_on(shell, start);
        Ok(())
    }

    /// A message that came on the pool's stream.
    pub(crate) fn accept(self: &Arc<Self>, shell: &Arc<Shell>, message: &Message) {
        let start = {
            let mut inner = self.lock();
            let event = inner.pipeline.accept(message);
            inner.handle(shell, event, message.data.len())
        };
        self.go_on(shell, start);
    }

    fn go_on(self: &Arc<Self>, shell: &Arc<Shell>, start: bool) {
        if start {
            shell.counters.pipelines(1);
            tokio::spawn(Arc::clone(self).drive(Arc::downgrade(shell)));
        }
        self.wake.notify_one();
        // A pipeline that failed before it ran has an end to tell.
        self.output.notify_waiters();
    }

    /// Stops the pipeline; its state follows on Receive.
    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.wake.notify_one();
    }

    /// Frees the command: nothing of it can be received any more.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.work = None;
        drop(inner);
        self.wake.notify_one();
        self.output.notify_waiters();
    }

    /// An answer of at most `max_envelope` bytes, if there is anything to say.
    pub(crate) fn take(&self, message_id: &str, max_envelope: usize) -> Result<Option<Taken>, NoAnswer> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(NoAnswer::Closed);
        }
        if let Some(taken) = inner.answers.again(message_id) {
            return Ok(Some(taken));
        }
        if inner.told_done {
            return Err(NoAnswer::Done);
        }
        let fragments =
            take(&mut FromPipeline(&mut inner.pipeline), max_envelope).map_err(|_| NoAnswer::NoRoom)?;
        let ended = inner.pipeline.state().is_terminal() && !inner.pipeline.has_output();
        if fragments.is_empty() && !ended {
            return Ok(None);
        }
        let pending = inner.pipeline.waits_for_host() && !inner.pipeline.has_output();
        let state = if ended {
            inner.told_done = true;
            Some(State::Done)
        } else {
            pending.then_some(State::Pending)
        };
        let taken = Taken { fragments, state };
        inner.answers.keep(message_id, &taken);
        drop(inner);
        // There is room for more output now.
        self.wake.notify_one();
        Ok(Some(taken))
    }

    /// The answer to a Receive did not reach the client.
    pub(crate) fn lost(&self, message_id: &str) {
        self.lock().answers.lost(message_id);
        self.output.notify_waiters();
    }

    /// Waits for a free runspace; false when the pipeline ended before it ran.
    async fn enter(&self, shell: &Weak<Shell>) -> bool {
        loop {
            let Some(alive) = shell.upgrade() else {
                return false;
            };
            let freed = alive.runspace.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut inner = self.lock();
                if inner.closed {
                    return false;
                }
                if inner.stop {
                    inner.finish(|pipeline| pipeline.stopped());
                    drop(inner);
                    self.output.notify_waiters();
                    return false;
                }
            }
            if alive.enter() {
                return true;
            }
            tokio::select! {
                () = freed => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// Runs the pipeline to its end.
    async fn drive(self: Arc<Self>, shell: Weak<Shell>) {
        // A nested pipeline runs in the runspace of its parent.
        let nested = self.lock().nested;
        if !nested && !self.enter(&shell).await {
            return;
        }
        loop {
            let Some(alive) = shell.upgrade() else { return };
            let mut of_pool = Vec::new();
            let next = self.turn(&alive, &mut of_pool);
            for record in of_pool {
                alive.pool_record(record);
            }
            self.output.notify_waiters();
            match next {
                Next::End => break,
                Next::Again | Next::Wait(Pause::Yield) => tokio::task::yield_now().await,
                Next::Wait(Pause::Until(time)) => {
                    drop(alive);
                    tokio::select! {
                        () = tokio::time::sleep_until(time) => {}
                        () = self.wake.notified() => {}
                    }
                }
                Next::Wait(Pause::Input | Pause::Host) | Next::Room => {
                    drop(alive);
                    self.wake.notified().await;
                }
            }
        }
        if let Some(alive) = shell.upgrade()
            && !nested
        {
            alive.leave();
        }
    }

    /// Some steps of the pipeline.
    fn turn(&self, shell: &Shell, of_pool: &mut Vec<Record>) -> Next {
        let mut inner = self.lock();
        for _ in 0..TURN {
            if inner.closed || inner.pipeline.state().is_terminal() {
                return Next::End;
            }
            if inner.stop {
                inner.finish(|pipeline| pipeline.stopped());
                return Next::End;
            }
            if inner.pipeline.pending_bytes() >= shell.output_buffer {
                return Next::Room;
            }
            let Some((work, cx)) = &mut inner.work else {
                return Next::End;
            };
            let step = match work {
                Work::Commands(execution) => execution.step(cx),
                Work::Objects(objects) => objects.pop_front().map_or(Step::Completed, Step::Output),
            };
            let records: Vec<Record> = std::iter::from_fn(|| cx.next_record()).collect();
            for record in records {
                shell.counters.records(1);
                match record {
                    record @ (Record::PoolHostCall(_) | Record::Event(_) | Record::PoolWarning(_)) => {
                        of_pool.push(record);
                    }
                    record => inner.write(shell, record),
                }
            }
            match step {
                Step::Output(value) => {
                    shell.counters.objects(1);
                    if let Err(error) = inner.pipeline.output(&value) {
                        inner.fail(&error);
                        return Next::End;
                    }
                }
                Step::Pause(pause) => return Next::Wait(pause),
                Step::Completed => {
                    inner.finish(|pipeline| pipeline.completed());
                    return Next::End;
                }
                Step::Failed(error) => {
                    inner.finish(|pipeline| pipeline.failed(*error));
                    return Next::End;
                }
            }
        }
        Next::Again
    }
}

impl Inner {
    /// Takes an event; says whether the pipeline is to start.
    fn handle(&mut self, shell: &Shell, event: PipelineEvent, bytes: usize) -> bool {
        match event {
            PipelineEvent::Create(create) if self.work.is_none() && !self.pipeline.state().is_terminal() => {
                let create: CreatePipeline = create.value;
                self.nested = create.is_nested;
                let host = &create.host_info;
                let has_ui = if host.use_runspace_host {
                    shell.has_ui()
                } else {
                    !host.is_host_null && !host.is_host_ui_null
                };
                let cx = Context::new(Arc::clone(&shell.world), has_ui, create.no_input);
                let execution = Execution::new(create.statements, create.redirect_shell_error_output_pipe);
                self.work = Some((Work::Commands(Box::new(execution)), Box::new(cx)));
                true
            }
            PipelineEvent::GetCommandMetadata(request) if self.work.is_none() => {
                let objects = cmdlets::metadata(&shell.world, &request.value);
                let cx = Context::new(Arc::clone(&shell.world), false, true);
                self.work = Some((Work::Objects(objects), Box::new(cx)));
                true
            }
            PipelineEvent::Input(document) => {
                if let Some((_, cx)) = &mut self.work
                    && cx.input.push(document.into_root(), bytes) > MAX_PENDING_INPUT
                {
                    let error = limit("The pipeline does not take the input that is sent to it.");
                    self.finish(|pipeline| pipeline.failed(error));
                }
                false
            }
            PipelineEvent::EndOfInput => {
                if let Some((_, cx)) = &mut self.work {
                    cx.input.ended = true;
                }
                false
            }
            PipelineEvent::HostResponse(response) => {
                if let Some((_, cx)) = &mut self.work {
                    cx.host.answer(response.value);
                }
                false
            }
            PipelineEvent::Undecodable(undecodable) => {
                let create = matches!(
                    undecodable.message_type,
                    MessageType::CreatePipeline | MessageType::GetCommandMetadata
                );
                if create && self.work.is_none() {
                    let error = limit(&format!("The pipeline cannot be read: {}", undecodable.error));
                    self.finish(|pipeline| pipeline.failed(error));
                } else {
                    // As PowerShell does: dropped without a word.
                    tracing::debug!(error = %undecodable.error, "a message to a pipeline was dropped");
                }
                false
            }
            other => {
                tracing::debug!(?other, "a message to a pipeline was ignored");
                false
            }
        }
    }

    fn write(&mut self, shell: &Shell, record: Record) {
        let written = match record {
            Record::Error(record) => match Writer::new().bom(true).message(&errors::on_error_stream(&record))
            {
                Ok(data) => {
                    self.pipeline.push(MessageType::ErrorRecord, data);
                    Ok(())
                }
                Err(error) => Err(ProtocolError::Encode(error)),
            },
            Record::Text(kind, text) => self.pipeline.informational(kind, &InformationalRecord::new(text)),
            Record::Information(record) if shell.has_information() => self.pipeline.information(&record),
            Record::Information(_) => Ok(()),
            Record::Progress(record) => self.pipeline.progress(&ProgressMessage(*record)),
            Record::HostCall(call) => match HostMethod::from_id(call.method_id) {
                Some(method) => self.pipeline.host_call(method, call.parameters).map(|id| {
                    // Both count the calls that are answered, and count the same ones.
                    if id.unwrap_or(VOID_CALL) != call.call_id {
                        tracing::error!(?id, call = call.call_id, "a host call has two ids");
                    }
                }),
                None => Ok(()),
            },
            Record::PoolHostCall(_) | Record::Event(_) | Record::PoolWarning(_) => Ok(()),
        };
        if let Err(error) = written {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &ProtocolError) {
        tracing::warn!(%error, "a record cannot be written");
        let error = limit(&format!("The output cannot be serialized: {error}"));
        self.finish(|pipeline| pipeline.failed(error));
    }

    /// Queues the last state; the commands stop working.
    fn finish(&mut self, end: impl FnOnce(&mut Pipeline) -> Result<(), ProtocolError>) {
        self.work = None;
        if let Err(error) = end(&mut self.pipeline) {
            tracing::error!(%error, "the end of a pipeline cannot be written");
            self.closed = true;
        }
    }
}

/// The server's own complaint.
fn limit(message: &str) -> ErrorRecord {
    ErrorRecord::new(
        message,
        &[
            "System.Management.Automation.Remoting.PSRemotingDataStructureException",
            "System.Management.Automation.RuntimeException",
            "System.SystemException",
            "System.Exception",
        ],
        "PSRemotingDataStructureException",
        ErrorCategory::INVALID_DATA,
    )
}
