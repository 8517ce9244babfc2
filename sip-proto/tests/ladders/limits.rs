//! Every limit of the endpoint, reached. (Those of one message are tested with the parser.)

use std::time::Duration;

use sip_proto::message::{HeaderName, Method};
use sip_proto::{
    ConnectionId, Delivery, DropReason, EndpointConfig, Event, Input, Instant, Limits, NextHop,
    StatusCode, TransactionError, TransmitError, TransportKind,
};

use crate::messages::{BOB_TCP_URI, answer, options, raw, request};
use crate::wire::{ALICE, BOB, TCP, UDP, Wire, address};

fn wire(limits: Limits) -> Wire {
    Wire::with(1, |_| EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() })
}

fn dropped_at(events: &[Event], limit: &str) -> bool {
    events.iter().any(|event| {
        matches!(event, Event::Dropped { reason: DropReason::Limit(name), .. } if *name == limit)
    })
}

#[test]
fn server_transactions_max() {
    let mut wire = wire(Limits { server_transactions_max: 1, ..Limits::default() });
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.request(ALICE, 2, options(), NextHop::ByMessage);
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.value(&HeaderName::RetryAfter).is_some());
    assert_eq!(wire.events(BOB), [Event::Rejected { source: address(ALICE), status: 503 }]);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_quiescent();
}

#[test]
fn client_transactions_max() {
    let mut wire = wire(Limits { client_transactions_max: 1, ..Limits::default() });
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.request(ALICE, 2, options(), NextHop::ByMessage);
    assert!(matches!(
        wire.deliveries(ALICE).as_slice(),
        [
            Delivery::ClientFailed { error: TransactionError::Limit, .. },
            Delivery::ClientEnded { .. }
        ]
    ));
}

/// A few large messages are as much as many small ones.
#[test]
fn transaction_bytes_max_of_requests() {
    let limits = Limits {
        transaction_bytes_max: 20_000,
        datagram_request_bytes_max: usize::MAX,
        ..Limits::default()
    };
    let mut wire = wire(limits);
    let large = || {
        let mut request = crate::messages::invite();
        request.set_body("text/plain", vec![b'x'; 15_000]);
        request
    };
    wire.request(ALICE, 1, large(), NextHop::ByMessage);
    let (id, invite, _) = wire.expect_request(BOB);
    for node in [ALICE, BOB] {
        let held = wire.endpoint(node).counts().transaction_bytes;
        assert!((15_000..16_000).contains(&held), "one copy: {held}");
    }

    wire.request(ALICE, 2, large(), NextHop::ByMessage);
    assert!(matches!(
        wire.deliveries(ALICE).as_slice(),
        [
            Delivery::ClientFailed { error: TransactionError::Limit, .. },
            Delivery::ClientEnded { .. }
        ]
    ));
    let body = "x".repeat(15_000);
    let refused = raw(&[
        "MESSAGE sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 MESSAGE",
        "",
        &body,
    ]);
    let source = "192.0.2.9:5060".parse().expect("an address");
    wire.inject(BOB, source, refused);
    assert_eq!(wire.events(BOB), [Event::Rejected { source, status: 503 }]);
    assert!(wire.log().contains("SIP/2.0 503"), "{}", wire.log());
    assert!(wire.log().contains("Retry-After: 5"), "{}", wire.log());

    // What is small still fits; and what was answered makes room.
    wire.request(ALICE, 3, options(), NextHop::ByMessage);
    let (small, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, small, answer(&request, StatusCode::OK));
    wire.respond(BOB, id, answer(&invite, StatusCode::BUSY_HERE));
    wire.run_for(Duration::from_millis(100));
    let held = wire.endpoint(BOB).counts().transaction_bytes;
    assert!((1..1_000).contains(&held), "a few headers: {held}");
    wire.assert_quiescent();
}

/// A response that does not fit is sent, but its retransmission is not answered.
#[test]
fn transaction_bytes_max_of_responses() {
    for (body_bytes, answers) in [(1_000, 2), (15_000, 1)] {
        let mut wire = wire(Limits { transaction_bytes_max: 10_000, ..Limits::default() });
        let request = raw(&[
            "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKraw",
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            "CSeq: 1 OPTIONS",
        ]);
        let source = "192.0.2.9:5060".parse().expect("an address");
        wire.inject(BOB, source, request.clone());
        let (id, options, _) = wire.expect_request(BOB);
        let mut response = answer(&options, StatusCode::OK);
        response.set_body("text/plain", vec![b'x'; body_bytes]);
        wire.respond(BOB, id, response);
        wire.inject(BOB, source, request);
        assert!(wire.deliveries(BOB).is_empty(), "a retransmission all the same");
        assert_eq!(wire.log().matches("SIP/2.0 200").count(), answers);
        assert!(wire.endpoint(BOB).counts().transaction_bytes < 10_000);
        wire.assert_quiescent();
    }
}

