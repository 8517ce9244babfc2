//! Malformed and incomplete messages: answered where an answer is possible, dropped elsewhere,
//! and harmless always.

use bytes::Bytes;
use sip_proto::{DropReason, Event, ParseErrorKind};

use crate::messages::raw;
use crate::wire::{ALICE, BOB, Wire, address};

const START: &str = "OPTIONS sip:bob@192.0.2.2 SIP/2.0";
const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKraw";
const FROM: &str = "From: <sip:a@example.com>;tag=1";
const TO: &str = "To: <sip:b@example.com>";
const CALL_ID: &str = "Call-ID: c";
const CSEQ: &str = "CSeq: 1 OPTIONS";

/// RFC 3261 section 8.1.1: the sender is told which header is wrong.
#[test]
fn a_request_without_its_mandatory_headers_is_told_which() {
    for (reason, lines) in [
        ("Missing From", vec![START, VIA, TO, CALL_ID, CSEQ]),
        ("Missing To", vec![START, VIA, FROM, CALL_ID, CSEQ]),
        ("Missing Call-ID", vec![START, VIA, FROM, TO, CSEQ]),
        ("Missing CSeq", vec![START, VIA, FROM, TO, CALL_ID]),
        ("Repeated From", vec![START, VIA, FROM, FROM, TO, CALL_ID, CSEQ]),
        ("Repeated To", vec![START, VIA, FROM, TO, TO, CALL_ID, CSEQ]),
        ("Repeated Call-ID", vec![START, VIA, FROM, TO, CALL_ID, CALL_ID, CSEQ]),
        ("Repeated CSeq", vec![START, VIA, FROM, TO, CALL_ID, CSEQ, CSEQ]),
        ("Malformed From", vec![START, VIA, "From: <sip:a", TO, CALL_ID, CSEQ]),
        ("Malformed CSeq", vec![START, VIA, FROM, TO, CALL_ID, "CSeq: one OPTIONS"]),
        ("CSeq Number Too Large", vec![START, VIA, FROM, TO, CALL_ID, "CSeq: 2147483648 OPTIONS"]),
        ("CSeq Method Is Not The Request's", vec![START, VIA, FROM, TO, CALL_ID, "CSeq: 1 INVITE"]),
    ] {
        let mut wire = Wire::new();
        wire.inject(BOB, address(ALICE), raw(&lines));
        assert!(wire.log().contains(&format!("SIP/2.0 400 {reason}")), "{reason}: {}", wire.log());
        let rejected = Event::Rejected { source: address(ALICE), status: 400 };
        assert_eq!(wire.events(BOB), [rejected], "{reason}");
        assert!(wire.deliveries(BOB).is_empty(), "{reason}");
        wire.assert_quiescent();
    }
}

/// RFC 3261 section 8.1.1.5: below 2^31 outside a dialog; section 12.2.1.1 counts on from there.
#[test]
fn a_sequence_number_may_grow_large_in_a_dialog_only() {
    let to = "To: <sip:b@example.com>;tag=2";
    for (to, cseq) in [(TO, "CSeq: 2147483647 OPTIONS"), (to, "CSeq: 4294967295 OPTIONS")] {
        let mut wire = Wire::new();
        wire.inject(BOB, address(ALICE), raw(&[START, VIA, FROM, to, CALL_ID, cseq]));
        assert!(wire.events(BOB).is_empty(), "{to}, {cseq}");
        assert_eq!(wire.deliveries(BOB).len(), 1, "{to}, {cseq}");
    }
}

#[test]
fn what_cannot_be_parsed_is_answered_if_its_sender_can_be_told() {
    for (status, lines) in [
        (505, vec!["OPTIONS sip:bob@192.0.2.2 SIP/3.0", VIA, FROM, TO, CALL_ID, CSEQ]),
        (400, vec![START, VIA, FROM, TO, CALL_ID, CSEQ, "no colon here"]),
        (400, vec![START, VIA, FROM, TO, CALL_ID, CSEQ, "Content-Length: 10"]),
    ] {
        let mut wire = Wire::new();
        wire.inject(BOB, address(ALICE), raw(&lines));
        wire.assert_ladder(&[&format!("0 bob --> alice {status} OPTIONS")]);
        assert_eq!(wire.events(BOB), [Event::Rejected { source: address(ALICE), status }]);
        wire.assert_quiescent();
    }
}

#[test]
fn what_nobody_can_be_told_of_is_dropped() {
    for (data, reason) in [
        (Bytes::from_static(b""), DropReason::KeepAlive),
        (Bytes::from_static(b"\r\n\r\n"), DropReason::KeepAlive),
        (Bytes::from_static(b"\0\0\0\0"), DropReason::KeepAlive),
        (raw(&["garbage"]), DropReason::Malformed(ParseErrorKind::StartLine)),
        (
            raw(&[START, FROM, TO, CALL_ID, CSEQ]),
            DropReason::Malformed(ParseErrorKind::Cardinality),
        ),
        // An ACK is never answered (RFC 3261 section 17).
        (
            raw(&["ACK sip:bob@192.0.2.2 SIP/2.0", VIA, FROM, TO, "CSeq: 1 ACK"]),
            DropReason::Malformed(ParseErrorKind::Cardinality),
        ),
        (
            raw(&["ACK sip:bob@192.0.2.2 SIP/3.0", VIA, FROM, TO, CALL_ID, "CSeq: 1 ACK"]),
            DropReason::Malformed(ParseErrorKind::Version),
        ),
        // Nor is a response.
        (raw(&["SIP/2.0 200 OK", FROM, TO]), DropReason::Malformed(ParseErrorKind::Cardinality)),
    ] {
        let mut wire = Wire::new();
        wire.inject(BOB, address(ALICE), data.clone());
        let dropped = Event::Dropped { source: address(ALICE), reason };
        assert_eq!(wire.events(BOB), [dropped], "{data:?}");
        assert!(wire.deliveries(BOB).is_empty());
        wire.assert_ladder(&[]);
        wire.assert_quiescent();
    }
}

/// Every truncation and every single-byte change of a request: no panic, nothing left behind but
/// what was delivered.
#[test]
fn damaged_requests_are_harmless() {
    let whole = raw(&[START, VIA, FROM, TO, CALL_ID, CSEQ, "Max-Forwards: 70"]);
    let mut wire = Wire::new();
    for end in 0..whole.len() {
        wire.inject(BOB, address(ALICE), whole.slice(..end));
    }
    for at in 0..whole.len() {
        for byte in [0, b' ', b'\n', b';', b'"', 0xff] {
            let mut damaged = whole.to_vec();
            damaged[at] = byte;
            wire.inject(BOB, address(ALICE), damaged);
        }
    }
    let delivered = wire.deliveries(BOB).len();
    assert_eq!(wire.endpoint(BOB).counts().server_transactions, delivered);
}
