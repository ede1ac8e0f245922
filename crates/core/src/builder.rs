//! Describing a session before it is opened.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::certificate::ClientCertificate;
use crate::cloud::Cloud;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::exchange::{Exchange, ExchangeError, RecordingExchange};
use crate::http::{HttpExchange, HttpOptions, KerberosOptions, Proxy, Redirection, TlsOptions};
use crate::options::{Authentication, Limits};
use crate::secret::Secret;
use crate::session::{self, Opener, Session, Way};
use crate::sign_in::TokenSource;
use crate::transport::ShellTransport;

const CONNECT: &str = "prepare the session";

/// Where a session goes: a text by the rules of [`Endpoint`], or an endpoint that is already known.
#[derive(Debug, Clone)]
pub enum Destination {
    /// A URL or a host name.
    Target(String),
    /// An endpoint; its configuration counts.
    Endpoint(Endpoint),
}

impl From<&str> for Destination {
    fn from(target: &str) -> Self {
        Self::Target(target.to_owned())
    }
}

impl From<String> for Destination {
    fn from(target: String) -> Self {
        Self::Target(target)
    }
}

impl From<&String> for Destination {
    fn from(target: &String) -> Self {
        Self::Target(target.clone())
    }
}

impl From<Endpoint> for Destination {
    fn from(endpoint: Endpoint) -> Self {
        Self::Endpoint(endpoint)
    }
}

/// Decorates the exchange of a session.
type Wrap = Box<dyn FnOnce(Arc<dyn Exchange>) -> Arc<dyn Exchange> + Send>;

/// Describes a session; [`open`](Self::open) opens it.
///
/// ```no_run
/// # async fn example(password: psbridge::Secret) -> Result<(), psbridge::Error> {
/// use psbridge::{Authentication, Session, TlsOptions};
///
/// // Sealed NTLM over plain HTTP.
/// let windows = Session::builder("http://server:5985/wsman")
///     .credential("CORP\\reader", password.clone())
///     .open()
///     .await?;
///
/// // Exchange, with its configuration named by the path.
/// let exchange = Session::builder("https://mail.example.com/PowerShell/")
///     .authentication(Authentication::Basic)
///     .credential("reader@example.com", password)
///     .tls(TlsOptions::new().ca_file("corp-ca.pem"))
///     .open()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[expect(missing_debug_implementations, reason = "it may hold a secret")]
#[must_use = "a session does nothing before it is opened"]
pub struct SessionBuilder {
    destination: Destination,
    configuration: Option<String>,
    authentication: Option<Authentication>,
    user: Option<String>,
    secret: Option<Secret>,
    given_token: bool,
    tls: TlsOptions,
    limits: Limits,
    allow_basic_over_http: bool,
    spn: Option<String>,
    kerberos: KerberosOptions,
    allow_ntlm: bool,
    allow_vulnerable_credssp: bool,
    redirection: Redirection,
    proxy: Proxy,
    routing_hints: Vec<(String, String)>,
    resolve: Vec<(String, IpAddr)>,
    tokens: Option<Arc<dyn TokenSource>>,
    cloud: Option<Cloud>,
    client_certificate: Option<ClientCertificate>,
    no_profile: bool,
    record: Option<PathBuf>,
    hide: Vec<Secret>,
    wrap: Vec<Wrap>,
    exchange: Option<Arc<dyn Exchange>>,
    transport: Option<Arc<dyn ShellTransport>>,
}

impl SessionBuilder {
    pub(crate) fn new(destination: Destination) -> Self {
        Self {
            destination,
            configuration: None,
            authentication: None,
            user: None,
            secret: None,
            given_token: false,
            tls: TlsOptions::default(),
            limits: Limits::default(),
            allow_basic_over_http: false,
            spn: None,
            kerberos: KerberosOptions::default(),
            allow_ntlm: false,
            allow_vulnerable_credssp: false,
            redirection: Redirection::refused(),
            proxy: Proxy::none(),
            routing_hints: Vec::new(),
            resolve: Vec::new(),
            tokens: None,
            cloud: None,
            client_certificate: None,
            no_profile: false,
            record: None,
            hide: Vec::new(),
            wrap: Vec::new(),
            exchange: None,
            transport: None,
        }
    }

    /// The session configuration, for example `Microsoft.Exchange` or the name of a constrained endpoint.
    pub fn configuration(mut self, name: impl Into<String>) -> Self {
        self.configuration = Some(name.into());
        self
    }

