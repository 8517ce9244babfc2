//! Every limit of [`HostLimits`](crate::HostLimits), reached.

use core::time::Duration;

use sip_proto::message::HeaderName;
use sip_proto::{DropReason, Response, StatusCode};

use super::pass;
use crate::abi::{Actions, Effect, EffectError, EffectOutcome, TransactionEvent};
use crate::config::HostLimits;
use crate::location::LocationCall;
use crate::testing::{Log, Lower, bytes, graph_of, in_dialog, name_of, request, scripted, values};

const OUT: &str = "sip:x@192.0.2.1";

fn host_of<F>(limits: HostLimits, script: F) -> Lower
where
    F: Fn(TransactionEvent, &mut Actions) + Clone + 'static,
{
    Lower::new(graph_of(vec![scripted("test", script)]).limits(limits))
}

/// A script that sends every request back to its own service, changed, `times` over.
fn spiral(times: usize) -> impl Fn(TransactionEvent, &mut Actions) + Clone + 'static {
    move |event, actions| match event {
        TransactionEvent::Initial { request } | TransactionEvent::InDialog { request } => {
            let length = request.uri_bytes().len();
            for _ in 0..times {
                let mut copy = request.clone();
                copy.set_uri(format!("sip:{}@localhost", "x".repeat(length)));
                actions.send_request(copy);
            }
        }
        event => pass(event, actions),
    }
}

#[test]
fn more_requests_at_once_than_allowed_get_503() {
    let limits = HostLimits { requests_max: 1, ..HostLimits::default() };
    let mut lower = host_of(limits, pass);
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.receive(request("OPTIONS", OUT)), ["s1 503"]);
    assert_eq!(values(lower.last_response(), &HeaderName::RetryAfter), ["1"]);
    // It ends what is there: dropped, the phones would ring or talk on.
    assert_eq!(lower.receive_ack(in_dialog("ACK", OUT)), [format!("ACK {OUT}")]);
    lower.answer(0, 486);
    lower.assert_idle();
    assert_eq!(lower.receive(request("OPTIONS", OUT)), [format!("#1 OPTIONS {OUT}")]);
}

/// Only a service that asks somebody about an ACK keeps it, and only so many.
#[test]
fn more_acks_that_wait_than_allowed_are_dropped() {
    let limits = HostLimits { requests_max: 1, effect_timeout_s: 1, ..HostLimits::default() };
    let mut lower = host_of(limits, |event, actions| {
        if let TransactionEvent::InDialog { .. } = event {
            let service = "test".to_owned();
            actions.call(Effect::Custom { service, kind: "ask".to_owned(), bytes: bytes("") });
        }
    });
    assert_eq!(lower.receive_ack(in_dialog("ACK", OUT)), ["effect"]);
    assert!(lower.receive_ack(in_dialog("ACK", OUT)).is_empty());
    assert_eq!(lower.dropped, [DropReason::Limit("requests_max")]);
    lower.pass(Duration::from_secs(2));
    lower.assert_idle();
    assert_eq!(lower.receive_ack(in_dialog("ACK", OUT)), ["effect"]);
}

#[test]
fn a_chain_that_is_too_deep_gets_483() {
    let limits = HostLimits { depth_max: 5, ..HostLimits::default() };
    let mut lower = host_of(limits, spiral(1));
    assert_eq!(lower.receive(request("INVITE", "sip:x@localhost")), ["s0 483"]);
    assert!(lower.receive_ack(in_dialog("ACK", "sip:x@localhost")).is_empty());
    lower.assert_idle();
    assert!(lower.decisions[0].contains("limits.depth_max"), "{:?}", lower.decisions);
}

#[test]
fn a_chain_as_deep_as_the_hops_of_a_request_gets_483_too() {
    let limits =
        HostLimits { depth_max: 1000, instances_per_request_max: 1000, ..HostLimits::default() };
    let mut lower = host_of(limits, spiral(1));
    assert_eq!(lower.receive(request("INVITE", "sip:x@localhost")), ["s0 483"]);
    assert!(lower.decisions[0].contains("Max-Forwards"), "{:?}", lower.decisions);
    lower.assert_idle();
}

