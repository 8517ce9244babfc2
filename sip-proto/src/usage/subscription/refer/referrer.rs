//! [`Referrer`]: who refers, and hears what comes of it.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::{TerminationReason, headers};
use super::event;
use crate::dialog::Dialog;
use crate::message::headers::{Event, ReferSub, SubscriptionState};
use crate::usage::exchange::{self, Exchange, Heard};
use crate::usage::record::{Deadline, Shift, earliest};
use crate::usage::{Action, Context, Failure, Timed};
use crate::{HeaderName, Instant, Limits, Method, Request, Response, StatusCode};

/// How long a referrer waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferrerConfig {
    /// T1: 500 ms. The first NOTIFY is awaited for 64 times this (Timer N, RFC 6665 section
    /// 4.1.2.4).
    pub t1: Duration,
    /// The longest time that a NOTIFY may promise: 3600 s. More counts as this.
    pub expires_max_secs: u32,
    /// What is read of the bodies of NOTIFYs.
    #[serde(skip)]
    pub limits: Limits,
}

impl Default for ReferrerConfig {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), expires_max_secs: 3600, limits: Limits::default() }
    }
}

/// What a referrer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerEvent {
    /// The REFER was taken.
    Accepted {
        /// Whether NOTIFYs follow (RFC 4488); nothing more is told where not.
        has_subscription: bool,
    },
    /// The REFER failed.
    Refused {
        /// With this status; 408 and 503 also where no response came.
        status: StatusCode,
    },
    /// The request to the target has this response.
    Progress {
        /// Its status.
        status: StatusCode,
    },
    /// Nothing more will be heard.
    Ended {
        /// Why; `Timeout` also where no NOTIFY came in time.
        reason: TerminationReason,
    },
}

/// The subscriber of a referral, from its REFER on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Referrer {
    config: ReferrerConfig,
    /// That of the REFER which was sent last.
    cseq: u32,
    is_subscribed: bool,
    is_over: bool,
    #[serde(skip)]
    exchange: Option<Exchange>,
    /// When the next NOTIFY must have come.
    #[serde(default)]
    end: Deadline,
    #[serde(skip)]
    actions: VecDeque<Action<ReferrerEvent>>,
}

impl Referrer {
    /// Sends a REFER, made in a dialog ([`Dialog::request`]) or outside of any, with Refer-To and
    /// Contact; `wants_subscription` says whether to hear what comes of it (RFC 4488 section 4).
    #[must_use]
    pub fn new(
        cx: &mut Context<'_>,
        config: ReferrerConfig,
        mut refer: Request,
        wants_subscription: bool,
    ) -> Self {
        if !wants_subscription {
            refer.set(HeaderName::ReferSub, "false");
            refer.push_back(HeaderName::Supported, "norefersub");
        }
        cx.auth.authorize(&mut refer);
        let exchange = Exchange::new(&refer);
        Self {
            cseq: exchange.cseq(),
            is_subscribed: wants_subscription,
            is_over: false,
            end: Deadline::at(cx.now + config.t1.saturating_mul(64)),
            config,
            exchange: Some(exchange),
            actions: VecDeque::from([Action::SendRequest(Box::new(refer))]),
        }
    }

    /// The CSeq of the REFER, which NOTIFYs name as `id`.
    #[must_use]
    pub const fn cseq(&self) -> u32 {
        self.cseq
    }

    /// Whether a NOTIFY in the dialog is about this referral: its `id` is the CSeq of the REFER, or
    /// it has none, as the first REFER of a dialog may (RFC 3515 section 2.4.6).
    #[must_use]
    pub fn is_for(&self, notify: &Request) -> bool {
        let Ok(Some(found)) = notify.header::<Event<'_>>() else { return false };
        let is_mine = found.id().is_none_or(|id| id.parse() == Ok(self.cseq));
        *notify.method() == Method::Notify && found.event_type == "refer" && is_mine
    }

