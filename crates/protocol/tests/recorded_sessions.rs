//! Recorded sessions of a real PowerShell go through the state machines of both roles.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

mod support;

use std::collections::HashMap;

use psbridge_clixml::{Interner, Limits, read_message};
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::{ClientPoolState, Event, Pipeline, Pool, PoolEvent, PoolOptions};
use psbridge_protocol::fragment::ObjectIds;
use psbridge_protocol::message::{Message, MessageRef, MessageType};
use psbridge_protocol::payload::{
    Command, CreatePipeline, EncryptedSessionKey, Payload as _, PipelineState, PublicKey,
};
use psbridge_protocol::secure::{
    decode_public_key, decode_session_key, encode_public_key, encode_session_key,
};
use psbridge_protocol::server;
use uuid::Uuid;

const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[test]
fn our_client_follows_a_real_server() {
    let Some(folder) = support::recordings() else {
        return;
    };
    for path in support::files(&folder.join("pwsh"), ".oop.jsonl") {
        let place = path.display().to_string();
        let mut session = ClientSession::new();
        for packet in support::packets(&path)
            .iter()
            .filter(|packet| !packet.from_client)
        {
            session.receive(&packet.target, &packet.data);
        }
        assert_eq!(session.odd, 0, "{place}: unknown or undecodable messages");
        let sent = support::messages(&path)
            .iter()
            .filter(|(from_client, _)| !from_client)
            .count();
        assert_eq!(session.events, sent, "{place}");
        let version = session.pool.version().unwrap();
        assert_eq!(version, recorded_version(&place), "{place}");
        assert_eq!(session.pool.state(), ClientPoolState::Closed, "{place}");
        session.pool.finish().unwrap();
        session
            .pipelines
            .values()
            .for_each(|pipeline| pipeline.finish().unwrap());
        assert!(!session.ended.is_empty(), "{place}: no pipeline");
        assert!(
            session.ended.iter().all(|state| state.is_terminal()),
            "{place}: {:?}",
            session.ended
        );
    }
}

fn recorded_version(place: &str) -> ProtocolVersion {
    let name = place.rsplit('/').next().unwrap();
    if name.starts_with("client_") || (name.starts_with("host_") && !name.starts_with("host_calls")) {
        return ProtocolVersion::V2_4;
    }
    match name.strip_prefix("version_2_") {
        Some(rest) => ProtocolVersion {
            major: 2,
            minor: rest[..1].parse().unwrap(),
        },
        None => ProtocolVersion::V2_3,
    }
}

struct ClientSession {
    pool: Pool,
    pipelines: HashMap<String, Pipeline>,
    ended: Vec<PipelineState>,
    events: usize,
    odd: usize,
}

impl ClientSession {
    fn new() -> Self {
        let mut options = PoolOptions::new(Uuid::from_u128(1));
        options.version = ProtocolVersion::V2_4;
        let mut pool = Pool::new(options, ObjectIds::new());
        pool.open(100_000).unwrap();
        Self {
            pool,
            pipelines: HashMap::new(),
            ended: Vec::new(),
            events: 0,
            odd: 0,
        }
    }

    fn receive(&mut self, target: &str, data: &[u8]) {
        if target == NIL {
            self.pool.receive(data);
            while let Some(event) = self.pool.next_event().unwrap() {
                self.events += 1;
                let odd = matches!(event, PoolEvent::Unknown(_) | PoolEvent::Undecodable(_));
                self.odd += usize::from(odd);
            }
            return;
        }
        // A PowerShell object that runs twice keeps its id.
        let over = self
            .pipelines
            .get(target)
            .is_none_or(|pipeline| pipeline.state().is_terminal());
        if over {
            let create = CreatePipeline::new(vec![vec![Command::new("anything")]]);
            let mut pipeline = self.pool.pipeline(target.parse().unwrap(), &create).unwrap();
            pipeline.start(100_000).unwrap();
            self.pipelines.insert(target.to_owned(), pipeline);
        }
        let pipeline = self.pipelines.get_mut(target).unwrap();
        pipeline.receive(data);
        while let Some(event) = pipeline.next_event().unwrap() {
            self.events += 1;
            match event {
                Event::Unknown(_) | Event::Undecodable(_) => self.odd += 1,
                Event::State(state) => self.ended.push(state.state),
                _ => {}
            }
        }
    }
}

