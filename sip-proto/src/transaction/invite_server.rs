//! The INVITE server transaction: RFC 3261 section 17.2.1, figure 7, as changed by RFC 6026.

use bytes::Bytes;

use super::{Actions, Failure, Resend, Timing};
use crate::{Instant, Request, Response, StatusCode};

/// An INVITE to be answered: one variant a state.
#[derive(Clone, Debug)]
pub enum InviteServer {
    /// The RFC's "Proceeding" while nothing has been sent.
    Trying {
        /// The INVITE as received, to answer 100 to.
        request: Request,
        /// When to do so.
        trying: Instant,
    },
    /// A provisional response was sent last.
    Proceeding {
        /// It, sent again when the INVITE comes again.
        provisional: Bytes,
    },
    /// A 3xx to 6xx was sent; waits for the ACK.
    Completed {
        /// The response, sent again when the INVITE comes again.
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
pub enum InviteServerEvent {
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
    pub fn start(now: Instant, request: Request) -> Self {
        Self::Trying {
            request,
            trying: now + Timing::INVITE_TRYING,
        }
    }

    /// When [`InviteServerEvent::Timer`] is wanted: the earliest of the state's timers.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Trying { trying, .. } => Some(*trying),
            Self::Completed {
                resend, timeout, ..
            } => Some(
                resend
                    .as_ref()
                    .map_or(*timeout, |resend| resend.at().min(*timeout)),
            ),
            Self::Confirmed { end } | Self::Accepted { end } => Some(*end),
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    /// Whether a final response was sent: a CANCEL has no effect any more
    /// (RFC 3261 section 9.2).
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        !matches!(self, Self::Trying { .. } | Self::Proceeding { .. })
    }

    /// The state table.
    #[must_use = "the next state replaces this one"]
    pub fn handle(
        self,
        now: Instant,
        event: InviteServerEvent,
        timing: &Timing,
    ) -> (Self, Actions) {
        use InviteServerEvent as Event;
        match (self, event) {
            (Self::Trying { request, trying }, Event::Timer) if now >= trying => {
                let provisional = Response::to(&request, StatusCode::TRYING).to_bytes();
                (
                    Self::Proceeding {
                        provisional: provisional.clone(),
                    },
                    Actions::send(provisional),
                )
            }
            (Self::Trying { .. } | Self::Proceeding { .. }, Event::Respond { status, bytes }) => (
                Self::answered(now, status, bytes.clone(), timing),
                Actions::send(bytes),
            ),
            (Self::Proceeding { provisional }, Event::Request) => (
                Self::Proceeding {
                    provisional: provisional.clone(),
                },
                Actions::send(provisional),
            ),

            // Timer H: the ACK never came. Otherwise Timer G.
            (Self::Completed { timeout, .. }, Event::Timer) if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            (
                Self::Completed {
                    response,
                    mut resend,
                    timeout,
                },
                Event::Timer,
            ) => {
                let send = resend
                    .as_mut()
                    .and_then(|it| it.due_doubling(now, timing.t2));
                let completed = Self::Completed {
                    response,
                    resend,
                    timeout,
                };
                (
                    completed,
                    Actions {
                        send,
                        ..Actions::none()
                    },
                )
            }
            (
                Self::Completed {
                    response,
                    resend,
                    timeout,
                },
                Event::Request,
            ) => {
                let actions = Actions::send(response.clone());
                (
                    Self::Completed {
                        response,
                        resend,
                        timeout,
                    },
                    actions,
                )
            }
            (Self::Completed { .. }, Event::Ack) => {
                if timing.i_k().is_zero() {
                    return (Self::Terminated, Actions::end());
                }
                (
                    Self::Confirmed {
                        end: now + timing.i_k(),
                    },
                    Actions::none(),
                )
            }
            (Self::Confirmed { end } | Self::Accepted { end }, Event::Timer) if now >= end => {
                (Self::Terminated, Actions::end())
            }

            // RFC 6026 sections 6, 7.1 and 8.7: the transaction user repeats its 2xx, further
            // ones pass, and ACKs that match, as those of RFC 2543 do, are for it.
            (state @ Self::Accepted { .. }, Event::Respond { status, bytes })
                if status.is_success() =>
            {
                (state, Actions::send(bytes))
            }
            (state @ Self::Accepted { .. }, Event::Ack) => (state, Actions::deliver()),

            // RFC 6026 section 8.8: the state stays, its timers end it.
            (
                state @ (Self::Proceeding { .. } | Self::Completed { .. } | Self::Accepted { .. }),
                Event::TransportError,
            ) => (state, Actions::inform(Failure::Transport)),

            (
                state,
                Event::Timer
                | Event::Request
                | Event::Ack
                | Event::Respond { .. }
                | Event::TransportError,
            ) => (state, Actions::none()),
        }
    }

    fn answered(now: Instant, status: StatusCode, bytes: Bytes, timing: &Timing) -> Self {
        if status.is_provisional() {
            return Self::Proceeding { provisional: bytes };
        }
        if status.is_success() {
            return Self::Accepted {
                end: now + timing.transaction(),
            };
        }
        Self::Completed {
            response: bytes.clone(),
            resend: (!timing.reliable).then(|| Resend::new(now, bytes, timing.t1)),
            timeout: now + timing.transaction(),
        }
    }
}
