use std::fmt;

use psbridge_clixml::{Document, Object, Value};

use super::bag::{Bag, opt, string, text};
use super::invocation::InvocationInfo;
use super::{Payload, PayloadError};

/// Category of an error, by number (protocol.md 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ErrorCategory(pub i32);

macro_rules! categories {
    ($($constant:ident $name:ident = $number:literal;)*) => {
        #[allow(missing_docs, reason = "the names say it")]
        impl ErrorCategory {
            $(pub const $constant: Self = Self($number);)*

            /// The name, or the number where there is none.
            pub fn name(self) -> String {
                match self.0 {
                    $($number => stringify!($name).to_owned(),)*
                    other => other.to_string(),
                }
            }

            pub(super) fn number_of(name: &str) -> Option<i32> {
                $(if name.eq_ignore_ascii_case(stringify!($name)) { return Some($number); })*
                None
            }

            /// The category with this name, case aside.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::number_of(name).map(Self)
            }
        }
    };
}

categories! {
    NOT_SPECIFIED NotSpecified = 0;
    OPEN_ERROR OpenError = 1;
    CLOSE_ERROR CloseError = 2;
    DEVICE_ERROR DeviceError = 3;
    DEADLOCK_DETECTED DeadlockDetected = 4;
    INVALID_ARGUMENT InvalidArgument = 5;
    INVALID_DATA InvalidData = 6;
    INVALID_OPERATION InvalidOperation = 7;
    INVALID_RESULT InvalidResult = 8;
    INVALID_TYPE InvalidType = 9;
    METADATA_ERROR MetadataError = 10;
    NOT_IMPLEMENTED NotImplemented = 11;
    NOT_INSTALLED NotInstalled = 12;
    OBJECT_NOT_FOUND ObjectNotFound = 13;
    OPERATION_STOPPED OperationStopped = 14;
    OPERATION_TIMEOUT OperationTimeout = 15;
    SYNTAX_ERROR SyntaxError = 16;
    PARSER_ERROR ParserError = 17;
    PERMISSION_DENIED PermissionDenied = 18;
    RESOURCE_BUSY ResourceBusy = 19;
    RESOURCE_EXISTS ResourceExists = 20;
    RESOURCE_UNAVAILABLE ResourceUnavailable = 21;
    READ_ERROR ReadError = 22;
    WRITE_ERROR WriteError = 23;
    FROM_STD_ERR FromStdErr = 24;
    SECURITY_ERROR SecurityError = 25;
    PROTOCOL_ERROR ProtocolError = 26;
    CONNECTION_ERROR ConnectionError = 27;
    AUTHENTICATION_ERROR AuthenticationError = 28;
    LIMITS_EXCEEDED LimitsExceeded = 29;
    QUOTA_EXCEEDED QuotaExceeded = 30;
    NOT_ENABLED NotEnabled = 31;
}

/// An error of PowerShell: ERROR_RECORD, `ExceptionAsErrorRecord`, `me` (protocol.md 5.6).
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRecord {
    /// What the record says of itself.
    pub to_string: Option<String>,
    /// The exception as it came; see [`ErrorRecord::exception_type`].
    pub exception: Value,
    /// What was being worked on.
    pub target_object: Value,
    /// `Id,Command`.
    pub fully_qualified_error_id: String,
    /// InvocationInfo as an object, as PowerShell 7 sends it.
    pub invocation_info: Value,
    /// Category.
    pub category: ErrorCategory,
    /// The command.
    pub category_activity: Option<String>,
    /// Type of the exception, mostly.
    pub category_reason: Option<String>,
    /// Name of the target.
    pub category_target_name: Option<String>,
    /// Type of the target.
    pub category_target_type: Option<String>,
    /// The whole category in one line.
    pub category_message: Option<String>,
    /// A better message than the exception's.
    pub details_message: Option<String>,
    /// What to do.
    pub recommended_action: Option<String>,
    /// Where it happened, with RemoteStreamOptions 1.
    pub invocation: Option<Box<InvocationInfo>>,
    /// `PipelineIterationInfo` of the record.
    pub pipeline_iteration_info: Vec<i32>,
    /// Call stack of the far script.
    pub script_stack_trace: Option<String>,
    /// The note `PSMessageDetails`, which records on the error stream have, mostly Nil.
    pub message_details: Option<Value>,
    /// The note `writeErrorStream` of Windows PowerShell.
    pub write_error_stream: Option<bool>,
}

