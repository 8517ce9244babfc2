//! Stream connections of the virtual network: ordered, segmented at will, refused, reset.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use sip_proto::{
    CloseReason, ConnectionId, Input, Instant, PeerIdentity, Rng, SocketId, TransportKind,
};

use super::link::travel;
use super::{Arrival, Network, Scheduled};
use crate::node::{NodeId, Order};
use crate::plan::millis;

/// A segment that is lost so often in a row means that the stream is broken.
const LOSSES_MAX: u32 = 8;
/// The first retransmission of a lost segment; each further one after twice the time.
const RETRANSMIT_MS: u64 = 200;

/// One end of a connection: which connection, and whether it is the end that was dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamId {
    pipe: usize,
    end: usize,
}

/// What happens to one end of a stream.
#[derive(Debug)]
pub(crate) enum StreamStep {
    Accepted,
    Connected,
    Data(Bytes),
    Flushed,
    Closed(CloseReason),
}

/// All connections there were.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    pipes: Vec<Pipe>,
    by_connection: BTreeMap<(NodeId, ConnectionId), StreamId>,
    accepted: BTreeMap<NodeId, u64>,
}

#[derive(Debug)]
struct Pipe {
    /// The dialling end, then the listening end.
    ends: [End; 2],
    listener: SocketId,
    rng: Rng,
}

#[derive(Debug)]
struct End {
    node: NodeId,
    connection: ConnectionId,
    address: SocketAddr,
    /// Whether its node may still be told of it and write to it.
    open: bool,
    /// Nothing it sends arrives before this.
    next_arrival: Instant,
}

const DIALLING: usize = 0;
const LISTENING: usize = 1;

impl StreamId {
    const fn other(self) -> Self {
        Self { pipe: self.pipe, end: 1 - self.end }
    }
}

impl Streams {
    fn end(&self, id: StreamId) -> &End {
        &self.pipes[id.pipe].ends[id.end]
    }

    fn end_mut(&mut self, id: StreamId) -> &mut End {
        &mut self.pipes[id.pipe].ends[id.end]
    }

    fn find(&self, node: NodeId, connection: ConnectionId) -> Option<StreamId> {
        self.by_connection.get(&(node, connection)).copied()
    }
}

impl Network {
    /// Dials; pushes the answer.
    pub(crate) fn connect(
        &mut self,
        now: Instant,
        from: NodeId,
        connection: ConnectionId,
        transport: TransportKind,
        peer: SocketAddr,
        out: &mut Vec<Scheduled>,
    ) {
        let Some(&(to, socket)) = self.listeners.get(&(transport, peer)) else {
            let reason = self.nobody_at(peer);
            return self.fail_connect(now, from, connection, reason, out);
        };
        let conditions = self.weather.at(now, from, to);
        if conditions.unreachable || conditions.loss_percent == 100 {
            return self.fail_connect(now, from, connection, CloseReason::Unreachable, out);
        }
        if conditions.refuse {
            return self.fail_connect(now, from, connection, CloseReason::Refused, out);
        }
        let mut rng = self.links.luck(from, to, b"connect");
        let there = now + travel(&mut rng, &conditions, &self.knobs);
        let back = there + travel(&mut rng, &conditions, &self.knobs);
        let id = self.open_pipe(from, connection, to, socket, peer, rng);
        self.streams.end_mut(id).next_arrival = back;
        self.streams.end_mut(id.other()).next_arrival = back;
        let accepted = Arrival::Stream { id: id.other(), step: StreamStep::Accepted };
        out.push(Scheduled { at: there, node: to, arrival: accepted });
        let connected = Arrival::Stream { id, step: StreamStep::Connected };
        out.push(Scheduled { at: back, node: from, arrival: connected });
    }

    fn fail_connect(
        &self,
        now: Instant,
        from: NodeId,
        connection: ConnectionId,
        reason: CloseReason,
        out: &mut Vec<Scheduled>,
    ) {
        let at = now + 2 * millis(self.knobs.latency_ms);
        let arrival = Arrival::Input(Input::Closed { connection, reason });
        out.push(Scheduled { at, node: from, arrival });
    }

    fn open_pipe(
        &mut self,
        from: NodeId,
        connection: ConnectionId,
        to: NodeId,
        listener: SocketId,
        peer: SocketAddr,
        rng: Rng,
    ) -> StreamId {
        let home = self
            .addresses
            .range((from, SocketId(0))..)
            .next()
            .filter(|((node, _), _)| *node == from)
            .map_or(peer, |(_, address)| *address)
            .ip();
        let local = self.ephemeral_address(home);
        let number = self.streams.accepted.entry(to).or_insert(0);
        *number += 1;
        let accepted = ConnectionId::accepted(*number);
        let end = |node, connection, address| End {
            node,
            connection,
            address,
            open: true,
            next_arrival: Instant::ZERO,
        };
        let id = StreamId { pipe: self.streams.pipes.len(), end: DIALLING };
        self.streams.pipes.push(Pipe {
            ends: [end(from, connection, local), end(to, accepted, peer)],
            listener,
            rng,
        });
        self.streams.by_connection.insert((from, connection), id);
        self.streams.by_connection.insert((to, accepted), id.other());
        id
    }

