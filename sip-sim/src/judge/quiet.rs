//! What holds when everything is over: nothing is held and nothing is sent.

use core::time::Duration;

use sip_proto::Instant;

use super::{Check, Complaint, End, Invariant, Phase, Seen, Verdict};
use crate::plan::Plan;

/// Everything in progress when the phones stop is over after Timer C and a few times 64*T1.
const QUIET_AFTER: Duration = Duration::from_secs(400);

/// Looks at what is sent late, and at what is left.
#[derive(Debug)]
pub(crate) struct Quiet {
    quiet_from: Instant,
}

impl Quiet {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self { quiet_from: Instant::from_millis(plan.stop_at_ms) + QUIET_AFTER }
    }
}

impl Check for Quiet {
    fn observe(&mut self, seen: &Seen<'_>) -> Verdict {
        if seen.phase == Phase::Arrived || seen.at < self.quiet_from {
            return Ok(());
        }
        let method = String::from_utf8_lossy(seen.scan.method()).into_owned();
        let detail = format!("{method} is still being sent when all is over");
        Err(Complaint::about(Invariant::QuietEnd, seen, detail))
    }

    fn finish(&mut self, end: &End) -> Verdict {
        for (name, residue) in &end.residues {
            if let Some((what, count)) = residue.iter().find(|(_, count)| *count > 0) {
                let detail = format!("{name} still holds {count} {what}");
                return Err(Complaint { invariant: Invariant::Conservation, detail, call_id: None });
            }
        }
        Ok(())
    }
}
