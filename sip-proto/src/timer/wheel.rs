//! The hierarchical timer wheel: arming and cancelling cost the same with ten timers or a million.

use core::fmt;

use crate::{Instant, Slab, SlabKey};

/// Slots of one level; one occupancy word has a bit for each.
const SLOTS: usize = 64;
/// Bits of a tick that select the slot within a level.
const SLOT_BITS: u32 = 6;
/// Levels: 8 x 6 bits of milliseconds reach beyond the last [`Instant`] (45 bits).
const LEVELS: usize = 8;

/// The last tick that an [`Instant`] can name.
const TICK_LAST: u64 = u64::MAX / NANOS_PER_TICK;
const NANOS_PER_TICK: u64 = 1_000_000;

/// The name of an armed timer. Stale once the timer has fired or was cancelled; then harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerId(SlabKey);

/// Deadlines with an item each, on a hierarchical wheel of 8 levels of 64 slots and 1 ms ticks.
///
/// * [`arm`](Self::arm) and [`cancel`](Self::cancel) are O(1). A timer moves down at most once a
///   level before it fires, so a timer costs O(1) over its life.
/// * A timer armed for `t` fires in `[t, t + 1 ms]`: `t` is rounded up to a tick, never early.
/// * Timers fire in the order of their ticks; within one tick, in the order in which they were
///   armed. A timer armed for the past belongs to the tick that is being fired.
/// * Time may jump: work is linear in the timers that fire or move down, not in the ticks between.
///   Time that goes backwards is clamped.
/// * Memory of dead timers is reused, and never given back.
pub struct Wheel<T> {
    nodes: Slab<Node<T>>,
    /// `slots[level * 64 + slot]`: its timers, in order.
    slots: Box<[List]>,
    /// A bit for each slot of a level that is not empty.
    occupied: [u64; LEVELS],
    /// All ticks before this one have been fired.
    tick: u64,
}

struct Node<T> {
    tick: u64,
    slot: u16,
    previous: Option<SlabKey>,
    next: Option<SlabKey>,
    item: T,
}

/// The ends of a slot's doubly linked list.
#[derive(Clone, Copy)]
struct List {
    head: Option<SlabKey>,
    tail: Option<SlabKey>,
    /// No timer of the list is before this tick: exact, unless the earliest was cancelled.
    tick_min: u64,
}

const EMPTY: List = List { head: None, tail: None, tick_min: u64::MAX };

impl<T> Wheel<T> {
    /// An empty wheel at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            nodes: Slab::new(0),
            slots: vec![EMPTY; LEVELS * SLOTS].into_boxed_slice(),
            occupied: [0; LEVELS],
            tick: now.as_millis(),
        }
    }

    /// How many timers are armed.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no timer is armed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Arms a timer for `at`: [`pop`](Self::pop) gives `item` back then.
    pub fn arm(&mut self, at: Instant, item: T) -> TimerId {
        let tick = at.as_nanos().div_ceil(NANOS_PER_TICK).max(self.tick);
        let key = self.nodes.insert(Node { tick, slot: 0, previous: None, next: None, item });
        self.link(key, tick);
        TimerId(key)
    }

    /// Disarms a timer and gives its item back; `None` if it has fired or was cancelled.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let node = self.nodes.remove(id.0)?;
        self.unlink(&node);
        Some(node.item)
    }

    /// The next item whose time has come, in order. Call it until `None`.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        let until = now.as_millis().max(self.tick);
        loop {
            let Some((level, slot)) = self.first_occupied() else {
                self.tick = until;
                return None;
            };
            let start = self.slot_start(level, slot);
            if start > until {
                self.tick = until;
                return None;
            }
            self.tick = start;
            let list = level * SLOTS + slot;
            if level > 0 {
                self.cascade(list);
            } else if let Some(node) =
                self.slots[list].head.and_then(|head| self.nodes.remove(head))
            {
                self.unlink(&node);
                return Some(node.item);
            }
        }
    }

    /// When to call [`pop`](Self::pop) next: no timer fires before. The exact time of the earliest
    /// timer, or, after that one was cancelled, possibly sooner: then `pop` finds nothing, and the
    /// next answer is later. `None` if no timer is armed for a tick that
    /// time can reach.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let (level, slot) = self.first_occupied()?;
        let tick = self.slots[level * SLOTS + slot].tick_min;
        // A timer for the very end rounds up to a tick that no instant reaches: waking up for it
        // would find nothing due, for ever.
        (tick <= TICK_LAST).then(|| Instant::from_millis(tick))
    }

    /// The slot that holds the earliest timers. All timers of a level are before all timers of
    /// the levels above it, and all are in slots from the current one on: see [`level_of`].
    fn first_occupied(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|word| *word != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    /// The first tick of a slot, within the span of its level that holds the current tick.
    fn slot_start(&self, level: usize, slot: usize) -> u64 {
        let shift = SLOT_BITS * level as u32;
        let span = self.tick >> (shift + SLOT_BITS) << (shift + SLOT_BITS);
        span | (slot as u64) << shift
    }

    /// Moves the timers of a slot, whose first tick is the current one, to lower levels.
    fn cascade(&mut self, list: usize) {
        let mut cursor = self.slots[list].head;
        self.clear(list);
        while let Some(key) = cursor {
            let Some(node) = self.nodes.get_mut(key) else {
                break;
            };
            cursor = node.next.take();
            node.previous = None;
            let tick = node.tick;
            self.link(key, tick);
        }
    }

    /// Appends an unlinked timer to the list that its tick belongs to.
    fn link(&mut self, key: SlabKey, tick: u64) {
        let level = level_of(self.tick, tick);
        let slot = (tick >> (SLOT_BITS * level as u32)) as usize % SLOTS;
        let list = level * SLOTS + slot;
        let tail = self.slots[list].tail.replace(key);
        match tail.and_then(|tail| self.nodes.get_mut(tail)) {
            Some(node) => node.next = Some(key),
            None => self.slots[list].head = Some(key),
        }
        self.slots[list].tick_min = self.slots[list].tick_min.min(tick);
        self.occupied[level] |= 1 << slot;
        if let Some(node) = self.nodes.get_mut(key) {
            node.previous = tail;
            node.slot = list as u16;
        }
    }

    /// Takes a timer, already out of the slab, out of its list.
    fn unlink(&mut self, node: &Node<T>) {
        let list = usize::from(node.slot);
        match node.previous.and_then(|previous| self.nodes.get_mut(previous)) {
            Some(previous) => previous.next = node.next,
            None => self.slots[list].head = node.next,
        }
        match node.next.and_then(|next| self.nodes.get_mut(next)) {
            Some(next) => next.previous = node.previous,
            None => self.slots[list].tail = node.previous,
        }
        if self.slots[list].head.is_none() {
            self.clear(list);
        }
    }

    fn clear(&mut self, list: usize) {
        self.slots[list] = EMPTY;
        self.occupied[list / SLOTS] &= !(1 << (list % SLOTS));
    }
}

impl<T> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wheel(len {}, tick {})", self.len(), self.tick)
    }
}

/// The level for a timer at `tick`, seen from `current`: that of the highest 6-bit digit in which
/// they differ. So the digits above agree, and the timer's own digit is the greater one.
const fn level_of(current: u64, tick: u64) -> usize {
    let differing = current ^ tick;
    if differing == 0 { 0 } else { (differing.ilog2() / SLOT_BITS) as usize }
}

#[cfg(test)]
mod tests;
