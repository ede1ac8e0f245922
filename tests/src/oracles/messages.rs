//! PSRP messages, one after another: the header, the payload that each type has, and the state machines of both roles in
//! the middle of a session.

use psbridge_clixml::{Document, Interner, Limits, Value, read_message, write_message};
use psbridge_protocol::client::{self, Lane};
use psbridge_protocol::fragment::{Fragmenter, ObjectIds};
use psbridge_protocol::message::{Destination, Message, MessageType};
use psbridge_protocol::payload::{
    ApplicationPrivateData, BufferCell, ChoiceDescription, Command, CommandCount, ConnectRunspacePool,
    Coordinates, CreatePipeline, EncryptedSessionKey, ErrorRecord, FieldDescription, GetCommandMetadata,
    HostCall, HostDefaultData, HostInfo, HostResponse, InformationRecord, InitRunspacePool, KeyInfo, Payload,
    PipelineStateMessage, ProgressMessage, PsCredential, PublicKey, Rectangle, RunspaceAvailability,
    RunspacePoolInitData, RunspacePoolStateMessage, SessionCapability, Size, UserEvent,
};
use psbridge_protocol::server;
use uuid::Uuid;

const POOL: Uuid = Uuid::from_u128(1);
const PIPELINE: Uuid = Uuid::from_u128(2);

fn limits() -> Limits {
    Limits {
        max_message_size: 64 * 1024,
        max_objects_per_message: 2_000,
        ..Limits::default()
    }
}

/// A payload that can be read says the same again after it was written.
fn round_trip<T: Payload>(document: &Document) {
    let Ok(payload) = T::from_document(document) else {
        return;
    };
    let value = payload.to_value();
    let Ok(once) = write_message(&value) else {
        // It holds a reference into the rest of its document.
        return;
    };
    let again = read_message(&once, &Limits::default(), &mut Interner::new())
        .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&once)));
    let payload = T::from_document(&again)
        .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&once)));
    let twice = write_message(&payload.to_value()).expect("it was written before");
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
}

fn payloads(document: &Document) {
    macro_rules! each { ($($name:ty),* $(,)?) => { $(round_trip::<$name>(document);)* } }
    each!(
        ApplicationPrivateData,
        BufferCell,
        ChoiceDescription,
        CommandCount,
        ConnectRunspacePool,
        Coordinates,
        CreatePipeline,
        EncryptedSessionKey,
        ErrorRecord,
        FieldDescription,
        GetCommandMetadata,
        HostCall,
        HostDefaultData,
        HostInfo,
        HostResponse,
        InformationRecord,
        InitRunspacePool,
        KeyInfo,
        PipelineStateMessage,
        ProgressMessage,
        PsCredential,
        PublicKey,
        Rectangle,
        RunspaceAvailability,
        RunspacePoolInitData,
        RunspacePoolStateMessage,
        SessionCapability,
        Size,
        UserEvent,
    );
}

/// A client and a server whose pool is open and whose pipeline runs.
struct Session {
    client: client::Pool,
    client_pipeline: client::Pipeline,
    server: server::Pool,
    server_pipeline: server::Pipeline,
}

fn session() -> Session {
    let ids = ObjectIds::new();
    let mut options = client::PoolOptions::new(POOL);
    options.limits = limits();
    let mut client = client::Pool::new(options, ids.clone());
    let server_options = server::PoolOptions {
        limits: limits(),
        ..server::PoolOptions::default()
    };
    let mut server = server::Pool::new(server_options, ObjectIds::new());
    server.receive(Lane::Input, &client.open(1 << 20).expect("a pool opens"));
    while server.next_event().expect("our own opening").is_some() {}
    server
        .opened(&ApplicationPrivateData::version_table([(
            "PSVersion",
            Value::Nil,
        )]))
        .expect("private data");
    while let Some(fragment) = server.next_fragment(1 << 20).expect("room") {
        client.receive(&fragment);
    }
    while client.next_event().expect("our own opening").is_some() {}
    let create = CreatePipeline {
        no_input: false,
        ..CreatePipeline::new(vec![vec![Command::new("Get-Thing")]])
    };
    let mut client_pipeline = client.pipeline(PIPELINE, &create).expect("a pipeline");
    let mut server_pipeline = server.pipeline(PIPELINE);
    server_pipeline.receive(Lane::Input, &client_pipeline.start(1 << 20).expect("it starts"));
    while server_pipeline.next_event().expect("our own pipeline").is_some() {}
    Session {
        client,
        client_pipeline,
        server,
        server_pipeline,
    }
}

