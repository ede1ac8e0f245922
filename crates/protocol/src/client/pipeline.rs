use std::collections::HashSet;

use psbridge_clixml::{Interner, Limits, Value, read_message};
use uuid::Uuid;

use super::{Event, Lane, Outgoing, PoolOptions};
use crate::codec::{self, Inbox, payload_data};
use crate::error::Error;
use crate::fragment::{FragmentError, ObjectIds, Outbox};
use crate::message::{Destination, Message, MessageRef, MessageType};
use crate::payload::{HostResponse, PipelineState};

/// Host calls of one pipeline that may wait for a response at once; a server blocks after the first.
const MAX_WAITING_CALLS: usize = 1024;

/// A client's pipeline.
#[derive(Debug)]
pub struct Pipeline {
    rpid: Uuid,
    pid: Uuid,
    state: PipelineState,
    create: Option<Message>,
    takes_input: bool,
    inbox: Inbox,
    input: Outbox,
    responses: Outbox,
    waiting_calls: HashSet<i64>,
    last_message_len: usize,
}

impl Pipeline {
    pub(super) fn new(create: Message, takes_input: bool, options: &PoolOptions, ids: ObjectIds) -> Self {
        Self {
            rpid: create.rpid,
            pid: create.pid.unwrap_or_default(),
            state: PipelineState::NotStarted,
            create: Some(create),
            takes_input,
            inbox: Inbox::new(&options.limits),
            input: Outbox::new(ids.clone(), options.fragment_len),
            responses: Outbox::new(ids, options.fragment_len),
            waiting_calls: HashSet::new(),
            last_message_len: 0,
        }
    }

    /// Id of the pipeline. A server may choose another CommandId; this one stays in the messages.
    pub fn id(&self) -> Uuid {
        self.pid
    }

    /// Where it stands.
    pub fn state(&self) -> PipelineState {
        self.state
    }

    /// Starts: gives the first fragment for the Command, at most `max` bytes; the rest comes from
    /// [`Pipeline::next_outgoing`].
    ///
    /// # Errors
    /// When it was started before, or `max` is too small.
    pub fn start(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        let Some(create) = self.create.take() else {
            return Err(self.wrong_state("start"));
        };
        let message_type = create.message_type;
        self.input.push(create);
        let first = self
            .input
            .next_fragment(max)?
            .ok_or(Error::NoRoom { message_type, max })?;
        self.state = PipelineState::Running;
        Ok(first)
    }

    /// Adds an input object; Nil is `$null`.
    ///
    /// # Errors
    /// When the pipeline takes no input (any more), or the value cannot be written.
    pub fn input(&mut self, value: &Value) -> Result<(), Error> {
        let data = codec::data(value)?;
        self.push_input(MessageType::PipelineInput, data)
    }

    /// Ends the input.
    ///
    /// # Errors
    /// When the pipeline takes no input (any more).
    pub fn end_input(&mut self) -> Result<(), Error> {
        self.push_input(MessageType::EndOfPipelineInput, Vec::new())?;
        self.takes_input = false;
        Ok(())
    }

    /// Input may be added.
    pub fn takes_input(&self) -> bool {
        self.takes_input && !self.state.is_terminal()
    }

    /// Bytes of messages that wait to be sent; a caller with much input stops while they are many.
    pub fn pending_bytes(&self) -> usize {
        self.input.pending_bytes() + self.responses.pending_bytes()
    }

    /// Answers a host call.
    ///
    /// # Errors
    /// When no such call waits, or the response cannot be written.
    pub fn respond(&mut self, response: &HostResponse) -> Result<(), Error> {
        if !self.waiting_calls.contains(&response.call_id) {
            return Err(Error::HostCall {
                call_id: response.call_id,
            });
        }
        let data = payload_data(response)?;
        self.waiting_calls.remove(&response.call_id);
        let message = self.message(MessageType::PipelineHostResponse, data);
        self.responses.push(message);
        Ok(())
    }

    /// Fragments to send, at most `max` bytes; `None` when there are none. While one Send of the pipeline is under
    /// way no other may be.
    ///
    /// # Errors
    /// When `max` is too small for anything.
    pub fn next_outgoing(&mut self, max: usize) -> Result<Option<Outgoing>, Error> {
        for (lane, outbox) in [
            (Lane::PromptResponse, &mut self.responses),
            (Lane::Input, &mut self.input),
        ] {
            if let Some(data) = outbox.next_chunk(max)? {
                return Ok(Some(Outgoing { lane, data }));
            }
        }
        Ok(None)
    }

