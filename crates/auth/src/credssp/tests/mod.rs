//! Both ends against each other, and against somebody in between.

mod hostile;

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rustls::SupportedProtocolVersion;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};

use super::binding::VERSION;
use super::message::{self, Request};
use super::seal::{open, wrap};
use super::tls::Channel;
use super::{Acceptor, CredSspFault, Initiator, ServerIdentity};
use crate::encrypted::{open_body, seal_body};
use crate::ntlm::{AcceptorOptions, ServerNames, Target};
use crate::testing::{Fixed, hex};
use crate::{Accounts, Credential, Denial, Error, SecurityContext, SignatureFault, Step, ntlm, spnego};

const NOW: u64 = 134_081_568_000_000_000;
const PASSWORD: &str = "Corréct-Horse 7";

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn generate() -> (CertificateDer<'static>, Vec<u8>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["lab".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.der().clone(), key.serialize_der())
}

static CERTIFICATE: LazyLock<(CertificateDer<'static>, Vec<u8>)> = LazyLock::new(generate);

fn identity_of(
    (certificate, key): &(CertificateDer<'static>, Vec<u8>),
    version: &'static SupportedProtocolVersion,
) -> ServerIdentity {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.clone()));
    ServerIdentity::with_versions(provider(), certificate.clone(), key, &[version]).unwrap()
}

fn identity(version: &'static SupportedProtocolVersion) -> ServerIdentity {
    identity_of(&CERTIFICATE, version)
}

fn accounts() -> Arc<Accounts> {
    Arc::new(Accounts::new().with("CORP\\alice", PASSWORD))
}

fn inner_initiator(password: &str, raw: bool) -> Box<dyn SecurityContext> {
    let credential = Credential::new("CORP\\alice", password);
    let target = Target::new("WSMAN/server");
    if raw {
        Box::new(ntlm::Initiator::new(&credential, target).unwrap())
    } else {
        Box::new(spnego::Initiator::new(&credential, target).unwrap())
    }
}

fn inner_acceptor(raw: bool) -> Box<dyn SecurityContext> {
    let options = AcceptorOptions::new(ServerNames::standalone("server"));
    if raw {
        Box::new(ntlm::Acceptor::new(accounts(), options))
    } else {
        Box::new(spnego::Acceptor::new(accounts(), options))
    }
}

fn initiator(password: &str) -> Initiator {
    let credential = Credential::new("CORP\\alice", password);
    Initiator::new(inner_initiator(password, false), &credential, provider()).unwrap()
}

fn acceptor(version: &'static SupportedProtocolVersion) -> Acceptor {
    Acceptor::new(inner_acceptor(false), accounts(), identity(version))
}

fn step(context: &mut dyn SecurityContext, input: Option<&[u8]>, seed: u8) -> Result<Step, Error> {
    context.step(input, NOW, &mut Fixed::seeded(seed))
}

/// Runs the handshake; `change` sees each token with its number, from 0.
fn handshake(
    client: &mut Initiator,
    server: &mut dyn SecurityContext,
    mut change: impl FnMut(usize, &mut Vec<u8>),
) -> Result<usize, Error> {
    let mut number = 0;
    let mut input: Option<Vec<u8>> = None;
    loop {
        let mut token = match step(client, input.as_deref(), 1)? {
            Step::Continue(token) => token,
            Step::Done(None) => return Ok(number),
            _ => panic!("an unexpected step"),
        };
        change(number, &mut token);
        number += 1;
        input = match step(server, Some(&token), 2)? {
            Step::Continue(mut token) => {
                change(number, &mut token);
                number += 1;
                Some(token)
            }
            Step::Done(None) => None,
            _ => panic!("an unexpected step"),
        };
    }
}

