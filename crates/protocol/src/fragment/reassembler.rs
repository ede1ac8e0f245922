use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{FragmentError, HEADER_LEN, Header};

/// Capacity above which an empty buffer is given back.
const KEEP_CAPACITY: usize = 1 << 20;

/// What is left of a stream that ended too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The message that was being put together: its id and how many fragments of it came.
    pub open: Option<(u64, u64)>,
    /// Bytes of that message.
    pub assembled: usize,
    /// Bytes of a fragment that is not complete.
    pub bytes: usize,
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.open {
            Some((id, fragments)) => {
                write!(
                    f,
                    "object {id} has {fragments} fragments with {} bytes",
                    self.assembled
                )?;
                if self.bytes > 0 {
                    write!(f, ", and {} bytes of the next one", self.bytes)?;
                }
                Ok(())
            }
            None => write!(f, "{} bytes of a fragment", self.bytes),
        }
    }
}

/// One whole message as it left the fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assembled<'a> {
    /// Object id of its fragments.
    pub object_id: u64,
    /// How many fragments it came in.
    pub fragments: u64,
    /// The message, its header included.
    pub bytes: &'a [u8],
}

#[derive(Debug)]
struct Open {
    object_id: u64,
    fragments: u64,
}

/// Puts the messages of one stream together again.
///
/// Bytes may be cut anywhere. A message that came in one fragment is handed out where it lies in the buffer; only one
/// that came in several is put together in a buffer of its own.
#[derive(Debug)]
pub struct Reassembler {
    /// Bytes as received; what lies before `read` is used up.
    buffer: Vec<u8>,
    read: usize,
    open: Option<Open>,
    assembled: Vec<u8>,
    /// The message in `assembled` has been handed out.
    handed_out: bool,
    resync: bool,
    max_message_size: usize,
    broken: Option<FragmentError>,
}

impl Reassembler {
    /// A reassembler for messages of at most `max_message_size` bytes.
    pub fn new(max_message_size: usize) -> Self {
        Self {
            buffer: Vec::new(),
            read: 0,
            open: None,
            assembled: Vec::new(),
            handed_out: false,
            resync: false,
            max_message_size,
            broken: None,
        }
    }

