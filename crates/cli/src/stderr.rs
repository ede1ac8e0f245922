//! Lines on standard error: made safe, coloured where a terminal shows them.
//!
//! Standard error that is closed or full is no reason to stop, so failures to write there are dropped.

use std::io::Write as _;

use crate::terminal::safe_lines;

/// How a line looks on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// Something went wrong.
    Error,
    /// Something needs attention.
    Warning,
    /// Something is of use only now and then.
    Faint,
}

impl Style {
    fn start(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Error => "\u{1b}[31m",
            Self::Warning => "\u{1b}[33m",
            Self::Faint => "\u{1b}[2m",
        }
    }

    fn end(self) -> &'static str {
        if self == Self::Plain { "" } else { "\u{1b}[0m" }
    }
}

/// Writes `text` and a line end. Control and bidirectional characters in it are shown, not sent.
pub(crate) fn line(style: Style, text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(stderr, "{}{}{}", style.start(), safe_lines(text), style.end());
}

/// A writer for log lines, each of which arrives in one piece.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(safe_lines(&text).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
