//! CredSSP with strangers: bytes of TLS, messages inside it, sealed blocks.

mod peer;

use std::sync::Arc;

use psbridge_auth::credssp::{Acceptor, Initiator, ServerIdentity};
use psbridge_auth::{Accounts, Credential, SecurityContext, Step};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::handshake::{self, NOW, PASSWORD, USER, fixed};
use peer::Peer;

/// A certificate for the name `fuzz`, and its key.
const CERTIFICATE: &[u8] = include_bytes!("certificate.der");
const KEY: &[u8] = include_bytes!("key.der");

const PLAIN: &[u8] = b"<s:Envelope/>";

fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    (CertificateDer::from(CERTIFICATE), key)
}

fn initiator() -> Initiator {
    let credential = Credential::new(USER, PASSWORD);
    Initiator::new(handshake::initiator(true), &credential, peer::provider()).expect("a password")
}

fn acceptor() -> Acceptor {
    let (certificate, key) = certificate();
    let identity = ServerIdentity::new(peer::provider(), certificate, key).expect("an identity");
    let accounts = Arc::new(Accounts::new().with(USER, PASSWORD));
    Acceptor::new(handshake::acceptor(true), accounts, identity)
}

fn go_on(context: &mut dyn SecurityContext, input: Option<&[u8]>) -> Vec<u8> {
    match context.step(input, NOW, &mut fixed) {
        Ok(Step::Continue(token)) => token,
        Ok(_) => panic!("it goes on"),
        Err(error) => panic!("an honest handshake: {error}"),
    }
}

/// A client that has shaken hands with a stranger, and its first message.
fn client_of_a_stranger() -> (Initiator, Peer, Vec<u8>) {
    let (mut client, mut stranger) = (initiator(), Peer::server());
    let mut token = go_on(&mut client, None);
    loop {
        let message = stranger.take(&token);
        if !message.is_empty() {
            return (client, stranger, message);
        }
        token = go_on(&mut client, Some(&stranger.flight()));
    }
}

/// A server that has shaken hands with a stranger.
fn server_of_a_stranger() -> (Acceptor, Peer) {
    let (mut server, mut stranger) = (acceptor(), Peer::client());
    loop {
        let flight = stranger.flight();
        if flight.is_empty() {
            return (server, stranger);
        }
        let answer = go_on(&mut server, Some(&flight));
        assert!(stranger.take(&answer).is_empty(), "only TLS so far");
    }
}

/// What an honest server answers to a client's first message.
fn answer(first: &[u8]) -> Vec<u8> {
    let (mut server, mut onward) = server_of_a_stranger();
    let message = onward.say(first);
    onward.take(&go_on(&mut server, Some(&message)))
}

/// Both ends after an honest handshake.
fn connected() -> (Initiator, Acceptor) {
    let (mut client, mut server) = (initiator(), acceptor());
    let mut answer = None;
    while !client.is_complete() {
        let token = match client.step(answer.as_deref(), NOW, &mut fixed) {
            Ok(Step::Continue(token)) => token,
            Ok(_) => break,
            Err(error) => panic!("an honest handshake: {error}"),
        };
        answer = match server.step(Some(&token), NOW, &mut fixed) {
            Ok(Step::Continue(token)) => Some(token),
            Ok(_) => None,
            Err(error) => panic!("an honest handshake: {error}"),
        };
    }
    (client, server)
}

/// An end that was given something wrong says so and does nothing more.
fn ended(context: &mut dyn SecurityContext) {
    assert!(!context.is_complete(), "nobody is signed in");
    assert!(!context.can_seal(), "no keys after an error");
    assert!(context.seal(PLAIN).is_err());
    assert!(
        context.step(Some(&[0]), NOW, &mut fixed).is_err(),
        "an error is final"
    );
}

pub(super) fn check(input: &[u8]) {
    let Some((choice, bytes)) = input.split_first() else {
        return;
    };
    match choice % 6 {
        // As the first token of a client.
        0 => {
            let mut server = acceptor();
            if server.step(Some(bytes), NOW, &mut fixed).is_err() {
                ended(&mut server);
            }
            assert!(!server.is_complete(), "one token signs nobody in");
        }
        // As the first answer of a server.
        1 => {
            let mut client = initiator();
            go_on(&mut client, None);
            if client.step(Some(bytes), NOW, &mut fixed).is_err() {
                ended(&mut client);
            }
        }
        // As the first message inside TLS, to a server.
        2 if bytes.is_empty() => {}
        2 => {
            let (mut server, mut stranger) = server_of_a_stranger();
            match server.step(Some(&stranger.say(bytes)), NOW, &mut fixed) {
                Ok(Step::Continue(answer)) => {
                    assert!(!stranger.take(&answer).is_empty(), "an answer");
                }
                Ok(_) => panic!("one message signs nobody in"),
                Err(_) => ended(&mut server),
            }
        }
        // As the first answer inside TLS, to a client.
        3 => {
            let (mut client, mut stranger, _) = client_of_a_stranger();
            if client.step(Some(&stranger.say(bytes)), NOW, &mut fixed).is_err() {
                ended(&mut client);
            }
        }
        // As the answer to a client's proof, by somebody in between whose key is not that of the server: whatever it
        // is, no password follows.
        4 => {
            let (mut client, mut between, first) = client_of_a_stranger();
            go_on(&mut client, Some(&between.say(&answer(&first))));
            let answered = client.step(Some(&between.say(bytes)), NOW, &mut fixed);
            assert!(answered.is_err(), "a stranger proves nothing");
            ended(&mut client);
        }
        // As a sealed block.
        _ => {
            let (mut client, mut server) = connected();
            let mut block = bytes.to_vec();
            assert!(
                server.unseal(&mut block, bytes.len().min(17)).is_err(),
                "nothing but what the peer sealed ever opens"
            );
            assert!(server.seal(PLAIN).is_err(), "an error is final");
            let sealed = client.seal(PLAIN).expect("the other end works on");
            assert_eq!(sealed.len(), 1);
        }
    }
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let (_, _, first) = client_of_a_stranger();
    let challenge = answer(&first);
    let seed = |choice: u8, bytes: &[u8]| [&[choice], bytes].concat();
    // `TSRequest`s with an error code, and with a proof that is none.
    let status = [0x30, 0x0d, 0xa0, 3, 2, 1, 6, 0xa4, 6, 2, 4, 0xc0, 0, 0, 0x6d];
    let proof = [0x30, 0x0c, 0xa0, 3, 2, 1, 6, 0xa3, 5, 4, 3, 1, 2, 3];
    let alert = [21, 3, 3, 0, 2, 2, 40];
    let record = [
        23, 3, 3, 0, 17, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];
    vec![
        ("hello".into(), seed(0, &[22, 3, 1, 0, 5, 1, 0, 0, 1, 0])),
        ("alert-to-server".into(), seed(0, &alert)),
        ("alert-to-client".into(), seed(1, &alert)),
        ("first-message".into(), seed(2, &first)),
        ("proof-at-once".into(), seed(2, &proof)),
        ("challenge".into(), seed(3, &challenge)),
        ("status".into(), seed(3, &status)),
        ("between-challenge".into(), seed(4, &challenge)),
        ("between-proof".into(), seed(4, &proof)),
        ("block".into(), seed(5, &record)),
    ]
}
