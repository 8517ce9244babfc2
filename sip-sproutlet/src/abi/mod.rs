//! The service interface as values: events in, actions out.

mod actions;
mod effect;
mod pass_through;
mod sproutlet;
mod transaction;

pub use actions::{Action, Actions, CancelReason};
pub use effect::{Effect, EffectCall, EffectCallId, EffectError, EffectOutcome, EffectReply};
pub use pass_through::PassThrough;
pub use sproutlet::{Context, Hop, Sproutlet, Start};
pub use transaction::{
    CancelCause, EffectId, ForkError, ForkId, TimerId, Transaction, TransactionEvent,
};
