//! What makes a plan one that can be run.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Fault, Plan};

/// Why a plan cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The text is not a plan.
    #[error("not a plan: {reason}")]
    Text {
        /// What the reader of the text said.
        reason: String,
    },
    /// Two nodes share a name or an address, or two calls an id.
    #[error("{what} is used twice")]
    Duplicate {
        /// Which.
        what: String,
    },
    /// A call or a fault names a node that is not there.
    #[error("{who} names {name:?}, which is no node of this plan")]
    Unknown {
        /// What names it.
        who: String,
        /// The name.
        name: String,
    },
    /// A number is out of its range.
    #[error("{what} must be {range}")]
    Range {
        /// Which.
        what: String,
        /// What it may be.
        range: &'static str,
    },
    /// The service graph refused what the plan says of the server.
    #[error("server: {reason}")]
    Server {
        /// What it said.
        reason: String,
    },
}

impl Plan {
    /// Checks what the types do not.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), PlanError> {
        let names = self.validate_nodes()?;
        self.validate_calls(&names)?;
        self.validate_faults(&names)
    }

    fn validate_nodes(&self) -> Result<BTreeSet<&str>, PlanError> {
        let mut names = BTreeSet::from(["server"]);
        let mut addresses = BTreeSet::from([self.server.address]);
        let phones = self.phones.iter().map(|phone| (phone.name.as_str(), phone.address));
        let hostiles = self.hostiles.iter().map(|peer| (peer.name.as_str(), peer.address));
        for (name, address) in phones.chain(hostiles) {
            if !names.insert(name) {
                return Err(PlanError::Duplicate { what: format!("the name {name:?}") });
            }
            if !addresses.insert(address) {
                return Err(PlanError::Duplicate { what: format!("the address {address}") });
            }
        }
        Ok(names)
    }

    fn validate_calls(&self, names: &BTreeSet<&str>) -> Result<(), PlanError> {
        let mut ids = BTreeSet::new();
        for call in &self.calls {
            let who = || format!("call {}", call.id);
            if !ids.insert(call.id) {
                return Err(PlanError::Duplicate { what: who() });
            }
            if !names.contains(call.from.as_str()) {
                return Err(PlanError::Unknown { who: who(), name: call.from.clone() });
            }
            if call.at_ms > self.stop_at_ms {
                return Err(PlanError::Range { what: who(), range: "dialled before stop_at_ms" });
            }
        }
        Ok(())
    }

    fn validate_faults(&self, names: &BTreeSet<&str>) -> Result<(), PlanError> {
        for (index, fault) in self.faults.iter().enumerate() {
            let who = || format!("fault {index}");
            for end in [&fault.from, &fault.to] {
                if end != "*" && !names.contains(end.as_str()) {
                    return Err(PlanError::Unknown { who: who(), name: end.clone() });
                }
            }
            match fault.kind {
                Fault::Loss { percent } | Fault::Duplicate { percent, .. } if percent > 100 => {
                    return Err(PlanError::Range { what: who(), range: "at most 100 percent" });
                }
                Fault::Loss { .. }
                | Fault::Duplicate { .. }
                | Fault::Delay { .. }
                | Fault::Unreachable
                | Fault::Refuse
                | Fault::Reset => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Profile;

    fn plan() -> Plan {
        Plan::random(1, &Profile::default())
    }

    #[test]
    fn random_plans_are_valid() {
        for seed in 0..200 {
            let plan = Plan::random(seed, &Profile::default());
            assert_eq!(plan.validate(), Ok(()), "seed {seed}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut twice = plan();
        twice.calls.push(twice.calls[0].clone());
        assert!(matches!(twice.validate(), Err(PlanError::Duplicate { .. })));

        let mut stranger = plan();
        stranger.calls[0].from = "mallory".to_owned();
        let error = stranger.validate().expect_err("no such phone");
        assert!(error.to_string().contains("mallory"));

        let mut late = plan();
        late.calls[0].at_ms = late.stop_at_ms + 1;
        assert!(matches!(late.validate(), Err(PlanError::Range { .. })));
    }
}
