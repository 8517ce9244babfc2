//! Calls to several phones: the response context of section 16.7, CANCEL, Timer C.

use core::time::Duration;

use sip_proto::TransactionError;
use sip_proto::message::HeaderName;

use super::with_bob_at;
use crate::testing::{Lower, request, values};

const TWO: [&str; 2] = ["<sip:bob@127.0.0.1:5080>", "<sip:bob@127.0.0.1:5081>"];

/// Bob's phones ring: `#0` and `#1`, for `s1`.
fn ringing() -> Lower {
    let mut lower = with_bob_at(&TWO);
    let lines = lower.receive(request("INVITE", "sip:bob@localhost"));
    let expected =
        ["#0 INVITE sip:bob@127.0.0.1:5080", "#1 INVITE sip:bob@127.0.0.1:5081", "s1 100"];
    assert_eq!(lines, expected);
    assert_eq!(lower.answer(0, 180), ["s1 180"]);
    assert_eq!(lower.answer(1, 183), ["s1 183"]);
    lower
}

/// RFC 3261 section 16.7, steps 5 and 10.
#[test]
fn the_first_to_answer_gets_the_call_and_the_others_stop_ringing() {
    let mut lower = ringing();
    let elsewhere = "#1 CANCEL SIP;cause=200;text=\"Call completed elsewhere\"";
    assert_eq!(lower.answer(0, 200), ["s1 200", elsewhere]);
    assert!(lower.answer(1, 487).is_empty());
    // The callee repeats its 2xx until the ACK arrives: each goes through (section 16.7, step 5).
    assert_eq!(lower.answer(0, 200), ["s1 200"]);
    assert!(lower.end(0).is_empty());
    assert!(lower.end(1).is_empty());
    lower.assert_idle();
}

#[test]
fn both_phones_that_answered_at_once_reach_the_caller() {
    let mut lower = ringing();
    lower.answer(0, 200);
    // It crossed the CANCEL: the caller must hear of it to end it (section 16.7, step 5).
    assert_eq!(lower.answer(1, 200), ["s1 200"]);
    lower.end(0);
    lower.end(1);
    lower.assert_idle();
}

/// RFC 3261 section 16.7, step 6.
#[test]
fn the_best_response_goes_back_once_all_have_answered() {
    let mut lower = ringing();
    assert!(lower.answer(0, 404).is_empty());
    assert_eq!(lower.answer(1, 302), ["s1 302"]);
    lower.assert_idle();
}

/// RFC 3261 section 16.7, step 5.
#[test]
fn provisional_responses_are_passed_on_but_for_100() {
    let mut lower = ringing();
    assert!(lower.answer(0, 100).is_empty());
    // 199 is provisional as any other (RFC 6228).
    assert_eq!(lower.answer(0, 199), ["s1 199"]);
    assert!(lower.answer(0, 486).is_empty());
    assert_eq!(lower.answer(1, 480), ["s1 480"]);
}

#[test]
fn a_6xx_ends_the_search_but_waits_for_the_others() {
    let mut lower = ringing();
    assert_eq!(lower.answer(0, 603), ["#1 CANCEL"]);
    assert_eq!(lower.answer(1, 487), ["s1 603"]);
    lower.assert_idle();
}

#[test]
fn a_2xx_that_crosses_a_6xx_wins() {
    let mut lower = ringing();
    lower.answer(0, 603);
    assert_eq!(lower.answer(1, 200), ["s1 200"]);
    lower.end(1);
    lower.assert_idle();
}

/// RFC 3261 section 16.7, step 7.
#[test]
fn challenges_of_all_phones_reach_the_caller() {
    let mut lower = ringing();
    for (client, value) in [(0, "Digest realm=\"zero\""), (1, "Digest realm=\"one\"")] {
        let mut challenge = lower.response(client, 407);
        challenge.push_back(HeaderName::ProxyAuthenticate, value);
        lower.answer_with(client, challenge);
    }
    let challenges = lower.last_response().values(&HeaderName::ProxyAuthenticate).count();
    assert_eq!((lower.last_response().status().as_u16(), challenges), (407, 2));
}

/// RFC 3261 section 16.10.
#[test]
fn a_caller_who_gives_up_gets_487() {
    let mut lower = ringing();
    let reason = "SIP;cause=480";
    assert_eq!(lower.cancel(1, reason), ["#0 CANCEL SIP;cause=480", "#1 CANCEL SIP;cause=480"]);
    assert!(lower.answer(0, 487).is_empty());
    assert_eq!(lower.answer(1, 487), ["s1 487"]);
    lower.assert_idle();
}

#[test]
fn a_caller_who_gave_up_hears_487_though_one_phone_was_busy() {
    let mut lower = ringing();
    lower.answer(0, 486);
    assert_eq!(lower.cancel(1, ""), ["#1 CANCEL"]);
    assert_eq!(lower.answer(1, 487), ["s1 487"]);
    lower.assert_idle();
}

#[test]
fn a_2xx_that_crosses_the_callers_cancel_goes_through() {
    let mut lower = ringing();
    lower.cancel(1, "");
    assert_eq!(lower.answer(0, 200), ["s1 200"]);
    lower.answer(1, 487);
    lower.end(0);
    lower.assert_idle();
}

#[test]
fn a_cancelled_phone_that_never_answers_is_given_up() {
    let mut lower = ringing();
    lower.cancel(1, "");
    lower.answer(0, 487);
    assert!(lower.pass(Duration::from_secs(31)).is_empty());
    // 64 * T1 after the CANCEL (section 9.1).
    assert_eq!(lower.pass(Duration::from_secs(2)), ["#1 forgotten", "s1 487"]);
    lower.assert_idle();
}

