//! The engine: one queue of events, one thread, no ticks.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use sip_proto::{
    ConnectionId, Input, Instant, Output, Rng, Seed, SocketId, TransportKind, UnixTime,
};

use crate::judge::{Complaint, Invariant, Judge, Phase};
use crate::network::{Arrival, Fate, Network, Scheduled, StreamId, StreamStep};
use crate::node::{Node, NodeId, Note, Order};
use crate::peer::PeerSockets;
use crate::plan::{Fault, Knobs, Plan, millis};
use crate::queue::Queue;
use crate::report::CallBook;
use crate::trace::{Trace, What};

/// The wall clock when a run begins.
const EPOCH: UnixTime = UnixTime::from_secs(1_700_000_000);
/// A machine whose timer fires more often than this at one instant does not come to rest.
const WAKES_PER_INSTANT_MAX: u32 = 10_000;
/// A machine that gives more outputs than this in one drain does not come to rest.
const OUTPUTS_PER_DRAIN_MAX: u32 = 1_000_000;

/// A simulation: nodes on a virtual network in virtual time.
///
/// Either run a [`Plan`] as a whole with [`Sim::new`] and [`Sim::run`], or begin with
/// [`Sim::empty`], add nodes, and drive it by hand with peers (see [`Sim::udp_peer`]) or
/// [`Sim::advance`].
pub struct Sim {
    pub(crate) plan: Plan,
    pub(crate) now: Instant,
    pub(crate) nodes: Vec<Slot>,
    pub(crate) network: Network,
    pub(crate) judge: Judge,
    pub(crate) book: CallBook,
    pub(crate) trace: Trace,
    pub(crate) peers: BTreeMap<NodeId, PeerSockets>,
    queue: Queue<Happening>,
    scheduled: Vec<Scheduled>,
    seed: Seed,
    last_step: Instant,
}

/// A node and what the engine knows of it.
pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) node: Box<dyn Node>,
    /// The deadline that a wake-up is queued for.
    armed: Option<Instant>,
    /// Which wake-up is the latest; older ones in the queue are void.
    generation: u64,
    clock: UnixTime,
    wakes_at_instant: u32,
    lateness: Rng,
    /// A node that panicked takes no further part.
    dead: bool,
}

enum Happening {
    Arrival {
        node: NodeId,
        arrival: Arrival,
    },
    Wake {
        node: NodeId,
        generation: u64,
    },
    /// A fault of the plan that is a moment.
    Fault(usize),
}

impl Happening {
    const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Arrival { node, .. } | Self::Wake { node, .. } => Some(*node),
            Self::Fault(_) => None,
        }
    }
}

impl Sim {
    /// Nothing but a network without faults; everything random in it comes from `seed`.
    #[must_use]
    pub fn empty(seed: u64) -> Self {
        Self::with_knobs(seed, Knobs::default())
    }

    /// The same with other knobs.
    #[must_use]
    pub fn with_knobs(seed: u64, knobs: Knobs) -> Self {
        Self::bare(Plan { knobs, ..Plan::empty(seed) })
    }

    /// The network of `plan`, and nobody on it yet.
    pub(crate) fn bare(plan: Plan) -> Self {
        let seed = Seed::from_u64(plan.seed);
        Self {
            now: Instant::ZERO,
            nodes: Vec::new(),
            network: Network::new(&seed.fork("network"), &plan.knobs),
            judge: Judge::idle(),
            book: CallBook::default(),
            trace: Trace::new(),
            peers: BTreeMap::new(),
            queue: Queue::new(),
            scheduled: Vec::new(),
            seed,
            last_step: Instant::ZERO,
            plan,
        }
    }

    /// The virtual time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The virtual wall clock.
    #[must_use]
    pub const fn unix_time(&self) -> UnixTime {
        EPOCH.saturating_add(Duration::from_nanos(self.now.as_nanos()))
    }

    /// What happened so far.
    #[must_use]
    pub const fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The seed of the node called `name`.
    #[must_use]
    pub fn node_seed(&self, name: &str) -> Seed {
        self.seed.fork("nodes").fork(name)
    }

