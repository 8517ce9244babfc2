//! One dialog of a subscription at the subscriber: a SUBSCRIBE that forked makes several.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::exchange::{self, Exchange, Heard};
use super::super::record::{Deadline, Shift, earliest};
use super::super::{BackOff, Context};
use super::subscriber_config::SubscriberConfig;
use super::{Retry, TerminationReason, headers};
use crate::dialog::Dialog;
use crate::message::RequestBuilder;
use crate::message::headers::SubscriptionState;
use crate::{HeaderName, Instant, Method, Request, Response, StatusCode};

/// A subscription in its dialog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    asked_secs: u32,
    /// What the SUBSCRIBE under way asks for: 0 where it ends it.
    #[serde(skip)]
    sent_secs: u32,
    failures: u32,
    is_leaving: bool,
    was_sending: bool,
    #[serde(skip)]
    exchange: Option<Exchange>,
    #[serde(default)]
    refresh: Deadline,
    #[serde(default)]
    end: Deadline,
    #[serde(default)]
    timer_n: Deadline,
}

/// What became of a leg.
#[derive(Debug)]
pub(super) enum Fate {
    /// It goes on; perhaps this is to be sent.
    Alive(Option<Box<Request>>),
    /// It is over.
    Over(TerminationReason, Retry),
}

impl Leg {
    pub(super) const fn new(dialog: Dialog, asked_secs: u32) -> Self {
        Self {
            dialog,
            asked_secs,
            sent_secs: 0,
            failures: 0,
            is_leaving: false,
            was_sending: false,
            exchange: None,
            refresh: Deadline::NONE,
            end: Deadline::NONE,
            timer_n: Deadline::NONE,
        }
    }

    /// It lasts that long from now on.
    pub(super) fn granted(&mut self, cx: &mut Context<'_>, config: &SubscriberConfig, secs: u32) {
        let granted = Duration::from_secs(u64::from(secs));
        self.end = Deadline::at(cx.now + granted);
        if !self.is_leaving {
            self.refresh = Deadline::at(cx.now + config.refresh.wait(granted, cx.rng));
        }
    }

    /// Whether how long it lasts is known.
    pub(super) const fn is_granted(&self) -> bool {
        self.end.0.is_some()
    }

    pub(super) fn notified(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
        state: &SubscriptionState<'_>,
    ) -> Fate {
        // RFC 6665 section 4.1.2.4: that is what Timer N waited for.
        self.timer_n = Deadline::NONE;
        if state.is_terminated() {
            let reason = TerminationReason::parse(state.reason());
            return Fate::Over(reason, reason.retry(state.retry_after_secs()));
        }
        // "The subscriber ... SHOULD take it as the authoritative subscription duration and adjust".
        if let Some(seconds) = state.expires_secs() {
            self.granted(cx, config, seconds);
        }
        Fate::Alive(None)
    }

    /// Refreshes it, or with `is_leaving` ends it.
    pub(super) fn subscribe(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
    ) -> Option<Box<Request>> {
        self.refresh = Deadline::NONE;
        if self.exchange.is_some() {
            return None;
        }
        self.sent_secs = if self.is_leaving { 0 } else { self.asked_secs };
        let builder = self.dialog.request(Method::Subscribe);
        let mut request = describe(builder, config, self.sent_secs).build();
        cx.auth.authorize(&mut request);
        self.exchange = Some(Exchange::new(&request));
        self.was_sending = true;
        self.timer_n = Deadline::at(cx.now + config.timer_n());
        Some(Box::new(request))
    }

    pub(super) fn leave(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
    ) -> Option<Box<Request>> {
        self.is_leaving = true;
        self.subscribe(cx, config)
    }

    pub(super) fn answered(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
        response: &Response,
    ) -> Fate {
        let (Some(exchange), dialog) = (&mut self.exchange, &mut self.dialog) else {
            return Fate::Alive(None);
        };
        let number = || headers::next_cseq(dialog, &Method::Subscribe);
        match exchange.hear(response, cx.auth, number) {
            Heard::Nothing => Fate::Alive(None),
            Heard::Again(request) => Fate::Alive(Some(request)),
            Heard::Final(status) => {
                self.sent();
                self.dialog.receive_response(&Method::Subscribe, response);
                if status.is_success() {
                    self.accepted(cx, config, response)
                } else {
                    self.refused(cx, config, status, Some(response))
                }
            }
        }
    }