    /// Writes; pushes the segments. Gives who will read them, `None` if the connection is gone.
    pub(crate) fn write(
        &mut self,
        now: Instant,
        from: NodeId,
        connection: ConnectionId,
        mut data: Bytes,
        out: &mut Vec<Scheduled>,
    ) -> Option<(StreamId, NodeId, SocketAddr)> {
        let id = self.streams.find(from, connection)?;
        if !self.streams.end(id).open {
            return None;
        }
        let (to, address) = {
            let other = self.streams.end(id.other());
            (other.node, other.address)
        };
        while !data.is_empty() {
            let piece = data.split_to(self.segment_bytes(id, data.len()));
            if !self.send_segment(now, id, to, piece, out) {
                self.break_pipe(now, id.pipe, out);
                return Some((id, to, address));
            }
        }
        let flushed = Arrival::Stream { id, step: StreamStep::Flushed };
        out.push(Scheduled { at: now, node: from, arrival: flushed });
        Some((id, to, address))
    }

    fn segment_bytes(&mut self, id: StreamId, len: usize) -> usize {
        match self.knobs.segment_bytes_max {
            0 => len,
            max => {
                let rng = &mut self.streams.pipes[id.pipe].rng;
                len.min(1 + rng.below(u64::from(max)) as usize)
            }
        }
    }

    /// False when the segment was lost too often.
    fn send_segment(
        &mut self,
        now: Instant,
        id: StreamId,
        to: NodeId,
        data: Bytes,
        out: &mut Vec<Scheduled>,
    ) -> bool {
        let from = self.streams.end(id).node;
        let conditions = self.weather.at(now, from, to);
        let pipe = &mut self.streams.pipes[id.pipe];
        let lost_percent =
            if conditions.unreachable { 100 } else { u64::from(conditions.loss_percent) };
        let losses = (0..LOSSES_MAX).take_while(|_| pipe.rng.below(100) < lost_percent).count();
        if losses as u32 == LOSSES_MAX {
            return false;
        }
        let resent = millis(RETRANSMIT_MS * ((1 << losses) - 1));
        let candidate = now + travel(&mut pipe.rng, &conditions, &self.knobs) + resent;
        let end = &mut pipe.ends[id.end];
        end.next_arrival = end.next_arrival.max(candidate);
        let arrival = Arrival::Stream { id: id.other(), step: StreamStep::Data(data) };
        out.push(Scheduled { at: end.next_arrival, node: to, arrival });
        true
    }

    /// Closes one end once what it wrote has arrived.
    pub(crate) fn close(
        &mut self,
        now: Instant,
        from: NodeId,
        connection: ConnectionId,
        out: &mut Vec<Scheduled>,
    ) {
        let Some(id) = self.streams.find(from, connection) else {
            return;
        };
        if !self.streams.end(id).open {
            return;
        }
        let other = self.streams.end(id.other()).node;
        let earliest = now + millis(self.knobs.latency_ms);
        let gone_at = self.streams.end(id).next_arrival.max(earliest);
        let told = |id, reason| Arrival::Stream { id, step: StreamStep::Closed(reason) };
        out.push(Scheduled { at: now, node: from, arrival: told(id, CloseReason::Requested) });
        let arrival = told(id.other(), CloseReason::PeerClosed);
        out.push(Scheduled { at: gone_at, node: other, arrival });
    }

    /// Resets the open connections between two nodes, `None` for any.
    pub(crate) fn reset(
        &mut self,
        now: Instant,
        from: Option<NodeId>,
        to: Option<NodeId>,
        out: &mut Vec<Scheduled>,
    ) {
        let concerned = |pipe: &Pipe| {
            let [dialling, listening] = &pipe.ends;
            let is = |wanted: Option<NodeId>, end: &End| wanted.is_none_or(|node| node == end.node);
            (is(from, dialling) && is(to, listening)) || (is(from, listening) && is(to, dialling))
        };
        for pipe in 0..self.streams.pipes.len() {
            if concerned(&self.streams.pipes[pipe]) {
                self.break_pipe(now, pipe, out);
            }
        }
    }

    fn break_pipe(&self, now: Instant, pipe: usize, out: &mut Vec<Scheduled>) {
        for end in [DIALLING, LISTENING] {
            let id = StreamId { pipe, end };
            let node = self.streams.end(id).node;
            if self.streams.end(id).open {
                let step = StreamStep::Closed(CloseReason::Reset);
                out.push(Scheduled { at: now, node, arrival: Arrival::Stream { id, step } });
            }
        }
    }

