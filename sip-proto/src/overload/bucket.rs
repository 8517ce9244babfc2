//! The leaky bucket of rate-based control (RFC 7415 section 3.5.1).

use core::time::Duration;

use crate::Instant;

/// A bucket that each request fills by `1 / rate` of a second, and time empties.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// T: what one request adds; `None` where none may pass.
    interval: Option<Duration>,
    /// X: how full it was.
    level: Duration,
    /// LCT: when.
    last: Instant,
}

impl Bucket {
    pub(super) fn new(now: Instant, rate: u32) -> Self {
        Self { interval: interval(rate), level: Duration::ZERO, last: now }
    }

    /// Another rate; what is in the bucket stays.
    pub(super) fn set_rate(&mut self, rate: u32) {
        self.interval = interval(rate);
    }

    /// Whether a request passes that comes at `now`: the bucket is not fuller than `tolerance`
    /// requests; with `is_forced` it passes and counts, so that others wait for it.
    pub(super) fn admit(&mut self, now: Instant, tolerance: u32, is_forced: bool) -> bool {
        let Some(interval) = self.interval else { return is_forced };
        let level = self.level.saturating_sub(now.saturating_duration_since(self.last));
        let full = interval.saturating_mul(tolerance);
        if level > full && !is_forced {
            return false;
        }
        // Forced ones do not shut out the others for longer than twice the tolerance.
        self.level = (level + interval).min(full.saturating_mul(2) + interval);
        self.last = now;
        true
    }
}

fn interval(rate: u32) -> Option<Duration> {
    Duration::from_secs(1).checked_div(rate)
}
