//! Requests that cross (RFC 3261 sections 14.1 and 14.2, RFC 3311 section 5.2).

use core::time::Duration;

use crate::Rng;

/// How fine the time to wait is drawn (RFC 3261 section 14.1).
const STEP_MS: u64 = 10;

/// How long to wait after a 491 before the request is sent again: 2.1 to 4 s where this end chose
/// the Call-ID, 0 to 2 s where the other did, in steps of 10 ms (RFC 3261 section 14.1).
pub(super) fn retry_delay(owns_call_id: bool, rng: &mut Rng) -> Duration {
    let (from_ms, to_ms) = if owns_call_id { (2_100, 4_000) } else { (0, 2_000) };
    let steps = (to_ms - from_ms) / STEP_MS;
    Duration::from_millis(from_ms + STEP_MS * rng.below(steps + 1))
}

/// The Retry-After of a 500 to a request that came while another is pending: 0 to 10 s
/// (RFC 3261 section 14.2, RFC 3311 section 5.2).
pub(super) fn retry_after_secs(rng: &mut Rng) -> u64 {
    rng.below(11)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Seed;

    #[test]
    fn the_two_ends_never_wait_equally_long() {
        // RFC 3261 section 14.1
        let mut rng = Seed::from_u64(14).rng();
        let mut drawn = |owns| -> BTreeSet<Duration> {
            (0..10_000).map(|_| retry_delay(owns, &mut rng)).collect()
        };
        let (owner, other) = (drawn(true), drawn(false));
        let ms = Duration::from_millis;
        assert_eq!((owner.first(), owner.last()), (Some(&ms(2_100)), Some(&ms(4_000))));
        assert_eq!((other.first(), other.last()), (Some(&ms(0)), Some(&ms(2_000))));
        assert!(owner.iter().chain(&other).all(|it| it.as_millis() % 10 == 0));
    }

    #[test]
    fn retry_after_is_up_to_ten_seconds() {
        let mut rng = Seed::from_u64(14).rng();
        let drawn: BTreeSet<u64> = (0..1_000).map(|_| retry_after_secs(&mut rng)).collect();
        assert_eq!(drawn, (0..=10).collect());
    }
}
