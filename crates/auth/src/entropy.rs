//! Randomness, handed in by the caller.

/// A cryptographic source of random bytes.
///
/// The crate has no source of its own: `core` and `lab` hand in the operating system's, tests a fixed one.
pub trait Entropy {
    /// Fills all of `out` with random bytes.
    ///
    /// # Errors
    /// [`EntropyError`] when the source fails; `out` must then not be used.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

impl<F: FnMut(&mut [u8]) -> Result<(), EntropyError>> Entropy for F {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        self(out)
    }
}

/// The source of random bytes failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of random bytes failed")]
pub struct EntropyError;
