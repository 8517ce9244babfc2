//! Servers that are broken on purpose: each sin is caught by the invariant it violates, and what is
//! printed holds seed, rule, ladder and a smaller plan.

mod support;

use sip_proto::{Seed, UnixTime};
use sip_sim::{Failure, Invariant, Node, Plan, PlanError, Profile, check_with, deployed};
use support::Broken;

/// Runs plans of a server whose messages pass through `sin`, until one fails.
fn hunt(sin: impl Fn(&str) -> Vec<String> + Clone + 'static) -> Box<Failure> {
    hunt_with(move |inner| Box::new(Broken::new(inner, sin.clone())))
}

fn hunt_with(wrap: impl Fn(Box<dyn Node>) -> Box<dyn Node>) -> Box<Failure> {
    let factory = |plan: &Plan, seed: &Seed, unix: UnixTime| -> Result<_, PlanError> {
        deployed(plan, seed, unix).map(&wrap)
    };
    (0..20)
        .map(|seed| Plan::random(seed, &Profile { calls: Some(12), ..Profile::default() }))
        .find_map(|plan| check_with(&plan, &factory).expect("a plan that runs").err())
        .expect("one of twenty seeds fails")
}

fn is_request(text: &str, method: &str) -> bool {
    text.starts_with(method) && text.as_bytes().get(method.len()) == Some(&b' ')
}

fn same(text: &str) -> Vec<String> {
    vec![text.to_owned()]
}

#[test]
fn a_corrupted_header_is_caught_and_explained() {
    let failure = hunt(|text| vec![text.replace(";c=\"d,  e\"", ";c=\"d, e\"")]);
    assert_eq!(failure.violation.invariant, Invariant::UntouchedHeaders);
    assert_eq!(failure.plan.calls.len(), 1, "one call is enough");
    assert!(failure.plan.phones.len() <= 2, "its two phones are enough");
    assert!(failure.plan.faults.is_empty() && failure.plan.hostiles.is_empty());

    let printed = failure.to_string();
    assert!(printed.contains(&format!("seed {}", failure.seed)));
    assert!(printed.contains("RFC 3261 16.6"), "the rule:\n{printed}");
    assert!(printed.contains("INVITE ---"), "the ladder:\n{printed}");
    let text = printed.split("# plan\n").nth(1).expect("the plan");
    assert_eq!(Plan::from_toml(text), Ok(failure.plan.clone()));
}

#[test]
fn acks_that_do_not_pass_are_caught() {
    let failure = hunt(|text| if is_request(text, "ACK") { Vec::new() } else { same(text) });
    assert_eq!(failure.violation.invariant, Invariant::Liveness, "{failure}");
}

#[test]
fn a_second_final_response_is_caught() {
    let failure = hunt(|text| match text.strip_prefix("SIP/2.0 486") {
        Some(rest) => vec![text.to_owned(), format!("SIP/2.0 487{rest}")],
        None => same(text),
    });
    assert_eq!(failure.violation.invariant, Invariant::OneFinal, "{failure}");
}

#[test]
fn max_forwards_that_stays_is_caught() {
    let failure = hunt(|text| vec![text.replace("Max-Forwards: 69", "Max-Forwards: 70")]);
    assert_eq!(failure.violation.invariant, Invariant::MaxForwards, "{failure}");
}

#[test]
fn a_via_that_is_not_taken_off_is_caught() {
    let failure = hunt(|text| match text.strip_prefix("SIP/2.0 180 Ringing\r\n") {
        Some(rest) => vec![format!(
            "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx\r\n{rest}"
        )],
        None => same(text),
    });
    assert_eq!(failure.violation.invariant, Invariant::ViaSymmetry, "{failure}");
}

#[test]
fn a_cancel_too_early_is_caught() {
    let failure = hunt(|text| {
        let cancel = text.replacen("INVITE ", "CANCEL ", 1).replace(" INVITE\r\n", " CANCEL\r\n");
        let head = cancel.split("\r\n\r\n").next().unwrap_or_default();
        let bodiless: String = head
            .split_inclusive("\r\n")
            .filter(|line| !line.starts_with("Content-"))
            .chain(["\r\n\r\n"])
            .collect();
        // Its own Via only: CANCEL is hop by hop.
        let mut vias = 0;
        let single: String = bodiless
            .split_inclusive("\r\n")
            .filter(|line| {
                vias += usize::from(line.starts_with("Via:"));
                !line.starts_with("Via:") || vias == 1
            })
            .collect();
        if is_request(text, "INVITE") { vec![text.to_owned(), single] } else { same(text) }
    });
    assert_eq!(failure.violation.invariant, Invariant::CancelAfterProvisional, "{failure}");
}

#[test]
fn calls_that_are_answered_wrongly_are_caught() {
    let failure = hunt(|text| vec![text.replace("SIP/2.0 486 Busy Here", "SIP/2.0 603 Decline")]);
    assert_eq!(failure.violation.invariant, Invariant::Liveness, "{failure}");
}

#[test]
fn a_leak_is_caught() {
    let failure = hunt_with(|inner| Box::new(Broken::new(inner, same).leaking()));
    assert_eq!(failure.violation.invariant, Invariant::Conservation, "{failure}");
    assert!(failure.plan.calls.is_empty(), "no call is needed for it");
}

#[test]
fn a_panic_is_caught() {
    let failure = hunt(|text| {
        assert!(!text.starts_with("SIP/2.0 180"), "a bug");
        same(text)
    });
    assert_eq!(failure.violation.invariant, Invariant::NoPanic);
    assert!(failure.violation.detail.contains("a bug"), "{failure}");
}
