//! The INVITE client transaction: RFC 3261 section 17.1.1, figure 5, as changed by RFC 6026.

use bytes::Bytes;

use super::{Actions, Failure, Resend, Timing, build_ack, build_cancel};
use crate::{Instant, Request, Response};

/// An INVITE on its way: one variant a state.
#[derive(Clone, Debug)]
pub enum InviteClient {
    /// Nothing heard yet.
    Calling {
        /// The INVITE as sent.
        request: Request,
        /// Timer A; none on a reliable transport.
        resend: Option<Resend>,
        /// Timer B.
        timeout: Instant,
        /// What to cancel with once a provisional response says where the INVITE is.
        cancel: Option<HeldCancel>,
    },
    /// A provisional response has come. No timer of this layer runs, unless it is cancelled.
    Proceeding {
        /// The INVITE as sent.
        request: Request,
        /// When to stop waiting for the final response to a cancelled INVITE.
        timeout: Option<Instant>,
    },
    /// A 3xx to 6xx has come and is acknowledged. Absorbs its retransmissions.
    Completed {
        /// The ACK, sent again for each retransmission.
        ack: Bytes,
        /// Timer D.
        end: Instant,
    },
    /// A 2xx has come; the transaction user acknowledges it and every further one (RFC 6026).
    Accepted {
        /// Timer M.
        end: Instant,
    },
    /// Over.
    Terminated,
}

/// A CANCEL that must wait for a provisional response (RFC 3261 section 9.1).
#[derive(Clone, Debug)]
pub struct HeldCancel {
    reason: Option<Bytes>,
}

/// What happens to an [`InviteClient`].
#[derive(Clone, Debug)]
pub enum InviteClientEvent<'a> {
    /// The [`deadline`](InviteClient::deadline) has passed; harmless if it has not.
    Timer,
    /// A response arrived.
    Response(&'a Response),
    /// The INVITE or the ACK could not be sent.
    TransportError,
    /// The transaction user gives up.
    Cancel {
        /// The value of the CANCEL's Reason header (RFC 3326).
        reason: Option<Bytes>,
    },
}

impl InviteClient {
    /// Starts with the INVITE `request`, our Via on top, whose encoding is `bytes`.
    pub fn start(now: Instant, request: Request, bytes: Bytes, timing: &Timing) -> (Self, Actions) {
        let calling = Self::Calling {
            request,
            resend: (!timing.reliable).then(|| Resend::new(now, bytes.clone(), timing.t1)),
            timeout: now + timing.transaction(),
            cancel: None,
        };
        (calling, Actions::send(bytes))
    }

