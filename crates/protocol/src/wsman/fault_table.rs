//! The fault codes of WinRM and its PowerShell plugin as data (protocol.md 1.4).

/// What a client may do about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultAction {
    /// Nothing was there to receive: ask again at once. For any other operation the outcome is unknown.
    ReceiveAgain,
    /// The shell or the command is gone: a pool breaks, a pipeline ends; nothing to do when closing.
    Gone,
    /// Opening the shell may be tried again, a few times.
    RetryCreate,
    /// A quota or a passing shortage: wait, then try again.
    RetryLater,
    /// The request is too large: send less at once.
    Shrink,
    /// The shell is lost; open a new one.
    ShellLost,
    /// The command has ended.
    CommandEnded,
    /// The shell was disconnected while the request waited.
    Disconnected,
    /// The connection is lost; the shell may live on.
    ConnectionLost,
    /// The endpoint is elsewhere.
    Redirect,
    /// The request itself is wrong; trying again cannot help.
    ClientError,
    /// Someone has to change something first.
    Fatal,
}

/// How Windows words a fault in its envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FaultForm {
    /// `s:Sender`, `s:Receiver`, `s:MustUnderstand`.
    pub(super) code: &'static str,
    /// As `w:TimedOut`; empty where Windows sends none.
    pub(super) subcode: &'static str,
    /// Last segment of the URI in `w:FaultDetail`.
    pub(super) detail: Option<&'static str>,
    /// `s:Reason`, with Windows' blank at the end.
    pub(super) reason: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultInfo {
    /// `@Code` of the WSManFault.
    pub code: u32,
    /// Symbolic name.
    pub name: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What the client may do by itself.
    pub action: FaultAction,
    /// What a person may do.
    pub advice: &'static str,
}

/// The row of a code.
pub fn fault_info(code: u32) -> Option<&'static FaultInfo> {
    FAULTS
        .binary_search_by_key(&code, |info| info.code)
        .ok()
        .and_then(|row| FAULTS.get(row))
}

/// How Windows words the fault; for codes without a form of their own that of an internal error.
pub(super) fn fault_form(code: u32) -> FaultForm {
    const SELECTORS: &str = "The WS-Management service cannot process the request because the request contained \
                             invalid selectors for the resource. ";
    const QUOTA: &str = "The WS-Management service cannot process the request. The service is configured with a \
                         quota that the request exceeds. ";
    const LIMIT: &str =
        "The WS-Management service cannot process the request because it exceeds an encoding limit. ";
    let form = |code, subcode, detail, reason| FaultForm {
        code,
        subcode,
        detail,
        reason,
    };
    match code {
        5 | 0x8007_0005 => form("s:Sender", "w:AccessDenied", None, "Access is denied. "),
        87 => form(
            "s:Sender",
            "w:InvalidParameter",
            Some("InvalidValue"),
            "The parameter is incorrect. ",
        ),
        0x8033_8001 => form(
            "s:Sender",
            "a:ActionNotSupported",
            Some("ActionMismatch"),
            "The action is not supported by the service. ",
        ),
        0x8033_8002 | 0x8033_803B => form(
            "s:Sender",
            "a:DestinationUnreachable",
            Some("InvalidResourceURI"),
            "The WS-Management service cannot process the request. The resource URI is missing or it has an \
             incorrect format. Check the documentation or use the following command for information on how to \
             construct a resource URI: \"winrm help uris\". ",
        ),
        0x8033_800F => form(
            "s:Sender",
            "a:InvalidMessageInformationHeader",
            None,
            "The WS-Management service cannot process the request. The request contains one or more invalid SOAP \
             headers. ",
        ),
        0x8033_8010 => form(
            "s:MustUnderstand",
            "",
            None,
            "The WS-Management service does not understand a SOAP header that the request marks mustUnderstand. ",
        ),
        0x8033_8087 => form(
            "s:Sender",
            "w:UnsupportedFeature",
            Some("Locale"),
            "The WS-Management service does not support mustUnderstand on the Locale header. ",
        ),
        0x8033_8026 | 0x8033_8035 | 0x8033_8047..=0x8033_8049 => {
            form("s:Sender", "w:EncodingLimit", Some("MaxEnvelopeSize"), LIMIT)
        }
        0x8033_8029 => form(
            "s:Receiver",
            "w:TimedOut",
            None,
            "The WS-Management service cannot complete the operation within the time specified in \
             OperationTimeout.  ",
        ),
        0x8033_805A => form(
            "s:Sender",
            "w:InvalidSelectors",
            Some("InsufficientSelectors"),
            SELECTORS,
        ),
        0x8033_805B => form(
            "s:Sender",
            "w:InvalidSelectors",
            Some("UnexpectedSelectors"),
            SELECTORS,
        ),
        0x8033_81A5 => form(
            "s:Sender",
            "w:QuotaLimit",
            None,
            "The WS-Management service cannot process the request. The maximum number of concurrent shells for this \
             user has been exceeded. Close existing shells or raise the quota for this user. ",
        ),
        0x8033_803F | 0x8033_81A6..=0x8033_81A8 | 0x8033_81AB | 0x8033_81E4..=0x8033_81EA => {
            form("s:Sender", "w:QuotaLimit", None, QUOTA)
        }
        995 => form(
            "s:Receiver",
            "w:InternalError",
            None,
            "The I/O operation has been aborted because of either a thread exit or an application request. ",
        ),
        _ => form("s:Receiver", "w:InternalError", None, ""),
    }
}

