use psbridge_clixml::{Document, Object, Value};

use super::bag::{Bag, items, opt};
use super::pool::read_apartment_state;
use super::{ApartmentState, HostInfo, Payload, PayloadError, PipelineResultTypes, RemoteStreamOptions};
use crate::ProtocolVersion;

/// Commands that are piped together.
pub type Statement = Vec<Command>;

/// One argument of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Name of the parameter without `-`; `None` for an argument by position.
    pub name: Option<String>,
    /// Its value; `true` for a switch.
    pub value: Value,
}

impl Argument {
    /// A named argument.
    pub fn named(name: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            name: Some(name.into()),
            value: value.into(),
        }
    }

    /// An argument by position.
    pub fn positional(value: impl Into<Value>) -> Self {
        Self {
            name: None,
            value: value.into(),
        }
    }

    /// A switch.
    pub fn switch(name: impl Into<String>) -> Self {
        Self::named(name, true)
    }
}

/// Which streams of a command go elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merges {
    /// `Error` when errors are merged, as version 2 said it.
    pub my_result: PipelineResultTypes,
    /// Where they go.
    pub to_result: PipelineResultTypes,
    /// Streams of the commands before that nobody claimed.
    pub previous_results: PipelineResultTypes,
    /// Where errors go.
    pub error: PipelineResultTypes,
    /// Where warnings go.
    pub warning: PipelineResultTypes,
    /// Where verbose records go.
    pub verbose: PipelineResultTypes,
    /// Where debug records go.
    pub debug: PipelineResultTypes,
    /// Where information records go.
    pub information: PipelineResultTypes,
}

impl Merges {
    /// Errors into the output, the way that every server understands.
    pub fn errors_to_output() -> Self {
        Self {
            my_result: PipelineResultTypes::ERROR,
            to_result: PipelineResultTypes::OUTPUT,
            error: PipelineResultTypes::OUTPUT,
            ..Self::default()
        }
    }

    /// Every stream that can be merged into the output.
    pub fn all_to_output() -> Self {
        let output = PipelineResultTypes::OUTPUT;
        Self {
            warning: output,
            verbose: output,
            debug: output,
            information: output,
            ..Self::errors_to_output()
        }
    }
}

/// A command of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Name, or the text of a script.
    pub name: String,
    /// [`Command::name`] is a script.
    pub is_script: bool,
    /// Runs in a scope of its own; `None` as the server thinks best.
    pub use_local_scope: Option<bool>,
    /// Arguments in order.
    pub arguments: Vec<Argument>,
    /// Redirections.
    pub merges: Merges,
}

impl Command {
    /// A command by name, without arguments.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            is_script: false,
            use_local_scope: None,
            arguments: Vec::new(),
            merges: Merges::default(),
        }
    }

    /// A script.
    pub fn script(text: impl Into<String>) -> Self {
        Self {
            is_script: true,
            ..Self::new(text)
        }
    }

    /// The same with one more named argument; the name is without `-`.
    #[must_use]
    pub fn parameter(self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.with(Argument::named(name, value))
    }

    /// The same with one more argument by position.
    #[must_use]
    pub fn argument(self, value: impl Into<Value>) -> Self {
        self.with(Argument::positional(value))
    }

    /// The same with one more switch.
    #[must_use]
    pub fn switch(self, name: impl Into<String>) -> Self {
        self.with(Argument::switch(name))
    }

    /// The same with these redirections.
    #[must_use]
    pub fn merging(mut self, merges: Merges) -> Self {
        self.merges = merges;
        self
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with(mut self, argument: Argument) -> Self {
        self.arguments.push(argument);
        self
    }

    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "command")?;
        let merge = |property| match bag.get(property) {
            None => Ok(PipelineResultTypes::NONE),
            Some(_) => bag
                .enumeration(property, PipelineResultTypes::number_of)
                .map(PipelineResultTypes),
        };
        let arguments = bag.opt_list("Args").unwrap_or_default().iter().map(|argument| {
            let argument = Bag::new(document, argument, "argument")?;
            Ok(Argument {
                name: argument.opt_text("N"),
                value: argument.resolved("V"),
            })
        });
        Ok(Self {
            name: bag.text("Cmd")?,
            is_script: bag.bool("IsScript")?,
            use_local_scope: bag.opt_bool("UseLocalScope")?,
            arguments: arguments.collect::<Result<_, PayloadError>>()?,
            merges: Merges {
                my_result: merge("MergeMyResult")?,
                to_result: merge("MergeToResult")?,
                previous_results: merge("MergePreviousResults")?,
                error: merge("MergeError")?,
                warning: merge("MergeWarning")?,
                verbose: merge("MergeVerbose")?,
                debug: merge("MergeDebug")?,
                information: merge("MergeInformation")?,
            },
        })
    }

    fn to_value(&self, version: ProtocolVersion) -> Value {
        let merges = &self.merges;
        // Numbers above 5 have another meaning, or none, before the information stream existed.
        let merge = |target: PipelineResultTypes| {
            let known = version.has_information() || target.0 <= PipelineResultTypes::DEBUG.0;
            if known { target } else { PipelineResultTypes::NONE }.to_value()
        };
        let mut bag = Object::bag()
            .extended("Cmd", self.name.as_str())
            .extended("IsScript", self.is_script)
            .extended("UseLocalScope", self.use_local_scope)
            .extended("MergeMyResult", merge(merges.my_result))
            .extended("MergeToResult", merge(merges.to_result))
            .extended("MergePreviousResults", merge(merges.previous_results));
        if version.has_batches() {
            bag = bag
                .extended("MergeError", merge(merges.error))
                .extended("MergeWarning", merge(merges.warning))
                .extended("MergeVerbose", merge(merges.verbose))
                .extended("MergeDebug", merge(merges.debug));
        }
        if version.has_information() {
            bag = bag.extended("MergeInformation", merge(merges.information));
        }
        let arguments = self.arguments.iter().map(|argument| {
            Object::bag()
                .extended("N", opt(argument.name.as_deref()))
                .extended("V", argument.value.clone())
        });
        bag.extended("Args", ps_object_list(arguments)).into()
    }
}

