//! What the caller says about signing in with Kerberos.

use std::path::PathBuf;

/// Where the proof of the user comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KerberosSource {
    /// The user and password of the session.
    #[default]
    Password,
    /// A file with the keys of the user.
    Keytab(PathBuf),
    /// A cache with tickets (`kinit`), the default one when no name is given. Only in builds with `kerberos-gss`.
    Cache(Option<String>),
}

/// How to sign in with Kerberos.
///
/// ```
/// use psbridge::{KerberosOptions, Session};
///
/// let builder = Session::builder("http://mail.corp.example/PowerShell/")
///     .kerberos(KerberosOptions::keytab("/etc/reader.keytab").realm("CORP.EXAMPLE").kdc("dc1.corp.example"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KerberosOptions {
    source: KerberosSource,
    realm: Option<String>,
    kdc: Vec<String>,
    delegate: bool,
}

impl KerberosOptions {
    /// The password of the session.
    #[must_use]
    pub fn password() -> Self {
        Self::default()
    }

    /// A file with the keys of the user.
    #[must_use]
    pub fn keytab(path: impl Into<PathBuf>) -> Self {
        Self {
            source: KerberosSource::Keytab(path.into()),
            ..Self::default()
        }
    }

    /// A cache with tickets, for example `FILE:/tmp/krb5cc_1000`; the default one without a name.
    #[must_use]
    pub fn cache(name: Option<String>) -> Self {
        Self {
            source: KerberosSource::Cache(name),
            ..Self::default()
        }
    }

    /// The realm of the user, where its name does not tell it.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// A KDC of the user's realm: `host`, `host:port`, or either with `tcp/` or `udp/` before it. Can be repeated; the
    /// first that answers counts. Without any, krb5.conf and then DNS are asked.
    #[must_use]
    pub fn kdc(mut self, address: impl Into<String>) -> Self {
        self.kdc.push(address.into());
        self
    }

    /// Hands the endpoint a ticket with which it can act as the user elsewhere. Off by default.
    #[must_use]
    pub fn delegate(mut self, delegate: bool) -> Self {
        self.delegate = delegate;
        self
    }

    /// Where the proof of the user comes from.
    #[must_use]
    pub fn source(&self) -> &KerberosSource {
        &self.source
    }

    /// The realm, if one was given.
    #[must_use]
    pub fn realm_name(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// The KDCs that were given.
    #[must_use]
    pub fn kdcs(&self) -> &[String] {
        &self.kdc
    }

    /// True when a ticket is handed on.
    #[must_use]
    pub fn delegates(&self) -> bool {
        self.delegate
    }
}