#[test]
fn both_ends_sign_in_and_seal() {
    for version in [&TLS12, &TLS13] {
        let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
        assert!(client.seal(b"too early").is_err());
        let (mut client, mut server) = (initiator(PASSWORD), {
            assert!(server.unseal(&mut [0; 4], 0).is_err());
            acceptor(version)
        });
        let tokens = handshake(&mut client, &mut server, |_, _| {}).unwrap();
        assert_eq!(tokens, 9, "five of the client, four of the server");
        assert_eq!(client.version(), Some(6));
        assert_eq!(server.account().unwrap().to_string(), "CORP\\alice");
        assert_eq!(server.refusal(), None);

        for length in [1, 16_383, 16_384, 16_385, 100_000] {
            let plain: Vec<u8> = (0..length).map(|n: u32| n.to_le_bytes()[0]).collect();
            let sealed = seal_body(&mut client, &plain).unwrap();
            let many = length > 16_384;
            let expected = if many {
                "multipart/x-multi-encrypted;"
            } else {
                "multipart/encrypted;"
            };
            assert!(
                sealed.content_type.starts_with(expected),
                "{}",
                sealed.content_type
            );
            assert!(
                sealed
                    .content_type
                    .contains("application/HTTP-CredSSP-session-encrypted")
            );
            let opened = open_body(&mut server, &sealed.content_type, sealed.body).unwrap();
            assert_eq!(opened.body, plain);
            let sealed = seal_body(&mut server, &plain).unwrap();
            let opened = open_body(&mut client, &sealed.content_type, sealed.body).unwrap();
            assert_eq!(opened.body, plain);
        }
        assert!(matches!(step(&mut client, None, 1), Err(Error::State { .. })));
    }
}

#[test]
fn blocks_are_cut_as_windows_cuts_them() {
    for (version, trailer, overhead) in [(&TLS12, 16, 5 + 8 + 16), (&TLS13, 17, 5 + 17)] {
        let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
        handshake(&mut client, &mut server, |_, _| {}).unwrap();
        let blocks = client.seal(&[7; 16_384 + 10]).unwrap();
        let sizes: Vec<_> = blocks
            .iter()
            .map(|block| {
                (
                    block.header.len(),
                    block.header.len() + block.data.len(),
                    block.plain_length,
                )
            })
            .collect();
        assert_eq!(
            sizes,
            [(trailer, 16_384 + overhead, 16_384), (trailer, 10 + overhead, 10)]
        );
        // The receiver does not look at where the header ends.
        for (block, cut) in blocks.into_iter().zip([0, 3]) {
            let mut whole = [block.header, block.data].concat();
            let opened = server.unseal(&mut whole, cut).unwrap();
            assert_eq!(&whole[opened.range], vec![7; block.plain_length]);
        }
    }
}

#[test]
fn changed_repeated_reordered_and_cut_blocks_are_refused() {
    let ready = |version| {
        let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
        handshake(&mut client, &mut server, |_, _| {}).unwrap();
        let blocks: Vec<Vec<u8>> = client
            .seal(&[7; 40_000])
            .unwrap()
            .into_iter()
            .map(|block| [block.header, block.data].concat())
            .collect();
        (server, blocks)
    };
    for version in [&TLS12, &TLS13] {
        let (mut server, mut blocks) = ready(version);
        blocks[0][100] ^= 1;
        let refused = server.unseal(&mut blocks[0], 16);
        assert!(matches!(refused, Err(Error::Signature(SignatureFault::Checksum))));
        assert!(
            !blocks[0].windows(32).any(|window| window == [7; 32]),
            "no plain text"
        );
        assert!(server.unseal(&mut blocks[1], 16).is_err(), "an error is final");
        assert!(server.seal(b"x").is_err());

        let (mut server, blocks) = ready(version);
        server.unseal(&mut blocks[0].clone(), 16).unwrap();
        assert!(server.unseal(&mut blocks[0].clone(), 16).is_err(), "repeated");

        let (mut server, mut blocks) = ready(version);
        assert!(server.unseal(&mut blocks[1], 16).is_err(), "reordered");

        for end in [0, 3, 20, blocks[0].len() - 1] {
            let (mut server, mut blocks) = ready(version);
            assert!(server.unseal(&mut blocks[0][..end], 0).is_err(), "cut at {end}");
        }
        let (mut server, mut blocks) = ready(version);
        blocks[0].push(0);
        assert!(server.unseal(&mut blocks[0], 16).is_err(), "a byte behind it");
    }
}

#[test]
fn a_wrong_password_is_refused_and_told() {
    for version in [&TLS12, &TLS13] {
        let (mut client, mut server) = (initiator("wrong"), acceptor(version));
        let error = handshake(&mut client, &mut server, |_, _| {}).unwrap_err();
        assert!(matches!(error, Error::Denied(Denial::WrongPassword)), "{error}");
        assert_eq!(server.refusal(), Some(Denial::WrongPassword));
        assert_eq!(server.account(), None);
        assert!(client.seal(b"x").is_err() && server.seal(b"x").is_err());
        assert!(step(&mut server, Some(b"x"), 2).is_err(), "it is final");
    }
}

