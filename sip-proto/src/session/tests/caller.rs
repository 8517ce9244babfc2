//! A session that calls, alone.

use super::*;
use crate::Instant;
use crate::message::CSeq;
use crate::session::{Failure, Payload, SessionError, SessionState};

const NOW: Instant = Instant::ZERO;

#[test]
fn the_invite_says_what_is_supported() {
    let (_, _, request) = calling(alice(), invite());
    for (name, value) in [
        (HeaderName::Contact, "<sip:alice@192.0.2.4>"),
        (HeaderName::Supported, "100rel, timer, replaces, norefersub"),
        (HeaderName::SessionExpires, "1800"),
    ] {
        assert_eq!(request.value(&name), Some(value.as_bytes()), "{name:?}");
    }
    assert!(request.has(&HeaderName::Allow) && !request.has(&HeaderName::Require));
    let bye = Request::builder(Method::Bye, "sip:b@b.example").cseq(1).build();
    let error = InviteSession::call(alice(), bye, rng(1)).unwrap_err();
    assert_eq!(error, SessionError::Misuse);
}

#[test]
fn each_fork_has_its_early_dialog_and_the_first_2xx_wins() {
    // RFC 3261 section 13.2.2.4
    let (mut session, token, request) = calling(alice(), invite());
    for tag in ["x", "y", "x"] {
        session.handle_response(NOW, token, answer(&request, 180, tag));
    }
    assert_eq!(session.dialogs().count(), 2);
    assert_eq!(actions(&mut session), ["progress 180"; 3]);
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "y")));
    assert_eq!(actions(&mut session), ["ACK", "answered+answer"]);
    let dialogs: Vec<_> = session.dialogs().map(|it| it.id().remote_tag.clone()).collect();
    assert_eq!(dialogs, ["y"]);
    // The same again: the same ACK again.
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "y")));
    assert_eq!(actions(&mut session), ["ACK"]);
    // Another fork answers too: acknowledged, and ended; and acknowledged as often as it asks.
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "x")));
    let Some(Action::Ack { request: ack }) = session.poll_action() else { panic!() };
    let Some(Action::Request { request: bye, .. }) = session.poll_action() else { panic!() };
    assert_eq!(
        (ack.uri_bytes(), bye.uri_bytes()),
        (&b"sip:x@192.0.2.8"[..], &b"sip:x@192.0.2.8"[..])
    );
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "x")));
    assert_eq!(actions(&mut session), ["ACK"]);
    assert_eq!(session.state(), SessionState::Established);
}

#[test]
fn a_lost_fork_says_so() {
    // RFC 6228 section 4
    let (mut session, token, request) = calling(alice(), invite());
    session.handle_response(NOW, token, answer(&request, 180, "x"));
    session.handle_response(NOW, token, answer(&request, 199, "x"));
    assert_eq!(actions(&mut session), ["progress 180", "progress 199"]);
    assert_eq!(session.dialogs().count(), 0);
}

#[test]
fn reliable_responses_are_acknowledged_in_order_and_once() {
    // RFC 3262 section 4
    let (mut session, token, request) = calling(alice(), invite());
    let reliable = |code, tag, rseq: &'static str| {
        let mut response = answer(&request, code, tag);
        response.push_back(HeaderName::Require, "100rel");
        response.push_back(HeaderName::RSeq, rseq);
        response
    };
    for (response, expected) in [
        (reliable(180, "x", "5"), &["progress 180", "PRACK"][..]),
        (reliable(180, "x", "5"), &[]),
        (reliable(183, "x", "7"), &[]),
        (reliable(183, "x", "6"), &["progress 183", "PRACK"]),
        (reliable(180, "y", "1"), &["progress 180", "PRACK"]),
    ] {
        session.handle_response(NOW, token, response);
        assert_eq!(actions(&mut session), expected);
    }
}

#[test]
fn the_prack_names_the_response() {
    // RFC 3262 section 7.2
    let (mut session, token, request) = calling(alice(), invite());
    let mut response = answer(&request, 180, "x");
    response.push_back(HeaderName::Require, "100rel");
    response.push_back(HeaderName::RSeq, "988789");
    session.handle_response(NOW, token, response);
    let prack = std::iter::from_fn(|| session.poll_action()).find_map(|action| match action {
        Action::Request { request, .. } => Some(request),
        _ => None,
    });
    let prack = prack.unwrap();
    assert_eq!(prack.value(&HeaderName::RAck), Some(&b"988789 1 INVITE"[..]));
    assert_eq!(prack.require(), Ok(CSeq { number: 2, method: Method::Prack }));
}

