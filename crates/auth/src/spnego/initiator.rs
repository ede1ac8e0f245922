//! The client's end.

use super::mechanism::{Mechanism, MechanismKind};
use super::token::{self, NegState, Resp};
use crate::ntlm::{self, Target, is_ntlm};
use crate::{Credential, Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step, Unsealed};

const MECH_LIST: &str = "mechanism list";
const TOKEN: &str = "spnego token";

/// Signs in with the best mechanism that both ends have.
///
/// Tokens: `step(None)` gives the first, with the favourite's own token in it. With NTLM, `step(challenge)` gives the
/// second, with which the first sealed message may travel; `step(final token)` verifies the server's `mechListMIC` and is
/// done. With Kerberos the server's first answer ends the handshake as a rule. A server that hints at its mechanisms
/// first (`NegTokenInit2`) is given its hint instead of nothing.
pub struct Initiator {
    mechanisms: Vec<Box<dyn Mechanism>>,
    /// Place of the mechanism that is spoken.
    chosen: usize,
    /// What both codes protect: the list as it was sent.
    mech_list: Vec<u8>,
    state: State,
    /// We have sent our code over the list.
    signed: bool,
    /// The server has shown its code over the list.
    verified: bool,
    /// Neither end may do without the codes.
    codes_required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// The mechanism waits for an answer that is not the server's, before its token of this kind.
    Asking(Next),
    /// The favourite's token is sent; the server's choice comes next.
    Offered,
    /// The mechanism goes on.
    Chosen,
    /// The mechanism is done on our side; the server's end of the handshake comes next.
    Proved,
    Complete,
    Broken,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    First,
    Later,
}

impl Initiator {
    /// A context for one connection that offers NTLM alone.
    ///
    /// # Errors
    /// Those of [`ntlm::Initiator::new`].
    pub fn new(credential: &Credential, target: Target) -> Result<Self, Error> {
        Self::over(vec![Box::new(ntlm::Initiator::new(credential, target)?)])
    }

    /// A context for one connection that offers these mechanisms, the favourite first.
    ///
    /// # Errors
    /// [`Error::State`] when there is none, or one of a kind twice.
    pub fn over(mechanisms: Vec<Box<dyn Mechanism>>) -> Result<Self, Error> {
        let kinds: Vec<MechanismKind> = mechanisms.iter().map(|one| one.kind()).collect();
        let twice = kinds
            .iter()
            .enumerate()
            .any(|(at, kind)| kinds.iter().position(|other| other == kind) != Some(at));
        if kinds.is_empty() || twice {
            return Err(Error::State {
                operation: "a negotiation",
                when: "without mechanisms or with one of them twice",
            });
        }
        let identifiers: Vec<&[u8]> = kinds
            .iter()
            .flat_map(|kind| kind.identifiers())
            .copied()
            .collect();
        Ok(Self {
            mech_list: token::mech_list(&identifiers),
            codes_required: kinds.first().is_some_and(|kind| kind.always_signs()),
            mechanisms,
            chosen: 0,
            state: State::Start,
            signed: false,
            verified: false,
        })
    }

    /// The mechanism that is spoken: the favourite, until the server has chosen another.
    #[must_use]
    pub fn mechanism(&self) -> Option<MechanismKind> {
        self.mechanisms.get(self.chosen).map(|one| one.kind())
    }

    fn spoken(&mut self) -> Result<&mut Box<dyn Mechanism>, Error> {
        self.mechanisms.get_mut(self.chosen).ok_or(Error::State {
            operation: "a handshake step",
            when: "without a mechanism",
        })
    }

    fn offers(&self, kind: MechanismKind) -> Option<usize> {
        self.mechanisms.iter().position(|one| one.kind() == kind)
    }

    fn begin(
        &mut self,
        hint: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        if let Some(hint) = hint {
            let hint = token::read_init(hint)?;
            let common = |oid: &&[u8]| {
                MechanismKind::with_identifier(oid).is_some_and(|kind| self.offers(kind).is_some())
            };
            if !hint.mechs.iter().any(common) {
                return Err(hint.nothing_in_common());
            }
        }
        let step = self.spoken()?.step(None, filetime, entropy)?;
        self.first(step)
    }