#[test]
fn a_delegated_password_is_checked_too() {
    // The right proof, but another password is handed over.
    let credential = Credential::new("CORP\\alice", "another");
    let mut client = Initiator::new(inner_initiator(PASSWORD, false), &credential, provider()).unwrap();
    let mut server = acceptor(&TLS13);
    let error = handshake(&mut client, &mut server, |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::Denied(Denial::WrongPassword)), "{error}");
}

#[test]
fn ntlm_without_spnego_serves_too() {
    let credential = Credential::new("CORP\\alice", PASSWORD);
    let mut client = Initiator::new(inner_initiator(PASSWORD, true), &credential, provider()).unwrap();
    let mut server = Acceptor::new(inner_acceptor(true), accounts(), identity(&TLS12));
    handshake(&mut client, &mut server, |_, _| {}).unwrap();
    assert!(server.account().is_some());
}

#[test]
fn any_byte_changed_on_the_way_is_noticed() {
    for version in [&TLS12, &TLS13] {
        let mut tokens = Vec::new();
        handshake(&mut initiator(PASSWORD), &mut acceptor(version), |_, token| {
            tokens.push(token.clone());
        })
        .unwrap();
        for (number, token) in tokens.iter().enumerate() {
            // Some bytes of each; the headers of records in clear are protected by nothing and mean nothing.
            for at in (5..token.len()).step_by(token.len() / 12 + 1) {
                let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
                let ended = handshake(&mut client, &mut server, |n, token| {
                    if n == number
                        && let Some(byte) = token.get_mut(at)
                    {
                        *byte ^= 0x11;
                    }
                });
                assert!(ended.is_err(), "byte {at} of token {number}");
                let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
                let ended = handshake(&mut client, &mut server, |n, token| {
                    if n == number {
                        token.truncate(at);
                    }
                });
                assert!(ended.is_err(), "token {number} cut at {at}");
            }
        }
    }
}

/// Somebody in between who speaks TLS with both sides and passes on what is inside.
struct Between {
    to_client: Channel,
    to_server: Option<Channel>,
    server: Acceptor,
    passwords: usize,
}

impl Between {
    fn relay(&mut self, token: &[u8]) -> Result<Vec<u8>, Error> {
        let plain = self.to_client.receive(token)?;
        if plain.is_empty() {
            return self.to_client.flight();
        }
        if Request::read(&plain)?.auth_info.is_some() {
            self.passwords += 1;
        }
        let onward = self.to_server.as_mut().unwrap().send(&plain)?;
        let Step::Continue(answer) = step(&mut self.server, Some(&onward), 2)? else {
            panic!("the server is convinced");
        };
        let plain = self.to_server.as_mut().unwrap().receive(&answer)?;
        self.to_client.send(&plain)
    }
}

