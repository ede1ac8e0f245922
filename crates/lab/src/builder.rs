//! The options of a lab.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::LabError;
use crate::faults::FaultPlan;
use crate::http::front_end::Redirect;
use crate::running::Lab;

/// The account that exists when none was given: name and password.
pub const DEFAULT_ACCOUNT: (&str, &str) = ("labadmin", "Lab-Passw0rd!");

/// An HTTP authentication scheme that the lab can offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthScheme {
    /// A TLS client certificate: over HTTPS, with [`LabBuilder::client_certificate`].
    Certificate,
    /// Basic: over HTTPS; over HTTP only with [`LabBuilder::basic_over_http`].
    Basic,
    /// The scheme `NTLM`: NTLM messages as they are.
    Ntlm,
    /// The scheme `Negotiate`: SPNEGO around NTLM and, with [`LabBuilder::keytab`], Kerberos; and NTLM as it is.
    Negotiate,
    /// The scheme `Kerberos`: Kerberos without SPNEGO. Needs [`LabBuilder::keytab`].
    Kerberos,
    /// The scheme `CredSSP`: the client hands its password over, and it is checked and forgotten. As in Windows it is
    /// off unless asked for.
    Credssp,
}

impl AuthScheme {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Negotiate,
        Self::Kerberos,
        Self::Ntlm,
        Self::Credssp,
        Self::Certificate,
        Self::Basic,
    ];

    /// Those that need nothing but accounts: what a lab offers when it is not told.
    pub const PASSWORDS: [Self; 3] = [Self::Negotiate, Self::Ntlm, Self::Basic];
}

impl FromStr for AuthScheme {
    type Err = LabError;

    fn from_str(name: &str) -> Result<Self, LabError> {
        match name.trim().to_ascii_lowercase().as_str() {
            "basic" => Ok(Self::Basic),
            "ntlm" => Ok(Self::Ntlm),
            "negotiate" => Ok(Self::Negotiate),
            "kerberos" => Ok(Self::Kerberos),
            "credssp" => Ok(Self::Credssp),
            "certificate" => Ok(Self::Certificate),
            _ => Err(LabError::UnknownScheme {
                name: name.to_owned(),
            }),
        }
    }
}

/// The limits of the endpoint; the defaults are those of a Windows server where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one SOAP envelope, after unsealing.
    pub max_envelope_size: usize,
    /// Bytes of one HTTP request body; larger ones are answered with 413.
    pub max_request_body: usize,
    /// Bytes of one HTTP request head.
    pub max_header_size: usize,
    /// Connections open at the same time; further ones are closed at once.
    pub max_connections: usize,
    /// Shells of one user; one more is fault 2150859173.
    pub max_shells_per_user: usize,
    /// Commands of one shell that were not freed.
    pub max_commands_per_shell: usize,
    /// Bytes of one PSRP message from a client.
    pub max_message_size: usize,
    /// The longest `OperationTimeout` that is honoured.
    pub max_operation_timeout: Duration,
    /// `IdleTimeOut` of a shell whose client names none; 15 minutes at most for Exchange.
    pub idle_timeout: Duration,
    /// How long an idle TCP connection is kept.
    pub connection_idle: Duration,
    /// How long a refused sign-in waits for its answer.
    pub failure_delay: Duration,
    /// Bytes of output that a pipeline may produce ahead of the client's Receives.
    pub output_buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_envelope_size: 512_000,
            max_request_body: 512_000 + 65_536,
            max_header_size: 65_536,
            max_connections: 300,
            max_shells_per_user: 30,
            max_commands_per_shell: 1_000,
            max_message_size: 16 << 20,
            max_operation_timeout: Duration::from_mins(30),
            idle_timeout: Duration::from_hours(2),
            connection_idle: Duration::from_mins(2),
            failure_delay: Duration::from_millis(500),
            output_buffer: 1 << 20,
        }
    }
}

/// A lab account; the password is wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: Zeroizing<String>,
}

