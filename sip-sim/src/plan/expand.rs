//! From a seed to a plan.

use std::net::SocketAddr;

use sip_proto::{Rng, Seed};

use super::{
    Answer, CallPlan, Fault, FaultPlan, HostilePlan, Knobs, PhonePlan, Plan, ServerPlan, Side,
    Transport,
};

/// When phones have had time to register and calls begin.
const CALLS_FROM_MS: u64 = 15_000;
/// Room for an INVITE transaction that began under faults to end (64*T1, twice).
const HEALING_MS: u64 = 64_000;
/// Room for the last call to be redialled and talked through.
const TAIL_MS: u64 = 90_000;

/// What a random plan is drawn from. What is `None` is itself drawn (swarm testing).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// How many calls.
    pub calls: Option<u32>,
    /// Datagrams lost on every link, of a hundred; then nothing else goes wrong.
    pub loss_percent: Option<u8>,
}

impl Plan {
    /// The plan that `seed` stands for, within `profile`.
    #[must_use]
    pub fn random(seed: u64, profile: &Profile) -> Self {
        // One stream per part, so that a changed profile reshuffles that part only.
        let root = Seed::from_u64(seed).fork("plan");
        let mut plan = Self::empty(seed);
        plan.knobs = random_knobs(&mut root.fork("knobs").rng());
        plan.server = random_server(&mut root.fork("server").rng());
        plan.phones = random_phones(&mut root.fork("phones").rng());
        plan.calls = random_calls(&mut root.fork("calls").rng(), profile, &plan.phones);

        let last_faulty_call = plan.calls.len() * 2 / 3;
        let faults_end_ms = plan.calls.get(last_faulty_call).map_or(CALLS_FROM_MS, |c| c.at_ms);
        plan.heal_at_ms = faults_end_ms + HEALING_MS;
        for call in &mut plan.calls[last_faulty_call..] {
            call.at_ms += HEALING_MS;
        }
        plan.stop_at_ms = plan.calls.last().map_or(plan.heal_at_ms, |c| c.at_ms) + TAIL_MS;

        let mut rng = root.fork("faults").rng();
        plan.faults = match profile.loss_percent {
            Some(percent) => vec![lasting(0, faults_end_ms, Fault::Loss { percent })],
            None => random_faults(&mut rng, faults_end_ms, &plan.phones),
        };
        if profile.loss_percent.is_none() {
            plan.hostiles = random_hostiles(&mut root.fork("hostiles").rng());
        }
        plan
    }
}

fn random_knobs(rng: &mut Rng) -> Knobs {
    Knobs {
        batch_inputs_max: pick(rng, &[1, 1, 2, 16, 64]),
        latency_ms: 1 + below(rng, 60),
        jitter_ms: pick(rng, &[0, 5, 40, 150]),
        segment_bytes_max: pick(rng, &[0, 0, 1, 7, 100]),
        timer_late_ms_max: pick(rng, &[0, 0, 1, 20]),
    }
}

fn random_server(rng: &mut Rng) -> ServerPlan {
    ServerPlan { record_route: !rng.chance(1, 4), ..ServerPlan::default() }
}

fn random_phones(rng: &mut Rng) -> Vec<PhonePlan> {
    let users = ["alice", "bob", "carol", "dave", "erin", "frank"];
    let count = 2 + below(rng, 5) as usize;
    let mut phones: Vec<_> =
        users[..count].iter().map(|user| random_phone(rng, user, user)).collect();
    for user in &users[1..count] {
        if rng.chance(1, 4) {
            phones.push(random_phone(rng, &format!("{user}-2"), user));
        }
    }
    for (phone, host) in phones.iter_mut().zip(1..) {
        phone.address = SocketAddr::from(([10, 0, 1, host], 5060));
    }
    phones
}

fn random_phone(rng: &mut Rng, name: &str, user: &str) -> PhonePlan {
    PhonePlan {
        name: name.to_owned(),
        user: user.to_owned(),
        address: SocketAddr::from(([10, 0, 1, 0], 5060)),
        transport: if rng.chance(1, 3) { Transport::Tcp } else { Transport::Udp },
        expires_s: pick(rng, &[120, 600, 3600]),
        slow_ms: rng.below(1_500),
    }
}

fn random_calls(rng: &mut Rng, profile: &Profile, phones: &[PhonePlan]) -> Vec<CallPlan> {
    let drawn = 5 + below(rng, 40);
    let mean_gap_ms = pick(rng, &[20, 300, 2_000]);
    let mut at_ms = CALLS_FROM_MS;
    (1..=profile.calls.unwrap_or(drawn))
        .map(|id| {
            at_ms += rng.below(2 * mean_gap_ms);
            random_call(rng, id, at_ms, phones)
        })
        .collect()
}

