//! [`Notifier`]: the machine of RFC 6665 section 4.2.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::exchange;
use super::super::record::{Deadline, Shift};
use super::super::{Action, Content, Context, Failure, Timed};
use super::notifications::{Notifications, NotifierState, Outcome};
use super::{TerminationReason, headers};
use crate::dialog::Dialog;
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

/// Subscriptions to what are taken, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifierConfig {
    /// Where refreshes go: the URI of Contact.
    pub contact: String,
    /// The value of Event without parameters: the package, with its templates.
    pub event: String,
    /// How long it lasts where the SUBSCRIBE does not say: 3600 s, the package's default.
    pub expires_default_secs: u32,
    /// The shortest time: 60 s. Less is answered 423, but 0 (RFC 6665 section 4.2.1.1).
    pub expires_min_secs: u32,
    /// The longest time: 3600 s. More is shortened to this.
    pub expires_max_secs: u32,
    /// The longest Retry-After kept that answers a NOTIFY: 3600 s. A longer one counts as this.
    pub retry_after_max_secs: u32,
}

impl NotifierConfig {
    /// The defaults.
    #[must_use]
    pub fn new(contact: impl Into<String>, event: impl Into<String>) -> Self {
        Self {
            contact: contact.into(),
            event: event.into(),
            expires_default_secs: 3600,
            expires_min_secs: 60,
            expires_max_secs: 3600,
            retry_after_max_secs: 3600,
        }
    }

    /// How long a SUBSCRIBE is granted, never more than it asks for (RFC 6665 section 4.2.1.1); the
    /// error is the 423.
    fn granted_secs(&self, subscribe: &Request) -> Result<u32, Box<Response>> {
        match exchange::expires_secs(subscribe) {
            None => Ok(self.expires_default_secs.min(self.expires_max_secs)),
            Some(0) => Ok(0),
            // "MUST NOT" be too brief where it is an hour or more.
            Some(asked) if asked < self.expires_min_secs.min(3600) => {
                let mut brief = Response::to(subscribe, StatusCode::INTERVAL_TOO_BRIEF);
                brief
                    .push_back(HeaderName::MinExpires, self.expires_min_secs.min(3600).to_string());
                Err(Box::new(brief))
            }
            Some(asked) => Ok(asked.min(self.expires_max_secs)),
        }
    }

    fn accepted(&self, subscribe: &Request, granted_secs: u32) -> Response {
        // RFC 6665 section 8.3.1: 202 is no longer used.
        let mut ok = Response::to(subscribe, StatusCode::OK);
        ok.push_back(HeaderName::Contact, format!("<{}>", self.contact));
        ok.push_back(HeaderName::Expires, granted_secs.to_string());
        ok
    }
}

/// What a notifier tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifierEvent {
    /// It was refreshed, for so many seconds.
    Refreshed {
        /// How long it lasts now.
        expires_secs: u32,
    },
    /// The subscriber was told that it is over: it ended it, its time was over, or
    /// [`Notifier::terminate`].
    Ended,
    /// A NOTIFY failed: it is over (RFC 6665 section 4.2.2).
    Lost {
        /// With this status; 408 and 503 also where no response came.
        status: StatusCode,
    },
}

/// A subscription at its notifier, from the SUBSCRIBE that made it. It is to be dropped after
/// [`NotifierEvent::Ended`] or [`NotifierEvent::Lost`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notifier {
    config: NotifierConfig,
    /// The value of Event that the subscriber sent.
    event: String,
    dialog: Dialog,
    notifications: Notifications,
    is_over: bool,
    #[serde(skip)]
    actions: VecDeque<Action<NotifierEvent>>,
}

impl Notifier {
    /// Takes a SUBSCRIBE outside of a dialog: answers it 200, and tells the state at once
    /// (RFC 6665 sections 4.2.1.1 and 4.2.1.2). `content` is the state of the resource; a neutral
    /// one where `state` is pending. With `Expires: 0` it is told, and over (section 4.4.3).
    ///
    /// Who may subscribe is to be decided before: answer 403, 404 or a challenge instead.
    ///
    /// # Errors
    ///
    /// The response where it cannot be taken: 489 for another event, 423 for too short a time, 400
    /// without what makes a dialog, 405 for another method.
    pub fn accept(
        cx: &mut Context<'_>,
        config: NotifierConfig,
        subscribe: &Request,
        state: NotifierState,
        content: Option<Content>,
    ) -> Result<Self, Box<Response>> {
        if *subscribe.method() != Method::Subscribe {
            return Err(Box::new(Response::to(subscribe, StatusCode::METHOD_NOT_ALLOWED)));
        }
        let event = event_of(subscribe, &config)?;
        let granted_secs = config.granted_secs(subscribe)?;
        let mut ok = config.accepted(subscribe, granted_secs);
        tag(&mut ok, cx.rng);
        let dialog = Dialog::uas(subscribe, &ok)
            .map_err(|_| Box::new(Response::to(subscribe, StatusCode::BAD_REQUEST)))?;
        let end = cx.now + Duration::from_secs(u64::from(granted_secs));
        let (contact, retry_max) = (config.contact.clone(), config.retry_after_max_secs);
        let notifications =
            Notifications::new(event.clone(), contact, state, content, end, retry_max);
        let actions = VecDeque::from([Action::Respond(Box::new(ok))]);
        let mut notifier = Self { config, event, dialog, notifications, is_over: false, actions };
        notifier.granted(cx, granted_secs);
        Ok(notifier)
    }

