//! One message that is sent again and again, with growing pauses.

use core::time::Duration;

use bytes::Bytes;

use crate::Instant;

/// A message under Timer A, E or G: its bytes, encoded once, and when they are due again.
#[derive(Clone, Debug)]
pub struct Resend {
    bytes: Bytes,
    at: Instant,
    interval: Duration,
}

impl Resend {
    /// Due again `interval` from now.
    pub(super) fn new(now: Instant, bytes: Bytes, interval: Duration) -> Self {
        Self { bytes, at: now + interval, interval }
    }

    /// When it is due.
    pub(super) const fn at(&self) -> Instant {
        self.at
    }

    /// The bytes, if they are due; then due again after twice the interval, at most
    /// `interval_max`.
    pub(super) fn due_doubling(&mut self, now: Instant, interval_max: Duration) -> Option<Bytes> {
        self.due(now, self.interval.saturating_mul(2).min(interval_max))
    }

    /// The bytes, if they are due; then due again after `interval`.
    ///
    /// The interval counts from when they were due, so that a timer that fires a little late does
    /// not stretch the sequence; after a long sleep it counts from now, so that no burst follows.
    pub(super) fn due(&mut self, now: Instant, interval: Duration) -> Option<Bytes> {
        if now < self.at {
            return None;
        }
        self.interval = interval;
        let next = self.at + interval;
        self.at = if next > now { next } else { now + interval };
        Some(self.bytes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_timer_neither_stretches_the_sequence_nor_bursts() {
        let ms = Instant::from_millis;
        let half = Duration::from_millis(500);
        let mut resend = Resend::new(ms(0), Bytes::from_static(b"x"), half);
        assert!(resend.due_doubling(ms(499), Duration::MAX).is_none());
        assert!(resend.due_doubling(ms(510), Duration::MAX).is_some());
        assert_eq!(resend.at(), ms(1_500));
        assert!(resend.due_doubling(ms(60_000), Duration::MAX).is_some());
        assert_eq!(resend.at(), ms(62_000));
    }
}
