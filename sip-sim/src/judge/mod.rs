//! The judge: invariants checked while a run goes on, by code that shares nothing with the
//! machines. It reads the bytes on the wire with its own scanner, and what phones report.

mod aging;
mod cancel;
mod finals;
mod forwarding;
mod invariant;
mod outcomes;
mod quiet;

use std::collections::BTreeMap;

use bytes::Bytes;
use sip_proto::Instant;

use crate::network::StreamId;
use crate::node::{NodeId, Note, Residue};
use crate::plan::Plan;
use crate::wire::{Cutter, Scan};

pub use invariant::{Invariant, Violation};

/// A message at one moment of its way.
pub(crate) struct Seen<'a> {
    pub(crate) at: Instant,
    pub(crate) phase: Phase,
    /// Who sent it.
    pub(crate) from: NodeId,
    /// Whom it is for; `None` where nobody is.
    pub(crate) to: Option<NodeId>,
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) bytes: &'a Bytes,
}

/// Whether a message leaves or arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Sent,
    Arrived,
}

/// How a run ended.
pub(crate) struct End {
    pub(crate) residues: Vec<(String, Residue)>,
}

/// What a check finds wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) invariant: Invariant,
    pub(crate) detail: String,
    pub(crate) call_id: Option<String>,
}

pub(crate) type Verdict = Result<(), Complaint>;

/// One or several invariants over the same observations.
pub(crate) trait Check {
    fn observe(&mut self, _seen: &Seen<'_>) -> Verdict {
        Ok(())
    }

    fn note(&mut self, _at: Instant, _note: &Note) -> Verdict {
        Ok(())
    }

    fn finish(&mut self, _end: &End) -> Verdict {
        Ok(())
    }
}

impl Complaint {
    /// About a message.
    pub(crate) fn about(invariant: Invariant, seen: &Seen<'_>, detail: String) -> Self {
        let call_id = seen.scan.first("Call-ID").map(|id| String::from_utf8_lossy(id).into_owned());
        Self { invariant, detail, call_id }
    }
}

/// All checks of a run, and the first violation.
pub(crate) struct Judge {
    checks: Vec<Box<dyn Check>>,
    hostile: Vec<NodeId>,
    cutters: BTreeMap<(StreamId, Phase), Cutter>,
    violation: Option<Violation>,
    messages_sent: u64,
}

impl Judge {
    /// Judges nothing; for runs by hand.
    pub(crate) const fn idle() -> Self {
        Self {
            checks: Vec::new(),
            hostile: Vec::new(),
            cutters: BTreeMap::new(),
            violation: None,
            messages_sent: 0,
        }
    }

    /// Judges a run of `plan` in which `server` is the server.
    pub(crate) fn of(plan: &Plan, server: NodeId) -> Self {
        let checks: Vec<Box<dyn Check>> = vec![
            Box::new(finals::OneFinal::default()),
            Box::new(forwarding::Forwarding::new(server)),
            Box::new(cancel::CancelAfterProvisional::default()),
            Box::new(outcomes::Outcomes::new(plan)),
            Box::new(quiet::Quiet::new(plan)),
        ];
        Self { checks, ..Self::idle() }
    }

    /// What `node` says and is told in SIP proves nothing about others.
    pub(crate) fn add_hostile(&mut self, node: NodeId) {
        self.hostile.push(node);
    }

    pub(crate) const fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    pub(crate) const fn messages_sent(&self) -> u64 {
        self.messages_sent
    }

    /// A datagram, at one moment of its way.
    pub(crate) fn datagram(
        &mut self,
        at: Instant,
        phase: Phase,
        from: NodeId,
        to: Option<NodeId>,
        bytes: &Bytes,
    ) {
        if phase == Phase::Sent {
            self.messages_sent += 1;
        }
        if self.checks.is_empty() || self.concerns_hostile(from, to) {
            return;
        }
        if let Some(scan) = Scan::new(bytes) {
            let seen = Seen { at, phase, from, to, scan: &scan, bytes };
            self.each(at, |check| check.observe(&seen));
        }
    }

    /// A piece of the stream that leaves or enters `stream`.
    pub(crate) fn piece(
        &mut self,
        at: Instant,
        phase: Phase,
        stream: StreamId,
        (from, to): (NodeId, NodeId),
        bytes: &[u8],
    ) {
        let messages = self.cutters.entry((stream, phase)).or_default().push(bytes);
        for message in messages {
            self.datagram(at, phase, from, Some(to), &message.into());
        }
    }

    pub(crate) fn note(&mut self, at: Instant, note: &Note) {
        self.each(at, |check| check.note(at, note));
    }

    pub(crate) fn finish(&mut self, at: Instant, end: &End) {
        self.each(at, |check| check.finish(end));
    }

    /// The engine itself found something.
    pub(crate) fn complain(&mut self, at: Instant, complaint: Complaint) {
        self.violation.get_or_insert_with(|| Violation::new(at, complaint));
    }

    fn each(&mut self, at: Instant, mut ask: impl FnMut(&mut dyn Check) -> Verdict) {
        for check in &mut self.checks {
            if let Err(complaint) = ask(check.as_mut()) {
                self.violation.get_or_insert_with(|| Violation::new(at, complaint));
            }
        }
    }

    fn concerns_hostile(&self, from: NodeId, to: Option<NodeId>) -> bool {
        self.hostile.contains(&from) || to.is_some_and(|to| self.hostile.contains(&to))
    }
}