/// CREATE_PIPELINE (protocol.md 4.3.5).
#[derive(Debug, Clone, PartialEq)]
pub struct CreatePipeline {
    /// Statements that run one after the other; at least one, and only one before 2.2.
    pub statements: Vec<Statement>,
    /// No input follows; otherwise END_OF_PIPELINE_INPUT must.
    pub no_input: bool,
    /// Apartment of the pipeline's thread.
    pub apartment_state: ApartmentState,
    /// Which records carry their invocation.
    pub remote_stream_options: RemoteStreamOptions,
    /// Remembered by the far session's history.
    pub add_to_history: bool,
    /// The client's host.
    pub host_info: HostInfo,
    /// Runs within a pipeline that waits.
    pub is_nested: bool,
    /// Text for the history.
    pub history: Option<String>,
    /// An error that ends a statement becomes an error record and the pipeline goes on.
    pub redirect_shell_error_output_pipe: bool,
}

impl CreatePipeline {
    /// A pipeline without input.
    pub fn new(statements: Vec<Statement>) -> Self {
        Self {
            statements,
            no_input: true,
            apartment_state: ApartmentState::Unknown,
            remote_stream_options: RemoteStreamOptions::NONE,
            add_to_history: false,
            host_info: HostInfo::of_pool(),
            is_nested: false,
            history: None,
            redirect_shell_error_output_pipe: true,
        }
    }

    /// The value for a server of this version, which knows only some of the properties.
    pub fn to_value_for(&self, version: ProtocolVersion) -> Value {
        let commands =
            |statement: &Statement| ps_object_list(statement.iter().map(|command| command.to_value(version)));
        let first = self
            .statements
            .first()
            .map_or_else(|| commands(&Vec::new()), commands);
        let mut shell = Object::bag();
        if self.statements.len() > 1 && version.has_batches() {
            let all = self
                .statements
                .iter()
                .map(|statement| Object::bag().extended("Cmds", commands(statement)));
            shell = shell.extended("ExtraCmds", ps_object_list(all));
        }
        let shell = shell
            .extended("Cmds", first)
            .extended("IsNested", self.is_nested)
            .extended("History", opt(self.history.as_deref()))
            .extended(
                "RedirectShellErrorOutputPipe",
                self.redirect_shell_error_output_pipe,
            );
        let mut bag = Object::bag()
            .extended("PowerShell", shell)
            .extended("NoInput", self.no_input)
            .extended("ApartmentState", self.apartment_state.to_value())
            .extended("RemoteStreamOptions", self.remote_stream_options.to_value())
            .extended("AddToHistory", self.add_to_history)
            .extended("HostInfo", self.host_info.to_value());
        if version.has_batches() {
            bag = bag.extended("IsNested", self.is_nested);
        }
        bag.into()
    }
}

impl Payload for CreatePipeline {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "CREATE_PIPELINE")?;
        let shell = Bag::new(document, bag.required("PowerShell")?, "PowerShell")?;
        let statement = |value: &Value| -> Result<Statement, PayloadError> {
            let commands = items(document, value).ok_or_else(|| shell.kind("Cmds", "a list"))?;
            commands
                .iter()
                .map(|command| Command::from_value(document, command))
                .collect()
        };
        let extra = shell
            .opt_list("ExtraCmds")
            .unwrap_or_default()
            .iter()
            .map(|extra| statement(Bag::new(document, extra, "ExtraCmds")?.required("Cmds")?));
        let mut statements = extra.collect::<Result<Vec<_>, _>>()?;
        if statements.is_empty() {
            statements.push(statement(shell.required("Cmds")?)?);
        }
        Ok(Self {
            statements,
            no_input: bag.bool("NoInput")?,
            apartment_state: read_apartment_state(&bag)?,
            remote_stream_options: RemoteStreamOptions(
                bag.enumeration("RemoteStreamOptions", RemoteStreamOptions::number_of)?,
            ),
            add_to_history: bag.bool("AddToHistory")?,
            host_info: HostInfo::from_value(document, bag.required("HostInfo")?)?,
            is_nested: bag.bool_or("IsNested", false)? || shell.bool_or("IsNested", false)?,
            history: shell.opt_text("History"),
            redirect_shell_error_output_pipe: shell.bool_or("RedirectShellErrorOutputPipe", false)?,
        })
    }

    /// For a server that knows every property.
    fn to_value(&self) -> Value {
        self.to_value_for(ProtocolVersion::V2_3)
    }
}

fn ps_object_list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Value {
    let names = [
        "System.Collections.Generic.List`1[[System.Management.Automation.PSObject, System.Management.Automation, \
         Version=7.6.5.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "System.Object",
    ];
    Object::list(names, items).into()
}
