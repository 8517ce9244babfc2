//! Calls as the figures of the RFCs draw them.

use core::time::Duration;

use super::pair::Pair;
use super::pair::Side::{Alice, Bob};
use super::*;
use crate::Instant;
use crate::session::{Payload, ReliablePolicy, Reply, SessionState};

fn texts(events: &[(pair::Side, String)]) -> Vec<String> {
    events.iter().map(|(side, text)| format!("{side:?}: {text}")).collect()
}

#[test]
fn a_call() {
    // RFC 3261 section 4, figure 1
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.reply(Bob, Reply::new(StatusCode::RINGING));
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "INVITE> <180 <200 ACK>");
    assert_eq!(
        texts(&pair.events()),
        [
            "Bob: received INVITE+offer",
            "Alice: progress 180",
            "Alice: answered+answer",
            "Bob: acknowledged",
        ]
    );
    pair.hang_up(Bob);
    assert_eq!(pair.ladder(), "<BYE 200>");
    assert_eq!(texts(&pair.events()), ["Bob: ended: here", "Alice: ended: there"]);
    pair.assert_over();
    assert_eq!(pair.ladder(), "");
}

#[test]
fn an_offer_in_the_2xx_is_answered_in_the_ack() {
    // RFC 3261 section 13.2.1
    let mut pair = Pair::new(alice(), bob(), bare_invite());
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "INVITE> <200");
    pair.command(Alice, |session, _| session.acknowledge(&Payload::sdp(SDP)));
    assert_eq!(pair.ladder(), "ACK>");
    assert_eq!(
        texts(&pair.events()),
        ["Bob: received INVITE", "Alice: answered+offer", "Bob: acknowledged+answer",]
    );
}

#[test]
fn a_reliable_provisional_response_and_a_2xx_that_waits_for_its_prack() {
    // RFC 3262 section 3
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.is_held = true;
    pair.reply(Bob, Reply::sdp(StatusCode::SESSION_PROGRESS, SDP).reliably());
    pair.reply(Bob, Reply::new(StatusCode::OK));
    assert_eq!(pair.ladder(), "INVITE> <183");
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "PRACK> <200 <200 ACK>");
    assert_eq!(
        texts(&pair.events()),
        [
            "Bob: received INVITE+offer",
            "Alice: progress 183+answer",
            "Bob: pracked",
            "Alice: answered",
            "Bob: acknowledged",
        ]
    );
    assert_eq!(pair.session(Alice).state(), SessionState::Established);
}

#[test]
fn an_offer_in_a_reliable_provisional_response_is_answered_in_the_prack() {
    // RFC 3262 section 5
    let mut pair = Pair::new(alice(), bob(), bare_invite());
    pair.reply(Bob, Reply::sdp(StatusCode::SESSION_PROGRESS, SDP).reliably());
    assert_eq!(pair.ladder(), "INVITE> <183");
    let id = pair.session(Alice).dialogs().next().unwrap().id().clone();
    pair.command(Alice, |session, _| session.acknowledge_provisional(&id, Payload::sdp(SDP)));
    pair.reply(Bob, Reply::new(StatusCode::OK));
    assert_eq!(pair.ladder(), "PRACK> <200 <200 ACK>");
    assert!(texts(&pair.events()).contains(&"Bob: pracked+answer".to_owned()));
}

#[test]
fn provisional_responses_take_turns() {
    // RFC 3262 section 3
    let required = SessionConfig { reliable: ReliablePolicy::Required, ..alice() };
    let mut pair = Pair::new(required, bob(), invite());
    pair.is_held = true;
    for code in [180, 181, 182] {
        pair.reply(Bob, Reply::new(status(code)));
    }
    assert_eq!(pair.ladder(), "INVITE> <180");
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "PRACK> <200 <181 PRACK> <200 <182 PRACK> <200");
}