    /// The favourite's first token, or the way to it.
    fn first(&mut self, step: Step) -> Result<Step, Error> {
        match step {
            Step::NeedIo(request) => {
                self.state = State::Asking(Next::First);
                Ok(Step::NeedIo(request))
            }
            Step::Continue(token) => {
                self.state = State::Offered;
                Ok(Step::Continue(token::write_init(&self.mech_list, &token)))
            }
            Step::Done(_) => Err(Error::State {
                operation: "a negotiation",
                when: "with a mechanism that expects no answer",
            }),
        }
    }

    /// The server's answer to the offer: its choice.
    fn choose(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        if is_ntlm(input) {
            // Without SPNEGO nothing protects the choice, so there must not have been any.
            if self.mechanisms.len() != 1 || self.mechanism() != Some(MechanismKind::Ntlm) {
                return Err(Error::malformed(
                    TOKEN,
                    "ntlm without spnego in answer to an offer",
                ));
            }
            let step = self.spoken()?.step(Some(input), filetime, entropy)?;
            self.state = State::Complete;
            return Ok(step);
        }
        let answer = token::read_resp(input)?;
        let chosen = match answer.mech {
            // None named: the one that was offered first.
            None => self.chosen,
            Some(oid) => MechanismKind::with_identifier(oid)
                .and_then(|kind| self.offers(kind))
                .ok_or_else(|| Error::Mechanism {
                    offered: token::name(oid),
                })?,
        };
        if answer.state == Some(NegState::RequestMic) {
            self.codes_required = true;
        }
        if chosen == self.chosen {
            return self.carry(&answer, filetime, entropy);
        }
        // Another than the favourite: what was said so far is void, and the choice must be proved genuine.
        match answer.state {
            Some(NegState::Reject) => return Err(Error::Refused),
            Some(NegState::AcceptCompleted) => {
                return Err(Error::malformed(TOKEN, "accepted before anything was proved"));
            }
            Some(NegState::AcceptIncomplete | NegState::RequestMic) | None => {}
        }
        if answer.mic.is_some() || answer.token.is_some_and(|token| !token.is_empty()) {
            return Err(Error::malformed(TOKEN, "an answer to a token that was not sent"));
        }
        self.spoken()?.fail();
        self.chosen = chosen;
        self.codes_required = true;
        let step = self.spoken()?.step(None, filetime, entropy)?;
        self.later(step)
    }

