//! The server's end.

use libgssapi::context::{CtxFlags, SecurityContext as GssContext, ServerCtx};
use libgssapi::credential::CredUsage;
use psbridge_gss::{Place, acquire_from};

use super::{routine_error, wrap};
use crate::ntlm::BindingPolicy;
use crate::spnego::{Accepting, Mechanism, MechanismKind};
use crate::{
    AccountName, ChannelBindings, Entropy, Error, KERBEROS_PROTOCOL, KerberosError, SealedBlock,
    SecurityContext, SignatureFault, Step, Unsealed,
};

const REQUEST: &str = "kerberos request";
/// `GSS_S_BAD_BINDINGS`
const BAD_BINDINGS: u32 = 4;
/// `GSS_C_CHANNEL_BOUND_FLAG`: both ends named the same bindings.
const CHANNEL_BOUND: CtxFlags = CtxFlags::from_bits_retain(0x800);

/// Accepts Kerberos sign-ins by the keys of a keytab, with the system's krb5.
///
/// `step(AP-REQ)` is done at once and gives the AP-REP. Sealing, signing, protection against repeated and reordered
/// messages, and mutual authentication are required.
///
/// It reads files (the keytab, the replay cache, krb5.conf) and the clock by itself, because the library does.
pub struct Acceptor {
    keytab: String,
    bindings: Option<(ChannelBindings, BindingPolicy)>,
    state: State,
}

enum State {
    Start,
    Ready {
        context: ServerCtx,
        account: AccountName,
    },
    Broken,
}

impl Acceptor {
    /// A context for one connection, with the keys of this file.
    #[must_use]
    pub fn new(keytab: impl Into<String>) -> Self {
        Self {
            keytab: keytab.into(),
            bindings: None,
            state: State::Start,
        }
    }

    /// Checks the client's channel bindings against those of the TLS connection.
    #[must_use]
    pub fn with_channel_bindings(mut self, bindings: ChannelBindings, policy: BindingPolicy) -> Self {
        self.bindings = Some((bindings, policy));
        self
    }

    fn accept(&self, token: &[u8]) -> Result<(ServerCtx, AccountName, Vec<u8>), Error> {
        let credential = acquire_from(None, CredUsage::Accept, &[(Place::Keytab, &self.keytab)])
            .map_err(|error| self.keytab_error(&error))?;
        let mut context = ServerCtx::new(Some(credential));
        let expected = match &self.bindings {
            None | Some((_, BindingPolicy::None)) => None,
            Some((bindings, _)) => Some(bindings.application_data()),
        };
        let answer = context.step(token, expected).map_err(|error| refused(&error))?;
        let flags = context.flags().map_err(|error| system(&error))?;
        let (true, Some(answer)) = (context.is_complete(), answer) else {
            return Err(Error::Weak {
                message: REQUEST,
                missing: "mutual authentication",
            });
        };
        wrap::require_protection(flags, REQUEST)?;
        if matches!(self.bindings, Some((_, BindingPolicy::Strict))) && !flags.contains(CHANNEL_BOUND) {
            return Err(Error::ChannelBindings { missing: true });
        }
        let principal = context
            .source_name()
            .and_then(|name| name.display_name())
            .map_err(|error| system(&error))?;
        let principal = String::from_utf8(principal.to_vec())
            .map_err(|_| Error::malformed(REQUEST, "a principal that is no text"))?;
        let account = AccountName {
            user: principal,
            domain: String::new(),
        };
        Ok((context, account, answer.to_vec()))
    }

    fn keytab_error(&self, error: &libgssapi::error::Error) -> Error {
        Error::Kerberos(KerberosError::Keytab {
            path: Some(self.keytab.clone()),
            reason: error.to_string(),
        })
    }

    fn ready(&mut self, operation: &'static str) -> Result<&mut ServerCtx, Error> {
        match &mut self.state {
            State::Ready { context, .. } => Ok(context),
            State::Start => Err(Error::State {
                operation,
                when: "before the handshake",
            }),
            State::Broken => Err(Error::State {
                operation,
                when: "after an error",
            }),
        }
    }
}

impl SecurityContext for Acceptor {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        _filetime: u64,
        _entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let state = std::mem::replace(&mut self.state, State::Broken);
        match (state, input) {
            (_, None) => Err(Error::State {
                operation: "accepting",
                when: "without a token",
            }),
            (State::Start, Some(token)) => {
                let (context, account, answer) = self.accept(token)?;
                self.state = State::Ready { context, account };
                Ok(Step::Done(Some(answer)))
            }
            (State::Ready { .. }, _) => Err(Error::State {
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
        matches!(self.state, State::Ready { .. })
    }

    fn can_seal(&self) -> bool {
        self.is_complete()
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        let sealed = wrap::seal(self.ready("sealing")?, plain);
        sealed.map(|block| vec![block]).inspect_err(|_| self.fail())
    }

    fn unseal(&mut self, block: &mut [u8], _header_length: usize) -> Result<Unsealed, Error> {
        let opened = wrap::unseal(self.ready("unsealing")?, block);
        opened.inspect_err(|_| self.fail())
    }

    fn protocol_name(&self) -> &'static str {
        KERBEROS_PROTOCOL
    }

    fn blocks(&self) -> bool {
        true
    }
}

impl Mechanism for Acceptor {
    fn kind(&self) -> MechanismKind {
        MechanismKind::Kerberos
    }

    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        let code = self
            .ready("signing")?
            .get_mic(list)
            .map_err(|error| system(&error))?;
        Ok(code.to_vec())
    }

    fn verify_list(&mut self, list: &[u8], code: &[u8]) -> Result<(), Error> {
        self.ready("verifying")?
            .verify_mic(list, code)
            .map_err(|_| Error::Signature(SignatureFault::Checksum))
    }

    fn fail(&mut self) {
        self.state = State::Broken;
    }
}

impl Accepting for Acceptor {
    fn account(&self) -> Option<&AccountName> {
        match &self.state {
            State::Ready { account, .. } => Some(account),
            State::Start | State::Broken => None,
        }
    }
}

fn refused(error: &libgssapi::error::Error) -> Error {
    match routine_error(error) {
        BAD_BINDINGS => Error::ChannelBindings { missing: false },
        _ => system(error),
    }
}

fn system(error: &libgssapi::error::Error) -> Error {
    Error::Kerberos(KerberosError::System {
        text: error.to_string(),
    })
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("kerberos_gss::Acceptor")
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
