//! TLS as the machine sees it: who must be proven, which connection is reused for whom.

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::transport::FlowId;
use sip_proto::{
    ClientId, ConnectionId, Delivery, EndpointConfig, Input, NextHop, PeerIdentity, SocketId,
    StatusCode, TransactionError, TransportKind,
};

use crate::messages::{answer, options, raw, request};
use crate::wire::{ALICE, BOB, Wire, address};

const TLS: SocketId = SocketId(2);

fn wire() -> Wire {
    let hosts = ["a.example", "b.example"];
    let mut wire = Wire::with(1, |_| EndpointConfig {
        hosts: hosts.map(|name| (name.to_owned(), address(BOB).ip())).to_vec(),
        ..EndpointConfig::default()
    });
    for node in [ALICE, BOB] {
        let local = std::net::SocketAddr::new(address(node).ip(), 5061);
        let transport = TransportKind::Tls;
        wire.input(node, Input::Opened { socket: TLS, transport, local, advertised: None });
    }
    wire
}

fn ask(wire: &mut Wire, id: u64, uri: &'static str) {
    let next_hop = NextHop::Uri(Bytes::from_static(uri.as_bytes()));
    wire.request(ALICE, id, options(), next_hop);
}

fn dials(wire: &Wire) -> Vec<String> {
    let connects = wire.log().lines().filter(|line| line.contains(" Connect {"));
    connects.filter_map(|line| Some(line.split_once("transport: ")?.1.to_owned())).collect()
}

