//! Questions to name servers: asked once however many want to know, repeated, moved to the next
//! server or to TCP, believed only from whom they were sent to, and remembered.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;

use super::cache::{Answer, Cache};
use super::codec::{DecodeLimits, Question, Record};
use super::exchange::{Exchange, Meaning, Path};
use super::{DomainName, ResolverConfig};
use crate::transport::Hosts;
use crate::{ConnectionId, Instant, Rng, Seed, Slab, SlabKey, SocketId, Transmit};

/// Messages over TCP have their length in front (RFC 1035 section 4.2.2).
const LENGTH_BYTES: usize = 2;

/// Apart from the connections that carry SIP.
const FIRST_CONNECTION: u64 = 1 << 62;

/// What the stub resolver wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Open {
        socket: SocketId,
        local: SocketAddr,
    },
    CloseSocket {
        socket: SocketId,
    },
    Transmit(Transmit),
    Connect {
        connection: ConnectionId,
        peer: SocketAddr,
    },
    Write {
        connection: ConnectionId,
        data: Bytes,
    },
    Close {
        connection: ConnectionId,
    },
    /// Somebody sent what is no answer to anything, from there.
    Distrust {
        source: SocketAddr,
    },
}

/// A question that has its answer, for somebody who waited.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) waiter: SlabKey,
    pub(super) question: Question,
    pub(super) answer: Answer,
}

/// A caching stub resolver (RFC 1034 section 5.3.1).
#[derive(Debug)]
pub(super) struct Stub {
    config: ResolverConfig,
    hosts: Hosts,
    rng: Rng,
    cache: Cache,
    exchanges: Slab<Exchange>,
    by_question: BTreeMap<Question, SlabKey>,
    by_socket: BTreeMap<SocketId, SlabKey>,
    by_connection: BTreeMap<ConnectionId, SlabKey>,
    deadlines: BTreeSet<(Instant, SlabKey)>,
    /// Which server is asked first: the next one, once one has not answered.
    preferred: usize,
    sockets_opened: u32,
    connections_dialled: u64,
    actions: VecDeque<Action>,
    answered: VecDeque<Answered>,
}

impl Stub {
    pub(super) fn new(config: ResolverConfig, hosts: Hosts, seed: &Seed) -> Self {
        Self {
            hosts,
            rng: seed.fork("stub").rng(),
            cache: Cache::new(config.cache_entries_max, config.cache_bytes_max),
            exchanges: Slab::new(0),
            by_question: BTreeMap::new(),
            by_socket: BTreeMap::new(),
            by_connection: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            preferred: 0,
            sockets_opened: 0,
            connections_dialled: 0,
            actions: VecDeque::new(),
            answered: VecDeque::new(),
            config,
        }
    }

    /// Whether the hosts table has the name: DNS is not asked about it at all.
    pub(super) fn is_in_hosts(&self, name: &DomainName) -> bool {
        !self.hosts.find(name.as_str()).is_empty()
    }

