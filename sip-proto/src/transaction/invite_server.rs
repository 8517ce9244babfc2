//! The INVITE server transaction: RFC 3261 section 17.2.1, figure 7, as changed by RFC 6026.

use bytes::Bytes;

use super::{Actions, Failure, Resend, Timing};
use crate::{Instant, Request, Response, StatusCode};

/// An INVITE to be answered: one variant a state.
#[derive(Clone, Debug)]
pub(crate) enum InviteServer {
    /// The RFC's "Proceeding" while nothing has been sent.
    Trying {
        /// The INVITE as received, to answer 100 to.
        request: Request,
        /// When to do so.
        trying: Instant,
    },
    /// A provisional response was sent last.
    Proceeding {
        /// It, sent again when the INVITE comes again; empty for none.
        provisional: Bytes,
    },
    /// A 3xx to 6xx was sent; waits for the ACK.
    Completed {
        /// The response, sent again when the INVITE comes again; empty for none.
        response: Bytes,
        /// The response under Timer G; none on a reliable transport.
        resend: Option<Resend>,
        /// Timer H.
        timeout: Instant,
    },
    /// The ACK has come. Absorbs its retransmissions.
    Confirmed {
        /// Timer I.
        end: Instant,
    },
    /// A 2xx was sent; absorbs retransmissions of the INVITE while the transaction user sends the
    /// 2xx again until its ACK comes (RFC 6026).
    Accepted {
        /// Timer L.
        end: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens to an [`InviteServer`].
#[derive(Clone, Debug)]
pub(crate) enum InviteServerEvent {
    /// The [`deadline`](InviteServer::deadline) has passed; harmless if it has not.
    Timer,
    /// The INVITE arrived again.
    Request,
    /// An ACK with the INVITE's branch arrived.
    Ack,
    /// The transaction user answers.
    Respond {
        /// With which status.
        status: StatusCode,
        /// The encoded response.
        bytes: Bytes,
    },
    /// A response could not be sent.
    TransportError,
}

impl InviteServer {
    /// Starts with an INVITE that the transaction user is now given.
    #[must_use]
    pub(crate) fn start(now: Instant, request: Request) -> Self {
        Self::Trying { request, trying: now + Timing::INVITE_TRYING }
    }

    /// When [`InviteServerEvent::Timer`] is wanted: the earliest of the state's timers.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { trying, .. } => Some(*trying),
            Self::Completed { resend, timeout, .. } => {
                Some(resend.as_ref().map_or(*timeout, |resend| resend.at().min(*timeout)))
            }
            Self::Confirmed { end } | Self::Accepted { end } => Some(*end),
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    /// Whether a final response was sent: a CANCEL has no effect any more
    /// (RFC 3261 section 9.2).
    #[must_use]
    pub(crate) const fn is_answered(&self) -> bool {
        !matches!(self, Self::Trying { .. } | Self::Proceeding { .. })
    }

    /// How many bytes of responses it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::Proceeding { provisional } => provisional.len(),
            // Timer G has the same bytes.
            Self::Completed { response, .. } => response.len(),
            Self::Trying { .. }
            | Self::Confirmed { .. }
            | Self::Accepted { .. }
            | Self::Terminated => 0,
        }
    }

    /// Lets go of the response it would send again: retransmissions are absorbed without it.
    pub(crate) fn forget_response(&mut self) {
        match self {
            Self::Proceeding { provisional } => *provisional = Bytes::new(),
            Self::Completed { response, resend, .. } => {
                *response = Bytes::new();
                *resend = None;
            }
            Self::Trying { .. }
            | Self::Confirmed { .. }
            | Self::Accepted { .. }
            | Self::Terminated => {}
        }
    }

    /// The next state and what to do.
    #[must_use = "the next state replaces this one"]
    pub(crate) fn handle(
        self,
        now: Instant,
        event: InviteServerEvent,
        timing: &Timing,
    ) -> (Self, Actions) {
        match event {
            InviteServerEvent::Timer => self.on_timer(now, timing),
            InviteServerEvent::Request => self.on_request(),
            InviteServerEvent::Ack => self.on_ack(now, timing),
            InviteServerEvent::Respond { status, bytes } => {
                self.on_respond(now, status, bytes, timing)
            }
            InviteServerEvent::TransportError => self.on_transport_error(),
        }
    }

