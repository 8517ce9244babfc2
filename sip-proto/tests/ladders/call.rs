//! RFC 3261 sections 13 and 17.1.1, 17.2.1, RFC 6026: INVITE, its answers and its ACK.

use std::time::Duration;

use sip_proto::message::Method;
use sip_proto::{
    ClientId, Command, Delivery, DropReason, Event, Instant, NextHop, Response, ServerId,
    StatusCode, TransactionError,
};

use crate::messages::{answer, in_dialog, invite, raw};
use crate::wire::{ALICE, BOB, Fate, Wire, address};

/// Alice calls; bob gets the INVITE.
fn call(wire: &mut Wire) -> (ServerId, sip_proto::Request) {
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    assert_eq!(request.method(), &Method::Invite);
    (id, request)
}

fn acknowledge(wire: &mut Wire, response: &Response) {
    let request = in_dialog(Method::Ack, 1, response);
    wire.command(ALICE, Command::SendRequest { request, next_hop: NextHop::ByMessage });
}

/// RFC 3665 section 3.1, without the media.
#[test]
fn a_call_from_invite_to_bye() {
    let mut wire = Wire::new();
    let (id, request) = call(&mut wire);
    wire.run_for(Duration::from_millis(90));
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    let (_, ringing, _) = wire.expect_response(ALICE);
    assert_eq!(ringing.status(), StatusCode::RINGING);
    wire.run_for(Duration::from_millis(890));
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    let (_, ok, _) = wire.expect_response(ALICE);
    assert_eq!(ok.status(), StatusCode::OK);
    acknowledge(&mut wire, &ok);
    let ack = wire.expect_ack(BOB);
    assert_eq!(ack.method(), &Method::Ack);

    wire.request(ALICE, 2, in_dialog(Method::Bye, 2, &ok), NextHop::ByMessage);
    let (id, bye, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&bye, StatusCode::OK));
    let (client, ok, _) = wire.expect_response(ALICE);
    assert_eq!((client, ok.status()), (ClientId(2), StatusCode::OK));
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "100 bob --> alice 180 INVITE",
        "1000 bob --> alice 200 INVITE",
        "1010 alice --> bob ACK",
        "1020 alice --> bob BYE",
        "1030 bob --> alice 200 BYE",
    ]);
    wire.assert_quiescent();
}

/// A silent application has its 100 sent after 200 ms (RFC 3261 section 17.2.1), which ends the
/// retransmissions; a repeated INVITE gets the last provisional response again.
#[test]
fn trying_is_sent_for_an_application_that_takes_its_time() {
    let mut wire = Wire::new();
    let (id, request) = call(&mut wire);
    wire.run_until(Instant::from_millis(1_000));
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    wire.run_until(Instant::from_millis(1_100));
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "210 bob --> alice 100 INVITE",
        "1000 bob --> alice 486 INVITE",
        "1010 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// The ACK to a non-2xx is between the transactions (RFC 3261 section 17.1.1.3): neither
/// application sees it.
#[test]
fn busy_is_acknowledged_below_the_application() {
    let mut wire = Wire::new();
    let (id, request) = call(&mut wire);
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    let (_, busy, _) = wire.expect_response(ALICE);
    assert_eq!(busy.status(), StatusCode::BUSY_HERE);
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "10 bob --> alice 486 INVITE",
        "20 alice --> bob ACK",
    ]);
    // Timer I (T4) after the ACK.
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { .. }));
    assert_eq!(wire.now, Instant::from_millis(5_030));
    // Timer D (32 s) after the response.
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    assert_eq!(wire.now, Instant::from_millis(32_020));
    wire.assert_quiescent();
}

/// Timer A doubles without bound, Timer B ends it at 64 x T1.
#[test]
fn an_unanswered_invite_is_repeated_until_timer_b() {
    let mut wire = Wire::new();
    wire.weather = Box::new(|_, _| Fate::Lost);
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { id: ClientId(1), error: TransactionError::Timeout }
    ));
    assert_eq!(wire.now, Instant::from_secs(32));
    wire.assert_ladder(&[
        "0 alice --x bob INVITE",
        "500 alice --x bob INVITE",
        "1500 alice --x bob INVITE",
        "3500 alice --x bob INVITE",
        "7500 alice --x bob INVITE",
        "15500 alice --x bob INVITE",
        "31500 alice --x bob INVITE",
    ]);
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    wire.assert_quiescent();
}

