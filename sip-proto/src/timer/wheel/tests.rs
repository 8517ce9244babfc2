use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

fn drain<T>(wheel: &mut Wheel<T>, now: Instant) -> Vec<T> {
    core::iter::from_fn(|| wheel.pop(now)).collect()
}

#[test]
fn fires_within_a_tick_and_never_early() {
    let mut wheel = Wheel::new(Instant::ZERO);
    let at = Instant::from_nanos(1_500_000_001);
    wheel.arm(at, ());
    assert_eq!(wheel.next(), Some(Instant::from_millis(1_501)));
    assert_eq!(wheel.pop(at), None, "rounded up to the tick");
    assert_eq!(wheel.pop(Instant::from_millis(1_501)), Some(()));
    assert!(wheel.is_empty());
}

#[test]
fn a_timer_on_a_tick_fires_at_that_very_instant() {
    let mut wheel = Wheel::new(Instant::ZERO);
    wheel.arm(Instant::from_millis(500), ());
    assert_eq!(wheel.pop(Instant::from_nanos(499_999_999)), None);
    assert_eq!(wheel.pop(Instant::from_millis(500)), Some(()));
}

#[test]
fn timers_of_one_tick_fire_in_the_order_they_were_armed() {
    let mut wheel = Wheel::new(Instant::ZERO);
    let at = Instant::from_secs(32);
    wheel.arm(at, "from far away");
    assert_eq!(wheel.pop(Instant::from_secs(31)), None);
    wheel.arm(at, "from nearer");
    assert_eq!(wheel.pop(Instant::from_millis(31_999)), None);
    wheel.arm(at, "from the millisecond before");
    let fired = drain(&mut wheel, at);
    assert_eq!(fired, ["from far away", "from nearer", "from the millisecond before"]);
}

#[test]
fn the_past_and_backwards_time_are_clamped() {
    let mut wheel = Wheel::new(Instant::from_secs(10));
    wheel.arm(Instant::from_secs(3), "past");
    assert_eq!(wheel.pop(Instant::from_secs(5)), Some("past"));
    wheel.arm(Instant::from_secs(11), "future");
    assert_eq!(wheel.pop(Instant::ZERO), None);
    assert_eq!(wheel.next(), Some(Instant::from_secs(11)));
}

#[test]
fn a_jump_over_centuries_is_one_step() {
    let mut wheel = Wheel::new(Instant::ZERO);
    let century = Duration::from_secs(100 * 365 * 86_400);
    wheel.arm(Instant::ZERO + century * 5, "late");
    wheel.arm(Instant::ZERO + MS, "soon");
    wheel.arm(Instant::ZERO + century, "later");
    let end = Instant::from_nanos(u64::MAX);
    assert_eq!(drain(&mut wheel, end), ["soon", "later", "late"]);
    wheel.arm(end, "never: the tick after the last");
    assert_eq!((wheel.pop(end), wheel.next(), wheel.len()), (None, None, 1));
}

#[test]
fn ids_of_dead_timers_are_harmless() {
    let mut wheel = Wheel::new(Instant::ZERO);
    let fired = wheel.arm(Instant::from_millis(1), 1);
    assert_eq!(wheel.pop(Instant::from_millis(1)), Some(1));
    let cancelled = wheel.arm(Instant::from_millis(2), 2);
    assert_eq!(wheel.cancel(cancelled), Some(2));
    wheel.arm(Instant::from_millis(3), 3);
    assert_eq!((wheel.cancel(fired), wheel.cancel(cancelled), wheel.len()), (None, None, 1));
}

/// The load of a busy proxy: each transaction cancels a short timer and lets a long one fire.
#[test]
fn memory_follows_the_live_timers() {
    let mut wheel = Wheel::new(Instant::ZERO);
    for ms in 0..100_000 {
        let now = Instant::from_millis(ms);
        drain(&mut wheel, now);
        let short = wheel.arm(now + MS * 500, ms);
        wheel.arm(now + MS * 32_000, ms);
        assert_eq!(wheel.cancel(short), Some(ms));
    }
    assert_eq!((wheel.len(), wheel.nodes.slots()), (32_000, 32_001));
}

#[derive(Clone, Debug)]
enum Step {
    Arm { after: Duration },
    Cancel { nth: usize },
    Rearm { nth: usize, after: Duration },
    Advance { by: Duration },
}