    /// How to sign in; with a credential [`Authentication::Negotiate`] is the default, with a token
    /// [`Authentication::Bearer`].
    pub fn authentication(mut self, authentication: Authentication) -> Self {
        self.authentication = Some(authentication);
        self
    }

    /// Who signs in (`DOMAIN\user`, `user@domain` or `user`), and the password.
    pub fn credential(mut self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.user = Some(user.into());
        self.secret = Some(password.into());
        self
    }

    /// Who signs in, where no password is needed: with a keytab, a cache of tickets, or tokens in Basic.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// An OAuth token to sign in with. It cannot be renewed; see [`tokens`](Self::tokens).
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.secret = Some(token.into());
        self.given_token = true;
        self
    }

    /// Where OAuth tokens come from, for [`Authentication::Bearer`] (the default then) and
    /// [`Authentication::BasicBearer`]. They are asked for the audience of the [cloud](Self::cloud), for each request
    /// anew: put a grant into [`CachedTokens`](crate::sign_in::CachedTokens), and give the same to all sessions.
    pub fn tokens(mut self, source: Arc<dyn TokenSource>) -> Self {
        self.tokens = Some(source);
        self
    }

    /// The cloud that the endpoint belongs to, where it is not known by its host: a private one, or a test's. It decides
    /// what tokens are asked for and which hosts a redirection may lead to.
    pub fn cloud(mut self, cloud: Cloud) -> Self {
        self.cloud = Some(cloud);
        self
    }

    /// The certificate for TLS, given whenever the endpoint asks for one. It signs in by itself with
    /// [`Authentication::Certificate`], the default when there is neither user nor token.
    pub fn client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.client_certificate = Some(certificate);
        self
    }

    /// Whom to trust on https.
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// Sizes and times.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many pipelines may run at once; 1 by default.
    pub fn max_runspaces(mut self, count: u32) -> Self {
        self.limits.max_runspaces = count;
        self
    }

    /// How long the server may take for one operation; 60 seconds by default.
    pub fn operation_timeout(mut self, time: Duration) -> Self {
        self.limits.operation_timeout = time;
        self
    }

    /// How long to wait for a connection; 30 seconds by default.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.limits.connect_timeout = time;
        self
    }

    /// Lets a password (Basic), a token or an unauthenticated session travel over plain HTTP, where everybody on the way
    /// can read it and everything that follows.
    pub fn allow_basic_over_http(mut self, allow: bool) -> Self {
        self.allow_basic_over_http = allow;
        self
    }

    /// The service principal name of the endpoint, where `HTTP/host` (Exchange) or `host/host` is not right.
    pub fn spn(mut self, name: impl Into<String>) -> Self {
        self.spn = Some(name.into());
        self
    }

    /// Lets [`Authentication::Negotiate`] fall back to NTLM when Kerberos was tried and failed. Off unless asked for: who
    /// wants Kerberos wants to know the endpoint, which NTLM does not prove.
    pub fn allow_ntlm(mut self, allow: bool) -> Self {
        self.allow_ntlm = allow;
        self
    }

    /// Lets [`Authentication::Credssp`] hand the password to endpoints without the correction of CVE-2018-0886 (May
    /// 2018). Off unless insisted on: somebody in between can make such an endpoint do what he likes.
    pub fn allow_vulnerable_credssp(mut self, allow: bool) -> Self {
        self.allow_vulnerable_credssp = allow;
        self
    }

    /// Whether the endpoint may send the session, and the credential with it, elsewhere; no by default.
    pub fn redirection(mut self, redirection: Redirection) -> Self {
        self.redirection = redirection;
        self
    }

    /// The proxy on the way; none by default, whatever the environment says.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// A header that leads every request to the right server behind a balancer, for example `X-AnchorMailbox` with the
    /// address of a mailbox. Its name begins with `X-`.
    pub fn routing_hint(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.routing_hints.push((name.into(), value.into()));
        self
    }

    /// Connects to `address` whenever `host` is meant, whatever DNS says. In TLS, headers and service names the host stays
    /// what it is.
    pub fn resolve(mut self, host: impl Into<String>, address: IpAddr) -> Self {
        self.resolve.push((host.into(), address));
        self
    }

    /// How Kerberos signs in, where the user and password of the session do not say it all.
    pub fn kerberos(mut self, options: KerberosOptions) -> Self {
        self.kerberos = options;
        self
    }

    /// Leaves the machine's profile out of the session.
    pub fn no_profile(mut self, leave_out: bool) -> Self {
        self.no_profile = leave_out;
        self
    }

    /// Records everything that travels, in plain text but without secrets, into a file that only its owner may read. An
    /// existing file is replaced.
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    /// Scrubs a text from the recording, wherever it stands. Passwords and tokens of the session are scrubbed anyway.
    pub fn hide_in_recording(mut self, text: impl Into<Secret>) -> Self {
        self.hide.push(text.into());
        self
    }

    /// Puts something around the exchange, for tracing for example. The one added last is outermost, a recording
    /// innermost.
    pub fn wrap_exchange(
        mut self,
        wrap: impl FnOnce(Arc<dyn Exchange>) -> Arc<dyn Exchange> + Send + 'static,
    ) -> Self {
        self.wrap.push(Box::new(wrap));
        self
    }

    /// Uses this exchange instead of HTTP: a replay, or one made for a test.
    pub fn exchange(mut self, exchange: Arc<dyn Exchange>) -> Self {
        self.exchange = Some(exchange);
        self
    }

    /// Uses this transport instead of WS-Management.
    pub fn transport(mut self, transport: Arc<dyn ShellTransport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// The endpoint that the description leads to.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when the target cannot be read.
    pub fn endpoint(&self) -> Result<Endpoint, Error> {
        match &self.destination {
            Destination::Target(target) => Endpoint::parse(target, self.configuration.as_deref()),
            Destination::Endpoint(endpoint) => match &self.configuration {
                Some(name) => Endpoint::parse(&endpoint.url(), Some(name)),
                None => Ok(endpoint.clone()),
            },
        }
    }

    /// Which redirections are followed.
    #[must_use]
    pub fn redirection_policy(&self) -> &Redirection {
        &self.redirection
    }

    /// What the HTTP layer is told, for whoever wants to try it by itself.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) when the target cannot be read.
    pub fn http_options(&self) -> Result<HttpOptions, Error> {
        Ok(HttpOptions {
            endpoint: self.endpoint()?,
            authentication: self
                .authentication
                .unwrap_or_else(|| self.default_authentication()),
            user: self.user.clone(),
            secret: self.secret.clone(),
            tls: self.tls.clone(),
            limits: self.limits.clone(),
            allow_basic_over_http: self.allow_basic_over_http,
            spn: self.spn.clone(),
            kerberos: self.kerberos.clone(),
            allow_ntlm: self.allow_ntlm,
            allow_vulnerable_credssp: self.allow_vulnerable_credssp,
            proxy: self.proxy.clone(),
            routing_hints: self.routing_hints.clone(),
            resolve: self.resolve.clone(),
            tokens: self.tokens.clone(),
            cloud: self.cloud.clone(),
            client_certificate: self.client_certificate.clone(),
        })
    }

    fn default_authentication(&self) -> Authentication {
        if self.tokens.is_some() || self.given_token {
            Authentication::Bearer
        } else if self.user.is_some() {
            Authentication::Negotiate
        } else if self.client_certificate.is_some() {
            Authentication::Certificate
        } else {
            Authentication::None
        }
    }

    /// Connects, signs in and opens the session.
    ///
    /// # Errors
    /// See [`ErrorKind`](crate::ErrorKind): the target, the connection, TLS, the sign-in, or a fault of the endpoint.
    pub async fn open(mut self) -> Result<Session, Error> {
        match self.transport.take() {
            Some(transport) => session::open(transport, self.limits, None).await,
            None => Arc::new(self.opener()?).open().await,
        }
    }

    fn opener(mut self) -> Result<Opener, Error> {
        let options = self.http_options()?;
        let endpoint = options.endpoint.clone();
        let failed = |error: ExchangeError| Error::from_exchange(CONNECT, error).at(endpoint.url());
        self.hide.extend(self.secret.clone());
        let (mut exchange, http): (Arc<dyn Exchange>, _) = match self.exchange {
            Some(exchange) => (exchange, None),
            None => {
                let http = Arc::new(HttpExchange::new(&options).map_err(failed)?);
                (Arc::clone(&http) as Arc<dyn Exchange>, Some(http))
            }
        };
        let mut recording = None;
        if let Some(path) = &self.record {
            let recorder =
                RecordingExchange::create(path, exchange, &endpoint, &self.hide).map_err(failed)?;
            let recorder = Arc::new(recorder);
            recording = Some(Arc::clone(&recorder));
            exchange = recorder;
        }
        for wrap in self.wrap {
            exchange = wrap(exchange);
        }
        Ok(Opener::new(Way {
            exchange,
            http,
            recording,
            cloud: options.its_cloud(),
            endpoint,
            limits: self.limits,
            no_profile: self.no_profile,
            redirection: self.redirection,
        }))
    }
}
