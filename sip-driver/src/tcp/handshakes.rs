//! How many handshakes are under way, and how long each may take.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use sip_proto::{ConnectionId, Instant};

use crate::DriverConfig;
use crate::layers::{HandshakeError, HandshakeFailure};

/// Handshakes moved on by one look at the sockets. Each may cost a signature, a thousand times what
/// a message costs: the others come first in between.
const STEPS_MAX: usize = 8;
/// Failures remembered until somebody is told.
const FAILURES_MAX: usize = 256;

/// The accepted connections whose handshake is not over, and every handshake's deadline.
pub(super) struct Handshakes {
    max: usize,
    per_address_max: usize,
    timeout: Duration,
    under_way: usize,
    by_address: HashMap<IpAddr, usize>,
    /// In the order of time.
    deadlines: VecDeque<(Instant, usize, ConnectionId)>,
    steps: usize,
    /// Handshakes that came to their end so far.
    pub(super) completed: u64,
    /// Handshakes that did not.
    pub(super) failed: u64,
    failures: Vec<HandshakeFailure>,
}

impl Handshakes {
    pub(super) fn new(config: &DriverConfig) -> Self {
        Self {
            max: config.handshakes_max,
            per_address_max: config.handshakes_per_address_max,
            timeout: config.handshake_timeout,
            under_way: 0,
            by_address: HashMap::new(),
            deadlines: VecDeque::new(),
            steps: 0,
            completed: 0,
            failed: 0,
            failures: Vec::new(),
        }
    }

    /// Counts one with a client at `address` in, unless there are too many.
    pub(super) fn begin(&mut self, address: IpAddr) -> Result<(), HandshakeError> {
        if self.under_way >= self.max {
            return Err(HandshakeError::TooMany);
        }
        let from_address = self.by_address.entry(address).or_default();
        if *from_address >= self.per_address_max {
            // Only what is counted has an entry.
            if *from_address == 0 {
                self.by_address.remove(&address);
            }
            return Err(HandshakeError::TooManyFromAddress);
        }
        *from_address += 1;
        self.under_way += 1;
        Ok(())
    }

    /// Counts one out.
    pub(super) fn end(&mut self, address: IpAddr) {
        self.under_way -= 1;
        if let Some(from_address) = self.by_address.get_mut(&address) {
            *from_address -= 1;
            if *from_address == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Takes note of a failure, to be told.
    pub(super) fn fail(&mut self, failure: HandshakeFailure) {
        self.failed += 1;
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(failure);
        }
    }

    pub(super) fn take_failures(&mut self) -> std::vec::Drain<'_, HandshakeFailure> {
        self.failures.drain(..)
    }

    /// A new look at the sockets.
    pub(super) fn begin_turn(&mut self) {
        self.steps = 0;
    }

    /// Whether one more may be moved on.
    pub(super) fn may_step(&mut self) -> bool {
        self.steps += 1;
        self.steps <= STEPS_MAX
    }

    pub(super) fn watch(&mut self, now: Instant, slot: usize, id: ConnectionId) {
        self.deadlines.push_back((now + self.timeout, slot, id));
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.front().map(|&(at, ..)| at)
    }

    /// One whose time is over, if it is still under way.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(usize, ConnectionId)> {
        let (at, slot, id) = *self.deadlines.front()?;
        (at <= now).then(|| {
            self.deadlines.pop_front();
            (slot, id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_in_all_and_by_address() {
        let config = DriverConfig {
            handshakes_max: 3,
            handshakes_per_address_max: 2,
            ..DriverConfig::default()
        };
        let mut handshakes = Handshakes::new(&config);
        let [one, two] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        assert_eq!(handshakes.begin(one), Ok(()));
        assert_eq!(handshakes.begin(one), Ok(()));
        assert_eq!(handshakes.begin(one), Err(HandshakeError::TooManyFromAddress));
        assert_eq!(handshakes.begin(two), Ok(()));
        assert_eq!(handshakes.begin(two), Err(HandshakeError::TooMany));
        handshakes.end(one);
        assert_eq!(handshakes.begin(two), Ok(()));
        for address in [one, two, two] {
            handshakes.end(address);
        }
        assert!(handshakes.by_address.is_empty());
    }

    #[test]
    fn no_more_than_a_few_are_moved_on_at_a_time() {
        let mut handshakes = Handshakes::new(&DriverConfig::default());
        for _ in 0..2 {
            handshakes.begin_turn();
            assert_eq!((0..100).filter(|_| handshakes.may_step()).count(), STEPS_MAX);
        }
    }

    #[test]
    fn failures_nobody_asks_for_are_bounded() {
        let mut handshakes = Handshakes::new(&DriverConfig::default());
        let failure = HandshakeFailure {
            peer: ([192, 0, 2, 1], 5061).into(),
            transport: sip_proto::TransportKind::Tls,
            dialled: false,
            error: HandshakeError::Closed,
        };
        for _ in 0..2 * FAILURES_MAX {
            handshakes.fail(failure.clone());
        }
        assert_eq!(handshakes.take_failures().count(), FAILURES_MAX);
        assert_eq!(handshakes.failed, 2 * FAILURES_MAX as u64);
    }
}
