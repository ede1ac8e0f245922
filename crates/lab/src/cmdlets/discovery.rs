//! Get-Command, and the metadata that implicit remoting asks for.

use std::collections::VecDeque;

use psbridge_clixml::{Object, Value, Version};
use psbridge_protocol::payload::{CommandCount, CommandTypes, ErrorCategory, GetCommandMetadata, Payload};

use super::{Cmdlet, Make};
use crate::directory::filter::wildcard;
use crate::engine::bind::{Bound, Kind, Parameter, common};
use crate::engine::errors;
use crate::engine::{Context, Halt, Pull, Stage, World};

const SELECTED: [&str; 3] = [
    "Selected.System.Management.Automation.CmdletInfo",
    "System.Management.Automation.PSCustomObject",
    "System.Object",
];

pub(super) const CMDLETS: &[Cmdlet] = &[Cmdlet {
    name: "Get-Command",
    class: "Microsoft.PowerShell.Commands.GetCommandCommand",
    module: "Microsoft.PowerShell.Core",
    parameters: &[
        Parameter::texts("Name", "System.String[]").at(0).piped(),
        Parameter::texts("Verb", "System.String[]"),
        Parameter::texts("Noun", "System.String[]"),
        Parameter::texts("Module", "System.String[]").or(&["PSSnapin"]),
        Parameter::new(
            "CommandType",
            "System.Management.Automation.CommandTypes",
            Kind::Any,
        )
        .or(&["Type"]),
        Parameter::int("TotalCount"),
        Parameter::switch("Syntax"),
        Parameter::any("ArgumentList").or(&["Args"]),
        Parameter::switch("All"),
        Parameter::switch("ListImported"),
    ],
    output: &["System.Management.Automation.CommandInfo"],
    make: Make::PerRecord(get_command),
}];

struct Commands(VecDeque<Value>);

impl Stage for Commands {
    fn pull(&mut self, _: &mut Context) -> Result<Pull, Halt> {
        Ok(self.0.pop_front().map_or(Pull::End, Pull::Item))
    }
}

fn fits(patterns: Option<&[String]>, text: &str) -> bool {
    patterns.is_none_or(|patterns| {
        patterns
            .iter()
            .any(|p| wildcard(&p.to_lowercase(), &text.to_lowercase()))
    })
}

fn get_command(bound: &Bound, cx: &mut Context) -> Result<Box<dyn Stage>, Halt> {
    let names = bound.texts("Name");
    let world = std::sync::Arc::clone(&cx.world);
    for name in names.unwrap_or_default() {
        if !name.contains('*') && world.cmdlet(name).is_none() {
            let frame = cx.frame().clone();
            let mut error = errors::command_not_found(name);
            error.fully_qualified_error_id = format!("CommandNotFoundException,{}", frame.class);
            error.category = ErrorCategory::OBJECT_NOT_FOUND;
            cx.error(error.about(&frame.name, name.as_str().into(), name, "String"))?;
        }
    }
    let (verbs, nouns, modules) = (bound.texts("Verb"), bound.texts("Noun"), bound.texts("Module"));
    let count = bound
        .int("TotalCount")
        .map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
    let found = world
        .cmdlets
        .iter()
        .filter(|cmdlet| {
            let (verb, noun) = cmdlet.name.split_once('-').unwrap_or((cmdlet.name, ""));
            fits(names, cmdlet.name) && fits(verbs, verb) && fits(nouns, noun) && fits(modules, cmdlet.module)
        })
        .take(count)
        .map(|cmdlet| {
            if bound.is_on("Syntax") {
                syntax(cmdlet).into()
            } else {
                info(cmdlet)
            }
        })
        .collect();
    Ok(Box::new(Commands(found)))
}

/// `Get-User [[-Identity] <UserIdParameter>] …`
fn syntax(cmdlet: &Cmdlet) -> String {
    let mut text = format!("\r\n{}", cmdlet.name);
    for parameter in cmdlet.parameters {
        let mut one = format!("-{}", parameter.name);
        if parameter.position.is_some() {
            one = format!("[{one}]");
        }
        if parameter.kind != Kind::Switch {
            let short = parameter
                .type_name
                .rsplit('.')
                .next()
                .unwrap_or(parameter.type_name);
            one = format!("{one} <{short}>");
        }
        text.push_str(&if parameter.mandatory {
            format!(" {one}")
        } else {
            format!(" [{one}]")
        });
    }
    text.push_str(" [<CommonParameters>]\r\n");
    text
}

