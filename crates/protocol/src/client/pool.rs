use psbridge_clixml::{Limits, read_message};
use uuid::Uuid;

use super::options::{ClientPoolState, PoolOptions};
use super::{Event, Lane, Outgoing, Pipeline, PoolEvent, Undecodable};
use crate::ProtocolVersion;
use crate::codec::{self, Inbox, payload_data};
use crate::error::{DecodeError, Error};
use crate::fragment::{FragmentError, ObjectIds, Outbox};
use crate::message::{Destination, Message, MessageRef, MessageType, Target};
use crate::negotiation;
use crate::payload::{
    ConnectRunspacePool, CreatePipeline, EncryptedSessionKey, GetCommandMetadata, HostResponse,
    InitRunspacePool, Payload, PoolRequest, PoolRequestKind, PublicKey, Received, RunspacePoolState,
    SessionCapability, VOID_CALL,
};
use crate::secure::{CryptoError, SessionKeyCrypto, decode_session_key, encode_public_key};

/// A client's runspace pool.
#[derive(Debug)]
pub struct Pool {
    options: PoolOptions,
    ids: ObjectIds,
    state: ClientPoolState,
    negotiated: Option<ProtocolVersion>,
    inbox: Inbox,
    input: Outbox,
    responses: Outbox,
    next_call: i64,
    key_requested: bool,
}

impl Pool {
    /// A pool that has not been opened. `ids` is shared by all pools and pipelines of a client.
    pub fn new(options: PoolOptions, ids: ObjectIds) -> Self {
        let outbox = || Outbox::new(ids.clone(), options.fragment_len);
        Self {
            inbox: Inbox::new(&options.limits),
            input: outbox(),
            responses: outbox(),
            state: ClientPoolState::BeforeOpen,
            negotiated: None,
            next_call: 1,
            key_requested: false,
            options,
            ids,
        }
    }

    /// Id of the pool.
    pub fn id(&self) -> Uuid {
        self.options.rpid
    }

    /// Where it stands.
    pub fn state(&self) -> ClientPoolState {
        self.state
    }

