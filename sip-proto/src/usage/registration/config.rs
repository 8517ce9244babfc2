//! What a registration is told.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::{BackOff, RefreshRule};

/// Who registers where, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationConfig {
    /// The registrar: a SIP URI without user part (RFC 3261 section 10.2).
    pub registrar: String,
    /// The address-of-record: To, and From unless there is another.
    pub address_of_record: String,
    /// Who registers on behalf of it: the URI of From. None by default.
    pub from: Option<String>,
    /// The preloaded route set: outbound proxies. None by default.
    pub routes: Vec<String>,
    /// How long the bindings shall last: 3600 s.
    pub expires_secs: u32,
    /// When they are refreshed.
    pub refresh: RefreshRule,
    /// How long to wait after a failure where this is the only flow, or the others failed as well.
    pub back_off: BackOff,
    /// The base-time where another flow of the same user agent is alive: 90 s (RFC 5626 section 4.5).
    pub back_off_base_other_flow: Duration,
    /// Own contacts: 8. More are refused with [`TooManyContacts`](super::TooManyContacts).
    pub contacts_max: usize,
    /// Contacts of a response that are looked at: 64. An own one beyond counts as not granted.
    pub bindings_max: usize,
    /// Service-Route and P-Associated-URI values kept, each: 32. Those beyond are ignored.
    pub routes_max: usize,
    /// The longest Min-Expires that a 423 may ask for: a day. A longer one is a refusal.
    pub min_expires_max_secs: u32,
    /// The longest Retry-After that is kept: a day. A longer one counts as this.
    pub retry_after_max_secs: u32,
}

impl RegistrationConfig {
    /// The defaults.
    #[must_use]
    pub fn new(registrar: impl Into<String>, address_of_record: impl Into<String>) -> Self {
        Self {
            registrar: registrar.into(),
            address_of_record: address_of_record.into(),
            from: None,
            routes: Vec::new(),
            expires_secs: 3600,
            refresh: RefreshRule::default(),
            back_off: BackOff::default(),
            back_off_base_other_flow: Duration::from_secs(90),
            contacts_max: 8,
            bindings_max: 64,
            routes_max: 32,
            min_expires_max_secs: 86_400,
            retry_after_max_secs: 86_400,
        }
    }
}
