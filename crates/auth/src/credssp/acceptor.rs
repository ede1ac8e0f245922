//! The server's end.

use std::sync::Arc;

use super::binding::{self, FIRST, HASHED, Side, VERSION};
use super::message::{self, Request};
use super::seal::{open, open_block, seal_blocks, wrap};
use super::tls::Channel;
use super::{CredSspFault, NEGOTIATION, ServerIdentity};
use crate::{
    AccountName, AccountStore, CREDSSP_PROTOCOL, Denial, Entropy, Error, SealedBlock, SecurityContext, Step,
    Unsealed,
};

/// Accepts sign-ins by CredSSP. The password that the client hands over is checked and then wiped.
///
/// A client whose password is wrong is told so by a last token, as far as its version has a place for it:
/// [`Step::Continue`], after which [`Self::refusal`] says that nothing more may be expected.
pub struct Acceptor {
    inner: Box<dyn SecurityContext>,
    accounts: Arc<dyn AccountStore>,
    identity: ServerIdentity,
    least_version: u32,
    version: Option<u32>,
    channel: Option<Channel>,
    account: Option<AccountName>,
    refusal: Option<Denial>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Handshake,
    Negotiating,
    /// Both ends have proved themselves.
    Proved,
    Complete,
    Broken,
}

impl Acceptor {
    /// A context for one connection. `inner` checks who comes, a [`spnego::Acceptor`](crate::spnego::Acceptor) as a
    /// rule; `accounts` checks what is handed over.
    #[must_use]
    pub fn new(
        inner: Box<dyn SecurityContext>,
        accounts: Arc<dyn AccountStore>,
        identity: ServerIdentity,
    ) -> Self {
        Self {
            inner,
            accounts,
            identity,
            least_version: HASHED,
            version: None,
            channel: None,
            account: None,
            refusal: None,
            state: State::Handshake,
        }
    }

    /// Accepts clients of the versions 2 to 4 too; see
    /// [`Initiator::allow_vulnerable_versions`](super::Initiator::allow_vulnerable_versions).
    #[must_use]
    pub fn allow_vulnerable_versions(mut self) -> Self {
        self.least_version = FIRST;
        self
    }

    /// The account whose password was handed over, once the handshake is complete.
    #[must_use]
    pub fn account(&self) -> Option<&AccountName> {
        self.account.as_ref().filter(|_| self.is_complete())
    }

    /// Why the client was refused, when the last token has told it.
    #[must_use]
    pub fn refusal(&self) -> Option<Denial> {
        self.refusal
    }

    fn advance(&mut self, input: &[u8], filetime: u64, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        let channel = match &mut self.channel {
            Some(channel) => channel,
            none => none.insert(Channel::server(&self.identity, filetime)?),
        };
        let plain = channel.receive(input)?;
        if plain.is_empty() {
            // Nothing to say is said too: in TLS 1.3 the client's is the last word.
            return if self.state == State::Handshake {
                channel.flight().map(Step::Continue)
            } else {
                Err(Error::malformed(NEGOTIATION, "no message"))
            };
        }
        let request = Request::read(&plain)?;
        if request.version < self.least_version {
            return Err(CredSspFault::Version {
                peer: request.version,
                least: self.least_version,
            }
            .into());
        }
        let version = request.version.min(VERSION);
        if *self.version.get_or_insert(version) != version {
            return Err(Error::malformed(NEGOTIATION, "the version changes"));
        }
        let refused = match self.state {
            State::Proved => self.take_credentials(request),
            _ => match self.negotiate(request, filetime, entropy)? {
                Ok(step) => return Ok(step),
                Err(error) => Err(error),
            },
        };
        match refused {
            Ok(account) => {
                self.account = Some(account);
                self.state = State::Complete;
                Ok(Step::Done(None))
            }
            Err(error) => self.refuse(error),
        }
    }

    /// The outer error ends it without a word, the inner one is told to the client.
    fn negotiate(
        &mut self,
        request: Request,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Result<Step, Error>, Error> {
        if request.auth_info.is_some() {
            return Err(Error::malformed(NEGOTIATION, "credentials before their time"));
        }
        let token = match request.token {
            Some(token) => match self.inner.step(Some(&token), filetime, entropy) {
                Ok(Step::Continue(token)) => Some(token),
                Ok(Step::Done(token)) => token,
                Ok(Step::NeedIo(request)) => return Ok(Ok(Step::NeedIo(request))),
                Err(error) => return Ok(Err(error)),
            },
            None => None,
        };
        self.state = State::Negotiating;
        let Some(proof) = request.pub_key_auth else {
            return self
                .answer(Request {
                    token,
                    ..Request::default()
                })
                .map(Ok);
        };
        if !self.inner.is_complete() {
            return Err(Error::malformed(NEGOTIATION, "a proof before there are keys"));
        }
        let nonce = match (self.version, request.nonce) {
            (Some(HASHED..), None) => return Err(Error::malformed(NEGOTIATION, "no nonce")),
            (Some(HASHED..), nonce) => nonce,
            _ => None,
        };
        let proof = open(self.inner.as_mut(), proof)?;
        let key = self.identity.public_key();
        if !binding::equal(&proof, &binding::proof(Side::Client, nonce.as_ref(), key)) {
            return Err(CredSspFault::PublicKey.into());
        }
        let own = binding::proof(Side::Server, nonce.as_ref(), key);
        let own = wrap(self.inner.as_mut(), &own)?;
        self.state = State::Proved;
        self.answer(Request {
            token,
            pub_key_auth: Some(own),
            ..Request::default()
        })
        .map(Ok)
    }

    fn take_credentials(&mut self, request: Request) -> Result<AccountName, Error> {
        let sealed = request
            .auth_info
            .ok_or(Error::malformed(NEGOTIATION, "no credentials"))?;
        let plain = open(self.inner.as_mut(), sealed)?;
        let (name, password) = message::read_credentials(&plain)?;
        self.accounts.check_password(&name, &password)?;
        Ok(name)
    }

    fn answer(&mut self, mut request: Request) -> Result<Step, Error> {
        request.version = VERSION;
        let written = request.write()?;
        let channel = self.channel.as_mut().ok_or(Error::State {
            operation: "answering",
            when: "without a channel",
        })?;
        channel.send(&written).map(Step::Continue)
    }

    /// Tells the client why it is refused; versions 2 and 5 have no place for that.
    fn refuse(&mut self, error: Error) -> Result<Step, Error> {
        let denial = match error {
            Error::LogonDenied | Error::Integrity { .. } => Denial::WrongPassword,
            Error::Denied(denial) => denial,
            other => return Err(other),
        };
        if !matches!(self.version, Some(3 | 4 | 6..)) {
            return Err(error);
        }
        let step = self.answer(Request {
            error_code: Some(denial.nt_status()),
            ..Request::default()
        })?;
        self.refusal = Some(denial);
        self.state = State::Broken;
        Ok(step)
    }
}

impl SecurityContext for Acceptor {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let step = match (self.state, input) {
            (State::Complete, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            (State::Broken, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after an error",
            }),
            (_, None) => Err(Error::State {
                operation: "accepting",
                when: "without a token",
            }),
            (_, Some(token)) => self.advance(token, filetime, entropy),
        };
        if step.is_err() {
            self.state = State::Broken;
            self.channel = None;
        }
        step
    }

    fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    fn can_seal(&self) -> bool {
        self.is_complete()
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

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("credssp::Acceptor")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
