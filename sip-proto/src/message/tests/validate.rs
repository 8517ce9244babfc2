use super::super::{HeaderName, MessageFault, StatusCode};
use super::*;

const START: &str = "INVITE sip:b SIP/2.0";
const VIA: &str = "Via: SIP/2.0/UDP a;branch=z9hG4bK1";
const FROM: &str = "From: <sip:a>;tag=1";
const TO: &str = "To: <sip:b>";
const CALL_ID: &str = "Call-ID: 1";
const CSEQ: &str = "CSeq: 1 INVITE";
const HOPS: &str = "Max-Forwards: 70";
const CONTACT: &str = "Contact: <sip:a@192.0.2.1>";

/// A good INVITE with one line changed: without it where `line` is empty.
fn invite_with(old: &str, line: &str) -> Request {
    let all = [START, VIA, FROM, TO, CALL_ID, CSEQ, HOPS, CONTACT];
    let changed: Vec<&str> = all
        .iter()
        .map(|it| if *it == old { line } else { it })
        .filter(|it| !it.is_empty())
        .collect();
    request(lines(&changed))
}

/// RFC 3261 section 8.1.1: what can be neither answered nor matched nor routed.
#[test]
fn the_first_thing_that_is_wrong_is_told() {
    assert_eq!(invite_with("", "").validate(), Ok(()));
    for (old, line, reason) in [
        (VIA, "", "Missing Via"),
        (VIA, "Via: SIP/2.0/UDP", "Malformed Via"),
        (FROM, "", "Missing From"),
        (FROM, "From: <sip:a>;tag=1\r\nf: <sip:a>;tag=1", "Repeated From"),
        (FROM, "From: <sip:a", "Malformed From"),
        (TO, "", "Missing To"),
        (TO, "To: b", "Malformed To"),
        (CALL_ID, "", "Missing Call-ID"),
        (CALL_ID, "Call-ID: two words", "Malformed Call-ID"),
        (CALL_ID, "i: 1\r\nCall-ID: 1", "Repeated Call-ID"),
        (CSEQ, "", "Missing CSeq"),
        (CSEQ, "CSeq: INVITE", "Malformed CSeq"),
        (CSEQ, "CSeq: 1 BYE", "CSeq Method Is Not The Request's"),
        (CSEQ, "CSeq: 2147483648 INVITE", "CSeq Number Too Large"),
        (START, "INVITE sip: SIP/2.0", "Malformed Request-URI"),
    ] {
        let message = invite_with(old, line);
        let fault = message.validate().expect_err(reason);
        assert_eq!(fault.to_string(), reason);
        let status = (!reason.ends_with("Via")).then_some(StatusCode::BAD_REQUEST);
        assert_eq!(fault.status(), status, "{reason}");
        assert_eq!(message.faults().next(), Some(fault));
    }
}

#[test]
fn what_else_is_owed_is_told_too_but_does_not_invalidate() {
    assert_eq!(invite_with("", "").faults().count(), 0);
    for (old, line, reason) in [
        (HOPS, "", "Missing Max-Forwards"),
        (HOPS, "Max-Forwards: 256", "Malformed Max-Forwards"),
        (HOPS, "Max-Forwards: 1\r\nMax-Forwards: 1", "Repeated Max-Forwards"),
        (VIA, "Via: SIP/2.0/UDP a;branch=1", "Branch Without Magic Cookie"),
        (VIA, "Via: SIP/2.0/UDP a;branch=z9hG4bK1, x", "Malformed Via"),
        (FROM, "From: <sip:a>", "From Without Tag"),
        (CONTACT, "", "Missing Contact"),
        (CONTACT, "Contact: <sip:a>, <sip:b>", "Repeated Contact"),
        (CONTACT, "Contact: <sip:a>;;", "Malformed Contact"),
        (CONTACT, "Contact: <sip:a>\r\nRoute: sip:p", "Malformed Route"),
    ] {
        let message = invite_with(old, line);
        assert_eq!(message.validate(), Ok(()), "{reason}");
        let faults: Vec<String> = message.faults().map(|fault| fault.to_string()).collect();
        assert_eq!(faults, [reason]);
    }
    let text =
        lines(&["ACK sip:b SIP/2.0", VIA, FROM, TO, CALL_ID, "CSeq: 1 ACK", HOPS, "Require: x"]);
    let faults: Vec<_> = request(format!("{text}body")).faults().collect();
    let expected = [
        MessageFault::Forbidden(HeaderName::Require),
        MessageFault::Missing(HeaderName::ContentType),
    ];
    assert_eq!(faults, expected);
}

#[test]
fn responses_have_what_they_copied() {
    let text = |lines_of: &[&str]| response(lines(lines_of));
    let ringing = text(&["SIP/2.0 180 Ringing", VIA, FROM, "To: <sip:b>;tag=2", CALL_ID, CSEQ]);
    assert_eq!((ringing.validate(), ringing.faults().count()), (Ok(()), 0));
    let trying = text(&["SIP/2.0 100 Trying", VIA, FROM, TO, CALL_ID, CSEQ]);
    assert_eq!(trying.faults().count(), 0);
    let ok = text(&["SIP/2.0 200 OK", VIA, FROM, TO, CALL_ID, CSEQ]);
    assert_eq!(ok.validate(), Ok(()));
    let faults: Vec<_> = ok.faults().map(|fault| fault.to_string()).collect();
    assert_eq!(faults, ["To Without Tag", "Missing Contact"]);
    let cut = text(&["SIP/2.0 200 OK", VIA, FROM, TO, CALL_ID]);
    assert_eq!(cut.validate(), Err(MessageFault::Missing(HeaderName::CSeq)));
}
