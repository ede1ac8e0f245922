//! The client's end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as GssContext};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_HOSTBASED_SERVICE, GSS_NT_KRB5_PRINCIPAL, OidSet};
use psbridge_gss::{Place, acquire_from};
use zeroize::Zeroizing;

use super::{routine_error, wrap};
use crate::kerberos::asn1::{self, TokenKind};
use crate::kerberos::refusal::{self, Asked};
use crate::spnego::{Mechanism, MechanismKind};
use crate::{
    ChannelBindings, Entropy, Error, KERBEROS_PROTOCOL, KerberosError, SealedBlock, SecurityContext,
    SignatureFault, Step, Unsealed,
};

/// The numbers of krb5's own errors begin here, those of RFC 4120 first (`ERROR_TABLE_BASE_krb5`).
const TABLE: i64 = -1_765_328_384;

/// `GSS_S_NO_CRED`
const NO_CREDENTIAL: u32 = 7;
/// `GSS_S_CREDENTIALS_EXPIRED`
const EXPIRED: u32 = 11;
/// `GSS_S_BAD_BINDINGS`
const BAD_BINDINGS: u32 = 4;

/// Where the proof of the user comes from. No `Debug`: it may hold a password.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "may hold a password")]
#[non_exhaustive]
pub enum Source {
    /// A ticket cache in MIT's form (`FILE:/tmp/krb5cc_1000`), or the default one.
    Cache(Option<String>),
    /// A file with the keys of the user.
    Keytab(PathBuf),
    /// A password.
    Password(Zeroizing<String>),
}

/// The user and the proof that it is the user. Clones share what was got with it. No `Debug`: it may hold a password.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "may hold a password")]
pub struct Client(Arc<Inner>);

struct Inner {
    source: Source,
    /// `reader@CORP.EXAMPLE`; nothing for the one that the cache or the keytab holds.
    principal: Option<String>,
    /// Tickets got with a keytab are kept in memory under this name.
    memory: String,
    credential: Mutex<Option<Cred>>,
}

impl Client {
    /// A client. `principal` is `reader@CORP.EXAMPLE`; a password needs one.
    #[must_use]
    pub fn new(source: Source, principal: Option<String>) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // Only different from all others of this process.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Inner {
            source,
            principal,
            memory: format!("MEMORY:psbridge-{number}"),
            credential: Mutex::default(),
        }))
    }

    fn shown(&self) -> &str {
        self.0.principal.as_deref().unwrap_or("the user")
    }

    fn is_keytab(&self) -> bool {
        matches!(self.0.source, Source::Keytab(_))
    }

    /// The credential; got once, and again when its time is over.
    fn credential(&self) -> Result<Cred, Error> {
        let mut kept = self.0.credential.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credential) = kept
            .as_ref()
            .filter(|one| one.lifetime().is_ok_and(|left| left.as_secs() > 60))
        {
            return Ok(credential.clone());
        }
        let fresh = self.acquire()?;
        *kept = Some(fresh.clone());
        Ok(fresh)
    }

    fn forget(&self) {
        let mut kept = self.0.credential.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = None;
    }

    fn acquire(&self) -> Result<Cred, Error> {
        let principal = self.0.principal.as_deref();
        let got = match &self.0.source {
            Source::Cache(None) => acquire_from(principal, CredUsage::Initiate, &[]),
            Source::Cache(Some(name)) => {
                acquire_from(principal, CredUsage::Initiate, &[(Place::CredentialCache, name)])
            }
            Source::Keytab(path) => {
                let path = path.to_str().ok_or_else(|| KerberosError::Keytab {
                    path: Some(path.display().to_string()),
                    reason: "its path is not UTF-8".to_owned(),
                })?;
                let places = [
                    (Place::ClientKeytab, path),
                    (Place::CredentialCache, self.0.memory.as_str()),
                ];
                acquire_from(principal, CredUsage::Initiate, &places)
            }
            Source::Password(password) => self.acquire_with(password),
        };
        got.map_err(|error| self.explain(&error, "", false))
    }

    fn acquire_with(&self, password: &str) -> Result<Cred, libgssapi::error::Error> {
        let principal = self.0.principal.as_deref().unwrap_or_default();
        let name = Name::new(principal.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL))?;
        let mut mechanisms = OidSet::new();
        mechanisms.add(GSS_MECH_KRB5)?;
        Cred::acquire_with_password(
            Some(&name),
            password,
            None,
            CredUsage::Initiate,
            Some(&mechanisms),
        )
    }

    /// What the library says, as a case of ours.
    fn explain(&self, error: &libgssapi::error::Error, service: &str, bound: bool) -> Error {
        let text: String = error
            .to_string()
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let realm = || {
            self.0
                .principal
                .as_deref()
                .and_then(|principal| principal.rsplit_once('@'))
                .map_or("the user", |(_, realm)| realm)
                .to_owned()
        };
        // The minor status is signed, and begins at the table.
        let number = i64::from(error.minor.cast_signed()) - TABLE;
        let case = match (number, routine_error(error)) {
            (25 | 210, _) => KerberosError::WrongPassword {
                user: self.shown().to_owned(),
                keytab: self.is_keytab(),
            },
            (32, _) => KerberosError::TicketExpired,
            (number @ 1..=127, _) => {
                let asked = Asked {
                    user: self.shown(),
                    realm: &realm(),
                    service,
                    keytab: self.is_keytab(),
                    server: false,
                    now: 0,
                    bound,
                };
                refusal::by_number(i32::try_from(number).unwrap_or_default(), String::new(), &asked)
            }
            // KRB5_PROG_ETYPE_NOSUPP, KRB5_BAD_ENCTYPE
            (150 | 188, _) => KerberosError::EncryptionType {
                offered: "of the account or the ticket".to_owned(),
            },
            // KRB5_REALM_UNKNOWN
            (154, _) => KerberosError::NoKdc { realm: realm() },
            // KRB5_KDC_UNREACH, KRB5_REALM_CANT_RESOLVE
            (156 | 220, _) => KerberosError::KdcUnreachable {
                realm: realm(),
                tried: vec![text],
            },
            // KRB5_CONFIG_CANTOPEN, KRB5_CONFIG_BADFORMAT
            (135 | 136, _) => KerberosError::Configuration {
                path: "of the system".to_owned(),
                reason: text,
            },
            // KRB5_CONFIG_NODEFREALM
            (224, _) => KerberosError::NoRealm {
                user: self.shown().to_owned(),
            },
            _ if self.is_keytab() && routine_error(error) == NO_CREDENTIAL => KerberosError::Keytab {
                path: match &self.0.source {
                    Source::Keytab(path) => Some(path.display().to_string()),
                    _ => None,
                },
                reason: text,
            },
            (_, EXPIRED) => KerberosError::TicketExpired,
            (_, NO_CREDENTIAL) => KerberosError::NoTicket { reason: text },
            (_, BAD_BINDINGS) => KerberosError::Bindings,
            _ => KerberosError::System { text },
        };
        Error::Kerberos(case)
    }
}

