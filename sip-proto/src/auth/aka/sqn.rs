//! Sequence numbers, which keep an authentication vector from being used twice
//! (3GPP TS 33.102 annex C).

/// The bits of the index in a sequence number.
const INDEX_BITS: u32 = 5;
const INDICES: usize = 1 << INDEX_BITS;
/// A sequence number has 48 bits.
const SQN_MAX: u64 = (1 << 48) - 1;
/// The furthest jump that is taken (TS 33.102 section C.3.2: the delta of profile 1 and 2).
const JUMP_MAX: u64 = 1 << 28;

/// The sequence number whose bytes these are.
pub(super) fn from_bytes(bytes: [u8; 6]) -> u64 {
    bytes.iter().fold(0, |sqn, byte| sqn << 8 | u64::from(*byte))
}

pub(super) const fn to_bytes(sqn: u64) -> [u8; 6] {
    let [_, _, bytes @ ..] = sqn.to_be_bytes();
    bytes
}

/// The next sequence number of a home network: the next sequence with the next index, so that
/// vectors made for different servers may be used in any order.
pub(super) const fn next(sqn: u64) -> u64 {
    let sequence = (sqn >> INDEX_BITS).wrapping_add(1);
    let index = (sqn.wrapping_add(1)) & (INDICES as u64 - 1);
    (sequence << INDEX_BITS | index) & SQN_MAX
}

/// The sequence numbers that a card has taken: for each index, the last sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Taken([u64; INDICES]);

impl Taken {
    pub(super) const fn new(sqn: u64) -> Self {
        Self([(sqn & SQN_MAX) >> INDEX_BITS; INDICES])
    }

    /// The highest sequence number taken: what an AUTS tells.
    pub(super) fn highest(&self) -> u64 {
        let highest = self.0.iter().copied().enumerate().max_by_key(|(_, sequence)| *sequence);
        highest.map_or(0, |(index, sequence)| sequence << INDEX_BITS | index as u64)
    }

    /// Takes `sqn` if it is new for its index and not absurdly far ahead.
    pub(super) fn take(&mut self, sqn: u64) -> bool {
        let (sequence, highest) = (sqn >> INDEX_BITS, self.highest() >> INDEX_BITS);
        let index = (sqn & (INDICES as u64 - 1)) as usize;
        let Some(last) = self.0.get_mut(index) else { return false };
        let is_new = sequence > *last && sequence.saturating_sub(highest) <= JUMP_MAX;
        if is_new {
            *last = sequence;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_back() {
        for sqn in [0, 1, 0xff9b_b4d0_b607, SQN_MAX] {
            assert_eq!(from_bytes(to_bytes(sqn)), sqn);
        }
    }

    #[test]
    fn each_is_taken_once_and_neighbours_in_any_order() {
        let mut taken = Taken::new(0);
        let (first, second) = (next(0), next(next(0)));
        assert!(taken.take(second) && taken.take(first), "overtaken on the way");
        assert!(!taken.take(first) && !taken.take(second));
        assert_eq!(taken.highest(), second);
    }

    #[test]
    fn a_jump_too_far_is_refused() {
        let mut taken = Taken::new(0);
        assert!(!taken.take((JUMP_MAX + 1) << INDEX_BITS));
        assert!(taken.take(JUMP_MAX << INDEX_BITS));
    }

    #[test]
    fn every_next_one_is_taken() {
        let (mut taken, mut sqn) = (Taken::new(0), 0);
        for _ in 0..1000 {
            sqn = next(sqn);
            assert!(taken.take(sqn));
        }
    }
}
