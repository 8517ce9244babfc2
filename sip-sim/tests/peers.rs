//! Peers whose bytes a test writes, against a machine that echoes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sip_proto::{Input, Instant, Machine, Output, Transmit, TransportKind};
use sip_sim::{Hosted, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// Sends back what it gets, on the same socket or stream.
#[derive(Default)]
struct Echo(VecDeque<Output<()>>);

impl Machine for Echo {
    type In = ();
    type Out = ();

    fn handle_input(&mut self, _now: Instant, input: Input<()>) {
        match input {
            Input::Datagram { socket, source, data, .. } => {
                let transmit = Transmit { socket, destination: source, source: None, data };
                self.0.push_back(Output::Transmit(transmit));
            }
            Input::Received { connection, data } => {
                self.0.push_back(Output::Write { connection, data });
            }
            _ => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output<()>> {
        self.0.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

fn echo() -> (Sim, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], 5060));
    let mut sim = Sim::empty(1);
    let listens = [(TransportKind::Udp, address), (TransportKind::Tcp, address)];
    let node = Hosted::new(Echo::default(), |_, (), _| {}, |_| Vec::new());
    sim.add_node("echo", &listens, Box::new(node));
    (sim, address)
}

#[test]
fn a_datagram_comes_back_after_a_round_trip() {
    let (mut sim, address) = echo();
    let peer = sim.udp_peer(address);
    sim.send(peer, "hello");
    assert_eq!(sim.recv(peer, SECOND), Some(Bytes::from_static(b"hello")));
    assert_eq!(sim.now(), Instant::from_millis(20));
}

#[test]
fn a_peer_waits_no_longer_than_its_timeout() {
    let (mut sim, address) = echo();
    let peer = sim.udp_peer(address);
    assert_eq!(sim.recv(peer, SECOND), None);
    assert_eq!(sim.now(), Instant::from_secs(1));
    sim.send(peer, "late");
    assert_eq!(sim.recv(peer, Duration::from_millis(19)), None);
    assert!(sim.recv(peer, Duration::from_millis(1)).is_some());
}

#[test]
fn a_stream_carries_messages_whatever_the_pieces() {
    let (mut sim, address) = echo();
    let peer = sim.tcp_peer(address);
    let message = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nok";
    for piece in message.chunks(1) {
        sim.send(peer, piece.to_vec());
    }
    assert_eq!(sim.recv(peer, SECOND).as_deref(), Some(message.as_slice()));
    sim.send(peer, "raw");
    assert_eq!(sim.recv_bytes(peer, SECOND).as_deref(), Some(b"raw".as_slice()));
    assert!(!sim.is_closed(peer));
    sim.close(peer);
    sim.advance(SECOND);
    assert!(sim.is_closed(peer));
}

#[test]
fn a_stream_to_nobody_is_refused() {
    let (mut sim, address) = echo();
    let peer = sim.tcp_peer(SocketAddr::new(address.ip(), 5999));
    sim.advance(SECOND);
    assert!(sim.is_closed(peer));
}

#[test]
fn a_listener_accepts_and_hears_the_close() {
    let mut sim = Sim::empty(1);
    let address = SocketAddr::from(([127, 0, 0, 1], 5070));
    let listener = sim.tcp_listener(address);
    assert_eq!(sim.accept(listener, SECOND), None);
    let caller = sim.tcp_peer(address);
    let callee = sim.accept(listener, SECOND).expect("a stream");
    sim.send(caller, "one");
    sim.send(caller, "two");
    sim.close(caller);
    assert_eq!(sim.recv_bytes(callee, SECOND).as_deref(), Some(b"one".as_slice()));
    assert_eq!(sim.recv_bytes(callee, SECOND).as_deref(), Some(b"two".as_slice()));
    sim.advance(SECOND);
    assert!(sim.is_closed(callee), "what was written before the close has arrived before it");
}
