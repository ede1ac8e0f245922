//! A shell: a runspace pool, its options and its commands.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use psbridge_clixml::{Limits, Value, Version};
use psbridge_protocol::fragment::{FragmentError, ObjectIds};
use psbridge_protocol::message::Message;
use psbridge_protocol::payload::{
    ApplicationPrivateData, AvailabilityResponse, HostMethod, InformationalKind, InformationalRecord,
    PoolRequest, PoolRequestKind,
};
use psbridge_protocol::server::{Lane, Pool, PoolEvent, PoolOptions};
use psbridge_protocol::wsman::{ShellDescription, duration};
use psbridge_protocol::{Error as ProtocolError, ProtocolVersion};
use tokio::sync::Notify;

use super::command::{Command, NoAnswer};
use super::crypto::SessionKey;
use super::target::{Answers, Fragments, Taken, take};
use crate::directory::names::NETBIOS;
use crate::engine::{Record, World};
use crate::stats::Counters;

/// The build that the lab says it is: Windows Server 2019.
pub(crate) const BUILD: &str = "10.0.17763.1971";
const PS_VERSION: &str = "5.1.17763.1971";

/// What a shell is opened with.
pub(crate) struct Opening {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) client: IpAddr,
    pub(crate) resource_uri: String,
    pub(crate) idle_timeout: Duration,
    pub(crate) locale: String,
    pub(crate) data_locale: String,
    pub(crate) world: Arc<World>,
    pub(crate) limits: crate::builder::Limits,
    pub(crate) counters: Arc<Counters>,
}

/// Why a shell does not do something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShellError {
    /// The client's messages cannot be followed any further.
    #[error("{0}")]
    Protocol(#[from] ProtocolError),
    #[error("too many commands")]
    TooManyCommands,
    #[error("a command with this id exists")]
    CommandExists,
}

struct Inner {
    pool: Pool,
    answers: Answers,
    key: SessionKey,
    min: i32,
    max: i32,
    running: i32,
    has_ui: bool,
    used: Instant,
    in_flight: usize,
    commands: HashMap<String, Arc<Command>>,
    closed: bool,
}

/// A shell.
pub(crate) struct Shell {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) resource_uri: String,
    pub(crate) world: Arc<World>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) output_buffer: usize,
    max_commands: usize,
    idle_timeout: Duration,
    client: IpAddr,
    locale: (String, String),
    inner: Mutex<Inner>,
    /// There is something to receive, or the shell is gone.
    pub(crate) output: Notify,
    /// A runspace has become free.
    pub(crate) runspace: Notify,
}

struct FromPool<'a>(&'a mut Pool);

impl Fragments for FromPool<'_> {
    fn next(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError> {
        self.0.next_fragment(max)
    }
}

impl Shell {
    /// Opens a shell with the fragments of its creation.
    pub(crate) fn open(opening: Opening, ids: ObjectIds, creation: &[u8]) -> Result<Arc<Self>, ShellError> {
        let limits = Limits {
            max_message_size: opening.limits.max_message_size,
            ..Limits::default()
        };
        let pool = Pool::new(
            PoolOptions {
                limits,
                ..PoolOptions::default()
            },
            ids,
        );
        let shell = Arc::new(Self {
            id: opening.id,
            owner: opening.owner,
            resource_uri: opening.resource_uri,
            world: opening.world,
            counters: opening.counters,
            output_buffer: opening.limits.output_buffer,
            max_commands: opening.limits.max_commands_per_shell,
            idle_timeout: opening.idle_timeout,
            client: opening.client,
            locale: (opening.locale, opening.data_locale),
            inner: Mutex::new(Inner {
                pool,
                answers: Answers::default(),
                key: SessionKey::default(),
                min: 1,
                max: 1,
                running: 0,
                has_ui: false,
                used: Instant::now(),
                in_flight: 0,
                commands: HashMap::new(),
                closed: false,
            }),
            output: Notify::new(),
            runspace: Notify::new(),
        });
        shell.receive(Lane::Input, creation)?;
        shell.counters.shells(1);
        Ok(shell)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `rsp:Shell` of the answer to Create.
    pub(crate) fn description(&self) -> ShellDescription {
        let age = duration::format_age(Duration::ZERO);
        ShellDescription::default()
            .with("ShellId", self.id.as_str())
            .with("ResourceUri", self.resource_uri.as_str())
            .with("Owner", format!("{NETBIOS}\\{}", self.owner))
            .with("ClientIP", self.client.to_string())
            .with("ProcessId", std::process::id().to_string())
            .with("IdleTimeOut", duration::format(self.idle_timeout))
            .with("InputStreams", "stdin pr")
            .with("OutputStreams", "stdout")
            .with("MaxIdleTimeOut", "PT2147483.647S")
            .with("Locale", self.locale.0.as_str())
            .with("DataLocale", self.locale.1.as_str())
            .with("CompressionMode", "NoCompression")
            .with("ProfileLoaded", "Yes")
            .with("Encoding", "UTF8")
            .with("BufferMode", "Block")
            .with("State", "Connected")
            .with("ShellRunTime", age.as_str())
            .with("ShellInactivity", age)
    }

    /// A request is at work in this shell, until the guard is dropped.
    pub(crate) fn use_now(self: &Arc<Self>) -> InUse {
        let mut inner = self.lock();
        inner.in_flight += 1;
        inner.used = Instant::now();
        InUse(Arc::clone(self))
    }

    /// Whether nobody has used the shell for longer than it may stay.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.in_flight == 0 && inner.used.elapsed() > self.idle_timeout
    }

