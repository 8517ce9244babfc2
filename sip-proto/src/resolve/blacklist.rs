//! Targets that failed: black, then grey, then as good as any.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use super::ResolverConfig;
use crate::{Instant, TransportKind};

type Key = (TransportKind, SocketAddr);

/// Which targets failed lately.
///
/// A target that failed is *black*: it comes after all others. Once that time is over it is
/// *grey*: one request at a time tries it in its proper place; for the others it is black still.
/// If that request succeeds, or the grey time passes too, it is forgotten ("white").
#[derive(Debug)]
pub(crate) struct Blacklist {
    max: usize,
    black: core::time::Duration,
    grey: core::time::Duration,
    entries: BTreeMap<Key, Entry>,
    /// The same, the next to be forgiven first.
    order: BTreeSet<(Instant, Key)>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    grey_from: Instant,
    white_from: Instant,
    is_probed: bool,
}

/// What became of a request to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It answered.
    Good,
    /// It could not be reached, or did not answer.
    Bad,
    /// Neither is known: the request was given up, or the answer was 503, which may be true of
    /// that one request only.
    Unknown,
}

impl Blacklist {
    pub(crate) fn new(config: &ResolverConfig) -> Self {
        Self {
            max: config.blacklist_max,
            black: config.black,
            grey: config.grey,
            entries: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Whether a target may be tried in its proper place. Who is told so of a grey one is its
    /// prober until it [reports](Self::report).
    pub(crate) fn admits(
        &mut self,
        now: Instant,
        transport: TransportKind,
        address: SocketAddr,
    ) -> bool {
        let key = (transport, address);
        let Some(entry) = self.entries.get_mut(&key) else { return true };
        if entry.white_from <= now {
            self.remove(key);
            return true;
        }
        let admits = entry.grey_from <= now && !entry.is_probed;
        entry.is_probed |= admits;
        admits
    }

    /// What became of a request to that target.
    pub(crate) fn report(
        &mut self,
        now: Instant,
        transport: TransportKind,
        address: SocketAddr,
        verdict: Verdict,
    ) {
        let key = (transport, address);
        match verdict {
            Verdict::Good => self.remove(key),
            Verdict::Unknown => {
                if let Some(entry) = self.entries.get_mut(&key) {
                    entry.is_probed = false;
                }
            }
            Verdict::Bad => {
                self.remove(key);
                let grey_from = now + self.black;
                let white_from = grey_from + self.grey;
                self.entries.insert(key, Entry { grey_from, white_from, is_probed: false });
                self.order.insert((white_from, key));
            }
        }
        self.shrink(now);
    }

    fn shrink(&mut self, now: Instant) {
        while let Some((white_from, key)) = self.order.first().copied()
            && (white_from <= now || self.order.len() > self.max)
        {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.order.remove(&(entry.white_from, key));
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const UDP: TransportKind = TransportKind::Udp;

    fn list() -> Blacklist {
        let seconds = Duration::from_secs;
        let config = ResolverConfig {
            black: seconds(30),
            grey: seconds(20),
            blacklist_max: 2,
            ..ResolverConfig::default()
        };
        Blacklist::new(&config)
    }

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn black_then_grey_with_one_prober_then_white() {
        let mut list = list();
        let at = Instant::from_secs;
        assert!(list.admits(at(0), UDP, peer(1)));
        list.report(at(0), UDP, peer(1), Verdict::Bad);
        assert!(!list.admits(at(29), UDP, peer(1)), "black");
        assert!(list.admits(at(29), TransportKind::Tcp, peer(1)), "another transport");
        assert!(list.admits(at(30), UDP, peer(1)), "grey: the prober");
        assert!(!list.admits(at(30), UDP, peer(1)), "grey: anybody else");
        assert!(list.admits(at(50), UDP, peer(1)), "white");
        assert!(list.entries.is_empty() && list.order.is_empty());
    }

    #[test]
    fn the_prober_decides() {
        let at = Instant::from_secs;
        for (verdict, admitted) in [
            (Verdict::Good, [true, true]),
            (Verdict::Bad, [false; 2]),
            (Verdict::Unknown, [true, false]),
        ] {
            let mut list = list();
            list.report(at(0), UDP, peer(1), Verdict::Bad);
            assert!(list.admits(at(31), UDP, peer(1)));
            list.report(at(32), UDP, peer(1), verdict);
            let next = [(); 2].map(|()| list.admits(at(33), UDP, peer(1)));
            assert_eq!(next, admitted, "{verdict:?}");
        }
    }

    #[test]
    fn beyond_the_limit_the_first_to_be_forgiven_is_forgotten() {
        let mut list = list();
        for port in 1..=3 {
            list.report(Instant::from_secs(port.into()), UDP, peer(port), Verdict::Bad);
        }
        let admitted = [1, 2, 3].map(|port| list.admits(Instant::from_secs(4), UDP, peer(port)));
        assert_eq!(admitted, [true, false, false]);
        assert_eq!((list.entries.len(), list.order.len()), (2, 2));
    }
}
