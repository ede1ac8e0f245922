//! Sessions: a handle to the actor that owns the pool, and what can be asked of it.

mod actor;
mod keys;
mod open;
mod opener;
mod prepared;
mod stats;
mod stream;
mod task;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use psbridge_clixml::{SecureText, Value};
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::payload::{ApplicationPrivateData, Received};
use psbridge_protocol::secure::{CryptoError, Protection, SessionKeyCrypto as _};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;
use uuid::Uuid;
use zeroize::Zeroizing;

use self::actor::{Command, Status, lock, tell};
use self::keys::{KeyPair, SessionKeys};
pub(crate) use self::open::open;
pub(crate) use self::opener::{Opener, Origin, Way};
pub use self::prepared::Prepared;
use self::stats::Counters;
pub use self::stats::Stats;
pub use self::stream::{Objects, RecordStream, Stopper};
use crate::builder::SessionBuilder;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::options::Limits;
use crate::pipeline::Pipeline;
use crate::record::{Collected, Record};
use crate::transport::ShellTransport;

/// How long the server may take for the exchange of keys, as other clients have it.
const KEY_TIMEOUT: Duration = Duration::from_secs(60);

/// An open session: a runspace pool on an endpoint, in which pipelines run.
///
/// A handle, cheap to clone and free to move between tasks. Up to [`Limits::max_runspaces`] pipelines run at once,
/// further ones wait for their turn. [`close`](Self::close) ends the session and waits; when the last handle and the
/// last stream of records are dropped, it is closed in the background.
///
/// ```no_run
/// use psbridge::{Command, Pipeline, Record, Session};
///
/// # async fn example(password: psbridge::Secret) -> Result<(), psbridge::Error> {
/// let session = Session::builder("http://server:5985/wsman").credential("CORP\\reader", password).open().await?;
///
/// let users = Pipeline::new().command(Command::new("Get-User").parameter("ResultSize", "Unlimited"));
/// let mut records = session.pipeline(users).start().await?;
/// while let Some(record) = records.next().await {
///     match record? {
///         Record::Output(user) => println!("{:?}", user.root().and_then(|user| user.get("Name"))),
///         Record::Warning(warning) => eprintln!("warning: {}", warning.message),
///         _ => {}
///     }
/// }
/// session.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

struct Shared {
    id: Uuid,
    version: ProtocolVersion,
    private_data: Option<Received<ApplicationPrivateData>>,
    opening_records: Vec<Record>,
    limits: Limits,
    commands: mpsc::UnboundedSender<Command>,
    status: watch::Receiver<Status>,
    transport: Arc<dyn ShellTransport>,
    origin: Option<Origin>,
    permits: Arc<Semaphore>,
    counters: Arc<Counters>,
    keys: Arc<Mutex<SessionKeys>>,
    /// One exchange of keys at a time.
    key_exchange: tokio::sync::Mutex<()>,
}

impl Session {
    /// Begins to describe a session. `target` is a URL or a host name; see [`Endpoint`](crate::Endpoint) for the rules.
    pub fn builder(target: impl Into<crate::Destination>) -> SessionBuilder {
        SessionBuilder::new(target.into())
    }

    /// Prepares a pipeline; [`Prepared::start`] runs it.
    pub fn pipeline(&self, pipeline: impl Into<Pipeline>) -> Prepared {
        Prepared {
            session: self.clone(),
            pipeline: pipeline.into(),
        }
    }

    /// Runs a pipeline and gathers all its records.
    ///
    /// # Errors
    /// When the pipeline cannot start, fails or the session breaks; [`Error::received`] has what had come before.
    pub async fn run(&self, pipeline: impl Into<Pipeline>) -> Result<Collected, Error> {
        self.pipeline(pipeline).start().await?.collect().await
    }

    /// Ends the session: running pipelines are stopped and freed, the shell is closed. Returns when that is done.
    ///
    /// # Errors
    /// When the shell could not be closed (it then lives until its idle time is over), or the recording could not be
    /// completed. A session that is broken or closed already is none the worse.
    pub async fn close(&self) -> Result<(), Error> {
        let (reply, closed) = oneshot::channel();
        tell(&self.shared.commands, Command::Close { reply });
        // Without an answer the actor has ended before.
        closed.await.unwrap_or(Ok(()))
    }

    /// Opens a session like this one: the same endpoint and credential, but a new shell, new connections, no cookies and
    /// a token asked for anew. This one is closed, as well as that goes; what it was doing is over. For
    /// [`ErrorKind::TokenExpired`] above all: a shell cannot change its token.
    ///
    /// # Errors
    /// As [`SessionBuilder::open`]; [`ErrorKind::Usage`] when the session uses a transport of the caller's own.
    pub async fn reopen(&self) -> Result<Session, Error> {
        match &self.shared.origin {
            Some(origin) => origin.opener.replace(self).await,
            None => Err(Error::new(
                ErrorKind::Usage,
                "open the session again",
                "its transport was made by the caller",
            )
            .at(self.endpoint_url())),
        }
    }

