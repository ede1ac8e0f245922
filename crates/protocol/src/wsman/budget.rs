//! How much fits into an envelope (protocol.md 2).

use super::request::Request;
use crate::ProtocolVersion;

/// What every server accepts: 150 KiB.
pub const INITIAL_ENVELOPE_SIZE: usize = 153_600;
/// What servers since PSRP 2.2 accept: 500 KiB.
pub const RAISED_ENVELOPE_SIZE: usize = 512_000;

/// Bytes kept free for what differs between one request and the next.
const SAFETY: usize = 256;

/// How large the requests of one client may be.
///
/// Starts with what every server takes and rises when the server has proved that it speaks PSRP 2.2 or newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopeBudget {
    ceiling: usize,
    size: usize,
}

impl EnvelopeBudget {
    /// A budget that never exceeds `ceiling` bytes, such as [`RAISED_ENVELOPE_SIZE`].
    pub fn new(ceiling: usize) -> Self {
        Self {
            ceiling,
            size: INITIAL_ENVELOPE_SIZE.min(ceiling),
        }
    }

    /// The server has said which version it speaks.
    pub fn negotiated(&mut self, version: ProtocolVersion) {
        if version >= ProtocolVersion::V2_2 {
            self.size = RAISED_ENVELOPE_SIZE.min(self.ceiling);
        }
    }

    /// The server found a request too large: halve the size, but not below what every server takes. Says whether that
    /// changed anything.
    pub fn shrink(&mut self) -> bool {
        let smaller = (self.size / 2).max(INITIAL_ENVELOPE_SIZE.min(self.ceiling));
        let changed = smaller < self.size;
        self.size = smaller;
        self.ceiling = smaller;
        changed
    }

    /// Bytes of an envelope: the value of `w:MaxEnvelopeSize`.
    pub fn envelope_size(&self) -> usize {
        self.size
    }

    /// Bytes of data that fit into an envelope which has `overhead` bytes without them. The data travels as base64.
    pub fn payload(&self, overhead: usize) -> usize {
        self.size.saturating_sub(overhead + SAFETY) / 4 * 3
    }

    /// Bytes of data that fit into `request`, whatever it carries now.
    pub fn payload_of(&self, request: &Request) -> usize {
        self.payload(request.overhead())
    }
}

/// How much a server may still put into one answer to Receive.
#[derive(Debug, Clone, Copy)]
pub struct AnswerBudget {
    left: usize,
}

impl AnswerBudget {
    /// What is left after headers, the command's state and the frame in an answer of `max_envelope_size` bytes.
    const FRAME: usize = 2048;
    /// An `rsp:Stream` element with the longest ids, without its text.
    const STREAM: usize = 128;

    /// The budget of an answer for a client that takes `max_envelope_size` bytes.
    pub fn new(max_envelope_size: usize) -> Self {
        Self {
            left: max_envelope_size.saturating_sub(Self::FRAME),
        }
    }

    /// Bytes that the next `rsp:Stream` may carry; 0 when the answer is full.
    pub fn room(&self) -> usize {
        self.left.saturating_sub(Self::STREAM) / 4 * 3
    }

    /// An `rsp:Stream` of `data_len` bytes has been added.
    pub fn spend(&mut self, data_len: usize) {
        self.left = self.left.saturating_sub(data_len.div_ceil(3) * 4 + Self::STREAM);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_rises_when_the_server_proves_it() {
        let mut budget = EnvelopeBudget::new(RAISED_ENVELOPE_SIZE);
        assert_eq!(budget.envelope_size(), 153_600);
        budget.negotiated(ProtocolVersion::V2_1);
        assert_eq!(budget.envelope_size(), 153_600);
        budget.negotiated(ProtocolVersion::V2_2);
        assert_eq!(budget.envelope_size(), 512_000);
        assert!(budget.shrink());
        assert_eq!(budget.envelope_size(), 256_000);
        assert!(budget.shrink() && !budget.shrink());
        assert_eq!(budget.envelope_size(), 153_600);
        budget.negotiated(ProtocolVersion::V2_3);
        assert_eq!(budget.envelope_size(), 153_600, "what was learnt stays");
    }

    #[test]
    fn payload_is_what_base64_leaves() {
        let budget = EnvelopeBudget::new(RAISED_ENVELOPE_SIZE);
        assert_eq!(budget.payload(1344), (153_600 - 1600) / 4 * 3);
        assert_eq!(budget.payload(1 << 20), 0);
        assert_eq!(EnvelopeBudget::new(32_768).envelope_size(), 32_768);
    }

    #[test]
    fn answers_fill_up() {
        let mut budget = AnswerBudget::new(153_600);
        let mut streams = 0;
        while budget.room() >= 32_768 {
            budget.spend(32_768);
            streams += 1;
        }
        assert_eq!(streams, 3);
        assert!(budget.room() > 0);
    }
}