    /// From now on fragments without a start are skipped until one has it: after a Connect the server goes on in the
    /// middle of what it had begun to say to someone else. Also mends a stream that broke the rules.
    pub fn resync(&mut self) {
        self.open = None;
        self.assembled.clear();
        self.handed_out = false;
        self.broken = None;
        self.resync = true;
    }

    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.compact();
        self.buffer.extend_from_slice(bytes);
    }

    /// Adds received bytes that are still base64 text, decoding into the buffer. Says how many bytes they were.
    /// White space at the ends is ignored, and within the text too.
    ///
    /// # Errors
    /// [`FragmentError::Base64`]; nothing was added then.
    pub fn push_base64(&mut self, text: &str) -> Result<usize, FragmentError> {
        self.compact();
        decode_base64_into(text, &mut self.buffer)
    }

    /// The next whole message; `None` until more bytes come.
    ///
    /// # Errors
    /// When the stream breaks the rules; every later call says the same.
    pub fn next_message(&mut self) -> Result<Option<Assembled<'_>>, FragmentError> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if self.handed_out {
            self.handed_out = false;
            self.assembled.clear();
            self.assembled.shrink_to(KEEP_CAPACITY);
        }
        match self.step() {
            Ok(Some(Step::InPlace {
                object_id,
                start,
                end,
            })) => Ok(self.buffer.get(start..end).map(|bytes| Assembled {
                object_id,
                fragments: 1,
                bytes,
            })),
            Ok(Some(Step::Assembled { object_id, fragments })) => {
                self.handed_out = true;
                Ok(Some(Assembled {
                    object_id,
                    fragments,
                    bytes: &self.assembled,
                }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                self.broken = Some(error.clone());
                Err(error)
            }
        }
    }

    /// What is there of an unfinished message; `None` when the stream may end here.
    pub fn rest(&self) -> Option<Rest> {
        let bytes = self.buffer.len() - self.read;
        let open = self.open.as_ref().map(|open| (open.object_id, open.fragments));
        let assembled = if open.is_some() { self.assembled.len() } else { 0 };
        (bytes > 0 || open.is_some()).then_some(Rest {
            open,
            assembled,
            bytes,
        })
    }

    /// No message is unfinished and no byte waits.
    pub fn is_idle(&self) -> bool {
        self.rest().is_none()
    }

    /// Checks that the stream may end here.
    ///
    /// # Errors
    /// [`FragmentError::Incomplete`] when a message is unfinished.
    pub fn finish(&self) -> Result<(), FragmentError> {
        self.rest()
            .map_or(Ok(()), |rest| Err(FragmentError::Incomplete { rest }))
    }

    fn step(&mut self) -> Result<Option<Step>, FragmentError> {
        loop {
            let unread = self.buffer.get(self.read..).unwrap_or_default();
            let Some(header) = Header::read(unread) else {
                return Ok(None);
            };
            if (header.object_id | header.fragment_id) > u64::MAX >> 1 {
                return Err(FragmentError::NegativeId);
            }
            let blob_len = header.blob_len as usize;
            let skipped = self.resync && !header.start;
            if !skipped {
                self.check(&header)?;
            }
            let Some(blob) = unread.get(HEADER_LEN..HEADER_LEN.saturating_add(blob_len)) else {
                return Ok(None);
            };
            let start = self.read + HEADER_LEN;
            let end = start + blob_len;
            self.read = end;
            if skipped {
                continue;
            }
            self.resync = false;
            let object_id = header.object_id;
            if header.start && header.end {
                return Ok(Some(Step::InPlace {
                    object_id,
                    start,
                    end,
                }));
            }
            self.assembled.extend_from_slice(blob);
            let fragments = self.open.take().map_or(0, |open| open.fragments) + 1;
            if header.end {
                return Ok(Some(Step::Assembled { object_id, fragments }));
            }
            self.open = Some(Open { object_id, fragments });
        }
    }

    fn check(&self, header: &Header) -> Result<(), FragmentError> {
        let object_id = header.object_id;
        let expected = match &self.open {
            None if header.start => 0,
            None => {
                return Err(FragmentError::NotStarted {
                    object_id,
                    fragment_id: header.fragment_id,
                });
            }
            Some(open) if header.start => {
                return Err(FragmentError::Interrupted {
                    object_id,
                    open: open.object_id,
                });
            }
            Some(open) if open.object_id != object_id => {
                return Err(FragmentError::ObjectId {
                    expected: open.object_id,
                    found: object_id,
                });
            }
            Some(open) => open.fragments,
        };
        if header.fragment_id != expected {
            return Err(FragmentError::FragmentId {
                object_id,
                expected,
                found: header.fragment_id,
            });
        }
        let before = if self.open.is_some() {
            self.assembled.len() as u64
        } else {
            0
        };
        let len = before + u64::from(header.blob_len);
        if len > self.max_message_size as u64 {
            return Err(FragmentError::TooLarge {
                object_id,
                len,
                limit: self.max_message_size,
            });
        }
        Ok(())
    }

    /// Gives used-up room back. What is moved is never longer than what was used up since, so that all moves together
    /// cost no more than the bytes received.
    fn compact(&mut self) {
        let unread = self.buffer.len() - self.read;
        if unread == 0 {
            self.buffer.clear();
            self.buffer.shrink_to(KEEP_CAPACITY);
            self.read = 0;
        } else if self.read >= unread {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
    }
}

enum Step {
    InPlace {
        object_id: u64,
        start: usize,
        end: usize,
    },
    Assembled {
        object_id: u64,
        fragments: u64,
    },
}

/// Decodes base64 text to the end of `out` and says how many bytes it was. White space is ignored.
///
/// # Errors
/// [`FragmentError::Base64`]; `out` is as before then.
pub fn decode_base64_into(text: &str, out: &mut Vec<u8>) -> Result<usize, FragmentError> {
    let text = text.trim_ascii();
    let before = out.len();
    out.resize(before + text.len().div_ceil(4) * 3, 0);
    let decoded = BASE64.decode_slice(text, out.get_mut(before..).unwrap_or_default());
    let decoded = match decoded {
        Err(_) if text.bytes().any(|byte| byte.is_ascii_whitespace()) => {
            let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            BASE64.decode_slice(dense, out.get_mut(before..).unwrap_or_default())
        }
        other => other,
    };
    match decoded {
        Ok(len) => {
            out.truncate(before + len);
            Ok(len)
        }
        Err(error) => {
            out.truncate(before);
            Err(error.into())
        }
    }
}