    /// Puts a node on the network, bound to `listens` in order: sockets 0, 1, 2 ...
    pub fn add_node(
        &mut self,
        name: &str,
        listens: &[(TransportKind, SocketAddr)],
        node: Box<dyn Node>,
    ) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("fewer nodes than u32 holds"));
        self.trace.add_node(name);
        self.nodes.push(Slot {
            name: name.to_owned(),
            node,
            armed: None,
            generation: 0,
            clock: UnixTime::from_secs(0),
            wakes_at_instant: 0,
            lateness: self.node_seed(name).fork("lateness").rng(),
            dead: false,
        });
        for (&(transport, local), number) in listens.iter().zip(0..) {
            let socket = SocketId(number);
            self.network.bind(id, socket, transport, local);
            let opened = Input::Opened { socket, transport, local, advertised: None };
            self.give(self.now, id, opened);
        }
        id
    }

    /// Hands `order` to a node at `at`.
    pub fn order(&mut self, at: Instant, node: NodeId, order: Order) {
        self.give(at, node, Input::App(order));
    }

    pub(crate) fn give(&mut self, at: Instant, node: NodeId, input: Input<Order>) {
        self.queue.push(at, Happening::Arrival { node, arrival: Arrival::Input(input) });
    }

    pub(crate) fn schedule_fault(&mut self, index: usize) {
        self.queue.push(self.plan.faults[index].starts(), Happening::Fault(index));
    }

    /// Lets `duration` pass.
    pub fn advance(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.step(end) {}
        self.now = end;
    }

    /// The next thing that happens, up to `until`; false if nothing does.
    pub(crate) fn step(&mut self, until: Instant) -> bool {
        if self.queue.peek().is_none_or(|(at, _)| at > until) {
            return false;
        }
        let Some((at, happening)) = self.queue.pop() else {
            return false;
        };
        if at > self.last_step {
            self.nodes.iter_mut().for_each(|slot| slot.wakes_at_instant = 0);
            self.last_step = at;
        }
        self.now = at;
        match happening.node() {
            Some(node) => {
                self.feed(happening);
                self.feed_batch(node);
                self.drain(node);
            }
            None => self.strike(&happening),
        }
        true
    }

    /// Feeds what else this instant brings to `node`, as a driver that receives batches does.
    fn feed_batch(&mut self, node: NodeId) {
        for _ in 1..self.plan.knobs.batch_inputs_max {
            let next = self.queue.peek();
            if !next.is_some_and(|(at, next)| at == self.now && next.node() == Some(node)) {
                return;
            }
            if let Some((_, happening)) = self.queue.pop() {
                self.feed(happening);
            }
        }
    }

    fn feed(&mut self, happening: Happening) {
        match happening {
            Happening::Arrival { node, arrival: Arrival::Input(input) } => {
                self.observe_arrival(node, &input);
                self.feed_input(node, input);
            }
            Happening::Arrival { node, arrival: Arrival::Stream { id, step } } => {
                self.observe_step(node, id, &step);
                if let Some(input) = self.network.arrive(id, step) {
                    self.feed_input(node, input);
                }
            }
            Happening::Wake { node, generation } => self.wake(node, generation),
            Happening::Fault(_) => {}
        }
    }

    fn wake(&mut self, node: NodeId, generation: u64) {
        let slot = &mut self.nodes[node.index()];
        if slot.generation != generation || slot.dead {
            return;
        }
        slot.armed = None;
        slot.wakes_at_instant += 1;
        if slot.wakes_at_instant > WAKES_PER_INSTANT_MAX {
            return self.bury(node, Invariant::BoundedWork, "its timer fires for ever".to_owned());
        }
        self.trace.push(self.now, What::Timer { node });
        self.feed_input(node, Input::Timeout);
    }

    fn feed_input(&mut self, node: NodeId, input: Input<Order>) {
        let (now, unix) = (self.now, self.unix_time());
        let slot = &mut self.nodes[node.index()];
        if slot.dead {
            return;
        }
        let clock = (slot.clock != unix).then_some(Input::Clock(unix));
        slot.clock = unix;
        let machine = &mut slot.node;
        let fed = catch_unwind(AssertUnwindSafe(|| {
            if let Some(clock) = clock {
                machine.handle_input(now, clock);
            }
            machine.handle_input(now, input);
        }));
        if let Err(panic) = fed {
            self.bury(node, Invariant::NoPanic, panic_text(&*panic));
        }
    }

    /// Performs what `node` wants, then arms its timer: steps 2 and 3 of the machine contract.
    pub(crate) fn drain(&mut self, node: NodeId) {
        for _ in 0..OUTPUTS_PER_DRAIN_MAX {
            let slot = &mut self.nodes[node.index()];
            if slot.dead {
                return;
            }
            let machine = &mut slot.node;
            match catch_unwind(AssertUnwindSafe(|| machine.poll_output())) {
                Ok(Some(output)) => self.perform(node, output),
                Ok(None) => return self.arm(node),
                Err(panic) => return self.bury(node, Invariant::NoPanic, panic_text(&*panic)),
            }
        }
        self.bury(node, Invariant::BoundedWork, "its outputs never end".to_owned());
    }

    fn arm(&mut self, node: NodeId) {
        let late_ms_max = u64::from(self.plan.knobs.timer_late_ms_max);
        let slot = &mut self.nodes[node.index()];
        let wanted = slot.node.poll_timeout();
        if wanted == slot.armed {
            return;
        }
        slot.armed = wanted;
        slot.generation += 1;
        if let Some(at) = wanted {
            let late = millis(slot.lateness.below(late_ms_max + 1));
            let wake = Happening::Wake { node, generation: slot.generation };
            self.queue.push(at.max(self.now) + late, wake);
        }
    }

    fn perform(&mut self, node: NodeId, output: Output<Note>) {
        let mut out = core::mem::take(&mut self.scheduled);
        match output {
            Output::Transmit(transmit) => {
                let (destination, data) = (transmit.destination, transmit.data.clone());
                let fate = self.network.transmit(self.now, node, transmit, &mut out);
                let to = self.network.node_at(destination);
                self.observe_sent(node, to, TransportKind::Udp, destination, data, fate);
            }
            Output::Open { socket, local } => self.open(node, socket, local),
            Output::CloseSocket { socket } => self.network.unbind(node, socket),
            Output::Write { connection, data } => self.write(node, connection, data, &mut out),
            Output::Connect { connection, transport, peer, server_name: _ } => {
                self.observe_network(node, format!("connects to {peer} over {transport}"));
                self.network.connect(self.now, node, connection, transport, peer, &mut out);
            }
            Output::Close { connection } => {
                self.network.close(self.now, node, connection, &mut out);
            }
            // One shard a node: what belongs to another shard belongs here.
            Output::Forward { to: _, item } => self.give(self.now, node, Input::Forwarded(item)),
            Output::Event(_) => {}
            Output::Drained => self.observe_network(node, "is drained".to_owned()),
            Output::App(note) => self.note(node, note),
        }
        self.schedule(&mut out);
        self.scheduled = out;
    }

    fn open(&mut self, node: NodeId, socket: SocketId, mut local: SocketAddr) {
        if local.port() == 0 {
            local = self.network.ephemeral_address(local.ip());
        }
        let transport = TransportKind::Udp;
        self.network.bind(node, socket, transport, local);
        self.give(self.now, node, Input::Opened { socket, transport, local, advertised: None });
    }

    fn write(
        &mut self,
        node: NodeId,
        connection: ConnectionId,
        data: Bytes,
        out: &mut Vec<Scheduled>,
    ) {
        let written = self.network.write(self.now, node, connection, data.clone(), out);
        if let Some((id, to, address)) = written {
            self.judge.piece(self.now, Phase::Sent, id, (node, to), &data);
            let (to, kind) = (Some(to), TransportKind::Tcp);
            self.trace_sent(node, to, kind, address, data, Fate::Stream);
        }
    }

    fn schedule(&mut self, out: &mut Vec<Scheduled>) {
        for Scheduled { at, node, arrival } in out.drain(..) {
            self.queue.push(at, Happening::Arrival { node, arrival });
        }
    }

    /// A fault that is a moment.
    fn strike(&mut self, happening: &Happening) {
        let Happening::Fault(index) = happening else {
            return;
        };
        let fault = &self.plan.faults[*index];
        if fault.kind == Fault::Reset {
            let (from, to) = (self.named(&fault.from), self.named(&fault.to));
            let mut out = Vec::new();
            self.network.reset(self.now, from, to, &mut out);
            self.schedule(&mut out);
        }
    }

    /// The node called `name`; `None` for `*`.
    pub(crate) fn named(&self, name: &str) -> Option<NodeId> {
        let index = self.nodes.iter().position(|slot| slot.name == name)?;
        u32::try_from(index).ok().map(NodeId)
    }

    fn bury(&mut self, node: NodeId, invariant: Invariant, detail: String) {
        let slot = &mut self.nodes[node.index()];
        slot.dead = true;
        let detail = format!("{}: {detail}", slot.name);
        self.judge.complain(self.now, Complaint { invariant, detail, call_id: None });
    }
}

