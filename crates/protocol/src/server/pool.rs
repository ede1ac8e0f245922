use psbridge_clixml::{Interner, Limits, Value};
use uuid::Uuid;

use super::{Lane, Undecodable};
use crate::ProtocolVersion;
use crate::codec::{self, Inbox, payload_data};
use crate::error::{DecodeError, Error};
use crate::fragment::{FragmentError, ObjectIds, Outbox, SERVER_FRAGMENT_LEN};
use crate::message::{Destination, Message, MessageRef, MessageType};
use crate::negotiation;
use crate::payload::{
    ApplicationPrivateData, AvailabilityResponse, ConnectRunspacePool, EncryptedSessionKey, ErrorRecord,
    HostCall, HostMethod, HostResponse, InformationalKind, InformationalRecord, InitRunspacePool, Payload,
    PoolRequest, PublicKey, Received, RunspaceAvailability, RunspacePoolInitData, RunspacePoolState,
    RunspacePoolStateMessage, SessionCapability, UserEvent, VOID_CALL,
};
use crate::secure::{SessionKeyCrypto, decode_public_key, encode_session_key};

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// The highest version it speaks.
    pub version: ProtocolVersion,
    /// What is read at most.
    pub limits: Limits,
    /// Greatest fragment that is sent, header included.
    pub fragment_len: usize,
    /// SESSION_CAPABILITY and ENCRYPTED_SESSION_KEY carry a nil pool id, as Windows and PowerShell 7 send them.
    pub nil_ids: bool,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            version: ProtocolVersion::V2_3,
            limits: Limits::default(),
            fragment_len: SERVER_FRAGMENT_LEN,
            nil_ids: true,
        }
    }
}

/// What a client asks of a pool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PoolEvent {
    /// The client has said what it speaks; our capability is queued.
    Negotiated(ProtocolVersion),
    /// The client opens the pool: answer with [`Pool::opened`].
    Init(Box<Received<InitRunspacePool>>),
    /// Another client takes the pool over: answer with [`Pool::connected`].
    Connect(ConnectRunspacePool),
    /// The client's key: answer with [`Pool::send_session_key`].
    PublicKey(PublicKey),
    /// A request with a call id: answer with [`Pool::answer`].
    Request(PoolRequest),
    /// The answer to a host call of the pool.
    HostResponse(Box<Received<HostResponse>>),
    /// A message for a pipeline that came on the pool's stream.
    ForPipeline {
        /// The pipeline.
        pid: Uuid,
        /// The message; see [`super::Pipeline::accept`].
        message: Message,
    },
    /// A message of a type that is not known, or that has no place here.
    Unknown(Box<Message>),
    /// A message whose data could not be read.
    Undecodable(Box<Undecodable>),
}

/// A server's runspace pool.
#[derive(Debug)]
pub struct Pool {
    options: PoolOptions,
    ids: ObjectIds,
    rpid: Uuid,
    negotiated: Option<ProtocolVersion>,
    input: Inbox,
    responses: Inbox,
    output: Outbox,
    next_call: i64,
}

impl Pool {
    /// A pool that has not heard from its client. `ids` is shared by all pools and pipelines of a server.
    pub fn new(options: PoolOptions, ids: ObjectIds) -> Self {
        Self {
            input: Inbox::new(&options.limits),
            responses: Inbox::new(&options.limits),
            output: Outbox::new(ids.clone(), options.fragment_len),
            rpid: Uuid::nil(),
            negotiated: None,
            next_call: 1,
            options,
            ids,
        }
    }

    /// Id of the pool; nil until the client has sent a message.
    pub fn id(&self) -> Uuid {
        self.rpid
    }

