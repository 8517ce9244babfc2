//! The endpoint's state, and the inputs as they come in.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::budget::Budget;
use super::clients::Client;
use super::drain::Drain;
use super::failures::Failures;
use super::journeys::{Journeys, resolver};
use super::large::LargeRequests;
use super::sending::User;
use super::servers::Server;
use super::timers::Timer;
use super::{ClientId, Command, Delivery, EndpointConfig};
use crate::resolve::Resolver;
use crate::slab::{Slab, SlabKey};
use crate::timer::Wheel;
use crate::transaction::{KeyHasher, MergedKey, ServerKey};
use crate::transport::{Connections, Socket, Sockets};
use crate::{
    ConnectionId, Input, Instant, Machine, Output, Rng, Secrets, Seed, SeededMap, TransportKind,
    UnixTime,
};

/// SIP transport and transactions as a [`Machine`]: [`Command`]s in, [`Delivery`]s out.
///
/// * A message that is delivered owns its storage: it pins no receive buffer.
/// * A [`Delivery::Request`] starts a server transaction, which ends with
///   [`Delivery::ServerEnded`]; a [`Command::Request`] a client one, which ends with
///   [`Delivery::ClientEnded`]. Retransmissions stay inside.
/// * Answers to ids that are gone, sockets and connections nobody opened, and time that goes
///   backwards are ignored by rule.
/// * Malformed requests are answered as far as they can be read, and requests beyond a limit or
///   during a drain with 503, all without a transaction, and reported as
///   [`Event::Rejected`](crate::Event::Rejected); what cannot be answered is dropped, and reported
///   as [`Event::Dropped`](crate::Event::Dropped).
/// * A datagram that the network refuses ([`Input::TransmitFailed`]) fails the client
///   transactions to that destination when their next retransmission is due: a report does not
///   say which transaction it belongs to, and there may be thousands.
/// * A connection that ends fails at once the client transactions on it that have no response
///   yet. The others wait on: a response whose connection is gone comes and goes on a new one
///   (RFC 3261 section 18.2.2).
#[derive(Debug)]
pub struct Endpoint {
    pub(super) config: EndpointConfig,
    pub(super) secrets: Secrets,
    pub(super) rng: Rng,
    pub(super) now: Instant,
    pub(super) unix: UnixTime,
    pub(super) resolver: Resolver,
    pub(super) journeys: Journeys,
    pub(super) sockets: Sockets,
    pub(super) connections: Connections,
    /// Who fails with which connection.
    pub(super) stream_users: BTreeSet<(ConnectionId, User)>,
    /// Whose message could not be sent during this input.
    pub(super) broken: BTreeSet<User>,
    pub(super) failures: Failures,
    pub(super) large: LargeRequests,
    pub(super) wheel: Wheel<Timer>,
    pub(super) keys: KeyHasher,
    pub(super) clients: Slab<Client>,
    pub(super) client_ids: SeededMap<ClientId, SlabKey>,
    pub(super) servers: Slab<Server>,
    pub(super) server_keys: SeededMap<ServerKey, SlabKey>,
    pub(super) merged_keys: SeededMap<MergedKey, SlabKey>,
    pub(super) budget: Budget,
    pub(super) drain: Drain,
    outputs: VecDeque<Output<Delivery>>,
}

/// How much of everything is alive: for leak tests and gauges. All zero at quiescence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Server transactions.
    pub server_transactions: usize,
    /// Client transactions, an INVITE and its CANCEL counted once.
    pub client_transactions: usize,
    /// Message bytes that they retain, as `Limits::transaction_bytes_max` counts them.
    pub transaction_bytes: usize,
    /// Connections, those being dialled or closed included.
    pub connections: usize,
    /// Requests that wait for the address of a name, or may still go to another address.
    pub lookups: usize,
    /// Questions to name servers.
    pub dns_questions: usize,
    /// Armed timers.
    pub timers: usize,
}

