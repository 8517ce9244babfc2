//! RFC 3261 section 18 over TCP: dialling, reuse, framing, and what happens when it breaks.

use std::time::Duration;

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::transport::FlowId;
use sip_proto::{
    ClientId, CloseReason, Command, ConnectionId, Delivery, DropReason, EndpointConfig, Event,
    Input, Instant, Limits, NextHop, ParseErrorKind, StatusCode, TransactionError, TransportKind,
};

use crate::messages::{ALICE_URI, BOB_TCP_URI, answer, request};
use crate::wire::{ALICE, BOB, Door, TCP, UDP, Wire, address};

fn to_bob(method: Method) -> sip_proto::Request {
    request(method, BOB_TCP_URI)
}

#[test]
fn a_request_dials_and_its_answer_comes_back_on_the_same_connection() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Register), NextHop::ByMessage);
    let (id, request, source) = wire.expect_request(BOB);
    assert_eq!(source.transport, TransportKind::Tcp);
    assert_eq!(source.local, address(BOB));
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    // Timer J is zero: the transport repeats what is lost.
    assert!(matches!(wire.expect(BOB), Delivery::ServerEnded { .. }));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::OK);
    assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    wire.assert_ladder(&["0 alice ==> bob REGISTER", "20 bob ==> alice 200 REGISTER"]);
    assert_eq!(wire.now, Instant::from_millis(30));

    // The connection is left for the next one, and closed when nobody wants it.
    wire.request(ALICE, 2, to_bob(Method::Options), NextHop::ByMessage);
    let (id, request, second) = wire.expect_request(BOB);
    assert_eq!(second.flow, source.flow);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_quiescent();
    let dialled = ConnectionId::dialled(0);
    let events = wire.events(ALICE);
    assert!(matches!(
        events.as_slice(),
        [
            Event::ConnectionOpened { connection: opened, peer },
            Event::ConnectionClosed { connection: closed, .. }
        ] if (*opened, *closed, *peer) == (dialled, dialled, address(BOB))
    ));
}

/// What bob sends to the address that alice's connection comes from, or over the flow of her
/// REGISTER, takes that connection: it may be the only way to her.
#[test]
fn a_connection_is_reused_by_the_accepting_side() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Register), NextHop::ByMessage);
    let (id, register, source) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&register, StatusCode::OK));
    wire.set_door(ALICE, Door::Refuses);
    let by_address = NextHop::Address { transport: TransportKind::Tcp, address: source.remote };
    for (id, next_hop) in [(7, by_address), (8, NextHop::Flow(source.flow))] {
        wire.request(BOB, id, request(Method::Options, ALICE_URI), next_hop);
        let (server, options, _) = loop {
            match wire.expect(ALICE) {
                Delivery::Request { id, request, source } => break (id, request, source),
                _ => continue,
            }
        };
        wire.respond(ALICE, server, answer(&options, StatusCode::OK));
    }
    wire.run_to_the_end();
    let answered = wire
        .deliveries(BOB)
        .iter()
        .filter(|delivery| matches!(delivery, Delivery::Response { .. }))
        .count();
    assert_eq!(answered, 2);
    assert!(!wire.log().contains("bob Connect"));
    wire.assert_quiescent();
}

/// Both dial at the same time: there are two connections, each request is answered on its own, and
/// both are left for later requests.
#[test]
fn who_dial_each_other_at_once_are_both_answered() {
    let mut wire = Wire::new();
    let to_alice = NextHop::Address { transport: TransportKind::Tcp, address: address(ALICE) };
    wire.request(ALICE, 1, to_bob(Method::Options), NextHop::ByMessage);
    wire.request(BOB, 1, request(Method::Options, ALICE_URI), to_alice);
    for (server, client) in [(BOB, ALICE), (ALICE, BOB)] {
        let (id, options, _) = wire.expect_request(server);
        wire.respond(server, id, answer(&options, StatusCode::OK));
        assert!(matches!(wire.expect(server), Delivery::ServerEnded { .. }));
        assert!(wire.endpoint(client).counts().connections <= 2);
    }
    for node in [ALICE, BOB] {
        assert_eq!(wire.expect_response(node).1.status(), StatusCode::OK);
        assert_eq!(wire.endpoint(node).counts().connections, 2);
    }
    assert_eq!(wire.log().matches(" Connect {").count(), 2);
    wire.assert_quiescent();
}