#[test]
fn hops_that_cannot_be_counted_get_400() {
    for target in [OUT, "sip:x@localhost"] {
        let mut lower = host_of(HostLimits::default(), spiral(1));
        let mut odd = request("INVITE", target);
        odd.set(HeaderName::MaxForwards, "many");
        assert_eq!(lower.receive(odd), ["s0 400"], "{target}");
        lower.assert_idle();
    }
    let mut lower = host_of(HostLimits::default(), pass);
    let mut odd = request("INVITE", OUT);
    odd.set(HeaderName::MaxForwards, "-1");
    assert_eq!(lower.receive(odd), ["s0 400"]);
    lower.assert_idle();
}

/// RFC 5393: forks of forks would be exponentially many.
#[test]
fn a_tree_that_is_too_large_gets_483() {
    let limits =
        HostLimits { instances_per_request_max: 30, breadth_max: 10_000, ..HostLimits::default() };
    let mut lower = host_of(limits, spiral(3));
    assert_eq!(lower.receive(request("INVITE", "sip:x@localhost")), ["s0 483"]);
    assert!(lower.receive_ack(in_dialog("ACK", "sip:x@localhost")).is_empty());
    lower.assert_idle();
}

#[test]
fn forks_beyond_the_limit_are_not_made() {
    let limits = HostLimits { forks_per_transaction_max: 2, ..HostLimits::default() };
    let mut lower = host_of(limits, |event, actions| match event {
        TransactionEvent::Initial { request } => {
            for _ in 0..3 {
                actions.send_request(request.clone());
            }
        }
        event => pass(event, actions),
    });
    assert_eq!(lower.receive(request("MESSAGE", OUT)).len(), 2);
    lower.answer(0, 404);
    assert_eq!(lower.answer(1, 404), ["s0 404"]);
    lower.assert_idle();
}

/// One service forks to many, each of which comes back to it as one in memory and forks again.
#[test]
fn forks_of_one_received_request_are_limited_over_all_instances() {
    let tree = |event, actions: &mut Actions| match event {
        TransactionEvent::Initial { request } | TransactionEvent::InDialog { request } => {
            let inner = request.uri_bytes() != b"sip:root@localhost";
            for index in 0..4 {
                let mut copy = request.clone();
                copy.set_uri(if inner {
                    format!("sip:{index}@192.0.2.1")
                } else {
                    format!("sip:{index}@localhost")
                });
                actions.send_request(copy);
            }
        }
        event => pass(event, actions),
    };
    let limits = HostLimits { forks_per_request_max: 10, ..HostLimits::default() };
    for method in ["INVITE", "MESSAGE"] {
        let mut lower = host_of(limits.clone(), tree);
        let lines = lower.receive(request(method, "sip:root@localhost"));
        let sent = lines.iter().filter(|line| line.starts_with('#')).count();
        assert_eq!(sent, 10, "{lines:?}");
        for client in 0..9 {
            assert!(lower.answer(client, 486).is_empty());
        }
        assert_eq!(lower.answer(9, 486), ["s0 440"]);
        lower.assert_idle();
    }
    let mut lower = host_of(limits, tree);
    assert_eq!(lower.receive_ack(in_dialog("ACK", "sip:root@localhost")).len(), 10);
    lower.assert_idle();
}

/// A script that sends two copies at first and two more after a second.
fn twice_two(event: TransactionEvent, actions: &mut Actions) {
    match event {
        TransactionEvent::Initial { request } => {
            actions.send_request(request.clone());
            actions.send_request(request);
            actions.schedule_timer(Duration::from_secs(1));
        }
        TransactionEvent::Timer { .. } => {
            actions.send_request(request("INVITE", OUT));
            actions.send_request(request("INVITE", OUT));
        }
        event => pass(event, actions),
    }
}

/// RFC 5393 section 5.3.3: the sum of what goes out is never more than what came in.
#[test]
fn parallel_forks_share_the_breadth_of_the_request() {
    let limits = HostLimits { breadth_max: 7, ..HostLimits::default() };
    let breadths = |incoming: Option<&'static str>| {
        let mut lower = host_of(limits.clone(), twice_two);
        let mut invite = request("INVITE", OUT);
        if let Some(incoming) = incoming {
            invite.set(HeaderName::MaxBreadth, incoming);
        }
        let lines = lower.receive(invite);
        let sent = lines.iter().filter(|line| line.starts_with('#')).count();
        let breadth = |client| values(lower.sent(client), &HeaderName::MaxBreadth).join(",");
        let breadths = (0..sent).map(breadth).collect::<Vec<_>>().join(" ");
        (breadths, lines)
    };
    for (incoming, outgoing) in [(None, "4 3"), (Some("60"), "4 3"), (Some("2"), "1 1")] {
        assert_eq!(breadths(incoming).0, outgoing, "{incoming:?}");
    }
    for too_little in ["1", "0"] {
        assert_eq!(breadths(Some(too_little)), (String::new(), vec!["s0 440".to_owned()]));
    }
}

