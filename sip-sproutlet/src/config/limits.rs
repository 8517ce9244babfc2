//! Every bound of the service host, in one place.

use serde::Deserialize;

use crate::config::ConfigError;

/// Every bound of a [`SproutletHost`](crate::SproutletHost): what it is, its default, and what
/// happens when it is reached. A test reaches each of them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HostLimits {
    /// Received requests in work at once: 1,000,000. Beyond: 503 with Retry-After. ACKs are let in
    /// nevertheless; as many of their own may wait for effects, and beyond they are dropped.
    pub requests_max: usize,
    /// Services in a chain, one below the other: 20. Beyond: 483 to the service above, an ACK is
    /// dropped.
    pub depth_max: u32,
    /// Service instances made for one received request, over all forks: 100. Beyond: 483 to the
    /// service above, an ACK is dropped.
    pub instances_per_request_max: u32,
    /// Forks of one service instance over its life: 32. Beyond: the fork is not made.
    pub forks_per_transaction_max: u32,
    /// Forks sent over the wire for one received request over its life, by all service instances:
    /// 60. Beyond: 440 to the service, an ACK is dropped.
    pub forks_per_request_max: u32,
    /// Max-Breadth (RFC 5393 section 5): how many branches of a request there may be at once, here
    /// and everywhere it is sent on to: 60. What a request without it gets, and what a larger one
    /// is reduced to. Forks that are made at once share it; if there is not one for each of them,
    /// 440 to the service for each.
    pub breadth_max: u32,
    /// Timers of one service instance at once: 16. Beyond: the timer is not set.
    pub timers_per_transaction_max: usize,
    /// Effects called by one service instance over its life: 64. Beyond:
    /// [`EffectError::Limit`](crate::EffectError::Limit) once, then silence.
    pub effects_per_transaction_max: u32,
    /// How long an effect performed outside may take, in seconds: 10. Beyond:
    /// [`EffectError::Timeout`](crate::EffectError::Timeout).
    pub effect_timeout_s: u64,
    /// Addresses of this host that are learned from where requests arrive, on sockets bound to all
    /// addresses: 64. Beyond: further ones are not taken for our own.
    pub learned_addresses_max: usize,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            requests_max: 1_000_000,
            depth_max: 20,
            instances_per_request_max: 100,
            forks_per_transaction_max: 32,
            forks_per_request_max: 60,
            breadth_max: 60,
            timers_per_transaction_max: 16,
            effects_per_transaction_max: 64,
            effect_timeout_s: 10,
            learned_addresses_max: 64,
        }
    }
}

impl HostLimits {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let counts = [
            ("requests_max", self.requests_max as u64),
            ("depth_max", u64::from(self.depth_max)),
            ("instances_per_request_max", u64::from(self.instances_per_request_max)),
            ("forks_per_transaction_max", u64::from(self.forks_per_transaction_max)),
            ("forks_per_request_max", u64::from(self.forks_per_request_max)),
            ("breadth_max", u64::from(self.breadth_max)),
            ("effects_per_transaction_max", u64::from(self.effects_per_transaction_max)),
            ("effect_timeout_s", self.effect_timeout_s),
        ];
        match counts.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::new(
                format!("limits.{name}"),
                "must not be 0: nothing could be served",
                "leave it out for the default",
            )),
            None => Ok(()),
        }
    }
}
