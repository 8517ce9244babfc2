//! What a service asks of the world outside its transaction, as values.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::location::{LocationCall, LocationReply};

/// Something a service needs done. Serialisable, so that recordings, the simulator and plug-ins
/// share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Look up or change an address-of-record. Answered inside the machine.
    Location(LocationCall),
    /// Anything else: leaves as [`Output::App`](sip_proto::Output::App).
    Custom {
        /// The service that asks.
        service: String,
        /// What kind of effect; the service's own vocabulary.
        kind: String,
        /// Its arguments, in the service's own encoding.
        bytes: Bytes,
    },
}

/// How an effect ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EffectOutcome {
    /// The answer to [`Effect::Location`].
    Location(LocationReply),
    /// The answer to [`Effect::Custom`].
    Custom(Bytes),
    /// There is no answer.
    Failed(EffectError),
}

/// Why an effect has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum EffectError {
    /// Nobody here can perform it.
    #[error("nobody performs this effect")]
    Unsupported,
    /// Whoever performs it failed.
    #[error("the effect failed")]
    Failed,
    /// No answer came in time.
    #[error("the effect timed out")]
    Timeout,
    /// A limit of [`HostLimits`](crate::HostLimits) was reached.
    #[error("limit reached")]
    Limit,
}

/// The name of a call that left the machine. A reply to one that is over is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectCallId(pub u64);

/// An effect that leaves the machine, to be performed outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectCall {
    /// Its name, for the reply.
    pub id: EffectCallId,
    /// What to do.
    pub effect: Effect,
}

/// The reply to an [`EffectCall`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectReply {
    /// To which call.
    pub id: EffectCallId,
    /// How it ended.
    pub outcome: EffectOutcome,
}
