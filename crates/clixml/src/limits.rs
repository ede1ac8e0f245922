//! Bounds on what the reader takes from an untrusted sender.

/// Bounds for reading; [`Default`] gives the project's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest message or document in bytes (200 MB).
    pub max_message_size: usize,
    /// Deepest level at which a value is read (50); more than [`Limits::DEEPEST`] is taken as that.
    pub max_object_depth: usize,
    /// Most values in one message or document, primitives counted too (1 000 000).
    pub max_objects_per_message: usize,
}

impl Limits {
    /// The depth that no configuration exceeds: the reader recurses, and its stack must hold.
    pub const DEEPEST: usize = 128;

    pub(crate) fn depth(&self) -> usize {
        self.max_object_depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_message_size: 200 * 1024 * 1024,
            max_object_depth: 50,
            max_objects_per_message: 1_000_000,
        }
    }
}
