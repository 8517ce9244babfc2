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
