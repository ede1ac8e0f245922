//! Taking steps: timing each, showing it, and noting what was not reached.

use std::io;
use std::time::Instant;

use super::causes;
use super::facts::Facts;
use super::finding::Finding;
use super::report::{Outcome, Report, Step, StepName};
use super::screen::Screen;

/// Why no further step is taken.
#[derive(Debug)]
pub(crate) enum Halt {
    /// A step failed.
    Failed,
    /// Standard output cannot be written.
    Output(io::Error),
}

/// What a good step has seen.
#[derive(Debug)]
pub(crate) struct Seen<T> {
    value: T,
    detail: String,
    warning: Option<Finding>,
}

impl<T> Seen<T> {
    /// All well.
    pub(crate) fn new(value: T, detail: impl Into<String>) -> Self {
        Self {
            value,
            detail: detail.into(),
            warning: None,
        }
    }

    /// It works, and this should be known about it.
    pub(crate) fn warn(mut self, warning: Option<Finding>) -> Self {
        self.warning = warning;
        self
    }
}

/// The steps so far and those to come.
#[derive(Debug)]
pub(crate) struct Walk {
    screen: Screen,
    report: Report,
    /// Steps that must be in the report, reached or not.
    planned: Vec<StepName>,
    pub(crate) facts: Facts,
}

impl Walk {
    /// A walk to `target`, as it was given.
    pub(crate) fn new(screen: Screen, target: String, planned: Vec<StepName>, facts: Facts) -> Self {
        Self {
            screen,
            report: Report {
                target,
                steps: Vec::new(),
            },
            planned,
            facts,
        }
    }

    /// Takes a step.
    ///
    /// # Errors
    /// [`Halt::Failed`] when it found something that ends the walk.
    pub(crate) async fn step<T>(
        &mut self,
        name: StepName,
        work: impl Future<Output = Result<Seen<T>, Finding>>,
    ) -> Result<T, Halt> {
        self.screen.begin(name);
        let began = Instant::now();
        let result = work.await;
        self.note(name, Some(began), result)
    }

    /// Notes a step that was taken elsewhere, or that follows from one before.
    ///
    /// # Errors
    /// [`Halt::Failed`] when it found something.
    pub(crate) fn note<T>(
        &mut self,
        name: StepName,
        began: Option<Instant>,
        result: Result<Seen<T>, Finding>,
    ) -> Result<T, Halt> {
        let ms = began.map(|began| u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        match result {
            Ok(seen) => {
                let outcome = match seen.warning {
                    Some(_) => Outcome::Warning,
                    None => Outcome::Tick,
                };
                let mut step = Step::new(name, outcome, ms, &seen.detail);
                if let Some(warning) = seen.warning {
                    step = step.found(warning.name(), causes::of(&warning, &self.facts));
                }
                self.add(step)?;
                Ok(seen.value)
            }
            Err(finding) => {
                let step = Step::new(name, Outcome::Cross, ms, &finding.detail());
                self.add(step.found(finding.name(), causes::of(&finding, &self.facts)))?;
                Err(Halt::Failed)
            }
        }
    }

    fn add(&mut self, step: Step) -> Result<(), Halt> {
        self.screen.show(&step).map_err(Halt::Output)?;
        self.report.steps.push(step);
        Ok(())
    }

    /// Notes the planned steps that were not reached, and completes what is shown.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(crate) fn finish(mut self) -> Result<Outcome, io::Error> {
        for name in std::mem::take(&mut self.planned) {
            let taken = self.report.steps.iter().any(|step| step.name == name);
            if !taken {
                let step = Step::new(name, Outcome::NotReached, None, "");
                self.screen.show(&step)?;
                self.report.steps.push(step);
            }
        }
        self.screen.finish(&self.report)?;
        Ok(self.report.outcome())
    }
}
