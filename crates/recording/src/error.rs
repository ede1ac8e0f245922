//! What can go wrong.

/// A line of a recording that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {reason}", field_text(field))]
pub struct LineError {
    /// The line's number, from 1.
    pub line: u64,
    /// The path of the member at fault (`request.headers[2]`), empty where it is the line itself.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

fn field_text(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!(", field `{field}`")
    }
}

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes could not be had.
    #[error("reading failed: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what the format asks for.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The file's header names a version that this crate does not know.
    #[error("the recording has format version {found}, and this program reads up to {known}")]
    Version {
        /// The version named by the header.
        found: u32,
        /// The highest version known.
        known: u32,
    },
    /// The file holds packets of the out-of-process transport, where HTTP exchanges are needed.
    #[error("the file holds packets of the out-of-process transport, not http exchanges")]
    Packets,
    /// The same things are wrong with more lines than are reported one by one.
    #[error("{count} more lines could not be read")]
    More {
        /// How many.
        count: u64,
    },
}

/// Why a recording could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The line could not be written.
    #[error("writing the recording failed: {0}")]
    Io(#[from] std::io::Error),
    /// The exchange could not be put into JSON.
    #[error("exchange {seq} cannot be written as json: {reason}")]
    Json {
        /// The exchange's `seq`.
        seq: u64,
        /// The serialiser's words.
        reason: String,
    },
}
