//! RFC 3261 section 18.1.1: what is too large for a datagram goes over TCP, and as a datagram after
//! all where nobody takes connections.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sip_proto::message::{HeaderName, Method, Via};
use sip_proto::transport::FlowId;
use sip_proto::{
    ClientId, Command, Delivery, EndpointConfig, Limits, NextHop, Request, StatusCode,
    TransactionError, TransportKind,
};

use crate::messages::{BOB_URI, answer, options, request};
use crate::wire::{ALICE, BOB, Door, Fate, UDP, Wire, address};

fn large(method: Method) -> Request {
    large_to(method, BOB_URI)
}

fn large_to(method: Method, uri: &'static str) -> Request {
    let mut large = request(method, uri);
    large.set_body("text/plain", vec![b'x'; 1_300]);
    large
}

fn wire_with(datagram_request_bytes_max: usize) -> Wire {
    let limits = Limits { datagram_request_bytes_max, ..Limits::default() };
    Wire::with(1, |_| EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() })
}

fn via(request: &Request) -> Via<'_> {
    request.require::<Via<'_>>().expect("a Via")
}

#[test]
fn a_large_call_goes_over_tcp_with_all_that_belongs_to_it() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, large(Method::Invite), NextHop::ByMessage);
    let (id, invite, source) = wire.expect_request(BOB);
    assert_eq!((via(&invite).transport, source.transport), ("TCP", TransportKind::Tcp));
    assert!(!via(&invite).params.has("rport"));
    wire.respond(BOB, id, answer(&invite, StatusCode::RINGING));
    wire.expect_response(ALICE);
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    assert!(matches!(wire.expect(BOB), Delivery::Cancel { .. }));
    wire.respond(BOB, id, answer(&invite, StatusCode::REQUEST_TERMINATED));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::REQUEST_TERMINATED);
    wire.run_for(Duration::from_millis(100));
    wire.assert_ladder(&[
        "0 alice ==> bob INVITE",
        "20 bob ==> alice 180 INVITE",
        "30 alice ==> bob CANCEL",
        "40 bob ==> alice 200 CANCEL",
        "40 bob ==> alice 487 INVITE",
        "50 alice ==> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// The limit is of what leaves, our Via included.
#[test]
fn datagram_request_bytes_max() {
    let sent_bytes = Rc::new(Cell::new(0));
    let mut wire = wire_with(usize::MAX);
    let seen = Rc::clone(&sent_bytes);
    wire.weather = Box::new(move |_, transmit| {
        seen.set(transmit.data.len());
        Fate::Lost
    });
    wire.request(ALICE, 1, large(Method::Options), NextHop::ByMessage);
    wire.assert_ladder(&["0 alice --x bob OPTIONS"]);
    for (max, arrow) in [(sent_bytes.get(), "-->"), (sent_bytes.get() - 1, "==>")] {
        let mut wire = wire_with(max);
        wire.request(ALICE, 1, large(Method::Options), NextHop::ByMessage);
        wire.assert_ladder(&[&format!("0 alice {arrow} bob OPTIONS")]);
    }
}

/// The second attempt is a transaction with a branch of its own, which the application does not
/// see; and the peer is not asked again for a while.
#[test]
fn a_peer_without_tcp_gets_a_datagram_after_all() {
    for method in [Method::Invite, Method::Options] {
        let mut wire = Wire::new();
        wire.set_door(BOB, Door::Refuses);
        wire.request(ALICE, 1, large(method.clone()), NextHop::ByMessage);
        let (id, received, source) = wire.expect_request(BOB);
        assert_eq!((via(&received).transport, source.transport), ("UDP", TransportKind::Udp));
        wire.respond(BOB, id, answer(&received, StatusCode::BUSY_HERE));
        assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::BUSY_HERE);
        wire.run_for(Duration::from_secs(60));
        assert!(matches!(
            wire.deliveries(ALICE).as_slice(),
            [Delivery::ClientEnded { id: ClientId(1) }]
        ));
        let ladder = wire.take_ladder();
        assert_eq!(ladder[0], format!("0 alice ==> bob {method}"));
        assert_eq!(ladder[1], format!("10 alice --> bob {method}"));
        wire.assert_quiescent();
        let branches: Vec<&str> =
            wire.log().split("branch=").skip(1).filter_map(|it| it.split(';').next()).collect();
        assert_ne!(branches[0], branches[1]);
    }
}

#[test]
fn a_peer_that_refused_is_asked_again_after_five_minutes() {
    let mut wire = Wire::new();
    wire.set_door(BOB, Door::Refuses);
    for (wait_s, expected) in [
        (60, &["alice ==> bob OPTIONS", "alice --> bob OPTIONS"][..]),
        (300, &["alice --> bob OPTIONS"]),
        (1, &["alice ==> bob OPTIONS", "alice --> bob OPTIONS"]),
    ] {
        wire.request(ALICE, 1, large(Method::Options), NextHop::ByMessage);
        let (id, received, _) = wire.expect_request(BOB);
        wire.respond(BOB, id, answer(&received, StatusCode::OK));
        wire.run_for(Duration::from_secs(wait_s));
        wire.deliveries(ALICE);
        wire.deliveries(BOB);
        let ladder = wire.take_ladder().join("\n");
        for line in expected {
            assert!(ladder.contains(line), "{ladder}");
        }
        assert_eq!(ladder.lines().count(), expected.len() + 1, "{ladder}");
    }
}

/// A firewall that drops in silence is not asked for longer than `Limits::connect_timeout`.
#[test]
fn a_silent_door_delays_but_does_not_fail() {
    let mut wire = Wire::new();
    wire.set_door(BOB, Door::Silent);
    wire.request(ALICE, 1, large(Method::Invite), NextHop::ByMessage);
    let (id, invite, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&invite, StatusCode::BUSY_HERE));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::BUSY_HERE);
    wire.run_for(Duration::from_millis(100));
    wire.assert_ladder(&[
        "0 alice ==> bob INVITE",
        "2000 alice --> bob INVITE",
        "2010 bob --> alice 486 INVITE",
        "2020 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// What reached the peer is not sent again: only "the attempt to establish the connection" counts.
#[test]
fn a_connection_that_was_open_is_not_fallen_back_from() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, large(Method::Options), NextHop::ByMessage);
    wire.expect_request(BOB);
    wire.reset_connections(ALICE);
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { error: TransactionError::Transport, .. }
    ));
    wire.assert_ladder(&["0 alice ==> bob OPTIONS"]);
}

