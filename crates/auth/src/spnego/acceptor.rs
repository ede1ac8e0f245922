//! The server's end.

use std::sync::Arc;

use super::mechanism::{Accepting, MechanismKind};
use super::token::{self, NegState, Resp};
use crate::ntlm::{self, AcceptorOptions, is_ntlm};
use crate::{
    AccountName, AccountStore, Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step, Unsealed,
};

const MECH_LIST: &str = "mechanism list";
const TOKEN: &str = "spnego token";

/// Accepts sign-ins by any of its mechanisms, inside SPNEGO or raw, whichever the client begins with.
pub struct Acceptor {
    mechanisms: Vec<Box<dyn Accepting>>,
    /// Place of the mechanism that is spoken.
    chosen: usize,
    /// The client's list as it stands in its first token: what both codes protect.
    mech_list: Vec<u8>,
    /// The client would have preferred another mechanism: then its list must be protected (RFC 4178 section 5).
    needs_code: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// A mechanism without SPNEGO.
    Raw,
    /// The mechanism is chosen and waits for a token of the client.
    Chosen,
    /// The mechanism is done and our code is sent; the client's comes next.
    Signed,
    Complete,
    Broken,
}

impl Acceptor {
    /// A context for one connection that accepts NTLM alone.
    #[must_use]
    pub fn new(accounts: Arc<dyn AccountStore>, options: AcceptorOptions) -> Self {
        Self::over(vec![Box::new(ntlm::Acceptor::new(accounts, options))])
    }

    /// A context for one connection that accepts these mechanisms; which one is the client's choice.
    #[must_use]
    pub fn over(mechanisms: Vec<Box<dyn Accepting>>) -> Self {
        Self {
            mechanisms,
            chosen: 0,
            mech_list: Vec::new(),
            needs_code: false,
            state: State::Start,
        }
    }

    /// The account that has signed in, once the handshake is complete.
    #[must_use]
    pub fn account(&self) -> Option<&AccountName> {
        if self.is_complete() {
            self.mechanisms.get(self.chosen)?.account()
        } else {
            None
        }
    }

    /// The mechanism that the client chose, once it has.
    #[must_use]
    pub fn mechanism(&self) -> Option<MechanismKind> {
        if self.state == State::Start {
            return None;
        }
        self.mechanisms.get(self.chosen).map(|one| one.kind())
    }

    fn spoken(&mut self) -> Result<&mut Box<dyn Accepting>, Error> {
        self.mechanisms.get_mut(self.chosen).ok_or(Error::State {
            operation: "a handshake step",
            when: "without a mechanism",
        })
    }

    /// Place of the mechanism with this identifier.
    fn place(&self, identifier: &[u8]) -> Option<usize> {
        let kind = MechanismKind::with_identifier(identifier)?;
        self.mechanisms.iter().position(|one| one.kind() == kind)
    }

    fn begin(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let raw = if is_ntlm(input) {
            Some(token::NTLM)
        } else {
            token::initial_mechanism(input).filter(|oid| MechanismKind::with_identifier(oid).is_some())
        };
        if let Some(identifier) = raw {
            self.chosen = self.place(identifier).ok_or_else(|| Error::Mechanism {
                offered: token::name(identifier),
            })?;
            return self.raw(input, filetime, entropy);
        }
        let init = token::read_init(input)?;
        let (at, identifier, place) = init
            .mechs
            .iter()
            .enumerate()
            .find_map(|(at, oid)| Some((at, *oid, self.place(oid)?)))
            .ok_or_else(|| init.nothing_in_common())?;
        self.chosen = place;
        self.mech_list = init.mech_list.to_vec();
        self.needs_code = at != 0;
        match init.mech_token {
            Some(token) if at == 0 => self.carry(token, None, Some(identifier), filetime, entropy),
            // The optimistic token, if there is one, belongs to a mechanism that is not ours.
            _ => {
                self.state = State::Chosen;
                let state = self.going_on();
                Ok(Step::Continue(token::write_resp(
                    state,
                    Some(identifier),
                    None,
                    None,
                )))
            }
        }
    }

    fn raw(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let step = self.spoken()?.step(Some(input), filetime, entropy)?;
        self.state = match step {
            Step::Done(_) => State::Complete,
            Step::Continue(_) | Step::NeedIo(_) => State::Raw,
        };
        Ok(step)
    }

    fn going_on(&self) -> NegState {
        if self.needs_code {
            NegState::RequestMic
        } else {
            NegState::AcceptIncomplete
        }
    }

