//! A machine as it is stored.

use core::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::{Instant, UnixTime};

/// A point in time at which something is due, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Deadline(pub(super) Option<Instant>);

impl Deadline {
    pub(super) const NONE: Self = Self(None);

    pub(super) const fn at(when: Instant) -> Self {
        Self(Some(when))
    }

    pub(super) fn is_due(self, now: Instant) -> bool {
        self.0.is_some_and(|when| when <= now)
    }
}

impl Serialize for Deadline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.map(Instant::as_nanos).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Deadline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<u64>::deserialize(deserializer)?.map(Instant::from_nanos)))
    }
}

/// The earliest of some deadlines.
pub(super) fn earliest<const N: usize>(deadlines: [Deadline; N]) -> Option<Instant> {
    deadlines.into_iter().filter_map(|it| it.0).min()
}

/// How a machine's time differs from that of the one which is stored.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    from: Instant,
    to: Instant,
    slept: Duration,
}

impl Shift {
    /// The time by the clock that counts from now on.
    pub(super) const fn now(&self) -> Instant {
        self.to
    }

    /// What was so far ahead, less the time slept; what is past then is due now.
    pub(super) fn apply(&self, deadline: &mut Deadline) {
        if let Some(when) = &mut deadline.0 {
            *when = self.to + when.saturating_duration_since(self.from).saturating_sub(self.slept);
        }
    }
}

/// What can be stored: its points in time can be moved to another clock.
pub trait Timed {
    /// Moves every point in time, and takes up again what was under way: its transactions are gone.
    fn resume(&mut self, shift: &Shift);
}

/// Why a stored machine cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// It was stored by a later version.
    #[error("record version {0} is not known")]
    Version(u16),
}

/// A machine with the time at which it was stored, to be written in any serde format and restored
/// in another process, whose monotonic clock counts from elsewhere.
///
/// A request that was under way is sent anew; what became due meanwhile is due at once.
///
/// ```
/// use sip_proto::usage::{Record, Registration, RegistrationConfig};
/// use sip_proto::{Instant, Seed, UnixTime};
///
/// let config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
/// let registration = Registration::new(config, &mut Seed::from_u64(1).rng());
/// let record = Record::new(&registration, Instant::ZERO, UnixTime::from_secs(1_700_000_000));
/// let restored = record.restore(Instant::ZERO, UnixTime::from_secs(1_700_000_005))?;
/// assert_eq!(restored.call_id(), registration.call_id());
/// # Ok::<(), sip_proto::usage::RecordError>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record<T> {
    version: u16,
    saved_nanos: u64,
    saved_unix_secs: u64,
    machine: T,
}

impl<T: Timed + Clone> Record<T> {
    /// The version written.
    const VERSION: u16 = 1;

    /// The machine as it is at `now`.
    #[must_use]
    pub fn new(machine: &T, now: Instant, unix: UnixTime) -> Self {
        Self {
            version: Self::VERSION,
            saved_nanos: now.as_nanos(),
            saved_unix_secs: unix.as_secs(),
            machine: machine.clone(),
        }
    }

    /// The machine at another time, by another clock. Wall clocks that went backwards count as if no
    /// time had passed.
    ///
    /// # Errors
    ///
    /// Where the record has a version that is not known.
    pub fn restore(self, now: Instant, unix: UnixTime) -> Result<T, RecordError> {
        if self.version != Self::VERSION {
            return Err(RecordError::Version(self.version));
        }
        let slept = Duration::from_secs(unix.as_secs().saturating_sub(self.saved_unix_secs));
        let mut machine = self.machine;
        machine.resume(&Shift { from: Instant::from_nanos(self.saved_nanos), to: now, slept });
        Ok(machine)
    }
}