#[test]
fn dialled_connections_max() {
    let mut wire = wire(Limits { dialled_connections_max: 1, ..Limits::default() });
    wire.request(ALICE, 1, request(Method::Options, BOB_TCP_URI), NextHop::ByMessage);
    wire.request(
        ALICE,
        2,
        request(Method::Options, "sip:c@192.0.2.3;transport=tcp"),
        NextHop::ByMessage,
    );
    assert!(matches!(
        wire.deliveries(ALICE).as_slice(),
        [
            Delivery::ClientFailed { error: TransactionError::Limit, .. },
            Delivery::ClientEnded { .. }
        ]
    ));
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_quiescent();
}

#[test]
fn connections_max() {
    let mut wire = wire(Limits { connections_max: 1, ..Limits::default() });
    accept(&mut wire, 100, 8);
    accept(&mut wire, 101, 9);
    assert!(dropped_at(&wire.events(BOB), "connections_max"));
    assert_eq!(wire.endpoint(BOB).counts().connections, 1);
}

#[test]
fn connections_per_peer_max() {
    let mut wire = wire(Limits { connections_per_peer_max: 1, ..Limits::default() });
    accept(&mut wire, 1, 9);
    accept(&mut wire, 2, 9);
    assert!(dropped_at(&wire.events(BOB), "connections_per_peer_max"));
    accept(&mut wire, 3, 10);
    assert_eq!(wire.endpoint(BOB).counts().connections, 2);
    assert!(wire.log().contains("Close { connection: ConnectionId(2) }"));
    wire.assert_quiescent();
}

#[test]
fn connection_idle() {
    let mut wire = wire(Limits { connection_idle: Duration::from_secs(30), ..Limits::default() });
    let connection = accept(&mut wire, 1, 9);
    wire.run_until(Instant::from_secs(20));
    wire.input(BOB, Input::Received { connection, data: "\r\n\r\n".into() });
    wire.run_until(Instant::from_millis(49_999));
    assert_eq!(wire.endpoint(BOB).counts().connections, 1);
    wire.run_until(Instant::from_secs(50));
    assert_eq!(wire.endpoint(BOB).counts().connections, 0);
    wire.assert_quiescent();
}

/// One byte now and then makes no connection busy, and holds it for a while only.
#[test]
fn message_timeout() {
    let limits = Limits { message_timeout: Duration::from_secs(30), ..Limits::default() };
    let mut wire = wire(limits);
    let connection = accept(&mut wire, 1, 9);
    wire.input(BOB, Input::Received { connection, data: "\r\n\r\n".into() });
    let text = raw(&[
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]);
    let send = |wire: &mut Wire, at, data: &[u8]| {
        wire.run_until(Instant::from_secs(at));
        wire.input(BOB, Input::Received { connection, data: data.to_vec().into() });
    };
    // Whole within the time; what follows it begins anew.
    send(&mut wire, 100, &text[..10]);
    send(&mut wire, 129, &[&text[10..], &text[..1]].concat());
    assert_eq!(wire.deliveries(BOB).len(), 1);
    for at in 130..159 {
        send(&mut wire, at, &text[1..2]);
    }
    wire.run_until(Instant::from_millis(158_999));
    assert_eq!(wire.endpoint(BOB).counts().connections, 1);
    wire.run_until(Instant::from_secs(159));
    assert_eq!(wire.endpoint(BOB).counts().connections, 0);
    assert!(dropped_at(&wire.events(BOB), "message_timeout"));
}

/// Nor does it keep one from being idle.
#[test]
fn parts_of_a_message_do_not_keep_a_connection() {
    let mut wire = wire(Limits {
        connection_idle: Duration::from_secs(30),
        message_timeout: Duration::from_secs(60),
        first_message_timeout: Duration::from_secs(60),
        ..Limits::default()
    });
    let connection = accept(&mut wire, 1, 9);
    for at in 1..30 {
        wire.run_until(Instant::from_secs(at));
        wire.input(BOB, Input::Received { connection, data: "O".into() });
    }
    wire.run_until(Instant::from_secs(30));
    assert_eq!(wire.endpoint(BOB).counts().connections, 0);
    wire.assert_quiescent();
}