pub(super) fn check(input: &[u8]) {
    let mut session = None;
    // Each message has two bytes of length before it.
    let mut rest = input;
    let ids = ObjectIds::starting_at(1000);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (bytes, after) = after.split_at(length);
        rest = after;
        let Ok(message) = Message::decode(bytes) else {
            continue;
        };
        assert_eq!(message.encode(), bytes, "a message is its bytes");
        if let Ok(document) = read_message(&message.data, &limits(), &mut Interner::new()) {
            payloads(&document);
        }
        let mut sent = Vec::new();
        Fragmenter::new(&message, &ids)
            .write_next(1 << 20, &mut sent)
            .expect("a message fits");
        let session = session.get_or_insert_with(self::session);
        session.client.receive(&sent);
        while let Ok(Some(_)) = session.client.next_event() {}
        session.client_pipeline.receive(&sent);
        while let Ok(Some(_)) = session.client_pipeline.next_event() {}
        for lane in [Lane::Input, Lane::PromptResponse] {
            session.server.receive(lane, &sent);
            session.server_pipeline.receive(lane, &sent);
        }
        while let Ok(Some(_)) = session.server.next_event() {}
        while let Ok(Some(_)) = session.server_pipeline.next_event() {}
    }
    if let Some(mut session) = session {
        while let Ok(Some(_)) = session.client.next_outgoing(4096) {}
        while let Ok(Some(_)) = session.client_pipeline.next_outgoing(4096) {}
    }
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let message = |destination, message_type, pid: Option<Uuid>, data: &Value| {
        let message = Message {
            destination,
            message_type,
            rpid: POOL,
            pid,
            data: write_message(data).expect("our own payload"),
        };
        let bytes = message.encode();
        let length = u16::try_from(bytes.len()).expect("a small message");
        [length.to_be_bytes().as_slice(), &bytes].concat()
    };
    let to_client = |kind, data: &Value| message(Destination::Client, kind, Some(PIPELINE), data);
    let to_server = |kind, data: &Value| message(Destination::Server, kind, Some(PIPELINE), data);
    let of_pool = |kind, data: &Value| message(Destination::Client, kind, None, data);
    let error = ErrorRecord::stopped().to_value();
    let text = Value::from("text");
    vec![
        (
            "output-and-end".into(),
            [
                to_client(MessageType::PipelineOutput, &text),
                to_client(MessageType::ErrorRecord, &error),
                to_client(
                    MessageType::PipelineState,
                    &PipelineStateMessage::with_error(
                        psbridge_protocol::payload::PipelineState::Stopped,
                        ErrorRecord::stopped(),
                    )
                    .to_value(),
                ),
            ]
            .concat(),
        ),
        (
            "input".into(),
            [
                to_server(MessageType::PipelineInput, &text),
                to_server(MessageType::EndOfPipelineInput, &text),
            ]
            .concat(),
        ),
        (
            "create".into(),
            to_server(
                MessageType::CreatePipeline,
                &CreatePipeline::new(vec![
                    vec![
                        Command::new("Get-User").parameter("Identity", "x"),
                        Command::new("Select-Object"),
                    ],
                    vec![Command::script("1 + 1")],
                ])
                .to_value(),
            ),
        ),
        (
            "pool".into(),
            [
                of_pool(
                    MessageType::RunspacePoolState,
                    &RunspacePoolStateMessage::new(psbridge_protocol::payload::RunspacePoolState::Closed)
                        .to_value(),
                ),
                of_pool(MessageType::Unknown(0x0002_1FFF), &text),
            ]
            .concat(),
        ),
    ]
}
