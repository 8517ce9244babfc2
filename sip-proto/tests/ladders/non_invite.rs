//! RFC 3261 section 17.1.2 and 17.2.2: everything but INVITE, over datagrams.

use std::time::Duration;

use sip_proto::message::{HeaderName, Method, To};
use sip_proto::{
    ClientId, Command, Delivery, EndpointConfig, Forwarded, Input, Instant, NextHop, ServerId,
    StatusCode, TransactionError,
};

use crate::messages::{answer, options, register, request};
use crate::wire::{ALICE, BOB, Fate, UDP, Wire, address};

#[test]
fn register_is_answered() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, register(), NextHop::ByMessage);
    let (id, request, source) = wire.expect_request(BOB);
    assert_eq!(request.method(), &Method::Register);
    assert_eq!(source.remote.to_string(), "192.0.2.1:5060");
    assert_eq!(source.local.to_string(), "192.0.2.2:5060");
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    let (client, response, _) = wire.expect_response(ALICE);
    assert_eq!((client, response.status()), (ClientId(1), StatusCode::OK));
    assert_eq!(response.count(&HeaderName::Via), 0, "our own Via is off");
    wire.assert_ladder(&["0 alice --> bob REGISTER", "10 bob --> alice 200 REGISTER"]);

    // Timer K (T4) and Timer J (64 x T1) absorb what may still come.
    wire.run_until(Instant::from_millis(5_019));
    assert!(wire.deliveries(ALICE).is_empty());
    wire.run_until(Instant::from_millis(5_020));
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { id: ClientId(1) }));
    wire.run_until(Instant::from_millis(32_009));
    assert!(wire.deliveries(BOB).is_empty());
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { id: ended } if ended == id));
    assert_eq!(wire.now, Instant::from_millis(32_010));
    wire.assert_quiescent();
}

/// The endpoint gives every response but a 100 a To tag, and the same one to all of them
/// (RFC 3261 section 8.2.6.2).
#[test]
fn responses_get_one_to_tag() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, request(Method::Invite, crate::messages::BOB_URI), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    for status in [StatusCode::TRYING, StatusCode::RINGING, StatusCode::OK] {
        wire.respond(BOB, id, answer(&request, status));
    }
    let tags: Vec<Option<Vec<u8>>> = (0..3)
        .map(|_| {
            let (_, response, _) = wire.expect_response(ALICE);
            response.require::<To<'_>>().expect("a To").tag().map(<[u8]>::to_vec)
        })
        .collect();
    assert_eq!(tags[0], None);
    assert!(tags[1].as_ref().is_some_and(|tag| tag.len() >= 7), "{tags:?}");
    assert_eq!(tags[1], tags[2]);
}

/// Timer E doubles from T1 up to T2, Timer F ends it at 64 x T1.
#[test]
fn an_unanswered_request_is_repeated_until_timer_f() {
    let mut wire = Wire::new();
    wire.weather = Box::new(|_, _| Fate::Lost);
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let delivery = wire.expect(ALICE);
    assert!(
        matches!(
            delivery,
            Delivery::ClientFailed { id: ClientId(1), error: TransactionError::Timeout }
        ),
        "{delivery:?}"
    );
    assert_eq!(wire.now, Instant::from_secs(32));
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { id: ClientId(1) }));
    wire.assert_ladder(&[
        "0 alice --x bob OPTIONS",
        "500 alice --x bob OPTIONS",
        "1500 alice --x bob OPTIONS",
        "3500 alice --x bob OPTIONS",
        "7500 alice --x bob OPTIONS",
        "11500 alice --x bob OPTIONS",
        "15500 alice --x bob OPTIONS",
        "19500 alice --x bob OPTIONS",
        "23500 alice --x bob OPTIONS",
        "27500 alice --x bob OPTIONS",
        "31500 alice --x bob OPTIONS",
    ]);
    wire.assert_quiescent();
}

#[test]
fn a_lost_answer_is_sent_again_and_the_application_hears_the_request_once() {
    let mut wire = Wire::new();
    let mut lost = false;
    wire.weather = Box::new(move |node, _| {
        if node == BOB && !lost {
            lost = true;
            return Fate::Lost;
        }
        Fate::Arrives
    });
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::OK);
    wire.assert_ladder(&[
        "0 alice --> bob OPTIONS",
        "10 bob --x alice 200 OPTIONS",
        "500 alice --> bob OPTIONS",
        "510 bob --> alice 200 OPTIONS",
    ]);
    assert!(wire.deliveries(BOB).is_empty());
    wire.assert_quiescent();
}

#[test]
fn doubled_datagrams_are_heard_once() {
    let mut wire = Wire::new();
    wire.weather = Box::new(|_, _| Fate::Doubled);
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.expect_response(ALICE);
    wire.run_to_the_end();
    assert!(matches!(wire.deliveries(BOB).as_slice(), [Delivery::ServerEnded { .. }]));
    assert!(matches!(wire.deliveries(ALICE).as_slice(), [Delivery::ClientEnded { .. }]));
    wire.assert_quiescent();
}

