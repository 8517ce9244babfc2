//! When to refresh what expires.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Rng;

/// How long before its end something is refreshed.
///
/// Refreshes of many clients that started together spread, because each is early by a random part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshRule {
    /// So long before the end at the latest, but not before half the time is over: 64 s, so that a
    /// transaction that times out (64*T1) leaves time for another.
    pub margin: Duration,
    /// Up to so many per cent of the time till then earlier: 10.
    pub jitter_percent: u8,
    /// Never sooner than this, whatever is granted: 5 s. Something that ends before that lapses: who
    /// grants less shall not make us flood them.
    pub interval_min: Duration,
}

impl Default for RefreshRule {
    fn default() -> Self {
        Self {
            margin: Duration::from_secs(64),
            jitter_percent: 10,
            interval_min: Duration::from_secs(5),
        }
    }
}

impl RefreshRule {
    /// How long to wait before refreshing what lasts for `granted`.
    #[must_use]
    pub fn wait(&self, granted: Duration, rng: &mut Rng) -> Duration {
        let latest = granted.saturating_sub(self.margin).max(granted / 2);
        let spread = latest * u32::from(self.jitter_percent.min(100)) / 100;
        let spread = u64::try_from(spread.as_nanos()).unwrap_or(u64::MAX);
        let early = Duration::from_nanos(rng.below(spread.saturating_add(1)));
        latest.saturating_sub(early).max(self.interval_min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn a_refresh_comes_before_the_end_and_not_always_at_once() {
        let (rule, mut rng) = (RefreshRule::default(), Seed::from_u64(2).rng());
        for (granted, earliest, latest) in
            [(3600, 3182, 3536), (120, 54, 60), (60, 27, 30), (10, 5, 5), (1, 5, 5), (0, 5, 5)]
        {
            let waits: Vec<u64> = (0..100)
                .map(|_| rule.wait(Duration::from_secs(granted), &mut rng).as_secs())
                .collect();
            assert!(waits.iter().all(|it| (earliest..=latest).contains(it)), "{granted}");
            assert!(earliest == latest || waits.iter().any(|it| *it != waits[0]), "{granted}");
        }
        // The longest time there is does not overflow.
        assert!(rule.wait(Duration::from_secs(u64::from(u32::MAX)), &mut rng).as_secs() > 1 << 31);
    }
}