    /// The pool's host can show and ask.
    pub(crate) fn has_ui(&self) -> bool {
        self.lock().has_ui
    }

    /// The client knows the information stream.
    pub(crate) fn has_information(&self) -> bool {
        self.lock()
            .pool
            .version()
            .is_some_and(ProtocolVersion::has_information)
    }

    /// Takes a runspace for a pipeline; false while all are busy.
    pub(crate) fn enter(&self) -> bool {
        let mut inner = self.lock();
        let free = inner.running < inner.max;
        if free {
            inner.running += 1;
        }
        free
    }

    /// Gives the runspace back.
    pub(crate) fn leave(&self) {
        self.lock().running -= 1;
        self.runspace.notify_waiters();
    }

    /// Bytes of a Create or of a Send without a command.
    pub(crate) fn receive(self: &Arc<Self>, lane: Lane, bytes: &[u8]) -> Result<(), ShellError> {
        let mut for_pipelines = Vec::new();
        let result = {
            let mut inner = self.lock();
            inner.pool.receive(lane, bytes);
            inner.events(&mut for_pipelines)
        };
        for (pid, message) in for_pipelines {
            if let Some(command) = self.by_pid(pid) {
                command.accept(self, &message);
            }
        }
        self.output.notify_waiters();
        self.runspace.notify_waiters();
        Ok(result?)
    }

    fn by_pid(&self, pid: psbridge_clixml::Uuid) -> Option<Arc<Command>> {
        let all: Vec<_> = self.lock().commands.values().cloned().collect();
        all.into_iter().find(|command| command.pid() == pid)
    }

    /// Starts a command with the first bytes of its pipeline.
    pub(crate) fn start(
        self: &Arc<Self>,
        id: String,
        pid: psbridge_clixml::Uuid,
        bytes: &[u8],
    ) -> Result<Arc<Command>, ShellError> {
        let command = {
            let mut inner = self.lock();
            if inner.commands.len() >= self.max_commands {
                return Err(ShellError::TooManyCommands);
            }
            if inner.commands.contains_key(&id) {
                return Err(ShellError::CommandExists);
            }
            let command = Command::new(id.clone(), inner.pool.pipeline(pid));
            inner.commands.insert(id, Arc::clone(&command));
            command
        };
        if let Err(error) = command.receive(self, Lane::Input, bytes) {
            self.free(&command.id);
            return Err(error.into());
        }
        Ok(command)
    }

    pub(crate) fn command(&self, id: &str) -> Option<Arc<Command>> {
        self.lock().commands.get(id).cloned()
    }

    /// Frees a command; false when there is none.
    pub(crate) fn free(&self, id: &str) -> bool {
        let command = self.lock().commands.remove(id);
        match command {
            Some(command) => {
                command.close();
                true
            }
            None => false,
        }
    }

    /// Ends the shell and all its commands.
    pub(crate) fn close(&self) {
        let commands: Vec<_> = {
            let mut inner = self.lock();
            inner.closed = true;
            inner.commands.drain().map(|(_, command)| command).collect()
        };
        for command in commands {
            command.close();
        }
        self.output.notify_waiters();
        self.runspace.notify_waiters();
    }

