//! The non-INVITE server transaction: RFC 3261 section 17.2.2, figure 8, with RFC 4320.

use bytes::Bytes;

use super::{Actions, Failure, Timing};
use crate::{Instant, Request, Response, StatusCode};

/// Any request but INVITE and ACK, to be answered: one variant a state.
#[derive(Clone, Debug)]
pub(crate) enum NonInviteServer {
    /// Nothing has been sent.
    Trying {
        /// The request as received, to answer 100 to.
        request: Request,
        /// When to do so.
        trying: Instant,
    },
    /// A 100 was sent.
    Proceeding {
        /// It, sent again when the request comes again; empty for none.
        provisional: Bytes,
    },
    /// A final response was sent. Absorbs retransmissions of the request.
    Completed {
        /// The response, sent again when the request comes again; none for a 408, which is never
        /// sent.
        response: Option<Bytes>,
        /// Timer J.
        end: Instant,
    },
    /// Over.
    Terminated,
}

/// What happens to a [`NonInviteServer`].
#[derive(Clone, Debug)]
pub(crate) enum NonInviteServerEvent {
    /// The [`deadline`](NonInviteServer::deadline) has passed; harmless if it has not.
    Timer,
    /// The request arrived again.
    Request,
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

impl NonInviteServer {
    /// Starts with a request that the transaction user is now given.
    #[must_use]
    pub(crate) fn start(now: Instant, request: Request, timing: &Timing) -> Self {
        Self::Trying { request, trying: now + timing.non_invite_trying() }
    }

    /// When [`NonInviteServerEvent::Timer`] is wanted.
    #[must_use]
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { trying, .. } => Some(*trying),
            Self::Completed { end, .. } => Some(*end),
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    /// How many bytes of responses it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::Proceeding { provisional } => provisional.len(),
            Self::Completed { response, .. } => response.as_ref().map_or(0, Bytes::len),
            Self::Trying { .. } | Self::Terminated => 0,
        }
    }

    /// Lets go of the response it would send again: retransmissions are absorbed without it.
    pub(crate) fn forget_response(&mut self) {
        match self {
            Self::Proceeding { provisional } => *provisional = Bytes::new(),
            Self::Completed { response, .. } => *response = None,
            Self::Trying { .. } | Self::Terminated => {}
        }
    }

    /// The next state and what to do.
    #[must_use = "the next state replaces this one"]
    pub(crate) fn handle(
        self,
        now: Instant,
        event: NonInviteServerEvent,
        timing: &Timing,
    ) -> (Self, Actions) {
        match event {
            NonInviteServerEvent::Timer => self.on_timer(now),
            NonInviteServerEvent::Request => self.on_request(),
            NonInviteServerEvent::Respond { status, bytes } if status.is_provisional() => {
                self.on_respond_provisional(now, status, bytes, timing)
            }
            NonInviteServerEvent::Respond { status, bytes } => {
                self.on_respond_final(now, status, bytes, timing)
            }
            NonInviteServerEvent::TransportError => self.on_transport_error(),
        }
    }

    fn on_timer(self, now: Instant) -> (Self, Actions) {
        match self {
            // RFC 4320 section 4.1: a 100 when the client's Timer E has reached T2.
            Self::Trying { request, trying } if now >= trying => {
                let provisional = Response::to(&request, StatusCode::TRYING).to_bytes();
                (Self::Proceeding { provisional: provisional.clone() }, Actions::send(provisional))
            }
            Self::Completed { end, .. } if now >= end => (Self::Terminated, Actions::end()),
            state @ (Self::Trying { .. }
            | Self::Proceeding { .. }
            | Self::Completed { .. }
            | Self::Terminated) => (state, Actions::none()),
        }
    }

    fn on_request(self) -> (Self, Actions) {
        let again = match &self {
            Self::Proceeding { provisional } => Some(provisional.clone()),
            Self::Completed { response, .. } => response.clone(),
            Self::Trying { .. } | Self::Terminated => None,
        };
        // Empty where memory ran short.
        let again = again.filter(|bytes| !bytes.is_empty());
        (self, Actions { send: again, ..Actions::none() })
    }

    /// RFC 4320 section 4.1: no provisional response but 100; and, on an unreliable transport,
    /// not before the machine sends its own, since it would only slow down retransmission.
    fn on_respond_provisional(
        self,
        now: Instant,
        status: StatusCode,
        bytes: Bytes,
        timing: &Timing,
    ) -> (Self, Actions) {
        let allowed = match &self {
            Self::Trying { trying, .. } => timing.reliable || now >= *trying,
            Self::Proceeding { .. } => true,
            Self::Completed { .. } | Self::Terminated => false,
        };
        if !allowed || status != StatusCode::TRYING {
            return (self, Actions::none());
        }
        (Self::Proceeding { provisional: bytes.clone() }, Actions::send(bytes))
    }

    /// RFC 4320 section 4.2: a 408 is never sent, it would come after the client has given up.
    fn on_respond_final(
        self,
        now: Instant,
        status: StatusCode,
        bytes: Bytes,
        timing: &Timing,
    ) -> (Self, Actions) {
        match self {
            Self::Trying { .. } | Self::Proceeding { .. } => {
                let send = (status != StatusCode::REQUEST_TIMEOUT).then_some(bytes);
                let response = send.clone();
                let actions = Actions { send, ..Actions::none() };
                if timing.j().is_zero() {
                    return (Self::Terminated, actions.and_end());
                }
                (Self::Completed { response, end: now + timing.j() }, actions)
            }
            state @ (Self::Completed { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// RFC 3261 section 17.2.4.
    fn on_transport_error(self) -> (Self, Actions) {
        match self {
            Self::Proceeding { .. } | Self::Completed { .. } => {
                (Self::Terminated, Actions::fail(Failure::Transport))
            }
            state @ (Self::Trying { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }
}