    fn on_timer(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Trying { request, trying } if now >= trying => {
                let provisional = Response::to(&request, StatusCode::TRYING).to_bytes();
                (Self::Proceeding { provisional: provisional.clone() }, Actions::send(provisional))
            }
            // Timer H: the ACK never came.
            Self::Completed { timeout, .. } if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            // Timer G doubles up to T2.
            Self::Completed { response, mut resend, timeout } => {
                let send = resend.as_mut().and_then(|it| it.due_doubling(now, timing.t2));
                let completed = Self::Completed { response, resend, timeout };
                (completed, Actions { send, ..Actions::none() })
            }
            Self::Confirmed { end } | Self::Accepted { end } if now >= end => {
                (Self::Terminated, Actions::end())
            }
            state @ (Self::Trying { .. }
            | Self::Proceeding { .. }
            | Self::Confirmed { .. }
            | Self::Accepted { .. }
            | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// In Accepted, the transaction user alone repeats its 2xx (RFC 6026 section 7.1).
    fn on_request(self) -> (Self, Actions) {
        let again = match &self {
            Self::Proceeding { provisional } => Some(provisional.clone()),
            Self::Completed { response, .. } => Some(response.clone()),
            Self::Trying { .. }
            | Self::Confirmed { .. }
            | Self::Accepted { .. }
            | Self::Terminated => None,
        };
        // Empty where memory ran short.
        let again = again.filter(|bytes: &Bytes| !bytes.is_empty());
        (self, Actions { send: again, ..Actions::none() })
    }

    fn on_ack(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Completed { .. } if timing.i_k().is_zero() => (Self::Terminated, Actions::end()),
            Self::Completed { .. } => {
                (Self::Confirmed { end: now + timing.i_k() }, Actions::none())
            }
            // RFC 6026 section 6: the ACK to a 2xx of a peer of RFC 2543, which has no branch of
            // its own.
            state @ Self::Accepted { .. } => (state, Actions::deliver()),
            state @ (Self::Trying { .. }
            | Self::Proceeding { .. }
            | Self::Confirmed { .. }
            | Self::Terminated) => (state, Actions::none()),
        }
    }

    fn on_respond(
        self,
        now: Instant,
        status: StatusCode,
        bytes: Bytes,
        timing: &Timing,
    ) -> (Self, Actions) {
        match self {
            Self::Trying { .. } | Self::Proceeding { .. } => {
                (Self::answered(now, status, bytes.clone(), timing), Actions::send(bytes))
            }
            // RFC 6026 section 8.7.
            state @ Self::Accepted { .. } if status.is_success() => (state, Actions::send(bytes)),
            state @ (Self::Completed { .. }
            | Self::Confirmed { .. }
            | Self::Accepted { .. }
            | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// RFC 6026 section 8.8: the state stays, its timers end it.
    fn on_transport_error(self) -> (Self, Actions) {
        match self {
            state @ (Self::Proceeding { .. } | Self::Completed { .. } | Self::Accepted { .. }) => {
                (state, Actions::inform(Failure::Transport))
            }
            state @ (Self::Trying { .. } | Self::Confirmed { .. } | Self::Terminated) => {
                (state, Actions::none())
            }
        }
    }

    fn answered(now: Instant, status: StatusCode, bytes: Bytes, timing: &Timing) -> Self {
        if status.is_provisional() {
            return Self::Proceeding { provisional: bytes };
        }
        if status.is_success() {
            return Self::Accepted { end: now + timing.transaction() };
        }
        Self::Completed {
            response: bytes.clone(),
            resend: (!timing.reliable).then(|| Resend::new(now, bytes, timing.t1)),
            timeout: now + timing.transaction(),
        }
    }
}
