//! The sections of RFC 4475 whose answer is owed by the transaction layer, and the caps of one
//! message over a stream.

use bytes::Bytes;
use sip_proto::{ConnectionId, EndpointConfig, Event, Input, Limits};

use crate::messages::raw;
use crate::wire::{ALICE, BOB, TCP, Wire, address};

const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw";
const FROM: &str = "From: <sip:caller@example.net>;tag=1";
const TO: &str = "To: <sip:user@example.com>";
const CALL_ID: &str = "Call-ID: torture@192.0.2.1";

/// The status that what arrives at bob by datagram is answered with by his endpoint, and how much
/// of it is delivered to his user.
fn outcome(lines: &[&str]) -> (Option<u16>, usize) {
    let mut wire = Wire::new();
    wire.inject(BOB, address(ALICE), raw(lines));
    let status = wire.events(BOB).into_iter().find_map(|event| match event {
        Event::Rejected { status, .. } => Some(status),
        _ => None,
    });
    (status, wire.deliveries(BOB).len())
}

const REFUSED: (Option<u16>, usize) = (Some(400), 0);
const DELIVERED: (Option<u16>, usize) = (None, 1);
const DISCARDED: (Option<u16>, usize) = (None, 0);

#[test]
fn requests_get_the_answer_that_their_section_owes_them() {
    let options = "OPTIONS sip:user@192.0.2.2 SIP/2.0";
    let cseq = "CSeq: 8 OPTIONS";
    let whole = [options, VIA, FROM, TO, CALL_ID, cseq];
    let with = |index: usize, line| {
        let mut lines = whole;
        lines[index] = line;
        outcome(&lines)
    };
    let after = |line| outcome(&[&whole[..], &[line]].concat());
    assert_eq!(outcome(&whole), DELIVERED);
    assert_eq!(with(1, "Via: SIP/2.0/UDP 192.0.2.15;;,;,,"), DISCARDED, "3.1.2.1: no way back");
    assert_eq!(after("Content-Length: 9999"), REFUSED, "3.1.2.2");
    assert_eq!(after("Content-Length: -999"), REFUSED, "3.1.2.3");
    assert_eq!(with(5, "CSeq: 36893488147419103232 OPTIONS"), REFUSED, "3.1.2.4");
    assert_eq!(with(3, "To: \"Mr. J. User <sip:j.user@example.com>"), REFUSED, "3.1.2.6");
    assert_eq!(with(0, "OPTIONS sip:user@192.0.2.2; lr SIP/2.0"), REFUSED, "3.1.2.8");
    assert_eq!(with(0, "OPTIONS  sip:user@192.0.2.2 SIP/2.0"), REFUSED, "3.1.2.9");
    assert_eq!(with(0, "OPTIONS sip:user@192.0.2.2 SIP/2.0  "), REFUSED, "3.1.2.10");
    assert_eq!(after("Date: Fri, 01 Jan 2010 16:00:00 EST"), DELIVERED, "3.1.2.12");
    assert_eq!(with(3, "To: \"Watson, Thomas\" < sip:t.watson@a >"), REFUSED, "3.1.2.14");
    assert_eq!(with(2, "From: Bell, Alexander <sip:a.g.bell@a>;tag=43"), REFUSED, "3.1.2.15");
    assert_eq!(with(0, "OPTIONS sip:user@192.0.2.2 SIP/7.0"), (Some(505), 0), "3.1.2.16");
    assert_eq!(with(5, "CSeq: 8 INVITE"), REFUSED, "3.1.2.17");
    assert_eq!(with(0, "NEWMETHOD sip:user@192.0.2.2 SIP/2.0"), REFUSED, "3.1.2.18");
    assert_eq!(with(1, "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"), DELIVERED, "3.2.1");
    assert_eq!(outcome(&[options, VIA, "CSeq: 8 OPTIONS"]), REFUSED, "3.3.1");
    assert_eq!(with(0, "OPTIONS nobodyKnowsThis:opaque SIP/2.0"), DELIVERED, "3.3.2: for 416");
    assert_eq!(with(3, "To: isbn:2983792873"), DELIVERED, "3.3.4");
    assert_eq!(after("Call-ID: other"), REFUSED, "3.3.8");
    assert_eq!(after("Content-Length: 0\r\nContent-Length: 5"), REFUSED, "3.3.9");
    assert_eq!(after("Max-Forwards: 0"), DELIVERED, "3.3.11: for a UAS to answer");
}