/// Sets up a [`Lab`]; made by [`Lab::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct LabBuilder {
    pub(crate) http: Option<SocketAddr>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) cloud: Option<SocketAddr>,
    pub(crate) cloud_file: Option<PathBuf>,
    pub(crate) users: u32,
    pub(crate) groups: u32,
    pub(crate) seed: u64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) auth: Option<Vec<AuthScheme>>,
    pub(crate) keytab: Option<PathBuf>,
    pub(crate) client_certificates: Vec<(String, Vec<u8>)>,
    pub(crate) names: Vec<String>,
    pub(crate) basic_over_http: bool,
    pub(crate) allow_unencrypted: bool,
    pub(crate) no_language: bool,
    pub(crate) faults: FaultPlan,
    pub(crate) redirect: Option<Redirect>,
    pub(crate) sticky: bool,
    pub(crate) listen_anywhere: bool,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) dump: Option<PathBuf>,
    pub(crate) log: Option<PathBuf>,
    pub(crate) record: Option<PathBuf>,
    pub(crate) limits: Limits,
}

impl std::fmt::Debug for LabBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LabBuilder")
            .field("http", &self.http)
            .field("https", &self.https)
            .field("users", &self.users)
            .field("groups", &self.groups)
            .field("seed", &self.seed)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl Default for LabBuilder {
    fn default() -> Self {
        Self {
            http: None,
            https: None,
            cloud: None,
            cloud_file: None,
            users: 1_200,
            groups: 40,
            seed: 1,
            accounts: Vec::new(),
            auth: None,
            keytab: None,
            client_certificates: Vec::new(),
            names: Vec::new(),
            basic_over_http: false,
            allow_unencrypted: false,
            no_language: false,
            faults: FaultPlan::default(),
            redirect: None,
            sticky: false,
            listen_anywhere: false,
            ca_file: None,
            dump: None,
            log: None,
            record: None,
            limits: Limits::default(),
        }
    }
}

impl LabBuilder {
    /// Listen for HTTP here; port 0 takes a free one.
    pub fn http(mut self, addr: SocketAddr) -> Self {
        self.http = Some(addr);
        self
    }

    /// Listen for HTTPS here; port 0 takes a free one.
    pub fn https(mut self, addr: SocketAddr) -> Self {
        self.https = Some(addr);
        self
    }

    /// Play the cloud around Exchange Online here (see [`crate::cloud`]); port 0 takes a free one.
    pub fn cloud(mut self, addr: SocketAddr) -> Self {
        self.cloud = Some(addr);
        self
    }

