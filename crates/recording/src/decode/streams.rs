//! One stream of fragments, put together again, and found again after damage.

use psbridge_protocol::fragment::{Assembled, FragmentError, HEADER_LEN, Header, Reassembler, Rest};

/// Errors after which a stream is given up: each costs a copy of what is buffered.
const MAX_ERRORS: u32 = 1000;
/// Bytes that are buffered at once beyond an unfinished fragment.
const CHUNK: usize = 1 << 16;

/// The reassembly of one stream that goes on after an error, at the next message that it finds.
#[derive(Debug)]
pub(super) struct Stream {
    reassembler: Reassembler,
    /// Bytes that the reassembler has been given and not used.
    unused: Vec<u8>,
    max_message_size: usize,
    /// The stream may begin, or go on, in the middle of a message: somebody connected to it.
    reconnected: bool,
    /// Bytes to come that are passed over.
    skip: usize,
    errors: u32,
    /// No header of a fragment can be found any more.
    lost: bool,
}

impl Stream {
    pub(super) fn new(max_message_size: usize) -> Self {
        Self {
            reassembler: Reassembler::new(max_message_size),
            unused: Vec::new(),
            max_message_size,
            reconnected: false,
            skip: 0,
            errors: 0,
            lost: false,
        }
    }

    /// From here to the next whole message fragments may be missing, and it is no error.
    pub(super) fn reconnected(&mut self) {
        self.reconnected = true;
    }

    /// Adds bytes; hands out the messages that they complete and what is wrong with the others.
    pub(super) fn push(&mut self, bytes: &[u8], mut found: impl FnMut(Result<Assembled<'_>, FragmentError>)) {
        for chunk in bytes.chunks(CHUNK) {
            if self.lost {
                return;
            }
            self.push_chunk(chunk, &mut found);
        }
    }

    fn push_chunk(&mut self, bytes: &[u8], found: &mut impl FnMut(Result<Assembled<'_>, FragmentError>)) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let bytes = bytes.get(skipped..).unwrap_or_default();
        self.unused.extend_from_slice(bytes);
        self.reassembler.push(bytes);
        loop {
            match self.reassembler.next_message() {
                Ok(Some(message)) => {
                    self.reconnected = false;
                    found(Ok(message));
                }
                Ok(None) => break,
                Err(error) => {
                    let missing = matches!(
                        error,
                        FragmentError::NotStarted { .. }
                            | FragmentError::Interrupted { .. }
                            | FragmentError::ObjectId { .. }
                            | FragmentError::FragmentId { .. }
                    );
                    if !(self.reconnected && missing) {
                        found(Err(error.clone()));
                    }
                    if !self.recover(&error) {
                        return;
                    }
                }
            }
        }
        self.keep(self.unread());
    }

    /// What is there of a message that did not end.
    pub(super) fn rest(&self) -> Option<Rest> {
        if self.lost || self.reconnected {
            None
        } else {
            self.reassembler.rest()
        }
    }

    fn unread(&self) -> usize {
        self.reassembler.rest().map_or(0, |rest| rest.bytes)
    }

    fn keep(&mut self, length: usize) {
        self.unused.drain(..self.unused.len().saturating_sub(length));
    }

    /// Begins again at the fragment at fault, or after it where it cannot begin a message. False when lost.
    fn recover(&mut self, error: &FragmentError) -> bool {
        self.keep(self.unread());
        self.errors += 1;
        let header = Header::read(&self.unused)
            .filter(|_| *error != FragmentError::NegativeId && self.errors < MAX_ERRORS);
        let Some(header) = header else {
            self.lost = true;
            self.unused = Vec::new();
            return false;
        };
        let too_large = matches!(error, FragmentError::TooLarge { .. });
        if too_large || header.start && header.fragment_id != 0 {
            let length = HEADER_LEN.saturating_add(header.blob_len as usize);
            self.skip = length.saturating_sub(self.unused.len());
            self.unused.drain(..length.min(self.unused.len()));
        }
        self.reassembler = Reassembler::new(self.max_message_size);
        self.reassembler.resync();
        self.reassembler.push(&self.unused);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(object_id: u64, fragment_id: u64, start: bool, end: bool, blob: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let blob_len = u32::try_from(blob.len()).unwrap();
        Header {
            object_id,
            fragment_id,
            start,
            end,
            blob_len,
        }
        .write(&mut out);
        out.extend_from_slice(blob.as_bytes());
        out
    }

    fn read(stream: &mut Stream, bytes: &[u8]) -> (Vec<String>, usize) {
        let (mut messages, mut errors) = (Vec::new(), 0);
        stream.push(bytes, |found| match found {
            Ok(message) => messages.push(String::from_utf8(message.bytes.to_vec()).unwrap()),
            Err(_) => errors += 1,
        });
        (messages, errors)
    }

    #[test]
    fn goes_on_after_lost_fragments() {
        let bytes = [
            fragment(1, 1, false, false, "lost"),
            fragment(1, 2, false, true, "lost"),
            fragment(2, 0, true, true, "two"),
            fragment(3, 0, true, false, "thr"),
            fragment(3, 2, false, true, "ee"),
            fragment(4, 0, true, false, "fo"),
            fragment(5, 0, true, true, "five"),
            fragment(6, 4, true, true, "nonsense"),
            fragment(7, 0, true, false, "sev"),
            fragment(7, 1, false, true, "en"),
        ]
        .concat();
        for cut in 0..bytes.len() {
            let mut stream = Stream::new(1000);
            let (mut messages, first) = read(&mut stream, &bytes[..cut]);
            let (more, second) = read(&mut stream, &bytes[cut..]);
            messages.extend(more);
            assert_eq!(messages, ["two", "five", "seven"], "cut at {cut}");
            assert_eq!(first + second, 4, "cut at {cut}");
            assert_eq!(stream.rest(), None);
        }
    }

    #[test]
    fn a_connected_stream_begins_anywhere() {
        let mut stream = Stream::new(1000);
        stream.reconnected();
        let bytes = [
            fragment(1, 1, false, true, "lost"),
            fragment(2, 0, true, true, "two"),
        ]
        .concat();
        assert_eq!(read(&mut stream, &bytes), (vec!["two".to_owned()], 0));
        let (messages, errors) = read(&mut stream, &fragment(3, 1, false, true, "x"));
        assert_eq!((messages.len(), errors), (0, 1));
    }

    #[test]
    fn passes_over_what_is_too_large_and_gives_up_on_garbage() {
        let mut stream = Stream::new(4);
        let bytes = [
            fragment(1, 0, true, true, "too large"),
            fragment(2, 0, true, true, "ok"),
        ]
        .concat();
        assert_eq!(read(&mut stream, &bytes), (vec!["ok".to_owned()], 1));
        assert_eq!(read(&mut stream, &[0xFF; 100]).1, 1);
        assert_eq!(read(&mut stream, &fragment(3, 0, true, true, "x")), (vec![], 0));
    }
}
