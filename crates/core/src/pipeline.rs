//! What to run.

use std::fmt;
use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use psbridge_clixml::Value;
use psbridge_protocol::payload::{Command, RemoteStreamOptions, Statement};

/// Why a stream of input ended early.
pub type InputError = Box<dyn std::error::Error + Send + Sync>;

pub(crate) type Input = Pin<Box<dyn Stream<Item = Result<Value, InputError>> + Send>>;

/// Commands to run, and what to feed them.
///
/// Commands with parameters run everywhere, also where scripts are refused (Exchange, constrained endpoints); the text
/// of a script runs only where the endpoint has a language.
///
/// ```
/// use psbridge::{Command, Pipeline};
///
/// // Get-User -ResultSize 5 | Select-Object -Property Name
/// let users = Pipeline::new()
///     .command(Command::new("Get-User").parameter("ResultSize", 5))
///     .command(Command::new("Select-Object").parameter("Property", "Name"));
///
/// // Get-Date; Get-Process -IncludeUserName
/// let two = Pipeline::new()
///     .command(Command::new("Get-Date"))
///     .statement()
///     .command(Command::new("Get-Process").switch("IncludeUserName"));
///
/// let script = Pipeline::script("Get-ChildItem Env: | Sort-Object Name");
/// ```
#[derive(Default)]
pub struct Pipeline {
    pub(crate) statements: Vec<Statement>,
    pub(crate) input: Option<Input>,
    pub(crate) stream_options: RemoteStreamOptions,
    pub(crate) add_to_history: bool,
}

impl Pipeline {
    /// An empty pipeline.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A pipeline that runs a text as a script.
    #[must_use]
    pub fn script(text: impl Into<String>) -> Self {
        Self::new().command(Command::script(text))
    }

    /// Adds a command, piped to the one before.
    #[must_use]
    pub fn command(mut self, command: Command) -> Self {
        match self.statements.last_mut() {
            Some(statement) => statement.push(command),
            None => self.statements.push(vec![command]),
        }
        self
    }

    /// Ends the statement: the next command begins another one, which runs after it. Needs a server since PowerShell 3.
    #[must_use]
    pub fn statement(mut self) -> Self {
        if self
            .statements
            .last()
            .is_some_and(|statement| !statement.is_empty())
        {
            self.statements.push(Statement::new());
        }
        self
    }

    /// Feeds the first command of the pipeline. Values are taken only as fast as the server takes them.
    ///
    /// ```
    /// use futures_util::stream;
    /// use psbridge::{Command, Pipeline, Value};
    ///
    /// let names = stream::iter(["anna", "bert"]).map(Value::from);
    /// # use futures_util::StreamExt;
    /// let pipeline = Pipeline::new().command(Command::new("Get-User")).input(names);
    /// ```
    #[must_use]
    pub fn input(self, values: impl Stream<Item = Value> + Send + 'static) -> Self {
        self.try_input(values.map(Ok))
    }

    /// Feeds the first command of the pipeline from a source that may fail. A failure stops the pipeline, and the stream
    /// of records ends with it.
    #[must_use]
    pub fn try_input(
        mut self,
        values: impl Stream<Item = Result<Value, InputError>> + Send + 'static,
    ) -> Self {
        self.input = Some(Box::pin(values));
        self
    }

    /// Asks the server to say with each record of these streams where it was written. It repeats the whole script in
    /// every one of them, so the default is none.
    #[must_use]
    pub fn stream_options(mut self, options: RemoteStreamOptions) -> Self {
        self.stream_options = options;
        self
    }

    /// Has the server remember the pipeline in the session's history.
    #[must_use]
    pub fn add_to_history(mut self, remember: bool) -> Self {
        self.add_to_history = remember;
        self
    }

    /// The statements, each a list of commands that are piped together.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl From<Vec<Statement>> for Pipeline {
    fn from(statements: Vec<Statement>) -> Self {
        Self {
            statements,
            ..Self::default()
        }
    }
}

impl From<Command> for Pipeline {
    fn from(command: Command) -> Self {
        Self::new().command(command)
    }
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("statements", &self.statements)
            .field("input", &self.input.is_some())
            .finish_non_exhaustive()
    }
}
