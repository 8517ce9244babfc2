use bytes::Bytes;
use proptest::prelude::*;

use super::super::super::{CSeq, HeaderName, Method, Request, SipMessage, StatusCode};
use super::super::SipFrag;
use crate::{Limits, ParseErrorKind};

fn parse(text: &str) -> Result<SipFrag, (ParseErrorKind, usize)> {
    SipFrag::parse(&Bytes::copy_from_slice(text.as_bytes()), &Limits::default())
        .map_err(|error| (error.kind, error.offset))
}

/// RFC 3420 section 3.1, with and without the last line end.
#[test]
fn anything_may_be_left_out() {
    for end in ["", "\r\n"] {
        let start = parse(&format!("INVITE sip:alice@atlanta.com SIP/2.0{end}")).unwrap();
        assert_eq!(start.method(), Some(&Method::Invite));
        assert_eq!(start.uri_bytes(), Some(&b"sip:alice@atlanta.com"[..]));
        assert_eq!((start.status(), start.iter().count()), (None, 0));

        let status = parse(&format!("SIP/2.0 603 Declined{end}")).unwrap();
        assert_eq!(status.status(), Some(StatusCode::DECLINE));
        assert_eq!(status.reason(), Some(&b"Declined"[..]));
        assert_eq!(status.method(), None);

        let fields = parse(&format!("From: Alice <sip:a>\r\nCseq: 314159 INVITE{end}")).unwrap();
        assert_eq!((fields.method(), fields.status(), fields.reason()), (None, None, None));
        assert_eq!(fields.require::<CSeq>().unwrap().number, 314_159);
        assert!(fields.body().is_empty());
    }
    let whole = parse("SIP/2.0 200 OK\r\nContent-Type: a/b\r\nl: 4\r\n\r\nbody").unwrap();
    assert_eq!(whole.count(&HeaderName::ContentType), 1);
    assert_eq!(whole.body(), "body");
    assert_eq!(parse("\r\nonly a body").unwrap().body(), "only a body");
    assert!(parse("").unwrap().body().is_empty());
    assert_eq!(
        parse("Subject : SIP/2.0").unwrap().value(&HeaderName::Subject),
        Some(&b"SIP/2.0"[..])
    );
}

/// RFC 3420 section 3.2.
#[test]
fn what_is_left_must_be_whole() {
    for (text, kind, offset) in [
        ("From:a\r\nBroken line\r\n", ParseErrorKind::Header, 15),
        ("INVITE sip:x\r\n", ParseErrorKind::StartLine, 7),
        ("SIP/2.0 99 Low\r\n", ParseErrorKind::StartLine, 8),
        ("SIP/3.0 200 OK\r\n", ParseErrorKind::Version, 0),
        ("SIP/2.0 200 O\nK\r\n", ParseErrorKind::Header, 13),
        ("free text", ParseErrorKind::StartLine, 5),
    ] {
        assert_eq!(parse(text).map(|_| ()), Err((kind, offset)), "{text:?}");
    }
}

#[test]
fn a_message_in_a_message() {
    let inner = Request::builder(Method::Invite, "sip:c").call_id("inner").cseq(1).build();
    let body = |kind: &str| {
        Request::builder(Method::Message, "sip:b").body(kind, inner.to_bytes()).build()
    };
    let limits = Limits::default();
    let whole = body("message/sip").sip_body(&limits).unwrap();
    assert_eq!(whole, Some(SipMessage::Request(inner.clone())));
    assert_eq!(body("message/sipfrag").sip_body(&limits), Ok(None));
    let fragment = body("message/sipfrag").sipfrag_body(&limits).unwrap().unwrap();
    assert_eq!(*fragment, *inner);
    assert_eq!(fragment.to_bytes(), inner.to_bytes());
    let cut = SipFrag::of_message(&inner, |name| *name == HeaderName::CallId);
    assert_eq!(cut, "INVITE sip:c SIP/2.0\r\nCall-ID: inner\r\n");
}

proptest! {
    #[test]
    fn what_is_read_is_written_as_it_came(text in "(SIP/2.0 200 OK|A b SIP/2.0|a:b|\r\n|x| ){0,12}") {
        match parse(&text) {
            Ok(fragment) => {
                let written = fragment.to_bytes();
                prop_assert!(written.starts_with(text.as_bytes()), "{:?}", written);
                let again = SipFrag::parse(&written, &Limits::default()).unwrap();
                prop_assert_eq!(again.to_bytes(), written);
            }
            Err((_, offset)) => prop_assert!(offset <= text.len()),
        }
    }
}
