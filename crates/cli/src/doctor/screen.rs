//! The steps on standard output, as they are taken.

use std::io::{self, IsTerminal as _, Write as _};

use console::Term;

use super::report::{Outcome, Report, Step, StepName};
use crate::args::Format;

/// Columns of the longest name of a step.
const NAME: usize = 11;

/// Shows steps as lines while they are taken, or all of them as one document at the end.
#[derive(Debug)]
pub(crate) struct Screen {
    form: Form,
    live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json { pretty: bool },
}

impl Screen {
    /// Text, unless one of the JSON forms was asked for.
    pub(crate) fn new(format: Option<Format>) -> Self {
        let form = match format {
            Some(Format::Json) => Form::Json { pretty: true },
            Some(Format::Ndjson | Format::Typed) => Form::Json { pretty: false },
            Some(Format::Table | Format::List | Format::Text) | None => Form::Text,
        };
        Self {
            form,
            live: form == Form::Text && io::stdout().is_terminal(),
        }
    }

    /// Says what is being done; on a terminal only, where the line is replaced later.
    pub(crate) fn begin(&self, name: StepName) {
        if self.live {
            let mut out = anstream::stdout().lock();
            // A terminal that went away is noticed by the next line that counts.
            let _ = write!(out, "\u{1b}[2m… {}\u{1b}[0m", name.label());
            let _ = out.flush();
        }
    }

    /// Shows a step.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn show(&self, step: &Step) -> io::Result<()> {
        if self.form != Form::Text {
            return Ok(());
        }
        if self.live {
            Term::stdout().clear_line()?;
        }
        let mut out = anstream::stdout().lock();
        write!(out, "{}", text(step))?;
        out.flush()
    }

    /// Completes what is shown.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn finish(&self, report: &Report) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        match self.form {
            Form::Text => {}
            Form::Json { pretty: true } => writeln!(out, "{:#}", report.json())?,
            Form::Json { pretty: false } => writeln!(out, "{}", report.json())?,
        }
        out.flush()
    }
}

/// A step as lines: sign, name, what was seen, the time; below them the causes with their commands.
fn text(step: &Step) -> String {
    let (sign, colour) = match step.outcome {
        Outcome::Tick => ("✓", "\u{1b}[32m"),
        Outcome::Warning => ("⚠", "\u{1b}[33m"),
        Outcome::Cross => ("✗", "\u{1b}[31m"),
        Outcome::NotReached => ("·", "\u{1b}[2m"),
    };
    let label = step.name.label();
    let detail = match step.outcome {
        Outcome::NotReached => "not reached",
        _ => step.detail(),
    };
    let time = step.ms.map(|ms| format!(" \u{1b}[2m({ms} ms)\u{1b}[0m"));
    let mut text = format!(
        "{colour}{sign}\u{1b}[0m {label:<NAME$} {detail}{}\n",
        time.unwrap_or_default()
    );
    for (index, cause) in step.causes().iter().enumerate() {
        text.push_str(&format!("    {}. {}\n", index + 1, cause.text));
        if let Some(command) = &cause.command {
            text.push_str(&format!("       $ {command}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Cause;

    #[test]
    fn a_step_is_a_line_with_its_causes_below() {
        let step = Step::new(StepName::Tcp, Outcome::Cross, Some(12), "refused").found(
            "port-closed",
            vec![
                Cause::new("nothing listens", "ss -ltn"),
                Cause::told("a firewall"),
            ],
        );
        let plain = anstream::adapter::strip_str(&text(&step)).to_string();
        assert_eq!(
            plain,
            "✗ tcp         refused (12 ms)\n    1. nothing listens\n       $ ss -ltn\n    2. a firewall\n"
        );
        let later = Step::new(StepName::Tls, Outcome::NotReached, None, "");
        let plain = anstream::adapter::strip_str(&text(&later)).to_string();
        assert_eq!(plain, "· tls         not reached\n");
    }
}