fn output_types(cmdlet: &Cmdlet) -> Object {
    let list = "System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Management.Automation.PSTypeName, \
                System.Management.Automation, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]";
    Object::list([list, "System.Object"], cmdlet.output.iter().copied())
}

fn parameters(cmdlet: &Cmdlet) -> Object {
    let dictionary = "System.Collections.Generic.Dictionary`2[[System.String, mscorlib, Version=4.0.0.0, \
                      Culture=neutral, PublicKeyToken=b77a5c561934e089],[System.Management.Automation.\
                      ParameterMetadata, System.Management.Automation, Version=3.0.0.0, Culture=neutral, \
                      PublicKeyToken=31bf3856ad364e35]]";
    let aliases = "System.Collections.ObjectModel.Collection`1[[System.String, mscorlib, Version=4.0.0.0, \
                   Culture=neutral, PublicKeyToken=b77a5c561934e089]]";
    let name = "System.Management.Automation.ParameterMetadata";
    let entries = cmdlet.parameters.iter().chain(common()).map(|parameter| {
        let metadata = Object::typed([name, "System.Object"])
            .with_to_string(name)
            .adapted("Name", parameter.name)
            .adapted("ParameterType", parameter.type_name)
            .adapted(
                "Aliases",
                Object::list([aliases, "System.Object"], parameter.aliases.iter().copied()),
            )
            .adapted("IsDynamic", false)
            .adapted("SwitchParameter", parameter.kind == Kind::Switch);
        (parameter.name, metadata)
    });
    Object::dictionary([dictionary, "System.Object"], entries)
}

/// A `CmdletInfo` as Get-Command gives it: what is deeper than one level comes as text.
fn info(cmdlet: &Cmdlet) -> Value {
    let (verb, noun) = cmdlet.name.split_once('-').unwrap_or((cmdlet.name, ""));
    let enumeration = |short: &str, text: &str, number: i32| {
        Value::enumeration(&format!("System.Management.Automation.{short}"), text, number)
    };
    Object::typed([
        "System.Management.Automation.CmdletInfo",
        "System.Management.Automation.CommandInfo",
        "System.Object",
    ])
    .with_to_string(cmdlet.name)
    .adapted("DLL", "")
    .adapted("Verb", verb)
    .adapted("Noun", noun)
    .adapted("HelpFile", format!("{}.dll-Help.xml", cmdlet.module))
    .adapted("PSSnapIn", Value::Nil)
    .adapted("Version", Version::full(3, 1, 0, 0))
    .adapted("ImplementingType", cmdlet.class)
    .adapted("Definition", syntax(cmdlet))
    .adapted("DefaultParameterSet", "Identity")
    .adapted("OutputType", output_types(cmdlet))
    .adapted("Options", enumeration("ScopedItemOptions", "ReadOnly", 2))
    .adapted("Name", cmdlet.name)
    .adapted("CommandType", CommandTypes::CMDLET.to_value())
    .adapted("Source", cmdlet.module)
    .adapted(
        "Visibility",
        enumeration("SessionStateEntryVisibility", "Public", 0),
    )
    .adapted("ModuleName", cmdlet.module)
    .adapted("Module", Value::Nil)
    .adapted(
        "RemotingCapability",
        enumeration("RemotingCapability", "PowerShell", 1),
    )
    .adapted("Parameters", parameters(cmdlet))
    .extended("HelpUri", "")
    .extended("Namespace", cmdlet.module)
    .into()
}

/// The output of GET_COMMAND_METADATA: the count, then one object for each command.
pub(crate) fn metadata(world: &World, request: &GetCommandMetadata) -> VecDeque<Value> {
    let list = |texts: &[String]| (!texts.is_empty()).then(|| texts.to_vec());
    let (names, modules) = (list(&request.names), list(&request.namespaces));
    let wanted = request.command_types.contains(CommandTypes::CMDLET);
    let found: Vec<Value> = world
        .cmdlets
        .iter()
        .filter(|c| wanted && fits(names.as_deref(), c.name) && fits(modules.as_deref(), c.module))
        .map(|cmdlet| {
            Object::typed(SELECTED)
                .extended("Name", cmdlet.name)
                .extended("Namespace", cmdlet.module)
                .extended("HelpUri", "")
                .extended("CommandType", CommandTypes::CMDLET.to_value())
                .extended("ResolvedCommandName", Value::Nil)
                .extended("OutputType", output_types(cmdlet))
                .extended("Parameters", parameters(cmdlet))
                .into()
        })
        .collect();
    let count = CommandCount(i32::try_from(found.len()).unwrap_or(i32::MAX)).to_value();
    std::iter::once(count).chain(found).collect()
}