impl ErrorRecord {
    /// A record as a server makes it. `exception_types` are the .NET types from the most derived one down, without
    /// `System.Object`.
    pub fn new(
        message: &str,
        exception_types: &[&str],
        fully_qualified_error_id: impl Into<String>,
        category: ErrorCategory,
    ) -> Self {
        let reason = exception_types
            .first()
            .and_then(|name| name.rsplit('.').next())
            .unwrap_or("Exception");
        let mut names = exception_types.to_vec();
        names.push("System.Object");
        let first = exception_types.first().copied().unwrap_or("System.Exception");
        let data = Object::dictionary(
            ["System.Collections.ListDictionaryInternal", "System.Object"],
            Vec::<(Value, Value)>::new(),
        );
        let exception = Object::typed(names.as_slice())
            .with_to_string(format!("{first}: {message}"))
            .adapted("Message", message)
            .adapted("Data", data)
            .adapted("InnerException", Value::Nil)
            .adapted("TargetSite", Value::Nil)
            .adapted("StackTrace", Value::Nil)
            .adapted("HelpLink", Value::Nil)
            .adapted("Source", Value::Nil)
            .adapted("HResult", -2_146_233_087);
        let mut record = Self {
            to_string: Some(message.to_owned()),
            exception: exception.into(),
            target_object: Value::Nil,
            fully_qualified_error_id: fully_qualified_error_id.into(),
            invocation_info: Value::Nil,
            category,
            category_activity: Some(String::new()),
            category_reason: Some(reason.to_owned()),
            category_target_name: Some(String::new()),
            category_target_type: Some(String::new()),
            category_message: None,
            details_message: None,
            recommended_action: None,
            invocation: None,
            pipeline_iteration_info: Vec::new(),
            script_stack_trace: None,
            message_details: None,
            write_error_stream: None,
        };
        record.category_message = Some(record.category_line());
        record
    }

    /// The same as it comes on the error stream, with the note that PowerShell adds there.
    #[must_use]
    pub fn on_error_stream(mut self) -> Self {
        self.message_details = Some(Value::Nil);
        self
    }

    /// The record that goes with state Stopped.
    pub fn stopped() -> Self {
        Self::new(
            "The pipeline has been stopped.",
            &[
                "System.Management.Automation.PipelineStoppedException",
                "System.Management.Automation.RuntimeException",
                "System.SystemException",
                "System.Exception",
            ],
            "PipelineStopped",
            ErrorCategory::OPERATION_STOPPED,
        )
    }

    /// What a client without a host answers to a host call.
    pub fn host_call_refused(method: &str) -> Self {
        Self::new(
            &format!("{method} is not available: this client has no host to ask."),
            &[
                "System.Management.Automation.Host.HostException",
                "System.Management.Automation.RuntimeException",
                "System.SystemException",
                "System.Exception",
            ],
            "HostFunctionNotImplemented",
            ErrorCategory::NOT_IMPLEMENTED,
        )
    }

    /// The same about a target and the command that met it; the category's line follows.
    #[must_use]
    pub fn about(mut self, activity: &str, target: Value, target_name: &str, target_type: &str) -> Self {
        self.target_object = target;
        self.category_activity = Some(activity.to_owned());
        self.category_target_name = Some(target_name.to_owned());
        self.category_target_type = Some(target_type.to_owned());
        self.category_message = Some(self.category_line());
        self
    }

    /// What to show: the details, else the exception's message, else what the record says of itself.
    pub fn message(&self) -> String {
        let said = [
            self.details_message.clone(),
            self.exception_message(),
            self.to_string.clone(),
        ];
        let said = said.into_iter().flatten().find(|text| !text.is_empty());
        said.or_else(|| self.category_message.clone()).unwrap_or_default()
    }

    /// The exception's message.
    pub fn exception_message(&self) -> Option<String> {
        self.exception.get("Message").and_then(text)
    }

    /// The exception's .NET type.
    pub fn exception_type(&self) -> Option<&str> {
        self.exception
            .as_object()
            .and_then(|exception| exception.type_names.first())
    }

