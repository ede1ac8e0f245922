//! Who is at the other end of a connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use psbridge_auth::credssp::{self, ServerIdentity};
use psbridge_auth::ntlm::{AcceptorOptions, BindingPolicy, ServerNames};
use psbridge_auth::spnego::Accepting;
use psbridge_auth::{
    AccountName, AccountStore, Authorization, ChannelBindings, EntropyError, Scheme, SecurityContext, Step,
    ntlm, scheme, spnego,
};

use super::certificates::{Certificates, MUTUAL};
use super::kerberos;
use crate::builder::AuthScheme;
use crate::cloud::CloudHandle;
use crate::directory::names::{DOMAIN, NETBIOS, SERVER};

/// Handshake legs of one sign-in; CredSSP needs six at most, the others three.
const MAX_LEGS: u32 = 8;

/// How one listener lets people in.
pub(crate) struct Policy {
    pub(crate) accounts: Arc<dyn AccountStore>,
    pub(crate) schemes: Vec<AuthScheme>,
    /// Basic is accepted here.
    pub(crate) basic: bool,
    /// SOAP in clear text is accepted here.
    pub(crate) clear: bool,
    pub(crate) bindings: Option<ChannelBindings>,
    /// What CredSSP shows, where it is offered.
    pub(crate) credssp: Option<ServerIdentity>,
    /// The keys of the service, where Kerberos is accepted.
    pub(crate) keytab: Option<PathBuf>,
    /// The certificates that are accounts.
    pub(crate) certificates: Certificates,
    /// Whose tokens are taken, as Bearer and in the place of a password.
    pub(crate) tokens: Option<CloudHandle>,
    pub(crate) failure_delay: Duration,
}

impl Policy {
    fn offers(&self, scheme: AuthScheme) -> bool {
        self.schemes.contains(&scheme) && (scheme != AuthScheme::Basic || self.basic)
    }

    /// The values of `WWW-Authenticate` for somebody who is nobody yet.
    pub(crate) fn challenges(&self) -> Vec<String> {
        let mut values = Vec::new();
        for scheme in AuthScheme::ALL {
            if self.offers(scheme) {
                values.push(match scheme {
                    AuthScheme::Negotiate => "Negotiate".to_owned(),
                    AuthScheme::Kerberos => "Kerberos".to_owned(),
                    AuthScheme::Ntlm => "NTLM".to_owned(),
                    AuthScheme::Credssp => "CredSSP".to_owned(),
                    AuthScheme::Basic => "Basic realm=\"WSMAN\"".to_owned(),
                    // Asked for by TLS, not by a challenge.
                    AuthScheme::Certificate => continue,
                });
            }
        }
        values
    }

    /// Everything that `Negotiate` stands for here.
    fn negotiator(&self) -> spnego::Acceptor {
        let ntlm: Box<dyn Accepting> =
            Box::new(ntlm::Acceptor::new(Arc::clone(&self.accounts), self.options()));
        spnego::Acceptor::over([ntlm].into_iter().chain(self.kerberos()).collect())
    }

    fn kerberos(&self) -> Option<Box<dyn Accepting>> {
        let bindings = self.bindings.clone();
        kerberos::acceptor(
            self.keytab.as_deref()?,
            bindings.map(|bindings| (bindings, BindingPolicy::Relaxed)),
        )
    }

    fn options(&self) -> AcceptorOptions {
        let mut names = ServerNames::standalone(SERVER);
        NETBIOS.clone_into(&mut names.netbios_domain);
        names.dns_computer = format!("{}.{DOMAIN}", SERVER.to_lowercase());
        DOMAIN.clone_into(&mut names.dns_domain);
        let options = AcceptorOptions::new(names);
        match &self.bindings {
            Some(bindings) => options.with_channel_bindings(bindings.clone(), BindingPolicy::Relaxed),
            None => options,
        }
    }
}

/// The acceptors, which know the account at the end.
enum Acceptor {
    Ntlm(Box<ntlm::Acceptor>),
    Spnego(Box<spnego::Acceptor>),
    Kerberos(Box<dyn Accepting>),
    CredSsp(Box<credssp::Acceptor>),
}

