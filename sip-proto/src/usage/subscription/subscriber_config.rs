//! What a subscriber is told.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::{BackOff, Content, RefreshRule};

/// Who subscribes to what, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriberConfig {
    /// The resource: Request-URI and To.
    pub target: String,
    /// Who subscribes: the URI of From.
    pub from: String,
    /// Where NOTIFYs go: the URI of Contact.
    pub contact: String,
    /// The value of Event.
    pub event: String,
    /// The types of bodies that are understood; the package's default where empty.
    pub accept: Vec<String>,
    /// The body of each SUBSCRIBE: a filter. None by default.
    pub filter: Option<Content>,
    /// The preloaded route set. None by default.
    pub routes: Vec<String>,
    /// How long it shall last: 3600 s; 0 asks for the state once (RFC 6665 section 4.4.3).
    pub expires_secs: u32,
    /// T1: 500 ms. Timer N is 64 times this (RFC 6665 section 4.1.2.4).
    pub t1: Duration,
    /// When it is refreshed.
    pub refresh: RefreshRule,
    /// How long to wait after a failure.
    pub back_off: BackOff,
    /// Dialogs of one SUBSCRIBE that forked: 16; 1 for packages that do not allow it. A NOTIFY of
    /// another is answered 481, which ends its subscription (RFC 6665 section 5.4.9).
    pub forks_max: usize,
    /// How often in a row it is tried again at once: 3, be it after an end that allows it, or with the
    /// time that a 423 asks for. After that, it is tried again as after a failure. The count starts
    /// anew when a subscription lasts longer than the base of `back_off`.
    pub immediate_retries_max: u32,
    /// The longest Min-Expires that a 423 may ask for: a day. A longer one is a refusal.
    pub min_expires_max_secs: u32,
    /// The longest Retry-After and `retry-after` that is kept: a day. A longer one counts as this.
    pub retry_after_max_secs: u32,
}

impl SubscriberConfig {
    /// The defaults.
    #[must_use]
    pub fn new(
        target: impl Into<String>,
        from: impl Into<String>,
        contact: impl Into<String>,
        event: impl Into<String>,
    ) -> Self {
        Self {
            target: target.into(),
            from: from.into(),
            contact: contact.into(),
            event: event.into(),
            accept: Vec::new(),
            filter: None,
            routes: Vec::new(),
            expires_secs: 3600,
            t1: Duration::from_millis(500),
            refresh: RefreshRule::default(),
            back_off: BackOff::default(),
            forks_max: 16,
            immediate_retries_max: 3,
            min_expires_max_secs: 86_400,
            retry_after_max_secs: 86_400,
        }
    }

    /// 64*T1 (RFC 6665 section 4.1.2.4).
    pub(super) fn timer_n(&self) -> Duration {
        self.t1.saturating_mul(64)
    }
}