/// Timer G repeats a final response until its ACK, Timer H gives up (RFC 3261 section 17.2.1).
#[test]
fn a_final_response_without_ack_is_repeated_until_timer_h() {
    let mut wire = Wire::new();
    let (id, request) = call(&mut wire);
    wire.weather = Box::new(|node, _| if node == ALICE { Fate::Lost } else { Fate::Arrives });
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    assert!(matches!(
        wire.expect(BOB),
        Delivery::ServerFailed { id: failed, error: TransactionError::Timeout } if failed == id
    ));
    assert_eq!(wire.now, Instant::from_millis(32_010));
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { .. }));
    let mut ladder = vec!["0 alice --> bob INVITE".to_owned()];
    for at in [10, 510, 1_510, 3_510, 7_510, 11_510, 15_510, 19_510, 23_510, 27_510, 31_510] {
        ladder.push(format!("{at} bob --> alice 486 INVITE"));
        ladder.push(format!("{} alice --x bob ACK", at + 10));
    }
    let ladder: Vec<&str> = ladder.iter().map(String::as_str).collect();
    wire.assert_ladder(&ladder);
    wire.assert_quiescent();
}

/// RFC 6026: the server transaction lives on after a 2xx, so that a repeated INVITE is no new
/// call, and each 2xx that the application repeats reaches the other application.
#[test]
fn a_2xx_is_repeated_by_the_application_until_its_ack() {
    let mut wire = Wire::new();
    let (id, request) = call(&mut wire);
    let ok = answer(&request, StatusCode::OK);
    wire.respond(BOB, id, ok.clone());
    wire.run_until(Instant::from_millis(510));
    wire.respond(BOB, id, ok);
    for _ in 0..2 {
        let (_, response, _) = wire.expect_response(ALICE);
        assert_eq!(response.status(), StatusCode::OK);
        acknowledge(&mut wire, &response);
    }
    for _ in 0..2 {
        wire.expect_ack(BOB);
    }
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "10 bob --> alice 200 INVITE",
        "510 bob --> alice 200 INVITE",
        "510 alice --> bob ACK",
        "520 alice --> bob ACK",
    ]);
    // Timers L and M, 64 x T1 after the first 2xx.
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { .. }));
    assert_eq!(wire.now, Instant::from_millis(32_010));
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    assert_eq!(wire.now, Instant::from_millis(32_020));
    wire.assert_quiescent();
}

/// RFC 6026 section 7.1: peers of RFC 2543 acknowledge a 2xx in the INVITE's own branch; their ACK
/// is for the application too.
#[test]
fn an_ack_to_a_2xx_in_the_branch_of_its_invite_goes_up() {
    let mut wire = Wire::new();
    let message = |method: &str| {
        raw(&[
            &format!("{method} sip:bob@192.0.2.2 SIP/2.0"),
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKold",
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            &format!("CSeq: 1 {method}"),
            "Content-Length: 0",
        ])
    };
    wire.inject(BOB, address(ALICE), message("INVITE"));
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.inject(BOB, address(ALICE), message("ACK"));
    assert_eq!(wire.expect_ack(BOB).method(), &Method::Ack);
    wire.assert_quiescent();
}

#[test]
fn an_invite_that_arrives_after_its_2xx_starts_nothing() {
    let mut wire = Wire::new();
    let mut first = true;
    wire.weather = Box::new(move |node, _| {
        if node == ALICE && std::mem::take(&mut first) {
            return Fate::Late(Duration::from_millis(600));
        }
        Fate::Arrives
    });
    let (id, request) = call(&mut wire);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.expect_response(ALICE);
    wire.run_until(Instant::from_secs(2));
    assert!(wire.deliveries(BOB).is_empty());
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "500 alice --> bob INVITE",
        "510 bob --> alice 200 INVITE",
    ]);
    wire.assert_quiescent();
}

/// An ACK that comes before there is anything to acknowledge changes nothing.
#[test]
fn an_ack_before_the_answer_is_stray() {
    let mut wire = Wire::new();
    let message = |method: &str| {
        raw(&[
            &format!("{method} sip:bob@192.0.2.2 SIP/2.0"),
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone",
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            &format!("CSeq: 1 {method}"),
        ])
    };
    wire.inject(BOB, address(ALICE), message("INVITE"));
    let (id, request, _) = wire.expect_request(BOB);
    wire.inject(BOB, address(ALICE), message("ACK"));
    let stray = Event::Dropped { source: address(ALICE), reason: DropReason::StrayAck };
    assert_eq!(wire.events(BOB), [stray]);
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    wire.inject(BOB, address(ALICE), message("ACK"));
    assert!(wire.events(BOB).is_empty(), "this one was waited for");
    assert!(wire.deliveries(BOB).is_empty());
    wire.assert_quiescent();
}