    /// When [`InviteClientEvent::Timer`] is wanted: the earliest of the state's timers.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Calling {
                resend, timeout, ..
            } => Some(
                resend
                    .as_ref()
                    .map_or(*timeout, |resend| resend.at().min(*timeout)),
            ),
            Self::Proceeding { timeout, .. } => *timeout,
            Self::Completed { end, .. } | Self::Accepted { end } => Some(*end),
            Self::Terminated => None,
        }
    }

    /// The state table.
    #[must_use = "the next state replaces this one"]
    pub fn handle(
        self,
        now: Instant,
        event: InviteClientEvent<'_>,
        timing: &Timing,
    ) -> (Self, Actions) {
        use InviteClientEvent as Event;
        match (self, event) {
            // Timer B: no answer at all. Otherwise Timer A, which doubles without an upper bound.
            (Self::Calling { timeout, .. }, Event::Timer) if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            (
                Self::Calling {
                    request,
                    mut resend,
                    timeout,
                    cancel,
                },
                Event::Timer,
            ) => {
                let send = resend
                    .as_mut()
                    .and_then(|it| it.due_doubling(now, timing.transaction()));
                let calling = Self::Calling {
                    request,
                    resend,
                    timeout,
                    cancel,
                };
                (
                    calling,
                    Actions {
                        send,
                        ..Actions::none()
                    },
                )
            }
            // RFC 3261 section 9.1: no CANCEL before a provisional response.
            (
                Self::Calling {
                    request,
                    resend,
                    timeout,
                    cancel,
                },
                Event::Cancel { reason },
            ) => {
                let cancel = Some(cancel.unwrap_or(HeldCancel { reason }));
                (
                    Self::Calling {
                        request,
                        resend,
                        timeout,
                        cancel,
                    },
                    Actions::none(),
                )
            }
            (
                Self::Proceeding {
                    request,
                    timeout: None,
                },
                Event::Cancel { reason },
            ) => Self::cancelled(now, request, reason, Actions::none(), timing),
            // RFC 3261 section 9.1: 64 x T1 after the CANCEL, the INVITE counts as cancelled.
            (
                Self::Proceeding {
                    timeout: Some(timeout),
                    ..
                },
                Event::Timer,
            ) if now >= timeout => (Self::Terminated, Actions::fail(Failure::Timeout)),

            (
                Self::Calling {
                    request, cancel, ..
                },
                Event::Response(response),
            ) if response.status().is_provisional() => match cancel {
                Some(HeldCancel { reason }) => {
                    Self::cancelled(now, request, reason, Actions::deliver(), timing)
                }
                None => (
                    Self::Proceeding {
                        request,
                        timeout: None,
                    },
                    Actions::deliver(),
                ),
            },
            (state @ Self::Proceeding { .. }, Event::Response(response))
                if response.status().is_provisional() =>
            {
                (state, Actions::deliver())
            }

            // RFC 6026 section 8.4: every 2xx goes up, each may be from another fork.
            (Self::Calling { .. } | Self::Proceeding { .. }, Event::Response(response))
                if response.status().is_success() =>
            {
                let end = now + timing.transaction();
                (Self::Accepted { end }, Actions::deliver())
            }
            (state @ Self::Accepted { .. }, Event::Response(response))
                if response.status().is_success() =>
            {
                (state, Actions::deliver())
            }
            (Self::Accepted { end }, Event::Timer) if now >= end => {
                (Self::Terminated, Actions::end())
            }

            // RFC 3261 section 17.1.1.2: a 3xx to 6xx is acknowledged here, as often as it comes.
            (
                Self::Calling { request, .. } | Self::Proceeding { request, .. },
                Event::Response(response),
            ) => Self::completed(now, &request, response, timing),
            (Self::Completed { ack, end }, Event::Response(response))
                if response.status().is_final() && !response.status().is_success() =>
            {
                let actions = Actions::send(ack.clone());
                (Self::Completed { ack, end }, actions)
            }
            (Self::Completed { end, .. }, Event::Timer) if now >= end => {
                (Self::Terminated, Actions::end())
            }

            // RFC 3261 section 17.1.4.
            (
                Self::Calling { .. } | Self::Proceeding { .. } | Self::Completed { .. },
                Event::TransportError,
            ) => (Self::Terminated, Actions::fail(Failure::Transport)),

            (
                state,
                Event::Timer | Event::Response(_) | Event::TransportError | Event::Cancel { .. },
            ) => (state, Actions::none()),
        }
    }

    fn cancelled(
        now: Instant,
        request: Request,
        reason: Option<Bytes>,
        actions: Actions,
        timing: &Timing,
    ) -> (Self, Actions) {
        let cancel = Some(Box::new(build_cancel(&request, reason)));
        let timeout = Some(now + timing.transaction());
        (
            Self::Proceeding { request, timeout },
            Actions { cancel, ..actions },
        )
    }

    fn completed(
        now: Instant,
        request: &Request,
        response: &Response,
        timing: &Timing,
    ) -> (Self, Actions) {
        let ack = build_ack(request, response).to_bytes();
        let actions = Actions {
            send: Some(ack.clone()),
            ..Actions::deliver()
        };
        if timing.d().is_zero() {
            return (Self::Terminated, actions.and_end());
        }
        (
            Self::Completed {
                ack,
                end: now + timing.d(),
            },
            actions,
        )
    }
}
