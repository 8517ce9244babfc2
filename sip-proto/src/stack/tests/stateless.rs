//! A stateless proxy between two that have transactions (RFC 3261 section 16.11).

use super::*;
use crate::{HeaderName, SipMessage};

const ALICE: usize = 0;
const PROXY: usize = 1;
const BOB: usize = 2;

fn trapezoid() -> Wire {
    let stateless = |node| EndpointConfig { stateless: node == PROXY, ..EndpointConfig::default() };
    Wire::with(3, stateless)
}

/// Lets the proxy forward what it has heard since.
fn forward(wire: &mut Wire) {
    wire.act(PROXY, |core, cx| {
        for (request, key) in core.requests.drain(..) {
            assert_eq!(key, None);
            assert_eq!(cx.send_to(request, via(BOB)), Ok(None));
        }
        for (response, key) in core.responses.drain(..) {
            assert_eq!(key, None);
            assert_eq!(cx.send(response), Ok(None));
        }
    });
}

/// Each time it arrives, a message is forwarded in the same way; CANCEL and ACK follow their
/// INVITE by themselves; and nothing is left behind.
#[test]
fn a_call_passes_without_a_trace() {
    let mut wire = trapezoid();
    wire.act(BOB, |core, _| {
        core.answer = Some(|method| (*method == Method::Invite).then_some(StatusCode::RINGING));
    });
    let key = wire.act(ALICE, |_, cx| cx.send_to(request(Method::Invite, ALICE, BOB), via(PROXY)));
    let key = key.expect("a call").expect("a key");
    forward(&mut wire);
    forward(&mut wire);
    assert_eq!(wire.heard(ALICE), ["180 (INVITE)"]);
    wire.act(ALICE, |_, cx| cx.cancel(&key, None));
    forward(&mut wire);
    let (invite, _) = wire.stacks[BOB].core().requests[0].clone();
    assert_eq!(invite.list(&HeaderName::Via).count(), 2);
    wire.act(BOB, |_, cx| cx.reply(&invite, StatusCode::REQUEST_TERMINATED)).expect("unanswered");
    forward(&mut wire);
    forward(&mut wire);
    assert_eq!(wire.heard(ALICE), ["180 (INVITE)", "487 (INVITE)"]);
    let methods: Vec<_> = wire.heard(PROXY).into_iter().map(|it| &it[..3]).collect();
    assert_eq!(methods, ["INV", "180", "CAN", "200", "487", "ACK"]);
    let [first, second] = wire.stacks[BOB].core().requests.as_slice() else { panic!("two") };
    assert_eq!(first.1, second.1, "the CANCEL found its INVITE");
    assert_eq!(wire.stacks[PROXY].endpoint().counts(), crate::Counts::default());
    assert_eq!(wire.stacks[PROXY].keys(), 0);
}

/// Retransmissions get the same branch, so that the next server knows them.
#[test]
fn a_retransmission_stays_one() {
    let mut wire = trapezoid();
    wire.act(ALICE, |_, cx| cx.send_to(request(Method::Options, ALICE, BOB), via(PROXY)))
        .expect("a request");
    forward(&mut wire);
    // Timer E: nobody has answered.
    let (at, node) = wire.next_timeout().expect("timer E");
    wire.now = at;
    wire.stacks[node].handle_input(at, Input::Timeout);
    wire.settle();
    assert_eq!(wire.heard(PROXY).len(), 2);
    forward(&mut wire);
    assert_eq!(wire.heard(BOB).len(), 1, "Bob's transaction has absorbed the second");
}

/// RFC 3261 sections 16.11 and 18.1.2: what answers nothing of ours is dropped.
#[test]
fn a_response_under_another_via_is_dropped() {
    let mut wire = trapezoid();
    let mut asked = request(Method::Options, ALICE, BOB);
    asked.push_front(HeaderName::Via, "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1");
    for (top, arrives) in [("192.0.2.99:5060", 0), ("192.0.2.2:5061", 0), ("192.0.2.2", 1)] {
        let mut response = Response::to(&asked, StatusCode::OK);
        response.push_front(HeaderName::Via, format!("SIP/2.0/UDP {top};branch=z9hG4bK2"));
        let (socket, source, data) = (SOCKET, address(BOB), response.to_bytes());
        let now = wire.now;
        let arrival = Input::Datagram { socket, source, local: None, data };
        wire.stacks[PROXY].handle_input(now, arrival);
        wire.settle();
        assert_eq!(wire.stacks[PROXY].core().responses.len(), arrives, "{top}");
    }
    let forwarded = SipMessage::from(wire.stacks[PROXY].core().responses[0].0.clone());
    assert_eq!(forwarded.headers().list(&HeaderName::Via).count(), 1);
}

/// RFC 3261 section 18.2.2 on a stream: the Via says which connection it was.
#[test]
fn a_response_finds_its_connection() {
    let mut wire = trapezoid();
    let now = wire.now;
    let (listener, transport) = (SocketId(1), TransportKind::Tcp);
    let (local, peer) = (address(PROXY), "192.0.2.77:40000".parse().expect("an address"));
    let opened = Input::Opened { socket: listener, transport, local, advertised: None };
    wire.stacks[PROXY].handle_input(now, opened);
    let connection = crate::ConnectionId::accepted(1);
    let identity = crate::PeerIdentity::default();
    let accepted = Input::Accepted { connection, listener, local, peer, identity };
    wire.stacks[PROXY].handle_input(now, accepted);
    let mut asked = request(Method::Options, ALICE, BOB);
    asked.push_front(HeaderName::Via, "SIP/2.0/TCP 192.0.2.77;branch=z9hG4bK1");
    let data = asked.to_bytes();
    wire.stacks[PROXY].handle_input(now, Input::Received { connection, data });
    let (asked, _) = wire.stacks[PROXY].core().requests[0].clone();
    while wire.stacks[PROXY].poll_output().is_some() {}
    let answer = wire.stacks[PROXY].send(now, Response::to(&asked, StatusCode::OK));
    assert_eq!(answer, Ok(None));
    let Some(Output::Write { connection: to, data }) = wire.stacks[PROXY].poll_output() else {
        panic!("an answer");
    };
    assert_eq!(to, connection);
    assert!(data.starts_with(b"SIP/2.0 200 OK\r\n"));
}
