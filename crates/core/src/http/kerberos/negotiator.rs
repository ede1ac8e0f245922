//! Which mechanism signs in under `Negotiate` and `Kerberos`, and the contexts for it.

use std::net::IpAddr;
use std::time::SystemTime;

use psbridge_auth::{ChannelBindings, Credential, KerberosError, Scheme, SecurityContext, ntlm, spnego};
#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
use tokio::sync::{MutexGuard, OnceCell};

#[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
use super::means::{Means, Wanted};
use super::options::{KerberosOptions, KerberosSource};
use crate::exchange::ExchangeError;
use crate::http::HttpOptions;
use crate::options::Authentication;
use crate::secret::Secret;

/// What the ticket for an endpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KerberosTicket {
    /// The user as the KDC named it, `reader@CORP.EXAMPLE`.
    pub client: String,
    /// The service that it is for, `HTTP/mail.corp.example@CORP.EXAMPLE`.
    pub service: String,
    /// The encryption type of its key, `aes256-cts-hmac-sha1-96`.
    pub encryption: String,
    /// When it ends.
    pub ends: SystemTime,
}

/// Who signs in, and all that decides about the mechanism.
pub(in crate::http) struct Negotiator {
    user: Option<String>,
    secret: Option<Secret>,
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    host: String,
    services: Vec<String>,
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    options: KerberosOptions,
    allow_ntlm: bool,
    /// Kerberos by name, or by a keytab or a cache: then nothing else will do.
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    asked_for: bool,
    /// The endpoint may have tickets: it has a name.
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    possible: bool,
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    means: OnceCell<Option<Means>>,
}

/// A context for one connection, and whom it asks.
pub(in crate::http) struct Attempt<'a> {
    pub(in crate::http) context: Box<dyn SecurityContext>,
    pub(in crate::http) asker: Asker<'a>,
    /// The ticket was at hand already.
    pub(in crate::http) old_ticket: bool,
}

/// Whom a context asks on its way.
#[derive(Default)]
pub(in crate::http) struct Asker<'a> {
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    means: Option<(&'a Means, Option<MutexGuard<'a, ()>>)>,
    #[cfg(not(any(feature = "kerberos", feature = "kerberos-gss")))]
    nobody: std::marker::PhantomData<&'a ()>,
}

impl From<Box<dyn SecurityContext>> for Attempt<'_> {
    fn from(context: Box<dyn SecurityContext>) -> Self {
        Self {
            context,
            asker: Asker::default(),
            old_ticket: false,
        }
    }
}

impl Asker<'_> {
    /// Asks a KDC for the context.
    pub(in crate::http) async fn ask(&self, url: &str, request: &[u8]) -> Result<Vec<u8>, KerberosError> {
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        if let Some((means, _)) = &self.means {
            return means.ask(url, request).await;
        }
        let _ = request;
        Err(KerberosError::NoKdc {
            realm: url.to_owned(),
        })
    }

    /// The ticket is got: others need not wait any longer.
    pub(in crate::http) fn release(&mut self) {
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        if let Some((_, guard)) = &mut self.means {
            *guard = None;
        }
    }
}

impl Attempt<'_> {
    /// The same way with another context around it.
    pub(in crate::http) fn within(
        self,
        wrap: impl FnOnce(Box<dyn SecurityContext>) -> Result<Box<dyn SecurityContext>, psbridge_auth::Error>,
    ) -> Result<Self, psbridge_auth::Error> {
        Ok(Self {
            context: wrap(self.context)?,
            ..self
        })
    }
}

