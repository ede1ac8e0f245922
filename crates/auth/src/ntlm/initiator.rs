//! The client's end.

use zeroize::Zeroizing;

use super::crypto::{self, From, Key};
use super::message::{self, Authenticate, CHALLENGE, OFFERED};
use super::sealing::Sealing;
use crate::{
    AccountName, ChannelBindings, Credential, Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext,
    Step, Unsealed,
};
use ntlmclient::Flags;

/// What the client says about the connection that it signs in on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The service principal, such as `HTTP/mail.corp.example`.
    pub service_principal: Option<String>,
    /// The bindings of the TLS connection; nothing on plain HTTP.
    pub channel_bindings: Option<ChannelBindings>,
    /// The client's machine name, if it is to be told.
    pub workstation: Option<String>,
}

impl Target {
    /// A target with a service principal and no bindings.
    pub fn new(service_principal: impl Into<String>) -> Self {
        Self {
            service_principal: Some(service_principal.into()),
            ..Self::default()
        }
    }

    /// The same target on a TLS connection.
    #[must_use]
    pub fn with_channel_bindings(mut self, bindings: ChannelBindings) -> Self {
        self.channel_bindings = Some(bindings);
        self
    }
}

/// Signs in with NTLMv2, without SPNEGO around it.
///
/// Tokens: `step(None)` gives NEGOTIATE, `step(CHALLENGE)` gives AUTHENTICATE and is done; the first sealed message has
/// the sequence number 0.
pub struct Initiator {
    name: AccountName,
    target: Target,
    state: State,
}

enum State {
    /// Holds NTOWFv2, which goes with the handshake; the password itself is not kept at all.
    Start {
        ntowf: Key,
    },
    Negotiated {
        ntowf: Key,
        negotiate: Vec<u8>,
    },
    Ready(Box<Sealing>),
    Broken,
}

impl Initiator {
    /// A context for one connection.
    ///
    /// # Errors
    /// [`Error::Legacy`] when the user name is empty: anonymous sign-ins are not made.
    pub fn new(credential: &Credential, target: Target) -> Result<Self, Error> {
        if credential.name().user.is_empty() {
            return Err(Error::Legacy(crate::Legacy::Anonymous));
        }
        let name = credential.name().clone();
        let ntowf = crypto::ntowf_v2(&credential.nt_hash(), &name);
        Ok(Self {
            name,
            target,
            state: State::Start { ntowf },
        })
    }

    fn authenticate(
        &self,
        ntowf: &Key,
        negotiate: &[u8],
        token: &[u8],
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<(Vec<u8>, Sealing), Error> {
        let challenge = message::read_challenge(token)?;
        let mut info = challenge.target_info;
        let timestamp = info.timestamp();
        info.set_channel_bindings(self.target.channel_bindings.as_ref().map(ChannelBindings::md5));
        if let Some(principal) = &self.target.service_principal {
            info.set_target_name(principal);
        }
        info.announce_mic();

        let mut client_challenge = [0; 8];
        entropy.fill(&mut client_challenge)?;
        let mut exported = Zeroizing::new([0; 16]);
        entropy.fill(&mut *exported)?;

        let time = timestamp.unwrap_or(filetime.to_le_bytes());
        let blob = crypto::blob(time, client_challenge, &info.write(CHALLENGE)?);
        let proof = crypto::proof(ntowf, &challenge.server_challenge, &blob);
        let session_base_key = crypto::session_base_key(ntowf, &proof);
        // A server with a timestamp must get no LMv2 response ([MS-NLMP] 3.1.5.1.2).
        let lm_response = match timestamp {
            Some(_) => [0; 24],
            None => crypto::lm_v2(ntowf, &challenge.server_challenge, client_challenge),
        };
        let mut authenticate = message::write_authenticate(&Authenticate {
            flags: challenge.flags & (OFFERED | Flags::NEGOTIATE_TARGET_INFO),
            name: &self.name,
            workstation: self.target.workstation.as_deref().unwrap_or_default(),
            lm_response: &lm_response,
            nt_response: &[proof.as_slice(), &blob].concat(),
            encrypted_key: &crypto::exchange_key(&session_base_key, &exported),
        })?;
        let mic = crypto::mic(&exported, negotiate, token, &authenticate);
        message::put_mic(&mut authenticate, &mic);
        Ok((authenticate, Sealing::new(&exported, From::Client)))
    }

    /// Keys and sequence numbers, once there are any.
    pub(crate) fn sealing(&mut self, operation: &'static str) -> Result<&mut Sealing, Error> {
        match &mut self.state {
            State::Ready(sealing) => Ok(sealing),
            State::Broken => Err(Error::State {
                operation,
                when: "after an error",
            }),
            _ => Err(Error::State {
                operation,
                when: "before the handshake",
            }),
        }
    }

    /// Ends the context for good.
    pub(crate) fn fail(&mut self) {
        self.state = State::Broken;
    }
}

impl SecurityContext for Initiator {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        match (std::mem::replace(&mut self.state, State::Broken), input) {
            (State::Start { ntowf }, None) => {
                let negotiate = message::write_negotiate()?;
                self.state = State::Negotiated {
                    ntowf,
                    negotiate: negotiate.clone(),
                };
                Ok(Step::Continue(negotiate))
            }
            (State::Negotiated { ntowf, negotiate }, Some(token)) => {
                let (authenticate, sealing) =
                    self.authenticate(&ntowf, &negotiate, token, filetime, entropy)?;
                self.state = State::Ready(Box::new(sealing));
                Ok(Step::Done(Some(authenticate)))
            }
            (State::Negotiated { .. }, None) => Err(Error::Refused),
            (State::Start { .. }, Some(_)) => Err(Error::State {
                operation: "an answer",
                when: "before the first token",
            }),
            (State::Ready(_), _) => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            (State::Broken, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after an error",
            }),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    fn can_seal(&self) -> bool {
        self.is_complete()
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        let sealed = self.sealing("sealing")?.seal(plain);
        sealed.map(|block| vec![block]).inspect_err(|_| self.fail())
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        let opened = self.sealing("unsealing")?.unseal(block, header_length);
        opened.inspect_err(|_| self.fail())
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ntlm::Initiator")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
