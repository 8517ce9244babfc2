//! A vector of slots whose keys go stale when their value is removed.

/// The name of one value in a [`Slab`]. Never names another value while fewer than 2^32 values
/// are inserted after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlabKey {
    /// Which slot.
    pub index: u32,
    /// Which of the values that the slot has held.
    pub generation: u32,
}

/// Values under small, dense, generation-safe keys: O(1) insertion, access and removal.
///
/// Slots are reused, last freed first; memory is kept for reuse, never given back.
///
/// ```
/// use sip_proto::Slab;
///
/// let mut slab = Slab::new(7);
/// let old = slab.insert("a");
/// assert_eq!(slab.remove(old), Some("a"));
/// let new = slab.insert("b");
/// assert_eq!((old.index, slab.get(old), slab.get(new)), (new.index, None, Some(&"b")));
/// ```
#[derive(Debug)]
pub struct Slab<T> {
    slots: Vec<Slot<T>>,
    /// Head of the list of vacant slots.
    vacant: Option<u32>,
    len: usize,
    generation_next: u32,
}

#[derive(Debug)]
enum Slot<T> {
    Vacant { next: Option<u32> },
    Occupied { generation: u32, value: T },
}

impl<T> Slab<T> {
    /// An empty slab whose first value gets the generation `generation_first`.
    ///
    /// Where keys leave the process (in a branch), draw it from the seed: what a peer remembers
    /// from before a restart then names nothing.
    #[must_use]
    pub const fn new(generation_first: u32) -> Self {
        Self { slots: Vec::new(), vacant: None, len: 0, generation_next: generation_first }
    }

    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many slots there are, vacant or not: the most values that ever were in at once.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Puts `value` in and names it.
    pub fn insert(&mut self, value: T) -> SlabKey {
        self.insert_with(|_| value)
    }

    /// Puts in what `make` makes of its name.
    pub fn insert_with(&mut self, make: impl FnOnce(SlabKey) -> T) -> SlabKey {
        let generation = self.generation_next;
        self.generation_next = generation.wrapping_add(1);
        let index = self.vacant_index();
        let key = SlabKey { index, generation };
        let occupied = Slot::Occupied { generation, value: make(key) };
        match self.slots.get_mut(index as usize) {
            Some(slot) => {
                if let Slot::Vacant { next } = *slot {
                    self.vacant = next;
                }
                *slot = occupied;
            }
            None => self.slots.push(occupied),
        }
        self.len += 1;
        key
    }

    /// The value called `key`.
    #[must_use]
    pub fn get(&self, key: SlabKey) -> Option<&T> {
        match self.slots.get(key.index as usize) {
            Some(Slot::Occupied { generation, value }) if *generation == key.generation => {
                Some(value)
            }
            _ => None,
        }
    }

    /// The value called `key`, to change.
    pub fn get_mut(&mut self, key: SlabKey) -> Option<&mut T> {
        match self.slots.get_mut(key.index as usize) {
            Some(Slot::Occupied { generation, value }) if *generation == key.generation => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Whether `key` still names a value.
    #[must_use]
    pub fn contains(&self, key: SlabKey) -> bool {
        self.get(key).is_some()
    }

    /// Takes out the value called `key`.
    pub fn remove(&mut self, key: SlabKey) -> Option<T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        match slot {
            Slot::Occupied { generation, .. } if *generation == key.generation => {}
            Slot::Occupied { .. } | Slot::Vacant { .. } => return None,
        }
        let taken = core::mem::replace(slot, Slot::Vacant { next: self.vacant });
        self.vacant = Some(key.index);
        self.len -= 1;
        match taken {
            Slot::Occupied { value, .. } => Some(value),
            Slot::Vacant { .. } => None,
        }
    }

    /// The slot that the next value goes into: the one freed last, else a new one.
    fn vacant_index(&self) -> u32 {
        self.vacant.unwrap_or_else(|| {
            // Holds because 2^32 slots of at least 8 bytes are beyond any `Limits`.
            u32::try_from(self.slots.len()).expect("fewer than 2^32 values are live")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_learns_its_own_key() {
        let mut slab = Slab::new(u32::MAX);
        let first = slab.insert_with(|key| key);
        let second = slab.insert_with(|key| key);
        assert_eq!(slab.get(first), Some(&first));
        assert_eq!((first.generation, second.generation), (u32::MAX, 0));
    }

    #[test]
    fn freed_slots_are_reused() {
        let mut slab = Slab::new(0);
        for round in 0..1000 {
            let keys = [slab.insert(round), slab.insert(round)];
            assert!(keys.iter().all(|key| slab.remove(*key) == Some(round)));
        }
        assert_eq!((slab.slots(), slab.len()), (2, 0));
    }

    proptest! {
        /// Any mix of insertions and removals agrees with a map from key to value, and a key that
        /// was removed names nothing ever after.
        #[test]
        fn agrees_with_a_map(steps in prop::collection::vec((any::<bool>(), any::<u8>()), 0..200)) {
            let (mut slab, mut model) = (Slab::new(3), BTreeMap::new());
            let mut issued = Vec::new();
            for (insert, number) in steps {
                if insert || issued.is_empty() {
                    let key = slab.insert(number);
                    prop_assert!(model.insert(key, number).is_none());
                    issued.push(key);
                } else {
                    let key = issued[usize::from(number) % issued.len()];
                    prop_assert_eq!(slab.remove(key), model.remove(&key));
                }
                prop_assert_eq!(slab.len(), model.len());
                prop_assert!(issued.iter().all(|key| slab.get(*key) == model.get(key)));
            }
        }
    }
}
