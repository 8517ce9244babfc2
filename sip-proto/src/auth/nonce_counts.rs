//! Which nonces were used how often, in bounded memory.

use std::collections::BTreeMap;

use super::nonce::NonceKey;

/// The nonce counts that were seen, so that no credentials count twice (RFC 7616 section 3.3).
///
/// Only credentials that proved right get an entry, so that strangers cannot fill it. When it is
/// full, the nonce issued first makes way, and from then on that nonce and all older ones are
/// refused as stale: their users are challenged again, and nothing that was forgotten can be
/// replayed.
#[derive(Debug)]
pub(super) struct NonceCounts {
    used: BTreeMap<NonceKey, Window>,
    nonces_max: usize,
    width: u32,
    /// Nonces up to this one are not remembered any more.
    forgotten: Option<NonceKey>,
}

/// The counts of one nonce: bit `n` stands for `highest - n`.
#[derive(Clone, Copy, Debug)]
struct Window {
    highest: u32,
    seen: u128,
}

impl NonceCounts {
    /// The widest window.
    pub(super) const WIDTH_MAX: u32 = u128::BITS;

    pub(super) const fn new(nonces_max: usize, width: u32) -> Self {
        Self { used: BTreeMap::new(), nonces_max, width, forgotten: None }
    }

    pub(super) fn len(&self) -> usize {
        self.used.len()
    }

    /// Takes note of a use of the nonce `key`, and says whether it is the first of that count.
    /// Without a count a nonce is good for one use.
    pub(super) fn take(&mut self, key: NonceKey, count: Option<u32>) -> bool {
        if let Some(window) = self.used.get_mut(&key) {
            return match count {
                Some(count) => window.take(count, self.width),
                None => false,
            };
        }
        if self.forgotten.is_some_and(|forgotten| key <= forgotten) {
            return false;
        }
        self.make_room();
        if self.forgotten.is_some_and(|forgotten| key <= forgotten) || self.nonces_max == 0 {
            return false;
        }
        self.used.insert(key, Window::first(count));
        true
    }

    /// Forgets the nonces issued before the second `issued_s`, which are too old anyway.
    pub(super) fn forget_before(&mut self, issued_s: u64) {
        while let Some(entry) = self.used.first_entry() {
            if entry.key().issued_s >= issued_s {
                break;
            }
            entry.remove();
        }
    }

    fn make_room(&mut self) {
        while self.used.len() >= self.nonces_max {
            let Some((key, _)) = self.used.pop_first() else { break };
            self.forgotten = self.forgotten.max(Some(key));
        }
    }
}

impl Window {
    const fn first(count: Option<u32>) -> Self {
        match count {
            Some(highest) => Self { highest, seen: 1 },
            None => Self { highest: u32::MAX, seen: u128::MAX },
        }
    }

    fn take(&mut self, count: u32, width: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let behind = self.highest - count;
        if behind >= width {
            return false;
        }
        let bit = 1_u128.checked_shl(behind).unwrap_or(0);
        let is_new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn key(issued_s: u64) -> NonceKey {
        NonceKey { issued_s, unique: 7 }
    }

    #[test]
    fn a_count_is_taken_once_and_may_come_late() {
        let mut counts = NonceCounts::new(8, 4);
        let table = [(1, true), (1, false), (3, true), (2, true), (2, false), (9, true), (6, true)];
        for (count, is_new) in table {
            assert_eq!(counts.take(key(1), Some(count)), is_new, "{count}");
        }
        assert!(!counts.take(key(1), Some(5)), "outside the window: nobody knows");
        assert!(counts.take(key(2), Some(5)), "another nonce");
    }

    #[test]
    fn without_a_count_a_nonce_is_good_for_one_use() {
        let mut counts = NonceCounts::new(8, 128);
        assert!(counts.take(key(1), None));
        assert!(!counts.take(key(1), None));
        assert!(!counts.take(key(1), Some(u32::MAX)));
        assert!(counts.take(key(2), Some(1)));
        assert!(!counts.take(key(2), None));
    }

    #[test]
    fn when_it_is_full_the_oldest_nonce_is_stale_for_good() {
        let mut counts = NonceCounts::new(2, 128);
        assert!((2..=3).all(|issued_s| counts.take(key(issued_s), Some(1))));
        assert!(counts.take(key(4), Some(1)), "the third makes the first go");
        assert_eq!(counts.len(), 2);
        assert!(!counts.take(key(2), Some(2)), "what was forgotten is refused");
        assert!(!counts.take(key(1), Some(1)), "and so is what is older still");
        assert!(counts.take(key(3), Some(2)), "the others go on");
        assert!(!NonceCounts::new(0, 128).take(key(1), Some(1)), "no room at all");
    }

    #[test]
    fn old_nonces_leave_by_themselves() {
        let mut counts = NonceCounts::new(8, 128);
        assert!((1..=5).all(|issued_s| counts.take(key(issued_s), Some(1))));
        counts.forget_before(4);
        assert_eq!(counts.len(), 2);
    }

    proptest! {
        /// No count is taken twice, whatever the order; and within the window each is taken once.
        #[test]
        fn agrees_with_a_set(
            taken in prop::collection::vec(0_u32..300, 0..200),
            width in 1_u32..=NonceCounts::WIDTH_MAX,
        ) {
            let mut counts = NonceCounts::new(1, width);
            let (mut model, mut highest) = (BTreeSet::new(), 0);
            for count in taken {
                let expected = !model.contains(&count)
                    && (model.is_empty() || count > highest || highest - count < width);
                prop_assert_eq!(counts.take(key(1), Some(count)), expected);
                if expected {
                    model.insert(count);
                    highest = highest.max(count);
                }
            }
        }
    }
}