const fn row(
    code: u32,
    name: &'static str,
    meaning: &'static str,
    action: FaultAction,
    advice: &'static str,
) -> FaultInfo {
    FaultInfo {
        code,
        name,
        meaning,
        action,
        advice,
    }
}

const REPORT: &str = "this is a mistake of the client; please report it with a recording";
const QUOTA_ADVICE: &str = "close sessions that are no longer used, wait, or have the quota raised";
const PLUGIN_ADVICE: &str = "read the text of the fault: it is PowerShell's own message";
const ADDRESS_ADVICE: &str = "check the address of the endpoint";

use FaultAction as Do;

/// The table, in order of the codes.
#[rustfmt::skip]
pub const FAULTS: &[FaultInfo] = &[
    row(5, "ACCESS_DENIED", "access is denied", Do::Fatal,
        "use an account that the configuration's permissions list, or have the account added"),
    row(14, "OUTOFMEMORY", "the server is out of memory", Do::RetryLater, "wait, then try again"),
    row(87, "INVALID_PARAMETER", "the provider refuses a parameter", Do::ClientError, REPORT),
    row(995, "OPERATION_ABORTED", "the service or the shell is closing", Do::RetryCreate,
        "try again; if it stays, the WinRM service or the application pool is being restarted"),
    row(1115, "SHUTDOWN_IN_PROGRESS", "the server is shutting down", Do::ShellLost, "use another server, or wait"),
    row(1311, "NO_LOGON_SERVERS", "no domain controller can be reached by the server", Do::Fatal,
        "check the server's connection to its domain"),
    row(1312, "NO_SUCH_LOGON_SESSION", "the logon session does not exist", Do::Fatal, "sign in again"),
    row(1326, "LOGON_FAILURE", "user name or password is wrong", Do::Fatal, "check user name and password"),
    row(1460, "TIMEOUT", "the operation timed out", Do::ReceiveAgain, "try again, or allow more time"),
    row(1722, "RPC_S_SERVER_UNAVAILABLE", "a service behind WinRM is not available", Do::RetryCreate, "try again"),
    row(0x8007_0002, "FILE_NOT_FOUND", "the program to run was not found", Do::Fatal, "check the command"),
    row(0x8007_0005, "E_ACCESSDENIED", "access is denied", Do::Fatal,
        "use an account that the configuration's permissions list, or have the account added"),
    row(0x8007_03FA, "KEY_DELETED", "the user's profile was unloaded below the shell", Do::ShellLost,
        "open a new session"),
    row(0x8033_8001, "ACTION_NOT_SUPPORTED", "the server does not support the operation", Do::Fatal,
        "the resource may not be a PowerShell configuration; check its name"),
    row(0x8033_8002, "INVALID_URI", "the resource URI is not valid", Do::Fatal, "check the name of the configuration"),
    row(0x8033_8003, "PROVIDER_FAILURE", "the plugin failed", Do::ShellLost, "open a new session"),
    row(0x8033_800F, "INVALID_MESSAGE_INFORMATION_HEADER", "a SOAP header is not valid", Do::ClientError, REPORT),
    row(0x8033_8010, "SOAP_FAULT_MUST_UNDERSTAND", "the server does not know a SOAP header", Do::ClientError, REPORT),
    row(0x8033_8012, "DESTINATION_UNREACHABLE", "the server cannot be reached", Do::RetryCreate, ADDRESS_ADVICE),
    row(0x8033_8026, "ENVELOPE_TOO_LARGE", "the request is too large", Do::Shrink, "use a smaller envelope size"),
    row(0x8033_8029, "OPERATION_TIMEDOUT", "nothing happened within the operation timeout", Do::ReceiveAgain,
        "allow more time for the operation"),
    row(0x8033_8035, "ENCODING_LIMIT", "the request exceeds a limit", Do::Shrink, "use a smaller envelope size"),
    row(0x8033_803B, "INVALID_RESOURCE_URI", "the configuration is not known here", Do::Fatal,
        "check the name of the configuration and the path of the endpoint"),
    row(0x8033_803F, "QUOTA_LIMIT", "a quota is used up", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_8047, "MAX_ENVELOPE_SIZE", "the answer would exceed the size that was asked for", Do::Shrink,
        "use a larger envelope size"),
    row(0x8033_8048, "MAX_ENVELOPE_SIZE_EXCEEDED", "the answer would exceed the size that was asked for", Do::Shrink,
        "use a larger envelope size"),
    row(0x8033_8049, "SERVER_ENVELOPE_LIMIT", "the request exceeds the server's envelope size", Do::Shrink,
        "use a smaller envelope size"),
    row(0x8033_805A, "INSUFFICIENT_SELECTORS", "the request does not name its shell", Do::ClientError, REPORT),
    row(0x8033_805B, "UNEXPECTED_SELECTORS", "the shell or the command does not exist", Do::Gone,
        "open a new session; behind a load balancer, see that requests of one session reach one server"),
    row(0x8033_8083, "PLUGIN_FAILED", "the plugin failed", Do::ShellLost, "open a new session"),
    row(0x8033_8087, "MUSTUNDERSTAND_ON_LOCALE_UNSUPPORTED", "the Locale header was marked mustUnderstand",
        Do::ClientError, REPORT),
    row(0x8033_810E, "SERVER_DESTINATION_LOCALHOST", "the address means the local computer", Do::Fatal,
        ADDRESS_ADVICE),
    row(0x8033_8111, "HTTP_REQUEST_TOO_LARGE", "the server answered HTTP 413", Do::Shrink,
        "use a smaller envelope size"),
    row(0x8033_8112, "HTTP_SERVICE_UNAVAILABLE", "the server answered HTTP 503", Do::RetryCreate,
        "wait, then try again"),
    row(0x8033_8113, "HTTP_NOT_FOUND", "the server answered HTTP 404", Do::RetryCreate,
        "check the path of the endpoint"),
    row(0x8033_8126, "NETWORK_TIMEDOUT", "the server cannot be reached in time", Do::ConnectionLost,
        "check the network, the firewall and the port"),
    row(0x8033_8170, "HTTP_INTERNAL_ERROR", "the server answered HTTP 500 without a fault", Do::RetryCreate,
        "try again; then look into the server's event log"),
    row(0x8033_8171, "HTTP_BAD_REQUEST", "the server answered HTTP 400", Do::ConnectionLost, "sign in again"),
    row(0x8033_8199, "REDIRECT_REQUESTED", "the endpoint is at another address", Do::Redirect,
        "use the address that the fault names, or allow redirection"),
    row(0x8033_81A5, "QUOTA_MAX_SHELLS", "the user has too many shells open", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81A6, "QUOTA_MAX_OPERATIONS", "the user has too many operations open", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81A7, "QUOTA_USER", "the user sends requests too fast", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81A8, "QUOTA_SYSTEM", "the server gets requests too fast", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81AA, "REDIRECT_LOCATION_NOT_AVAILABLE", "a redirection without an address", Do::Fatal,
        "ask the administrator of the endpoint for its address"),
    row(0x8033_81AB, "QUOTA_MAX_SHELLUSERS", "too many users have shells open", Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81AC, "REMOTESHELLS_NOT_ALLOWED", "remote shells are not allowed on this server", Do::Fatal,
        "have AllowRemoteShellAccess switched on"),
    row(0x8033_81B7, "REDIRECT_LOCATION_INVALID", "a redirection to an address that is not valid", Do::Fatal,
        "ask the administrator of the endpoint for its address"),
    row(0x8033_81B9, "NAME_NOT_RESOLVED", "the server's name is not known", Do::Fatal, ADDRESS_ADVICE),
    row(0x8033_81BA, "SSL_CONNECTION_ABORTED", "the TLS connection was cut", Do::Fatal,
        "check the port and the certificate of the server"),
    row(0x8033_81BB, "DEFAULTAUTH_IPADDRESS", "default authentication needs a host name", Do::Fatal,
        "use the server's name instead of its address"),
    row(0x8033_81C6, "CANNOT_CONNECT_MISMATCH", "the shell cannot be connected to: it differs", Do::RetryCreate,
        "open a new session"),
    row(0x8033_81CC, "COMMAND_TERMINATED", "the command was ended", Do::CommandEnded, "run the pipeline again"),
    row(0x8033_81CD, "CANNOT_CONNECT_IN_USE", "another client uses the shell", Do::Fatal,
        "disconnect the other client first"),
    row(0x8033_81D0, "CANNOT_CONNECT_INVALID", "the shell cannot be connected to now", Do::RetryCreate, "try again"),
    row(0x8033_81DC, "SEMANTICCALLBACK_TIMEDOUT", "the plugin did not answer", Do::ShellLost, "open a new session"),
    row(0x8033_81DD, "SERVICE_REMOTE_ACCESS_DISABLED", "remote access to WinRM is switched off", Do::Fatal,
        "have remote access switched on (Enable-PSRemoting)"),
    row(0x8033_81DE, "SERVICE_STREAM_DISCONNECTED", "the shell was disconnected", Do::Disconnected,
        "reconnect to the shell"),
    row(0x8033_81DF, "CREATE_RUNAS_FAILED", "the account that the configuration runs as cannot sign in", Do::Fatal,
        "have the RunAs credential of the configuration corrected"),
    row(0x8033_81E3, "REMOTE_CONNECTION_NOT_ALLOWED", "remote connections are not allowed", Do::Fatal,
        "have remote access to the configuration switched on (Enable-PSSessionConfiguration)"),
    row(0x8033_81E4, "QUOTA_MAX_SHELLS_PPQ", "the user has too many shells of this configuration open",
        Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81E5, "QUOTA_MAX_USERS_PPQ", "too many users have shells of this configuration open", Do::RetryLater,
        QUOTA_ADVICE),
    row(0x8033_81E6, "QUOTA_MAX_PLUGINSHELLS_PPQ", "too many shells of this configuration are open", Do::RetryLater,
        QUOTA_ADVICE),
    row(0x8033_81E7, "QUOTA_MAX_PLUGINOPERATIONS_PPQ", "this configuration has too many operations open",
        Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81E8, "QUOTA_MAX_OPERATIONS_USER_PPQ", "the user has too many operations of this configuration open",
        Do::RetryLater, QUOTA_ADVICE),
    row(0x8033_81E9, "QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", "the shell has too many commands open", Do::RetryLater,
        QUOTA_ADVICE),
    row(0x8033_81EA, "QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ", "the server lacks the resources for this",
        Do::RetryLater, QUOTA_ADVICE),
    row(0x8054_07D0, "PSPLUGIN_NULL_INVALID_INPUT", "PowerShell's plugin got an empty argument", Do::ClientError,
        REPORT),
    row(0x8054_07D1, "PSPLUGIN_NULL_PLUGIN_CONTEXT", "PowerShell's plugin is not initialised", Do::Fatal,
        "have the WinRM service restarted"),
    row(0x8054_0BBA, "PSPLUGIN_SESSION_CREATION_FAILED", "PowerShell could not create the session", Do::Fatal,
        PLUGIN_ADVICE),
    row(0x8054_0BBE, "PSPLUGIN_INPUT_STREAM", "input came on a stream that PowerShell does not have",
        Do::ClientError, REPORT),
    row(0x8054_0BBF, "PSPLUGIN_INPUT_DATA_TYPE", "input came in a form that PowerShell does not take",
        Do::ClientError, REPORT),
    row(0x8054_0BC0, "PSPLUGIN_OUTPUT_STREAM", "output was asked for on a stream that PowerShell does not have",
        Do::ClientError, REPORT),
    row(0x8054_0BC4, "PSPLUGIN_ARGUMENT_COUNT", "the command has not exactly one argument", Do::ClientError, REPORT),
    row(0x8054_0BC5, "PSPLUGIN_PROTOCOL_VERSION", "the server does not speak this version of PSRP", Do::Fatal,
        "the server's PowerShell is too old or too new for this client"),
    row(0x8054_0BC6, "PSPLUGIN_OPTION_NOT_UNDERSTOOD", "PowerShell does not know an option", Do::ClientError, REPORT),
    row(0x8054_0BC7, "PSPLUGIN_NO_PROTOCOL_VERSION", "the option protocolversion is missing", Do::ClientError,
        REPORT),
    row(0x8054_0FA0, "PSPLUGIN_MANAGED_EXCEPTION", "PowerShell threw an exception", Do::Fatal, PLUGIN_ADVICE),
    row(0x8054_0FA1, "PSPLUGIN_CLOSING", "PowerShell's plugin is closing", Do::ShellLost, "open a new session"),
    row(0x8054_0FA2, "PSPLUGIN_CONNECT_NO_NEGOTIATION_DATA", "a Connect came without negotiation data",
        Do::ClientError, REPORT),
    row(0x8054_0FA3, "PSPLUGIN_CONNECT_FAILED", "PowerShell could not connect to the session", Do::Fatal,
        PLUGIN_ADVICE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_order_and_complete() {
        assert!(FAULTS.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(
            FAULTS
                .iter()
                .all(|info| !info.meaning.is_empty() && !info.advice.is_empty())
        );
        assert_eq!(
            fault_info(2_150_858_793).map(|info| info.name),
            Some("OPERATION_TIMEDOUT")
        );
        assert_eq!(
            fault_info(2_150_858_843).map(|info| info.action),
            Some(FaultAction::Gone)
        );
        assert_eq!(
            fault_info(2_152_992_672).map(|info| info.name),
            Some("PSPLUGIN_MANAGED_EXCEPTION")
        );
        assert_eq!(fault_info(1), None);
    }

    /// Codes of protocol.md 1.4, in its decimal form.
    #[test]
    fn every_code_of_the_specification_has_a_row() {
        let codes = [
            2150858793, 2150858843, 2150858842, 2150858811, 2150858754, 2150858753, 2150858767, 2150858768,
            2150858887, 2150858790, 2150858823, 2150858824, 2150858825, 2150858805, 2150858815, 2150859173,
            2150859174, 2150859175, 2150859176, 2150859179, 2150859236, 2150859237, 2150859238, 2150859239,
            2150859240, 2150859241, 2150859242, 5, 14, 87, 995, 1115, 1311, 1312, 1326, 1460, 1722,
            2147942402, 2147942405, 2147943418, 2150858770, 2150858755, 2150858883, 2150859046, 2150859025,
            2150859026, 2150859027, 2150859120, 2150859121, 2150859022, 2150859161, 2150859178, 2150859191,
            2150859180, 2150859193, 2150859194, 2150859195, 2150859206, 2150859216, 2150859212, 2150859213,
            2150859228, 2150859229, 2150859235, 2150859230, 2150859231, 2152992672, 2152992673, 2152992674,
            2152992675, 0x805407D0, 0x805407D1, 0x80540BBA, 0x80540BBE, 0x80540BBF, 0x80540BC0, 0x80540BC4,
            0x80540BC5, 0x80540BC6, 0x80540BC7,
        ];
        for code in codes {
            assert!(fault_info(code).is_some(), "{code}");
        }
        assert_eq!(codes.len(), FAULTS.len());
    }
}
