//! Pools of both roles, joined in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

#[path = "support/pair.rs"]
mod pair;

use pair::{PID, Pair, RPID, pipeline};
use psbridge_clixml::Value;
use psbridge_protocol::client::{self, ClientPoolState, Event, PoolEvent};
use psbridge_protocol::fragment::ObjectIds;
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{
    AvailabilityResponse, Command, HostMethod, InformationalKind, InformationalRecord, PoolRequestKind,
    PublicKey, UserEvent, primitive_dictionary,
};
use psbridge_protocol::secure::{CryptoError, Protection, RsaPublicKey, SessionKeyCrypto};
use psbridge_protocol::server::{self, Lane};
use psbridge_protocol::{Error, ProtocolVersion};
use zeroize::Zeroizing;

/// Not cryptography: moves bytes so that a test sees whether they went through it.
#[derive(Default)]
struct Toy {
    key: Option<u8>,
}

impl SessionKeyCrypto for Toy {
    fn public_key(&mut self) -> Result<RsaPublicKey, CryptoError> {
        Ok(RsaPublicKey {
            modulus: (1..=255).chain([1]).collect(),
            exponent: 65_537,
        })
    }

    fn open_session_key(&mut self, ciphertext: &[u8]) -> Result<(), CryptoError> {
        self.key = ciphertext.first().copied();
        Ok(())
    }

    fn seal_session_key(&mut self, client: &RsaPublicKey) -> Result<Vec<u8>, CryptoError> {
        assert_eq!((client.modulus.first(), client.modulus.len()), (Some(&1), 256));
        self.key = Some(0x5A);
        Ok([0x5A]
            .into_iter()
            .chain(client.modulus.iter().skip(1).copied())
            .collect())
    }

    fn has_session_key(&self) -> bool {
        self.key.is_some()
    }

    fn encrypt(&self, plain: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let key = self.key.ok_or(CryptoError::NoKey)?;
        Ok(plain.iter().map(|byte| byte ^ key).collect())
    }

    fn decrypt(&self, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.encrypt(cipher).map(Zeroizing::new)
    }
}

#[test]
fn a_pool_opens_and_closes() {
    let mut pair = Pair::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
    assert!(matches!(
        pair.client.request(PoolRequestKind::GetAvailableRunspaces),
        Err(Error::State { .. })
    ));
    let (_, told) = pair.open();
    let [
        PoolEvent::Negotiated(version),
        PoolEvent::ApplicationPrivateData(data),
        PoolEvent::State(_),
    ] = &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(*version, ProtocolVersion::V2_3);
    assert_eq!(data.ps_version().as_deref(), Some("5.1.17763.1"));
    assert_eq!(pair.server.id(), RPID);
    assert!(pair.client.open(100_000).is_err(), "a pool opens once");

    pair.server.close().unwrap();
    pair.client_events();
    assert_eq!(pair.client.state(), ClientPoolState::Closed);
    assert!(pair.client.pipeline(PID, &pipeline(Command::new("x"))).is_err());
    pair.client.finish().unwrap();
}

#[test]
fn opening_fits_into_small_requests() {
    let mut pair = Pair::new(ProtocolVersion::V2_3, ProtocolVersion::V2_3);
    let creation = pair.client.open(300).unwrap();
    assert!(creation.len() <= 300);
    pair.server.receive(Lane::Input, &creation);
    let events = pair.server_events();
    assert!(
        matches!(
            events[..],
            [server::PoolEvent::Negotiated(_), server::PoolEvent::Init(_)]
        ),
        "{events:?}"
    );
}

#[test]
fn versions_are_negotiated() {
    use ProtocolVersion as V;
    for (client, server, agreed) in [
        (V::V2_3, V::V2_3, V::V2_3),
        (V::V2_1, V::V2_3, V::V2_1),
        (V::V2_4, V::V2_3, V::V2_3),
        (V::V2_3, V::V2_4, V::V2_3),
        (V::V2_4, V::V2_4, V::V2_4),
    ] {
        let mut pair = Pair::new(client, server);
        pair.open();
        assert_eq!(
            (pair.client.version(), pair.server.version()),
            (Some(agreed), Some(agreed))
        );
    }
}

