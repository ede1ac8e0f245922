//! Fragments: the pieces in which PSRP messages travel (MS-PSRP 2.2.4).
//!
//! A fragment is a 21-byte big-endian header and a piece of a message. Reassembly is per *stream*: the pool's output,
//! each command's output and, on a server, each input lane have a [`Reassembler`] of their own, because only within
//! one stream is the order of fragments defined.

mod fragmenter;
mod reassembler;
#[cfg(test)]
mod tests;

pub use fragmenter::{Fragmenter, ObjectIds, Outbox};
pub use reassembler::{Assembled, Reassembler, Rest, decode_base64_into};

/// Length of a fragment's header in bytes.
pub const HEADER_LEN: usize = 21;

/// What a PowerShell server puts into one fragment, header included.
pub const SERVER_FRAGMENT_LEN: usize = 32_768;

const START: u8 = 1;
const END: u8 = 2;

/// The header of a fragment (MS-PSRP 2.2.4), without its reserved bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Names the message that this fragment belongs to; one sender never uses a number twice.
    pub object_id: u64,
    /// Place of this fragment in its message: 0, 1, 2…
    pub fragment_id: u64,
    /// First fragment of its message.
    pub start: bool,
    /// Last fragment of its message.
    pub end: bool,
    /// Length in bytes of what follows the header.
    pub blob_len: u32,
}

impl Header {
    /// Reads the header at the start of `bytes`; `None` when there are fewer than [`HEADER_LEN`].
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (object_id, rest) = bytes.split_first_chunk::<8>()?;
        let (fragment_id, rest) = rest.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first_chunk::<1>()?;
        let (blob_len, _) = rest.split_first_chunk::<4>()?;
        let [flags] = *flags;
        Some(Self {
            object_id: u64::from_be_bytes(*object_id),
            fragment_id: u64::from_be_bytes(*fragment_id),
            start: flags & START != 0,
            end: flags & END != 0,
            blob_len: u32::from_be_bytes(*blob_len),
        })
    }

    /// Appends the header to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.object_id.to_be_bytes());
        out.extend_from_slice(&self.fragment_id.to_be_bytes());
        out.push(if self.start { START } else { 0 } | if self.end { END } else { 0 });
        out.extend_from_slice(&self.blob_len.to_be_bytes());
    }
}

/// Counts the whole fragments that `bytes` consists of; `None` when they do not form a valid chain, which may go on
/// from what came before.
pub fn count_fragments(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut count = 0;
    let mut last: Option<Header> = None;
    while !rest.is_empty() {
        let header = Header::read(rest)?;
        let follows = match last {
            None => true,
            Some(last) if last.end => header.start && header.fragment_id == 0,
            Some(last) => {
                !header.start
                    && header.object_id == last.object_id
                    && Some(header.fragment_id) == last.fragment_id.checked_add(1)
            }
        };
        if !follows || header.blob_len == 0 {
            return None;
        }
        let blob = usize::try_from(header.blob_len).ok()?;
        rest = rest.get(HEADER_LEN.checked_add(blob)?..)?;
        last = Some(header);
        count += 1;
    }
    Some(count)
}

/// Whether `bytes` are whole fragments that begin with the start of a message: what tells the first bytes of a PSRP
/// stream from the text of a command shell where nothing else does.
pub fn begins_stream(bytes: &[u8]) -> bool {
    let first = Header::read(bytes);
    first.is_some_and(|header| header.start && header.fragment_id == 0) && count_fragments(bytes).is_some()
}

/// What is wrong with a stream of fragments. The stream is unusable afterwards.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FragmentError {
    /// A fragment that continues a message came where none was open.
    #[error("fragment {fragment_id} of object {object_id} came without the start of its object")]
    NotStarted { object_id: u64, fragment_id: u64 },
    /// A message began before the one before it ended.
    #[error("object {object_id} began before object {open} ended")]
    Interrupted { object_id: u64, open: u64 },
    /// A fragment of another message came in between.
    #[error("object ids not matching: {found} where {expected} continues")]
    ObjectId { expected: u64, found: u64 },
    /// A fragment is missing or repeated.
    #[error("fragment ids not in sequence: {found} where {expected} follows in object {object_id}")]
    FragmentId {
        object_id: u64,
        expected: u64,
        found: u64,
    },
    /// The sign bit of an id is set.
    #[error("fragment id or object id is negative")]
    NegativeId,
    /// A message grows beyond the limit.
    #[error("object {object_id} has {len} bytes and more, the limit is {limit}")]
    TooLarge { object_id: u64, len: u64, limit: usize },
    /// The stream ended within a message.
    #[error("stream ended in the middle of an object: {rest}")]
    Incomplete { rest: Rest },
    /// Base64 text that carries fragments is damaged.
    #[error("fragments are not valid base64: {0}")]
    Base64(#[from] base64::DecodeSliceError),
    /// No fragment fits the room that is given.
    #[error("no fragment fits into {max} bytes")]
    NoRoom { max: usize },
}
