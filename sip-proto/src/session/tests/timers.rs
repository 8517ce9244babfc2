//! Session timers, alone (RFC 4028).

use super::*;
use crate::Instant;
use crate::session::Payload;

const NOW: Instant = Instant::ZERO;

/// Called with 2xx that grants `expires`, or nothing.
fn granted(expires: &'static str) -> InviteSession {
    let (mut session, token, request) = calling(alice(), invite());
    let mut ok = with_sdp(answer(&request, 200, "bob"));
    ok.push_back(HeaderName::Allow, "INVITE, ACK, CANCEL, BYE, UPDATE");
    if !expires.is_empty() {
        ok.push_back(HeaderName::SessionExpires, expires);
    }
    session.handle_response(NOW, token, ok);
    actions(&mut session);
    // The INVITE's 2xx can come no more.
    session.handle_timeout(Instant::from_secs(32));
    session
}

fn next_request(session: &mut InviteSession) -> (ClientToken, Request) {
    match session.poll_action() {
        Some(Action::Request { token, request }) => (token, request),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_session_expires_a_session_has_no_end() {
    assert_eq!(granted("").poll_timeout(), None);
}

#[test]
fn the_refresher_stays_who_it_is() {
    // Section 7.4: the roles of a refresh are those of its own transaction.
    let mut session = granted("600;refresher=uac");
    session.handle_timeout(Instant::from_secs(300));
    let (token, update) = next_request(&mut session);
    assert_eq!(*update.method(), Method::Update);
    assert_eq!(update.value(&HeaderName::SessionExpires), Some(&b"600;refresher=uac"[..]));
    let mut ok = answer(&update, 200, "bob");
    ok.push_back(HeaderName::SessionExpires, "600;refresher=uac");
    session.handle_response(Instant::from_secs(301), token, ok);
    assert_eq!(session.poll_timeout(), Some(Instant::from_secs(601)));

    let mut session = granted("600;refresher=uas");
    assert_eq!(session.poll_timeout(), Some(Instant::from_secs(568)));
    session.reinvite(Payload::sdp(SDP)).unwrap();
    let (_, reinvite) = next_request(&mut session);
    assert_eq!(reinvite.value(&HeaderName::SessionExpires), Some(&b"600;refresher=uas"[..]));
}

#[test]
fn a_refresh_that_is_refused_is_tried_otherwise() {
    for (code, expected) in [
        // Section 7.3
        (422, Method::Update),
        // RFC 3311: Allow promised what is not there.
        (405, Method::Invite),
        (501, Method::Invite),
    ] {
        let mut session = granted("600;refresher=uac");
        session.handle_timeout(Instant::from_secs(300));
        let (token, update) = next_request(&mut session);
        let mut refused = answer(&update, code, "bob");
        refused.push_back(HeaderName::MinSe, "900");
        session.handle_response(Instant::from_secs(300), token, refused);
        let (_, again) = next_request(&mut session);
        assert_eq!(*again.method(), expected, "{code}");
        if code == 422 {
            let value = again.value(&HeaderName::SessionExpires);
            assert_eq!(value, Some(&b"900;refresher=uac"[..]));
            assert_eq!(again.value(&HeaderName::MinSe), Some(&b"900"[..]));
        } else {
            assert_eq!(again.body(), &SDP, "it repeats the last description");
        }
    }
}

#[test]
fn a_refresh_without_answer_ends_in_a_bye() {
    // Section 10
    let mut session = granted("600;refresher=uac");
    session.handle_timeout(Instant::from_secs(300));
    assert_eq!(actions(&mut session), ["UPDATE"]);
    assert_eq!(session.poll_timeout(), Some(Instant::from_secs(568)));
    session.handle_timeout(Instant::from_secs(568));
    assert_eq!(actions(&mut session), ["BYE", "ended: expired"]);
    assert_eq!(session.poll_timeout(), None);
}