#[test]
fn an_update_before_the_2xx() {
    // RFC 3311 section 4, figure 1
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.reply(Bob, Reply::sdp(StatusCode::SESSION_PROGRESS, SDP).reliably());
    let invite_id = ServerToken(1);
    pair.ladder();
    pair.command(Alice, |session, _| session.update(None, Payload::sdp(SDP)));
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "UPDATE> <200");
    pair.command(Bob, |session, _| session.update(None, Payload::sdp(SDP)));
    pair.reply(Alice, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "<UPDATE 200>");
    pair.command(Bob, |session, now| session.respond(now, invite_id, Reply::new(StatusCode::OK)));
    assert_eq!(pair.ladder(), "<200 ACK>");
}

#[test]
fn hold_and_resume() {
    let mut pair = Pair::talking(alice(), bob());
    for _ in 0..2 {
        pair.command(Bob, |session, _| session.reinvite(Payload::sdp(SDP)));
        pair.reply(Alice, Reply::sdp(StatusCode::OK, SDP));
        assert_eq!(pair.ladder(), "<INVITE 200> <ACK");
        assert_eq!(
            texts(&pair.events()),
            ["Alice: received INVITE+offer", "Bob: responded 200+answer", "Alice: acknowledged",]
        );
    }
}

#[test]
fn a_refused_reinvite_leaves_the_session() {
    // RFC 3261 section 14.1
    let mut pair = Pair::talking(alice(), bob());
    pair.command(Alice, |session, _| session.reinvite(Payload::sdp(SDP)));
    pair.reply(Bob, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE));
    assert_eq!(pair.ladder(), "INVITE> <488");
    pair.command(Alice, |session, _| session.update(None, Payload::sdp(SDP)));
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "UPDATE> <200");
}

#[test]
fn reinvites_that_cross() {
    // RFC 3261 section 14.1: both are refused with 491; who owns the Call-ID waits longer, so that
    // the other one comes through first.
    let mut pair = Pair::talking(alice(), bob());
    pair.is_held = true;
    pair.command(Alice, |session, _| session.reinvite(Payload::sdp(SDP)));
    pair.command(Bob, |session, _| session.reinvite(Payload::sdp(SDP)));
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "INVITE> <INVITE <491 491>");
    pair.pass_until(Instant::from_millis(2_000));
    assert_eq!(pair.ladder(), "<INVITE");
    pair.reply(Alice, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "200> <ACK");
    pair.pass_until(Instant::from_millis(4_000));
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "INVITE> <200 ACK>");
}

#[test]
fn a_call_that_is_cancelled() {
    // RFC 3261 section 9
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.reply(Bob, Reply::new(StatusCode::RINGING));
    pair.hang_up(Alice);
    assert_eq!(pair.ladder(), "INVITE> <180 CANCEL> <487");
    assert_eq!(
        texts(&pair.events())[2..],
        ["Bob: ended: there".to_owned(), "Alice: ended: here".to_owned()]
    );
    pair.assert_over();
}

#[test]
fn a_cancel_that_crosses_the_2xx() {
    // RFC 3261 section 9.1: it has no effect, so the call is ended by BYE.
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.is_held = true;
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    pair.hang_up(Alice);
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "INVITE> <200 CANCEL> ACK> BYE> <200");
    pair.assert_over();
}

#[test]
fn the_callee_waits_for_the_ack_before_its_bye() {
    // RFC 3261 section 15
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.is_held = true;
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    pair.hang_up(Bob);
    assert_eq!(pair.ladder(), "INVITE> <200");
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "ACK> <BYE 200>");
    pair.assert_over();
}

#[test]
fn byes_that_cross() {
    let mut pair = Pair::talking(alice(), bob());
    pair.is_held = true;
    pair.hang_up(Alice);
    pair.hang_up(Bob);
    pair.is_held = false;
    pair.settle();
    assert_eq!(pair.ladder(), "BYE> <BYE <200 200>");
    assert_eq!(texts(&pair.events()), ["Alice: ended: here", "Bob: ended: here"]);
    pair.assert_over();
}

