use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{FragmentError, HEADER_LEN, Header};
use crate::message::{self, Message};

/// Source of object ids, shared by all streams of one sender.
///
/// PowerShell counts per process, from 1. Clones count on together.
#[derive(Debug, Clone)]
pub struct ObjectIds(Arc<AtomicU64>);

impl ObjectIds {
    /// A counter whose first id is 1.
    pub fn new() -> Self {
        Self::starting_at(1)
    }

    /// A counter whose first id is `first`.
    pub fn starting_at(first: u64) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }

    /// The next id; never negative when read as a signed number.
    pub fn next_id(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) & (u64::MAX >> 1)
    }
}

impl Default for ObjectIds {
    fn default() -> Self {
        Self::new()
    }
}

/// Cuts one message into fragments, each as large as the room that is left where it goes.
#[derive(Debug)]
pub struct Fragmenter {
    object_id: u64,
    next_fragment: u64,
    header: [u8; message::HEADER_LEN],
    data: Vec<u8>,
    sent: usize,
}

impl Fragmenter {
    /// Starts to cut a message, which gets its object id here.
    pub fn new(message: impl Into<Message>, ids: &ObjectIds) -> Self {
        let message = message.into();
        let header = message.header();
        Self {
            object_id: ids.next_id(),
            next_fragment: 0,
            header,
            data: message.data,
            sent: 0,
        }
    }

    /// Object id of the message.
    pub fn object_id(&self) -> u64 {
        self.object_id
    }

    /// Bytes of the message that are not yet cut off, headers of fragments not counted.
    pub fn remaining(&self) -> usize {
        self.header.len() + self.data.len() - self.sent
    }

    /// Everything is cut off.
    pub fn is_done(&self) -> bool {
        self.remaining() == 0
    }

    /// Appends the next fragment to `out`, header included at most `max` bytes long. Says whether it was the last.
    ///
    /// # Errors
    /// [`FragmentError::NoRoom`] when not even one byte of the message fits.
    pub fn write_next(&mut self, max: usize, out: &mut Vec<u8>) -> Result<bool, FragmentError> {
        let room = max.saturating_sub(HEADER_LEN).min(u32::MAX as usize);
        let len = room.min(self.remaining());
        if len == 0 {
            return Err(FragmentError::NoRoom { max });
        }
        let end = len == self.remaining();
        out.reserve(HEADER_LEN + len);
        Header {
            object_id: self.object_id,
            fragment_id: self.next_fragment,
            start: self.next_fragment == 0,
            end,
            blob_len: len as u32,
        }
        .write(out);
        let head = self.header.get(self.sent..).unwrap_or_default();
        let head = head.get(..len).unwrap_or(head);
        out.extend_from_slice(head);
        let start = (self.sent + head.len()).saturating_sub(self.header.len());
        out.extend_from_slice(self.data.get(start..start + len - head.len()).unwrap_or_default());
        self.sent += len;
        self.next_fragment += 1;
        Ok(end)
    }
}

/// Messages that wait to be sent on one stream, in order.
///
/// Nothing is cut before there is room for it: the sizes follow the budget of the moment, and small messages share a
/// request. Object ids are given when a message begins to leave.
#[derive(Debug)]
pub struct Outbox {
    ids: ObjectIds,
    fragment_len: usize,
    waiting: VecDeque<Message>,
    current: Option<Fragmenter>,
    pending: usize,
}

/// Room below which a further message is not begun in a request that already holds something.
const WORTH_STARTING: usize = 1024;

impl Outbox {
    /// An empty outbox whose fragments are at most `fragment_len` bytes long, headers included.
    pub fn new(ids: ObjectIds, fragment_len: usize) -> Self {
        Self {
            ids,
            fragment_len,
            waiting: VecDeque::new(),
            current: None,
            pending: 0,
        }
    }

    /// Puts a message at the end.
    pub fn push(&mut self, message: Message) {
        self.pending += message.encoded_len();
        self.waiting.push_back(message);
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.waiting.is_empty()
    }

    /// Bytes of messages that wait, fragment headers not counted.
    pub fn pending_bytes(&self) -> usize {
        self.pending
    }

    /// Forgets what waits, as after the end of the pipeline that it was for.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.current = None;
        self.pending = 0;
    }

    /// The next fragment, at most `max` bytes long with its header; `None` when nothing waits.
    ///
    /// # Errors
    /// [`FragmentError::NoRoom`] when `max` leaves no room for a header and one byte.
    pub fn next_fragment(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError> {
        let mut out = Vec::new();
        Ok(self.append_fragment(max, &mut out)?.then_some(out))
    }

    /// As many whole fragments as fit into `max` bytes; `None` when nothing waits.
    ///
    /// # Errors
    /// [`FragmentError::NoRoom`] when `max` leaves no room for a header and one byte.
    pub fn next_chunk(&mut self, max: usize) -> Result<Option<Vec<u8>>, FragmentError> {
        let mut out = Vec::new();
        while self.append_fragment(max - out.len(), &mut out)? {
            let room = max - out.len();
            let fits = match (&self.current, self.waiting.front()) {
                (Some(current), _) => room >= WORTH_STARTING.min(current.remaining() + HEADER_LEN),
                (None, Some(message)) => room >= WORTH_STARTING.min(message.encoded_len() + HEADER_LEN),
                (None, None) => false,
            };
            if !fits {
                break;
            }
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn append_fragment(&mut self, max: usize, out: &mut Vec<u8>) -> Result<bool, FragmentError> {
        if self.current.is_none() {
            let Some(message) = self.waiting.pop_front() else {
                return Ok(false);
            };
            self.current = Some(Fragmenter::new(message, &self.ids));
        }
        if let Some(current) = &mut self.current {
            let before = current.remaining();
            let last = current.write_next(max.min(self.fragment_len), out)?;
            self.pending = self.pending.saturating_sub(before - current.remaining());
            if last {
                self.current = None;
            }
        }
        Ok(true)
    }
}
