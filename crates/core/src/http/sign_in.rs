//! Signing in on a fresh connection.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use psbridge_auth::{
    AuthenticateHeader, ChannelBindings, Credential, EntropyError, KerberosError, Scheme, SecurityContext,
    Step, scheme,
};

use super::HttpOptions;
use super::connect::Connector;
use super::credssp::CredSsp;
use super::kerberos::{Asker, Attempt, KerberosTicket, Negotiator};
use super::link::{Link, RawResponse, SendError};
use super::request::RequestHead;
use super::site::redirected;
use super::tokens::{self, Tokens};
use crate::exchange::ExchangeError;
use crate::options::Authentication;

/// More legs than any mechanism here needs.
const MAX_LEGS: usize = 10;
/// More questions to KDCs than the way to any ticket takes.
const MAX_QUESTIONS: usize = 40;
/// Seconds from 1601-01-01 to 1970-01-01.
const FILETIME_EPOCH_SECONDS: u64 = 11_644_473_600;

/// How to sign in, with everything that is needed for it.
pub(super) enum SignIn {
    /// Nothing is sent.
    None,
    /// The same `Authorization` with every request.
    Header {
        scheme: &'static str,
        value: HeaderValue,
        /// It holds a token.
        token: bool,
    },
    /// An `Authorization` made for each request from what a source gives.
    Tokens(Tokens),
    /// A handshake that signs the connection in, by Kerberos or NTLM.
    Handshake(Box<Negotiator>),
    /// The same with NTLM alone, without SPNEGO.
    Ntlm(Box<Negotiator>),
    /// The same, around a handshake that proves the password, and at its end the password itself.
    CredSsp { with: CredSsp, inner: Box<Negotiator> },
}

/// What signing in has left on a connection.
pub(super) enum Signed {
    None,
    Header(HeaderValue),
    Context(Box<dyn SecurityContext>),
}

impl SignIn {
    pub(super) fn new(options: &HttpOptions) -> Result<Self, ExchangeError> {
        let authentication = options.authentication;
        let (user, secret) = (options.user.as_deref(), options.secret.as_ref());
        let missing = |needs| ExchangeError::MissingCredential {
            scheme: authentication.name().into(),
            needs,
        };
        match authentication {
            Authentication::None => Ok(Self::None),
            Authentication::Basic => {
                let (user, secret) = user.zip(secret).ok_or_else(|| missing("a user and a password"))?;
                Ok(Self::Header {
                    scheme: "Basic",
                    value: tokens::sensitive(&scheme::basic(user, secret.expose())?)?,
                    token: false,
                })
            }
            Authentication::Bearer => Ok(Self::Header {
                scheme: "Bearer",
                value: tokens::bearer(secret.ok_or_else(|| missing("a token"))?)?,
                token: true,
            }),
            Authentication::BasicBearer => {
                let (user, token) = user.zip(secret).ok_or_else(|| missing("a user and a token"))?;
                Ok(Self::Header {
                    scheme: "Basic",
                    value: tokens::basic(user, token)?,
                    token: true,
                })
            }
            Authentication::Negotiate | Authentication::Kerberos => {
                Ok(Self::Handshake(Box::new(Negotiator::new(options)?)))
            }
            Authentication::Ntlm => {
                user.zip(secret).ok_or_else(|| missing("a user and a password"))?;
                Ok(Self::Ntlm(Box::new(Negotiator::new(options)?)))
            }
            Authentication::Credssp => {
                let (user, secret) = user.zip(secret).ok_or_else(|| missing("a user and a password"))?;
                let credential = Credential::new(user, secret.expose());
                Ok(Self::CredSsp {
                    with: CredSsp::new(credential, options.allow_vulnerable_credssp),
                    inner: Box::new(Negotiator::new(options)?),
                })
            }
            Authentication::Certificate => Err(ExchangeError::Unsupported {
                feature: format!("sign-in by {}", authentication.name()),
            }),
        }
    }

