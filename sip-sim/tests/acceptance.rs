//! What the simulator promises: calls complete on a bad network, runs repeat, seeds pass.

mod support;

use std::collections::BTreeSet;

use sip_sim::{Outcome, Plan, Profile, Sim, check};
use support::{assert_holds, outcomes, two_phones};

fn run(plan: &Plan) -> sip_sim::Report {
    Sim::new(plan).expect("a plan that runs").run()
}

#[test]
fn a_call_on_a_good_network_goes_by_the_book() {
    let plan = two_phones(1, 1, 0);
    let mut sim = Sim::new(&plan).expect("a plan that runs");
    let report = sim.run_to_end();
    assert_holds(&report);
    assert_eq!(outcomes(&report)[&1], (Some(Outcome::Established), true));
    let ladder = sim.trace().ladder(Some("call-1-0@alice.example.org"), 100);
    let text = ladder.to_string();
    // RFC 3665 section 3.2 without the second proxy: INVITE, 100, 180, 200, ACK, BYE, 200.
    for word in ["INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
    assert!(!text.contains('#'), "something was sent twice:\n{text}");
    assert!((13..=14).contains(&ladder.len()), "{text}");
}

/// 30 % loss in each direction of each hop. People redial; so do these phones.
#[test]
fn every_call_completes_under_heavy_loss() {
    for seed in 0..5 {
        let report = run(&two_phones(seed, 40, 30));
        assert_holds(&report);
        for (id, call) in outcomes(&report) {
            assert_eq!(call, (Some(Outcome::Established), true), "seed {seed}, call {id}");
        }
    }
}

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 4] {
        let plan = Plan::random(seed, &Profile::default());
        let (first, second) = (run(&plan), run(&plan));
        assert_eq!(first.trace_hash, second.trace_hash, "seed {seed}");
        assert_eq!(outcomes(&first), outcomes(&second));
    }
    let hash = |seed| run(&Plan::random(seed, &Profile::default())).trace_hash;
    assert_ne!(hash(3), hash(4));
}

#[test]
fn the_size_of_batches_changes_no_outcome() {
    for seed in 0..6 {
        let mut plan = Plan::random(seed, &Profile::default());
        let of = |plan: &Plan| {
            let report = run(plan);
            assert_holds(&report);
            outcomes(&report)
        };
        plan.knobs.batch_inputs_max = 1;
        let single = of(&plan);
        plan.knobs.batch_inputs_max = 64;
        assert_eq!(single, of(&plan), "seed {seed}");
    }
}

#[test]
fn a_swarm_of_seeds_passes() {
    let mut seen = BTreeSet::new();
    for seed in 0..20 {
        let plan = Plan::random(seed, &Profile::default());
        match check(&plan).expect("a plan that runs") {
            Ok(report) => seen.extend(report.outcomes().into_keys()),
            Err(failure) => panic!("{failure}"),
        }
    }
    for outcome in ["ended", "busy", "cancelled"] {
        assert!(seen.contains(outcome), "no call was {outcome}: {seen:?}");
    }
}

#[test]
fn ten_thousand_calls_are_simulated_in_seconds() {
    let report = run(&two_phones(9, 10_000, 0));
    assert_holds(&report);
    assert_eq!(report.outcomes().get("ended"), Some(&10_000));
    assert!(report.messages_sent > 100_000);
}