    /// Hands the mechanism its token. `first` is the identifier that our first answer names.
    fn carry(
        &mut self,
        token: &[u8],
        code: Option<&[u8]>,
        first: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let answer = match self.spoken()?.step(Some(token), filetime, entropy)? {
            Step::Continue(answer) => {
                if code.is_some() {
                    return Err(Error::malformed(TOKEN, "an integrity code before there are keys"));
                }
                self.state = State::Chosen;
                let state = NegState::AcceptIncomplete;
                return Ok(Step::Continue(token::write_resp(
                    state,
                    first,
                    Some(&answer),
                    None,
                )));
            }
            Step::Done(answer) => answer,
            other @ Step::NeedIo(_) => return Ok(other),
        };
        let required = self.needs_code || self.spoken()?.protected_itself();
        let own = match code {
            Some(code) => {
                self.verify(code)?;
                Some(self.sign()?)
            }
            None if !required => None,
            // The client gets its keys from this answer, and can then show its code.
            None if answer.is_some() => {
                let own = self.sign()?;
                self.state = State::Signed;
                let state = NegState::AcceptIncomplete;
                return Ok(Step::Continue(token::write_resp(
                    state,
                    first,
                    answer.as_deref(),
                    Some(&own),
                )));
            }
            None => {
                return Err(Error::Integrity {
                    what: MECH_LIST,
                    missing: true,
                });
            }
        };
        self.state = State::Complete;
        Ok(Step::Done(Some(token::write_resp(
            NegState::AcceptCompleted,
            first,
            answer.as_deref(),
            own.as_deref(),
        ))))
    }

    /// The client's code, after everything else.
    fn conclude(&mut self, answer: &Resp<'_>) -> Result<Step, Error> {
        if answer.token.is_some_and(|token| !token.is_empty()) {
            return Err(Error::malformed(TOKEN, "a token after the last"));
        }
        let code = answer.mic.ok_or(Error::Integrity {
            what: MECH_LIST,
            missing: true,
        })?;
        self.verify(code)?;
        self.state = State::Complete;
        let state = NegState::AcceptCompleted;
        Ok(Step::Done(Some(token::write_resp(state, None, None, None))))
    }

    fn verify(&mut self, code: &[u8]) -> Result<(), Error> {
        let list = std::mem::take(&mut self.mech_list);
        let verified = self.spoken()?.verify_list(&list, code);
        self.mech_list = list;
        verified.map_err(|_| Error::Integrity {
            what: MECH_LIST,
            missing: false,
        })
    }

    fn sign(&mut self) -> Result<Vec<u8>, Error> {
        let list = std::mem::take(&mut self.mech_list);
        let code = self.spoken()?.sign_list(&list);
        self.mech_list = list;
        code
    }

    /// A later token of the client, which stays with the mechanism.
    fn read<'a>(&self, input: &'a [u8]) -> Result<Resp<'a>, Error> {
        let answer = token::read_resp(input)?;
        match answer.mech {
            Some(oid) if self.place(oid) != Some(self.chosen) => {
                return Err(Error::Mechanism {
                    offered: token::name(oid),
                });
            }
            _ => {}
        }
        match answer.state {
            Some(NegState::Reject) => Err(Error::Refused),
            _ => Ok(answer),
        }
    }
}

impl SecurityContext for Acceptor {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let state = std::mem::replace(&mut self.state, State::Broken);
        let step = match (state, input) {
            (_, None) => Err(Error::State {
                operation: "accepting",
                when: "without a token",
            }),
            (State::Start, Some(token)) => self.begin(token, filetime, entropy),
            (State::Raw, Some(token)) => self.raw(token, filetime, entropy),
            (State::Chosen, Some(token)) => self.read(token).and_then(|answer| {
                let token = answer
                    .token
                    .ok_or(Error::malformed(TOKEN, "no mechanism token"))?;
                self.carry(token, answer.mic, None, filetime, entropy)
            }),
            (State::Signed, Some(token)) => self.read(token).and_then(|answer| self.conclude(&answer)),
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
        self.is_complete() && self.mechanisms.get(self.chosen).is_some_and(|one| one.can_seal())
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        self.spoken()?.seal(plain)
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        self.spoken()?.unseal(block, header_length)
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }

    fn blocks(&self) -> bool {
        self.mechanisms.iter().any(|one| one.blocks())
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("spnego::Acceptor")
            .field("mechanism", &self.mechanism())
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