    /// The version of the session, once it is negotiated.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.negotiated
    }

    /// Bytes of `creationXml` or of a Send without a command.
    pub fn receive(&mut self, lane: Lane, bytes: &[u8]) {
        match lane {
            Lane::Input => self.input.stream.push(bytes),
            Lane::PromptResponse => self.responses.stream.push(bytes),
        }
    }

    /// The next event; `None` until more bytes come.
    ///
    /// # Errors
    /// When the pool cannot go on. After a failed negotiation our capability is queued still, as PowerShell does.
    pub fn next_event(&mut self) -> Result<Option<PoolEvent>, Error> {
        let next = match read_next(&mut self.responses)? {
            None => read_next(&mut self.input)?,
            some => some,
        };
        let Some((read, rpid)) = next else { return Ok(None) };
        if self.rpid.is_nil() {
            self.rpid = rpid;
        }
        match read {
            Read::Event(event) => Ok(Some(event)),
            Read::Capability(capability) => self.negotiate(&capability).map(Some),
        }
    }

    /// A pipeline of this pool that waits for its CREATE_PIPELINE.
    pub fn pipeline(&self, pid: Uuid) -> super::Pipeline {
        super::Pipeline::new(self.rpid, pid, &self.options, self.ids.clone())
    }

    /// The pool is open: queues private data and state Opened.
    ///
    /// # Errors
    /// When the data cannot be written.
    pub fn opened(&mut self, private_data: &ApplicationPrivateData) -> Result<(), Error> {
        self.push(MessageType::ApplicationPrivateData, payload_data(private_data)?);
        self.state(&RunspacePoolStateMessage::new(RunspacePoolState::Opened))
    }

    /// Another client is connected: queues the counts, as PowerShell writes them (minimum and maximum swapped).
    ///
    /// # Errors
    /// When the data cannot be written.
    pub fn connected(&mut self, min_runspaces: i32, max_runspaces: i32) -> Result<(), Error> {
        let data = RunspacePoolInitData {
            min_runspaces: max_runspaces,
            max_runspaces: min_runspaces,
        };
        self.push(MessageType::RunspacePoolInitData, payload_data(&data)?);
        Ok(())
    }

    /// Queues a state.
    ///
    /// # Errors
    /// When the error record cannot be written.
    pub fn state(&mut self, state: &RunspacePoolStateMessage) -> Result<(), Error> {
        self.push(MessageType::RunspacePoolState, payload_data(state)?);
        Ok(())
    }

    /// The pool ends as it should: queues Closing and Closed.
    ///
    /// # Errors
    /// None that can happen; the signature is that of [`Pool::state`].
    pub fn close(&mut self) -> Result<(), Error> {
        self.state(&RunspacePoolStateMessage::new(RunspacePoolState::Closing))?;
        self.state(&RunspacePoolStateMessage::new(RunspacePoolState::Closed))
    }

    /// The pool is lost: queues Broken.
    ///
    /// # Errors
    /// When the error record cannot be written.
    pub fn broken(&mut self, error: ErrorRecord) -> Result<(), Error> {
        self.state(&RunspacePoolStateMessage::with_error(
            RunspacePoolState::Broken,
            error,
        ))
    }

    /// Answers a request with a call id.
    ///
    /// # Errors
    /// None that can happen; the signature is that of [`Pool::state`].
    pub fn answer(&mut self, request: &PoolRequest, response: AvailabilityResponse) -> Result<(), Error> {
        let answer = RunspaceAvailability {
            call_id: request.call_id,
            response,
        };
        self.push(MessageType::RunspaceAvailability, payload_data(&answer)?);
        Ok(())
    }

    /// Answers the client's key with a session key.
    ///
    /// # Errors
    /// When the client's key is not usable.
    pub fn send_session_key(
        &mut self,
        key: &PublicKey,
        crypto: &mut dyn SessionKeyCrypto,
    ) -> Result<(), Error> {
        let cipher = crypto.seal_session_key(&decode_public_key(&key.blob)?)?;
        let data = payload_data(&EncryptedSessionKey {
            blob: encode_session_key(&cipher),
        })?;
        self.push(MessageType::EncryptedSessionKey, data);
        Ok(())
    }

    /// Asks for the client's key, as servers up to 2.1 may.
    ///
    /// # Errors
    /// None that can happen; the signature is that of [`Pool::state`].
    pub fn request_public_key(&mut self) -> Result<(), Error> {
        self.push(MessageType::PublicKeyRequest, codec::data(&Value::from(""))?);
        Ok(())
    }

    /// Forwards an event.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn user_event(&mut self, event: &UserEvent) -> Result<(), Error> {
        self.push(MessageType::UserEvent, payload_data(event)?);
        Ok(())
    }

    /// Warns on the pool's own stream.
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

    /// Calls a method of the pool's host. Gives the id that the response will have; `None` for void methods.
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
        self.push(MessageType::RunspacePoolHostCall, payload_data(&call)?);
        self.next_call = next;
        Ok((call_id != VOID_CALL).then_some(call_id))
    }

    /// Queues a message as it is, as tests of clients need.
    pub fn push(&mut self, message_type: MessageType, data: Vec<u8>) {
        let nil = matches!(
            message_type,
            MessageType::SessionCapability | MessageType::EncryptedSessionKey
        );
        let rpid = if nil && self.options.nil_ids {
            Uuid::nil()
        } else {
            self.rpid
        };
        self.output.push(Message {
            destination: Destination::Client,
            message_type,
            rpid,
            pid: None,
            data,
        });
    }

    /// Something waits to be sent.
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Bytes of messages that wait to be sent.
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

    fn negotiate(&mut self, capability: &SessionCapability) -> Result<PoolEvent, Error> {
        let negotiated = negotiation::server(self.options.version, capability);
        let answer = SessionCapability::new(*negotiated.as_ref().unwrap_or(&self.options.version));
        self.push(MessageType::SessionCapability, payload_data(&answer)?);
        let version = negotiated?;
        self.negotiated = Some(version);
        Ok(PoolEvent::Negotiated(version))
    }
}

