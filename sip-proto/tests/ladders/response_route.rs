//! Where responses go: RFC 3261 section 18.2, RFC 3581 section 4.

use sip_proto::StatusCode;
use sip_proto::message::{HeaderName, Via};

use crate::messages::{answer, raw};
use crate::wire::{BOB, Wire};

/// By the Via it came with: what it is stamped with, and where the answer goes. It always comes
/// from 198.51.100.7:40000.
#[test]
fn the_via_says_where_the_answer_goes() {
    for (via, stamped, destination) in [
        // Nothing to say about an honest Via.
        ("198.51.100.7:5070", "198.51.100.7:5070;branch=z9hG4bKraw", "198.51.100.7:5070"),
        ("198.51.100.7", "198.51.100.7;branch=z9hG4bKraw", "198.51.100.7:5060"),
        // RFC 3261 section 18.2.1: received, where the host is a name or another address.
        (
            "pc33.example.com",
            "pc33.example.com;branch=z9hG4bKraw;received=198.51.100.7",
            "198.51.100.7:5060",
        ),
        (
            "10.1.1.1:5070",
            "10.1.1.1:5070;branch=z9hG4bKraw;received=198.51.100.7",
            "198.51.100.7:5070",
        ),
        // RFC 3581 section 4: the very port it came from, for who asks; received always with it.
        (
            "198.51.100.7:5070;rport",
            "198.51.100.7:5070;branch=z9hG4bKraw;received=198.51.100.7;rport=40000",
            "198.51.100.7:40000",
        ),
        (
            "10.1.1.1;rport",
            "10.1.1.1;branch=z9hG4bKraw;received=198.51.100.7;rport=40000",
            "198.51.100.7:40000",
        ),
        // What the sender claims of itself counts for nothing.
        (
            "198.51.100.7;received=203.0.113.9;rport=1",
            "198.51.100.7;branch=z9hG4bKraw;received=198.51.100.7;rport=40000",
            "198.51.100.7:40000",
        ),
        (
            "198.51.100.7;received=203.0.113.9",
            "198.51.100.7;branch=z9hG4bKraw",
            "198.51.100.7:5060",
        ),
    ] {
        assert_answered(via, stamped, destination);
    }
}

/// RFC 3261 section 18.2.2 with a grain of salt: `maddr` may name the multicast group that the
/// request was sent to, or the sender itself; but nobody who has not asked for the answer.
#[test]
fn maddr_sends_the_answer_to_no_third_party() {
    for (via, stamped, destination) in [
        (
            "198.51.100.7:5070;maddr=224.0.1.75",
            "198.51.100.7:5070;maddr=224.0.1.75;branch=z9hG4bKraw",
            "224.0.1.75:5070",
        ),
        (
            "198.51.100.7:5070;maddr=198.51.100.7",
            "198.51.100.7:5070;maddr=198.51.100.7;branch=z9hG4bKraw",
            "198.51.100.7:5070",
        ),
        (
            "198.51.100.7:5070;maddr=203.0.113.9",
            "198.51.100.7:5070;maddr=203.0.113.9;branch=z9hG4bKraw",
            "198.51.100.7:5070",
        ),
        (
            "198.51.100.7:5070;maddr=255.255.255.255;rport",
            "198.51.100.7:5070;maddr=255.255.255.255;branch=z9hG4bKraw;received=198.51.100.7\
             ;rport=40000",
            "198.51.100.7:40000",
        ),
        (
            "198.51.100.7:5070;maddr=ff02::1",
            "198.51.100.7:5070;maddr=ff02::1;branch=z9hG4bKraw",
            "198.51.100.7:5070",
        ),
        (
            "198.51.100.7:5070;maddr=127.0.0.1",
            "198.51.100.7:5070;maddr=127.0.0.1;branch=z9hG4bKraw",
            "198.51.100.7:5070",
        ),
        (
            "198.51.100.7:5070;maddr=group.example.com",
            "198.51.100.7:5070;maddr=group.example.com;branch=z9hG4bKraw",
            "198.51.100.7:5070",
        ),
    ] {
        assert_answered(via, stamped, destination);
    }
}

