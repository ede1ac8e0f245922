//! What the tests of this crate share.

use crate::{Entropy, EntropyError};

/// A source that gives these bytes and then fails.
pub(crate) struct Fixed(std::vec::IntoIter<u8>);

impl Fixed {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Vec::from(bytes).into_iter())
    }

    pub(crate) fn none() -> Self {
        Self::new(&[])
    }

    /// Enough bytes for any handshake, different for each seed.
    pub(crate) fn seeded(seed: u8) -> Self {
        Self(
            (0..64_u8)
                .map(|i| i.wrapping_mul(37).wrapping_add(seed))
                .collect::<Vec<_>>()
                .into_iter(),
        )
    }
}

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for place in out {
            *place = self.0.next().ok_or(EntropyError)?;
        }
        Ok(())
    }
}

/// Bytes from hexadecimal digits; blanks do not count.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap())
        .collect()
}
