//! A peer that sends anything at any time: no panic, nothing without bound, and no timer that
//! stands still.

use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Instant;
use crate::session::{Failure, Payload, Reply};

const METHODS: [Method; 9] = [
    Method::Invite,
    Method::Ack,
    Method::Bye,
    Method::Cancel,
    Method::Prack,
    Method::Update,
    Method::Info,
    Method::Refer,
    Method::Options,
];

const HEADERS: [(HeaderName, &str); 9] = [
    (HeaderName::Require, "100rel"),
    (HeaderName::Require, "x-new, timer"),
    (HeaderName::Supported, "timer, 100rel"),
    (HeaderName::RSeq, "4294967295"),
    (HeaderName::RAck, "1 1 INVITE"),
    (HeaderName::SessionExpires, "0;refresher=uac"),
    (HeaderName::SessionExpires, "99999999999999999999;refresher=uas"),
    (HeaderName::MinSe, "4294967295"),
    (HeaderName::Allow, "UPDATE"),
];

/// One thing that happens: what it is, and what it is made of.
type Step = (u8, u64, usize, u16, Vec<usize>, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let headers = proptest::collection::vec(0..HEADERS.len(), 0..4);
    let step = (0..12_u8, 0..20_u64, 0..METHODS.len(), 100..700_u16, headers, any::<bool>());
    proptest::collection::vec(step, 1..200)
}

fn decorate(message: &mut crate::Message, headers: &[usize], has_description: bool) {
    for header in headers {
        let (name, value) = &HEADERS[*header];
        message.push_back(name.clone(), *value);
    }
    if has_description {
        message.set_body("application/sdp", SDP);
    }
}

fn happen(session: &mut InviteSession, first: &Request, now: Instant, number: u32, step: &Step) {
    let (kind, token, method, code, headers, flag) = step;
    let tag = ["bob", "x", "y", ""][*token as usize % 4];
    match kind {
        0..=4 => {
            let mut response = answer(first, *code, tag);
            decorate(&mut response, headers, *flag);
            session.handle_response(now, ClientToken(token % 8), response);
        }
        5..=7 => {
            if session.dialogs().next().is_none() {
                return;
            }
            let mut request = in_dialog(session, METHODS[*method].clone(), number);
            decorate(&mut request, headers, *flag);
            match request.method() {
                Method::Ack => session.handle_ack(request),
                Method::Cancel => session.handle_cancel(ServerToken(*token), request),
                _ => session.handle_request(now, ServerToken(u64::from(number)), request),
            }
        }
        8 => session.handle_failure(ClientToken(token % 8), Failure::Timeout),
        9 => {
            let reply = Reply::sdp(status(*code), SDP).reliably();
            let id = ServerToken(u64::from(number).saturating_sub(*token));
            let _ = session.respond(now, id, reply);
        }
        10 => {
            let _ = match token % 5 {
                0 => session.reinvite(Payload::sdp(SDP)).map(drop),
                1 => session.update(None, Payload::none()).map(drop),
                2 => session.acknowledge(&Payload::sdp(SDP)),
                3 => session.authorize(ClientToken(token % 8), Vec::new()),
                _ => session.request(None, Method::Info, Payload::none()).map(drop),
            };
        }
        _ => session.handle_timeout(now),
    }
}

fn assert_bounded(session: &InviteSession) {
    let limits = &session.config.limits;
    assert!(session.legs.len() <= limits.forks_max);
    // Of forks that answered late, each has a BYE beside.
    assert!(session.sent.len() <= limits.requests_sent_max + limits.forks_max);
    assert!(session.received.len() + session.accepted.len() <= limits.requests_received_max);
    let answered = limits.requests_sent_max;
    assert!(session.answered.len() <= answered && session.retries.len() <= answered);
    assert!(session.answered.iter().all(|it| it.acks.len() <= limits.forks_max));
}

fn endure(mut session: InviteSession, first: &Request, steps: &[Step]) {
    let mut now = Instant::ZERO;
    for (number, step) in steps.iter().enumerate() {
        happen(&mut session, first, now, number as u32 + 1, step);
        while session.poll_action().is_some() {}
        assert_bounded(&session);
        now += Duration::from_millis(700);
    }
    // Whatever came before: once nothing comes any more, each timer gets done, and they come to an end.
    for _ in 0..1_000 {
        let Some(due) = session.poll_timeout() else { break };
        now = now.max(due);
        session.handle_timeout(now);
        while session.poll_action().is_some() {}
    }
    assert_eq!(session.poll_timeout(), None, "{session:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_that_calls_endures_anything(steps in steps()) {
        let (session, _, first) = calling(alice(), invite());
        endure(session, &first, &steps);
        endure(caller::established(alice()), &first, &steps);
    }

    #[test]
    fn a_session_that_was_called_endures_anything(steps in steps()) {
        let first = callee::arrived();
        endure(ringing(bob(), &first), &first, &steps);
        endure(callee::established(bob()), &first, &steps);
    }
}