    /// Hands the mechanism's part of an answer on.
    fn carry(&mut self, answer: &Resp<'_>, filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        if answer.state == Some(NegState::Reject) {
            // What the mechanism says tells more than the rejection around it.
            if let Some(token) = answer.token {
                self.spoken()?.step(Some(token), filetime, entropy)?;
            }
            return Err(Error::Refused);
        }
        let always_signs = self.mechanism().is_some_and(MechanismKind::always_signs);
        if always_signs && answer.state == Some(NegState::AcceptCompleted) {
            return Err(Error::malformed(TOKEN, "accepted before a password was proved"));
        }
        let token = answer
            .token
            .ok_or(Error::malformed(TOKEN, "no token of the mechanism"))?;
        let step = self.spoken()?.step(Some(token), filetime, entropy)?;
        let done = matches!(step, Step::Done(None));
        if !done && answer.state == Some(NegState::AcceptCompleted) {
            return Err(Error::malformed(TOKEN, "accepted before the mechanism was done"));
        }
        if let Some(code) = answer.mic {
            if !done {
                return Err(Error::malformed(TOKEN, "an integrity code before there are keys"));
            }
            self.verify(code)?;
        }
        if !done || answer.state != Some(NegState::AcceptCompleted) {
            if done && answer.state.is_none() && !self.codes_required {
                self.state = State::Complete;
                return Ok(Step::Done(None));
            }
            return self.later(step);
        }
        // The server has ended the handshake, so nothing more can be said by either.
        self.conclude()
    }

    /// A later token of the mechanism, or the way to it.
    fn later(&mut self, step: Step) -> Result<Step, Error> {
        let (token, done) = match step {
            Step::NeedIo(request) => {
                self.state = State::Asking(Next::Later);
                return Ok(Step::NeedIo(request));
            }
            Step::Continue(token) => (Some(token), false),
            Step::Done(token) => (token, true),
        };
        let code = if done && (self.codes_required || token.is_none()) {
            let list = std::mem::take(&mut self.mech_list);
            let code = self.spoken()?.sign_list(&list);
            self.mech_list = list;
            self.signed = true;
            Some(code?)
        } else {
            None
        };
        self.state = if done { State::Proved } else { State::Chosen };
        let state = NegState::AcceptIncomplete;
        Ok(Step::Continue(token::write_resp(
            state,
            None,
            token.as_deref(),
            code.as_deref(),
        )))
    }

    fn verify(&mut self, code: &[u8]) -> Result<(), Error> {
        let list = std::mem::take(&mut self.mech_list);
        let verified = self.spoken()?.verify_list(&list, code);
        self.mech_list = list;
        verified.map_err(|_| Error::Integrity {
            what: MECH_LIST,
            missing: false,
        })?;
        self.verified = true;
        Ok(())
    }

    /// The server's last token.
    fn finish(&mut self, input: &[u8]) -> Result<Step, Error> {
        let answer = token::read_resp(input)?;
        self.require_chosen(&answer)?;
        match answer.state {
            Some(NegState::Reject) => return Err(Error::Refused),
            Some(NegState::AcceptCompleted) => {}
            _ => return Err(Error::malformed(TOKEN, "the handshake does not end")),
        }
        if answer.token.is_some_and(|token| !token.is_empty()) {
            return Err(Error::malformed(TOKEN, "a token after the last"));
        }
        match answer.mic {
            Some(_) if self.verified => return Err(Error::malformed(TOKEN, "a second integrity code")),
            Some(code) => self.verify(code)?,
            None => {}
        }
        self.conclude()
    }

    /// The end, if everything was shown that must be.
    fn conclude(&mut self) -> Result<Step, Error> {
        if (self.codes_required || self.signed) && !self.verified {
            return Err(Error::Integrity {
                what: MECH_LIST,
                missing: true,
            });
        }
        self.state = State::Complete;
        Ok(Step::Done(None))
    }

    fn require_chosen(&self, answer: &Resp<'_>) -> Result<(), Error> {
        match answer.mech {
            Some(oid) if MechanismKind::with_identifier(oid) != self.mechanism() => Err(Error::Mechanism {
                offered: token::name(oid),
            }),
            _ => Ok(()),
        }
    }

    fn go_on(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let answer = token::read_resp(input)?;
        self.require_chosen(&answer)?;
        self.carry(&answer, filetime, entropy)
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
            (State::Start, hint) => self.begin(hint, filetime, entropy),
            (State::Asking(next), answer) => self
                .spoken()
                .and_then(|mechanism| mechanism.step(answer, filetime, entropy))
                .and_then(|step| match next {
                    Next::First => self.first(step),
                    Next::Later => self.later(step),
                }),
            (State::Offered, Some(token)) => self.choose(token, filetime, entropy),
            (State::Chosen, Some(token)) => self.go_on(token, filetime, entropy),
            (State::Offered | State::Chosen, None) => Err(Error::Refused),
            (State::Proved, Some(token)) => self.finish(token),
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
        step.inspect_err(|_| self.mechanisms.iter_mut().for_each(|one| one.fail()))
    }

    fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    fn can_seal(&self) -> bool {
        matches!(self.state, State::Proved | State::Complete)
            && self.mechanisms.get(self.chosen).is_some_and(|one| one.can_seal())
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        self.spoken()?.seal(plain)
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        if self.state == State::Proved {
            self.spoken()?.fail();
            return Err(Error::State {
                operation: "unsealing",
                when: "before the server has ended the handshake",
            });
        }
        self.spoken()?.unseal(block, header_length)
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }

    fn blocks(&self) -> bool {
        self.mechanisms.iter().any(|one| one.blocks())
    }
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("spnego::Initiator")
            .field("mechanism", &self.mechanism())
            .finish_non_exhaustive()
    }
}
