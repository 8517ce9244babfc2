//! The non-INVITE server transaction: RFC 3261 section 17.2.2, figure 8, with RFC 4320.

use bytes::Bytes;

use super::{Actions, Failure, Timing};
use crate::{Instant, Request, Response, StatusCode};

/// Any request but INVITE and ACK, to be answered: one variant a state.
#[derive(Clone, Debug)]
pub enum NonInviteServer {
    /// Nothing has been sent.
    Trying {
        /// The request as received, to answer 100 to.
        request: Request,
        /// When to do so.
        trying: Instant,
    },
    /// A 100 was sent.
    Proceeding {
        /// It, sent again when the request comes again.
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
pub enum NonInviteServerEvent {
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
    pub fn start(now: Instant, request: Request, timing: &Timing) -> Self {
        Self::Trying {
            request,
            trying: now + timing.non_invite_trying(),
        }
    }

    /// When [`NonInviteServerEvent::Timer`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { trying, .. } => Some(*trying),
            Self::Completed { end, .. } => Some(*end),
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    /// The state table.
    #[must_use = "the next state replaces this one"]
    pub fn handle(
        self,
        now: Instant,
        event: NonInviteServerEvent,
        timing: &Timing,
    ) -> (Self, Actions) {
        use NonInviteServerEvent as Event;
        match (self, event) {
            // RFC 4320 section 4.1: a 100 when the client's Timer E has reached T2. Before, on an
            // unreliable transport, it would only slow down retransmission; and no other 1xx ever.
            (Self::Trying { request, trying }, Event::Timer) if now >= trying => {
                let provisional = Response::to(&request, StatusCode::TRYING).to_bytes();
                (
                    Self::Proceeding {
                        provisional: provisional.clone(),
                    },
                    Actions::send(provisional),
                )
            }
            (Self::Trying { trying, .. }, Event::Respond { status, bytes })
                if status == StatusCode::TRYING && (timing.reliable || now >= trying) =>
            {
                (
                    Self::Proceeding {
                        provisional: bytes.clone(),
                    },
                    Actions::send(bytes),
                )
            }
            (Self::Proceeding { .. }, Event::Respond { status, bytes })
                if status == StatusCode::TRYING =>
            {
                (
                    Self::Proceeding {
                        provisional: bytes.clone(),
                    },
                    Actions::send(bytes),
                )
            }
            (
                state @ (Self::Trying { .. } | Self::Proceeding { .. }),
                Event::Respond { status, .. },
            ) if status.is_provisional() => (state, Actions::none()),
            (Self::Proceeding { provisional }, Event::Request) => (
                Self::Proceeding {
                    provisional: provisional.clone(),
                },
                Actions::send(provisional),
            ),

            (Self::Trying { .. } | Self::Proceeding { .. }, Event::Respond { status, bytes }) => {
                // RFC 4320 section 4.2: a 408 would come after the client has given up.
                let send = (status != StatusCode::REQUEST_TIMEOUT).then_some(bytes);
                let response = send.clone();
                let actions = Actions {
                    send,
                    ..Actions::none()
                };
                if timing.j().is_zero() {
                    return (Self::Terminated, actions.and_end());
                }
                (
                    Self::Completed {
                        response,
                        end: now + timing.j(),
                    },
                    actions,
                )
            }
            (Self::Completed { response, end }, Event::Request) => {
                let send = response.clone();
                (
                    Self::Completed { response, end },
                    Actions {
                        send,
                        ..Actions::none()
                    },
                )
            }
            (Self::Completed { end, .. }, Event::Timer) if now >= end => {
                (Self::Terminated, Actions::end())
            }

            // RFC 3261 section 17.2.4.
            (Self::Proceeding { .. } | Self::Completed { .. }, Event::TransportError) => {
                (Self::Terminated, Actions::fail(Failure::Transport))
            }

            (
                state,
                Event::Timer | Event::Request | Event::Respond { .. } | Event::TransportError,
            ) => (state, Actions::none()),
        }
    }
}