    /// True when the whole body has to be protected by somebody else than the security context.
    pub(super) fn sends_clear_bodies(&self) -> bool {
        !matches!(self, Self::Handshake(_) | Self::Ntlm(_) | Self::CredSsp { .. })
    }

    /// Signs in on a new connection.
    pub(super) async fn run(
        &self,
        connector: &Connector,
        link: &mut Link,
        head: &RequestHead<'_>,
    ) -> Result<Signed, ExchangeError> {
        match self {
            // A token goes with each request.
            Self::None | Self::Tokens(_) => Ok(Signed::None),
            Self::Header { value, .. } => Ok(Signed::Header(value.clone())),
            Self::Handshake(negotiator) => {
                let context = negotiate(negotiator, connector, link, head).await?;
                Ok(Signed::Context(context))
            }
            Self::Ntlm(negotiator) => {
                let context = ntlm(negotiator, true, connector, link, head).await?;
                Ok(Signed::Context(context))
            }
            Self::CredSsp { with, inner } => {
                let handshake = Handshake {
                    connector,
                    head,
                    scheme: Scheme::CredSsp,
                };
                // The channel that counts is the one inside, and it is bound by CredSSP itself.
                let proof = match inner.kerberos(None, &Scheme::Negotiate, filetime()).await? {
                    Some(attempt) => attempt,
                    None => inner.ntlm(None, false)?.into(),
                };
                let attempt = proof.within(|inner| with.context(inner))?;
                let signed = handshake.run(link, attempt).await;
                signed
                    .map(Signed::Context)
                    .map_err(|refusal| refusal.into_error("CredSSP"))
            }
        }
    }

    /// What the Kerberos ticket for the endpoint says, if there is one.
    pub(super) fn ticket(&self) -> Option<KerberosTicket> {
        match self {
            Self::Handshake(negotiator)
            | Self::CredSsp {
                inner: negotiator, ..
            } => negotiator.ticket(),
            _ => None,
        }
    }
}

/// The bindings of the connection's TLS.
fn bindings(link: &Link) -> Result<Option<ChannelBindings>, psbridge_auth::Error> {
    link.leaf
        .as_deref()
        .map(ChannelBindings::tls_server_end_point)
        .transpose()
}

/// Signs in by Kerberos where that is possible, else by NTLM.
async fn negotiate(
    negotiator: &Negotiator,
    connector: &Connector,
    link: &mut Link,
    head: &RequestHead<'_>,
) -> Result<Box<dyn SecurityContext>, ExchangeError> {
    let mut scheme = Scheme::Negotiate;
    // Each way is tried once: under the other scheme, with a new ticket, by the system's implementation.
    let mut renewed = false;
    loop {
        reopen(connector, link).await?;
        let Some(attempt) = negotiator.kerberos(bindings(link)?, &scheme, filetime()).await? else {
            return ntlm(negotiator, false, connector, link, head).await;
        };
        let old_ticket = attempt.old_ticket;
        let handshake = Handshake {
            connector,
            head,
            scheme: scheme.clone(),
        };
        let error = match handshake.run(link, attempt).await {
            Ok(context) => return Ok(context),
            Err(Refusal::NotOffered(offers))
                if scheme == Scheme::Negotiate && offers.offers(&Scheme::Kerberos) =>
            {
                scheme = Scheme::Kerberos;
                continue;
            }
            Err(Refusal::NotOffered(offers))
                if negotiator.may_fall_back() && offers.offers(&Scheme::Ntlm) =>
            {
                return ntlm(negotiator, true, connector, link, head).await;
            }
            Err(refusal) => refusal.into_error("Negotiate or Kerberos"),
        };
        let refused = matches!(error, ExchangeError::Kerberos(_) | ExchangeError::Rejected { .. });
        if refused && old_ticket && !renewed {
            tracing::debug!(%error, "trying again with a new ticket");
            negotiator.forget_tickets();
            renewed = true;
            continue;
        }
        if matches!(
            error,
            ExchangeError::Kerberos(KerberosError::EncryptionType { .. })
        ) && negotiator.give_way()
        {
            tracing::debug!(%error, "the system's Kerberos tries");
            continue;
        }
        if refused && negotiator.may_fall_back() {
            tracing::warn!(%error, "Kerberos failed; signing in by NTLM, as allowed");
            reopen(connector, link).await?;
            return ntlm(negotiator, false, connector, link, head).await;
        }
        return Err(error);
    }
}

