use psbridge_clixml::{Document, Interner, Limits, Value};
use uuid::Uuid;

use super::pool::call_id;
use super::{Lane, PoolOptions, Undecodable};
use crate::codec::{self, Inbox, payload_data};
use crate::error::{DecodeError, Error};
use crate::fragment::{FragmentError, ObjectIds, Outbox};
use crate::message::{Destination, Message, MessageRef, MessageType};
use crate::payload::{
    CreatePipeline, ErrorRecord, GetCommandMetadata, HostCall, HostMethod, HostResponse, InformationRecord,
    InformationalKind, InformationalRecord, PipelineState, PipelineStateMessage, ProgressMessage, Received,
    VOID_CALL,
};

/// What a client asks of a pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PipelineEvent {
    /// The pipeline is to run.
    Create(Box<Received<CreatePipeline>>),
    /// Commands are asked for; the answer is output.
    GetCommandMetadata(Box<Received<GetCommandMetadata>>),
    /// One input object; `$null` is a document whose value is Nil.
    Input(Document),
    /// There is no more input.
    EndOfInput,
    /// The answer to a host call.
    HostResponse(Box<Received<HostResponse>>),
    /// A message of a type that is not known, or that has no place here.
    Unknown(Box<Message>),
    /// A message whose data could not be read. If it was the pipeline itself, answer with state Failed.
    Undecodable(Box<Undecodable>),
}

/// A server's pipeline.
#[derive(Debug)]
pub struct Pipeline {
    rpid: Uuid,
    pid: Uuid,
    state: PipelineState,
    input: Inbox,
    responses: Inbox,
    output: Outbox,
    next_call: i64,
    waiting_calls: usize,
}

impl Pipeline {
    pub(super) fn new(rpid: Uuid, pid: Uuid, options: &PoolOptions, ids: ObjectIds) -> Self {
        Self {
            rpid,
            pid,
            state: PipelineState::NotStarted,
            input: Inbox::new(&options.limits),
            responses: Inbox::new(&options.limits),
            output: Outbox::new(ids, options.fragment_len),
            next_call: 1,
            waiting_calls: 0,
        }
    }

    /// Id of the pipeline; that of its first message, which may differ from the one it was made with.
    pub fn id(&self) -> Uuid {
        self.pid
    }

    /// Where it stands: Running from its creation until a terminal state is queued.
    pub fn state(&self) -> PipelineState {
        self.state
    }

    /// Bytes of the Command's argument or of a Send with this command.
    pub fn receive(&mut self, lane: Lane, bytes: &[u8]) {
        match lane {
            Lane::Input => self.input.stream.push(bytes),
            Lane::PromptResponse => self.responses.stream.push(bytes),
        }
    }

    /// The next event; `None` until more bytes come.
    ///
    /// # Errors
    /// When a stream is broken.
    pub fn next_event(&mut self) -> Result<Option<PipelineEvent>, Error> {
        let next = match read_next(&mut self.responses)? {
            None => read_next(&mut self.input)?,
            some => some,
        };
        let Some((event, rpid, pid)) = next else {
            return Ok(None);
        };
        self.follow(&event, rpid, pid);
        Ok(Some(event))
    }

    /// A message that came on the pool's stream.
    pub fn accept(&mut self, message: &Message) -> PipelineEvent {
        let borrowed = MessageRef {
            destination: message.destination,
            message_type: message.message_type,
            rpid: message.rpid,
            pid: message.pid,
            data: &message.data,
        };
        let event = read_event(&borrowed, &self.input.limits, &mut self.input.interner);
        self.follow(&event, message.rpid, message.pid);
        event
    }