impl Endpoint {
    /// An endpoint without sockets: they come as [`Input::Opened`].
    ///
    /// `seed` makes tags, ids and hash keys; `secrets` the MACs in branches.
    #[must_use]
    pub fn new(
        config: EndpointConfig,
        seed: &Seed,
        secrets: Secrets,
        now: Instant,
        unix: UnixTime,
    ) -> Self {
        let mut rng = seed.fork("endpoint").rng();
        // What a peer remembers from before a restart must not name a transaction of today.
        let mut generation = || (rng.next_u64() >> 32) as u32;
        let (clients, servers) = (Slab::new(generation()), Slab::new(generation()));
        Self {
            resolver: resolver(&config, seed),
            journeys: Journeys::new(&seed.fork("journeys")),
            sockets: Sockets::default(),
            connections: Connections::new(&config.limits),
            stream_users: BTreeSet::new(),
            broken: BTreeSet::new(),
            large: LargeRequests::new(config.limits.failed_destinations_max),
            failures: Failures::new(config.limits.failed_destinations_max),
            wheel: Wheel::new(now),
            keys: KeyHasher::new(&seed.fork("keys")),
            clients,
            client_ids: SeededMap::new(&seed.fork("client-ids")),
            servers,
            server_keys: SeededMap::new(&seed.fork("server-keys")),
            merged_keys: SeededMap::new(&seed.fork("merged-keys")),
            budget: Budget::new(config.limits.transaction_bytes_max),
            drain: Drain::default(),
            outputs: VecDeque::new(),
            config,
            secrets,
            rng,
            now,
            unix,
        }
    }

    /// What is alive.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let (lookups, dns_questions) = self.resolver.len();
        Counts {
            lookups,
            dns_questions,
            server_transactions: self.servers.len(),
            client_transactions: self.clients.len(),
            transaction_bytes: self.budget.used(),
            connections: self.connections.len(),
            timers: self.wheel.len(),
        }
    }

    /// The latest time it was told.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The latest wall-clock time it was told.
    #[must_use]
    pub const fn unix_time(&self) -> UnixTime {
        self.unix
    }

    pub(super) fn push(&mut self, output: Output<Delivery>) {
        self.outputs.push_back(output);
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        self.push(Output::App(delivery));
    }

    fn handle_datagram_input(
        &mut self,
        socket: crate::SocketId,
        source: SocketAddr,
        local: Option<IpAddr>,
        data: Bytes,
    ) {
        if socket.is_ephemeral() {
            return self.resolver.handle_datagram(self.now, socket, source, &data);
        }
        let known = self.sockets.get(socket);
        if let Some(known) = known.filter(|known| known.transport == TransportKind::Udp) {
            let public = known.public(local);
            self.handle_datagram(socket, source, public, local, data);
        }
    }
}

impl Machine for Endpoint {
    type In = Command;
    type Out = Delivery;

    fn handle_input(&mut self, now: Instant, input: Input<Command>) {
        self.now = self.now.max(now);
        match input {
            Input::Timeout => {
                self.handle_timeout();
                self.resolver.handle_timeout(self.now);
            }
            Input::Datagram { socket, source, local, data } => {
                self.handle_datagram_input(socket, source, local, data);
            }
            // Whoever steered it here has looked at it; from here on it is like any other.
            Input::Forwarded(item) => {
                self.handle_datagram_input(item.socket, item.source, None, item.data);
            }
            Input::Opened { socket, .. } if socket.is_ephemeral() => {
                self.resolver.handle_opened(socket);
            }
            Input::Opened { socket, transport, local, advertised } => {
                self.sockets.insert(Socket { id: socket, transport, local, advertised });
            }
            Input::Accepted { connection, listener, local, peer, identity } => {
                self.handle_accepted(connection, listener, (local, peer), identity);
            }
            Input::Connected { connection, local, identity } => {
                self.handle_connected(connection, local, identity);
            }
            Input::Received { connection, data } if self.resolver.owns(connection) => {
                self.resolver.handle_received(self.now, connection, &data);
            }
            Input::Received { connection, data } => self.handle_received(connection, &data),
            Input::Flushed { connection, queued_bytes } => {
                self.connections.flushed(connection, queued_bytes);
            }
            Input::Closed { connection, .. } if self.resolver.owns(connection) => {
                self.resolver.handle_closed(self.now, connection);
            }
            Input::Closed { connection, reason } => self.handle_closed(connection, reason),
            Input::TransmitFailed { socket, .. } if socket.is_ephemeral() => {
                self.resolver.handle_transmit_failed(self.now, socket);
            }
            Input::TransmitFailed { socket, destination, error: _ } => {
                self.failures.report(self.now, socket, destination);
            }
            Input::Clock(unix) => self.unix = unix,
            Input::Secrets(secrets) => self.secrets = secrets,
            Input::Drain => self.drain.begin(),
            Input::App(command) => self.handle_command(command),
        }
        // Who fails may go elsewhere, and who goes elsewhere may fail.
        self.fail_broken();
        while self.travel_on() {
            self.fail_broken();
        }
        self.act_for_resolver();
        if self.drain.is_due() {
            self.push(Output::Drained);
        }
    }

    fn poll_output(&mut self) -> Option<Output<Delivery>> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.wheel.next(), self.resolver.poll_timeout()].into_iter().flatten().min()
    }
}
