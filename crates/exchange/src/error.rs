//! Why a call failed, the same over PSRP and over REST.

use std::fmt;
use std::time::Duration;

use psbridge::ErrorRecord;

use crate::check::InvalidCall;
use crate::reason::Reported;

/// What kind of failure it is. Each kind asks for another reaction of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call itself is wrong; nothing was sent, or Exchange refused a value.
    Invalid,
    /// No object goes by that name.
    NotFound,
    /// Several objects go by that name: use a GUID.
    Ambiguous,
    /// The recipient is a member already.
    AlreadyMember,
    /// The recipient is no member.
    NotMember,
    /// Only a manager of the group may do that, or somebody who sets `BypassSecurityGroupManagerCheck`.
    NeedsBypass,
    /// Another object has the name or address already.
    Conflict,
    /// The cmdlet or parameter does not exist for this user: a role is missing, or this Exchange has it not.
    PermissionOrVersion,
    /// Too much was asked.
    Throttled {
        /// How long to wait before asking again, if that is known.
        wait: Option<Duration>,
    },
    /// The session is gone. Whether a write was carried out is not known.
    SessionLost,
    /// There are more objects than came.
    Truncated,
    /// An object that cannot be read as its type.
    Undecodable,
    /// Anything else; the record tells more.
    Other,
}

/// Why a call failed: the cmdlet, what happened, and the record of the server where there is one.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    cmdlet: &'static str,
    message: String,
    record: Option<Box<ErrorRecord>>,
    session: Option<psbridge::Error>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, cmdlet: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            cmdlet,
            message: message.into(),
            record: None,
            session: None,
        }))
    }

    pub(crate) fn invalid(cmdlet: &'static str, error: &InvalidCall) -> Self {
        Self::new(ErrorKind::Invalid, cmdlet, error.to_string())
    }

    /// An error record of a cmdlet, whether or not it ended the pipeline.
    pub(crate) fn from_record(cmdlet: &'static str, record: &ErrorRecord) -> Self {
        let message = record.message();
        let kind = Reported {
            exception: record.category_reason.as_deref().unwrap_or_default(),
            id: &record.fully_qualified_error_id,
            message: &message,
        }
        .kind();
        let mut error = Self::new(kind, cmdlet, message);
        error.0.record = Some(Box::new(record.clone()));
        error
    }

    /// A failure of the session.
    pub(crate) fn from_session(cmdlet: &'static str, error: psbridge::Error) -> Self {
        if let Some(record) = error.error_record() {
            return Self::from_record(cmdlet, record);
        }
        let kind = match error.kind() {
            psbridge::ErrorKind::Usage => ErrorKind::Invalid,
            psbridge::ErrorKind::AccessDenied => ErrorKind::PermissionOrVersion,
            _ => match crate::reason::throttled(error.detail()) {
                Some(wait) => ErrorKind::Throttled { wait: Some(wait) },
                None => ErrorKind::SessionLost,
            },
        };
        let mut own = Self::new(kind, cmdlet, error.to_string());
        own.0.session = Some(error);
        own
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The cmdlet that was called.
    #[must_use]
    pub fn cmdlet(&self) -> &'static str {
        self.0.cmdlet
    }

    /// What happened. It may quote the server as it is.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The record of the server.
    #[must_use]
    pub fn record(&self) -> Option<&ErrorRecord> {
        self.0.record.as_deref()
    }

    /// The failure of the session, if that was it.
    #[must_use]
    pub fn session(&self) -> Option<&psbridge::Error> {
        self.0.session.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.cmdlet, self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .session
            .as_ref()
            .map(|error| error as &(dyn std::error::Error + 'static))
    }
}