#[test]
fn a_stream_may_arrive_byte_by_byte() {
    let mut wire = Wire::new();
    wire.piece_bytes = 1;
    wire.request(ALICE, 1, to_bob(Method::Invite), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    for status in [StatusCode::RINGING, StatusCode::BUSY_HERE] {
        assert_eq!(wire.expect_response(ALICE).1.status(), status);
    }
    wire.run_for(Duration::from_millis(100));
    wire.assert_ladder(&[
        "0 alice ==> bob INVITE",
        "20 bob ==> alice 180 INVITE",
        "20 bob ==> alice 486 INVITE",
        "30 alice ==> bob ACK",
    ]);
    wire.assert_quiescent();
}

#[test]
fn a_refused_connection_fails_its_transactions_at_once() {
    let mut wire = Wire::new();
    wire.set_door(BOB, Door::Refuses);
    wire.request(ALICE, 1, to_bob(Method::Register), NextHop::ByMessage);
    wire.request(ALICE, 2, to_bob(Method::Invite), NextHop::ByMessage);
    for id in [ClientId(1), ClientId(2)] {
        assert!(matches!(
            wire.expect(ALICE),
            Delivery::ClientFailed { id: failed, error: TransactionError::Transport }
                if failed == id
        ));
        assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { id: ended } if ended == id));
    }
    assert_eq!(wire.now, Instant::from_millis(10));
    wire.assert_quiescent();
}

#[test]
fn a_connection_that_does_not_open_is_given_up() {
    let mut wire = Wire::new();
    wire.set_door(BOB, Door::Silent);
    wire.request(ALICE, 1, to_bob(Method::Register), NextHop::ByMessage);
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { error: TransactionError::Transport, .. }
    ));
    assert_eq!(wire.now, Instant::ZERO + Limits::default().connect_timeout);
    wire.assert_quiescent();
}

#[test]
fn a_connection_that_breaks_fails_what_waits_for_an_answer() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Register), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.reset_connections(ALICE);
    assert!(matches!(
        wire.expect(ALICE),
        Delivery::ClientFailed { id: ClientId(1), error: TransactionError::Transport }
    ));
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_quiescent();
}

/// RFC 3261 section 18.2.2: the response goes out on a new connection to where the request came
/// from, at the port in its Via; and so does the ACK to it.
#[test]
fn a_call_survives_the_end_of_its_connection() {
    for status in [StatusCode::OK, StatusCode::BUSY_HERE] {
        let mut wire = Wire::new();
        wire.request(ALICE, 1, to_bob(Method::Invite), NextHop::ByMessage);
        let (id, request, _) = wire.expect_request(BOB);
        wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
        let (_, _, first) = wire.expect_response(ALICE);
        wire.reset_connections(BOB);
        wire.run_for(Duration::from_secs(60));
        assert!(wire.deliveries(ALICE).is_empty(), "it still rings");
        // Nobody can be dialled at bob's: the connection that he opens is the one way to him.
        wire.set_door(BOB, Door::Refuses);
        wire.respond(BOB, id, answer(&request, status));
        let (_, response, second) = wire.expect_response(ALICE);
        assert_eq!(response.status(), status);
        assert_ne!(first.flow, second.flow);
        wire.run_to_the_end();
        let failed = |delivery: &Delivery| {
            matches!(delivery, Delivery::ClientFailed { .. } | Delivery::ServerFailed { .. })
        };
        assert!(!wire.deliveries(ALICE).iter().any(failed));
        assert!(status.is_success() || !wire.deliveries(BOB).iter().any(failed), "acknowledged");
        wire.assert_quiescent();
    }
}

