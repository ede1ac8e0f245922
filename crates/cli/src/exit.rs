//! What the process tells its caller: the exit code and the one paragraph that goes with it.

use std::fmt;
use std::process::ExitCode;

/// How a run ended. The numbers are fixed: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything was done.
    Done,
    /// The pipeline failed or wrote error records, or the result is known to be partial.
    Failed,
    /// Wrong usage, a pipeline that does not parse, a file that is not there.
    Usage,
    /// No connection, TLS refused, not a WinRM endpoint, connection lost.
    Connection,
    /// Not authenticated or not authorised.
    Authentication,
    /// The endpoint answered with a fault or broke the protocol, or input could not be read.
    Protocol,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Connection => 3,
            Self::Authentication => 4,
            Self::Protocol => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A run that ended badly: the exit code, what happened, and what to do about it.
///
/// Shown as one paragraph on standard error, by [`crate::main`] alone, after everything that was received has been
/// printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    advice: Option<String>,
    details: Option<String>,
}

impl Failure {
    /// A failure described by `message`: lower case, no full stop, naming what was attempted on what.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            advice: None,
            details: None,
        }
    }

    /// Adds the next step: a sentence without its full stop.
    #[must_use]
    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Adds lines that are shown below the paragraph, such as the place of a syntax error.
    #[must_use]
    pub(crate) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let exit = match error.kind() {
            std::io::ErrorKind::InvalidData => Exit::Protocol,
            _ => Exit::Usage,
        };
        Self::new(exit, format!("{}: {error}", path.display()))
    }

    /// The exit code of this failure.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.trim_end_matches('.'))?;
        if let Some(advice) = &self.advice {
            let mut letters = advice.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            write!(f, ". {}{}", first.unwrap_or_default(), letters.as_str())?;
        }
        if self.advice.is_some() {
            f.write_str(".")?;
        }
        match &self.details {
            Some(details) => write!(f, "\n{details}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_manual() {
        let all = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Connection, 3),
            (Exit::Authentication, 4),
            (Exit::Protocol, 5),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn one_paragraph() {
        let failure =
            Failure::new(Exit::Connection, "cannot connect to http://x:5985/wsman").advice("check the port");
        assert_eq!(
            failure.to_string(),
            "cannot connect to http://x:5985/wsman. Check the port."
        );
        assert_eq!(
            Failure::new(Exit::Usage, "no such file").to_string(),
            "no such file"
        );
    }
}