/// From nanoseconds to centuries, so that every level is used.
fn duration() -> impl Strategy<Value = Duration> {
    (0_u32..62, any::<u64>())
        .prop_map(|(bits, random)| Duration::from_nanos((1 << bits) | random & ((1 << bits) - 1)))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => duration().prop_map(|after| Step::Arm { after }),
        2 => any::<usize>().prop_map(|nth| Step::Cancel { nth }),
        1 => (any::<usize>(), duration()).prop_map(|(nth, after)| Step::Rearm { nth, after }),
        3 => duration().prop_map(|by| Step::Advance { by }),
        2 => (0_u64..200).prop_map(|ms| Step::Advance { by: MS * ms as u32 }),
    ]
}

/// The wheel beside its model, a sorted map from (tick, order of arming) to item.
struct Pair {
    now: Instant,
    wheel: Wheel<u64>,
    model: BTreeMap<(u64, u64), Instant>,
    /// What was armed: id, key in the model.
    armed: Vec<(TimerId, (u64, u64))>,
    order: u64,
}

impl Pair {
    fn arm(&mut self, after: Duration) {
        let at = self.now + after;
        let tick = at.as_nanos().div_ceil(NANOS_PER_TICK).max(self.now.as_millis());
        let id = self.wheel.arm(at, self.order);
        self.model.insert((tick, self.order), at);
        self.armed.push((id, (tick, self.order)));
        self.order += 1;
    }

    fn cancel(&mut self, nth: usize) {
        let Some((id, key)) = self.armed.get(nth % self.armed.len().max(1)).copied() else {
            return;
        };
        let expected = self.model.remove(&key).map(|_| key.1);
        assert_eq!(self.wheel.cancel(id), expected);
    }

    fn advance(&mut self, by: Duration) {
        let target = self.now + by;
        // As a driver does: wake up whenever `next` says so, and at the end.
        while let Some(next) = self.wheel.next().filter(|next| *next <= target) {
            self.wake(next.max(self.now));
        }
        self.wake(target);
    }

    fn wake(&mut self, now: Instant) {
        self.now = now;
        while let Some(item) = self.wheel.pop(now) {
            let ((tick, order), at) = self.model.pop_first().expect("the model has it too");
            assert_eq!(item, order, "same order");
            assert!(tick <= now.as_millis() && at <= now, "never early");
        }
        let next = self.model.first_key_value().map(|((tick, _), _)| *tick);
        assert!(next.is_none_or(|tick| tick > now.as_millis()), "nothing due is left");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn agrees_with_a_sorted_map(steps in prop::collection::vec(step(), 0..120)) {
        let now = Instant::from_nanos(123_456_789_012);
        let mut pair = Pair {
            now,
            wheel: Wheel::new(now),
            model: BTreeMap::new(),
            armed: Vec::new(),
            order: 0,
        };
        for step in steps {
            match step {
                Step::Arm { after } => pair.arm(after),
                Step::Cancel { nth } => pair.cancel(nth),
                Step::Rearm { nth, after } => {
                    pair.cancel(nth);
                    pair.arm(after);
                }
                Step::Advance { by } => pair.advance(by),
            }
            let first = pair.model.first_key_value().map(|((tick, _), _)| *tick);
            let first = first.filter(|tick| *tick <= TICK_LAST);
            let next = pair.wheel.next().map(Instant::as_millis);
            let in_time = |first| next.is_some_and(|next| next <= first);
            prop_assert!(first.is_none_or(in_time), "next never misses");
            prop_assert!(next.is_none() || !pair.model.is_empty(), "nothing wakes for nothing");
            prop_assert_eq!(pair.wheel.len(), pair.model.len());
        }
    }

    /// Jumping over everything at once fires the same as stepping from deadline to deadline.
    #[test]
    fn a_jump_fires_in_the_order_of_small_steps(
        afters in prop::collection::vec(duration(), 0..60),
    ) {
        let arm_all = || {
            let mut wheel = Wheel::new(Instant::ZERO);
            for (order, after) in afters.iter().enumerate() {
                wheel.arm(Instant::ZERO + *after, order);
            }
            wheel
        };
        let jumped = drain(&mut arm_all(), Instant::from_nanos(u64::MAX));
        let mut wheel = arm_all();
        let mut stepped = Vec::new();
        while let Some(next) = wheel.next() {
            stepped.extend(drain(&mut wheel, next));
        }
        prop_assert_eq!(jumped, stepped);
    }
}