/// An OPTIONS from 198.51.100.7:40000 with this topmost Via gets it stamped so, and the answer
/// goes there.
fn assert_answered(via: &str, stamped: &str, destination: &str) {
    let mut wire = Wire::new();
    let line = format!("Via: SIP/2.0/UDP {via};branch=z9hG4bKraw");
    let lower = "Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKlower";
    let source = "198.51.100.7:40000".parse().expect("an address");
    wire.inject(BOB, source, message(&[&line, lower]));
    let (id, request, _) = wire.expect_request(BOB);
    let vias: Vec<&[u8]> = request.list(&HeaderName::Via).collect();
    assert_eq!(String::from_utf8_lossy(vias[0]), format!("SIP/2.0/UDP {stamped}"), "{via}");
    assert_eq!(vias[1], &lower.as_bytes()[5..], "only the topmost is ours to touch");
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    wire.assert_ladder(&[&format!("0 bob --> {destination} 200 OPTIONS")]);
}

/// The same over IPv6: addresses are compared, not their spelling (RFC 5118 section 4.5), and the
/// value of received has no brackets.
#[test]
fn addresses_of_ipv6_are_compared_not_spelled() {
    for (via, stamped) in [
        ("[2001:DB8:0::7]:5070", "[2001:DB8:0::7]:5070;branch=z9hG4bKraw"),
        ("[2001:db8::8]:5070", "[2001:db8::8]:5070;branch=z9hG4bKraw;received=2001:db8::7"),
    ] {
        let mut wire = Wire::new();
        let line = format!("Via: SIP/2.0/UDP {via};branch=z9hG4bKraw");
        let source = "[2001:db8::7]:40000".parse().expect("an address");
        wire.inject(BOB, source, message(&[&line]));
        let (id, request, _) = wire.expect_request(BOB);
        let value = request.value(&HeaderName::Via).map(String::from_utf8_lossy);
        assert_eq!(value, Some(format!("SIP/2.0/UDP {stamped}").into()));
        wire.respond(BOB, id, answer(&request, StatusCode::OK));
        wire.assert_ladder(&["0 bob --> [2001:db8::7]:5070 200 OPTIONS"]);
    }
}

/// An answer to what could not be parsed goes the same way.
#[test]
fn a_salvaged_answer_is_routed_like_any_other() {
    let mut wire = Wire::new();
    let source = "198.51.100.7:40000".parse().expect("an address");
    let via = "Via: SIP/2.0/UDP 10.1.1.1:5070;rport;branch=z9hG4bKraw";
    wire.inject(BOB, source, message(&[via, "broken"]));
    wire.assert_ladder(&["0 bob --> 198.51.100.7:40000 400 OPTIONS"]);
    assert!(wire.log().contains("received=198.51.100.7"), "{}", wire.log());
    wire.assert_quiescent();
}

#[test]
fn our_own_via_asks_for_rport_on_datagrams_only() {
    use crate::messages::{BOB_TCP_URI, options, request};
    use crate::wire::ALICE;
    use sip_proto::NextHop;
    use sip_proto::message::Method;

    let mut wire = Wire::new();
    wire.request(ALICE, 1, options(), NextHop::ByMessage);
    let (_, received, _) = wire.expect_request(BOB);
    let via = received.require::<Via<'_>>().expect("a Via");
    assert_eq!(
        (via.transport, via.host.to_string(), via.port),
        ("UDP", "192.0.2.1".into(), Some(5060))
    );
    assert_eq!(via.params.value("rport"), Some(&b"5060"[..]));
    assert!(via.branch().is_some_and(|branch| branch.starts_with(b"z9hG4bK")));

    wire.request(ALICE, 2, request(Method::Options, BOB_TCP_URI), NextHop::ByMessage);
    let (_, received, _) = wire.expect_request(BOB);
    let via = received.require::<Via<'_>>().expect("a Via");
    assert_eq!(via.transport, "TCP");
    assert!(!via.params.has("rport"));
}

fn message(top: &[&str]) -> bytes::Bytes {
    let rest = [
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ];
    raw(&[&["OPTIONS sip:bob@192.0.2.2 SIP/2.0"], top, &rest[..]].concat())
}
