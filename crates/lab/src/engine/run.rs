//! From CREATE_PIPELINE to commands at work.

use std::collections::VecDeque;

use psbridge_clixml::Value;
use psbridge_protocol::payload::{Command, ErrorRecord, PipelineResultTypes, Statement};

use super::bind::{self, Bound, Parameter};
use super::script::{self, Element, Variable};
use super::{Action, Context, Frame, Framed, Halt, InputSource, Merged, Pause, Pull, Record, Stage, errors};
use crate::cmdlets::{Cmdlet, Make};

/// Statements and commands that one pipeline may have.
const MAX_STATEMENTS: usize = 1_000;
const MAX_COMMANDS: usize = 100;
/// Scripts among them. Commands call each other, so their number times that of a script's commands bounds the stack.
const MAX_SCRIPTS: usize = 2;

/// What a step of a pipeline gives.
#[derive(Debug)]
pub(crate) enum Step {
    Output(Value),
    Pause(Pause),
    Completed,
    Failed(Box<ErrorRecord>),
}

/// A pipeline at work.
pub(crate) struct Execution {
    statements: VecDeque<Statement>,
    several: bool,
    current: Option<Box<dyn Stage>>,
    started: bool,
    frames: usize,
    redirect: bool,
}

impl Execution {
    /// `redirect`: errors that end a statement become records, and the pipeline goes on.
    pub(crate) fn new(statements: Vec<Statement>, redirect: bool) -> Self {
        Self {
            several: statements.len() > 1,
            statements: statements.into(),
            current: None,
            started: false,
            frames: 0,
            redirect,
        }
    }

    /// Goes on until there is something to send. Records written meanwhile are in the context and come first.
    pub(crate) fn step(&mut self, cx: &mut Context) -> Step {
        loop {
            let Some(stage) = &mut self.current else {
                if self.statements.len() > MAX_STATEMENTS {
                    return Step::Failed(Box::new(errors::parse_error(
                        "Too many statements.",
                        "TooManyStatements",
                    )));
                }
                let Some(statement) = self.statements.pop_front() else {
                    return Step::Completed;
                };
                // Only the first statement reads the client's input.
                let input: Option<Box<dyn Stage>> = match self.started {
                    false if cx.input.is_open() => Some(Box::new(InputSource)),
                    _ => None,
                };
                self.started = true;
                match build(&statement, input, cx, &mut self.frames, self.redirect) {
                    Ok(stage) => self.current = Some(stage),
                    Err(error) if self.several && self.redirect => cx.record(Record::Error(Box::new(error))),
                    Err(error) => return Step::Failed(Box::new(error)),
                }
                continue;
            };
            match stage.pull(cx) {
                Ok(Pull::Item(value)) => return Step::Output(value),
                Ok(Pull::Pause(pause)) => return Step::Pause(pause),
                Ok(Pull::End) => self.current = None,
                Err(halt) if halt.whole || !self.redirect => return Step::Failed(halt.error),
                Err(halt) => {
                    cx.record(Record::Error(halt.error));
                    self.current = None;
                }
            }
        }
    }
}

/// Which streams of each command go elsewhere.
fn merges(commands: &[Command]) -> Vec<Merged> {
    let mut all: Vec<Merged> = commands
        .iter()
        .map(|command| {
            let merges = &command.merges;
            // What version 2 says with MergeMyResult = Error.
            let old = if merges.my_result == PipelineResultTypes::ERROR
                || merges.my_result == PipelineResultTypes::ALL
            {
                merges.to_result
            } else {
                PipelineResultTypes::NONE
            };
            Merged {
                error: if merges.error == PipelineResultTypes::NONE {
                    old
                } else {
                    merges.error
                },
                warning: merges.warning,
                verbose: merges.verbose,
                debug: merges.debug,
                information: merges.information,
            }
        })
        .collect();
    for (place, command) in commands.iter().enumerate() {
        // 2 and 3: errors, alone or with output.
        if matches!(command.merges.previous_results.0, 2 | 3 | 7) {
            for before in all.iter_mut().take(place) {
                if before.error == PipelineResultTypes::NONE {
                    before.error = PipelineResultTypes::OUTPUT;
                }
            }
        }
    }
    all
}

