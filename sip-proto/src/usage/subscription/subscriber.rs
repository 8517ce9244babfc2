//! [`Subscriber`]: the machine of RFC 6665 section 4.1.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::exchange::{self, Exchange, Heard};
use super::super::record::{Deadline, Shift};
use super::super::{Action, Context, Failure, Timed};
use super::leg::{Fate, Leg, describe};
use super::{Retry, SubscriberConfig, TerminationReason, headers};
use crate::dialog::DialogId;
use crate::message::headers::SubscriptionState;
use crate::message::{From, To};
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

/// What a subscriber tells.
#[derive(Clone, Debug)]
pub enum SubscriberEvent {
    /// A NOTIFY: its state and body are in it. The first of a dialog makes it.
    Notified {
        /// The dialog.
        dialog: DialogId,
        /// The NOTIFY.
        notify: Box<Request>,
    },
    /// The subscription in a dialog is over.
    Terminated {
        /// The dialog.
        dialog: DialogId,
        /// Why.
        reason: TerminationReason,
    },
    /// The SUBSCRIBE failed.
    Failed {
        /// With this status; 408 also where no NOTIFY came.
        status: StatusCode,
    },
    /// There is no subscription left.
    Ended {
        /// When there will be a new one; `None` for never.
        retry_at: Option<Instant>,
    },
}

/// The SUBSCRIBE outside of a dialog, until the first NOTIFYs are there.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Opening {
    call_id: String,
    tag: String,
    cseq: u32,
    #[serde(skip)]
    exchange: Option<Exchange>,
    /// Whether its final response is awaited.
    is_open: bool,
    timer_n: Deadline,
    /// From the 2xx, for legs whose NOTIFY does not say.
    granted_secs: Option<u32>,
}

/// A subscription, with all dialogs that its SUBSCRIBE made.
///
/// It is refreshed, and begun anew where it ended in a way that allows it, until
/// [`unsubscribe`](Self::unsubscribe).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscriber {
    config: SubscriberConfig,
    asked_secs: u32,
    is_wanted: bool,
    failures: u32,
    immediate_retries: u32,
    /// When the last SUBSCRIBE outside of a dialog was sent.
    #[serde(skip)]
    opened: Instant,
    opening: Option<Opening>,
    legs: Vec<Leg>,
    #[serde(default)]
    retry: Deadline,
    #[serde(skip)]
    actions: VecDeque<Action<SubscriberEvent>>,
}

impl Subscriber {
    /// Not subscribed yet.
    #[must_use]
    pub const fn new(config: SubscriberConfig) -> Self {
        Self {
            asked_secs: config.expires_secs,
            config,
            is_wanted: false,
            failures: 0,
            immediate_retries: 0,
            opened: Instant::ZERO,
            opening: None,
            legs: Vec::new(),
            retry: Deadline::NONE,
            actions: VecDeque::new(),
        }
    }

    /// The dialogs of it.
    pub fn dialogs(&self) -> impl Iterator<Item = &DialogId> {
        self.legs.iter().map(|leg| leg.dialog.id())
    }

    /// Whether a NOTIFY belongs to it: to give it here or elsewhere (RFC 6665 section 4.4.1).
    #[must_use]
    pub fn is_for(&self, notify: &Request) -> bool {
        *notify.method() == Method::Notify
            && (self.leg_of(notify).is_some() || self.opens(notify))
            && headers::is_about(notify, &self.config.event)
    }

    /// Subscribes; nothing where it is subscribed.
    pub fn subscribe(&mut self, cx: &mut Context<'_>) {
        // Who asks for the state once does not want to be subscribed.
        self.is_wanted = self.config.expires_secs > 0;
        if self.opening.is_none() && self.legs.is_empty() {
            self.open(cx);
        }
    }

    /// Ends it in all its dialogs (RFC 6665 section 4.1.2.3); a last NOTIFY comes.
    pub fn unsubscribe(&mut self, cx: &mut Context<'_>) {
        self.is_wanted = false;
        self.retry = Deadline::NONE;
        for leg in &mut self.legs {
            self.actions.extend(leg.leave(cx, &self.config).map(Action::SendRequest));
        }
    }

