//! What services can do, and what is done for them.

use core::time::Duration;

use sip_proto::message::HeaderName;
use sip_proto::{NextHop, Request, Response, StatusCode};

use super::pass;
use crate::abi::{
    Actions, CancelReason, Effect, EffectCallId, EffectError, EffectOutcome, EffectReply, ForkId,
    TransactionEvent,
};
use crate::testing::{Log, Lower, bytes, graph_of, in_dialog, name_of, request, scripted, values};

const OUT: &str = "sip:x@192.0.2.1";

fn host_of<F>(script: F) -> Lower
where
    F: Fn(TransactionEvent, &mut Actions) + Clone + 'static,
{
    Lower::new(graph_of(vec![scripted("test", script)]))
}

fn heading_to(request: &Request, uri: &'static str) -> Request {
    let mut copy = request.clone();
    copy.set_uri(uri);
    copy
}

fn custom() -> Effect {
    Effect::Custom { service: "test".to_owned(), kind: "ask".to_owned(), bytes: bytes("what") }
}

#[test]
fn a_service_that_leaves_nothing_pending_answers_500_but_never_to_an_ack() {
    let mut lower = host_of(|_, _| {});
    assert_eq!(lower.receive(request("INVITE", OUT)), ["s0 500"]);
    assert_eq!(lower.receive(in_dialog("BYE", OUT)), ["s1 500"]);
    assert!(lower.receive_ack(in_dialog("ACK", OUT)).is_empty());
    assert_eq!(lower.decisions, ["test: left nothing pending: 500 on its behalf"; 2]);
    lower.assert_idle();
}

#[test]
fn a_response_that_is_swallowed_is_a_500_unless_another_target_is_tried() {
    let mut lower = host_of(|event, actions| {
        if let TransactionEvent::Initial { request } = event {
            actions.send_request(request);
        }
    });
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.answer(0, 486), ["s0 500"]);
    lower.assert_idle();
}

/// No-answer diversion: the fork that the service gives up on does not spoil the answer of the
/// one it tries instead.
#[test]
fn a_fork_that_the_service_cancelled_stays_out_of_the_aggregation() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Initial { request } => {
            actions.send_request(request);
            actions.schedule_timer(Duration::from_secs(20));
        }
        TransactionEvent::Timer { .. } => {
            let reason = CancelReason::Sip { cause: 408, text: "no \"answer\"".to_owned() };
            actions.cancel_pending(Some(&reason));
            actions.send_request(request("INVITE", "sip:voicemail@192.0.2.2"));
        }
        event => pass(event, actions),
    });
    lower.receive(request("INVITE", OUT));
    lower.answer(0, 180);
    let expected =
        ["#1 INVITE sip:voicemail@192.0.2.2", "#0 CANCEL SIP;cause=408;text=\"no answer\""];
    assert_eq!(lower.pass(Duration::from_secs(20)), expected);
    assert!(lower.answer(0, 487).is_empty());
    assert_eq!(lower.answer(1, 486), ["s0 486"], "not 487");
    lower.assert_idle();
}

#[test]
fn a_2xx_on_a_fork_that_the_service_cancelled_still_wins() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Timer { .. } => actions.cancel_fork(ForkId(0), None),
        TransactionEvent::Initial { request } => {
            actions.send_request(heading_to(&request, OUT));
            actions.send_request(heading_to(&request, "sip:y@192.0.2.2"));
            actions.schedule_timer(Duration::from_secs(1));
        }
        event => pass(event, actions),
    });
    lower.receive(request("INVITE", OUT));
    lower.pass(Duration::from_secs(1));
    assert_eq!(lower.answer(0, 200)[0], "s0 200");
}

#[test]
fn an_answer_of_ones_own_waits_for_pending_forks_unless_they_are_abandoned() {
    let script = |abandon: bool| {
        move |event: TransactionEvent, actions: &mut Actions| match event {
            TransactionEvent::Initial { request } => {
                actions.send_request(request);
                actions.schedule_timer(Duration::from_secs(2));
            }
            TransactionEvent::Timer { .. } => {
                if abandon {
                    actions.abandon_pending();
                }
                let timed_out = request("INVITE", OUT);
                actions.respond(Response::to(&timed_out, StatusCode::REQUEST_TIMEOUT));
            }
            event => pass(event, actions),
        }
    };
    let mut waiting = host_of(script(false));
    waiting.receive(request("INVITE", OUT));
    assert!(waiting.pass(Duration::from_secs(2)).is_empty());
    assert_eq!(waiting.answer(0, 404), ["s0 404"], "which is better");

    let mut at_once = host_of(script(true));
    at_once.receive(request("INVITE", OUT));
    assert_eq!(at_once.pass(Duration::from_secs(2)), ["s0 408", "#0 CANCEL"]);
    assert!(at_once.answer(0, 487).is_empty());
    at_once.assert_idle();
}

