//! Registering, refreshing, unregistering (RFC 3261 section 10.2).

use core::time::Duration;

use sip_proto::message::{HeaderName, Method};
use sip_proto::{Instant, Request, Rng, StatusCode};

use super::{Alarm, Phone, Purpose};
use crate::node::Note;
use crate::plan::DOMAIN;

/// How long after a failure the next attempt is made.
const RETRY: Duration = Duration::from_secs(2);
/// How often a phone that stops tries to remove its binding.
const REMOVALS_MAX: u32 = 3;

/// A phone's binding.
#[derive(Debug)]
pub(super) struct Registration {
    /// The same for all REGISTERs of one phone (RFC 3261 section 10.2).
    call_id: String,
    from_tag: String,
    cseq: u32,
    removals: u32,
}

impl Registration {
    pub(super) fn new(name: &str, rng: &mut Rng) -> Self {
        Self {
            call_id: format!("register-{}@{name}.{DOMAIN}", rng.token(8)),
            from_tag: rng.token(10),
            cseq: 0,
            removals: 0,
        }
    }
}

impl Phone {
    pub(super) fn register(&mut self, now: Instant) {
        self.send_register(now, self.script.phone.expires_s);
    }

    pub(super) fn unregister(&mut self, now: Instant) {
        self.registration.removals += 1;
        self.send_register(now, 0);
    }

    fn send_register(&mut self, now: Instant, expires_s: u32) {
        self.registration.cseq += 1;
        let aor = self.address_of_record();
        let request = Request::builder(Method::Register, format!("sip:{DOMAIN}"))
            .from(format!("<{aor}>;tag={}", self.registration.from_tag))
            .to(format!("<{aor}>"))
            .call_id(self.registration.call_id.clone())
            .cseq(self.registration.cseq)
            .contact(self.contact())
            .header(HeaderName::Expires, expires_s.to_string())
            .build();
        self.start_client(now, request, self.server_hop(), Purpose::Register);
    }

    pub(super) fn handle_registered(&mut self, now: Instant, status: StatusCode) {
        if !status.is_success() {
            return self.handle_register_failed(now);
        }
        self.note(Note::Registered { bound: !self.stopped });
        if !self.stopped {
            let half_life = Duration::from_secs(u64::from(self.script.phone.expires_s) / 2);
            self.alarms.set(now + half_life, Alarm::Refresh);
        }
    }

    pub(super) fn handle_register_failed(&mut self, now: Instant) {
        if !self.stopped {
            self.alarms.set(now + RETRY, Alarm::Refresh);
        } else if self.registration.removals < REMOVALS_MAX {
            self.unregister(now);
        }
    }
}
