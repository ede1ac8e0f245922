use psbridge_clixml::{Object, Value};

use super::PayloadError;
use super::bag::{Bag, opt};
use super::enums::ps_enum;
use super::metadata::CommandTypes;

ps_enum! {
    /// Where a command comes from.
    CommandOrigin: "System.Management.Automation.CommandOrigin" {
        /// Typed or sent by the user.
        Runspace = 0,
        /// Called by another command.
        Internal = 1,
    }
}

/// Where and how a command was called (protocol.md 5.6, MS-PSRP 2.2.3.15.1).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InvocationInfo {
    /// A dictionary, or a reference to one.
    pub bound_parameters: Value,
    /// 0 the runspace, 1 internal.
    pub command_origin: i32,
    /// The command takes input.
    pub expecting_input: bool,
    /// Name under which the command was called.
    pub invocation_name: String,
    /// Text of the line.
    pub line: String,
    /// Column in it.
    pub offset_in_line: i32,
    /// Number in the history.
    pub history_id: i64,
    /// How many objects each command of the pipeline has handled.
    pub pipeline_iteration_info: Vec<i32>,
    /// Commands in the pipeline.
    pub pipeline_length: i32,
    /// Place in it.
    pub pipeline_position: i32,
    /// Folder of the script.
    pub ps_script_root: String,
    /// Path of the script.
    pub ps_command_path: Option<String>,
    /// Line and place as PowerShell prints them.
    pub position_message: String,
    /// Number of the line.
    pub script_line_number: i32,
    /// The script.
    pub script_name: String,
    /// A list, or a reference to one.
    pub unbound_arguments: Value,
    /// The piece of script, when it is known.
    pub extent: Option<ScriptExtent>,
    /// The command, when it is known.
    pub command: Option<CommandInfo>,
}

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScriptExtent {
    /// The file.
    pub file: Option<String>,
    /// First line.
    pub start_line: i32,
    /// First column.
    pub start_column: i32,
    /// Last line.
    pub end_line: i32,
    /// Column after the end.
    pub end_column: i32,
}

/// A command as records describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandInfo {
    /// Kind.
    pub command_type: CommandTypes,
    /// Definition; the whole text of a script.
    pub definition: String,
    /// Name.
    pub name: String,
    /// 0 public, 1 private.
    pub visibility: i32,
}

impl InvocationInfo {
    pub(super) fn read(bag: &Bag<'_>) -> Result<Self, PayloadError> {
        let text = |property| bag.opt_text(property).unwrap_or_default();
        let number = |property| bag.opt_i32(property).map(Option::unwrap_or_default);
        let enumeration = |property, names: fn(&str) -> Option<i32>| match bag.get(property) {
            Some(_) => bag.enumeration(property, names),
            None => Ok(0),
        };
        let extent = if bag.bool_or("SerializeExtent", false)? {
            Some(ScriptExtent {
                file: bag.opt_text("ScriptExtent_File"),
                start_line: number("ScriptExtent_StartLineNumber")?,
                start_column: number("ScriptExtent_StartColumnNumber")?,
                end_line: number("ScriptExtent_EndLineNumber")?,
                end_column: number("ScriptExtent_EndColumnNumber")?,
            })
        } else {
            None
        };
        let command = match bag.get("CommandInfo_CommandType") {
            Some(_) => Some(CommandInfo {
                command_type: CommandTypes(
                    bag.enumeration("CommandInfo_CommandType", CommandTypes::number_of)?,
                ),
                definition: text("CommandInfo_Definition"),
                name: text("CommandInfo_Name"),
                visibility: enumeration("CommandInfo_Visibility", visibility)?,
            }),
            None => None,
        };
        Ok(Self {
            bound_parameters: bag.value("InvocationInfo_BoundParameters"),
            command_origin: enumeration("InvocationInfo_CommandOrigin", CommandOrigin::number_of)?,
            expecting_input: bag.bool_or("InvocationInfo_ExpectingInput", false)?,
            invocation_name: text("InvocationInfo_InvocationName"),
            line: text("InvocationInfo_Line"),
            offset_in_line: number("InvocationInfo_OffsetInLine")?,
            history_id: bag.opt_i64("InvocationInfo_HistoryId")?.unwrap_or_default(),
            pipeline_iteration_info: bag.numbers("InvocationInfo_PipelineIterationInfo"),
            pipeline_length: number("InvocationInfo_PipelineLength")?,
            pipeline_position: number("InvocationInfo_PipelinePosition")?,
            ps_script_root: text("InvocationInfo_PSScriptRoot"),
            ps_command_path: bag.opt_text("InvocationInfo_PSCommandPath"),
            position_message: text("InvocationInfo_PositionMessage"),
            script_line_number: number("InvocationInfo_ScriptLineNumber")?,
            script_name: text("InvocationInfo_ScriptName"),
            unbound_arguments: bag.value("InvocationInfo_UnboundArguments"),
            extent,
            command,
        })
    }