/// RFC 3261 section 16.8.
#[test]
fn timer_c_ends_the_ringing_of_a_phone_without_news() {
    let mut lower = ringing();
    lower.answer(1, 486);
    lower.pass(Duration::from_secs(170));
    assert_eq!(lower.answer(0, 180), ["s1 180"], "which restarts it");
    assert!(lower.pass(Duration::from_secs(170)).is_empty());
    assert_eq!(lower.answer(0, 100), [] as [&str; 0], "which does not");
    assert_eq!(lower.pass(Duration::from_secs(11)), ["#0 CANCEL"]);
    assert_eq!(lower.answer(0, 487), ["s1 486"]);
    lower.assert_idle();
}

#[test]
fn timer_c_without_a_provisional_response_is_a_408() {
    let mut lower = with_bob_at(&TWO[..1]);
    lower.receive(request("INVITE", "sip:bob@localhost"));
    assert_eq!(lower.pass(Duration::from_secs(181)), ["#0 forgotten", "s1 408"]);
    lower.assert_idle();
}

/// RFC 3261 section 16.9.
#[test]
fn a_phone_that_cannot_be_reached_fails() {
    let table = [
        (TransactionError::Timeout, "s1 408"),
        // Section 16.9: as a 503, which is not passed on as such (section 16.7, step 6).
        (TransactionError::Transport, "s1 500"),
        (TransactionError::NoAddress, "s1 500"),
        (TransactionError::Limit, "s1 500"),
    ];
    for (error, expected) in table {
        let mut lower = with_bob_at(&TWO[..1]);
        lower.receive(request("INVITE", "sip:bob@localhost"));
        assert_eq!(lower.fail(0, error), [expected], "{error}");
        lower.assert_idle();
    }
}

#[test]
fn a_503_of_a_phone_is_a_500_to_the_caller() {
    let mut lower = ringing();
    lower.answer(0, 503);
    assert_eq!(lower.answer(1, 503), ["s1 500"]);
}

/// What ends the ringing also ends the server transaction, which survives a transport failure
/// (RFC 6026 section 8.8).
#[test]
fn the_phones_of_a_caller_that_cannot_be_reached_any_more_stop_ringing() {
    let mut lower = ringing();
    assert_eq!(lower.server_failed(1), ["#0 CANCEL", "#1 CANCEL"]);
    assert!(lower.answer(0, 487).is_empty());
    assert_eq!(lower.answer(1, 487), ["s1 487"]);
    assert!(lower.server_ended(1).is_empty());
    lower.assert_idle();
}

#[test]
fn a_server_transaction_that_is_over_is_not_answered() {
    let mut lower = ringing();
    assert_eq!(lower.server_ended(1), ["#0 CANCEL", "#1 CANCEL"]);
    assert!(lower.answer(0, 487).is_empty());
    assert!(lower.answer(1, 487).is_empty());
    lower.assert_idle();
}

/// Section 16.6: the same q in parallel, lower q when all of a higher one have failed.
#[test]
fn phones_are_tried_by_falling_q() {
    let mut lower = with_bob_at(&[
        "<sip:bob@127.0.0.1:5082>;q=0.1",
        "<sip:bob@127.0.0.1:5080>;q=0.9",
        "<sip:bob@127.0.0.1:5081>;q=0.9",
    ]);
    let lines = lower.receive(request("INVITE", "sip:bob@localhost"));
    let first = ["#0 INVITE sip:bob@127.0.0.1:5080", "#1 INVITE sip:bob@127.0.0.1:5081", "s1 100"];
    assert_eq!(lines, first);
    assert!(lower.answer(0, 486).is_empty());
    assert_eq!(lower.answer(1, 486), ["#2 INVITE sip:bob@127.0.0.1:5082"]);
    assert_eq!(lower.answer(2, 404), ["s1 404"]);
    lower.assert_idle();
}

#[test]
fn nobody_else_is_tried_after_a_6xx_or_a_cancel() {
    let phones = ["<sip:bob@127.0.0.1:5080>;q=0.9", "<sip:bob@127.0.0.1:5081>;q=0.1"];
    let mut lower = with_bob_at(&phones);
    lower.receive(request("INVITE", "sip:bob@localhost"));
    assert_eq!(lower.answer(0, 600), ["s1 600"]);
    lower.receive(request("INVITE", "sip:bob@localhost"));
    lower.cancel(2, "");
    assert_eq!(lower.answer(1, 487), ["s2 487"]);
    lower.assert_idle();
}

#[test]
fn a_request_goes_to_as_many_phones_as_the_configuration_allows() {
    let config = crate::ServiceConfig {
        proxy: crate::ProxyConfig { forks_max: 1, ..crate::ProxyConfig::default() },
        ..crate::ServiceConfig::default()
    };
    let mut lower = Lower::configured(&config);
    lower.receive(crate::testing::register(1, &TWO));
    let lines = lower.receive(request("MESSAGE", "sip:bob@localhost"));
    assert_eq!(lines, ["#0 MESSAGE sip:bob@127.0.0.1:5080"]);
}

/// RFC 3261 section 16.7, step 9.
#[test]
fn the_answer_of_a_phone_goes_back_as_it_is() {
    let mut lower = with_bob_at(&TWO[..1]);
    lower.receive(request("MESSAGE", "sip:bob@localhost"));
    let mut answer = lower.response(0, 200);
    answer.push_back(HeaderName::UserAgent, "phone/1");
    lower.answer_with(0, answer);
    assert_eq!(values(lower.last_response(), &HeaderName::UserAgent), ["phone/1"]);
    lower.assert_idle();
}
