//! The client's end.

use super::token::{self, NegState};
use crate::ntlm::{self, Target, is_ntlm};
use crate::{Credential, Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step, Unsealed};

const MECH_LIST: &str = "mechanism list";

/// Signs in with NTLM inside SPNEGO.
///
/// Tokens: `step(None)` gives the first, `step(challenge)` the second, with which the first sealed message may travel;
/// `step(final token)` verifies the server's `mechListMIC` and is done. A server that hints at its mechanisms first
/// (`NegTokenInit2`) is given its hint instead of nothing.
pub struct Initiator {
    ntlm: ntlm::Initiator,
    /// What both codes protect: the list as it was sent.
    mech_list: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Offered,
    Proved,
    Complete,
    Broken,
}

impl Initiator {
    /// A context for one connection.
    ///
    /// # Errors
    /// Those of [`ntlm::Initiator::new`].
    pub fn new(credential: &Credential, target: Target) -> Result<Self, Error> {
        Ok(Self {
            ntlm: ntlm::Initiator::new(credential, target)?,
            mech_list: token::ntlm_mech_list(),
            state: State::Start,
        })
    }

    fn offer(
        &mut self,
        hint: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        if let Some(hint) = hint {
            token::read_init(hint)?.ntlm_at()?;
        }
        match self.ntlm.step(None, filetime, entropy)? {
            Step::Continue(negotiate) => {
                self.state = State::Offered;
                Ok(Step::Continue(token::write_init(&self.mech_list, &negotiate)))
            }
            other => Ok(other),
        }
    }

    fn prove(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        if is_ntlm(input) {
            let step = self.ntlm.step(Some(input), filetime, entropy)?;
            self.state = State::Complete;
            return Ok(step);
        }
        let answer = token::read_resp(input)?;
        answer.require_ntlm()?;
        match answer.state {
            Some(NegState::Reject) => return Err(Error::Refused),
            Some(NegState::AcceptCompleted) => {
                return Err(Error::malformed(
                    "spnego token",
                    "accepted before a password was proved",
                ));
            }
            Some(NegState::AcceptIncomplete | NegState::RequestMic) | None => {}
        }
        if answer.mic.is_some() {
            return Err(Error::malformed(
                "spnego token",
                "an integrity code before there are keys",
            ));
        }
        let challenge = answer
            .token
            .ok_or(Error::malformed("spnego token", "no challenge"))?;
        match self.ntlm.step(Some(challenge), filetime, entropy)? {
            Step::Done(Some(authenticate)) => {
                let sealing = self.ntlm.sealing("signing")?;
                let mic = sealing.sign(&self.mech_list)?;
                sealing.restart_outgoing();
                self.state = State::Proved;
                let token =
                    token::write_resp(NegState::AcceptIncomplete, false, Some(&authenticate), Some(&mic));
                Ok(Step::Continue(token))
            }
            other => Ok(other),
        }
    }

    fn conclude(&mut self, input: &[u8]) -> Result<Step, Error> {
        let answer = token::read_resp(input)?;
        answer.require_ntlm()?;
        match answer.state {
            Some(NegState::Reject) => return Err(Error::Refused),
            Some(NegState::AcceptCompleted) => {}
            _ => return Err(Error::malformed("spnego token", "the handshake does not end")),
        }
        if answer.token.is_some_and(|token| !token.is_empty()) {
            return Err(Error::malformed("spnego token", "a token after the last"));
        }
        let mic = answer.mic.ok_or(Error::Integrity {
            what: MECH_LIST,
            missing: true,
        })?;
        let sealing = self.ntlm.sealing("verifying")?;
        sealing
            .verify(&self.mech_list, mic)
            .map_err(|_| Error::Integrity {
                what: MECH_LIST,
                missing: false,
            })?;
        sealing.restart_incoming();
        self.state = State::Complete;
        Ok(Step::Done(None))
    }
}

impl SecurityContext for Initiator {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let step = match (std::mem::replace(&mut self.state, State::Broken), input) {
            (State::Start, hint) => self.offer(hint, filetime, entropy),
            (State::Offered, Some(token)) => self.prove(token, filetime, entropy),
            (State::Offered, None) => Err(Error::Refused),
            (State::Proved, Some(token)) => self.conclude(token),
            (State::Proved, None) => Err(Error::Integrity {
                what: MECH_LIST,
                missing: true,
            }),
            (State::Complete, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            (State::Broken, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after an error",
            }),
        };
        step.inspect_err(|_| self.ntlm.fail())
    }

    fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    fn can_seal(&self) -> bool {
        matches!(self.state, State::Proved | State::Complete) && self.ntlm.can_seal()
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        self.ntlm.seal(plain)
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        if self.state == State::Proved {
            self.ntlm.fail();
            return Err(Error::State {
                operation: "unsealing",
                when: "before the server has ended the handshake",
            });
        }
        self.ntlm.unseal(block, header_length)
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("spnego::Initiator")
            .field("mechanism", &self.ntlm)
            .finish_non_exhaustive()
    }
}