/// The destination that failed longest ago is forgotten; one that fails often takes one place.
#[test]
fn failed_destinations_max() {
    let mut wire = wire(Limits { failed_destinations_max: 2, ..Limits::default() });
    let peers = [77, 78, 79].map(|host| std::net::SocketAddr::from(([192, 0, 2, host], 5060)));
    for (id, peer) in (1..).zip(peers) {
        let next_hop = NextHop::Address { transport: TransportKind::Udp, address: peer };
        wire.request(ALICE, id, options(), next_hop);
    }
    for destination in [0, 1, 2, 2, 2].map(|peer| peers[peer]) {
        wire.run_for(Duration::from_millis(1));
        let error = TransmitError::Refused;
        wire.input(ALICE, Input::TransmitFailed { socket: UDP, destination, error });
    }
    wire.run_until(Instant::from_secs(1));
    let failed: Vec<_> = wire
        .deliveries(ALICE)
        .into_iter()
        .filter_map(|delivery| match delivery {
            Delivery::ClientFailed { id, error } => Some((id.0, error)),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [2, 3].map(|id| (id, TransactionError::Transport)));
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { error: TransactionError::Timeout, .. }
    ));
    wire.assert_quiescent();
}

/// Who waits for an answer on a connection has a use for it.
#[test]
fn a_connection_in_use_is_not_idle() {
    let mut wire = wire(Limits { connection_idle: Duration::from_secs(30), ..Limits::default() });
    wire.request(ALICE, 1, request(Method::Invite, BOB_TCP_URI), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    wire.run_until(Instant::from_secs(25));
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.run_until(Instant::from_secs(50));
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::RINGING);
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::BUSY_HERE);
    wire.assert_quiescent();
}

/// Too large a header is answered 513, too large a body 413, as far as the headers can be read.
#[test]
fn message_sizes() {
    let small = Limits {
        header_bytes_max: 600,
        body_bytes_max: 20,
        header_count_max: 10,
        header_value_bytes_max: 100,
        ..Limits::default()
    };
    let head = [
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
    ];
    let value = format!("X: {}", "x".repeat(101));
    let many = ["X: x"; 11];
    let bytes = vec![format!("X: {}", "x".repeat(90)); 8];
    let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
    let body = ["Content-Length: 21", "", "123456789012345678901"];
    for (extra, status) in [(&[value.as_str()][..], 513), (&many, 513), (&bytes, 513), (&body, 413)]
    {
        let mut wire = wire(small.clone());
        wire.inject(BOB, address(ALICE), raw(&[&head[..], extra].concat()));
        assert_eq!(
            wire.events(BOB),
            [Event::Rejected { source: address(ALICE), status }],
            "{extra:?}"
        );
        wire.assert_quiescent();
    }
}

#[test]
fn merged_requests_are_refused_where_that_is_asked_for() {
    for (merged_requests, expected) in [(false, 2), (true, 1)] {
        let mut wire =
            Wire::with(1, |_| EndpointConfig { merged_requests, ..EndpointConfig::default() });
        // The same request over two paths: two branches.
        wire.request(ALICE, 1, options(), NextHop::ByMessage);
        wire.request(ALICE, 2, options(), NextHop::ByMessage);
        wire.run_for(Duration::from_millis(50));
        let delivered = wire.deliveries(BOB);
        assert_eq!(delivered.len(), expected);
        let loops = wire.deliveries(ALICE).into_iter().any(|delivery| {
            matches!(delivery, Delivery::Response { response, .. }
                if response.status() == StatusCode::LOOP_DETECTED)
        });
        assert_eq!(loops, merged_requests);
    }
}

fn accept(wire: &mut Wire, number: u64, host: u8) -> ConnectionId {
    let connection = ConnectionId::accepted(number);
    let peer = std::net::SocketAddr::from(([192, 0, 2, host], 9_000 + number as u16));
    let (listener, local, identity) = (TCP, address(BOB), Default::default());
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    connection
}

/// Who connects and says nothing must not hold a place for long; a keep-alive is enough to stay.
#[test]
fn first_message_timeout() {
    let mut wire =
        wire(Limits { first_message_timeout: Duration::from_secs(5), ..Limits::default() });
    let received = |data: &'static [u8], connection| Input::Received {
        connection,
        data: bytes::Bytes::from_static(data),
    };
    let silent = accept(&mut wire, 1, 9);
    let lively = accept(&mut wire, 2, 9);
    let slow = accept(&mut wire, 3, 9);
    wire.input(BOB, received(b"\r\n\r\n", lively));
    wire.run_for(Duration::from_secs(4));
    wire.input(BOB, received(b"OPTIONS sip:", slow));
    assert!(!wire.log().contains("Close"));
    wire.run_for(Duration::from_secs(2));
    for (connection, is_closed) in [(silent, true), (lively, false), (slow, true)] {
        let closed = format!("Close {{ connection: {connection:?} }}");
        assert_eq!(wire.log().contains(&closed), is_closed, "{connection:?}");
    }
    assert!(dropped_at(&wire.events(BOB), "first_message_timeout"));
    wire.assert_quiescent();
}