#[test]
fn an_error_forwarded_with_a_new_fork_waits_for_it() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Response { fork: ForkId(0), response, .. } => {
            actions.forward(ForkId(0), response);
            actions.send_request(request("INVITE", "sip:y@192.0.2.2"));
        }
        event => pass(event, actions),
    });
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.answer(0, 486), ["#1 INVITE sip:y@192.0.2.2"]);
    assert_eq!(lower.answer(1, 200), ["s0 200"]);
    lower.end(1);
    lower.assert_idle();
}

#[test]
fn timers_end_with_the_transaction_and_fire_until_then() {
    let log = Log::default();
    let logged = log.clone();
    let mut lower = host_of(move |event, actions| {
        logged.add(name_of(&event));
        if let TransactionEvent::Initial { .. } = event {
            actions.schedule_timer(Duration::from_secs(1));
            let cleared = actions.schedule_timer(Duration::from_secs(2));
            actions.cancel_timer(cleared);
            actions.schedule_timer(Duration::from_secs(3));
        }
        pass(event, actions);
    });
    lower.receive(request("OPTIONS", OUT));
    lower.pass(Duration::from_secs(2));
    assert_eq!(lower.answer(0, 200), ["s0 200"]);
    lower.assert_idle();
    lower.pass(Duration::from_secs(2));
    assert_eq!(log.lines(), ["initial OPTIONS", "timer 0", "200 on 0"]);
}

#[test]
fn an_effect_leaves_and_its_reply_comes_back() {
    let log = Log::default();
    let logged = log.clone();
    let mut lower = host_of(move |event, actions| {
        logged.add(name_of(&event));
        match event {
            TransactionEvent::Initial { .. } => {
                actions.call(custom());
            }
            TransactionEvent::Effect { .. } => {
                let asked = request("INVITE", OUT);
                actions.respond(Response::to(&asked, StatusCode::BUSY_HERE));
            }
            _ => {}
        }
    });
    assert_eq!(lower.receive(request("INVITE", OUT)), ["effect", "s0 100"]);
    assert_eq!(lower.engine.counts().effects, 1);
    assert_eq!(lower.reply(0, EffectOutcome::Custom(bytes("so"))), ["s0 486"]);
    assert_eq!(log.lines(), ["initial INVITE", "effect Custom(b\"so\")"]);
    assert!(lower.reply(0, EffectOutcome::Custom(bytes("again"))).is_empty(), "too late");
    lower.assert_idle();

    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.pass(Duration::from_secs(10)), ["s1 486"]);
    assert_eq!(log.lines()[3], format!("effect {:?}", EffectOutcome::Failed(EffectError::Timeout)));
    let forged = EffectReply { id: EffectCallId(77), outcome: EffectOutcome::Custom(bytes("x")) };
    lower.engine.handle_reply(sip_proto::Instant::ZERO, forged);
    lower.assert_idle();
}

#[test]
fn a_caller_who_gives_up_during_an_effect_gets_487_at_once() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Initial { .. } => {
            actions.call(custom());
        }
        // Too late to fork: refused without a trace.
        TransactionEvent::Effect { .. } => {
            actions.send_request(request("INVITE", OUT));
        }
        _ => {}
    });
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.cancel(0, ""), ["s0 487"]);
    assert!(lower.reply(0, EffectOutcome::Custom(bytes("so"))).is_empty());
    lower.assert_idle();
}

#[test]
fn an_effect_that_is_out_keeps_an_answered_transaction_until_its_reply() {
    let log = Log::default();
    let logged = log.clone();
    let mut lower = host_of(move |event, actions| {
        logged.add(name_of(&event));
        if let TransactionEvent::Initial { request } = event {
            actions.respond(Response::to(&request, StatusCode::OK));
            actions.call(custom());
        }
    });
    assert_eq!(lower.receive(request("OPTIONS", OUT)), ["s0 200", "effect"]);
    assert_eq!(lower.engine.counts().instances, 1);
    lower.reply(0, EffectOutcome::Custom(bytes("so")));
    assert_eq!(log.lines().len(), 2);
    lower.assert_idle();
}

