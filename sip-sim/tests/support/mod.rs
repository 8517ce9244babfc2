//! What the tests share.

#![allow(dead_code, reason = "each test uses its part")]

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use sip_proto::{Input, Instant, Machine, Output, Transmit};
use sip_sim::{
    CallPlan, Fault, FaultPlan, Node, Note, Order, Outcome, PhonePlan, Plan, Report, Residue, Side,
    Transport,
};

/// Two phones and `calls` calls between them, with `percent` of all datagrams lost throughout.
pub(crate) fn two_phones(seed: u64, calls: u32, percent: u8) -> Plan {
    let mut plan = Plan::empty(seed);
    for (user, host) in [("alice", 1), ("bob", 2)] {
        plan.phones.push(PhonePlan {
            name: user.to_owned(),
            user: user.to_owned(),
            address: ([10, 0, 1, host], 5060).into(),
            transport: Transport::Udp,
            expires_s: 600,
            slow_ms: 0,
        });
    }
    plan.calls = (1..=calls).map(call).collect();
    let last_ms = plan.calls.last().map_or(0, |call| call.at_ms);
    plan.stop_at_ms = last_ms + 400_000;
    plan.heal_at_ms = plan.stop_at_ms;
    plan.faults.push(FaultPlan {
        from_ms: 0,
        to_ms: plan.stop_at_ms,
        from: "*".to_owned(),
        to: "*".to_owned(),
        kind: Fault::Loss { percent },
    });
    plan
}

fn call(id: u32) -> CallPlan {
    let (from, to) = if id % 2 == 0 { ("bob", "alice") } else { ("alice", "bob") };
    CallPlan {
        id,
        at_ms: 60_000 + 100 * u64::from(id),
        from: from.to_owned(),
        to: to.to_owned(),
        answer: sip_sim::Answer::Accept,
        ring_ms: 700,
        cancel_after_ms: None,
        hangup: if id % 4 < 2 { Side::Caller } else { Side::Callee },
        talk_ms: 3_000,
        redials_max: 8,
    }
}

/// What became of each call.
pub(crate) fn outcomes(report: &Report) -> BTreeMap<u32, (Option<Outcome>, bool)> {
    report.calls.iter().map(|(id, call)| (*id, (call.outcome, call.ended))).collect()
}

/// Fails with all that a person needs to see if an invariant did not hold.
pub(crate) fn assert_holds(report: &Report) {
    if let Some(violation) = &report.violation {
        panic!("seed {}: {violation}\n\n{}", report.seed, report.ladder);
    }
}

/// A node that misbehaves: another node, and what is done to each message that leaves it.
pub(crate) struct Broken<F> {
    inner: Box<dyn Node>,
    sin: F,
    out: VecDeque<Output<Note>>,
    residue: usize,
}

impl<F: FnMut(&str) -> Vec<String>> Broken<F> {
    /// `sin` gives what leaves instead of a message.
    pub(crate) fn new(inner: Box<dyn Node>, sin: F) -> Self {
        Self { inner, sin, out: VecDeque::new(), residue: 0 }
    }

    /// The node claims to hold something in the end.
    pub(crate) fn leaking(mut self) -> Self {
        self.residue = 1;
        self
    }

    fn corrupt(&mut self, data: &Bytes) -> Vec<Bytes> {
        match core::str::from_utf8(data) {
            Ok(text) => (self.sin)(text).into_iter().map(Bytes::from).collect(),
            Err(_) => vec![data.clone()],
        }
    }
}

impl<F: FnMut(&str) -> Vec<String>> Machine for Broken<F> {
    type In = Order;
    type Out = Note;

    fn handle_input(&mut self, now: Instant, input: Input<Order>) {
        self.inner.handle_input(now, input);
    }

    fn poll_output(&mut self) -> Option<Output<Note>> {
        if let Some(output) = self.out.pop_front() {
            return Some(output);
        }
        match self.inner.poll_output()? {
            Output::Transmit(transmit) => {
                for data in self.corrupt(&transmit.data) {
                    self.out.push_back(Output::Transmit(Transmit { data, ..transmit.clone() }));
                }
            }
            Output::Write { connection, data } => {
                for data in self.corrupt(&data) {
                    self.out.push_back(Output::Write { connection, data });
                }
            }
            other => return Some(other),
        }
        self.poll_output()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.inner.poll_timeout()
    }
}

impl<F: FnMut(&str) -> Vec<String>> Node for Broken<F> {
    fn residue(&self) -> Residue {
        let mut residue = self.inner.residue();
        residue.push(("stolen things", self.residue));
        residue
    }
}