#[test]
fn a_request_that_is_being_worked_on_survives_the_end_of_its_connection() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Subscribe), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::new(183).expect("a status")));
    wire.expect_response(ALICE);
    wire.reset_connections(ALICE);
    wire.run_for(Duration::from_secs(10));
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::OK);
    wire.assert_quiescent();
}

/// RFC 3261 section 9.1: the CANCEL goes to where the INVITE went, over a new connection if need
/// be.
#[test]
fn a_call_can_be_cancelled_after_its_connection() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Invite), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    wire.reset_connections(ALICE);
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    assert!(matches!(wire.expect(BOB), Delivery::Cancel { id: cancelled, .. } if cancelled == id));
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    assert_eq!(wire.expect_response(ALICE).1.status(), StatusCode::REQUEST_TERMINATED);
    wire.assert_quiescent();
}

#[test]
fn a_response_that_reaches_nobody_fails_its_transaction() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, to_bob(Method::Invite), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.reset_connections(BOB);
    wire.set_door(ALICE, Door::Refuses);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    assert!(matches!(
        wire.expect(BOB),
        Delivery::ServerFailed { id: failed, error: TransactionError::Transport } if failed == id
    ));
    wire.assert_quiescent();
}

/// RFC 5626 section 4.4.1: a double CRLF is answered with one.
#[test]
fn a_keep_alive_is_answered() {
    let mut wire = Wire::new();
    let connection = accept(&mut wire, 1, 9_000);
    wire.input(BOB, Input::Received { connection, data: Bytes::from_static(b"\r\n\r\n") });
    assert!(wire.log().contains(r#"Write { connection: ConnectionId(1), data: b"\r\n" }"#));
    wire.assert_quiescent();
}

/// Who sends keep-alives and never reads has one answer waiting, not thousands.
#[test]
fn unread_keep_alives_do_not_pile_up() {
    let mut wire = Wire::new();
    wire.flushes = false;
    let connection = accept(&mut wire, 1, 9_000);
    let pings = Bytes::from(b"\r\n\r\n".repeat(1_000));
    wire.input(BOB, Input::Received { connection, data: pings.clone() });
    wire.input(BOB, Input::Received { connection, data: pings.clone() });
    assert_eq!(wire.log().matches("Write").count(), 1);
    wire.input(BOB, Input::Flushed { connection, queued_bytes: 0 });
    wire.input(BOB, Input::Received { connection, data: pings });
    assert_eq!(wire.log().matches("Write").count(), 2);
}

/// A request that breaks the framing is still answered, but the stream is lost (RFC 3261
/// section 18.3).
#[test]
fn a_stream_that_loses_its_frame_is_answered_and_closed() {
    let mut wire = Wire::new();
    let connection = accept(&mut wire, 1, 9_000);
    let data = crate::messages::raw(&[
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Content-Length: nonsense",
    ]);
    wire.input(BOB, Input::Received { connection, data });
    wire.assert_ladder(&["0 bob ==> alice 400 OPTIONS"]);
    assert!(wire.log().contains("Close { connection: ConnectionId(1) }"));
    // What still arrives is nobody's.
    wire.input(BOB, Input::Received { connection, data: Bytes::from_static(b"OPTIONS ") });
    wire.assert_quiescent();

    let connection = accept(&mut wire, 2, 9_001);
    let garbage = Bytes::from_static(b"GET / HTTP/1.1\r\nHost: bob\r\n\r\n");
    wire.input(BOB, Input::Received { connection, data: garbage });
    let dropped = wire.events(BOB).into_iter().any(|event| {
        matches!(event, Event::Dropped { reason: DropReason::Malformed(kind), .. }
            if matches!(kind, ParseErrorKind::StartLine | ParseErrorKind::ContentLength))
    });
    assert!(dropped);
    wire.assert_quiescent();
}

#[test]
fn what_nobody_opened_is_ignored() {
    let mut wire = Wire::new();
    let connection = ConnectionId::accepted(77);
    wire.input(BOB, Input::Received { connection, data: Bytes::from_static(b"\r\n\r\n") });
    wire.input(BOB, Input::Flushed { connection, queued_bytes: 5 });
    wire.input(BOB, Input::Closed { connection, reason: CloseReason::Reset });
    let local = address(BOB);
    wire.input(BOB, Input::Connected { connection, local, identity: Default::default() });
    wire.request(BOB, 1, to_bob(Method::Options), NextHop::Flow(FlowId::Stream { connection }));
    assert!(matches!(
        wire.expect(BOB),
        Delivery::ClientFailed { error: TransactionError::Transport, .. }
    ));
    let socket = sip_proto::SocketId(9);
    let data = Bytes::from_static(b"x");
    wire.input(BOB, Input::Datagram { socket, source: address(ALICE), local: None, data });
    assert!(wire.events(BOB).is_empty());
    // An accepted connection of an unknown listener cannot be of any use.
    let (listener, peer, identity) = (socket, local, Default::default());
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    wire.assert_quiescent();
}

/// Who listens on all addresses is known to each peer by the one that it reached.
#[test]
fn a_listener_on_all_addresses_is_known_by_the_one_that_was_reached() {
    let mut wire = Wire::new();
    let any = "0.0.0.0:5060".parse().expect("an address");
    let (listener, transport) = (sip_proto::SocketId(7), TransportKind::Tcp);
    wire.input(BOB, Input::Opened { socket: listener, transport, local: any, advertised: None });
    let (connection, identity) = (ConnectionId::accepted(1), Default::default());
    let local = "203.0.113.5:5060".parse().expect("an address");
    let peer = "192.0.2.9:9000".parse().expect("an address");
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    let data = crate::messages::raw(&[
        "OPTIONS sip:bob@203.0.113.5 SIP/2.0",
        "Via: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]);
    wire.input(BOB, Input::Received { connection, data });
    assert_eq!(wire.expect_request(BOB).2.local, local);
}

#[test]
fn a_reader_that_never_reads_is_cut_off() {
    let limits = Limits { write_queue_bytes_max: 1_000, ..Limits::default() };
    let mut wire =
        Wire::with(1, |_| EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() });
    wire.flushes = false;
    for id in 0..10 {
        wire.request(ALICE, id, to_bob(Method::Options), NextHop::ByMessage);
    }
    let failed = wire
        .deliveries(ALICE)
        .iter()
        .filter(|delivery| {
            matches!(delivery, Delivery::ClientFailed { error: TransactionError::Transport, .. })
        })
        .count();
    assert!(failed > 1, "all that used the connection fail, not only the last: {failed}");
    assert!(wire.log().contains("Close { connection: ConnectionId(9223372036854775808) }"));
    wire.run_to_the_end();
    assert_eq!(wire.endpoint(ALICE).counts(), sip_proto::Counts::default());
}

/// A datagram socket takes no connections, and a stream transport nobody listens on has none.
#[test]
fn only_what_is_there_can_be_used() {
    let mut wire = Wire::new();
    for transport in [TransportKind::Wss, TransportKind::Ws, TransportKind::Wss] {
        let next_hop = NextHop::Address { transport, address: address(BOB) };
        wire.request(ALICE, 1, to_bob(Method::Options), next_hop);
        assert!(matches!(
            wire.expect(ALICE),
            Delivery::ClientFailed { error: TransactionError::NoAddress, .. }
        ));
        assert!(matches!(wire.expect(ALICE), Delivery::ClientEnded { .. }));
    }
    assert_ne!(UDP, TCP);
}

fn accept(wire: &mut Wire, number: u64, port: u16) -> ConnectionId {
    let connection = ConnectionId::accepted(number);
    let peer = std::net::SocketAddr::from(([192, 0, 2, 9], port));
    let (listener, local, identity) = (TCP, address(BOB), Default::default());
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    connection
}