#[test]
fn what_ends_a_call_before_it_is_one() {
    let (session, token, request) = calling(alice(), invite());
    drop(session);
    for (code, expected) in [(404, "ended: rejected 404"), (302, "ended: rejected 302")] {
        let (mut session, ..) = calling(alice(), invite());
        session.handle_response(NOW, token, answer(&request, 180, "x"));
        session.handle_response(NOW, token, answer(&request, code, "x"));
        assert_eq!(actions(&mut session), ["progress 180", expected]);
        assert!(session.is_finished() && session.poll_timeout().is_none());
    }
    let (mut session, ..) = calling(alice(), invite());
    session.handle_failure(token, Failure::Timeout);
    assert_eq!(actions(&mut session), ["ended: timed out"]);
    // A 2xx that nobody can acknowledge.
    let (mut session, ..) = calling(alice(), invite());
    session.handle_response(NOW, token, Response::to(&request, StatusCode::OK));
    assert_eq!(actions(&mut session), ["ended: unusable"]);
    // A 2xx without the answer that was due in it (RFC 6337 section 2.2).
    let (mut session, ..) = calling(alice(), invite());
    session.handle_response(NOW, token, answer(&request, 200, "x"));
    assert_eq!(actions(&mut session), ["ACK", "BYE", "ended: the offer was not answered"]);
}

#[test]
fn a_challenge_is_answered_with_a_higher_cseq() {
    // RFC 3261 section 22.2
    let (mut session, token, request) = calling(alice(), invite());
    session.handle_response(NOW, token, answer(&request, 407, "proxy"));
    assert_eq!(actions(&mut session), ["challenged 407"]);
    let credentials = vec![(HeaderName::ProxyAuthorization, "Digest x=\"y\"".into())];
    assert_eq!(session.authorize(ClientToken(99), Vec::new()), Err(SessionError::Unknown));
    session.authorize(token, credentials).unwrap();
    let Some(Action::Request { token: second, request }) = session.poll_action() else { panic!() };
    assert_ne!(second, token);
    assert_eq!(request.require(), Ok(CSeq { number: 2, method: Method::Invite }));
    session.handle_response(NOW, second, with_sdp(answer(&request, 200, "x")));
    // Section 13.2.2.4: the ACK has the credentials of the INVITE, and its CSeq.
    let Some(Action::Ack { request: ack }) = session.poll_action() else { panic!() };
    assert_eq!(ack.value(&HeaderName::ProxyAuthorization), Some(&b"Digest x=\"y\""[..]));
    assert_eq!(ack.require(), Ok(CSeq { number: 2, method: Method::Ack }));

    let (mut session, token, request) = calling(alice(), invite());
    session.handle_response(NOW, token, answer(&request, 401, "x"));
    session.decline_challenge(NOW, token).unwrap();
    assert_eq!(actions(&mut session), ["challenged 401", "ended: rejected 401"]);
    let (mut session, token, request) = calling(alice(), invite());
    session.handle_response(NOW, token, answer(&request, 401, "x"));
    session.hang_up(NOW, Payload::none()).unwrap();
    assert_eq!(actions(&mut session), ["challenged 401", "ended: here"]);
}

/// A call that was answered.
pub(super) fn established(config: SessionConfig) -> InviteSession {
    let (mut session, token, request) = calling(config, invite());
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "bob")));
    assert_eq!(actions(&mut session), ["ACK", "answered+answer"]);
    session
}

#[test]
fn answers_that_say_that_the_dialog_is_gone() {
    // RFC 3261 section 12.2.1.2, RFC 5057 section 5.1
    for (method, code, is_over) in [
        (Method::Info, 481, true),
        (Method::Info, 408, true),
        (Method::Info, 404, true),
        (Method::Info, 486, false),
        (Method::Info, 500, false),
        (Method::Update, 481, true),
        (Method::Invite, 481, true),
        (Method::Invite, 488, false),
        (Method::Refer, 481, false),
        (Method::Refer, 404, true),
    ] {
        let mut session = established(alice());
        let handle = match method {
            Method::Invite => session.reinvite(Payload::sdp(SDP)),
            Method::Update => session.update(None, Payload::sdp(SDP)),
            ref other => session.request(None, other.clone(), Payload::none()),
        };
        let Some(Action::Request { request, .. }) = session.poll_action() else { panic!() };
        session.handle_response(NOW, handle.unwrap(), answer(&request, code, "bob"));
        let mut expected = vec![format!("responded {code}")];
        if is_over {
            expected.extend(["BYE".to_owned(), format!("ended: gone {code}")]);
        }
        assert_eq!(actions(&mut session), expected, "{method} {code}");
    }
}

