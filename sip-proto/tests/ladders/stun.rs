//! RFC 5626 section 4.4.2: STUN binding requests keep a flow over UDP alive.

use bytes::Bytes;
use sip_proto::{DropReason, Event};

use crate::wire::{BOB, Wire};

/// A binding request (RFC 5389 section 6) with these bytes after its header.
fn binding_request(length: u8, rest: &[u8]) -> Bytes {
    let mut data = vec![0, 1, 0, length, 0x21, 0x12, 0xA4, 0x42];
    data.extend_from_slice(b"transaction1");
    data.extend_from_slice(rest);
    data.into()
}

#[test]
fn a_binding_request_is_answered_to_where_it_came_from() {
    let mut wire = Wire::new();
    let source = "198.51.100.7:40000".parse().expect("an address");
    wire.inject(BOB, source, binding_request(0, b""));
    let ladder = wire.take_ladder();
    assert!(ladder[0].starts_with("0 bob --> 198.51.100.7:40000"), "{ladder:?}");
    assert_eq!(ladder.len(), 1);
    assert!(wire.events(BOB).is_empty());
    wire.assert_quiescent();
}

#[test]
fn what_is_broken_or_no_request_is_dropped_and_counted() {
    let mut wire = Wire::new();
    let source = "198.51.100.7:40000".parse().expect("an address");
    let mut indication = binding_request(0, b"").to_vec();
    indication[1] = 0x11;
    for data in [binding_request(4, b""), binding_request(3, b"abc"), indication.into()] {
        wire.inject(BOB, source, data);
        assert_eq!(wire.events(BOB), [Event::Dropped { source, reason: DropReason::Stun }]);
    }
    wire.assert_ladder(&[]);
}