    /// Where the description of the cloud goes that clients read; by default a file in the temporary directory that is
    /// removed when the lab stops.
    pub fn cloud_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.cloud_file = Some(path.into());
        self
    }

    /// How many users the directory has.
    pub fn users(mut self, users: u32) -> Self {
        self.users = users;
        self
    }

    /// How many groups the directory has.
    pub fn groups(mut self, groups: u32) -> Self {
        self.groups = groups;
        self
    }

    /// From what the directory is computed: the same seed and sizes give the same directory.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds an account that may sign in; the first one replaces [`DEFAULT_ACCOUNT`]. It is accepted as `NAME`,
    /// `CORP\NAME` and `NAME@corp.example`.
    pub fn account(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.accounts.push(Account {
            name: name.into(),
            password: Zeroizing::new(password.into()),
        });
        self
    }

    /// The authentication schemes that are offered; [`AuthScheme::PASSWORDS`] by default, Kerberos where there is a
    /// [`keytab`](Self::keytab), certificates where there are [some](Self::client_certificate).
    pub fn auth(mut self, schemes: impl IntoIterator<Item = AuthScheme>) -> Self {
        self.auth = Some(schemes.into_iter().collect());
        self
    }

    /// Accept Kerberos, as `Kerberos` and inside `Negotiate`, by the keys of this keytab. A principal signs in as the
    /// account of its name, which must exist: `alice@CORP.EXAMPLE` as `alice` or `CORP\alice`.
    ///
    /// Works in builds with the feature `kerberos-gss`; in others [`start`](Self::start) refuses.
    pub fn keytab(mut self, path: impl Into<PathBuf>) -> Self {
        self.keytab = Some(path.into());
        self
    }

    /// A name by which clients reach the lab, for the certificate of its HTTPS address; can be repeated, and may begin
    /// with `*.`. Kerberos needs one, because it knows no addresses.
    pub fn name(mut self, host: impl Into<String>) -> Self {
        self.names.push(host.into());
        self
    }

    /// Ask for client certificates on HTTPS: whoever shows this one (PEM or DER) and signs in by it is `account`, which
    /// must exist. Can be repeated; a certificate that was not listed ends the handshake.
    pub fn client_certificate(mut self, account: impl Into<String>, certificate: impl Into<Vec<u8>>) -> Self {
        self.client_certificates
            .push((account.into(), certificate.into()));
        self
    }

    /// The schemes that are offered, see [`auth`](Self::auth).
    pub(crate) fn schemes(&self) -> Vec<AuthScheme> {
        self.auth.clone().unwrap_or_else(|| {
            let kerberos = self.keytab.as_ref().map(|_| AuthScheme::Kerberos);
            let certificate = (!self.client_certificates.is_empty()).then_some(AuthScheme::Certificate);
            AuthScheme::PASSWORDS
                .into_iter()
                .chain(kerberos)
                .chain(certificate)
                .collect()
        })
    }

    /// Accept Basic on the HTTP address too. Implies [`Self::allow_unencrypted`].
    pub fn basic_over_http(mut self, accept: bool) -> Self {
        self.basic_over_http = accept;
        self.allow_unencrypted |= accept;
        self
    }

    /// Accept SOAP in clear text over HTTP (Windows' `AllowUnencrypted`); off by default.
    pub fn allow_unencrypted(mut self, accept: bool) -> Self {
        self.allow_unencrypted = accept;
        self
    }

    /// Refuse scripts in `Microsoft.PowerShell` too; `Microsoft.Exchange` always does.
    pub fn no_language(mut self, no_language: bool) -> Self {
        self.no_language = no_language;
        self
    }

    /// Faults on order, see [`crate::faults`].
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = plan;
        self
    }

    /// Answer requests to `/PowerShell/` with a redirection to `/powershell-liveid/` of the same origin.
    pub fn redirect(mut self, redirect: bool) -> Self {
        self.redirect = redirect.then_some(Redirect::Here);
        self
    }

    /// Answer requests to `/PowerShell/` with another form of redirection.
    pub fn redirect_by(mut self, redirect: Redirect) -> Self {
        self.redirect = Some(redirect);
        self
    }

    /// Pin the shells of Exchange to a back end by a cookie: a request about a shell without it finds no shell.
    pub fn sticky(mut self, sticky: bool) -> Self {
        self.sticky = sticky;
        self
    }

    /// Allow addresses other than loopback; an account of one's own is then needed.
    pub fn listen_anywhere(mut self, allow: bool) -> Self {
        self.listen_anywhere = allow;
        self
    }

    /// Where the certificate authority (PEM) goes; by default a file in the temporary directory that is removed when
    /// the lab stops.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Write the directory here as JSON lines when the lab starts: the truth to compare a client's results with.
    pub fn dump(mut self, path: impl Into<PathBuf>) -> Self {
        self.dump = Some(path.into());
        self
    }

    /// Write one JSON line for every HTTP request here, without bodies.
    pub fn log(mut self, path: impl Into<PathBuf>) -> Self {
        self.log = Some(path.into());
        self
    }

    /// Write every exchange here in the recording format, bodies after unsealing.
    pub fn record(mut self, path: impl Into<PathBuf>) -> Self {
        self.record = Some(path.into());
        self
    }

    /// Limits other than the default.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the listeners and serves until the lab is stopped or dropped.
    ///
    /// # Errors
    /// When an option is contradictory, an address cannot be bound or a file cannot be written.
    pub async fn start(self) -> Result<Lab, LabError> {
        Lab::start(self).await
    }
}