/// The id of a host call, and the counter after it: only calls that are answered take a number.
pub(super) fn call_id(method: &HostMethod, next: i64) -> (i64, i64) {
    if method.is_void() {
        (VOID_CALL, next)
    } else {
        (next, next + 1)
    }
}

enum Read {
    Capability(SessionCapability),
    Event(PoolEvent),
}

/// The next message of one lane, and the pool id in it.
fn read_next(inbox: &mut Inbox) -> Result<Option<(Read, Uuid)>, Error> {
    let Inbox {
        stream,
        limits,
        interner,
    } = inbox;
    let Some(assembled) = stream.next_message()? else {
        return Ok(None);
    };
    let message = MessageRef::decode(assembled.bytes)?;
    let message_type = message.message_type;
    let read = match read_event(&message, limits, interner) {
        Ok(read) => read,
        // Without these there is no session.
        Err(error)
            if matches!(
                message_type,
                MessageType::SessionCapability
                    | MessageType::InitRunspacePool
                    | MessageType::ConnectRunspacePool
            ) =>
        {
            return Err(Error::Undecodable { message_type, error });
        }
        Err(error) => Read::Event(PoolEvent::Undecodable(Box::new(Undecodable::new(
            &message, error,
        )))),
    };
    Ok(Some((read, message.rpid)))
}

fn read_event(
    message: &MessageRef<'_>,
    limits: &Limits,
    interner: &mut Interner,
) -> Result<Read, DecodeError> {
    if let Some(pid) = message.pid {
        return Ok(Read::Event(PoolEvent::ForPipeline {
            pid,
            message: message.to_message(),
        }));
    }
    if message.destination != Destination::Server {
        return Ok(Read::Event(PoolEvent::Unknown(Box::new(message.to_message()))));
    }
    let mut document = || codec::document(message, limits, interner);
    Ok(Read::Event(match message.message_type {
        MessageType::SessionCapability => {
            return Ok(Read::Capability(SessionCapability::from_document(&document()?)?));
        }
        MessageType::InitRunspacePool => PoolEvent::Init(Box::new(Received::read(document()?)?)),
        MessageType::ConnectRunspacePool => PoolEvent::Connect(Payload::from_document(&document()?)?),
        MessageType::PublicKey => PoolEvent::PublicKey(Payload::from_document(&document()?)?),
        MessageType::SetMaxRunspaces
        | MessageType::SetMinRunspaces
        | MessageType::GetAvailableRunspaces
        | MessageType::ResetRunspaceState => {
            PoolEvent::Request(PoolRequest::read(message.message_type, &document()?)?)
        }
        MessageType::RunspacePoolHostResponse => {
            PoolEvent::HostResponse(Box::new(Received::read(document()?)?))
        }
        _ => PoolEvent::Unknown(Box::new(message.to_message())),
    }))
}
