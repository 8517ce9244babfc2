//! The NOTIFYs of one subscription, in whichever dialog it is.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::exchange::{self, Exchange, Heard};
use super::super::record::{Deadline, Shift, earliest};
use super::super::{Content, Context};
use super::{TerminationReason, headers};
use crate::dialog::Dialog;
use crate::{HeaderName, Instant, Method, Request, Response, StatusCode};

/// The state of a subscription at its notifier (RFC 6665 section 4.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotifierState {
    /// Nobody decided yet.
    Pending,
    /// It was accepted.
    Active,
    /// It is over.
    Terminated {
        /// Why.
        reason: TerminationReason,
        /// When the subscriber may try again.
        retry_after_secs: Option<u32>,
    },
}

/// What became of a NOTIFY.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Nothing to be told; perhaps this is to be sent.
    Alive(Option<Box<Request>>),
    /// The last NOTIFY was answered.
    Done,
    /// The subscriber is not there: the subscription is removed.
    Lost(StatusCode),
}

/// The subscription at the notifier, without its dialog: a REFER's shares that of a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Notifications {
    event: String,
    contact: String,
    pub(super) state: NotifierState,
    content: Option<Content>,
    /// The content or state is not told yet.
    is_news: bool,
    was_sending: bool,
    retry_after_max_secs: u32,
    #[serde(skip)]
    exchange: Option<Exchange>,
    /// Whether the NOTIFY under way is the last.
    is_last: bool,
    pub(super) end: Deadline,
    #[serde(default)]
    retry: Deadline,
}

impl Notifications {
    pub(super) const fn new(
        event: String,
        contact: String,
        state: NotifierState,
        content: Option<Content>,
        end: Instant,
        retry_after_max_secs: u32,
    ) -> Self {
        Self {
            event,
            contact,
            state,
            content,
            is_news: true,
            was_sending: false,
            retry_after_max_secs,
            exchange: None,
            is_last: false,
            end: Deadline::at(end),
            retry: Deadline::NONE,
        }
    }

    pub(super) const fn is_terminated(&self) -> bool {
        matches!(self.state, NotifierState::Terminated { .. })
    }

    /// Changes state and content; what was terminated stays so.
    pub(super) fn update(&mut self, state: NotifierState, content: Option<Content>) {
        if !self.is_terminated() {
            self.state = state;
            self.content = content.or_else(|| self.content.take());
            self.is_news = true;
        }
    }

    /// Tells the same again (RFC 6665 section 4.2.1.2: each SUBSCRIBE is followed by a NOTIFY).
    pub(super) const fn repeat(&mut self) {
        self.is_news = true;
    }

    /// The next NOTIFY, where there is news and none under way. What changes meanwhile is told
    /// afterwards, the newest only.
    pub(super) fn next(
        &mut self,
        cx: &mut Context<'_>,
        dialog: &mut Dialog,
    ) -> Option<Box<Request>> {
        if !self.is_news || self.exchange.is_some() || self.retry.0.is_some() {
            return None;
        }
        self.is_news = false;
        self.is_last = self.is_terminated();
        let builder = dialog
            .request(Method::Notify)
            .contact(format!("<{}>", self.contact))
            .header(HeaderName::Event, &self.event)
            .header(HeaderName::SubscriptionState, self.state_value(cx.now));
        let builder = match &self.content {
            Some(content) => builder.body(&content.content_type, &content.body),
            None => builder,
        };
        let mut request = builder.build();
        cx.auth.authorize(&mut request);
        self.exchange = Some(Exchange::new(&request));
        self.was_sending = true;
        Some(Box::new(request))
    }

    fn state_value(&self, now: Instant) -> String {
        let left = self.end.0.map_or(Duration::ZERO, |end| end.saturating_duration_since(now));
        let left = left.as_secs();
        match self.state {
            NotifierState::Pending => format!("pending;expires={left}"),
            NotifierState::Active => format!("active;expires={left}"),
            NotifierState::Terminated { reason, retry_after_secs } => {
                let mut value = "terminated".to_owned();
                if reason != TerminationReason::Other {
                    value += &format!(";reason={reason}");
                }
                if let Some(seconds) = retry_after_secs {
                    value += &format!(";retry-after={seconds}");
                }
                value
            }
        }
    }

    /// RFC 6665 section 4.2.2: a NOTIFY that fails ends the subscription, unless the answer tells
    /// when to try again.
    pub(super) fn answered(
        &mut self,
        cx: &mut Context<'_>,
        dialog: &mut Dialog,
        response: &Response,
    ) -> Outcome {
        let Some(exchange) = &mut self.exchange else { return Outcome::Alive(None) };
        let heard =
            exchange.hear(response, cx.auth, || headers::next_cseq(dialog, &Method::Notify));
        let status = match heard {
            Heard::Nothing => return Outcome::Alive(None),
            Heard::Again(request) => return Outcome::Alive(Some(request)),
            Heard::Final(status) => status,
        };
        self.sent();
        dialog.receive_response(&Method::Notify, response);
        if status.is_success() {
            return self.delivered(cx, dialog);
        }
        match exchange::retry_after_secs(response) {
            Some(seconds) if !headers::ends_usage(status) && !self.is_last => {
                let seconds = seconds.min(self.retry_after_max_secs);
                self.is_news = true;
                self.retry = Deadline::at(cx.now + Duration::from_secs(u64::from(seconds)));
                Outcome::Alive(None)
            }
            _ => Outcome::Lost(status),
        }
    }

    fn delivered(&mut self, cx: &mut Context<'_>, dialog: &mut Dialog) -> Outcome {
        if self.is_last { Outcome::Done } else { Outcome::Alive(self.next(cx, dialog)) }
    }

    fn sent(&mut self) {
        self.exchange = None;
        self.was_sending = false;
    }

    pub(super) fn failed(&mut self, cseq: u32, status: StatusCode) -> Outcome {
        if self.exchange.take_if(|it| it.cseq() == cseq).is_none() {
            return Outcome::Alive(None);
        }
        Outcome::Lost(status)
    }

    /// Ends it where its time is over.
    pub(super) fn timed_out(
        &mut self,
        cx: &mut Context<'_>,
        dialog: &mut Dialog,
    ) -> Option<Box<Request>> {
        if self.end.is_due(cx.now) {
            let reason = TerminationReason::Timeout;
            self.update(NotifierState::Terminated { reason, retry_after_secs: None }, None);
            self.end = Deadline::NONE;
            // There will be no other time.
            self.retry = Deadline::NONE;
        }
        if self.retry.is_due(cx.now) {
            self.retry = Deadline::NONE;
        }
        self.next(cx, dialog)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        earliest([self.end, self.retry])
    }

    pub(super) fn resume(&mut self, shift: &Shift) {
        shift.apply(&mut self.end);
        shift.apply(&mut self.retry);
        if core::mem::take(&mut self.was_sending) || self.is_news {
            self.exchange = None;
            self.is_news = true;
            self.retry = Deadline::at(shift.now());
        }
    }
}
