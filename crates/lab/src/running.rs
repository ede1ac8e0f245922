//! A lab that serves.

use std::collections::HashMap;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use psbridge_auth::credssp::ServerIdentity;
use psbridge_auth::{Accounts, ChannelBindings};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::builder::{AuthScheme, DEFAULT_ACCOUNT, LabBuilder};
use crate::directory::{Directory, write_dump};
use crate::error::LabError;
use crate::http::tls::Identity;
use crate::http::{self, Listener, Policy, Shared};
use crate::journal::{self, Journal};
use crate::stats::{Counters, Stats};
use crate::wsman::Service;

/// How often idle shells are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// A running endpoint. Dropping it stops it without waiting for the exchanges in flight.
#[derive(Debug)]
pub struct Lab {
    http: Option<String>,
    https: Option<String>,
    ca: Option<Authority>,
    counters: Arc<Counters>,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    sweeper: JoinHandle<()>,
}

/// The certificate authority and where it was written.
#[derive(Debug)]
struct Authority {
    pem: String,
    file: PathBuf,
    /// The file goes with the lab.
    temporary: bool,
}

impl Drop for Authority {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_file(&self.file)
        {
            tracing::debug!(%error, "the file of the certificate authority stays");
        }
    }
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
            redirect: builder.redirect,
            plan: builder.faults.clone(),
            exchanges: Mutex::new((0, HashMap::new())),
            connections: Arc::new(Semaphore::new(builder.limits.max_connections)),
            next_connection: AtomicU64::new(0),
            stop: stopped.clone(),
        });
        let mut lab = Self {
            http: None,
            https: None,
            ca: None,
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
        if let Some((socket, address)) = http {
            let policy = policy(&builder, false, None, credssp.clone());
            lab.http = Some(lab.listen(&shared, socket, address, policy, None));
        }
        if let Some((socket, address)) = https {
            let identity = Identity::generate(address.ip())?;
            let bindings = ChannelBindings::tls_server_end_point(&identity.certificate).ok();
            lab.ca = Some(authority(&builder, identity.ca_pem)?);
            let policy = policy(&builder, true, bindings, credssp);
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

    /// The certificate authority in PEM, when there is HTTPS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca.as_ref().map(|ca| ca.pem.as_str())
    }

    /// The file with the certificate authority, when there is HTTPS.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.ca.as_ref().map(|ca| ca.file.as_path())
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
    if builder.http.is_none() && builder.https.is_none() {
        return Err(LabError::NoListener);
    }
    let schemes = builder.schemes();
    if schemes.is_empty() {
        return Err(LabError::NoAuthentication);
    }
    if builder.keytab.is_none() && schemes.contains(&AuthScheme::Kerberos) {
        return Err(LabError::NoKeytab);
    }
    if builder.keytab.is_some() && !cfg!(feature = "kerberos-gss") {
        return Err(LabError::NoKerberos);
    }
    if builder
        .accounts
        .iter()
        .any(|account| account.name.is_empty() || account.password.is_empty())
    {
        return Err(LabError::EmptyAccount);
    }
    for addr in [builder.http, builder.https]
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

fn authority(builder: &LabBuilder, pem: String) -> Result<Authority, LabError> {
    let (file, temporary) = match &builder.ca_file {
        Some(path) => (path.clone(), false),
        None => {
            let name = format!("psbridge-lab-{}.pem", Uuid::new_v4().simple());
            (std::env::temp_dir().join(name), true)
        }
    };
    const WHAT: &str = "certificate authority";
    journal::create(&file, WHAT)?
        .write_all(pem.as_bytes())
        .map_err(|source| LabError::File {
            what: WHAT,
            path: file.clone(),
            source,
        })?;
    Ok(Authority { pem, file, temporary })
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
