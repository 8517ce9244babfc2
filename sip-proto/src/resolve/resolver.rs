//! Lookups, the name servers they ask, and the targets that failed, together.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use super::blacklist::{Blacklist, Verdict};
use super::lookup::{Lookup, Next, NoTarget, Target};
use super::stub::{Action, Stub};
use super::wanted::{Means, Wanted, WantedHost};
use super::{DomainName, ResolverConfig};
use crate::transport::Hosts;
use crate::{ConnectionId, Instant, Seed, Slab, SlabKey, SocketId, TransportKind};

/// Finds the servers of SIP URIs (RFC 3263), as a machine of its own: calls in, [`Action`]s out,
/// and [progress](Self::poll_progress) for whoever waits for a target.
#[derive(Debug)]
pub(crate) struct Resolver {
    config: ResolverConfig,
    search: Vec<DomainName>,
    stub: Stub,
    blacklist: Blacklist,
    lookups: Slab<Entry>,
    /// Who has waited for how long.
    deadlines: BTreeSet<(Instant, SlabKey)>,
    progressed: VecDeque<SlabKey>,
}

#[derive(Debug)]
struct Entry {
    lookup: Lookup,
    /// Targets that failed lately, for when there are no others.
    last_resorts: VecDeque<Target>,
    deadline: Option<Instant>,
    /// How many targets it was given.
    given: usize,
}

impl Resolver {
    pub(crate) fn new(config: ResolverConfig, hosts: Hosts, seed: &Seed) -> Self {
        Self {
            search: config.search.iter().filter_map(|it| DomainName::parse(it)).collect(),
            stub: Stub::new(config.clone(), hosts, seed),
            blacklist: Blacklist::new(&config),
            lookups: Slab::new(0),
            deadlines: BTreeSet::new(),
            progressed: VecDeque::new(),
            config,
        }
    }

    /// Begins a search; ask for its [`next`](Self::next) target, and [`finish`](Self::finish) it.
    /// `choice` draws among weights: the same number, the same order. `None` at
    /// `ResolverConfig::lookups_max`.
    pub(crate) fn start(&mut self, wanted: Wanted, means: Means, choice: u64) -> Option<SlabKey> {
        if self.lookups.len() >= self.config.lookups_max {
            return None;
        }
        let candidates = self.candidates(&wanted.host);
        let lookup = Lookup::new(wanted, means, candidates, choice, &self.config);
        let entry = Entry { lookup, last_resorts: VecDeque::new(), deadline: None, given: 0 };
        Some(self.lookups.insert(entry))
    }

    /// The names to try, as `search` and `ndots` say.
    fn candidates(&self, host: &WantedHost) -> VecDeque<DomainName> {
        let WantedHost::Name { name, complete } = host else { return VecDeque::new() };
        let mut candidates: VecDeque<DomainName> = match complete {
            true => VecDeque::new(),
            false => self.search.iter().filter_map(|suffix| name.within(suffix)).collect(),
        };
        if self.stub.is_in_hosts(name) || name.dots() >= self.config.ndots {
            candidates.push_front(name.clone());
        } else {
            candidates.push_back(name.clone());
        }
        candidates
    }

    /// The next target. Once it says [`Next::Pending`], `key` comes out of
    /// [`poll_progress`](Self::poll_progress) when it is worth asking again.
    ///
    /// What failed lately comes last.
    pub(crate) fn next(&mut self, now: Instant, key: SlabKey) -> Next {
        let Some(entry) = self.lookups.get_mut(key) else {
            return Next::None(NoTarget::Exhausted);
        };
        let next = loop {
            if entry.given >= self.config.attempts_max {
                break Next::None(NoTarget::Exhausted);
            }
            match entry.lookup.next(now, &mut self.stub, key) {
                Next::Target(target)
                    if !self.blacklist.admits(now, target.transport, target.address) =>
                {
                    entry.last_resorts.push_back(target);
                }
                Next::None(reason) => {
                    break entry.last_resorts.pop_front().map_or(Next::None(reason), Next::Target);
                }
                next @ (Next::Target(_) | Next::Pending) => break next,
            }
        };
        entry.given += usize::from(matches!(next, Next::Target(_)));
        let deadline = match (&next, entry.deadline) {
            (Next::Pending, None) => Some(now + self.config.lookup_timeout),
            (Next::Pending, Some(deadline)) => Some(deadline),
            (Next::Target(_) | Next::None(_), _) => None,
        };
        self.set_deadline(key, deadline);
        next
    }

    fn set_deadline(&mut self, key: SlabKey, deadline: Option<Instant>) {
        let Some(entry) = self.lookups.get_mut(key) else { return };
        if let Some(former) = core::mem::replace(&mut entry.deadline, deadline) {
            self.deadlines.remove(&(former, key));
        }
        self.deadlines.extend(deadline.map(|at| (at, key)));
    }

    /// No more targets are wanted.
    pub(crate) fn finish(&mut self, key: SlabKey) {
        self.set_deadline(key, None);
        self.lookups.remove(key);
    }

    /// What became of a request to a target.
    pub(crate) fn report(
        &mut self,
        now: Instant,
        transport: TransportKind,
        address: SocketAddr,
        verdict: Verdict,
    ) {
        self.blacklist.report(now, transport, address, verdict);
    }

    /// What to do next.
    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.stub.poll_action()
    }

    /// A lookup that was [pending](Next::Pending) and may not be any more.
    pub(crate) fn poll_progress(&mut self) -> Option<SlabKey> {
        self.progressed.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is next wanted.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let lookups = self.deadlines.first().map(|(at, _)| *at);
        [lookups, self.stub.poll_timeout()].into_iter().flatten().min()
    }

    /// Lookups that are not finished, and questions on their way.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.lookups.len(), self.stub.len())
    }

    /// Whether a connection is one of the resolver's.
    pub(crate) fn owns(&self, connection: ConnectionId) -> bool {
        self.stub.owns(connection)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.stub.handle_timeout(now);
        self.spread();
        while let Some((at, key)) = self.deadlines.first().copied()
            && at <= now
        {
            self.set_deadline(key, None);
            if let Some(entry) = self.lookups.get_mut(key) {
                entry.lookup.give_up();
                self.progressed.push_back(key);
            }
        }
    }

    pub(crate) fn handle_opened(&mut self, socket: SocketId) {
        self.stub.handle_opened(socket);
    }

    pub(crate) fn handle_transmit_failed(&mut self, now: Instant, socket: SocketId) {
        self.stub.handle_transmit_failed(now, socket);
        self.spread();
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        socket: SocketId,
        source: SocketAddr,
        data: &[u8],
    ) {
        self.stub.handle_datagram(now, socket, source, data);
        self.spread();
    }

    pub(crate) fn handle_received(&mut self, now: Instant, connection: ConnectionId, data: &[u8]) {
        self.stub.handle_received(now, connection, data);
        self.spread();
    }

    pub(crate) fn handle_closed(&mut self, now: Instant, connection: ConnectionId) {
        self.stub.handle_closed(now, connection);
        self.spread();
    }

    /// Hands answers to who waits for them.
    fn spread(&mut self) {
        while let Some(answered) = self.stub.poll_answered() {
            if let Some(entry) = self.lookups.get_mut(answered.waiter) {
                entry.lookup.answered(&answered.question, &answered.answer);
                self.progressed.push_back(answered.waiter);
            }
        }
    }
}
