//! A lab that serves.

use std::collections::HashMap;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use psbridge_auth::credssp::ServerIdentity;
use psbridge_auth::{Accounts, ChannelBindings};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::builder::{AuthScheme, DEFAULT_ACCOUNT, LabBuilder};
use crate::cloud::{self, CloudHandle, Names};
use crate::directory::{Directory, write_dump};
use crate::error::LabError;
use crate::http::certificates::Certificates;
use crate::http::tls::{Authority, Identity};
use crate::http::{self, Listener, Policy, Shared};
use crate::journal::{self, Journal};
use crate::stats::{Counters, Stats};
use crate::temporary::Temporary;
use crate::wsman::Service;

/// How often idle shells are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// A running endpoint. Dropping it stops it without waiting for the exchanges in flight.
#[derive(Debug)]
pub struct Lab {
    http: Option<String>,
    https: Option<String>,
    ca: Option<Trust>,
    cloud: Option<CloudHandle>,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    sweeper: JoinHandle<()>,
}

/// The certificate authority and where it was written.
#[derive(Debug)]
struct Trust {
    pem: String,
    file: Temporary,
}

impl Lab {
    /// The options, to be started with [`LabBuilder::start`].
    pub fn builder() -> LabBuilder {
        LabBuilder::default()
    }

    pub(crate) async fn start(builder: LabBuilder) -> Result<Self, LabError> {
        check(&builder)?;
        let directory = Arc::new(Directory::new(builder.seed, builder.users, builder.groups));
        if let Some(path) = &builder.dump {
            dump(&directory, path)?;
        }
        let passwords: Vec<&str> = builder
            .accounts
            .iter()
            .map(|account| account.password.as_str())
            .collect();
        let journal = Journal::open(builder.log.as_deref(), builder.record.as_deref(), &passwords)?;
        let counters = Arc::new(Counters::default());
        let (stop, stopped) = watch::channel(false);
        let service = Arc::new(Service::new(
            directory,
            builder.limits,
            builder.no_language,
            Arc::clone(&counters),
            stopped.clone(),
        ));
        let shared = Arc::new(Shared {
            limits: builder.limits,
            counters: Arc::clone(&counters),
            service: Arc::clone(&service),
            journal,
            redirect: builder.redirect.clone(),
            sticky: builder.sticky,
            plan: builder.faults.clone(),
            exchanges: Mutex::new((0, HashMap::new())),
            connections: Arc::new(Semaphore::new(builder.limits.max_connections)),
            next_connection: AtomicU64::new(0),
            stop: stopped.clone(),
        });
        let certificates = Certificates::read(&builder.client_certificates)?;
        let mut lab = Self {
            http: None,
            https: None,
            ca: None,
            cloud: None,
            counters,
            stop,
            listeners: Vec::new(),
            sweeper: tokio::spawn(sweep(service, stopped)),
        };
        let credssp = builder
            .schemes()
            .contains(&AuthScheme::Credssp)
            .then(http::credssp::identity)
            .transpose()?;
        // Both are bound before either serves, so that a failure leaves nothing behind.
        let http = bind(builder.http).await?;
        let https = bind(builder.https).await?;
        let cloud = bind(builder.cloud).await?;
        let authority = Authority::generate()?;
        if https.is_some() || cloud.is_some() {
            let file = builder.ca_file.as_deref();
            lab.ca = Some(Trust {
                file: Temporary::write("certificate authority", file, "pem", &authority.pem)?,
                pem: authority.pem.clone(),
            });
        }
        if let Some((socket, address)) = cloud {
            let identity = Identity::issue(
                &authority,
                address.ip(),
                Names::certified(),
                &Certificates::default(),
            )?;
            let cloud = CloudHandle::new(address, builder.cloud_file.as_deref())?;
            let tls = TlsAcceptor::from(identity.config);
            lab.listeners.push(tokio::spawn(cloud::run(
                cloud.shared(),
                socket,
                tls,
                shared.stop.clone(),
            )));
            lab.cloud = Some(cloud);
        }
        if let Some((socket, address)) = http {
            let policy = policy(&builder, false, None, credssp.clone(), Certificates::default());
            lab.http = Some(lab.listen(&shared, socket, address, policy, None));
        }
        if let Some((socket, address)) = https {
            let names = builder.names.iter().cloned();
            let identity = Identity::issue(&authority, address.ip(), names, &certificates)?;
            let bindings = ChannelBindings::tls_server_end_point(&identity.certificate).ok();
            let mut policy = policy(&builder, true, bindings, credssp, certificates);
            policy.tokens = lab.cloud.clone();
            lab.https = Some(lab.listen(
                &shared,
                socket,
                address,
                policy,
                Some(TlsAcceptor::from(identity.config)),
            ));
        }
        Ok(lab)
    }

    fn listen(
        &mut self,
        shared: &Arc<Shared>,
        socket: TcpListener,
        address: SocketAddr,
        policy: Policy,
        tls: Option<TlsAcceptor>,
    ) -> String {
        let origin = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
        let listener = Listener {
            shared: Arc::clone(shared),
            policy,
            origin: origin.clone(),
            host: address.ip().to_string(),
            tls,
        };
        self.listeners.push(tokio::spawn(Arc::new(listener).run(socket)));
        origin
    }

