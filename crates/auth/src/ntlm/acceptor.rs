//! The server's end.

use std::sync::Arc;

use ntlmclient::{Flags, TargetInfoType};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::crypto::{self, From, Key};
use super::message::{self, AUTHENTICATE, OFFERED, Response};
use super::sealing::Sealing;
use super::target_info::TargetInfo;
use crate::text::upper;
use crate::{
    AccountName, AccountStore, ChannelBindings, Entropy, Error, Legacy, NtHash, SPNEGO_PROTOCOL, SealedBlock,
    SecurityContext, Step, Unsealed,
};

/// What a server says about itself in its challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerNames {
    /// NetBIOS name of the machine.
    pub netbios_computer: String,
    /// NetBIOS name of its domain; equal to the machine's name when it is in none.
    pub netbios_domain: String,
    /// DNS name of the machine.
    pub dns_computer: String,
    /// DNS name of its domain; equal to the machine's name when it is in none.
    pub dns_domain: String,
    /// DNS name of the forest, for members of one.
    pub dns_tree: Option<String>,
    /// Build number of the Windows that the server shows.
    pub build_number: u16,
}

impl ServerNames {
    /// A machine in no domain, called `name` in DNS and by its first 15 characters in NetBIOS.
    #[must_use]
    pub fn standalone(name: &str) -> Self {
        let netbios: String = upper(name).chars().take(15).collect();
        Self {
            netbios_computer: netbios.clone(),
            netbios_domain: netbios,
            dns_computer: name.to_owned(),
            dns_domain: name.to_owned(),
            dns_tree: None,
            build_number: 20348,
        }
    }
}

/// How an acceptor treats channel bindings, as WinRM's `CbtHardeningLevel` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BindingPolicy {
    /// They are not looked at.
    None,
    /// Wrong ones are refused, none are accepted.
    #[default]
    Relaxed,
    /// They must be there and right.
    Strict,
}

/// What an acceptor needs besides the accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AcceptorOptions {
    /// The server's names.
    pub names: ServerNames,
    /// The bindings of the TLS connection; nothing on plain HTTP, where a client's are not looked at.
    pub channel_bindings: Option<ChannelBindings>,
    /// What to do about them.
    pub binding_policy: BindingPolicy,
}

impl AcceptorOptions {
    /// Options for a connection without TLS.
    #[must_use]
    pub fn new(names: ServerNames) -> Self {
        Self {
            names,
            channel_bindings: None,
            binding_policy: BindingPolicy::default(),
        }
    }

    /// The same on a TLS connection.
    #[must_use]
    pub fn with_channel_bindings(mut self, bindings: ChannelBindings, policy: BindingPolicy) -> Self {
        self.channel_bindings = Some(bindings);
        self.binding_policy = policy;
        self
    }
}

/// Accepts NTLMv2 sign-ins, without SPNEGO around them.
///
/// The password is checked: the client's `NTProofStr` must be the one that the account's hash gives, compared in
/// constant time. Tokens: `step(NEGOTIATE)` gives CHALLENGE, `step(AUTHENTICATE)` is done.
pub struct Acceptor {
    accounts: Arc<dyn AccountStore>,
    options: AcceptorOptions,
    state: State,
}

enum State {
    Start,
    Challenged {
        negotiate: Vec<u8>,
        challenge: Vec<u8>,
        server_challenge: [u8; 8],
        flags: Flags,
    },
    Ready {
        sealing: Box<Sealing>,
        account: AccountName,
        had_mic: bool,
    },
    Broken,
}

impl Acceptor {
    /// A context for one connection.
    #[must_use]
    pub fn new(accounts: Arc<dyn AccountStore>, options: AcceptorOptions) -> Self {
        Self {
            accounts,
            options,
            state: State::Start,
        }
    }

    /// The account that has signed in, once the handshake is complete.
    #[must_use]
    pub fn account(&self) -> Option<&AccountName> {
        match &self.state {
            State::Ready { account, .. } => Some(account),
            _ => None,
        }
    }

    /// True when the client has protected its messages by a MIC.
    pub(crate) fn had_mic(&self) -> bool {
        matches!(self.state, State::Ready { had_mic: true, .. })
    }

    fn challenge(
        &self,
        asked: Flags,
        filetime: u64,
        server_challenge: [u8; 8],
    ) -> Result<(Vec<u8>, Flags), Error> {
        let names = &self.options.names;
        let in_domain = names.netbios_domain != names.netbios_computer;
        let (target, kind) = if in_domain {
            (&names.netbios_domain, Flags::TARGET_TYPE_DOMAIN)
        } else {
            (&names.netbios_computer, Flags::TARGET_TYPE_SERVER)
        };
        let always = Flags::REQUEST_TARGET | Flags::NEGOTIATE_NTLM | Flags::NEGOTIATE_ALWAYS_SIGN;
        let flags = (asked & OFFERED) | always | Flags::NEGOTIATE_TARGET_INFO | kind;
        let mut info = TargetInfo::new();
        info.push_text(TargetInfoType::NtDomain, &names.netbios_domain);
        info.push_text(TargetInfoType::NtServer, &names.netbios_computer);
        info.push_text(TargetInfoType::DnsDomain, &names.dns_domain);
        info.push_text(TargetInfoType::DnsServer, &names.dns_computer);
        if let Some(tree) = &names.dns_tree {
            info.push_text(TargetInfoType::DnsForest, tree);
        }
        info.set_timestamp(filetime);
        Ok((
            message::write_challenge(flags, server_challenge, target, &info, names.build_number)?,
            flags,
        ))
    }

