//! Which requests overload control may hold back.

use crate::message::To;
use crate::{HeaderName, Method, Request};

/// Whether a request counts as one that can be spared (RFC 7339 section 5.10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestClass {
    /// It can.
    Ordinary,
    /// It is not held back: it is in a dialog, whose session has its cost already, or ends one; it
    /// is an emergency; or somebody gave it a priority.
    Priority,
}

impl RequestClass {
    /// Of a request.
    ///
    /// Anybody can write a Resource-Priority: who does not trust its neighbours removes it before.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let is_in_dialog = || request.require::<To<'_>>().is_ok_and(|to| to.tag().is_some());
        let is_bound = matches!(request.method(), Method::Ack | Method::Cancel);
        if is_bound
            || is_in_dialog()
            || is_emergency(request.uri_bytes())
            || request.has(&HeaderName::ResourcePriority)
        {
            Self::Priority
        } else {
            Self::Ordinary
        }
    }
}

/// `urn:service:sos`, or one of its kinds (RFC 5031 section 4.2).
fn is_emergency(uri: &[u8]) -> bool {
    const SOS: &[u8] = b"urn:service:sos";
    let (head, rest) = uri.split_at(uri.len().min(SOS.len()));
    head.eq_ignore_ascii_case(SOS) && matches!(rest.first(), None | Some(b'.'))
}
