//! The in-memory location store: a pure component.

use std::collections::BTreeSet;

use bytes::Bytes;
use sip_proto::{Seed, SeededMap, UnixTime};

use crate::location::{Binding, LocationCall, LocationReply, Record, Version};

/// Due records looked at per call, so that the work of one call is bounded.
const SWEEP_BATCH: usize = 32;

/// The bounds of a [`LocationStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationLimits {
    /// Addresses-of-record held. Beyond: [`LocationReply::Full`].
    pub aors_max: usize,
    /// How long a record without bindings is kept, in seconds.
    pub absent_s: u64,
}

/// Bindings by address-of-record, with compare-and-swap.
///
/// Expired bindings are never shown. Their memory is given back by [`sweep`](Self::sweep), and a
/// little with every call.
#[derive(Debug)]
pub struct LocationStore {
    records: SeededMap<Bytes, Entry>,
    /// Each record once, by when it next needs a look.
    due: BTreeSet<(u64, Bytes)>,
    limits: LocationLimits,
    version_last: u64,
    bindings: usize,
}

#[derive(Debug)]
struct Entry {
    version: Version,
    bindings: Vec<Binding>,
    due_unix_s: u64,
}

impl LocationStore {
    /// An empty store.
    #[must_use]
    pub fn new(seed: &Seed, limits: LocationLimits) -> Self {
        Self {
            records: SeededMap::new(&seed.fork("location")),
            due: BTreeSet::new(),
            limits,
            version_last: 0,
            bindings: 0,
        }
    }

    /// Addresses-of-record held, also those without bindings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Bindings held, also expired ones that were not swept yet.
    #[must_use]
    pub const fn bindings(&self) -> usize {
        self.bindings
    }

    /// Every address-of-record with what it has at `now`, in no order that means anything.
    pub fn snapshot(&self, now: UnixTime) -> impl Iterator<Item = (&Bytes, Record)> {
        self.due.iter().map(move |(_, aor)| (aor, self.lookup(now, aor)))
    }

    /// Answers `call`.
    pub fn call(&mut self, now: UnixTime, call: LocationCall) -> LocationReply {
        self.sweep(now);
        match call {
            LocationCall::Lookup { aor } => LocationReply::Found(self.lookup(now, &aor)),
            LocationCall::Replace { aor, expected, bindings } => {
                self.replace(now, aor, expected, bindings)
            }
        }
    }

    /// When [`sweep`](Self::sweep) next has something to do.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixTime> {
        self.due.first().map(|(unix_s, _)| UnixTime::from_secs(*unix_s))
    }

    /// Gives back the memory of what has expired: a bounded number of records.
    pub fn sweep(&mut self, now: UnixTime) {
        for _ in 0..SWEEP_BATCH {
            match self.due.first() {
                Some((unix_s, _)) if *unix_s <= now.as_secs() => {}
                _ => return,
            }
            if let Some((_, aor)) = self.due.pop_first() {
                self.sweep_record(now, aor);
            }
        }
    }

    /// What `aor` has at `now`.
    #[must_use]
    pub fn lookup(&self, now: UnixTime, aor: &[u8]) -> Record {
        self.records.get(aor).map_or_else(Record::default, |entry| Record {
            version: entry.version,
            bindings: entry.bindings.iter().filter(|b| !b.is_expired(now)).cloned().collect(),
        })
    }

    fn replace(
        &mut self,
        now: UnixTime,
        aor: Bytes,
        expected: Version,
        bindings: Vec<Binding>,
    ) -> LocationReply {
        let old = self.records.get(&aor).map(|entry| (entry.version, entry.due_unix_s));
        let current = old.map_or(Version(0), |(version, _)| version);
        if current != expected {
            return LocationReply::Conflict(self.lookup(now, &aor));
        }
        match old {
            Some((_, due_unix_s)) => {
                self.due.remove(&(due_unix_s, aor.clone()));
            }
            // A user nobody knew, with nothing to remember: no record is needed.
            None if bindings.is_empty() => return LocationReply::Replaced(Version(0)),
            None if self.records.len() >= self.limits.aors_max => return LocationReply::Full,
            None => {}
        }
        self.version_last += 1;
        let version = Version(self.version_last);
        let due_unix_s = self.due_unix_s(now, &bindings);
        self.due.insert((due_unix_s, aor.clone()));
        self.bindings += bindings.len();
        if let Some(old) = self.records.insert(aor, Entry { version, bindings, due_unix_s }) {
            self.bindings -= old.bindings.len();
        }
        LocationReply::Replaced(version)
    }

    /// Drops what has expired of one record that is no longer in `due`; the record itself once it
    /// has been without bindings for long enough.
    fn sweep_record(&mut self, now: UnixTime, aor: Bytes) {
        let Some(entry) = self.records.get_mut(&aor) else { return };
        let before = entry.bindings.len();
        entry.bindings.retain(|binding| !binding.is_expired(now));
        let after = entry.bindings.len();
        self.bindings -= before - after;
        if before == 0 {
            self.records.remove(&aor);
            return;
        }
        let soonest = entry.bindings.iter().map(|b| b.expires_at_unix_s).min();
        let due = soonest.unwrap_or_else(|| now.as_secs().saturating_add(self.limits.absent_s));
        entry.due_unix_s = due;
        self.due.insert((due, aor));
    }

    fn due_unix_s(&self, now: UnixTime, bindings: &[Binding]) -> u64 {
        bindings
            .iter()
            .map(|binding| binding.expires_at_unix_s)
            .min()
            .unwrap_or_else(|| now.as_secs().saturating_add(self.limits.absent_s))
    }
}

