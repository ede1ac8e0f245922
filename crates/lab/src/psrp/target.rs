//! What Receive takes from: the fragments of a pool or a pipeline, and what was taken last.

use bytes::Bytes;
use psbridge_protocol::fragment::{FragmentError, SERVER_FRAGMENT_LEN};
use psbridge_protocol::wsman::AnswerBudget;

/// A queue of fragments that can be taken from.
pub(crate) trait Fragments {
    /// The next fragment of at most `max` bytes.
    fn next(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError>;
}

/// An answer to Receive.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) fragments: Vec<Bytes>,
    /// Where the command stands after the fragments, where that is said.
    pub(crate) state: Option<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Done,
    /// Waits for the answer to a host call.
    Pending,
}

/// The answers of one target, kept so that one that was lost is given again.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// The request that was answered last, and how.
    last: Option<(String, Taken)>,
    /// The last answer did not reach the client.
    lost: bool,
}

impl Answers {
    /// The answer to give again: to a request that was repeated, or after one that was lost on its way.
    pub(crate) fn again(&mut self, message_id: &str) -> Option<Taken> {
        let (id, taken) = self.last.as_mut()?;
        if self.lost || id == message_id {
            self.lost = false;
            message_id.clone_into(id);
            return Some(taken.clone());
        }
        None
    }

    pub(crate) fn keep(&mut self, message_id: &str, taken: &Taken) {
        self.lost = false;
        self.last = Some((message_id.to_owned(), taken.clone()));
    }

    /// The answer to this request could not be handed over.
    pub(crate) fn lost(&mut self, message_id: &str) {
        if self.last.as_ref().is_some_and(|(id, _)| id == message_id) {
            self.lost = true;
        }
    }
}

/// Takes as many fragments as an answer of `max_envelope` bytes holds.
pub(crate) fn take(from: &mut impl Fragments, max_envelope: usize) -> Result<Vec<Bytes>, FragmentError> {
    let mut budget = AnswerBudget::new(max_envelope);
    let mut fragments = Vec::new();
    loop {
        // A message is cut where the server's fragments end, not where an answer is full.
        if !fragments.is_empty() && budget.room() < SERVER_FRAGMENT_LEN {
            return Ok(fragments);
        }
        match from.next(budget.room()) {
            Ok(Some(fragment)) => {
                budget.spend(fragment.len());
                fragments.push(Bytes::from(fragment));
            }
            Ok(None) => return Ok(fragments),
            Err(error) => return Err(error),
        }
    }
}
