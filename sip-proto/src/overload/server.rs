//! [`OverloadServer`]: the end that receives requests (RFC 7339 section 6, RFC 7415 section 3.4).

use core::fmt;
use core::time::Duration;

use super::{OverloadAlgorithm, RequestClass};
use crate::message::Via;
use crate::{Instant, Rng, UnixTime};

/// When a server restrains its neighbours, with every limit of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadServerConfig {
    /// The load to be kept, in thousandths of what the server can: 900.
    pub target_permille: u32,
    /// Of two that a client can, whether rate-based control is taken: no.
    pub prefers_rate: bool,
    /// Requests in a second that the server can, which rate-based control shares among the clients:
    /// 10000.
    pub capacity_per_second: u32,
    /// How long what is asked for holds: 1 s.
    pub validity: Duration,
    /// The share of requests that is let pass at the least, in thousandths: 10, so that how loaded the
    /// server is can be seen at all.
    pub pass_min_permille: u32,
    /// How much more is let pass after each report of a load below the target, in thousandths: 50.
    pub recovery_permille: u32,
}

impl Default for OverloadServerConfig {
    fn default() -> Self {
        Self {
            target_permille: 900,
            prefers_rate: false,
            capacity_per_second: 10_000,
            validity: Duration::from_secs(1),
            pass_min_permille: 10,
            recovery_permille: 50,
        }
    }
}

const WHOLE: u32 = 1000;

/// How much this server can take.
#[derive(Clone, Debug)]
pub struct OverloadServer {
    config: OverloadServerConfig,
    /// The share of requests that may come, in thousandths.
    pass_permille: u32,
    /// `oc-seq` in milliseconds: rises with each feedback, and from one run of a server to the next.
    seq_millis: u64,
    epoch: Instant,
    base_millis: u64,
}

/// The parameters to be set in the topmost Via of a response, in the place of its `oc` and `oc-algo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadFeedback {
    /// `oc`: per cent to be dropped, or requests per second.
    pub number: u32,
    /// `oc-algo`.
    pub algorithm: OverloadAlgorithm,
    /// `oc-validity`: 0 for no control.
    pub validity_millis: u32,
    /// `oc-seq`, in milliseconds.
    pub seq_millis: u64,
}

impl fmt::Display for OverloadFeedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, algorithm, validity_millis, seq_millis } = self;
        let (seconds, millis) = (seq_millis / 1000, seq_millis % 1000);
        write!(
            f,
            "oc={number};oc-algo=\"{algorithm}\";oc-validity={validity_millis};\
             oc-seq={seconds}.{millis:03}"
        )
    }
}

impl OverloadServer {
    /// Not loaded; `now` and `unix` are the same moment.
    #[must_use]
    pub const fn new(config: OverloadServerConfig, now: Instant, unix: UnixTime) -> Self {
        let base_millis = unix.as_secs().saturating_mul(1000);
        Self { config, pass_permille: WHOLE, seq_millis: 0, epoch: now, base_millis }
    }

    /// The share of requests that may come, in thousandths: 1000 where all may.
    #[must_use]
    pub const fn pass_permille(&self) -> u32 {
        self.pass_permille
    }

    /// What it does, to be changed while it runs.
    pub const fn config_mut(&mut self) -> &mut OverloadServerConfig {
        &mut self.config
    }

    /// Hears how loaded the server was since the last report, in thousandths of what it can: more
    /// than 1000 where a queue grew. To be told at regular intervals, not longer than `validity`.
    ///
    /// The share falls in proportion to what is too much, and rises slowly.
    pub fn handle_load(&mut self, load_permille: u32) {
        let OverloadServerConfig { target_permille, pass_min_permille, recovery_permille, .. } =
            self.config;
        self.pass_permille = if load_permille > target_permille {
            let pass = u64::from(self.pass_permille) * u64::from(target_permille)
                / u64::from(load_permille);
            u32::try_from(pass).unwrap_or(WHOLE).max(pass_min_permille)
        } else {
            self.pass_permille.saturating_add(recovery_permille)
        }
        .min(WHOLE);
    }

    /// What to put into the topmost Via of a response to a request that had `via` there, where the
    /// client can overload control (RFC 7339 section 6.1); `clients` are those that send now, which
    /// share the rate.
    pub fn feedback(
        &mut self,
        now: Instant,
        via: &Via<'_>,
        clients: u32,
    ) -> Option<OverloadFeedback> {
        via.oc()?;
        let offered =
            |wanted| via.oc_algo().any(|token| OverloadAlgorithm::parse(token) == Some(wanted));
        let can_loss = via.oc_algo().next().is_none() || offered(OverloadAlgorithm::Loss);
        let can_rate = offered(OverloadAlgorithm::Rate);
        let algorithm = match (can_loss, can_rate) {
            (_, true) if self.config.prefers_rate || !can_loss => OverloadAlgorithm::Rate,
            (true, _) => OverloadAlgorithm::Loss,
            (false, _) => return None,
        };
        let is_restraining = self.pass_permille < WHOLE;
        let number = match algorithm {
            // Rounded up: 100 per cent would be no request to tell us better.
            OverloadAlgorithm::Loss => ((WHOLE - self.pass_permille).div_ceil(10)).min(99),
            OverloadAlgorithm::Rate => self.rate(clients),
        };
        let validity = u32::try_from(self.config.validity.as_millis()).unwrap_or(u32::MAX);
        Some(OverloadFeedback {
            // Section 5.4: 0 with 0 ends it.
            number: if is_restraining { number } else { 0 },
            algorithm,
            validity_millis: if is_restraining { validity } else { 0 },
            seq_millis: self.next_seq(now),
        })
    }

    /// Whether a request of a client that cannot overload control is taken; one that is not is to be
    /// answered 503 with Retry-After (RFC 7339 section 6.3).
    pub fn admit(&self, rng: &mut Rng, class: RequestClass) -> bool {
        class == RequestClass::Priority
            || self.pass_permille >= WHOLE
            || rng.chance(u64::from(self.pass_permille), u64::from(WHOLE))
    }

    fn rate(&self, clients: u32) -> u32 {
        let all = u64::from(self.config.capacity_per_second) * u64::from(self.pass_permille)
            / u64::from(WHOLE);
        let share = all / u64::from(clients.max(1));
        u32::try_from(share).unwrap_or(u32::MAX).max(1)
    }

    fn next_seq(&mut self, now: Instant) -> u64 {
        let elapsed = u64::try_from(now.saturating_duration_since(self.epoch).as_millis());
        let clock = self.base_millis.saturating_add(elapsed.unwrap_or(u64::MAX));
        self.seq_millis = clock.max(self.seq_millis.saturating_add(1));
        self.seq_millis
    }
}
