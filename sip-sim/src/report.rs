//! What a run came to.

use core::fmt;
use std::collections::BTreeMap;

use sip_proto::Instant;

use crate::judge::Violation;
use crate::node::{Note, Outcome};
use crate::trace::Ladder;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The plan's seed.
    pub seed: u64,
    /// The hash over everything that happened.
    pub trace_hash: u64,
    /// The virtual time at the end.
    pub ended_at: Instant,
    /// SIP messages that nodes sent.
    pub messages_sent: u64,
    /// The calls, by their id in the plan.
    pub calls: BTreeMap<u32, CallReport>,
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// The ladder of the violation's dialogue; of the last messages if it is nobody's.
    pub ladder: Ladder,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallReport {
    /// How often it was dialled.
    pub attempts: u32,
    /// What the last attempt came to.
    pub outcome: Option<Outcome>,
    /// Whether it was established and the caller's side of it is over.
    pub ended: bool,
}

impl Report {
    /// How many calls came to what.
    #[must_use]
    pub fn outcomes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls.values() {
            *counts.entry(call.to_string()).or_insert(0) += 1;
        }
        counts
    }
}

impl fmt::Display for CallReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Some(Outcome::Established) if self.ended => f.write_str("ended"),
            Some(outcome) => outcome.fmt(f),
            None => f.write_str("never dialled"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed        {}", self.seed)?;
        writeln!(f, "calls       {}", self.calls.len())?;
        for (outcome, count) in self.outcomes() {
            writeln!(f, "            {count:>7} {outcome}")?;
        }
        writeln!(f, "messages    {}", self.messages_sent)?;
        writeln!(f, "simulated   {}", self.ended_at)?;
        writeln!(f, "trace hash  {:016x}", self.trace_hash)
    }
}

/// Collects what phones report.
#[derive(Debug, Default)]
pub(crate) struct CallBook {
    pub(crate) calls: BTreeMap<u32, CallReport>,
}

impl CallBook {
    pub(crate) fn note(&mut self, note: &Note) {
        match note {
            Note::Dialled { call, attempt, .. } => {
                let call = self.calls.entry(*call).or_default();
                *call = CallReport { attempts: attempt + 1, ..CallReport::default() };
            }
            Note::Outcome { call, outcome, .. } => {
                self.calls.entry(*call).or_default().outcome = Some(*outcome);
            }
            Note::HungUp { call, .. } => self.calls.entry(*call).or_default().ended = true,
            Note::Settled { .. } | Note::Unacknowledged { .. } | Note::Registered { .. } => {}
        }
    }
}
