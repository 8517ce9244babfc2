//! Which faults a link suffers from, when.

use sip_proto::Instant;

use crate::node::NodeId;
use crate::plan::{Fault, FaultPlan};

/// The faults of a run.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    faults: Vec<Spell>,
}

#[derive(Debug)]
struct Spell {
    from_node: Option<NodeId>,
    to_node: Option<NodeId>,
    starts: Instant,
    ends: Instant,
    fault: Fault,
}

/// What a link does at one moment: all its faults put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    pub(crate) loss_percent: u8,
    pub(crate) duplicate_percent: u8,
    pub(crate) late_ms_max: u32,
    pub(crate) extra_ms: u32,
    pub(crate) jitter_ms: u32,
    pub(crate) unreachable: bool,
    pub(crate) refuse: bool,
}

impl Weather {
    pub(crate) fn add(&mut self, fault: &FaultPlan, from: Option<NodeId>, to: Option<NodeId>) {
        self.faults.push(Spell {
            from_node: from,
            to_node: to,
            starts: fault.starts(),
            ends: fault.ends(),
            fault: fault.kind,
        });
    }

    /// The worst of everything that holds from `from` to `to` at `now`.
    pub(crate) fn at(&self, now: Instant, from: NodeId, to: NodeId) -> Conditions {
        let mut conditions = Conditions::default();
        for spell in &self.faults {
            if spell.holds(now, from, to) {
                conditions.suffer(spell.fault);
            }
        }
        conditions
    }
}

impl Spell {
    fn holds(&self, now: Instant, from: NodeId, to: NodeId) -> bool {
        self.starts <= now
            && now < self.ends
            && self.from_node.is_none_or(|node| node == from)
            && self.to_node.is_none_or(|node| node == to)
    }
}

impl Conditions {
    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::Loss { percent } => self.loss_percent = self.loss_percent.max(percent),
            Fault::Duplicate { percent, late_ms_max } => {
                self.duplicate_percent = self.duplicate_percent.max(percent);
                self.late_ms_max = self.late_ms_max.max(late_ms_max);
            }
            Fault::Delay { extra_ms, jitter_ms } => {
                self.extra_ms = self.extra_ms.max(extra_ms);
                self.jitter_ms = self.jitter_ms.max(jitter_ms);
            }
            Fault::Unreachable => self.unreachable = true,
            Fault::Refuse => self.refuse = true,
            // A moment, not a condition: the engine schedules it.
            Fault::Reset => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from_ms: u64, to_ms: u64, kind: Fault) -> FaultPlan {
        FaultPlan { from_ms, to_ms, from: "*".to_owned(), to: "*".to_owned(), kind }
    }

    #[test]
    fn a_fault_holds_in_its_window_on_its_link() {
        let (a, b) = (NodeId(0), NodeId(1));
        let mut weather = Weather::default();
        weather.add(&fault(100, 200, Fault::Loss { percent: 30 }), Some(a), None);
        let loss = |ms, from, to| weather.at(Instant::from_millis(ms), from, to).loss_percent;
        assert_eq!(loss(99, a, b), 0);
        assert_eq!(loss(100, a, b), 30);
        assert_eq!(loss(199, a, b), 30);
        assert_eq!(loss(200, a, b), 0);
        assert_eq!(loss(150, b, a), 0, "the other direction");
    }

    #[test]
    fn the_worst_of_two_faults_counts() {
        let mut weather = Weather::default();
        weather.add(&fault(0, 10, Fault::Loss { percent: 30 }), None, None);
        weather.add(&fault(0, 10, Fault::Loss { percent: 10 }), None, None);
        weather.add(&fault(0, 10, Fault::Refuse), None, None);
        let conditions = weather.at(Instant::ZERO, NodeId(0), NodeId(1));
        assert_eq!((conditions.loss_percent, conditions.refuse), (30, true));
    }
}
