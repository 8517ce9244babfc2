//! One message that is sent again and again, with growing pauses.

use core::time::Duration;

use bytes::Bytes;

use crate::Instant;

/// When a message under Timer A, E or G is due again.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    at: Instant,
    interval: Duration,
}

/// A message under Timer E or G: its bytes, encoded once, and when they are due again.
#[derive(Clone, Debug)]
pub(crate) struct Resend {
    bytes: Bytes,
    schedule: Schedule,
}

impl Schedule {
    /// Due `interval` from now.
    pub(crate) fn new(now: Instant, interval: Duration) -> Self {
        Self { at: now + interval, interval }
    }

    /// When it is due.
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }

    /// Whether it is due; then due again after twice the interval, at most `interval_max`.
    pub(crate) fn is_due_doubling(&mut self, now: Instant, interval_max: Duration) -> bool {
        self.is_due(now, self.interval.saturating_mul(2).min(interval_max))
    }

    /// Whether it is due; then due again after `interval`.
    ///
    /// The interval counts from when they were due, so that a timer that fires a little late does
    /// not stretch the sequence; after a long sleep it counts from now, so that no burst follows.
    pub(super) fn is_due(&mut self, now: Instant, interval: Duration) -> bool {
        if now < self.at {
            return false;
        }
        self.interval = interval;
        let next = self.at + interval;
        self.at = if next > now { next } else { now + interval };
        true
    }
}

impl Resend {
    /// Due again `interval` from now.
    pub(super) fn new(now: Instant, bytes: Bytes, interval: Duration) -> Self {
        Self { bytes, schedule: Schedule::new(now, interval) }
    }

    /// When they are due.
    pub(super) const fn at(&self) -> Instant {
        self.schedule.at()
    }

    /// How many bytes there are.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes, if they are due, as [`Schedule::is_due_doubling`] has it.
    pub(super) fn due_doubling(&mut self, now: Instant, interval_max: Duration) -> Option<Bytes> {
        self.schedule.is_due_doubling(now, interval_max).then(|| self.bytes.clone())
    }

    /// The bytes, if they are due, as [`Schedule::is_due`] has it.
    pub(super) fn due(&mut self, now: Instant, interval: Duration) -> Option<Bytes> {
        self.schedule.is_due(now, interval).then(|| self.bytes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_timer_neither_stretches_the_sequence_nor_bursts() {
        let ms = Instant::from_millis;
        let half = Duration::from_millis(500);
        let mut schedule = Schedule::new(ms(0), half);
        assert!(!schedule.is_due_doubling(ms(499), Duration::MAX));
        assert!(schedule.is_due_doubling(ms(510), Duration::MAX));
        assert_eq!(schedule.at(), ms(1_500));
        assert!(schedule.is_due_doubling(ms(60_000), Duration::MAX));
        assert_eq!(schedule.at(), ms(62_000));
    }
}
