//! Requests to names: RFC 3263 sections 4.1 to 4.3.

use std::time::Duration;

use bytes::Bytes;
use sip_proto::message::{Method, Via};
use sip_proto::{
    ClientId, CloseReason, Command, ConnectionId, Delivery, EndpointConfig, Input, Limits, NextHop,
    PeerIdentity, Request, ResolverConfig, StatusCode, TransactionError, TransmitError,
};

use crate::dns::{self, Zone};
use crate::messages::{answer, in_dialog, invite, options, raw};
use crate::wire::{ALICE, BOB, Door, TCP, UDP, Wire, address};

/// Nobody is there.
const NOWHERE: [u8; 4] = [192, 0, 2, 66];
const BOB_IP: [u8; 4] = [192, 0, 2, 2];

fn wire_with(zone: Zone, config: impl Fn() -> EndpointConfig) -> Wire {
    let mut wire = Wire::with(1, |_| {
        let resolver = ResolverConfig { servers: vec![dns::server()], ..ResolverConfig::default() };
        EndpointConfig { resolver, ..config() }
    });
    wire.dns = Some(zone);
    wire
}

fn wire(zone: Zone) -> Wire {
    wire_with(zone, EndpointConfig::default)
}

fn to(uri: &'static str) -> NextHop {
    NextHop::Uri(Bytes::from_static(uri.as_bytes()))
}

fn ask(wire: &mut Wire, request: Request, uri: &'static str) {
    wire.request(ALICE, 1, request, to(uri));
}

/// ICMP says that nobody listens at `ip`.
fn refuse(wire: &mut Wire, ip: [u8; 4]) {
    let destination = (ip, 5060).into();
    let error = TransmitError::Refused;
    wire.input(ALICE, Input::TransmitFailed { socket: UDP, destination, error });
}

/// Two proxies, the first of which is not there.
fn two_proxies() -> Zone {
    Zone::default()
        .srv("_sip._udp.example.com", 1, "first.example.com", 5060)
        .srv("_sip._udp.example.com", 2, "second.example.com", 5060)
        .address("first.example.com", NOWHERE)
        .address("second.example.com", BOB_IP)
}

fn branch(request: &Request) -> Vec<u8> {
    let via = request.require::<Via<'_>>().expect("a Via");
    via.branch().expect("a branch").to_vec()
}

fn failure(wire: &mut Wire) -> TransactionError {
    let Delivery::ClientFailed { id: ClientId(1), error } = wire.expect(ALICE) else {
        panic!("a failure")
    };
    let ended = wire.expect(ALICE);
    assert!(matches!(ended, Delivery::ClientEnded { id: ClientId(1) }), "{ended:?}");
    error
}

/// RFC 3263 section 4.1: from the domain by NAPTR, SRV and address to the server.
#[test]
fn a_domain_leads_to_its_server() {
    let mut wire = wire(
        Zone::default()
            .naptr("example.com", 50, "SIP+D2T", "_sip._tcp.example.com")
            .naptr("example.com", 90, "SIP+D2U", "_sip._udp.example.com")
            .srv("_sip._tcp.example.com", 0, "sip.example.com", 5060)
            .address("sip.example.com", BOB_IP),
    );
    ask(&mut wire, options(), "sip:example.com");
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::OK);
    wire.assert_ladder(&[
        "0 alice --> dns NAPTR example.com",
        "20 alice --> dns SRV _sip._tcp.example.com",
        "40 alice --> dns A sip.example.com",
        "60 alice ==> bob OPTIONS",
        "80 bob ==> alice 200 OPTIONS",
    ]);
    // All of it is remembered.
    wire.run_for(Duration::from_secs(40));
    wire.take_ladder();
    wire.deliveries(BOB);
    ask(&mut wire, options(), "sip:example.com");
    assert_eq!(wire.take_ladder().len(), 1);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_quiescent();
}