    /// Takes a NOTIFY, and answers it.
    pub fn handle_request(&mut self, cx: &mut Context<'_>, notify: &Request) {
        let status = match self.notified(cx, notify) {
            Ok(()) => return,
            Err(status) => status,
        };
        let response = match status {
            StatusCode::BAD_EVENT => headers::bad_event(notify, &self.config.event),
            status => Response::to(notify, status),
        };
        self.actions.push_back(Action::Respond(Box::new(response)));
    }

    /// Hears a response to a SUBSCRIBE of it.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, response: &Response) {
        let Ok(id) = DialogId::of_response(response) else { return };
        // A refusal need not have the tag of who refuses: the CSeq tells it, with our own tag.
        let is_of = |leg: &Leg| {
            let own = leg.dialog.id();
            (&own.call_id, &own.local_tag, &own.remote_tag)
                == (&id.call_id, &id.local_tag, &id.remote_tag)
        };
        if self.opened(cx, response, &id) {
            return;
        }
        if let Some(at) = self.legs.iter().position(is_of) {
            let fate = self.legs[at].answered(cx, &self.config, response);
            self.settle(cx, at, fate);
        }
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, cx: &mut Context<'_>, request: &Request, failure: Failure) {
        let cseq = exchange::cseq_of(request);
        let tag = request.require::<To<'_>>().ok().and_then(|to| to.tag().map(<[u8]>::to_vec));
        match tag {
            None => {
                let is_mine = self.opening.as_mut().is_some_and(|opening| {
                    opening.exchange.take_if(|it| it.cseq() == cseq).is_some()
                });
                if is_mine {
                    self.refused(cx, failure.status(), None);
                }
            }
            Some(tag) => {
                if let Some(at) = self.legs.iter().position(|it| it.dialog.id().remote_tag == tag) {
                    let status = failure.status();
                    let fate = self.legs[at].failed(cx, &self.config, cseq, status);
                    self.settle(cx, at, fate);
                }
            }
        }
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        // From the back: those that end leave.
        for at in (0..self.legs.len()).rev() {
            let fate = self.legs[at].timed_out(cx, &self.config);
            self.settle(cx, at, fate);
        }
        if let Some(opening) = self.opening.take_if(|it| it.timer_n.is_due(cx.now)) {
            // RFC 6665 section 4.1.2.4: without a NOTIFY it failed.
            if self.legs.is_empty() {
                let status = StatusCode::REQUEST_TIMEOUT;
                self.actions.push_back(Action::Event(SubscriberEvent::Failed { status }));
                self.end(cx, Retry::Later);
            } else if opening.is_open {
                // It was answered by NOTIFY; the response is late and says nothing new.
                self.failures = 0;
            }
        }
        if self.retry.is_due(cx.now) {
            self.retry = Deadline::NONE;
            if self.opening.is_none() && self.legs.is_empty() {
                self.open(cx);
            }
        }
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<SubscriberEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let opening = self.opening.as_ref().and_then(|it| it.timer_n.0);
        self.legs.iter().filter_map(Leg::deadline).chain(opening).chain(self.retry.0).min()
    }

    /// A new SUBSCRIBE outside of any dialog (RFC 6665 section 4.1.2.1).
    fn open(&mut self, cx: &mut Context<'_>) {
        self.opening = Some(Opening::new(cx.rng));
        self.opened = cx.now;
        self.retry = Deadline::NONE;
        self.send_opening(cx);
    }

    fn send_opening(&mut self, cx: &mut Context<'_>) {
        let Some(opening) = &mut self.opening else { return };
        let config = &self.config;
        opening.cseq = opening.cseq.saturating_add(1);
        let start = Request::builder(Method::Subscribe, &config.target)
            .from(format!("<{}>;tag={}", config.from, opening.tag))
            .to(format!("<{}>", config.target))
            .call_id(&opening.call_id)
            .cseq(opening.cseq);
        let routed =
            config.routes.iter().fold(start, |it, route| it.header(HeaderName::Route, route));
        let mut request = describe(routed, config, self.asked_secs).build();
        cx.auth.authorize(&mut request);
        opening.exchange = Some(Exchange::new(&request));
        opening.is_open = true;
        opening.timer_n = Deadline::at(cx.now + config.timer_n());
        self.actions.push_back(Action::SendRequest(Box::new(request)));
    }

    /// Whether the response is to the SUBSCRIBE outside of a dialog.
    fn opened(&mut self, cx: &mut Context<'_>, response: &Response, id: &DialogId) -> bool {
        let Some(opening) = self.opening.as_mut().filter(|it| it.is(&id.call_id, &id.local_tag))
        else {
            return false;
        };
        let Some(exchange) = &mut opening.exchange else { return false };
        let next = opening.cseq.saturating_add(1);
        match exchange.hear(response, cx.auth, || next) {
            Heard::Nothing => return false,
            Heard::Again(request) => {
                opening.cseq = next;
                self.actions.push_back(Action::SendRequest(request));
            }
            Heard::Final(status) => {
                opening.exchange = None;
                opening.is_open = false;
                if status.is_success() {
                    self.accepted(cx, response, id);
                } else {
                    self.refused(cx, status, Some(response));
                }
            }
        }
        true
    }

    fn accepted(&mut self, cx: &mut Context<'_>, response: &Response, id: &DialogId) {
        let Some(opening) = &mut self.opening else { return };
        let secs = exchange::expires_secs(response).unwrap_or(self.asked_secs);
        opening.granted_secs = Some(secs);
        // Its NOTIFY may have been faster.
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.dialog.id() == id)
            && !leg.is_granted()
            && secs > 0
        {
            leg.granted(cx, &self.config, secs);
        }
    }

    fn refused(&mut self, cx: &mut Context<'_>, status: StatusCode, response: Option<&Response>) {
        let max = self.config.min_expires_max_secs;
        let longer =
            response.and_then(|it| exchange::longer_expires_secs(it, self.asked_secs, max));
        self.failures = self.failures.saturating_add(1);
        if let Some(least) = longer.filter(|_| self.failures <= self.config.immediate_retries_max) {
            self.asked_secs = least;
            return self.send_opening(cx);
        }
        self.opening = None;
        if !self.legs.is_empty() {
            // A NOTIFY was faster than the refusal of another fork: it counts.
            return;
        }
        self.actions.push_back(Action::Event(SubscriberEvent::Failed { status }));
        let after = response.and_then(exchange::retry_after_secs);
        let retry = match after {
            _ if !exchange::is_passing(status) => Retry::Never,
            Some(seconds) => Retry::After(Duration::from_secs(u64::from(seconds))),
            None => Retry::Later,
        };
        // Counted above.
        self.failures -= 1;
        self.end(cx, retry);
    }

    fn leg_of(&self, notify: &Request) -> Option<usize> {
        let id = DialogId::of_received(notify).ok()?;
        self.legs.iter().position(|leg| *leg.dialog.id() == id)
    }

    /// Whether the NOTIFY may make a dialog: it is an answer to our SUBSCRIBE.
    fn opens(&self, notify: &Request) -> bool {
        let (Some(opening), Ok(id)) = (&self.opening, DialogId::of_received(notify)) else {
            return false;
        };
        opening.is(&id.call_id, &id.local_tag)
    }

    fn notified(&mut self, cx: &mut Context<'_>, notify: &Request) -> Result<(), StatusCode> {
        if *notify.method() != Method::Notify {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let known = self.leg_of(notify);
        if known.is_none() && !self.opens(notify) {
            return Err(StatusCode::CALL_DOES_NOT_EXIST);
        }
        if !headers::is_about(notify, &self.config.event) {
            return Err(StatusCode::BAD_EVENT);
        }
        let state: SubscriptionState<'_> = notify.require().map_err(|_| StatusCode::BAD_REQUEST)?;
        let at = match known {
            Some(at) => {
                self.legs[at].dialog.receive(notify).map_err(|refused| refused.status())?;
                at
            }
            None => self.fork(cx, notify)?,
        };
        let dialog = self.legs[at].dialog.id().clone();
        let fate = self.legs[at].notified(cx, &self.config, &state);
        if matches!(fate, Fate::Alive(_)) {
            self.failures = 0;
            if cx.now.saturating_duration_since(self.opened) >= self.config.back_off.base {
                self.immediate_retries = 0;
            }
        }
        let ok = Response::to(notify, StatusCode::OK);
        self.actions.push_back(Action::Respond(Box::new(ok)));
        let notify = Box::new(notify.clone());
        self.actions.push_back(Action::Event(SubscriberEvent::Notified { dialog, notify }));
        self.settle(cx, at, fate);
        Ok(())
    }

    /// A dialog made by its first NOTIFY (RFC 6665 section 4.1.2.4, 4.4.1).
    fn fork(&mut self, cx: &mut Context<'_>, notify: &Request) -> Result<usize, StatusCode> {
        let Some(opening) = &mut self.opening else { return Err(StatusCode::CALL_DOES_NOT_EXIST) };
        if self.legs.len() >= self.config.forks_max
            || notify.require::<From<'_>>().is_ok_and(|from| from.tag().is_none())
        {
            return Err(StatusCode::CALL_DOES_NOT_EXIST);
        }
        let dialog = headers::dialog_of_notify(notify, opening.cseq)?;
        let mut leg = Leg::new(dialog, self.asked_secs);
        if let Some(secs) = opening.granted_secs.filter(|secs| *secs > 0) {
            leg.granted(cx, &self.config, secs);
        }
        self.legs.push(leg);
        // It was asked to end before it began.
        if !self.is_wanted && self.config.expires_secs > 0 {
            let leave = self.legs.last_mut().and_then(|leg| leg.leave(cx, &self.config));
            self.actions.extend(leave.map(Action::SendRequest));
        }
        Ok(self.legs.len() - 1)
    }

    fn settle(&mut self, cx: &mut Context<'_>, at: usize, fate: Fate) {
        match fate {
            Fate::Alive(request) => self.actions.extend(request.map(Action::SendRequest)),
            Fate::Over(reason, retry) => {
                let dialog = self.legs.remove(at).dialog.id().clone();
                let event = SubscriberEvent::Terminated { dialog, reason };
                self.actions.push_back(Action::Event(event));
                if self.legs.is_empty() {
                    // What else the SUBSCRIBE may make comes too late.
                    self.opening = None;
                    self.end(cx, retry);
                }
            }
        }
    }

    /// Nothing is left; a new subscription may follow (RFC 6665 section 4.1.3).
    fn end(&mut self, cx: &mut Context<'_>, retry: Retry) {
        let mut delay = || {
            self.failures = self.failures.saturating_add(1);
            self.config.back_off.wait(self.failures, cx.rng)
        };
        let wait = match retry {
            _ if !self.is_wanted => None,
            Retry::Never => None,
            Retry::Now if self.immediate_retries < self.config.immediate_retries_max => {
                self.immediate_retries += 1;
                Some(Duration::ZERO)
            }
            Retry::Now | Retry::Later => Some(delay()),
            Retry::After(least) => {
                let max = Duration::from_secs(u64::from(self.config.retry_after_max_secs));
                Some(least.min(max).max(delay()))
            }
        };
        self.opening = None;
        self.retry = Deadline(wait.map(|wait| cx.now + wait));
        let retry_at = self.retry.0;
        self.actions.push_back(Action::Event(SubscriberEvent::Ended { retry_at }));
    }
}

impl Opening {
    fn new(rng: &mut Rng) -> Self {
        Self {
            call_id: rng.call_id(""),
            tag: rng.tag(),
            cseq: 0,
            exchange: None,
            is_open: false,
            timer_n: Deadline::NONE,
            granted_secs: None,
        }
    }

    fn is(&self, call_id: &[u8], local_tag: &[u8]) -> bool {
        self.call_id.as_bytes() == call_id && self.tag.as_bytes() == local_tag
    }
}

impl Timed for Subscriber {
    fn resume(&mut self, shift: &Shift) {
        self.legs.iter_mut().for_each(|leg| leg.resume(shift));
        shift.apply(&mut self.retry);
        self.opened = shift.now();
        if let Some(opening) = &mut self.opening {
            shift.apply(&mut opening.timer_n);
            // Whether its SUBSCRIBE arrived nobody knows: another one is sent.
            if opening.is_open && self.legs.is_empty() {
                self.opening = None;
                self.retry = Deadline::at(shift.now());
            }
        }
    }
}
