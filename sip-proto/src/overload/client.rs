//! [`OverloadClient`]: the end that sends requests (RFC 7339 section 5, RFC 7415 section 3.5).

use core::time::Duration;

use super::bucket::Bucket;
use super::{OverloadAlgorithm, RequestClass};
use crate::message::Via;
use crate::{Instant, Rng};

/// What a client does, with every limit of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadClientConfig {
    /// Whether rate-based control is offered as well: yes. Loss-based always is.
    pub has_rate: bool,
    /// How many requests may pass at once with rate-based control: 4 (TAU, in requests).
    pub burst_max: u32,
    /// The longest `oc-validity` that is believed: 60 s. A longer one counts as this, so that a
    /// server that is gone does not leave its neighbours throttled.
    pub validity_max: Duration,
    /// Over how many requests the share of those that can be spared is taken: 100
    /// (RFC 7339 section 7.2).
    pub mix_requests: u32,
}

impl Default for OverloadClientConfig {
    fn default() -> Self {
        Self {
            has_rate: true,
            burst_max: 4,
            validity_max: Duration::from_secs(60),
            mix_requests: 100,
        }
    }
}

/// `oc-validity` where it is absent (RFC 7339 section 4.3).
const VALIDITY: Duration = Duration::from_millis(500);

/// What one next hop asked for.
#[derive(Clone, Copy, Debug)]
enum Control {
    Loss { percent: u32 },
    Rate(Bucket),
}

/// How much to send to one next hop.
#[derive(Clone, Debug)]
pub struct OverloadClient {
    config: OverloadClientConfig,
    control: Option<(Control, Instant)>,
    seq: Option<Duration>,
    /// Requests of late, and how many of them could be spared.
    all: u32,
    ordinary: u32,
}

impl OverloadClient {
    /// Without restraint.
    #[must_use]
    pub const fn new(config: OverloadClientConfig) -> Self {
        Self { config, control: None, seq: None, all: 0, ordinary: 0 }
    }

    /// The parameters for the Via of each request to the next hop (RFC 7339 section 5.1).
    #[must_use]
    pub const fn offer(&self) -> &'static str {
        if self.config.has_rate { "oc;oc-algo=\"loss,rate\"" } else { "oc;oc-algo=\"loss\"" }
    }

    /// Whether the next hop restrains us now.
    #[must_use]
    pub fn is_restrained(&self, now: Instant) -> bool {
        self.control.as_ref().is_some_and(|(_, end)| now < *end)
    }

    /// Hears the topmost Via, our own, of a response from the next hop (RFC 7339 sections 5.2 to
    /// 5.4). What has no number, an algorithm that was not offered, more than 100 per cent, or an
    /// `oc-seq` that is not above the last, changes nothing.
    pub fn handle_via(&mut self, now: Instant, via: &Via<'_>) {
        let Some(Some(number)) = via.oc() else { return };
        let algorithm = match via.oc_algo().next() {
            None => OverloadAlgorithm::Loss,
            Some(token) => match OverloadAlgorithm::parse(token) {
                Some(OverloadAlgorithm::Rate) if !self.config.has_rate => return,
                Some(known) => known,
                None => return,
            },
        };
        if algorithm == OverloadAlgorithm::Loss && number > 100 {
            return;
        }
        let seq = via.oc_seq().and_then(|seq| seq.to_duration());
        // A sequence counts while it restrains: a server that was restarted may begin anew.
        let last = self.seq.filter(|_| self.is_restrained(now));
        if let (Some(seq), Some(last)) = (seq, last)
            && seq <= last
        {
            return;
        }
        self.seq = seq;
        let validity =
            via.oc_validity_millis().map_or(VALIDITY, |it| Duration::from_millis(it.into()));
        if validity.is_zero() {
            // Section 4.3: that is the end.
            self.control = None;
            return;
        }
        let end = now + validity.min(self.config.validity_max);
        self.control = Some((self.controlled(now, algorithm, number), end));
    }

    fn controlled(&self, now: Instant, algorithm: OverloadAlgorithm, number: u32) -> Control {
        match (algorithm, &self.control) {
            (OverloadAlgorithm::Loss, _) => Control::Loss { percent: number },
            (OverloadAlgorithm::Rate, Some((Control::Rate(bucket), _))) => {
                let mut bucket = *bucket;
                bucket.set_rate(number);
                Control::Rate(bucket)
            }
            (OverloadAlgorithm::Rate, _) => Control::Rate(Bucket::new(now, number)),
        }
    }

    /// Whether a request may be sent to the next hop; one that may not is to be answered 503
    /// without Retry-After, or sent to another (RFC 7339 section 5.3). Those with priority may
    /// always, and the others make up for them.
    pub fn admit(&mut self, now: Instant, rng: &mut Rng, class: RequestClass) -> bool {
        self.count(class);
        if !self.is_restrained(now) {
            self.control = None;
            return true;
        }
        let is_priority = class == RequestClass::Priority;
        let burst = self.config.burst_max;
        let (all, ordinary) = (u64::from(self.all), u64::from(self.ordinary));
        match &mut self.control {
            None => true,
            Some((Control::Rate(bucket), _)) => bucket.admit(now, burst, is_priority),
            // RFC 7339 section 7.2: the share of all that is to be dropped, as one of the ordinary.
            Some((Control::Loss { percent }, _)) => {
                is_priority || !rng.chance(u64::from(*percent) * all, 100 * ordinary)
            }
        }
    }

    fn count(&mut self, class: RequestClass) {
        self.all += 1;
        self.ordinary += u32::from(class == RequestClass::Ordinary);
        if self.all > self.config.mix_requests.max(1) {
            (self.all, self.ordinary) = (self.all.div_ceil(2), self.ordinary.div_ceil(2));
        }
    }
}
