//! One outcome per INVITE, in time, and the right one.

use core::time::Duration;
use std::collections::BTreeMap;

use sip_proto::Instant;

use super::{Check, Complaint, End, Invariant, Verdict};
use crate::node::{Note, Outcome};
use crate::phone::PATIENCE;
use crate::plan::{Answer, CallPlan, Plan};

/// A phone's patience, then 64*T1 for what its CANCEL brings, then the jitter of it all.
const OUTCOME_WITHIN: Duration = PATIENCE.saturating_add(Duration::from_secs(32 + 8));

/// Follows every attempt at every call.
#[derive(Debug)]
pub(crate) struct Outcomes {
    calls: BTreeMap<u32, CallPlan>,
    attempts: BTreeMap<(u32, u32), Attempt>,
    healed_at: Instant,
}

#[derive(Debug)]
struct Attempt {
    dialled_at: Instant,
    call_id: String,
    outcome: Option<Outcome>,
}

impl Outcomes {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            calls: plan.calls.iter().map(|call| (call.id, call.clone())).collect(),
            attempts: BTreeMap::new(),
            healed_at: Instant::from_millis(plan.heal_at_ms),
        }
    }

    fn outcome(&mut self, at: Instant, call: u32, attempt: u32, outcome: Outcome) -> Verdict {
        let healed_at = self.healed_at;
        let Some(known) = self.attempts.get_mut(&(call, attempt)) else {
            return Ok(());
        };
        if let Some(earlier) = known.outcome {
            let detail = format!("call {call} is {earlier} and then {outcome}");
            return known.complain(Invariant::OneOutcome, detail);
        }
        known.outcome = Some(outcome);
        let took = at - known.dialled_at;
        if took > OUTCOME_WITHIN {
            let detail = format!("call {call} is {outcome} only after {took:?}");
            return known.complain(Invariant::OneOutcome, detail);
        }
        // A final response can be lost with the stream it is written to, and nobody sends it again:
        // then only the caller's patience ends the call.
        let ran_out =
            outcome == Outcome::Cancelled && took >= PATIENCE && known.dialled_at < healed_at;
        let is_meant = ran_out || self.calls.get(&call).is_none_or(|plan| is_meant(plan, outcome));
        match outcome {
            Outcome::Failed(_) if known.dialled_at >= healed_at => {
                let detail = format!("call {call} {outcome}, dialled after everything was healed");
                known.complain(Invariant::Liveness, detail)
            }
            Outcome::Failed(_) => Ok(()),
            Outcome::Established | Outcome::Busy | Outcome::Cancelled if is_meant => Ok(()),
            Outcome::Established | Outcome::Busy | Outcome::Cancelled => {
                let detail = format!("call {call} is {outcome}, against its script");
                known.complain(Invariant::RightOutcome, detail)
            }
        }
    }

    /// Without ACK in time a call is hung up: on a network that works, that never happens.
    fn unacknowledged(&self, call_id: &str) -> Verdict {
        let attempt = self.attempts.values().find(|attempt| attempt.call_id == call_id);
        match attempt {
            Some(attempt) if attempt.dialled_at >= self.healed_at => {
                let detail = "no ACK came for the 2xx, after everything was healed".to_owned();
                attempt.complain(Invariant::Liveness, detail)
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Check for Outcomes {
    fn note(&mut self, at: Instant, note: &Note) -> Verdict {
        match note {
            Note::Dialled { call, attempt, call_id } => {
                let call_id = call_id.clone();
                let new = Attempt { dialled_at: at, call_id, outcome: None };
                self.attempts.insert((*call, *attempt), new);
                Ok(())
            }
            Note::Outcome { call, attempt, outcome } => self.outcome(at, *call, *attempt, *outcome),
            Note::Unacknowledged { call_id } => self.unacknowledged(call_id),
            Note::Settled { .. } | Note::HungUp { .. } | Note::Registered { .. } => Ok(()),
        }
    }

    fn finish(&mut self, _end: &End) -> Verdict {
        let open = self.attempts.iter().find(|(_, attempt)| attempt.outcome.is_none());
        open.map_or(Ok(()), |((call, _), attempt)| {
            let detail = format!("call {call} never has an outcome");
            attempt.complain(Invariant::OneOutcome, detail)
        })
    }
}

impl Attempt {
    fn complain(&self, invariant: Invariant, detail: String) -> Verdict {
        Err(Complaint { invariant, detail, call_id: Some(self.call_id.clone()) })
    }
}

/// Whether `outcome` is one that the script of `call` can lead to, on a network that works.
pub(crate) const fn is_meant(call: &CallPlan, outcome: Outcome) -> bool {
    match outcome {
        Outcome::Established => matches!(call.answer, Answer::Accept),
        Outcome::Busy => matches!(call.answer, Answer::Busy),
        Outcome::Cancelled => {
            call.cancel_after_ms.is_some() || matches!(call.answer, Answer::Ignore)
        }
        Outcome::Failed(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Side;

    const HEALED_MS: u64 = 60_000;

    /// The verdict on a call to a busy phone: dialled, and decided `took` later.
    fn verdict(dialled_ms: u64, took: Duration, outcome: Outcome) -> Option<Invariant> {
        let mut plan = Plan { heal_at_ms: HEALED_MS, ..Plan::empty(1) };
        plan.calls.push(CallPlan {
            id: 1,
            at_ms: dialled_ms,
            from: "alice".to_owned(),
            to: "bob".to_owned(),
            answer: Answer::Busy,
            ring_ms: 0,
            cancel_after_ms: None,
            hangup: Side::Caller,
            talk_ms: 0,
            redials_max: 0,
        });
        let mut check = Outcomes::new(&plan);
        let dialled_at = Instant::from_millis(dialled_ms);
        let dialled = Note::Dialled { call: 1, attempt: 0, call_id: "c".to_owned() };
        assert_eq!(check.note(dialled_at, &dialled), Ok(()));
        let decided = Note::Outcome { call: 1, attempt: 0, outcome };
        check.note(dialled_at + took, &decided).err().map(|complaint| complaint.invariant)
    }

    #[test]
    fn an_outcome_is_judged_by_script_and_by_weather() {
        let (soon, late) = (Duration::from_secs(1), PATIENCE + Duration::from_secs(1));
        let (faulty, healed) = (0, HEALED_MS);
        let failed = Outcome::Failed(Some(503));
        let cases = [
            (faulty, soon, Outcome::Busy, None),
            (faulty, soon, failed, None),
            (faulty, late, Outcome::Cancelled, None),
            (faulty, soon, Outcome::Cancelled, Some(Invariant::RightOutcome)),
            (faulty, soon, Outcome::Established, Some(Invariant::RightOutcome)),
            (faulty, 2 * OUTCOME_WITHIN, failed, Some(Invariant::OneOutcome)),
            (healed, soon, failed, Some(Invariant::Liveness)),
            (healed, late, Outcome::Cancelled, Some(Invariant::RightOutcome)),
        ];
        for (dialled_ms, took, outcome, expected) in cases {
            let found = verdict(dialled_ms, took, outcome);
            assert_eq!(found, expected, "{dialled_ms} ms, {took:?}: {outcome}");
        }
    }

    #[test]
    fn an_attempt_has_one_outcome_and_has_one() {
        let mut check = Outcomes::new(&Plan::empty(1));
        let dialled = Note::Dialled { call: 1, attempt: 0, call_id: "c".to_owned() };
        assert_eq!(check.note(Instant::ZERO, &dialled), Ok(()));
        let end = End { residues: Vec::new() };
        let open = check.finish(&end).expect_err("it has no outcome yet");
        assert_eq!(open.invariant, Invariant::OneOutcome);
        let busy = Note::Outcome { call: 1, attempt: 0, outcome: Outcome::Busy };
        assert_eq!(check.note(Instant::ZERO, &busy), Ok(()));
        assert_eq!(check.finish(&end), Ok(()));
        let again = check.note(Instant::ZERO, &busy).expect_err("a second outcome");
        assert_eq!(again.invariant, Invariant::OneOutcome);
    }
}
