//! A peer that sends garbage, over datagrams and streams.

use core::fmt::Write as _;
use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use sip_proto::{
    ConnectionId, Input, Instant, Machine, Output, Rng, Seed, SocketId, Transmit, TransportKind,
};

use crate::node::{Node, Note, Order, Residue};
use crate::plan::{DOMAIN, HostilePlan, millis};

/// Sends as many shots as its plan says, then falls silent. It never reads what comes back, and it
/// names nobody who exists: it must not be able to disturb a call.
#[derive(Debug)]
pub(crate) struct Hostile {
    plan: HostilePlan,
    server: SocketAddr,
    rng: Rng,
    fired: u32,
    next_shot_at: Option<Instant>,
    connection: Option<ConnectionId>,
    dialled: u64,
    out: VecDeque<Output<Note>>,
}

impl Hostile {
    pub(crate) fn new(plan: &HostilePlan, server: SocketAddr, seed: &Seed) -> Self {
        Self {
            plan: plan.clone(),
            server,
            rng: seed.fork("ammunition").rng(),
            fired: 0,
            next_shot_at: None,
            connection: None,
            dialled: 0,
            out: VecDeque::new(),
        }
    }

    fn shoot(&mut self, now: Instant) {
        self.fired += 1;
        let more = self.fired < self.plan.shots;
        self.next_shot_at = more.then(|| now + millis(self.plan.interval_ms.max(1)));
        let data = garbage(&mut self.rng, self.plan.address, self.fired);
        if self.rng.chance(1, 3) {
            let connection = self.connection();
            self.out.push_back(Output::Write { connection, data });
        } else {
            let destination = self.server;
            let transmit = Transmit { socket: SocketId(0), destination, source: None, data };
            self.out.push_back(Output::Transmit(transmit));
        }
        if !more {
            self.cease();
        }
    }

    fn connection(&mut self) -> ConnectionId {
        if let Some(connection) = self.connection {
            return connection;
        }
        self.dialled += 1;
        let connection = ConnectionId::dialled(self.dialled);
        self.connection = Some(connection);
        self.out.push_back(Output::Connect {
            connection,
            transport: TransportKind::Tcp,
            peer: self.server,
            server_name: None,
        });
        connection
    }

    fn cease(&mut self) {
        self.next_shot_at = None;
        if let Some(connection) = self.connection.take() {
            self.out.push_back(Output::Close { connection });
        }
    }
}

impl Machine for Hostile {
    type In = Order;
    type Out = Note;

    fn handle_input(&mut self, now: Instant, input: Input<Order>) {
        match input {
            Input::App(Order::Start) => self.next_shot_at = Some(now),
            Input::App(Order::Stop) => self.cease(),
            Input::Timeout if self.next_shot_at.is_some_and(|at| at <= now) => self.shoot(now),
            Input::Closed { connection, .. } if self.connection == Some(connection) => {
                self.connection = None;
            }
            Input::Timeout
            | Input::Datagram { .. }
            | Input::Opened { .. }
            | Input::Accepted { .. }
            | Input::Connected { .. }
            | Input::Received { .. }
            | Input::Flushed { .. }
            | Input::Closed { .. }
            | Input::TransmitFailed { .. }
            | Input::Forwarded(_)
            | Input::Clock(_)
            | Input::Secrets(_)
            | Input::Drain
            | Input::App(Order::Dial(_)) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output<Note>> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.next_shot_at
    }
}

impl Node for Hostile {
    fn residue(&self) -> Residue {
        Vec::new()
    }
}

fn garbage(rng: &mut Rng, from: SocketAddr, number: u32) -> Bytes {
    let mut bytes = request(rng, from, number).into_bytes();
    match rng.below(9) {
        0 => random_bytes(rng),
        1 => {
            for _ in 0..=rng.below(8) {
                let at = rng.below(bytes.len() as u64) as usize;
                bytes[at] = rng.next_u64() as u8;
            }
            bytes.into()
        }
        2 => {
            bytes.truncate(rng.below(bytes.len() as u64) as usize);
            bytes.into()
        }
        3 => with_header(&bytes, &"Subject: again\r\n".repeat(10 + rng.below(400) as usize)),
        4 => with_header(&bytes, &format!("X-Long: {}\r\n", "x".repeat(rng.below(40_000) as usize))),
        5 => {
            let lengths = ["-1", "99999999999999999999", "4000000000", "x", "", "7, 8"];
            let length = lengths[rng.below(lengths.len() as u64) as usize];
            with_header(&bytes, &format!("Content-Length: {length}\r\n"))
        }
        6 => response(rng, from, number).into(),
        7 => Bytes::from(["\r\n", "\0", "\r\n\r\n"][rng.below(3) as usize].repeat(20)),
        _ => bytes.into(),
    }
}

fn random_bytes(rng: &mut Rng) -> Bytes {
    let mut bytes = vec![0; rng.below(1_500) as usize];
    rng.fill(&mut bytes);
    bytes.into()
}

/// A request that is legal, if oddly written, and comes at the wrong moment.
fn request(rng: &mut Rng, from: SocketAddr, number: u32) -> String {
    let methods = ["OPTIONS", "INVITE", "ACK", "BYE", "CANCEL", "SUBSCRIBE", "NONSENSE"];
    let method = methods[rng.below(methods.len() as u64) as usize];
    let branch = rng.token(8);
    let mut text = format!("{method} sip:nobody@{DOMAIN} SIP/2.0\r\n");
    // Compact names, folding, white space: RFC 3261 sections 7.3.1 and 7.3.3.
    let _ = write!(
        text,
        "v  :  SIP / 2.0/UDP\r\n {from};branch=z9hG4bK{branch}\r\nMax-Forwards:\t3\r\n\
         f: \"\\\"odd\\\" <sip:x>\" <sip:hostile@{from}>;tag=h{number}\r\n\
         TO: sip:nobody@{DOMAIN}{}\r\ni: hostile-{number}@{from}\r\nCSeq: {number}\r\n  {method}\r\n\
         m: <sip:hostile@{from}>\r\n\r\n",
        if method == "BYE" { ";tag=none" } else { "" },
    );
    text
}

/// A response to nothing.
fn response(rng: &mut Rng, from: SocketAddr, number: u32) -> String {
    let status = 100 + rng.below(600);
    let branch = rng.token(20);
    format!(
        "SIP/2.0 {status} Garbage\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK{branch}\r\n\
         Via: SIP/2.0/UDP {from};branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n\
         To: <sip:b@a>;tag=2\r\nCall-ID: hostile-{number}@{from}\r\nCSeq: 1 INVITE\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// With `header` right after the start line.
fn with_header(request: &[u8], header: &str) -> Bytes {
    let at = request.windows(2).position(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
    [&request[..at], header.as_bytes(), &request[at..]].concat().into()
}
