//! The faults of the service, worded as Windows words them.

use psbridge_protocol::wsman::{Error as EnvelopeError, Fault, fault_info};

pub(crate) const OPERATION_TIMED_OUT: u32 = 0x8033_8029;
pub(crate) const UNEXPECTED_SELECTORS: u32 = 0x8033_805B;
const REDIRECT_REQUESTED: u32 = 0x8033_8199;
const INSUFFICIENT_SELECTORS: u32 = 0x8033_805A;
const INVALID_RESOURCE_URI: u32 = 0x8033_803B;
const ACTION_NOT_SUPPORTED: u32 = 0x8033_8001;
const INVALID_HEADER: u32 = 0x8033_800F;
const MUST_UNDERSTAND: u32 = 0x8033_8010;
const LOCALE: u32 = 0x8033_8087;
const ENVELOPE_TOO_LARGE: u32 = 0x8033_8026;
const ENCODING_LIMIT: u32 = 0x8033_8035;
const QUOTA_MAX_SHELLS: u32 = 0x8033_81A5;
const QUOTA_MAX_OPERATIONS: u32 = 0x8033_81A6;
const INVALID_PARAMETER: u32 = 87;
const OPERATION_ABORTED: u32 = 995;
const SHUTDOWN_IN_PROGRESS: u32 = 1115;

/// The PowerShell plugin's own errors.
pub(super) mod plugin {
    pub(in super::super) const MANAGED_EXCEPTION: u32 = 0x8054_0FA0;
    pub(in super::super) const INPUT_STREAM: u32 = 0x8054_0BBE;
    pub(in super::super) const OUTPUT_STREAM: u32 = 0x8054_0BC0;
    pub(in super::super) const ARGUMENT_COUNT: u32 = 0x8054_0BC4;
    pub(in super::super) const VERSION_MISMATCH: u32 = 0x8054_0BC5;
    pub(in super::super) const OPTION: u32 = 0x8054_0BC6;
    pub(in super::super) const NO_VERSION: u32 = 0x8054_0BC7;
}

/// A fault of the PowerShell plugin.
pub(super) fn of_plugin(machine: &str, code: u32, text: &str) -> Fault {
    Fault::windows(code, machine, text)
        .by_provider("microsoft.powershell", "%systemroot%\\system32\\pwrshplugin.dll")
}

/// A fault that a plan orders: worded by the table where it knows the code.
pub(super) fn ordered(code: u32, machine: &str) -> Fault {
    let meaning = fault_info(code).map_or("The fault was ordered.", |info| info.meaning);
    Fault::windows(code, machine, meaning)
}

pub(super) fn elsewhere(machine: &str, location: &str) -> Fault {
    let text = format!(
        "The WinRM service cannot process the request because the request needs to be sent to a different machine. Use \
         the redirect information to send the request to a new machine. Redirect location reported: {location} . To \
         automatically connect to the redirected URI, verify \"MaximumConnectionRedirectionCount\" property of session \
         preference variable \"PSSessionOption\" and use \"AllowRedirection\" parameter on the cmdlet. "
    );
    Fault::windows(REDIRECT_REQUESTED, machine, text)
}

pub(super) fn timed_out(machine: &str) -> Fault {
    Fault::windows(OPERATION_TIMED_OUT, machine, "")
}

pub(super) fn no_shell(machine: &str, id: &str) -> Fault {
    let text = format!(
        "The request for the Windows Remote Shell with ShellId {id} failed because the shell was not found on the \
         server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. \
         Provide the correct ShellId or create a new shell and retry the operation. "
    );
    Fault::windows(UNEXPECTED_SELECTORS, machine, text)
}

pub(super) fn no_command(machine: &str) -> Fault {
    let text = "The Windows Remote Shell received a request to perform an operation on a command identifier that does \
                not exist. Either the command has completed execution or the client specified an invalid command \
                identifier. ";
    Fault::windows(UNEXPECTED_SELECTORS, machine, text)
}

pub(super) fn no_selector(machine: &str) -> Fault {
    let text = "The WS-Management service cannot process the request because the request did not contain all required \
                selectors. The selector ShellId is missing. ";
    Fault::windows(INSUFFICIENT_SELECTORS, machine, text)
}