#[test]
fn a_failed_negotiation_breaks_the_pool() {
    let mut pair = Pair::new(ProtocolVersion { major: 3, minor: 0 }, ProtocolVersion::V2_3);
    let creation = pair.client.open(100_000).unwrap();
    pair.server.receive(Lane::Input, &creation);
    assert!(matches!(pair.server.next_event(), Err(Error::Negotiation { .. })));
    // The server still says what it speaks, and nothing more.
    pair.client
        .receive(&pair.server.next_fragment(10_000).unwrap().unwrap());
    assert!(matches!(
        pair.client.next_event(),
        Ok(Some(PoolEvent::Negotiated(_)))
    ));
    assert!(!pair.server.has_output());

    let mut client = client::Pool::new(client::PoolOptions::new(RPID), ObjectIds::new());
    client.open(100_000).unwrap();
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    let odd = b"<Obj><MS><Version N=\"protocolversion\">2.9</Version><Version N=\"PSVersion\">2.0</Version>\
                <Version N=\"SerializationVersion\">1.1.0.1</Version></MS></Obj>";
    server.push(MessageType::SessionCapability, odd.to_vec());
    client.receive(&server.next_fragment(10_000).unwrap().unwrap());
    assert!(matches!(client.next_event(), Err(Error::Negotiation { .. })));
    assert_eq!(client.state(), ClientPoolState::Broken);
}