/// RFC 3261 section 26.2.2 and RFC 5922 section 7.3: sips is TLS on port 5061, and the name to be
/// proven is the one that was looked up.
#[test]
fn the_name_that_was_looked_up_must_be_proven() {
    let table = [
        ("sips:bob@a.example", "192.0.2.2:5061", "a.example"),
        ("sips:bob@a.example:5071;transport=tcp", "192.0.2.2:5071", "a.example"),
        ("sip:bob@a.example;transport=tls", "192.0.2.2:5061", "a.example"),
        ("sips:bob@far.example;maddr=b.example", "192.0.2.2:5061", "b.example"),
        ("sips:bob@192.0.2.2", "192.0.2.2:5061", "192.0.2.2"),
    ];
    for (uri, peer, name) in table {
        let mut wire = wire();
        ask(&mut wire, 1, uri);
        let expected = format!(r#"Tls, peer: {peer}, server_name: Some("{name}") }}"#);
        assert_eq!(dials(&wire), [expected], "{uri}");
    }
}

#[test]
fn a_via_over_tls_says_so() {
    let mut wire = wire();
    ask(&mut wire, 1, "sips:bob@a.example");
    let (_, request, source) = wire.expect_request(BOB);
    let via = request.value(&HeaderName::Via).expect("a Via");
    assert!(via.starts_with(b"SIP/2.0/TLS 192.0.2.1:5061;branch="), "{}", via.escape_ascii());
    // The wire's listener, which stands in for any stream.
    assert_eq!(source.transport, TransportKind::Tcp);
}

/// RFC 5923 section 5: a connection to one domain is none to another at the same address, unless it
/// proved to be both.
#[test]
fn a_connection_serves_whom_it_was_dialled_for_and_whom_it_proved_to_be() {
    let mut wire = wire();
    ask(&mut wire, 1, "sips:bob@a.example");
    ask(&mut wire, 2, "sips:bob@a.example");
    assert_eq!(dials(&wire).len(), 1);
    ask(&mut wire, 3, "sips:bob@b.example");
    assert_eq!(dials(&wire).len(), 2);

    let mut wire = self::wire();
    ask(&mut wire, 1, "sips:bob@a.example");
    let identity = PeerIdentity { domains: vec!["a.example".into(), "b.example".into()] };
    let (connection, local) = (ConnectionId::dialled(0), address(ALICE));
    wire.input(ALICE, Input::Connected { connection, local, identity });
    ask(&mut wire, 2, "sips:bob@b.example");
    assert_eq!(dials(&wire).len(), 1);
}

/// A client over TLS proves nothing by a certificate, and is reached over the connection it opened.
#[test]
fn a_client_is_reached_over_its_connection() {
    let mut wire = wire();
    let connection = ConnectionId::accepted(9);
    let peer = "192.0.2.9:40000".parse().expect("an address");
    let (local, identity) = (address(BOB), PeerIdentity::default());
    wire.input(BOB, Input::Accepted { connection, listener: TLS, local, peer, identity });
    for (id, next_hop) in [
        (1, NextHop::Flow(FlowId::Stream { connection })),
        (2, NextHop::Uri(Bytes::from_static(b"sip:c@192.0.2.9:40000;transport=tls"))),
    ] {
        wire.request(BOB, id, request(Method::Options, "sip:c@192.0.2.9"), next_hop);
    }
    assert_eq!(wire.take_ladder(), ["0 bob ==> alice OPTIONS"; 2]);
    assert!(dials(&wire).is_empty());
}

/// RFC 5923: requests to where the peer listens take the connection that it opened, if it asks for
/// that and its certificate is for whom they are meant.
#[test]
fn an_alias_needs_a_certificate() {
    for (domains, alias, target, is_reused) in [
        (&["a.example"][..], ";alias", "sips:bob@a.example", true),
        (&["a.example"], "", "sips:bob@a.example", false),
        (&["a.example"], ";alias", "sips:bob@b.example", false),
        (&["a.example"], ";alias", "sips:bob@192.0.2.2", false),
        (&["a.example"], ";alias", "sips:bob@a.example:5071", false),
        (&[], ";alias", "sips:bob@a.example", false),
    ] {
        let mut wire = wire();
        let connection = ConnectionId::accepted(9);
        let (local, peer) = (address(ALICE), "192.0.2.2:40000".parse().expect("an address"));
        let identity = PeerIdentity { domains: domains.iter().map(|it| (*it).into()).collect() };
        wire.input(ALICE, Input::Accepted { connection, listener: TLS, local, peer, identity });
        let via = format!("Via: SIP/2.0/TLS 192.0.2.2:5061;branch=z9hG4bKraw{alias}");
        let data = raw(&[
            "OPTIONS sip:alice@192.0.2.1 SIP/2.0",
            &via,
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            "CSeq: 1 OPTIONS",
            "Content-Length: 0",
        ]);
        wire.input(ALICE, Input::Received { connection, data });
        let (id, options, _) = wire.expect_request(ALICE);
        wire.respond(ALICE, id, answer(&options, StatusCode::OK));
        ask(&mut wire, 1, target);
        assert_eq!(dials(&wire).is_empty(), is_reused, "{domains:?} {alias} {target}");
        wire.run_to_the_end();
        let inside = format!("{:?}", wire.endpoint(ALICE));
        assert!(inside.contains("by_peer: {}"), "the alias goes with the connection");
    }
}

/// The handshake failed: whoever waits for it hears of it at once.
#[test]
fn who_does_not_prove_the_name_gets_nothing() {
    let mut wire = wire();
    ask(&mut wire, 1, "sips:bob@a.example");
    let reason = sip_proto::CloseReason::Handshake;
    let connection = ConnectionId::dialled(0);
    wire.input(ALICE, Input::Closed { connection, reason });
    let failed = wire.expect(ALICE);
    let error = TransactionError::Transport;
    assert!(matches!(failed, Delivery::ClientFailed { id: ClientId(1), error: e } if e == error));
    assert_eq!(wire.endpoint(ALICE).counts().connections, 0);
}

/// RFC 3261 section 18.2.2: the connection is gone, and one to where it came from must prove the
/// address, all that is known.
#[test]
fn a_response_over_a_new_connection_goes_to_none_but_the_address() {
    let mut wire = wire();
    let connection = ConnectionId::accepted(9);
    let peer = "192.0.2.9:40000".parse().expect("an address");
    let (local, identity) = (address(BOB), PeerIdentity::default());
    wire.input(BOB, Input::Accepted { connection, listener: TLS, local, peer, identity });
    let data = raw(&[
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        "Via: SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKraw",
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    ]);
    wire.input(BOB, Input::Received { connection, data });
    let (id, request, _) = wire.expect_request(BOB);
    let reason = sip_proto::CloseReason::Reset;
    wire.input(BOB, Input::Closed { connection, reason });
    wire.respond(BOB, id, answer(&request, StatusCode::OK));
    let expected = r#"Tls, peer: 192.0.2.9:5061, server_name: Some("192.0.2.9") }"#;
    assert_eq!(dials(&wire), [expected]);
}
