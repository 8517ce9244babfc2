//! RFC 3261 section 9: CANCEL.

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method, To};
use sip_proto::{ClientId, Command, Delivery, Instant, NextHop, StatusCode, TransactionError};

use crate::messages::{answer, invite, raw};
use crate::wire::{ALICE, BOB, Fate, Wire, address};

fn cancel(wire: &mut Wire) {
    let reason = Some(Bytes::from_static(b"SIP;cause=200;text=\"Call completed elsewhere\""));
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason });
}

#[test]
fn a_ringing_call_is_cancelled() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    cancel(&mut wire);
    match wire.expect(BOB) {
        Delivery::Cancel { id: cancelled, request } => {
            assert_eq!(cancelled, id);
            let reason = request.value(&HeaderName::Reason).expect("a Reason");
            assert!(reason.starts_with(b"SIP;cause=200"));
        }
        other => panic!("a CANCEL is expected, not {other:?}"),
    }
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::REQUEST_TERMINATED);
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "10 bob --> alice 180 INVITE",
        "20 alice --> bob CANCEL",
        "30 bob --> alice 200 CANCEL",
        "30 bob --> alice 487 INVITE",
        "40 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// RFC 3261 section 9.1: no CANCEL before a provisional response.
#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    cancel(&mut wire);
    let (id, request, _) = wire.expect_request(BOB);
    // The automatic 100 is provisional enough.
    assert!(matches!(wire.expect(BOB), Delivery::Cancel { id: cancelled, .. } if cancelled == id));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    wire.run_until(Instant::from_secs(1));
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "210 bob --> alice 100 INVITE",
        "220 alice --> bob CANCEL",
        "230 bob --> alice 200 CANCEL",
        "230 bob --> alice 487 INVITE",
        "240 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

#[test]
fn a_final_response_makes_a_held_cancel_moot() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    cancel(&mut wire);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    wire.run_until(Instant::from_secs(1));
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "10 bob --> alice 486 INVITE",
        "20 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// RFC 3261 section 9.2: too late is answered 200 all the same, and the application is not
/// bothered.
#[test]
fn a_cancel_that_crosses_the_2xx_has_no_effect() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    cancel(&mut wire);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.run_until(Instant::from_secs(1));
    assert!(wire.deliveries(BOB).is_empty());
    wire.assert_ladder(&[
        "0 alice --> bob INVITE",
        "10 bob --> alice 180 INVITE",
        "20 alice --> bob CANCEL",
        "20 bob --> alice 200 INVITE",
        "30 bob --> alice 200 CANCEL",
    ]);
    wire.assert_quiescent();
}

/// RFC 3261 section 9.1: 64 x T1 after the CANCEL, the INVITE counts as cancelled.
#[test]
fn a_cancelled_invite_that_is_never_answered_times_out() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    cancel(&mut wire);
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { id: ClientId(1), error: TransactionError::Timeout }
    ));
    assert_eq!(wire.now, Instant::from_millis(32_020));
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    wire.assert_quiescent();
}

/// A terminated INVITE is forgotten; its CANCEL is not, or a lost one would leave a phone ringing.
#[test]
fn a_cancel_survives_the_end_of_its_invite() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    let mut first = true;
    wire.weather = Box::new(move |node, _| {
        if node == ALICE && std::mem::take(&mut first) {
            return Fate::Lost;
        }
        Fate::Arrives
    });
    cancel(&mut wire);
    wire.command(ALICE, Command::Terminate { id: ClientId(1) });
    assert!(matches!(wire.expect(BOB), Delivery::Cancel { .. }));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    wire.run_until(Instant::from_secs(1));
    wire.assert_ladder(
        &[
            "0 alice --> bob INVITE",
            "10 bob --> alice 180 INVITE",
            "20 alice --x bob CANCEL",
            "520 alice --> bob CANCEL",
            "530 bob --> alice 200 CANCEL",
            "530 bob --> alice 487 INVITE",
            "1030 bob --> alice 487 INVITE",
        ][..6],
    );
    wire.assert_quiescent();
}

/// The 200 to a CANCEL has the To tag of the INVITE's own responses (RFC 3261 section 9.2), and a
/// repeated CANCEL is answered again without a word to the application.
#[test]
fn a_repeated_cancel_is_answered_again() {
    let mut wire = Wire::new();
    let via = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKraw";
    let rest = [
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ];
    let message = |method: &str| {
        let start = format!("{method} sip:bob@192.0.2.2 SIP/2.0");
        let cseq = format!("CSeq: 1 {method}");
        raw(&[&[start.as_str(), via, cseq.as_str()], &rest[..]].concat())
    };
    wire.inject(BOB, address(ALICE), message("INVITE"));
    let (id, request, _) = wire.expect_request(BOB);
    assert_eq!(request.method(), &Method::Invite);
    wire.inject(BOB, address(ALICE), message("CANCEL"));
    wire.inject(BOB, address(ALICE), message("CANCEL"));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    assert!(matches!(wire.deliveries(BOB).as_slice(), [Delivery::Cancel { .. }]));
    wire.assert_ladder(&[
        "0 bob --> alice 200 CANCEL",
        "0 bob --> alice 200 CANCEL",
        "0 bob --> alice 487 INVITE",
    ]);
    let tags: Vec<&str> = wire
        .log()
        .split("tag=")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default())
        .filter(|tag| *tag != "1")
        .collect();
    assert!(tags.len() >= 3 && tags.windows(2).all(|pair| pair[0] == pair[1]), "{tags:?}");
    let to = request.require::<To<'_>>().expect("a To");
    assert!(to.tag().is_none());
}

/// RFC 3261 sections 9.2 and 17.2.2: a CANCEL has a transaction of its own, and the same answer when
/// the INVITE's is over (Timer I after its ACK).
#[test]
fn a_cancel_is_answered_alike_after_its_invite() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    // All answers to the CANCEL are lost, for ten seconds.
    wire.weather = Box::new(|node, transmit| {
        let answers_cancel = transmit.data.windows(8).any(|window| window == b"1 CANCEL");
        if node == BOB && answers_cancel { Fate::Lost } else { Fate::Arrives }
    });
    cancel(&mut wire);
    assert!(matches!(wire.expect(BOB), Delivery::Cancel { .. }));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { id: ended } if ended == id));
    wire.run_until(Instant::from_secs(10));
    wire.weather = Box::new(|_, _| Fate::Arrives);
    wire.run_until(Instant::from_secs(14));
    assert!(wire.deliveries(BOB).is_empty());
    assert!(!wire.log().contains("SIP/2.0 481"));
    wire.assert_quiescent();
}

#[test]
fn a_cancel_for_nothing_is_answered_481() {
    let mut wire = Wire::new();
    wire.inject(
        BOB,
        address(ALICE),
        raw(&[
            "CANCEL sip:bob@192.0.2.2 SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKnone",
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            "CSeq: 1 CANCEL",
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]),
    );
    wire.assert_ladder(&["0 bob --> alice 481 CANCEL"]);
    wire.assert_quiescent();
}
