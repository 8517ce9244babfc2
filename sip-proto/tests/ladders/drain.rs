//! Draining: no new work, everything that is there finished, said once.

use sip_proto::message::Method;
use sip_proto::{Event, Input, NextHop, StatusCode};

use crate::messages::{answer, in_dialog, invite, options};
use crate::wire::{ALICE, BOB, Wire, address};

#[test]
fn an_idle_endpoint_is_drained_at_once_and_once() {
    let mut wire = Wire::new();
    wire.input(BOB, Input::Drain);
    assert_eq!(wire.drained(BOB), 1);
    wire.input(BOB, Input::Drain);
    wire.input(BOB, Input::Timeout);
    assert_eq!(wire.drained(BOB), 1);
    wire.assert_quiescent();
}

#[test]
fn what_is_there_is_finished_and_what_is_new_is_turned_away() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
    let (_, ringing, _) = wire.expect_response(ALICE);
    wire.input(BOB, Input::Drain);
    assert_eq!(wire.drained(BOB), 0);

    wire.request(ALICE, 2, options(), NextHop::ByMessage);
    let (_, response, _) = wire.expect_response(ALICE);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.value(&sip_proto::message::HeaderName::RetryAfter).is_some());
    assert_eq!(wire.events(BOB), [Event::Rejected { source: address(ALICE), status: 503 }]);

    // A request inside a dialog is not new work.
    wire.request(ALICE, 3, in_dialog(Method::Info, 2, &ringing), NextHop::ByMessage);
    let (info, request_info, _) = wire.expect_request(BOB);
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    assert_eq!(wire.drained(BOB), 0, "the INFO is still to be answered");
    wire.respond(BOB, info, answer(&request_info, StatusCode::OK));
    assert_eq!(wire.drained(BOB), 1);
    wire.run_to_the_end();
    assert_eq!(wire.drained(BOB), 1);
}

/// The ACK to a non-2xx is awaited: till then the response is repeated.
#[test]
fn a_busy_call_is_finished_by_its_ack() {
    let mut wire = Wire::new();
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let (id, request, _) = wire.expect_request(BOB);
    wire.input(BOB, Input::Drain);
    wire.input(ALICE, Input::Drain);
    wire.respond(BOB, id, answer(&request, StatusCode::BUSY_HERE));
    assert_eq!((wire.drained(ALICE), wire.drained(BOB)), (0, 0));
    wire.expect_response(ALICE);
    assert_eq!(wire.drained(ALICE), 1, "its client has its final response");
    wire.run_for(crate::wire::DELAY);
    assert_eq!(wire.drained(BOB), 1);
    wire.assert_quiescent();
}