/// Signs in with Kerberos by the system's krb5, without SPNEGO around it, or as a [`Mechanism`] of it.
///
/// `step(None)` gives the token with the ticket (it asks KDCs by itself and [blocks](SecurityContext::blocks)),
/// `step(answer)` checks the endpoint's proof and is done. Mutual authentication, sealing, signing and protection against
/// repeated and reordered messages are required.
pub struct Initiator {
    client: Client,
    services: Vec<String>,
    service: String,
    bindings: Option<ChannelBindings>,
    delegate: bool,
    state: State,
}

enum State {
    Start,
    Sent(ClientCtx),
    Ready(ClientCtx),
    Broken,
}

impl Initiator {
    /// A context for one connection. `services` are the names of the endpoint, such as `host/server.corp.example`; a later
    /// one is asked for when the KDC does not know the ones before it. With `delegate` the endpoint is handed a ticket
    /// with which it can act as the user elsewhere.
    #[must_use]
    pub fn new(
        client: &Client,
        services: Vec<String>,
        bindings: Option<ChannelBindings>,
        delegate: bool,
    ) -> Self {
        Self {
            client: client.clone(),
            services,
            service: String::new(),
            bindings,
            delegate,
            state: State::Start,
        }
    }

    fn bindings(&self) -> Option<&[u8]> {
        self.bindings.as_ref().map(ChannelBindings::application_data)
    }

    fn begin(&mut self) -> Result<Step, Error> {
        let credential = self.client.credential()?;
        let mut refused = None;
        for service in self.services.clone() {
            let mut context = self.context(&service, credential.clone())?;
            match context.step(None, self.bindings()) {
                Ok(Some(token)) => {
                    self.service = service;
                    self.state = State::Sent(context);
                    return Ok(Step::Continue(token.to_vec()));
                }
                Ok(None) => {
                    return Err(Error::State {
                        operation: "a first token",
                        when: "with a library that makes none",
                    });
                }
                Err(error) => {
                    let error =
                        self.client
                            .explain(&error, &self.services.join(" or "), self.bindings.is_some());
                    let unknown = matches!(error, Error::Kerberos(KerberosError::ServiceUnknown { .. }));
                    refused = Some(error);
                    if !unknown {
                        break;
                    }
                }
            }
        }
        if matches!(refused, Some(Error::Kerberos(KerberosError::TicketExpired))) {
            self.client.forget();
        }
        Err(refused.unwrap_or(Error::State {
            operation: "asking for a ticket",
            when: "without a service",
        }))
    }

