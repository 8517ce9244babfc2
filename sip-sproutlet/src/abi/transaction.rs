//! One transaction of a service: what happens to it, and the ids in that.

use bytes::Bytes;
use sip_proto::{Instant, Request, Response, TransactionError};

use crate::abi::{Actions, EffectOutcome};

/// A service's logic for one received request, as a machine.
///
/// The host calls [`handle`](Self::handle) once for each event and then carries out what was
/// queued in `actions`; see [`Actions`] for the order. The first event is
/// [`TransactionEvent::Initial`] or [`TransactionEvent::InDialog`]. A transaction is dropped once
/// its final response went upstream and no fork or effect is pending; its timers go with it.
///
/// A transaction that leaves nothing pending (no answer, fork, timer or effect) has 500 sent on
/// its behalf, or 487 if the caller has cancelled; an ACK is dropped.
pub trait Transaction {
    /// Takes in one event.
    fn handle(&mut self, now: Instant, event: TransactionEvent, actions: &mut Actions);
}

/// What happened to a transaction.
#[derive(Clone, Debug)]
pub enum TransactionEvent {
    /// The request outside a dialog (its To has no tag) that the transaction was made for. A top
    /// Route of our own is removed; see [`Context::route`](crate::Context::route).
    Initial {
        /// The request.
        request: Request,
    },
    /// The request inside a dialog (its To has a tag), which may be an ACK to a 2xx.
    InDialog {
        /// The request.
        request: Request,
    },
    /// A response on a fork. Pass it on with [`Actions::forward`], or swallow it and act.
    Response {
        /// On which fork.
        fork: ForkId,
        /// The response, our own Via removed.
        response: Response,
        /// Why the host made the response up, where it did: 408 for a timeout, 503 for a
        /// transport failure or a next hop without an address.
        error: Option<ForkError>,
    },
    /// The caller gave up. After this event the host cancels what is pending, and answers 487
    /// unless a fork still answers better.
    Cancel {
        /// Who gave up, and how.
        cause: CancelCause,
    },
    /// A timer of [`Actions::schedule_timer`] ran out.
    Timer {
        /// Which.
        timer: TimerId,
    },
    /// An effect of [`Actions::call`] is answered.
    Effect {
        /// Which.
        effect: EffectId,
        /// With what.
        outcome: EffectOutcome,
    },
}

/// A downstream branch of a transaction: 0, 1, 2, ... in the order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForkId(pub u32);

/// A timer of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u32);

/// An effect called by a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u32);

/// Why a fork failed without a response from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkError {
    /// No final response in time.
    Timeout,
    /// The transport failed.
    Transport,
    /// The next hop has no address that can be reached from here.
    NoAddress,
    /// A limit was reached, or the request cannot be sent as it is.
    Refused,
}

impl From<TransactionError> for ForkError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Timeout => Self::Timeout,
            TransactionError::Transport => Self::Transport,
            TransactionError::NoAddress | TransactionError::Unresolved => Self::NoAddress,
            TransactionError::Limit | TransactionError::Misuse | TransactionError::Cancelled => {
                Self::Refused
            }
        }
    }
}

/// Who gave up on a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelCause {
    /// The caller sent a CANCEL (RFC 3261 section 9), or the service above cancelled this fork.
    Requested {
        /// The CANCEL's Reason (RFC 3326), passed on downstream.
        reason: Option<Bytes>,
    },
    /// The way back to the caller failed. The answer, which ends the transaction, will hardly
    /// reach anyone.
    UpstreamFailed,
}