    /// Queues an output object; Nil is `$null`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn output(&mut self, value: &Value) -> Result<(), Error> {
        self.push(MessageType::PipelineOutput, codec::data(value)?);
        Ok(())
    }

    /// Queues an error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn error(&mut self, record: &ErrorRecord) -> Result<(), Error> {
        self.push(MessageType::ErrorRecord, payload_data(record)?);
        Ok(())
    }

    /// Queues debug or verbose text, or a warning.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn informational(
        &mut self,
        kind: InformationalKind,
        record: &InformationalRecord,
    ) -> Result<(), Error> {
        self.push(kind.message_type(), codec::data(&record.to_value(kind))?);
        Ok(())
    }

    /// Queues information; only for clients from 2.3.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn information(&mut self, record: &InformationRecord) -> Result<(), Error> {
        self.push(MessageType::InformationRecord, payload_data(record)?);
        Ok(())
    }

    /// Queues progress.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn progress(&mut self, record: &ProgressMessage) -> Result<(), Error> {
        self.push(MessageType::ProgressRecord, payload_data(record)?);
        Ok(())
    }

    /// Calls a method of the pipeline's host. Gives the id that the response will have; `None` for void methods.
    ///
    /// # Errors
    /// When a parameter cannot be written.
    pub fn host_call(&mut self, method: &HostMethod, parameters: Vec<Value>) -> Result<Option<i64>, Error> {
        let (call_id, next) = call_id(method, self.next_call);
        let call = HostCall {
            call_id,
            method_id: method.id,
            parameters,
        };
        self.push(MessageType::PipelineHostCall, payload_data(&call)?);
        self.next_call = next;
        if call_id == VOID_CALL {
            return Ok(None);
        }
        self.waiting_calls += 1;
        Ok(Some(call_id))
    }

    /// A host call waits for its response: the state of the command is Pending.
    pub fn waits_for_host(&self) -> bool {
        self.waiting_calls > 0
    }

    /// Ran to its end.
    ///
    /// # Errors
    /// As [`Pipeline::end`].
    pub fn completed(&mut self) -> Result<(), Error> {
        self.end(&PipelineStateMessage::new(PipelineState::Completed))
    }

    /// Ended with an error, which is told only here.
    ///
    /// # Errors
    /// As [`Pipeline::end`].
    pub fn failed(&mut self, error: ErrorRecord) -> Result<(), Error> {
        self.end(&PipelineStateMessage::with_error(PipelineState::Failed, error))
    }

    /// Was stopped.
    ///
    /// # Errors
    /// As [`Pipeline::end`].
    pub fn stopped(&mut self) -> Result<(), Error> {
        self.end(&PipelineStateMessage::with_error(
            PipelineState::Stopped,
            ErrorRecord::stopped(),
        ))
    }

    /// Queues a terminal state behind all that waits. Does nothing when one was queued before.
    ///
    /// # Errors
    /// When its error record cannot be written.
    pub fn end(&mut self, state: &PipelineStateMessage) -> Result<(), Error> {
        if self.state.is_terminal() {
            return Ok(());
        }
        self.push(MessageType::PipelineState, payload_data(state)?);
        self.state = state.state;
        self.waiting_calls = 0;
        Ok(())
    }

    /// Queues a message as it is, as tests of clients need.
    pub fn push(&mut self, message_type: MessageType, data: Vec<u8>) {
        self.output.push(Message {
            destination: Destination::Client,
            message_type,
            rpid: self.rpid,
            pid: Some(self.pid),
            data,
        });
    }

    /// Something waits to be sent.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Bytes of messages that wait to be sent; a pipeline with much output stops while they are many.
    pub fn pending_bytes(&self) -> usize {
        self.output.pending_bytes()
    }

    /// The next fragment, at most `max` bytes: one `rsp:Stream` of an answer. `None` when nothing waits.
    ///
    /// # Errors
    /// When `max` is too small for anything.
    pub fn next_fragment(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError> {
        self.output.next_fragment(max)
    }

    fn follow(&mut self, event: &PipelineEvent, rpid: Uuid, pid: Option<Uuid>) {
        match event {
            PipelineEvent::Create(_) | PipelineEvent::GetCommandMetadata(_)
                if self.state == PipelineState::NotStarted =>
            {
                self.state = PipelineState::Running;
                self.rpid = rpid;
                self.pid = pid.unwrap_or(self.pid);
            }
            PipelineEvent::HostResponse(_) => self.waiting_calls = self.waiting_calls.saturating_sub(1),
            _ => {}
        }
    }
}

/// The next event of one lane, and the ids in its message.
fn read_next(inbox: &mut Inbox) -> Result<Option<(PipelineEvent, Uuid, Option<Uuid>)>, Error> {
    let Inbox {
        stream,
        limits,
        interner,
    } = inbox;
    let Some(assembled) = stream.next_message()? else {
        return Ok(None);
    };
    let message = MessageRef::decode(assembled.bytes)?;
    Ok(Some((
        read_event(&message, limits, interner),
        message.rpid,
        message.pid,
    )))
}

fn read_event(message: &MessageRef<'_>, limits: &Limits, interner: &mut Interner) -> PipelineEvent {
    let mut read = || -> Result<PipelineEvent, DecodeError> {
        if message.destination != Destination::Server {
            return Ok(PipelineEvent::Unknown(Box::new(message.to_message())));
        }
        let mut document = || codec::document(message, limits, interner);
        Ok(match message.message_type {
            MessageType::CreatePipeline => PipelineEvent::Create(Box::new(Received::read(document()?)?)),
            MessageType::GetCommandMetadata => {
                PipelineEvent::GetCommandMetadata(Box::new(Received::read(document()?)?))
            }
            MessageType::PipelineInput => PipelineEvent::Input(document()?),
            MessageType::EndOfPipelineInput => PipelineEvent::EndOfInput,
            MessageType::PipelineHostResponse => {
                PipelineEvent::HostResponse(Box::new(Received::read(document()?)?))
            }
            _ => PipelineEvent::Unknown(Box::new(message.to_message())),
        })
    };
    read().unwrap_or_else(|error| PipelineEvent::Undecodable(Box::new(Undecodable::new(message, error))))
}