/// Section 4.3: what the network refuses goes to the next server, with a branch of its own; CANCEL
/// and ACK to where the INVITE went.
#[test]
fn a_refused_call_rings_at_the_next_server_and_is_cancelled_there() {
    let mut wire = wire(two_proxies());
    ask(&mut wire, invite(), "sip:example.com;transport=udp");
    wire.run_for(Duration::from_millis(60));
    refuse(&mut wire, NOWHERE);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    wire.expect_response(ALICE);
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    let cancel = wire.expect(BOB);
    assert!(matches!(cancel, Delivery::Cancel { .. }), "{cancel:?}");
    wire.respond(BOB, id, answer(&request, StatusCode::REQUEST_TERMINATED));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::REQUEST_TERMINATED);
    wire.run_for(Duration::from_millis(20));
    wire.assert_ladder(&[
        "0 alice --> dns SRV _sip._udp.example.com",
        "20 alice --> dns A first.example.com",
        "40 alice --> 192.0.2.66:5060 INVITE",
        "540 alice --> dns A second.example.com",
        "560 alice --> bob INVITE",
        "570 bob --> alice 180 INVITE",
        "580 alice --> bob CANCEL",
        "590 bob --> alice 200 CANCEL",
        "590 bob --> alice 487 INVITE",
        "600 alice --> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// Each attempt is a transaction of its own (section 4.3); the application sees one.
#[test]
fn every_target_gets_a_branch_of_its_own() {
    let mut wire = wire(
        Zone::default()
            .srv("_sip._udp.example.com", 1, "bob.example.com", 5060)
            .srv("_sip._udp.example.com", 2, "again.example.com", 5060)
            .address("bob.example.com", BOB_IP)
            .address("again.example.com", BOB_IP),
    );
    ask(&mut wire, options(), "sip:example.com;transport=udp");
    let (id, first, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&first, StatusCode::SERVICE_UNAVAILABLE));
    let (id, second, _) = wire.expect_request(BOB);
    assert_ne!(branch(&first), branch(&second));
    wire.respond(BOB, id, answer(&second, StatusCode::OK));
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::OK);
    let ended = wire.expect(ALICE);
    assert!(matches!(ended, Delivery::ClientEnded { id: ClientId(1) }), "{ended:?}");
    wire.assert_quiescent();
    assert!(wire.deliveries(ALICE).is_empty(), "one transaction, one end");
}

/// A 503 is acknowledged where it came from, and the call goes on.
#[test]
fn a_server_that_is_unavailable_is_acknowledged_and_passed_over() {
    let mut wire = wire(
        Zone::default()
            .naptr("example.com", 1, "SIP+D2U", "_sip._udp.example.com")
            .naptr("example.com", 2, "SIP+D2T", "_sip._tcp.example.com")
            .srv("_sip._udp.example.com", 0, "sip.example.com", 5060)
            .srv("_sip._tcp.example.com", 0, "sip.example.com", 5060)
            .address("sip.example.com", BOB_IP),
    );
    ask(&mut wire, invite(), "sip:example.com");
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::SERVICE_UNAVAILABLE));
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::SERVICE_UNAVAILABLE));
    // The last target's answer is the answer.
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    wire.run_for(Duration::from_millis(20));
    wire.assert_ladder(&[
        "0 alice --> dns NAPTR example.com",
        "20 alice --> dns SRV _sip._udp.example.com",
        "40 alice --> dns A sip.example.com",
        "60 alice --> bob INVITE",
        "70 bob --> alice 503 INVITE",
        "80 alice --> bob ACK",
        "80 alice --> dns SRV _sip._tcp.example.com",
        "100 alice ==> bob INVITE",
        "120 bob ==> alice 503 INVITE",
        "130 alice ==> bob ACK",
    ]);
    wire.assert_quiescent();
}