    pub(super) fn failed(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
        cseq: u32,
        status: StatusCode,
    ) -> Fate {
        if self.exchange.as_ref().is_some_and(|it| it.cseq() == cseq) {
            self.sent();
            return self.refused(cx, config, status, None);
        }
        Fate::Alive(None)
    }

    fn sent(&mut self) {
        self.exchange = None;
        self.was_sending = false;
    }

    fn accepted(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
        response: &Response,
    ) -> Fate {
        self.failures = 0;
        if response.status() == StatusCode::NO_NOTIFICATION {
            // RFC 5839 section 6.3: no NOTIFY will come.
            self.timer_n = Deadline::NONE;
        }
        if self.sent_secs == 0 {
            // Section 4.1.2.3: the last NOTIFY is still to come.
            return Fate::Alive(None);
        }
        let granted = exchange::expires_secs(response).unwrap_or(self.asked_secs);
        self.granted(cx, config, granted);
        // It was asked to end while the refresh was under way.
        Fate::Alive(self.is_leaving.then(|| self.subscribe(cx, config)).flatten())
    }

    /// RFC 6665 section 4.1.2.2: some answers end it; after others it lasts as long as it would have.
    fn refused(
        &mut self,
        cx: &mut Context<'_>,
        config: &SubscriberConfig,
        status: StatusCode,
        response: Option<&Response>,
    ) -> Fate {
        self.timer_n = Deadline::NONE;
        if headers::ends_usage(status) || self.is_leaving {
            let retry = match status {
                StatusCode::CALL_DOES_NOT_EXIST => Retry::Now,
                _ => Retry::Never,
            };
            return Fate::Over(TerminationReason::Other, retry);
        }
        let max = config.min_expires_max_secs;
        let longer =
            response.and_then(|it| exchange::longer_expires_secs(it, self.asked_secs, max));
        self.failures = self.failures.saturating_add(1);
        if let Some(least) = longer.filter(|_| self.failures <= config.immediate_retries_max) {
            self.asked_secs = least;
            return Fate::Alive(self.subscribe(cx, config));
        }
        if exchange::is_passing(status) {
            let wait = BackOff::wait(&config.back_off, self.failures, cx.rng);
            let asked = response.and_then(exchange::retry_after_secs).unwrap_or_default();
            let asked = Duration::from_secs(u64::from(asked.min(config.retry_after_max_secs)));
            self.refresh = Deadline::at(cx.now + wait.max(asked));
        }
        Fate::Alive(None)
    }

    pub(super) fn timed_out(&mut self, cx: &mut Context<'_>, config: &SubscriberConfig) -> Fate {
        // RFC 6665 section 4.1.2.2: no NOTIFY came; and it is over when its time is.
        if self.timer_n.is_due(cx.now) || self.end.is_due(cx.now) {
            return Fate::Over(TerminationReason::Timeout, Retry::Later);
        }
        if self.refresh.is_due(cx.now) {
            return Fate::Alive(self.subscribe(cx, config));
        }
        Fate::Alive(None)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        earliest([self.refresh, self.end, self.timer_n])
    }

    pub(super) fn resume(&mut self, shift: &Shift) {
        shift.apply(&mut self.refresh);
        shift.apply(&mut self.end);
        shift.apply(&mut self.timer_n);
        if core::mem::take(&mut self.was_sending) {
            (self.exchange, self.timer_n) = (None, Deadline::NONE);
            self.refresh = Deadline::at(shift.now());
        }
    }
}

/// The headers that each SUBSCRIBE has (RFC 6665 section 8.1.1).
pub(super) fn describe(
    builder: RequestBuilder,
    config: &SubscriberConfig,
    expires_secs: u32,
) -> RequestBuilder {
    let builder = builder
        .contact(format!("<{}>", config.contact))
        .header(HeaderName::Event, &config.event)
        .header(HeaderName::Expires, expires_secs.to_string());
    let builder = if config.accept.is_empty() {
        builder
    } else {
        builder.header(HeaderName::Accept, config.accept.join(", "))
    };
    match &config.filter {
        Some(filter) => builder.body(&filter.content_type, &filter.body),
        None => builder,
    }
}