    /// The address of the endpoint, after redirections.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.endpoint_url()
    }

    /// The addresses that the endpoint has redirected the session to, the last one being where it is.
    #[must_use]
    pub fn redirections(&self) -> &[Endpoint] {
        self.shared
            .origin
            .as_ref()
            .map_or(&[], |origin| &origin.redirections)
    }

    /// False once the session is closed or broken.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(*self.shared.status.borrow(), Status::Open)
    }

    /// The id of the pool, which is also the id that was asked for the shell.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.shared.id
    }

    /// The version of PSRP that both sides speak.
    #[must_use]
    pub fn protocol_version(&self) -> ProtocolVersion {
        self.shared.version
    }

    /// What the server has told about itself, such as its version of PowerShell.
    #[must_use]
    pub fn private_data(&self) -> Option<&Received<ApplicationPrivateData>> {
        self.shared.private_data.as_ref()
    }

    /// Warnings and other records that came while the session was opened.
    #[must_use]
    pub fn opening_records(&self) -> &[Record] {
        &self.shared.opening_records
    }

    /// What has travelled so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.counters.snapshot(self.shared.transport.traffic())
    }

    /// A secure string to send, as an argument or input. The session key is exchanged when it is first needed.
    ///
    /// # Errors
    /// When the exchange of keys fails.
    pub async fn secure_string(&self, text: &str) -> Result<Value, Error> {
        self.need_key().await?;
        let keys = lock(&self.shared.keys);
        let sealed = Protection::of(self.shared.version, &*keys)
            .seal(text)
            .map_err(|error| self.key_error(&error))?;
        Ok(Value::from(sealed))
    }

    /// The text of a secure string that the server has sent.
    ///
    /// # Errors
    /// When the exchange of keys fails, or the text was sealed with another key.
    pub async fn reveal(&self, text: &SecureText) -> Result<Zeroizing<String>, Error> {
        self.need_key().await?;
        let keys = lock(&self.shared.keys);
        Protection::of(self.shared.version, &*keys)
            .open(text)
            .map_err(|error| self.key_error(&error))
    }

    async fn need_key(&self) -> Result<(), Error> {
        let shared = &self.shared;
        let there = || lock(&shared.keys).has_session_key();
        if !shared.version.exchanges_keys() || there() {
            return Ok(());
        }
        let _one_at_a_time = shared.key_exchange.lock().await;
        if there() {
            return Ok(());
        }
        self.check("exchange keys")?;
        if !lock(&shared.keys).has_pair() {
            // Making a pair keeps a processor busy; the runtime's threads have other things to do.
            let pair = tokio::task::spawn_blocking(KeyPair::generate).await;
            let pair = pair.map_err(|error| self.key_error(&CryptoError::Failed(error.to_string())))?;
            lock(&shared.keys).set_pair(pair.map_err(|error| self.key_error(&error))?);
        }
        let (reply, exchanged) = oneshot::channel();
        tell(&shared.commands, Command::Key { reply });
        match timeout(KEY_TIMEOUT, exchanged).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(self.closed("exchange keys")),
            Err(_) => {
                let detail = format!(
                    "the endpoint sent no session key within {} s",
                    KEY_TIMEOUT.as_secs()
                );
                Err(Error::new(ErrorKind::Protocol, "exchange keys", detail)
                    .advise("an endpoint on Linux may know no session key; do without secure strings there")
                    .at(self.endpoint_url()))
            }
        }
    }

    fn key_error(&self, error: &CryptoError) -> Error {
        Error::new(ErrorKind::Protocol, "protect a secure string", error.to_string()).at(self.endpoint_url())
    }

    async fn stop(&self, pipeline: Uuid) -> Result<(), Error> {
        self.check("stop the pipeline")?;
        let stopped = self.shared.transport.stop(pipeline).await;
        if let Err(error) = &stopped
            && error.fault().is_none()
        {
            tell(&self.shared.commands, Command::Broken(error.share()));
        }
        stopped
    }

    /// Fails when the session is closed or broken.
    fn check(&self, operation: &'static str) -> Result<(), Error> {
        self.shared
            .status
            .borrow()
            .error(operation, self.endpoint_url())
            .map_or(Ok(()), Err)
    }

    fn closed(&self, operation: &'static str) -> Error {
        let status = self.shared.status.borrow().error(operation, self.endpoint_url());
        status.unwrap_or_else(|| {
            Error::new(ErrorKind::Closed, operation, "the session is closed").at(self.endpoint_url())
        })
    }

    fn endpoint_url(&self) -> &str {
        self.shared.transport.endpoint()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("endpoint", &self.endpoint_url())
            .field("id", &self.shared.id)
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}