    pub(super) fn write(&self, bag: Object) -> Object {
        let origin = CommandOrigin::from_number(self.command_origin).unwrap_or(CommandOrigin::Runspace);
        let mut bag = bag
            .extended("InvocationInfo_BoundParameters", self.bound_parameters.clone())
            .extended("InvocationInfo_CommandOrigin", origin.to_value())
            .extended("InvocationInfo_ExpectingInput", self.expecting_input)
            .extended("InvocationInfo_InvocationName", self.invocation_name.as_str())
            .extended("InvocationInfo_Line", self.line.as_str())
            .extended("InvocationInfo_OffsetInLine", self.offset_in_line)
            .extended("InvocationInfo_HistoryId", self.history_id)
            .extended(
                "InvocationInfo_PipelineIterationInfo",
                int_array(&self.pipeline_iteration_info),
            )
            .extended("InvocationInfo_PipelineLength", self.pipeline_length)
            .extended("InvocationInfo_PipelinePosition", self.pipeline_position)
            .extended("InvocationInfo_PSScriptRoot", self.ps_script_root.as_str())
            .extended(
                "InvocationInfo_PSCommandPath",
                opt(self.ps_command_path.as_deref()),
            )
            .extended("InvocationInfo_PositionMessage", self.position_message.as_str())
            .extended("InvocationInfo_ScriptLineNumber", self.script_line_number)
            .extended("InvocationInfo_ScriptName", self.script_name.as_str())
            .extended("InvocationInfo_UnboundArguments", self.unbound_arguments.clone())
            .extended("SerializeExtent", self.extent.is_some());
        if let Some(extent) = &self.extent {
            bag = bag
                .extended("ScriptExtent_File", opt(extent.file.as_deref()))
                .extended("ScriptExtent_StartLineNumber", extent.start_line)
                .extended("ScriptExtent_StartColumnNumber", extent.start_column)
                .extended("ScriptExtent_EndLineNumber", extent.end_line)
                .extended("ScriptExtent_EndColumnNumber", extent.end_column);
        }
        if let Some(command) = &self.command {
            let names = ["Public", "Private"];
            let name = usize::try_from(command.visibility)
                .ok()
                .and_then(|index| names.get(index));
            let visibility = Value::enumeration(
                "System.Management.Automation.SessionStateEntryVisibility",
                name.unwrap_or(&"Public"),
                command.visibility,
            );
            bag = bag
                .extended("CommandInfo_CommandType", command.command_type.to_value())
                .extended("CommandInfo_Definition", command.definition.as_str())
                .extended("CommandInfo_Name", command.name.as_str())
                .extended("CommandInfo_Visibility", visibility);
        }
        bag
    }

    /// `PipelineIterationInfo` of a record, which has another type than that of the invocation.
    pub(super) fn iteration_list(counts: &[i32]) -> Object {
        let names = [
            "System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Int32, mscorlib, Version=4.0.0.0, \
             Culture=neutral, PublicKeyToken=b77a5c561934e089]]",
            "System.Object",
        ];
        Object::list(names, counts.iter().copied())
    }
}

fn int_array(counts: &[i32]) -> Object {
    Object::list(
        ["System.Int32[]", "System.Array", "System.Object"],
        counts.iter().copied(),
    )
}

fn visibility(name: &str) -> Option<i32> {
    match name {
        "Public" => Some(0),
        "Private" => Some(1),
        _ => None,
    }
}