/// Signs in by NTLM, inside SPNEGO or `raw`.
async fn ntlm(
    negotiator: &Negotiator,
    raw: bool,
    connector: &Connector,
    link: &mut Link,
    head: &RequestHead<'_>,
) -> Result<Box<dyn SecurityContext>, ExchangeError> {
    let mut handshake = Handshake {
        connector,
        head,
        scheme: Scheme::Negotiate,
    };
    let wanted = if raw { "Negotiate or NTLM" } else { "Negotiate" };
    let context = negotiator.ntlm(bindings(link)?, raw)?;
    match handshake.run(link, context.into()).await {
        // Old and hardened endpoints name the mechanism instead of negotiating it.
        Err(Refusal::NotOffered(offers)) if offers.offers(&Scheme::Ntlm) => {
            handshake.scheme = Scheme::Ntlm;
            reopen(connector, link).await?;
            let context = negotiator.ntlm(bindings(link)?, true)?;
            handshake.run(link, context.into()).await
        }
        other => other,
    }
    .map_err(|refusal| refusal.into_error(wanted))
}

/// A connection that still stands, for another handshake.
async fn reopen(connector: &Connector, link: &mut Link) -> Result<(), ExchangeError> {
    if !link.is_open() {
        *link = connector.connect().await?;
    }
    Ok(())
}

struct Handshake<'a> {
    connector: &'a Connector,
    head: &'a RequestHead<'a>,
    scheme: Scheme,
}

enum Refusal {
    /// The first leg met no challenge of its scheme.
    NotOffered(AuthenticateHeader),
    Error(ExchangeError),
}

impl<E: Into<ExchangeError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Refusal {
    fn into_error(self, wanted: &str) -> ExchangeError {
        match self {
            Self::Error(error) => error,
            Self::NotOffered(offers) => ExchangeError::NotOffered {
                wanted: wanted.into(),
                offered: names(&offers),
            },
        }
    }
}

