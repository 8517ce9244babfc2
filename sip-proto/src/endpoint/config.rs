//! How an endpoint is set up.

use core::time::Duration;
use std::net::IpAddr;

use crate::transaction::Timing;
use crate::{Limits, ResolverConfig, ShardId};

/// The resolution of timers.
const TICK: Duration = Duration::from_millis(1);

/// How an [`Endpoint`](crate::Endpoint) is set up.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Which shard this is.
    pub shard: ShardId,
    /// Timer T1, the round-trip estimate (RFC 3261 section 17.1.1.1): 500 ms; at least 1 ms.
    pub t1: Duration,
    /// Timer T2, the longest retransmission interval: 4 s; at least T1.
    pub t2: Duration,
    /// Timer T4, how long a message lives in the network: 5 s.
    pub t4: Duration,
    /// Every bound.
    pub limits: Limits,
    /// Whether a request without To tag that arrives over a second path, in a transaction of its
    /// own, is answered with 482 (RFC 3261 section 8.2.2.2). That is the duty of a user agent
    /// server; a proxy must let the forks of an upstream proxy and spirals pass (section 16.3 asks
    /// it for loop detection only), so this is off unless it is asked for.
    pub merged_requests: bool,
    /// Whether messages pass without transactions, for a stateless proxy (RFC 3261
    /// section 16.11): each arrives as [`Delivery::Stateless`](crate::Delivery::Stateless), once
    /// for each time it arrives, and is sent on with
    /// [`Command::SendRequest`](crate::Command::SendRequest) and
    /// [`Command::SendResponse`](crate::Command::SendResponse). Off unless it is asked for; not
    /// for an endpoint under services, which are made of transactions.
    pub stateless: bool,
    /// Host names and their addresses, as in a hosts file; `localhost` is known without.
    pub hosts: Vec<(String, IpAddr)>,
    /// How names become addresses, apart from those in `hosts`.
    pub resolver: ResolverConfig,
}

impl EndpointConfig {
    /// The timers of one transaction. Retransmissions without an interval would never end.
    pub(super) const fn timing(&self, reliable: bool) -> Timing {
        let t1 = longer(self.t1, TICK);
        Timing { t1, t2: longer(self.t2, t1), t4: self.t4, reliable }
    }
}

const fn longer(a: Duration, b: Duration) -> Duration {
    if a.as_nanos() < b.as_nanos() { b } else { a }
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            shard: ShardId::default(),
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            limits: Limits::default(),
            merged_requests: false,
            stateless: false,
            hosts: Vec::new(),
            resolver: ResolverConfig::default(),
        }
    }
}