    fn context(&self, service: &str, credential: Cred) -> Result<ClientCtx, Error> {
        // A name without a realm is for the library to place; one with a realm is what it is.
        let name = match service.split_once('/') {
            Some((class, host)) if !service.contains('@') && !host.contains('/') => Name::new(
                format!("{class}@{host}").as_bytes(),
                Some(GSS_NT_HOSTBASED_SERVICE),
            ),
            _ => Name::new(service.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL)),
        };
        let name = name.map_err(|error| self.client.explain(&error, service, false))?;
        let mut flags = CtxFlags::GSS_C_MUTUAL_FLAG
            | CtxFlags::GSS_C_REPLAY_FLAG
            | CtxFlags::GSS_C_SEQUENCE_FLAG
            | CtxFlags::GSS_C_CONF_FLAG
            | CtxFlags::GSS_C_INTEG_FLAG;
        if self.delegate {
            flags |= CtxFlags::GSS_C_DELEG_FLAG;
        }
        Ok(ClientCtx::new(Some(credential), name, flags, Some(GSS_MECH_KRB5)))
    }

    fn conclude(&mut self, mut context: ClientCtx, token: &[u8], filetime: u64) -> Result<Step, Error> {
        // The endpoint's refusal says more than the library hands on.
        if let Ok((TokenKind::Error, message)) = asn1::unframe(token) {
            self.client.forget();
            let asked = Asked {
                user: self.client.shown(),
                realm: "",
                service: &self.service,
                keytab: false,
                server: true,
                now: (filetime / 10_000_000).saturating_sub(11_644_473_600),
                bound: self.bindings.is_some(),
            };
            return Err(refusal::explain(&refusal::read(message)?, &asked).into());
        }
        let answer = context.step(Some(token), self.bindings()).map_err(|error| {
            match self
                .client
                .explain(&error, &self.service, self.bindings.is_some())
            {
                Error::Kerberos(
                    KerberosError::System { .. }
                    | KerberosError::ServerKey { .. }
                    | KerberosError::WrongPassword { .. },
                ) => Error::Kerberos(KerberosError::Unproved {
                    reason: "its answer is not made with the key of the ticket",
                }),
                other => other,
            }
        })?;
        if answer.is_some() || !context.is_complete() {
            return Err(Error::Kerberos(KerberosError::Unproved {
                reason: "its answer does not end the handshake",
            }));
        }
        let flags = context
            .flags()
            .map_err(|error| self.client.explain(&error, &self.service, false))?;
        if !flags.contains(CtxFlags::GSS_C_MUTUAL_FLAG) {
            return Err(Error::Kerberos(KerberosError::Unproved {
                reason: "it did not answer the ticket",
            }));
        }
        wrap::require_protection(flags, "kerberos answer")?;
        // The library leaves it out without a word.
        if self.delegate && !flags.contains(CtxFlags::GSS_C_DELEG_FLAG) {
            return Err(Error::Kerberos(KerberosError::NoTicket {
                reason: "it cannot be forwarded, so nothing can be delegated; set forwardable = true in krb5.conf, or use \
                         kinit -f"
                    .to_owned(),
            }));
        }
        self.state = State::Ready(context);
        Ok(Step::Done(None))
    }

    fn ready(&mut self, operation: &'static str) -> Result<&mut ClientCtx, Error> {
        match &mut self.state {
            State::Ready(context) => Ok(context),
            State::Start | State::Sent(_) => Err(Error::State {
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

impl SecurityContext for Initiator {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        _entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        match (std::mem::replace(&mut self.state, State::Broken), input) {
            (State::Start, None) => self.begin(),
            (State::Sent(context), Some(token)) => self.conclude(context, token, filetime),
            (State::Sent(_), None) => Err(KerberosError::Unproved {
                reason: "it did not answer the ticket",
            }
            .into()),
            (State::Start, Some(_)) => Err(Error::State {
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
        let sealed = wrap::seal(self.ready("sealing")?, plain);
        sealed.map(|block| vec![block]).inspect_err(|_| self.fail())
    }

    /// The token says itself where its parts are: `header_length` does not matter.
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

impl Mechanism for Initiator {
    fn kind(&self) -> MechanismKind {
        MechanismKind::Kerberos
    }

    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        let client = self.client.clone();
        let code = self.ready("signing")?.get_mic(list);
        code.map(|code| code.to_vec())
            .map_err(|error| client.explain(&error, "", false))
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

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("kerberos_gss::Initiator")
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}