    fn check(
        &self,
        negotiate: &[u8],
        challenge: &[u8],
        server_challenge: &[u8; 8],
        agreed: Flags,
        token: &[u8],
    ) -> Result<State, Error> {
        let Response {
            flags,
            name,
            lm_response,
            nt_response,
            encrypted_key,
        } = message::read_authenticate(token)?;
        if name.user.is_empty() || flags.contains(Flags::NEGOTIATE_ANONYMOUS) {
            return Err(Error::Legacy(Legacy::Anonymous));
        }
        match nt_response.len() {
            0 if lm_response.is_empty() => return Err(Error::Legacy(Legacy::Anonymous)),
            0 => return Err(Error::Legacy(Legacy::Lm)),
            24 => return Err(Error::Legacy(Legacy::NtlmV1)),
            _ => {}
        }
        if !agreed.contains(flags & OFFERED) {
            return Err(Error::malformed(AUTHENTICATE, "flags that were not agreed on"));
        }
        let (proof, info) = split_response(&nt_response)?;
        let Some((_, blob)) = nt_response.split_first_chunk::<16>() else {
            return Err(Error::malformed(AUTHENTICATE, "a short response"));
        };

        // The same work is done for an unknown account, so that time does not tell which names exist.
        let known = self.accounts.nt_hash(&name);
        let exists = known.is_some();
        let ntowf = crypto::ntowf_v2(&known.unwrap_or_else(|| NtHash::from_bytes([0; 16])), &name);
        let expected = crypto::proof(&ntowf, server_challenge, blob);
        let proved = bool::from(expected.ct_eq(proof));
        if !(proved && exists) {
            return Err(Error::LogonDenied);
        }
        self.check_bindings(info.channel_bindings())?;

        let encrypted: [u8; 16] = encrypted_key
            .try_into()
            .map_err(|_| Error::malformed(AUTHENTICATE, "a session key that is not 16 bytes long"))?;
        let session_base_key = crypto::session_base_key(&ntowf, proof);
        let exported: Key = crypto::exchange_key(&session_base_key, &Zeroizing::new(encrypted));
        let had_mic = info.has_mic();
        if had_mic {
            let mut token = token.to_vec();
            let mic = message::take_mic(&mut token)?;
            let expected = crypto::mic(&exported, negotiate, challenge, &token);
            if !bool::from(expected.ct_eq(&mic)) {
                return Err(Error::Integrity {
                    what: "ntlm messages",
                    missing: false,
                });
            }
        }
        Ok(State::Ready {
            sealing: Box::new(Sealing::new(&exported, From::Server)),
            account: name,
            had_mic,
        })
    }

    fn check_bindings(&self, given: Option<[u8; 16]>) -> Result<(), Error> {
        let Some(bindings) = &self.options.channel_bindings else {
            return Ok(());
        };
        // Windows writes zeros when its caller has no bindings.
        match (self.options.binding_policy, given.filter(|md5| *md5 != [0; 16])) {
            (BindingPolicy::None, _) | (BindingPolicy::Relaxed, None) => Ok(()),
            (BindingPolicy::Strict, None) => Err(Error::ChannelBindings { missing: true }),
            (_, Some(md5)) if bool::from(md5.ct_eq(&bindings.md5())) => Ok(()),
            (_, Some(_)) => Err(Error::ChannelBindings { missing: false }),
        }
    }

    /// Keys and sequence numbers, once there are any.
    pub(crate) fn sealing(&mut self, operation: &'static str) -> Result<&mut Sealing, Error> {
        match &mut self.state {
            State::Ready { sealing, .. } => Ok(sealing),
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

/// `NTProofStr` and the client's pairs of an NTLMv2 response ([MS-NLMP] 2.2.2.8).
fn split_response(response: &[u8]) -> Result<(&[u8; 16], TargetInfo), Error> {
    let short = Error::malformed(AUTHENTICATE, "a short response");
    let Some((proof, blob)) = response.split_first_chunk::<16>() else {
        return Err(short);
    };
    if !blob.starts_with(&[1, 1]) {
        return Err(Error::malformed(AUTHENTICATE, "a response of an unknown version"));
    }
    let Some(pairs) = blob.get(28..) else {
        return Err(short);
    };
    Ok((proof, TargetInfo::read(AUTHENTICATE, pairs)?))
}

impl SecurityContext for Acceptor {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let state = std::mem::replace(&mut self.state, State::Broken);
        let Some(token) = input else {
            return Err(Error::State {
                operation: "accepting",
                when: "without a token",
            });
        };
        match state {
            State::Start => {
                let asked = message::read_negotiate(token)?;
                let mut server_challenge = [0; 8];
                entropy.fill(&mut server_challenge)?;
                let (challenge, flags) = self.challenge(asked, filetime, server_challenge)?;
                let negotiate = token.to_vec();
                self.state = State::Challenged {
                    negotiate,
                    challenge: challenge.clone(),
                    server_challenge,
                    flags,
                };
                Ok(Step::Continue(challenge))
            }
            State::Challenged {
                negotiate,
                challenge,
                server_challenge,
                flags,
            } => {
                self.state = self.check(&negotiate, &challenge, &server_challenge, flags, token)?;
                Ok(Step::Done(None))
            }
            State::Ready { .. } => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            State::Broken => Err(Error::State {
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

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ntlm::Acceptor")
            .field("account", &self.account())
            .finish_non_exhaustive()
    }
}
