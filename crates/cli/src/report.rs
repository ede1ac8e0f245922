//! The records of a pipeline that are not its output, on standard error.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use psbridge::{ErrorRecord, Record};
use psbridge_clixml::{ProgressRecord, ProgressRecordType};

use crate::stderr::{self, Style};
use crate::terminal::{fit, safe};

/// What Exchange says when it holds back objects (exchange.md 1.8). There is no other sign of it.
const TRUNCATED: &str = "There are more results available than are currently displayed";

/// The most progress bars at a time; further activities wait until one is over.
const MAX_BARS: usize = 8;

/// Shows records as they come and remembers what they mean for the exit code.
#[derive(Debug)]
pub(crate) struct Reporter {
    bars: MultiProgress,
    activities: HashMap<i32, ProgressBar>,
    is_terminal: bool,
    last_progress: String,
    errors: u64,
    /// The pipeline says how many objects it wants.
    limited: bool,
    truncated: bool,
}

impl Reporter {
    /// `limited` tells that the pipeline says how many objects it wants, so that more of them are no news.
    pub(crate) fn new(limited: bool) -> Self {
        Self {
            bars: MultiProgress::new(),
            activities: HashMap::new(),
            is_terminal: std::io::stderr().is_terminal(),
            last_progress: String::new(),
            errors: 0,
            limited,
            truncated: false,
        }
    }

    /// Whether there were error records, or objects are known to be missing.
    pub(crate) fn saw_trouble(&self) -> bool {
        self.errors > 0 || self.truncated
    }

    /// Takes note of `record` without showing it.
    pub(crate) fn note(&mut self, record: &Record) {
        if record.is_error() {
            self.errors += 1;
        }
        if let Record::Warning(warning) = record {
            self.truncated |= !self.limited && warning.message.contains(TRUNCATED);
        }
    }

    /// Takes note of `record` and shows it, unless it is output.
    pub(crate) fn show(&mut self, record: &Record) {
        self.note(record);
        match record {
            Record::Error(error) => self.lines(Style::Error, &error_text(error)),
            Record::Undecodable(message) => {
                let text = format!(
                    "cannot read a message of the endpoint ({}, {} bytes): {}",
                    message.message_type.name(),
                    message.bytes.len(),
                    message.error
                );
                self.lines(Style::Error, &text);
            }
            Record::Warning(warning) => self.lines(Style::Warning, &format!("WARNING: {}", warning.message)),
            Record::Verbose(text) => self.lines(Style::Faint, &format!("VERBOSE: {}", text.message)),
            Record::Debug(text) => self.lines(Style::Faint, &format!("DEBUG: {}", text.message)),
            Record::Information(information) => self.lines(Style::Plain, &information.text()),
            Record::Progress(progress) => self.progress(&progress.0),
            Record::HostCall(call) if call.needs_response() => {
                let name = call.method().map_or("an unknown method", |method| method.name);
                self.lines(
                    Style::Warning,
                    &format!("the endpoint asked the host for {name} and was refused"),
                );
            }
            Record::Unknown(message) => {
                let text = format!(
                    "skipped a message of unknown type {:#x}",
                    message.message_type.code()
                );
                self.lines(Style::Faint, &text);
            }
            _ => {}
        }
    }

    /// Shows the error that ended the pipeline.
    pub(crate) fn show_final(&self, error: &ErrorRecord) {
        self.lines(Style::Error, &error_text(error));
    }

