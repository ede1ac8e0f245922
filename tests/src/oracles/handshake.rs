//! Two ends of a sign-in whose every byte is fixed, so that inputs mean the same in each run.

use std::sync::Arc;

use psbridge_auth::ntlm::{AcceptorOptions, ServerNames, Target};
use psbridge_auth::{Accounts, Credential, EntropyError, SecurityContext, Step, ntlm, spnego};

/// 2026-11-21 in units of 100 ns since 1601.
pub(super) const NOW: u64 = 134_081_568_000_000_000;

/// The only account.
pub(super) const USER: &str = "alice";
pub(super) const PASSWORD: &str = "fixed for fuzzing";

/// Randomness that is not.
pub(super) fn fixed(out: &mut [u8]) -> Result<(), EntropyError> {
    out.fill(0x5A);
    Ok(())
}

pub(super) fn initiator(with_spnego: bool) -> Box<dyn SecurityContext> {
    let credential = Credential::new(USER, PASSWORD);
    let target = Target::new("HTTP/server");
    if with_spnego {
        Box::new(spnego::Initiator::new(&credential, target).expect("a user"))
    } else {
        Box::new(ntlm::Initiator::new(&credential, target).expect("a user"))
    }
}

pub(super) fn acceptor(with_spnego: bool) -> Box<dyn SecurityContext> {
    let accounts = Arc::new(Accounts::new().with(USER, PASSWORD));
    let options = AcceptorOptions::new(ServerNames::standalone("server"));
    if with_spnego {
        Box::new(spnego::Acceptor::new(accounts, options))
    } else {
        Box::new(ntlm::Acceptor::new(accounts, options))
    }
}

/// The token of a step that gives one.
pub(super) fn token(step: Step) -> Option<Vec<u8>> {
    match step {
        Step::Continue(token) => Some(token),
        Step::Done(token) => token,
        Step::NeedIo(_) => None,
    }
}

/// Both ends after the handshake: initiator, acceptor.
pub(super) fn connected() -> (Box<dyn SecurityContext>, Box<dyn SecurityContext>) {
    let (mut client, mut server) = (initiator(false), acceptor(false));
    let mut input = None;
    while !(client.is_complete() && server.is_complete()) {
        let asked = client
            .step(input.as_deref(), NOW, &mut fixed)
            .expect("our own handshake");
        let Some(asked) = token(asked) else { break };
        let answered = server
            .step(Some(&asked), NOW, &mut fixed)
            .expect("our own handshake");
        input = token(answered);
        if input.is_none() {
            break;
        }
    }
    (client, server)
}
