//! A session that was called, alone.

use super::*;
use crate::message::headers::{RSeq, RetryAfter};
use crate::session::{Payload, ReliablePolicy, Reply, SessionError, SessionState};
use crate::{Instant, Message};

const NOW: Instant = Instant::ZERO;
const INVITE: ServerToken = ServerToken(1);

/// The response that the session wants sent next.
fn response(session: &mut InviteSession) -> Response {
    match session.poll_action() {
        Some(Action::Respond { response, .. }) => response,
        other => panic!("{other:?}"),
    }
}

fn value(message: &Message, name: &HeaderName) -> String {
    String::from_utf8_lossy(message.value(name).unwrap_or_default()).into_owned()
}

#[test]
fn invites_that_are_refused() {
    let header = |name, value: &'static str| {
        let mut request = invite();
        request.set_if_absent(HeaderName::Contact, "<sip:alice@192.0.2.4>");
        request.push_back(name, value);
        request
    };
    let no_reliable = SessionConfig { reliable: ReliablePolicy::Off, ..bob() };
    let must_reliable = SessionConfig { reliable: ReliablePolicy::Required, ..bob() };
    let mut patient = bob();
    patient.timer.interval_min_secs = 600;
    let mut brief = header(HeaderName::SessionExpires, "300");
    brief.push_back(HeaderName::Supported, "timer");
    let mut bye = header(HeaderName::Subject, "x");
    bye = {
        let mut other = Request::builder(Method::Bye, bye.uri_bytes()).build();
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId] {
            other.set(name.clone(), value(&bye, &name));
        }
        other
    };
    for (config, request, code, name, expected) in [
        // RFC 3261 section 8.2.2.3
        (bob(), header(HeaderName::Require, "timer, x-new"), 420, HeaderName::Unsupported, "x-new"),
        (
            no_reliable,
            header(HeaderName::Require, "100rel"),
            420,
            HeaderName::Unsupported,
            "100rel",
        ),
        // RFC 3262 section 3
        (must_reliable, header(HeaderName::Supported, "x"), 421, HeaderName::Require, "100rel"),
        // RFC 4028 section 9
        (patient, brief, 422, HeaderName::MinSe, "600"),
        // RFC 3261 section 12.1.1: no Contact
        (bob(), invite(), 400, HeaderName::Subject, ""),
        (bob(), bye, 405, HeaderName::Allow, bob().allow.as_str()),
    ] {
        let refused = InviteSession::incoming(config, INVITE, request, rng(2)).unwrap_err();
        assert_eq!(refused.status().as_u16(), code);
        assert_eq!(value(&refused, &name), expected, "{code}");
        assert!(value(&refused, &HeaderName::To).contains(";tag="), "{code}");
    }
}

/// Alice's INVITE as it arrives.
pub(super) fn arrived() -> Request {
    let (_, _, request) = calling(alice(), invite());
    request
}

/// A call that was answered and acknowledged.
pub(super) fn established(config: SessionConfig) -> InviteSession {
    let mut session = ringing(config, &arrived());
    session.respond(NOW, INVITE, Reply::sdp(StatusCode::OK, SDP)).unwrap();
    let ack = in_dialog(&session, Method::Ack, 1);
    session.handle_ack(ack.clone());
    session.handle_ack(ack);
    assert_eq!(actions(&mut session), ["200", "acknowledged"]);
    session
}