/// RFC 4475 sections 3.1.2.5, 3.1.2.19 and 3.3.10: nobody answers a response.
#[test]
fn responses_that_make_no_sense_are_discarded() {
    for lines in [
        ["SIP/2.0 503 Service Unavailable", VIA, "CSeq: 9292394834772304023312 OPTIONS"],
        ["SIP/2.0 4294967301 better not break the receiver", VIA, "CSeq: 353494 INVITE"],
        ["SIP/2.0 200 OK", "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1", "CSeq: 35 INVITE"],
    ] {
        let [start, via, cseq] = lines;
        assert_eq!(outcome(&[start, via, FROM, TO, CALL_ID, cseq]), DISCARDED, "{start}");
    }
}

/// What bob answers to a request over a stream under `limits`, and whether he closes the stream.
fn over_a_stream(limits: &Limits, extra: &[&str], body: &str) -> (Option<u16>, bool) {
    let config = EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() };
    let mut wire = Wire::with(1, |_| config.clone());
    let connection = ConnectionId::accepted(1);
    let peer = ([192, 0, 2, 9], 9_000).into();
    let (listener, local, identity) = (TCP, address(BOB), Default::default());
    wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
    let via = "Via: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bKraw";
    let whole = ["OPTIONS sip:b SIP/2.0", via, FROM, TO, CALL_ID, "CSeq: 1 OPTIONS"];
    let data = [&raw(&[&whole[..], extra].concat()), body.as_bytes()].concat();
    wire.input(BOB, Input::Received { connection, data: Bytes::from(data) });
    let status = wire.events(BOB).into_iter().find_map(|event| match event {
        Event::Rejected { status, .. } => Some(status),
        _ => None,
    });
    (status, wire.log().contains("Close { connection: ConnectionId(1) }"))
}

/// Where the end of a message is known, only the message is refused (RFC 3261 section 18.3); where
/// it is not, or lies too far away, the stream is lost too.
#[test]
fn caps_and_lengths_over_a_stream() {
    let limits = Limits {
        header_bytes_max: 600,
        header_count_max: 8,
        header_value_bytes_max: 64,
        body_bytes_max: 4,
        ..Limits::default()
    };
    let long = format!("Subject: {}", "x".repeat(65));
    let many = "A: 1\r\n".repeat(120);
    let (many, long): (&[&str], &[&str]) = (&[&many, "l: 0"], &[&long, "l: 0"]);
    type Case<'a> = (&'a str, (&'a [&'a str], &'a str, (Option<u16>, bool)));
    let table: [Case<'_>; 11] = [
        ("whole", (&["l: 4"], "body", (None, false))),
        ("header_bytes_max", (many, "", (Some(513), true))),
        ("header_count_max", (&["A: 1", "B: 2", "C: 3", "l: 0"], "", (Some(513), false))),
        ("header_value_bytes_max", (long, "", (Some(513), true))),
        ("body_bytes_max", (&["l: 5"], "12345", (Some(413), true))),
        ("no length", (&[], "", (Some(400), true))),
        ("two lengths", (&["l: 0", "Content-Length: 1"], "", (Some(400), true))),
        ("a length twice", (&["l: 0", "Content-Length: 0"], "", (None, false))),
        ("a negative length", (&["l: -1"], "", (Some(400), true))),
        ("an absurd length", (&["l: 99999999999999999999999"], "", (Some(400), true))),
        ("a length of words", (&["l: five"], "", (Some(400), true))),
    ];
    for (what, (extra, body, expected)) in table {
        assert_eq!(over_a_stream(&limits, extra, body), expected, "{what}");
    }
}
