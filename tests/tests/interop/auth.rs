//! psbridge-auth and pyspnego sign each other in, and read what the other sealed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use psbridge_auth::encrypted::{open_body, seal_body};
use psbridge_auth::ntlm::{AcceptorOptions, BindingPolicy, ServerNames, Target};
use psbridge_auth::{
    Accounts, ChannelBindings, Credential, EntropyError, Error, SecurityContext, Step, ntlm, spnego,
};
use psbridge_tests::domain::system_library;
use psbridge_tests::{Python, skip};
use serde_json::{Value, json};

use crate::peer::{NtlmPeer, decode, encode, python};

const PASSWORD: &str = "Corréct-Horse 7";

/// The present time in units of 100 ns since 1601; gss-ntlmssp compares clocks.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_nanos() / 100).expect("before 2554") + 116_444_736_000_000_000
}

fn random(out: &mut [u8]) -> Result<(), EntropyError> {
    for chunk in out.chunks_mut(16) {
        let bytes = uuid::Uuid::new_v4();
        chunk.copy_from_slice(bytes.as_bytes().get(..chunk.len()).ok_or(EntropyError)?);
    }
    Ok(())
}

/// The two forms in which NTLM travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Raw,
    Spnego,
}

const FORMS: [Form; 2] = [Form::Raw, Form::Spnego];

impl Form {
    fn protocol(self) -> &'static str {
        match self {
            Self::Raw => "ntlm",
            Self::Spnego => "negotiate",
        }
    }

    fn initiator(self, user: &str, password: &str, target: Target) -> Box<dyn SecurityContext> {
        let credential = Credential::new(user, password);
        match self {
            Self::Raw => Box::new(ntlm::Initiator::new(&credential, target).expect("a user")),
            Self::Spnego => Box::new(spnego::Initiator::new(&credential, target).expect("a user")),
        }
    }

    fn acceptor(self, user: &str, options: AcceptorOptions) -> Box<dyn SecurityContext> {
        let accounts = Accounts::new().with(user, PASSWORD);
        match self {
            Self::Raw => Box::new(ntlm::Acceptor::new(Arc::new(accounts), options)),
            Self::Spnego => Box::new(spnego::Acceptor::new(Arc::new(accounts), options)),
        }
    }
}

fn open(peer: &mut NtlmPeer, role: &str, form: Form, user: &str, password: &str, bindings: Option<&[u8]>) {
    open_as(peer, "pyspnego", role, form, user, password, bindings);
}

fn open_as(
    peer: &mut NtlmPeer,
    implementation: &str,
    role: &str,
    form: Form,
    user: &str,
    password: &str,
    bindings: Option<&[u8]>,
) {
    let opened = peer.ask(&json!({
        "peer": implementation, "role": role, "protocol": form.protocol(), "user": user, "password": password,
        "host": "server.lab.example", "service": "HTTP", "bindings": bindings.map(encode),
    }));
    assert!(opened.is_ok(), "{opened:?}");
}

/// Whose side ended a handshake.
#[derive(Debug, PartialEq, Eq)]
enum By {
    Us,
    Peer,
}

/// Who refused, and why.
type Refused = (By, String);

fn by_us(error: Error) -> Refused {
    (By::Us, error.to_string())
}

fn by_peer(reason: String) -> Refused {
    (By::Peer, reason)
}

/// Our initiator and pyspnego's acceptor.
fn initiate(ours: &mut dyn SecurityContext, peer: &mut NtlmPeer) -> Result<Value, Refused> {
    let mut input = None;
    let mut answer = Value::Null;
    loop {
        let step = ours.step(input.as_deref(), now(), &mut random).map_err(by_us)?;
        let (token, done) = match step {
            Step::Continue(token) => (Some(token), false),
            Step::Done(token) => (token, true),
            Step::NeedIo(request) => panic!("NTLM asks for {request:?}"),
        };
        if let Some(token) = token {
            (input, answer) = peer.step(Some(&token)).map_err(by_peer)?;
        }
        if done || (input.is_none() && ours.is_complete()) {
            return Ok(answer);
        }
    }
}

/// pyspnego's initiator and our acceptor.
fn accept(ours: &mut dyn SecurityContext, peer: &mut NtlmPeer) -> Result<(), Refused> {
    let mut input = None;
    loop {
        let (token, state) = peer.step(input.as_deref()).map_err(by_peer)?;
        let Some(token) = token else {
            assert_eq!(state["complete"], true, "the peer is content");
            return Ok(());
        };
        match ours.step(Some(&token), now(), &mut random).map_err(by_us)? {
            Step::Continue(token) | Step::Done(Some(token)) => input = Some(token),
            Step::Done(None) => return Ok(()),
            Step::NeedIo(request) => panic!("NTLM asks for {request:?}"),
        }
    }
}