    /// The answer, if it is known; else `waiter` is [told](Self::poll_answered) later.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        question: Question,
        waiter: SlabKey,
    ) -> Option<Answer> {
        if let Some(answer) = self.known(now, &question) {
            return Some(answer);
        }
        if let Some(key) = self.by_question.get(&question) {
            let exchange = self.exchanges.get_mut(*key)?;
            exchange.waiters.push(waiter);
            return None;
        }
        if self.config.servers.is_empty() {
            return Some(Answer::Nothing);
        }
        if self.exchanges.len() >= self.config.queries_max {
            return Some(Answer::Failed);
        }
        let exchange = Exchange::new(question.clone(), waiter, self.preferred);
        let key = self.exchanges.insert(exchange);
        self.by_question.insert(question, key);
        self.ask_by_datagram(now, key);
        None
    }

    fn known(&self, now: Instant, question: &Question) -> Option<Answer> {
        if self.is_in_hosts(&question.name) {
            let records: Vec<Record> = self
                .hosts
                .find(question.name.as_str())
                .iter()
                .map(|address| Record::Address(*address))
                .filter(|record| record.kind() == question.kind)
                .collect();
            if records.is_empty() {
                return Some(Answer::Nothing);
            }
            let expires = now + self.config.ttl_max;
            return Some(Answer::Records { records: records.into(), expires });
        }
        self.cache.find(now, question).cloned()
    }

    /// What to do next.
    pub(super) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A question that has its answer now.
    pub(super) fn poll_answered(&mut self) -> Option<Answered> {
        self.answered.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Questions on their way.
    pub(super) fn len(&self) -> usize {
        self.exchanges.len()
    }

    pub(super) fn owns(&self, connection: ConnectionId) -> bool {
        self.by_connection.contains_key(&connection)
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, key)) = self.deadlines.first().copied()
            && at <= now
        {
            self.server_is_silent(now, key);
        }
    }

    /// A socket is open: its query can leave.
    pub(super) fn handle_opened(&mut self, socket: SocketId) {
        let Some(key) = self.by_socket.get(&socket) else { return };
        let Some(exchange) = self.exchanges.get(*key) else { return };
        if let Some(destination) = self.config.servers.get(exchange.place).copied()
            && let Some(data) = exchange.query.encode()
        {
            let (source, data) = (None, data.into());
            self.actions.push_back(Action::Transmit(Transmit {
                socket,
                destination,
                source,
                data,
            }));
        }
    }

    /// The network refused a query.
    pub(super) fn handle_transmit_failed(&mut self, now: Instant, socket: SocketId) {
        if let Some(key) = self.by_socket.get(&socket).copied() {
            self.server_is_silent(now, key);
        }
    }

    pub(super) fn handle_datagram(
        &mut self,
        now: Instant,
        socket: SocketId,
        source: SocketAddr,
        data: &[u8],
    ) {
        let Some(key) = self.by_socket.get(&socket).copied() else { return };
        let limits = self.decode_limits();
        let Some(exchange) = self.exchanges.get_mut(key) else { return };
        let is_asked = self.config.servers.get(exchange.place) == Some(&source);
        let reply = is_asked.then(|| exchange.query.decode(data, limits)).flatten();
        match reply {
            Some(reply) => {
                let meaning = exchange.take(reply, &self.config);
                self.act_on(now, key, meaning);
            }
            None => {
                exchange.forged += 1;
                let too_many = exchange.forged > self.config.forged_max;
                self.actions.push_back(Action::Distrust { source });
                if too_many {
                    self.ask_by_stream(now, key);
                }
            }
        }
    }

    pub(super) fn handle_received(&mut self, now: Instant, connection: ConnectionId, data: &[u8]) {
        let Some(key) = self.by_connection.get(&connection).copied() else { return };
        let limits = self.decode_limits();
        let Some(exchange) = self.exchanges.get_mut(key) else { return };
        let Path::Stream { received, .. } = &mut exchange.path else { return };
        let room = (LENGTH_BYTES + limits.message_bytes_max).saturating_sub(received.len());
        received.extend_from_slice(&data[..data.len().min(room)]);
        let Some((length, rest)) = received.split_first_chunk::<LENGTH_BYTES>() else { return };
        let length = usize::from(u16::from_be_bytes(*length));
        if length > limits.message_bytes_max {
            return self.server_is_silent(now, key);
        }
        let Some(message) = rest.get(..length) else { return };
        match exchange.query.decode(message, limits) {
            Some(reply) => {
                let meaning = exchange.take(reply, &self.config);
                self.act_on(now, key, meaning);
            }
            None => self.server_is_silent(now, key),
        }
    }

    /// A connection ended before it brought an answer.
    pub(super) fn handle_closed(&mut self, now: Instant, connection: ConnectionId) {
        if let Some(key) = self.by_connection.remove(&connection) {
            self.server_is_silent(now, key);
        }
    }

    const fn decode_limits(&self) -> DecodeLimits {
        DecodeLimits {
            message_bytes_max: self.config.message_bytes_max,
            records_max: self.config.records_max,
        }
    }

    fn act_on(&mut self, now: Instant, key: SlabKey, meaning: Meaning) {
        match meaning {
            Meaning::Records(records, ttl) => {
                let ttl = Duration::from_secs(ttl.into());
                let ttl = ttl.max(self.config.ttl_min).min(self.config.ttl_max);
                let expires = now + ttl;
                let records: Arc<[Record]> = records.into();
                self.answer(now, key, Answer::Records { records, expires }, expires);
            }
            Meaning::Nothing(ttl) => {
                let ttl = ttl.map_or(self.config.failure_ttl, |ttl| {
                    Duration::from_secs(ttl.into()).min(self.config.negative_ttl_max)
                });
                self.answer(now, key, Answer::Nothing, now + ttl);
            }
            Meaning::Alias | Meaning::TooModern => self.ask_by_datagram(now, key),
            Meaning::Truncated => self.ask_by_stream(now, key),
            Meaning::Useless => self.ask_next(now, key),
            Meaning::Endless => self.fail(now, key),
        }
    }

    /// A server did not answer: it is not asked first any more.
    fn server_is_silent(&mut self, now: Instant, key: SlabKey) {
        if self.exchanges.get(key).is_some_and(|exchange| exchange.place == self.preferred) {
            self.preferred = (self.preferred + 1) % self.config.servers.len().max(1);
        }
        self.ask_next(now, key);
    }

    /// The same question to the next server, or to nobody any more.
    fn ask_next(&mut self, now: Instant, key: SlabKey) {
        let Some(exchange) = self.exchanges.get_mut(key) else { return };
        if exchange.go_on(&self.config) {
            self.ask_by_datagram(now, key);
        } else {
            self.fail(now, key);
        }
    }

    fn fail(&mut self, now: Instant, key: SlabKey) {
        self.answer(now, key, Answer::Failed, now + self.config.failure_ttl);
    }

    /// From a socket of its own, whose port nobody can know (RFC 5452 section 9.2).
    fn ask_by_datagram(&mut self, now: Instant, key: SlabKey) {
        let socket = SocketId::ephemeral(self.sockets_opened);
        self.sockets_opened = self.sockets_opened.wrapping_add(1);
        let Some(server) = self.renew(now, key, Path::Datagram { socket }) else { return };
        self.by_socket.insert(socket, key);
        self.actions.push_back(Action::Open { socket, local: any_port_towards(server) });
    }

    /// Over TCP (RFC 7766): what does not fit into a datagram, or is not to be guessed.
    fn ask_by_stream(&mut self, now: Instant, key: SlabKey) {
        let connection = ConnectionId::dialled(FIRST_CONNECTION | self.connections_dialled);
        self.connections_dialled += 1;
        let path = Path::Stream { connection, received: Vec::new() };
        let Some(peer) = self.renew(now, key, path) else { return };
        self.by_connection.insert(connection, key);
        self.actions.push_back(Action::Connect { connection, peer });
        let query = self.exchanges.get(key).and_then(|exchange| exchange.query.encode());
        if let Some(query) = query {
            let length = u16::try_from(query.len()).unwrap_or(u16::MAX).to_be_bytes();
            let data = [length.as_slice(), &query].concat().into();
            self.actions.push_back(Action::Write { connection, data });
        }
    }

    /// Gives a question a new query on a new path; the server it goes to.
    fn renew(&mut self, now: Instant, key: SlabKey, path: Path) -> Option<SocketAddr> {
        self.leave_path(key);
        let exchange = self.exchanges.get_mut(key)?;
        exchange.renew_query(&self.config, &mut self.rng);
        exchange.path = path;
        exchange.deadline = now + self.config.query_timeout;
        self.deadlines.insert((exchange.deadline, key));
        self.config.servers.get(exchange.place).copied()
    }

    /// Gives up what a question's query went over.
    fn leave_path(&mut self, key: SlabKey) {
        let Some(exchange) = self.exchanges.get_mut(key) else { return };
        self.deadlines.remove(&(exchange.deadline, key));
        match core::mem::replace(&mut exchange.path, Path::None) {
            Path::None => {}
            Path::Datagram { socket } => {
                self.by_socket.remove(&socket);
                self.actions.push_back(Action::CloseSocket { socket });
            }
            Path::Stream { connection, .. } => {
                if self.by_connection.remove(&connection).is_some() {
                    self.actions.push_back(Action::Close { connection });
                }
            }
        }
    }

    fn answer(&mut self, now: Instant, key: SlabKey, answer: Answer, expires: Instant) {
        self.leave_path(key);
        let Some(exchange) = self.exchanges.remove(key) else { return };
        let Exchange { question, waiters, .. } = exchange;
        self.by_question.remove(&question);
        self.answered.extend(waiters.into_iter().map(|waiter| Answered {
            waiter,
            question: question.clone(),
            answer: answer.clone(),
        }));
        self.cache.insert(now, question, answer, expires);
    }
}

/// Any port, on loopback if the server is there.
fn any_port_towards(server: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match (server.ip(), server.ip().is_loopback()) {
        (IpAddr::V4(_), true) => Ipv4Addr::LOCALHOST.into(),
        (IpAddr::V4(_), false) => Ipv4Addr::UNSPECIFIED.into(),
        (IpAddr::V6(_), true) => Ipv6Addr::LOCALHOST.into(),
        (IpAddr::V6(_), false) => Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(ip, 0)
}