    /// Runs `write` while the progress bars are out of its way.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.activities.is_empty() {
            write()
        } else {
            self.bars.suspend(write)
        }
    }

    /// Takes the progress bars away.
    pub(crate) fn finish(&mut self) {
        for (_, bar) in self.activities.drain() {
            bar.finish_and_clear();
        }
    }

    fn lines(&self, style: Style, text: &str) {
        self.suspend(|| stderr::line(style, text));
    }

    fn progress(&mut self, record: &ProgressRecord) {
        if !self.is_terminal {
            let text = progress_text(record);
            if text != self.last_progress {
                stderr::line(Style::Plain, &format!("PROGRESS: {text}"));
                self.last_progress = text;
            }
            return;
        }
        if record.record_type == ProgressRecordType::Completed {
            if let Some(bar) = self.activities.remove(&record.activity_id) {
                bar.finish_and_clear();
            }
            return;
        }
        if !self.activities.contains_key(&record.activity_id) && self.activities.len() == MAX_BARS {
            return;
        }
        let bar = self
            .activities
            .entry(record.activity_id)
            .or_insert_with(|| self.bars.add(new_bar(record)));
        match u64::try_from(record.percent_complete) {
            Ok(percent) => bar.set_position(percent.min(100)),
            Err(_) => bar.tick(),
        }
        bar.set_message(fit(&safe(&progress_text(record)), 70).into_owned());
    }
}

fn new_bar(record: &ProgressRecord) -> ProgressBar {
    let (bar, template) = if record.percent_complete >= 0 {
        (ProgressBar::new(100), "{bar:24} {percent:>3}% {msg}")
    } else {
        (ProgressBar::new_spinner(), "{spinner} {msg}")
    };
    bar.enable_steady_tick(Duration::from_millis(120));
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn progress_text(record: &ProgressRecord) -> String {
    let mut text = record.activity.to_str_lossy().into_owned();
    for part in [
        Some(&record.status_description),
        record.current_operation.as_ref(),
    ]
    .into_iter()
    .flatten()
    {
        let part = part.to_str_lossy();
        if !part.trim().is_empty() {
            text.push_str(": ");
            text.push_str(part.trim());
        }
    }
    if record.percent_complete >= 0 {
        text.push_str(&format!(" ({}%)", record.percent_complete));
    }
    text
}

/// An error as PowerShell shows it: who said what, the category, the id.
pub(crate) fn error_text(error: &ErrorRecord) -> String {
    let activity = error
        .category_activity
        .as_deref()
        .filter(|activity| !activity.is_empty());
    let mut text = match activity {
        Some(activity) => format!("{activity} : {}", error.message()),
        None => error.message(),
    };
    text.push_str(&format!(
        "\n    + CategoryInfo          : {}",
        error.category_line()
    ));
    text.push_str(&format!(
        "\n    + FullyQualifiedErrorId : {}",
        error.fully_qualified_error_id
    ));
    if let Some(action) = error
        .recommended_action
        .as_deref()
        .filter(|action| !action.is_empty())
    {
        text.push_str(&format!("\n    + RecommendedAction     : {action}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use psbridge_clixml::Value;
    use psbridge_protocol::payload::ErrorCategory;

    #[test]
    fn errors_look_like_those_of_powershell() {
        let error = ErrorRecord::new(
            "Couldn't find object \"x\".",
            &["System.Management.Automation.ItemNotFoundException"],
            "Id,Cmdlet",
            ErrorCategory::OBJECT_NOT_FOUND,
        )
        .about("Get-User", Value::Nil, "x", "UserIdParameter");
        let text = error_text(&error);
        assert!(text.starts_with("Get-User : Couldn't find object \"x\".\n    + CategoryInfo          : ObjectNotFound: (x:UserIdParameter) [Get-User]"), "{text}");
        assert!(
            text.ends_with("\n    + FullyQualifiedErrorId : Id,Cmdlet"),
            "{text}"
        );
    }

    #[test]
    fn progress_is_one_line() {
        let record = ProgressRecord {
            activity: "Copying".into(),
            activity_id: 0,
            current_operation: None,
            parent_activity_id: -1,
            percent_complete: 30,
            record_type: ProgressRecordType::Processing,
            seconds_remaining: -1,
            status_description: "file 3".into(),
        };
        assert_eq!(progress_text(&record), "Copying: file 3 (30%)");
    }
}
