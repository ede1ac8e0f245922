//! Create, Command, Send, Receive, Signal, Delete.

use std::sync::Arc;
use std::time::Duration;

use psbridge_protocol::server::Lane;
use psbridge_protocol::wsman::{
    CommandRequest, CommandState, CommandStateKind, CreateResponse, Fault, ReceiveResponse, Request,
    RequestBody, RequestHeader, ResponseBody, ShellRequest, SignalCode, StreamData, StreamText, id_text, ns,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::faults::{self, plugin};
use super::{Caller, Parsed, Reply, Service};
use crate::engine::Configuration;
use crate::http::{Receipt, stopped};
use crate::psrp::{Command, NoAnswer, Opening, Shell, ShellError, State, Taken};

/// What clients get that do not say how long they wait.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);
/// What clients take that do not say how much: 150 KiB.
const DEFAULT_ENVELOPE: usize = 153_600;
/// How long a session of Exchange lives unused, where its client does not say.
const EXCHANGE_IDLE: Duration = Duration::from_mins(15);
/// Windows' bounds of IdleTimeOut.
const MIN_IDLE: Duration = Duration::from_mins(1);
const MAX_IDLE: Duration = Duration::from_millis(2_147_483_647_000);

/// What a Receive takes from.
#[derive(Clone)]
enum Target {
    Pool(Arc<Shell>),
    Command(Arc<Command>),
}

/// Tells a target that its answer did not arrive.
struct Delivery {
    target: Target,
    message_id: String,
}

impl Receipt for Delivery {
    fn delivered(self: Box<Self>) {}

    fn lost(self: Box<Self>) {
        match &self.target {
            Target::Pool(shell) => shell.lost(&self.message_id),
            Target::Command(command) => command.lost(&self.message_id),
        }
    }
}

type Answered = Result<Reply, Box<Fault>>;

impl Service {
    /// Performs a request and waits for what it waits for.
    pub(crate) async fn perform(&self, caller: &Caller, parsed: Parsed) -> Reply {
        let request = match parsed.0 {
            Ok(request) => *request,
            Err(refusal) => return Reply::fault(*refusal.fault, refusal.relates_to),
        };
        let relates_to = Some(request.header.message_id.clone());
        let shell = request.header.shell_id().map(str::to_owned);
        let mut reply = match self.answer(caller, request).await {
            Ok(reply) => reply,
            Err(fault) => Reply::fault(*fault, relates_to),
        };
        reply.shell = reply.shell.or(shell);
        reply
    }

    async fn answer(&self, caller: &Caller, request: Request) -> Answered {
        let Request { header, body, .. } = request;
        let id = Some(header.message_id.clone());
        let machine = caller.machine.as_str();
        match body {
            RequestBody::Identify => {
                let xml = super::identity(true);
                Ok(Reply {
                    xml,
                    fault: None,
                    shell: None,
                    command: None,
                    receipt: None,
                })
            }
            RequestBody::Create(shell) => self.create(caller, &header, shell),
            RequestBody::Command(command) => {
                let shell = self.selected(caller, &header)?;
                let _in_use = shell.use_now();
                let command_id = start(machine, &shell, &command)?;
                let mut reply = Reply::new(
                    ResponseBody::Command {
                        command_id: command_id.clone(),
                    },
                    id,
                );
                reply.command = Some(command_id);
                Ok(reply)
            }
            RequestBody::Send(streams) => {
                let shell = self.selected(caller, &header)?;
                let _in_use = shell.use_now();
                for stream in &streams {
                    send(machine, &shell, stream)?;
                }
                let mut reply = Reply::new(ResponseBody::Send, id);
                reply.command = streams.into_iter().find_map(|stream| stream.command_id);
                Ok(reply)
            }
            RequestBody::Receive { command_id, streams } => {
                let shell = self.selected(caller, &header)?;
                let _in_use = shell.use_now();
                if streams.trim() != "stdout" {
                    let text = "The PowerShell plugin has only the output stream stdout. ";
                    return Err(Box::new(faults::of_plugin(machine, plugin::OUTPUT_STREAM, text)));
                }
                let target = match &command_id {
                    None => Target::Pool(shell),
                    Some(id) => Target::Command(
                        shell
                            .command(id)
                            .ok_or_else(|| Box::new(faults::no_command(machine)))?,
                    ),
                };
                let mut reply = self.receive(machine, &header, target).await?;
                reply.command = command_id;
                Ok(reply)
            }
            RequestBody::Signal { command_id, code } => {
                let shell = self.selected(caller, &header)?;
                let _in_use = shell.use_now();
                if let Some(id) = &command_id {
                    signal(machine, &shell, id, &code)?;
                }
                let mut reply = Reply::new(ResponseBody::Signal, id);
                reply.command = command_id;
                Ok(reply)
            }
            RequestBody::Delete => {
                let shell = self.selected(caller, &header)?;
                self.shells().remove(&shell.id);
                shell.close();
                Ok(Reply::new(ResponseBody::Delete, id))
            }
            other => Err(Box::new(faults::unknown_action(machine, other.action()))),
        }
    }

    /// The shell that the request selects.
    fn selected(&self, caller: &Caller, header: &RequestHeader) -> Result<Arc<Shell>, Box<Fault>> {
        let machine = caller.machine.as_str();
        let id = header
            .shell_id()
            .ok_or_else(|| Box::new(faults::no_selector(machine)))?;
        let shell = self
            .shell(caller, id)
            .ok_or_else(|| Box::new(faults::no_shell(machine, id)))?;
        if !shell.resource_uri.eq_ignore_ascii_case(&header.resource_uri) {
            return Err(Box::new(faults::unknown_resource(machine, &header.resource_uri)));
        }
        Ok(shell)
    }

    fn create(&self, caller: &Caller, header: &RequestHeader, request: ShellRequest) -> Answered {
        let machine = caller.machine.as_str();
        let configuration = caller.endpoint.configuration().filter(|configuration| {
            let name = match configuration {
                Configuration::PowerShell => "Microsoft.PowerShell",
                Configuration::Exchange => "Microsoft.Exchange",
            };
            header
                .resource_uri
                .strip_prefix(ns::RESOURCE_PREFIX)
                .is_some_and(|own| own.eq_ignore_ascii_case(name))
        });
        let Some(configuration) = configuration else {
            return Err(Box::new(faults::unknown_resource(machine, &header.resource_uri)));
        };
        check_options(machine, header)?;
        let default = match configuration {
            Configuration::PowerShell => self.limits.idle_timeout,
            Configuration::Exchange => self.limits.idle_timeout.min(EXCHANGE_IDLE),
        };
        let idle_timeout = request.idle_timeout.unwrap_or(default);
        if request.idle_timeout.is_some() && !(MIN_IDLE..=MAX_IDLE).contains(&idle_timeout) {
            return Err(Box::new(faults::bad_parameter(machine)));
        }
        let Some(creation) = request.creation_xml else {
            let text = "The PowerShell plugin got no creationXml to open a session with. ";
            return Err(Box::new(faults::of_plugin(
                machine,
                plugin::MANAGED_EXCEPTION,
                text,
            )));
        };
        let wished = request
            .shell_id
            .as_deref()
            .and_then(|id| Uuid::try_parse(id).ok());
        let id = id_text(wished.unwrap_or_else(Uuid::new_v4));
        let mut shells = self.shells();
        if shells.contains_key(&id) {
            return Err(Box::new(faults::bad_parameter(machine)));
        }
        let own = shells.values().filter(|shell| shell.owner == caller.user).count();
        if own >= self.limits.max_shells_per_user {
            return Err(Box::new(faults::too_many_shells(
                machine,
                self.limits.max_shells_per_user,
            )));
        }
        let language = |text: &Option<String>| text.clone().unwrap_or_else(|| "en-US".to_owned());
        let opening = Opening {
            id: id.clone(),
            owner: caller.user.clone(),
            client: caller.peer,
            resource_uri: header.resource_uri.clone(),
            idle_timeout,
            locale: language(&header.locale),
            data_locale: language(&header.data_locale),
            world: self.world(configuration, &caller.user),
            limits: self.limits,
            counters: Arc::clone(&self.counters),
        };
        let shell = Shell::open(opening, self.ids.clone(), &creation).map_err(|error| {
            Box::new(faults::of_plugin(
                machine,
                plugin::MANAGED_EXCEPTION,
                &format!("{error}. "),
            ))
        })?;
        shells.insert(id.clone(), Arc::clone(&shell));
        drop(shells);
        let created = CreateResponse {
            address: caller.url.clone(),
            resource_uri: header.resource_uri.clone(),
            selectors: vec![("ShellId".to_owned(), id.clone())],
            shell: Some(shell.description()),
        };
        let mut reply = Reply::new(ResponseBody::Create(created), Some(header.message_id.clone()));
        reply.shell = Some(id);
        Ok(reply)
    }

    /// Holds a Receive until there is something to say.
    async fn receive(&self, machine: &str, header: &RequestHeader, target: Target) -> Answered {
        let timeout = header
            .operation_timeout
            .unwrap_or(DEFAULT_TIMEOUT)
            .min(self.limits.max_operation_timeout);
        let deadline = Instant::now() + timeout;
        let size = header
            .max_envelope_size
            .and_then(|size| usize::try_from(size).ok())
            .unwrap_or(DEFAULT_ENVELOPE);
        let size = size.min(self.limits.max_envelope_size);
        let mut stop = self.stop.clone();
        loop {
            let output = match &target {
                Target::Pool(shell) => &shell.output,
                Target::Command(command) => &command.output,
            };
            let notified = output.notified();
            tokio::pin!(notified);
            // From here on nothing is missed.
            notified.as_mut().enable();
            let taken = match &target {
                Target::Pool(shell) => shell.take(&header.message_id, size),
                Target::Command(command) => command.take(&header.message_id, size),
            };
            match taken {
                Ok(Some(taken)) => return Ok(received(header, &target, taken)),
                Ok(None) => {}
                Err(NoAnswer::NoRoom) => return Err(Box::new(faults::no_room(machine))),
                Err(NoAnswer::Closed) => return Err(Box::new(faults::aborted(machine))),
                Err(NoAnswer::Done) => return Err(Box::new(faults::no_command(machine))),
            }
            tokio::select! {
                () = notified => {}
                () = tokio::time::sleep_until(deadline) => return Err(Box::new(faults::timed_out(machine))),
                () = stopped(&mut stop) => return Err(Box::new(faults::shutting_down(machine))),
            }
        }
    }
}

/// An answer to Receive with what was taken.
fn received(header: &RequestHeader, target: &Target, taken: Taken) -> Reply {
    let command_id = match target {
        Target::Pool(_) => None,
        Target::Command(command) => Some(command.id.clone()),
    };
    let streams = taken
        .fragments
        .iter()
        .map(|bytes| StreamText::encode("stdout", command_id.clone(), bytes))
        .collect();
    let command_state = taken.state.map(|state| CommandState {
        command_id: command_id.clone(),
        state: match state {
            State::Done => CommandStateKind::Done,
            State::Pending => CommandStateKind::Pending,
        },
        exit_code: (state == State::Done).then(|| "0".to_owned()),
    });
    let body = ResponseBody::Receive(ReceiveResponse {
        streams,
        command_state,
    });
    let mut reply = Reply::new(body, Some(header.message_id.clone()));
    reply.receipt = Some(Box::new(Delivery {
        target: target.clone(),
        message_id: header.message_id.clone(),
    }));
    reply
}

/// The options that the PowerShell plugin looks at.
fn check_options(machine: &str, header: &RequestHeader) -> Result<(), Box<Fault>> {
    let unknown = header.options.iter().find(|option| {
        option.must_comply
            && option
                .name
                .get(..3)
                .is_some_and(|p| p.eq_ignore_ascii_case("PS_"))
    });
    if let Some(option) = unknown {
        let text = format!(
            "The PowerShell plugin does not understand the option {}. ",
            option.name
        );
        return Err(Box::new(faults::of_plugin(machine, plugin::OPTION, &text)));
    }
    let Some(version) = header.option("protocolversion") else {
        let text = "The PowerShell plugin needs the option protocolversion. ";
        return Err(Box::new(faults::of_plugin(machine, plugin::NO_VERSION, text)));
    };
    let major = version
        .trim()
        .split_once('.')
        .filter(|(_, minor)| minor.parse::<u32>().is_ok());
    if major.is_none_or(|(major, _)| major != "2") {
        let text = format!("The PowerShell plugin does not speak version {version} of the protocol. ");
        return Err(Box::new(faults::of_plugin(
            machine,
            plugin::VERSION_MISMATCH,
            &text,
        )));
    }
    Ok(())
}

/// Starts a command; gives its id.
fn start(machine: &str, shell: &Arc<Shell>, request: &CommandRequest) -> Result<String, Box<Fault>> {
    let [_] = request.arguments.as_slice() else {
        let text = "The PowerShell plugin takes exactly one argument. ";
        return Err(Box::new(faults::of_plugin(machine, plugin::ARGUMENT_COUNT, text)));
    };
    let bytes = request
        .fragment()
        .map_err(|_| Box::new(faults::bad_parameter(machine)))?;
    let wished = request
        .command_id
        .as_deref()
        .and_then(|id| Uuid::try_parse(id).ok());
    let pid = wished.unwrap_or_else(Uuid::new_v4);
    let id = id_text(pid);
    match shell.start(id.clone(), pid, &bytes) {
        Ok(_) => Ok(id),
        Err(ShellError::TooManyCommands) => Err(Box::new(faults::too_many_operations(machine))),
        Err(ShellError::CommandExists) => Err(Box::new(faults::bad_parameter(machine))),
        Err(error) => Err(Box::new(faults::of_plugin(
            machine,
            plugin::MANAGED_EXCEPTION,
            &format!("{error}. "),
        ))),
    }
}

fn send(machine: &str, shell: &Arc<Shell>, stream: &StreamData) -> Result<(), Box<Fault>> {
    let lane = match stream.name.as_str() {
        "stdin" => Lane::Input,
        "pr" => Lane::PromptResponse,
        _ => {
            let text = "The PowerShell plugin has only the input streams stdin and pr. ";
            return Err(Box::new(faults::of_plugin(machine, plugin::INPUT_STREAM, text)));
        }
    };
    let sent = match &stream.command_id {
        None => shell.receive(lane, &stream.data),
        Some(id) => {
            let command = shell
                .command(id)
                .ok_or_else(|| Box::new(faults::no_command(machine)))?;
            command.receive(shell, lane, &stream.data).map_err(Into::into)
        }
    };
    sent.map_err(|error| {
        Box::new(faults::of_plugin(
            machine,
            plugin::MANAGED_EXCEPTION,
            &format!("{error}. "),
        ))
    })
}

fn signal(machine: &str, shell: &Arc<Shell>, id: &str, code: &SignalCode) -> Result<(), Box<Fault>> {
    match code {
        SignalCode::Stop => {
            shell
                .command(id)
                .ok_or_else(|| Box::new(faults::no_command(machine)))?
                .stop();
            Ok(())
        }
        // Whatever else it says, the command is closed.
        SignalCode::Terminate | SignalCode::Other(_) if shell.free(id) => Ok(()),
        SignalCode::Terminate | SignalCode::Other(_) => Err(Box::new(faults::no_command(machine))),
    }
}
