//! A hash map that attackers cannot aim at and that nobody can iterate.

#![expect(clippy::disallowed_types, reason = "the one place that wraps the standard map")]

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};
use std::collections::HashMap;

use siphasher::sip::SipHasher13;

use crate::Seed;

/// A hash map keyed by what peers send: SipHash-1-3 with a key from the [`Seed`], and no way to
/// observe its order, so that equal inputs give equal outputs.
pub struct SeededMap<K, V>(HashMap<K, V, KeyedHash>);

struct KeyedHash([u8; 16]);

impl BuildHasher for KeyedHash {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_key(&self.0)
    }
}

impl<K: Eq + Hash, V> SeededMap<K, V> {
    /// An empty map whose hash key is drawn from `seed`.
    #[must_use]
    pub fn new(seed: &Seed) -> Self {
        let mut key = [0; 16];
        seed.fork("seeded-map").rng().fill(&mut key);
        Self(HashMap::with_hasher(KeyedHash(key)))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get<Q: ?Sized + Eq + Hash>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// The value under `key`, to change.
    pub fn get_mut<Q: ?Sized + Eq + Hash>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }

    /// Whether there is a value under `key`.
    #[must_use]
    pub fn contains_key<Q: ?Sized + Eq + Hash>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Puts `value` under `key`; gives back what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// Takes out the value under `key`.
    pub fn remove<Q: ?Sized + Eq + Hash>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }

    /// The value under `key`, made by `default` if there was none.
    pub fn or_insert_with(&mut self, key: K, default: impl FnOnce() -> V) -> &mut V {
        self.0.entry(key).or_insert_with(default)
    }
}

impl<K, V> fmt::Debug for SeededMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeededMap(len {})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_and_go() {
        let mut map = SeededMap::new(&Seed::from_u64(1));
        assert_eq!(map.insert("a".to_owned(), 1), None);
        *map.or_insert_with("b".to_owned(), || 0) += 2;
        assert_eq!((map.get("a"), map.get("b"), map.len()), (Some(&1), Some(&2), 2));
        assert_eq!(map.remove("a"), Some(1));
        assert!(!map.contains_key("a"));
    }
}
