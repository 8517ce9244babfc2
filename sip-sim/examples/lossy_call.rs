//! Two phones, one server, a third of all datagrams lost: prints the ladder of the call.
//!
//! `cargo run -p sip-sim --example lossy_call -- [SEED]`

use sip_sim::{CallPlan, Fault, FaultPlan, PhonePlan, Plan, PlanError, Side, Sim, Transport};

fn main() -> Result<(), PlanError> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut sim = Sim::new(&plan(seed))?;
    let report = sim.run_to_end();
    for attempt in 0..report.calls.get(&1).map_or(0, |call| call.attempts) {
        let call_id = format!("call-1-{attempt}@alice.example.org");
        println!("{}", sim.trace().ladder(Some(&call_id), 100));
    }
    print!("{report}");
    match report.violation {
        Some(violation) => println!("\n{violation}"),
        None => println!("every invariant held"),
    }
    Ok(())
}

fn plan(seed: u64) -> Plan {
    let phone = |user: &str, host| PhonePlan {
        name: user.to_owned(),
        user: user.to_owned(),
        address: ([10, 0, 1, host], 5060).into(),
        transport: Transport::Udp,
        expires_s: 600,
        slow_ms: 0,
    };
    let mut plan = Plan::empty(seed);
    plan.phones = vec![phone("alice", 1), phone("bob", 2)];
    plan.calls = vec![CallPlan {
        id: 1,
        at_ms: 40_000,
        from: "alice".to_owned(),
        to: "bob".to_owned(),
        answer: sip_sim::Answer::Accept,
        ring_ms: 2_000,
        cancel_after_ms: None,
        hangup: Side::Caller,
        talk_ms: 5_000,
        redials_max: 5,
    }];
    plan.stop_at_ms = 300_000;
    plan.heal_at_ms = plan.stop_at_ms;
    plan.faults = vec![FaultPlan {
        from_ms: 0,
        to_ms: plan.stop_at_ms,
        from: "*".to_owned(),
        to: "*".to_owned(),
        kind: Fault::Loss { percent: 30 },
    }];
    plan
}
