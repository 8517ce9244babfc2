//! What a publication is told.

use serde::{Deserialize, Serialize};

use super::super::{BackOff, RefreshRule};

/// Who publishes what, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationConfig {
    /// The resource: Request-URI, To and From (RFC 3903 section 4).
    pub target: String,
    /// The value of Event.
    pub event: String,
    /// The preloaded route set. None by default.
    pub routes: Vec<String>,
    /// How long it shall last: 3600 s.
    pub expires_secs: u32,
    /// When it is refreshed.
    pub refresh: RefreshRule,
    /// How long to wait after a failure.
    pub back_off: BackOff,
    /// How often in a row a PUBLISH is changed as its refusal asks for (412, 423), and sent again at
    /// once: 3. After that, the refusal counts as a failure.
    pub immediate_retries_max: u32,
    /// The longest Min-Expires that a 423 may ask for: a day. A longer one is a refusal.
    pub min_expires_max_secs: u32,
    /// The longest Retry-After that is kept: a day. A longer one counts as this.
    pub retry_after_max_secs: u32,
}

impl PublicationConfig {
    /// The defaults.
    #[must_use]
    pub fn new(target: impl Into<String>, event: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            event: event.into(),
            routes: Vec::new(),
            expires_secs: 3600,
            refresh: RefreshRule::default(),
            back_off: BackOff::default(),
            immediate_retries_max: 3,
            min_expires_max_secs: 86_400,
            retry_after_max_secs: 86_400,
        }
    }
}
