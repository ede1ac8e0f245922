//! What a call answers with.

use psbridge::{Record, RecordStream};

use crate::argument::Argument;
use crate::cmdlet::Call;
use crate::error::{Error, ErrorKind};
use crate::reason::{micro_delay, says_truncated};

use std::time::Duration;

/// The objects of a call as they arrive. Not reading is safe: nothing more is fetched then. Dropping it stops the cmdlet.
///
/// An error of the cmdlet is an item like any other and need not be the last: a list of names of which one is unknown
/// answers with the others too. When all objects were asked for and Exchange says that there are more, the last item is
/// an error of kind [`ErrorKind::Truncated`].
#[must_use = "the objects come only when they are read"]
pub struct Answer<T> {
    cmdlet: &'static str,
    records: RecordStream<T>,
    unlimited: bool,
    truncated: bool,
    done: bool,
    warnings: Vec<String>,
    delayed: Duration,
}

impl<T> std::fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("cmdlet", &self.cmdlet)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

/// More warnings than this are counted and not kept.
const MAX_WARNINGS: usize = 1_000;

impl<T> Answer<T> {
    pub(crate) fn from_session(call: &Call, records: RecordStream<T>) -> Self {
        let unlimited = match call.arguments().get("ResultSize") {
            Some(Argument::Number(_)) => false,
            Some(_) => true,
            None => !call.table().writes,
        };
        Self {
            cmdlet: call.table().name,
            records,
            unlimited,
            truncated: false,
            done: false,
            warnings: Vec::new(),
            delayed: Duration::ZERO,
        }
    }

    /// The next object or error; none after the end.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        while !self.done {
            let Some(record) = self.records.next().await else {
                break;
            };
            match record {
                Ok(Record::Output(object)) => return Some(Ok(object)),
                Ok(Record::Error(record)) => return Some(Err(Error::from_record(self.cmdlet, &record))),
                Ok(Record::Warning(warning)) => self.warn(warning.message.clone()),
                Ok(Record::Undecodable(object)) => {
                    let message = format!("an object cannot be read: {}", object.error);
                    return Some(Err(Error::new(ErrorKind::Undecodable, self.cmdlet, message)));
                }
                Ok(_) => {}
                Err(error) => {
                    self.done = true;
                    return Some(Err(Error::from_session(self.cmdlet, error)));
                }
            }
        }
        let ended = std::mem::replace(&mut self.done, true);
        (!ended && self.unlimited && self.truncated).then(|| {
            Err(Error::new(
                ErrorKind::Truncated,
                self.cmdlet,
                "Exchange has more objects than it answered with; narrow the call, or split it by a filter",
            ))
        })
    }

    /// All objects.
    ///
    /// # Errors
    /// The first error of the cmdlet or the session; what came before it is lost. [`next`](Self::next) loses nothing.
    pub async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut objects = Vec::new();
        while let Some(object) = self.next().await {
            objects.push(object?);
        }
        Ok(objects)
    }

    /// The one object that was asked for.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::Ambiguous`] when there are several, and the errors of the
    /// cmdlet.
    pub async fn one(mut self) -> Result<T, Error> {
        let cmdlet = self.cmdlet;
        let first = match self.next().await {
            Some(first) => first?,
            None => return Err(Error::new(ErrorKind::NotFound, cmdlet, "there is no such object")),
        };
        match self.next().await {
            None => Ok(first),
            Some(Err(error)) => Err(error),
            Some(Ok(_)) => Err(Error::new(
                ErrorKind::Ambiguous,
                cmdlet,
                "several objects go by that name; ask by GUID",
            )),
        }
    }

    /// What the cmdlet has warned of so far.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// True once Exchange has said that there are more objects than asked for.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// How long Exchange has held the call back so far because too much was asked (its "micro delays").
    #[must_use]
    pub fn delayed(&self) -> Duration {
        self.delayed
    }

    fn warn(&mut self, text: String) {
        self.truncated |= says_truncated(&text);
        self.delayed += micro_delay(&text).unwrap_or_default();
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(text);
        }
    }
}
