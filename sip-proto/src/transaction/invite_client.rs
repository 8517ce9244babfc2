//! The INVITE client transaction: RFC 3261 section 17.1.1, figure 5, as changed by RFC 6026.

use bytes::Bytes;

use super::{Actions, Failure, Schedule, Timing, build_ack, build_cancel};
use crate::{Instant, Request, Response};

/// An INVITE on its way: one variant a state.
#[derive(Clone, Debug)]
pub(crate) enum InviteClient {
    /// Nothing heard yet.
    Calling {
        /// The INVITE as sent.
        request: Request,
        /// Timer A; none on a reliable transport. What it sends again is encoded anew: the encoding
        /// would be a second copy of the INVITE, which is rarely sent twice.
        resend: Option<Schedule>,
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
pub(crate) struct HeldCancel {
    /// The value of its Reason header (RFC 3326).
    pub(crate) reason: Option<Bytes>,
}

/// What happens to an [`InviteClient`].
#[derive(Clone, Debug)]
pub(crate) enum InviteClientEvent<'a> {
    /// The [`deadline`](InviteClient::deadline) has passed; harmless if it has not.
    Timer,
    /// A response arrived.
    Response(&'a Response),
    /// The INVITE or the ACK could not be sent, or what it was sent over has ended.
    TransportError,
    /// The transaction user gives up.
    Cancel {
        /// The value of the CANCEL's Reason header (RFC 3326).
        reason: Option<Bytes>,
    },
}

impl InviteClient {
    /// Starts with the INVITE `request`, our Via on top.
    pub(crate) fn start(now: Instant, request: Request, timing: &Timing) -> (Self, Actions) {
        let bytes = request.to_bytes();
        let calling = Self::Calling {
            request,
            resend: (!timing.reliable).then(|| Schedule::new(now, timing.t1)),
            timeout: now + timing.transaction(),
            cancel: None,
        };
        (calling, Actions::send(bytes))
    }

    /// When [`InviteClientEvent::Timer`] is wanted: the earliest of the state's timers.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Calling { resend, timeout, .. } => {
                Some(resend.as_ref().map_or(*timeout, |resend| resend.at().min(*timeout)))
            }
            Self::Proceeding { timeout, .. } => *timeout,
            Self::Completed { end, .. } | Self::Accepted { end } => Some(*end),
            Self::Terminated => None,
        }
    }

    /// How many bytes of messages it holds.
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::Calling { request, cancel, .. } => {
                let reason = cancel.as_ref().and_then(|cancel| cancel.reason.as_ref());
                request.held_bytes() + reason.map_or(0, Bytes::len)
            }
            Self::Proceeding { request, .. } => request.held_bytes(),
            Self::Completed { ack, .. } => ack.len(),
            Self::Accepted { .. } | Self::Terminated => 0,
        }
    }

    /// The next state and what to do.
    #[must_use = "the next state replaces this one"]
    pub(crate) fn handle(
        self,
        now: Instant,
        event: InviteClientEvent<'_>,
        timing: &Timing,
    ) -> (Self, Actions) {
        match event {
            InviteClientEvent::Timer => self.on_timer(now, timing),
            InviteClientEvent::Response(response) if response.status().is_provisional() => {
                self.on_provisional(now, timing)
            }
            InviteClientEvent::Response(response) if response.status().is_success() => {
                self.on_success(now, timing)
            }
            InviteClientEvent::Response(response) => self.on_failure(now, response, timing),
            InviteClientEvent::TransportError => self.on_transport_error(),
            InviteClientEvent::Cancel { reason } => self.on_cancel(now, reason, timing),
        }
    }

    fn on_timer(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            // Timer B: no answer at all.
            Self::Calling { timeout, .. } if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            // Timer A doubles for as long as B lets it.
            Self::Calling { request, mut resend, timeout, cancel } => {
                let again = |it: &mut Schedule| it.is_due_doubling(now, timing.transaction());
                let send = resend.as_mut().is_some_and(again).then(|| request.to_bytes());
                let calling = Self::Calling { request, resend, timeout, cancel };
                (calling, Actions { send, ..Actions::none() })
            }
            // RFC 3261 section 9.1: 64 x T1 after its CANCEL, an INVITE counts as cancelled.
            Self::Proceeding { timeout: Some(timeout), .. } if now >= timeout => {
                (Self::Terminated, Actions::fail(Failure::Timeout))
            }
            Self::Completed { end, .. } | Self::Accepted { end } if now >= end => {
                (Self::Terminated, Actions::end())
            }
            state @ (Self::Proceeding { .. }
            | Self::Completed { .. }
            | Self::Accepted { .. }
            | Self::Terminated) => (state, Actions::none()),
        }
    }

    fn on_provisional(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Calling { request, cancel: Some(HeldCancel { reason }), .. } => {
                Self::cancelled(now, request, reason, Actions::deliver(), timing)
            }
            Self::Calling { request, cancel: None, .. } => {
                (Self::Proceeding { request, timeout: None }, Actions::deliver())
            }
            state @ Self::Proceeding { .. } => (state, Actions::deliver()),
            state @ (Self::Completed { .. } | Self::Accepted { .. } | Self::Terminated) => {
                (state, Actions::none())
            }
        }
    }

    /// RFC 6026 section 8.4: every 2xx goes up, for each may come from another fork.
    fn on_success(self, now: Instant, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Calling { .. } | Self::Proceeding { .. } => {
                (Self::Accepted { end: now + timing.transaction() }, Actions::deliver())
            }
            state @ Self::Accepted { .. } => (state, Actions::deliver()),
            state @ (Self::Completed { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// RFC 3261 section 17.1.1.2: a 3xx to 6xx is acknowledged here, as often as it comes.
    fn on_failure(self, now: Instant, response: &Response, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Calling { request, .. } | Self::Proceeding { request, .. } => {
                let ack = build_ack(&request, response).to_bytes();
                let actions = Actions { send: Some(ack.clone()), ..Actions::deliver() };
                if timing.d().is_zero() {
                    return (Self::Terminated, actions.and_end());
                }
                (Self::Completed { ack, end: now + timing.d() }, actions)
            }
            Self::Completed { ack, end } => {
                let actions = Actions::send(ack.clone());
                (Self::Completed { ack, end }, actions)
            }
            state @ (Self::Accepted { .. } | Self::Terminated) => (state, Actions::none()),
        }
    }

    /// RFC 3261 section 17.1.4. Nothing is sent from Proceeding and Accepted: there, the error
    /// means that the connection ended, and the server opens another to answer (section 18.2.2).
    fn on_transport_error(self) -> (Self, Actions) {
        match self {
            Self::Calling { .. } | Self::Completed { .. } => {
                (Self::Terminated, Actions::fail(Failure::Transport))
            }
            state @ (Self::Proceeding { .. } | Self::Accepted { .. } | Self::Terminated) => {
                (state, Actions::none())
            }
        }
    }

    /// RFC 3261 section 9.1: no CANCEL before a provisional response, none after a final one.
    fn on_cancel(self, now: Instant, reason: Option<Bytes>, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Calling { request, resend, timeout, cancel } => {
                let cancel = Some(cancel.unwrap_or(HeldCancel { reason }));
                (Self::Calling { request, resend, timeout, cancel }, Actions::none())
            }
            Self::Proceeding { request, timeout: None } => {
                Self::cancelled(now, request, reason, Actions::none(), timing)
            }
            state @ (Self::Proceeding { .. }
            | Self::Completed { .. }
            | Self::Accepted { .. }
            | Self::Terminated) => (state, Actions::none()),
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
        (Self::Proceeding { request, timeout }, Actions { cancel, ..actions })
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::StatusCode;
    use crate::message::{HeaderName, Method};

    const TIMING: Timing = Timing {
        t1: Duration::from_millis(500),
        t2: Duration::from_secs(4),
        t4: Duration::from_secs(5),
        reliable: false,
    };

    /// Of an INVITE with a large body there is one copy, however long it is unanswered.
    #[test]
    fn what_was_sent_is_not_kept_beside_the_request() {
        let mut invite = Request::builder(Method::Invite, "sip:b@b").cseq(1).build();
        let as_it_came = invite.to_bytes().len();
        invite.push_front(HeaderName::Via, "SIP/2.0/UDP us;branch=z9hG4bK1");
        let (machine, actions) = InviteClient::start(Instant::ZERO, invite, &TIMING);
        let sent = actions.send.expect("the INVITE");
        assert_eq!(machine.held_bytes(), as_it_came + "SIP/2.0/UDP us;branch=z9hG4bK1".len());
        let (_, actions) =
            machine.handle(Instant::from_millis(500), InviteClientEvent::Timer, &TIMING);
        assert_eq!(actions.send.as_ref(), Some(&sent), "the same again");
        assert!(sent.is_unique());
    }

    /// RFC 3261 section 9.1: one CANCEL, with the INVITE's own Via; the first reason counts.
    #[test]
    fn cancelling_twice_is_cancelling_once() {
        let via = "SIP/2.0/UDP us;branch=z9hG4bK1";
        let invite = Request::builder(Method::Invite, "sip:b@b")
            .header(HeaderName::Via, via)
            .header(HeaderName::From, "<sip:a@a>;tag=1")
            .header(HeaderName::To, "<sip:b@b>")
            .header(HeaderName::CallId, "c")
            .cseq(1)
            .build();
        let ringing = Response::to(&invite, StatusCode::RINGING);
        let cancel = |text: &'static str| InviteClientEvent::Cancel { reason: Some(text.into()) };
        let now = Instant::ZERO;

        let (machine, _) = InviteClient::start(now, invite, &TIMING);
        let (machine, _) = machine.handle(now, cancel("first"), &TIMING);
        let (machine, _) = machine.handle(now, cancel("second"), &TIMING);
        let (machine, actions) =
            machine.handle(now, InviteClientEvent::Response(&ringing), &TIMING);
        let sent = actions.cancel.expect("a CANCEL to run");
        assert_eq!(sent.value(&HeaderName::Reason), Some(b"first".as_slice()));
        assert_eq!(sent.value(&HeaderName::Via), Some(via.as_bytes()));
        let (_, actions) = machine.handle(now, cancel("third"), &TIMING);
        assert!(actions.cancel.is_none());
    }
}