    /// Its dialog.
    #[must_use]
    pub const fn dialog(&self) -> &Dialog {
        &self.dialog
    }

    /// Its state.
    #[must_use]
    pub const fn state(&self) -> NotifierState {
        self.notifications.state
    }

    /// The resource has another state, which is told.
    pub fn notify(&mut self, cx: &mut Context<'_>, content: Content) {
        let state = self.notifications.state;
        self.update(cx, state, Some(content));
    }

    /// The subscription was accepted.
    pub fn activate(&mut self, cx: &mut Context<'_>, content: Content) {
        self.update(cx, NotifierState::Active, Some(content));
    }

    /// The subscription is over, for this reason; the subscriber may try again so many seconds later.
    pub fn terminate(
        &mut self,
        cx: &mut Context<'_>,
        reason: TerminationReason,
        retry_after_secs: Option<u32>,
    ) {
        self.update(cx, NotifierState::Terminated { reason, retry_after_secs }, None);
    }

    /// Takes a SUBSCRIBE within the dialog, and answers it (RFC 6665 section 4.2.1.3).
    pub fn handle_request(&mut self, cx: &mut Context<'_>, subscribe: &Request) {
        let response = match self.refreshed(cx, subscribe) {
            Ok(()) => return,
            Err(response) => response,
        };
        self.actions.push_back(Action::Respond(response));
    }

    /// Hears a response to the NOTIFY under way.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, response: &Response) {
        let outcome = self.notifications.answered(cx, &mut self.dialog, response);
        self.settle(outcome);
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, request: &Request, failure: Failure) {
        let cseq = exchange::cseq_of(request);
        let outcome = self.notifications.failed(cseq, failure.status());
        self.settle(outcome);
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if !self.is_over {
            let request = self.notifications.timed_out(cx, &mut self.dialog);
            self.actions.extend(request.map(Action::SendRequest));
        }
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<NotifierEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.notifications.deadline().filter(|_| !self.is_over)
    }

    fn update(&mut self, cx: &mut Context<'_>, state: NotifierState, content: Option<Content>) {
        if !self.is_over {
            self.notifications.update(state, content);
            self.send_next(cx);
        }
    }

    fn send_next(&mut self, cx: &mut Context<'_>) {
        let request = self.notifications.next(cx, &mut self.dialog);
        self.actions.extend(request.map(Action::SendRequest));
    }

    fn refreshed(
        &mut self,
        cx: &mut Context<'_>,
        subscribe: &Request,
    ) -> Result<(), Box<Response>> {
        let refuse = |status| Box::new(Response::to(subscribe, status));
        if *subscribe.method() != Method::Subscribe {
            return Err(refuse(StatusCode::METHOD_NOT_ALLOWED));
        }
        self.dialog.receive(subscribe).map_err(|refused| refuse(refused.status()))?;
        event_of(subscribe, &self.config)?;
        // A subscription of another id is none that is here.
        if self.is_over
            || self.notifications.is_terminated()
            || !headers::is_about(subscribe, &self.event)
        {
            return Err(refuse(StatusCode::CALL_DOES_NOT_EXIST));
        }
        let granted_secs = self.config.granted_secs(subscribe)?;
        let ok = self.config.accepted(subscribe, granted_secs);
        self.actions.push_back(Action::Respond(Box::new(ok)));
        if granted_secs > 0 {
            let event = NotifierEvent::Refreshed { expires_secs: granted_secs };
            self.actions.push_back(Action::Event(event));
        }
        self.granted(cx, granted_secs);
        Ok(())
    }

    /// Tells the state for a SUBSCRIBE that was granted so long; nothing is the end.
    fn granted(&mut self, cx: &mut Context<'_>, granted_secs: u32) {
        if granted_secs == 0 {
            self.notifications.end = Deadline::NONE;
            let reason = TerminationReason::Timeout;
            let state = NotifierState::Terminated { reason, retry_after_secs: None };
            self.notifications.update(state, None);
        } else {
            let lasts = Duration::from_secs(u64::from(granted_secs));
            self.notifications.end = Deadline::at(cx.now + lasts);
            self.notifications.repeat();
        }
        self.send_next(cx);
    }

    fn settle(&mut self, outcome: Outcome) {
        let event = match outcome {
            Outcome::Alive(request) => {
                return self.actions.extend(request.map(Action::SendRequest));
            }
            Outcome::Done => NotifierEvent::Ended,
            Outcome::Lost(_) if self.notifications.is_terminated() => NotifierEvent::Ended,
            Outcome::Lost(status) => NotifierEvent::Lost { status },
        };
        self.is_over = true;
        self.actions.push_back(Action::Event(event));
    }
}

impl Timed for Notifier {
    fn resume(&mut self, shift: &Shift) {
        self.notifications.resume(shift);
    }
}

/// The value of Event, where it is of the package (RFC 6665 section 4.2.1.1: else 489).
fn event_of(subscribe: &Request, config: &NotifierConfig) -> Result<String, Box<Response>> {
    use crate::message::headers::Event;
    let found = subscribe.header::<Event<'_>>().ok().flatten();
    match found.filter(|event| event.event_type == config.event) {
        Some(event) => Ok(event.to_string()),
        None => Err(Box::new(headers::bad_event(subscribe, &config.event))),
    }
}

/// Gives a response the tag of this end, where it has none.
pub(super) fn tag(response: &mut Response, rng: &mut Rng) {
    use crate::message::To;
    if response.require::<To<'_>>().is_ok_and(|to| to.tag().is_none()) {
        response.set_to_tag(&rng.tag());
    }
}
