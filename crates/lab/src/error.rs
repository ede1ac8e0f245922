//! What can go wrong when a lab is set up.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::faults::PlanError;

/// Why a lab could not be started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// A client certificate cannot be mapped to its account.
    #[error("the client certificate of {account} cannot be used: {reason}")]
    ClientCertificate {
        /// The account that was named.
        account: String,
        /// Why not.
        reason: String,
    },
    /// Neither an HTTP nor an HTTPS address was given.
    #[error("the lab needs at least one address to listen on")]
    NoListener,
    /// An address other than loopback without [`crate::LabBuilder::listen_anywhere`].
    #[error("{addr} is not a loopback address; listening there must be allowed expressly")]
    NotLoopback {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// An address other than loopback with the default account only.
    #[error("{addr} is not a loopback address; it needs an account of one's own")]
    DefaultAccount {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// An account without a name or a password.
    #[error("an account needs a name and a password")]
    EmptyAccount,
    /// No authentication scheme is left.
    #[error("the list of authentication schemes is empty")]
    NoAuthentication,
    /// Kerberos without the keys of a service.
    #[error("kerberos needs the keytab of the service that the lab stands for")]
    NoKeytab,
    /// The keytab cannot be read.
    #[error("cannot read the keytab {}: {source}", path.display())]
    Keytab {
        /// Where it should be.
        path: PathBuf,
        /// The reason of the operating system.
        source: io::Error,
    },
    /// A keytab in a build that cannot use one.
    #[error(
        "this build accepts no kerberos: build with the feature kerberos-gss (it needs libkrb5-dev and libclang-dev)"
    )]
    NoKerberos,
    /// An authentication scheme that the lab does not know.
    #[error("unknown authentication scheme {name:?}; known are basic, ntlm, negotiate, kerberos and credssp")]
    UnknownScheme {
        /// The word as given.
        name: String,
    },
    /// The address could not be bound.
    #[error("cannot listen on {addr}: {source}")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// The reason of the operating system.
        source: io::Error,
    },
    /// A file of the lab could not be written.
    #[error("cannot write the {what} to {}: {source}", path.display())]
    File {
        /// What the file holds.
        what: &'static str,
        /// Where it should have gone.
        path: PathBuf,
        /// The reason of the operating system.
        source: io::Error,
    },
    /// A key of the cloud could not be made or used.
    #[error("a key of the cloud cannot be made or used")]
    Key,
    /// The certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS configuration was refused.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The certificate for CredSSP was refused.
    #[error("cannot set up CredSSP: {0}")]
    Credssp(#[from] psbridge_auth::Error),
    /// The fault plan cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
}
