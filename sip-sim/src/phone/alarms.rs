//! A phone's own timers.

use std::collections::BTreeMap;

use sip_proto::Instant;

/// What is to be done when; those of one instant in the order in which they were set.
#[derive(Debug)]
pub(crate) struct Alarms<T> {
    pending: BTreeMap<(Instant, u64), T>,
    set: u64,
}

impl<T> Alarms<T> {
    pub(crate) const fn new() -> Self {
        Self { pending: BTreeMap::new(), set: 0 }
    }

    pub(crate) fn set(&mut self, at: Instant, what: T) {
        self.set += 1;
        self.pending.insert((at, self.set), what);
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        self.pending.keys().next().map(|(at, _)| *at)
    }

    /// What is due at `now`, one by one.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<T> {
        self.next().filter(|at| *at <= now)?;
        self.pending.pop_first().map(|(_, what)| what)
    }

    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Forgets those that `keep` does not want.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.pending.retain(|_, what| keep(what));
    }
}
