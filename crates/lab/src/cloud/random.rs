//! Codes that nobody can guess.

use uuid::Uuid;

const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// So many letters and digits.
pub(crate) fn text(length: usize) -> String {
    std::iter::repeat_with(Uuid::new_v4)
        // The last eight bytes have six bits that are fixed; the others are random but for four.
        .flat_map(|id| id.into_bytes().into_iter().take(6))
        .filter_map(|byte| LETTERS.get(usize::from(byte % 32)))
        .map(|letter| char::from(*letter))
        .take(length)
        .collect()
}

/// A code for a person to type.
pub(crate) fn user_code() -> String {
    text(9)
}