#[test]
fn somebody_in_between_gets_no_password() {
    for lenient in [false, true] {
        let own = identity_of(&generate(), &TLS12);
        let mut client = initiator(PASSWORD);
        let mut server = acceptor(&TLS12);
        let mut to_server = Channel::client(&provider(), NOW).unwrap();
        while to_server.is_handshaking() {
            let flight = to_server.flight().unwrap();
            let Step::Continue(answer) = step(&mut server, Some(&flight), 2).unwrap() else {
                panic!("no flight")
            };
            to_server.receive(&answer).unwrap();
        }
        if lenient {
            client = client.allow_vulnerable_versions();
        }
        let mut between = Between {
            to_client: Channel::server(&own, NOW).unwrap(),
            to_server: Some(to_server),
            server,
            passwords: 0,
        };
        let mut input: Option<Vec<u8>> = None;
        let error = loop {
            let Step::Continue(token) = step(&mut client, input.as_deref(), 1).unwrap() else {
                panic!("the client is convinced")
            };
            match between.relay(&token) {
                Ok(answer) => input = Some(answer),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(error, Error::CredSsp(CredSspFault::PublicKey)),
            "the server notices: {error}"
        );
        assert_eq!(between.passwords, 0);
    }
}

#[test]
fn a_client_that_proves_itself_one_leg_later_is_served() {
    use super::binding::{Side, proof};
    let (mut server, mut inner) = (acceptor(&TLS13), inner_initiator(PASSWORD, false));
    let mut tls = Channel::client(&provider(), NOW).unwrap();
    loop {
        let flight = tls.flight().unwrap();
        if flight.is_empty() {
            break;
        }
        let Step::Continue(answer) = step(&mut server, Some(&flight), 2).unwrap() else {
            panic!("no flight")
        };
        tls.receive(&answer).unwrap();
    }
    let mut ask = |request: Request| {
        let version = VERSION;
        let written = Request { version, ..request }.write().unwrap();
        let token = tls.send(&written).unwrap();
        match step(&mut server, Some(&token), 2).unwrap() {
            Step::Continue(answer) => Some(Request::read(&tls.receive(&answer).unwrap()).unwrap()),
            _ => None,
        }
    };
    // The inner handshake comes to its end by itself.
    let mut input: Option<Vec<u8>> = None;
    while let Step::Continue(token) = step(inner.as_mut(), input.as_deref(), 1).unwrap() {
        let token = Some(token);
        let answer = ask(Request {
            token,
            ..Request::default()
        });
        input = answer.unwrap().token;
    }
    let nonce = [9; 32];
    let key = identity(&TLS13).public_key().to_vec();
    let own = wrap(inner.as_mut(), &proof(Side::Client, Some(&nonce), &key)).unwrap();
    let answer = ask(Request {
        pub_key_auth: Some(own),
        nonce: Some(nonce),
        ..Request::default()
    });
    let theirs = open(inner.as_mut(), answer.unwrap().pub_key_auth.unwrap()).unwrap();
    assert_eq!(*theirs, proof(Side::Server, Some(&nonce), &key));
    let credentials = message::write_credentials(&Credential::new("CORP\\alice", PASSWORD)).unwrap();
    let auth_info = Some(wrap(inner.as_mut(), &credentials).unwrap());
    let end = ask(Request {
        auth_info,
        ..Request::default()
    });
    assert!(end.is_none() && server.account().is_some());
}

#[test]
fn silence_is_a_refusal() {
    let mut client = initiator(PASSWORD);
    step(&mut client, None, 1).unwrap();
    assert!(matches!(step(&mut client, Some(&[]), 1), Err(Error::Refused)));
    let mut client = initiator(PASSWORD);
    step(&mut client, None, 1).unwrap();
    assert!(matches!(step(&mut client, None, 1), Err(Error::Refused)));
}

#[test]
fn other_tls_is_told_apart() {
    let mut client = initiator(PASSWORD);
    step(&mut client, None, 1).unwrap();
    // A fatal alert: protocol_version.
    let error = step(&mut client, Some(&hex("15 0301 0002 0246")), 1)
        .err()
        .unwrap();
    assert!(
        matches!(error, Error::CredSsp(CredSspFault::NothingInCommon)),
        "{error}"
    );
    for (text, why) in [
        ("474554202f", "no record"),
        ("16 0301 0005 01", "a cut record"),
        ("16 0301 ffff 00", "a long record"),
        ("00", "a byte"),
    ] {
        let mut client = initiator(PASSWORD);
        step(&mut client, None, 1).unwrap();
        let error = step(&mut client, Some(&hex(text)), 1).err().unwrap();
        assert!(matches!(error, Error::Malformed { .. }), "{why}: {error}");
        let error = step(&mut acceptor(&TLS13), Some(&hex(text)), 2).err().unwrap();
        assert!(matches!(error, Error::Malformed { .. }), "{why}: {error}");
    }
}

#[test]
fn the_key_of_a_certificate_is_found() {
    let (certificate, key) = &*CERTIFICATE;
    let identity = identity(&TLS13);
    // A point of P-256, uncompressed; the same that stands at the end of the private key.
    assert_eq!((identity.public_key().len(), identity.public_key()[0]), (65, 4));
    assert!(key.ends_with(identity.public_key()));
    for end in 0..certificate.len() / 2 {
        let cut = CertificateDer::from(certificate[..end].to_vec());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.clone()));
        assert!(ServerIdentity::new(provider(), cut, key).is_err(), "{end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_sealed_comes_back(plain in proptest::collection::vec(any::<u8>(), 1..70_000), tls12 in any::<bool>()) {
        let version = if tls12 { &TLS12 } else { &TLS13 };
        let (mut client, mut server) = (initiator(PASSWORD), acceptor(version));
        handshake(&mut client, &mut server, |_, _| {}).unwrap();
        let sealed = seal_body(&mut server, &plain).unwrap();
        let opened = open_body(&mut client, &sealed.content_type, sealed.body).unwrap();
        prop_assert_eq!(&opened.body[..], &plain);
    }
}