#[cfg(test)]
mod tests {
    use sip_proto::transport::FlowId;
    use sip_proto::{SocketId, TransportKind};

    use super::*;
    use crate::location::Received;

    const LIMITS: LocationLimits = LocationLimits { aors_max: 2, absent_s: 100 };

    fn binding(uri: &'static str, expires_at_unix_s: u64) -> Binding {
        let remote = "127.0.0.1:5070".parse().expect("a socket address");
        Binding {
            uri: Bytes::from_static(uri.as_bytes()),
            params: Bytes::new(),
            q_per_mille: 1000,
            call_id: Bytes::from_static(b"call"),
            cseq: 1,
            expires_at_unix_s,
            path: Vec::new(),
            received: Received {
                transport: TransportKind::Udp,
                remote,
                local: "127.0.0.1:5060".parse().expect("a socket address"),
                flow: FlowId::Datagram { socket: SocketId(0), peer: remote },
                use_flow: false,
            },
        }
    }

    fn at(unix_s: u64) -> UnixTime {
        UnixTime::from_secs(unix_s)
    }

    fn replace(
        store: &mut LocationStore,
        now: u64,
        aor: &'static str,
        expected: u64,
        bindings: Vec<Binding>,
    ) -> LocationReply {
        let aor = Bytes::from_static(aor.as_bytes());
        store.call(at(now), LocationCall::Replace { aor, expected: Version(expected), bindings })
    }

    #[test]
    fn a_write_on_an_old_version_is_refused_with_what_is_there() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        let (first, second) = (binding("sip:1", 50), binding("sip:2", 60));
        assert_eq!(
            replace(&mut store, 10, "a", 0, vec![first.clone()]),
            LocationReply::Replaced(Version(1))
        );
        let conflict = Record { version: Version(1), bindings: vec![first] };
        assert_eq!(
            replace(&mut store, 10, "a", 0, vec![second.clone()]),
            LocationReply::Conflict(conflict)
        );
        assert_eq!(
            replace(&mut store, 10, "a", 1, vec![second]),
            LocationReply::Replaced(Version(2))
        );
    }

    #[test]
    fn an_expired_binding_is_never_shown_and_then_swept() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        replace(&mut store, 10, "a", 0, vec![binding("sip:1", 50), binding("sip:2", 60)]);
        assert_eq!(store.lookup(at(49), b"a").bindings.len(), 2);
        assert_eq!(store.lookup(at(50), b"a").bindings.len(), 1);
        assert_eq!((store.bindings(), store.next_due()), (2, Some(at(50))));
        store.sweep(at(50));
        assert_eq!((store.bindings(), store.next_due()), (1, Some(at(60))));
    }

    #[test]
    fn a_user_without_bindings_is_known_for_a_while_and_then_forgotten() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        replace(&mut store, 10, "a", 0, vec![binding("sip:1", 50)]);
        store.sweep(at(50));
        assert_eq!(store.lookup(at(50), b"a").version, Version(1));
        store.sweep(at(149));
        assert_eq!(store.len(), 1);
        store.sweep(at(150));
        assert_eq!((store.len(), store.bindings(), store.next_due()), (0, 0, None));
        assert_eq!(store.lookup(at(150), b"a"), Record::default());
    }

    #[test]
    fn more_users_than_the_limit_are_refused() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        replace(&mut store, 10, "a", 0, vec![binding("sip:1", 50)]);
        replace(&mut store, 10, "b", 0, vec![binding("sip:1", 50)]);
        let reply = replace(&mut store, 10, "c", 0, vec![binding("sip:1", 50)]);
        assert_eq!((reply, store.len()), (LocationReply::Full, 2));
    }

    #[test]
    fn asking_to_remove_what_is_not_there_takes_no_memory() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        assert_eq!(replace(&mut store, 10, "a", 0, vec![]), LocationReply::Replaced(Version(0)));
        assert!(store.is_empty());
    }
}
