//! Whole inputs through an endpoint: from a datagram to what it puts out.

use bytes::Bytes;
use sip_proto::{
    Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine as _, Output, Response,
    Secrets, Seed, ServerId, SocketId, StatusCode, TransportKind, UnixTime,
};

use super::{Case, measured};
use crate::messages::INVITE;

const SOCKET: SocketId = SocketId(0);
const BRANCH: &str = "z9hG4bK0c77d1e95a";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case { name: "endpoint: stateless 503 to INVITE", run: stateless },
        Case { name: "endpoint: new transaction of INVITE", run: new_transaction },
        Case { name: "endpoint: 180 to INVITE", run: provisional },
        Case { name: "endpoint: retransmission of INVITE", run: retransmission },
    ]
}

fn endpoint() -> Endpoint {
    let config = EndpointConfig::default();
    let (seed, unix) = (Seed::from_u64(1), UnixTime::from_secs(1_700_000_000));
    let mut endpoint = Endpoint::new(config, &seed, Secrets::new([7; 16]), Instant::ZERO, unix);
    let local = ([203, 0, 113, 5], 5060).into();
    let transport = TransportKind::Udp;
    let opened = Input::Opened { socket: SOCKET, transport, local, advertised: None };
    endpoint.handle_input(Instant::ZERO, opened);
    endpoint
}

/// The same INVITE each time, but for its branch and its Call-ID.
fn invite(round: usize) -> Input<Command> {
    let text = INVITE
        .replace(BRANCH, &format!("z9hG4bK0c77{round:06}"))
        .replace("e0a41b9c", &format!("{round:08}"));
    assert_eq!(text.len(), INVITE.len());
    let source = ([203, 0, 113, 9], 41822).into();
    Input::Datagram { socket: SOCKET, source, local: None, data: Bytes::from(text.into_bytes()) }
}

/// Handles an input and drains what comes of it; the last delivery.
fn handle(endpoint: &mut Endpoint, input: Input<Command>) -> Option<Delivery> {
    endpoint.handle_input(Instant::ZERO, input);
    let mut last = None;
    while let Some(output) = endpoint.poll_output() {
        if let Output::App(delivery) = output {
            last = Some(delivery);
        }
    }
    last
}

/// A server transaction that was just started.
fn started(endpoint: &mut Endpoint, round: usize) -> (ServerId, sip_proto::Request) {
    match handle(endpoint, invite(round)) {
        Some(Delivery::Request { id, request, .. }) => (id, request),
        other => panic!("a request is expected, not {other:?}"),
    }
}

fn stateless(rounds: usize) {
    let mut endpoint = endpoint();
    endpoint.handle_input(Instant::ZERO, Input::Drain);
    for round in 0..rounds {
        let input = invite(round);
        measured(|| handle(&mut endpoint, input));
    }
    assert_eq!(endpoint.counts().server_transactions, 0);
}

fn new_transaction(rounds: usize) {
    let mut endpoint = endpoint();
    for round in 0..rounds {
        let input = invite(round);
        measured(|| handle(&mut endpoint, input));
    }
    assert_eq!(endpoint.counts().server_transactions, rounds);
}

fn provisional(rounds: usize) {
    let mut endpoint = endpoint();
    for round in 0..rounds {
        let (id, request) = started(&mut endpoint, round);
        measured(|| {
            let response = Response::to(&request, StatusCode::RINGING);
            handle(&mut endpoint, Input::App(Command::Respond { id, response }))
        });
    }
}

fn retransmission(rounds: usize) {
    let mut endpoint = endpoint();
    let (id, request) = started(&mut endpoint, 0);
    let response = Response::to(&request, StatusCode::RINGING);
    handle(&mut endpoint, Input::App(Command::Respond { id, response }));
    for _ in 0..rounds {
        let input = invite(0);
        measured(|| handle(&mut endpoint, input));
    }
    assert_eq!(endpoint.counts().server_transactions, 1);
}
