//! The messages of the ladders.

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::{Request, Response, StatusCode};

pub(crate) const BOB_URI: &str = "sip:bob@192.0.2.2:5060";
pub(crate) const BOB_TCP_URI: &str = "sip:bob@192.0.2.2:5060;transport=tcp";
pub(crate) const ALICE_URI: &str = "sip:alice@192.0.2.1:5060";

/// An initial request from alice to bob.
pub(crate) fn request(method: Method, uri: &'static str) -> Request {
    Request::builder(method, uri)
        .from("<sip:alice@example.com>;tag=alice1")
        .to("<sip:bob@example.com>")
        .call_id("call1@192.0.2.1")
        .cseq(1)
        .build()
}

pub(crate) fn invite() -> Request {
    let mut invite = request(Method::Invite, BOB_URI);
    invite.push_back(HeaderName::Contact, "<sip:alice@192.0.2.1:5060>");
    invite
}

pub(crate) fn register() -> Request {
    request(Method::Register, BOB_URI)
}

pub(crate) fn options() -> Request {
    request(Method::Options, BOB_URI)
}

pub(crate) fn answer(request: &Request, status: StatusCode) -> Response {
    Response::to(request, status)
}

/// A request inside the dialog that `response` established, from alice.
pub(crate) fn in_dialog(method: Method, cseq: u32, response: &Response) -> Request {
    let to = response.value(&HeaderName::To).expect("a response has a To").to_vec();
    Request::builder(method, BOB_URI)
        .from("<sip:alice@example.com>;tag=alice1")
        .to(to)
        .call_id("call1@192.0.2.1")
        .cseq(cseq)
        .build()
}

/// Raw text with its line ends made CRLF, and an empty line at the end.
pub(crate) fn raw(lines: &[&str]) -> Bytes {
    let mut text = lines.join("\r\n");
    text.push_str("\r\n\r\n");
    Bytes::from(text)
}
