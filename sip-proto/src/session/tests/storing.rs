//! A session that outlives its process.

use core::time::Duration;

use super::pair::Pair;
use super::pair::Side::{Alice, Bob};
use super::*;
use crate::session::{Payload, Reply, StoredSession};
use crate::{Instant, UnixTime};

const UNIX: UnixTime = UnixTime::from_secs(1_700_000_000);

/// Through text, and into a process whose clock began `down` after the other one stopped.
fn restart(
    session: &InviteSession,
    config: SessionConfig,
    at: Instant,
    down: Duration,
) -> InviteSession {
    let stored = session.store(at, UNIX.saturating_add(at - Instant::ZERO)).unwrap();
    let text = toml::to_string(&stored).unwrap();
    let stored: StoredSession = toml::from_str(&text).unwrap();
    let unix = UNIX.saturating_add((at - Instant::ZERO) + down);
    InviteSession::restore(stored, config, rng(3), at, unix).unwrap()
}

#[test]
fn the_call_goes_on() {
    let mut pair = Pair::talking(alice(), bob());
    pair.pass_until(Instant::from_secs(40));
    for side in [Alice, Bob] {
        let config = if side == Alice { alice() } else { bob() };
        let now = pair.now;
        let restored = restart(pair.session(side), config, now, Duration::ZERO);
        let before = pair.session(side).poll_timeout();
        assert_eq!(restored.poll_timeout(), before, "the session timer goes on");
        pair.replace(side, restored);
    }
    pair.command(Bob, |session, _| session.reinvite(Payload::sdp(SDP)));
    pair.reply(Alice, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "<INVITE 200> <ACK");
    // Alice refreshes, as was agreed, half an interval after the last 2xx.
    pair.pass_until(Instant::from_secs(940));
    assert_eq!(pair.ladder(), "UPDATE> <200");
    pair.hang_up(Alice);
    assert_eq!(pair.ladder(), "BYE> <200");
    pair.assert_over();
}

#[test]
fn the_time_in_which_nobody_ran_counts() {
    let session = caller_with_timer();
    let at = Instant::from_secs(100);
    let mut restored = restart(&session, alice(), at, Duration::from_secs(300));
    assert_eq!(restored.poll_timeout(), Some(at), "the refresh is overdue");
    restored.handle_timeout(at);
    assert_eq!(actions(&mut restored), ["UPDATE"]);
    let mut late = restart(&session, alice(), at, Duration::from_secs(5_000));
    late.handle_timeout(at);
    assert_eq!(actions(&mut late), ["BYE", "ended: expired"]);
}

fn caller_with_timer() -> InviteSession {
    let (mut session, token, request) = calling(alice(), invite());
    let mut ok = with_sdp(answer(&request, 200, "bob"));
    ok.push_back(HeaderName::SessionExpires, "600;refresher=uac");
    ok.push_back(HeaderName::Allow, "UPDATE");
    session.handle_response(Instant::ZERO, token, ok);
    session
}

#[test]
fn what_is_not_established_is_not_stored() {
    let (session, ..) = calling(alice(), invite());
    assert!(session.store(Instant::ZERO, UNIX).is_none());
    let stored = caller_with_timer().store(Instant::ZERO, UNIX).unwrap();
    assert_eq!(stored.dialog().id().remote_tag, "bob");
    let text = toml::to_string(&stored).unwrap().replace("version = 1", "version = 2");
    let later: StoredSession = toml::from_str(&text).unwrap();
    assert!(InviteSession::restore(later, alice(), rng(3), Instant::ZERO, UNIX).is_none());
}

#[test]
fn the_restored_session_does_what_the_other_would_have_done() {
    let at = Instant::from_secs(40);
    let mut original = callee::established(bob());
    let restored = restart(&original, bob(), at, Duration::ZERO);
    let mut peers = Vec::new();
    for (cseq, method, has_offer) in [
        (10, Method::Info, false),
        (11, Method::Update, false),
        (12, Method::Update, true),
        (13, Method::Prack, false),
        (5, Method::Info, false),
    ] {
        let mut request = in_dialog(&original, method, cseq);
        if has_offer {
            request.set_body("application/sdp", SDP);
        }
        peers.push(request);
    }
    let bye = in_dialog(&original, Method::Bye, 20);
    let mut restored = restored;
    let [first, second] = [&mut original, &mut restored].map(|session| {
        let mut wire = Vec::new();
        for (number, request) in peers.iter().enumerate() {
            let id = ServerToken(100 + number as u64);
            session.handle_request(at, id, request.clone());
            if number == 2 {
                session.respond(at, id, Reply::sdp(StatusCode::OK, SDP)).unwrap();
            }
        }
        session.reinvite(Payload::sdp(SDP)).unwrap();
        while let Some(due) = session.poll_timeout().filter(|due| *due < Instant::from_secs(5_000))
        {
            session.handle_timeout(due);
            wire.push(format!("{due}"));
        }
        session.handle_request(at, ServerToken(200), bye.clone());
        while let Some(action) = session.poll_action() {
            wire.push(match action {
                Action::Request { token, request } => format!("{token:?} {request}"),
                Action::Respond { id, response } => format!("{id:?} {response}"),
                other => show(&other),
            });
        }
        wire
    });
    assert_eq!(first, second);
    assert!(first.len() > 10, "{first:?}");
}