/// Timer F, then the next; the first is remembered as failed and comes last for a while.
#[test]
fn a_silent_server_is_left_after_its_time_and_avoided_afterwards() {
    let mut wire = wire(two_proxies());
    ask(&mut wire, options(), "sip:example.com;transport=udp");
    let (id, request, _) = wire.expect_request(BOB);
    assert_eq!(wire.now.as_millis(), 32_070, "64 * T1 after 40 ms, and 30 ms more");
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.expect_response(ALICE);
    wire.run_for(Duration::from_millis(10));
    wire.take_ladder();
    wire.request(ALICE, 2, options(), to("sip:example.com;transport=udp"));
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.run_for(Duration::from_millis(20));
    let ladder = wire.take_ladder();
    assert_eq!(ladder.len(), 2, "{ladder:?}");
    wire.assert_quiescent();
}

#[test]
fn what_no_server_takes_fails_as_it_did_at_the_last() {
    let mut wire = wire(
        Zone::default().address("example.com", NOWHERE).address("example.com", [192, 0, 2, 67]),
    );
    ask(&mut wire, options(), "sip:example.com:5060");
    wire.run_for(Duration::from_millis(30));
    refuse(&mut wire, NOWHERE);
    wire.run_for(Duration::from_millis(600));
    refuse(&mut wire, [192, 0, 2, 67]);
    assert_eq!(failure(&mut wire), TransactionError::Transport);
    wire.assert_quiescent();
}

#[test]
fn names_that_lead_nowhere_fail_with_their_reason() {
    let mut wire = wire(Zone::default());
    ask(&mut wire, options(), "sip:nowhere.example");
    assert_eq!(failure(&mut wire), TransactionError::NoAddress);
    wire.assert_quiescent();
    wire.dns = Some(Zone::silent());
    ask(&mut wire, options(), "sip:other.example");
    assert_eq!(failure(&mut wire), TransactionError::Unresolved);
    wire.assert_quiescent();
}

/// Who cancels before there is anybody to cancel at: nothing is sent.
#[test]
fn a_call_cancelled_while_its_name_is_looked_up_never_leaves() {
    let mut wire = wire(two_proxies());
    ask(&mut wire, invite(), "sip:example.com;transport=udp");
    wire.run_for(Duration::from_millis(5));
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    assert_eq!(failure(&mut wire), TransactionError::Cancelled);
    ask(&mut wire, options(), "sip:example.com;transport=udp");
    wire.command(ALICE, Command::Terminate { id: ClientId(1) });
    wire.assert_quiescent();
    assert!(wire.deliveries(ALICE).is_empty(), "forgotten");
    wire.assert_ladder(&["0 alice --> dns SRV _sip._udp.example.com"]);
}

/// A cancelled call does not go on to ring elsewhere.
#[test]
fn a_cancelled_call_does_not_fail_over() {
    let mut wire = wire(two_proxies());
    ask(&mut wire, invite(), "sip:example.com;transport=udp");
    wire.run_for(Duration::from_millis(60));
    wire.command(ALICE, Command::Cancel { id: ClientId(1), reason: None });
    refuse(&mut wire, NOWHERE);
    assert_eq!(failure(&mut wire), TransactionError::Transport);
    wire.assert_quiescent();
}

/// The ACK to a 2xx has no transaction, and finds its way all the same.
#[test]
fn a_request_without_transaction_goes_to_a_name() {
    let mut wire = wire(two_proxies());
    let ok = answer(&invite(), StatusCode::OK);
    let request = in_dialog(Method::Ack, 1, &ok);
    let next_hop = to("sip:second.example.com:5060");
    wire.command(ALICE, Command::SendRequest { request, next_hop });
    wire.expect_ack(BOB);
    wire.assert_ladder(&["0 alice --> dns A second.example.com", "20 alice --> bob ACK"]);
    wire.assert_quiescent();
}

