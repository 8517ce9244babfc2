//! [`Publication`]: the machine of RFC 3903 section 4.

use core::time::Duration;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::PublicationConfig;
use crate::message::headers::SipETag;
use crate::usage::exchange::{self, Exchange, Heard};
use crate::usage::record::{Deadline, Shift, earliest};
use crate::usage::{Action, Content, Context, Failure, Timed};
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

/// Where a publication is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicationState {
    /// Nothing is published.
    Unpublished,
    /// Something is.
    Published,
}

/// What a publication tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationEvent {
    /// It is published, first or again.
    Published,
    /// It was removed.
    Removed,
    /// A PUBLISH failed.
    Failed {
        /// With this status; 408 and 503 also where no response came.
        status: StatusCode,
        /// When it is tried again; `None` where that could not go better.
        retry_at: Option<Instant>,
    },
    /// The time granted is over, and no refresh succeeded.
    Lapsed,
}

/// What a PUBLISH does (RFC 3903 section 4.1, table 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Operation {
    /// Initial where there is no entity-tag; else it modifies.
    Publish,
    Refresh,
    Remove,
}

/// One published state of a resource, kept published from [`publish`](Self::publish) to
/// [`remove`](Self::remove).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Publication {
    config: PublicationConfig,
    call_id: String,
    tag: String,
    cseq: u32,
    state: PublicationState,
    content: Option<Content>,
    /// SIP-ETag of the last 2xx.
    etag: Option<String>,
    expires_secs: u32,
    failures: u32,
    immediate_retries: u32,
    wanted: Option<Operation>,
    under_way: Option<Operation>,
    #[serde(skip)]
    exchange: Option<Exchange>,
    /// When to refresh or to try again.
    #[serde(default)]
    due: Deadline,
    #[serde(default)]
    lapse: Deadline,
    #[serde(skip)]
    actions: VecDeque<Action<PublicationEvent>>,
}

impl Publication {
    /// Nothing is published yet.
    #[must_use]
    pub fn new(config: PublicationConfig, rng: &mut Rng) -> Self {
        Self {
            call_id: rng.call_id(""),
            tag: rng.tag(),
            expires_secs: config.expires_secs,
            config,
            cseq: 0,
            state: PublicationState::Unpublished,
            content: None,
            etag: None,
            failures: 0,
            immediate_retries: 0,
            wanted: None,
            under_way: None,
            exchange: None,
            due: Deadline::NONE,
            lapse: Deadline::NONE,
            actions: VecDeque::new(),
        }
    }

    /// Whether something is published.
    #[must_use]
    pub const fn state(&self) -> PublicationState {
        self.state
    }

    /// The entity-tag of what is published.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Publishes this, or puts it in the place of what is published (RFC 3903 sections 4.2 and 4.4).
    pub fn publish(&mut self, cx: &mut Context<'_>, content: Content) {
        self.content = Some(content);
        (self.failures, self.immediate_retries) = (0, 0);
        self.want(cx, Operation::Publish);
    }

    /// Removes what is published (RFC 3903 section 4.5).
    pub fn remove(&mut self, cx: &mut Context<'_>) {
        self.content = None;
        if self.etag.is_some() || self.exchange.is_some() {
            self.want(cx, Operation::Remove);
        } else {
            self.forget();
            self.actions.push_back(Action::Event(PublicationEvent::Removed));
        }
    }