#[test]
fn a_service_can_name_the_next_hop() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Initial { request } => {
            actions.send_request_to(request, NextHop::Uri(bytes("sip:192.0.2.9")));
        }
        event => pass(event, actions),
    });
    // Even where the request itself would stay here.
    let lines = lower.receive(request("MESSAGE", "sip:bob@localhost"));
    assert_eq!(lines, ["#0 MESSAGE sip:bob@localhost by sip:192.0.2.9"]);
}

/// A final answer is sent once, whatever a service does afterwards.
#[test]
fn what_comes_after_the_final_answer_is_ignored() {
    let mut lower = host_of(|event, actions| {
        if let TransactionEvent::Initial { request } = event {
            for status in [StatusCode::BUSY_HERE, StatusCode::OK, StatusCode::RINGING] {
                let mut response = Response::to(&request, status);
                response.push_back(HeaderName::Subject, "x");
                actions.respond(response);
            }
            actions.send_request(request);
        }
    });
    // The error competes, the 2xx goes at once and ends it.
    assert_eq!(lower.receive(request("INVITE", OUT)), ["s0 200"]);
    lower.assert_idle();
}

#[test]
fn two_runs_of_the_same_story_are_the_same() {
    let story = || {
        let mut lower = Lower::server();
        let mut lines = lower.receive(crate::testing::register(1, &["<sip:bob@127.0.0.1:5080>"]));
        lines.extend(lower.receive(request("INVITE", "sip:bob@localhost")));
        lines.extend(lower.receive(request("INVITE", "sip:nobody@localhost")));
        lines.extend(lower.answer(0, 486));
        let wire: Vec<_> = lower.responses.iter().map(|response| response.to_bytes()).collect();
        (lines, wire)
    };
    assert_eq!(story(), story());
}

/// RFC 3261 section 8.2.6.2: one server, one dialog, one tag; and what a phone answered is its own
/// to tag.
#[test]
fn the_answers_of_a_service_have_one_tag_and_those_of_phones_are_left_alone() {
    let mut lower = host_of(|event, actions| match event {
        TransactionEvent::Initial { request } => {
            actions.respond(Response::to(&request, StatusCode::RINGING));
            actions.schedule_timer(Duration::from_secs(1));
        }
        TransactionEvent::Timer { .. } => {
            actions.respond(Response::to(&request("INVITE", OUT), StatusCode::OK));
        }
        _ => {}
    });
    assert_eq!(lower.receive(request("INVITE", OUT)), ["s0 180"]);
    assert_eq!(lower.pass(Duration::from_secs(1)), ["s0 200"]);
    let tags: Vec<_> = lower.responses.iter().map(|r| values(r, &HeaderName::To)).collect();
    assert!(tags[0][0].contains(";tag="));
    assert_eq!(tags[0], tags[1]);
    lower.assert_idle();

    let mut lower = host_of(pass);
    lower.receive(request("INVITE", OUT));
    let untagged = Response::to(lower.sent(0), StatusCode::OK);
    lower.answer_with(0, untagged);
    assert_eq!(values(lower.last_response(), &HeaderName::To), ["<sip:bob@localhost>"]);
}

/// Recordings and plug-ins carry effects in any encoding that serde knows.
#[test]
fn effects_survive_an_encoding() {
    let call = crate::EffectCall { id: EffectCallId(3), effect: custom() };
    let text = toml::to_string(&call).expect("serialisable");
    assert_eq!(toml::from_str::<crate::EffectCall>(&text).expect("what was written"), call);

    let mut lower = Lower::server();
    lower.receive(crate::testing::register(1, &["<sip:bob@127.0.0.1:5080>"]));
    let unix = lower.engine.unix();
    let (_, record) = lower.engine.location().snapshot(unix).next().expect("bob");
    let reply = EffectReply {
        id: EffectCallId(3),
        outcome: EffectOutcome::Location(crate::location::LocationReply::Found(record)),
    };
    let text = toml::to_string(&reply).expect("serialisable");
    assert_eq!(toml::from_str::<EffectReply>(&text).expect("what was written"), reply);
}