impl Negotiator {
    /// Prepares; nothing is read or sent before the first connection.
    ///
    /// # Errors
    /// [`ExchangeError::MissingCredential`], and [`ExchangeError::Kerberos`] when Kerberos was asked for and this build or
    /// an address as the target rules it out.
    pub(in crate::http) fn new(options: &HttpOptions) -> Result<Self, ExchangeError> {
        let kerberos = match options.authentication {
            // What is said about Kerberos does not matter there.
            Authentication::Ntlm => KerberosOptions::default(),
            _ => options.kerberos.clone(),
        };
        let host = options.endpoint.host().to_owned();
        let by_password = *kerberos.source() == KerberosSource::Password;
        let asked_for = options.authentication == Authentication::Kerberos || !by_password;
        let missing = |needs| ExchangeError::MissingCredential {
            scheme: options.authentication.name().into(),
            needs,
        };
        if by_password && (options.user.is_none() || options.secret.is_none()) {
            return Err(missing("a user and a password"));
        }
        if (asked_for || kerberos != KerberosOptions::default())
            && cfg!(not(any(feature = "kerberos", feature = "kerberos-gss")))
        {
            return Err(KerberosError::NotInBuild {
                what: "Kerberos",
                feature: "kerberos",
            }
            .into());
        }
        // With a name of the service given, the address is only a way to it.
        let address = host.parse::<IpAddr>().is_ok() && options.spn.is_none();
        if address && asked_for {
            return Err(KerberosError::Address { host }.into());
        }
        Ok(Self {
            services: services(options),
            user: options.user.clone(),
            secret: options.secret.clone(),
            allow_ntlm: options.allow_ntlm,
            #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
            options: kerberos,
            #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
            possible: !address && !host.eq_ignore_ascii_case("localhost") || asked_for,
            #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
            asked_for,
            #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
            host,
            #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
            means: OnceCell::new(),
        })
    }

    /// True when NTLM may take the place of Kerberos that failed.
    pub(in crate::http) fn may_fall_back(&self) -> bool {
        self.allow_ntlm && self.user.is_some() && self.secret.is_some()
    }

    /// A context of Kerberos for one connection, or nothing where NTLM is the way from the beginning. Under `Negotiate` it
    /// stands inside SPNEGO, under `Kerberos` alone.
    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    pub(in crate::http) async fn kerberos(
        &self,
        bindings: Option<ChannelBindings>,
        scheme: &Scheme,
        filetime: u64,
    ) -> Result<Option<Attempt<'_>>, ExchangeError> {
        let Some(means) = self.means().await? else {
            return Ok(None);
        };
        let guard = if means.has_ticket(filetime) {
            None
        } else {
            Some(means.first.lock().await)
        };
        let old_ticket = means.has_ticket(filetime);
        let mechanism = means.mechanism(bindings.clone())?;
        let context: Box<dyn SecurityContext> = if *scheme == Scheme::Kerberos {
            mechanism
        } else {
            let mut offered = vec![mechanism];
            if self.may_fall_back() {
                offered.push(Box::new(self.ntlm_mechanism(bindings)?));
            }
            Box::new(spnego::Initiator::over(offered)?)
        };
        Ok(Some(Attempt {
            context,
            old_ticket,
            asker: Asker {
                means: Some((means, guard.filter(|_| !old_ticket))),
            },
        }))
    }

    /// This build has no Kerberos.
    #[cfg(not(any(feature = "kerberos", feature = "kerberos-gss")))]
    pub(in crate::http) async fn kerberos(
        &self,
        _bindings: Option<ChannelBindings>,
        _scheme: &Scheme,
        _filetime: u64,
    ) -> Result<Option<Attempt<'_>>, ExchangeError> {
        Ok(None)
    }

    #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
    async fn means(&self) -> Result<Option<&Means>, ExchangeError> {
        if !self.possible {
            return Ok(None);
        }
        let find = || async {
            Means::find(&Wanted {
                options: &self.options,
                user: self.user.as_deref(),
                secret: self.secret.as_ref(),
                host: &self.host,
                services: &self.services,
                // Options of its own say that it is wanted.
                asked_for: self.asked_for || self.options != KerberosOptions::default(),
            })
            .await
        };
        Ok(self.means.get_or_try_init(find).await?.as_ref())
    }

    /// A context of NTLM for one connection, inside SPNEGO or `raw`.
    pub(in crate::http) fn ntlm(
        &self,
        bindings: Option<ChannelBindings>,
        raw: bool,
    ) -> Result<Box<dyn SecurityContext>, ExchangeError> {
        let mechanism = self.ntlm_mechanism(bindings)?;
        Ok(if raw {
            Box::new(mechanism)
        } else {
            Box::new(spnego::Initiator::over(vec![Box::new(mechanism)])?)
        })
    }

    fn ntlm_mechanism(&self, bindings: Option<ChannelBindings>) -> Result<ntlm::Initiator, ExchangeError> {
        let (Some(user), Some(secret)) = (&self.user, &self.secret) else {
            return Err(ExchangeError::MissingCredential {
                scheme: "NTLM".into(),
                needs: "a user and a password",
            });
        };
        let mut target = ntlm::Target::new(self.services.first().cloned().unwrap_or_default());
        if let Some(bindings) = bindings {
            target = target.with_channel_bindings(bindings);
        }
        Ok(ntlm::Initiator::new(
            &Credential::new(user, secret.expose()),
            target,
        )?)
    }

    /// True when another implementation can try what the first could not.
    pub(in crate::http) fn give_way(&self) -> bool {
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        if let Some(Some(means)) = self.means.get() {
            return means.give_way();
        }
        false
    }

    /// Forgets the tickets for the endpoint.
    pub(in crate::http) fn forget_tickets(&self) {
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        if let Some(Some(means)) = self.means.get() {
            means.forget_tickets();
        }
    }

    /// What the ticket for the endpoint says.
    pub(in crate::http) fn ticket(&self) -> Option<KerberosTicket> {
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        if let Some(Some(means)) = self.means.get() {
            return means.ticket();
        }
        None
    }
}

