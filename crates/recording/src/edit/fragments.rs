//! A walk over the fragments of one stream whose messages are to be edited where they lie.

use psbridge_protocol::fragment::{HEADER_LEN, Header};

/// A part of a message within the bytes of one walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it lies in the walked bytes.
    pub(crate) range: std::ops::Range<usize>,
    /// How much of the message came before it, in bytes, the message's header included; `None` where the message
    /// began before the walk did.
    pub(crate) offset: Option<u64>,
    /// The message ends with it.
    pub(crate) end: bool,
}

/// The state of a walk; bytes may be cut anywhere, within headers too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragments {
    header: Vec<u8>,
    /// The fragment whose blob is being read, and how much of it is left.
    open: Option<(Header, usize)>,
    /// Bytes of the current message so far.
    offset: Option<u64>,
    /// The last part was not the end of its message.
    unfinished: bool,
}

impl Fragments {
    /// No message is unfinished: the state is that of a new walk.
    pub(crate) fn is_idle(&self) -> bool {
        self.header.is_empty() && self.open.is_none() && !self.unfinished
    }

    /// Goes over the next bytes of the stream and says where parts of messages lie in them.
    pub(crate) fn walk(&mut self, bytes: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut at = 0;
        loop {
            let (header, left) = match self.open.take() {
                Some(open) => open,
                None => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    let missing = HEADER_LEN.saturating_sub(self.header.len());
                    let part = rest.get(..missing).unwrap_or(rest);
                    self.header.extend_from_slice(part);
                    at += part.len();
                    let Some(header) = Header::read(&self.header) else {
                        return pieces;
                    };
                    self.header.clear();
                    if header.start {
                        self.offset = Some(0);
                    }
                    (header, header.blob_len as usize)
                }
            };
            let here = left.min(bytes.len() - at);
            if here > 0 || left == 0 {
                let end = header.end && here == left;
                pieces.push(Piece {
                    range: at..at + here,
                    offset: self.offset,
                    end,
                });
                self.offset = self.offset.map(|offset| offset + here as u64);
                if end {
                    self.offset = None;
                }
                self.unfinished = !end;
                at += here;
            }
            if here < left {
                self.open = Some((header, left - here));
                return pieces;
            }
            if at == bytes.len() {
                return pieces;
            }
        }
    }
}

/// Edits the messages that the pieces of a walk belong to. `edit` gets the bytes of one message that are here, joined,
/// and how much of the message came before them ([`Piece::offset`]).
pub(crate) fn edit_messages(
    pieces: &[Piece],
    bytes: &mut [u8],
    mut edit: impl FnMut(Option<u64>, &mut [u8]),
) {
    let mut pieces = pieces.iter().peekable();
    while let Some(first) = pieces.next() {
        let mut parts = vec![first];
        while !parts.last().is_none_or(|last| last.end) {
            match pieces.next_if(|next| next.offset != Some(0)) {
                Some(next) => parts.push(next),
                None => break,
            }
        }
        let mut joined: Vec<u8> = parts
            .iter()
            .flat_map(|part| bytes.get(part.range.clone()).unwrap_or_default())
            .copied()
            .collect();
        edit(first.offset, &mut joined);
        let mut rest = joined.as_slice();
        for part in parts {
            if let Some(target) = bytes.get_mut(part.range.clone())
                && let Some((edited, after)) = rest.split_at_checked(target.len())
            {
                target.copy_from_slice(edited);
                rest = after;
            }
        }
    }
}

/// True where the bytes begin as a stream of fragments does: headers that make sense and follow each other, the last
/// one perhaps cut off. The first may be in the middle of a message, as where a recording begins late.
#[must_use]
pub(crate) fn look_like_fragments(bytes: &[u8]) -> bool {
    /// No session counts further; any text would.
    const MAX_ID: u64 = 1 << 40;
    let mut rest = bytes;
    let mut last: Option<Header> = None;
    while let Some(header) = Header::read(rest) {
        let flags = rest.get(16).copied().unwrap_or(u8::MAX);
        let sound = flags <= 3
            && header.object_id < MAX_ID
            && header.fragment_id < MAX_ID
            && header.start == (header.fragment_id == 0)
            && header.blob_len > 0;
        let follows = match &last {
            Some(last) if !last.end => {
                header.object_id == last.object_id && header.fragment_id == last.fragment_id + 1
            }
            Some(_) => header.start,
            None => true,
        };
        if !sound || !follows {
            return false;
        }
        let blob = rest.get(HEADER_LEN..).unwrap_or_default();
        if header.start
            && blob
                .first()
                .is_some_and(|&destination| !matches!(destination, 1 | 2))
        {
            return false;
        }
        last = Some(header);
        match blob.get(header.blob_len as usize..) {
            Some(next) => rest = next,
            None => return true,
        }
    }
    last.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(object: u64, id: u64, flags: u8, blob: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Header {
            object_id: object,
            fragment_id: id,
            start: flags & 1 != 0,
            end: flags & 2 != 0,
            blob_len: u32::try_from(blob.len()).unwrap(),
        }
        .write(&mut out);
        out.extend_from_slice(blob);
        out
    }

    #[test]
    fn pieces_do_not_depend_on_cuts() {
        let mut bytes = fragment(7, 3, 2, b"tail");
        bytes.extend(fragment(8, 0, 1, b"first"));
        bytes.extend(fragment(8, 1, 2, b"second"));
        bytes.extend(fragment(9, 0, 3, b"third"));
        let collect = |cuts: &[usize]| {
            let mut walk = Fragments::default();
            let mut found: Vec<(Option<u64>, u8)> = Vec::new();
            let mut ends = 0;
            let mut from = 0;
            for &cut in cuts.iter().chain([&bytes.len()]) {
                let part = &bytes[from..cut];
                for piece in walk.walk(part) {
                    for (i, &b) in part[piece.range.clone()].iter().enumerate() {
                        found.push((piece.offset.map(|o| o + i as u64), b));
                    }
                    ends += usize::from(piece.end);
                }
                from = cut;
            }
            (found, ends)
        };
        let whole = collect(&[]);
        assert_eq!(whole.1, 3);
        assert_eq!(whole.0[0], (None, b't'));
        assert_eq!(whole.0[4 + 5], (Some(5), b's'));
        for a in 0..=bytes.len() {
            for b in a..=bytes.len() {
                assert_eq!(collect(&[a, b]), whole, "cut at {a} and {b}");
            }
        }
    }

    #[test]
    fn tells_fragments_from_text() {
        let whole = fragment(1, 0, 3, &[2, 0, 0, 0, 2, 0, 1, 0]);
        assert!(look_like_fragments(&whole));
        assert!(look_like_fragments(&whole[..22]));
        assert!(!look_like_fragments(&whole[..20]));
        assert!(look_like_fragments(&fragment(1, 4, 0, b"abc")));
        assert!(!look_like_fragments(&fragment(1, 0, 3, b"abc")));
        assert!(!look_like_fragments(
            b"That's all folks!!!, said the server, and was gone"
        ));
        assert!(!look_like_fragments(b""));
        let mut two = whole.clone();
        two.extend(fragment(2, 1, 2, b"x"));
        assert!(!look_like_fragments(&two), "the second does not follow the first");
    }
}