impl Acceptor {
    fn new(policy: &Policy, scheme: &Scheme) -> Option<Self> {
        let accounts = Arc::clone(&policy.accounts);
        Some(match scheme {
            Scheme::Ntlm => Self::Ntlm(Box::new(ntlm::Acceptor::new(accounts, policy.options()))),
            Scheme::Kerberos => Self::Kerberos(policy.kerberos()?),
            Scheme::CredSsp => {
                let identity = policy.credssp.as_ref()?;
                Self::CredSsp(super::credssp::acceptor(identity, policy.negotiator(), accounts))
            }
            _ => Self::Spnego(Box::new(policy.negotiator())),
        })
    }

    fn context(&mut self) -> &mut dyn SecurityContext {
        match self {
            Self::Ntlm(context) => context.as_mut(),
            Self::Spnego(context) => context.as_mut(),
            Self::Kerberos(context) => context.as_mut(),
            Self::CredSsp(context) => context.as_mut(),
        }
    }

    fn account(&self) -> Option<&AccountName> {
        match self {
            Self::Ntlm(context) => context.account(),
            Self::Spnego(context) => context.account(),
            Self::Kerberos(context) => context.account(),
            Self::CredSsp(context) => context.account(),
        }
    }

    /// True when the token that it has just given tells the client that it is refused.
    fn has_refused(&self) -> bool {
        matches!(self, Self::CredSsp(context) if context.refusal().is_some())
    }
}

/// The state of one TCP connection. It is never shared with another one, and neither are its challenges.
#[derive(Default)]
pub(crate) struct Guard {
    acceptor: Option<(Scheme, Acceptor)>,
    legs: u32,
    failures: u32,
    user: Option<String>,
    /// The account whose certificate was shown in the TLS handshake.
    certificate: Option<String>,
}

/// What a request's credentials lead to.
pub(crate) enum Verdict {
    /// Somebody; with the value of `WWW-Authenticate` that ends the handshake.
    Known {
        user: String,
        last: Option<String>,
        sealed: bool,
    },
    /// The handshake goes on: 401 with this value alone.
    Continue(String),
    /// Nobody: 401 with all challenges.
    Nobody,
    /// Refused: the same, later.
    Refused,
    /// Refused, and told why by this value alone: later as well.
    Told(String),
}

impl Guard {
    /// For a connection on which the certificate of this account was shown.
    pub(crate) fn new(certificate: Option<String>) -> Self {
        Self {
            certificate,
            ..Self::default()
        }
    }

    /// Looks at the `Authorization` header of a request.
    pub(crate) fn check(&mut self, policy: &Policy, header: Option<&str>) -> Verdict {
        let Some(header) = header else {
            return match &self.user {
                Some(user) => Verdict::Known {
                    user: user.clone(),
                    last: None,
                    sealed: self.acceptor.is_some(),
                },
                None => Verdict::Nobody,
            };
        };
        if header == MUTUAL
            && policy.offers(AuthScheme::Certificate)
            && let Some(account) = &self.certificate
        {
            self.acceptor = None;
            return Verdict::Known {
                user: account.clone(),
                last: None,
                sealed: false,
            };
        }
        let verdict = match Authorization::parse(header) {
            Ok(Authorization::Bearer(token)) if policy.tokens.is_some() => self.bearer(policy, &token),
            Ok(Authorization::Basic { password, .. })
                if policy.tokens.is_some() && password.starts_with("Bearer ") =>
            {
                self.bearer(policy, password.trim_start_matches("Bearer "))
            }
            Ok(Authorization::Basic { name, password }) if policy.offers(AuthScheme::Basic) => {
                self.acceptor = None;
                match policy.accounts.check_password(&name, &password) {
                    // Not kept: Basic is sent with every request.
                    Ok(()) => Verdict::Known {
                        user: user_name(&name),
                        last: None,
                        sealed: false,
                    },
                    Err(_) => Verdict::Refused,
                }
            }
            Ok(Authorization::Token {
                scheme: Scheme::Negotiate,
                token,
            }) if policy.offers(AuthScheme::Negotiate) => self.step(policy, Scheme::Negotiate, &token),
            Ok(Authorization::Token {
                scheme: Scheme::Kerberos,
                token,
            }) if policy.offers(AuthScheme::Kerberos) => self.step(policy, Scheme::Kerberos, &token),
            Ok(Authorization::Token {
                scheme: Scheme::Ntlm,
                token,
            }) if policy.offers(AuthScheme::Ntlm) => self.step(policy, Scheme::Ntlm, &token),
            Ok(Authorization::Token {
                scheme: Scheme::CredSsp,
                token,
            }) if policy.offers(AuthScheme::Credssp) => self.step(policy, Scheme::CredSsp, &token),
            _ => Verdict::Refused,
        };
        match verdict {
            Verdict::Refused | Verdict::Told(_) => {
                self.acceptor = None;
                self.user = None;
                self.failures = self.failures.saturating_add(1);
            }
            Verdict::Known { .. } => self.failures = 0,
            Verdict::Continue(_) | Verdict::Nobody => {}
        }
        verdict
    }

