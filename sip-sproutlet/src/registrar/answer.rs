//! What a registrar answers.

use core::fmt::Write as _;

use bytes::Bytes;
use sip_proto::message::HeaderName;
use sip_proto::{Request, Response, StatusCode, UnixTime};

use crate::location::Binding;
use crate::registrar::date::rfc1123;

/// RFC 3261 section 10.3, step 8: all current bindings, each with how long it is still valid; the
/// Path that was stored (RFC 3327 section 5.3).
pub(super) fn ok(request: &Request, bindings: &[Binding], now: UnixTime) -> Response {
    let mut response = Response::to(request, StatusCode::OK);
    for binding in bindings {
        response.push_back(HeaderName::Contact, contact(binding, now));
    }
    for path in request.values(&HeaderName::Path) {
        response.push_back(HeaderName::Path, Bytes::copy_from_slice(path));
    }
    response.push_back(HeaderName::Date, rfc1123(now));
    response
}

fn contact(binding: &Binding, now: UnixTime) -> Bytes {
    let mut value = Vec::with_capacity(binding.uri.len() + binding.params.len() + 32);
    value.push(b'<');
    value.extend_from_slice(&binding.uri);
    value.push(b'>');
    if !binding.params.is_empty() {
        value.push(b';');
        value.extend_from_slice(&binding.params);
    }
    let mut own = String::new();
    if binding.q_per_mille < 1000 {
        let q = format!("{:03}", binding.q_per_mille);
        let q = q.trim_end_matches('0');
        own.push_str(";q=0");
        if !q.is_empty() {
            own.push('.');
            own.push_str(q);
        }
    }
    // Writing to a String does not fail.
    let _ = write!(own, ";expires={}", binding.remaining_s(now));
    value.extend_from_slice(own.as_bytes());
    Bytes::from(value)
}
