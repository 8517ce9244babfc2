//! Every bound of `SessionLimits`, reached.

use super::*;
use crate::Instant;
use crate::session::{Payload, Reply, SessionError, SessionLimits};

const NOW: Instant = Instant::ZERO;

fn limited(mut config: SessionConfig, edit: impl FnOnce(&mut SessionLimits)) -> SessionConfig {
    edit(&mut config.limits);
    config
}

#[test]
fn forks() {
    let config = limited(alice(), |limits| limits.forks_max = 2);
    let (mut session, token, request) = calling(config, invite());
    for (tag, expected) in [("x", 1), ("y", 2), ("z", 2)] {
        session.handle_response(NOW, token, answer(&request, 180, tag));
        assert_eq!(session.dialogs().count(), expected);
    }
    assert_eq!(actions(&mut session), ["progress 180", "progress 180"]);
    for (tag, expected) in
        [("x", &["ACK", "answered+answer"][..]), ("y", &["ACK", "BYE"]), ("z", &[])]
    {
        session.handle_response(NOW, token, with_sdp(answer(&request, 200, tag)));
        assert_eq!(actions(&mut session), expected, "{tag}");
    }
}

#[test]
fn reliable_waiting() {
    let config = limited(bob(), |limits| limits.reliable_waiting_max = 2);
    let mut session = ringing(config, &callee::arrived());
    let mut ring =
        || session.respond(NOW, ServerToken(1), Reply::new(StatusCode::RINGING).reliably());
    assert_eq!([ring(), ring(), ring()], [Ok(()), Ok(()), Err(SessionError::Limit)]);
}

#[test]
fn requests_sent() {
    // One place is that of the INVITE whose 2xx may come again.
    let config = limited(alice(), |limits| limits.requests_sent_max = 2);
    let mut session = caller::established(config);
    let mut info = || session.request(None, Method::Info, Payload::none());
    assert!(info().is_ok());
    assert_eq!(info(), Err(SessionError::Limit));
    assert_eq!(session.reinvite(Payload::none()), Err(SessionError::Limit));
    session.hang_up(NOW, Payload::none()).unwrap();
    assert_eq!(actions(&mut session), ["INFO", "BYE", "ended: here"]);

    let config = limited(alice(), |limits| limits.requests_sent_max = 1);
    let (mut session, token, request) = calling(config, invite());
    let mut reliable = answer(&request, 180, "x");
    reliable.push_back(HeaderName::Require, "100rel");
    reliable.push_back(HeaderName::RSeq, "1");
    session.handle_response(NOW, token, reliable);
    assert_eq!(actions(&mut session), Vec::<String>::new());
}

#[test]
fn requests_received() {
    let config = limited(bob(), |limits| limits.requests_received_max = 2);
    let mut session = callee::established(config);
    for (cseq, expected) in [(10, "received INFO"), (11, "received INFO"), (12, "503")] {
        let info = in_dialog(&session, Method::Info, cseq);
        session.handle_request(NOW, ServerToken(u64::from(cseq)), info);
        assert_eq!(actions(&mut session), [expected]);
    }
    for (cseq, method) in [(13, Method::Invite), (14, Method::Update)] {
        let mut request = in_dialog(&session, method, cseq);
        request.set_body("application/sdp", SDP);
        session.handle_request(NOW, ServerToken(u64::from(cseq)), request);
        assert_eq!(actions(&mut session), ["503"]);
    }
    // What was refused for want of room has left no offer behind.
    session.respond(NOW, ServerToken(10), Reply::new(StatusCode::OK)).unwrap();
    let mut update = in_dialog(&session, Method::Update, 20);
    update.set_body("application/sdp", SDP);
    session.handle_request(NOW, ServerToken(20), update);
    assert_eq!(actions(&mut session), ["200", "received UPDATE+offer"]);
}

#[test]
fn retries() {
    let config = limited(alice(), |limits| limits.retries_max = 2);
    let mut session = caller::established(config);
    session.reinvite(Payload::sdp(SDP)).unwrap();
    let mut heard = Vec::new();
    let mut now = NOW;
    while let Some(action) = session.poll_action() {
        heard.push(show(&action));
        if let Action::Request { token, request } = action {
            session.handle_response(now, token, answer(&request, 491, "bob"));
            if heard.len() < 3 {
                now += core::time::Duration::from_secs(4);
                session.handle_timeout(now);
            }
        }
    }
    assert_eq!(heard, ["INVITE", "INVITE", "INVITE", "responded 491"]);

    let config = limited(alice(), |limits| limits.retries_max = 0);
    let (mut session, token, request) = calling(config, invite());
    session.handle_response(NOW, token, answer(&request, 407, "x"));
    assert_eq!(actions(&mut session), ["ended: rejected 407"]);
}
