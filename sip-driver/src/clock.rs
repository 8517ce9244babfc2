//! The operating system's clocks and entropy, read in this one place.

use std::time::{Duration, Instant as StdInstant, SystemTime, UNIX_EPOCH};

use sip_proto::{Instant, Secrets, Seed, UnixTime};

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
    /// MAC keys for a process that shares none with others: other entropy than the seed's, so
    /// that neither tells of the other.
    pub secrets: Secrets,
}

impl Start {
    /// The time of `clock`, and fresh entropy.
    pub(crate) fn now(clock: Clock) -> Result<Self, DriverError> {
        let seed = Seed::new(entropy()?);
        let secrets = Secrets::new(entropy()?);
        Ok(Self { now: clock.now(), unix: unix_time(), seed, secrets })
    }
}

/// Bytes of the operating system's entropy.
///
/// # Errors
/// [`DriverError::Entropy`] if it has none.
pub fn entropy<const BYTES: usize>() -> Result<[u8; BYTES], DriverError> {
    let mut bytes = [0; BYTES];
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
        assert_ne!(entropy::<32>().expect("entropy"), entropy().expect("entropy"));
        assert!(unix_time() > UnixTime::from_secs(1_700_000_000));
    }

    #[test]
    fn the_secrets_are_new_each_time_and_not_the_seeds() {
        let start = || Start::now(Clock::start()).expect("entropy");
        let (first, second) = (start(), start());
        assert!(first.secrets != second.secrets);
        assert!(first.seed != second.seed);
        assert!(first.secrets != Secrets::from_seed(&first.seed));
    }
}