fn build(
    commands: &Statement,
    input: Option<Box<dyn Stage>>,
    cx: &mut Context,
    frames: &mut usize,
    redirect: bool,
) -> Result<Box<dyn Stage>, ErrorRecord> {
    let scripts = commands.iter().filter(|command| command.is_script).count();
    if commands.len() > MAX_COMMANDS || scripts > MAX_SCRIPTS {
        return Err(errors::parse_error("Too many commands.", "TooManyCommands"));
    }
    let mut upstream = input;
    for (command, merged) in commands.iter().zip(merges(commands)) {
        let stage: Box<dyn Stage> = if command.is_script {
            if cx.world.no_language {
                return Err(errors::scripts_not_allowed());
            }
            let statements = script::parse(&command.name)?;
            let inner = Script {
                text: command.name.clone(),
                statements: statements.into(),
                current: None,
                input: upstream.take(),
                frames: *frames + 1_000,
                redirect,
            };
            let frame = Frame {
                index: next(frames),
                name: String::new(),
                class: String::new(),
                preferences: cx.preferences,
                merges: merged,
            };
            Box::new(Framed::new(frame, Box::new(inner)))
        } else {
            invoke(
                &command.name,
                &command.arguments,
                merged,
                upstream.take(),
                cx,
                frames,
            )?
        };
        upstream = Some(stage);
    }
    upstream.ok_or_else(|| errors::parse_error("The pipeline has no commands.", "EmptyPipeline"))
}

fn next(frames: &mut usize) -> usize {
    *frames += 1;
    *frames
}

/// A command with its arguments, ready to be pulled.
fn invoke(
    name: &str,
    arguments: &[psbridge_protocol::payload::Argument],
    merges: Merged,
    upstream: Option<Box<dyn Stage>>,
    cx: &mut Context,
    frames: &mut usize,
) -> Result<Box<dyn Stage>, ErrorRecord> {
    let cmdlet = cx
        .world
        .cmdlet(name)
        .ok_or_else(|| errors::command_not_found(name))?;
    let mut frame = Frame {
        index: next(frames),
        name: cmdlet.name.to_owned(),
        class: cmdlet.class.to_owned(),
        preferences: cx.preferences,
        merges,
    };
    let bound = bind::bind(&mut frame, cmdlet.parameters, arguments, upstream.is_some())?;
    let inner: Box<dyn Stage> = match cmdlet.make {
        Make::Stream(make) => make(bound, upstream),
        Make::PerRecord(_) => Box::new(PerRecord::new(cmdlet, bound, upstream)),
    };
    Ok(Box::new(Framed::new(frame, inner)))
}

/// Runs a command once, or once for each object that its pipeline parameter takes.
struct PerRecord {
    cmdlet: &'static Cmdlet,
    bound: Bound,
    source: Option<(Box<dyn Stage>, &'static Parameter)>,
    current: Option<Box<dyn Stage>>,
    done: bool,
}

impl PerRecord {
    fn new(cmdlet: &'static Cmdlet, bound: Bound, upstream: Option<Box<dyn Stage>>) -> Self {
        let parameter = cmdlet
            .parameters
            .iter()
            .find(|p| p.pipeline && !bound.has(p.name));
        Self {
            cmdlet,
            bound,
            source: upstream.zip(parameter),
            current: None,
            done: false,
        }
    }

