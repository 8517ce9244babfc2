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
    /// Addresses-of-record held. Beyond: those without bindings make room, the longest so first;
    /// where there is none, [`LocationReply::Full`].
    pub aors_max: usize,
    /// Bytes of all records, as [`LocationStore::bytes`] counts them. For a write that would need
    /// more, records without bindings make room likewise; where that is not enough it gets
    /// [`LocationReply::Full`], unless it makes its record smaller.
    pub bytes_max: usize,
    /// How long a record without bindings is kept, in seconds, unless its room is needed.
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
    /// Those of them without bindings: the first has been so for longest.
    absent: BTreeSet<(u64, Bytes)>,
    limits: LocationLimits,
    version_last: u64,
    bindings: usize,
    bytes: usize,
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
            absent: BTreeSet::new(),
            limits,
            version_last: 0,
            bindings: 0,
            bytes: 0,
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

    /// Bytes held: the names, the bindings, and what the store itself needs for each, as if no two
    /// bindings shared anything. What the allocator adds is not counted.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
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
        let old = self.records.get(&aor);
        let current = old.map_or(Version(0), |entry| entry.version);
        if current != expected {
            return LocationReply::Conflict(self.lookup(now, &aor));
        }
        // A user nobody knew, with nothing to remember: no record is needed.
        if old.is_none() && bindings.is_empty() {
            return LocationReply::Replaced(Version(0));
        }
        let (old_due, old_bytes) =
            old.map_or((None, 0), |old| (Some(old.due_unix_s), record_bytes(&aor, &old.bindings)));
        let new_bytes = record_bytes(&aor, &bindings);
        if !self.make_room(&aor, old_due.is_none(), old_bytes, new_bytes) {
            return LocationReply::Full;
        }
        if let Some(due_unix_s) = old_due {
            let key = (due_unix_s, aor.clone());
            self.due.remove(&key);
            self.absent.remove(&key);
        }
        self.bytes = (self.bytes - old_bytes).saturating_add(new_bytes);
        self.version_last += 1;
        let version = Version(self.version_last);
        let due_unix_s = self.due_unix_s(now, &bindings);
        self.due.insert((due_unix_s, aor.clone()));
        if bindings.is_empty() {
            self.absent.insert((due_unix_s, aor.clone()));
        }
        self.bindings += bindings.len();
        if let Some(old) = self.records.insert(aor, Entry { version, bindings, due_unix_s }) {
            self.bindings -= old.bindings.len();
        }
        LocationReply::Replaced(version)
    }

    /// Whether there is room for `new_bytes` of `aor` instead of `old_bytes`, made if need be at the
    /// expense of others that have no bindings: what is remembered of users who left must not keep
    /// new ones out. Nobody is forgotten in vain.
    fn make_room(&mut self, aor: &Bytes, is_new: bool, old_bytes: usize, new_bytes: usize) -> bool {
        let mut total = (self.bytes - old_bytes).saturating_add(new_bytes);
        let mut records = self.records.len() + usize::from(is_new);
        let fits = |records: usize, total: usize| {
            (!is_new || records <= self.limits.aors_max)
                && (new_bytes <= old_bytes || total <= self.limits.bytes_max)
        };
        let mut forgotten = Vec::new();
        for key in self.absent.iter().filter(|(_, other)| other != aor) {
            if fits(records, total) || forgotten.len() >= SWEEP_BATCH {
                break;
            }
            total -= record_bytes(&key.1, &[]);
            records -= 1;
            forgotten.push(key.clone());
        }
        if !fits(records, total) {
            return false;
        }
        for key in forgotten {
            self.due.remove(&key);
            self.absent.remove(&key);
            self.bytes -= record_bytes(&key.1, &[]);
            self.records.remove(&key.1);
        }
        true
    }

    /// Drops what has expired of one record that is no longer in `due`; the record itself once it
    /// has been without bindings for long enough.
    fn sweep_record(&mut self, now: UnixTime, aor: Bytes) {
        let Some(entry) = self.records.get_mut(&aor) else { return };
        let (before, was_due) = (entry.bindings.len(), entry.due_unix_s);
        self.bytes -= record_bytes(&aor, &entry.bindings);
        entry.bindings.retain(|binding| !binding.is_expired(now));
        self.bindings -= before - entry.bindings.len();
        if before == 0 {
            self.records.remove(&aor);
            self.absent.remove(&(was_due, aor));
            return;
        }
        self.bytes += record_bytes(&aor, &entry.bindings);
        let soonest = entry.bindings.iter().map(|b| b.expires_at_unix_s).min();
        let due = soonest.unwrap_or_else(|| now.as_secs().saturating_add(self.limits.absent_s));
        entry.due_unix_s = due;
        if soonest.is_none() {
            self.absent.insert((due, aor.clone()));
        }
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

/// What a record takes in memory: its name, of which the maps share the text, and its bindings.
fn record_bytes(aor: &Bytes, bindings: &[Binding]) -> usize {
    const OWN: usize = size_of::<(Bytes, Entry)>() + size_of::<(u64, Bytes)>();
    const ABSENT: usize = size_of::<(u64, Bytes)>();
    let absent = if bindings.is_empty() { ABSENT } else { 0 };
    OWN + absent + aor.len() + bindings.iter().map(Binding::memory_bytes).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sip_proto::transport::FlowId;
    use sip_proto::{SocketId, TransportKind};

    use super::*;
    use crate::location::{FlowUse, Received};

    const LIMITS: LocationLimits =
        LocationLimits { aors_max: 2, bytes_max: 1 << 20, absent_s: 100 };

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
                use_flow: FlowUse::Never,
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

    /// Else whoever registers and leaves under ever new names would lock everybody out for as long
    /// as the absent are remembered.
    #[test]
    fn users_who_left_make_room_for_those_who_come_the_longest_gone_first() {
        let one = || vec![binding("sip:1", 90)];
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        replace(&mut store, 10, "a", 0, one());
        replace(&mut store, 10, "b", 0, one());
        replace(&mut store, 11, "b", 2, vec![]);
        replace(&mut store, 12, "a", 1, vec![]);
        assert_eq!(replace(&mut store, 13, "c", 0, one()), LocationReply::Replaced(Version(5)));
        assert_eq!((store.len(), store.absent.len()), (2, 1));
        assert_eq!(store.lookup(at(13), b"b").version, Version(0), "the longest gone");
        assert_eq!(store.lookup(at(13), b"a").version, Version(4));
        // A user who comes back needs no room of others'.
        assert_eq!(replace(&mut store, 14, "a", 4, one()), LocationReply::Replaced(Version(6)));
        assert_eq!(replace(&mut store, 15, "d", 0, one()), LocationReply::Full);
        // One whose bindings expired is as absent as one who left.
        store.sweep(at(90));
        assert_eq!(store.absent.len(), 2);
        assert_eq!(replace(&mut store, 91, "d", 0, one()), LocationReply::Replaced(Version(7)));
    }

    #[test]
    fn users_who_left_make_room_in_bytes_but_not_in_vain() {
        let one = || vec![binding("sip:1", 90)];
        let bytes_max = record_bytes(&Bytes::from_static(b"a"), &one());
        let mut store =
            LocationStore::new(&Seed::from_u64(1), LocationLimits { bytes_max, ..LIMITS });
        replace(&mut store, 10, "a", 0, one());
        replace(&mut store, 11, "a", 1, vec![]);
        let large = vec![binding("sip:1", 90), binding("sip:2", 90)];
        assert_eq!(replace(&mut store, 12, "b", 0, large), LocationReply::Full);
        assert_eq!(store.lookup(at(12), b"a").version, Version(2), "still known");
        assert_eq!(replace(&mut store, 12, "b", 0, one()), LocationReply::Replaced(Version(3)));
        assert_eq!((store.len(), store.bytes()), (1, bytes_max));
    }

    #[test]
    fn asking_to_remove_what_is_not_there_takes_no_memory() {
        let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
        assert_eq!(replace(&mut store, 10, "a", 0, vec![]), LocationReply::Replaced(Version(0)));
        assert!(store.is_empty());
    }

    #[test]
    fn more_bytes_than_the_limit_are_refused_but_never_a_smaller_record() {
        let one = || vec![binding("sip:1", 50)];
        let two = || vec![binding("sip:1", 50), binding("sip:2", 50)];
        let bytes_max = record_bytes(&Bytes::from_static(b"a"), &two());
        let mut store =
            LocationStore::new(&Seed::from_u64(1), LocationLimits { bytes_max, ..LIMITS });
        assert_eq!(replace(&mut store, 10, "a", 0, two()), LocationReply::Replaced(Version(1)));
        assert_eq!(store.bytes(), bytes_max);
        assert_eq!(replace(&mut store, 10, "b", 0, one()), LocationReply::Full);
        let more = vec![binding("sip:1", 50), binding("sip:longer", 50)];
        assert_eq!(replace(&mut store, 10, "a", 1, more), LocationReply::Full);
        assert_eq!(store.lookup(at(10), b"a").bindings, two(), "nothing changed");
        assert_eq!(replace(&mut store, 10, "a", 1, one()), LocationReply::Replaced(Version(2)));
        assert!(store.bytes() < bytes_max);
    }

    proptest! {
        /// Whatever is written and whenever it expires, what is counted is what is there.
        #[test]
        fn bytes_and_bindings_are_counted_exactly(
            writes in prop::collection::vec((0_usize..3, 0_u64..40, 0_usize..4), 0..60),
        ) {
            let mut store = LocationStore::new(&Seed::from_u64(1), LIMITS);
            let mut now = 0;
            for (user, later, contacts) in writes {
                now += later;
                let aor = ["a", "bb", "ccc"][user];
                let version = store.lookup(at(now), aor.as_bytes()).version.0;
                let uris = ["sip:1", "sip:twenty-two", "sip:333"];
                let bindings = (0..contacts).map(|at| binding(uris[at % 3], now + 30 * at as u64));
                replace(&mut store, now, aor, version, bindings.collect());
                let held: Vec<(&Bytes, &Entry)> = store
                    .due
                    .iter()
                    .filter_map(|(_, aor)| Some((aor, store.records.get(aor)?)))
                    .collect();
                prop_assert_eq!(held.len(), store.len());
                let sum: usize = held.iter().map(|(aor, e)| record_bytes(aor, &e.bindings)).sum();
                let count: usize = held.iter().map(|(_, e)| e.bindings.len()).sum();
                prop_assert_eq!((store.bytes(), store.bindings()), (sum, count));
                let absent = |(_, aor): &&(u64, Bytes)| {
                    store.records.get(aor).is_some_and(|entry| entry.bindings.is_empty())
                };
                let absent: BTreeSet<_> = store.due.iter().filter(absent).cloned().collect();
                prop_assert_eq!(&store.absent, &absent);
            }
            for _ in 0..20 {
                now += 100;
                store.sweep(at(now));
            }
            prop_assert_eq!((store.len(), store.bytes(), store.bindings()), (0, 0, 0));
        }
    }
}
