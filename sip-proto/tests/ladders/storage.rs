//! What outlives a receive batch is copied: a buffer that came in can be used again at once.

use sip_proto::message::Method;
use sip_proto::{ConnectionId, Input, NextHop, StatusCode};

use crate::messages::{answer, options, raw};
use crate::wire::{ALICE, BOB, TCP, Wire, address};

fn message(start: &str, branch: &str, method: &Method) -> bytes::Bytes {
    raw(&[
        start,
        &format!("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{branch}"),
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        &format!("CSeq: 1 {method}"),
        "Content-Length: 4",
        "",
        "body",
    ])
}

#[test]
fn no_message_pins_the_buffer_it_came_in() {
    let mut wire = Wire::new();
    let methods = [Method::Invite, Method::Cancel, Method::Ack, Method::Options, Method::Info];
    let requests = methods
        .map(|method| message(&format!("{method} sip:bob@192.0.2.2 SIP/2.0"), "one", &method));
    let ack = message("ACK sip:bob@192.0.2.2 SIP/2.0", "two", &Method::Ack);
    let damaged = message("OPTIONS sip:bob@192.0.2.2 SIP/3.0", "one", &Method::Options);
    for data in requests.iter().chain([&ack, &damaged]) {
        wire.inject(BOB, address(ALICE), data.clone());
        wire.inject(BOB, address(ALICE), data.clone());
    }
    // The INVITE, the CANCEL, the OPTIONS, the INFO and twice the second ACK are held; the first
    // is absorbed.
    assert_eq!(wire.endpoint(BOB).counts().server_transactions, 4);
    for data in requests.into_iter().chain([ack, damaged]) {
        assert!(data.is_unique(), "{data:?}");
    }
    assert_eq!(wire.deliveries(BOB).len(), 6);
}

#[test]
fn no_message_pins_what_a_stream_brought() {
    let mut wire = Wire::new();
    let (connection, peer) = (ConnectionId::accepted(1), address(ALICE));
    let (listener, local, identity) = (TCP, address(BOB), Default::default());
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    let first = message("INVITE sip:bob@192.0.2.2 SIP/2.0", "one", &Method::Invite);
    let second = message("INFO sip:bob@192.0.2.2 SIP/2.0", "two", &Method::Info);
    let data = bytes::Bytes::from([first, second].concat());
    wire.input(BOB, Input::Received { connection, data: data.clone() });
    assert!(data.is_unique());
    assert_eq!(wire.deliveries(BOB).len(), 2);
}

#[test]
fn no_response_pins_the_buffer_it_came_in() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (_, request, _) = wire.expect_request(BOB);
    let mut response = answer(&request, StatusCode::OK);
    response.set_to_tag("b");
    let data = response.to_bytes();
    drop(response);
    wire.inject(ALICE, address(BOB), data.clone());
    let (_, response, _) = wire.expect_response(ALICE);
    assert!(data.is_unique());
    assert_eq!(response.status(), StatusCode::OK);
}
