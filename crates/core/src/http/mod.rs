//! The exchange over HTTP: connections, TLS, signing in, sealing, cookies.
//!
//! A connection owns its security context. Both serve one exchange at a time and are dropped together after any error,
//! because the cipher state of a context moves on with every message.

mod connect;
mod cookies;
mod credssp;
mod identity;
#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
mod kdc;
mod kerberos;
mod link;
mod plain;
pub mod probe;
mod proxy;
mod redirect;
mod request;
mod routing;
mod sign_in;
mod site;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod tls;
#[cfg(test)]
mod token_tests;
mod tokens;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub use self::kerberos::{KerberosOptions, KerberosSource, KerberosTicket};
use self::link::Counters;
pub(crate) use self::plain::{PlainClient, PlainOptions};
pub use self::proxy::Proxy;
pub use self::redirect::Redirection;
use self::site::Site;
pub use self::tls::TlsOptions;
use crate::certificate::ClientCertificate;
use crate::cloud::Cloud;
use crate::endpoint::Endpoint;
use crate::exchange::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Traffic};
use crate::options::{Authentication, Limits};
use crate::secret::Secret;
use crate::sign_in::TokenSource;

/// What [`HttpExchange::new`] needs to know.
#[expect(missing_debug_implementations, reason = "it holds a secret")]
#[derive(Clone)]
pub struct HttpOptions {
    /// Where to.
    pub endpoint: Endpoint,
    /// How to sign in.
    pub authentication: Authentication,
    /// Who signs in: `user`, `DOMAIN\user` or `user@domain`.
    pub user: Option<String>,
    /// The password, or the token for [`Authentication::Bearer`].
    pub secret: Option<Secret>,
    /// Whom to trust on https.
    pub tls: TlsOptions,
    /// Sizes and times.
    pub limits: Limits,
    /// Lets passwords, tokens and content leave unprotected on plain HTTP. Off unless insisted on.
    pub allow_basic_over_http: bool,
    /// The service principal name of the endpoint; `HTTP/host` for Exchange, else `host/host` (`WSMAN/host` with
    /// CredSSP), when not given.
    pub spn: Option<String>,
    /// How Kerberos signs in.
    pub kerberos: KerberosOptions,
    /// Lets [`Authentication::Negotiate`] fall back to NTLM when Kerberos was tried and failed.
    pub allow_ntlm: bool,
    /// Lets [`Authentication::Credssp`] hand the password to endpoints that lack the correction of CVE-2018-0886.
    pub allow_vulnerable_credssp: bool,
    /// The proxy on the way.
    pub proxy: Proxy,
    /// Headers that lead a request to the right server behind a balancer, `X-AnchorMailbox` for example. Their names
    /// begin with `X-`.
    pub routing_hints: Vec<(String, String)>,
    /// Addresses of host names, which go before those of DNS. Names in TLS and in headers stay what they are.
    pub resolve: Vec<(String, IpAddr)>,
    /// Where tokens come from for [`Authentication::Bearer`] and [`Authentication::BasicBearer`]; goes before `secret`.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// The cloud that the endpoint belongs to; the known one of its host when not given.
    pub cloud: Option<Cloud>,
    /// The certificate for TLS client authentication, given whenever the endpoint asks for one.
    pub client_certificate: Option<ClientCertificate>,
}

impl HttpOptions {
    /// Options without a credential.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            authentication: Authentication::None,
            user: None,
            secret: None,
            tls: TlsOptions::default(),
            limits: Limits::default(),
            allow_basic_over_http: false,
            spn: None,
            kerberos: KerberosOptions::default(),
            allow_ntlm: false,
            allow_vulnerable_credssp: false,
            proxy: Proxy::none(),
            routing_hints: Vec::new(),
            resolve: Vec::new(),
            tokens: None,
            cloud: None,
            client_certificate: None,
        }
    }

    /// The cloud that the endpoint belongs to, if to any.
    #[must_use]
    pub fn its_cloud(&self) -> Option<Cloud> {
        self.cloud
            .clone()
            .or_else(|| Cloud::for_host(self.endpoint.host()))
    }

    /// What tokens are asked for: the audience of the cloud, else the endpoint's own origin without its port.
    #[must_use]
    pub fn resource(&self) -> String {
        match self.its_cloud() {
            Some(cloud) => cloud.audience().to_owned(),
            None => format!("https://{}", self.endpoint.host()),
        }
    }
}

/// [`Exchange`] over HTTP/1.1.
#[expect(missing_debug_implementations, reason = "it holds a credential")]
pub struct HttpExchange {
    options: HttpOptions,
    counters: Arc<Counters>,
    site: Mutex<Arc<Site>>,
}

impl HttpExchange {
    /// Prepares the exchange; nothing is sent before the first request.
    ///
    /// # Errors
    /// [`ExchangeError::MissingCredential`], [`ExchangeError::Unsupported`], [`ExchangeError::ClearRefused`] when a
    /// password or content would leave unprotected, [`ExchangeError::Certificate`] when the time of the client
    /// certificate is over, [`ExchangeError::Tls`] when authorities cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Self, ExchangeError> {
        let counters = Arc::new(Counters::default());
        let site = Site::new(options, Arc::clone(&counters))?;
        Ok(Self {
            options: options.clone(),
            counters,
            site: Mutex::new(Arc::new(site)),
        })
    }

    /// Begins anew at an endpoint: new connections, no cookies, nothing that an earlier endpoint has given. A service
    /// principal name that was given counts for the first host only.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn relocate(&self, endpoint: &Endpoint) -> Result<(), ExchangeError> {
        let mut options = self.options.clone();
        if !endpoint.host().eq_ignore_ascii_case(options.endpoint.host()) {
            options.spn = None;
        }
        options.endpoint = endpoint.clone();
        let site = Arc::new(Site::new(&options, Arc::clone(&self.counters))?);
        let old = std::mem::replace(
            &mut *self.site.lock().unwrap_or_else(PoisonError::into_inner),
            site,
        );
        old.hang_up();
        Ok(())
    }

    /// What the Kerberos ticket for the endpoint says, once a connection has signed in with one. The system's Kerberos does
    /// not tell.
    #[must_use]
    pub fn kerberos_ticket(&self) -> Option<KerberosTicket> {
        self.site().ticket()
    }

    fn site(&self) -> Arc<Site> {
        Arc::clone(&self.site.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Exchange for HttpExchange {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        let site = self.site();
        Box::pin(async move { site.run(request).await })
    }

    fn traffic(&self) -> Traffic {
        self.counters.snapshot()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        self.site().hang_up();
        Box::pin(async { Ok(()) })
    }
}
