//! What will happen, in order: the heart of a discrete-event simulation.

use core::cmp::Ordering;
use std::collections::BinaryHeap;

use sip_proto::Instant;

/// Events by instant; those of one instant in the order in which they were pushed, so that a run
/// depends on nothing but its plan.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    heap: BinaryHeap<Entry<E>>,
    pushed: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Instant,
    sequence: u64,
    event: E,
}

impl<E> Queue<E> {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), pushed: 0 }
    }

    pub(crate) fn push(&mut self, at: Instant, event: E) {
        self.heap.push(Entry { at, sequence: self.pushed, event });
        self.pushed += 1;
    }

    /// The next event and when, without taking it.
    pub(crate) fn peek(&self) -> Option<(Instant, &E)> {
        self.heap.peek().map(|entry| (entry.at, &entry.event))
    }

    pub(crate) fn pop(&mut self) -> Option<(Instant, E)> {
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

// The heap keeps its greatest on top: the earliest must be the greatest.
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_pushed() {
        let mut queue = Queue::new();
        for (at, event) in [(2, "d"), (1, "a"), (1, "b"), (1, "c")] {
            queue.push(Instant::from_secs(at), event);
        }
        assert_eq!(queue.peek(), Some((Instant::from_secs(1), &"a")));
        let order: Vec<_> = core::iter::from_fn(|| queue.pop()).map(|(_, event)| event).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }
}