    /// An answer to a Receive without a command, if there is anything to say.
    pub(crate) fn take(&self, message_id: &str, max_envelope: usize) -> Result<Option<Taken>, NoAnswer> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(NoAnswer::Closed);
        }
        if let Some(taken) = inner.answers.again(message_id) {
            return Ok(Some(taken));
        }
        let fragments = take(&mut FromPool(&mut inner.pool), max_envelope).map_err(|_| NoAnswer::NoRoom)?;
        if fragments.is_empty() {
            return Ok(None);
        }
        let taken = Taken {
            fragments,
            state: None,
        };
        inner.answers.keep(message_id, &taken);
        Ok(Some(taken))
    }

    /// The answer to a Receive did not reach the client.
    pub(crate) fn lost(&self, message_id: &str) {
        self.lock().answers.lost(message_id);
        self.output.notify_waiters();
    }

    /// A record of a pipeline that travels on the pool's stream.
    pub(crate) fn pool_record(&self, record: Record) {
        let written = {
            let mut inner = self.lock();
            match record {
                Record::Event(event) => inner.pool.user_event(&event),
                Record::PoolWarning(text) => inner
                    .pool
                    .informational(InformationalKind::Warning, &InformationalRecord::new(text)),
                Record::PoolHostCall(call) => match HostMethod::from_id(call.method_id) {
                    Some(method) => inner.pool.host_call(method, call.parameters).map(|_| ()),
                    None => Ok(()),
                },
                _ => Ok(()),
            }
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a record of the pool cannot be written");
        }
        self.output.notify_waiters();
    }
}

/// Keeps a shell from expiring while a request is at work in it.
pub(crate) struct InUse(Arc<Shell>);

impl Drop for InUse {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.in_flight -= 1;
        inner.used = Instant::now();
    }
}

impl Inner {
    fn events(
        &mut self,
        for_pipelines: &mut Vec<(psbridge_clixml::Uuid, Message)>,
    ) -> Result<(), ProtocolError> {
        while let Some(event) = self.pool.next_event()? {
            match event {
                PoolEvent::Negotiated(_) => {}
                PoolEvent::Init(init) => {
                    self.min = init.min_runspaces;
                    self.max = init.max_runspaces;
                    self.has_ui = !init.host_info.is_host_null && !init.host_info.is_host_ui_null;
                    let version = self.pool.version().unwrap_or(ProtocolVersion::V2_3);
                    self.pool.opened(&private_data(version))?;
                }
                PoolEvent::PublicKey(key) => {
                    if let Err(error) = self.pool.send_session_key(&key, &mut self.key) {
                        tracing::debug!(%error, "the client's key was refused");
                    }
                }
                PoolEvent::Request(request) => {
                    let response = self.respond(&request);
                    self.pool.answer(&request, response)?;
                }
                PoolEvent::ForPipeline { pid, message } => for_pipelines.push((pid, message)),
                // Answers to calls of the pool's host are not waited for.
                PoolEvent::HostResponse(_) => {}
                other => tracing::debug!(?other, "a message to a pool was ignored"),
            }
        }
        Ok(())
    }

    fn respond(&mut self, request: &PoolRequest) -> AvailabilityResponse {
        match request.kind {
            PoolRequestKind::SetMaxRunspaces(count) => {
                let fits = count >= 1 && count >= self.min;
                if fits {
                    self.max = count;
                }
                AvailabilityResponse::Done(fits)
            }
            PoolRequestKind::SetMinRunspaces(count) => {
                let fits = count >= 1 && count <= self.max;
                if fits {
                    self.min = count;
                }
                AvailabilityResponse::Done(fits)
            }
            PoolRequestKind::GetAvailableRunspaces => {
                AvailabilityResponse::Available(i64::from((self.max - self.running).max(0)))
            }
            PoolRequestKind::ResetRunspaceState => {
                AvailabilityResponse::Done(self.max == 1 && self.running == 0)
            }
        }
    }
}

/// The versions that a Windows Server 2019 tells about itself.
fn private_data(version: ProtocolVersion) -> ApplicationPrivateData {
    let parse = |text: &str| text.parse::<Version>().map_or(Value::Nil, Value::from);
    let compatible = ["1.0", "2.0", "3.0", "4.0", "5.0", PS_VERSION].map(|text| text.parse().ok());
    ApplicationPrivateData::version_table([
        ("PSVersion", parse(PS_VERSION)),
        ("PSEdition", "Desktop".into()),
        (
            "PSCompatibleVersions",
            ApplicationPrivateData::compatible_versions(compatible.into_iter().flatten()),
        ),
        ("CLRVersion", parse("4.0.30319.42000")),
        ("BuildVersion", parse(BUILD)),
        ("WSManStackVersion", parse("3.0")),
        (
            "PSRemotingProtocolVersion",
            Version::new(version.major, version.minor).into(),
        ),
        ("SerializationVersion", parse("1.1.0.1")),
    ])
}
