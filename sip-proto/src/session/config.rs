//! How a session behaves.

use core::time::Duration;

use bytes::Bytes;

use super::session_timer::TimerConfig;

/// How a session behaves; the same for all sessions of a user agent, except for its Contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// The value of Contact in what establishes or refreshes a dialog.
    pub contact: Bytes,
    /// The timers of RFC 3261 that a session itself runs by.
    pub timing: SessionTiming,
    /// Whether provisional responses are sent reliably (RFC 3262).
    pub reliable: ReliablePolicy,
    /// Session timers (RFC 4028).
    pub timer: TimerConfig,
    /// Option tags of extensions that the user supports, beside `100rel` and `timer`: they stand
    /// in Supported, and what is required beyond them is refused with 420.
    pub extensions: Vec<String>,
    /// The value of Allow.
    pub allow: String,
    /// Every bound.
    pub limits: SessionLimits,
}

impl SessionConfig {
    /// The defaults, with the value of Contact.
    #[must_use]
    pub fn new(contact: impl Into<Bytes>) -> Self {
        Self {
            contact: contact.into(),
            timing: SessionTiming::DEFAULT,
            reliable: ReliablePolicy::Supported,
            timer: TimerConfig::default(),
            extensions: ["replaces", "norefersub"].map(str::to_owned).to_vec(),
            allow: "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, MESSAGE, OPTIONS, REFER, NOTIFY"
                .to_owned(),
            limits: SessionLimits::default(),
        }
    }

    /// Whether the option tag is one of an extension that is supported here.
    pub(super) fn supports(&self, option: &str) -> bool {
        self.supported().any(|tag| tag.eq_ignore_ascii_case(option))
    }

    pub(super) fn supported(&self) -> impl Iterator<Item = &str> {
        let reliable = (self.reliable != ReliablePolicy::Off).then_some("100rel");
        let own = [reliable, Some("timer")].into_iter().flatten();
        own.chain(self.extensions.iter().map(String::as_str))
    }
}

/// Whether provisional responses are sent reliably (RFC 3262).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReliablePolicy {
    /// Never: an INVITE that requires it is refused with 420.
    Off,
    /// Where the other end requires it; and where it supports it and the user asks for it.
    Supported,
    /// Always: an INVITE of ours requires it, and one that does not support it is refused with 421.
    Required,
}

/// T1 and T2 of RFC 3261 section 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTiming {
    /// The round-trip estimate: 500 ms.
    pub t1: Duration,
    /// The longest interval between retransmissions of a 2xx: 4 s.
    pub t2: Duration,
}

impl SessionTiming {
    pub(super) const DEFAULT: Self =
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4) };

    /// 64 x T1.
    pub(super) fn transaction(&self) -> Duration {
        self.t1.saturating_mul(64)
    }
}

impl Default for SessionTiming {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Every bound of one session, and what happens when it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Early dialogs of one INVITE, and forks that answered it with 2xx. Beyond: the provisional
    /// responses of a further fork are ignored, and its 2xx is not acknowledged, so that it gives
    /// up by itself after 64 x T1.
    pub forks_max: usize,
    /// Reliable provisional responses that wait for their PRACK, or for their turn. Beyond:
    /// [`SessionError::Limit`](super::SessionError::Limit).
    pub reliable_waiting_max: usize,
    /// Requests of ours without a final response or that wait to be sent again, and of INVITEs those
    /// whose 2xx can come again.
    /// Beyond: [`SessionError::Limit`](super::SessionError::Limit); a PRACK is not sent, so that
    /// its response comes again. A BYE passes.
    pub requests_sent_max: usize,
    /// Requests of theirs that the user has not answered, and 2xx of ours without ACK. Beyond: 503.
    pub requests_received_max: usize,
    /// How often one request is sent again because of 401, 407, 422 or 491. Beyond: the response
    /// is the user's.
    pub retries_max: u8,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            forks_max: 16,
            reliable_waiting_max: 8,
            requests_sent_max: 32,
            requests_received_max: 16,
            retries_max: 4,
        }
    }
}
