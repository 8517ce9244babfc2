//! The resolver against name servers of a few records.

mod faults;
mod limits;
mod selection;

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use smallvec::smallvec;

use super::codec::Query;
use super::testing::{Zone, read_query};
use super::*;
use crate::message::Uri;
use crate::transport::Hosts;
use crate::{ConnectionId, Instant, Seed, SlabKey, SocketId, TransportKind};

const FIRST: &str = "192.0.2.53:53";
const SECOND: &str = "192.0.2.54:53";

/// How the network treats a name server's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    /// It does not answer.
    Silent,
    /// The network says that nobody is there.
    Refused,
    /// All that comes in datagrams is cut off.
    Truncates,
    /// Somebody else's answers come in before its own, this many to a query.
    Forged(usize),
    /// It understands no EDNS.
    Old,
}

/// A resolver, its name servers, and the time.
struct World {
    resolver: Resolver,
    means: Means,
    now: Instant,
    zone: Zone,
    faults: BTreeMap<SocketAddr, Fault>,
    /// The queries that left: to which server, over what, and for what.
    asked: Vec<String>,
    queries: Vec<Query>,
    sockets: BTreeMap<SocketId, SocketAddr>,
    connections: BTreeMap<ConnectionId, SocketAddr>,
    distrusted: usize,
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a socket address")
}

fn config() -> ResolverConfig {
    let servers = vec![address(FIRST), address(SECOND)];
    ResolverConfig { servers, attempts_max: 100, ..ResolverConfig::default() }
}

impl World {
    fn new(config: ResolverConfig) -> Self {
        let hosts = vec![("box.example".to_owned(), "192.0.2.99".parse().expect("an address"))];
        let transports = smallvec![TransportKind::Udp, TransportKind::Tcp, TransportKind::Tls];
        Self {
            resolver: Resolver::new(config, Hosts::new(&hosts), &Seed::from_u64(1)),
            means: Means { transports, ipv4: true, ipv6: true },
            now: Instant::from_secs(1),
            zone: Zone::default(),
            faults: BTreeMap::new(),
            asked: Vec::new(),
            queries: Vec::new(),
            sockets: BTreeMap::new(),
            connections: BTreeMap::new(),
            distrusted: 0,
        }
    }

    fn fault(&mut self, server: &str, fault: Fault) {
        self.faults.insert(address(server), fault);
    }

    fn start(&mut self, uri: &str) -> SlabKey {
        let uri = Uri::parse(uri.as_bytes()).expect("a URI");
        let wanted = Wanted::from_uri(&uri).expect("a SIP URI that can be reached");
        self.resolver.start(wanted, self.means.clone(), 7).expect("room")
    }

    /// Targets as `transport address`, until there are none; then the reason.
    fn rest(&mut self, key: SlabKey) -> (Vec<String>, NoTarget) {
        let mut targets = Vec::new();
        loop {
            match self.next(key) {
                Next::Target(target) => {
                    targets.push(format!("{} {}", target.transport, target.address));
                }
                Next::Pending => panic!("nobody will answer"),
                Next::None(reason) => {
                    self.resolver.finish(key);
                    return (targets, reason);
                }
            }
        }
    }

    fn targets(&mut self, uri: &str) -> Vec<String> {
        let key = self.start(uri);
        self.rest(key).0
    }

    /// Asks for the next target, and lets servers and time do their part until there is one.
    fn next(&mut self, key: SlabKey) -> Next {
        loop {
            let next = self.resolver.next(self.now, key);
            if next != Next::Pending {
                self.act();
                return next;
            }
            self.act();
            while !core::iter::from_fn(|| self.resolver.poll_progress()).any(|it| it == key) {
                let Some(at) = self.resolver.poll_timeout() else { return Next::Pending };
                assert!(at > self.now, "time passes");
                self.now = at;
                self.resolver.handle_timeout(self.now);
                self.act();
            }
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.resolver.handle_timeout(self.now);
        self.act();
    }

    fn act(&mut self) {
        while let Some(action) = self.resolver.poll_action() {
            match action {
                Action::Open { socket, local } => {
                    assert!(socket.is_ephemeral() && local.port() == 0);
                    self.sockets.insert(socket, local);
                    self.resolver.handle_opened(socket);
                }
                Action::CloseSocket { socket } => {
                    self.sockets.remove(&socket).expect("it was open");
                }
                Action::Transmit(transmit) => {
                    assert!(self.sockets.contains_key(&transmit.socket), "from an open socket");
                    self.datagram(transmit.socket, transmit.destination, &transmit.data);
                }
                Action::Connect { connection, peer } => {
                    assert!(connection.is_dialled() && self.resolver.owns(connection));
                    self.connections.insert(connection, peer);
                }
                Action::Write { connection, data } => self.written(connection, &data),
                Action::Close { connection } => {
                    self.connections.remove(&connection).expect("it was open");
                }
                Action::Distrust { .. } => self.distrusted += 1,
            }
        }
    }

    fn note(&mut self, over: &str, server: SocketAddr, query: &Query) {
        let Query { name, kind, .. } = query;
        let last = server.ip().to_string().rsplit('.').next().unwrap_or_default().to_owned();
        self.asked.push(format!("{over} .{last} {kind:?} {name}"));
        self.queries.push(query.clone());
    }

    fn datagram(&mut self, socket: SocketId, server: SocketAddr, data: &[u8]) {
        let query = read_query(data);
        self.note("udp", server, &query);
        let answer = self.zone.answer(&query);
        let now = self.now;
        let resolver = &mut self.resolver;
        match self.faults.get(&server).copied().unwrap_or_default() {
            Fault::None => resolver.handle_datagram(now, socket, server, &answer),
            Fault::Silent => {}
            Fault::Refused => resolver.handle_transmit_failed(now, socket),
            Fault::Truncates => {
                resolver.handle_datagram(now, socket, server, &Zone::truncated(&query));
            }
            Fault::Forged(count) => {
                for number in 0..count {
                    let other_id = Query { id: query.id.wrapping_add(1), ..query.clone() };
                    let forged = self.zone.answer(&other_id);
                    let elsewhere = address("203.0.113.9:53");
                    let source = if number % 2 == 0 { server } else { elsewhere };
                    let data = if number % 2 == 0 { &forged } else { &answer };
                    resolver.handle_datagram(now, socket, source, data);
                }
                resolver.handle_datagram(now, socket, server, &answer);
            }
            Fault::Old if query.udp_payload_bytes.is_some() => {
                let mut bare = data[..2].to_vec();
                bare.extend(b"\x81\x81\0\0\0\0\0\0\0\0");
                resolver.handle_datagram(now, socket, server, &bare);
            }
            Fault::Old => resolver.handle_datagram(now, socket, server, &answer),
        }
    }

    fn written(&mut self, connection: ConnectionId, data: &[u8]) {
        let server = self.connections[&connection];
        let (length, data) = data.split_at(2);
        assert_eq!(usize::from(u16::from_be_bytes([length[0], length[1]])), data.len());
        let query = read_query(data);
        self.note("tcp", server, &query);
        let answer = self.zone.answer(&query);
        let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
        // Byte by byte, as a stream may.
        for byte in length.iter().chain(&answer) {
            self.resolver.handle_received(self.now, connection, &[*byte]);
        }
    }

    /// Nothing is left over: no socket, connection, question or lookup.
    fn assert_quiet(&mut self) {
        self.act();
        assert!(self.sockets.is_empty() && self.connections.is_empty());
        assert_eq!(self.resolver.len(), (0, 0));
        assert_eq!(self.resolver.poll_timeout(), None);
    }
}
