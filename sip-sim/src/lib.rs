//! Drives many SIP machines on a virtual network, deterministically.
//!
//! A seed expands to an explicit [`Plan`]: phones, calls, faults, and when. Running a plan is a
//! function of the plan alone. While it runs, invariants are judged by code that shares nothing
//! with the machines; a plan that fails is shrunk and printed with its ladder.
//!
//! ```
//! use sip_sim::{Plan, Profile, Sim};
//!
//! let plan = Plan::random(7, &Profile { calls: Some(3), ..Profile::default() });
//! let report = Sim::new(&plan)?.run();
//! assert_eq!(report.violation, None);
//! # Ok::<(), sip_sim::PlanError>(())
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | `plan` | the run as data: random expansion, TOML, validation |
//! | `queue` `sim` `run` | the engine, and from a plan to a report |
//! | `network` | addresses, links and their faults, streams |
//! | `node` `phone` `hostile` `peer` `server` | what lives on the network |
//! | `trace` | what happened, its hash, ladder diagrams |
//! | `wire` `judge` | the scanner and the invariants |
//! | `report` `shrink` | what a run came to, and the smallest plan that fails alike |
#![forbid(unsafe_code)]

mod hostile;
mod judge;
mod network;
mod node;
mod peer;
mod phone;
mod plan;
mod queue;
mod report;
mod run;
mod server;
mod shrink;
mod sim;
mod trace;
mod wire;

pub use judge::{Invariant, Violation};
pub use network::Fate;
pub use node::{Hosted, Node, NodeId, Note, Order, Outcome, Residue};
pub use peer::{ListenerId, PeerId};
pub use plan::{
    Answer, CallPlan, DOMAIN, Fault, FaultPlan, HostilePlan, Knobs, PhonePlan, Plan, PlanError,
    Profile, ServerPlan, Side, Transport,
};
pub use report::{CallReport, Report};
pub use server::{ServerFactory, deployed, service_node};
pub use shrink::{Failure, check, check_with};
pub use sim::Sim;
pub use trace::{Ladder, Record, Trace, What};