/// The report of a refused datagram fails the transaction when it would repeat itself.
#[test]
fn a_refused_destination_fails_at_the_next_retransmission() {
    let mut wire = Wire::new();
    wire.weather = Box::new(|_, _| Fate::Refused);
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.request(ALICE, 2, request(Method::Invite, crate::messages::BOB_URI), NextHop::ByMessage);
    for id in [ClientId(1), ClientId(2)] {
        let delivery = wire.expect(ALICE);
        assert!(
            matches!(
                delivery,
                Delivery::ClientFailed { id: failed, error: TransactionError::Transport }
                    if failed == id
            ),
            "{delivery:?}"
        );
        assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { id: ended } if ended == id));
    }
    assert_eq!(wire.now, Instant::from_millis(500));
    wire.assert_ladder(&["0 alice --x bob OPTIONS", "0 alice --x bob INVITE"]);
    wire.assert_quiescent();
}

/// Time that goes backwards is clamped, and wake-ups nobody asked for change nothing.
#[test]
fn an_odd_clock_is_harmless() {
    let mut wire = Wire::new();
    wire.run_until(Instant::from_secs(10));
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.expect_request(BOB);
    let (later, earlier) = (wire.now, Instant::from_secs(1));
    wire.now = earlier;
    for _ in 0..3 {
        wire.input(ALICE, Input::Timeout);
    }
    assert_eq!(wire.endpoint(ALICE).now(), Instant::from_secs(10));
    wire.assert_ladder(&["10000 alice --> bob OPTIONS"]);
    wire.now = later;
    wire.run_until(Instant::from_millis(10_500));
    wire.assert_ladder(&["10500 alice --> bob OPTIONS"]);
}

/// Timers of no length at all would make one instant last forever.
#[test]
fn timers_without_length_still_end() {
    let mut wire = Wire::with(1, |_| EndpointConfig {
        t1: Duration::ZERO,
        t2: Duration::ZERO,
        t4: Duration::ZERO,
        ..EndpointConfig::default()
    });
    wire.weather = Box::new(|_, _| Fate::Lost);
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.request(ALICE, 2, request(Method::Invite, crate::messages::BOB_URI), NextHop::ByMessage);
    for _ in 0..2 {
        assert!(matches!(
            wire.expect(ALICE),
            Delivery::ClientFailed { error: TransactionError::Timeout, .. }
        ));
        assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    }
    assert_eq!(wire.now, Instant::from_millis(64));
    wire.assert_quiescent();
}

/// What another shard hands over is taken in like any datagram.
#[test]
fn a_forwarded_datagram_is_a_datagram() {
    let mut wire = Wire::new();
    let data = crate::messages::raw(&[
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]);
    let (socket, source) = (UDP, address(ALICE));
    wire.input(BOB, Input::Forwarded(Forwarded { socket, source, data }));
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_ladder(&["0 bob --> alice 200 OPTIONS"]);
    wire.assert_quiescent();
}

/// A terminated transaction is silent, and its id free at once.
#[test]
fn a_terminated_transaction_is_forgotten() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.command(ALICE, Command::Terminate { id: ClientId(1) });
    assert_eq!(wire.endpoint(ALICE).counts(), sip_proto::Counts::default());
    wire.request(ALICE, 1, register(), NextHop::ByMessage);
    let (id, options, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&options, StatusCode::OK));
    let (id, register, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&register, StatusCode::ACCEPTED));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::ACCEPTED, "the answer to OPTIONS is stray");
    wire.assert_quiescent();
}

#[test]
fn commands_that_make_no_sense_are_refused_or_ignored() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, request(Method::Ack, crate::messages::BOB_URI), NextHop::ByMessage);
    wire.request(ALICE, 2, request(Method::Cancel, crate::messages::BOB_URI), NextHop::ByMessage);
    for id in [ClientId(1), ClientId(2)] {
        assert!(matches!(
            wire.expect(ALICE),
            Delivery::ClientFailed { id: failed, error: TransactionError::Misuse } if failed == id
        ));
        assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { id: ended } if ended == id));
    }
    // An id in use: the transaction that has it lives on.
    wire.request(ALICE, 3, options(), NextHop::ByMessage);
    wire.request(ALICE, 3, register(), NextHop::ByMessage);
    assert!(matches!(
        wire.deliveries(ALICE).as_slice(),
        [Delivery::ClientFailed { id: ClientId(3), error: TransactionError::Misuse }]
    ));
    let (id, request, _) = wire.expect_request(BOB);
    assert_eq!(request.method(), &Method::Options);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.expect_response(ALICE);
    wire.run_to_the_end();

    // What names nothing any more.
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.respond(BOB, ServerId::new(77, 0), answer(&request, StatusCode::OK));
    wire.command(ALICE, Command::Cancel { id: ClientId(3), reason: None });
    wire.command(ALICE, Command::Terminate { id: ClientId(3) });
    wire.assert_ladder(&["0 alice --> bob OPTIONS", "10 bob --> alice 200 OPTIONS"]);
    wire.assert_quiescent();
}