/// What is written down and judged.
impl Sim {
    fn note(&mut self, node: NodeId, note: Note) {
        self.trace.push(self.now, What::Note { node, text: format!("{note:?}") });
        self.judge.note(self.now, &note);
        self.book.note(&note);
    }

    fn observe_sent(
        &mut self,
        from: NodeId,
        to: Option<NodeId>,
        transport: TransportKind,
        destination: SocketAddr,
        data: Bytes,
        fate: Fate,
    ) {
        self.judge.datagram(self.now, Phase::Sent, from, to, &data);
        self.trace_sent(from, to, transport, destination, data, fate);
    }

    fn trace_sent(
        &mut self,
        from: NodeId,
        to: Option<NodeId>,
        transport: TransportKind,
        destination: SocketAddr,
        data: Bytes,
        fate: Fate,
    ) {
        self.trace.push(self.now, What::Sent { from, to, transport, destination, data, fate });
    }

    fn observe_arrival(&mut self, node: NodeId, input: &Input<Order>) {
        if let Input::Datagram { source, data, .. } = input {
            self.trace.push(self.now, What::Arrived { to: node, data: data.clone() });
            if let Some(from) = self.network.node_at(*source) {
                self.judge.datagram(self.now, Phase::Arrived, from, Some(node), data);
            }
        }
        if let Input::TransmitFailed { destination, error, .. } = input {
            self.observe_network(node, format!("is told {error:?} of {destination}"));
        }
    }

    fn observe_step(&mut self, node: NodeId, id: StreamId, step: &StreamStep) {
        match step {
            StreamStep::Accepted => self.observe_network(node, "accepts".to_owned()),
            StreamStep::Connected => self.observe_network(node, "is connected".to_owned()),
            StreamStep::Closed(reason) => {
                self.trace.push(self.now, What::Closed { node, reason: *reason });
            }
            StreamStep::Data(data) => {
                self.trace.push(self.now, What::Arrived { to: node, data: data.clone() });
                let from = self.network.stream_peer(id);
                self.judge.piece(self.now, Phase::Arrived, id, (from, node), data);
            }
            StreamStep::Flushed => {}
        }
    }

    fn observe_network(&mut self, node: NodeId, text: String) {
        self.trace.push(self.now, What::Network { node, text });
    }
}

impl core::fmt::Debug for Sim {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Sim(seed {}, {} nodes, at {})", self.plan.seed, self.nodes.len(), self.now)
    }
}

fn panic_text(panic: &(dyn core::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .map_or_else(|| "panicked".to_owned(), |text| format!("panicked: {text}"))
}
