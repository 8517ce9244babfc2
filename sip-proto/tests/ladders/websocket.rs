//! WebSocket as the machine sees it: each piece is one message (RFC 7118 section 5).

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::transport::FlowId;
use sip_proto::{
    ConnectionId, Delivery, DropReason, Event, Input, NextHop, SocketId, StatusCode,
    TransactionError, TransportKind,
};

use crate::messages::{answer, raw, request};
use crate::wire::{BOB, Wire, address};

const LISTENERS: [(SocketId, TransportKind); 2] =
    [(SocketId(2), TransportKind::Ws), (SocketId(3), TransportKind::Wss)];

/// bob, with a browser connected.
fn wire(transport: TransportKind) -> (Wire, ConnectionId) {
    let mut wire = Wire::new();
    let (mut local, connection) = (address(BOB), ConnectionId::accepted(1));
    for (socket, kind) in LISTENERS {
        local.set_port(kind.default_port());
        wire.input(BOB, Input::Opened { socket, transport: kind, local, advertised: None });
        if kind == transport {
            let (peer, identity) = (([192, 0, 2, 9], 40_000).into(), Default::default());
            let listener = socket;
            wire.input(BOB, Input::Accepted { connection, listener, local, peer, identity });
        }
    }
    (wire, connection)
}

fn from_browser(transport: TransportKind, more: &str) -> Bytes {
    let mut text = raw(&[
        "OPTIONS sip:bob@192.0.2.2 SIP/2.0",
        &format!("Via: SIP/2.0/{transport} df7jal23ls0d.invalid;branch=z9hG4bKws"),
        "From: <sip:a@example.com>;tag=1",
        "To: <sip:b@example.com>",
        "Call-ID: c",
        "CSeq: 1 OPTIONS",
    ])
    .to_vec();
    text.extend_from_slice(more.as_bytes());
    Bytes::from(text)
}

/// RFC 7118 section 5.3: a message needs no Content-Length; the answer comes back over the same
/// connection, whatever the Via says.
#[test]
fn each_piece_is_a_message_and_the_answer_comes_back() {
    for (_, transport) in LISTENERS {
        let (mut wire, connection) = wire(transport);
        let data = from_browser(transport, "the body");
        wire.input(BOB, Input::Received { connection, data });
        let (id, request, source) = wire.expect_request(BOB);
        assert_eq!(request.body().as_ref(), b"the body");
        assert_eq!((source.transport, source.flow), (transport, FlowId::Stream { connection }));
        let via = request.value(&HeaderName::Via).expect("a Via");
        assert!(via.ends_with(b";received=192.0.2.9"), "{}", via.escape_ascii());
        wire.respond(BOB, id, answer(&request, StatusCode::OK));
        wire.assert_ladder(&["0 bob ==> alice 200 OPTIONS"]);
        let reason = sip_proto::CloseReason::PeerClosed;
        wire.input(BOB, Input::Closed { connection, reason });
        wire.assert_quiescent();
    }
}

/// Two pieces are never one message, and one is never two.
#[test]
fn a_half_is_malformed_and_not_waited_for() {
    let (mut wire, connection) = wire(TransportKind::Ws);
    let whole = from_browser(TransportKind::Ws, "");
    let (half, rest) = (whole.slice(..whole.len() / 2), whole.slice(whole.len() / 2..));
    for data in [half, rest] {
        wire.input(BOB, Input::Received { connection, data });
    }
    assert!(wire.deliveries(BOB).is_empty());
    // The connection lives: where the next one begins is known.
    wire.input(BOB, Input::Received { connection, data: whole.clone() });
    wire.expect_request(BOB);
    let twice = Bytes::from([&whole[..], &whole[..]].concat());
    wire.input(BOB, Input::Received { connection, data: twice });
    assert!(wire.deliveries(BOB).is_empty(), "the second is the first one's body: a repetition");
}

/// RFC 7118 section 6 and RFC 5626 section 4.4.1.
#[test]
fn a_keep_alive_is_a_message_of_its_own() {
    let (mut wire, connection) = wire(TransportKind::Wss);
    let receive = |wire: &mut Wire, data: &'static [u8]| {
        wire.input(BOB, Input::Received { connection, data: Bytes::from_static(data) });
    };
    for silent in [&b""[..], b"\r\n"] {
        receive(&mut wire, silent);
    }
    assert!(wire.take_ladder().is_empty());
    receive(&mut wire, b"\r\n\r\n");
    assert_eq!(wire.log().matches(r#"data: b"\r\n""#).count(), 1);
    wire.take_ladder();
    receive(&mut wire, b"GET / HTTP/1.1\r\n\r\n");
    let malformed =
        |event: &Event| matches!(event, Event::Dropped { reason: DropReason::Malformed(_), .. });
    assert!(wire.events(BOB).iter().any(malformed));
    assert!(!wire.log().contains("Close {"));
}

/// Requests reach a browser over the connection it opened, and over no other.
#[test]
fn a_browser_is_reached_over_its_connection_only() {
    let (mut wire, connection) = wire(TransportKind::Wss);
    let options = || request(Method::Options, "sip:a@df7jal23ls0d.invalid;transport=ws");
    let flow = NextHop::Flow(FlowId::Stream { connection });
    wire.request(BOB, 1, options(), flow.clone());
    wire.assert_ladder(&["0 bob ==> alice OPTIONS"]);
    assert!(wire.log().contains("Via: SIP/2.0/WSS 192.0.2.2:443;branch="));
    let reason = sip_proto::CloseReason::PeerClosed;
    wire.input(BOB, Input::Closed { connection, reason });
    wire.deliveries(BOB);
    wire.request(BOB, 2, options(), flow);
    let error = TransactionError::Transport;
    assert!(matches!(wire.expect(BOB), Delivery::ClientFailed { error: e, .. } if e == error));
    wire.assert_quiescent();
}