    /// The HTTP origin, like `http://127.0.0.1:5985`.
    #[must_use]
    pub fn http_origin(&self) -> Option<&str> {
        self.http.as_deref()
    }

    /// The HTTPS origin, like `https://127.0.0.1:5986`.
    #[must_use]
    pub fn https_origin(&self) -> Option<&str> {
        self.https.as_deref()
    }

    /// The certificate authority in PEM, when there is HTTPS or a cloud.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_ref().map(|ca| ca.pem.as_str())
    }

    /// The file with the certificate authority, when there is HTTPS or a cloud.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca.as_ref().map(|ca| ca.file.path())
    }

    /// The cloud, when there is one.
    #[must_use]
    pub fn cloud(&self) -> Option<&CloudHandle> {
        self.cloud.as_ref()
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.snapshot()
    }

    /// Stops accepting, ends idle connections and waiting Receives, lets other exchanges in flight finish (for some
    /// seconds at most) and returns the final counts.
    pub async fn stop(mut self) -> Stats {
        self.stop.send_replace(true);
        for listener in std::mem::take(&mut self.listeners) {
            if let Err(error) = listener.await {
                tracing::warn!(%error, "a listener ended badly");
            }
        }
        self.counters.snapshot()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.sweeper.abort();
    }
}

fn check(builder: &LabBuilder) -> Result<(), LabError> {
    if builder.http.is_none() && builder.https.is_none() && builder.cloud.is_none() {
        return Err(LabError::NoListener);
    }
    let schemes = builder.schemes();
    if schemes.is_empty() {
        return Err(LabError::NoAuthentication);
    }
    if builder.keytab.is_none() && schemes.contains(&AuthScheme::Kerberos) {
        return Err(LabError::NoKeytab);
    }
    if let Some(path) = &builder.keytab {
        if !cfg!(feature = "kerberos-gss") {
            return Err(LabError::NoKerberos);
        }
        // Opened for each sign-in; that it cannot be is better said now.
        std::fs::File::open(path).map_err(|source| LabError::Keytab {
            path: path.clone(),
            source,
        })?;
    }
    let known = |name: &str| {
        builder
            .accounts
            .iter()
            .any(|account| account.name.eq_ignore_ascii_case(name))
            || (builder.accounts.is_empty() && name.eq_ignore_ascii_case(DEFAULT_ACCOUNT.0))
    };
    if let Some((account, _)) = builder
        .client_certificates
        .iter()
        .find(|(account, _)| !known(account))
    {
        return Err(LabError::ClientCertificate {
            account: account.clone(),
            reason: "there is no such account".to_owned(),
        });
    }
    if builder
        .accounts
        .iter()
        .any(|account| account.name.is_empty() || account.password.is_empty())
    {
        return Err(LabError::EmptyAccount);
    }
    for addr in [builder.http, builder.https, builder.cloud]
        .into_iter()
        .flatten()
        .filter(|addr| !addr.ip().is_loopback())
    {
        if !builder.listen_anywhere {
            return Err(LabError::NotLoopback { addr });
        }
        if builder.accounts.is_empty() {
            return Err(LabError::DefaultAccount { addr });
        }
    }
    Ok(())
}

async fn bind(addr: Option<SocketAddr>) -> Result<Option<(TcpListener, SocketAddr)>, LabError> {
    let Some(addr) = addr else { return Ok(None) };
    let fail = |source| LabError::Bind { addr, source };
    let socket = http::bind(addr).await.map_err(fail)?;
    let address = socket.local_addr().map_err(fail)?;
    Ok(Some((socket, address)))
}

fn policy(
    builder: &LabBuilder,
    secure: bool,
    bindings: Option<ChannelBindings>,
    credssp: Option<ServerIdentity>,
    certificates: Certificates,
) -> Policy {
    let schemes = builder.schemes();
    let mut accounts = Accounts::new();
    for account in &builder.accounts {
        accounts.add(&account.name, &account.password);
    }
    if builder.accounts.is_empty() {
        accounts.add(DEFAULT_ACCOUNT.0, DEFAULT_ACCOUNT.1);
    }
    Policy {
        accounts: Arc::new(accounts),
        basic: (secure || builder.basic_over_http) && schemes.contains(&AuthScheme::Basic),
        schemes,
        clear: secure || builder.allow_unencrypted,
        bindings,
        credssp,
        keytab: builder.keytab.clone(),
        certificates,
        tokens: None,
        failure_delay: builder.limits.failure_delay,
    }
}

fn dump(directory: &Directory, path: &Path) -> Result<(), LabError> {
    let fail = |source| LabError::File {
        what: "directory",
        path: path.to_owned(),
        source,
    };
    write_dump(
        directory,
        &mut BufWriter::new(journal::create(path, "directory")?),
    )
    .map_err(fail)
}

/// Closes idle shells until the lab stops, then all of them.
async fn sweep(service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    while tokio::time::timeout(SWEEP, stop.wait_for(|stopped| *stopped))
        .await
        .is_err()
    {
        service.expire();
    }
    service.close();
}
