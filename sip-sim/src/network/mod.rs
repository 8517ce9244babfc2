//! The virtual network: who is reached at which address, what a link does to what crosses it,
//! and streams.

mod link;
mod streams;
mod weather;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use core::time::Duration;

use sip_proto::{
    CloseReason, Input, Instant, Seed, SocketId, Transmit, TransmitError, TransportKind,
};

use crate::node::{NodeId, Order};
use crate::plan::{FaultPlan, Knobs, millis};
use link::{Crossing, Links};
use streams::Streams;
pub(crate) use streams::{StreamId, StreamStep};
use weather::Weather;

/// Larger datagrams do not exist (RFC 768).
const DATAGRAM_BYTES_MAX: usize = 65_507;

/// What reaches a node after having been on the way.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// As it is.
    Input(Input<Order>),
    /// At one end of a stream, if that end is still there.
    Stream { id: StreamId, step: StreamStep },
}

/// An arrival, when and where.
#[derive(Debug)]
pub(crate) struct Scheduled {
    pub(crate) at: Instant,
    pub(crate) node: NodeId,
    pub(crate) arrival: Arrival,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives after this long.
    Delivered(Duration),
    /// It arrives twice, after these.
    Duplicated(Duration, Duration),
    /// It never arrives.
    Lost,
    /// Nobody is there, or no route: the sender is told.
    Unroutable,
    /// It is part of a stream: in order, sooner or later.
    Stream,
}

/// The virtual network.
#[derive(Debug)]
pub(crate) struct Network {
    datagram_sockets: BTreeMap<SocketAddr, (NodeId, SocketId)>,
    addresses: BTreeMap<(NodeId, SocketId), SocketAddr>,
    listeners: BTreeMap<(TransportKind, SocketAddr), (NodeId, SocketId)>,
    known_hosts: BTreeSet<IpAddr>,
    links: Links,
    weather: Weather,
    streams: Streams,
    knobs: Knobs,
    ephemeral_ports_used: BTreeMap<IpAddr, u16>,
}

impl Network {
    pub(crate) fn new(seed: &Seed, knobs: &Knobs) -> Self {
        Self {
            datagram_sockets: BTreeMap::new(),
            addresses: BTreeMap::new(),
            listeners: BTreeMap::new(),
            known_hosts: BTreeSet::new(),
            links: Links::new(&seed.fork("links")),
            weather: Weather::default(),
            streams: Streams::default(),
            knobs: knobs.clone(),
            ephemeral_ports_used: BTreeMap::new(),
        }
    }

    /// Adds a fault; `from` and `to` are the nodes that it names, `None` for any.
    pub(crate) fn add_fault(
        &mut self,
        fault: &FaultPlan,
        from: Option<NodeId>,
        to: Option<NodeId>,
    ) {
        self.weather.add(fault, from, to);
    }

    /// Binds a socket of `node`; a stream transport listens.
    pub(crate) fn bind(
        &mut self,
        node: NodeId,
        socket: SocketId,
        transport: TransportKind,
        local: SocketAddr,
    ) {
        self.known_hosts.insert(local.ip());
        self.addresses.insert((node, socket), local);
        if transport.is_reliable() {
            self.listeners.insert((transport, local), (node, socket));
        } else {
            self.datagram_sockets.insert(local, (node, socket));
        }
    }

    /// Frees the address of a datagram socket.
    pub(crate) fn unbind(&mut self, node: NodeId, socket: SocketId) {
        if let Some(local) = self.addresses.remove(&(node, socket)) {
            self.datagram_sockets.remove(&local);
        }
    }

    /// An address on the host `ip` that nothing is bound to.
    pub(crate) fn ephemeral_address(&mut self, ip: IpAddr) -> SocketAddr {
        let used = self.ephemeral_ports_used.entry(ip).or_insert(0);
        *used = used.wrapping_add(1);
        SocketAddr::new(ip, 32_768 + (*used % 28_000))
    }

    /// Whose datagram socket has this address.
    pub(crate) fn node_at(&self, address: SocketAddr) -> Option<NodeId> {
        self.datagram_sockets.get(&address).map(|(node, _)| *node)
    }

    /// How it sounds when nobody listens at `address`.
    fn nobody_at(&self, address: SocketAddr) -> CloseReason {
        if self.known_hosts.contains(&address.ip()) {
            CloseReason::Refused
        } else {
            CloseReason::Unreachable
        }
    }

    /// Sends a datagram of `from`; pushes what arrives of it.
    pub(crate) fn transmit(
        &mut self,
        now: Instant,
        from: NodeId,
        transmit: Transmit,
        out: &mut Vec<Scheduled>,
    ) -> Fate {
        let Some(&source) = self.addresses.get(&(from, transmit.socket)) else {
            return self.refuse(now, from, &transmit, TransmitError::Unreachable, out);
        };
        if transmit.data.len() > DATAGRAM_BYTES_MAX {
            return self.refuse(now, from, &transmit, TransmitError::TooLarge, out);
        }
        let Some(&(to, socket)) = self.datagram_sockets.get(&transmit.destination) else {
            let error = match self.nobody_at(transmit.destination) {
                CloseReason::Refused => TransmitError::Refused,
                _ => TransmitError::Unreachable,
            };
            return self.refuse(now, from, &transmit, error, out);
        };
        let conditions = self.weather.at(now, from, to);
        if conditions.unreachable {
            return self.refuse(now, from, &transmit, TransmitError::Unreachable, out);
        }
        let crossing = self.links.cross(from, to, &transmit.data, &conditions, &self.knobs);
        let mut deliver = |after: Duration| {
            let input =
                Input::Datagram { socket, source, local: None, data: transmit.data.clone() };
            out.push(Scheduled { at: now + after, node: to, arrival: Arrival::Input(input) });
        };
        match crossing {
            Crossing::Lost => Fate::Lost,
            Crossing::Once(after) => {
                deliver(after);
                Fate::Delivered(after)
            }
            Crossing::Twice(first, second) => {
                deliver(first);
                deliver(second);
                Fate::Duplicated(first, second)
            }
        }
    }

    fn refuse(
        &self,
        now: Instant,
        from: NodeId,
        transmit: &Transmit,
        error: TransmitError,
        out: &mut Vec<Scheduled>,
    ) -> Fate {
        // What the local host knows it says at once; an ICMP error takes a round trip.
        let after = match error {
            TransmitError::Refused => 2 * millis(self.knobs.latency_ms),
            TransmitError::Unreachable | TransmitError::TooLarge => Duration::ZERO,
        };
        out.push(Scheduled {
            at: now + after,
            node: from,
            arrival: Arrival::Input(Input::TransmitFailed {
                socket: transmit.socket,
                destination: transmit.destination,
                error,
            }),
        });
        Fate::Unroutable
    }
}
