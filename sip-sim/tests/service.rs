//! The deployed server, told byte by byte what to do, in virtual time.

use std::net::SocketAddr;
use std::time::Duration;

use sip_proto::Instant;
use sip_sim::{PeerId, Sim};
use sip_sproutlet::ServiceConfig;

const SECOND: Duration = Duration::from_secs(1);

fn server() -> (Sim, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], 5060));
    let (sim, _) =
        Sim::with_service(1, &ServiceConfig::default(), address).expect("the default is valid");
    (sim, address)
}

fn register(sim: &Sim, peer: PeerId, transport: &str) -> String {
    let here = sim.peer_address(peer).map_or_else(|| "127.0.0.1".to_owned(), |at| at.to_string());
    format!(
        "REGISTER sip:localhost SIP/2.0\r\nVia: SIP/2.0/{transport} {here};branch=z9hG4bK1;rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:bob@localhost>;tag=1\r\nTo: <sip:bob@localhost>\r\n\
         Call-ID: 1@{here}\r\nCSeq: 1 REGISTER\r\nContact: <sip:bob@{here}>\r\nExpires: 60\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

fn text(bytes: Option<bytes::Bytes>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

#[test]
fn a_register_is_answered_and_its_retransmission_alike() {
    let (mut sim, address) = server();
    let peer = sim.udp_peer(address);
    let register = register(&sim, peer, "UDP");
    sim.send(peer, register.clone());
    let first = text(sim.recv(peer, SECOND));
    assert!(first.starts_with("SIP/2.0 200"), "{first}");
    assert!(first.contains("Contact: <sip:bob@127.0.0.1:"), "{first}");
    assert_eq!(sim.now(), Instant::from_millis(20), "a round trip, no more");
    sim.send(peer, register);
    assert_eq!(text(sim.recv(peer, SECOND)), first);
}

#[test]
fn a_stream_in_single_bytes_is_a_message_all_the_same() {
    let (mut sim, address) = server();
    let peer = sim.tcp_peer(address);
    for byte in register(&sim, peer, "TCP").bytes() {
        sim.send(peer, vec![byte]);
    }
    let answer = text(sim.recv(peer, SECOND));
    assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    // RFC 5626 section 4.4.1: a ping is answered by a pong.
    sim.send(peer, "\r\n\r\n");
    assert_eq!(text(sim.recv_bytes(peer, SECOND)), "\r\n");
}