/// Who cancels before anybody was reached wants no second attempt.
#[test]
fn a_cancelled_call_does_not_fall_back() {
    let mut wire = Wire::new();
    wire.set_door(BOB, Door::Refuses);
    wire.request(ALICE, 1, large(Method::Invite), NextHop::ByMessage);
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { error: TransactionError::Transport, .. }
    ));
    wire.assert_ladder(&["0 alice ==> bob INVITE"]);
    wire.assert_quiescent();
}

/// The rule knows no exception for `transport=udp`, but a flow reaches a phone behind a NAT that
/// no connection does, and who names address and transport has chosen.
#[test]
fn what_the_rule_is_for() {
    let udp = NextHop::Address { transport: TransportKind::Udp, address: address(BOB) };
    let flow = FlowId::Datagram { socket: UDP, peer: address(BOB) };
    for (uri, next_hop, arrow) in [
        ("sip:bob@192.0.2.2;transport=udp", NextHop::ByMessage, "==>"),
        ("sip:bob@peer.example", NextHop::ByMessage, "==>"),
        (BOB_URI, NextHop::Uri("sip:192.0.2.2".into()), "==>"),
        (BOB_URI, udp, "-->"),
        (BOB_URI, NextHop::Flow(flow), "-->"),
        (BOB_URI, NextHop::FlowOrMessage(flow), "-->"),
    ] {
        let mut wire = Wire::with(1, |_| EndpointConfig {
            hosts: vec![("peer.example".to_owned(), address(BOB).ip())],
            ..EndpointConfig::default()
        });
        wire.request(ALICE, 1, large_to(Method::Options, uri), next_hop.clone());
        wire.assert_ladder(&[&format!("0 alice {arrow} bob OPTIONS")]);
    }
    let mut wire = Wire::new();
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.assert_ladder(&["0 alice --> bob OPTIONS"]);
}

/// A name may have further targets: the fallback comes before them, and has them too.
#[test]
fn a_name_falls_back_before_it_fails_over() {
    let mut wire = Wire::with(1, |_| EndpointConfig {
        hosts: vec![
            ("peer.example".to_owned(), address(BOB).ip()),
            ("peer.example".to_owned(), "192.0.2.9".parse().expect("an address")),
        ],
        ..EndpointConfig::default()
    });
    wire.set_door(BOB, Door::Refuses);
    let large = large_to(Method::Options, "sip:bob@peer.example");
    wire.request(ALICE, 1, large, NextHop::ByMessage);
    let (id, received, source) = loop {
        match wire.expect(BOB) {
            Delivery::Request { id, request, source } => break (id, request, source),
            _ => continue,
        }
    };
    assert_eq!(source.transport, TransportKind::Udp);
    wire.respond(BOB, id, answer(&received, StatusCode::OK));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::OK);
    wire.assert_quiescent();
}

/// Without a transaction, too (RFC 3261 section 16.11), and an ACK to a 2xx.
#[test]
fn a_stateless_request_switches_and_falls_back() {
    for (door, expected) in [
        (Door::Open, &["0 alice ==> bob ACK"][..]),
        (Door::Refuses, &["0 alice ==> bob ACK", "10 alice --> bob ACK"]),
    ] {
        let mut wire = Wire::new();
        wire.set_door(BOB, door);
        let mut ack = large(Method::Ack);
        ack.replace_front(HeaderName::To, "<sip:bob@example.com>;tag=bob1");
        wire.command(ALICE, Command::SendRequest { request: ack, next_hop: NextHop::ByMessage });
        let ack = wire.expect_ack(BOB);
        let transport = if door == Door::Open { "TCP" } else { "UDP" };
        assert_eq!(via(&ack).transport, transport);
        wire.assert_ladder(expected);
        wire.assert_quiescent();
    }
}