/// Messages of odd sizes in both directions, in an order that would tell mixed-up cipher states, then whole bodies in
/// pypsrp's framing.
fn talk(ours: &mut dyn SecurityContext, peer: &mut NtlmPeer) {
    assert!(ours.is_complete());
    let text = |length: usize| (0..length).map(|at| (at * 7 + length) as u8).collect::<Vec<_>>();
    for length in [1, 0, 16, 1000, 70_000, 3] {
        let plain = text(length);
        for block in ours.seal(&plain).expect("it seals") {
            let answer = peer.ask(&json!({ "unseal": [encode(&block.header), encode(&block.data)] }));
            let answer = answer.unwrap_or_else(|error| panic!("{length} bytes of ours: {error}"));
            assert_eq!(decode(&answer["plain"]).as_deref(), Some(plain.as_slice()));
        }
        let plain = text(length + 1);
        let answer = peer
            .ask(&json!({ "seal": encode(&plain) }))
            .expect("the peer seals");
        let header = decode(&answer["header"]).expect("a header");
        let mut block = header.clone();
        block.extend(decode(&answer["data"]).expect("data"));
        let opened = ours.unseal(&mut block, header.len()).expect("it unseals");
        assert_eq!(block.get(opened.range), Some(plain.as_slice()));
    }
    for length in [5, 200_000] {
        let plain = text(length);
        let body = seal_body(ours, &plain).expect("it seals");
        let answer = peer
            .ask(&json!({ "unwrap": encode(&body.body) }))
            .expect("pypsrp reads our framing");
        assert_eq!(decode(&answer["plain"]).as_deref(), Some(plain.as_slice()));
        let answer = peer
            .ask(&json!({ "wrap": encode(&plain) }))
            .expect("pypsrp frames");
        let content_type = format!(
            "{};protocol=\"{}\";boundary=\"Encrypted Boundary\"",
            answer["type"].as_str().expect("a type"),
            ours.protocol_name()
        );
        let opened = open_body(ours, &content_type, decode(&answer["body"]).expect("a body"));
        assert_eq!(opened.expect("we read pypsrp's framing").body.as_ref(), plain);
    }
}

#[test]
fn our_initiator_signs_in_at_pyspnego() {
    let Some(python) = python("auth::our_initiator_signs_in_at_pyspnego") else {
        return;
    };
    let mut peer = NtlmPeer::start(&python);
    for form in FORMS {
        for user in ["alice", "LAB\\bob", "carol@lab.example", "Ünal"] {
            open(&mut peer, "accept", form, user, PASSWORD, None);
            let mut ours = form.initiator(user, PASSWORD, Target::new("HTTP/server.lab.example"));
            let state = initiate(ours.as_mut(), &mut peer)
                .unwrap_or_else(|error| panic!("{form:?} {user}: {error:?}"));
            assert_eq!(state["complete"], true, "{form:?} {user}");
            assert_eq!(state["principal"], user, "{form:?}");
            talk(ours.as_mut(), &mut peer);
        }
    }
}

#[test]
fn pyspnego_signs_in_at_our_acceptor() {
    let Some(python) = python("auth::pyspnego_signs_in_at_our_acceptor") else {
        return;
    };
    let mut peer = NtlmPeer::start(&python);
    for form in FORMS {
        for user in ["alice", "LAB\\bob", "carol@lab.example"] {
            open(&mut peer, "initiate", form, user, PASSWORD, None);
            let mut ours = form.acceptor(user, AcceptorOptions::new(ServerNames::standalone("server")));
            accept(ours.as_mut(), &mut peer).unwrap_or_else(|error| panic!("{form:?} {user}: {error:?}"));
            talk(ours.as_mut(), &mut peer);
        }
    }
}

#[test]
fn a_wrong_password_is_refused_by_either_side() {
    let Some(python) = python("auth::a_wrong_password_is_refused_by_either_side") else {
        return;
    };
    let mut peer = NtlmPeer::start(&python);
    for form in FORMS {
        open(&mut peer, "accept", form, "alice", PASSWORD, None);
        let mut ours = form.initiator("alice", "wrong", Target::new("HTTP/server"));
        let refused = initiate(ours.as_mut(), &mut peer).expect_err("a wrong password");
        assert_eq!(refused.0, By::Peer, "{form:?}: {refused:?}");

        for (user, password) in [("alice", "wrong"), ("mallory", PASSWORD)] {
            open(&mut peer, "initiate", form, user, password, None);
            let mut ours = form.acceptor("alice", AcceptorOptions::new(ServerNames::standalone("server")));
            let refused = accept(ours.as_mut(), &mut peer).expect_err("a wrong password");
            assert_eq!(refused.0, By::Us, "{form:?} {user}: {refused:?}");
            assert!(!ours.is_complete());
        }
    }
}

