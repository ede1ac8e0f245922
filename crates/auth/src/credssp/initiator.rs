//! The client's end.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use zeroize::Zeroizing;

use super::binding::{self, FIRST, HASHED, Side, VERSION};
use super::message::{self, Nonce, Request};
use super::seal::{open, open_block, seal_blocks, wrap};
use super::tls::Channel;
use super::{CredSspFault, NEGOTIATION};
use crate::{
    CREDSSP_PROTOCOL, Credential, Denial, Entropy, Error, SealedBlock, SecurityContext, Step, Unsealed,
};

/// Signs in by CredSSP: inside a TLS connection that is carried in the tokens, another mechanism proves the password,
/// both ends prove that they see the same TLS key, and then **the password itself is handed to the server**, which can
/// use it to sign in elsewhere.
///
/// The password leaves only after the server has proved that it knows it, or has it proved by its domain, and that
/// nobody stands in between; the server's certificate need not be trusted for that.
///
/// Tokens: `step(None)` gives the first. An empty token is an answer where TLS has nothing to say. The last token holds
/// the password; it comes as [`Step::Continue`], because a server may still refuse it: `step(None)` says that the server
/// has accepted.
pub struct Initiator {
    inner: Box<dyn SecurityContext>,
    provider: Arc<CryptoProvider>,
    /// `TSCredentials`, until they are sent or must not be sent any more.
    credentials: Option<Zeroizing<Vec<u8>>>,
    least_version: u32,
    version: Option<u32>,
    channel: Option<Channel>,
    state: State,
}

enum State {
    Start,
    /// TLS.
    Handshake,
    /// A token of the inner mechanism was sent.
    Negotiating,
    /// The inner mechanism has asked somebody else.
    Asking,
    /// Our proof was sent.
    Proving {
        nonce: Option<Nonce>,
        server_key: Vec<u8>,
    },
    /// The password was sent.
    Delegated,
    Complete,
    Broken,
}

impl Initiator {
    /// A context for one connection. `inner` proves the password, a [`spnego::Initiator`](crate::spnego::Initiator) as a
    /// rule, for the service `HTTP/host` or `WSMAN/host`; `credential` is what the server is given.
    ///
    /// # Errors
    /// [`Error::Credential`] when it cannot be put into a message.
    pub fn new(
        inner: Box<dyn SecurityContext>,
        credential: &Credential,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        Ok(Self {
            inner,
            provider,
            credentials: Some(message::write_credentials(credential)?),
            least_version: HASHED,
            version: None,
            channel: None,
            state: State::Start,
        })
    }

    /// Accepts servers of the versions 2 to 4 too, which lack the correction of CVE-2018-0886 (May 2018): somebody in
    /// between can then make the server do what he likes in the name of the account.
    #[must_use]
    pub fn allow_vulnerable_versions(mut self) -> Self {
        self.least_version = FIRST;
        self
    }

