//! What we write has the form of what a real PowerShell writes: every recorded message that is read into our structs
//! and written again is the same, byte for byte, and so is what our client says, but for the differences we mean
//! (design.md section 8).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

mod support;

use std::collections::BTreeMap;

use psbridge_clixml::{Document, Interner, Limits, Value, Writer, read_message};
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::{Pool, PoolOptions};
use psbridge_protocol::fragment::{ObjectIds, Reassembler};
use psbridge_protocol::message::{BOM, Message, MessageType};
use psbridge_protocol::payload::{
    ApplicationPrivateData, CreatePipeline, EncryptedSessionKey, ErrorRecord, GetCommandMetadata, HostCall,
    HostResponse, InformationRecord, InformationalKind, InformationalRecord, InitRunspacePool, Payload,
    PipelineStateMessage, PoolRequest, ProgressMessage, PublicKey, RunspaceAvailability,
    RunspacePoolStateMessage, SessionCapability, UserEvent,
};
use psbridge_protocol::server;

/// Messages of a real PowerShell; the scripted clients among the recordings write no byte order mark.
fn real_messages() -> Vec<(String, bool, Message)> {
    let Some(folder) = support::recordings() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for path in support::files(&folder.join("pwsh"), ".oop.jsonl") {
        let messages = support::messages(&path);
        let real_client = messages
            .iter()
            .any(|(client, message)| *client && message.data.starts_with(BOM));
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (from_client, message) in messages {
            if real_client || !from_client {
                all.push((name.clone(), from_client, message));
            }
        }
    }
    for path in support::files(&folder.join("psrp"), ".jsonl") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.extend(
            support::windows_messages(&path)
                .into_iter()
                .map(|message| (name.clone(), false, message)),
        );
    }
    all
}

#[test]
fn recorded_messages_survive_reading_and_writing() {
    let messages = real_messages();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _, message) in &messages {
        let Some(value) = rewrite(message) else { continue };
        let ours = if message.data.is_empty() {
            Vec::new()
        } else {
            Writer::new().bom(true).message(&value).unwrap()
        };
        // PowerShell 2.0 had fewer properties; what is there is read all the same.
        if !name.contains("_version_2.1") {
            assert_same(&ours, &message.data, &format!("{name} {}", message.message_type));
        }
        *counts.entry(message.message_type.name()).or_default() += 1;
    }
    if !messages.is_empty() {
        println!("{counts:?}");
        assert!(counts.len() >= 18, "few types of messages: {counts:?}");
    }
}

fn rewrite(message: &Message) -> Option<Value> {
    fn again<T: Payload>(document: &Document) -> Value {
        T::from_document(document).unwrap().to_value()
    }
    let informational = |document: &Document, kind| {
        InformationalRecord::from_document(document)
            .unwrap()
            .to_value(kind)
    };
    let document = read_message(&message.data, &Limits::default(), &mut Interner::new()).unwrap();
    Some(match message.message_type {
        MessageType::SessionCapability => again::<SessionCapability>(&document),
        MessageType::InitRunspacePool => again::<InitRunspacePool>(&document),
        MessageType::PublicKey => again::<PublicKey>(&document),
        MessageType::EncryptedSessionKey => again::<EncryptedSessionKey>(&document),
        MessageType::CreatePipeline => again::<CreatePipeline>(&document),
        MessageType::GetCommandMetadata => again::<GetCommandMetadata>(&document),
        MessageType::RunspaceAvailability => again::<RunspaceAvailability>(&document),
        MessageType::RunspacePoolState => again::<RunspacePoolStateMessage>(&document),
        MessageType::ApplicationPrivateData => again::<ApplicationPrivateData>(&document),
        MessageType::UserEvent => again::<UserEvent>(&document),
        MessageType::ErrorRecord => again::<ErrorRecord>(&document),
        MessageType::PipelineState => again::<PipelineStateMessage>(&document),
        MessageType::ProgressRecord => again::<ProgressMessage>(&document),
        MessageType::InformationRecord => again::<InformationRecord>(&document),
        MessageType::PipelineHostCall | MessageType::RunspacePoolHostCall => again::<HostCall>(&document),
        MessageType::PipelineHostResponse | MessageType::RunspacePoolHostResponse => {
            again::<HostResponse>(&document)
        }
        MessageType::SetMaxRunspaces
        | MessageType::SetMinRunspaces
        | MessageType::GetAvailableRunspaces
        | MessageType::ResetRunspaceState => PoolRequest::read(message.message_type, &document)
            .unwrap()
            .to_value(),
        MessageType::DebugRecord => informational(&document, InformationalKind::Debug),
        MessageType::VerboseRecord => informational(&document, InformationalKind::Verbose),
        MessageType::WarningRecord => informational(&document, InformationalKind::Warning),
        MessageType::PipelineInput | MessageType::PipelineOutput | MessageType::EndOfPipelineInput => {
            document.into_root()
        }
        _ => return None,
    })
}