#[test]
fn host_calls_of_the_pool_are_answered() {
    let mut pair = Pair::opened();
    let method = HostMethod::from_name("PromptForChoice").unwrap();
    assert_eq!(
        pair.server
            .host_call(method, vec![Value::from("caption")])
            .unwrap(),
        Some(1)
    );
    let events = pair.client_events();
    let [PoolEvent::HostCall(call)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.client.respond(&call.respond(Value::from(2))).unwrap();
    let events = pair.server_events();
    let [server::PoolEvent::HostResponse(response)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((response.call_id, &response.result), (1, &Some(Value::from(2))));
}

#[test]
fn requests_of_the_pool_are_answered() {
    let mut pair = Pair::opened();
    let kinds = [
        (
            PoolRequestKind::SetMaxRunspaces(5),
            AvailabilityResponse::Done(true),
        ),
        (
            PoolRequestKind::SetMinRunspaces(2),
            AvailabilityResponse::Done(false),
        ),
        (
            PoolRequestKind::GetAvailableRunspaces,
            AvailabilityResponse::Available(4),
        ),
        (
            PoolRequestKind::ResetRunspaceState,
            AvailabilityResponse::Done(true),
        ),
    ];
    for (place, (kind, answer)) in (1..).zip(kinds) {
        assert_eq!(pair.client.request(kind).unwrap(), place);
        let events = pair.server_events();
        let [server::PoolEvent::Request(request)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((request.kind, request.call_id), (kind, place));
        pair.server.answer(request, answer).unwrap();
        let events = pair.client_events();
        let [PoolEvent::Availability(told)] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!((told.call_id, told.response), (place, answer));
    }
}

#[test]
fn events_and_warnings_of_the_pool_surface() {
    let mut pair = Pair::opened();
    let event = UserEvent {
        event_identifier: 4,
        source_identifier: "Lab".to_owned(),
        time_generated: None,
        sender: Value::Nil,
        source_args: Value::Nil,
        message_data: Value::from("data"),
        computer_name: None,
        runspace_id: Some(PID),
    };
    pair.server.user_event(&event).unwrap();
    pair.server
        .informational(
            InformationalKind::Warning,
            &InformationalRecord::new("old profile"),
        )
        .unwrap();
    pair.server
        .push(MessageType::Unknown(0x0002_1FFF), b"<S>new</S>".to_vec());
    pair.server
        .push(MessageType::ApplicationPrivateData, b"<broken".to_vec());
    pair.server.request_public_key().unwrap();
    let events = pair.client_events();
    let [
        PoolEvent::UserEvent(told),
        PoolEvent::Record {
            pid: None,
            event: warning,
        },
        PoolEvent::Unknown(unknown),
        PoolEvent::Undecodable(broken),
        PoolEvent::PublicKeyRequest,
    ] = &events[..]
    else {
        panic!("{events:#?}")
    };
    assert_eq!(told.value, event);
    assert!(matches!(&**warning, Event::Warning(warning) if warning.message == "old profile"));
    assert_eq!(unknown.message_type.code(), 0x0002_1FFF);
    assert_eq!(broken.message_type, MessageType::ApplicationPrivateData);
    assert_eq!(pair.client.state(), ClientPoolState::Opened);
}

#[test]
fn a_pool_is_taken_over() {
    let mut client = client::Pool::new(client::PoolOptions::new(RPID), ObjectIds::new());
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    server.receive(Lane::Input, &client.connect(Some((1, 3)), 10_000).unwrap());
    let events: Vec<_> = std::iter::from_fn(|| server.next_event().unwrap()).collect();
    let [
        server::PoolEvent::Negotiated(_),
        server::PoolEvent::Connect(connect),
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(connect.counts, Some((1, 3)));
    server.connected(1, 3).unwrap();
    while let Some(fragment) = server.next_fragment(1000).unwrap() {
        client.receive(&fragment);
    }
    let events: Vec<_> = std::iter::from_fn(|| client.next_event().unwrap()).collect();
    let [PoolEvent::Negotiated(_), PoolEvent::InitData(counts)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((counts.min_runspaces, counts.max_runspaces), (1, 3));
    assert_eq!(client.state(), ClientPoolState::Opened);
    // The stream goes on in the middle of something.
    let mut pipeline = client.pipeline(PID, &pipeline(Command::new("x"))).unwrap();
    pipeline.start(10_000).unwrap();
    pipeline.resync();
    let mut far = server.pipeline(PID);
    far.output(&Value::from("x".repeat(50_000))).unwrap();
    far.output(&Value::from("whole")).unwrap();
    far.next_fragment(40_000).unwrap();
    while let Some(fragment) = far.next_fragment(40_000).unwrap() {
        pipeline.receive(&fragment);
    }
    let Some(Event::Output(output)) = pipeline.next_event().unwrap() else {
        panic!()
    };
    assert_eq!(output.root().and_then(Value::as_text).as_deref(), Some("whole"));
}

#[test]
fn keys_are_exchanged() {
    let mut pair = Pair::opened();
    let (mut ours, mut theirs) = (Toy::default(), Toy::default());
    assert_eq!(Protection::Key(&ours).seal("secret"), Err(CryptoError::NoKey));
    let stray = psbridge_protocol::payload::EncryptedSessionKey { blob: Vec::new() };
    assert!(
        pair.client.accept_session_key(&stray, &mut ours).is_err(),
        "nobody asked"
    );
    pair.client.send_public_key(&mut ours).unwrap();
    pair.client.send_public_key(&mut ours).unwrap();
    let events = pair.server_events();
    let [server::PoolEvent::PublicKey(key)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.server.send_session_key(key, &mut theirs).unwrap();
    let events = pair.client_events();
    let [PoolEvent::SessionKey(key)] = &events[..] else {
        panic!("{events:?}")
    };
    pair.client.accept_session_key(key, &mut ours).unwrap();

    let version = pair.client.version().unwrap();
    let sealed = Protection::of(version, &ours).seal("secret é").unwrap();
    assert_eq!(
        &**Protection::of(version, &theirs).open(&sealed).unwrap(),
        "secret é"
    );
    let plain = Protection::of(ProtocolVersion::V2_4, &ours)
        .seal("secret")
        .unwrap();
    assert_eq!(plain.as_str(), "cwBlAGMAcgBlAHQA");
    assert_eq!(&**Protection::Transport.open(&plain).unwrap(), "secret");
    assert!(
        pair.server
            .send_session_key(&PublicKey { blob: vec![1, 2, 3] }, &mut theirs)
            .is_err()
    );

    let mut newer = Pair::new(ProtocolVersion::V2_4, ProtocolVersion::V2_4);
    newer.open();
    assert!(newer.client.send_public_key(&mut ours).is_err());
}

#[test]
fn application_arguments_arrive() {
    let mut options = client::PoolOptions::new(RPID);
    options.application_arguments = primitive_dictionary([("Purpose", Value::from("test"))]);
    options.max_runspaces = 4;
    let mut client = client::Pool::new(options, ObjectIds::new());
    let mut server = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
    server.receive(Lane::Input, &client.open(100_000).unwrap());
    let events: Vec<_> = std::iter::from_fn(|| server.next_event().unwrap()).collect();
    let [_, server::PoolEvent::Init(init)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((init.min_runspaces, init.max_runspaces), (1, 4));
    let arguments = init.application_arguments.as_dictionary().unwrap();
    assert_eq!(arguments, [(Value::from("Purpose"), Value::from("test"))]);
}
