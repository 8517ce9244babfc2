//! Peers whose bytes a test writes: sockets on the virtual network, without any SIP of their own.

use core::cell::RefCell;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use bytes::Bytes;
use sip_proto::{ConnectionId, Input, Instant, Machine, Output, SocketId, Transmit, TransportKind};

use crate::node::{Node, NodeId, Note, Order, Residue};
use crate::sim::Sim;
use crate::wire::Cutter;

/// A socket that a test holds: a datagram socket, or one end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId {
    node: NodeId,
    channel: Channel,
}

/// A listening socket that a test holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerId {
    node: NodeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Channel {
    Datagram { remote: SocketAddr },
    Stream { connection: ConnectionId },
}

/// The sockets of the tests, shared between the engine's nodes and the [`Sim`]'s methods.
#[derive(Debug, Default)]
struct Sockets {
    local: Option<SocketAddr>,
    datagrams: VecDeque<(SocketAddr, Bytes)>,
    streams: BTreeMap<ConnectionId, Stream>,
    accepted: VecDeque<ConnectionId>,
    wanted: VecDeque<Output<Note>>,
}

#[derive(Debug, Default)]
struct Stream {
    local: Option<SocketAddr>,
    pieces: VecDeque<Bytes>,
    cutter: Cutter,
    messages: VecDeque<Bytes>,
    closed: bool,
}

/// What the engine runs: it stores what comes and sends what the test wants sent.
#[derive(Debug)]
struct Peer(Rc<RefCell<Sockets>>);

impl Sim {
    /// A datagram socket that talks to `remote`, at an unused address of `remote`'s host.
    pub fn udp_peer(&mut self, remote: SocketAddr) -> PeerId {
        let local = self.network.ephemeral_address(remote.ip());
        self.udp_peer_at(local, remote)
    }

    /// A datagram socket at `local` that talks to `remote`.
    pub fn udp_peer_at(&mut self, local: SocketAddr, remote: SocketAddr) -> PeerId {
        let node = self.add_peer(&[(TransportKind::Udp, local)]);
        PeerId { node, channel: Channel::Datagram { remote } }
    }

    /// A stream to `remote`. What is sent before it is open is kept for it.
    pub fn tcp_peer(&mut self, remote: SocketAddr) -> PeerId {
        let connection = ConnectionId::dialled(1);
        let node = self.add_peer(&[]);
        let transport = TransportKind::Tcp;
        self.sockets(node).borrow_mut().streams.insert(connection, Stream::default());
        self.want(node, Output::Connect { connection, transport, peer: remote, server_name: None });
        PeerId { node, channel: Channel::Stream { connection } }
    }

    /// A socket that listens for streams at `local`.
    pub fn tcp_listener(&mut self, local: SocketAddr) -> ListenerId {
        ListenerId { node: self.add_peer(&[(TransportKind::Tcp, local)]) }
    }

    /// The next stream that somebody opens to `listener` within `timeout`.
    pub fn accept(&mut self, listener: ListenerId, timeout: Duration) -> Option<PeerId> {
        let sockets = self.sockets(listener.node);
        let connection = self.wait(timeout, || sockets.borrow_mut().accepted.pop_front())?;
        Some(PeerId { node: listener.node, channel: Channel::Stream { connection } })
    }

    /// Where `peer` is: its own address. `None` for a stream that is not open yet.
    #[must_use]
    pub fn peer_address(&self, peer: PeerId) -> Option<SocketAddr> {
        let sockets = self.sockets(peer.node);
        let sockets = sockets.borrow();
        match peer.channel {
            Channel::Datagram { .. } => sockets.local,
            Channel::Stream { connection } => {
                sockets.streams.get(&connection).and_then(|stream| stream.local).or(sockets.local)
            }
        }
    }

    /// Sends `data`, as one datagram or as one write.
    pub fn send(&mut self, peer: PeerId, data: impl Into<Bytes>) {
        let data = data.into();
        let output = match peer.channel {
            Channel::Datagram { remote } => Output::Transmit(Transmit {
                socket: SocketId(0),
                destination: remote,
                source: None,
                data,
            }),
            Channel::Stream { connection } => Output::Write { connection, data },
        };
        self.want(peer.node, output);
    }

    /// The next datagram, or the next whole message of the stream, within `timeout`.
    pub fn recv(&mut self, peer: PeerId, timeout: Duration) -> Option<Bytes> {
        let sockets = self.sockets(peer.node);
        self.wait(timeout, || sockets.borrow_mut().next_message(peer.channel))
    }