    /// The version of the protocol that both ends speak, once it is known.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    fn channel(&mut self) -> Result<&mut Channel, Error> {
        self.channel.as_mut().ok_or(Error::State {
            operation: "sending",
            when: "without a channel",
        })
    }

    fn start(&mut self, filetime: u64) -> Result<Step, Error> {
        let channel = self.channel.insert(Channel::client(&self.provider, filetime)?);
        let hello = channel.flight()?;
        self.state = State::Handshake;
        Ok(Step::Continue(hello))
    }

    fn shake(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let channel = self.channel()?;
        if !channel.receive(input)?.is_empty() {
            return Err(Error::malformed(NEGOTIATION, "a message before its time"));
        }
        let flight = channel.flight()?;
        if !flight.is_empty() {
            self.state = State::Handshake;
            return Ok(Step::Continue(flight));
        }
        if channel.is_handshaking() {
            // The server has nothing to say in the middle of the handshake.
            return Err(Error::Refused);
        }
        let step = self.inner.step(None, filetime, entropy)?;
        self.carry_on(step, entropy)
    }

    /// Sends what the inner mechanism says, and the proof as soon as it has keys.
    fn carry_on(&mut self, step: Step, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let token = match step {
            Step::NeedIo(request) => {
                self.state = State::Asking;
                return Ok(Step::NeedIo(request));
            }
            Step::Continue(token) if !self.inner.can_seal() => {
                let request = Request {
                    token: Some(token),
                    ..Request::default()
                };
                self.state = State::Negotiating;
                return self.request(request).map(Step::Continue);
            }
            Step::Continue(token) => Some(token),
            Step::Done(token) => token,
        };
        // Who proves himself at once, without hearing of the server, takes it for one of our own version.
        let nonce = if self.version.unwrap_or(VERSION) >= HASHED {
            let mut nonce = Nonce::default();
            entropy.fill(&mut nonce)?;
            Some(nonce)
        } else {
            None
        };
        let server_key = self.channel()?.server_key()?;
        let proof = binding::proof(Side::Client, nonce.as_ref(), &server_key);
        let request = Request {
            token,
            pub_key_auth: Some(wrap(self.inner.as_mut(), &proof)?),
            nonce,
            ..Request::default()
        };
        self.state = State::Proving { nonce, server_key };
        self.request(request).map(Step::Continue)
    }

    fn request(&mut self, mut request: Request) -> Result<Vec<u8>, Error> {
        request.version = VERSION;
        let written = request.write()?;
        self.channel()?.send(&written)
    }

    /// An answer of the server, its refusal and its version looked at.
    fn answer(&mut self, input: &[u8]) -> Result<Request, Error> {
        let plain = self.channel()?.receive(input)?;
        let answer = Request::read(&plain)?;
        if let Some(status @ 1..) = answer.error_code {
            return Err(Error::Denied(Denial::from_nt_status(status)));
        }
        if answer.version < self.least_version {
            return Err(CredSspFault::Version {
                peer: answer.version,
                least: self.least_version,
            }
            .into());
        }
        let version = answer.version.min(VERSION);
        if *self.version.get_or_insert(version) != version {
            return Err(Error::malformed(NEGOTIATION, "the version changes"));
        }
        if answer.auth_info.is_some() || answer.nonce.is_some() {
            return Err(Error::malformed(NEGOTIATION, "what only a client sends"));
        }
        Ok(answer)
    }

    fn negotiate(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let answer = self.answer(input)?;
        let (Some(token), None) = (answer.token, answer.pub_key_auth) else {
            return Err(Error::malformed(NEGOTIATION, "no token of the inner mechanism"));
        };
        let step = self.inner.step(Some(&token), filetime, entropy)?;
        self.carry_on(step, entropy)
    }

    /// Checks that the server knows the password and shows its own key; then hands the password over.
    fn delegate(
        &mut self,
        (nonce, server_key): (Option<Nonce>, Vec<u8>),
        input: &[u8],
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let answer = self.answer(input)?;
        if !self.inner.is_complete() {
            match self.inner.step(answer.token.as_deref(), filetime, entropy)? {
                Step::Done(None) => {}
                _ => return Err(Error::malformed(NEGOTIATION, "the inner mechanism does not end")),
            }
        } else if answer.token.is_some_and(|token| !token.is_empty()) {
            return Err(Error::malformed(NEGOTIATION, "a token after the last"));
        }
        let proof = answer
            .pub_key_auth
            .ok_or(Error::malformed(NEGOTIATION, "no proof of the server"))?;
        let proof = open(self.inner.as_mut(), proof)?;
        let expected = binding::proof(Side::Server, nonce.as_ref(), &server_key);
        if !self.inner.is_complete() || !binding::equal(&proof, &expected) {
            return Err(CredSspFault::PublicKey.into());
        }
        let credentials = self.credentials.take().ok_or(Error::State {
            operation: "handing the password over",
            when: "a second time",
        })?;
        let request = Request {
            auth_info: Some(wrap(self.inner.as_mut(), &credentials)?),
            ..Request::default()
        };
        let token = self.request(request)?;
        self.state = State::Delegated;
        Ok(Step::Continue(token))
    }

    fn conclude(&mut self, input: Option<&[u8]>) -> Result<Step, Error> {
        if let Some(input) = input {
            // A server that speaks once more has something to complain about.
            self.answer(input)?;
            return Err(Error::malformed(NEGOTIATION, "an answer after the last"));
        }
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
            (State::Start, None | Some([])) => self.start(filetime),
            (State::Start, Some(_)) => Err(Error::malformed(NEGOTIATION, "a token before the first")),
            (State::Handshake, Some(input)) => self.shake(input, filetime, entropy),
            (State::Asking, Some(answer)) => self
                .inner
                .step(Some(answer), filetime, entropy)
                .and_then(|step| self.carry_on(step, entropy)),
            (State::Delegated, None) => self.conclude(None),
            (State::Handshake | State::Negotiating | State::Asking | State::Proving { .. }, None)
            | (State::Negotiating | State::Proving { .. } | State::Delegated, Some([])) => {
                Err(Error::Refused)
            }
            (State::Negotiating, Some(input)) => self.negotiate(input, filetime, entropy),
            (State::Proving { nonce, server_key }, Some(input)) => {
                self.delegate((nonce, server_key), input, filetime, entropy)
            }
            (State::Delegated, Some(input)) => self.conclude(Some(input)),
            (State::Complete, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            (State::Broken, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after an error",
            }),
        };
        if step.is_err() {
            self.state = State::Broken;
            self.credentials = None;
            self.channel = None;
        }
        step
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    fn can_seal(&self) -> bool {
        matches!(self.state, State::Delegated | State::Complete)
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        let ready = self.can_seal();
        let sealed = seal_blocks(self.channel.as_mut().filter(|_| ready), plain);
        sealed.inspect_err(|_| self.state = State::Broken)
    }

    fn unseal(&mut self, block: &mut [u8], _header_length: usize) -> Result<Unsealed, Error> {
        let ready = self.is_complete();
        let opened = open_block(self.channel.as_mut().filter(|_| ready), block);
        opened.inspect_err(|_| self.state = State::Broken)
    }

    fn protocol_name(&self) -> &'static str {
        CREDSSP_PROTOCOL
    }

    fn blocks(&self) -> bool {
        self.inner.blocks()
    }
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("credssp::Initiator")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