fn random_call(rng: &mut Rng, id: u32, at_ms: u64, phones: &[PhonePlan]) -> CallPlan {
    let from = &phones[rng.below(phones.len() as u64) as usize];
    let others: Vec<_> = phones.iter().filter(|phone| phone.user != from.user).collect();
    let to = others[rng.below(others.len() as u64) as usize];
    let ring_ms = rng.below(4_000);
    let mut call = CallPlan {
        id,
        at_ms,
        from: from.name.clone(),
        to: to.user.clone(),
        answer: Answer::Accept,
        ring_ms,
        cancel_after_ms: None,
        hangup: if rng.chance(1, 2) { Side::Caller } else { Side::Callee },
        talk_ms: rng.below(10_000),
        redials_max: 5,
    };
    match rng.below(10) {
        0 | 1 => call.answer = Answer::Busy,
        2 => {
            call.answer = Answer::Ignore;
            call.cancel_after_ms = Some(500 + rng.below(10_000));
        }
        // A CANCEL that may cross the answer.
        3 => call.cancel_after_ms = Some(rng.below(5_000)),
        _ => {}
    }
    call
}

fn random_faults(rng: &mut Rng, end_ms: u64, phones: &[PhonePlan]) -> Vec<FaultPlan> {
    let mut faults = Vec::new();
    if rng.chance(2, 3) {
        let percent = pick(rng, &[1, 5, 10, 30]);
        faults.push(lasting(0, end_ms, Fault::Loss { percent }));
    }
    for _ in 0..rng.below(6) {
        let from_ms = rng.below(end_ms);
        let to_ms = (from_ms + 500 + rng.below(20_000)).min(end_ms);
        let mut fault = lasting(from_ms, to_ms, random_fault(rng));
        let phone = &phones[rng.below(phones.len() as u64) as usize].name;
        match rng.below(3) {
            0 => fault.from.clone_from(phone),
            1 => fault.to.clone_from(phone),
            _ => {}
        }
        faults.push(fault);
    }
    faults
}

fn random_fault(rng: &mut Rng) -> Fault {
    match rng.below(7) {
        0 => Fault::Loss { percent: 100 },
        1 => Fault::Loss { percent: pick(rng, &[20, 50, 80]) },
        // All delays together stay below T4, the longest that RFC 3261 section 17.1.2.2 lets a
        // message live in the network: later duplicates are new requests, rightly.
        2 => Fault::Duplicate {
            percent: pick(rng, &[10, 50, 100]),
            late_ms_max: pick(rng, &[0, 100, 3_000]),
        },
        3 => Fault::Delay { extra_ms: below(rng, 800), jitter_ms: below(rng, 800) },
        4 => Fault::Unreachable,
        5 => Fault::Refuse,
        _ => Fault::Reset,
    }
}

fn random_hostiles(rng: &mut Rng) -> Vec<HostilePlan> {
    (0..below(rng, 3))
        .map(|index| HostilePlan {
            name: format!("hostile-{}", index + 1),
            address: SocketAddr::from(([10, 0, 9, 1 + index as u8], 5060)),
            shots: 1 + below(rng, 200),
            interval_ms: 1 + rng.below(400),
        })
        .collect()
}

fn lasting(from_ms: u64, to_ms: u64, kind: Fault) -> FaultPlan {
    FaultPlan { from_ms, to_ms, from: super::any(), to: super::any(), kind }
}

fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.below(choices.len() as u64) as usize]
}

fn below(rng: &mut Rng, bound: u32) -> u32 {
    rng.below(u64::from(bound)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_one_plan() {
        let profile = Profile::default();
        assert_eq!(Plan::random(5, &profile), Plan::random(5, &profile));
        assert_ne!(Plan::random(5, &profile), Plan::random(6, &profile));
    }

    #[test]
    fn more_calls_leave_the_phones_alone() {
        let few = Plan::random(5, &Profile { calls: Some(3), ..Profile::default() });
        let many = Plan::random(5, &Profile { calls: Some(30), ..Profile::default() });
        assert_eq!(few.phones, many.phones);
        assert_eq!(few.calls[0].to, many.calls[0].to);
        assert_eq!(many.calls.len(), 30);
    }

    #[test]
    fn faults_are_over_before_the_healing_ends() {
        for seed in 0..50 {
            let plan = Plan::random(seed, &Profile::default());
            assert!(plan.faults.iter().all(|fault| fault.to_ms < plan.heal_at_ms), "seed {seed}");
            assert!(plan.calls.iter().any(|call| call.at_ms >= plan.heal_at_ms), "seed {seed}");
        }
    }
}
