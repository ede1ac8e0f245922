//! What runs a pipeline: commands pull objects from each other, one at a time, so that nothing is made before it is
//! asked for.

pub(crate) mod bind;
pub(crate) mod errors;
pub(crate) mod run;
pub(crate) mod script;
pub(crate) mod value;

use std::collections::VecDeque;
use std::sync::Arc;

use psbridge_clixml::{ProgressRecord, Value};
use psbridge_protocol::payload::{
    ErrorRecord, HostCall, HostResponse, InformationRecord, InformationalKind, InformationalRecord, Payload,
    PipelineResultTypes, ProgressMessage, UserEvent, VOID_CALL,
};
use tokio::time::Instant;

use crate::cmdlets::Cmdlet;
use crate::directory::Directory;

/// The configuration that a shell was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Configuration {
    PowerShell,
    Exchange,
}

/// What all pipelines of a shell share.
pub(crate) struct World {
    pub(crate) directory: Arc<Directory>,
    /// Scripts are refused.
    pub(crate) no_language: bool,
    /// The account that opened the shell.
    pub(crate) user: String,
    pub(crate) cmdlets: Vec<&'static Cmdlet>,
}

impl World {
    /// The cmdlet with this name, case aside; a module in front of it is not looked at.
    pub(crate) fn cmdlet(&self, name: &str) -> Option<&'static Cmdlet> {
        let name = name.rsplit_once('\\').map_or(name, |(_, name)| name);
        self.cmdlets
            .iter()
            .find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name))
            .copied()
    }
}

/// What a pipeline sends besides its output.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Error(Box<ErrorRecord>),
    Text(InformationalKind, String),
    Information(Box<InformationRecord>),
    Progress(Box<ProgressRecord>),
    HostCall(HostCall),
    /// On the pool's stream.
    PoolHostCall(HostCall),
    /// On the pool's stream.
    Event(Box<UserEvent>),
    /// On the pool's stream.
    PoolWarning(String),
}

impl Record {
    /// The record as an object of the output, where its stream is merged into that.
    fn merged(&self, merges: &Merged) -> Option<(PipelineResultTypes, Value)> {
        match self {
            Self::Error(record) => Some((merges.error, record.to_value())),
            Self::Text(kind, text) => {
                let target = match kind {
                    InformationalKind::Warning => merges.warning,
                    InformationalKind::Verbose => merges.verbose,
                    InformationalKind::Debug => merges.debug,
                };
                Some((target, InformationalRecord::new(text.as_str()).to_value(*kind)))
            }
            Self::Information(record) => Some((merges.information, value::merged_information(record))),
            _ => None,
        }
    }
}

/// Where the streams of one command go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    pub(crate) error: PipelineResultTypes,
    pub(crate) warning: PipelineResultTypes,
    pub(crate) verbose: PipelineResultTypes,
    pub(crate) debug: PipelineResultTypes,
    pub(crate) information: PipelineResultTypes,
}

/// What to do about a record: `$ErrorActionPreference` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SilentlyContinue,
    Stop,
    Continue,
    Ignore,
}

impl Action {
    /// Reads a preference given by name, number or enumeration.
    pub(crate) fn of_value(value: &Value) -> Option<Self> {
        match value.as_i64() {
            Some(0) => return Some(Self::SilentlyContinue),
            Some(1) => return Some(Self::Stop),
            Some(2) => return Some(Self::Continue),
            Some(4) => return Some(Self::Ignore),
            Some(_) => return None,
            None => {}
        }
        match value.as_text()?.to_ascii_lowercase().as_str() {
            "silentlycontinue" => Some(Self::SilentlyContinue),
            "stop" => Some(Self::Stop),
            "continue" => Some(Self::Continue),
            "ignore" => Some(Self::Ignore),
            _ => None,
        }
    }

    fn is_silent(self) -> bool {
        matches!(self, Self::SilentlyContinue | Self::Ignore)
    }
}

/// The preferences of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(crate) error: Action,
    pub(crate) warning: Action,
    pub(crate) verbose: Action,
    pub(crate) debug: Action,
    pub(crate) information: Action,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            error: Action::Continue,
            warning: Action::Continue,
            verbose: Action::SilentlyContinue,
            debug: Action::SilentlyContinue,
            information: Action::SilentlyContinue,
        }
    }
}

/// The command that is at work.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Its place among the commands of the execution, to tell records apart.
    pub(crate) index: usize,
    /// `Get-User`.
    pub(crate) name: String,
    /// Its .NET class, the second half of error ids.
    pub(crate) class: String,
    pub(crate) preferences: Preferences,
    pub(crate) merges: Merged,
}

