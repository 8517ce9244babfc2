//! What one direction between two nodes does to a datagram.

use core::hash::Hasher as _;
use core::time::Duration;
use std::collections::BTreeMap;

use sip_proto::{Rng, Seed};
use siphasher::sip::SipHasher13;

use super::weather::Conditions;
use crate::node::NodeId;
use crate::plan::{Knobs, millis};
use crate::wire;

/// All links.
///
/// Chance is drawn per link, dialogue and position in it, not from one stream per link: a call
/// that is taken out of a plan then leaves the luck of all others alone, and shrinking converges.
#[derive(Debug)]
pub(crate) struct Links {
    key: [u8; 16],
    crossed: BTreeMap<u64, u64>,
}

/// How a datagram crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crossing {
    Lost,
    Once(Duration),
    Twice(Duration, Duration),
}

impl Links {
    pub(crate) fn new(seed: &Seed) -> Self {
        let mut key = [0; 16];
        seed.rng().fill(&mut key);
        Self { key, crossed: BTreeMap::new() }
    }

    /// Carries `data` from `from` to `to`.
    pub(crate) fn cross(
        &mut self,
        from: NodeId,
        to: NodeId,
        data: &[u8],
        conditions: &Conditions,
        knobs: &Knobs,
    ) -> Crossing {
        let mut rng = self.luck(from, to, wire::call_id(data).unwrap_or_default());
        // Always the same draws in the same order: a fault that is taken out changes no other.
        let lost = rng.below(100) < u64::from(conditions.loss_percent);
        let twice = rng.below(100) < u64::from(conditions.duplicate_percent);
        let late = millis(rng.below(u64::from(conditions.late_ms_max) + 1));
        let first = travel(&mut rng, conditions, knobs);
        let second = travel(&mut rng, conditions, knobs) + late;
        match (lost, twice) {
            (true, _) => Crossing::Lost,
            (false, false) => Crossing::Once(first),
            (false, true) => Crossing::Twice(first, second),
        }
    }

    /// The next stream of chance for `flow` on the link.
    pub(crate) fn luck(&mut self, from: NodeId, to: NodeId, flow: &[u8]) -> Rng {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write_u32(from.0);
        hasher.write_u32(to.0);
        hasher.write(flow);
        let flow = hasher.finish();
        let position = self.crossed.entry(flow).or_insert(0);
        *position += 1;
        hasher.write_u64(*position);
        Seed::from_u64(hasher.finish()).rng()
    }
}

/// How long one thing travels, in whole milliseconds, so that arrivals coincide and batches form.
pub(crate) fn travel(rng: &mut Rng, conditions: &Conditions, knobs: &Knobs) -> Duration {
    let jitter_ms = u64::from(knobs.jitter_ms.max(conditions.jitter_ms));
    let base_ms = u64::from(knobs.latency_ms) + u64::from(conditions.extra_ms);
    millis(base_ms + rng.below(jitter_ms + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    fn message(call_id: &str) -> Vec<u8> {
        format!("OPTIONS sip:b SIP/2.0\r\nCall-ID: {call_id}\r\n\r\n").into_bytes()
    }

    fn lossy(percent: u8) -> Conditions {
        Conditions { loss_percent: percent, ..Conditions::default() }
    }

    #[test]
    fn loss_is_as_often_as_it_should_be() {
        let mut links = Links::new(&Seed::from_u64(1));
        let data = message("x");
        let lost = (0..10_000)
            .filter(|_| {
                links.cross(A, B, &data, &lossy(30), &Knobs::default()) == Crossing::Lost
            })
            .count();
        assert!((2_800..3_200).contains(&lost), "{lost}");
    }

    #[test]
    fn one_call_does_not_change_the_luck_of_another() {
        let fates = |with_other: bool| {
            let mut links = Links::new(&Seed::from_u64(1));
            (0..100)
                .map(|_| {
                    if with_other {
                        links.cross(A, B, &message("other"), &lossy(50), &Knobs::default());
                    }
                    links.cross(A, B, &message("x"), &lossy(50), &Knobs::default())
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(fates(false), fates(true));
    }

    #[test]
    fn jitter_reorders_and_duplicates_may_be_late() {
        let knobs = Knobs { latency_ms: 10, jitter_ms: 50, ..Knobs::default() };
        let conditions =
            Conditions { duplicate_percent: 100, late_ms_max: 8_000, ..Conditions::default() };
        let mut links = Links::new(&Seed::from_u64(2));
        let crossings: Vec<_> =
            (0..100).map(|_| links.cross(A, B, &message("x"), &conditions, &knobs)).collect();
        let times: Vec<_> = crossings
            .iter()
            .map(|crossing| match *crossing {
                Crossing::Twice(first, second) => (first, second),
                Crossing::Lost | Crossing::Once(_) => panic!("{crossing:?}"),
            })
            .collect();
        assert!(times.iter().all(|(first, _)| (millis(10u32)..=millis(60u32)).contains(first)));
        assert!(times.windows(2).any(|pair| pair[1].0 < pair[0].0), "nothing overtakes");
        assert!(times.iter().any(|(_, second)| *second > millis(4_000u32)), "nothing is late");
    }
}
