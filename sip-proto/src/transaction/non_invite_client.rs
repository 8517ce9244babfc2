//! The non-INVITE client transaction: RFC 3261 section 17.1.2.2, figure 6.

use bytes::Bytes;

use super::{Actions, Failure, Resend, Timing};
use crate::{Instant, Response};

/// Any request but INVITE and ACK on its way: one variant a state.
#[derive(Clone, Debug)]
pub(crate) enum NonInviteClient {
    /// Nothing heard yet.
    Trying {
        /// Timer E; none on a reliable transport.
        resend: Option<Resend>,
        /// Timer F.
        timeout: Instant,
    },
    /// A provisional response has come.
    Proceeding {
        /// Timer E; none on a reliable transport.
        resend: Option<Resend>,
        /// Timer F.
        timeout: Instant,
    },
    /// A final response has come. Absorbs its retransmissions.
    Completed {
        /// Timer K.
        end: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens to a [`NonInviteClient`].
#[derive(Clone, Debug)]
pub(crate) enum NonInviteClientEvent<'a> {
    /// The [`deadline`](NonInviteClient::deadline) has passed; harmless if it has not.
    Timer,
    /// A response arrived.
    Response(&'a Response),
    /// The request could not be sent, or what it was sent over has ended.
    TransportError,
}

impl NonInviteClient {
    /// Starts with the request whose encoding, our Via on top, is `bytes`.
    pub(crate) fn start(now: Instant, bytes: Bytes, timing: &Timing) -> (Self, Actions) {
        let trying = Self::Trying {
            resend: (!timing.reliable).then(|| Resend::new(now, bytes.clone(), timing.t1)),
            timeout: now + timing.transaction(),
        };
        (trying, Actions::send(bytes))
    }

    /// When [`NonInviteClientEvent::Timer`] is wanted: the earliest of the state's timers.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { resend, timeout } | Self::Proceeding { resend, timeout } => {
                Some(resend.as_ref().map_or(*timeout, |resend| resend.at().min(*timeout)))
            }
            Self::Completed { end } => Some(*end),
            Self::Terminated => None,
        }
    }

    /// How many bytes of messages it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::Trying { resend, .. } | Self::Proceeding { resend, .. } => {
                resend.as_ref().map_or(0, Resend::len)
            }
            Self::Completed { .. } | Self::Terminated => 0,
        }
    }

    /// The next state and what to do.
    #[must_use = "the next state replaces this one"]
    pub(crate) fn handle(
        self,
        now: Instant,
        event: NonInviteClientEvent<'_>,
        timing: &Timing,
    ) -> (Self, Actions) {
        match event {
            NonInviteClientEvent::Timer => self.on_timer(now, timing),
            NonInviteClientEvent::Response(response) if response.status().is_provisional() => {
                self.on_provisional()
            }
            NonInviteClientEvent::Response(_) => self.on_final(now, timing),
            NonInviteClientEvent::TransportError => self.on_transport_error(),
        }
    }

    fn on_timer(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            // Timer F. The transaction user hears of it; nobody invents a 408 (RFC 4320).
            Self::Trying { timeout, .. } | Self::Proceeding { timeout, .. } if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            // Timer E doubles up to T2; from the first provisional response on it is T2.
            Self::Trying { mut resend, timeout } => {
                let send = resend.as_mut().and_then(|it| it.due_doubling(now, timing.t2));
                (Self::Trying { resend, timeout }, Actions { send, ..Actions::none() })
            }
            Self::Proceeding { mut resend, timeout } => {
                let send = resend.as_mut().and_then(|it| it.due(now, timing.t2));
                (Self::Proceeding { resend, timeout }, Actions { send, ..Actions::none() })
            }
            Self::Completed { end } if now >= end => (Self::Terminated, Actions::end()),
            state @ (Self::Completed { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    fn on_provisional(self) -> (Self, Actions) {
        match self {
            Self::Trying { resend, timeout } | Self::Proceeding { resend, timeout } => {
                (Self::Proceeding { resend, timeout }, Actions::deliver())
            }
            state @ (Self::Completed { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    fn on_final(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Trying { .. } | Self::Proceeding { .. } if timing.i_k().is_zero() => {
                (Self::Terminated, Actions::deliver().and_end())
            }
            Self::Trying { .. } | Self::Proceeding { .. } => {
                (Self::Completed { end: now + timing.i_k() }, Actions::deliver())
            }
            state @ (Self::Completed { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// RFC 3261 section 17.1.4. Who has sent a provisional response has the request, and opens a
    /// new connection for the final one if it must (section 18.2.2): that is left to Timer F.
    fn on_transport_error(self) -> (Self, Actions) {
        match self {
            Self::Trying { .. } => (Self::Terminated, Actions::fail(Failure::Transport)),
            state @ (Self::Proceeding { .. } | Self::Completed { .. } | Self::Terminated) => {
                (state, Actions::none())
            }
        }
    }
}
