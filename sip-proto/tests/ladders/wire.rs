//! Two endpoints on a virtual wire: one clock, datagrams that can be lost, doubled or delayed,
//! streams that can be cut into pieces, and a ladder of all that was sent.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sip_proto::{
    ClientId, CloseReason, Command, ConnectionId, Delivery, Endpoint, EndpointConfig, Event, Input,
    Instant, Machine as _, NextHop, Output, PeerIdentity, Request, Response, Secrets, Seed,
    ServerId, SocketId, Source, Transmit, TransportKind, UnixTime,
};

use crate::dns::{self, Zone};

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const UDP: SocketId = SocketId(0);
pub(crate) const TCP: SocketId = SocketId(1);
/// How long everything takes from one end of the wire to the other.
pub(crate) const DELAY: Duration = Duration::from_millis(10);

const NAMES: [&str; 2] = ["alice", "bob"];
/// Longer than any transaction and any idle connection lives.
const FOREVER: Duration = Duration::from_secs(3_600);

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Doubled,
    /// Arrives that much later than others.
    Late(Duration),
    /// Not even sent: the network says so.
    Refused,
}

/// What becomes of a connection that is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Refuses,
    /// Nothing ever comes back.
    Silent,
}

/// Decides the fate of a datagram from a node.
type Weather = Box<dyn FnMut(usize, &Transmit) -> Fate>;

enum Arrival {
    Input(Input<Command>),
    /// A dialled connection reaches its listener.
    Dial {
        from: usize,
        connection: ConnectionId,
    },
}

struct Node {
    endpoint: Endpoint,
    deliveries: VecDeque<Delivery>,
    events: Vec<Event>,
    drained: usize,
    accepted: u64,
    /// The other end of each connection of this one.
    streams: BTreeMap<ConnectionId, ConnectionId>,
    /// What was written to connections that are not open yet.
    early: BTreeMap<ConnectionId, Vec<Bytes>>,
    door: Door,
}

pub(crate) struct Wire {
    pub(crate) now: Instant,
    pub(crate) weather: Weather,
    /// Streams arrive in pieces of at most this many bytes.
    pub(crate) piece_bytes: usize,
    /// Whether what is written leaves the write queue.
    pub(crate) flushes: bool,
    /// The name server at [`dns::server`]; without one, nobody may ask.
    pub(crate) dns: Option<Zone>,
    nodes: Vec<Node>,
    in_flight: BTreeMap<(Instant, u64), (usize, Arrival)>,
    sequence: u64,
    ladder: String,
    log: String,
}