    /// The version that both sides speak, once the server has said so.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.negotiated
    }

    /// The options that it was made with.
    pub fn options(&self) -> &PoolOptions {
        &self.options
    }

    /// Begins to open: gives the fragments of SESSION_CAPABILITY and INIT_RUNSPACEPOOL for `creationXml`, as much as
    /// fits into `max` bytes; the rest comes from [`Pool::next_outgoing`].
    ///
    /// # Errors
    /// When that was done before, or `max` is too small.
    pub fn open(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        self.expect_state("open", ClientPoolState::BeforeOpen)?;
        let options = &self.options;
        let init = payload_data(&InitRunspacePool {
            min_runspaces: options.min_runspaces,
            max_runspaces: options.max_runspaces,
            thread_options: options.thread_options,
            apartment_state: options.apartment_state,
            application_arguments: options.application_arguments.clone(),
            host_info: options.host.clone(),
        })?;
        self.begin(MessageType::InitRunspacePool, init, max)
    }

    /// Begins to take over a pool that another client left: gives the fragments of SESSION_CAPABILITY and
    /// CONNECT_RUNSPACEPOOL for `connectXml`. The id in the options is the other client's.
    ///
    /// # Errors
    /// When something was sent before, or `max` is too small for both messages.
    pub fn connect(&mut self, counts: Option<(i32, i32)>, max: usize) -> Result<Vec<u8>, Error> {
        self.expect_state("connect", ClientPoolState::BeforeOpen)?;
        let connect = payload_data(&ConnectRunspacePool { counts })?;
        let sent = self.begin(MessageType::ConnectRunspacePool, connect, max)?;
        if !self.input.is_empty() {
            return Err(Error::NoRoom {
                message_type: MessageType::ConnectRunspacePool,
                max,
            });
        }
        Ok(sent)
    }

    fn begin(&mut self, message_type: MessageType, data: Vec<u8>, max: usize) -> Result<Vec<u8>, Error> {
        let capability = payload_data(&SessionCapability::new(self.options.version))?;
        let capability = self.message(MessageType::SessionCapability, capability);
        let second = self.message(message_type, data);
        self.input.push(capability);
        self.input.push(second);
        let sent = self.input.next_chunk(max)?.unwrap_or_default();
        self.state = ClientPoolState::NegotiationSent;
        Ok(sent)
    }

    /// Bytes that came on the pool's stream.
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
    /// When the pool cannot go on; it is broken then.
    pub fn next_event(&mut self) -> Result<Option<PoolEvent>, Error> {
        let event = self.read_event();
        if event.is_err() {
            self.state = ClientPoolState::Broken;
        }
        event
    }

    /// Fragments to send, at most `max` bytes; `None` when there are none. While one Send of a lane is under way no
    /// other of that lane may be.
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

    /// A pipeline that has not been started.
    ///
    /// # Errors
    /// When the pool is not open.
    pub fn pipeline(&self, pid: Uuid, pipeline: &CreatePipeline) -> Result<Pipeline, Error> {
        let version = self.expect_opened("create a pipeline")?;
        if pipeline.statements.len() > 1 && !version.has_batches() {
            let (feature, needs) = ("a pipeline of several statements", ProtocolVersion::V2_2);
            return Err(Error::Version {
                feature,
                needs,
                negotiated: version,
            });
        }
        let data = codec::data(&pipeline.to_value_for(version))?;
        let message = Message {
            pid: Some(pid),
            ..self.message(MessageType::CreatePipeline, data)
        };
        Ok(Pipeline::new(
            message,
            !pipeline.no_input,
            &self.options,
            self.ids.clone(),
        ))
    }

    /// A query for commands, which runs as a pipeline; see [`crate::payload::CommandCount`].
    ///
    /// # Errors
    /// When the pool is not open.
    pub fn command_metadata(&self, pid: Uuid, query: &GetCommandMetadata) -> Result<Pipeline, Error> {
        self.expect_opened("ask for commands")?;
        let data = payload_data(query)?;
        let message = Message {
            pid: Some(pid),
            ..self.message(MessageType::GetCommandMetadata, data)
        };
        Ok(Pipeline::new(message, false, &self.options, self.ids.clone()))
    }

    /// Asks one of the requests with a call id. The answer is a [`PoolEvent::Availability`] with the same id.
    ///
    /// # Errors
    /// When the pool is not open, or the server is too old for a reset.
    pub fn request(&mut self, kind: PoolRequestKind) -> Result<i64, Error> {
        let version = self.expect_opened("send a request")?;
        if kind == PoolRequestKind::ResetRunspaceState && !version.has_information() {
            let (feature, needs) = ("resetting a runspace", ProtocolVersion::V2_3);
            return Err(Error::Version {
                feature,
                needs,
                negotiated: version,
            });
        }
        let request = PoolRequest {
            kind,
            call_id: self.next_call,
        };
        let data = codec::data(&request.to_value())?;
        self.next_call += 1;
        let message = self.message(request.message_type(), data);
        self.input.push(message);
        Ok(request.call_id)
    }

    /// Answers a host call of the pool.
    ///
    /// # Errors
    /// When it was a void call, which takes no answer, or the response cannot be written.
    pub fn respond(&mut self, response: &HostResponse) -> Result<(), Error> {
        if response.call_id == VOID_CALL {
            return Err(Error::HostCall { call_id: VOID_CALL });
        }
        let data = payload_data(response)?;
        let message = self.message(MessageType::RunspacePoolHostResponse, data);
        self.responses.push(message);
        Ok(())
    }

    /// Begins the key exchange, before the first secure string is sent or opened. Does nothing when it has begun.
    ///
    /// # Errors
    /// When the version needs no keys, or no key can be made.
    pub fn send_public_key(&mut self, crypto: &mut dyn SessionKeyCrypto) -> Result<(), Error> {
        let version = self.expect_negotiated("exchange keys")?;
        if !version.exchanges_keys() {
            return Err(Error::Crypto(CryptoError::Failed(format!(
                "version {version} exchanges no keys"
            ))));
        }
        if !self.key_requested {
            let blob = encode_public_key(&crypto.public_key()?);
            let data = payload_data(&PublicKey { blob })?;
            let message = self.message(MessageType::PublicKey, data);
            self.input.push(message);
            self.key_requested = true;
        }
        Ok(())
    }

    /// Takes the session key that came as [`PoolEvent::SessionKey`].
    ///
    /// # Errors
    /// When it was not asked for, or cannot be opened.
    pub fn accept_session_key(
        &mut self,
        key: &EncryptedSessionKey,
        crypto: &mut dyn SessionKeyCrypto,
    ) -> Result<(), Error> {
        if !self.key_requested {
            return Err(Error::Crypto(CryptoError::Failed(
                "the key was not asked for".to_owned(),
            )));
        }
        Ok(crypto.open_session_key(&decode_session_key(&key.blob)?)?)
    }

    /// The shell is being deleted.
    pub fn closing(&mut self) {
        if !self.state.is_over() {
            self.state = ClientPoolState::Closing;
        }
    }

    /// The shell is gone as it should.
    pub fn closed(&mut self) {
        if self.state != ClientPoolState::Broken {
            self.state = ClientPoolState::Closed;
        }
        self.forget_outgoing();
    }

    /// The shell is lost.
    pub fn broken(&mut self) {
        self.state = ClientPoolState::Broken;
        self.forget_outgoing();
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

    fn forget_outgoing(&mut self) {
        self.input.clear();
        self.responses.clear();
    }

    fn message(&self, message_type: MessageType, data: Vec<u8>) -> Message {
        Message {
            destination: Destination::Server,
            message_type,
            rpid: self.options.rpid,
            pid: None,
            data,
        }
    }

    fn expect_state(&self, action: &'static str, state: ClientPoolState) -> Result<(), Error> {
        if self.state == state {
            return Ok(());
        }
        Err(Error::State {
            action,
            subject: "the pool",
            state: self.state.name().to_owned(),
        })
    }

    fn expect_negotiated(&self, action: &'static str) -> Result<ProtocolVersion, Error> {
        let state = || Error::State {
            action,
            subject: "the pool",
            state: self.state.name().to_owned(),
        };
        self.negotiated.ok_or_else(state)
    }

    fn expect_opened(&self, action: &'static str) -> Result<ProtocolVersion, Error> {
        self.expect_state(action, ClientPoolState::Opened)?;
        self.expect_negotiated(action)
    }

    fn read_event(&mut self) -> Result<Option<PoolEvent>, Error> {
        let Inbox {
            stream,
            limits,
            interner,
        } = &mut self.inbox;
        let Some(assembled) = stream.next_message()? else {
            return Ok(None);
        };
        let message = MessageRef::decode(assembled.bytes)?;
        // Servers send some messages with a nil pool id, so it is not compared.
        if message.destination != Destination::Client {
            return Ok(Some(PoolEvent::Unknown(Box::new(message.to_message()))));
        }
        if message.message_type.target() == Target::Pipeline {
            let event = Event::read(&message, limits, interner, read_message);
            return Ok(Some(match event {
                Event::Unknown(message) => PoolEvent::Unknown(message),
                event => PoolEvent::Record {
                    pid: message.pid,
                    event: Box::new(event),
                },
            }));
        }
        let event = match read_pool_event(&message, limits, interner) {
            Ok(event) => event,
            // Without these two nobody knows where the pool stands.
            Err(error)
                if matches!(
                    message.message_type,
                    MessageType::SessionCapability | MessageType::RunspacePoolState
                ) =>
            {
                return Err(Error::Undecodable {
                    message_type: message.message_type,
                    error,
                });
            }
            Err(error) => {
                return Ok(Some(PoolEvent::Undecodable(Box::new(Undecodable::new(
                    &message, error,
                )))));
            }
        };
        Ok(Some(match event {
            Read::Capability(capability) => {
                let version = negotiation::client(self.options.version, &capability)?;
                self.negotiated = Some(version);
                if self.state == ClientPoolState::NegotiationSent {
                    self.state = ClientPoolState::NegotiationSucceeded;
                }
                PoolEvent::Negotiated(version)
            }
            Read::Event(event) => {
                self.follow(&event)?;
                event
            }
        }))
    }

    fn follow(&mut self, event: &PoolEvent) -> Result<(), Error> {
        let opened = |pool: &mut Self| -> Result<(), Error> {
            if pool.negotiated.is_none() {
                let state = "open without negotiation".to_owned();
                return Err(Error::State {
                    action: "go on",
                    subject: "the pool",
                    state,
                });
            }
            if pool.state == ClientPoolState::NegotiationSucceeded {
                pool.state = ClientPoolState::Opened;
            }
            Ok(())
        };
        match event {
            PoolEvent::InitData(_) => opened(self)?,
            PoolEvent::State(state) => match state.state {
                RunspacePoolState::Opened => opened(self)?,
                RunspacePoolState::Closing => self.closing(),
                RunspacePoolState::Closed => self.closed(),
                RunspacePoolState::Broken => self.broken(),
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }
}

enum Read {
    Capability(SessionCapability),
    Event(PoolEvent),
}

fn read_pool_event(
    message: &MessageRef<'_>,
    limits: &Limits,
    interner: &mut psbridge_clixml::Interner,
) -> Result<Read, DecodeError> {
    let mut document = || codec::document(message, limits, interner);
    Ok(Read::Event(match message.message_type {
        MessageType::SessionCapability => {
            return Ok(Read::Capability(SessionCapability::from_document(&document()?)?));
        }
        MessageType::ApplicationPrivateData => {
            PoolEvent::ApplicationPrivateData(Box::new(Received::read(document()?)?))
        }
        MessageType::RunspacePoolState => PoolEvent::State(Box::new(Received::read(document()?)?)),
        MessageType::RunspaceAvailability => PoolEvent::Availability(Payload::from_document(&document()?)?),
        MessageType::RunspacePoolInitData => PoolEvent::InitData(Payload::from_document(&document()?)?),
        MessageType::RunspacePoolHostCall => PoolEvent::HostCall(Box::new(Received::read(document()?)?)),
        MessageType::UserEvent => PoolEvent::UserEvent(Box::new(Received::read(document()?)?)),
        MessageType::PublicKeyRequest => PoolEvent::PublicKeyRequest,
        MessageType::EncryptedSessionKey => PoolEvent::SessionKey(Payload::from_document(&document()?)?),
        _ => PoolEvent::Unknown(Box::new(message.to_message())),
    }))
}