#[test]
fn channel_bindings_agree() {
    let Some(python) = python("auth::channel_bindings_agree") else {
        return;
    };
    let mut peer = NtlmPeer::start(&python);
    let names = || AcceptorOptions::new(ServerNames::standalone("server"));
    let (right, wrong) = ([7_u8; 32], [8_u8; 32]);
    let data = |hash: [u8; 32]| [b"tls-server-end-point:".as_slice(), &hash].concat();
    let bindings = |hash: [u8; 32]| ChannelBindings::from_application_data(data(hash));
    for form in FORMS {
        for (given, accepted) in [(Some(right), true), (Some(wrong), false), (None, false)] {
            open(&mut peer, "accept", form, "alice", PASSWORD, Some(&data(right)));
            let mut target = Target::new("HTTP/server");
            target.channel_bindings = given.map(bindings);
            let mut ours = form.initiator("alice", PASSWORD, target);
            let outcome = initiate(ours.as_mut(), &mut peer);
            assert_eq!(outcome.is_ok(), accepted, "{form:?} our {given:?}: {outcome:?}");
        }
        for (given, policy, accepted) in [
            (Some(right), BindingPolicy::Strict, true),
            (Some(wrong), BindingPolicy::Relaxed, false),
            (None, BindingPolicy::Relaxed, true),
            (None, BindingPolicy::Strict, false),
        ] {
            let application_data = given.map(data);
            open(
                &mut peer,
                "initiate",
                form,
                "alice",
                PASSWORD,
                application_data.as_deref(),
            );
            let mut ours = form.acceptor("alice", names().with_channel_bindings(bindings(right), policy));
            let outcome = accept(ours.as_mut(), &mut peer);
            assert_eq!(
                outcome.is_ok(),
                accepted,
                "{form:?} the peer's {given:?} under {policy:?}: {outcome:?}"
            );
        }
    }
}

/// gss-ntlmssp, through MIT's GSSAPI: a third implementation of NTLM, and another of SPNEGO.
const GSS: &str = "gss-ntlmssp";

#[test]
fn gss_ntlmssp_and_we_sign_each_other_in() {
    let test = "auth::gss_ntlmssp_and_we_sign_each_other_in";
    let Some(python) = python(test) else { return };
    if let Err(lacking) = gss_ntlmssp(&python) {
        return skip(test, lacking);
    }
    let user = "LAB\\bob";
    let mut peer = NtlmPeer::start(&python);
    for form in FORMS {
        open_as(&mut peer, GSS, "accept", form, user, PASSWORD, None);
        let mut ours = form.initiator(user, PASSWORD, Target::new("HTTP/server.lab.example"));
        let state = initiate(ours.as_mut(), &mut peer).unwrap_or_else(|error| panic!("{form:?}: {error:?}"));
        assert_eq!(state["principal"], user, "{form:?}");
        talk(ours.as_mut(), &mut peer);

        open_as(&mut peer, GSS, "initiate", form, user, PASSWORD, None);
        let mut ours = form.acceptor(user, AcceptorOptions::new(ServerNames::standalone("server")));
        accept(ours.as_mut(), &mut peer).unwrap_or_else(|error| panic!("{form:?}: {error:?}"));
        talk(ours.as_mut(), &mut peer);

        open_as(&mut peer, GSS, "accept", form, user, PASSWORD, None);
        let mut ours = form.initiator(user, "wrong", Target::new("HTTP/server"));
        let refused = initiate(ours.as_mut(), &mut peer).expect_err("a wrong password");
        assert_eq!(refused.0, By::Peer, "{form:?}: {refused:?}");

        open_as(&mut peer, GSS, "initiate", form, user, "wrong", None);
        let mut ours = form.acceptor(user, AcceptorOptions::new(ServerNames::standalone("server")));
        let refused = accept(ours.as_mut(), &mut peer).expect_err("a wrong password");
        assert_eq!(refused.0, By::Us, "{form:?}: {refused:?}");
    }
}

fn gss_ntlmssp(python: &Python) -> Result<(), &'static str> {
    if !python.has("gssapi") {
        return Err("no gssapi in .venv (scripts/test builds it where libkrb5-dev is)");
    }
    match system_library("gssntlmssp/gssntlmssp.so") {
        Some(_) => Ok(()),
        None => Err("no gss-ntlmssp (Debian package gss-ntlmssp)"),
    }
}