pub(super) fn unknown_resource(machine: &str, uri: &str) -> Fault {
    let text = format!(
        "The WS-Management service cannot process the request. The service cannot find the resource identified by the \
         resource URI and selectors: {uri}. "
    );
    Fault::windows(INVALID_RESOURCE_URI, machine, text)
}

pub(super) fn unknown_action(machine: &str, action: &str) -> Fault {
    let text = format!(
        "The WS-Management service cannot process the request. The request contained an invalid action URI: {action}. \
         The action is not supported by the service. "
    );
    Fault::windows(ACTION_NOT_SUPPORTED, machine, text)
}

pub(super) fn not_understood(machine: &str, header: &str) -> Fault {
    let text = format!(
        "The WS-Management service cannot process the request. The SOAP header {header} is marked mustUnderstand and is \
         not understood. "
    );
    Fault::windows(MUST_UNDERSTAND, machine, text)
}

pub(super) fn locale(machine: &str) -> Fault {
    let text = "The WS-Management service cannot process the request. The mustUnderstand attribute of the Locale header \
                is not supported. ";
    Fault::windows(LOCALE, machine, text)
}

pub(super) fn too_large(machine: &str, limit: usize) -> Fault {
    let text = format!(
        "The WS-Management service cannot process the request because the SOAP envelope is larger than the maximum \
         allowed size of {limit} bytes. "
    );
    Fault::windows(ENVELOPE_TOO_LARGE, machine, text)
}

/// The client's MaxEnvelopeSize leaves no room for anything.
pub(super) fn no_room(machine: &str) -> Fault {
    let text = "The WS-Management service cannot process the request because the answer does not fit into the \
                MaxEnvelopeSize of the request. ";
    Fault::windows(ENCODING_LIMIT, machine, text)
}

pub(super) fn too_many_shells(machine: &str, limit: usize) -> Fault {
    let text = format!(
        "The WS-Management service cannot process the request. This user is allowed a maximum number of {limit} \
         concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. "
    );
    Fault::windows(QUOTA_MAX_SHELLS, machine, text)
}

pub(super) fn too_many_operations(machine: &str) -> Fault {
    let text = "The WS-Management service cannot process the request. The maximum number of concurrent operations for \
                this user has been exceeded. Close existing operations for this user, or raise the quota for this user. ";
    Fault::windows(QUOTA_MAX_OPERATIONS, machine, text)
}

pub(super) fn aborted(machine: &str) -> Fault {
    let text =
        "The I/O operation has been aborted because of either a thread exit or an application request. ";
    Fault::windows(OPERATION_ABORTED, machine, text)
}

pub(super) fn shutting_down(machine: &str) -> Fault {
    Fault::windows(
        SHUTDOWN_IN_PROGRESS,
        machine,
        "A system shutdown is in progress. ",
    )
}

pub(super) fn bad_parameter(machine: &str) -> Fault {
    Fault::windows(INVALID_PARAMETER, machine, "The parameter is incorrect. ")
        .by_provider("microsoft.powershell", "%systemroot%\\system32\\pwrshplugin.dll")
}

pub(super) fn not_soap(machine: &str) -> Fault {
    let text = "The WS-Management service cannot process the request because the XML is invalid. ";
    Fault::windows(INVALID_HEADER, machine, text)
}

/// What is wrong with an envelope.
pub(super) fn of_envelope(machine: &str, error: &EnvelopeError) -> Fault {
    match error {
        EnvelopeError::Header {
            header: "OperationTimeout",
            value,
            ..
        } => {
            let text = format!(
                "The WS-Management service cannot process the request. The XML contains an invalid timeout field in the \
                 SOAP header: {value}. "
            );
            Fault::windows(INVALID_HEADER, machine, text)
        }
        EnvelopeError::Header { header, value, .. } => {
            let text = format!(
                "The WS-Management service cannot process the request. The SOAP header {header} is invalid: {value}. "
            );
            Fault::windows(INVALID_HEADER, machine, text)
        }
        EnvelopeError::Data(_) => bad_parameter(machine),
        _ => not_soap(machine),
    }
}