/// An id is taken, and a transaction counts, while the name is looked up.
#[test]
fn what_waits_for_its_name_is_a_transaction_already() {
    let limits = || Limits { client_transactions_max: 1, ..Limits::default() };
    let mut wire =
        wire_with(two_proxies(), || EndpointConfig { limits: limits(), ..Default::default() });
    ask(&mut wire, options(), "sip:example.com;transport=udp");
    assert_eq!(wire.endpoint(ALICE).counts().lookups, 1);
    ask(&mut wire, options(), "sip:example.com;transport=udp");
    wire.request(ALICE, 2, options(), NextHop::ByMessage);
    wire.input(ALICE, Input::Drain);
    let errors: Vec<TransactionError> = wire
        .deliveries(ALICE)
        .into_iter()
        .filter_map(|delivery| match delivery {
            Delivery::ClientFailed { error, .. } => Some(error),
            _ => None,
        })
        .collect();
    assert_eq!(errors, [TransactionError::Misuse, TransactionError::Limit]);
    assert_eq!(wire.drained(ALICE), 0, "work is under way");
    let (id, request, _) = {
        wire.run_for(Duration::from_millis(60));
        refuse(&mut wire, NOWHERE);
        wire.expect_request(BOB)
    };
    assert_eq!(wire.drained(ALICE), 0);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.expect_response(ALICE);
    assert_eq!(wire.drained(ALICE), 1);
    wire.assert_quiescent();
}

/// An INVITE from a named phone over a connection that is gone when its answer is ready, and bob's
/// answer to it; nobody listens where the connection came from.
fn answer_a_phone_that_left(wire: &mut Wire) {
    let (connection, identity) = (ConnectionId::accepted(77), PeerIdentity::default());
    let (listener, local) = (TCP, address(BOB));
    let peer = "192.0.2.1:40077".parse().expect("an address");
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    let data = raw(&[
        "INVITE sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/TCP phone.example.com;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 INVITE",
        "Content-Length: 0",
    ]);
    wire.input(BOB, Input::Received { connection, data });
    let (id, request, _) = wire.expect_request(BOB);
    wire.input(BOB, Input::Closed { connection, reason: CloseReason::Reset });
    wire.set_door(ALICE, Door::Refuses);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.run_for(Duration::from_millis(15));
    wire.set_door(ALICE, Door::Open);
}

/// Section 5: by the sent-by of the Via, once the connection and its source are gone.
#[test]
fn a_response_finds_its_sender_by_name() {
    let mut wire = wire(
        Zone::default()
            .srv("_sip._tcp.phone.example.com", 0, "home.example.com", 5080)
            .address("home.example.com", [192, 0, 2, 1]),
    );
    answer_a_phone_that_left(&mut wire);
    wire.run_for(Duration::from_millis(100));
    wire.assert_ladder(&[
        "0 bob ==> alice 200 INVITE",
        "10 bob --> dns SRV _sip._tcp.phone.example.com",
        "30 bob --> dns A home.example.com",
        "50 bob ==> alice 200 INVITE",
    ]);
    assert!(wire.log().contains("peer: 192.0.2.1:5080"), "{}", wire.log());
    wire.assert_quiescent();
}

#[test]
fn a_response_whose_sender_is_nowhere_fails() {
    let mut wire = wire(Zone::default());
    answer_a_phone_that_left(&mut wire);
    let failed = wire.expect(BOB);
    let expected = TransactionError::Transport;
    assert!(
        matches!(failed, Delivery::ServerFailed { error, .. } if error == expected),
        "{failed:?}"
    );
    wire.assert_quiescent();
}

/// Without a socket of its family an address is passed over.
#[test]
fn an_address_that_cannot_be_reached_from_here_is_passed_over() {
    let mut wire = Wire::with(1, |_| EndpointConfig {
        hosts: vec![
            ("peer.example".to_owned(), "2001:db8::9".parse().expect("an address")),
            ("peer.example".to_owned(), address(BOB).ip()),
        ],
        ..EndpointConfig::default()
    });
    ask(&mut wire, options(), "sip:peer.example");
    wire.expect_request(BOB);
    wire.assert_ladder(&["0 alice --> bob OPTIONS"]);
}