/// RFC 5393 section 5.3.3.1: what a branch had is free once it has its final response.
#[test]
fn serial_forks_use_the_breadth_of_those_before_them() {
    let wait = Duration::from_secs(1);
    let mut lower = host_of(HostLimits::default(), twice_two);
    lower.receive(request("INVITE", OUT));
    assert!(lower.pass(wait).is_empty(), "all of it is in use: 440 to the service");
    lower.answer(0, 486);
    assert_eq!(lower.answer(1, 486), ["s0 440"]);
    lower.assert_idle();

    let mut lower = host_of(HostLimits::default(), twice_two);
    lower.receive(request("INVITE", OUT));
    lower.answer(0, 486);
    assert_eq!(lower.pass(wait).len(), 2);
    assert_eq!(values(lower.sent(2), &HeaderName::MaxBreadth), ["15"]);
}

#[test]
fn timers_beyond_the_limit_are_not_set() {
    let limits = HostLimits { timers_per_transaction_max: 2, ..HostLimits::default() };
    let log = Log::default();
    let logged = log.clone();
    let mut lower = host_of(limits, move |event, actions| {
        logged.add(name_of(&event));
        if let TransactionEvent::Initial { .. } = event {
            for seconds in 1..=3 {
                actions.schedule_timer(Duration::from_secs(seconds));
            }
        }
    });
    lower.receive(request("OPTIONS", OUT));
    assert_eq!(lower.pass(Duration::from_secs(5)), ["s0 500"], "after the last timer");
    assert_eq!(log.lines(), ["initial OPTIONS", "timer 0", "timer 1"]);
    lower.assert_idle();
}

#[test]
fn a_timer_that_always_runs_out_at_once_does_not_stop_the_clock() {
    let mut lower = host_of(HostLimits::default(), |event, actions| match event {
        TransactionEvent::Initial { .. } | TransactionEvent::Timer { .. } => {
            actions.schedule_timer(Duration::ZERO);
        }
        _ => {}
    });
    lower.receive(request("INVITE", OUT));
    assert!(lower.pass(Duration::from_millis(50)).is_empty());
    assert_eq!(lower.cancel(0, ""), ["s0 487"]);
    lower.assert_idle();
}

/// A service that asks for ever is told no once, and then left alone.
#[test]
fn effects_beyond_the_limit_fail() {
    let limits = HostLimits { effects_per_transaction_max: 3, ..HostLimits::default() };
    let log = Log::default();
    let logged = log.clone();
    let mut lower = host_of(limits, move |event, actions| {
        if let TransactionEvent::Effect { outcome, .. } = &event {
            let failed = *outcome == EffectOutcome::Failed(EffectError::Limit);
            logged.add(if failed { "no" } else { "yes" });
        }
        actions.call(Effect::Location(LocationCall::Lookup { aor: bytes("sip:a@b") }));
    });
    assert_eq!(lower.receive(request("OPTIONS", OUT)), ["s0 500"]);
    assert_eq!(log.lines(), ["yes", "yes", "yes", "no"]);
    lower.assert_idle();
}

#[test]
fn an_effect_that_is_never_answered_times_out() {
    let limits = HostLimits { effect_timeout_s: 1, ..HostLimits::default() };
    let mut lower = host_of(limits, |event, actions| match event {
        TransactionEvent::Initial { .. } => {
            let service = "test".to_owned();
            actions.call(Effect::Custom { service, kind: "ask".to_owned(), bytes: bytes("") });
        }
        TransactionEvent::Effect { outcome, .. } => {
            assert_eq!(outcome, EffectOutcome::Failed(EffectError::Timeout));
            let asked = request("OPTIONS", OUT);
            actions.respond(Response::to(&asked, StatusCode::SERVER_TIMEOUT));
        }
        _ => {}
    });
    lower.receive(request("OPTIONS", OUT));
    assert_eq!(lower.pass(Duration::from_secs(1)), ["s0 504"]);
    lower.assert_idle();
}