    /// Hears a response to the PUBLISH under way.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, response: &Response) {
        let next = self.cseq.saturating_add(1);
        let Some(exchange) = &mut self.exchange else { return };
        match exchange.hear(response, cx.auth, || next) {
            Heard::Nothing => {}
            Heard::Again(request) => {
                self.cseq = next;
                self.actions.push_back(Action::SendRequest(request));
            }
            Heard::Final(status) => {
                self.exchange = None;
                if let Some(operation) = self.under_way.take() {
                    if status.is_success() {
                        self.succeed(cx, operation, response);
                    } else {
                        self.fail(cx, operation, status, Some(response));
                    }
                }
                self.send_next(cx);
            }
        }
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, cx: &mut Context<'_>, request: &Request, failure: Failure) {
        let cseq = exchange::cseq_of(request);
        if self.exchange.take_if(|it| it.cseq() == cseq).is_some()
            && let Some(operation) = self.under_way.take()
        {
            self.fail(cx, operation, failure.status(), None);
            self.send_next(cx);
        }
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if self.lapse.is_due(cx.now) {
            self.lapse = Deadline::NONE;
            // What the compositor forgot is published anew, not refreshed.
            self.etag = None;
            self.state = PublicationState::Unpublished;
            self.actions.push_back(Action::Event(PublicationEvent::Lapsed));
        }
        if self.due.is_due(cx.now) {
            self.due = Deadline::NONE;
            if self.wanted.is_none() && self.content.is_some() {
                // Section 4.3: a refresh has no body; without a tag, the state is published anew.
                let operation = match self.etag {
                    Some(_) if self.failures == 0 => Operation::Refresh,
                    _ => Operation::Publish,
                };
                self.wanted = Some(operation);
            }
        }
        self.send_next(cx);
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<PublicationEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        earliest([self.due, self.lapse])
    }

    fn want(&mut self, cx: &mut Context<'_>, operation: Operation) {
        self.wanted = Some(operation);
        self.due = Deadline::NONE;
        self.send_next(cx);
    }

    /// RFC 3903 section 4: no other PUBLISH before the end of the last.
    fn send_next(&mut self, cx: &mut Context<'_>) {
        if self.exchange.is_some() {
            return;
        }
        let Some(operation) = self.wanted.take() else { return };
        if operation == Operation::Remove && self.etag.is_none() {
            self.forget();
            self.actions.push_back(Action::Event(PublicationEvent::Removed));
            return;
        }
        let request = self.request(cx, operation);
        self.exchange = Some(Exchange::new(&request));
        self.under_way = Some(operation);
        self.actions.push_back(Action::SendRequest(Box::new(request)));
    }

    fn request(&mut self, cx: &mut Context<'_>, operation: Operation) -> Request {
        self.cseq = self.cseq.saturating_add(1);
        let config = &self.config;
        let expires = if operation == Operation::Remove { 0 } else { self.expires_secs };
        let start = Request::builder(Method::Publish, &config.target)
            .from(format!("<{}>;tag={}", config.target, self.tag))
            .to(format!("<{}>", config.target))
            .call_id(&self.call_id)
            .cseq(self.cseq)
            .header(HeaderName::Event, &config.event)
            .header(HeaderName::Expires, expires.to_string());
        let routed =
            config.routes.iter().fold(start, |it, route| it.header(HeaderName::Route, route));
        let matched = match &self.etag {
            Some(etag) => routed.header(HeaderName::SipIfMatch, etag),
            None => routed,
        };
        let filled = match (&self.content, operation) {
            (Some(content), Operation::Publish) => {
                matched.body(&content.content_type, &content.body)
            }
            _ => matched,
        };
        let mut request = filled.build();
        cx.auth.authorize(&mut request);
        request
    }

    fn succeed(&mut self, cx: &mut Context<'_>, operation: Operation, response: &Response) {
        (self.failures, self.immediate_retries) = (0, 0);
        if operation == Operation::Remove {
            self.forget();
            self.actions.push_back(Action::Event(PublicationEvent::Removed));
            return;
        }
        // Each 2xx has a new one (section 4.1); without, what follows publishes anew.
        let etag = response.header::<SipETag<'_>>().ok().flatten();
        self.etag = etag.map(|etag| etag.0.to_owned());
        let seconds = exchange::expires_secs(response).unwrap_or(self.expires_secs);
        let granted = Duration::from_secs(u64::from(seconds));
        self.state = PublicationState::Published;
        self.due = Deadline::at(cx.now + self.config.refresh.wait(granted, cx.rng));
        self.lapse = Deadline::at(cx.now + granted);
        self.actions.push_back(Action::Event(PublicationEvent::Published));
    }

    fn forget(&mut self) {
        self.state = PublicationState::Unpublished;
        self.etag = None;
        (self.due, self.lapse) = (Deadline::NONE, Deadline::NONE);
    }

    fn fail(
        &mut self,
        cx: &mut Context<'_>,
        operation: Operation,
        status: StatusCode,
        response: Option<&Response>,
    ) {
        if status == StatusCode::CONDITIONAL_REQUEST_FAILED {
            // Section 4.1: the tag is gone, and what it named.
            self.etag = None;
            self.state = PublicationState::Unpublished;
            self.lapse = Deadline::NONE;
        }
        if operation == Operation::Remove {
            self.forget();
            // It is not there: that was wanted.
            let event = match status {
                StatusCode::CONDITIONAL_REQUEST_FAILED => PublicationEvent::Removed,
                _ => PublicationEvent::Failed { status, retry_at: None },
            };
            self.actions.push_back(Action::Event(event));
            return;
        }
        if self.immediate_retries < self.config.immediate_retries_max
            && let Some(again) = self.amended(operation, status, response)
        {
            self.immediate_retries += 1;
            // What was wanted since counts more.
            self.wanted = self.wanted.or(Some(again));
            return;
        }
        let is_passing =
            exchange::is_passing(status) || status == StatusCode::CONDITIONAL_REQUEST_FAILED;
        let retry_at = is_passing.then(|| {
            self.failures = self.failures.saturating_add(1);
            let wait = self.config.back_off.wait(self.failures, cx.rng);
            let asked = response.and_then(exchange::retry_after_secs).unwrap_or_default();
            let asked = asked.min(self.config.retry_after_max_secs);
            cx.now + wait.max(Duration::from_secs(u64::from(asked)))
        });
        self.due = Deadline(retry_at);
        self.actions.push_back(Action::Event(PublicationEvent::Failed { status, retry_at }));
    }

    /// What may succeed at once: all of the state again after a 412, a longer time after a 423
    /// (section 4.1).
    fn amended(
        &mut self,
        operation: Operation,
        status: StatusCode,
        response: Option<&Response>,
    ) -> Option<Operation> {
        if status == StatusCode::CONDITIONAL_REQUEST_FAILED {
            return self.content.is_some().then_some(Operation::Publish);
        }
        let max = self.config.min_expires_max_secs;
        let asked = self.expires_secs;
        self.expires_secs =
            response.and_then(|it| exchange::longer_expires_secs(it, asked, max))?;
        Some(operation)
    }
}

impl Timed for Publication {
    fn resume(&mut self, shift: &Shift) {
        shift.apply(&mut self.due);
        shift.apply(&mut self.lapse);
        self.exchange = None;
        // Whether the last PUBLISH arrived, and with it the tag changed, a 412 will tell.
        let interrupted = self.under_way.take();
        self.wanted = self.wanted.or(interrupted);
        if self.wanted.is_some() {
            self.due = Deadline::at(shift.now());
        }
    }
}
