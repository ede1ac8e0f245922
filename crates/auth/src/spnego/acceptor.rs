//! The server's end.

use std::sync::Arc;

use super::token::{self, NegState};
use crate::ntlm::{self, AcceptorOptions, is_ntlm};
use crate::{
    AccountName, AccountStore, Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step, Unsealed,
};

const MECH_LIST: &str = "mechanism list";

/// Accepts NTLM sign-ins, inside SPNEGO or raw, whichever the client begins with.
pub struct Acceptor {
    ntlm: ntlm::Acceptor,
    state: State,
}

enum State {
    Start,
    /// NTLM without SPNEGO.
    Raw,
    /// The mechanism is chosen; the client's NEGOTIATE comes next.
    Chosen(Offer),
    Challenged(Offer),
    Complete,
    Broken,
}

/// What the client's first token said.
struct Offer {
    mech_list: Vec<u8>,
    /// True when the client would have preferred another mechanism: then its list must be protected (RFC 4178, 5).
    needs_mic: bool,
}

impl Acceptor {
    /// A context for one connection.
    #[must_use]
    pub fn new(accounts: Arc<dyn AccountStore>, options: AcceptorOptions) -> Self {
        Self {
            ntlm: ntlm::Acceptor::new(accounts, options),
            state: State::Start,
        }
    }

    /// The account that has signed in, once the handshake is complete.
    #[must_use]
    pub fn account(&self) -> Option<&AccountName> {
        if self.is_complete() {
            self.ntlm.account()
        } else {
            None
        }
    }

    fn begin(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        if is_ntlm(input) {
            let step = self.ntlm.step(Some(input), filetime, entropy)?;
            self.state = State::Raw;
            return Ok(step);
        }
        let init = token::read_init(input)?;
        let offer = Offer {
            mech_list: init.mech_list.to_vec(),
            needs_mic: init.ntlm_at()? != 0,
        };
        match init.mech_token {
            Some(negotiate) if !offer.needs_mic => self.challenge(offer, negotiate, true, filetime, entropy),
            // The optimistic token, if there is one, belongs to a mechanism that is not ours.
            _ => {
                let state = if offer.needs_mic {
                    NegState::RequestMic
                } else {
                    NegState::AcceptIncomplete
                };
                self.state = State::Chosen(offer);
                Ok(Step::Continue(token::write_resp(state, true, None, None)))
            }
        }
    }

    fn challenge(
        &mut self,
        offer: Offer,
        negotiate: &[u8],
        first: bool,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        match self.ntlm.step(Some(negotiate), filetime, entropy)? {
            Step::Continue(challenge) => {
                self.state = State::Challenged(offer);
                Ok(Step::Continue(token::write_resp(
                    NegState::AcceptIncomplete,
                    first,
                    Some(&challenge),
                    None,
                )))
            }
            other => Ok(other),
        }
    }

    fn conclude(
        &mut self,
        offer: &Offer,
        input: &[u8],
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let answer = read_answer(input)?;
        let authenticate = answer
            .token
            .ok_or(Error::malformed("spnego token", "no mechanism token"))?;
        self.ntlm.step(Some(authenticate), filetime, entropy)?;
        // [MS-SPNG] 3.3.5.1: a client that protects its NTLM messages protects the list too.
        let required = offer.needs_mic || self.ntlm.had_mic();
        let sealing = self.ntlm.sealing("verifying")?;
        let own = match answer.mic {
            Some(mic) => {
                sealing
                    .verify(&offer.mech_list, mic)
                    .map_err(|_| Error::Integrity {
                        what: MECH_LIST,
                        missing: false,
                    })?;
                sealing.restart_incoming();
                let own = sealing.sign(&offer.mech_list)?;
                sealing.restart_outgoing();
                Some(own)
            }
            None if required => {
                return Err(Error::Integrity {
                    what: MECH_LIST,
                    missing: true,
                });
            }
            None => None,
        };
        self.state = State::Complete;
        let mic = own.as_ref().map(<[u8; ntlm::SIGNATURE]>::as_slice);
        Ok(Step::Done(Some(token::write_resp(
            NegState::AcceptCompleted,
            false,
            None,
            mic,
        ))))
    }
}

fn read_answer(input: &[u8]) -> Result<token::Resp<'_>, Error> {
    let answer = token::read_resp(input)?;
    answer.require_ntlm()?;
    match answer.state {
        Some(NegState::Reject) => Err(Error::Refused),
        _ => Ok(answer),
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
            (State::Raw, Some(token)) => self
                .ntlm
                .step(Some(token), filetime, entropy)
                .inspect(|_| self.state = State::Complete),
            (State::Chosen(offer), Some(token)) => read_answer(token).and_then(|answer| {
                let negotiate = answer
                    .token
                    .ok_or(Error::malformed("spnego token", "no mechanism token"))?;
                self.challenge(offer, negotiate, false, filetime, entropy)
            }),
            (State::Challenged(offer), Some(token)) => self.conclude(&offer, token, filetime, entropy),
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
        matches!(self.state, State::Complete)
    }

    fn can_seal(&self) -> bool {
        self.is_complete() && self.ntlm.can_seal()
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        self.ntlm.seal(plain)
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        self.ntlm.unseal(block, header_length)
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("spnego::Acceptor")
            .field("mechanism", &self.ntlm)
            .finish_non_exhaustive()
    }
}
