//! [`Referee`]: who was referred, and tells what comes of it.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::notifications::{Notifications, NotifierState, Outcome};
use super::super::{TerminationReason, headers};
use super::{Referral, SIPFRAG, event};
use crate::dialog::Dialog;
use crate::message::body::SipFrag;
use crate::usage::exchange;
use crate::usage::record::Shift;
use crate::usage::{Action, Content, Context, Failure, Timed};
use crate::{HeaderName, Instant, Method, Request, Response, StatusCode};

/// How a referral is told about, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefereeConfig {
    /// The URI of Contact.
    pub contact: String,
    /// How long the subscription lasts: 180 s, longer than Timer C, so that a call that rings is
    /// told to its end. It ends with `reason=timeout` after that.
    pub expires_secs: u32,
    /// The longest Retry-After kept that answers a NOTIFY: 60 s. A longer one counts as this.
    pub retry_after_max_secs: u32,
}

impl RefereeConfig {
    /// The defaults.
    #[must_use]
    pub fn new(contact: impl Into<String>) -> Self {
        Self { contact: contact.into(), expires_secs: 180, retry_after_max_secs: 60 }
    }
}

/// What a referee tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefereeEvent {
    /// The referrer was told how it ended, or did not want to know longer.
    Ended,
    /// A NOTIFY failed: nobody listens.
    Lost {
        /// With this status; 408 and 503 also where no response came.
        status: StatusCode,
    },
}

/// The notifier of a referral. What comes of the request that it sends to the target is told with
/// [`progress`](Self::progress).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Referee {
    event: String,
    notifications: Notifications,
    is_over: bool,
    #[serde(skip)]
    actions: VecDeque<Action<RefereeEvent>>,
}

impl Referee {
    /// Begins to tell, with 100 Trying at once (RFC 3515 section 2.4.4), where the referral was taken
    /// with [`Referral::accept`] and wants a subscription; `dialog` is the one it came in, or that
    /// the answer made ([`Dialog::uas`]).
    #[must_use]
    pub fn new(
        cx: &mut Context<'_>,
        config: RefereeConfig,
        referral: &Referral,
        dialog: &mut Dialog,
    ) -> Self {
        let event = event(referral.cseq);
        let end = cx.now + Duration::from_secs(u64::from(config.expires_secs));
        let content = Some(fragment(StatusCode::TRYING));
        let (state, retry_max) = (NotifierState::Active, config.retry_after_max_secs);
        let notifications =
            Notifications::new(event.clone(), config.contact, state, content, end, retry_max);
        let mut referee = Self { event, notifications, is_over: false, actions: VecDeque::new() };
        if referral.wants_subscription {
            referee.send_next(cx, dialog);
        } else {
            referee.is_over = true;
        }
        referee
    }

    /// The request to the target has this response: a final one ends the subscription
    /// (RFC 3515 section 2.4.5). Of those that come while a NOTIFY is under way, the last is told.
    pub fn progress(&mut self, cx: &mut Context<'_>, dialog: &mut Dialog, status: StatusCode) {
        if self.is_over {
            return;
        }
        let state = if status.is_final() {
            let reason = TerminationReason::NoResource;
            NotifierState::Terminated { reason, retry_after_secs: None }
        } else {
            NotifierState::Active
        };
        self.notifications.update(state, Some(fragment(status)));
        self.send_next(cx, dialog);
    }

    /// Whether a SUBSCRIBE in the dialog is about this referral.
    #[must_use]
    pub fn is_for(&self, subscribe: &Request) -> bool {
        *subscribe.method() == Method::Subscribe && headers::is_about(subscribe, &self.event)
    }

    /// Takes a SUBSCRIBE that the dialog has judged, and answers it: `Expires: 0` ends the
    /// subscription (RFC 3515 section 2.4.4), any other keeps its time as it is.
    pub fn handle_request(
        &mut self,
        cx: &mut Context<'_>,
        dialog: &mut Dialog,
        subscribe: &Request,
    ) {
        if self.is_over || self.notifications.is_terminated() || !self.is_for(subscribe) {
            let gone = Response::to(subscribe, StatusCode::CALL_DOES_NOT_EXIST);
            self.actions.push_back(Action::Respond(Box::new(gone)));
            return;
        }
        let end = self.notifications.end.0.unwrap_or(cx.now);
        let left = end.saturating_duration_since(cx.now).as_secs();
        let asked = exchange::expires_secs(subscribe).map_or(left, u64::from);
        let mut ok = Response::to(subscribe, StatusCode::OK);
        ok.push_back(HeaderName::Expires, left.min(asked).to_string());
        self.actions.push_back(Action::Respond(Box::new(ok)));
        if asked == 0 {
            let reason = TerminationReason::Timeout;
            let state = NotifierState::Terminated { reason, retry_after_secs: None };
            self.notifications.update(state, None);
        } else {
            self.notifications.repeat();
        }
        self.send_next(cx, dialog);
    }

    /// Hears a response to the NOTIFY under way.
    pub fn handle_response(
        &mut self,
        cx: &mut Context<'_>,
        dialog: &mut Dialog,
        response: &Response,
    ) {
        let outcome = self.notifications.answered(cx, dialog, response);
        self.settle(outcome);
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, request: &Request, failure: Failure) {
        let cseq = exchange::cseq_of(request);
        let outcome = self.notifications.failed(cseq, failure.status());
        self.settle(outcome);
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>, dialog: &mut Dialog) {
        if !self.is_over {
            let request = self.notifications.timed_out(cx, dialog);
            self.actions.extend(request.map(Action::SendRequest));
        }
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<RefereeEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.notifications.deadline().filter(|_| !self.is_over)
    }

    fn send_next(&mut self, cx: &mut Context<'_>, dialog: &mut Dialog) {
        let request = self.notifications.next(cx, dialog);
        self.actions.extend(request.map(Action::SendRequest));
    }

    fn settle(&mut self, outcome: Outcome) {
        let event = match outcome {
            Outcome::Alive(request) => {
                return self.actions.extend(request.map(Action::SendRequest));
            }
            Outcome::Done => RefereeEvent::Ended,
            Outcome::Lost(_) if self.notifications.is_terminated() => RefereeEvent::Ended,
            Outcome::Lost(status) => RefereeEvent::Lost { status },
        };
        self.is_over = true;
        self.actions.push_back(Action::Event(event));
    }
}

impl Timed for Referee {
    fn resume(&mut self, shift: &Shift) {
        self.notifications.resume(shift);
    }
}

fn fragment(status: StatusCode) -> Content {
    Content::new(SIPFRAG, SipFrag::of_status(status))
}