    /// `Category: (TargetName:TargetType) [Activity], Reason`, as PowerShell prints it.
    pub fn category_line(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{}: ({}:{}) [{}], {}",
            self.category.name(),
            text(&self.category_target_name),
            text(&self.category_target_type),
            text(&self.category_activity),
            text(&self.category_reason),
        )
    }

    /// The properties without type and ToString, as `me` of a host response has them.
    pub fn to_bag(&self) -> Value {
        self.write(Object::bag()).into()
    }

    fn write(&self, bag: Object) -> Object {
        let bag = match self.write_error_stream {
            Some(note) => bag.extended("writeErrorStream", note),
            None => bag,
        };
        let mut bag = bag
            .extended("Exception", self.exception.clone())
            .extended("TargetObject", self.target_object.clone())
            .extended("FullyQualifiedErrorId", string(&self.fully_qualified_error_id))
            .extended("InvocationInfo", self.invocation_info.clone())
            .extended("ErrorCategory_Category", self.category.0)
            .extended("ErrorCategory_Activity", opt(self.category_activity.as_deref()))
            .extended("ErrorCategory_Reason", opt(self.category_reason.as_deref()))
            .extended(
                "ErrorCategory_TargetName",
                opt(self.category_target_name.as_deref()),
            )
            .extended(
                "ErrorCategory_TargetType",
                opt(self.category_target_type.as_deref()),
            )
            .extended("ErrorCategory_Message", opt(self.category_message.as_deref()));
        if self.details_message.is_some() || self.recommended_action.is_some() {
            bag = bag
                .extended("ErrorDetails_Message", opt(self.details_message.as_deref()))
                .extended(
                    "ErrorDetails_RecommendedAction",
                    opt(self.recommended_action.as_deref()),
                );
        }
        bag = bag.extended("SerializeExtendedInfo", self.invocation.is_some());
        if let Some(invocation) = &self.invocation {
            bag = invocation.write(bag).extended(
                "PipelineIterationInfo",
                InvocationInfo::iteration_list(&self.pipeline_iteration_info),
            );
        }
        if let Some(trace) = &self.script_stack_trace {
            bag = bag.extended("ErrorDetails_ScriptStackTrace", string(trace));
        }
        if let Some(details) = &self.message_details {
            bag = bag.extended("PSMessageDetails", details.clone());
        }
        bag
    }
}

impl Payload for ErrorRecord {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "ErrorRecord")?;
        let category = match bag.get("ErrorCategory_Category") {
            Some(_) => bag.enumeration("ErrorCategory_Category", ErrorCategory::number_of)?,
            None => 0,
        };
        let extended = bag.bool_or("SerializeExtendedInfo", false)?;
        Ok(Self {
            to_string: bag
                .object
                .to_string
                .as_ref()
                .map(|text| text.to_str_lossy().into_owned()),
            exception: bag.resolved("Exception"),
            target_object: bag.value("TargetObject"),
            fully_qualified_error_id: bag.opt_text("FullyQualifiedErrorId").unwrap_or_default(),
            invocation_info: bag.value("InvocationInfo"),
            category: ErrorCategory(category),
            category_activity: bag.opt_text("ErrorCategory_Activity"),
            category_reason: bag.opt_text("ErrorCategory_Reason"),
            category_target_name: bag.opt_text("ErrorCategory_TargetName"),
            category_target_type: bag.opt_text("ErrorCategory_TargetType"),
            category_message: bag.opt_text("ErrorCategory_Message"),
            details_message: bag.opt_text("ErrorDetails_Message"),
            recommended_action: bag.opt_text("ErrorDetails_RecommendedAction"),
            invocation: if extended {
                Some(Box::new(InvocationInfo::read(&bag)?))
            } else {
                None
            },
            pipeline_iteration_info: bag.numbers("PipelineIterationInfo"),
            script_stack_trace: bag.opt_text("ErrorDetails_ScriptStackTrace"),
            message_details: bag.object.get("PSMessageDetails").cloned(),
            write_error_stream: bag.opt_bool("writeErrorStream")?,
        })
    }

    fn to_value(&self) -> Value {
        let names = ["System.Management.Automation.ErrorRecord", "System.Object"];
        let mut object = Object::typed(names);
        object.to_string = self.to_string.as_deref().map(Into::into);
        self.write(object).into()
    }
}

impl fmt::Display for ErrorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}
