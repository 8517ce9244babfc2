//! From a plan that fails to a smaller one that fails in the same way (delta debugging), and what
//! is printed then.

use core::fmt;

use crate::judge::{Invariant, Violation};
use crate::plan::{Knobs, Plan, PlanError};
use crate::report::Report;
use crate::server::{self, ServerFactory};
use crate::sim::Sim;
use crate::trace::Ladder;

/// How often a failing plan is run at most to make it smaller.
const RUNS_MAX: u32 = 300;

/// A plan that breaks an invariant, and the smallest one found that breaks it too.
///
/// Its `Display` is what a person needs: seed, invariant with its rule, ladder, plan.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed of the plan that failed.
    pub seed: u64,
    /// What the smallest plan violates.
    pub violation: Violation,
    /// The smallest plan.
    pub plan: Plan,
    /// How many runs it took to find it.
    pub runs: u32,
    /// The ladder of the smallest plan's failing dialogue.
    pub ladder: Ladder,
}

/// Runs `plan` with the server as it is deployed; shrinks it if it fails.
///
/// # Errors
///
/// A plan that cannot be run.
pub fn check(plan: &Plan) -> Result<Result<Report, Box<Failure>>, PlanError> {
    check_with(plan, &server::deployed)
}

/// Runs `plan` with another server; shrinks it if it fails.
///
/// # Errors
///
/// A plan that cannot be run.
pub fn check_with(
    plan: &Plan,
    factory: &ServerFactory<'_>,
) -> Result<Result<Report, Box<Failure>>, PlanError> {
    let report = Sim::with_server(plan, factory)?.run();
    let Some(violation) = report.violation.clone() else {
        return Ok(Ok(report));
    };
    let mut shrinker = Shrinker {
        target: violation.invariant,
        factory,
        runs: 0,
        smallest: plan.clone(),
        violation,
        ladder: report.ladder,
    };
    shrinker.shrink();
    let Shrinker { runs, smallest, violation, ladder, .. } = shrinker;
    Ok(Err(Box::new(Failure { seed: plan.seed, violation, plan: smallest, runs, ladder })))
}

struct Shrinker<'a> {
    target: Invariant,
    factory: &'a ServerFactory<'a>,
    runs: u32,
    smallest: Plan,
    violation: Violation,
    ladder: Ladder,
}

impl Shrinker<'_> {
    /// Drops events, then nodes, then faults' company, until nothing more can go.
    fn shrink(&mut self) {
        loop {
            let before = self.smallest.clone();
            self.drop_some(|plan| &mut plan.calls);
            self.drop_some(|plan| &mut plan.faults);
            self.drop_some(|plan| &mut plan.hostiles);
            self.drop_some(|plan| &mut plan.phones);
            self.try_plan(Plan { knobs: Knobs::default(), ..self.smallest.clone() });
            if before == self.smallest || self.runs >= RUNS_MAX {
                return;
            }
        }
    }

    /// Zeller's ddmin: drops halves, then quarters, and so on down to single items.
    fn drop_some<T: Clone>(&mut self, list: impl Fn(&mut Plan) -> &mut Vec<T>) {
        let mut chunk = list(&mut self.smallest.clone()).len();
        while chunk > 0 {
            let mut from = 0;
            while from < list(&mut self.smallest.clone()).len() {
                let mut plan = self.smallest.clone();
                let items = list(&mut plan);
                let to = (from + chunk).min(items.len());
                items.drain(from..to);
                if !self.try_plan(plan) {
                    from += chunk;
                }
            }
            chunk /= 2;
        }
    }

    /// Takes `plan` if it is runnable and fails in the same way.
    fn try_plan(&mut self, plan: Plan) -> bool {
        if self.runs >= RUNS_MAX || plan == self.smallest {
            return false;
        }
        let Ok(sim) = Sim::with_server(&plan, self.factory) else {
            return false;
        };
        self.runs += 1;
        let report = sim.run();
        match report.violation {
            Some(violation) if violation.invariant == self.target => {
                self.smallest = plan;
                self.violation = violation;
                self.ladder = report.ladder;
                true
            }
            Some(_) | None => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.violation)?;
        let Plan { calls, phones, faults, hostiles, .. } = &self.plan;
        writeln!(
            f,
            "  the smallest plan found in {} runs: {} calls, {} phones, {} faults, {} hostile peers",
            self.runs,
            calls.len(),
            phones.len(),
            faults.len(),
            hostiles.len()
        )?;
        writeln!(f, "\n{}", self.ladder)?;
        writeln!(f, "# plan\n{}", self.plan.to_toml())
    }
}
