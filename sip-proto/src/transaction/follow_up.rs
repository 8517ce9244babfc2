//! The requests that follow from another: ACK to a non-2xx response, CANCEL.

use bytes::Bytes;

use crate::message::{CSeq, HeaderName, Method};
use crate::{Request, Response};

/// The ACK to a 3xx, 4xx, 5xx or 6xx `response` to the INVITE `request` as it was sent
/// (RFC 3261 section 17.1.1.3).
///
/// Request-URI, top Via, From, Call-ID, CSeq number and Routes are the INVITE's; To, with its tag,
/// is the response's. It goes where the INVITE went.
#[must_use]
pub fn build_ack(request: &Request, response: &Response) -> Request {
    let to = response.value(&HeaderName::To).or_else(|| request.value(&HeaderName::To));
    follow_up(request, Method::Ack, to, None)
}

/// The CANCEL of `request` as it was sent (RFC 3261 section 9.1), with a Reason (RFC 3326) if one
/// is given.
///
/// Request-URI, top Via, From, To, Call-ID, CSeq number and Routes are the request's; so it
/// follows the same path and matches the same transactions. No Require, no Proxy-Require.
#[must_use]
pub fn build_cancel(request: &Request, reason: Option<Bytes>) -> Request {
    follow_up(request, Method::Cancel, request.value(&HeaderName::To), reason)
}

fn follow_up(
    request: &Request,
    method: Method,
    to: Option<&[u8]>,
    reason: Option<Bytes>,
) -> Request {
    // What was sent has a CSeq: whoever sent it has checked.
    let number = request.require::<CSeq>().map_or(0, |cseq| cseq.number);
    let mut builder = Request::builder(method, Bytes::copy_from_slice(request.uri_bytes()));
    let via = request.list(&HeaderName::Via).next();
    for (name, value) in [
        (HeaderName::Via, via),
        (HeaderName::From, request.value(&HeaderName::From)),
        (HeaderName::To, to),
        (HeaderName::CallId, request.value(&HeaderName::CallId)),
    ] {
        if let Some(value) = value {
            builder = builder.header(name, Bytes::copy_from_slice(value));
        }
    }
    builder = builder.cseq(number).max_forwards(70);
    for route in request.values(&HeaderName::Route) {
        builder = builder.header(HeaderName::Route, Bytes::copy_from_slice(route));
    }
    if let Some(reason) = reason {
        builder = builder.header(HeaderName::Reason, reason);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatusCode;

    fn invite() -> Request {
        Request::builder(Method::Invite, "sip:bob@biloxi.example;x=1")
            .header(HeaderName::Via, "SIP/2.0/UDP pc33.example;branch=z9hG4bKours")
            .header(HeaderName::Via, "SIP/2.0/UDP before.example;branch=z9hG4bKtheirs")
            .header(HeaderName::From, "Alice <sip:alice@a>;tag=1928")
            .header(HeaderName::To, "Bob <sip:bob@b>")
            .header(HeaderName::CallId, "a84b4c76")
            .cseq(314_159)
            .header(HeaderName::Route, "<sip:p1;lr>, <sip:p2;lr>")
            .header(HeaderName::Route, "<sip:p3;lr>")
            .header(HeaderName::Require, "100rel")
            .max_forwards(4)
            .build()
    }

    fn values<'a>(request: &'a Request, name: &HeaderName) -> Vec<&'a str> {
        let text = |value| core::str::from_utf8(value).expect("the tests write UTF-8");
        request.values(name).map(text).collect()
    }

    #[test]
    fn an_ack_takes_its_to_from_the_response_and_the_rest_from_the_invite() {
        let invite = invite();
        let mut response = Response::to(&invite, StatusCode::BUSY_HERE);
        response.set_to_tag("314");
        let ack = build_ack(&invite, &response);
        assert_eq!(*ack.method(), Method::Ack);
        assert_eq!(ack.uri_bytes(), b"sip:bob@biloxi.example;x=1");
        for (name, expected) in [
            (HeaderName::Via, vec!["SIP/2.0/UDP pc33.example;branch=z9hG4bKours"]),
            (HeaderName::From, vec!["Alice <sip:alice@a>;tag=1928"]),
            (HeaderName::To, vec!["Bob <sip:bob@b>;tag=314"]),
            (HeaderName::CallId, vec!["a84b4c76"]),
            (HeaderName::CSeq, vec!["314159 ACK"]),
            (HeaderName::Route, vec!["<sip:p1;lr>, <sip:p2;lr>", "<sip:p3;lr>"]),
            (HeaderName::MaxForwards, vec!["70"]),
            (HeaderName::Require, vec![]),
        ] {
            assert_eq!(values(&ack, &name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_cancel_is_the_request_itself_but_for_method_and_reason() {
        let cancel = build_cancel(&invite(), Some(Bytes::from_static(b"SIP;cause=200")));
        assert_eq!(*cancel.method(), Method::Cancel);
        for (name, expected) in [
            (HeaderName::Via, vec!["SIP/2.0/UDP pc33.example;branch=z9hG4bKours"]),
            (HeaderName::To, vec!["Bob <sip:bob@b>"]),
            (HeaderName::CSeq, vec!["314159 CANCEL"]),
            (HeaderName::Route, vec!["<sip:p1;lr>, <sip:p2;lr>", "<sip:p3;lr>"]),
            (HeaderName::Reason, vec!["SIP;cause=200"]),
            (HeaderName::Require, vec![]),
        ] {
            assert_eq!(values(&cancel, &name), expected, "{name:?}");
        }
        assert_eq!(values(&build_cancel(&invite(), None), &HeaderName::Reason), [""; 0]);
    }
}