/// The names that the endpoint may be registered by, the likeliest first.
fn services(options: &HttpOptions) -> Vec<String> {
    if let Some(name) = &options.spn {
        return vec![name.clone()];
    }
    let classes: &[&str] = match options.authentication {
        // IIS answers for its own.
        _ if options.endpoint.is_exchange() => &["HTTP"],
        Authentication::Credssp => &["WSMAN", "host", "HTTP"],
        _ => &["host", "HTTP"],
    };
    let host = options.endpoint.host();
    classes.iter().map(|class| format!("{class}/{host}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    fn options(target: &str, authentication: Authentication) -> HttpOptions {
        let mut options = HttpOptions::new(Endpoint::parse(target, None).unwrap());
        options.authentication = authentication;
        options.user = Some("ann".into());
        options.secret = Some(Secret::from("x"));
        options
    }

    #[test]
    fn names_of_the_service_follow_the_path() {
        let names = |target, authentication| services(&options(target, authentication));
        assert_eq!(
            names("http://mail/PowerShell/", Authentication::Kerberos),
            ["HTTP/mail"]
        );
        assert_eq!(
            names("http://server:5985/wsman", Authentication::Negotiate),
            ["host/server", "HTTP/server"]
        );
        let mut given = options("http://server:5985/wsman", Authentication::Kerberos);
        given.spn = Some("WSMAN/other".into());
        assert_eq!(services(&given), ["WSMAN/other"]);
    }

    #[test]
    fn an_address_rules_kerberos_out_unless_the_service_is_named() {
        let mut address = options("http://10.0.0.1:5985/wsman", Authentication::Kerberos);
        let refused = Negotiator::new(&address).err().unwrap().to_string();
        if cfg!(any(feature = "kerberos", feature = "kerberos-gss")) {
            assert!(refused.contains("10.0.0.1 is an address"), "{refused}");
            address.spn = Some("HTTP/server".into());
            assert!(Negotiator::new(&address).is_ok());
        } else {
            assert!(refused.contains("feature kerberos"), "{refused}");
        }
        let negotiate = options("http://10.0.0.1:5985/wsman", Authentication::Negotiate);
        let negotiator = Negotiator::new(&negotiate);
        assert!(negotiator.is_ok());
        #[cfg(any(feature = "kerberos", feature = "kerberos-gss"))]
        assert!(!negotiator.is_ok_and(|negotiator| negotiator.possible));
    }
}
