//! Answers that leave nothing behind (RFC 3261 section 8.2.7), and the ACKs to them.

use sip_proto::message::{HeaderName, Method};
use sip_proto::{Delivery, EndpointConfig, Event, Input, Limits, NextHop, Request, StatusCode};

use crate::messages::{invite, options};
use crate::wire::{ALICE, BOB, DELAY, Wire, address};

/// Bob answers alice's INVITE with `status`, and nobody at bob's hears of her ACK.
fn assert_refused(wire: &mut Wire, status: StatusCode) {
    wire.deliveries(BOB);
    wire.request(ALICE, 9, invite(), NextHop::ByMessage);
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), status);
    wire.run_for(4 * DELAY);
    let ladder = wire.take_ladder();
    assert!(ladder.last().is_some_and(|line| line.ends_with("alice --> bob ACK")), "{ladder:?}");
    let heard = wire.deliveries(BOB);
    assert!(heard.is_empty(), "{heard:?}");
    let rejected = Event::Rejected { source: address(ALICE), status: status.as_u16() };
    assert_eq!(wire.events(BOB), [rejected]);
}

#[test]
fn the_ack_to_a_503_while_draining_ends_here() {
    let mut wire = Wire::new();
    wire.input(BOB, Input::Drain);
    assert_refused(&mut wire, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn the_ack_to_a_503_of_a_full_server_ends_here() {
    let limits = Limits { server_transactions_max: 1, ..Limits::default() };
    let mut wire =
        Wire::with(1, |_| EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() });
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    wire.expect_request(BOB);
    assert_refused(&mut wire, StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn the_ack_to_a_482_ends_here() {
    let mut wire =
        Wire::with(1, |_| EndpointConfig { merged_requests: true, ..EndpointConfig::default() });
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    wire.expect_request(BOB);
    assert_refused(&mut wire, StatusCode::LOOP_DETECTED);
}

/// Only the tag that answers this very request is ours: an ACK in any dialog goes up.
#[test]
fn an_ack_with_another_tag_goes_up() {
    let mut wire = Wire::new();
    wire.input(BOB, Input::Drain);
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (_, refused, _) = wire.expect_response(ALICE);
    let to = refused.value(&HeaderName::To).expect("a To").to_vec();
    let ack = |cseq: u32, to: Vec<u8>| {
        Request::builder(Method::Ack, "sip:bob@192.0.2.2")
            .header(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKother")
            .from("<sip:alice@example.com>;tag=alice1")
            .to(to)
            .call_id("call1@192.0.2.1")
            .cseq(cseq)
            .build()
            .to_bytes()
    };
    for to in [to, b"<sip:bob@example.com>;tag=0123456789abcdef".to_vec()] {
        wire.inject(BOB, address(ALICE), ack(1, to));
        let heard = wire.deliveries(BOB);
        assert!(matches!(heard.as_slice(), [Delivery::Ack { .. }]), "{heard:?}");
    }
}

/// RFC 3261 section 8.2.7: a retransmission gets the same To tag.
#[test]
fn a_retransmission_gets_the_same_answer() {
    let mut wire = Wire::new();
    wire.input(BOB, Input::Drain);
    let mut invite = invite();
    invite.push_front(HeaderName::Via, "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKone");
    let source = "198.51.100.1:5060".parse().expect("a socket address");
    wire.inject(BOB, source, invite.to_bytes());
    wire.inject(BOB, source, invite.to_bytes());
    let tags: Vec<String> = wire.log().split(";tag=").skip(1).map(str::to_owned).collect();
    let ours: Vec<&str> = tags
        .iter()
        .filter(|tag| !tag.starts_with("alice1"))
        .filter_map(|tag| tag.get(..16))
        .collect();
    assert!(matches!(ours.as_slice(), [first, second] if first == second), "{ours:?}");
}