#[test]
fn no_answer_at_all_ends_the_dialog() {
    // RFC 3261 section 12.2.1.2
    let mut session = established(alice());
    let handle = session.request(None, Method::Info, Payload::none()).unwrap();
    session.handle_failure(handle, Failure::Timeout);
    assert_eq!(actions(&mut session), ["INFO", "failed: timed out", "BYE", "ended: timed out"]);
}

#[test]
fn one_reinvite_and_one_update_at_a_time() {
    // RFC 3261 section 14.1, RFC 3311 section 5.1
    let mut session = established(alice());
    session.reinvite(Payload::sdp(SDP)).unwrap();
    assert_eq!(session.reinvite(Payload::sdp(SDP)), Err(SessionError::Pending));
    assert!(matches!(session.update(None, Payload::sdp(SDP)), Err(SessionError::Offer(_))));
    session.update(None, Payload::none()).unwrap();
    assert_eq!(session.update(None, Payload::none()), Err(SessionError::Pending));
    assert_eq!(session.request(None, Method::Bye, Payload::none()), Err(SessionError::Misuse));
    let (mut early, ..) = calling(alice(), invite());
    assert_eq!(early.reinvite(Payload::none()), Err(SessionError::Unknown));
}

#[test]
fn a_2xx_to_a_reinvite_is_acknowledged_also_after_the_bye() {
    let mut session = established(alice());
    let token = session.reinvite(Payload::sdp(SDP)).unwrap();
    let Some(Action::Request { request, .. }) = session.poll_action() else { panic!() };
    session.hang_up(NOW, Payload::none()).unwrap();
    assert_eq!(actions(&mut session), ["BYE", "CANCEL", "ended: here"]);
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "bob")));
    session.handle_response(NOW, token, with_sdp(answer(&request, 200, "bob")));
    assert_eq!(actions(&mut session), ["ACK", "ACK"]);
    assert_eq!(session.hang_up(NOW, Payload::none()), Err(SessionError::State));
}

#[test]
fn the_bye_of_the_last_fork_cancels_the_call() {
    // The 2xx of who is called was lost, and it gave up (RFC 3261 section 13.3.1.4).
    let (mut session, token, request) = calling(alice(), invite());
    for tag in ["x", "y"] {
        session.handle_response(NOW, token, answer(&request, 180, tag));
    }
    let bye = |tag: &str| {
        Request::builder(Method::Bye, "sip:alice@192.0.2.4")
            .from(format!("<sip:bob@biloxi.example>;tag={tag}"))
            .to("<sip:alice@atlanta.example>;tag=alice")
            .call_id("call")
            .cseq(1)
            .build()
    };
    session.handle_request(NOW, ServerToken(1), bye("x"));
    assert_eq!(actions(&mut session), ["progress 180", "progress 180", "200"]);
    session.handle_request(NOW, ServerToken(2), bye("y"));
    assert_eq!(actions(&mut session), ["200", "CANCEL"]);
    session.handle_failure(token, Failure::Timeout);
    assert_eq!(actions(&mut session), ["ended: there"]);
}

#[test]
fn a_reinvite_may_be_cancelled() {
    let mut session = established(alice());
    let token = session.reinvite(Payload::sdp(SDP)).unwrap();
    let Some(Action::Request { request, .. }) = session.poll_action() else { panic!() };
    assert_eq!(session.cancel(ClientToken(99)), Err(SessionError::Unknown));
    session.cancel(token).unwrap();
    session.handle_response(NOW, token, answer(&request, 487, "bob"));
    assert_eq!(actions(&mut session), ["CANCEL", "responded 487"]);
    assert_eq!(session.state(), SessionState::Established);
}

#[test]
fn nothing_is_known_of_strange_answers() {
    let (mut session, token, request) = calling(alice(), invite());
    session.handle_response(NOW, ClientToken(99), answer(&request, 200, "x"));
    session.handle_failure(ClientToken(99), Failure::Transport);
    session.handle_response(NOW, token, answer(&request, 100, ""));
    assert_eq!(actions(&mut session), Vec::<String>::new());
    assert_eq!(session.state(), SessionState::Calling);
}
