//! Responses that are not answers to anything of ours (RFC 3261 section 18.1.2).

use bytes::Bytes;
use sip_proto::{Delivery, DropReason, Event, NextHop, StatusCode};

use crate::messages::{answer, options};
use crate::wire::{ALICE, BOB, Wire, address};

/// The text of the answer to an OPTIONS, for the forger to change.
fn genuine(wire: &mut Wire) -> String {
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (_, request, _) = wire.expect_request(BOB);
    let mut response = answer(&request, StatusCode::OK);
    response.set_to_tag("forger");
    String::from_utf8(response.to_bytes().to_vec()).expect("text")
}

fn branch_of(text: &str) -> &str {
    let rest = text.split("branch=").nth(1).expect("a branch");
    rest.split([';', '\r']).next().expect("its end")
}

#[test]
fn a_forged_response_is_dropped_and_counted() {
    let mut wire = Wire::new();
    let genuine = genuine(&mut wire);
    let branch = branch_of(&genuine).to_owned();
    let (kept, last) = branch.split_at(branch.len() - 2);
    let other = if last.starts_with('a') { "b" } else { "a" };
    for (forged, reason) in [
        (genuine.replace(&branch, "z9hG4bKguess"), DropReason::ForgedBranch),
        (
            genuine.replace(&branch, &format!("{kept}{other}{}", &last[1..])),
            DropReason::ForgedBranch,
        ),
        (
            genuine.replace("192.0.2.1:5060;branch", "192.0.2.1:5062;branch"),
            DropReason::ForgedBranch,
        ),
        (genuine.replace("192.0.2.1:5060;branch", "192.0.2.2;branch"), DropReason::ForgedBranch),
        (genuine.replace("1 OPTIONS", "1 INVITE"), DropReason::StrayResponse),
        (genuine.replace("1 OPTIONS", "1 CANCEL"), DropReason::StrayResponse),
    ] {
        assert_ne!(forged, genuine);
        wire.inject(ALICE, address(BOB), Bytes::from(forged));
        assert_eq!(wire.events(ALICE), [Event::Dropped { source: address(BOB), reason }]);
        assert!(wire.deliveries(ALICE).is_empty());
    }
    wire.inject(ALICE, address(BOB), Bytes::from(genuine.clone()));
    assert!(matches!(wire.deliveries(ALICE).as_slice(), [Delivery::Response { .. }]));

    // Once the transaction is over, the same answer is stray.
    wire.run_to_the_end();
    wire.events(ALICE);
    wire.inject(ALICE, address(BOB), Bytes::from(genuine));
    let reason = DropReason::StrayResponse;
    assert_eq!(wire.events(ALICE), [Event::Dropped { source: address(BOB), reason }]);
}

/// The MAC keys may be rotated while a request is on its way.
#[test]
fn an_answer_outlives_one_rotation_of_the_secrets() {
    use sip_proto::{Input, Secrets};
    let mut wire = Wire::new();
    let genuine = genuine(&mut wire);
    let once = Secrets::new([ALICE as u8; 16]).rotated([9; 16]);
    wire.input(ALICE, Input::Secrets(once.clone()));
    wire.inject(ALICE, address(BOB), Bytes::from(genuine.clone()));
    assert!(matches!(wire.deliveries(ALICE).as_slice(), [Delivery::Response { .. }]));
    wire.input(ALICE, Input::Secrets(once.rotated([10; 16])));
    wire.inject(ALICE, address(BOB), Bytes::from(genuine));
    let reason = DropReason::ForgedBranch;
    assert_eq!(wire.events(ALICE), [Event::Dropped { source: address(BOB), reason }]);
}
