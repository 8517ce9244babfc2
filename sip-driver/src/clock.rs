//! The operating system's clocks and entropy, read in this one place.

use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use sip_proto::{Instant, Seed, UnixTime};

use crate::DriverError;

/// What a machine is built from: the time and fresh entropy, read once.
#[derive(Clone, Debug)]
pub struct Start {
    /// The machine's first monotonic time.
    pub now: Instant,
    /// The wall clock.
    pub unix: UnixTime,
    /// Entropy of the operating system.
    pub seed: Seed,
}

/// 32 bytes of the operating system's entropy.
///
/// # Errors
/// [`DriverError::Entropy`] if it has none.
pub fn entropy() -> Result<[u8; 32], DriverError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DriverError::Entropy(error.to_string()))?;
    Ok(bytes)
}

/// Maps the system's monotonic clock to the machine's, whose origin is when this was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: StdInstant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: StdInstant::now() }
    }

    pub(crate) fn now(self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    /// `None` for a time too far away to wait for.
    pub(crate) fn to_std(self, at: Instant) -> Option<StdInstant> {
        self.origin.checked_add(Duration::from_nanos(at.as_nanos()))
    }
}

/// Seconds since 1970; zero if the system's clock is set before that.
pub(crate) fn unix_time() -> UnixTime {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(since_epoch.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_clocks_agree() {
        let clock = Clock::start();
        let before = StdInstant::now();
        let now = clock.now();
        let mapped = clock.to_std(now).expect("now is not far away");
        assert!(mapped >= before && mapped <= StdInstant::now());
    }

    #[test]
    fn entropy_differs_each_time() {
        assert_ne!(entropy().expect("entropy"), entropy().expect("entropy"));
        assert!(unix_time() > UnixTime::from_secs(1_700_000_000));
    }
}