    fn start(&self, bound: &Bound, cx: &mut Context) -> Result<Option<Box<dyn Stage>>, Halt> {
        match self.cmdlet.make {
            Make::PerRecord(make) => make(bound, cx).map(Some),
            Make::Stream(_) => Ok(None),
        }
    }
}

impl Stage for PerRecord {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        loop {
            if let Some(stage) = &mut self.current {
                match stage.pull(cx)? {
                    Pull::End => self.current = None,
                    other => return Ok(other),
                }
            }
            if self.done {
                return Ok(Pull::End);
            }
            let Some((source, parameter)) = &mut self.source else {
                self.done = true;
                self.current = self.start(&self.bound, cx)?;
                continue;
            };
            let parameter = *parameter;
            match source.pull(cx)? {
                Pull::Item(value) => {
                    let mut bound = self.bound.clone();
                    match bind::convert(cx.frame(), parameter, &value) {
                        Ok(arg) => bound.set(parameter.name, arg),
                        Err(error) => {
                            cx.error(error)?;
                            continue;
                        }
                    }
                    self.current = self.start(&bound, cx)?;
                }
                Pull::End => self.done = true,
                pause @ Pull::Pause(_) => return Ok(pause),
            }
        }
    }
}

/// A script: its statements one after the other.
struct Script {
    text: String,
    statements: VecDeque<script::Statement>,
    current: Option<Box<dyn Stage>>,
    input: Option<Box<dyn Stage>>,
    frames: usize,
    redirect: bool,
}

impl Script {
    fn start(&mut self, statement: script::Statement, cx: &mut Context) -> Result<(), Halt> {
        match statement {
            script::Statement::Throw(text) => Err(Halt::pipeline(errors::thrown(&text, &self.text))),
            script::Statement::Set(variable, value) => {
                let action = Action::of_value(&value).ok_or_else(|| {
                    Halt::statement(errors::parse_error(
                        "The value is not a valid value for the variable.",
                        "ValidateSetFailure",
                    ))
                })?;
                let preferences = &mut cx.preferences;
                match variable {
                    Variable::Error => preferences.error = action,
                    Variable::Warning => preferences.warning = action,
                    Variable::Verbose => preferences.verbose = action,
                    Variable::Debug => preferences.debug = action,
                    Variable::Information => preferences.information = action,
                }
                Ok(())
            }
            script::Statement::Pipeline(elements) => {
                let mut upstream: Option<Box<dyn Stage>> = None;
                for element in elements {
                    upstream = Some(match element {
                        Element::Values(values) => Box::new(Values(values.into())),
                        Element::Range(from, to) => Box::new(Range { next: Some(from), to }),
                        Element::Input => self
                            .input
                            .take()
                            .unwrap_or_else(|| Box::new(Values(VecDeque::new()))),
                        Element::Command { name, arguments } => invoke(
                            &name,
                            &arguments,
                            Merged::default(),
                            upstream.take(),
                            cx,
                            &mut self.frames,
                        )
                        .map_err(Halt::statement)?,
                    });
                }
                self.current = upstream;
                Ok(())
            }
        }
    }
}

impl Stage for Script {
    fn pull(&mut self, cx: &mut Context) -> Result<Pull, Halt> {
        loop {
            let result = match &mut self.current {
                Some(stage) => stage.pull(cx),
                None => match self.statements.pop_front() {
                    None => return Ok(Pull::End),
                    Some(statement) => match self.start(statement, cx) {
                        Ok(()) => continue,
                        Err(halt) => Err(halt),
                    },
                },
            };
            match result {
                Ok(Pull::End) => self.current = None,
                Ok(other) => return Ok(other),
                Err(halt) if halt.whole || !self.redirect => return Err(Halt { whole: true, ..halt }),
                Err(halt) => {
                    cx.record(Record::Error(halt.error));
                    self.current = None;
                }
            }
        }
    }
}

struct Values(VecDeque<Value>);

impl Stage for Values {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.pop_front().map_or(Pull::End, Pull::Item))
    }
}

/// `FROM..TO`, upwards or downwards.
struct Range {
    next: Option<i64>,
    to: i64,
}

impl Stage for Range {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        let Some(n) = self.next else { return Ok(Pull::End) };
        self.next = match n.cmp(&self.to) {
            std::cmp::Ordering::Less => Some(n + 1),
            std::cmp::Ordering::Greater => Some(n - 1),
            std::cmp::Ordering::Equal => None,
        };
        Ok(Pull::Item(i32::try_from(n).map_or(Value::Int64(n), Value::Int32)))
    }
}