    /// What the node at `id` is told of `step`; `None` if its end is gone.
    pub(crate) fn arrive(&mut self, id: StreamId, step: StreamStep) -> Option<Input<Order>> {
        let listener = self.streams.pipes[id.pipe].listener;
        let peer = self.streams.end(id.other()).address;
        let end = self.streams.end_mut(id);
        if !end.open {
            return None;
        }
        let connection = end.connection;
        Some(match step {
            StreamStep::Accepted => {
                let (local, identity) = (end.address, PeerIdentity::default());
                Input::Accepted { connection, listener, local, peer, identity }
            }
            StreamStep::Connected => {
                let local = end.address;
                Input::Connected { connection, local, identity: PeerIdentity::default() }
            }
            StreamStep::Data(data) => Input::Received { connection, data },
            StreamStep::Flushed => Input::Flushed { connection, queued_bytes: 0 },
            StreamStep::Closed(reason) => {
                end.open = false;
                let key = (end.node, connection);
                self.streams.by_connection.remove(&key);
                Input::Closed { connection, reason }
            }
        })
    }

    /// Who is at the other end of `id`.
    pub(crate) fn stream_peer(&self, id: StreamId) -> NodeId {
        self.streams.end(id.other()).node
    }
}

#[cfg(test)]
mod tests {
    use sip_proto::Seed;

    use super::*;
    use crate::plan::{Fault, FaultPlan, Knobs};

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const DIALLED: ConnectionId = ConnectionId::dialled(1);

    /// A network on which A has dialled B, with `fault` all the time.
    fn connected(knobs: &Knobs, fault: Option<Fault>) -> (Network, Vec<Scheduled>) {
        let mut network = Network::new(&Seed::from_u64(1), knobs);
        let address = SocketAddr::from(([10, 0, 0, 2], 5060));
        network.bind(B, SocketId(0), TransportKind::Tcp, address);
        if let Some(kind) = fault {
            let (from, to) = ("*".to_owned(), "*".to_owned());
            network.add_fault(&FaultPlan { from_ms: 0, to_ms: 1_000, from, to, kind }, None, None);
        }
        let mut out = Vec::new();
        network.connect(Instant::ZERO, A, DIALLED, TransportKind::Tcp, address, &mut out);
        (network, out)
    }

    /// What everybody is told, in the order of time.
    fn deliver(network: &mut Network, mut out: Vec<Scheduled>) -> Vec<(NodeId, Input<Order>)> {
        out.sort_by_key(|scheduled| scheduled.at);
        out.into_iter()
            .filter_map(|Scheduled { node, arrival, .. }| match arrival {
                Arrival::Input(input) => Some((node, input)),
                Arrival::Stream { id, step } => Some((node, network.arrive(id, step)?)),
            })
            .collect()
    }

    #[test]
    fn bytes_arrive_in_order_whatever_the_pieces_and_the_losses() {
        let knobs = Knobs { segment_bytes_max: 3, jitter_ms: 40, ..Knobs::default() };
        let (mut network, mut out) = connected(&knobs, Some(Fault::Loss { percent: 40 }));
        let text = b"the quick brown fox jumps over the lazy dog";
        network.write(Instant::ZERO, A, DIALLED, Bytes::from_static(text), &mut out);
        let told = deliver(&mut network, out);
        let pieces: Vec<_> = told
            .iter()
            .filter_map(|(node, input)| match input {
                Input::Received { data, .. } if *node == B => Some(data.clone()),
                _ => None,
            })
            .collect();
        assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() <= 3));
        assert_eq!(pieces.concat(), text);
    }

    #[test]
    fn a_reset_tells_both_ends_and_ends_everything() {
        let (mut network, mut out) = connected(&Knobs::default(), None);
        deliver(&mut network, core::mem::take(&mut out));
        network.reset(Instant::from_secs(1), Some(B), None, &mut out);
        let told = deliver(&mut network, core::mem::take(&mut out));
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(_, input)| {
            matches!(input, Input::Closed { reason: CloseReason::Reset, .. })
        }));
        let written =
            network.write(Instant::from_secs(2), A, DIALLED, Bytes::from_static(b"x"), &mut out);
        assert!(written.is_none() && out.is_empty(), "the connection is gone");
    }

    #[test]
    fn a_refused_connection_is_closed_and_nobody_accepts() {
        let (mut network, out) = connected(&Knobs::default(), Some(Fault::Refuse));
        let told = deliver(&mut network, out);
        assert_eq!(told.len(), 1);
        let (node, input) = &told[0];
        let refused = matches!(input, Input::Closed { reason: CloseReason::Refused, .. });
        assert!(*node == A && refused, "{input:?}");
    }

    #[test]
    fn a_link_that_is_down_breaks_the_stream() {
        let (mut network, mut out) = connected(&Knobs::default(), None);
        deliver(&mut network, core::mem::take(&mut out));
        let (from, to) = ("*".to_owned(), "*".to_owned());
        let kind = Fault::Loss { percent: 100 };
        network.add_fault(&FaultPlan { from_ms: 0, to_ms: 9_000, from, to, kind }, None, None);
        let data = Bytes::from_static(b"x");
        network.write(Instant::from_secs(1), A, DIALLED, data, &mut out);
        let told = deliver(&mut network, out);
        assert_eq!(told.len(), 2, "both ends hear of it: {told:?}");
    }
}
