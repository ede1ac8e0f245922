//! The error of the public API.

mod advice;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use psbridge_protocol::payload::ErrorRecord;
use psbridge_protocol::wsman;

use self::advice::classify;
use crate::exchange::ExchangeError;
use crate::record::Record;
use crate::text::plain;

/// What kind of failure it is. Each kind asks for another reaction of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The call itself is wrong: a target that is no URL, a missing credential, something this build lacks.
    Usage,
    /// No connection came about.
    Connect,
    /// TLS did not come about: the certificate is not trusted, or nothing in common.
    Tls,
    /// Something answers, but it is not WinRM: a web page, a redirect, an empty error.
    NotWinRm,
    /// A connection broke or fell silent and what was under way cannot be repeated.
    ConnectionLost,
    /// The endpoint refused the sign-in or does not offer it.
    Authentication,
    /// The endpoint does not take the token of the session any more. [`Session::reopen`](crate::Session::reopen) opens
    /// another session with a new one.
    TokenExpired,
    /// The endpoint is elsewhere, and the way there is not allowed. [`Error::exchange`] has the address.
    Redirected,
    /// Signed in, but not allowed.
    AccessDenied,
    /// The endpoint answered with a fault.
    Fault,
    /// What came breaks the protocol or the limits, or a sealed message was tampered with.
    Protocol,
    /// The pipeline ended in an error.
    PipelineFailed,
    /// The pipeline was stopped, and not by the caller.
    PipelineStopped,
    /// The session is closed.
    Closed,
    /// The recording has no answer, or cannot be written.
    Recording,
}

/// Why something failed: the operation, the endpoint, what happened and what to do next, in one paragraph.
///
/// What had been received before the failure is in [`received`](Self::received) where a call gathers records.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    endpoint: Option<String>,
    detail: String,
    advice: Option<Cow<'static, str>>,
    fault: Option<Arc<wsman::Fault>>,
    error_record: Option<Box<ErrorRecord>>,
    received: Vec<Record>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(
        kind: ErrorKind,
        operation: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: operation.into(),
            endpoint: None,
            detail: detail.into(),
            advice: None,
            fault: None,
            error_record: None,
            received: Vec::new(),
            source: None,
        }))
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done, as `open the shell`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The endpoint or target that it was done to.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// What happened, without operation, endpoint and advice. It may quote the server as it is;
    /// [`Display`](fmt::Display) makes what steers a terminal visible.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The next step, if there is a good one. Names of this library stand between backquotes.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// The fault that the endpoint answered with.
    #[must_use]
    pub fn fault(&self) -> Option<&wsman::Fault> {
        self.0.fault.as_deref()
    }

    /// The number of the fault (`2150858793`), if the endpoint gave one.
    #[must_use]
    pub fn fault_code(&self) -> Option<u32> {
        self.fault().and_then(wsman::Fault::number)
    }

    /// What happened on the way to the endpoint, if it did: everything that is no answer of WinRM.
    #[must_use]
    pub fn exchange(&self) -> Option<&ExchangeError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// The error that ended the pipeline, for [`ErrorKind::PipelineFailed`].
    #[must_use]
    pub fn error_record(&self) -> Option<&ErrorRecord> {
        self.0.error_record.as_deref()
    }

    /// The records that were received before the failure, where the call gathers records.
    #[must_use]
    pub fn received(&self) -> &[Record] {
        &self.0.received
    }

    /// The records that were received before the failure, by value.
    #[must_use]
    pub fn into_received(self) -> Vec<Record> {
        self.0.received
    }

    pub(crate) fn at(mut self, endpoint: impl Into<String>) -> Self {
        self.0.endpoint.get_or_insert(endpoint.into());
        self
    }

    pub(crate) fn advise(mut self, advice: impl Into<Cow<'static, str>>) -> Self {
        self.0.advice = Some(advice.into());
        self
    }

    pub(crate) fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    pub(crate) fn with_received(mut self, received: Vec<Record>) -> Self {
        self.0.received = received;
        self
    }

    pub(crate) fn with_error_record(mut self, record: ErrorRecord) -> Self {
        self.0.error_record = Some(Box::new(record));
        self
    }

    pub(crate) fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = operation.into();
        self
    }

    /// The same failure for another waiter, who has received other things.
    pub(crate) fn share(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            operation: inner.operation.clone(),
            endpoint: inner.endpoint.clone(),
            detail: inner.detail.clone(),
            advice: inner.advice.clone(),
            fault: inner.fault.clone(),
            error_record: None,
            received: Vec::new(),
            source: inner.source.clone(),
        }))
    }

    /// The fault is a redirection.
    pub(crate) fn redirected(self, to: ExchangeError) -> Self {
        let (kind, advice) = classify(&to);
        let mut error = self.caused_by(to);
        error.0.kind = kind;
        error.0.advice = advice;
        error
    }

    pub(crate) fn from_fault(operation: &'static str, fault: wsman::Fault) -> Self {
        let info = fault.info();
        let kind = match fault.number() {
            Some(5 | 2_147_942_405 | 2_150_859_180 | 2_150_859_229 | 2_150_859_235) => {
                ErrorKind::AccessDenied
            }
            Some(1311 | 1312 | 1326) => ErrorKind::Authentication,
            _ => ErrorKind::Fault,
        };
        let mut detail = match fault.text().trim() {
            "" => info.map_or("the endpoint gave no reason", |info| info.meaning),
            text => text.trim_end_matches('.'),
        }
        .to_owned();
        match (fault.number(), info) {
            (Some(code), Some(info)) => detail.push_str(&format!(" (fault {code}, {})", info.name)),
            (Some(code), None) => detail.push_str(&format!(" (fault {code})")),
            (None, _) => {}
        }
        let mut error = Self::new(kind, operation, detail);
        if let Some(info) = info {
            error = error.advise(info.advice);
        }
        error.0.fault = Some(Arc::new(fault));
        error
    }

    pub(crate) fn from_exchange(operation: &'static str, error: ExchangeError) -> Self {
        let (kind, advice) = classify(&error);
        let mut result = Self::new(kind, operation, error.to_string());
        result.0.advice = advice;
        result.caused_by(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "could not {}", inner.operation)?;
        if let Some(endpoint) = &inner.endpoint {
            write!(f, " at {}", plain(endpoint))?;
        }
        write!(f, ": {}", plain(inner.detail.trim_end_matches('.')))?;
        if let Some(advice) = &inner.advice {
            write!(f, "; {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("endpoint", &inner.endpoint)
            .field("detail", &inner.detail)
            .field("fault", &inner.fault)
            .field("received", &inner.received.len())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_paragraph_that_cannot_steer_a_terminal() {
        let error = Error::new(ErrorKind::Fault, "open the shell", "no\r\nway\u{1b}[31m.")
            .at("http://h:5985/wsman")
            .advise("try another one");
        let expected = "could not open the shell at http://h:5985/wsman: no way\\u{1b}[31m; try another one";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_fault_keeps_its_number_and_brings_its_advice() {
        let error = Error::from_fault(
            "open the shell",
            wsman::Fault::windows(2_150_859_173, "h", "too many shells"),
        );
        assert_eq!(
            (error.kind(), error.fault_code()),
            (ErrorKind::Fault, Some(2_150_859_173))
        );
        assert!(
            error.to_string().contains("too many shells (fault 2150859173, "),
            "{error}"
        );
        assert!(error.advice().is_some());
        let shared = error.share();
        assert_eq!(
            (shared.fault_code(), shared.to_string()),
            (error.fault_code(), error.to_string())
        );
    }
}