    /// The next datagram, or the next piece of the stream as it arrived, within `timeout`.
    pub fn recv_bytes(&mut self, peer: PeerId, timeout: Duration) -> Option<Bytes> {
        let sockets = self.sockets(peer.node);
        self.wait(timeout, || sockets.borrow_mut().next_piece(peer.channel))
    }

    /// Closes a stream.
    pub fn close(&mut self, peer: PeerId) {
        if let Channel::Stream { connection } = peer.channel {
            self.want(peer.node, Output::Close { connection });
        }
    }

    /// Whether a stream is closed, by either end.
    #[must_use]
    pub fn is_closed(&self, peer: PeerId) -> bool {
        match peer.channel {
            Channel::Datagram { .. } => false,
            Channel::Stream { connection } => self
                .sockets(peer.node)
                .borrow()
                .streams
                .get(&connection)
                .is_none_or(|stream| stream.closed),
        }
    }

    fn add_peer(&mut self, listens: &[(TransportKind, SocketAddr)]) -> NodeId {
        let sockets = Rc::new(RefCell::new(Sockets {
            local: listens.first().map(|(_, local)| *local),
            ..Sockets::default()
        }));
        let name = format!("peer-{}", self.nodes.len());
        let node = self.add_node(&name, listens, Box::new(Peer(Rc::clone(&sockets))));
        self.peers.insert(node, PeerSockets(sockets));
        node
    }

    fn sockets(&self, node: NodeId) -> Rc<RefCell<Sockets>> {
        // A PeerId is made by this Sim's `add_peer` only, which stores the sockets.
        Rc::clone(&self.peers.get(&node).expect("a peer of this simulation").0)
    }

    fn want(&mut self, node: NodeId, output: Output<Note>) {
        self.sockets(node).borrow_mut().wanted.push_back(output);
        self.drain(node);
    }

    fn wait<T>(&mut self, timeout: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
        let end = self.now + timeout;
        loop {
            if let Some(it) = ready() {
                return Some(it);
            }
            if !self.step(end) {
                self.now = end;
                return ready();
            }
        }
    }
}

/// A peer's sockets, as the [`Sim`] keeps them.
#[derive(Debug)]
pub(crate) struct PeerSockets(Rc<RefCell<Sockets>>);

impl Sockets {
    fn next_piece(&mut self, channel: Channel) -> Option<Bytes> {
        match channel {
            Channel::Datagram { .. } => self.datagrams.pop_front().map(|(_, data)| data),
            Channel::Stream { connection } => {
                self.streams.get_mut(&connection)?.pieces.pop_front()
            }
        }
    }

    fn next_message(&mut self, channel: Channel) -> Option<Bytes> {
        let Channel::Stream { connection } = channel else {
            return self.next_piece(channel);
        };
        let stream = self.streams.get_mut(&connection)?;
        for piece in stream.pieces.drain(..) {
            stream.messages.extend(stream.cutter.push(&piece).into_iter().map(Bytes::from));
        }
        stream.messages.pop_front()
    }
}

impl Machine for Peer {
    type In = Order;
    type Out = Note;

    fn handle_input(&mut self, _now: Instant, input: Input<Order>) {
        let mut sockets = self.0.borrow_mut();
        match input {
            Input::Datagram { source, data, .. } => sockets.datagrams.push_back((source, data)),
            Input::Accepted { connection, .. } => {
                sockets.accepted.push_back(connection);
                sockets.streams.insert(connection, Stream::default());
            }
            Input::Connected { connection, local, .. } => {
                sockets.streams.entry(connection).or_default().local = Some(local);
            }
            Input::Received { connection, data } => {
                sockets.streams.entry(connection).or_default().pieces.push_back(data);
            }
            Input::Closed { connection, .. } => {
                sockets.streams.entry(connection).or_default().closed = true;
            }
            Input::Timeout
            | Input::Opened { .. }
            | Input::Flushed { .. }
            | Input::TransmitFailed { .. }
            | Input::Forwarded(_)
            | Input::Clock(_)
            | Input::Secrets(_)
            | Input::Drain
            | Input::App(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output<Note>> {
        self.0.borrow_mut().wanted.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

impl Node for Peer {
    fn residue(&self) -> Residue {
        Vec::new()
    }
}
