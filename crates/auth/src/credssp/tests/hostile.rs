//! Servers that know the password and do as they like with the messages.

use rustls::version::TLS13;

use super::{NOW, PASSWORD, handshake, identity, initiator, inner_acceptor, step};
use crate::credssp::CredSspFault;
use crate::credssp::binding::{Side, VERSION, proof};
use crate::credssp::message::{self, Request};
use crate::credssp::seal::{open, wrap};
use crate::credssp::tls::Channel;
use crate::{Denial, Entropy, Error, SealedBlock, SecurityContext, Step, Unsealed};

/// A server that holds the password but does as it likes with the messages.
struct Hostile {
    channel: Channel,
    inner: Box<dyn SecurityContext>,
    key: Vec<u8>,
    act: Act,
    passwords: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    Honest,
    /// The proof of another key.
    OtherKey,
    /// The client's own proof, sent back.
    Reflected,
    /// The proof of versions 2 to 4 under a version above.
    OldForm,
    NoProof,
    Version(u32),
    /// Says another version with the second answer.
    Changing,
    CutDer,
    LongDer,
    Nothing,
    InClear,
    ProofAtOnce,
    Nonce,
    Status(u32),
    Twice,
}

impl Hostile {
    fn new(act: Act) -> Self {
        let identity = identity(&TLS13);
        Self {
            channel: Channel::server(&identity, NOW).unwrap(),
            inner: inner_acceptor(false),
            key: identity.public_key().to_vec(),
            act,
            passwords: 0,
        }
    }
}

impl SecurityContext for Hostile {
    fn step(&mut self, input: Option<&[u8]>, now: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let plain = self.channel.receive(input.unwrap())?;
        if plain.is_empty() {
            return self.channel.flight().map(Step::Continue);
        }
        let request = Request::read(&plain)?;
        if let Some(sealed) = request.auth_info {
            let (name, password) = message::read_credentials(&open(self.inner.as_mut(), sealed)?)?;
            assert_eq!(
                (name.to_string().as_str(), password.as_str()),
                ("CORP\\alice", PASSWORD)
            );
            self.passwords += 1;
            let error_code = match self.act {
                Act::Twice => Some(0xc000_0234),
                _ => return Ok(Step::Done(None)),
            };
            let answer = Request {
                version: 6,
                error_code,
                ..Request::default()
            };
            return self.channel.send(&answer.write()?).map(Step::Continue);
        }
        let token = match self.inner.step(request.token.as_deref(), now, entropy)? {
            Step::Continue(token) | Step::Done(Some(token)) => Some(token),
            _ => None,
        };
        let mut answer = Request {
            version: VERSION,
            token,
            ..Request::default()
        };
        match self.act {
            Act::Version(version) => answer.version = version,
            Act::ProofAtOnce => answer.pub_key_auth = Some(vec![0; 48]),
            Act::Nonce => answer.nonce = Some([1; 32]),
            Act::Status(status) => answer.error_code = Some(status),
            Act::Nothing => answer.token = None,
            _ => {}
        }
        if let Some(sealed) = request.pub_key_auth {
            let given = open(self.inner.as_mut(), sealed)?;
            let nonce = request.nonce.as_ref();
            let own = proof(Side::Server, nonce, &self.key);
            let own = match self.act {
                Act::OtherKey => proof(Side::Server, nonce, b"another key"),
                Act::Reflected => given.to_vec(),
                Act::OldForm => proof(Side::Server, None, &self.key),
                _ => own,
            };
            answer.pub_key_auth = Some(wrap(self.inner.as_mut(), &own)?);
            match self.act {
                Act::NoProof => answer.pub_key_auth = None,
                Act::Changing => answer.version = 5,
                _ => {}
            }
        }
        let mut written = answer.write()?;
        match self.act {
            Act::CutDer => {
                written.pop();
            }
            Act::LongDer => written.push(0),
            Act::InClear => return Ok(Step::Continue(written)),
            _ => {}
        }
        self.channel.send(&written).map(Step::Continue)
    }

    fn is_complete(&self) -> bool {
        false
    }

    fn can_seal(&self) -> bool {
        false
    }

    fn seal(&mut self, _: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        unreachable!()
    }

    fn unseal(&mut self, _: &mut [u8], _: usize) -> Result<Unsealed, Error> {
        unreachable!()
    }

    fn protocol_name(&self) -> &'static str {
        crate::CREDSSP_PROTOCOL
    }
}

#[test]
fn a_server_that_does_not_prove_itself_gets_no_password() {
    let mut honest = Hostile::new(Act::Honest);
    handshake(&mut initiator(PASSWORD), &mut honest, |_, _| {}).unwrap();
    assert_eq!(honest.passwords, 1);
    let mut version_5 = Hostile::new(Act::Version(5));
    handshake(&mut initiator(PASSWORD), &mut version_5, |_, _| {}).unwrap();

    let wrong: fn(&Error) -> bool = |error| matches!(error, Error::CredSsp(CredSspFault::PublicKey));
    let malformed: fn(&Error) -> bool = |error| matches!(error, Error::Malformed { .. });
    let old: fn(&Error) -> bool =
        |error| matches!(error, Error::CredSsp(CredSspFault::Version { least: 5, .. }));
    for (act, expected) in [
        (Act::OtherKey, wrong),
        (Act::Reflected, wrong),
        (Act::OldForm, wrong),
        (Act::NoProof, malformed),
        (Act::Version(4), old),
        (Act::Version(2), old),
        (Act::Version(0), old),
        (Act::Changing, malformed),
        (Act::CutDer, malformed),
        (Act::LongDer, malformed),
        (Act::Nothing, malformed),
        (Act::InClear, malformed),
        (Act::ProofAtOnce, malformed),
        (Act::Nonce, malformed),
        (Act::Status(0xc000_0072), |error| {
            matches!(error, Error::Denied(Denial::AccountDisabled))
        }),
    ] {
        let mut server = Hostile::new(act);
        let mut client = initiator(PASSWORD);
        let error = handshake(&mut client, &mut server, |_, _| {}).unwrap_err();
        assert!(expected(&error), "{act:?}: {error}");
        assert_eq!(server.passwords, 0, "{act:?}");
        assert!(client.seal(b"x").is_err());
        assert!(step(&mut client, None, 1).is_err(), "{act:?}: an error is final");
    }
    // A complaint after the password was handed over is understood as well.
    let error = handshake(&mut initiator(PASSWORD), &mut Hostile::new(Act::Twice), |_, _| {}).unwrap_err();
    assert!(matches!(error, Error::Denied(Denial::AccountLocked)), "{error}");
}

#[test]
fn old_servers_are_served_only_on_request() {
    for version in 2..=4 {
        let mut server = Hostile::new(Act::Version(version));
        let mut client = initiator(PASSWORD).allow_vulnerable_versions();
        handshake(&mut client, &mut server, |_, _| {}).unwrap();
        assert_eq!((client.version(), server.passwords), (Some(version), 1));
    }
    let mut server = Hostile::new(Act::Version(1));
    let mut client = initiator(PASSWORD).allow_vulnerable_versions();
    assert!(handshake(&mut client, &mut server, |_, _| {}).is_err());
}