#[test]
fn our_server_follows_a_real_client() {
    let Some(folder) = support::recordings() else {
        return;
    };
    let mut created = 0;
    let mut inputs = 0;
    for path in support::files(&folder.join("pwsh"), ".oop.jsonl") {
        let place = path.display().to_string();
        let options = server::PoolOptions {
            version: ProtocolVersion::V2_4,
            ..Default::default()
        };
        let mut pool = server::Pool::new(options, ObjectIds::new());
        let mut pipelines: HashMap<String, server::Pipeline> = HashMap::new();
        let mut events = 0;
        for packet in support::packets(&path).iter().filter(|packet| packet.from_client) {
            let prompt = packet.stream == "PromptResponse";
            let lane = if prompt {
                server::Lane::PromptResponse
            } else {
                server::Lane::Input
            };
            if packet.target == NIL {
                pool.receive(lane, &packet.data);
                while let Some(event) = pool.next_event().unwrap() {
                    events += 1;
                    let odd = matches!(
                        event,
                        server::PoolEvent::Unknown(_) | server::PoolEvent::Undecodable(_)
                    );
                    assert!(!odd, "{place}: {event:?}");
                }
                continue;
            }
            let fresh = || pool.pipeline(packet.target.parse().unwrap());
            let pipeline = pipelines.entry(packet.target.clone()).or_insert_with(fresh);
            pipeline.receive(lane, &packet.data);
            while let Some(event) = pipeline.next_event().unwrap() {
                events += 1;
                match event {
                    server::PipelineEvent::Create(create) => {
                        created += 1;
                        assert!(!create.statements[0].is_empty());
                    }
                    server::PipelineEvent::Input(_) => inputs += 1,
                    event => {
                        let odd = matches!(
                            event,
                            server::PipelineEvent::Unknown(_) | server::PipelineEvent::Undecodable(_)
                        );
                        assert!(!odd, "{place}: {event:?}");
                    }
                }
            }
            assert_eq!(pipeline.id().to_string(), packet.target);
        }
        let sent = support::messages(&path)
            .iter()
            .filter(|(from_client, _)| *from_client)
            .count();
        assert_eq!(events, sent, "{place}");
    }
    assert!(created > 30 && inputs > 0, "{created} pipelines, {inputs} inputs");
}

/// Every header is written as it was read.
#[test]
fn headers_survive() {
    let Some(folder) = support::recordings() else {
        return;
    };
    for path in support::files(&folder.join("pwsh"), ".oop.jsonl") {
        for (_, message) in support::messages(&path) {
            let bytes = message.encode();
            assert_eq!(Message::decode(&bytes).unwrap(), message);
            assert_eq!(MessageRef::decode(&bytes).unwrap().to_message(), message);
            assert_ne!(message.message_type.name(), MessageType::Unknown(0).name());
        }
    }
}

/// The key messages of a real server hold what its key file says.
#[test]
fn recorded_keys_are_laid_out_so() {
    let Some(folder) = support::recordings() else {
        return;
    };
    let secrets = support::json(&folder.join("pwsh/secure_string.secrets.json"));
    let hex = |key: &str| find(&secrets, key).unwrap_or_else(|| panic!("no {key} in the secrets"));
    let number = |text: &str| text.trim_start_matches("0x").to_ascii_lowercase();
    let mut found = 0;
    for (_, message) in support::messages(&folder.join("pwsh/secure_string.oop.jsonl")) {
        let document = || read_message(&message.data, &Limits::default(), &mut Interner::new()).unwrap();
        match message.message_type {
            MessageType::PublicKey => {
                let blob = PublicKey::from_document(&document()).unwrap().blob;
                let key = decode_public_key(&blob).unwrap();
                let modulus: String = key.modulus.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(modulus, number(&hex("n")));
                assert_eq!(
                    format!("{:x}", key.exponent),
                    number(&hex("e")).trim_start_matches('0')
                );
                assert_eq!(encode_public_key(&key), blob);
                found += 1;
            }
            MessageType::EncryptedSessionKey => {
                let blob = EncryptedSessionKey::from_document(&document()).unwrap().blob;
                let cipher = decode_session_key(&blob).unwrap();
                assert_eq!(cipher.len(), 256);
                assert_eq!(encode_session_key(&cipher), blob);
                found += 1;
            }
            _ => {}
        }
    }
    assert_eq!(found, 2);
}

fn find(json: &serde_json::Value, key: &str) -> Option<String> {
    match json {
        serde_json::Value::Object(members) => match members.get(key) {
            Some(serde_json::Value::String(text)) => Some(text.clone()),
            _ => members.values().find_map(|value| find(value, key)),
        },
        _ => None,
    }
}