/// Why a pull gives nothing yet. Pulling again later asks the same question again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Nothing special: a long search lets others run.
    Yield,
    Until(Instant),
    /// Pipeline input is needed.
    Input,
    /// The answer to a host call is needed.
    Host,
}

/// What a pull gives.
#[derive(Debug)]
pub(crate) enum Pull {
    Item(Value),
    Pause(Pause),
    End,
}

/// An error that ends the statement or the whole pipeline.
#[derive(Debug)]
pub(crate) struct Halt {
    pub(crate) error: Box<ErrorRecord>,
    /// The pipeline ends whatever `RedirectShellErrorOutputPipe` says: `throw`, the preference Stop.
    pub(crate) whole: bool,
}

impl Halt {
    pub(crate) fn statement(error: ErrorRecord) -> Self {
        Self {
            error: Box::new(error),
            whole: false,
        }
    }

    pub(crate) fn pipeline(error: ErrorRecord) -> Self {
        Self {
            error: Box::new(error),
            whole: true,
        }
    }
}

/// A command at work, or a source of objects. After `End` it must go on giving `End`.
pub(crate) trait Stage: Send {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt>;
}

/// The client's host as a pipeline sees it.
#[derive(Debug, Default)]
pub(crate) struct Host {
    /// There is somebody to ask and to show texts to.
    pub(crate) has_ui: bool,
    next_call: i64,
    pending: Option<i64>,
    response: Option<HostResponse>,
}

impl Host {
    /// Takes the client's answer to the pending call; others are ignored.
    pub(crate) fn answer(&mut self, response: HostResponse) {
        if self.pending == Some(response.call_id) {
            self.response = Some(response);
        }
    }
}

/// What the client sends into a pipeline.
#[derive(Debug, Default)]
pub(crate) struct Input {
    waiting: VecDeque<(Value, usize)>,
    bytes: usize,
    /// Nothing more will come.
    pub(crate) ended: bool,
}

impl Input {
    /// Adds an object that took so many bytes; gives the bytes of all that wait.
    pub(crate) fn push(&mut self, value: Value, bytes: usize) -> usize {
        self.waiting.push_back((value, bytes));
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes
    }

    fn pop(&mut self) -> Option<Value> {
        let (value, bytes) = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(value)
    }

    /// Whether there is, or will be, anything to read.
    pub(crate) fn is_open(&self) -> bool {
        !self.ended || !self.waiting.is_empty()
    }
}

/// What the commands of one pipeline work with.
pub(crate) struct Context {
    pub(crate) world: Arc<World>,
    pub(crate) preferences: Preferences,
    pub(crate) host: Host,
    pub(crate) input: Input,
    records: VecDeque<(usize, Record)>,
    frame: Arc<Frame>,
}

impl Context {
    pub(crate) fn new(world: Arc<World>, has_ui: bool, no_input: bool) -> Self {
        let frame = Frame {
            index: usize::MAX,
            name: String::new(),
            class: String::new(),
            preferences: Preferences::default(),
            merges: Merged::default(),
        };
        Self {
            world,
            preferences: Preferences::default(),
            host: Host {
                has_ui,
                ..Host::default()
            },
            input: Input {
                ended: no_input,
                ..Input::default()
            },
            records: VecDeque::new(),
            frame: Arc::new(frame),
        }
    }

    /// The next record to send. They come before the item of the same pull.
    pub(crate) fn next_record(&mut self) -> Option<Record> {
        self.records.pop_front().map(|(_, record)| record)
    }

    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(crate) fn record(&mut self, record: Record) {
        self.records.push_back((self.frame.index, record));
    }

    /// Writes an error that does not end anything, unless the preference says so.
    pub(crate) fn error(&mut self, error: ErrorRecord) -> Result<(), Halt> {
        match self.frame.preferences.error {
            Action::Stop => Err(Halt::pipeline(error)),
            action => {
                if !action.is_silent() {
                    self.record(Record::Error(Box::new(error)));
                }
                Ok(())
            }
        }
    }

    pub(crate) fn warning(&mut self, text: impl Into<String>) -> Result<(), Halt> {
        let action = self.frame.preferences.warning;
        self.text(InformationalKind::Warning, action, text.into())
    }

    pub(crate) fn verbose(&mut self, text: impl Into<String>) -> Result<(), Halt> {
        let action = self.frame.preferences.verbose;
        self.text(InformationalKind::Verbose, action, text.into())
    }

