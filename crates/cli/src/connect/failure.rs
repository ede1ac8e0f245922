//! Errors of the library in the words and exit codes of the command line.

use psbridge::{Error, ErrorKind};

use crate::exit::{Exit, Failure};
use crate::terminal::safe;

/// The exit code and paragraph for an error of a session.
pub(crate) fn failure(error: &Error) -> Failure {
    failure_because(error, error.detail())
}

/// The same for an error whose record has been shown: its text is not repeated.
pub(crate) fn failure_shown_above(error: &Error) -> Failure {
    failure_because(error, "the error above ended it")
}

fn failure_because(error: &Error, detail: &str) -> Failure {
    let exit = match error.kind() {
        ErrorKind::Usage | ErrorKind::Recording => Exit::Usage,
        ErrorKind::Connect
        | ErrorKind::Tls
        | ErrorKind::NotWinRm
        | ErrorKind::ConnectionLost
        | ErrorKind::Closed => Exit::Connection,
        ErrorKind::Authentication | ErrorKind::AccessDenied => Exit::Authentication,
        ErrorKind::PipelineFailed | ErrorKind::PipelineStopped => Exit::Failed,
        _ => Exit::Protocol,
    };
    let at = error.endpoint().map(|endpoint| format!(" at {}", safe(endpoint)));
    let detail = detail.trim().trim_end_matches('.');
    let message = format!(
        "could not {}{}: {}",
        error.operation(),
        at.unwrap_or_default(),
        safe(detail)
    );
    Failure::new(exit, message).advice(error.advice().unwrap_or_else(|| next_step(error)))
}

/// What to do about an error for which the library knows nothing better.
fn next_step(error: &Error) -> &'static str {
    let id = error
        .error_record()
        .map_or("", |record| record.fully_qualified_error_id.as_str());
    match error.kind() {
        ErrorKind::PipelineFailed if id.contains("CommandNotFoundException") => {
            "check the name; an endpoint shows only the cmdlets that the user's roles permit (Get-Command lists them)"
        }
        ErrorKind::PipelineFailed if id.contains("NamedParameterNotFound") => {
            "check the name; an endpoint shows only the parameters that the user's roles permit"
        }
        ErrorKind::PipelineFailed if id.contains("ScriptsNotAllowed") => {
            "this endpoint runs commands and no scripts: run the pipeline without --script"
        }
        ErrorKind::PipelineFailed => "correct what the error names, and run the pipeline again",
        ErrorKind::PipelineStopped => "find out who stopped it there, and run the pipeline again",
        ErrorKind::Closed | ErrorKind::ConnectionLost => "run the pipeline again",
        _ => "run it again with --trace to see what travels",
    }
}
