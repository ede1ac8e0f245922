//! The implementations, behind one face.

use std::path::Path;
#[cfg(feature = "kerberos")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "kerberos")]
use std::time::{Duration, UNIX_EPOCH};

#[cfg(feature = "kerberos")]
use psbridge_auth::kerberos;
#[cfg(feature = "kerberos-gss")]
use psbridge_auth::kerberos_gss;
use psbridge_auth::spnego::Mechanism;
use psbridge_auth::{ChannelBindings, KerberosError};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::KerberosTicket;
use super::identity::Identity;
use super::options::{KerberosOptions, KerberosSource};
use crate::http::kdc::Krb5Config;
#[cfg(feature = "kerberos")]
use crate::http::kdc::{KdcAddress, Kdcs};
use crate::secret::Secret;

/// With what a sign-in by Kerberos is made. At least one of the two is there.
pub(super) struct Means {
    #[cfg(feature = "kerberos")]
    own: Option<Own>,
    #[cfg(feature = "kerberos-gss")]
    system: Option<kerberos_gss::Client>,
    #[cfg(feature = "kerberos")]
    /// Our own implementation could not, and the system's takes its place.
    gave_way: AtomicBool,
    services: Vec<String>,
    delegate: bool,
    /// Held by the one connection that gets the ticket which the others then share.
    pub(super) first: Mutex<()>,
}

#[cfg(feature = "kerberos")]
struct Own {
    client: kerberos::Client,
    kdcs: Kdcs,
}

/// Everything that decides about the means.
pub(super) struct Wanted<'a> {
    pub(super) options: &'a KerberosOptions,
    pub(super) user: Option<&'a str>,
    pub(super) secret: Option<&'a Secret>,
    pub(super) host: &'a str,
    pub(super) services: &'a [String],
    /// Kerberos was asked for by name, or by a keytab or a cache.
    pub(super) asked_for: bool,
}

impl Means {
    fn new(wanted: &Wanted<'_>) -> Self {
        Self {
            #[cfg(feature = "kerberos")]
            own: None,
            #[cfg(feature = "kerberos-gss")]
            system: None,
            #[cfg(feature = "kerberos")]
            gave_way: AtomicBool::new(false),
            services: wanted.services.to_vec(),
            delegate: wanted.options.delegates(),
            first: Mutex::default(),
        }
    }

    /// The means, or nothing when neither is a realm known nor was Kerberos asked for.
    pub(super) async fn find(wanted: &Wanted<'_>) -> Result<Option<Self>, KerberosError> {
        let config = match tokio::task::spawn_blocking(Krb5Config::load).await {
            Ok(Ok(config)) => config,
            Ok(Err(error)) if wanted.asked_for => return Err(error),
            Ok(Err(error)) => {
                tracing::warn!(%error, "krb5.conf is passed over");
                Krb5Config::default()
            }
            Err(error) => {
                return Err(KerberosError::System {
                    text: error.to_string(),
                });
            }
        };
        match wanted.options.source() {
            KerberosSource::Cache(name) => cache(name.clone(), wanted, &config).map(Some),
            KerberosSource::Keytab(path) => keytab(path, wanted, config).await.map(Some),
            KerberosSource::Password => password(wanted, config).await,
        }
    }

    #[cfg(feature = "kerberos")]
    fn has_system(&self) -> bool {
        #[cfg(feature = "kerberos-gss")]
        return self.system.is_some();
        #[cfg(not(feature = "kerberos-gss"))]
        false
    }

    #[cfg(feature = "kerberos")]
    fn own(&self) -> Option<&Own> {
        self.own
            .as_ref()
            .filter(|_| !self.gave_way.load(Ordering::Relaxed))
    }

    /// Lets the system's implementation go on where our own cannot. True when there is one and it was not tried yet.
    pub(super) fn give_way(&self) -> bool {
        #[cfg(all(feature = "kerberos", feature = "kerberos-gss"))]
        if self.own.is_some() && self.system.is_some() {
            return !self.gave_way.swap(true, Ordering::Relaxed);
        }
        false
    }