    /// Like Basic, a token comes with every request and is not kept.
    fn bearer(&mut self, policy: &Policy, token: &str) -> Verdict {
        self.acceptor = None;
        match policy.tokens.as_ref().and_then(|cloud| cloud.bearer(token)) {
            Some(user) => Verdict::Known {
                user,
                last: None,
                sealed: false,
            },
            None => Verdict::Refused,
        }
    }

    /// How long the answer to a refusal waits: longer each time.
    pub(crate) fn penalty(&self, policy: &Policy) -> Duration {
        policy.failure_delay.saturating_mul(self.failures.clamp(1, 8))
    }

    /// The context that seals, when somebody signed in by one.
    pub(crate) fn context(&mut self) -> Option<&mut dyn SecurityContext> {
        self.user.as_ref()?;
        self.acceptor.as_mut().map(|(_, acceptor)| acceptor.context())
    }

    /// Forgets everything, after an error that leaves the cipher state unusable.
    pub(crate) fn reset(&mut self) {
        self.acceptor = None;
        self.user = None;
    }

    fn step(&mut self, policy: &Policy, scheme: Scheme, token: &[u8]) -> Verdict {
        let going_on = self.user.is_none() && self.acceptor.as_ref().is_some_and(|(own, _)| *own == scheme);
        if !going_on {
            // A first token: a new context, hence a new challenge.
            self.reset();
            self.legs = 0;
            let Some(acceptor) = Acceptor::new(policy, &scheme) else {
                return Verdict::Refused;
            };
            self.acceptor = Some((scheme.clone(), acceptor));
        }
        self.legs += 1;
        let Some((_, acceptor)) = self.acceptor.as_mut().filter(|_| self.legs <= MAX_LEGS) else {
            return Verdict::Refused;
        };
        let mut entropy = |out: &mut [u8]| aws_lc_rs::rand::fill(out).map_err(|_| EntropyError);
        match acceptor.context().step(Some(token), filetime(), &mut entropy) {
            Ok(Step::Continue(answer)) => {
                let value = scheme::token_header(&scheme, &answer);
                if acceptor.has_refused() {
                    Verdict::Told(value)
                } else {
                    Verdict::Continue(value)
                }
            }
            Ok(Step::Done(last)) => match acceptor.account() {
                // Kerberos vouches for principals; which of them have an account here is ours to say.
                Some(account) if policy.accounts.nt_hash(account).is_some() => {
                    let user = user_name(account);
                    self.user = Some(user.clone());
                    let last = last.map(|token| scheme::token_header(&scheme, &token));
                    Verdict::Known {
                        user,
                        last,
                        sealed: true,
                    }
                }
                _ => Verdict::Refused,
            },
            Ok(Step::NeedIo(_)) => Verdict::Refused,
            Err(error) => {
                tracing::debug!(%error, "sign-in refused");
                Verdict::Refused
            }
        }
    }
}

/// One name for all forms of an account's name: without domain or realm.
fn user_name(name: &AccountName) -> String {
    let user = name
        .user
        .split_once('@')
        .map_or(name.user.as_str(), |(user, _)| user);
    user.to_lowercase()
}

/// The present time in units of 100 ns since 1601.
fn filetime() -> u64 {
    const EPOCH: u64 = 116_444_736_000_000_000;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    EPOCH.saturating_add(u64::try_from(since.as_nanos() / 100).unwrap_or(u64::MAX))
}
