//! The durations of all transaction timers.

use core::time::Duration;

/// What the timers of RFC 3261 section 17 are computed from (table 4).
///
/// `reliable` belongs to the transaction: give a machine the same value at every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// The round-trip estimate.
    pub(crate) t1: Duration,
    /// The longest interval between retransmissions of a non-INVITE request or an INVITE response.
    pub(crate) t2: Duration,
    /// How long a message lives in the network.
    pub(crate) t4: Duration,
    /// Whether the transport retransmits by itself: then nothing is sent twice, and nothing
    /// lingers to absorb retransmissions.
    pub(crate) reliable: bool,
}

impl Timing {
    /// The shortest Timer D on an unreliable transport (RFC 3261 section 17.1.1.2).
    const D_MIN: Duration = Duration::from_secs(32);

    /// When an INVITE server transaction answers 100 in place of a silent transaction user
    /// (RFC 3261 section 17.2.1).
    pub(super) const INVITE_TRYING: Duration = Duration::from_millis(200);

    /// Timers B, F, H, L and M: 64 x T1.
    pub(super) fn transaction(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// Timer D: absorbs retransmitted non-2xx responses to an INVITE.
    pub(super) fn d(&self) -> Duration {
        self.unless_reliable(self.transaction().max(Self::D_MIN))
    }

    /// Timer J: absorbs retransmitted non-INVITE requests.
    pub(super) fn j(&self) -> Duration {
        self.unless_reliable(self.transaction())
    }

    /// Timer I absorbs retransmitted ACKs, Timer K retransmitted non-INVITE responses.
    pub(super) fn i_k(&self) -> Duration {
        self.unless_reliable(self.t4)
    }

    /// When a non-INVITE server transaction answers 100 in place of a silent transaction user, and
    /// before which nobody may on an unreliable transport: the time it takes a client's Timer E
    /// to reach T2 (RFC 4320 section 4.1). 3.5 s by default.
    pub(super) fn non_invite_trying(&self) -> Duration {
        let mut interval = self.t1;
        let mut elapsed = Duration::ZERO;
        while !interval.is_zero() && interval < self.t2 {
            elapsed += interval;
            interval = interval.saturating_mul(2);
        }
        elapsed
    }

    fn unless_reliable(&self, duration: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { duration }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(t1_ms: u64, t2_ms: u64) -> Timing {
        Timing {
            t1: Duration::from_millis(t1_ms),
            t2: Duration::from_millis(t2_ms),
            t4: Duration::from_secs(5),
            reliable: false,
        }
    }

    #[test]
    fn timer_e_reaches_t2_after_3500_ms_by_default() {
        assert_eq!(timing(500, 4_000).non_invite_trying(), Duration::from_millis(3_500));
        assert_eq!(timing(4_000, 4_000).non_invite_trying(), Duration::ZERO);
        assert_eq!(timing(0, 4_000).non_invite_trying(), Duration::ZERO);
    }

    #[test]
    fn timer_d_is_never_below_32_s_on_datagrams() {
        assert_eq!(timing(100, 4_000).d(), Duration::from_secs(32));
        assert_eq!(timing(1_000, 4_000).d(), Duration::from_secs(64));
        assert_eq!(Timing { reliable: true, ..timing(500, 4_000) }.d(), Duration::ZERO);
    }
}