    /// A context for one connection.
    pub(super) fn mechanism(
        &self,
        bindings: Option<ChannelBindings>,
    ) -> Result<Box<dyn Mechanism>, KerberosError> {
        let services = self.services.clone();
        #[cfg(feature = "kerberos")]
        if let Some(own) = self.own() {
            return Ok(Box::new(kerberos::Initiator::new(
                &own.client,
                services,
                bindings,
            )));
        }
        #[cfg(feature = "kerberos-gss")]
        if let Some(client) = &self.system {
            let initiator = kerberos_gss::Initiator::new(client, services, bindings, self.delegate);
            return Ok(Box::new(initiator));
        }
        Err(KerberosError::NotInBuild {
            what: if self.delegate {
                "delegation"
            } else {
                "this sign-in"
            },
            feature: "kerberos-gss",
        })
    }

    /// True when a ticket is at hand that lives on after `filetime`.
    pub(super) fn has_ticket(&self, filetime: u64) -> bool {
        #[cfg(feature = "kerberos")]
        if let Some(own) = self.own() {
            return own.client.has_ticket(&self.services, filetime);
        }
        let _ = filetime;
        false
    }

    /// Forgets the tickets for the endpoint.
    pub(super) fn forget_tickets(&self) {
        #[cfg(feature = "kerberos")]
        if let Some(own) = &self.own {
            own.client.forget_tickets(&self.services);
        }
    }

    /// What the ticket for the endpoint says; the system's implementation does not tell.
    pub(super) fn ticket(&self) -> Option<KerberosTicket> {
        #[cfg(feature = "kerberos")]
        if let Some(seen) = self.own().and_then(|own| own.client.ticket_seen(&self.services)) {
            return Some(KerberosTicket {
                client: seen.client,
                service: seen.service,
                encryption: seen.encryption,
                ends: UNIX_EPOCH + Duration::from_secs(seen.ends),
            });
        }
        None
    }

    /// Asks a KDC for a context.
    pub(super) async fn ask(&self, url: &str, request: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let realm = url.strip_prefix("kerberos://").unwrap_or(url);
        #[cfg(feature = "kerberos")]
        if let Some(own) = self.own() {
            return own.kdcs.ask(realm, request).await;
        }
        let _ = request;
        Err(KerberosError::NoKdc {
            realm: realm.to_owned(),
        })
    }
}

/// The KDCs that the caller named.
#[cfg(feature = "kerberos")]
fn given(options: &KerberosOptions) -> Result<Vec<KdcAddress>, KerberosError> {
    options
        .kdcs()
        .iter()
        .map(|text| {
            KdcAddress::parse(text).ok_or_else(|| KerberosError::Name {
                name: text.clone(),
                reason: "it is no address of a KDC",
            })
        })
        .collect()
}

fn identity(wanted: &Wanted<'_>, config: &Krb5Config) -> Result<Option<Identity>, KerberosError> {
    let user = wanted.user.unwrap_or_default();
    let found = Identity::of(
        user,
        wanted.options.realm_name(),
        wanted.host,
        wanted.asked_for,
        config,
    );
    match found {
        None if wanted.asked_for => Err(KerberosError::NoRealm {
            user: user.to_owned(),
        }),
        found => Ok(found),
    }
}

#[cfg(feature = "kerberos-gss")]
fn system(source: kerberos_gss::Source, principal: Option<String>) -> Option<kerberos_gss::Client> {
    Some(kerberos_gss::Client::new(source, principal))
}

#[cfg(feature = "kerberos-gss")]
fn cache(name: Option<String>, wanted: &Wanted<'_>, config: &Krb5Config) -> Result<Means, KerberosError> {
    let principal = match wanted.user {
        None => None,
        Some(_) => identity(wanted, config)?.map(|identity| identity.principal()),
    };
    Ok(Means {
        system: system(kerberos_gss::Source::Cache(name), principal),
        ..Means::new(wanted)
    })
}

