//! Anything in any order: nothing panics, and when everybody has let go, nothing is left.

use std::time::Duration;

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::{
    ClientId, CloseReason, Command, ConnectionId, Delivery, Input, NextHop, Request, Rng, Seed,
    ServerId, StatusCode, TransmitError,
};

use crate::messages::{BOB_TCP_URI, answer, options, raw, request};
use crate::wire::{ALICE, BOB, Door, Fate, TCP, UDP, Wire, address};

/// Both ends and what they have not answered yet.
struct Chaos {
    wire: Wire,
    rng: Rng,
    open: Vec<(usize, ServerId, Request)>,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut wire = Wire::with(seed, |_| Default::default());
        let seed = Seed::from_u64(seed);
        let mut weather = seed.fork("weather").rng();
        wire.weather = Box::new(move |_, _| match weather.below(10) {
            0 | 1 => Fate::Lost,
            2 => Fate::Doubled,
            3 => Fate::Late(Duration::from_millis(weather.below(5_000))),
            4 => Fate::Refused,
            _ => Fate::Arrives,
        });
        Self { wire, rng: seed.fork("chaos").rng(), open: Vec::new() }
    }

    fn act(&mut self) {
        let node = self.pick(2);
        match self.pick(12) {
            0 => self.start(node),
            1 => self.answer_one(),
            2 => {
                let id = ClientId(self.rng.below(8));
                self.wire.command(node, Command::Cancel { id, reason: None });
            }
            3 => {
                let id = ClientId(self.rng.below(8));
                self.wire.command(node, Command::Terminate { id });
            }
            4 => {
                let data = self.damaged();
                self.wire.inject(node, address(1 - node), data);
            }
            5 => {
                let (connection, data) = (self.connection(), self.damaged());
                self.wire.input(node, Input::Received { connection, data });
            }
            6 => self.wire.reset_connections(node),
            7 => {
                let door = [Door::Open, Door::Open, Door::Refuses, Door::Silent][self.pick(4)];
                self.wire.set_door(node, door);
            }
            8 => {
                let (connection, peer) = (self.connection(), address(1 - node));
                let (listener, local, identity) = (TCP, address(node), Default::default());
                let accepted = Input::Accepted { connection, listener, local, peer, identity };
                self.wire.input(node, accepted);
                let data = self.damaged();
                self.wire.input(node, Input::Received { connection, data });
                let reason = CloseReason::PeerClosed;
                self.wire.input(node, Input::Closed { connection, reason });
            }
            9 => {
                let (socket, destination) = (UDP, address(1 - node));
                let error = TransmitError::Unreachable;
                self.wire.input(node, Input::TransmitFailed { socket, destination, error });
            }
            10 => self.wire.input(node, Input::Timeout),
            _ => {
                let pause = Duration::from_millis(self.rng.below(3_000));
                self.wire.run_for(pause);
            }
        }
        self.listen();
    }

    fn start(&mut self, node: usize) {
        let message = match self.pick(4) {
            0 => options(),
            1 => request(Method::Options, BOB_TCP_URI),
            2 => request(Method::Invite, BOB_TCP_URI),
            _ => crate::messages::invite(),
        };
        let id = self.rng.below(8);
        self.wire.request(node, id, message, NextHop::ByMessage);
    }

    fn answer_one(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let at = self.pick(self.open.len());
        let (node, id, request) = self.open[at].clone();
        let status =
            [StatusCode::TRYING, StatusCode::RINGING, StatusCode::OK, StatusCode::NOT_FOUND]
                [self.pick(4)];
        self.wire.respond(node, id, answer(&request, status));
    }

    fn listen(&mut self) {
        for node in [ALICE, BOB] {
            for delivery in self.wire.deliveries(node) {
                match delivery {
                    Delivery::Request { id, request, .. } => self.open.push((node, id, request)),
                    Delivery::ServerEnded { id } => {
                        self.open.retain(|(at, known, _)| (*at, *known) != (node, id));
                    }
                    _ => {}
                }
            }
        }
    }

    /// A message with some bytes changed, or cut short, or whole.
    fn damaged(&mut self) -> Bytes {
        let method = ["INVITE", "ACK", "CANCEL", "OPTIONS", "BYE"][self.pick(5)];
        let branch = format!("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK{}", self.rng.below(3));
        let whole = raw(&[
            &format!("{method} sip:bob@192.0.2.2 SIP/2.0"),
            &branch,
            "From: <sip:a@example.com>;tag=1",
            "To: <sip:b@example.com>",
            "Call-ID: c",
            &format!("CSeq: 1 {method}"),
            "Content-Length: 0",
        ]);
        let mut bytes = whole.to_vec();
        for _ in 0..self.rng.below(3) {
            let at = self.pick(bytes.len());
            bytes[at] = self.rng.next_u64() as u8;
        }
        if self.rng.chance(1, 4) {
            bytes.truncate(self.pick(bytes.len()));
        }
        Bytes::from(bytes)
    }

    fn connection(&mut self) -> ConnectionId {
        let number = self.rng.below(4);
        if self.rng.chance(1, 2) {
            ConnectionId::dialled(number)
        } else {
            ConnectionId::accepted(1_000 + number)
        }
    }

    fn pick(&mut self, below: usize) -> usize {
        self.rng.below(below as u64) as usize
    }

    /// Everybody answers or lets go, and the weather clears.
    fn settle(mut self) {
        self.wire.weather = Box::new(|_, _| Fate::Arrives);
        for _ in 0..20 {
            self.listen();
            for (node, id, request) in std::mem::take(&mut self.open) {
                self.wire.respond(node, id, answer(&request, StatusCode::SERVER_INTERNAL_ERROR));
            }
            self.wire.run_for(Duration::from_secs(10));
        }
        for (node, id) in [ALICE, BOB].into_iter().flat_map(|node| (0..8).map(move |id| (node, id)))
        {
            self.wire.command(node, Command::Terminate { id: ClientId(id) });
        }
        self.wire.assert_quiescent();
    }
}

#[test]
fn nothing_panics_and_nothing_is_left() {
    for seed in 0..200 {
        let mut chaos = Chaos::new(seed);
        for _ in 0..150 {
            chaos.act();
        }
        chaos.settle();
    }
}
