//! What the proxy answers to requests for the server itself (RFC 3261 sections 8.2 and 11).

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method, Require};
use sip_proto::{Request, Response, StatusCode};

/// The answer to a request for the server itself. `None` for an ACK.
pub(super) fn answer(request: &Request, in_dialog: bool, registrar: bool) -> Option<Response> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other method gets the same")]
    match request.method() {
        Method::Ack => None,
        Method::Options if !in_dialog => Some(options(request, registrar)),
        // Section 12.2.2: the server has no dialogs of its own.
        _ if in_dialog => Some(Response::to(request, StatusCode::CALL_DOES_NOT_EXIST)),
        // Section 21.5.2: a method that is not known at all.
        Method::Other(_) => Some(refused(request, StatusCode::NOT_IMPLEMENTED, registrar)),
        // Section 8.2.1: one that is known, but not served here.
        _ => Some(refused(request, StatusCode::METHOD_NOT_ALLOWED, registrar)),
    }
}

fn refused(request: &Request, status: StatusCode, registrar: bool) -> Response {
    let mut response = Response::to(request, status);
    response.push_back(HeaderName::Allow, allow(registrar));
    response
}

fn options(request: &Request, registrar: bool) -> Response {
    // Section 8.2.2.3.
    let required: Vec<&str> = request
        .header_list::<Require<'_>>()
        .filter_map(Result::ok)
        .map(|Require(tag)| tag)
        .filter(|tag| !(registrar && tag.eq_ignore_ascii_case("path")))
        .collect();
    if !required.is_empty() {
        let mut response = Response::to(request, StatusCode::BAD_EXTENSION);
        response.push_back(HeaderName::Unsupported, Bytes::from(required.join(", ")));
        return response;
    }
    let mut response = Response::to(request, StatusCode::OK);
    response.push_back(HeaderName::Allow, allow(registrar));
    // Bodies are not looked at, whatever they are.
    response.push_back(HeaderName::Accept, "*/*");
    response.push_back(HeaderName::Supported, if registrar { "path" } else { "" });
    response
}

const fn allow(registrar: bool) -> &'static str {
    if registrar { "OPTIONS, REGISTER" } else { "OPTIONS" }
}