#[cfg(not(feature = "kerberos-gss"))]
fn cache(_name: Option<String>, _wanted: &Wanted<'_>, _config: &Krb5Config) -> Result<Means, KerberosError> {
    Err(KerberosError::NotInBuild {
        what: "a ticket cache",
        feature: "kerberos-gss",
    })
}

async fn keytab(path: &Path, wanted: &Wanted<'_>, config: Krb5Config) -> Result<Means, KerberosError> {
    let mut means = Means::new(wanted);
    let named = match wanted.user {
        Some(_) => identity(wanted, &config)?,
        None => None,
    };
    #[cfg(feature = "kerberos-gss")]
    if wanted.options.kdcs().is_empty() || cfg!(not(feature = "kerberos")) {
        let principal = named.as_ref().map(Identity::principal);
        means.system = system(kerberos_gss::Source::Keytab(path.to_owned()), principal);
    }
    #[cfg(feature = "kerberos")]
    if !wanted.options.delegates() {
        let placed = |error| match error {
            KerberosError::Keytab { reason, .. } => KerberosError::Keytab {
                path: Some(path.display().to_string()),
                reason,
            },
            other => other,
        };
        let bytes = tokio::fs::read(path).await.map_err(|error| {
            placed(KerberosError::Keytab {
                path: None,
                reason: error.to_string(),
            })
        })?;
        let keytab = kerberos::Keytab::parse(&Zeroizing::new(bytes)).map_err(placed)?;
        // Without a user it is the one whose keys come first.
        let first = || {
            let principals = keytab.principals();
            let (user, realm) = principals.first()?.rsplit_once('@')?;
            Some(Identity {
                user: user.to_owned(),
                realm: realm.to_owned(),
            })
        };
        let identity = named.or_else(first).ok_or_else(|| {
            placed(KerberosError::Keytab {
                path: None,
                reason: "it is empty".to_owned(),
            })
        })?;
        match kerberos::Client::with_keytab(&identity.user, &identity.realm, keytab) {
            Ok(client) => {
                let kdcs = Kdcs::new(&identity.realm, given(wanted.options)?, config);
                means.own = Some(Own { client, kdcs });
            }
            Err(KerberosError::EncryptionType { offered }) => {
                tracing::debug!(%offered, "only the system's Kerberos can use this keytab");
                if !means.has_system() {
                    return Err(KerberosError::EncryptionType { offered });
                }
            }
            Err(error) => return Err(placed(error)),
        }
    }
    #[cfg(not(feature = "kerberos"))]
    drop(named);
    Ok(means)
}

async fn password(wanted: &Wanted<'_>, config: Krb5Config) -> Result<Option<Means>, KerberosError> {
    let (Some(identity), Some(secret)) = (identity(wanted, &config)?, wanted.secret) else {
        return Ok(None);
    };
    let mut means = Means::new(wanted);
    #[cfg(feature = "kerberos-gss")]
    if wanted.options.kdcs().is_empty() || cfg!(not(feature = "kerberos")) {
        let source = kerberos_gss::Source::Password(Zeroizing::new(secret.expose().to_owned()));
        means.system = system(source, Some(identity.principal()));
    }
    #[cfg(feature = "kerberos")]
    {
        let kdcs = Kdcs::new(&identity.realm, given(wanted.options)?, config);
        if !wanted.asked_for && !kdcs.knows(&identity.realm).await {
            tracing::debug!(realm = %identity.realm, "no KDC is known, so the sign-in is by NTLM");
            return Ok(None);
        }
        if !wanted.options.delegates() {
            let password = Zeroizing::new(secret.expose().to_owned());
            let client = kerberos::Client::with_password(&identity.user, &identity.realm, password)?;
            means.own = Some(Own { client, kdcs });
        }
    }
    #[cfg(not(feature = "kerberos"))]
    if !wanted.asked_for && config.kdcs(&identity.realm).is_empty() {
        return Ok(None);
    }
    Ok(Some(means))
}