impl Handshake<'_> {
    async fn run(&self, link: &mut Link, attempt: Attempt<'_>) -> Result<Box<dyn SecurityContext>, Refusal> {
        let Attempt {
            mut context,
            mut asker,
            ..
        } = attempt;
        let mut input: Option<Vec<u8>> = None;
        for leg in 0..MAX_LEGS {
            let made;
            (context, made) = step(context, &asker, input.take()).await?;
            let (token, last) = match made {
                Made::Token { token, last } => (token, last),
                Made::Nothing => return Ok(context),
            };
            asker.release();
            let answer = self.leg(link, &token).await?;
            if let Some(redirected) = redirected(answer.status, &answer.headers) {
                return Err(Refusal::Error(redirected));
            }
            let offers = offers(&answer)?;
            let reply = offers.token(&self.scheme).map(<[u8]>::to_vec);
            match answer.status {
                401 if leg == 0 && reply.is_none() && !offers.offers(&self.scheme) => {
                    return Err(Refusal::NotOffered(offers));
                }
                // The endpoint may tell why in a last token; reading it gives the better error.
                401 if !last => match reply {
                    Some(reply) => input = Some(reply),
                    // TLS 1.3 inside CredSSP has nothing to say once; a context that expects more calls it a refusal.
                    None if self.scheme == Scheme::CredSsp && leg > 0 && offers.offers(&Scheme::CredSsp) => {
                        input = Some(Vec::new());
                    }
                    None => return Err(self.rejected(&answer, &offers)),
                },
                401 | 403 => return Err(self.rejected(&answer, &offers)),
                // Kerberos may be done with the first answer, if that has the endpoint's proof.
                status if (leg == 0 && reply.is_none()) || matches!(status, 404 | 503) => {
                    let content_type = answer.content_type().map(str::to_owned);
                    return Err(Refusal::Error(ExchangeError::NoChallenge {
                        status,
                        content_type,
                    }));
                }
                // Some endpoints accept the sign-in and then complain about the empty body: signed in all the same.
                _ => match reply {
                    Some(reply) if !last => input = Some(reply),
                    _ if context.is_complete() => return Ok(context),
                    // The endpoint has not proved itself; the context knows what is missing.
                    _ => input = None,
                },
            }
        }
        Err(Refusal::Error(ExchangeError::Security(
            psbridge_auth::Error::Refused,
        )))
    }

    fn rejected(&self, answer: &RawResponse, offers: &AuthenticateHeader) -> Refusal {
        Refusal::Error(ExchangeError::Rejected {
            scheme: self.scheme.name().to_owned(),
            status: answer.status,
            offered: names(offers),
        })
    }

    /// One leg: an empty body, because nothing may leave before it can be sealed.
    async fn leg(&self, link: &mut Link, token: &[u8]) -> Result<RawResponse, ExchangeError> {
        let mut request = self.head.build(Full::new(Bytes::new()), 0)?;
        let mut value = HeaderValue::try_from(scheme::token_header(&self.scheme, token))
            .map_err(|error| ExchangeError::Request(error.to_string()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        let answer = match link.send(request, self.connector.connect_timeout).await {
            Ok(answer) => answer,
            Err(SendError::Failed(error)) => return Err(error),
            // Told by TLS after its handshake, or by nobody.
            Err(SendError::NotSent) => return Err(link.why_closed().await),
        };
        self.head.cookies.store(&answer.headers, self.head.path);
        Ok(answer)
    }
}

/// What a step of a context comes to.
enum Made {
    /// To be sent; nothing is expected back from the `last`.
    Token {
        token: Vec<u8>,
        last: bool,
    },
    Nothing,
}

/// One step of a context, with everything that it asks KDCs on the way. After an error the context is gone.
async fn step(
    mut context: Box<dyn SecurityContext>,
    asker: &Asker<'_>,
    mut input: Option<Vec<u8>>,
) -> Result<(Box<dyn SecurityContext>, Made), ExchangeError> {
    for _ in 0..MAX_QUESTIONS {
        let step;
        (context, step) = if context.blocks() {
            let work = move || {
                let step = context.step(input.as_deref(), filetime(), &mut random);
                (context, step)
            };
            tokio::task::spawn_blocking(work)
                .await
                .map_err(|error| KerberosError::System {
                    text: error.to_string(),
                })?
        } else {
            let step = context.step(input.as_deref(), filetime(), &mut random);
            (context, step)
        };
        input = match step? {
            Step::NeedIo(request) => Some(asker.ask(&request.url, &request.data).await?),
            Step::Continue(token) => return Ok((context, Made::Token { token, last: false })),
            Step::Done(Some(token)) => return Ok((context, Made::Token { token, last: true })),
            Step::Done(None) => return Ok((context, Made::Nothing)),
        };
    }
    Err(ExchangeError::Security(psbridge_auth::Error::Refused))
}

/// What an answer offers. A header that cannot be read offers nothing.
pub(super) fn offers(answer: &RawResponse) -> Result<AuthenticateHeader, psbridge_auth::Error> {
    AuthenticateHeader::parse(
        answer
            .headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok()),
    )
}

pub(super) fn names(offers: &AuthenticateHeader) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for challenge in offers.challenges() {
        let name = challenge.scheme.name();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn random(out: &mut [u8]) -> Result<(), EntropyError> {
    SystemRandom::new().fill(out).map_err(|_| EntropyError)
}

/// The present time in units of 100 ns since 1601.
fn filetime() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    (now.as_secs() + FILETIME_EPOCH_SECONDS) * 10_000_000 + u64::from(now.subsec_nanos() / 100)
}