#[test]
fn the_callee_declines() {
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.hang_up(Bob);
    assert_eq!(pair.ladder(), "INVITE> <603");
    assert_eq!(
        texts(&pair.events())[1..],
        ["Bob: ended: refused 603".to_owned(), "Alice: ended: rejected 603".to_owned()]
    );
    pair.assert_over();
}

#[test]
fn other_requests_pass_through() {
    let mut pair = Pair::talking(alice(), bob());
    for method in [Method::Info, Method::Message, Method::Options, Method::Refer] {
        let text = method.as_str().to_owned();
        pair.command(Alice, |session, _| session.request(None, method, Payload::none()));
        pair.reply(Bob, Reply::new(StatusCode::ACCEPTED));
        assert_eq!(pair.ladder(), format!("{text}> <202"));
        assert_eq!(
            texts(&pair.events()),
            [format!("Bob: received {text}"), "Alice: responded 202".to_owned()]
        );
    }
}

#[test]
fn refreshes_keep_a_call_up_and_silence_ends_it() {
    // RFC 4028 section 10
    let short = |mut config: SessionConfig| {
        config.timer.interval_secs = Some(90);
        config
    };
    let mut pair = Pair::talking(short(alice()), short(bob()));
    pair.pass_until(Instant::from_secs(140));
    assert_eq!(pair.ladder(), "UPDATE> <200 UPDATE> <200 UPDATE> <200");
    assert_eq!(texts(&pair.events()).len(), 6);
    // Alice is gone; Bob hears nothing for two thirds of the interval.
    pair.is_held = true;
    pair.pass_until(Instant::from_secs(194));
    assert_eq!(pair.ladder(), "UPDATE>");
    pair.pass_until(Instant::from_secs(195));
    assert_eq!(pair.ladder(), "BYE> <BYE");
    assert_eq!(texts(&pair.events()), ["Alice: ended: expired", "Bob: ended: expired"]);
    pair.is_held = false;
    pair.assert_over();
}

#[test]
fn without_update_a_reinvite_refreshes() {
    // RFC 4028 section 7.4
    let old = |mut config: SessionConfig| {
        config.timer.interval_secs = Some(90);
        config.allow = "INVITE, ACK, CANCEL, BYE".to_owned();
        config
    };
    let mut pair = Pair::talking(old(alice()), old(bob()));
    pair.pass_until(Instant::from_secs(45));
    assert_eq!(pair.ladder(), "INVITE>");
    assert_eq!(texts(&pair.events()), ["Bob: received INVITE+offer"]);
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "<200 ACK>");
    assert_eq!(texts(&pair.events()), ["Alice: refreshed", "Bob: acknowledged"]);
}

#[test]
fn an_interval_that_is_too_short_is_asked_for_again() {
    // RFC 4028 section 7.3
    let mut patient = bob();
    patient.timer.interval_min_secs = 3_600;
    let mut pair = Pair::new(alice(), patient, invite());
    assert_eq!(pair.ladder(), "INVITE> <422 INVITE>");
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    assert_eq!(pair.ladder(), "<200 ACK>");
    pair.pass_until(Instant::from_secs(1_799));
    assert_eq!(pair.ladder(), "");
    pair.pass_until(Instant::from_secs(1_800));
    assert_eq!(pair.ladder(), "UPDATE> <200");
}

#[test]
fn a_2xx_without_ack_is_repeated_and_then_ended() {
    // RFC 3261 section 13.3.1.4
    let mut pair = Pair::new(alice(), bob(), invite());
    pair.is_held = true;
    pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
    pair.pass_until(Instant::from_secs(31));
    assert_eq!(pair.ladder(), format!("INVITE>{}", " <200".repeat(10)));
    pair.pass_until(Instant::from_secs(32));
    assert_eq!(pair.ladder(), "<200 <BYE");
    assert_eq!(texts(&pair.events())[1..], ["Bob: ended: no ACK".to_owned()]);
    pair.is_held = false;
    pair.pass_until(Instant::ZERO + Duration::from_secs(33));
    pair.assert_over();
}
