//! From a plan to a report.

use core::time::Duration;
use std::net::SocketAddr;

use sip_proto::{Instant, TransportKind};

use crate::hostile::Hostile;
use crate::judge::{End, Judge};
use crate::node::{Node, NodeId, Order};
use crate::phone::Phone;
use crate::plan::{Fault, Plan, PlanError, millis};
use crate::report::Report;
use crate::server::{self, ServerFactory};
use crate::sim::Sim;

/// How long after the phones stopped the last idle connection and the last timer are gone.
const SETTLE: Duration = Duration::from_secs(2_000);
/// Phones begin one after the other, not in one burst.
const START_GAP_MS: u64 = 50;
/// When hostile peers open fire.
const HOSTILE_FROM: Duration = Duration::from_secs(1);
/// The most messages that a failure's ladder shows.
const LADDER_ROWS_MAX: usize = 120;

impl Sim {
    /// The run that `plan` describes, with the server as it is deployed.
    ///
    /// # Errors
    ///
    /// A plan that cannot be run.
    pub fn new(plan: &Plan) -> Result<Self, PlanError> {
        Self::with_server(plan, &server::deployed)
    }

    /// The same with another server.
    ///
    /// # Errors
    ///
    /// A plan that cannot be run.
    pub fn with_server(plan: &Plan, factory: &ServerFactory<'_>) -> Result<Self, PlanError> {
        plan.validate()?;
        let mut sim = Self::bare(plan.clone());
        let node = factory(plan, &sim.node_seed("server"), sim.unix_time())?;
        let address = plan.server.address;
        let listens = [(TransportKind::Udp, address), (TransportKind::Tcp, address)];
        let server = sim.add_node("server", &listens, node);
        sim.judge = Judge::of(plan, server);
        sim.add_phones(plan);
        sim.add_hostiles(plan);
        sim.add_faults(plan);
        sim.add_calls(plan);
        Ok(sim)
    }

    /// Runs the plan to its end, or to the first violation.
    #[must_use]
    pub fn run(mut self) -> Report {
        self.run_to_end()
    }

    /// The same, keeping the simulation to look at afterwards.
    pub fn run_to_end(&mut self) -> Report {
        let end = Instant::from_millis(self.plan.stop_at_ms) + SETTLE;
        while self.judge.violation().is_none() && self.step(end) {}
        if self.judge.violation().is_none() {
            let residues =
                self.nodes.iter().map(|slot| (slot.name.clone(), slot.node.residue())).collect();
            self.judge.finish(self.now, &End { residues });
        }
        self.report()
    }

    /// What the run came to so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let violation = self.judge.violation().cloned();
        let call_id = violation.as_ref().and_then(|violation| violation.call_id.as_deref());
        let ladder = match &violation {
            Some(_) => self.trace.ladder(call_id, LADDER_ROWS_MAX),
            None => Default::default(),
        };
        Report {
            seed: self.plan.seed,
            trace_hash: self.trace.hash_value(),
            ended_at: self.now,
            messages_sent: self.judge.messages_sent(),
            calls: self.book.calls.clone(),
            violation,
            ladder,
        }
    }

    fn add_phones(&mut self, plan: &Plan) {
        let stop_at = Instant::from_millis(plan.stop_at_ms);
        for (phone, index) in plan.phones.iter().zip(0..) {
            let node = Phone::new(plan, phone, &self.node_seed(&phone.name), self.unix_time());
            let id = self.add_listening(&phone.name, phone.address, Box::new(node));
            self.order(Instant::from_millis(START_GAP_MS * index), id, Order::Start);
            self.order(stop_at, id, Order::Stop);
        }
    }

    fn add_hostiles(&mut self, plan: &Plan) {
        let stop_at = Instant::from_millis(plan.stop_at_ms);
        for peer in &plan.hostiles {
            let node = Hostile::new(peer, plan.server.address, &self.node_seed(&peer.name));
            let id = self.add_listening(&peer.name, peer.address, Box::new(node));
            self.judge.add_hostile(id);
            self.order(Instant::ZERO + HOSTILE_FROM, id, Order::Start);
            self.order(stop_at, id, Order::Stop);
        }
    }

    fn add_listening(
        &mut self,
        name: &str,
        address: SocketAddr,
        node: Box<dyn Node>,
    ) -> NodeId {
        let listens = [(TransportKind::Udp, address), (TransportKind::Tcp, address)];
        self.add_node(name, &listens, node)
    }

    fn add_faults(&mut self, plan: &Plan) {
        for (index, fault) in plan.faults.iter().enumerate() {
            let (from, to) = (self.named(&fault.from), self.named(&fault.to));
            self.network.add_fault(fault, from, to);
            if fault.kind == Fault::Reset {
                self.schedule_fault(index);
            }
        }
    }

    fn add_calls(&mut self, plan: &Plan) {
        for call in &plan.calls {
            self.book.calls.entry(call.id).or_default();
            if let Some(phone) = self.named(&call.from) {
                let at = Instant::ZERO + millis(call.at_ms);
                self.order(at, phone, Order::Dial(call.id));
            }
        }
    }
}
