//! In which order the servers of a service are tried (RFC 2782).

use super::Srv;
use crate::Rng;

/// By priority; among equals at random, each with the probability that its weight is of the
/// weights that are left.
///
/// The order does not depend on the order of the records in the answer: one seed, one order.
pub(crate) fn order(mut records: Vec<Srv>, rng: &mut Rng) -> Vec<Srv> {
    records.sort();
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let same = records.partition_point(|record| record.priority == priority);
        let mut left: Vec<Srv> = records.drain(..same).collect();
        while !left.is_empty() {
            ordered.push(left.remove(draw(&left, rng)));
        }
    }
    ordered
}

/// Sorted by weight, those without any come first, as RFC 2782 wants: they are drawn too, if
/// seldom.
fn draw(records: &[Srv], rng: &mut Rng) -> usize {
    let sum: u64 = records.iter().map(|record| u64::from(record.weight)).sum();
    let drawn = rng.below(sum + 1);
    let mut running = 0;
    records
        .iter()
        .position(|record| {
            running += u64::from(record.weight);
            running >= drawn
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::srv;
    use super::*;
    use crate::Seed;

    fn rng(seed: u64) -> crate::Rng {
        Seed::from_u64(seed).rng()
    }

    #[test]
    fn priority_comes_first() {
        let records = vec![srv(2, 9, "c.ex", 1), srv(1, 0, "b.ex", 1), srv(1, 0, "a.ex", 1)];
        for seed in 0..20 {
            let ordered = order(records.clone(), &mut rng(seed));
            assert_eq!(ordered[2].target.as_str(), "c.ex");
        }
    }

    /// 1 : 3 : 0, the example of RFC 2782 with its backup.
    #[test]
    fn first_places_follow_the_weights() {
        let records = vec![srv(0, 1, "one.ex", 1), srv(0, 3, "three.ex", 1), srv(0, 0, "no.ex", 1)];
        let mut rng = rng(7);
        let mut first = [0_u32; 3];
        for _ in 0..10_000 {
            let ordered = order(records.clone(), &mut rng);
            let place = records.iter().position(|it| *it == ordered[0]).expect("one of them");
            first[place] += 1;
        }
        // A draw from 0..=4: 0 takes the one without weight, 1 the next, 2 to 4 the last.
        assert!((1_800..2_200).contains(&first[0]), "{first:?}");
        assert!((5_800..6_200).contains(&first[1]), "{first:?}");
        assert!((1_800..2_200).contains(&first[2]), "{first:?}");
    }

    proptest! {
        #[test]
        fn every_server_comes_once_whatever_the_order_of_the_answer(
            weights in prop::collection::vec((0_u16..3, any::<u16>()), 0..20),
            seed in any::<u64>(),
        ) {
            let records: Vec<Srv> = weights
                .iter()
                .enumerate()
                .map(|(n, (priority, weight))| srv(*priority, *weight, &format!("s{n}.ex"), 5060))
                .collect();
            let ordered = order(records.clone(), &mut rng(seed));
            let mut reversed = records.clone();
            reversed.reverse();
            prop_assert_eq!(&order(reversed, &mut rng(seed)), &ordered);
            prop_assert!(ordered.is_sorted_by_key(|record| record.priority));
            let (mut before, mut after) = (records, ordered);
            before.sort();
            after.sort();
            prop_assert_eq!(before, after);
        }
    }
}