    /// Bytes that came on the pipeline's stream.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.inbox.stream.push(bytes);
    }

    /// The same still as base64, decoded straight into the buffer. Says how many bytes it were.
    ///
    /// # Errors
    /// When it is not base64.
    pub fn receive_base64(&mut self, text: &str) -> Result<usize, Error> {
        Ok(self.inbox.stream.push_base64(text)?)
    }

    /// The next event; `None` until more bytes come.
    ///
    /// # Errors
    /// When the stream is broken; the pipeline has failed then.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        self.next_event_with(read_message)
    }

    /// The same with output decoded by the caller, straight from the buffer: `decode` gets the data of the message,
    /// which is empty for `$null` and may begin with a byte order mark.
    ///
    /// # Errors
    /// When the stream is broken; the pipeline has failed then.
    pub fn next_event_with<T>(
        &mut self,
        decode: impl FnOnce(&[u8], &Limits, &mut Interner) -> Result<T, psbridge_clixml::Error>,
    ) -> Result<Option<Event<T>>, Error> {
        let event = self.read_event(decode);
        if event.is_err() {
            self.end(PipelineState::Failed);
        }
        event
    }

    fn read_event<T>(
        &mut self,
        decode: impl FnOnce(&[u8], &Limits, &mut Interner) -> Result<T, psbridge_clixml::Error>,
    ) -> Result<Option<Event<T>>, Error> {
        let Inbox {
            stream,
            limits,
            interner,
        } = &mut self.inbox;
        let (message, len) = loop {
            let Some(assembled) = stream.next_message()? else {
                return Ok(None);
            };
            let message = MessageRef::decode(assembled.bytes)?;
            // A pipeline ends once; what some servers say of it later means nothing.
            if message.message_type != MessageType::PipelineState || !self.state.is_terminal() {
                break (message, assembled.bytes.len());
            }
        };
        let message_type = message.message_type;
        self.last_message_len = len;
        let event = Event::read(&message, limits, interner, decode);
        match &event {
            // The pipeline would wait for ever for an end that nobody can read.
            Event::Undecodable(undecodable) if message_type == MessageType::PipelineState => {
                return Err(Error::Undecodable {
                    message_type,
                    error: undecodable.error.clone(),
                });
            }
            Event::State(state) if !self.state.is_terminal() => {
                let state = state.state;
                if state.is_terminal() {
                    self.end(state);
                } else if self.state != PipelineState::Stopping {
                    self.state = state;
                }
            }
            Event::HostCall(call)
                if call.needs_response() && self.waiting_calls.len() < MAX_WAITING_CALLS =>
            {
                self.waiting_calls.insert(call.call_id);
            }
            _ => {}
        }
        Ok(Some(event))
    }

    /// Length in bytes, header included, of the message that gave the last event: what that event weighs.
    pub fn last_message_len(&self) -> usize {
        self.last_message_len
    }

    /// A stop was signalled; the state follows on the stream.
    pub fn stopping(&mut self) {
        if self.state == PipelineState::Running {
            self.state = PipelineState::Stopping;
        }
    }

    /// The server says that no more data will come (CommandState Done). Without a terminal state before it the
    /// pipeline has failed, or was stopped if that was asked. Gives the state.
    pub fn command_done(&mut self) -> PipelineState {
        match self.state {
            state if state.is_terminal() => {}
            PipelineState::Stopping => self.end(PipelineState::Stopped),
            _ => self.end(PipelineState::Failed),
        }
        self.state
    }

    /// The pool or the command is lost. Gives the state.
    pub fn lost(&mut self) -> PipelineState {
        self.command_done()
    }

    /// After a reconnect the stream may begin in the middle of a message, which is skipped.
    pub fn resync(&mut self) {
        self.inbox.stream.resync();
    }

    /// Checks that the stream may end here.
    ///
    /// # Errors
    /// When a message is unfinished.
    pub fn finish(&self) -> Result<(), FragmentError> {
        self.inbox.stream.finish()
    }

    fn end(&mut self, state: PipelineState) {
        self.state = state;
        self.takes_input = false;
        self.input.clear();
        self.responses.clear();
        self.waiting_calls.clear();
    }

    fn push_input(&mut self, message_type: MessageType, data: Vec<u8>) -> Result<(), Error> {
        if !self.takes_input() {
            return Err(self.wrong_state("send input"));
        }
        let message = self.message(message_type, data);
        self.input.push(message);
        Ok(())
    }

    fn message(&self, message_type: MessageType, data: Vec<u8>) -> Message {
        Message {
            destination: Destination::Server,
            message_type,
            rpid: self.rpid,
            pid: Some(self.pid),
            data,
        }
    }

    fn wrong_state(&self, action: &'static str) -> Error {
        let state = match self.state {
            PipelineState::Running if !self.takes_input => "without input".to_owned(),
            state => state.name().to_ascii_lowercase(),
        };
        Error::State {
            action,
            subject: "the pipeline",
            state,
        }
    }
}
