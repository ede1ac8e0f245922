//! Numbers and ids as pure functions of a seed.
//!
//! Everything a seeded directory holds can be computed from its index, and the index can be computed back from each
//! of its ids, so that neither a table of objects nor an index of names takes memory.

use uuid::Uuid;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of splitmix64: a bijection of 64-bit numbers.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The inverse of [`mix`].
fn unmix(mut x: u64) -> u64 {
    x = (x ^ (x >> 31) ^ (x >> 62)).wrapping_mul(0x3196_42B2_D24D_8EC3);
    x = (x ^ (x >> 27) ^ (x >> 54)).wrapping_mul(0x96DE_1B17_3F11_9089);
    x ^ (x >> 30) ^ (x >> 60)
}

/// What kind of object an id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User = 1,
    Group = 2,
}

/// A stream of draws for one object.
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64, kind: Kind, index: u32) -> Self {
        Self(mix(seed ^ mix((kind as u64) << 40 | u64::from(index))))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `bound`; 0 when there is none.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // The high half is taken, so the result is below `bound` and fits.
        u32::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or(0)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(u32::try_from(from.len()).unwrap_or(u32::MAX)) as usize)
            .copied()
    }
}

/// The GUID of an object. 64 of its bits hold the permuted (kind, index), the others are derived from them.
pub(crate) fn guid(seed: u64, kind: Kind, index: u32) -> Uuid {
    let core = mix(((kind as u64) << 32 | u64::from(index)) ^ mix(seed));
    let rest = mix(core ^ GOLDEN);
    let [c0, c1, c2, c3, c4, c5, c6, c7] = core.to_be_bytes();
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rest.to_be_bytes();
    Uuid::from_bytes([
        c0,
        c1,
        c2,
        c3,
        c4,
        c5,
        0x40 | r0 & 0x0F,
        c6,
        0x80 | r1 & 0x3F,
        c7,
        r2,
        r3,
        r4,
        r5,
        r6,
        r7,
    ])
}

/// The object with this GUID, if the seeded directory has one.
pub(crate) fn from_guid(seed: u64, id: Uuid) -> Option<(Kind, u32)> {
    let [c0, c1, c2, c3, c4, c5, _, c6, _, c7, ..] = *id.as_bytes();
    let plain = unmix(u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7])) ^ mix(seed);
    let kind = match plain >> 32 {
        1 => Kind::User,
        2 => Kind::Group,
        _ => return None,
    };
    let index = u32::try_from(plain & u64::from(u32::MAX)).ok()?;
    (guid(seed, kind, index) == id).then_some((kind, index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_index() {
        for seed in [0, 1, 42, u64::MAX] {
            for index in [0, 1, 7, 99_999, u32::MAX] {
                for kind in [Kind::User, Kind::Group] {
                    let id = guid(seed, kind, index);
                    assert_eq!(id.get_version_num(), 4);
                    assert_eq!(from_guid(seed, id), Some((kind, index)));
                    assert_eq!(from_guid(seed.wrapping_add(1), id), None);
                }
            }
        }
        assert_eq!(from_guid(1, Uuid::nil()), None);
    }

    #[test]
    fn draws_stay_below_their_bound() {
        let mut draw = Draw::new(3, Kind::User, 9);
        assert!((0..1000).all(|_| draw.below(7) < 7));
        assert_eq!(draw.below(0), 0);
        assert_eq!(draw.pick::<u8>(&[]), None);
    }
}