    /// Takes a NOTIFY that the dialog has judged, and answers it. The first outside of a dialog makes
    /// one: see [`Referrer::dialog`].
    pub fn handle_request(&mut self, cx: &mut Context<'_>, notify: &Request) {
        let status = self.notified(cx, notify);
        let response = match status {
            StatusCode::BAD_EVENT => headers::bad_event(notify, &event(self.cseq)),
            status => Response::to(notify, status),
        };
        // The answer goes out before what it tells.
        self.actions.push_front(Action::Respond(Box::new(response)));
    }

    /// The dialog that a NOTIFY makes, where the REFER was sent outside of one (RFC 6665 section
    /// 4.4.1).
    ///
    /// # Errors
    ///
    /// The status that answers a NOTIFY which makes none.
    pub fn dialog(&self, notify: &Request) -> Result<Dialog, StatusCode> {
        headers::dialog_of_notify(notify, self.cseq)
    }

    /// Hears a response to the REFER; `dialog` is the one that it was sent in.
    pub fn handle_response(
        &mut self,
        cx: &mut Context<'_>,
        dialog: Option<&mut Dialog>,
        response: &Response,
    ) {
        let Some(exchange) = &mut self.exchange else { return };
        let next = self.cseq.saturating_add(1);
        let number = || dialog.map_or(next, |it| headers::next_cseq(it, &Method::Refer));
        match exchange.hear(response, cx.auth, number) {
            Heard::Nothing => {}
            Heard::Again(request) => {
                self.cseq = exchange.cseq();
                self.actions.push_back(Action::SendRequest(request));
            }
            Heard::Final(status) if status.is_success() => {
                self.exchange = None;
                let sub = response.header::<ReferSub<'_>>().ok().flatten();
                // RFC 4488 section 4: only who is told so goes without.
                let has_subscription = sub.is_none_or(|it| it.is_wanted);
                self.is_subscribed = has_subscription;
                if !has_subscription {
                    self.over();
                }
                let event = ReferrerEvent::Accepted { has_subscription };
                self.actions.push_back(Action::Event(event));
            }
            Heard::Final(status) => self.refused(status),
        }
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, request: &Request, failure: Failure) {
        if self.exchange.as_ref().is_some_and(|it| it.cseq() == exchange::cseq_of(request)) {
            self.refused(failure.status());
        }
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if self.end.is_due(cx.now) {
            if self.exchange.is_some() {
                return self.refused(StatusCode::REQUEST_TIMEOUT);
            }
            self.ended(TerminationReason::Timeout);
        }
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<ReferrerEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        earliest([self.end])
    }

    fn over(&mut self) {
        self.is_over = true;
        self.exchange = None;
        self.end = Deadline::NONE;
    }

    fn refused(&mut self, status: StatusCode) {
        self.over();
        self.actions.push_back(Action::Event(ReferrerEvent::Refused { status }));
    }

    fn ended(&mut self, reason: TerminationReason) {
        self.over();
        self.actions.push_back(Action::Event(ReferrerEvent::Ended { reason }));
    }

    fn notified(&mut self, cx: &mut Context<'_>, notify: &Request) -> StatusCode {
        if !self.is_for(notify) {
            return StatusCode::BAD_EVENT;
        }
        if self.is_over {
            return StatusCode::CALL_DOES_NOT_EXIST;
        }
        let Ok(state) = notify.require::<SubscriptionState<'_>>() else {
            return StatusCode::BAD_REQUEST;
        };
        // A NOTIFY without a status line is taken: it only keeps the subscription.
        if let Ok(Some(fragment)) = notify.sipfrag_body(&self.config.limits)
            && let Some(status) = fragment.status()
        {
            self.actions.push_back(Action::Event(ReferrerEvent::Progress { status }));
        }
        if state.is_terminated() {
            self.ended(TerminationReason::parse(state.reason()));
        } else if let Some(seconds) = state.expires_secs() {
            let lasts = Duration::from_secs(u64::from(seconds.min(self.config.expires_max_secs)));
            self.end = Deadline::at(cx.now + lasts);
        }
        StatusCode::OK
    }
}

impl Timed for Referrer {
    fn resume(&mut self, shift: &Shift) {
        // A REFER is not sent twice: what came of it is told by NOTIFY, or not at all.
        shift.apply(&mut self.end);
        self.exchange = None;
    }
}
