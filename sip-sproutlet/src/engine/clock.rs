//! The wall clock between two readings.

use sip_proto::{Instant, UnixTime};

/// The wall clock, carried on by the monotonic one since it was last told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    unix: UnixTime,
    told_at: Instant,
}

impl Clock {
    pub(super) const fn new(now: Instant, unix: UnixTime) -> Self {
        Self { unix, told_at: now }
    }

    /// What time it is.
    pub(super) fn unix(&self, now: Instant) -> UnixTime {
        self.unix.saturating_add(now - self.told_at)
    }

    /// When it will be `unix`, if the clock goes on as it does.
    pub(super) fn instant_of(&self, unix: UnixTime) -> Instant {
        let ahead = unix.as_secs().saturating_sub(self.unix.as_secs());
        self.told_at + core::time::Duration::from_secs(ahead)
    }
}
