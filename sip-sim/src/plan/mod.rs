//! A run as data: what there is, what is attempted, what goes wrong, and when.
//!
//! A seed expands to a plan ([`Plan::random`]); a run is a function of the plan alone. Because the
//! plan is data, it can be saved, edited, shrunk and committed as a regression test.

mod expand;
mod text;
mod validate;

use core::time::Duration;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use sip_proto::{Instant, TransportKind};

pub use expand::Profile;
pub use validate::PlanError;

/// The domain that the simulated server serves.
pub const DOMAIN: &str = "example.org";

/// A whole run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The seed of every component's random stream.
    #[serde(with = "text::seed")]
    pub seed: u64,
    /// When the faults are over: from here on every call must have the outcome it was meant to.
    pub heal_at_ms: u64,
    /// When phones end what is in progress and go quiet.
    pub stop_at_ms: u64,
    /// How the machinery behaves that is neither a node nor a fault.
    #[serde(default)]
    pub knobs: Knobs,
    /// The server.
    #[serde(default)]
    pub server: ServerPlan,
    /// The phones.
    #[serde(default, rename = "phone")]
    pub phones: Vec<PhonePlan>,
    /// Peers that send garbage.
    #[serde(default, rename = "hostile")]
    pub hostiles: Vec<HostilePlan>,
    /// What goes wrong.
    #[serde(default, rename = "fault")]
    pub faults: Vec<FaultPlan>,
    /// Who calls whom.
    #[serde(default, rename = "call")]
    pub calls: Vec<CallPlan>,
}

/// How the machinery behaves that is neither a node nor a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knobs {
    /// How many inputs of one instant a node takes before it is drained. No call's outcome may
    /// depend on it.
    pub batch_inputs_max: u32,
    /// How long a datagram or a stream segment travels, at least.
    pub latency_ms: u32,
    /// How much longer it may travel; datagrams overtake each other.
    pub jitter_ms: u32,
    /// Streams are cut into pieces of 1 to this many bytes; 0 leaves each write whole.
    pub segment_bytes_max: u32,
    /// How late a timer may fire.
    pub timer_late_ms_max: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            batch_inputs_max: 1,
            latency_ms: 10,
            jitter_ms: 0,
            segment_bytes_max: 0,
            timer_late_ms_max: 0,
        }
    }
}

/// The server: the same service graph as the deployed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerPlan {
    /// Where it listens, for datagrams and for streams.
    pub address: SocketAddr,
    /// Whether it stays in the path of a dialog.
    pub record_route: bool,
    /// How long an INVITE may ring (Timer C, RFC 3261 section 16.6 step 11).
    pub timer_c_s: u32,
}

impl Default for ServerPlan {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([10, 0, 0, 1], 5060)),
            record_route: true,
            timer_c_s: 181,
        }
    }
}

/// A phone. Several may register as the same user: a call to it forks to all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhonePlan {
    /// Its name on the ladder and in faults.
    pub name: String,
    /// The user part of the address-of-record it registers.
    pub user: String,
    /// Where it listens, for datagrams and for streams.
    pub address: SocketAddr,
    /// What it talks to the server over.
    #[serde(default)]
    pub transport: Transport,
    /// The lifetime of the binding it asks for.
    #[serde(default = "default_expires_s")]
    pub expires_s: u32,
    /// It waits this much longer than others before it answers.
    #[serde(default)]
    pub slow_ms: u64,
}

const fn default_expires_s() -> u32 {
    600
}

/// What a phone talks to the server over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// Streams.
    Tcp,
}

impl Transport {
    /// The same in the machine's words.
    #[must_use]
    pub const fn kind(self) -> TransportKind {
        match self {
            Self::Udp => TransportKind::Udp,
            Self::Tcp => TransportKind::Tcp,
        }
    }
}

/// A peer that sends garbage to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostilePlan {
    /// Its name on the ladder.
    pub name: String,
    /// Where it sends from.
    pub address: SocketAddr,
    /// How many pieces of garbage it sends, over both transports.
    pub shots: u32,
    /// The time between two of them.
    pub interval_ms: u64,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallPlan {
    /// Its number; part of its Call-IDs, so that removing one call renumbers no other.
    pub id: u32,
    /// When it is dialled.
    pub at_ms: u64,
    /// The phone that dials.
    pub from: String,
    /// The user that is dialled.
    pub to: String,
    /// What the called phones do.
    #[serde(default)]
    pub answer: Answer,
    /// How long they ring before they do it.
    #[serde(default)]
    pub ring_ms: u64,
    /// The caller cancels this long after dialling, unless it is over by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_after_ms: Option<u64>,
    /// Who hangs up.
    #[serde(default)]
    pub hangup: Side,
    /// How long they talk.
    #[serde(default)]
    pub talk_ms: u64,
    /// How often the caller dials again, as people do, when an attempt fails.
    #[serde(default)]
    pub redials_max: u32,
}

/// What a called phone does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Rings, then 200.
    #[default]
    Accept,
    /// Rings, then 486.
    Busy,
    /// Rings for ever.
    Ignore,
}

/// One end of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Who dialled.
    #[default]
    Caller,
    /// Who was dialled.
    Callee,
}

/// Something that goes wrong on a link for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// From when.
    pub from_ms: u64,
    /// Until when.
    pub to_ms: u64,
    /// The sending node's name; `*` for any.
    #[serde(default = "any")]
    pub from: String,
    /// The receiving node's name; `*` for any.
    #[serde(default = "any")]
    pub to: String,
    /// What.
    pub kind: Fault,
}

fn any() -> String {
    "*".to_owned()
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type", deny_unknown_fields)]
pub enum Fault {
    /// Datagrams are lost; stream segments are retransmitted by the stream, so they come late.
    Loss {
        /// How many of a hundred. All of them make a partition.
        percent: u8,
    },
    /// Datagrams arrive twice.
    Duplicate {
        /// How many of a hundred.
        percent: u8,
        /// How much later the second copy may come.
        late_ms_max: u32,
    },
    /// Everything travels longer.
    Delay {
        /// By this much.
        extra_ms: u32,
        /// And up to this much more, drawn anew for each.
        jitter_ms: u32,
    },
    /// There is no route: the sender is told so.
    Unreachable,
    /// New stream connections are refused.
    Refuse,
    /// Every open stream between the two is reset, once, at `from_ms`.
    Reset,
}

impl Plan {
    /// A plan without anything in it.
    #[must_use]
    pub fn empty(seed: u64) -> Self {
        Self {
            seed,
            heal_at_ms: 0,
            stop_at_ms: 0,
            knobs: Knobs::default(),
            server: ServerPlan::default(),
            phones: Vec::new(),
            hostiles: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl FaultPlan {
    pub(crate) fn starts(&self) -> Instant {
        Instant::from_millis(self.from_ms)
    }

    pub(crate) fn ends(&self) -> Instant {
        Instant::from_millis(self.to_ms)
    }
}

pub(crate) fn millis(ms: impl Into<u64>) -> Duration {
    Duration::from_millis(ms.into())
}