    pub(crate) fn debug(&mut self, text: impl Into<String>) -> Result<(), Halt> {
        let action = self.frame.preferences.debug;
        self.text(InformationalKind::Debug, action, text.into())
    }

    fn text(&mut self, kind: InformationalKind, action: Action, text: String) -> Result<(), Halt> {
        if action.is_silent() {
            return Ok(());
        }
        self.record(Record::Text(kind, text.clone()));
        // A client with a host is also told to show it.
        let method = match kind {
            InformationalKind::Debug => 19,
            InformationalKind::Verbose => 21,
            InformationalKind::Warning => 22,
        };
        self.show(method, vec![text.as_str().into()]);
        if action == Action::Stop {
            return Err(Halt::pipeline(errors::stopped_by_preference(&text, kind)));
        }
        Ok(())
    }

    /// Writes to the information stream; nothing but Ignore keeps a record off it.
    pub(crate) fn information(&mut self, record: InformationRecord) {
        if self.frame.preferences.information != Action::Ignore {
            self.record(Record::Information(Box::new(record)));
        }
    }

    pub(crate) fn progress(&mut self, record: ProgressRecord) {
        self.record(Record::Progress(Box::new(record.clone())));
        self.show(20, vec![Value::Int64(0), ProgressMessage(record).to_value()]);
    }

    /// Calls a method of the client's host that returns nothing, when there is a host.
    pub(crate) fn show(&mut self, method_id: i32, parameters: Vec<Value>) {
        if self.host.has_ui {
            self.record(Record::HostCall(HostCall {
                call_id: VOID_CALL,
                method_id,
                parameters,
            }));
        }
    }

    /// Calls a method of the client's host and waits: `None` until the answer is there.
    pub(crate) fn ask(
        &mut self,
        method_id: i32,
        parameters: impl FnOnce() -> Vec<Value>,
    ) -> Option<HostResponse> {
        if self.host.pending.is_none() {
            self.host.next_call += 1;
            let call_id = self.host.next_call;
            self.host.pending = Some(call_id);
            self.record(Record::HostCall(HostCall {
                call_id,
                method_id,
                parameters: parameters(),
            }));
        }
        let response = self.host.response.take()?;
        self.host.pending = None;
        Some(response)
    }
}

/// Objects that the client sends.
pub(crate) struct InputSource;

impl Stage for InputSource {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        Ok(match cx.input.pop() {
            Some(value) => Pull::Item(value),
            None if cx.input.ended => Pull::End,
            None => Pull::Pause(Pause::Input),
        })
    }
}

/// A stage with the frame of its command around it; merges that command's streams.
pub(crate) struct Framed {
    frame: Arc<Frame>,
    inner: Box<dyn Stage>,
    merged: VecDeque<Value>,
    after: Option<Result<Pull, Halt>>,
}

impl Framed {
    pub(crate) fn new(frame: Frame, inner: Box<dyn Stage>) -> Self {
        Self {
            frame: Arc::new(frame),
            inner,
            merged: VecDeque::new(),
            after: None,
        }
    }

    /// Takes the records of this command that are merged, in order, out of those written since `mark`.
    fn take_merged(&mut self, cx: &mut Context, mark: usize) {
        let merges = &self.frame.merges;
        if *merges == Merged::default() {
            return;
        }
        let written = cx.records.split_off(mark.min(cx.records.len()));
        for (index, record) in written {
            let own = index == self.frame.index;
            match record
                .merged(merges)
                .filter(|(target, _)| own && *target != PipelineResultTypes::NONE)
            {
                Some((PipelineResultTypes::NULL, _)) => {}
                Some((_, value)) => self.merged.push_back(value),
                None => cx.records.push_back((index, record)),
            }
        }
    }
}

impl Stage for Framed {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        if let Some(value) = self.merged.pop_front() {
            return Ok(Pull::Item(value));
        }
        if let Some(after) = self.after.take() {
            return after;
        }
        let mark = cx.records.len();
        let outer = std::mem::replace(&mut cx.frame, Arc::clone(&self.frame));
        let result = self.inner.pull(cx);
        cx.frame = outer;
        self.take_merged(cx, mark);
        match self.merged.pop_front() {
            None => result,
            Some(first) => {
                // A pause is asked for again; everything else must not be lost.
                if !matches!(result, Ok(Pull::Pause(_))) {
                    self.after = Some(result);
                }
                Ok(Pull::Item(first))
            }
        }
    }
}
