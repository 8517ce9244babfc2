//! How long to wait after failures (RFC 5626 section 4.5).

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Rng;

/// Waiting times that double with each failure in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackOff {
    /// Half of the longest wait after the first failure: 30 s, the base-time where all flows failed.
    pub base: Duration,
    /// The longest wait at all: 1800 s, the max-time.
    pub max: Duration,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { base: Duration::from_secs(30), max: Duration::from_secs(1800) }
    }
}

impl BackOff {
    /// Between a half and the whole of `min(max, base * 2^failures)`, evenly; nothing before the
    /// first failure.
    ///
    /// ```
    /// use sip_proto::Seed;
    /// use sip_proto::usage::BackOff;
    ///
    /// let wait = BackOff::default().wait(2, &mut Seed::from_u64(1).rng());
    /// assert!((60..=120).contains(&wait.as_secs()));
    /// ```
    #[must_use]
    pub fn wait(&self, failures: u32, rng: &mut Rng) -> Duration {
        if failures == 0 {
            return Duration::ZERO;
        }
        let factor = 1_u32.checked_shl(failures).unwrap_or(u32::MAX);
        let upper = self.base.saturating_mul(factor).min(self.max);
        let half = u64::try_from((upper / 2).as_nanos()).unwrap_or(u64::MAX);
        upper / 2 + Duration::from_nanos(rng.below(half.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    /// The table of RFC 5626 section 4.5.
    #[test]
    fn waits_double_up_to_half_an_hour() {
        let mut rng = Seed::from_u64(5).rng();
        let all_failed = BackOff::default();
        let one_alive = BackOff { base: Duration::from_secs(90), ..all_failed };
        for (failures, all, one) in [
            (0, 0..=0, 0..=0),
            (1, 30..=60, 90..=180),
            (2, 60..=120, 180..=360),
            (3, 120..=240, 360..=720),
            (4, 240..=480, 720..=1440),
            (5, 480..=960, 900..=1800),
            (6, 900..=1800, 900..=1800),
            (31, 900..=1800, 900..=1800),
            (32, 900..=1800, 900..=1800),
            (u32::MAX, 900..=1800, 900..=1800),
        ] {
            for _ in 0..50 {
                assert!(all.contains(&all_failed.wait(failures, &mut rng).as_secs()), "{failures}");
                assert!(one.contains(&one_alive.wait(failures, &mut rng).as_secs()), "{failures}");
            }
        }
    }
}