#[test]
fn responses_establish_the_dialog() {
    let mut session = ringing(bob(), &arrived());
    session.respond(NOW, INVITE, Reply::new(StatusCode::RINGING)).unwrap();
    let ringing = response(&mut session);
    session.respond(NOW, INVITE, Reply::sdp(StatusCode::OK, SDP)).unwrap();
    let ok = response(&mut session);
    assert_eq!(value(&ringing, &HeaderName::To), value(&ok, &HeaderName::To));
    assert_eq!(value(&ringing, &HeaderName::Contact), "<sip:bob@192.0.2.8>");
    // RFC 4028 section 9
    assert_eq!(value(&ok, &HeaderName::SessionExpires), "1800;refresher=uac");
    assert_eq!(value(&ok, &HeaderName::Require), "timer");
    let again = session.respond(NOW, INVITE, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(again, Err(SessionError::Unknown));
}

#[test]
fn a_2xx_without_the_answer_is_not_sent() {
    let mut session = ringing(bob(), &arrived());
    let refused = session.respond(NOW, INVITE, Reply::new(StatusCode::OK));
    assert!(matches!(refused, Err(SessionError::Offer(_))));
    assert_eq!(session.state(), SessionState::Ringing);
    session.respond(NOW, INVITE, Reply::sdp(StatusCode::OK, SDP)).unwrap();
    assert_eq!(actions(&mut session), ["200"]);
}

#[test]
fn pracks_that_match_nothing() {
    // RFC 3262 section 3
    let mut session = ringing(bob(), &arrived());
    let reply = Reply::new(StatusCode::RINGING).reliably();
    session.respond(NOW, INVITE, reply).unwrap();
    let RSeq(rseq) = response(&mut session).require().unwrap();
    let matching = format!("{rseq} 1 INVITE");
    let other = format!("{} 1 INVITE", rseq + 1);
    for (number, (rack, expected)) in [
        ("", &["400"][..]),
        (other.as_str(), &["481"]),
        (matching.as_str(), &["200", "pracked"]),
        (matching.as_str(), &["481"]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut prack = in_dialog(&session, Method::Prack, 10 + number as u32);
        if !rack.is_empty() {
            prack.push_back(HeaderName::RAck, rack.to_owned());
        }
        session.handle_request(NOW, ServerToken(9), prack);
        assert_eq!(actions(&mut session), expected, "{rack}");
    }
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn without_prack_the_call_is_refused() {
    // RFC 3262 section 3
    let mut session = ringing(bob(), &arrived());
    let reply = Reply::sdp(StatusCode::SESSION_PROGRESS, SDP).reliably();
    session.respond(NOW, INVITE, reply).unwrap();
    session.respond(NOW, INVITE, Reply::new(StatusCode::OK)).unwrap();
    let mut sent = actions(&mut session);
    while let Some(due) = session.poll_timeout() {
        session.handle_timeout(due);
        sent.extend(actions(&mut session));
    }
    let expected: Vec<&str> =
        std::iter::repeat_n("183", 7).chain(["504", "ended: no PRACK"]).collect();
    assert_eq!(sent, expected);
    assert!(session.is_finished());
}

#[test]
fn what_comes_while_something_is_pending() {
    // RFC 3261 section 14.2, RFC 3311 section 5.2
    let with_offer = |session: &InviteSession, method, cseq| {
        let mut request = in_dialog(session, method, cseq);
        request.set_body("application/sdp", SDP);
        request
    };
    // A second INVITE before the first has its final response; an offer while ours is to be made.
    let mut session = established(bob());
    let first = with_offer(&session, Method::Invite, 10);
    session.handle_request(NOW, ServerToken(10), first);
    assert_eq!(actions(&mut session), ["received INVITE+offer"]);
    for (cseq, method) in [(11, Method::Invite), (12, Method::Update)] {
        let request = with_offer(&session, method, cseq);
        session.handle_request(NOW, ServerToken(u64::from(cseq)), request);
        let later = response(&mut session);
        assert_eq!(later.status(), StatusCode::SERVER_INTERNAL_ERROR);
        assert!(later.require::<RetryAfter<'_>>().unwrap().seconds <= 10);
    }
    // Both while one of ours is under way.
    for (ours, theirs) in [
        (Method::Invite, Method::Invite),
        (Method::Invite, Method::Update),
        (Method::Update, Method::Update),
        (Method::Update, Method::Invite),
    ] {
        let mut session = established(bob());
        match ours {
            Method::Invite => session.reinvite(Payload::sdp(SDP)).unwrap(),
            _ => session.update(None, Payload::sdp(SDP)).unwrap(),
        };
        actions(&mut session);
        let request = with_offer(&session, theirs.clone(), 10);
        session.handle_request(NOW, ServerToken(10), request);
        assert_eq!(actions(&mut session), ["491"], "{ours} {theirs}");
    }
    // A second UPDATE before the first is answered.
    let mut session = established(bob());
    for (cseq, expected) in [(10, "received UPDATE+offer"), (11, "500")] {
        let request = with_offer(&session, Method::Update, cseq);
        session.handle_request(NOW, ServerToken(u64::from(cseq)), request);
        assert_eq!(actions(&mut session), [expected]);
    }
}

#[test]
fn requests_that_are_not_in_the_dialog() {
    // RFC 3261 section 12.2.2
    let mut session = established(bob());
    let mut stray = in_dialog(&session, Method::Info, 50);
    stray.set(HeaderName::To, "<sip:bob@biloxi.example>;tag=other");
    session.handle_request(NOW, ServerToken(5), stray);
    let late = in_dialog(&session, Method::Info, 1);
    session.handle_request(NOW, ServerToken(6), late);
    let mut strange = in_dialog(&session, Method::Info, 51);
    strange.push_back(HeaderName::Require, "x-new");
    session.handle_request(NOW, ServerToken(7), strange);
    assert_eq!(actions(&mut session), ["481", "500", "420"]);
}

#[test]
fn a_bye_answers_what_is_pending() {
    // RFC 3261 section 15.1.2
    for is_early in [true, false] {
        let mut session = if is_early { ringing(bob(), &arrived()) } else { established(bob()) };
        let info = in_dialog(&session, Method::Info, 10);
        session.handle_request(NOW, ServerToken(10), info);
        let bye = in_dialog(&session, Method::Bye, 11);
        session.handle_request(NOW, ServerToken(11), bye);
        let pending = if is_early { &["487", "487"][..] } else { &["487"] };
        let expected = [&["received INFO", "200"], pending, &["ended: there"]].concat();
        assert_eq!(actions(&mut session), expected);
        assert!(session.is_finished());
        let info = in_dialog(&session, Method::Info, 12);
        session.handle_request(NOW, ServerToken(12), info);
        assert_eq!(actions(&mut session), ["481"]);
    }
}

#[test]
fn a_cancelled_reinvite_leaves_the_call() {
    // RFC 3261 section 9.2
    let mut session = established(bob());
    let mut reinvite = in_dialog(&session, Method::Invite, 10);
    reinvite.set_body("application/sdp", SDP);
    session.handle_request(NOW, ServerToken(10), reinvite);
    session.handle_cancel(ServerToken(10), bare_invite());
    assert_eq!(actions(&mut session), ["received INVITE+offer", "487", "cancelled"]);
    assert_eq!(session.state(), SessionState::Established);
    session.reinvite(Payload::sdp(SDP)).unwrap();
    // It has its final response: nothing to cancel.
    session.handle_cancel(INVITE, bare_invite());
    assert_eq!(actions(&mut session), ["INVITE"]);
}