pub(crate) fn address(node: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1 + node as u8], 5060))
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::with(1, |_| EndpointConfig::default())
    }

    pub(crate) fn with(seed: u64, config: impl Fn(usize) -> EndpointConfig) -> Self {
        let nodes = [ALICE, BOB].map(|node| {
            let seed = Seed::from_u64(seed).fork(NAMES[node]);
            let secrets = Secrets::new([node as u8; 16]);
            let unix = UnixTime::from_secs(1_700_000_000);
            Node {
                endpoint: Endpoint::new(config(node), &seed, secrets, Instant::ZERO, unix),
                deliveries: VecDeque::new(),
                events: Vec::new(),
                drained: 0,
                accepted: 0,
                streams: BTreeMap::new(),
                early: BTreeMap::new(),
                door: Door::Open,
            }
        });
        let mut wire = Self {
            now: Instant::ZERO,
            weather: Box::new(|_, _| Fate::Arrives),
            piece_bytes: usize::MAX,
            flushes: true,
            nodes: nodes.into(),
            in_flight: BTreeMap::new(),
            sequence: 0,
            dns: None,
            ladder: String::new(),
            log: String::new(),
        };
        for node in [ALICE, BOB] {
            for (socket, transport) in [(UDP, TransportKind::Udp), (TCP, TransportKind::Tcp)] {
                let local = address(node);
                wire.input(node, Input::Opened { socket, transport, local, advertised: None });
            }
        }
        wire
    }

    // ---- what an application does

    pub(crate) fn request(&mut self, node: usize, id: u64, request: Request, next_hop: NextHop) {
        let command = Command::Request { id: ClientId(id), request, next_hop };
        self.input(node, Input::App(command));
    }

    pub(crate) fn respond(&mut self, node: usize, id: ServerId, response: Response) {
        self.input(node, Input::App(Command::Respond { id, response }));
    }

    pub(crate) fn command(&mut self, node: usize, command: Command) {
        self.input(node, Input::App(command));
    }

    // ---- what an application hears

    pub(crate) fn deliveries(&mut self, node: usize) -> Vec<Delivery> {
        self.nodes[node].deliveries.drain(..).collect()
    }

    pub(crate) fn expect(&mut self, node: usize) -> Delivery {
        let deadline = self.now + FOREVER;
        loop {
            if let Some(delivery) = self.nodes[node].deliveries.pop_front() {
                return delivery;
            }
            assert!(self.step(deadline), "nothing is delivered to {}", NAMES[node]);
        }
    }

    pub(crate) fn expect_request(&mut self, node: usize) -> (ServerId, Request, Source) {
        match self.expect(node) {
            Delivery::Request { id, request, source } => (id, request, source),
            other => panic!("a request is expected, not {other:?}"),
        }
    }

    pub(crate) fn expect_response(&mut self, node: usize) -> (ClientId, Response, Source) {
        match self.expect(node) {
            Delivery::Response { id, response, source } => (id, response, source),
            other => panic!("a response is expected, not {other:?}"),
        }
    }

    pub(crate) fn expect_ack(&mut self, node: usize) -> Request {
        match self.expect(node) {
            Delivery::Ack { request, .. } => request,
            other => panic!("an ACK is expected, not {other:?}"),
        }
    }

    pub(crate) fn events(&mut self, node: usize) -> Vec<Event> {
        std::mem::take(&mut self.nodes[node].events)
    }

    pub(crate) fn drained(&self, node: usize) -> usize {
        self.nodes[node].drained
    }

    pub(crate) fn endpoint(&self, node: usize) -> &Endpoint {
        &self.nodes[node].endpoint
    }

    // ---- the network

    /// What dialling `node` leads to from now on.
    pub(crate) fn set_door(&mut self, node: usize, door: Door) {
        self.nodes[node].door = door;
    }

    /// Cuts all connections of `node`, as a reset does: both ends hear of it.
    pub(crate) fn reset_connections(&mut self, node: usize) {
        for (connection, other) in std::mem::take(&mut self.nodes[node].streams) {
            self.nodes[1 - node].streams.remove(&other);
            let reason = CloseReason::Reset;
            self.input(node, Input::Closed { connection, reason });
            self.input(1 - node, Input::Closed { connection: other, reason });
        }
    }

    /// A datagram arrives at `node` from anywhere.
    pub(crate) fn inject(&mut self, node: usize, source: SocketAddr, data: impl Into<Bytes>) {
        let data = data.into();
        self.input(node, Input::Datagram { socket: UDP, source, local: None, data });
    }

    /// Something happens to `node`; what it puts out is carried out.
    pub(crate) fn input(&mut self, node: usize, input: Input<Command>) {
        self.nodes[node].endpoint.handle_input(self.now, input);
        while let Some(output) = self.nodes[node].endpoint.poll_output() {
            let _ = writeln!(self.log, "{} {} {output:?}", self.now, NAMES[node]);
            self.perform(node, output);
        }
    }

    fn perform(&mut self, node: usize, output: Output<Delivery>) {
        match output {
            Output::Transmit(transmit) => self.transmit(node, transmit),
            Output::Write { connection, data } => self.write(node, connection, &data),
            Output::Connect { connection, .. } => {
                self.fly(1 - node, DELAY, Arrival::Dial { from: node, connection });
            }
            Output::Close { connection } => self.close(node, connection),
            Output::Event(event) => self.nodes[node].events.push(event),
            Output::Drained => self.nodes[node].drained += 1,
            Output::App(delivery) => self.nodes[node].deliveries.push_back(delivery),
            Output::Open { socket, local } if self.dns.is_some() => {
                let transport = TransportKind::Udp;
                let input = Input::Opened { socket, transport, local, advertised: None };
                self.fly(node, Duration::ZERO, Arrival::Input(input));
            }
            Output::CloseSocket { .. } if self.dns.is_some() => {}
            Output::Open { .. } | Output::CloseSocket { .. } | Output::Forward { .. } => {
                panic!("an endpoint of one shard without names does not {output:?}")
            }
        }
    }

    /// A question to the name server; its answer is back after twice the way.
    fn ask(&mut self, node: usize, question: &Transmit) {
        let zone = self.dns.as_ref().expect("a name server");
        let (label, answer) = zone.answer(&question.data);
        let time = self.now.as_millis();
        let _ = writeln!(self.ladder, "{time:>6} {:>5} --> dns {label}", NAMES[node]);
        if let Some(data) = answer {
            let (socket, source) = (question.socket, dns::server());
            let input = Input::Datagram { socket, source, local: None, data };
            self.fly(node, 2 * DELAY, Arrival::Input(input));
        }
    }

    fn transmit(&mut self, node: usize, transmit: Transmit) {
        if transmit.destination == dns::server() {
            return self.ask(node, &transmit);
        }
        let fate = (self.weather)(node, &transmit);
        let Some(to) = [ALICE, BOB].into_iter().find(|to| address(*to) == transmit.destination)
        else {
            return self.draw(node, &format!("--> {}", transmit.destination), &transmit.data);
        };
        let arrow = if matches!(fate, Fate::Lost | Fate::Refused) { "--x" } else { "-->" };
        self.draw(node, &format!("{arrow} {}", NAMES[to]), &transmit.data);
        let Transmit { socket, destination, data, .. } = transmit;
        let input = Input::Datagram { socket: UDP, source: address(node), local: None, data };
        match fate {
            Fate::Lost => {}
            Fate::Arrives => self.fly(to, DELAY, Arrival::Input(input)),
            Fate::Late(by) => self.fly(to, DELAY + by, Arrival::Input(input)),
            Fate::Doubled => {
                self.fly(to, DELAY, Arrival::Input(input.clone()));
                self.fly(to, DELAY, Arrival::Input(input));
            }
            Fate::Refused => {
                let error = sip_proto::TransmitError::Refused;
                let input = Input::TransmitFailed { socket, destination, error };
                self.fly(node, DELAY, Arrival::Input(input));
            }
        }
    }

    fn write(&mut self, node: usize, connection: ConnectionId, data: &Bytes) {
        self.draw(node, &format!("==> {}", NAMES[1 - node]), data);
        match self.nodes[node].streams.get(&connection).copied() {
            Some(other) => self.carry(node, connection, other, data.clone()),
            // Still being dialled: kept until it is open.
            None => self.nodes[node].early.entry(connection).or_default().push(data.clone()),
        }
    }

    fn carry(
        &mut self,
        node: usize,
        connection: ConnectionId,
        other: ConnectionId,
        mut rest: Bytes,
    ) {
        while !rest.is_empty() {
            let data = rest.split_to(rest.len().min(self.piece_bytes));
            let input = Input::Received { connection: other, data };
            self.fly(1 - node, DELAY, Arrival::Input(input));
        }
        if self.flushes {
            let input = Input::Flushed { connection, queued_bytes: 0 };
            self.fly(node, DELAY, Arrival::Input(input));
        }
    }

    fn close(&mut self, node: usize, connection: ConnectionId) {
        let reason = CloseReason::Requested;
        self.fly(node, Duration::ZERO, Arrival::Input(Input::Closed { connection, reason }));
        if let Some(other) = self.nodes[node].streams.remove(&connection) {
            self.nodes[1 - node].streams.remove(&other);
            let input = Input::Closed { connection: other, reason: CloseReason::PeerClosed };
            self.fly(1 - node, DELAY, Arrival::Input(input));
        }
    }

    fn arrive(&mut self, node: usize, arrival: Arrival) {
        match arrival {
            Arrival::Input(input) => self.input(node, input),
            Arrival::Dial { from, connection } => match self.nodes[node].door {
                Door::Open => self.connect(node, from, connection),
                Door::Refuses => {
                    let reason = CloseReason::Refused;
                    self.input(from, Input::Closed { connection, reason });
                }
                Door::Silent => {}
            },
        }
    }

    fn connect(&mut self, node: usize, from: usize, connection: ConnectionId) {
        let other = ConnectionId::accepted(self.nodes[node].accepted);
        self.nodes[node].accepted += 1;
        self.nodes[node].streams.insert(other, connection);
        self.nodes[from].streams.insert(connection, other);
        // An ephemeral port, as a kernel would choose it.
        let peer = SocketAddr::new(address(from).ip(), 40_000 + self.nodes[node].accepted as u16);
        let identity = PeerIdentity::default();
        let connected = Input::Connected { connection, local: peer, identity: identity.clone() };
        let (local, listener) = (address(node), TCP);
        self.input(node, Input::Accepted { connection: other, listener, local, peer, identity });
        for data in self.nodes[from].early.remove(&connection).unwrap_or_default() {
            self.carry(from, connection, other, data);
        }
        self.input(from, connected);
    }

    fn fly(&mut self, to: usize, delay: Duration, arrival: Arrival) {
        self.fly_until(to, self.now + delay, arrival);
    }

    fn fly_until(&mut self, to: usize, at: Instant, arrival: Arrival) {
        self.sequence += 1;
        self.in_flight.insert((at, self.sequence), (to, arrival));
    }

    // ---- time

    /// Lets the next thing happen, unless that is after `deadline`.
    pub(crate) fn step(&mut self, deadline: Instant) -> bool {
        let arrival = self.in_flight.first_key_value().map(|((at, _), _)| *at);
        let timeout = [ALICE, BOB]
            .into_iter()
            .filter_map(|node| Some((self.nodes[node].endpoint.poll_timeout()?, node)))
            .min();
        let next = arrival.into_iter().chain(timeout.map(|(at, _)| at)).min();
        let Some(next) = next.filter(|next| *next <= deadline) else { return false };
        self.now = self.now.max(next);
        match timeout {
            Some((at, node)) if arrival.is_none_or(|arrival| at < arrival) => {
                self.input(node, Input::Timeout);
            }
            _ => {
                if let Some((_, (node, arrival))) = self.in_flight.pop_first() {
                    self.arrive(node, arrival);
                }
            }
        }
        true
    }

    pub(crate) fn run_until(&mut self, deadline: Instant) {
        while self.step(deadline) {}
        self.now = deadline;
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        self.run_until(self.now + duration);
    }

    /// Makes [`step`](Self::step) stop at that time too, for an application's own timer: a spurious
    /// wake-up, which is harmless.
    pub(crate) fn wake_at(&mut self, at: Instant) {
        self.fly_until(ALICE, at, Arrival::Input(Input::Timeout));
    }

    /// Runs until nothing is left to happen, and checks that nothing is left behind.
    pub(crate) fn assert_quiescent(&mut self) {
        self.run_to_the_end();
        for node in [ALICE, BOB] {
            let endpoint = &self.nodes[node].endpoint;
            assert_eq!(endpoint.counts(), sip_proto::Counts::default(), "{}", NAMES[node]);
            // Its indexes do not count, but must not leak either.
            let inside = format!("{endpoint:?}");
            for empty in [
                "client_ids: SeededMap(len 0)",
                "server_keys: SeededMap(len 0)",
                "merged_keys: SeededMap(len 0)",
                "stream_users: {}",
                "broken: {}",
                "awaiting: {}",
                "by_peer: {}",
                "accepted_from: {}",
                "unfinished: 0",
                "outputs: []",
            ] {
                assert!(inside.contains(empty), "{}: {empty} in {inside}", NAMES[node]);
            }
        }
    }

    pub(crate) fn run_to_the_end(&mut self) {
        let deadline = self.now + FOREVER;
        while self.step(deadline) {}
    }

    // ---- what was seen

    fn draw(&mut self, node: usize, to: &str, data: &Bytes) {
        let time = self.now.as_millis();
        let _ = writeln!(self.ladder, "{time:>6} {:>5} {to} {}", NAMES[node], label(data));
    }

    /// All that was put out, in order.
    pub(crate) fn log(&self) -> &str {
        &self.log
    }

    /// What was sent so far, and forgets it.
    pub(crate) fn take_ladder(&mut self) -> Vec<String> {
        std::mem::take(&mut self.ladder).lines().map(squeeze).collect()
    }

    /// The same, compared.
    #[track_caller]
    pub(crate) fn assert_ladder(&mut self, expected: &[&str]) {
        let ladder = self.take_ladder();
        let expected: Vec<String> = expected.iter().copied().map(squeeze).collect();
        assert_eq!(ladder, expected, "\n{}", ladder.join("\n"));
    }
}

fn squeeze(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A message in a word or two, read from its text without the parser under test.
fn label(data: &Bytes) -> String {
    let text = String::from_utf8_lossy(data);
    let start: Vec<&str> = text.lines().next().unwrap_or_default().split(' ').collect();
    let cseq = text.lines().find_map(|line| line.strip_prefix("CSeq: "));
    let method = cseq.and_then(|cseq| cseq.split(' ').nth(1)).unwrap_or_default();
    match start.as_slice() {
        ["SIP/2.0", status, ..] => format!("{status} {method}"),
        [method, _, "SIP/2.0"] => (*method).to_owned(),
        _ => format!("{:?}", text.chars().take(20).collect::<String>()),
    }
}
