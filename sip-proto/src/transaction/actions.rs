//! What a transaction machine asks of its owner.

use bytes::Bytes;

use crate::Request;

/// What to do after an event, in the order of the fields.
#[derive(Clone, Debug, Default)]
#[must_use]
pub(crate) struct Actions {
    /// Put these bytes on the wire: the request, the response or the ACK, first or again.
    pub(crate) send: Option<Bytes>,
    /// Give the transaction user the message that came in with the event.
    pub(crate) deliver: bool,
    /// Run this CANCEL in a non-INVITE client transaction of its own, towards the same hop as the
    /// INVITE (RFC 3261 section 9.1).
    pub(crate) cancel: Option<Box<Request>>,
    /// Tell the transaction user that the transaction failed.
    pub(crate) failure: Option<Failure>,
    /// The machine is terminated: forget it.
    pub(crate) end: bool,
}

impl Actions {
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn send(bytes: Bytes) -> Self {
        Self { send: Some(bytes), ..Self::default() }
    }

    pub(super) fn deliver() -> Self {
        Self { deliver: true, ..Self::default() }
    }

    /// Failed for good.
    pub(super) fn fail(failure: Failure) -> Self {
        Self { failure: Some(failure), end: true, ..Self::default() }
    }

    /// Failed, but lives on.
    pub(super) fn inform(failure: Failure) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }

    pub(super) fn end() -> Self {
        Self { end: true, ..Self::default() }
    }

    pub(super) fn and_end(self) -> Self {
        Self { end: true, ..self }
    }
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No final response (Timers B and F; or 64 x T1 after a CANCEL), or no ACK (Timer H), came
    /// in time.
    Timeout,
    /// The transport could not carry the message.
    Transport,
}
