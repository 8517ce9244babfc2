//! Destinations that a datagram could not reach.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::{Instant, SocketId};

type Key = (SocketId, SocketAddr);

/// When the last failure to each destination was reported, the `max` destinations that failed
/// last.
///
/// A report says nothing about which transaction it belongs to, and there may be thousands to one
/// destination. So each of them looks here when its own retransmission is due, and fails instead
/// of repeating a request that cannot arrive: O(log n) then, nothing at all when the report comes.
#[derive(Debug)]
pub(super) struct Failures {
    max: usize,
    latest: BTreeMap<Key, Instant>,
    /// The same, oldest first.
    order: BTreeSet<(Instant, Key)>,
}

impl Failures {
    pub(super) fn new(max: usize) -> Self {
        Self { max, latest: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// Takes in a report. With more destinations than `Limits::failed_destinations_max`, the one
    /// whose last report is oldest is forgotten, and what waits for it times out instead.
    pub(super) fn report(&mut self, now: Instant, socket: SocketId, destination: SocketAddr) {
        let key = (socket, destination);
        if let Some(former) = self.latest.insert(key, now) {
            self.order.remove(&(former, key));
        }
        self.order.insert((now, key));
        while self.order.len() > self.max
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.latest.remove(&oldest);
        }
    }

    /// Whether a failure was reported at or after `since`.
    pub(super) fn since(&self, since: Instant, socket: SocketId, destination: SocketAddr) -> bool {
        self.latest.get(&(socket, destination)).is_some_and(|at| *at >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_from_its_report_until_newer_ones_displace_it() {
        let socket = SocketId(0);
        let peer = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let at = Instant::from_secs;
        let mut failures = Failures::new(2);
        failures.report(at(5), socket, peer(1));
        assert!(failures.since(at(5), socket, peer(1)));
        assert!(!failures.since(at(6), socket, peer(1)), "sent again since");
        assert!(!failures.since(at(0), socket, peer(2)));
        failures.report(at(6), socket, peer(1));
        failures.report(at(7), socket, peer(2));
        assert!(failures.since(at(6), socket, peer(1)), "its newer report is still there");
        failures.report(at(8), socket, peer(3));
        assert!(!failures.since(at(0), socket, peer(1)));
        assert!(failures.since(at(0), socket, peer(2)));
    }

    #[test]
    fn one_destination_counts_once_however_often_it_fails() {
        let socket = SocketId(0);
        let peer = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let mut failures = Failures::new(2);
        failures.report(Instant::ZERO, socket, peer(1));
        for second in 0..100 {
            failures.report(Instant::from_secs(second), socket, peer(2));
        }
        assert!(failures.since(Instant::ZERO, socket, peer(1)));
        assert_eq!((failures.latest.len(), failures.order.len()), (2, 2));
    }
}