#[test]
fn our_client_says_what_powershell_says() {
    let mut pipelines = 0;
    let mut pools = 0;
    for (name, from_client, recorded) in real_messages() {
        if !from_client {
            continue;
        }
        let text = String::from_utf8(recorded.data.clone()).unwrap();
        match recorded.message_type {
            MessageType::SessionCapability => {
                let [ours, _] = opening(&recorded, None);
                let meant = text.replace(">2.4<", ">2.3<");
                assert_same(&ours.data, meant.as_bytes(), &name);
                assert_eq!(ours.rpid, recorded.rpid);
            }
            MessageType::InitRunspacePool => {
                let document =
                    read_message(&recorded.data, &Limits::default(), &mut Interner::new()).unwrap();
                let init = InitRunspacePool::from_document(&document).unwrap();
                let [_, ours] = opening(&recorded, Some(&init));
                let mut meant = init.clone();
                meant.application_arguments = Value::Nil;
                let meant = Writer::new().bom(true).message(&meant.to_value()).unwrap();
                assert_same(&ours.data, &meant, &name);
                pools += 1;
            }
            MessageType::CreatePipeline => {
                let document =
                    read_message(&recorded.data, &Limits::default(), &mut Interner::new()).unwrap();
                let theirs = CreatePipeline::from_document(&document).unwrap();
                let mut ours = CreatePipeline::new(theirs.statements.clone());
                // What the caller of a pipeline decides.
                ours.no_input = theirs.no_input;
                ours.is_nested = theirs.is_nested;
                if !theirs.host_info.is_host_null {
                    ours.host_info = theirs.host_info.clone();
                }
                let meant = text
                    .replace(
                        "<ToString>AddInvocationInfo</ToString><I32>15</I32>",
                        "<ToString>0</ToString><I32>0</I32>",
                    )
                    .replace(
                        "<B N=\"AddToHistory\">true</B>",
                        "<B N=\"AddToHistory\">false</B>",
                    );
                let message = started(&recorded, &ours);
                assert_same(&message.data, meant.as_bytes(), &name);
                assert_eq!((message.rpid, message.pid), (recorded.rpid, recorded.pid));
                pipelines += 1;
            }
            _ => {}
        }
    }
    println!("{pools} pools, {pipelines} pipelines");
}

/// The two messages with which our pool opens.
fn opening(recorded: &Message, init: Option<&InitRunspacePool>) -> [Message; 2] {
    let mut options = PoolOptions::new(recorded.rpid);
    if let Some(init) = init {
        options.min_runspaces = init.min_runspaces;
        options.max_runspaces = init.max_runspaces;
        options.host = init.host_info.clone();
    }
    let sent = Pool::new(options, ObjectIds::new()).open(150_000).unwrap();
    decode(&sent).try_into().unwrap()
}

/// The message with which our pipeline starts.
fn started(recorded: &Message, pipeline: &CreatePipeline) -> Message {
    let mut pool = Pool::new(PoolOptions::new(recorded.rpid), ObjectIds::new());
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    server.receive(server::Lane::Input, &pool.open(150_000).unwrap());
    while server.next_event().unwrap().is_some() {}
    server
        .opened(&ApplicationPrivateData { data: Value::Nil })
        .unwrap();
    while let Some(fragment) = server.next_fragment(32_768).unwrap() {
        pool.receive(&fragment);
    }
    while pool.next_event().unwrap().is_some() {}
    assert_eq!(pool.version(), Some(ProtocolVersion::V2_3));
    let mut pipeline = pool.pipeline(recorded.pid.unwrap(), pipeline).unwrap();
    decode(&pipeline.start(1_000_000).unwrap()).remove(0)
}

fn decode(fragments: &[u8]) -> Vec<Message> {
    let mut stream = Reassembler::new(1 << 24);
    stream.push(fragments);
    let mut messages = Vec::new();
    while let Some(assembled) = stream.next_message().unwrap() {
        messages.push(Message::decode(assembled.bytes).unwrap());
    }
    assert!(stream.is_idle());
    messages
}

/// Equal, but for the assemblies in which .NET and .NET Framework keep their collections.
fn assert_same(ours: &[u8], recorded: &[u8], place: &str) {
    let plain = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.replace(
            "mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
            "CORE",
        )
        .replace(
            "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e",
            "CORE",
        )
    };
    let (ours, recorded) = (plain(ours), plain(recorded));
    if ours != recorded {
        let at = ours
            .bytes()
            .zip(recorded.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        let around = |text: &str| {
            let end = text.ceil_char_boundary((at + 200).min(text.len()));
            text[text.floor_char_boundary(at.saturating_sub(60)).min(end)..end].to_owned()
        };
        panic!(
            "{place}: from byte {at}\nrecorded {}\nours     {}",
            around(&recorded),
            around(&ours)
        );
    }
}
