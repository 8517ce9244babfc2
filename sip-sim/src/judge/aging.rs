//! A map that forgets, so that judging a long run takes bounded memory.

use std::collections::BTreeMap;

use core::time::Duration;

use sip_proto::Instant;

/// Longer than any transaction lives, Timer C and its aftermath included.
const GENERATION: Duration = Duration::from_secs(600);

/// A map whose entries live for one to two generations after their last use.
#[derive(Debug)]
pub(crate) struct Aging<K, V> {
    young: BTreeMap<K, V>,
    old: BTreeMap<K, V>,
    since: Instant,
}

impl<K, V> Default for Aging<K, V> {
    fn default() -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), since: Instant::ZERO }
    }
}

impl<K: Ord + Clone, V> Aging<K, V> {
    pub(crate) fn insert(&mut self, now: Instant, key: K, value: V) {
        if now - self.since > GENERATION {
            self.old = core::mem::take(&mut self.young);
            self.since = now;
        }
        self.young.insert(key, value);
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<&mut V> {
        if let Some(value) = self.old.remove(key) {
            self.young.insert(key.clone(), value);
        }
        self.young.get_mut(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let mut map = Aging::default();
        map.insert(Instant::ZERO, "used", 1);
        map.insert(Instant::ZERO, "idle", 2);
        map.insert(Instant::from_secs(601), "new", 3);
        assert_eq!(map.get(&"used"), Some(&mut 1));
        map.insert(Instant::from_secs(1_202), "newer", 4);
        assert_eq!(map.get(&"used"), Some(&mut 1));
        assert_eq!(map.get(&"idle"), None);
    }
}
