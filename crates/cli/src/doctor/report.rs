//! What a diagnosis says, as data.

use serde_json::{Value, json};

use crate::terminal::safe;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// As it should be.
    Tick,
    /// It works, and something about it should be known.
    Warning,
    /// A step before it failed.
    NotReached,
    /// It does not work.
    Cross,
}

impl Outcome {
    /// The word in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Warning => "warning",
            Self::NotReached => "not-reached",
            Self::Cross => "cross",
        }
    }
}

/// The steps, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepName {
    Target,
    Certificate,
    Dns,
    Tcp,
    Proxy,
    Tls,
    Http,
    Redirect,
    Offers,
    Clock,
    Ticket,
    Token,
    SignIn,
    Create,
    Pipeline,
    Probe,
    Delete,
    Rest,
}

impl StepName {
    /// The word in both forms.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Certificate => "certificate",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Redirect => "redirect",
            Self::Offers => "offers",
            Self::Clock => "clock",
            Self::Ticket => "ticket",
            Self::Token => "token",
            Self::SignIn => "sign-in",
            Self::Create => "create",
            Self::Pipeline => "pipeline",
            Self::Probe => "probe",
            Self::Delete => "delete",
            Self::Rest => "rest",
        }
    }
}

/// A likely cause and what fixes it or narrows it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// One sentence without its full stop.
    pub(crate) text: String,
    /// A command to run.
    pub(crate) command: Option<String>,
}

impl Cause {
    /// A cause with the command that fixes it or narrows it down.
    pub(crate) fn new(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: Some(command.into()),
        }
    }

    /// A cause that no command can do anything about.
    pub(crate) fn told(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: None,
        }
    }
}

/// A step that was taken or not reached.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: StepName,
    pub(crate) outcome: Outcome,
    /// How long it took; `None` for what follows from a step before.
    pub(crate) ms: Option<u64>,
    /// What was seen. It may quote the endpoint and is made safe here.
    detail: String,
    /// The stable name of what was found, where something was.
    pub(crate) finding: Option<&'static str>,
    causes: Vec<Cause>,
}

impl Step {
    /// A step with what was seen, made safe for a terminal.
    pub(crate) fn new(name: StepName, outcome: Outcome, ms: Option<u64>, detail: &str) -> Self {
        Self {
            name,
            outcome,
            ms,
            detail: safe(detail.trim().trim_end_matches('.')).into_owned(),
            finding: None,
            causes: Vec::new(),
        }
    }

    /// Adds what was found and its likely causes, the likeliest first.
    pub(crate) fn found(mut self, finding: &'static str, causes: Vec<Cause>) -> Self {
        self.finding = Some(finding);
        self.causes = causes
            .into_iter()
            .map(|cause| Cause {
                text: safe(&cause.text).into_owned(),
                command: cause.command.map(|command| safe(&command).into_owned()),
            })
            .collect();
        self
    }

    /// What was seen, safe for a terminal.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The likely causes in order, safe for a terminal.
    pub(crate) fn causes(&self) -> &[Cause] {
        &self.causes
    }

    fn json(&self) -> Value {
        let causes: Vec<Value> = self
            .causes
            .iter()
            .map(|cause| json!({"text": cause.text, "command": cause.command}))
            .collect();
        json!({
            "name": self.name.label(),
            "outcome": self.outcome.name(),
            "ms": self.ms,
            "detail": self.detail,
            "finding": self.finding,
            "causes": causes,
        })
    }
}

/// All steps of a diagnosis.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    /// The target as it was given.
    pub(crate) target: String,
    pub(crate) steps: Vec<Step>,
}

impl Report {
    /// The worst of all steps.
    pub(crate) fn outcome(&self) -> Outcome {
        let worst = self.steps.iter().map(|step| step.outcome).max();
        worst.unwrap_or(Outcome::Tick)
    }

    /// The document of `--format json`.
    pub(crate) fn json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(Step::json).collect();
        json!({
            "target": safe(&self.target),
            "outcome": self.outcome().name(),
            "steps": steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_step_counts_and_texts_are_safe() {
        let step = |outcome, text: &str| Step::new(StepName::Dns, outcome, Some(3), text);
        let mut report = Report {
            target: "h\u{1b}[2J".into(),
            steps: vec![step(Outcome::Tick, "fine"), step(Outcome::Warning, "late")],
        };
        assert_eq!(report.outcome(), Outcome::Warning);
        let cross = step(Outcome::Cross, "gone\u{202e}.").found(
            "name-unknown",
            vec![
                Cause::new("no \u{1b}such name", "getent hosts h"),
                Cause::told("none"),
            ],
        );
        report.steps.push(cross);
        report
            .steps
            .push(Step::new(StepName::Tcp, Outcome::NotReached, None, ""));
        assert_eq!(report.outcome(), Outcome::Cross);
        let json = report.json();
        assert_eq!(json["target"], "h\\u{1b}[2J");
        assert_eq!(json["steps"][2]["detail"], "gone\\u{202e}");
        assert_eq!(json["steps"][2]["causes"][0]["text"], "no \\u{1b}such name");
        assert_eq!(json["steps"][2]["causes"][1]["command"], Value::Null);
        assert_eq!(json["steps"][3]["ms"], Value::Null);
    }
}
